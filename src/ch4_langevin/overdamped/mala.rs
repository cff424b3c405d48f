//! ULA's step as a proposal that Metropolis and Hastings accept or refuse (Besag 1994; Roberts and Tweedie 1996).
//!
//! The proposal density is q(y | x) ∝ exp(−β|y − x + h∇U(x)|²/(4h)). In the logarithm of e^{−βU(y)} q(x | y) / (e^{−βU(x)} q(y | x)) the
//! squares of y − x cancel, and what remains is β times
//!
//! U(x) − U(y) + ½ (y − x)·(∇U(x) + ∇U(y)) + (h/4)(|∇U(x)|² − |∇U(y)|²):
//!
//! the error of the trapezoidal rule along the step, and a difference of squared forces.

use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Point, Potential, Scheme};
use crate::error::positive;

/// The Metropolis-adjusted Langevin algorithm: its stationary law is exp(−βU)/Z at any step.
///
/// ```
/// use sdml::{ch4_langevin::{overdamped::Mala, sampler::{Chains, Harmonic}}, random::Streams};
/// let well = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&well, Mala::new(1.0, 1.5)?, Streams::new(1, "doc"), 100, &[0.0])?;
/// chains.advance(100)?;
/// let [square] = chains.averages(1000, 1, |x| [x[0] * x[0]])?;
/// assert!(square.mean()?.z(1.0).abs() < 4.0);
/// assert!(chains.acceptance() < 0.9);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mala {
    beta: f64,
    h: f64,
}

impl Mala {
    /// The scheme at inverse temperature β with step h.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Mala;
    /// assert!(Mala::new(1.0, 0.1).is_ok() && Mala::new(1.0, 0.0).is_err() && Mala::new(-1.0, 0.1).is_err());
    /// ```
    pub fn new(beta: f64, h: f64) -> Result<Self> {
        Ok(Self { beta: positive("beta", beta)?, h: positive("h", h)? })
    }

    /// The logarithm of the Metropolis–Hastings ratio of the proposal y from x.
    ///
    /// ```
    /// use sdml::ch4_langevin::{overdamped::Mala, sampler::Point};
    /// // In U = x²/2 the trapezoidal rule is exact, and (h/4)(x² − y²) is left: outwards is refused now and then.
    /// let at = |x: &'static [f64; 1]| Point { x, value: 0.5 * x[0] * x[0], gradient: x };
    /// let (mala, near, far) = (Mala::new(2.0, 0.5)?, at(&[1.0]), at(&[3.0]));
    /// assert_eq!([mala.log_ratio(near, far), mala.log_ratio(far, near)], [-2.0, 2.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: log_ratio
    pub fn log_ratio(&self, x: Point, y: Point) -> f64 {
        // Eight partial sums, so that the loop vectorizes.
        let mut sums = [0.0; 8];
        let h = self.h;
        let term = |x: f64, y: f64, gx: f64, gy: f64| (gx + gy) * (0.5 * (y - x) + 0.25 * h * (gx - gy));
        let ends = x.x.chunks_exact(8).zip(y.x.chunks_exact(8));
        let forces = x.gradient.chunks_exact(8).zip(y.gradient.chunks_exact(8));
        for ((x, y), (gx, gy)) in ends.zip(forces) {
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += term(x[i], y[i], gx[i], gy[i]);
            }
        }
        let done = x.x.len() / 8 * 8;
        let rest = (done..x.x.len()).map(|i| term(x.x[i], y.x[i], x.gradient[i], y.gradient[i]));
        self.beta * (x.value - y.value + sums.iter().sum::<f64>() + rest.sum::<f64>())
    }
    // ANCHOR_END: log_ratio
}

impl Scheme for Mala {
    fn name(&self) -> &'static str {
        "MALA"
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        let (h, sigma) = (self.h, (2.0 * self.h / self.beta).sqrt());
        chains.metropolis(
            potential,
            |x, gradient, xi| x - h * gradient + sigma * xi,
            |x, y| self.log_ratio(x, y),
        );
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        0.0
    }

    fn limit(&self, _stiffness: f64) -> f64 {
        f64::INFINITY
    }
}
