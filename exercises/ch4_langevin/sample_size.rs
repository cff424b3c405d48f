//! Exercise 4.c: what a correlated chain is worth.

use crate::exercises::close;

/// The answer: a number of independent draws.
pub type Answer = fn(rho: f64, n: usize) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The number of independent draws whose mean has the variance of the mean of n steps of a
    /// stationary chain with correlations ρ^|i − j|. Exact for finite n.
    pub fn effective_sample_size(rho: f64, n: usize) -> f64 {
        let _ = rho;
        n as f64
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// n² over the sum of all correlations, n + 2 Σ_k (n − k) ρᵏ.
    pub fn effective_sample_size(rho: f64, n: usize) -> f64 {
        let correlations: f64 = (1..n).map(|k| (n - k) as f64 * rho.powi(k as i32)).sum();
        (n * n) as f64 / (n as f64 + 2.0 * correlations)
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Without correlation n, with full correlation 1, and n (1 − ρ)/(1 + ρ) for long chains.
pub fn examine(answer: Answer) {
    close("no correlation", answer(0.0, 50), 50.0, 1e-12);
    close("full correlation", answer(1.0, 50), 1.0, 1e-12);
    close("two draws", answer(0.5, 2), 4.0 / 3.0, 1e-12);
    close("a long chain, relative", answer(0.9, 100_000) / (100_000.0 * 0.1 / 1.9), 1.0, 1e-3);
}
// ANCHOR_END: test
