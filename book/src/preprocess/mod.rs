//! The preprocessor.

pub(crate) mod directive;
pub(crate) mod labels;
mod page;
#[cfg(test)]
mod page_tests;
pub mod problem;
mod scan;
mod sources;
mod world;
