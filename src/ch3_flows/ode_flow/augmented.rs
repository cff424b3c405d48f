//! The augmented system (3.10): dY/dt = F(Y, t, θ), dJ/dt = −∇·F(Y, t, θ), as a vector field of Section 2.3.

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::FlowField;
use crate::ch2_control::neural_ode::{VectorField, check_jet, check_shape};
use crate::{Error, Result};

/// (Y, J) on ℝᵈ⁺¹: with J(0) = log p_Z(Y(0)), J(t) is the log-density of Y(t) at Y(t).
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::VectorField;
/// use sdml::ch3_flows::ode_flow::{Augmented, AugmentedTape, CubicField};
/// let field = Augmented(CubicField);
/// let mut out = Array2::zeros((1, 2));
/// field.value(array![[2.0, 0.0]].view(), 0.0, &[], &mut AugmentedTape::default(), out.view_mut())?;
/// // F = −y³, and −∇·F = 3y².
/// assert_eq!(out, array![[-8.0, 12.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmented<F>(pub F);

/// The field's tape, and the cotangent of the divergence.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::VectorField;
/// use sdml::ch3_flows::ode_flow::{Augmented, AugmentedTape, CubicField};
/// let (field, mut tape, mut out) = (Augmented(CubicField), AugmentedTape::default(), Array2::zeros((1, 2)));
/// field.value(array![[2.0, 0.0]].view(), 0.0, &[], &mut tape, out.view_mut())?;
/// // The derivative of J̇ = 3y² in y, at the point that was kept.
/// field.pull_back(&[], &mut tape, array![[0.0, 1.0]].view(), out.view_mut(), &mut [])?;
/// assert_eq!(out, array![[12.0, 0.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct AugmentedTape<T> {
    inner: T,
    b: Array1<f64>,
}

impl<F: FlowField> Augmented<F> {
    /// Writes the derivative in y of F_i, or of ∇·F for i = d, at every point into `out`.
    fn slope(
        &self,
        theta: &[f64],
        tape: &mut AugmentedTape<F::Tape>,
        i: usize,
        mut out: ArrayViewMut2<f64>,
        ignored: &mut [f64],
    ) -> Result<()> {
        let (n, d) = out.dim();
        let (mut a, mut b) = (Array2::zeros((n, d)), Array1::zeros(n));
        if i < d {
            a.column_mut(i).fill(1.0);
        } else {
            b.fill(1.0);
        }
        self.0.pull_back(theta, &mut tape.inner, a.view(), b.view(), out.view_mut(), ignored)
    }
}

impl<F: FlowField> VectorField for Augmented<F> {
    type Tape = AugmentedTape<F::Tape>;

    fn dimension(&self) -> usize {
        self.0.dimension() + 1
    }

    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    // ANCHOR: value
    fn value(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let d = self.0.dimension();
        if z.ncols() != d + 1 || out.dim() != z.dim() {
            let shapes = format!("{:?} and {:?}", z.dim(), out.dim());
            return Err(Error::argument("z and out", shapes, format!("two matrices of {} columns", d + 1)));
        }
        let (f, j) = out.split_at(Axis(1), d);
        let mut j = j.index_axis_move(Axis(1), 0);
        let y = z.slice_axis(Axis(1), Slice::from(..d));
        self.0.value(y, t, theta, &mut tape.inner, f, j.view_mut())?;
        j.mapv_inplace(|divergence| -divergence);
        Ok(())
    }
    // ANCHOR_END: value

    // ANCHOR: pull_back
    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Self::Tape,
        a: ArrayView2<f64>,
        out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        let d = self.0.dimension();
        check_shape("a", a.dim(), (a.nrows(), d + 1))?;
        check_shape("out", out.dim(), a.dim())?;
        let (a_y, a_j) = a.split_at(Axis(1), d);
        if tape.b.len() != a.nrows() {
            tape.b = Array1::zeros(a.nrows());
        }
        tape.b.zip_mut_with(&a_j.index_axis(Axis(1), 0), |b, a| *b = -a);
        // Nothing depends on J.
        let (out_y, mut out_j) = out.split_at(Axis(1), d);
        out_j.fill(0.0);
        self.0.pull_back(theta, &mut tape.inner, a_y, tape.b.view(), out_y, gradient)
    }
    // ANCHOR_END: pull_back

    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        t: f64,
        theta: &[f64],
        tape: &mut Self::Tape,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let d = self.0.dimension();
        check_jet(self, jet.dim(), points, out.dim())?;
        let (z, tangents) = jet.split_at(Axis(0), points);
        let (values, mut slopes) = out.view_mut().split_at(Axis(0), points);
        self.value(z, t, theta, tape, values)?;
        let mut ignored = vec![0.0; self.parameters()];
        let mut row = Array2::zeros((points, d));
        for i in 0..=d {
            self.slope(theta, tape, i, row.view_mut(), &mut ignored)?;
            let sign = if i < d { 1.0 } else { -1.0 };
            for (n, (mut slope, tangent)) in slopes.rows_mut().into_iter().zip(tangents.rows()).enumerate() {
                let along = tangent.slice_axis(Axis(0), Slice::from(..d));
                slope[i] = sign * row.row(n % points).dot(&along);
            }
        }
        Ok(())
    }

    fn held(&self, tape: &Self::Tape) -> usize {
        self.0.held(&tape.inner) + tape.b.len()
    }
}
