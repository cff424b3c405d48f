//! The press: turns chapters, snapshots and figures into pages.

pub mod command;
mod complaints;
pub mod figures;
pub mod gallery;
mod inputs;
pub mod pins;
pub mod pipeline;
pub mod preprocess;
pub mod progress;
pub mod project;
pub mod serve;
pub mod takeaway;
pub mod typeset;

pub use pins::pin;
