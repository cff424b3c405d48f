//! Exercise 5.a: the score of a noised mixture.

use crate::exercises::close;

/// The answer: ∂ₓ log p_t(x).
pub type Answer = fn(x: f64, t: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The score at time t of dX = −X dt + √2 dW, started from ±1 with probability ½
    /// each.
    pub fn score(x: f64, t: f64) -> f64 {
        let _ = t;
        -x
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// X(t) is ±m plus N(0, v) with m = e^{−t} and v = 1 − e^{−2t}; the weights of the
    /// two signs make a tanh.
    pub fn score(x: f64, t: f64) -> f64 {
        let m = (-t).exp();
        let v = 1.0 - m * m;
        (m * (m * x / v).tanh() - x) / v
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with a central difference of log p_t.
pub fn examine(answer: Answer) {
    for t in [0.1, 0.5, 2.0_f64] {
        let m = (-t).exp();
        let v = 1.0 - m * m;
        let bell = |y: f64| (-y * y / (2.0 * v)).exp();
        let log_p = |x: f64| (bell(x - m) + bell(x + m)).ln();
        for x in [-1.2, -0.3, 0.0, 0.7] {
            let slope = (log_p(x + 1e-5) - log_p(x - 1e-5)) / 2e-5;
            close("the score", answer(x, t), slope, 1e-6);
        }
    }
}
// ANCHOR_END: test
