//! Exercise 1.d: five Strang steps that make a step of fourth order.

use crate::exercises::close;

/// The answer: a number.
pub type Answer = fn() -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The p for which S(ph) S(ph) S((1 − 4p)h) S(ph) S(ph) is of order 4, S being a
    /// symmetric step of order 2.
    pub fn substep() -> f64 {
        0.2
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The error of order h³ cancels when 4p³ + (1 − 4p)³ = 0: then 4p − 1 = 4^{1/3} p.
    pub fn substep() -> f64 {
        1.0 / (4.0 - 4.0_f64.cbrt())
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// On x″ = −x with kicks and drifts: halving the step must divide the error by about 2⁴.
pub fn examine(answer: Answer) {
    let p = answer();
    let error = |steps: usize| {
        let h = 1.0 / steps as f64;
        let (mut x, mut v) = (1.0_f64, 0.0_f64);
        for _ in 0..steps {
            for part in [p, p, 1.0 - 4.0 * p, p, p] {
                x += 0.5 * part * h * v;
                v -= part * h * x;
                x += 0.5 * part * h * v;
            }
        }
        (x - 1.0_f64.cos()).hypot(v + 1.0_f64.sin())
    };
    close("the observed order", (error(20) / error(40)).log2(), 4.0, 0.1);
    let cubes = 4.0 * p.powi(3) + (1.0 - 4.0 * p).powi(3);
    close("the share of the middle step", cubes, 0.0, 1e-14);
}
// ANCHOR_END: test
