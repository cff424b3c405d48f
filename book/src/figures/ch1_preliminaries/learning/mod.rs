//! Figures of Section 1.4.

pub mod networks;
pub mod poisson;
pub mod sgd;
