//! How often MALA accepts in d dimensions: exactly for N(0, I), and in the limit d → ∞ (Roberts and Rosenthal 1998).
//!
//! For U = |x|²/2 at β = 1 the logarithm of the ratio is (h/4)(|x|² − |y|²). By detailed balance the mean acceptance is twice the
//! probability that it is positive. In each coordinate |x|² − |y|² is a quadratic form of two independent normal
//! variables with eigenvalues λ± = (−h² ± √(h⁴ + 8h))/2, so the question is whether λ₊χ² exceeds |λ₋|χ'², with two independent χ² variables of
//! d degrees of freedom each: a regularized incomplete beta function.

use statrs::function::beta::beta_reg;

use crate::Result;
use crate::ch1_preliminaries::evolution::gauss_legendre;
use crate::error::{at_least, positive};
use crate::statistics::normal;

/// Up to this dimension the library's continued fraction of the incomplete beta function converges.
const SMALL: usize = 1000;

/// ∫ (1 − s²)^p ds from `start` to 1 over the same from 0 to 1: what the incomplete beta function with equal parameters p + 1
/// is for s = 1 − 2x. By Gauss's rule as far as the integrand counts.
fn upper_part(p: f64, start: f64) -> Result<f64> {
    let integral = |from: f64| -> Result<f64> {
        // The integrand falls by e⁻⁵⁰ or more on this way.
        let slope = 2.0 * p * from / (1.0 - from * from).max(f64::MIN_POSITIVE);
        let way = (1.0 - from).min(11.0 / p.sqrt()).min(50.0 / slope);
        let rule = gauss_legendre(from, from + way, 64)?;
        Ok(rule.into_iter().map(|(s, w)| w * (p * (-s * s).ln_1p()).exp()).sum())
    };
    Ok(integral(start)? / integral(0.0)?)
}

/// The mean acceptance of MALA for N(0, I) in `d` dimensions with step h.
///
/// ```
/// use sdml::ch4_langevin::overdamped::mala_acceptance_gaussian;
/// assert!(mala_acceptance_gaussian(1, 1e-6)? > 0.999);
/// assert!(mala_acceptance_gaussian(1000, 1.0)? < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A dimension of 0; a step that is not finite and greater than 0.
// ANCHOR: gaussian
pub fn mala_acceptance_gaussian(d: usize, h: f64) -> Result<f64> {
    let half = 0.5 * at_least("d", d, 1)? as f64;
    let root = (positive("h", h)?.powi(4) + 8.0 * h).sqrt();
    if d <= SMALL {
        // P(λ₊ χ² > |λ₋| χ'²) = P(χ'²/(χ² + χ'²) < λ₊/(λ₊ + |λ₋|)),
        // and λ₊ = 4h/(root + h²) without cancellation.
        return Ok(2.0 * beta_reg(half, half, 4.0 * h / (root * (root + h * h))));
    }
    upper_part(half - 1.0, if root.is_finite() { h * h / root } else { 1.0 })
}
// ANCHOR_END: gaussian

/// Its limit as d → ∞ with h = ℓ²/(2 d^{1/3}): 2Φ(−|ℓ|³/8).
///
/// ```
/// use sdml::ch4_langevin::overdamped::{mala_acceptance_gaussian, mala_acceptance_limit};
/// let d: usize = 1_000_000;
/// let h = 0.5 * 1.5f64.powi(2) / (d as f64).cbrt();
/// assert!((mala_acceptance_gaussian(d, h)? - mala_acceptance_limit(1.5)).abs() < 1e-2);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn mala_acceptance_limit(ell: f64) -> f64 {
    2.0 * normal::cdf(-ell.abs().powi(3) / 8.0)
}
