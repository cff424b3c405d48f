//! Section 2.2: differentiating a network.
//!
//! One network, [`Mlp`], and one way to differentiate it, which all later chapters use: a batch goes forward as a stacked
//! matrix (values, and if wanted [`Jet`] tangents and a Laplacian), and comes back through [`Mlp::pull_back`]. So
//!
//! - a vector–Jacobian product is a forward pass and a pull-back,
//! - a Jacobian–vector product is a forward pass with a tangent,
//! - divergences and Laplacians are forward passes with the coordinate tangents,
//! - and the gradient *through* any of these is the pull-back of that pass.

mod activation;
mod evaluation;
mod kernel;
mod network;
mod pass;
mod product;
mod shards;

pub use activation::Activation;
pub use evaluation::Evaluation;
pub use network::Mlp;
pub use pass::{Jet, Pass};
pub use shards::Shards;
