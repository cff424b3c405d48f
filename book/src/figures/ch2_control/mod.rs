//! Figures of Chapter 2.

pub mod neural_ode;
