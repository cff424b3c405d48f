//! Chapter 1: preliminaries.

pub mod brownian;
pub mod integral;
pub mod sde;
