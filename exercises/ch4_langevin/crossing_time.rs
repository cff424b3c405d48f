//! Exercise 4.d: how long a barrier is waited for.

use crate::exercises::close;

/// The answer: a time for the curvatures at the minimum and at the top, the height between them, and β.
pub type Answer = fn(at_minimum: f64, at_top: f64, height: f64, beta: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The Eyring–Kramers formula for the mean time in which dX = −U′ dt + √(2/β) dB,
    /// in one dimension, first goes from one minimum to the other.
    pub fn eyring_kramers(at_minimum: f64, at_top: f64, height: f64, beta: f64) -> f64 {
        let _ = (at_minimum, at_top);
        (beta * height).exp()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// 2π/√(U″(minimum) |U″(top)|) · e^{βΔU}: Laplace's method in both integrals.
    pub fn eyring_kramers(at_minimum: f64, at_top: f64, height: f64, beta: f64) -> f64 {
        std::f64::consts::TAU / (at_minimum * at_top.abs()).sqrt() * (beta * height).exp()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Against the exact time β ∫₋₁¹ e^{βU(y)} ∫₋∞ʸ e^{−βU(x)} dx dy for U = (x² − 1)²,
/// within the formula's next order.
pub fn examine(answer: Answer) {
    for beta in [10.0, 20.0] {
        let (n, low) = (6000, -2.5);
        let width = (1.0 - low) / f64::from(n);
        let (mut inner, mut exact) = (0.0, 0.0);
        for k in 0..n {
            let y: f64 = low + (f64::from(k) + 0.5) * width;
            let u = (y * y - 1.0).powi(2);
            inner += (-beta * u).exp() * width;
            if y > -1.0 {
                exact += beta * (beta * u).exp() * inner * width;
            }
        }
        // The next term of Laplace's method is of relative order 1/β.
        let ratio = answer(8.0, -4.0, 1.0, beta) / exact;
        close("the time over the exact one", ratio, 1.0, 1.5 / beta);
    }
}
// ANCHOR_END: test
