//! The normal law N(0, 1).

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use libm::erfc;
use statrs::function::erf::erfc_inv;

use crate::{Error, Result};

/// The density φ(x) = exp(−x²/2)/√(2π).
///
/// ```
/// let peak = sdml::statistics::normal::density(0.0);
/// assert!((peak - 0.3989422804014327).abs() < 1e-16);
/// ```
pub fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// Φ(x) = P(Z ≤ x), in either tail to a relative accuracy of about 1e-16 (1 + x²): what a rounding of x makes.
///
/// ```
/// assert_eq!(sdml::statistics::normal::cdf(0.0), 0.5);
/// ```
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// 1 − Φ(x) = P(Z > x), without the cancellation of the subtraction.
///
/// ```
/// let tail = sdml::statistics::normal::tail(3f64.sqrt());
/// assert!((tail / 0.041632258331775224 - 1.0).abs() < 1e-14);
/// ```
pub fn tail(x: f64) -> f64 {
    cdf(-x)
}

/// The x with Φ(x) = `probability`.
///
/// # Errors
/// A probability outside (0, 1).
///
/// ```
/// let x = sdml::statistics::normal::quantile(0.975)?;
/// assert!((x - 1.959963984540054).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn quantile(probability: f64) -> Result<f64> {
    if !(probability > 0.0 && probability < 1.0) {
        return Err(Error::argument("probability", probability, "strictly between 0 and 1"));
    }
    // The library's inverse is good to about 1e-11; one step of Newton's method takes it to rounding.
    let x = -erfc_inv(2.0 * probability) / FRAC_1_SQRT_2;
    Ok(x - (cdf(x) - probability) / density(x))
}
