//! The checks of Chapter 5: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;
#[path = "../quadrature.rs"]
mod quadrature;

mod beyond;
mod edges;
mod interpolant;
mod roads;
mod score;

use sdml::ch5_diffusion::mixture::Mixture;

/// Three components in the plane, none of them round.
fn plane() -> Mixture<2> {
    Mixture::new(
        &[0.2, 0.5, 0.3],
        &[[-1.0, 0.5], [0.8, 0.2], [0.1, -1.3]],
        &[[[0.3, 0.1], [0.1, 0.2]], [[0.15, -0.1], [-0.1, 0.4]], [[0.25, 0.0], [0.0, 0.1]]],
    )
    .unwrap()
}

/// The message of the error.
fn refusal<T>(result: sdml::Result<T>) -> String {
    result.err().expect("bad input is refused").to_string()
}
