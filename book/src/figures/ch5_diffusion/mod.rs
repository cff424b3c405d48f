//! Figures of Chapter 5.

pub mod interpolant;
pub mod score;
