//! Figures of Chapter 3.

pub mod transport;
