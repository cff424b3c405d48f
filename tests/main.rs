//! The checks: every one measures a statement of the notes and rejects a named wrong version of it.

mod check;
#[path = "../book/src/pins.rs"]
mod pins;
mod quadrature;
mod random;
mod statistics;

mod ch1_preliminaries {
    mod brownian;
    mod evolution;
    mod fokker_planck;
    mod integral;
    mod learning;
    mod notation;
    mod sde;
}
