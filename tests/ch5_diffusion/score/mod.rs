//! Checks of Section 5.1.

mod bad_input;
mod budget;
mod mixture;
mod path;
mod reverse;
mod sampling;
pub mod training;
