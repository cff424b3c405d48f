//! Figures of Chapter 1.

pub mod brownian;
pub mod evolution;
pub mod integral;
