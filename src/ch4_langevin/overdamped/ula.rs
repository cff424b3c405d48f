//! (4.4): X' = X − h∇U(X) + √(2h/β) ξ, ξ ~ N(0, I): the unadjusted Langevin algorithm.

use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Potential, Scheme};
use crate::error::positive;

/// The step (4.4).
///
/// ```
/// use sdml::ch4_langevin::{overdamped::Ula, sampler::Scheme};
/// assert_eq!(Ula::new(1.0, 0.01)?.limit(50.0), 0.04);
/// assert!(Ula::new(1.0, -0.01).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ula {
    beta: f64,
    h: f64,
}

impl Ula {
    /// The scheme at inverse temperature β with step h.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Ula;
    /// assert!(Ula::new(1.0, 0.1).is_ok() && Ula::new(1.0, -0.1).is_err());
    /// ```
    pub fn new(beta: f64, h: f64) -> Result<Self> {
        Ok(Self { beta: positive("beta", beta)?, h: positive("h", h)? })
    }
}

impl Scheme for Ula {
    fn name(&self) -> &'static str {
        "ULA"
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        let (h, sigma) = (self.h, (2.0 * self.h / self.beta).sqrt());
        chains.update_positions(potential, |x, gradient, xi| x - h * gradient + sigma * xi);
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        0.0
    }

    fn limit(&self, stiffness: f64) -> f64 {
        2.0 / stiffness
    }
}
