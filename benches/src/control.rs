//! W7: a network as the control of a qubit, trained through the steps of the classical Runge–Kutta method.

use sdml::Result;
use sdml::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use sdml::ch2_control::qubit::{NetworkControl, Qubit, RungeKutta};
use sdml::random::Streams;

/// Steps of Adam.
pub const ITERATIONS: usize = 500;
const STEPS: usize = 200;
const WIDTH: usize = 32;
const RATE: f64 = 3e-3;

/// The curve of 1 − F during training until `horizon` from one seed, and 1 − F at its end.
///
/// # Errors
/// A horizon that is not a finite number greater than 0.
pub fn train(horizon: f64, seed: u64) -> Result<(Vec<f64>, f64)> {
    let steps = RungeKutta::new(Qubit::new(1.0, 2.0)?, horizon, STEPS)?;
    let mut control = NetworkControl::new(steps, WIDTH)?;
    let mut theta = control.network().initial(&mut Streams::new(seed, "W7").stream(0));
    let mut curve = Vec::with_capacity(ITERATIONS);
    minimize(
        &mut theta,
        &mut Adam::default(),
        Schedule::Constant(RATE),
        ITERATIONS,
        |_, theta, gradient| control.gradient(theta, gradient),
        |_, _, loss| curve.push(loss),
    )?;
    let end = control.gradient(&theta, &mut vec![0.0; theta.len()])?;
    Ok((curve, end))
}
