//! Equation (5.4) and what is wrong with it: E|s_θ − ∇ log P|² = E|s_θ − ∇ log p|² + (E|∇ log P|² − E|∇ log p|²) at every
//! time, and the last difference, which no θ can change, is n/c(t) − E|∇ log p(X_t, t)|². It grows like n/(2t) as t → 0.
//!
//! Multiplied by c(t) it is between 0 and n. A network that predicts the noise, ε̂ = −√c s, has exactly this weighted loss:
//! c |s − ∇ log P|² = |ε̂ − ε|² for X_t = e^{−t} X_0 + √c ε.

use super::field::time;
use super::noising::{Noising, noise_variance};
use crate::ch1_preliminaries::evolution::gauss_legendre;
use crate::ch5_diffusion::mixture::Mixture;
use crate::error::positive;
use crate::{Error, Result};

/// The weight λ(t) before |s_θ − ∇ log P|².
///
/// ```
/// use sdml::ch5_diffusion::score::{Weight, noise_variance};
/// // The loss against λ = 1 grows like n/(2t); c(t) = 2t + … takes that away.
/// assert!((Weight::NoiseVariance.at(1e-6) / 2e-6 - 1.0).abs() < 1e-5);
/// assert_eq!(Weight::NoiseVariance.at(0.3), noise_variance(0.3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// λ = 1, as in (5.4).
    One,
    /// λ = c(t).
    NoiseVariance,
}

impl Weight {
    /// λ(t).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Weight;
    /// // c(½ log 2) = 1 − e^{−log 2} = ½.
    /// let t = 0.5 * 2f64.ln();
    /// assert_eq!(Weight::One.at(t), 1.0);
    /// assert!((Weight::NoiseVariance.at(t) - 0.5).abs() < 1e-15);
    /// ```
    pub fn at(self, t: f64) -> f64 {
        match self {
            Self::One => 1.0,
            Self::NoiseVariance => noise_variance(t),
        }
    }
}

/// n/c(t) − E|∇ log p(X_t, t)|²: the part of the denoising loss at time t that no network can remove.
///
/// # Errors
/// A time that is not positive.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::irreducible_at};
/// // For N(0, v_0): 1/c − 1/v.
/// let (data, t) = (Mixture::gaussian([0.0], [[0.25]])?, 0.3f64);
/// let c = 1.0 - (-2.0 * t).exp();
/// let exact = 1.0 / c - 1.0 / (0.25 * (-2.0 * t).exp() + c);
/// assert!((irreducible_at(&data, t)? - exact).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: irreducible_at
pub fn irreducible_at<const D: usize>(data: &Mixture<D>, t: f64) -> Result<f64> {
    let law = Noising::OrnsteinUhlenbeck.law(data, positive("t", t)?)?;
    Ok(D as f64 / noise_variance(t) - law.fisher_information())
}
// ANCHOR_END: irreducible_at

/// ∫ λ(t) (n/c − E|∇ log p|²) dt from `first` to `horizon`, by Gauss–Legendre in log t.
///
/// # Errors
/// Times that are not positive or not in order.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{Weight, irreducible, noise_variance}};
/// // For N(0, 1) the difference is 1/c − 1 = e^{−2t}/c, the derivative of ½ log c.
/// let data = Mixture::gaussian([0.0], [[1.0]])?;
/// let exact = 0.5 * (noise_variance(2.0) / noise_variance(0.1)).ln();
/// assert!((irreducible(&data, Weight::One, 0.1, 2.0)? - exact).abs() < 1e-12);
/// // Weighted with c it is e^{−2t}.
/// let exact = 0.5 * ((-0.2f64).exp() - (-4f64).exp());
/// assert!((irreducible(&data, Weight::NoiseVariance, 0.1, 2.0)? - exact).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn irreducible<const D: usize>(
    data: &Mixture<D>,
    weight: Weight,
    first: f64,
    horizon: f64,
) -> Result<f64> {
    let first = ordered(first, horizon)?;
    let rule = gauss_legendre(first.ln(), horizon.ln(), 40)?;
    rule.into_iter().map(|(r, w)| Ok(w * r.exp() * weight.at(r.exp()) * irreducible_at(data, r.exp())?)).sum()
}

/// The least mean of |ε̂ − ε|² over t = first + (horizon − first) u², u uniform on (0, 1): n − c E|∇ log p|², averaged.
///
/// # Errors
/// As [`irreducible`].
///
/// ```
/// use sdml::{ch5_diffusion::{mixture::Mixture, score::least_noise_loss}, statistics::normal};
/// // For N(0, 1) it is the mean of e^{−2t}: for t = 0.1 + 2u² this is e^{−0.2} (√π/4) (2Φ(√8) − 1).
/// let least = least_noise_loss(&Mixture::gaussian([0.0], [[1.0]])?, 0.1, 2.1)?;
/// let exact = (-0.2f64).exp() * 0.25 * std::f64::consts::PI.sqrt() * (2.0 * normal::cdf(8f64.sqrt()) - 1.0);
/// assert!((least - exact).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: least_noise_loss
pub fn least_noise_loss<const D: usize>(data: &Mixture<D>, first: f64, horizon: f64) -> Result<f64> {
    let first = ordered(first, horizon)?;
    let at = |u: f64| {
        let t = first + (horizon - first) * u * u;
        Ok(noise_variance(t) * irreducible_at(data, t)?)
    };
    gauss_legendre(0.0, 1.0, 40)?.into_iter().map(|(u, w)| Ok(w * at(u)?)).sum()
}
// ANCHOR_END: least_noise_loss

/// The first of two times in order, both positive.
pub(in crate::ch5_diffusion) fn ordered(first: f64, horizon: f64) -> Result<f64> {
    positive("horizon", horizon)?;
    positive("first", time(first)?)?;
    if first < horizon {
        Ok(first)
    } else {
        Err(Error::argument("first", first, format!("before the horizon, {horizon}")))
    }
}
