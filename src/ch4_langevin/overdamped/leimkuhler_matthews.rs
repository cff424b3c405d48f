//! X' = X − h∇U(X) + √(2h/β) (ξ + ξ')/2, where ξ' is new and ξ was new in the step before (Leimkuhler and Matthews 2013):
//! BAOAB in the limit of strong friction.

use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Potential, Scheme};
use crate::error::positive;

/// The scheme of Leimkuhler and Matthews. The momentum holds the noise of the step before.
///
/// ```
/// use sdml::ch4_langevin::{overdamped::LeimkuhlerMatthews, sampler::Scheme};
/// assert_eq!(LeimkuhlerMatthews::new(1.0, 0.01)?.limit(50.0), 0.04);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeimkuhlerMatthews {
    beta: f64,
    h: f64,
}

impl LeimkuhlerMatthews {
    /// The scheme at inverse temperature β with step h.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::LeimkuhlerMatthews;
    /// assert!(LeimkuhlerMatthews::new(1.0, 0.1).is_ok() && LeimkuhlerMatthews::new(1.0, 0.0).is_err());
    /// ```
    pub fn new(beta: f64, h: f64) -> Result<Self> {
        Ok(Self { beta: positive("beta", beta)?, h: positive("h", h)? })
    }
}

impl Scheme for LeimkuhlerMatthews {
    fn name(&self) -> &'static str {
        "Leimkuhler–Matthews"
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        let (h, sigma) = (self.h, (2.0 * self.h / self.beta).sqrt());
        chains
            .update(potential, |x, last, gradient, new| (x - h * gradient + sigma * 0.5 * (last + new), new));
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        1.0
    }

    fn limit(&self, stiffness: f64) -> f64 {
        2.0 / stiffness
    }
}
