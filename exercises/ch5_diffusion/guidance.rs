//! Exercise 5.d: what guidance does to a normal law.

use crate::exercises::close;

/// The answer: a mean.
pub type Answer = fn(class: [f64; 2], all: [f64; 2], w: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The mean of the density ∝ p(x | c)^{1 + w} / p(x)^w for two normal laws, each
    /// given by its mean and its variance: `class` is p(x | c), `all` is p(x).
    pub fn guided_mean(class: [f64; 2], all: [f64; 2], w: f64) -> f64 {
        let _ = (all, w);
        class[0]
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// Precisions and precision-weighted means add: (1 + w) times those of the class,
    /// −w times those of all.
    pub fn guided_mean(class: [f64; 2], all: [f64; 2], w: f64) -> f64 {
        let ([m, v], [all_m, all_v]) = (class, all);
        let precision = (1.0 + w) / v - w / all_v;
        ((1.0 + w) * m / v - w * all_m / all_v) / precision
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the integral; without guidance the mean of the class remains.
pub fn examine(answer: Answer) {
    close("no guidance", answer([0.8, 0.3], [0.0, 1.0], 0.0), 0.8, 1e-14);
    let (m, v, w): (f64, f64, f64) = (0.8, 0.3, 2.0);
    let (mut mass, mut moment) = (0.0, 0.0);
    for k in 0..8000 {
        let x = -4.0 + 1e-3 * f64::from(k);
        let p = (-(1.0 + w) * (x - m).powi(2) / (2.0 * v) + w * x * x / 2.0).exp();
        mass += p;
        moment += x * p;
    }
    close("guided", answer([m, v], [0.0, 1.0], w), moment / mass, 1e-3);
}
// ANCHOR_END: test
