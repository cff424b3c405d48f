//! Figures of Chapter 4.

pub mod barriers;
pub mod ergodic;
pub mod posterior;
pub mod relaxation;
