//! The press: turns chapters, snapshots and figures into pages.

pub mod figures;
pub mod command;
mod complaints;
mod inputs;
pub mod pins;
pub mod pipeline;
pub mod preprocess;
pub mod progress;
pub mod project;
pub mod serve;
pub mod stand_in;
pub mod typeset;

pub use pins::pin;
