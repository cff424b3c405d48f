//! A neural jump process: between fixed times τ₁ < τ₂ < … the equation (2.3), at τ_k a jump X(τ_k) = γ(X(τ_k−), m_k, θ)
//! with a mark m_k. The times do not depend on θ, so that the path does so smoothly, and the adjoint jumps as well:
//!
//! a(τ_k−) = (∇ₓγ)ᵀ a(τ_k),   y(τ_k−) = y(τ_k) + (∇_θγ)ᵀ a(τ_k).

use super::controlled::{Controlled, WithParameters, axis, dot};
use super::driver::Driver;
use super::gradient::{Gradient, Loss, checked, finish};
use super::steps::{Record, StepGradient};
use crate::ch1_preliminaries::sde::{Dual, Grid, Number, Step, Stratonovich};
use crate::error::finite;
use crate::{Error, Result};

/// Where a jump leads: x ↦ γ(x, m, θ).
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Dual, Number};
/// use sdml::ch2_control::neural_sde::Jump;
/// /// x ↦ x + θm.
/// struct Kick;
/// impl Jump<1, 1> for Kick {
///     fn jump<S: Number>(&self, x: &[S; 1], mark: f64, theta: &[S; 1]) -> [S; 1] { [x[0] + theta[0] * mark] }
/// }
/// assert_eq!(Kick.jump(&[1.0], 3.0, &[0.5]), [2.5]);
/// // Its derivative in θ is the mark.
/// let (x, theta) = (Dual { value: 1.0, slope: 0.0 }, Dual { value: 0.5, slope: 1.0 });
/// assert_eq!(Kick.jump(&[x], 3.0, &[theta])[0].slope, 3.0);
/// ```
pub trait Jump<const D: usize, const P: usize> {
    /// γ(x, m, θ).
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Number, ch2_control::neural_sde::Jump};
    /// /// x ↦ x (1 + θm).
    /// struct Crash;
    /// impl Jump<1, 1> for Crash {
    ///     fn jump<S: Number>(&self, x: &[S; 1], mark: f64, theta: &[S; 1]) -> [S; 1] {
    ///         [x[0] * (theta[0] * mark + 1.0)]
    ///     }
    /// }
    /// assert_eq!(Crash.jump(&[4.0], -1.0, &[0.25]), [3.0]);
    /// ```
    fn jump<S: Number>(&self, x: &[S; D], mark: f64, theta: &[S; P]) -> [S; D];
}

/// The gradient of L(X(T)) in θ through the steps of `scheme` and the jumps, on one path of the noise with the `times`
/// and marks of the jumps given.
///
/// # Errors
/// Parameters or a start that are not finite; times of jumps that do not increase strictly within (T₀, T); as
/// [`PathGradient::through_steps`](super::PathGradient::through_steps).
///
/// ```
/// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Heun, Number, Stratonovich}};
/// use sdml::ch2_control::neural_sde::{GeometricFamily, Jump, jump_gradient};
/// use sdml::random::Streams;
/// /// X ↦ X (1 + θ₂ m).
/// struct Crash;
/// impl Jump<1, 2> for Crash {
///     fn jump<S: Number>(&self, x: &[S; 1], mark: f64, theta: &[S; 2]) -> [S; 1] {
///         [x[0] * (theta[1] * mark + 1.0)]
///     }
/// }
/// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
/// let times = [(0.3, -0.5), (0.8, 1.0)];
/// let family = GeometricFamily(Stratonovich);
/// let gradient = jump_gradient(
///     Heun, (&family, &Crash), [0.0, 0.0], [1.0], (0.0, 1.0, 50), &times, &mut tree.cursor(), |[x]| (*x, [1.0]),
/// )?;
/// // At θ = 0, X(1) = 1 and ∂X(1)/∂θ₂ = B(1) + Σ m: the noise's share and the jumps'.
/// assert!((gradient.parameters[1] - (tree.at(1.0)?[0] + 0.5)).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[allow(
    clippy::too_many_arguments,
    reason = "a jump process is an equation, its jumps, and where they happen"
)]
// ANCHOR: jump_gradient
pub fn jump_gradient<'a, S, E, J, const D: usize, const M: usize, const P: usize>(
    scheme: S,
    (equation, jumps): (&'a E, &J),
    theta: [f64; P],
    start: [f64; D],
    (from, to, steps): (f64, f64, usize),
    times: &[(f64, f64)],
    path: &mut impl Driver<M>,
    loss: impl Loss<D>,
) -> Result<Gradient<D, P>>
where
    S: StepGradient + Step<WithParameters<'a, E, P>, D, M>,
    E: Controlled<D, M, P, Calculus = Stratonovich>,
    J: Jump<D, P>,
{
    for value in start {
        finite("start", value)?;
    }
    let model = WithParameters::new(equation, theta)?;
    let ends = times.iter().map(|(time, _)| *time).chain([to]);
    let (mut x, mut t, mut records) = (start, from, Vec::new());
    for (k, end) in ends.enumerate() {
        if end.is_nan() || end <= t || end > to {
            return Err(Error::argument("times", end, format!("increasing between {from} and {to}")));
        }
        let mut record = Record::new(scheme, x);
        record.extend(&model, &Grid::new(t, end, steps)?, path)?;
        x = record.end();
        t = end;
        records.push(record);
        if let Some(&(_, mark)) = times.get(k) {
            x = jumps.jump(&x, mark, &theta);
        }
    }
    let (value, mut a) = checked(&loss, &x, steps)?;
    let mut gradient = [0.0; P];
    for (k, record) in records.iter().enumerate().rev() {
        if let Some(&(_, mark)) = times.get(k) {
            let along = |u: &[f64; D], v: &[f64; P]| {
                dot(&a, &jump_along(jumps, (&record.end(), u), mark, (&theta, v)))
            };
            gradient.iter_mut().enumerate().for_each(|(m, sum)| *sum += along(&[0.0; D], &axis(m)));
            a = std::array::from_fn(|i| along(&axis(i), &[0.0; P]));
        }
        a = record.pull_back(&model, a, &mut gradient);
    }
    finish(value, x, gradient, a, records.iter().map(Record::held).sum())
}
// ANCHOR_END: jump_gradient

/// The derivative of γ along u and v.
fn jump_along<J: Jump<D, P>, const D: usize, const P: usize>(
    jumps: &J,
    (x, u): (&[f64; D], &[f64; D]),
    mark: f64,
    (theta, v): (&[f64; P], &[f64; P]),
) -> [f64; D] {
    let x = std::array::from_fn(|i| Dual { value: x[i], slope: u[i] });
    let theta = std::array::from_fn(|m| Dual { value: theta[m], slope: v[m] });
    jumps.jump(&x, mark, &theta).map(|entry| entry.slope)
}
