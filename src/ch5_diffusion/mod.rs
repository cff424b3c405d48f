//! Chapter 5: diffusion models and interpolants.

pub mod beyond;
pub mod mixture;
pub mod score;
