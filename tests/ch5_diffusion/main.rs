//! The checks of Chapter 5: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;
#[path = "../quadrature.rs"]
mod quadrature;

mod beyond;
mod interpolant;
mod roads;
mod score;
