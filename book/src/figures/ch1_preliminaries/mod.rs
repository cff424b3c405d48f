//! Figures of Chapter 1.

pub mod brownian;
pub mod integral;
pub mod sde;
