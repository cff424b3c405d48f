//! The press: turns chapters, snapshots and figures into pages.

pub mod bibliography;
pub mod command;
mod complaints;
pub mod entries;
pub mod errata;
pub mod figures;
pub mod gallery;
mod imports;
mod index;
mod inputs;
pub mod ledger;
mod lists;
pub mod mutants;
pub mod pins;
pub mod pipeline;
pub mod preprocess;
pub mod printing;
pub mod progress;
pub mod project;
mod reuse;
mod sealed;
pub mod serve;
pub mod takeaway;
pub mod typeset;

pub use pins::pin;

/// The chapters, whose Rust blocks are tests.
#[cfg(doctest)]
mod chapters {
    include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
}
