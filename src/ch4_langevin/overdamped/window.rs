//! The invariant law of a scheme X' = m(X) + σξ on a line without a single random number: its transition density
//! N(y; m(x), σ²) on a grid is a matrix, and the law is its left eigenvector.
//!
//! The trapezoidal rule on densities this smooth errs by less than rounding once the grid resolves σ
//! (Trefethen and Weideman 2014).

use nalgebra::{DMatrix, DVector};

use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// Points in [−reach, reach], at equal distances.
///
/// ```
/// use sdml::ch4_langevin::overdamped::Window;
/// // ULA in U = x²/2 with step ½ has variance 1/(1 − h/2).
/// let law = Window::new(9.0, 201)?.invariant(|x| 0.5 * x, 1.0)?;
/// let square: f64 = law.iter().map(|(x, weight)| weight * x * x).sum();
/// assert!((square - 1.0 / 0.75).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    points: Vec<f64>,
    step: f64,
}

/// A chain that is less often than this where everything leads out of the window stays in it.
const NOTHING: f64 = 1e-9;

impl Window {
    /// `n` points from −`reach` to `reach`.
    ///
    /// # Errors
    /// A reach that is not finite and greater than 0; fewer than 3 points.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Window;
    /// assert!(Window::new(8.0, 3).is_ok() && Window::new(8.0, 2).is_err() && Window::new(0.0, 3).is_err());
    /// ```
    pub fn new(reach: f64, n: usize) -> Result<Self> {
        at_least("n", n, 3)?;
        let step = 2.0 * positive("reach", reach)? / (n - 1) as f64;
        Ok(Self { points: (0..n).map(|i| step * i as f64 - reach).collect(), step })
    }

    /// The points with their probabilities under the law that X' = `mean`(X) + `deviation` ξ leaves invariant while it stays in the window.
    ///
    /// # Errors
    /// A deviation that the grid does not resolve; a mean that leads out of the window from everywhere or from where the chain would be, or
    /// is not a number.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Window;
    /// // X' = ξ forgets everything in one step: N(0, 1).
    /// let law = Window::new(8.0, 101)?.invariant(|_| 0.0, 1.0)?;
    /// assert!((law.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-12);
    /// assert!((law.iter().map(|(x, weight)| weight * x * x).sum::<f64>() - 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: invariant
    pub fn invariant(&self, mean: impl Fn(f64) -> f64, deviation: f64) -> Result<Vec<(f64, f64)>> {
        let n = self.points.len();
        if positive("deviation", deviation)? < 1.5 * self.step {
            let allowed = format!("at least 1.5 of the grid's steps, {}", 1.5 * self.step);
            return Err(Error::argument("deviation", deviation, allowed));
        }
        let density = |y: f64, x: f64| (-0.5 * ((y - mean(x)) / deviation).powi(2)).exp();
        let mut matrix = DMatrix::from_fn(n, n, |to, from| density(self.points[to], self.points[from]));
        let mut leads_out = vec![false; n];
        for (mut column, leads_out) in matrix.column_iter_mut().zip(&mut leads_out) {
            // From where everything leads out of the window, nothing comes back.
            let mass = column.sum();
            *leads_out = mass == 0.0;
            column /= if *leads_out { 1.0 } else { mass };
        }
        // (K − 1) π = 0 with one of these equations, which are dependent, replaced by Σπ = 1.
        for i in 0..n {
            matrix[(i, i)] -= 1.0;
        }
        matrix.row_mut(n / 2).fill(1.0);
        let mut right = DVector::zeros(n);
        right[n / 2] = 1.0;
        let stays = |(weight, leads_out): (&f64, &bool)| {
            weight.is_finite() && !(*leads_out && weight.abs() > NOTHING)
        };
        let law = matrix.lu().solve(&right).filter(|law| law.iter().zip(&leads_out).all(stays));
        let Some(law) = law else {
            return Err(Error::argument(
                "mean",
                "a map that leads out of the window",
                "one that stays in it",
            ));
        };
        Ok(self.points.iter().copied().zip(law.iter().copied()).collect())
    }
    // ANCHOR_END: invariant

    /// The mean of `acceptance`(x, y) for a proposal y ~ N(`mean`(x), `deviation`²) from x ~ `density`, which need not be normalized.
    ///
    /// # Errors
    /// A deviation that the grid does not resolve; a density that vanishes in the window; an average that is not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::overdamped::Window;
    /// // A proposal that is accepted when it goes to the right: half of all.
    /// let window = Window::new(8.0, 200)?;
    /// let gauss = |x: f64| (-0.5 * x * x).exp();
    /// let rate = window.average_acceptance(gauss, |x| x, 0.5, |x, y| {
    ///     if y > x { 1.0 } else if y == x { 0.5 } else { 0.0 }
    /// })?;
    /// assert!((rate - 0.5).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn average_acceptance(
        &self,
        density: impl Fn(f64) -> f64,
        mean: impl Fn(f64) -> f64,
        deviation: f64,
        acceptance: impl Fn(f64, f64) -> f64,
    ) -> Result<f64> {
        if positive("deviation", deviation)? < 1.5 * self.step {
            let allowed = format!("at least 1.5 of the grid's steps, {}", 1.5 * self.step);
            return Err(Error::argument("deviation", deviation, allowed));
        }
        let (mut accepted, mut all) = (0.0, 0.0);
        for &x in &self.points {
            let weight = density(x);
            let center = mean(x);
            all += weight;
            for &y in &self.points {
                let proposal = (-0.5 * ((y - center) / deviation).powi(2)).exp();
                accepted += weight * proposal * acceptance(x, y);
            }
        }
        let normal = deviation * (2.0 * std::f64::consts::PI).sqrt() / self.step;
        finite("acceptance", accepted / (positive("density", all)? * normal))
    }
}
