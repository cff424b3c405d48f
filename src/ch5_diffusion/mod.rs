//! Chapter 5: diffusion models and interpolants.

mod batches;
pub mod beyond;
pub mod interpolant;
pub mod mixture;
mod regression;
pub mod roads;
pub mod score;
