//! The density of a diffusion model, through its probability-flow ODE dx/dt = −x − s(x, t), the case h = 0 of (5.5) run
//! from the data to the noise. Along it d/dt log p(x(t), t) = n + ∇·s, so that
//!
//! log p(x, t_0) = log p(x(T), T) − ∫_{t_0}^T (n + ∇·s(x(t), t)) dt.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::{ExactScore, ScoreField, fitting, of_dimension, time};
use super::noising::Noising;
use super::reverse::check_grid;
use crate::error::{at_least, stays_finite};
use crate::parallel::in_parallel;
use crate::{Error, Result};

/// A score field with its divergence.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{DivergentField, ExactScore}};
/// // For data N(0, I) in the plane s = −x and ∇·s = −2 at every time.
/// let field = ExactScore::new(Mixture::isotropic(&[1.0], &[[0.0, 0.0]], 1.0)?);
/// let (mut score, mut divergence) = (array![[0.0, 0.0]], [0.0]);
/// field.write_both(0.7, array![[1.0, -3.0]].view(), score.view_mut(), &mut divergence)?;
/// assert!((score[[0, 1]] - 3.0).abs() < 1e-14 && (divergence[0] + 2.0).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait DivergentField: ScoreField {
    /// Writes s(xᵢ, t) into row i of `score` and ∇·s(xᵢ, t) into `divergence[i]`.
    ///
    /// # Errors
    /// As [`ScoreField::write`]; another number of places for the divergence than points.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{DivergentField, ExactScore}};
    /// // Data N(0, 4) at time 0: s = −x/4 and ∇·s = −¼.
    /// let (mut score, mut divergence) = (array![[0.0]], [0.0]);
    /// let field = ExactScore::new(Mixture::gaussian([0.0], [[4.0]])?);
    /// field.write_both(0.0, array![[2.0]].view(), score.view_mut(), &mut divergence)?;
    /// assert!((score[[0, 0]] + 0.5).abs() < 1e-15 && (divergence[0] + 0.25).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn write_both(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        score: ArrayViewMut2<f64>,
        divergence: &mut [f64],
    ) -> Result<()>;
}

/// Refuses another number of places than points.
pub(super) fn a_place_each(divergence: &[f64], x: &ArrayView2<f64>) -> Result<()> {
    if divergence.len() == x.nrows() {
        Ok(())
    } else {
        let allowed = format!("{}, the number of points", x.nrows());
        Err(Error::argument("divergence.len()", divergence.len(), allowed))
    }
}

impl<const D: usize> DivergentField for ExactScore<D> {
    fn write_both(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        mut score: ArrayViewMut2<f64>,
        divergence: &mut [f64],
    ) -> Result<()> {
        let law = Noising::OrnsteinUhlenbeck.law(self.data(), time(t)?)?;
        fitting(&x, &score, D)?;
        a_place_each(divergence, &x)?;
        for (i, divergence) in divergence.iter_mut().enumerate() {
            let point = std::array::from_fn(|k| x[[i, k]]);
            *divergence = law.laplacian(&point);
            score.row_mut(i).iter_mut().zip(law.score(&point)).for_each(|(place, s)| *place = s);
        }
        Ok(())
    }
}

/// Where the flow takes points, and what it does to their density.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, flow_to_noise}};
/// // Data N(0, 1) are noise already: nothing moves, and no density is gained.
/// let exact = ExactScore::new(Mixture::gaussian([0.0], [[1.0]])?);
/// let flowed = flow_to_noise(&exact, &[1.0, 0.5, 0.0], array![[0.7]].view())?;
/// assert!((flowed.ends[[0, 0]] - 0.7).abs() < 1e-13 && flowed.gains[0].abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Flowed {
    /// x(T), a row for each point.
    pub ends: Array2<f64>,
    /// log p(x, t_0) − log p(x(T), T).
    pub gains: Vec<f64>,
}

impl Flowed {
    /// log p(x, t_0) for every point, when the density at T is that of N(0, I).
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Flowed;
    /// let flowed = Flowed { ends: ndarray::array![[0.0], [2.0]], gains: vec![0.5, 0.0] };
    /// // log N(z; 0, 1) = −½ log 2π − z²/2, and the gain.
    /// let peak = -0.5 * std::f64::consts::TAU.ln();
    /// let log_p = flowed.log_densities();
    /// assert!((log_p[0] - (peak + 0.5)).abs() < 1e-14 && (log_p[1] - (peak - 2.0)).abs() < 1e-14);
    /// ```
    pub fn log_densities(&self) -> Vec<f64> {
        let prior = |row: ndarray::ArrayView1<f64>| {
            -0.5 * row.iter().map(|x| x * x + (2.0 * std::f64::consts::PI).ln()).sum::<f64>()
        };
        self.ends.outer_iter().zip(&self.gains).map(|(end, gain)| prior(end) + gain).collect()
    }
}

/// How many points go along the flow together.
const TOGETHER: usize = 128;

/// Takes points along the flow from the last of the falling `times` to the first, by the classical Runge–Kutta method.
///
/// # Errors
/// Times as refused by [`super::Reverse::new`]; points of another dimension, none at all, or not finite; a flow that leaves
/// the finite numbers, with the step at which it does.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, descending_times, flow_to_noise}};
/// let law = Mixture::isotropic(&[0.3, 0.7], &[[-1.0], [1.0]], 0.4)?;
/// let times = descending_times(20.0, 0.0, 400, 2.0)?;
/// let flowed = flow_to_noise(&ExactScore::new(law.clone()), &times, ndarray::array![[0.2]].view())?;
/// assert!((flowed.log_densities()[0] - law.log_density(&[0.2])).abs() < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn flow_to_noise<F: DivergentField>(field: &F, times: &[f64], points: ArrayView2<f64>) -> Result<Flowed> {
    check_grid(0.0, times)?;
    let rows = at_least("points.nrows()", points.nrows(), 1)?;
    of_dimension("points", &points, field.dimension())?;
    if let Some(value) = points.iter().find(|value| !value.is_finite()) {
        return Err(Error::argument("points", value, "finite numbers"));
    }
    let group = |g: usize| {
        let range = g * TOGETHER..rows.min((g + 1) * TOGETHER);
        runge_kutta(field, times, points.slice_axis(ndarray::Axis(0), ndarray::Slice::from(range)))
    };
    let mut all = Flowed { ends: Array2::zeros((0, field.dimension())), gains: Vec::with_capacity(rows) };
    for flowed in in_parallel(rows.div_ceil(TOGETHER), group) {
        let Flowed { ends, gains } = flowed?;
        all.ends.append(ndarray::Axis(0), ends.view()).expect("groups of one dimension");
        all.gains.extend(gains);
    }
    Ok(all)
}

// ANCHOR: runge_kutta
fn runge_kutta<F: DivergentField>(field: &F, times: &[f64], points: ArrayView2<f64>) -> Result<Flowed> {
    let (rows, n) = points.dim();
    let mut x = points.to_owned();
    let mut gains = vec![0.0; rows];
    let (mut score, mut divergence) = (Array2::zeros((rows, n)), vec![0.0; rows]);
    for (step, pair) in times.windows(2).rev().enumerate() {
        let (t, d) = (pair[1], pair[0] - pair[1]);
        let start = x.clone();
        let mut stage = start.clone();
        for (part, ahead, weight) in [(0.0, 0.5, 1.0), (0.5, 0.5, 2.0), (0.5, 1.0, 2.0), (1.0, 0.0, 1.0)] {
            // Rounding must not put a stage beyond the times of a trained score.
            let time = (t + part * d).min(pair[0]);
            field.write_both(time, stage.view(), score.view_mut(), &mut divergence)?;
            // dx/dt = −x − s, and the gain falls at the rate n + ∇·s.
            let slope = -(&stage + &score);
            x.scaled_add(weight * d / 6.0, &slope);
            for (gain, divergence) in gains.iter_mut().zip(&divergence) {
                *gain -= weight * d / 6.0 * (n as f64 + divergence);
            }
            stage = &start + &(ahead * d * slope);
        }
        stays_finite("x", &x, step)?;
    }
    Ok(Flowed { ends: x, gains })
}
// ANCHOR_END: runge_kutta
