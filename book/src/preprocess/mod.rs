//! The preprocessor.

mod directive;
mod labels;
mod page;
#[cfg(test)]
mod page_tests;
mod problem;
mod scan;
mod sources;
mod world;
