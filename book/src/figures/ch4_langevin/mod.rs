//! Figures of Chapter 4.
pub mod generalized;
pub mod overdamped;
pub mod underdamped;
