//! The probability flow dx/dt = −x − ∇ log p(x, t), the equation of h = 0, takes the law of time t to that of time s. Where
//! the flow from (x, t) meets time 0 is the consistency function f(x, t): it is constant along every path of the flow, and
//! f(x, 0) = x (Song, Dhariwal, Chen and Sutskever 2023).

use ndarray::{Array2, ArrayView2};

use crate::Result;
use crate::ch2_control::neural_ode::DormandPrince;
use crate::ch5_diffusion::mixture::Mixture;
use crate::ch5_diffusion::score::{ExactScore, Noising, ScoreField, of_dimension, time};
use crate::error::{at_least, finite};

/// The flow for data from a mixture, solved to a tolerance.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::FlowMap, mixture::Mixture};
/// // For data N(0, 4) the flow scales by the standard deviation √(1 + 3e^{−2t}).
/// let flow = FlowMap::new(Mixture::gaussian([0.0], [[4.0]])?, 1e-10)?;
/// let deviation = |t: f64| (1.0 + 3.0 * (-2.0 * t).exp()).sqrt();
/// let moved = flow.between(2.0, 0.5, ndarray::array![[1.5]].view())?[[0, 0]];
/// assert!((moved - 1.5 * deviation(0.5) / deviation(2.0)).abs() < 1e-8);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FlowMap<const D: usize> {
    score: ExactScore<D>,
    solver: DormandPrince,
}

impl<const D: usize> FlowMap<D> {
    /// The flow of `data`; in each step of the solver the estimated error is at most `tolerance` (1 + |x|).
    ///
    /// # Errors
    /// A tolerance that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::FlowMap, mixture::Mixture};
    /// assert!(FlowMap::new(Mixture::ring(8, 2.0, 0.2)?, 1e-6).is_ok());
    /// assert!(FlowMap::new(Mixture::ring(8, 2.0, 0.2)?, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Mixture<D>, tolerance: f64) -> Result<Self> {
        Ok(Self { score: ExactScore::new(data), solver: DormandPrince::new(tolerance, tolerance)? })
    }

    /// Where the flow through the rows of `points` at the time `from` is at the time `to`.
    ///
    /// # Errors
    /// Times that are negative or not finite; no points, points of another dimension or not finite; a solver that gives up.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::FlowMap, mixture::Mixture};
    /// let flow = FlowMap::new(Mixture::ring(8, 2.0, 0.2)?, 1e-10)?;
    /// let x = ndarray::array![[0.4, -1.1]];
    /// let back = flow.between(0.7, 2.0, flow.between(2.0, 0.7, x.view())?.view())?;
    /// assert!((back[[0, 0]] - 0.4).abs() < 1e-8);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: between
    pub fn between(&self, from: f64, to: f64, points: ArrayView2<f64>) -> Result<Array2<f64>> {
        let (from, to) = (time(from)?, time(to)?);
        at_least("points.nrows()", points.nrows(), 1)?;
        of_dimension("points", &points, D)?;
        for &value in &points {
            finite("points", value)?;
        }
        let mut x = points.as_standard_layout().into_owned();
        if from != to {
            let slope = |t: f64, x: ArrayView2<f64>, mut out: ndarray::ArrayViewMut2<f64>| {
                // The solver's last stage may round past 0.
                self.score.write(t.max(0.0), x, &mut (), out.view_mut())?;
                out.zip_mut_with(&x, |out, x| *out = -*out - x);
                Ok(())
            };
            self.solver.advance(from, to, &mut x, slope, |_| ())?;
        }
        Ok(x)
    }
    // ANCHOR_END: between

    /// f(x, t), row by row.
    ///
    /// # Errors
    /// As [`Self::between`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::FlowMap, mixture::Mixture};
    /// // Data N(0, 1) are noise already: nothing moves.
    /// let flow = FlowMap::new(Mixture::gaussian([0.0], [[1.0]])?, 1e-10)?;
    /// assert!((flow.consistency(2.0, ndarray::array![[0.7]].view())?[[0, 0]] - 0.7).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn consistency(&self, t: f64, points: ArrayView2<f64>) -> Result<Array2<f64>> {
        self.between(t, 0.0, points)
    }
}

/// f(x, t) on the line without an equation to solve: paths of the flow cannot cross, so that it keeps the order of points,
/// and P(X(0) ≤ f(x, t)) = P(X(t) ≤ x).
///
/// # Errors
/// A time that is negative or not finite; an x so far out that no mass is left beyond it.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::rearrangement, mixture::Mixture};
/// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.3)?;
/// assert!(rearrangement(&data, 1.0, 0.0)?.abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: rearrangement
pub fn rearrangement(data: &Mixture<1>, t: f64, x: f64) -> Result<f64> {
    let law = Noising::OrnsteinUhlenbeck.law(data, time(t)?)?;
    let below = law.cdf(finite("x", x)?);
    if below <= 0.5 {
        data.quantile(below)
    } else {
        // The upper tail from the mirror image: 1 − P would lose its digits.
        let above = law.noised(-1.0, 0.0)?.cdf(-x);
        Ok(-data.noised(-1.0, 0.0)?.quantile(above)?)
    }
}
// ANCHOR_END: rearrangement
