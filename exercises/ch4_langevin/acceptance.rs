//! Exercise 4.b: the acceptance probability of the Metropolis-adjusted Langevin algorithm.

use crate::exercises::close;

/// A potential and its derivative at a point.
pub type Potential = fn(f64) -> (f64, f64);
/// The answer: the logarithm of the acceptance probability of the move from x to y.
pub type Answer = fn(potential: Potential, h: f64, x: f64, y: f64) -> f64;

pub mod stub {
    use super::Potential;

    // ANCHOR: stub
    /// log min(1, …) for the proposal Y = x − hU′(x) + √(2h) Z and the target e^{−U}.
    pub fn log_acceptance(potential: Potential, h: f64, x: f64, y: f64) -> f64 {
        // This would be right for a symmetric proposal.
        let _ = h;
        (potential(x).0 - potential(y).0).min(0.0)
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Potential;

    // ANCHOR: solution
    /// The ratio of the target densities times that of the proposal densities, there and back.
    pub fn log_acceptance(potential: Potential, h: f64, x: f64, y: f64) -> f64 {
        let ((u_x, slope_x), (u_y, slope_y)) = (potential(x), potential(y));
        let proposal = |x: f64, slope: f64, y: f64| -(y - x + h * slope).powi(2) / (4.0 * h);
        (u_x - u_y + proposal(y, slope_y, x) - proposal(x, slope_x, y)).min(0.0)
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Detailed balance: the flows from x to y and from y to x are equal.
pub fn examine(answer: Answer) {
    let well: Potential = |x| ((x * x - 1.0).powi(2), 4.0 * x * (x * x - 1.0));
    let h = 0.2;
    let flow = |x: f64, y: f64| {
        let (u, slope) = well(x);
        -u - (y - x + h * slope).powi(2) / (4.0 * h) + answer(well, h, x, y)
    };
    for (x, y) in [(0.5, 1.1), (-1.3, -0.2), (0.1, -0.4)] {
        assert!(answer(well, h, x, y) <= 0.0, "a probability is at most 1");
        close("the flows", flow(x, y), flow(y, x), 1e-12);
    }
    close("a move that stays", answer(well, h, 0.7, 0.7), 0.0, 1e-15);
}
// ANCHOR_END: test
