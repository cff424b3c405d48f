//! ∫_s^t f(r) dr ≈ Σ w_i f(r_i), exact for polynomials of degree 2n − 1.

use nalgebra::DMatrix;

use crate::Result;
use crate::error::{at_least, finite};

/// Gauss–Legendre nodes and weights (r_i, w_i) on [s, t], in the order of integration. The nodes on [−1, 1] are the
/// eigenvalues of the matrix of the recurrence of Legendre's polynomials, with k/√(4k² − 1) beside an empty diagonal;
/// the weights are twice the squares of the first entries of its eigenvectors (Golub and Welsch, 1969).
///
/// # Errors
/// No nodes, or ends that are not finite or whose distance is not.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::gauss_legendre;
/// let integral: f64 = gauss_legendre(0.0, 2.0, 3)?.into_iter().map(|(r, w)| w * r.powi(5)).sum();
/// assert!((integral - 64.0 / 6.0).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: gauss_legendre
pub fn gauss_legendre(s: f64, t: f64, nodes: usize) -> Result<Vec<(f64, f64)>> {
    let half = 0.5 * finite("t - s", finite("t", t)? - finite("s", s)?)?;
    let n = at_least("nodes", nodes, 1)?;
    let recurrence = DMatrix::from_fn(n, n, |i, j| {
        let k = i.max(j) as f64;
        if i.abs_diff(j) == 1 { k / (4.0 * k * k - 1.0).sqrt() } else { 0.0 }
    });
    let eigen = recurrence.symmetric_eigen();
    let mut rule: Vec<(f64, f64)> = eigen
        .eigenvalues
        .iter()
        .zip(eigen.eigenvectors.row(0).iter())
        .map(|(x, first)| (*x, 2.0 * first * first))
        .collect();
    rule.sort_by(|(x, _), (y, _)| x.total_cmp(y));
    Ok(rule.into_iter().map(|(x, w)| (s + half * (1.0 + x), half * w)).collect())
}
// ANCHOR_END: gauss_legendre
