//! The sampler behind Chapter 4: many independent chains of one scheme in one potential.
//!
//! The chains are cut into batches, and a step acts on a whole batch: its positions are a matrix with a row for each chain, so
//! that the forces of all chains are one call, for a Gaussian one product of matrices. Chain number i draws from stream i,
//! the batches depend on the number of chains alone: the bits do not depend on the number of threads.

mod batch;
mod chains;
mod double_well;
mod gaussian;
mod harmonic;
mod mixture;
mod potential;

pub use batch::{Batch, Point};
pub use chains::{Chains, Visit};
pub use double_well::DoubleWell;
pub use gaussian::Gaussian;
pub use harmonic::Harmonic;
pub use mixture::Mixture;
pub use potential::{Potential, Scheme};
