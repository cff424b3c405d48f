//! A velocity field with its divergence, and the way back through both.

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use crate::Result;

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
