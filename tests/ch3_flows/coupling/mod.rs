//! Section 3.3: coupling flows and their two losses.

mod flow;
mod likelihood;
pub(crate) mod potential;
