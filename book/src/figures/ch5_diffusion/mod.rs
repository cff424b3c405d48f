//! Figures of Chapter 5.

pub mod beyond;
pub mod interpolant;
pub mod score;
