//! Exercise 1.23: what the bound of Theorem 1.22 says of decreasing step sizes.

use crate::exercises::close;

/// The answer: the bound after K steps.
pub type Answer = fn(power: f64, h: f64, steps: usize, distance: f64, noise: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// (D + c Σ h_k²) / Σ h_k over k = 0, …, K − 1, for h_k = h/(k + 1)^power,
    /// D = `distance` and c = `noise`.
    pub fn bound(power: f64, h: f64, steps: usize, distance: f64, noise: f64) -> f64 {
        let _ = (power, h, steps, distance, noise);
        f64::NAN
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// Both sums as they stand. (With h/k, as the notes print it, the first step would be
    /// infinite.)
    pub fn bound(power: f64, h: f64, steps: usize, distance: f64, noise: f64) -> f64 {
        let rate = |k: usize| h / ((k + 1) as f64).powf(power);
        let sum: f64 = (0..steps).map(rate).sum();
        let squares: f64 = (0..steps).map(|k| rate(k).powi(2)).sum();
        (distance + noise * squares) / sum
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Constant steps have a closed form; harmonic ones have H_K and an integral's tail; and
/// 1/√k beats 1/k at last.
pub fn examine(answer: Answer) {
    let constant = (2.0 + 3.0 * 50.0 * 0.01) / 5.0;
    close("constant steps", answer(0.0, 0.1, 50, 2.0, 3.0), constant, 1e-13);
    let euler = 0.577_215_664_901_532_9;
    let sum = (10_000.0_f64).ln() + euler + 0.5 / 10_000.0;
    let squares = std::f64::consts::PI.powi(2) / 6.0 - 1.0 / 10_000.5;
    let harmonic = (1.0 + 0.25 * squares) / (0.5 * sum);
    close("harmonic steps", answer(1.0, 0.5, 10_000, 1.0, 1.0), harmonic, 1e-8);
    let late = |power| answer(power, 1.0, 100_000, 1.0, 1.0);
    assert!(late(0.5) < late(1.0), "1/√k should win");
}
// ANCHOR_END: test
