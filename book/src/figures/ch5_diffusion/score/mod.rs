//! Figures of Section 5.1.

pub mod budget;
pub mod path;
pub mod reverse;
pub mod sampling;
pub mod training;
