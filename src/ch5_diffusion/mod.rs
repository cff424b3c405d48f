//! Chapter 5: diffusion models and interpolants.

pub mod interpolant;
pub mod mixture;
mod regression;
pub mod score;
