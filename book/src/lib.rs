//! The press: turns chapters, snapshots and figures into pages.

pub mod figures;
pub mod pins;
pub mod preprocess;
pub mod typeset;

pub use pins::pin;
