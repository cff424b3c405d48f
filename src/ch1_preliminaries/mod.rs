//! Chapter 1: preliminaries.

pub mod brownian;
pub mod fokker_planck;
pub mod integral;
pub mod learning;
pub mod sde;
