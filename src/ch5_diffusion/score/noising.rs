//! Equation (5.2) and its relatives: ways to add noise, X(t) = a(t) X(0) + b(t) Z in law with Z ~ N(0, I).

use super::field::time;
use crate::Result;
use crate::ch1_preliminaries::sde::OrnsteinUhlenbeck;
use crate::ch5_diffusion::mixture::Mixture;
use crate::error::positive;

/// e^{−t}: what is left of the data in dX = −X dt + √2 dW at time t.
///
/// ```
/// use sdml::ch5_diffusion::score::decay;
/// // Half of the data is left at log 2.
/// assert!((decay(2f64.ln()) - 0.5).abs() < 1e-15);
/// ```
pub fn decay(t: f64) -> f64 {
    (-t).exp()
}

/// c(t) = 2 ∫_0^t e^{−2(t−s)} ds = 1 − e^{−2t}: the variance of the noise in X(t).
///
/// ```
/// use sdml::ch5_diffusion::score::{decay, noise_variance};
/// // The variance of a standard normal start is kept: e^{−2t} + c(t) = 1.
/// assert!((decay(0.3).powi(2) + noise_variance(0.3) - 1.0).abs() < 1e-15);
/// ```
// ANCHOR: noise_variance
pub fn noise_variance(t: f64) -> f64 {
    -(-2.0 * t).exp_m1()
}
// ANCHOR_END: noise_variance

/// A linear equation dX = −f(t) X dt + g(t) dW that turns data into noise. Their laws at two times with the same ratio
/// b/a of noise to signal differ by a factor: each of them is the others' process, scaled and run by another clock.
///
/// ```
/// use sdml::ch5_diffusion::score::Noising;
/// // The first two keep a² + b² = 1, the third keeps a = 1.
/// let channels = [Noising::OrnsteinUhlenbeck, Noising::variance_preserving(0.1, 20.0)?].map(|n| n.channel(0.4));
/// assert!(channels.iter().all(|[a, b]| (a * a + b * b - 1.0).abs() < 1e-15));
/// assert_eq!(Noising::VarianceExploding.channel(0.4), [1.0, 0.4]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noising {
    /// (5.2): dX = −X dt + √2 dW. a = e^{−t}, b² = c(t).
    OrnsteinUhlenbeck,
    /// dX = −½β(t) X dt + √β(t) dW, β(t) = first + (last − first) t for 0 ≤ t ≤ 1 (Song et al. 2021).
    VariancePreserving {
        /// β(0).
        first: f64,
        /// β(1).
        last: f64,
    },
    /// dX = √(2t) dW: a = 1, b = t (Karras et al. 2022).
    VarianceExploding,
}

impl Noising {
    /// dX = −½β(t) X dt + √β(t) dW with β from `first` at 0 to `last` at 1.
    ///
    /// # Errors
    /// Rates that are not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Noising;
    /// let noising = Noising::variance_preserving(0.1, 20.0)?;
    /// assert_eq!(noising, Noising::VariancePreserving { first: 0.1, last: 20.0 });
    /// assert!(Noising::variance_preserving(0.0, 20.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn variance_preserving(first: f64, last: f64) -> Result<Self> {
        Ok(Self::VariancePreserving { first: positive("first", first)?, last: positive("last", last)? })
    }

    /// The time at which the Ornstein–Uhlenbeck process has the same ratio of noise to signal: ½ log(1 + b²/a²).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Noising;
    /// let preserving = Noising::variance_preserving(0.1, 20.0)?;
    /// assert!((preserving.clock(1.0) - 0.5 * 0.5 * 20.1).abs() < 1e-14);
    /// assert_eq!(Noising::VarianceExploding.clock(1.0), 0.5 * 2f64.ln());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: clock
    pub fn clock(&self, t: f64) -> f64 {
        match *self {
            Self::OrnsteinUhlenbeck => t,
            Self::VariancePreserving { first, last } => 0.5 * (first * t + 0.5 * (last - first) * t * t),
            Self::VarianceExploding => 0.5 * (t * t).ln_1p(),
        }
    }

    /// [a(t), b(t)].
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Noising;
    /// // Half of the signal is left at log 2, and a² + b² = 1.
    /// let [a, b] = Noising::OrnsteinUhlenbeck.channel(2f64.ln());
    /// assert!((a - 0.5).abs() < 1e-15 && (b - 0.75f64.sqrt()).abs() < 1e-15);
    /// // The variance preserving process with β = 2 is that of (5.2); the exploding one keeps the signal.
    /// let constant = Noising::variance_preserving(2.0, 2.0)?;
    /// assert_eq!(constant.channel(0.25), Noising::OrnsteinUhlenbeck.channel(0.25));
    /// assert_eq!(Noising::VarianceExploding.channel(0.25), [1.0, 0.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn channel(&self, t: f64) -> [f64; 2] {
        let clock = self.clock(t);
        let [a, b] = [decay(clock), noise_variance(clock).sqrt()];
        match self {
            Self::VarianceExploding => [1.0, t],
            _ => [a, b],
        }
    }
    // ANCHOR_END: clock

    /// The law of X(t) for data X(0) ~ `data`.
    ///
    /// # Errors
    /// A time that is negative or not finite; as [`Mixture::noised`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::Noising};
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// let law = Noising::OrnsteinUhlenbeck.law(&data, 1.0)?;
    /// let variance = (-2f64).exp() * data.covariance()[0][0] + 1.0 - (-2f64).exp();
    /// assert!((law.covariance()[0][0] - variance).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn law<const D: usize>(&self, data: &Mixture<D>, t: f64) -> Result<Mixture<D>> {
        let [a, b] = self.channel(time(t)?);
        data.noised(a, b)
    }

    /// The process (5.2) of Example 1.13: rate −1, noise √2.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{Noising, noise_variance};
    /// // Its variance from a point is c(t).
    /// assert!((Noising::process().variance(0.7, 0.0) - noise_variance(0.7)).abs() < 1e-15);
    /// ```
    pub fn process() -> OrnsteinUhlenbeck {
        OrnsteinUhlenbeck::new(-1.0, 2f64.sqrt()).expect("finite numbers")
    }
}
