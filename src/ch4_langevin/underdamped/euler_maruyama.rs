//! Euler–Maruyama for (4.1): q' = q + h p/m, p' = p − h∇U(q) − hγp + √(2γmh/β) ξ.

use super::Bath;
use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Potential, Scheme};
use crate::error::positive;

/// The scheme of Euler and Maruyama, which Chapter 1 introduced, for (4.1).
///
/// ```
/// use sdml::ch4_langevin::{sampler::Scheme, underdamped::{Bath, EulerMaruyama}};
/// let scheme = EulerMaruyama::new(Bath::new(0.5, 1.0)?, 0.1)?;
/// // Weak friction does not tame a stiff well: the step must be below γ/k.
/// assert_eq!(scheme.limit(10.0), 0.05);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EulerMaruyama {
    bath: Bath,
    h: f64,
}

impl EulerMaruyama {
    /// The scheme with step h.
    ///
    /// # Errors
    /// A step that is not finite and greater than 0; a bath of infinite friction.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama};
    /// assert!(EulerMaruyama::new(Bath::new(2.0, 4.0)?, 0.1).is_ok());
    /// assert!(EulerMaruyama::new(Bath::overwhelming(4.0)?, 0.1).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(bath: Bath, h: f64) -> Result<Self> {
        bath.finite_friction()?;
        Ok(Self { bath, h: positive("h", h)? })
    }

    /// The bath.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama};
    /// let bath = Bath::new(2.0, 4.0)?;
    /// assert_eq!(EulerMaruyama::new(bath, 0.1)?.bath(), bath);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bath(&self) -> Bath {
        self.bath
    }
}

impl Scheme for EulerMaruyama {
    fn name(&self) -> &'static str {
        "Euler–Maruyama"
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        let (h, gamma, m) = (self.h, self.bath.friction(), self.bath.mass());
        let sigma = (2.0 * gamma * self.bath.momentum_variance() * h).sqrt();
        chains.update(potential, |q, p, gradient, xi| {
            (q + h * p / m, p - h * gradient - h * gamma * p + sigma * xi)
        });
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        self.bath.momentum_variance().sqrt()
    }

    /// The matrix of the step has determinant 1 − γh + h²ω² and trace 2 − γh, ω² = L/m. Its eigenvalues lie in the unit disc while
    /// the determinant is below 1 and 4 − 2γh + h²ω² above 0.
    fn limit(&self, stiffness: f64) -> f64 {
        let (gamma, square) = (self.bath.friction(), stiffness / self.bath.mass());
        let rotation = gamma / square;
        let discriminant = gamma * gamma - 4.0 * square;
        // (γ − √(γ² − 4ω²))/ω², without cancellation.
        if discriminant < 0.0 { rotation } else { rotation.min(4.0 / (gamma + discriminant.sqrt())) }
    }
}
