//! U(x) = ½ xᵀAx with a dense matrix A: the forces on all chains of a batch are one product of matrices.

use nalgebra::DMatrix;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::Potential;
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// The Gaussian with density ∝ exp(−½ β xᵀAx), of covariance A⁻¹/β.
///
/// ```
/// use ndarray::array;
/// use sdml::ch4_langevin::sampler::{Gaussian, Potential};
/// let gaussian = Gaussian::new(array![[2.0, 1.0], [1.0, 2.0]])?;
/// assert_eq!(gaussian.value(&[1.0, -1.0]), 1.0);
/// assert!((gaussian.stiffness().unwrap() - 3.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    precision: Array2<f64>,
    stiffness: f64,
}

impl Gaussian {
    /// The Gaussian of precision A.
    ///
    /// # Errors
    /// A matrix that is not square, symmetric (to 1e-12 of its largest entry) and positive definite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch4_langevin::sampler::Gaussian;
    /// assert!(Gaussian::new(array![[2.0, 1.0], [1.0, 2.0]]).is_ok());
    /// // Not positive definite; not symmetric.
    /// assert!(Gaussian::new(array![[1.0, 2.0], [2.0, 1.0]]).is_err());
    /// assert!(Gaussian::new(array![[2.0, 1.0], [0.0, 2.0]]).is_err());
    /// ```
    pub fn new(precision: Array2<f64>) -> Result<Self> {
        let d = at_least("precision.nrows()", precision.nrows(), 1)?;
        if precision.ncols() != d {
            return Err(Error::argument(
                "precision.ncols()",
                precision.ncols(),
                format!("as many as rows, {d}"),
            ));
        }
        for &entry in &precision {
            finite("precision", entry)?;
        }
        let largest = precision.iter().fold(0f64, |largest, entry| largest.max(entry.abs()));
        let asymmetry = (&precision - &precision.t()).iter().fold(0f64, |most, entry| most.max(entry.abs()));
        if asymmetry > 1e-12 * largest {
            return Err(Error::argument("precision", format!("asymmetric by {asymmetry}"), "symmetric"));
        }
        let spectrum = DMatrix::from_fn(d, d, |i, j| precision[[i, j]]).symmetric_eigenvalues();
        if spectrum.min() <= 0.0 {
            return Err(Error::argument(
                "precision",
                format!("a matrix with eigenvalue {}", spectrum.min()),
                "positive definite",
            ));
        }
        Ok(Self { precision, stiffness: spectrum.max() })
    }
}

impl Potential for Gaussian {
    fn dimension(&self) -> usize {
        self.precision.nrows()
    }

    fn value(&self, x: &[f64]) -> f64 {
        let row = |row: ndarray::ArrayView1<f64>| -> f64 { row.iter().zip(x).map(|(a, x)| a * x).sum() };
        0.5 * self.precision.rows().into_iter().zip(x).map(|(a, x)| x * row(a)).sum::<f64>()
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        for (gradient, a) in gradient.iter_mut().zip(self.precision.rows()) {
            *gradient = a.iter().zip(x).map(|(a, x)| a * x).sum();
        }
    }

    // ANCHOR: gradients
    fn gradients(&self, x: ArrayView2<f64>, mut gradients: ArrayViewMut2<f64>) {
        general_mat_mul(1.0, &x, &self.precision, 0.0, &mut gradients);
    }
    // ANCHOR_END: gradients

    fn values_and_gradients(
        &self,
        x: ArrayView2<f64>,
        values: &mut [f64],
        mut gradients: ArrayViewMut2<f64>,
    ) {
        self.gradients(x, gradients.view_mut());
        for ((value, x), gradient) in values.iter_mut().zip(x.rows()).zip(gradients.rows()) {
            *value = 0.5 * x.dot(&gradient);
        }
    }

    fn stiffness(&self) -> Option<f64> {
        Some(self.stiffness)
    }
}
