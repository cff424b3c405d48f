//! The checks of Chapter 2: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;
#[path = "../refused.rs"]
mod refused;

mod backprop;
mod neural_ode;
mod neural_sde;
mod qubit;
