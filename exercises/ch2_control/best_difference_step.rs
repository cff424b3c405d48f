//! Exercise 2.a: the best step of a central difference.

use crate::exercises::close;

/// The answer: a step for each size of f, of f''' and of the rounding error.
pub type Answer = fn(value: f64, third_derivative: f64, rounding: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The ε that minimizes the bound ε² |f'''|/6 + u |f|/ε on the error of
    /// (f(x + ε) − f(x − ε))/2ε, u = `rounding`.
    pub fn step(value: f64, third_derivative: f64, rounding: f64) -> f64 {
        let _ = (value, third_derivative);
        rounding.sqrt()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The derivative ε |f'''|/3 − u |f|/ε² vanishes at ε³ = 3u |f|/|f'''|.
    pub fn step(value: f64, third_derivative: f64, rounding: f64) -> f64 {
        (3.0 * rounding * value.abs() / third_derivative.abs()).cbrt()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// No step on a fine grid of steps has a smaller bound.
pub fn examine(answer: Answer) {
    for (f, f3, u) in [(1.0, 1.0, 1e-16), (-20.0, 0.5, 1e-16), (3.0, -40.0, 1e-8)] {
        let bound = |e: f64| e * e * f64::abs(f3) / 6.0 + u * f64::abs(f) / e;
        let yours = bound(answer(f, f3, u));
        let steps = (0..4000).map(|k| 10f64.powf(-8.0 + f64::from(k) / 500.0));
        let best = steps.map(bound).fold(f64::INFINITY, f64::min);
        close("the bound at your step, over the best", yours / best, 1.0, 1e-4);
    }
}
// ANCHOR_END: test
