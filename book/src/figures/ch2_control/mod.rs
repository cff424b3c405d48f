//! Figures of Chapter 2.

pub mod backprop;
pub mod qubit;
