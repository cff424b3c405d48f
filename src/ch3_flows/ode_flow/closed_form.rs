//! Fields whose flow is known: affine ones, F = Ay + b with ∇·F = tr A, and F = −y³ on the line.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use super::FlowField;
use super::field::{check_value, check_way_back};
use crate::Result;
use crate::error::at_least;

/// F(y) = Ay + b on ℝᵈ; θ = (A row by row, b).
///
/// ```
/// use ndarray::{Array1, Array2, array};
/// use sdml::ch3_flows::ode_flow::{AffineField, FlowField};
/// let (mut f, mut divergence) = (Array2::zeros((1, 2)), Array1::zeros(1));
/// let theta = [1.0, 2.0, 3.0, 4.0, 0.5, 0.0];
/// AffineField::new(2)?.value(
///     array![[1.0, 1.0]].view(), 0.0, &theta, &mut Array2::default((0, 0)), f.view_mut(), divergence.view_mut(),
/// )?;
/// assert_eq!((f, divergence), (array![[3.5, 7.0]], array![5.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AffineField {
    dimension: usize,
}

impl AffineField {
    /// Affine fields on ℝᵈ.
    ///
    /// # Errors
    /// d = 0.
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::{AffineField, FlowField};
    /// // A and b on ℝ³.
    /// assert_eq!(AffineField::new(3)?.parameters(), 9 + 3);
    /// assert!(AffineField::new(0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(dimension: usize) -> Result<Self> {
        Ok(Self { dimension: at_least("dimension", dimension, 1)? })
    }
}

impl FlowField for AffineField {
    type Tape = Array2<f64>;

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn parameters(&self) -> usize {
        self.dimension * (self.dimension + 1)
    }

    fn value(
        &self,
        y: ArrayView2<f64>,
        _t: f64,
        theta: &[f64],
        tape: &mut Array2<f64>,
        mut out: ArrayViewMut2<f64>,
        mut divergence: ArrayViewMut1<f64>,
    ) -> Result<()> {
        check_value(self, theta, y.dim(), out.dim(), divergence.len())?;
        let d = self.dimension;
        keep(y, tape);
        for (y, mut f) in y.rows().into_iter().zip(out.rows_mut()) {
            for i in 0..d {
                f[i] = theta[d * d + i] + (0..d).map(|j| theta[i * d + j] * y[j]).sum::<f64>();
            }
        }
        divergence.fill((0..d).map(|i| theta[i * d + i]).sum());
        Ok(())
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Array2<f64>,
        a: ArrayView2<f64>,
        b: ArrayView1<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        check_way_back(self, theta, tape.nrows(), a.dim(), b.len(), out.dim(), gradient.len())?;
        let d = self.dimension;
        let rows = tape.rows().into_iter().zip(a.rows()).zip(b).zip(out.rows_mut());
        for (((y, a), &b), mut bar) in rows {
            for j in 0..d {
                bar[j] = (0..d).map(|i| theta[i * d + j] * a[i]).sum();
            }
            for i in 0..d {
                for j in 0..d {
                    gradient[i * d + j] += a[i] * y[j];
                }
                gradient[i * d + i] += b;
                gradient[d * d + i] += a[i];
            }
        }
        Ok(())
    }

    fn held(&self, tape: &Array2<f64>) -> usize {
        tape.len()
    }
}

/// F(y) = −y³ on the line, without parameters: φ(y, t) = y/√(1 + 2ty²) and ∇·F = −3y². The flow exists where 1 + 2ty² > 0;
/// beyond, its functions are NaN.
///
/// ```
/// use sdml::ch3_flows::ode_flow::CubicField;
/// assert_eq!(CubicField::flow(1.0, 1.5), 0.5);
/// assert_eq!(CubicField::log_derivative(1.0, 1.5), -3.0 * 2f64.ln());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CubicField;

impl CubicField {
    /// φ(y, t).
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::CubicField;
    /// // φ(·, s + t) = φ(φ(·, s), t).
    /// let twice = CubicField::flow(CubicField::flow(2.0, 0.3), 0.4);
    /// assert!((twice - CubicField::flow(2.0, 0.7)).abs() < 1e-15);
    /// ```
    pub fn flow(y: f64, t: f64) -> f64 {
        y / (1.0 + 2.0 * t * y * y).sqrt()
    }

    /// log ∂φ/∂y = −(3/2) log(1 + 2ty²).
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::CubicField;
    /// let difference = (CubicField::flow(0.8 + 1e-5, 1.5) - CubicField::flow(0.8 - 1e-5, 1.5)) / 2e-5;
    /// assert!((difference.ln() - CubicField::log_derivative(0.8, 1.5)).abs() < 1e-8);
    /// ```
    pub fn log_derivative(y: f64, t: f64) -> f64 {
        -1.5 * (1.0 + 2.0 * t * y * y).ln()
    }
}

impl FlowField for CubicField {
    type Tape = Array2<f64>;

    fn dimension(&self) -> usize {
        1
    }

    fn parameters(&self) -> usize {
        0
    }

    fn value(
        &self,
        y: ArrayView2<f64>,
        _t: f64,
        theta: &[f64],
        tape: &mut Array2<f64>,
        mut out: ArrayViewMut2<f64>,
        mut divergence: ArrayViewMut1<f64>,
    ) -> Result<()> {
        check_value(self, theta, y.dim(), out.dim(), divergence.len())?;
        keep(y, tape);
        out.zip_mut_with(&y, |f, y| *f = -y * y * y);
        divergence.zip_mut_with(&y.column(0), |divergence, y| *divergence = -3.0 * y * y);
        Ok(())
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Array2<f64>,
        a: ArrayView2<f64>,
        b: ArrayView1<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        check_way_back(self, theta, tape.nrows(), a.dim(), b.len(), out.dim(), gradient.len())?;
        for (i, &y) in tape.column(0).iter().enumerate() {
            out[[i, 0]] = -3.0 * y * y * a[[i, 0]] - 6.0 * y * b[i];
        }
        Ok(())
    }

    fn held(&self, tape: &Array2<f64>) -> usize {
        tape.len()
    }
}

/// Copies y into the tape.
fn keep(y: ArrayView2<f64>, tape: &mut Array2<f64>) {
    if tape.dim() != y.dim() {
        *tape = Array2::zeros(y.raw_dim());
    }
    tape.assign(&y);
}
