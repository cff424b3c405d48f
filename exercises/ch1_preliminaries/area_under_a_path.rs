//! Exercise 1.6: the area under a Brownian path.

use crate::exercises::close;

/// The answer: a probability for each level.
pub type Answer = fn(level: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// P(∫₀¹ B(s) ds > level). `sdml::statistics::normal::tail(z)` is 1 − Φ(z).
    pub fn probability_above(level: f64) -> f64 {
        let _ = level;
        f64::NAN
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use sdml::statistics::normal;

    // ANCHOR: solution
    /// The integral is Gaussian with mean 0 and variance ∫₀¹ (1 − s)² ds = 1/3.
    pub fn probability_above(level: f64) -> f64 {
        normal::tail(level / (1.0 / 3.0_f64).sqrt())
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// By symmetry half of all areas are positive; the area exceeds one standard deviation as
/// often as a normal variable.
pub fn examine(answer: Answer) {
    close("the probability above 0", answer(0.0), 0.5, 1e-15);
    let deviation = 1.0 / 3.0_f64.sqrt();
    close("the probability above 1/√3", answer(deviation), 0.158_655_253_931_457, 1e-12);
    close("both tails", answer(1.0) + answer(-1.0), 1.0, 1e-14);
}
// ANCHOR_END: test
