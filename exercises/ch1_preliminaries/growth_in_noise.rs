//! Exercise 1.15: geometric Brownian motion, solved.

use sdml::ch1_preliminaries::sde::{GeometricBrownian, Grid, Heun, Increments, solve_end};
use sdml::random::Streams;

use crate::exercises::close;

/// The answer: X(t) from X(0), the two coefficients, the time and B(t).
pub type Answer = fn(x_0: f64, alpha: f64, sigma: f64, t: f64, b: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// X(t) for dX = αX dt + σX ∘ dB (Stratonovich), given B(t) = b.
    pub fn explicit_solution(x_0: f64, alpha: f64, sigma: f64, t: f64, b: f64) -> f64 {
        // This solves the Itô equation with the same coefficients.
        x_0 * ((alpha - 0.5 * sigma * sigma) * t + sigma * b).exp()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// By the ordinary chain rule d log X = α dt + σ ∘ dB.
    pub fn explicit_solution(x_0: f64, alpha: f64, sigma: f64, t: f64, b: f64) -> f64 {
        x_0 * (alpha * t + sigma * b).exp()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with Heun's scheme on a path of 20 000 steps.
pub fn examine(answer: Answer) {
    let (alpha, sigma) = (0.3, 0.8);
    let grid = Grid::new(0.0, 1.0, 20_000).unwrap();
    let noise = Increments::sample(grid, &mut Streams::new(1, "exercise").stream(0));
    let gbm = GeometricBrownian::new(alpha, sigma).unwrap();
    let [x] = solve_end(Heun, &gbm, [1.5], &noise).unwrap();
    let b = noise.total().db[0];
    close("X(1) on a path", answer(1.5, alpha, sigma, 1.0, b), x, 1e-3 * x);
}
// ANCHOR_END: test
