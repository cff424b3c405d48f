//! Exercise 5.c: the velocity of an interpolant between two normal laws.

use crate::exercises::close;

/// The answer: v(x, t).
pub type Answer = fn(x: f64, t: f64, mean: f64, deviation: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// E[Z − X | X(t) = x] for X(t) = (1 − t) X + tZ, with X ~ N(mean, deviation²) and
    /// Z ~ N(0, 1) independent.
    pub fn velocity(x: f64, t: f64, mean: f64, deviation: f64) -> f64 {
        let _ = (t, deviation);
        x - mean
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// Linear regression: E[Z − X] + Cov(Z − X, X(t))/Var X(t) · (x − E X(t)).
    pub fn velocity(x: f64, t: f64, mean: f64, deviation: f64) -> f64 {
        let square = deviation * deviation;
        let covariance = t - (1.0 - t) * square;
        let variance = (1.0 - t) * (1.0 - t) * square + t * t;
        -mean + covariance / variance * (x - (1.0 - t) * mean)
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// The flow must carry the quantile one deviation above the mean along the laws of X(t).
pub fn examine(answer: Answer) {
    let (mean, deviation) = (1.5, 0.4);
    let quantile = |t: f64| {
        (1.0 - t) * mean + (((1.0 - t) * deviation).powi(2) + t * t).sqrt()
    };
    for t in [0.1, 0.4, 0.9] {
        let speed = (quantile(t + 1e-5) - quantile(t - 1e-5)) / 2e-5;
        let found = answer(quantile(t), t, mean, deviation);
        close("the speed of the quantile", found, speed, 1e-8);
    }
    let found = answer(0.7 * mean, 0.3, mean, deviation);
    close("the speed of the mean", found, -mean, 1e-12);
}
// ANCHOR_END: test
