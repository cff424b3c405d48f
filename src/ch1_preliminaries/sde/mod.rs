//! Section 1.3.3: stochastic differential equations.
//!
//! An [`Equation`] carries its calculus in its type (Definition 1.10); [`ItoForm`] and [`StratonovichForm`] convert it
//! (Theorem 1.11); a [`Scheme`] solves equations of its calculus on given [`Increments`] ([`solve`]) or in an
//! [`Ensemble`]; [`ito_terms`] measures the chain rules of Theorem 1.12 along a path.

mod circle;
mod conversion;
mod ensemble;
mod equation;
mod geometric_brownian;
mod increments;
mod ito_formula;
mod noise;
mod number;
mod ornstein_uhlenbeck;
mod schemes;
mod solve;

pub use circle::Circle;
pub use conversion::{ItoForm, Reading, StratonovichForm, gradient_along, theta};
pub use ensemble::{Ensemble, Watcher};
pub use equation::{Calculus, Equation, Ito, Stratonovich, diffusion_matrix, noise_kind};
pub use geometric_brownian::{GeometricBrownian, StepFactor};
pub use increments::{Grid, Increment, Increments};
pub use ito_formula::{
    ChainRule, Jet, Observable, ito_drift, ito_terms, jet, kappa, stratonovich_correction, stratonovich_terms,
};
pub use noise::{Additive, Commutative, Diagonal, General, Noise, NoiseKind, Scalar, check_noise};
pub use number::{Dual, Number};
pub use ornstein_uhlenbeck::OrnsteinUhlenbeck;
pub use schemes::{
    Additive15, EulerMaruyama, Heun, Midpoint, Milstein, Orders, Reversible, ReversibleHeun, Scheme, State,
    Step,
};
pub use solve::{solve, solve_end};
