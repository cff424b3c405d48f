//! Exercise 4.a: what the unadjusted Langevin algorithm samples in a harmonic well.

use crate::exercises::close;

/// The answer: a variance for each stiffness, inverse temperature and step.
pub type Answer = fn(k: f64, beta: f64, h: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The stationary variance of X ← X − khX + √(2h/β) Z for 0 < h < 2/k.
    pub fn stationary_variance(k: f64, beta: f64, h: f64) -> f64 {
        // The variance of the law that one wants.
        let _ = h;
        1.0 / (beta * k)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// v = (1 − kh)² v + 2h/β, so v = 1/(βk(1 − kh/2)).
    pub fn stationary_variance(k: f64, beta: f64, h: f64) -> f64 {
        1.0 / (beta * k * (1.0 - 0.5 * k * h))
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// One more step must leave the variance as it is.
pub fn examine(answer: Answer) {
    for (k, beta, h) in [(1.0, 1.0, 0.5), (4.0, 2.0, 0.1), (0.3, 0.5, 6.0)] {
        let v = answer(k, beta, h);
        assert!(v > 0.0 && v.is_finite(), "a variance is positive, yours is {v}");
        let next = (1.0 - k * h).powi(2) * v + 2.0 * h / beta;
        close("the variance after one more step", next, v, 1e-12 * v.max(1.0));
    }
}
// ANCHOR_END: test
