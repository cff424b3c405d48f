//! Section 2.4: neural stochastic differential equations.
//!
//! A family of equations with parameters is [`Controlled`]. [`Reversed`] runs one backwards (Lemma 2.6); [`Linearized`]
//! is the linear equation along a solution (Lemmas 2.9, 2.10); [`PathGradient`] differentiates a loss of the end of a path
//! (Theorem 2.7, Exercise 2.8), [`Batch`] does so for many paths of a [`NetworkSde`]; [`estimators`] compares two
//! estimators of an expected gradient; [`jump_gradient`] goes through jumps; [`TransitionFit`] learns a transition law.

mod batch;
mod controlled;
mod driver;
mod estimators;
mod evolution;
mod gradient;
mod jumps;
mod network;
mod reversal;
mod shard;
mod steps;
mod training;

pub use batch::{Batch, BatchScheme, WayBack};
pub use controlled::{Controlled, GeometricFamily, LinearFamily, OneNeuron, TwoNoises, WithParameters};
pub use driver::{Driver, SmoothPath};
pub use estimators::{Estimators, estimators};
pub use evolution::{Linearized, Rule};
pub use gradient::{Gradient, Instant, Loss, PathGradient, adjoint_and_sensitivity};
pub use jumps::{Jump, jump_gradient};
pub use network::NetworkSde;
pub use reversal::{Reversed, reversed};
pub use steps::{Explicit, StepGradient, Vector};
pub use training::TransitionFit;
