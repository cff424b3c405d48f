//! Chapter 3: transport and flows.

pub mod data;
