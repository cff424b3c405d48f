//! The Monge problem between two samples of equal size: which point goes to which, so that the mean cost is least.

use ndarray::{Array2, ArrayView2, Axis};
use pathfinding::kuhn_munkres::{Weights, kuhn_munkres};

use crate::error::at_least;
use crate::{Error, Result};

/// A pairing of the points 0, …, n − 1 of one sample with those of another.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::{Assignment, optimal_assignment, squared_distances};
/// // On the line the points go to each other in order.
/// let (a, b) = (array![[0.0], [2.0], [1.0]], array![[6.0], [5.0], [7.0]]);
/// let best = optimal_assignment(squared_distances(a.view(), b.view())?.view())?;
/// assert_eq!(best, Assignment { partner: vec![1, 2, 0], cost: 25.0 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Point i goes to point `partner[i]`.
    pub partner: Vec<usize>,
    /// The mean cost of a pair.
    pub cost: f64,
}

/// |aᵢ − bⱼ|² for the rows of `a` (n × d) and `b` (m × d).
///
/// # Errors
/// A sample without points, dimensions that differ, or coordinates that are not finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::squared_distances;
/// let cost = squared_distances(array![[0.0, 0.0]].view(), array![[3.0, 4.0], [0.0, 1.0]].view())?;
/// assert_eq!(cost, array![[25.0, 1.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn squared_distances(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<Array2<f64>> {
    same_space(a, b)?;
    Ok(Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| {
        a.row(i).iter().zip(b.row(j)).map(|(a, b)| (a - b).powi(2)).sum()
    }))
}

/// Checks that two samples, one point a row, can be compared.
pub(super) fn same_space(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<()> {
    at_least("a.nrows()", a.nrows(), 1)?;
    at_least("b.nrows()", b.nrows(), 1)?;
    at_least("a.ncols()", a.ncols(), 1)?;
    if b.ncols() != a.ncols() {
        return Err(Error::argument("b.ncols()", b.ncols(), format!("a.ncols() = {}", a.ncols())));
    }
    match a.iter().chain(b).find(|x| !x.is_finite()) {
        Some(x) => Err(Error::argument("a point's coordinate", x, "a finite number")),
        None => Ok(()),
    }
}

/// Passes a cost matrix on if it has entries and all are finite.
pub(super) fn costs(cost: ArrayView2<f64>) -> Result<()> {
    at_least("cost.nrows()", cost.nrows(), 1)?;
    at_least("cost.ncols()", cost.ncols(), 1)?;
    match cost.iter().find(|c| !c.is_finite()) {
        Some(c) => Err(Error::argument("cost", c, "a matrix of finite numbers")),
        None => Ok(()),
    }
}

/// The assignment of rows to columns of least mean cost, by the Hungarian method (Kuhn 1955, Munkres 1957) in O(n³).
///
/// The crate `pathfinding` works on integers; the costs are scaled to 62 bits less those of n, so that the result is
/// optimal up to 2⁻⁵⁰ of the range of the costs for n = 2000.
///
/// # Errors
/// A matrix that is empty, not square, or has an entry that is not finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::optimal_assignment;
/// // The greedy choice 0 → 0 would force the dear pair 1 → 1.
/// let best = optimal_assignment(array![[1.0, 2.0], [2.0, 9.0]].view())?;
/// assert_eq!((best.partner, best.cost), (vec![1, 0], 2.0));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn optimal_assignment(cost: ArrayView2<f64>) -> Result<Assignment> {
    costs(cost)?;
    let n = cost.nrows();
    if cost.ncols() != n {
        return Err(Error::argument("cost.ncols()", cost.ncols(), format!("cost.nrows() = {n}")));
    }
    let (low, high) = cost.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &c| (l.min(c), h.max(c)));
    // Halved first: the range of finite numbers need not be finite.
    let range = 0.5 * high - 0.5 * low;
    // The share of the range first, and then the scale: their quotient need not be finite either.
    let scale = 2f64.powi(61) / n as f64;
    let share = |c: f64| if range > 0.0 { (0.5 * c - 0.5 * low) / range } else { 0.0 };
    let gains = cost.map(|&c| -(share(c) * scale) as i64);
    let (_, partner) = kuhn_munkres(&Gains(gains));
    let total: f64 = partner.iter().enumerate().map(|(i, &j)| cost[[i, j]]).sum();
    Ok(Assignment { partner, cost: total / n as f64 })
}

/// What `pathfinding` maximizes.
struct Gains(Array2<i64>);

impl Weights<i64> for Gains {
    fn rows(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn columns(&self) -> usize {
        self.0.len_of(Axis(1))
    }

    fn at(&self, row: usize, column: usize) -> i64 {
        self.0[[row, column]]
    }

    fn neg(&self) -> Self {
        Self(self.0.map(|gain| -gain))
    }
}
