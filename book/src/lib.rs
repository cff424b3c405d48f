//! The press: turns chapters, snapshots and figures into pages.

pub mod bibliography;
pub mod entries;
pub mod errata;
pub mod ledger;
pub mod pins;
pub mod preprocess;
pub mod typeset;

pub use pins::pin;
