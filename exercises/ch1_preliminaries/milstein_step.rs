//! Exercise 1.c: Milstein's step.

use sdml::ch1_preliminaries::sde::{GeometricBrownian, Increment, ItoForm, Milstein, Step};

use crate::exercises::close;

/// The answer: X_{n+1} from X_n, the drift, the diffusion and its derivative there, the
/// step and the increment.
pub type Answer = fn(x: f64, drift: f64, sigma: f64, sigma_prime: f64, h: f64, db: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// One step of Milstein's scheme for the Itô equation dX = b dt + σ(X) dB.
    pub fn step(x: f64, drift: f64, sigma: f64, sigma_prime: f64, h: f64, db: f64) -> f64 {
        // Euler–Maruyama: what is missing?
        let _ = sigma_prime;
        x + drift * h + sigma * db
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The next term of the Itô–Taylor expansion, σσ′ ∫∫ dB dB = ½σσ′ (ΔB² − h).
    pub fn step(x: f64, drift: f64, sigma: f64, sigma_prime: f64, h: f64, db: f64) -> f64 {
        x + drift * h + sigma * db + 0.5 * sigma * sigma_prime * (db * db - h)
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the book's scheme on geometric Brownian motion.
pub fn examine(answer: Answer) {
    let (sigma, h, x) = (0.7, 0.1, 1.3);
    let equation = ItoForm(GeometricBrownian::new(0.2, sigma).unwrap());
    for db in [-0.4, 0.0, 0.55] {
        let noise = Increment { db: [db], dz: [0.0] };
        let [expected] = Milstein.step(&equation, [x], 0.0, h, &noise);
        let drift = (0.2 + 0.5 * sigma * sigma) * x;
        close("the step", answer(x, drift, sigma * x, sigma, h, db), expected, 1e-14);
    }
}
// ANCHOR_END: test
