//! Figures of Chapter 3.

pub mod coupling;
pub mod transport;
