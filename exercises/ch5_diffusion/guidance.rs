//! Exercise 5.d: what guidance does to a normal law.

use crate::exercises::close;

/// The answer: a mean.
pub type Answer = fn(label_mean: f64, label_variance: f64, all_mean: f64, all_variance: f64, w: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The mean of the density ∝ p(x | y)^{1 + w} / p(x)^w for two normal laws.
    pub fn guided_mean(label_mean: f64, label_variance: f64, all_mean: f64, all_variance: f64, w: f64) -> f64 {
        let _ = (label_variance, all_mean, all_variance, w);
        label_mean
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// Precisions and precision-weighted means add: (1 + w) times those of the label, −w times those of all.
    pub fn guided_mean(label_mean: f64, label_variance: f64, all_mean: f64, all_variance: f64, w: f64) -> f64 {
        let precision = (1.0 + w) / label_variance - w / all_variance;
        ((1.0 + w) * label_mean / label_variance - w * all_mean / all_variance) / precision
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the integral; without guidance the label's mean remains.
pub fn examine(answer: Answer) {
    close("no guidance", answer(0.8, 0.3, 0.0, 1.0, 0.0), 0.8, 1e-14);
    let (m, v, w): (f64, f64, f64) = (0.8, 0.3, 2.0);
    let (mut mass, mut moment) = (0.0, 0.0);
    for k in 0..8000 {
        let x = -4.0 + 1e-3 * f64::from(k);
        let p = (-(1.0 + w) * (x - m).powi(2) / (2.0 * v) + w * x * x / 2.0).exp();
        mass += p;
        moment += x * p;
    }
    close("guided", answer(m, v, 0.0, 1.0, w), moment / mass, 1e-3);
}
// ANCHOR_END: test
