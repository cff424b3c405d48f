//! The continuous objects of Theorem 2.3 at a tolerance: z(s), and beside it a(s) and y(s) of (2.6), each a polynomial on
//! every step of the adaptive solver. References for the discrete methods.

use ndarray::{Array2, ArrayView2};

use super::dormand_prince::{DormandPrince, Solution};
use super::field::{VectorField, check_state, check_theta};
use crate::{Error, Result};

/// z(s), a(s) and y(s) on [T₀, T].
///
/// ```
/// use ndarray::{Array2, ArrayView2, array};
/// use sdml::ch2_control::neural_ode::{DormandPrince, Pointwise, Relaxation, RunningAdjoint};
/// // ż = −z/2 and L = z(1): aᵀz is the same at all times.
/// let (solver, ones) = (DormandPrince::new(1e-11, 1e-12)?, |z: ArrayView2<f64>| Array2::ones(z.dim()));
/// let (field, z_0) = (Pointwise(Relaxation), array![[3.0]]);
/// let run = RunningAdjoint::new(&field, &[0.5, 0.0], (0.0, 1.0), z_0.view(), &solver, ones)?;
/// let product = |s| -> sdml::Result<f64> { Ok(run.a(s)?[[0, 0]] * run.z(s)?[[0, 0]]) };
/// assert!((product(0.3)? - product(1.0)?).abs() < 1e-8);
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct RunningAdjoint {
    forward: Solution,
    /// One row: a (n × d, row by row), then y.
    backward: Solution,
    shape: (usize, usize),
}

impl RunningAdjoint {
    /// Solves ż = f forwards from z_0, then ȧ = −(∂_z f)ᵀa, ẏ = −(∂_θ f)ᵀa backwards from a(T) = ∇L(z(T)) and y(T) = 0.
    /// `gradient_of_loss(z)` returns ∇L(z), n × d.
    ///
    /// # Errors
    /// Those of [`DormandPrince::solve`], or shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{DormandPrince, Pointwise, Relaxation, RunningAdjoint};
    /// let solver = DormandPrince::new(1e-11, 1e-12)?;
    /// let ones = |z: ndarray::ArrayView2<f64>| Array2::ones(z.dim());
    /// let run = RunningAdjoint::new(
    ///     &Pointwise(Relaxation), &[0.5, 0.0], (0.0, 1.0), array![[3.0]].view(), &solver, ones,
    /// )?;
    /// assert!((run.gradient(0.0)?[0] + 3.0 * (-0.5f64).exp()).abs() < 1e-9);
    /// assert!((run.a(0.0)?[[0, 0]] - (-0.5f64).exp()).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: running
    pub fn new<F: VectorField>(
        field: &F,
        theta: &[f64],
        (start, end): (f64, f64),
        z_0: ArrayView2<f64>,
        solver: &DormandPrince,
        gradient_of_loss: impl FnOnce(ArrayView2<f64>) -> Array2<f64>,
    ) -> Result<Self> {
        check_theta(field, theta)?;
        check_state(field, z_0)?;
        let mut tape = F::Tape::default();
        let forward = solver.solve(start, end, z_0, |t, z, out| field.value(z, t, theta, &mut tape, out))?;
        let mut z = forward.at(end)?;
        let at_end = gradient_of_loss(z.view());
        if at_end.dim() != z.dim() {
            return Err(Error::argument(
                "gradient_of_loss",
                format!("{:?}", at_end.dim()),
                format!("{:?}", z.dim()),
            ));
        }
        let mut row = Array2::zeros((1, z.len() + theta.len()));
        row.iter_mut().zip(&at_end).for_each(|(row, a)| *row = *a);
        let (mut a, mut slope) = (at_end, Array2::zeros(z.dim()));
        let mut gradient = vec![0.0; theta.len()];
        let backward = solver.solve(end, start, row.view(), |t, row, mut out| {
            forward.write(t, &mut z)?;
            a.iter_mut().zip(row.iter()).for_each(|(a, row)| *a = *row);
            gradient.fill(0.0);
            field.value(z.view(), t, theta, &mut tape, slope.view_mut())?;
            field.pull_back(theta, &mut tape, a.view(), slope.view_mut(), &mut gradient)?;
            out.iter_mut().zip(slope.iter().chain(&gradient)).for_each(|(out, product)| *out = -product);
            Ok(())
        })?;
        Ok(Self { forward, backward, shape: z_0.dim() })
    }
    // ANCHOR_END: running

    /// z(s).
    ///
    /// # Errors
    /// A time outside the interval.
    ///
    /// ```
    /// use ndarray::{Array2, ArrayView2, array};
    /// use sdml::ch2_control::neural_ode::{DormandPrince, Pointwise, Relaxation, RunningAdjoint};
    /// let (solver, ones) = (DormandPrince::new(1e-11, 1e-12)?, |z: ArrayView2<f64>| Array2::ones(z.dim()));
    /// let (field, z_0) = (Pointwise(Relaxation), array![[3.0]]);
    /// let run = RunningAdjoint::new(&field, &[0.5, 0.0], (0.0, 1.0), z_0.view(), &solver, ones)?;
    /// assert!((run.z(0.4)?[[0, 0]] - 3.0 * (-0.2f64).exp()).abs() < 1e-8);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn z(&self, s: f64) -> Result<Array2<f64>> {
        self.forward.at(s)
    }

    /// a(s), n × d.
    ///
    /// # Errors
    /// A time outside the interval.
    ///
    /// ```
    /// use ndarray::{Array2, ArrayView2, array};
    /// use sdml::ch2_control::neural_ode::{DormandPrince, Pointwise, Relaxation, RunningAdjoint};
    /// let (solver, ones) = (DormandPrince::new(1e-11, 1e-12)?, |z: ArrayView2<f64>| Array2::ones(z.dim()));
    /// let (field, z_0) = (Pointwise(Relaxation), array![[3.0]]);
    /// let run = RunningAdjoint::new(&field, &[0.5, 0.0], (0.0, 1.0), z_0.view(), &solver, ones)?;
    /// assert!((run.a(0.4)?[[0, 0]] - (-0.3f64).exp()).abs() < 1e-8);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn a(&self, s: f64) -> Result<Array2<f64>> {
        let row = self.backward.at(s)?;
        Ok(Array2::from_shape_fn(self.shape, |(point, i)| row[[0, point * self.shape.1 + i]]))
    }

    /// y(s) = ∫_s^T (∂_θ f)ᵀa dr; y(T₀) is dL/dθ.
    ///
    /// # Errors
    /// A time outside the interval.
    ///
    /// ```
    /// use ndarray::{Array2, ArrayView2, array};
    /// use sdml::ch2_control::neural_ode::{DormandPrince, Pointwise, Relaxation, RunningAdjoint};
    /// let (solver, ones) = (DormandPrince::new(1e-11, 1e-12)?, |z: ArrayView2<f64>| Array2::ones(z.dim()));
    /// let (field, z_0) = (Pointwise(Relaxation), array![[3.0]]);
    /// let run = RunningAdjoint::new(&field, &[0.5, 0.0], (0.0, 1.0), z_0.view(), &solver, ones)?;
    /// // The integrand a ∂_θ f = −az is −3e^{−½} throughout: y rises linearly to 0.
    /// let y = [run.gradient(0.0)?[0], run.gradient(0.5)?[0], run.gradient(1.0)?[0]];
    /// assert!((y[0] - 2.0 * y[1]).abs() < 1e-8 && y[0] < -1.8 && y[2] == 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(&self, s: f64) -> Result<Vec<f64>> {
        let row = self.backward.at(s)?;
        Ok(row.iter().skip(self.shape.0 * self.shape.1).copied().collect())
    }
}
