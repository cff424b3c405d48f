//! Exercise 2.d: the gradient of an expectation without differentiating what is averaged.

use sdml::random::Streams;

use crate::exercises::close;

/// A function to be averaged.
pub type Function = fn(f64) -> f64;
/// The answer: one draw's estimate for each function, θ and normal variable.
pub type Answer = fn(f: Function, theta: f64, z: f64) -> f64;

pub mod stub {
    use super::Function;

    // ANCHOR: stub
    /// An unbiased estimate of d/dθ E f(X), X ~ N(θ, 1), from X = θ + z alone and
    /// without a derivative of f.
    pub fn gradient_estimate(f: Function, theta: f64, z: f64) -> f64 {
        f(theta + z)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Function;

    // ANCHOR: solution
    /// d/dθ log of the density at X is X − θ = z.
    pub fn gradient_estimate(f: Function, theta: f64, z: f64) -> f64 {
        f(theta + z) * z
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// For a step function, which has no useful derivative, the gradient is the normal
/// density at the step.
pub fn examine(answer: Answer) {
    let mut stream = Streams::new(1, "likelihood ratio").stream(0);
    let draws = 200_000;
    let mut mean = |f: Function, theta: f64| {
        let estimates = (0..draws).map(|_| answer(f, theta, stream.normal()));
        estimates.sum::<f64>() / f64::from(draws)
    };
    let step: Function = |x| if x > 1.0 { 1.0 } else { 0.0 };
    close("the gradient of P(X > 1)", mean(step, 0.5), 0.352_065_326_764_299_5, 0.01);
    close("the gradient of E X²", mean(|x| x * x, 0.5), 1.0, 0.03);
}
// ANCHOR_END: test
