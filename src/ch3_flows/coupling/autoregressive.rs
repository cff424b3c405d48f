//! The simplest auto-regressive flow: x_i = μ_i + Σ_{j<i} b_ij x_j + e^{a_i} z_i. Every coordinate is normal given those
//! before it, and log|det| = Σ a_i.

use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};
use ndarray::ArrayView2;

use crate::error::at_least;
use crate::{Error, Result};

/// The flow z ↦ x. Its density is evaluated for all coordinates at once; its samples are made one coordinate after the
/// other.
///
/// ```
/// use sdml::ch3_flows::coupling::TriangularAffine;
/// let points = ndarray::array![[1.0, 2.0], [-1.0, 0.0], [0.0, 1.5], [0.0, 0.5]];
/// let flow = TriangularAffine::fit(points.view())?;
/// // x_2 = 1 + x_1 + noise of variance 1/8.
/// assert!((flow.matrix()[(1, 0)] - (0.5f64).sqrt()).abs() < 1e-14);
/// assert!((flow.matrix()[(1, 1)].powi(2) - 0.125).abs() < 1e-14);
/// // Where z = 0 the density is 1/(2π √det), det = ½ · ⅛ being that of the covariance.
/// let exact = 4.0 / std::f64::consts::TAU;
/// assert!((flow.log_density(&flow.forward(&[0.0, 0.0])) - exact.ln()).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TriangularAffine {
    /// μ.
    shift: DVector<f64>,
    /// b, strictly lower triangular.
    regression: DMatrix<f64>,
    /// a.
    log_scale: DVector<f64>,
}

impl TriangularAffine {
    /// The number of parameters on Rⁿ: n shifts, n log-scales and n(n − 1)/2 regressions.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // As many as a mean and a covariance have: 3 + 6.
    /// assert_eq!(TriangularAffine::parameters(3), 9);
    /// ```
    pub fn parameters(dimension: usize) -> usize {
        2 * dimension + dimension * dimension.saturating_sub(1) / 2
    }

    /// From the flat parameters (μ, a, b by rows).
    ///
    /// # Errors
    /// No dimension, another number of parameters, or one that is not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // x₁ = 1 + z₁, x₂ = 2 + 3x₁ + z₂.
    /// let flow = TriangularAffine::from_parameters(2, &[1.0, 2.0, 0.0, 0.0, 3.0])?;
    /// assert_eq!(flow.forward(&[0.5, 0.25]), [1.5, 6.75]);
    /// assert!(TriangularAffine::from_parameters(2, &[0.0; 4]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_parameters(dimension: usize, theta: &[f64]) -> Result<Self> {
        let n = at_least("dimension", dimension, 1)?;
        if theta.len() != Self::parameters(n) {
            return Err(Error::argument("theta.len()", theta.len(), format!("{}", Self::parameters(n))));
        }
        for &parameter in theta {
            crate::error::finite("theta", parameter)?;
        }
        let mut regression = DMatrix::zeros(n, n);
        let mut rest = theta[2 * n..].iter();
        for i in 0..n {
            for j in 0..i {
                regression[(i, j)] = *rest.next().expect("counted");
            }
        }
        Ok(Self {
            shift: DVector::from_column_slice(&theta[..n]),
            log_scale: DVector::from_column_slice(&theta[n..2 * n]),
            regression,
        })
    }

    /// The maximum of the likelihood of the rows of `points`: each coordinate's regression on those before it.
    ///
    /// # Errors
    /// Fewer than n + 1 points, points that are not finite, or points in a plane of lower dimension, where the
    /// likelihood has no maximum.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // The mean of {0, 2} and their deviation 1, on the line.
    /// let flow = TriangularAffine::fit(ndarray::array![[0.0], [2.0]].view())?;
    /// assert!((flow.forward(&[3.0])[0] - 4.0).abs() < 1e-14);
    /// assert!(TriangularAffine::fit(ndarray::array![[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]].view()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn fit(points: ArrayView2<f64>) -> Result<Self> {
        let n = at_least("points.ncols()", points.ncols(), 1)?;
        let count = at_least("points.nrows()", points.nrows(), n + 1)?;
        if let Some(x) = points.iter().find(|x| !x.is_finite()) {
            return Err(Error::argument("points", x, "finite numbers"));
        }
        let mean = DVector::from_fn(n, |i, _| points.column(i).sum() / count as f64);
        let covariance = DMatrix::from_fn(n, n, |i, j| {
            let pairs = points.column(i).into_iter().zip(points.column(j));
            pairs.map(|(x, y)| (x - mean[i]) * (y - mean[j])).sum::<f64>() / count as f64
        });
        // The variance of a column of one number is that of rounding the mean.
        let constant = points.columns().into_iter().any(|column| column.iter().all(|x| *x == column[0]));
        let scale = covariance.diagonal().max();
        let root = covariance.cholesky().map(|root| root.l());
        let Some(root) = root.filter(|l| !constant && l.diagonal().min() > 1e-7 * scale.sqrt()) else {
            return Err(Error::argument("points", "a flat set", "points that span the space"));
        };
        // x = m + L z means D L⁻¹ (x − m) = D z with D = diag L: the rows of D L⁻¹ are (−b, 1).
        let inverse = root.solve_lower_triangular(&DMatrix::identity(n, n)).expect("a positive diagonal");
        let regression =
            DMatrix::from_fn(n, n, |i, j| if j < i { -root[(i, i)] * inverse[(i, j)] } else { 0.0 });
        let shift = &mean - &regression * &mean;
        Ok(Self { shift, regression, log_scale: root.diagonal().map(f64::ln) })
    }

    /// The lower triangular ∂x/∂z: the Cholesky factor of the covariance of X.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // x₁ = z₁, x₂ = 3x₁ + z₂.
    /// let matrix = TriangularAffine::from_parameters(2, &[0.0, 0.0, 0.0, 0.0, 3.0])?.matrix();
    /// assert_eq!((matrix[(1, 0)], matrix[(0, 1)], matrix[(1, 1)]), (3.0, 0.0, 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn matrix(&self) -> DMatrix<f64> {
        let n = self.shift.len();
        let unmixed = DMatrix::identity(n, n) - &self.regression;
        let scales = DMatrix::from_diagonal(&self.log_scale.map(f64::exp));
        unmixed.solve_lower_triangular(&scales).expect("ones on the diagonal")
    }

    /// log|det ∂x/∂z| = Σ a_i.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // The scales alone count, not the regression.
    /// let flow = TriangularAffine::from_parameters(2, &[1.0, 2.0, 0.5, 0.25, 3.0])?;
    /// assert_eq!(flow.log_det(), 0.75);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_det(&self) -> f64 {
        self.log_scale.sum()
    }

    /// x from z: coordinate after coordinate.
    ///
    /// # Panics
    /// A z of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // x = 1 + 2z.
    /// let flow = TriangularAffine::from_parameters(1, &[1.0, 2f64.ln()])?;
    /// assert!((flow.forward(&[3.0])[0] - 7.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: forward
    pub fn forward(&self, z: &[f64]) -> Vec<f64> {
        assert_eq!(z.len(), self.shift.len(), "a point of the flow's dimension");
        let mut x: Vec<f64> = Vec::with_capacity(z.len());
        for (i, z) in z.iter().enumerate() {
            let given: f64 = x.iter().enumerate().map(|(j, x)| self.regression[(i, j)] * x).sum();
            x.push(self.shift[i] + given + self.log_scale[i].exp() * z);
        }
        x
    }
    // ANCHOR_END: forward

    /// z from x: all coordinates at once.
    ///
    /// # Panics
    /// An x of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// let flow = TriangularAffine::from_parameters(2, &[1.0, 2.0, 0.0, 0.0, 3.0])?;
    /// assert_eq!(flow.inverse(&[1.5, 6.75]), [0.5, 0.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: inverse
    pub fn inverse(&self, x: &[f64]) -> Vec<f64> {
        assert_eq!(x.len(), self.shift.len(), "a point of the flow's dimension");
        let coordinate = |i: usize| {
            let given: f64 = x[..i].iter().enumerate().map(|(j, x)| self.regression[(i, j)] * x).sum();
            (x[i] - self.shift[i] - given) * (-self.log_scale[i]).exp()
        };
        (0..x.len()).map(coordinate).collect()
    }

    /// log p(x) = Σ_i log p(x_i | x_1, …, x_{i−1}).
    ///
    /// # Panics
    /// An x of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TriangularAffine;
    /// // The normal density at z = (3, 4), with Σ a_i = ¾.
    /// let flow = TriangularAffine::from_parameters(2, &[1.0, 2.0, 0.5, 0.25, 3.0])?;
    /// let exact = -0.5 * 25.0 - std::f64::consts::TAU.ln() - 0.75;
    /// assert!((flow.log_density(&flow.forward(&[3.0, 4.0])) - exact).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_density(&self, x: &[f64]) -> f64 {
        let square: f64 = self.inverse(x).iter().map(|z| z * z).sum();
        -0.5 * square - 0.5 * x.len() as f64 * TAU.ln() - self.log_det()
    }
    // ANCHOR_END: inverse
}
