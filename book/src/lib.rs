//! The press: turns chapters, snapshots and figures into pages.

pub mod figures;
pub mod pins;
pub mod typeset;

pub use pins::pin;
