//! Example 1.21, the physics-informed network (Raissi, Perdikaris and Karniadakis 2019): minimize the squared residual
//! ∫(u'' + φ)² + λ · ½(u(0)² + u(1)²).

use super::{Integrand, Poisson};
use crate::Result;
use crate::error::positive;

/// The squared residual of a [`Poisson`] problem.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Integrand, Pinn, Poisson};
/// let loss = Pinn::new(Poisson::new(2, 1.0)?, 500.0)?;
/// // φ(¼) = 1: (u'' + φ)² for u'' = 2, with its derivatives by u, u' and u''.
/// assert_eq!(loss.interior(0.25, [0.0, 0.0, 2.0]), (9.0, [0.0, 0.0, 6.0]));
/// assert_eq!(loss.boundary_weight(), 250.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pinn {
    problem: Poisson,
    lambda: f64,
}

impl Pinn {
    /// The residual loss with the weight λ of the boundary's mean square.
    ///
    /// # Errors
    /// λ not positive: every solution of −u'' = φ would do.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Pinn, Poisson};
    /// let problem = Poisson::new(2, 1.0)?;
    /// assert!(Pinn::new(problem, 500.0).is_ok() && Pinn::new(problem, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(problem: Poisson, lambda: f64) -> Result<Self> {
        Ok(Self { problem, lambda: positive("lambda", lambda)? })
    }
}

impl Integrand for Pinn {
    const ORDER: usize = 2;

    // ANCHOR: residual
    fn interior(&self, x: f64, [_, _, curvature]: [f64; 3]) -> (f64, [f64; 3]) {
        let residual = curvature + self.problem.load(x);
        (residual * residual, [0.0, 0.0, 2.0 * residual])
    }

    fn boundary_weight(&self) -> f64 {
        0.5 * self.lambda
    }
    // ANCHOR_END: residual
}
