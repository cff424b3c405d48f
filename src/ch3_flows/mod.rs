//! Chapter 3: transport and flows.

pub mod coupling;
pub mod data;
pub mod ode_flow;
pub mod transport;
