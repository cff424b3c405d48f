//! Example 1.20, Deep Ritz (E and Yu 2018): minimize ½∫|u'|² − ∫uφ + λ(u(0)² + u(1)²) over networks u.

use super::{Integrand, Poisson};
use crate::Result;
use crate::error::positive;

/// The penalized energy of a [`Poisson`] problem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeepRitz {
    problem: Poisson,
    lambda: f64,
}

impl DeepRitz {
    /// The energy with the penalty λ.
    ///
    /// # Errors
    /// λ not positive: without a penalty the constants make the energy unbounded below, or leave it flat.
    pub fn new(problem: Poisson, lambda: f64) -> Result<Self> {
        Ok(Self { problem, lambda: positive("lambda", lambda)? })
    }
}

impl Integrand for DeepRitz {
    const ORDER: usize = 1;

    // ANCHOR: energy
    fn interior(&self, x: f64, [u, slope, _]: [f64; 3]) -> (f64, [f64; 3]) {
        let phi = self.problem.load(x);
        (0.5 * slope * slope - u * phi, [-phi, slope, 0.0])
    }

    fn boundary_weight(&self) -> f64 {
        self.lambda
    }
    // ANCHOR_END: energy
}
