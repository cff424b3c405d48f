//! Section 1.3.2: integrals of a Brownian path, and against one.
//!
//! ∫ f(B) ds is the limit of Riemann sums on every path. ∫ X dB is not: left sums tend to Itô's integral, trapezoidal
//! sums to Stratonovich's (1.5), in mean square, for adapted X with ∫ E X² ds < ∞.

mod ito;
mod riemann;
mod sums;

pub use ito::{Integrand, doubling_integral, doubling_success};
pub use riemann::{
    bets, bets_mean_of_cos, riemann_sum, riemann_sum_tail, riemann_sum_variance, time_integral_tail,
};
pub use sums::{
    SumMoments, ito_sum, left_sum, point_sum, point_sum_moments, right_sum, stratonovich_sum, trapezoid_sum,
    weighted_sum, weighted_sum_moments,
};
