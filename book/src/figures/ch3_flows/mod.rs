//! Figures of Chapter 3.

pub mod ode_flow;
pub mod transport;
