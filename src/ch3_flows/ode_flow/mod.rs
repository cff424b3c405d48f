//! Section 3.4: flows of ordinary differential equations, whose log-density obeys an equation of its own.
//!
//! A [`FlowField`] gives F and its divergence; [`Augmented`] makes of it the field of (Y, J), eq. (3.10), to which all
//! solvers and gradients of Section 2.3 apply; [`OdeFlow`] samples and evaluates densities; [`OdeLikelihood`] and
//! [`OdeReverseKl`] train; [`Layers`] cuts the flow into the thin layers of Section 3.4.2.
//!
//! ```
//! use ndarray::{Array1, Array2, array};
//! use sdml::ch3_flows::ode_flow::{CubicField, FlowField};
//! let (mut f, mut divergence) = (Array2::zeros((1, 1)), Array1::zeros(1));
//! let (mut tape, mut slope) = (Array2::default((0, 0)), Array2::zeros((1, 1)));
//! // F = −y³ and ∇·F = −3y² at y = 2.
//! CubicField.value(array![[2.0]].view(), 0.0, &[], &mut tape, f.view_mut(), divergence.view_mut())?;
//! assert_eq!((f, divergence), (array![[-8.0]], array![-12.0]));
//! // The derivative of a F + b ∇·F with a = b = 1 is −3y² − 6y.
//! let (a, b) = (array![[1.0]], array![1.0]);
//! CubicField.pull_back(&[], &mut tape, a.view(), b.view(), slope.view_mut(), &mut [])?;
//! assert_eq!(slope, array![[-24.0]]);
//! # Ok::<(), sdml::Error>(())
//! ```

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
