//! Stochastic dynamics and machine learning: the mathematics behind the notes you can run.
//!
//! One module per chapter of the notes, one file per section, in the notes' order. A chapter may use what an
//! earlier chapter introduced, never the other way round.

pub mod ch1_preliminaries;
pub mod ch2_control;
pub mod ch3_flows;
pub mod ch4_langevin;
pub mod ch5_diffusion;
mod error;
pub mod random;
pub mod statistics;

pub use error::{Error, Result};
