//! Chapter 2: control by gradients.

pub mod backprop;
pub mod neural_ode;
pub mod neural_sde;
pub mod qubit;
