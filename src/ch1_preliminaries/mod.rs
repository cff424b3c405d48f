//! Chapter 1: preliminaries.

pub mod brownian;
pub mod evolution;
pub mod integral;
pub mod notation;
