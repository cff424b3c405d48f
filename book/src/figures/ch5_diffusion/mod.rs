//! Figures of Chapter 5.

pub mod beyond;
pub mod score;
