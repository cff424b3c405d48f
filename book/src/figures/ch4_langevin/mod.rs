//! Figures of Chapter 4.

pub mod barriers;
pub mod ergodic;
pub mod generalized;
pub mod overdamped;
pub mod posterior;
pub mod relaxation;
pub mod underdamped;
