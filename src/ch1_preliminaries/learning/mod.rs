//! Section 1.4: learning as optimization.
//!
//! The notes name three ingredients, and each has its files: the data and the loss made of them ([`Classification`],
//! [`DeepRitz`], [`Pinn`]), the parameterization ([`TwoLayer`], [`ResNet`]), and the optimizer ([`minimize`] with its
//! [`Update`]s). What joins them is the finite sum of eq. (1.19), [`FiniteSum`].

mod activation;
mod basins;
mod classification;
mod collocation;
mod deep_ritz;
mod descent;
mod listener;
mod network;
mod objective;
mod pinn;
mod poisson;
mod resnet;
mod sgd_convex;
mod sgd_nonconvex;

pub use activation::{Activation, exponential, tanh};
pub use basins::TiltedWell;
pub use classification::{Blobs, Classification, Labelled, Misfit, accuracy, logistic};
pub use collocation::{Collocation, Integrand, Points, Training};
pub use deep_ritz::DeepRitz;
pub use descent::{Adam, Momentum, Plain, Schedule, Update, descend, minimize};
pub use listener::{Iteration, Listener};
pub use network::{Jets, Pass, TwoLayer};
pub use objective::{Batch, FiniteSum, Sampler};
pub use pinn::Pinn;
pub use poisson::{Penalized, Poisson};
pub use resnet::{Layer, ResNet};
pub use sgd_convex::Quadratic;
pub use sgd_nonconvex::LogCosh;
