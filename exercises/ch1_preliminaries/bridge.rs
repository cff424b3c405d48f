//! Exercise 1.a: the Brownian bridge.

use sdml::random::Streams;
use sdml::statistics::estimate;

use crate::exercises::close;

/// The answer: a covariance for each pair of times in [0, 1].
pub type Answer = fn(s: f64, t: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// Cov(Y(s), Y(t)) of the bridge Y(t) = B(t) − t B(1), for s and t in [0, 1].
    pub fn covariance(s: f64, t: f64) -> f64 {
        s.min(t)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// min(s, t) − st − st + st.
    pub fn covariance(s: f64, t: f64) -> f64 {
        s.min(t) - s * t
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Pinned at both ends, symmetric, and within four standard errors of 20 000 simulated
/// bridges.
pub fn examine(answer: Answer) {
    close("the variance at 1", answer(1.0, 1.0), 0.0, 1e-15);
    close("the order of the times", answer(0.3, 0.8), answer(0.8, 0.3), 1e-15);
    let [product] = estimate(&Streams::new(1, "bridge"), 20_000, |stream| {
        let [a, b, c] = [0.25_f64, 0.25, 0.5].map(|time| time.sqrt() * stream.normal());
        let end = a + b + c;
        [(a - 0.25 * end) * (a + b - 0.5 * end)]
    })
    .unwrap();
    let tolerance = 4.0 * product.standard_error;
    close("the covariance at ¼ and ½", answer(0.25, 0.5), product.mean, tolerance);
}
// ANCHOR_END: test
