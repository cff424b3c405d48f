//! The checks of Chapter 4: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;

mod generalized;
mod overdamped;
mod sampler;
mod underdamped;
