//! Exercise 3.d: the density carried by a linear flow.

use crate::exercises::close;

/// The answer: log p_t(Y(t)) for each matrix, time and starting point.
pub type Answer = fn(a: [[f64; 2]; 2], t: f64, x: [f64; 2]) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// log p_t(Y(t)) along the trajectory with Y(0) = x, for dY/dt = AY
    /// and p_0 = N(0, I).
    pub fn log_density(a: [[f64; 2]; 2], t: f64, x: [f64; 2]) -> f64 {
        let _ = (a, t);
        -0.5 * (x[0] * x[0] + x[1] * x[1]) - (2.0 * std::f64::consts::PI).ln()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// Along a trajectory d/dt log p = −div(AY) = −tr A.
    pub fn log_density(a: [[f64; 2]; 2], t: f64, x: [f64; 2]) -> f64 {
        let square = x[0] * x[0] + x[1] * x[1];
        let start = -0.5 * square - (2.0 * std::f64::consts::PI).ln();
        start - (a[0][0] + a[1][1]) * t
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// For diagonal A the flow stretches the axes, and p_t is a product of two normal
/// densities; a rotation changes nothing.
pub fn examine(answer: Answer) {
    let (x, t): ([f64; 2], f64) = ([0.4, -1.1], 0.7);
    let expected: f64 = [(x[0], 0.5), (x[1], -1.2)]
        .iter()
        .map(|&(start, rate): &(f64, f64)| {
            let deviation = (rate * t).exp();
            let z = start * deviation / deviation;
            -0.5 * z * z - deviation.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln()
        })
        .sum();
    close("stretching", answer([[0.5, 0.0], [0.0, -1.2]], t, x), expected, 1e-13);
    let still = answer([[0.0; 2]; 2], t, x);
    close("turning", answer([[0.0, -1.0], [1.0, 0.0]], t, x), still, 1e-13);
}
// ANCHOR_END: test
