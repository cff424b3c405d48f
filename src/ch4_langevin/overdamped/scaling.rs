//! How often MALA accepts in d dimensions: exactly for N(0, I), and in the limit d → ∞ (Roberts and Rosenthal 1998).
//!
//! For U = |x|²/2 at β = 1 the logarithm of the ratio is (h/4)(|x|² − |y|²). By detailed balance the mean acceptance is twice the
//! probability that it is positive. In each coordinate |x|² − |y|² is a quadratic form of two independent normal
//! variables with eigenvalues λ± = (−h² ± √(h⁴ + 8h))/2, so the question is whether λ₊χ² exceeds |λ₋|χ'², with two independent χ² variables of
//! d degrees of freedom each: a regularized incomplete beta function.

use statrs::function::beta::beta_reg;

use crate::Result;
use crate::error::{at_least, positive};
use crate::statistics::normal;

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
    // P(λ₊ χ² > |λ₋| χ'²) = P(χ'²/(χ² + χ'²) < λ₊/(λ₊ + |λ₋|)).
    Ok(2.0 * beta_reg(half, half, (root - h * h) / (2.0 * root)))
}
// ANCHOR_END: gaussian

/// Its limit as d → ∞ with h = ℓ²/(2 d^{1/3}): 2Φ(−ℓ³/8).
///
/// ```
/// use sdml::ch4_langevin::overdamped::{mala_acceptance_gaussian, mala_acceptance_limit};
/// let d: usize = 1_000_000;
/// let h = 0.5 * 1.5f64.powi(2) / (d as f64).cbrt();
/// assert!((mala_acceptance_gaussian(d, h)? - mala_acceptance_limit(1.5)).abs() < 1e-2);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn mala_acceptance_limit(ell: f64) -> f64 {
    2.0 * normal::cdf(-ell.powi(3) / 8.0)
}
