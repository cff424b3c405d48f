//! Exercise 1.18: the density that dX = −U′(X) dt + √2 dB leaves as it is.

use sdml::ch1_preliminaries::fokker_planck::double_well;

use crate::exercises::close;

/// A potential.
pub type Potential = fn(f64) -> f64;
/// The answer: the density at x up to a constant factor.
pub type Answer = fn(potential: Potential, x: f64) -> f64;

pub mod stub {
    use super::Potential;

    // ANCHOR: stub
    /// A stationary density of dX = −U′(X) dt + √2 dB at x, up to a factor that does not
    /// depend on x.
    pub fn unnormalized_density(potential: Potential, x: f64) -> f64 {
        (-0.5 * potential(x)).exp()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Potential;

    // ANCHOR: solution
    /// The flux pU′ + p′ vanishes for p = e^{−U}.
    pub fn unnormalized_density(potential: Potential, x: f64) -> f64 {
        (-potential(x)).exp()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// The flux pU′ + p′, with p′ by a central difference, must vanish everywhere; p itself
/// must not.
pub fn examine(answer: Answer) {
    let epsilon = 1e-4;
    for x in [-1.4, -0.6, 0.1, 0.8] {
        let p = |x| answer(double_well::potential, x);
        assert!(p(x) > 1e-3, "the density at {x} should be positive, yours is {}", p(x));
        let slope = (p(x + epsilon) - p(x - epsilon)) / (2.0 * epsilon);
        close("the flux", -p(x) * double_well::force(x) + slope, 0.0, 1e-6);
    }
}
// ANCHOR_END: test
