//! Fields in closed form: written for one point, with both Jacobians by hand. The references of this section.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::{VectorField, check_jet, check_length, check_shape};
use crate::{Error, Result};

/// f: ℝᴰ → ℝᴰ with P parameters, point by point.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{ClosedForm, Pointwise, trajectory};
/// /// ż = θz(1 − z).
/// struct Logistic;
/// impl ClosedForm<1, 1> for Logistic {
///     fn f(&self, z: &[f64; 1], _t: f64, theta: &[f64; 1]) -> [f64; 1] { [theta[0] * z[0] * (1.0 - z[0])] }
///     fn state_jacobian(&self, z: &[f64; 1], _t: f64, theta: &[f64; 1]) -> [[f64; 1]; 1] {
///         [[theta[0] * (1.0 - 2.0 * z[0])]]
///     }
///     fn parameter_jacobian(&self, z: &[f64; 1], _t: f64, _theta: &[f64; 1]) -> [[f64; 1]; 1] {
///         [[z[0] * (1.0 - z[0])]]
///     }
/// }
/// // From ½ it is 1/(1 + e^{−θt}).
/// let states = trajectory(&Pointwise(Logistic), &[1.0], array![[0.5]], 2.0, 1, 100)?;
/// assert!((states[1][[0, 0]] - 1.0 / (1.0 + (-2f64).exp())).abs() < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait ClosedForm<const D: usize, const P: usize>: Sync {
    /// f(z, t, θ).
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{ClosedForm, Relaxation};
    /// // −θ₁(z − θ₂ cos t) at t = 0.
    /// assert_eq!(Relaxation.f(&[3.0], 0.0, &[2.0, 1.0]), [-4.0]);
    /// ```
    fn f(&self, z: &[f64; D], t: f64, theta: &[f64; P]) -> [f64; D];

    /// ∂f_i/∂z_j in row i, column j.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{ClosedForm, Pendulum};
    /// // At the lower rest: q̇ = v, v̇ = −θ₁q − θ₂v.
    /// assert_eq!(Pendulum.state_jacobian(&[0.0, 0.0], 0.0, &[1.0, 0.25]), [[0.0, 1.0], [-1.0, -0.25]]);
    /// ```
    fn state_jacobian(&self, z: &[f64; D], t: f64, theta: &[f64; P]) -> [[f64; D]; D];

    /// ∂f_i/∂θ_j in row i, column j.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{ClosedForm, Pendulum};
    /// // The force −θ₁ sin q − θ₂v by θ₁ and θ₂; the velocity depends on neither.
    /// assert_eq!(Pendulum.parameter_jacobian(&[0.0, 2.0], 0.0, &[1.0, 0.25]), [[0.0, 0.0], [0.0, -2.0]]);
    /// ```
    fn parameter_jacobian(&self, z: &[f64; D], t: f64, theta: &[f64; P]) -> [[f64; P]; D];
}

/// A [`ClosedForm`] field as a [`VectorField`].
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::{Pendulum, Pointwise, VectorField};
/// let field = Pointwise(Pendulum);
/// let (mut tape, mut out) = (Default::default(), Array2::zeros((1, 2)));
/// field.value(array![[0.0, 2.0]].view(), 0.0, &[1.0, 0.25], &mut tape, out.view_mut())?;
/// assert_eq!(out, array![[2.0, -0.5]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointwise<F, const D: usize, const P: usize>(pub F)
where
    F: ClosedForm<D, P>;

/// The points of the last evaluation and their time.
///
/// ```
/// use ndarray::{Array2, array};
/// use sdml::ch2_control::neural_ode::{Pointwise, Relaxation, VectorField, Visited};
/// let (field, mut tape, mut out) = (Pointwise(Relaxation), Visited::default(), Array2::zeros((3, 1)));
/// field.value(array![[1.0], [2.0], [3.0]].view(), 0.0, &[0.5, 0.0], &mut tape, out.view_mut())?;
/// // Both Jacobians follow from the three points.
/// assert_eq!((field.held(&tape), out), (3, array![[-0.5], [-1.0], [-1.5]]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Visited {
    z: Array2<f64>,
    t: f64,
}

fn point<const D: usize>(z: ArrayView2<f64>, row: usize) -> [f64; D] {
    std::array::from_fn(|i| z[[row, i]])
}

impl<F: ClosedForm<D, P>, const D: usize, const P: usize> Pointwise<F, D, P> {
    fn theta(theta: &[f64]) -> Result<&[f64; P]> {
        theta.try_into().map_err(|_| Error::argument("theta.len()", theta.len(), format!("{P}")))
    }
}

impl<F: ClosedForm<D, P>, const D: usize, const P: usize> VectorField for Pointwise<F, D, P> {
    type Tape = Visited;

    fn dimension(&self) -> usize {
        D
    }

    fn parameters(&self) -> usize {
        P
    }

    fn value(
        &self,
        z: ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut Visited,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let theta = Self::theta(theta)?;
        check_shape("z", z.dim(), (z.nrows(), D))?;
        check_shape("out", out.dim(), z.dim())?;
        if tape.z.dim() != z.dim() {
            tape.z = Array2::zeros(z.dim());
        }
        tape.z.assign(&z);
        tape.t = t;
        for (row, mut out) in out.rows_mut().into_iter().enumerate() {
            let f = self.0.f(&point(z, row), t, theta);
            (0..D).for_each(|i| out[i] = f[i]);
        }
        Ok(())
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut Visited,
        a: ArrayView2<f64>,
        mut out: ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> Result<()> {
        let theta = Self::theta(theta)?;
        check_shape("a", a.dim(), (tape.z.nrows(), D))?;
        check_shape("out", out.dim(), a.dim())?;
        check_length("gradient.len()", gradient.len(), self)?;
        for row in 0..a.nrows() {
            let (z, a) = (point(tape.z.view(), row), point::<D>(a, row));
            let in_state = self.0.state_jacobian(&z, tape.t, theta);
            let in_theta = self.0.parameter_jacobian(&z, tape.t, theta);
            for j in 0..D {
                out[[row, j]] = (0..D).map(|i| in_state[i][j] * a[i]).sum();
            }
            for (j, gradient) in gradient.iter_mut().enumerate() {
                *gradient += (0..D).map(|i| in_theta[i][j] * a[i]).sum::<f64>();
            }
        }
        Ok(())
    }

    fn push_forward(
        &self,
        jet: ArrayView2<f64>,
        points: usize,
        t: f64,
        theta: &[f64],
        _tape: &mut Visited,
        mut out: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let theta = Self::theta(theta)?;
        check_jet(self, jet.dim(), points, out.dim())?;
        for row in 0..points {
            let z = point(jet, row);
            let f = self.0.f(&z, t, theta);
            let jacobian = self.0.state_jacobian(&z, t, theta);
            (0..D).for_each(|i| out[[row, i]] = f[i]);
            for tangent in (row + points..jet.nrows()).step_by(points) {
                for i in 0..D {
                    out[[tangent, i]] = (0..D).map(|j| jacobian[i][j] * jet[[tangent, j]]).sum();
                }
            }
        }
        Ok(())
    }

    fn held(&self, tape: &Visited) -> usize {
        tape.z.len()
    }
}

/// The damped pendulum, z = (q, v): q̇ = v, v̇ = −θ₁ sin q − θ₂ v.
///
/// ```
/// use sdml::ch2_control::neural_ode::{ClosedForm, PENDULUM, Pendulum};
/// let (q, v): (f64, f64) = (0.5, 2.0);
/// let f = Pendulum.f(&[q, v], 0.0, &PENDULUM);
/// // The energy ½v² − θ₁ cos q changes at the rate −θ₂v².
/// assert!((PENDULUM[0] * q.sin() * f[0] + v * f[1] + PENDULUM[1] * v * v).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pendulum;

impl ClosedForm<2, 2> for Pendulum {
    fn f(&self, &[q, v]: &[f64; 2], _t: f64, &[stiffness, damping]: &[f64; 2]) -> [f64; 2] {
        [v, -stiffness * q.sin() - damping * v]
    }

    fn state_jacobian(&self, &[q, _]: &[f64; 2], _t: f64, theta: &[f64; 2]) -> [[f64; 2]; 2] {
        [[0.0, 1.0], [-theta[0] * q.cos(), -theta[1]]]
    }

    fn parameter_jacobian(&self, &[q, v]: &[f64; 2], _t: f64, _theta: &[f64; 2]) -> [[f64; 2]; 2] {
        [[0.0, 0.0], [-q.sin(), -v]]
    }
}

/// A slow variable and one that follows it at the rate θ₁: ẋ = −θ₁(x − sin 3u), u̇ = θ₂ cos x − u/2.
///
/// Forwards x forgets where it came from like e^{−θ₁t}; backwards, an error in x grows like e^{θ₁t}.
///
/// ```
/// use sdml::ch2_control::neural_ode::{ClosedForm, SlowFast};
/// let theta = [10.0, 0.7];
/// assert_eq!(SlowFast.f(&[0.0, 0.0], 0.0, &theta), [0.0, 0.7]);
/// assert_eq!(SlowFast.state_jacobian(&[0.0, 0.0], 0.0, &theta), [[-10.0, 30.0], [0.0, -0.5]]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowFast;

impl ClosedForm<2, 2> for SlowFast {
    fn f(&self, &[x, u]: &[f64; 2], _t: f64, &[rate, drive]: &[f64; 2]) -> [f64; 2] {
        [-rate * (x - (3.0 * u).sin()), drive * x.cos() - 0.5 * u]
    }

    fn state_jacobian(&self, &[x, u]: &[f64; 2], _t: f64, &[rate, drive]: &[f64; 2]) -> [[f64; 2]; 2] {
        [[-rate, 3.0 * rate * (3.0 * u).cos()], [-drive * x.sin(), -0.5]]
    }

    fn parameter_jacobian(&self, &[x, u]: &[f64; 2], _t: f64, _theta: &[f64; 2]) -> [[f64; 2]; 2] {
        [[-(x - (3.0 * u).sin()), 0.0], [0.0, x.cos()]]
    }
}

/// ż = −θ₁(z − θ₂ cos t): a relaxation towards a moving point, solved by
/// z(t) = θ₁θ₂(θ₁ cos t + sin t)/(θ₁² + 1) + e^{−θ₁t}(z(0) − θ₁²θ₂/(θ₁² + 1)).
///
/// ```
/// use sdml::ch2_control::neural_ode::{ClosedForm, Relaxation};
/// // The derivative of the solution by central differences, against f.
/// let (theta, z) = ([2.0, 1.0], |t: f64| Relaxation.solution(0.7, t, [2.0, 1.0]));
/// let slope = (z(0.5 + 1e-5) - z(0.5 - 1e-5)) / 2e-5;
/// assert!((slope - Relaxation.f(&[z(0.5)], 0.5, &theta)[0]).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relaxation;

impl Relaxation {
    /// z(t) from z(0) = `z_0`.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Relaxation;
    /// assert!((Relaxation.solution(0.7, 0.0, [2.0, 1.0]) - 0.7).abs() < 1e-15);
    /// ```
    pub fn solution(&self, z_0: f64, t: f64, [rate, amplitude]: [f64; 2]) -> f64 {
        let gain = rate * amplitude / (rate * rate + 1.0);
        gain * (rate * t.cos() + t.sin()) + (-rate * t).exp() * (z_0 - gain * rate)
    }
}

impl ClosedForm<1, 2> for Relaxation {
    fn f(&self, &[z]: &[f64; 1], t: f64, &[rate, amplitude]: &[f64; 2]) -> [f64; 1] {
        [-rate * (z - amplitude * t.cos())]
    }

    fn state_jacobian(&self, _z: &[f64; 1], _t: f64, &[rate, _]: &[f64; 2]) -> [[f64; 1]; 1] {
        [[-rate]]
    }

    fn parameter_jacobian(&self, &[z]: &[f64; 1], t: f64, &[rate, amplitude]: &[f64; 2]) -> [[f64; 2]; 1] {
        [[-(z - amplitude * t.cos()), rate * t.cos()]]
    }
}
