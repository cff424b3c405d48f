//! Checks of Section 1.3.3.

mod compile;
mod conversion;
mod ensemble;
mod equation;
mod geometric_brownian;
mod input;
mod ito_formula;
mod ornstein_uhlenbeck;
mod problems;
mod schemes;
