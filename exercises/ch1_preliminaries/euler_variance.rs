//! Exercise 1.14: where the variance of Euler–Maruyama settles.

use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;

use crate::exercises::close;

/// The answer: a variance for each a < 0, σ and step h with |1 + ah| < 1.
pub type Answer = fn(a: f64, sigma: f64, h: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// lim Var X_n of Euler–Maruyama on dX = aX dt + σ dB with step h.
    pub fn stationary_variance(a: f64, sigma: f64, h: f64) -> f64 {
        // This is the variance of the process. The scheme has another one.
        let _ = h;
        sigma * sigma / (-2.0 * a)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The fixed point of v = (1 + ah)² v + σ²h.
    pub fn stationary_variance(a: f64, sigma: f64, h: f64) -> f64 {
        sigma * sigma * h / (1.0 - (1.0 + a * h).powi(2))
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with two thousand steps of the recursion.
pub fn examine(answer: Answer) {
    for (a, sigma, h) in [(-1.0, 1.0, 0.5), (-2.0, 0.7, 0.1), (-0.5, 2.0, 3.0)] {
        let process = OrnsteinUhlenbeck::new(a, sigma).unwrap();
        let settled = process.euler_variance(h, 2000, 1.0);
        close("the settled variance", answer(a, sigma, h), settled, 1e-12);
    }
}
// ANCHOR_END: test
