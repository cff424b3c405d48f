//! Figures of Chapter 2.

pub mod qubit;
