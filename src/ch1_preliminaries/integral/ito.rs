//! Lemma 1.9: for adapted X with ∫_0^T E X² dt < ∞, Itô's integral has mean 0 and E(∫ X dB)² = ∫ E X² dt; and an
//! adapted X without the condition, whose integral is 1.

use crate::Result;
use crate::ch1_preliminaries::brownian::maximum_tail;
use crate::error::{at_least, positive};
use crate::random::Stream;

/// Integrands X(t) = f(B(t)) with second moments in closed form.
///
/// ```
/// use sdml::ch1_preliminaries::integral::Integrand;
/// // E cos² B ≤ 1 ≤ E e^{2B}, so that over [0, 1] the integral of the one is below 1, of the other above.
/// assert!(Integrand::Cosine.second_moment(1.0)? < 1.0 && Integrand::Exponential.second_moment(1.0)? > 1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrand {
    /// X = B, E X(t)² = t.
    Identity,
    /// X = e^B, E X(t)² = e^{2t}.
    Exponential,
    /// X = cos B, E X(t)² = (1 + e^{−2t})/2.
    Cosine,
}

impl Integrand {
    /// All of them.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::integral::Integrand;
    /// // The left sum of E X² lies below the integral where E X² grows.
    /// let below = |x: Integrand| -> sdml::Result<bool> {
    ///     Ok(x.sum_second_moment(1.0, 10)? < x.second_moment(1.0)?)
    /// };
    /// let below = Integrand::ALL.into_iter().map(below).collect::<sdml::Result<Vec<_>>>()?;
    /// assert_eq!(below, [true, true, false]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const ALL: [Self; 3] = [Self::Identity, Self::Exponential, Self::Cosine];

    /// f(b).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::integral::Integrand;
    /// assert_eq!(Integrand::ALL.map(|integrand| integrand.value(0.0)), [0.0, 1.0, 1.0]);
    /// ```
    pub fn value(self, b: f64) -> f64 {
        match self {
            Self::Identity => b,
            Self::Exponential => b.exp(),
            Self::Cosine => b.cos(),
        }
    }

    /// E (Σ X(s_k) ΔB_k)² = Δs Σ E X(s_k)²: the isometry of the left sum, exact at N steps.
    ///
    /// # Errors
    /// No steps, a horizon that is not a finite number greater than 0, or a moment that overflows.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::integral::Integrand;
    /// assert_eq!(Integrand::Identity.sum_second_moment(2.0, 4)?, 2.0 * (1.0 - 0.25));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: sum_second_moment
    pub fn sum_second_moment(self, horizon: f64, steps: usize) -> Result<f64> {
        let (t, n) = (positive("horizon", horizon)?, at_least("steps", steps, 1)? as f64);
        let dt = t / n;
        // Δs Σ exp(−2 s_k), a geometric series; Σ exp(2 s_k) is the same one read from its last term.
        let decaying = dt * ((-2.0 * t).exp_m1() / (-2.0 * dt).exp_m1());
        representable(match self {
            Self::Identity => 0.5 * t * t * (1.0 - 1.0 / n),
            Self::Exponential => decaying * (2.0 * (t - dt)).exp(),
            Self::Cosine => 0.5 * (t + decaying),
        })
    }
    // ANCHOR_END: sum_second_moment

    /// E (∫_0^T X dB)² = ∫_0^T E X² dt: the limit of [`Self::sum_second_moment`].
    ///
    /// # Errors
    /// A horizon that is not a finite number greater than 0, or a moment that overflows.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::integral::Integrand;
    /// assert_eq!(Integrand::Identity.second_moment(2.0)?, 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn second_moment(self, horizon: f64) -> Result<f64> {
        let t = positive("horizon", horizon)?;
        representable(match self {
            Self::Identity => 0.5 * t * t,
            Self::Exponential => 0.5 * (2.0 * t).exp_m1(),
            Self::Cosine => 0.5 * (t - 0.5 * (-2.0 * t).exp_m1()),
        })
    }
}

/// Passes a moment on unless it overflowed.
pub(super) fn representable(moment: f64) -> Result<f64> {
    if moment.is_finite() {
        Ok(moment)
    } else {
        Err(crate::Error::NotFinite { quantity: "second moment", value: moment, step: 0 })
    }
}

/// M(t) = ∫_0^t X dB at the times t_j = 1 − 2^{−j}, j = 0..=`doublings`, for X(t) = 1/(1 − t) until M reaches 1 and 0 from
/// then on.
///
/// X is adapted, and ∫_0^1 X dB = 1 almost surely: run by the clock u = t/(1 − t), M is a Brownian motion stopped at
/// 1, and all of [0, ∞) lies before t = 1. But E ∫ X² dt is the mean of the time a Brownian motion takes to reach 1,
/// which is infinite. At every t_j the mean is still 0: the few paths not yet stopped lie far below.
/// Within a step the path reaches 1 with the bridge's probability exp(−2(1 − a)(1 − b)/Δu), so the law is exact.
///
/// # Errors
/// No doublings, or more than 1000.
///
/// ```
/// use sdml::{ch1_preliminaries::integral::doubling_integral, random::Streams};
/// let gains = doubling_integral(60, &mut Streams::new(1, "doc").stream(0))?;
/// assert_eq!((gains[0], gains[60]), (0.0, 1.0));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: doubling_integral
pub fn doubling_integral(doublings: usize, stream: &mut Stream) -> Result<Vec<f64>> {
    let mut gains = vec![0.0];
    for j in 0..clock_steps(doublings)? {
        let a = gains[j];
        if a == 1.0 {
            gains.push(1.0);
            continue;
        }
        // From t_j to t_{j+1} the clock advances by 2^j.
        let elapsed = 2f64.powi(j as i32);
        let b = a + elapsed.sqrt() * stream.normal();
        let reached = b >= 1.0 || stream.uniform() < (-2.0 * (1.0 - a) * (1.0 - b) / elapsed).exp();
        gains.push(if reached { 1.0 } else { b });
    }
    Ok(gains)
}
// ANCHOR_END: doubling_integral

/// P(M(t_j) = 1) = P(max of a Brownian motion up to the clock u_j = 2^j − 1 > 1), for [`doubling_integral`].
///
/// # Errors
/// As [`doubling_integral`].
///
/// ```
/// use sdml::ch1_preliminaries::integral::doubling_success;
/// assert!((doubling_success(1)? - 0.3173).abs() < 1e-4);
/// assert!(1.0 - doubling_success(40)? < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn doubling_success(doublings: usize) -> Result<f64> {
    maximum_tail(1.0, 2f64.powi(clock_steps(doublings)? as i32) - 1.0)
}

fn clock_steps(doublings: usize) -> Result<usize> {
    if (1..=1000).contains(&doublings) {
        Ok(doublings)
    } else {
        Err(crate::Error::argument("doublings", doublings, "between 1 and 1000"))
    }
}
