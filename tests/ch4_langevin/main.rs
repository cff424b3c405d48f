//! The checks of Chapter 4: every one measures a statement of the notes and rejects a named wrong version of it.

#[path = "../check.rs"]
mod check;
#[path = "../../book/src/pins.rs"]
mod pins;
#[path = "../quadrature.rs"]
mod quadrature;

mod barriers;
mod ergodic;
mod generalized;
mod overdamped;
mod posterior;
mod relaxation;
mod sampler;
mod underdamped;

/// The name of the argument that was refused.
fn refused<T: std::fmt::Debug>(result: sdml::Result<T>) -> &'static str {
    match result {
        Err(sdml::Error::Argument { name, .. }) => name,
        other => panic!("not refused: {other:?}"),
    }
}
