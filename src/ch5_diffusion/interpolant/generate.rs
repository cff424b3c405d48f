//! Equation (5.9): dY/ds = −v(Y, T − s), Y(0) ~ N(0, I), from noise to data in s from 0 to T.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::Result;
use crate::ch2_control::neural_ode::{FixedStep, Stages, Tableau};
use crate::error::positive;

/// Y(T) for Y(0) = `noise`, one point a row, by `steps` steps of an explicit scheme. `velocity(t, x, out)` writes v(x, t), t
/// being the time of the path: 0 at the data, T = `horizon` at the noise.
///
/// # Errors
/// No steps, a horizon that is not positive, errors of `velocity`, and a state that leaves the finite numbers.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::Tableau;
/// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path, generate}, mixture::Mixture};
/// // Data N(1, ½²): the flow is z ↦ 1 + z/2.
/// let exact = ExactVelocity::new(Mixture::isotropic(&[1.0], &[[1.0]], 0.5)?, Path::linear(1.0)?);
/// let y = generate(Tableau::RK4, 1.0, 40, array![[-2.0], [1.0]].view(), |t, x, v| exact.write(t, x, v))?;
/// assert!((y[[0, 0]] - 0.0).abs() < 1e-5 && (y[[1, 0]] - 1.5).abs() < 1e-5);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn generate(
    tableau: Tableau,
    horizon: f64,
    steps: usize,
    noise: ArrayView2<f64>,
    velocity: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
) -> Result<Array2<f64>> {
    run(tableau, horizon, steps, noise, velocity, |_| ())
}

/// Y at s = kT/`steps`, k = 0, …, `steps`: the first is the noise, the last the data.
///
/// # Errors
/// As [`generate`].
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::Tableau;
/// use sdml::ch5_diffusion::interpolant::{Empirical, Path, trajectories};
/// // If the data are 3 alone, the noise 1 goes there in a straight line at constant speed.
/// let data = Empirical::new(array![[3.0]].view(), Path::linear(1.0)?)?;
/// let way = trajectories(Tableau::EULER, 1.0, 2, array![[1.0]].view(), |t, x, v| data.write(t, x, v))?;
/// assert_eq!(way, [array![[1.0]], array![[2.0]], array![[3.0]]]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn trajectories(
    tableau: Tableau,
    horizon: f64,
    steps: usize,
    noise: ArrayView2<f64>,
    velocity: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
) -> Result<Vec<Array2<f64>>> {
    let mut states = Vec::with_capacity(steps + 1);
    run(tableau, horizon, steps, noise, velocity, |y| states.push(y.to_owned()))?;
    Ok(states)
}

// ANCHOR: generate
fn run(
    tableau: Tableau,
    horizon: f64,
    steps: usize,
    noise: ArrayView2<f64>,
    mut velocity: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    mut observe: impl FnMut(ArrayView2<f64>),
) -> Result<Array2<f64>> {
    positive("horizon", horizon)?;
    let mut y = noise.to_owned();
    let reversed = |s: f64, y: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
        let t = horizon - s;
        // A last stage at T is at T whatever the rounding of s.
        let t = if t > 1e-12 * horizon { t } else { 0.0 };
        velocity(t, y, out.view_mut())?;
        out.mapv_inplace(|v| -v);
        Ok(())
    };
    FixedStep::new(tableau, 0.0, horizon, steps)?.solve(
        &mut y,
        &mut Stages::default(),
        reversed,
        |_, _, y| observe(y),
    )?;
    Ok(y)
}
// ANCHOR_END: generate
