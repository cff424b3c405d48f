//! Example 1.20, Deep Ritz (E and Yu 2018): minimize ½∫|u'|² − ∫uφ + λ(u(0)² + u(1)²) over networks u.

use super::{Integrand, Poisson};
use crate::Result;
use crate::error::positive;

/// The penalized energy of a [`Poisson`] problem.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{DeepRitz, Integrand, Poisson};
/// let energy = DeepRitz::new(Poisson::new(2, 1.0)?, 500.0)?;
/// // φ(¼) = 1: ½u'² − uφ for u = 2 and u' = 3, with its derivatives by u, u' and u''.
/// assert_eq!(energy.interior(0.25, [2.0, 3.0, 0.0]), (4.5 - 2.0, [-1.0, 3.0, 0.0]));
/// assert_eq!(energy.boundary_weight(), 500.0);
/// # Ok::<(), sdml::Error>(())
/// ```
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
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{DeepRitz, Poisson};
    /// let problem = Poisson::new(2, 1.0)?;
    /// assert!(DeepRitz::new(problem, 500.0).is_ok() && DeepRitz::new(problem, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
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
