//! Checks of Example 2.5.

mod bad_input;
mod grape;
mod network;
mod pontryagin;
mod system;

use sdml::ch2_control::qubit::{Pulse, Qubit};
use sdml::random::Streams;

/// The qubit of the notes: ω = 1, u_max = 2.
fn qubit() -> Qubit {
    Qubit::new(1.0, 2.0).unwrap()
}

/// A control uniform within ±`bound` on `pieces` pieces.
fn random_pulse(horizon: f64, pieces: usize, bound: f64, seed: u64) -> Pulse {
    let mut stream = Streams::new(seed, "pulse").stream(0);
    let values: Vec<f64> = (0..pieces).map(|_| bound * (2.0 * stream.uniform() - 1.0)).collect();
    Pulse::equal(horizon, &values).unwrap()
}

/// The control of a formula, u(t) = 1.5 sin(1.3t + 0.4), on the midpoints of `pieces` pieces.
fn formula(horizon: f64, pieces: usize) -> Vec<f64> {
    let tau = horizon / pieces as f64;
    (0..pieces).map(|k| 1.5 * (1.3 * (k as f64 + 0.5) * tau + 0.4).sin()).collect()
}
