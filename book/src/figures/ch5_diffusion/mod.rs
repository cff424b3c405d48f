//! Figures of Chapter 5.

pub mod beyond;
pub mod interpolant;
pub mod roads;
pub mod score;
