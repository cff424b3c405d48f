//! The mean over a batch of a loss of the final state (Y, J), of which J enters with factor 1.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

/// The loss (1/n) Σ (J + g(Y)) of the state after `steps` steps, as the batched solvers of Section 2.3 take it. `g(y, force)`
/// returns g(y) and writes ∇g(y) into `force`: on the way back nothing comes before it, so there is nothing to add to.
pub(super) fn mean_at_end(
    n: usize,
    steps: usize,
    g: impl Fn(ArrayView1<f64>, ArrayViewMut1<f64>) -> f64 + Sync,
) -> impl Fn(Range<usize>, usize, ArrayView2<f64>, ArrayViewMut2<f64>) -> f64 + Sync {
    move |_, step, state, mut a| {
        if step < steps {
            return 0.0;
        }
        let (scale, d) = (1.0 / n as f64, state.ncols() - 1);
        let mut total = 0.0;
        for (state, mut a) in state.rows().into_iter().zip(a.rows_mut()) {
            let (y, j) = state.split_at(Axis(0), d);
            let (mut force, mut slope) = a.view_mut().split_at(Axis(0), d);
            total += j[0] + g(y, force.view_mut());
            force *= scale;
            slope[0] = scale;
        }
        scale * total
    }
}
