//! The gap between where the noising ends and where the reversal starts, as a relative entropy.

use crate::ch1_preliminaries::evolution::gauss_legendre;
use crate::ch5_diffusion::mixture::Mixture;
use crate::error::finite;
use crate::{Error, Result};

/// KL(p‖q) = ∫ p log(p/q), by Gauss–Legendre quadrature with twenty nodes on each of 64 panels between the points that
/// leave out 1e-18 of p and of q.
///
/// # Errors
/// A relative entropy that is not finite: q vanishes (in floating point) where p does not.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{Normal, relative_entropy}};
/// let [p, q] = [[[0.3], [0.5]], [[0.0], [1.0]]].map(|[m, v]| Mixture::gaussian(m, [v]).unwrap());
/// let exact = Normal::new(0.3, 0.5)?.relative_entropy(&Normal::STANDARD);
/// assert!((relative_entropy(&p, &q)? - exact).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn relative_entropy(p: &Mixture<1>, q: &Mixture<1>) -> Result<f64> {
    const PANELS: usize = 64;
    const OUTSIDE: f64 = 1e-18;
    let low = p.quantile(OUTSIDE)?.min(q.quantile(OUTSIDE)?);
    // Upper quantiles from the reflected laws: 1 − 1e-18 would round to 1.
    let high = -p.noised(-1.0, 0.0)?.quantile(OUTSIDE)?.min(q.noised(-1.0, 0.0)?.quantile(OUTSIDE)?);
    let width = (high - low) / PANELS as f64;
    let rule = gauss_legendre(0.0, width, 20)?;
    let mut sum = 0.0;
    for panel in 0..PANELS {
        for &(r, w) in &rule {
            let x = [low + panel as f64 * width + r];
            let log_p = p.log_density(&x);
            // p (log p − log q) + q − p has the same integral over the line and no cancellation where p ≈ q.
            let ratio = q.log_density(&x) - log_p;
            sum += w * log_p.exp() * (ratio.exp_m1() - ratio);
        }
    }
    finite("relative entropy", sum).map_err(|_| Error::argument("q", sum, "a law that covers p"))
}
