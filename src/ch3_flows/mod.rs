//! Chapter 3: transport and flows.

pub mod data;
pub mod transport;
