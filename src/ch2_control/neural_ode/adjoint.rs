//! Theorem 2.3 as a program: ȧ = −(∂_z f)ᵀa backwards from a(T) = ∇L, with dL/dθ = ∫ aᵀ∂_θ f ds (2.5) accumulated on the
//! way, which is (2.6). ("Optimize, then discretize".)
//!
//! The states along which the equation is linear either are kept from the forward solve, with a cubic Hermite
//! interpolant of order h⁴ between them, or come from solving ż = f backwards as well.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Zip};

use super::field::VectorField;
use super::gradient::{Gradient, Loss, reserve, reshape};
use super::runge_kutta::finite_state;
use crate::Result;

/// Writes (∂_z f)ᵀa into `out` and adds `weight` · (∂_θ f)ᵀa to `gradient`: the pull-back is linear in a.
fn weighted<F: VectorField>(
    field: &F,
    theta: &[f64],
    tape: &mut F::Tape,
    (a, weight): (ArrayView2<f64>, f64),
    scaled: &mut Array2<f64>,
    mut out: ArrayViewMut2<f64>,
    (gradient, ignored): (&mut [f64], &mut [f64]),
) -> Result<()> {
    if weight == 0.0 {
        return field.pull_back(theta, tape, a, out, ignored);
    }
    Zip::from(&mut *scaled).and(a).for_each(|scaled, a| *scaled = weight * a);
    field.pull_back(theta, tape, scaled.view(), out.view_mut(), gradient)?;
    out /= weight;
    Ok(())
}

impl<F: VectorField> Gradient<F> {
    // ANCHOR: stored
    pub(super) fn stored_adjoint(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        loss: &mut Loss<'_>,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let (scheme, h, steps) = (self.scheme, self.scheme.h(), self.scheme.steps());
        let tableau = scheme.tableau();
        let work = &mut self.work;
        reserve(&mut work.kept, steps + 1, z_0.dim());
        reserve(&mut work.scratch, 4, z_0.dim());
        reshape(&mut work.z, z_0.dim());
        reshape(&mut work.a, z_0.dim());
        work.tapes.resize_with(3, F::Tape::default);
        work.ignored.resize(theta.len(), 0.0);

        work.kept[0].assign(&z_0);
        work.z.assign(&z_0);
        for n in 0..steps {
            let tape = &mut work.tapes[0];
            let slope = |_: usize, t: f64, y: ArrayView2<f64>, k: ArrayViewMut2<f64>| {
                field.value(y, t, theta, tape, k)
            };
            scheme.advance(n, &mut work.z, &mut work.forward, slope)?;
            work.kept[n + 1].assign(&work.z);
        }

        let (z, a) = (&mut work.z, &mut work.a);
        let [late, middle, early] = &mut work.tapes[..] else { unreachable!("three tapes were made above") };
        let [late_slope, early_slope, unused, scaled] = &mut work.scratch[..] else {
            unreachable!("four matrices were made above")
        };
        work.backward.fit(tableau, z_0.dim());
        a.fill(0.0);
        let mut total = loss(steps, work.kept[steps].view(), a.view_mut());
        field.value(work.kept[steps].view(), scheme.time(steps), theta, late, late_slope.view_mut())?;
        for n in (0..steps).rev() {
            let (t, before, after) = (scheme.time(n), &work.kept[n], &work.kept[n + 1]);
            field.value(before.view(), t, theta, early, early_slope.view_mut())?;
            if tableau.stages() > 1 {
                Zip::from(&mut *z).and(before).and(after).and(&*early_slope).and(&*late_slope).for_each(
                    |z, before, after, early, late| *z = 0.5 * (before + after) + 0.125 * h * (early - late),
                );
                field.value(z.view(), t + 0.5 * h, theta, middle, unused.view_mut())?;
            }
            for i in 0..tableau.stages() {
                let tape = match tableau.node(i) {
                    0.0 => &mut *late,
                    1.0 => &mut *early,
                    _ => &mut *middle,
                };
                let (y, k) = work.backward.stage(tableau, i, h, a);
                let weight = h * tableau.weight(i);
                weighted(field, theta, tape, (y, weight), scaled, k, (gradient, &mut work.ignored))?;
            }
            work.backward.finish(tableau, h, a);
            total += loss(n, before.view(), a.view_mut());
            std::mem::swap(late, early);
            std::mem::swap(late_slope, early_slope);
        }
        Ok(total)
    }
    // ANCHOR_END: stored

    // ANCHOR: resolved
    pub(super) fn resolved_adjoint(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        loss: &mut Loss<'_>,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let (scheme, h, steps) = (self.scheme, self.scheme.h(), self.scheme.steps());
        let tableau = scheme.tableau();
        let work = &mut self.work;
        reserve(&mut work.scratch, 1, z_0.dim());
        reshape(&mut work.z, z_0.dim());
        reshape(&mut work.a, z_0.dim());
        work.tapes.resize_with(1, F::Tape::default);
        work.ignored.resize(theta.len(), 0.0);
        let (z, a, tape, scaled) = (&mut work.z, &mut work.a, &mut work.tapes[0], &mut work.scratch[0]);

        z.assign(&z_0);
        let mut total = 0.0;
        for n in 0..steps {
            // The value belongs to this state, the derivative to the one that comes back.
            total += loss(n, z.view(), a.view_mut());
            let slope = |_: usize, t: f64, y: ArrayView2<f64>, k: ArrayViewMut2<f64>| {
                field.value(y, t, theta, &mut *tape, k)
            };
            scheme.advance(n, z, &mut work.forward, slope)?;
        }

        work.backward.fit(tableau, z_0.dim());
        a.fill(0.0);
        total += loss(steps, z.view(), a.view_mut());
        for n in (0..steps).rev() {
            let t = scheme.time(n + 1);
            for i in 0..tableau.stages() {
                let (y, k) = work.forward.stage(tableau, i, -h, z);
                field.value(y, t - tableau.node(i) * h, theta, tape, k)?;
                let (y, k) = work.backward.stage(tableau, i, h, a);
                let weight = h * tableau.weight(i);
                weighted(field, theta, tape, (y, weight), scaled, k, (gradient, &mut work.ignored))?;
            }
            work.forward.finish(tableau, -h, z);
            work.backward.finish(tableau, h, a);
            finite_state(z, n)?;
            loss(n, z.view(), a.view_mut());
        }
        Ok(total)
    }
    // ANCHOR_END: resolved
}
