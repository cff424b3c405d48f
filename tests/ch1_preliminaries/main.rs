//! The checks of Chapter 1: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;
#[path = "../quadrature.rs"]
mod quadrature;
#[path = "../refused.rs"]
mod refused;

mod brownian;
mod evolution;
mod fokker_planck;
mod integral;
mod learning;
mod notation;
mod sde;
