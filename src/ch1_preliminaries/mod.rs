//! Chapter 1: preliminaries.

pub mod brownian;
pub mod evolution;
pub mod fokker_planck;
pub mod integral;
pub mod learning;
pub mod notation;
pub mod sde;
