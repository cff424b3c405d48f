//! Chapter 4: Langevin dynamics and sampling.

pub mod barriers;
pub mod ergodic;
pub mod posterior;
pub mod relaxation;
