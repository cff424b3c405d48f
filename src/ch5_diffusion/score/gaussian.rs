//! The case in which everything is known: data N(m, v_0) on the line. The score is affine,
//! ∇ log p(x, t) = −(x − μ)/v with μ = e^{−t} m, v = e^{−2t} v_0 + c(t), and so is a score with errors of the form
//!
//! s(x, t) = −(1 + η)(x − μ)/v + ε 1{t ∈ window}.
//!
//! Then Y stays normal, in continuous time and at any finite step. Put κ = (h + 1)(1 + η). Since (log v)' = 2/v − 2, what
//! lies apart from μ at time τ of the noising process is multiplied on its way to time 0 by
//!
//! F(τ) = exp(∫_0^τ (1 − κ/v)) = e^{(1 − κ)τ} (v_0/v_τ)^{κ/2},
//!
//! so that E Y − m = F(T)(E Y(0) − μ_T) + (h + 1) ε ∫ F over the window, Var Y = F(T)² Var Y(0) + 2h ∫_0^T F².

use super::noising::{decay, noise_variance};
use super::reverse::{Method, check_grid};
use crate::ch1_preliminaries::evolution::gauss_legendre;
use crate::error::{finite, positive};
use crate::{Error, Result};

/// A normal law on the line.
///
/// ```
/// use sdml::ch5_diffusion::score::Normal;
/// // The two measures of how far N(0, 4) is from N(0, 1).
/// let law = Normal { mean: 0.0, variance: 4.0 };
/// assert_eq!(law.distance(&Normal::STANDARD), 1.0);
/// assert!((law.relative_entropy(&Normal::STANDARD) - 0.5 * (3.0 - 4f64.ln())).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// The mean.
    pub mean: f64,
    /// The variance.
    pub variance: f64,
}

impl Normal {
    /// N(0, 1).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Normal;
    /// assert_eq!(Normal::STANDARD, Normal::new(0.0, 1.0)?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const STANDARD: Self = Self { mean: 0.0, variance: 1.0 };

    /// N(`mean`, `variance`).
    ///
    /// # Errors
    /// A mean that is not finite, a variance that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Normal;
    /// assert!(Normal::new(-3.0, 0.25).is_ok() && Normal::new(0.0, 0.0).is_err());
    /// ```
    pub fn new(mean: f64, variance: f64) -> Result<Self> {
        Ok(Self { mean: finite("mean", mean)?, variance: positive("variance", variance)? })
    }

    /// KL(self‖other) = ½ (v/w − 1 − log v/w + (m − n)²/w) for other = N(n, w).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Normal;
    /// assert_eq!(Normal::new(2.0, 1.0)?.relative_entropy(&Normal::STANDARD), 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: relative_entropy
    pub fn relative_entropy(&self, other: &Self) -> f64 {
        let excess = (self.variance - other.variance) / other.variance;
        // Near −1 the excess has lost the digits of a small v/w.
        let log = if excess < -0.5 { (self.variance / other.variance).ln() } else { excess.ln_1p() };
        0.5 * (excess - log + (self.mean - other.mean).powi(2) / other.variance)
    }
    // ANCHOR_END: relative_entropy

    /// The 2-Wasserstein distance √((m − n)² + (√v − √w)²).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Normal;
    /// assert_eq!(Normal::new(3.0, 25.0)?.distance(&Normal::STANDARD), 5.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn distance(&self, other: &Self) -> f64 {
        (self.mean - other.mean).hypot(self.variance.sqrt() - other.variance.sqrt())
    }
}

/// What is wrong with a score: s = −(1 + slope)(x − μ)/v + offset while the time lies in the window.
///
/// ```
/// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
/// // Data N(0, 1), whose score is −x: half too steep, and 0.1 too high up to time 1.
/// let error = ScoreError { offset: 0.1, window: [0.0, 1.0], slope: 0.5 };
/// let case = GaussianCase::new(Normal::STANDARD, error)?;
/// let [[early, high], [late, right]] = [0.5, 2.0].map(|t| case.score(t));
/// assert!((early + 1.5).abs() < 1e-14 && (late + 1.5).abs() < 1e-14);
/// assert_eq!([high, right], [0.1, 0.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreError {
    /// ε.
    pub offset: f64,
    /// The times between which the offset counts.
    pub window: [f64; 2],
    /// η.
    pub slope: f64,
}

impl ScoreError {
    /// Nothing.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// // The exact score of N(0, 1), −x.
    /// let [alpha, beta] = GaussianCase::new(Normal::STANDARD, ScoreError::NONE)?.score(0.7);
    /// assert!((alpha + 1.0).abs() < 1e-15 && beta == 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const NONE: Self = Self { offset: 0.0, window: [0.0, f64::INFINITY], slope: 0.0 };
}

/// Normal data and a score with errors.
///
/// ```
/// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
/// let case = GaussianCase::new(Normal::new(1.0, 0.25)?, ScoreError::NONE)?;
/// // Started from the noised law, the reversed equation ends in the data, for every h.
/// let end = case.reversed(0.7, 2.0, case.law(2.0))?;
/// assert!((end.mean - 1.0).abs() < 1e-14 && (end.variance - 0.25).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaussianCase {
    data: Normal,
    error: ScoreError,
}

impl GaussianCase {
    /// The case of data from `data`.
    ///
    /// # Errors
    /// A variance that is not positive; numbers that are not finite; a slope of −1 or less (no score at all); a window whose
    /// times are not in order.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// let case = |error| GaussianCase::new(Normal::STANDARD, error);
    /// assert!(case(ScoreError { slope: -0.9, ..ScoreError::NONE }).is_ok());
    /// assert!(case(ScoreError { slope: -1.0, ..ScoreError::NONE }).is_err());
    /// assert!(case(ScoreError { window: [2.0, 1.0], ..ScoreError::NONE }).is_err());
    /// ```
    pub fn new(data: Normal, error: ScoreError) -> Result<Self> {
        Normal::new(data.mean, data.variance)?;
        finite("error.offset", error.offset)?;
        positive("1 + error.slope", 1.0 + error.slope)?;
        let [from, to] = error.window;
        if from.is_nan() || to.is_nan() || from > to {
            return Err(Error::argument("error.window", format!("[{from}, {to}]"), "two times in order"));
        }
        Ok(Self { data, error })
    }

    /// The law of the data.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// let data = Normal::new(1.0, 0.25)?;
    /// assert_eq!(GaussianCase::new(data, ScoreError::NONE)?.data(), data);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn data(&self) -> Normal {
        self.data
    }

    /// p(·, t) = N(e^{−t} m, e^{−2t} v_0 + c(t)).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// // At t = log 2: half the mean, and 1 − ¼ (1 − v_0).
    /// let law = GaussianCase::new(Normal::new(4.0, 0.2)?, ScoreError::NONE)?.law(2f64.ln());
    /// assert!((law.mean - 2.0).abs() < 1e-14 && (law.variance - 0.8).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn law(&self, t: f64) -> Normal {
        let a = decay(t);
        Normal { mean: a * self.data.mean, variance: a * a * self.data.variance + noise_variance(t) }
    }

    /// [α, β] with s(x, t) = αx + β.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// // −(x − 1)/¼ = 4 − 4x, and a tenth too high.
    /// let case = GaussianCase::new(Normal::new(1.0, 0.25)?, ScoreError { offset: 0.1, ..ScoreError::NONE })?;
    /// let [alpha, beta] = case.score(0.0);
    /// assert!((alpha + 4.0).abs() < 1e-14 && (beta - 4.1).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: affine
    pub fn score(&self, t: f64) -> [f64; 2] {
        let law = self.law(t);
        let alpha = -(1.0 + self.error.slope) / law.variance;
        let [from, to] = self.error.window;
        let offset = if (from..=to).contains(&t) { self.error.offset } else { 0.0 };
        [alpha, offset - alpha * law.mean]
    }
    // ANCHOR_END: affine

    /// F(τ).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// // For N(0, 1) the variance stays 1, and e^{−hτ} is left.
    /// let case = GaussianCase::new(Normal::STANDARD, ScoreError::NONE)?;
    /// assert!((case.kept(0.5, 2.0) - (-1f64).exp()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: kept
    pub fn kept(&self, h: f64, tau: f64) -> f64 {
        let kappa = (h + 1.0) * (1.0 + self.error.slope);
        ((1.0 - kappa) * tau).exp() * (self.data.variance / self.law(tau).variance).powf(0.5 * kappa)
    }
    // ANCHOR_END: kept

    /// The law of Y(T) for Y(0) ~ `start`, in continuous time.
    ///
    /// # Errors
    /// A horizon that is not positive, an h that is negative.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError};
    /// // Data N(0, 1), h = 0 and a score that is 0.1 too high: dY = 0.1 dt.
    /// let case = GaussianCase::new(Normal::STANDARD, ScoreError { offset: 0.1, ..ScoreError::NONE })?;
    /// let end = case.reversed(0.0, 2.0, Normal::STANDARD)?;
    /// assert!((end.mean - 0.2).abs() < 1e-12 && (end.variance - 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: reversed
    pub fn reversed(&self, h: f64, horizon: f64, start: Normal) -> Result<Normal> {
        check_grid(h, &[horizon, 0.0])?;
        let kept = self.kept(h, horizon);
        let [from, to] = self.error.window.map(|t| t.clamp(0.0, horizon));
        let shift = (h + 1.0) * self.error.offset * integral(from, to, |tau| self.kept(h, tau))?;
        let noise = 2.0 * h * integral(0.0, horizon, |tau| self.kept(h, tau).powi(2))?;
        Ok(Normal {
            mean: self.data.mean + kept * (start.mean - self.law(horizon).mean) + shift,
            variance: kept * kept * start.variance + noise,
        })
    }
    // ANCHOR_END: reversed

    /// The law of Y after the steps of a method along `times`: each step is x ↦ gain x + shift + √noise ξ.
    ///
    /// # Errors
    /// As [`super::Reverse::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{GaussianCase, Method, Normal, ScoreError};
    /// // Data N(0, 1), h = 1: a step of ½ is Y + ½(Y − 2Y) + ξ, which turns N(4, 1) into N(2, ¼ + 1).
    /// let case = GaussianCase::new(Normal::STANDARD, ScoreError::NONE)?;
    /// let law = case.stepped(Method::Euler, 1.0, &[0.5, 0.0], Normal::new(4.0, 1.0)?)?;
    /// assert!((law.mean - 2.0).abs() < 1e-14 && (law.variance - 1.25).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: stepped
    pub fn stepped(&self, method: Method, h: f64, times: &[f64], start: Normal) -> Result<Normal> {
        check_grid(h, times)?;
        method.check(h)?;
        let mut law = start;
        let mut apply = |gain: f64, shift: f64, noise: f64| {
            law = Normal { mean: gain * law.mean + shift, variance: gain * gain * law.variance + noise };
        };
        for pair in times.windows(2) {
            let [t, next] = [pair[0], pair[1]];
            let d = t - next;
            let [alpha, beta] = self.score(t);
            let euler = [1.0 + d * (1.0 + (1.0 + h) * alpha), d * (1.0 + h) * beta];
            match method {
                Method::Euler => apply(euler[0], euler[1], 2.0 * h * d),
                Method::Exponential => {
                    let [b2, next_b2] = [noise_variance(t), noise_variance(next)];
                    let rho = (next_b2 / b2).sqrt() * decay(d);
                    let moved = d.exp() * (1.0 - rho.powf(1.0 + h)) * b2;
                    apply(d.exp() + moved * alpha, moved * beta, next_b2 * (1.0 - rho.powf(2.0 * h)));
                }
                Method::Heun => {
                    let [next_alpha, next_beta] = self.score(next);
                    let [gain, shift] = euler;
                    let slope = 1.0 + alpha + (1.0 + next_alpha) * gain;
                    let constant = beta + (1.0 + next_alpha) * shift + next_beta;
                    apply(1.0 + 0.5 * d * slope, 0.5 * d * constant, 0.0);
                }
                Method::PredictorCorrector { ratio } => {
                    apply(euler[0], euler[1], 2.0 * h * d);
                    let delta = ratio * noise_variance(next);
                    let [alpha, beta] = self.score(next);
                    apply(1.0 + delta * alpha, delta * beta, 2.0 * delta);
                }
            }
        }
        Ok(law)
    }
    // ANCHOR_END: stepped
}

/// ∫_a^b f: Gauss–Legendre with twenty nodes on panels that lie closer together near a, the first of 1e-15 of the length: near
/// 0 the integrands change on the scale of v_0, which may be small.
pub(in crate::ch5_diffusion) fn integral(a: f64, b: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    const PANELS: i32 = 40;
    let rule = gauss_legendre(0.0, 1.0, 20)?;
    let mut sum = 0.0;
    for panel in 0..PANELS {
        let end = |k: i32| {
            if k == 0 { a } else { a + (b - a) * 0.4f64.powi(PANELS - k) }
        };
        let (start, width) = (end(panel), end(panel + 1) - end(panel));
        sum += width * rule.iter().map(|(r, w)| w * f(start + width * r)).sum::<f64>();
    }
    Ok(sum)
}
