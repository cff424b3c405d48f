//! X' = X − h∇U(X)/(1 + h|∇U(X)|) + √(2h/β) ξ, in every coordinate: a force that moves no farther than 1 in a step
//! (Hutzenthaler, Jentzen and Kloeden 2012; Brosse and others 2019).

use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Potential, Scheme};
use crate::error::positive;

/// The tamed unadjusted Langevin algorithm, tamed in each coordinate.
///
/// ```
/// use sdml::ch4_langevin::{overdamped::Tamed, sampler::Scheme};
/// assert_eq!(Tamed::new(1.0, 0.01)?.limit(50.0), f64::INFINITY);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tamed {
    beta: f64,
    h: f64,
}

impl Tamed {
    /// The scheme at inverse temperature β with step h.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Tamed;
    /// assert!(Tamed::new(1.0, 0.1).is_ok() && Tamed::new(0.0, 0.1).is_err());
    /// ```
    pub fn new(beta: f64, h: f64) -> Result<Self> {
        Ok(Self { beta: positive("beta", beta)?, h: positive("h", h)? })
    }
}

impl Scheme for Tamed {
    fn name(&self) -> &'static str {
        "tamed ULA"
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        let (h, sigma) = (self.h, (2.0 * self.h / self.beta).sqrt());
        chains.update_positions(potential, |x, gradient, xi| {
            x - h * gradient / (1.0 + h * gradient.abs()) + sigma * xi
        });
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        0.0
    }

    fn limit(&self, _stiffness: f64) -> f64 {
        f64::INFINITY
    }
}
