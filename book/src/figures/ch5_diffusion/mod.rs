//! Figures of Chapter 5.

pub mod score;
