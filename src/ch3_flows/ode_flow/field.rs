//! A velocity field with its divergence, and the way back through both.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::ch2_control::neural_ode::check_shape;
use crate::{Error, Result};

// ANCHOR: field
/// F(y, t, θ) on ℝᵈ with P parameters, together with ∇·F = Σ_k ∂F_k/∂y_k. A batch is an n × d matrix.
///
/// ```
/// use ndarray::{Array1, Array2, array};
/// use sdml::ch3_flows::ode_flow::{CubicField, FlowField};
/// // F = −y³ and ∇·F = −3y² at y = 2.
/// let (mut tape, mut f, mut divergence) = (Default::default(), Array2::zeros((1, 1)), Array1::zeros(1));
/// CubicField.value(array![[2.0]].view(), 0.0, &[], &mut tape, f.view_mut(), divergence.view_mut())?;
/// assert_eq!((f[[0, 0]], divergence[0]), (-8.0, -12.0));
/// // And back through both: −3y² − 6y.
/// CubicField.pull_back(&[], &mut tape, array![[1.0]].view(), array![1.0].view(), f.view_mut(), &mut [])?;
/// assert_eq!(f[[0, 0]], -24.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait FlowField: Sync {
    /// What an evaluation leaves behind for its pull-back; reused by later ones.
    type Tape: Default + Send;

    /// d.
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::{AffineField, CubicField, FlowField};
    /// assert_eq!((AffineField::new(3)?.dimension(), CubicField.dimension()), (3, 1));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn dimension(&self) -> usize;

    /// P.
    ///
    /// ```
    /// use sdml::ch3_flows::ode_flow::{AffineField, CubicField, FlowField};
    /// // A and b on ℝ²; −y³ has none.
    /// assert_eq!((AffineField::new(2)?.parameters(), CubicField.parameters()), (4 + 2, 0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn parameters(&self) -> usize;

    /// Writes F into `out`, n × d, and ∇·F into `divergence`, n.
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array1, Array2, array};
    /// use sdml::ch3_flows::ode_flow::{AffineField, FlowField};
    /// // A quarter turn keeps the volume, and with ½ on the diagonal of A it grows at the rate ½.
    /// let (field, y) = (AffineField::new(2)?, array![[3.0, 4.0]]);
    /// let (mut tape, mut f, mut divergence) = (Default::default(), Array2::zeros((1, 2)), Array1::zeros(1));
    /// for (corner, exact) in [(0.0, array![[-4.0, 3.0]]), (0.5, array![[-4.0, 5.0]])] {
    ///     let theta = [0.0, -1.0, 1.0, corner, 0.0, 0.0];
    ///     field.value(y.view(), 0.0, &theta, &mut tape, f.view_mut(), divergence.view_mut())?;
    ///     assert_eq!((&f, divergence[0]), (&exact, corner));
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn value(
        &self,
        y: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
        divergence: ArrayViewMut1<f64>,
    ) -> Result<()>;

    /// At the last point evaluated with this tape, for cotangents a (n × d) of F and b (n) of ∇·F: writes the derivative of
    /// Σ a·F + b ∇·F with respect to y into `out` and adds the one with respect to θ to `gradient`.
    ///
    /// # Errors
    /// Shapes that do not fit.
    ///
    /// ```
    /// use ndarray::{Array1, Array2, array};
    /// use sdml::ch3_flows::ode_flow::{AffineField, FlowField};
    /// let (field, theta, mut gradient) = (AffineField::new(2)?, [2.0, -1.0, 1.0, 0.5, 0.0, 0.0], [0.0; 6]);
    /// let (mut tape, mut out, mut divergence) = (Default::default(), Array2::zeros((1, 2)), Array1::zeros(1));
    /// field.value(array![[3.0, 4.0]].view(), 0.0, &theta, &mut tape, out.view_mut(), divergence.view_mut())?;
    /// let (a, b) = (array![[1.0, 2.0]], array![10.0]);
    /// field.pull_back(&theta, &mut tape, a.view(), b.view(), out.view_mut(), &mut gradient)?;
    /// // Aᵀa by y; ayᵀ + bI by A, and a by the shift.
    /// assert_eq!(out, array![[4.0, 0.0]]);
    /// assert_eq!(gradient, [3.0 + 10.0, 4.0, 6.0, 8.0 + 10.0, 1.0, 2.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Self::Tape,
        a: ArrayView2<f64>,
        b: ArrayView1<f64>,
        out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()>;

    /// How many numbers the tape holds.
    ///
    /// ```
    /// use ndarray::{Array1, Array2};
    /// use sdml::ch3_flows::ode_flow::{AffineField, FlowField};
    /// // The derivatives of an affine field follow from the points: two numbers each.
    /// let (field, mut tape, y) = (AffineField::new(2)?, Default::default(), Array2::zeros((5, 2)));
    /// let (mut f, mut divergence) = (y.clone(), Array1::zeros(5));
    /// field.value(y.view(), 0.0, &[0.0; 6], &mut tape, f.view_mut(), divergence.view_mut())?;
    /// assert_eq!(field.held(&tape), 10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn held(&self, tape: &Self::Tape) -> usize;
}
// ANCHOR_END: field

/// Passes if the arguments of [`FlowField::value`] fit the field and each other.
pub(super) fn check_value(
    field: &impl FlowField,
    theta: &[f64],
    y: (usize, usize),
    out: (usize, usize),
    divergence: usize,
) -> Result<()> {
    let shape = (y.0, field.dimension());
    check_shape("y", y, shape)?;
    check_shape("out", out, shape)?;
    check_length("divergence.len()", divergence, y.0)?;
    check_length("theta.len()", theta.len(), field.parameters())
}

/// Passes if those of [`FlowField::pull_back`] fit the field and the `points` that the tape holds.
pub(super) fn check_way_back(
    field: &impl FlowField,
    theta: &[f64],
    points: usize,
    a: (usize, usize),
    b: usize,
    out: (usize, usize),
    gradient: usize,
) -> Result<()> {
    let shape = (points, field.dimension());
    check_shape("a", a, shape)?;
    check_shape("out", out, shape)?;
    check_length("b.len()", b, points)?;
    check_length("theta.len()", theta.len(), field.parameters())?;
    check_length("gradient.len()", gradient, field.parameters())
}

fn check_length(name: &'static str, found: usize, length: usize) -> Result<()> {
    if found == length { Ok(()) } else { Err(Error::argument(name, found, length.to_string())) }
}
