//! Exercise 1.b: the martingale M(t) = exp(σB(t) − σ²t/2).

use sdml::random::Streams;
use sdml::statistics::estimate;

use crate::exercises::close;

/// The answer: a variance for each σ and t.
pub type Answer = fn(sigma: f64, t: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// Var M(t), where dM = σM dB in the sense of Itô and M(0) = 1.
    pub fn variance(sigma: f64, t: f64) -> f64 {
        sigma * sigma * t
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// By the isometry E M² = 1 + σ² ∫₀ᵗ E M² ds, so E M² = e^{σ²t}, and E M = 1.
    pub fn variance(sigma: f64, t: f64) -> f64 {
        (sigma * sigma * t).exp_m1()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// For little noise it is σ²t; otherwise within four standard errors of 50 000 draws.
pub fn examine(answer: Answer) {
    close("little noise", answer(1e-4, 1.0), 1e-8, 1e-15);
    let (sigma, t): (f64, f64) = (0.6, 1.5);
    let [square] = estimate(&Streams::new(1, "martingale"), 50_000, |stream| {
        let m = (sigma * t.sqrt() * stream.normal() - 0.5 * sigma * sigma * t).exp();
        [(m - 1.0) * (m - 1.0)]
    })
    .unwrap();
    let tolerance = 4.0 * square.standard_error;
    close("the variance at 1.5", answer(sigma, t), square.mean, tolerance);
}
// ANCHOR_END: test
