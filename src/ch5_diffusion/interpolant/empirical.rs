//! Finitely many data x_1, …, x_N: the exact minimizer of (5.8) for the law that gives each of them the probability 1/N.
//! With X̄(x, t) = Σ wᵢ xᵢ, wᵢ ∝ exp(−|x − αxᵢ|²/(2β²)), it is v = α̇ X̄ + β̇ (x − αX̄)/β, and its flow ends in the data.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2};

use super::path::Path;
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// The velocity (5.7) of an interpolant between N(0, I) and the rows of a matrix.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::Tableau;
/// use sdml::ch5_diffusion::interpolant::{Empirical, Path, generate};
/// let data = Empirical::new(array![[-1.0], [1.0]].view(), Path::linear(1.0)?)?;
/// let y = generate(Tableau::EULER, 1.0, 100, array![[0.2], [-3.0]].view(), |t, x, v| data.write(t, x, v))?;
/// assert!((y[[0, 0]] - 1.0).abs() < 1e-9 && (y[[1, 0]] + 1.0).abs() < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Empirical {
    points: Array2<f64>,
    path: Path,
}

impl Empirical {
    /// The velocity for the data `points`, one a row.
    ///
    /// # Errors
    /// No points, coordinates that are not finite, or a path with a latent term.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch5_diffusion::interpolant::{Empirical, Path};
    /// let path = Path::linear(1.0)?;
    /// assert!(Empirical::new(array![[-1.0], [1.0]].view(), path).is_ok());
    /// assert!(Empirical::new(Array2::zeros((0, 1)).view(), path).is_err());
    /// assert!(Empirical::new(array![[1.0]].view(), path.with_latent(1.0)?).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(points: ArrayView2<f64>, path: Path) -> Result<Self> {
        at_least("points.nrows()", points.nrows(), 1)?;
        at_least("points.ncols()", points.ncols(), 1)?;
        for &value in points {
            finite("points", value)?;
        }
        if path.latent() > 0.0 {
            return Err(Error::argument("latent", path.latent(), "0"));
        }
        Ok(Self { points: points.to_owned(), path })
    }

    /// Writes v(xᵢ, t) into row i of `out`.
    ///
    /// # Errors
    /// t = 0, where the law has no density, or outside [0, T]; points of another dimension.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::interpolant::{Empirical, Path};
    /// // Of a single datum 3 the velocity is known: −3 + (x − ½ · 3)/½ at t = ½.
    /// let (data, mut v) = (Empirical::new(array![[3.0]].view(), Path::linear(1.0)?)?, array![[0.0]]);
    /// data.write(0.5, array![[2.0]].view(), v.view_mut())?;
    /// assert_eq!(v, array![[-2.0]]);
    /// assert!(data.write(0.0, array![[2.0]].view(), v.view_mut()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: write
    pub fn write(&self, t: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) -> Result<()> {
        let c = self.path.at(t)?;
        if c.beta == 0.0 {
            return Err(Error::argument(
                "t",
                t,
                "greater than 0: at time 0 the law is a sum of point masses",
            ));
        }
        if x.ncols() != self.points.ncols() || out.dim() != x.dim() {
            let allowed = format!("a matrix of {} columns", self.points.ncols());
            return Err(Error::argument("x", format!("{:?}", x.dim()), allowed));
        }
        for (x, mut out) in x.outer_iter().zip(out.outer_iter_mut()) {
            let square = |data: ArrayView1<f64>| -> f64 {
                x.iter().zip(data).map(|(x, d)| (x - c.alpha * d).powi(2)).sum()
            };
            let squares: Vec<f64> = self.points.outer_iter().map(square).collect();
            let least = squares.iter().copied().fold(f64::INFINITY, f64::min);
            let mut total = 0.0;
            out.fill(0.0);
            for (square, data) in squares.iter().zip(self.points.outer_iter()) {
                // The nearest first, and β twice: β² may vanish where β does not.
                let weight = (0.5 * (least - square) / c.beta / c.beta).exp();
                total += weight;
                out.scaled_add(weight, &data);
            }
            for (v, x) in out.iter_mut().zip(x) {
                let mean = *v / total;
                *v = c.alpha_dot * mean + c.beta_dot * (x - c.alpha * mean) / c.beta;
            }
        }
        Ok(())
    }
    // ANCHOR_END: write
}
