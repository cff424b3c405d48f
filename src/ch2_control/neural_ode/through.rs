//! Reverse mode through the steps of the solver ("discretize, then optimize"): the derivative of the discrete loss.
//!
//! Recorded are the evaluations of one segment of m steps at a time; of the rest only the first state of each segment
//! is kept. The cost is at most one extra forward solve; kept are N/m states and the evaluations of m steps, which is
//! least for m of the order of √N (Griewank and Walther 2008). With m = N nothing is computed twice.

use ndarray::ArrayView2;

use super::field::VectorField;
use super::gradient::{Gradient, Loss, reserve, reshape};
use crate::Result;

impl<F: VectorField> Gradient<F> {
    pub(super) fn through(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        segment: usize,
        loss: &mut Loss<'_>,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let (scheme, h, steps) = (self.scheme, self.scheme.h(), self.scheme.steps());
        let (tableau, stages) = (scheme.tableau(), scheme.tableau().stages());
        let m = segment.min(steps);
        let segments = steps.div_ceil(m);
        let work = &mut self.work;
        reshape(&mut work.z, z_0.dim());
        reshape(&mut work.a, z_0.dim());
        reserve(&mut work.kept, segments, z_0.dim());
        reserve(&mut work.segment, m, z_0.dim());
        work.tapes.resize_with(m * stages, F::Tape::default);
        let (z, a) = (&mut work.z, &mut work.a);

        // ANCHOR: through
        z.assign(&z_0);
        for n in 0..m * (segments - 1) {
            if n % m == 0 {
                work.kept[n / m].assign(z);
            }
            let tape = &mut work.tapes[0];
            scheme.advance(n, z, &mut work.forward, |_, t, y, k| field.value(y, t, theta, tape, k))?;
        }
        work.kept[segments - 1].assign(z);

        let mut total = 0.0;
        a.fill(0.0);
        for s in (0..segments).rev() {
            let (first, end) = (s * m, steps.min((s + 1) * m));
            z.assign(&work.kept[s]);
            for n in first..end {
                let tapes = &mut work.tapes[(n - first) * stages..];
                scheme.advance(n, z, &mut work.forward, |i, t, y, k| {
                    field.value(y, t, theta, &mut tapes[i], k)
                })?;
                work.segment[n - first].assign(z);
            }
            for n in (first..end).rev() {
                total += loss(n + 1, work.segment[n - first].view(), a.view_mut());
                let tapes = &mut work.tapes[(n - first) * stages..];
                tableau.step_back(h, a, &mut work.backward, |i, k, y| {
                    field.pull_back(theta, &mut tapes[i], k, y, gradient)
                })?;
            }
        }
        Ok(total + loss(0, z_0, a.view_mut()))
        // ANCHOR_END: through
    }
}
