//! Sections 4.2 and 4.3, barriers at low temperature: how long a crossing takes, by four roads that must agree, and what can be done
//! about it: parallel tempering and annealed importance sampling.

mod annealing;
mod passage;
mod tempering;

pub use annealing::{Annealing, Weights};
pub use passage::{Crossing, eyring_kramers, mean_passage_time};
pub use tempering::{Tempering, ladder};
