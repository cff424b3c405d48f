//! Chapter 5: diffusion models and interpolants.

pub mod mixture;
pub mod roads;
pub mod score;
