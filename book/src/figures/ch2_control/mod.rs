//! Figures of Chapter 2.

pub mod backprop;
pub mod neural_ode;
pub mod neural_sde;
pub mod qubit;
