//! Forward sensitivity: ḣ_j = ∂_z f h_j + ∂_{θ_j} f, h_j(T₀) = 0, for all P parameters beside ż = f; then (2.7),
//! ∂_{θ_j} L = Σ ∇L · h_j. The scheme commutes with the derivative, so this too is the derivative of the discrete loss.

use ndarray::ArrayView2;

use super::field::{VectorField, rows};
use super::gradient::{Gradient, Loss, reserve, reshape};
use crate::Result;

impl<F: VectorField> Gradient<F> {
    // ANCHOR: sensitivity
    pub(super) fn sensitivity(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        loss: &mut Loss<'_>,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let (points, d) = z_0.dim();
        let scheme = self.scheme;
        let work = &mut self.work;
        reshape(&mut work.z, ((1 + theta.len()) * points, d));
        reserve(&mut work.scratch, 1, z_0.dim());
        work.tapes.resize_with(2, F::Tape::default);
        let (jet, cotangent) = (&mut work.z, &mut work.scratch[0]);
        jet.fill(0.0);
        jet.iter_mut().zip(&z_0).for_each(|(jet, z)| *jet = *z);
        let mut total = 0.0;
        for n in 0..=scheme.steps() {
            cotangent.fill(0.0);
            total += loss(n, rows(jet.view(), 0..points), cotangent.view_mut());
            for (j, gradient) in gradient.iter_mut().enumerate() {
                let h = rows(jet.view(), (j + 1) * points..(j + 2) * points);
                *gradient += h.iter().zip(cotangent.iter()).map(|(h, a)| h * a).sum::<f64>();
            }
            if n == scheme.steps() {
                break;
            }
            let [tape, local] = &mut work.tapes[..] else { unreachable!("two tapes were made above") };
            scheme.advance(n, jet, &mut work.forward, |_, t, y, mut k| {
                field.push_forward(y, points, t, theta, tape, k.view_mut())?;
                field.add_parameter_tangents(rows(y, 0..points), t, theta, local, k)
            })?;
        }
        Ok(total)
    }
    // ANCHOR_END: sensitivity
}
