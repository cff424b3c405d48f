//! Distances between two samples: how far generated points are from data.
//!
//! None of them is 0 between two finite samples of one law; what a perfect generator would reach is the distance between
//! two samples of the data.

use ndarray::{Array1, ArrayView1, ArrayView2};

use super::assignment::{optimal_assignment, same_space, squared_distances};
use crate::error::{at_least, positive, stays_finite};
use crate::random::Stream;
use crate::{Error, Result};

/// The exact 2-Wasserstein distance between two samples of equal size: the root of the mean squared distance of the
/// best pairing. O(n³): a second for 2000 points.
///
/// # Errors
/// As [`squared_distances`] and [`optimal_assignment`].
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::wasserstein_2;
/// let (a, b) = (array![[0.0, 0.0], [1.0, 0.0]], array![[1.0, 3.0], [0.0, 3.0]]);
/// assert_eq!(wasserstein_2(a.view(), b.view())?, 3.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn wasserstein_2(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<f64> {
    Ok(optimal_assignment(squared_distances(a, b)?.view())?.cost.sqrt())
}

/// The sliced 2-Wasserstein distance (Bonneel and others 2015): the root of the mean of W₂² between projections on
/// random `directions`, each of which is a matter of sorting. O(n log n) a direction.
///
/// # Errors
/// As [`squared_distances`], no directions, samples of different sizes, or so far apart that the mean is not finite.
///
/// ```
/// use {ndarray::array, sdml::{ch3_flows::transport::sliced_wasserstein_2, random::Streams}};
/// // A shift by v moves every projection by v·e, whose mean square in d dimensions is |v|²/d.
/// let (a, b) = (array![[0.0, 0.0], [1.0, 5.0]], array![[3.0, 4.0], [4.0, 9.0]]);
/// let distance = sliced_wasserstein_2(a.view(), b.view(), 4000, &mut Streams::new(1, "doc").stream(0))?;
/// assert!((distance - (25f64 / 2.0).sqrt()).abs() < 0.1);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn sliced_wasserstein_2(
    a: ArrayView2<f64>,
    b: ArrayView2<f64>,
    directions: usize,
    stream: &mut Stream,
) -> Result<f64> {
    same_space(a, b)?;
    at_least("directions", directions, 1)?;
    if a.nrows() != b.nrows() {
        return Err(Error::argument("b.nrows()", b.nrows(), format!("a.nrows() = {}", a.nrows())));
    }
    let sorted = |points: ArrayView2<f64>, direction: &Array1<f64>| {
        let mut shadow = points.dot(direction).to_vec();
        shadow.sort_by(f64::total_cmp);
        shadow
    };
    let mut total = 0.0;
    for drawn in 0..directions {
        let mut direction = Array1::from_shape_simple_fn(a.ncols(), || stream.normal());
        direction /= direction.dot(&direction).sqrt();
        let pairs = sorted(a, &direction).into_iter().zip(sorted(b, &direction));
        total += pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.nrows() as f64;
        stays_finite("the sum of squares", [total], drawn)?;
    }
    Ok((total / directions as f64).sqrt())
}

/// The unbiased estimate of the squared maximum mean discrepancy (Gretton and others 2012),
///
/// MMD² = E k(x, x') + E k(y, y') − 2 E k(x, y),  k(x, y) = Σ_b exp(−|x − y|²/(2b²)) over the `bandwidths` b.
///
/// Being unbiased, it can be negative. O(n²).
///
/// # Errors
/// As [`squared_distances`], fewer than two points in a sample, or bandwidths b for which b or 1/(2b²) is not positive
/// and finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::mmd_squared;
/// let (a, b) = (array![[0.0], [0.0]], array![[1.0], [1.0]]);
/// let value = mmd_squared(a.view(), b.view(), &[1.0])?;
/// assert!((value - (2.0 - 2.0 * (-0.5f64).exp())).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn mmd_squared(a: ArrayView2<f64>, b: ArrayView2<f64>, bandwidths: &[f64]) -> Result<f64> {
    same_space(a, b)?;
    at_least("a.nrows()", a.nrows(), 2)?;
    at_least("b.nrows()", b.nrows(), 2)?;
    at_least("bandwidths.len()", bandwidths.len(), 1)?;
    let rates: Vec<f64> = bandwidths
        .iter()
        .map(|&bandwidth| positive("1/(2b²)", 0.5 / positive("bandwidths", bandwidth)?.powi(2)))
        .collect::<Result<_>>()?;
    let kernel = |x: ArrayView1<f64>, y: ArrayView1<f64>| {
        let distance: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
        rates.iter().map(|rate| (-rate * distance).exp()).sum::<f64>()
    };
    let within = |points: ArrayView2<f64>| {
        let n = points.nrows();
        let row = |i: usize| (0..i).map(|j| kernel(points.row(i), points.row(j))).sum::<f64>();
        (0..n).map(row).sum::<f64>() / (0.5 * (n * (n - 1)) as f64)
    };
    let row = |i: usize| (0..b.nrows()).map(|j| kernel(a.row(i), b.row(j))).sum::<f64>();
    let across = (0..a.nrows()).map(row).sum::<f64>() / (a.nrows() * b.nrows()) as f64;
    Ok(within(a) + within(b) - 2.0 * across)
}
