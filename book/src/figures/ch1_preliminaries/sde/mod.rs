//! Figures of Section 1.3.3.

pub mod conversion;
pub mod equation;
pub mod geometric_brownian;
pub mod ito_formula;
pub mod ornstein_uhlenbeck;
pub mod schemes;
