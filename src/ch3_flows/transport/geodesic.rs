//! Transport in time (Benamou and Brenier 2000): W₂² is the least ∫₀¹ E|Ẋ(t)|² dt over all motions from one law to the
//! other, and the optimal motion is X(t) = (1 − t) x + t f(x) with the optimal f.

use ndarray::{Array2, ArrayView2};

use super::assignment::same_space;
use crate::error::{at_least, stays_finite};
use crate::{Error, Result};

/// The motion x ↦ (1 − α) x + α y of every point to its partner, α = `progress(k/steps)` at k = 0, …, `steps`.
/// Constant speed, α(t) = t, is the geodesic if the pairing is optimal.
///
/// # Errors
/// Samples that do not fit each other or the pairing, no steps, or positions that are not finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::{action, interpolate};
/// let (a, b) = (array![[0.0], [1.0]], array![[3.0], [4.0]]);
/// let path = interpolate(a.view(), b.view(), &[0, 1], 4, |t| t)?;
/// assert_eq!(action(&path)?, 9.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn interpolate(
    a: ArrayView2<f64>,
    b: ArrayView2<f64>,
    partner: &[usize],
    steps: usize,
    progress: impl Fn(f64) -> f64,
) -> Result<Vec<Array2<f64>>> {
    same_space(a, b)?;
    at_least("steps", steps, 1)?;
    if partner.len() != a.nrows() || partner.iter().any(|&j| j >= b.nrows()) {
        let allowed = format!("{} indices below {}", a.nrows(), b.nrows());
        return Err(Error::argument("partner", format!("{partner:?}"), allowed));
    }
    (0..=steps)
        .map(|k| {
            let alpha = progress(k as f64 / steps as f64);
            let positions = Array2::from_shape_fn(a.raw_dim(), |(i, c)| {
                (1.0 - alpha) * a[[i, c]] + alpha * b[[partner[i], c]]
            });
            stays_finite("a position", &positions, k).and(Ok(positions))
        })
        .collect()
}

/// ∫₀¹ E|Ẋ(t)|² dt for particles whose positions are given at equally spaced times, and which move straight in between:
/// Σ_k (1/n) Σᵢ |xᵢ(t_{k+1}) − xᵢ(t_k)|²/h.
///
/// # Errors
/// Fewer than two times, shapes that differ, or a sum that is not finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::action;
/// // From 0 to 4 in two steps of ½: (2² + 2²)/½ at constant speed, (1² + 3²)/½ if the start is slow.
/// assert_eq!(action(&[array![[0.0]], array![[2.0]], array![[4.0]]])?, 16.0);
/// assert_eq!(action(&[array![[0.0]], array![[1.0]], array![[4.0]]])?, 20.0);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: action
pub fn action(path: &[Array2<f64>]) -> Result<f64> {
    let steps = at_least("path.len()", path.len(), 2)? - 1;
    let mut sum = 0.0;
    for (k, pair) in path.windows(2).enumerate() {
        let moved = difference(&pair[0], &pair[1])?;
        sum += moved.mapv(|x| x * x).sum() / moved.nrows() as f64;
        stays_finite("the action", [sum], k)?;
    }
    Ok(sum * steps as f64)
}
// ANCHOR_END: action

fn difference(from: &Array2<f64>, to: &Array2<f64>) -> Result<Array2<f64>> {
    if from.dim() == to.dim() && !from.is_empty() {
        Ok(to - from)
    } else {
        Err(Error::argument("path", format!("{:?}", to.dim()), "positions of equal shape"))
    }
}
