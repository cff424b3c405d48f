//! A velocity field with its divergence, and the way back through both.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::ch2_control::neural_ode::check_shape;
use crate::{Error, Result};

// ANCHOR: field
/// F(y, t, θ) on ℝᵈ with P parameters, together with ∇·F = Σ_k ∂F_k/∂y_k. A batch is an n × d matrix.
pub trait FlowField: Sync {
    /// What an evaluation leaves behind for its pull-back; reused by later ones.
    type Tape: Default + Send;

    /// d.
    fn dimension(&self) -> usize;

    /// P.
    fn parameters(&self) -> usize;

    /// Writes F into `out`, n × d, and ∇·F into `divergence`, n.
    ///
    /// # Errors
    /// Shapes that do not fit.
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
