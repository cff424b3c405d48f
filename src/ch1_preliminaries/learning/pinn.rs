//! Example 1.21, the physics-informed network (Raissi, Perdikaris and Karniadakis 2019): minimize the squared residual
//! ∫(u'' + φ)² + λ · ½(u(0)² + u(1)²).

use super::{Integrand, Poisson};
use crate::Result;
use crate::error::positive;

/// The squared residual of a [`Poisson`] problem.
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
