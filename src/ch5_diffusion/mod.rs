//! Chapter 5: diffusion models and interpolants.

pub mod beyond;
pub mod interpolant;
pub mod mixture;
mod regression;
pub mod roads;
pub mod score;
