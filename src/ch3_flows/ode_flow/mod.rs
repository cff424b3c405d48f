//! Section 3.4: flows of ordinary differential equations, whose log-density obeys an equation of its own.
//!
//! A [`FlowField`] gives F and its divergence; [`Augmented`] makes of it the field of (Y, J), eq. (3.10), to which all
//! solvers and gradients of Section 2.3 apply; [`OdeFlow`] samples and evaluates densities; [`OdeLikelihood`] and
//! [`OdeReverseKl`] train; [`Layers`] cuts the flow into the thin layers of Section 3.4.2.

mod augmented;
mod closed_form;
mod field;
mod flow;
mod layers;
mod likelihood;
mod network;
mod reverse_kl;
mod terminal;

pub use augmented::{Augmented, AugmentedTape};
pub use closed_form::{AffineField, CubicField};
pub use field::FlowField;
pub use flow::{Image, OdeFlow};
pub use layers::{Layers, Pushed};
pub use likelihood::{OdeLikelihood, add_negative_log_likelihood};
pub use network::{DivergenceTape, NetworkFlow};
pub use reverse_kl::{OdeReverseKl, add_reverse_kl};
