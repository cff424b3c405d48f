//! Section 1.2: ∂_t ρ = L(t) ρ, its evolution operator U(t, s) = T exp ∫_s^t L(r) dr, and three ways to work with it:
//! freeze time in short steps, split L = A + B into parts that are easier, treat one part as a perturbation (Duhamel).
//!
//! Freezing time and splitting the generator are two approximations, each with its own order; a scheme that does both
//! has the lower of the two.
//!
//! Generators and evolution operators are dense matrices of [`nalgebra`], real or complex, n × n throughout.

mod duhamel;
mod exponential;
mod heat_advection;
mod propagator;
mod quadrature;
mod rabi;
mod splitting;
mod spring;

pub use duhamel::{duhamel, dyson_terms};
pub use exponential::{Scalar, exponential};
pub use heat_advection::{HeatAdvection, backward_growth};
pub use nalgebra::{Complex, DMatrix, DVector};
pub use propagator::{Freezing, magnus_propagator, propagator, time_ordered};
pub use quadrature::gauss_legendre;
pub use rabi::Rabi;
pub use splitting::{Splitting, split_propagator, suzuki_fractions};
pub use spring::{spring, spring_drift, spring_kick, spring_propagator};
