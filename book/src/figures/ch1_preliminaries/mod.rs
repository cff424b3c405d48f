//! Figures of Chapter 1.

pub mod brownian;
pub mod evolution;
pub mod fokker_planck;
pub mod integral;
pub mod learning;
pub mod sde;
