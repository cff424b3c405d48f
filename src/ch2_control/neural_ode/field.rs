//! The right-hand side of the neural ODE ż = f(z, t, θ) (2.2), for a batch of points, and its first derivatives.
//!
//! A batch is an n × d matrix, one point a row. Three products are all that the methods of this section need of f: its
//! value, the vector–Jacobian products (∂_z f)ᵀa and (∂_θ f)ᵀa, and the Jacobian–vector product (∂_z f)h.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};

use crate::{Error, Result};

/// A vector field f(z, t, θ) on ℝᵈ with P parameters.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, VectorField};
/// let (field, theta) = (Pointwise(Pendulum), [1.0, 0.25]);
/// let (mut tape, mut out, mut gradient) = (Default::default(), Array2::zeros((1, 2)), [0.0; 2]);
/// field.value(array![[0.0, 2.0]].view(), 0.0, &theta, &mut tape, out.view_mut())?;
/// assert_eq!(out, array![[2.0, -0.5]]);
/// // There ∂_z f = (0 1; −1 −¼) and ∂_θ f = (0 0; 0 −2).
/// field.pull_back(&theta, &mut tape, array![[4.0, 2.0]].view(), out.view_mut(), &mut gradient)?;
/// assert_eq!((&out, gradient), (&array![[-2.0, 3.5]], [0.0, -4.0]));
/// // The point and one tangent to it, (1, 0), on which ∂_z f acts.
/// let (jet, mut pushed) = (array![[0.0, 2.0], [1.0, 0.0]], Array2::zeros((2, 2)));
/// field.push_forward(jet.view(), 1, 0.0, &theta, &mut tape, pushed.view_mut())?;
/// assert_eq!(pushed, array![[2.0, -0.5], [0.0, -1.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait VectorField: Sync {
    /// What an evaluation leaves behind for its pull-back; it is reused, so that later calls allocate nothing.
    type Tape: Default + Send;

    /// d.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, Relaxation, VectorField};
    /// assert_eq!((Pointwise(Pendulum).dimension(), Pointwise(Relaxation).dimension()), (2, 1));
    /// ```
    fn dimension(&self) -> usize;

    /// P.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{DenseLayer, Pendulum, Pointwise, VectorField};
    /// assert_eq!((Pointwise(Pendulum).parameters(), DenseLayer::new(3)?.parameters()), (2, 9));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn parameters(&self) -> usize;

    // ANCHOR: products
    /// Writes f(z, t, θ) into `out`; z and `out` are n × d.
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{Pointwise, Relaxation, VectorField};
    /// // −θ₁(z − θ₂ cos t) at t = 0, for two points: the second is where it relaxes to.
    /// let (mut tape, mut out, z) = (Default::default(), Array2::zeros((2, 1)), array![[3.0], [1.0]]);
    /// Pointwise(Relaxation).value(z.view(), 0.0, &[2.0, 1.0], &mut tape, out.view_mut())?;
    /// assert_eq!(out, array![[-4.0], [0.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn value(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()>;

    /// At the last point evaluated with this tape: writes (∂_z f)ᵀa into `out` (n × d) and adds Σ (∂_θ f)ᵀa, summed over
    /// the batch, to `gradient` (length P).
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{Pointwise, Relaxation, VectorField};
    /// let (field, theta, mut gradient) = (Pointwise(Relaxation), [2.0, 1.0], [0.5, 0.0]);
    /// let (mut tape, mut out, z) = (Default::default(), Array2::zeros((2, 1)), array![[3.0], [1.0]]);
    /// field.value(z.view(), 0.0, &theta, &mut tape, out.view_mut())?;
    /// field.pull_back(&theta, &mut tape, array![[1.0], [10.0]].view(), out.view_mut(), &mut gradient)?;
    /// // ∂f/∂z = −θ₁; ∂f/∂θ = (θ₂ − z, θ₁) at t = 0, (−2, 2) at the first point and (0, 2) at the second.
    /// assert_eq!((out, gradient), (array![[-2.0], [-20.0]], [0.5 - 2.0, 2.0 + 20.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Self::Tape,
        a: ArrayView2<f64>,
        out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()>;

    /// `jet` holds n points and K tangents to each, (1 + K)n × d: first all points, then all first tangents, and so on.
    /// Writes f and the K products (∂_z f)h into `out`, in the same order.
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, VectorField};
    /// // (v, −θ₁ sin q − θ₂v) at (0, 2), and the columns of its Jacobian from the unit vectors.
    /// let jet = array![[0.0, 2.0], [1.0, 0.0], [0.0, 1.0]];
    /// let (mut tape, mut out) = (Default::default(), Array2::zeros((3, 2)));
    /// Pointwise(Pendulum).push_forward(jet.view(), 1, 0.0, &[4.0, 0.5], &mut tape, out.view_mut())?;
    /// assert_eq!(out, array![[2.0, -1.0], [0.0, -4.0], [1.0, -0.5]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()>;
    // ANCHOR_END: products

    /// Adds ∂f/∂θ_j to the rows (j + 1)n … (j + 2)n of `out`, (1 + P)n × d, for every j.
    ///
    /// As given here it pulls back every unit vector at every point.
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, VectorField};
    /// // At q = 0, v = 2 the force −θ₁ sin q − θ₂v has the derivatives 0 and −2. The first row, that of the
    /// // values, is left alone.
    /// let (mut tape, mut out, z) = (Default::default(), Array2::ones((3, 2)), array![[0.0, 2.0]]);
    /// Pointwise(Pendulum).add_parameter_tangents(z.view(), 0.0, &[1.0, 0.25], &mut tape, out.view_mut())?;
    /// assert_eq!(out, array![[1.0, 1.0], [1.0, 1.0], [1.0, -1.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn add_parameter_tangents(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let (n, d) = z.dim();
        check_shape("out", out.dim(), ((1 + self.parameters()) * n, d))?;
        let mut unit = ndarray::Array2::zeros((1, d));
        let mut ignored = ndarray::Array2::zeros((1, d));
        let mut row = vec![0.0; self.parameters()];
        for point in 0..n {
            self.value(rows(z, point..point + 1), t, theta, tape, ignored.view_mut())?;
            for i in 0..d {
                unit.fill(0.0);
                unit[[0, i]] = 1.0;
                row.fill(0.0);
                self.pull_back(theta, tape, unit.view(), ignored.view_mut(), &mut row)?;
                for (j, derivative) in row.iter().enumerate() {
                    out[[(j + 1) * n + point, i]] += derivative;
                }
            }
        }
        Ok(())
    }

    /// How many numbers the tape holds.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, VectorField};
    /// // The pendulum's derivatives follow from the points: two numbers each.
    /// let (field, mut tape) = (Pointwise(Pendulum), Default::default());
    /// let (z, mut out) = (Array2::zeros((5, 2)), Array2::zeros((5, 2)));
    /// field.value(z.view(), 0.0, &[1.0, 0.25], &mut tape, out.view_mut())?;
    /// assert_eq!(field.held(&tape), 10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn held(&self, tape: &Self::Tape) -> usize;
}

/// Passes if a matrix has this shape.
pub(crate) fn check_shape(name: &'static str, found: (usize, usize), shape: (usize, usize)) -> Result<()> {
    if found == shape {
        return Ok(());
    }
    Err(Error::argument(name, format!("{} × {}", found.0, found.1), format!("{} × {}", shape.0, shape.1)))
}

/// Passes if a vector has one entry for each of the field's parameters.
pub(super) fn check_length(name: &'static str, found: usize, field: &impl VectorField) -> Result<()> {
    let parameters = field.parameters();
    if found == parameters {
        return Ok(());
    }
    Err(Error::argument(name, found, format!("{parameters}, the field's parameters")))
}

/// The number of tangents to each of `points` points, if a jet of this shape has so many points, tangents to all, and d columns.
pub(crate) fn check_jet(
    field: &impl VectorField,
    jet: (usize, usize),
    points: usize,
    out: (usize, usize),
) -> Result<usize> {
    check_shape("jet", jet, (jet.0, field.dimension()))?;
    check_shape("out", out, jet)?;
    if jet.0 == 0 && points == 0 {
        return Ok(0);
    }
    if points == 0 || jet.0 < points || !jet.0.is_multiple_of(points) {
        return Err(Error::argument(
            "points",
            points,
            format!("at least 1 and a divisor of the {} rows", jet.0),
        ));
    }
    Ok(jet.0 / points - 1)
}

/// The rows of a matrix in a range.
pub(super) fn rows(z: ArrayView2<'_, f64>, range: Range<usize>) -> ArrayView2<'_, f64> {
    z.slice_axis_move(Axis(0), Slice::from(range))
}

/// Passes if θ has length P and every entry is finite.
pub(super) fn check_theta(field: &impl VectorField, theta: &[f64]) -> Result<()> {
    check_length("theta.len()", theta.len(), field)?;
    match theta.iter().position(|value| !value.is_finite()) {
        Some(j) => Err(Error::argument("theta", format!("{} at index {j}", theta[j]), "finite numbers")),
        None => Ok(()),
    }
}

/// Passes if z is n × d with n ≥ 1 and every entry is finite.
pub(super) fn check_state(field: &impl VectorField, z: ArrayView2<f64>) -> Result<()> {
    let d = field.dimension();
    if z.nrows() == 0 || z.ncols() != d {
        return Err(Error::argument(
            "z",
            format!("{} × {}", z.nrows(), z.ncols()),
            format!("n × {d}, n at least 1"),
        ));
    }
    match z.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(Error::argument("z", value, "made of finite numbers")),
        None => Ok(()),
    }
}
