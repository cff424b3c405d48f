//! Chapter 2: control by gradients.

pub mod qubit;
