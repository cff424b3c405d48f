//! Section 2.2: differentiating a network.
//!
//! One network, [`Mlp`], and one way to differentiate it, which all later chapters use: a batch goes forward as a stacked
//! matrix (values, and if wanted [`Jet`] tangents and a Laplacian), and comes back through [`Mlp::pull_back`]. So
//!
//! - a vector–Jacobian product is a forward pass and a pull-back,
//! - a Jacobian–vector product is a forward pass with a tangent,
//! - divergences and Laplacians are forward passes with the coordinate tangents,
//! - a Hessian–vector product Hv is the pull-back of a forward pass with a tangent, and uᵀHv a forward pass with Laplacians,
//! - and the gradient *through* any of these is the pull-back of that pass.

mod activation;
mod evaluation;
mod formula;
mod kernel;
mod layers;
mod modes;
mod network;
mod operators;
mod pass;
mod problem;
mod product;
mod shards;
mod tape;

pub use activation::Activation;
pub use evaluation::Evaluation;
pub use formula::{OfInput, OfParameters};
pub use layers::{Count, Layers, Rerun};
pub use modes::{Map, Mode, Nesting, gradient, hessian_vector, jacobian, laplacian};
pub use network::Mlp;
pub use operators::Probe;
pub use pass::{Jet, Pass};
pub use problem::{Chain, Dynamics, NoisyRelaxation, Problem, Relaxation};
pub use shards::Shards;
pub use tape::{Adjoints, Tape, Var};
