//! Entropic transport: minimize ⟨C, P⟩ + ε Σ Pᵢⱼ log(Pᵢⱼ/(aᵢbⱼ)) over plans P with marginals a and b.
//!
//! The minimizer is Pᵢⱼ = aᵢbⱼ exp((fᵢ + gⱼ − Cᵢⱼ)/ε); Sinkhorn's iteration (1967; Cuturi 2013) adjusts f and g in turn
//! until the marginals fit. In the log domain nothing underflows however small ε is.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::assignment::costs;
use crate::ch3_flows::data::log_sum_exp;
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// A plan: how much mass goes from i to j.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::transport::sinkhorn;
/// // Where all ways cost the same, the plan is the product of the marginals, P = a bᵀ.
/// let (cost, a, b) = (array![[1.0, 1.0], [1.0, 1.0]], array![0.25, 0.75], array![0.5, 0.5]);
/// let plan = sinkhorn(cost.view(), &a, &b, 1.0, 1e-12)?;
/// assert!((plan.mass[[0, 1]] - 0.125).abs() < 1e-12 && (plan.cost - 1.0).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// P, n × m.
    pub mass: Array2<f64>,
    /// ⟨C, P⟩.
    pub cost: f64,
    /// Sweeps made, over all the values of ε on the way down.
    pub sweeps: usize,
}

/// Sweeps allowed at the last ε: it needs about max C/ε · log(1/tolerance) of them.
const SWEEPS: usize = 20_000;

/// The entropic plan between weights `a` and `b` at `epsilon`, to within `tolerance` in the first marginal (the sum of
/// moduli; the second holds to rounding). ε falls to its value by factors of ½, each plan starting from the last.
///
/// # Errors
/// A cost matrix that is empty or has an entry that is not finite, weights that do not fit it or are no positive
/// probabilities, ε or a tolerance that is not positive, an ε so small that C/ε is not finite, or marginals that do not
/// fit after 20 000 sweeps.
///
/// ```
/// use ndarray::{array, Array1};
/// use sdml::ch3_flows::transport::sinkhorn;
/// let (cost, half) = (array![[0.0, 1.0], [1.0, 0.0]], Array1::from_elem(2, 0.5));
/// let plan = sinkhorn(cost.view(), &half, &half, 0.2, 1e-12)?;
/// // P₀₁/P₀₀ = exp(−1/ε).
/// assert!((plan.mass[[0, 1]] / plan.mass[[0, 0]] - (-5f64).exp()).abs() < 1e-10);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn sinkhorn(
    cost: ArrayView2<f64>,
    a: &Array1<f64>,
    b: &Array1<f64>,
    epsilon: f64,
    tolerance: f64,
) -> Result<Plan> {
    valid(cost, a, b)?;
    positive("epsilon", epsilon)?;
    positive("tolerance", tolerance)?;
    let (log_a, log_b) = (a.mapv(f64::ln), b.mapv(f64::ln));
    let transposed = cost.t().as_standard_layout().into_owned();
    let (mut f, mut g) = (Array1::zeros(a.len()), Array1::zeros(b.len()));
    let largest = cost.fold(0.0, |largest: f64, c| largest.max(c.abs()));
    // Doubled, since the first ε may be up to twice the largest cost.
    let ratio = 0.5 * finite("2 max |C|/epsilon", 2.0 * (largest / epsilon))?;
    let halvings = ratio.log2().ceil().max(0.0) as i32;
    let mut sweeps = 0;
    // ANCHOR: sweeps
    for halving in (0..=halvings).rev() {
        let epsilon = epsilon * 2f64.powi(halving);
        let (goal, limit) = if halving == 0 { (tolerance, SWEEPS) } else { (1e-2, 100) };
        for sweep in 1.. {
            sweeps += 1;
            let error = soft_minimum(cost, &log_b, &g, epsilon, &mut f, a);
            soft_minimum(transposed.view(), &log_a, &f, epsilon, &mut g, b);
            if sweep > 1 && (error <= goal || (sweep >= limit && halving > 0)) {
                break;
            }
            if sweep >= limit {
                return Err(too_slow(epsilon, error));
            }
        }
    }
    // ANCHOR_END: sweeps
    let mass = Array2::from_shape_fn(cost.raw_dim(), |(i, j)| {
        (log_a[i] + log_b[j] + (f[i] + g[j] - cost[[i, j]]) / epsilon).exp()
    });
    // Where ε is less than a rounding of f and g, the sweeps change nothing and the marginals do not fit.
    let unfit = (mass.sum_axis(Axis(1)) - a).mapv(f64::abs).sum();
    if unfit > tolerance + 1e-9 {
        return Err(too_slow(epsilon, unfit));
    }
    let total = (&mass * &cost).sum();
    Ok(Plan { mass, cost: total, sweeps })
}

fn too_slow(epsilon: f64, error: f64) -> Error {
    let allowed = format!("large enough to converge in {SWEEPS} sweeps: the error is {error}");
    Error::argument("epsilon", epsilon, allowed)
}

/// Sets fᵢ = −ε log Σⱼ bⱼ exp((gⱼ − Cᵢⱼ)/ε), which makes the first marginal fit, and returns how far it was from that:
/// Σ aᵢ |exp((f_old − f)/ε) − 1|.
fn soft_minimum(
    cost: ArrayView2<f64>,
    log_b: &Array1<f64>,
    g: &Array1<f64>,
    epsilon: f64,
    f: &mut Array1<f64>,
    a: &Array1<f64>,
) -> f64 {
    let mut error = 0.0;
    let mut terms = vec![0.0; g.len()];
    // ANCHOR: soft_minimum
    for ((row, f), a) in cost.rows().into_iter().zip(f).zip(a) {
        for (((term, c), g), log_b) in terms.iter_mut().zip(row).zip(g).zip(log_b) {
            *term = log_b + (g - c) / epsilon;
        }
        let new = -epsilon * log_sum_exp(&terms);
        error += a * ((*f - new) / epsilon).exp_m1().abs();
        *f = new;
    }
    // ANCHOR_END: soft_minimum
    error
}

fn valid(cost: ArrayView2<f64>, a: &Array1<f64>, b: &Array1<f64>) -> Result<()> {
    costs(cost)?;
    for (name, weights, length) in [("a", a, cost.nrows()), ("b", b, cost.ncols())] {
        at_least(name, weights.len(), 1)?;
        if weights.len() != length {
            return Err(Error::argument(name, weights.len(), format!("{length} weights, as the cost has")));
        }
        let positive = weights.iter().all(|&w| w > 0.0 && w.is_finite());
        if !positive || (weights.sum() - 1.0).abs() > 1e-9 {
            return Err(Error::argument(name, format!("{weights}"), "positive numbers with the sum 1"));
        }
    }
    Ok(())
}
