//! Exercise 3.c: undoing an affine coupling layer.

use crate::exercises::close;

/// A function of the coordinate that is left alone.
pub type Function = fn(f64) -> f64;
/// The answer: x from y and the two functions of the layer.
pub type Answer = fn(y: [f64; 2], log_scale: Function, shift: Function) -> [f64; 2];

pub mod stub {
    use super::Function;

    // ANCHOR: stub
    /// x from y = (x₁ e^{s(x₂)} + b(x₂), x₂), where s is `log_scale`
    /// and b is `shift`.
    pub fn inverse(y: [f64; 2], log_scale: Function, shift: Function) -> [f64; 2] {
        // Evaluated at the wrong coordinate.
        [(y[0] - shift(y[0])) * (-log_scale(y[0])).exp(), y[1]]
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Function;

    // ANCHOR: solution
    /// y₂ = x₂ is known, so s and b are; neither is inverted.
    pub fn inverse(y: [f64; 2], log_scale: Function, shift: Function) -> [f64; 2] {
        [(y[0] - shift(y[1])) * (-log_scale(y[1])).exp(), y[1]]
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// There and back again.
pub fn examine(answer: Answer) {
    let (log_scale, shift): (Function, Function) = (f64::sin, |v| v * v - 1.0);
    for x in [[0.3, -1.2], [-2.0, 0.5], [0.0, 3.0]] {
        let y = [x[0] * log_scale(x[1]).exp() + shift(x[1]), x[1]];
        let back = answer(y, log_scale, shift);
        close("the first coordinate", back[0], x[0], 1e-12);
        close("the second coordinate", back[1], x[1], 0.0);
    }
}
// ANCHOR_END: test
