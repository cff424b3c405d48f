//! Exercise 5.b: running noise backwards.

use crate::exercises::close;

/// The answer: the drift from the noise level, the position and the score there.
pub type Answer = fn(h: f64, x: f64, score: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The drift A of dY = A dt + √(2h) dW whose law retraces that of dX = −X dt + √2 dW,
    /// for any h ≥ 0.
    pub fn drift(h: f64, x: f64, score: f64) -> f64 {
        x + h * score
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// A = x + (1 + h) ∇log p: the reversed flow −(−x − ∇log p), and h ∇log p against the
    /// new noise.
    pub fn drift(h: f64, x: f64, score: f64) -> f64 {
        x + (1.0 + h) * score
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// From N(0, v) at time t, the variance must fall at the rate at which it rose, 2 − 2v,
/// whatever h is.
pub fn examine(answer: Answer) {
    for h in [0.0, 0.5, 1.0, 2.0] {
        for v in [0.2, 0.8, 3.0] {
            // With the drift a·x the variance changes at the rate 2av + 2h.
            let a = answer(h, 1.0, -1.0 / v);
            let rate = 2.0 * a * v + 2.0 * h;
            close("the rate of the variance", rate, -(2.0 - 2.0 * v), 1e-12);
        }
    }
}
// ANCHOR_END: test
