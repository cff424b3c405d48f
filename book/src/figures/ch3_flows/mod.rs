//! Figures of Chapter 3.

pub mod coupling;
pub mod ode_flow;
pub mod transport;
