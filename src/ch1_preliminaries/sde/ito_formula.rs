//! Theorem 1.12: df(X, t) = ∂_t f dt + ∇f·dX + D:∇²f dt with D = ½σσᵀ (Itô, 1.10), and df = ∂_t f dt + ∇f ∘ dX
//! (Stratonovich, 1.11); what is left of either along a path.

use super::conversion::theta;
use super::equation::{Equation, Ito, Stratonovich, diffusion_matrix, times};
use super::increments::Increments;
use super::number::{Dual, Number};
use crate::{Error, Result};

/// A function f(x, t), written for any [`Number`] so that it can be differentiated twice.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Number, Observable, jet};
/// struct F;
/// impl Observable<2> for F {
///     fn value<S: Number>(&self, x: &[S; 2], t: S) -> S {
///         x[0].powi(2) * x[1] + t * x[1]
///     }
/// }
/// let jet = jet(&F, &[3.0, 5.0], 2.0);
/// assert_eq!((jet.value, jet.time_derivative), (55.0, 5.0));
/// assert_eq!(jet.gradient, [30.0, 11.0]);
/// assert_eq!(jet.hessian, [[10.0, 6.0], [6.0, 0.0]]);
/// ```
pub trait Observable<const D: usize> {
    /// f(x, t).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number, Observable};
    /// /// f(x, t) = t x².
    /// struct F;
    /// impl Observable<1> for F {
    ///     fn value<S: Number>(&self, x: &[S; 1], t: S) -> S { t * x[0].powi(2) }
    /// }
    /// assert_eq!(F.value(&[3.0], 2.0), 18.0);
    /// // The same formula gives ∂f/∂x = 2tx when it is fed with a dual.
    /// assert_eq!(F.value(&[Dual { value: 3.0, slope: 1.0 }], Dual::from(2.0)).slope, 12.0);
    /// ```
    fn value<S: Number>(&self, x: &[S; D], t: S) -> S;
}

/// f and the derivatives that Itô's formula uses, at one point.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Jet, Number, Observable, jet};
/// /// f(x, t) = x² + 3t.
/// struct F;
/// impl Observable<1> for F {
///     fn value<S: Number>(&self, x: &[S; 1], t: S) -> S { x[0].powi(2) + t * 3.0 }
/// }
/// let expected = Jet { value: 10.0, time_derivative: 3.0, gradient: [4.0], hessian: [[2.0]] };
/// assert_eq!(jet(&F, &[2.0], 2.0), expected);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet<const D: usize> {
    /// f.
    pub value: f64,
    /// ∂f/∂t.
    pub time_derivative: f64,
    /// ∇f: ∂f/∂x_i in place i.
    pub gradient: [f64; D],
    /// ∇²f: ∂²f/∂x_i∂x_k in place (i, k).
    pub hessian: [[f64; D]; D],
}

/// f and its derivatives at (x, t), by duals of duals.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Jet, Number, Observable, jet};
/// /// f(x, t) = x₁ x₂ t.
/// struct Product;
/// impl Observable<2> for Product {
///     fn value<S: Number>(&self, x: &[S; 2], t: S) -> S {
///         x[0] * x[1] * t
///     }
/// }
/// let Jet { time_derivative, gradient, hessian, .. } = jet(&Product, &[2.0, 3.0], 5.0);
/// assert_eq!((time_derivative, gradient, hessian), (6.0, [15.0, 10.0], [[0.0, 5.0], [5.0, 0.0]]));
/// ```
// ANCHOR: jet
pub fn jet<F: Observable<D>, const D: usize>(f: &F, x: &[f64; D], t: f64) -> Jet<D> {
    let second = |i: usize, k: usize| {
        let entry = |n: usize| Dual {
            value: Dual { value: x[n], slope: unit(n == k) },
            slope: Dual::from(unit(n == i)),
        };
        f.value(&std::array::from_fn(entry), Dual::from(t))
    };
    let in_time = f.value(&x.map(Dual::from), Dual { value: t, slope: 1.0 });
    Jet {
        value: in_time.value,
        time_derivative: in_time.slope,
        gradient: std::array::from_fn(|i| second(i, i).slope.value),
        hessian: std::array::from_fn(|i| std::array::from_fn(|k| second(i, k).slope.slope)),
    }
}
// ANCHOR_END: jet

fn unit(here: bool) -> f64 {
    f64::from(u8::from(here))
}

/// A:H = Σ_{i,k} A_ik H_ik.
fn contraction<const D: usize>(a: &[[f64; D]; D], h: &[[f64; D]; D]) -> f64 {
    a.iter().flatten().zip(h.iter().flatten()).map(|(a, h)| a * h).sum()
}

fn dot<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The drift of f(X, t) under an Itô equation: ∂_t f + ∇f·b + D:∇²f.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Number, Observable, OrnsteinUhlenbeck, ito_drift};
/// struct Square;
/// impl Observable<1> for Square {
///     fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
///         x[0].powi(2)
///     }
/// }
/// // d(X²) has drift 2aX² + σ².
/// assert_eq!(ito_drift(&OrnsteinUhlenbeck::new(-1.0, 3.0)?, &Square, &[2.0], 0.0), -8.0 + 9.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn ito_drift<E, F, const D: usize, const M: usize>(equation: &E, f: &F, x: &[f64; D], t: f64) -> f64
where
    E: Equation<D, M, Calculus = Ito>,
    F: Observable<D>,
{
    let jet = jet(f, x, t);
    jet.time_derivative
        + dot(&jet.gradient, &equation.drift(x, t))
        + contraction(&diffusion_matrix(equation, x, t), &jet.hessian)
}

/// κ of (1.13): −½ Σ_{i,j,k} ∂_k(∂_i f σ_ij) σ_kj, the term that takes Itô's formula back to Stratonovich's.
///
/// The proof of Theorem 1.12 (ii) shows that it equals −D:∇²f − ∇f·θ.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Number, Observable, kappa};
/// struct Square;
/// impl Observable<1> for Square {
///     fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
///         x[0].powi(2)
///     }
/// }
/// // For σ(x) = σx and f = x²: κ = −½ (2x · σx)' σx = −2σ²x².
/// assert_eq!(kappa(&GeometricBrownian::new(0.1, 0.5)?, &Square, &[2.0], 0.0), -2.0);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: kappa
pub fn kappa<E, F, const D: usize, const M: usize>(equation: &E, f: &F, x: &[f64; D], t: f64) -> f64
where
    E: Equation<D, M, Calculus = Stratonovich>,
    F: Observable<D>,
{
    let sigma = equation.diffusion(x, t);
    let along = |j: usize| {
        // x moves along σ_j; the derivative of f is taken along σ_j at the moving point.
        let moving: [Dual<f64>; D] = std::array::from_fn(|k| Dual { value: x[k], slope: sigma[k][j] });
        let columns = equation.diffusion(&moving, t);
        let entry = |i: usize| Dual { value: moving[i], slope: columns[i][j] };
        f.value(&std::array::from_fn(entry), Dual::from(t)).slope.slope
    };
    -0.5 * (0..M).map(along).sum::<f64>()
}
// ANCHOR_END: kappa

/// D:∇²f + ∇f·θ, which κ of (1.13) cancels.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, Number, Observable, stratonovich_correction};
/// /// f(x) = x₁².
/// struct FirstSquared;
/// impl Observable<2> for FirstSquared {
///     fn value<S: Number>(&self, x: &[S; 2], _t: S) -> S {
///         x[0].powi(2)
///     }
/// }
/// // On the circle D₁₁ = ½x₂² and θ = −½x: ½x₂² · 2 + 2x₁ · (−½x₁) = x₂² − x₁².
/// assert_eq!(stratonovich_correction(&Circle, &FirstSquared, &[3.0, 4.0], 0.0), 16.0 - 9.0);
/// ```
pub fn stratonovich_correction<E, F, const D: usize, const M: usize>(
    equation: &E,
    f: &F,
    x: &[f64; D],
    t: f64,
) -> f64
where
    E: Equation<D, M, Calculus = Stratonovich>,
    F: Observable<D>,
{
    let jet = jet(f, x, t);
    contraction(&diffusion_matrix(equation, x, t), &jet.hessian) + dot(&jet.gradient, &theta(equation, x, t))
}

/// The sums over a path that stand for the terms of a chain rule.
///
/// ```
/// use sdml::ch1_preliminaries::sde::ChainRule;
/// // d(B²) = 2B dB + dt on one step ΔB = 1, h = ½: what is left is ΔB² − h.
/// let rule = ChainRule { change: 1.0, drift: 0.0, noise: 0.0, second_order: 0.5 };
/// assert_eq!(rule.residual(), 1.0 - 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChainRule {
    /// f(X(T), T) − f(X(0), 0).
    pub change: f64,
    /// Σ (∂_t f + ∇f·b) h.
    pub drift: f64,
    /// Σ ∇fᵀσ ΔB, at the left ends for Itô's rule, averaged over both ends for Stratonovich's.
    pub noise: f64,
    /// Σ D:∇²f h for Itô's rule; 0 for Stratonovich's.
    pub second_order: f64,
}

impl ChainRule {
    /// What the rule leaves unexplained: the change minus all the terms.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::ChainRule;
    /// let rule = ChainRule { change: 3.0, drift: 0.5, noise: 1.5, second_order: 0.75 };
    /// assert_eq!(rule.residual(), 0.25);
    /// ```
    pub fn residual(&self) -> f64 {
        self.change - self.drift - self.noise - self.second_order
    }
}

/// The terms of Itô's formula (1.10) along the `path` X_0, …, X_N, all at the left ends of the steps.
///
/// # Errors
/// A path that does not have one state more than there are increments.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{
///     ChainRule, Grid, Increment, Increments, Number, Observable, OrnsteinUhlenbeck, ito_terms,
/// };
/// struct Square;
/// impl Observable<1> for Square {
///     fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
///         x[0].powi(2)
///     }
/// }
/// // d(B²) = 2B dB + dt on a path of two steps h = ½; what is left is Σ (ΔB² − h).
/// let step = |db: f64| Increment { db: [db], dz: [0.0] };
/// let noise = Increments::of(Grid::new(0.0, 1.0, 2)?, vec![step(0.5), step(1.0)])?;
/// let rule = ito_terms(&OrnsteinUhlenbeck::new(0.0, 1.0)?, &Square, &[[0.0], [0.5], [1.5]], &noise)?;
/// assert_eq!(rule, ChainRule { change: 2.25, drift: 0.0, noise: 1.0, second_order: 1.0 });
/// assert_eq!(rule.residual(), (0.25 - 0.5) + (1.0 - 0.5));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: ito_terms
pub fn ito_terms<E, F, const D: usize, const M: usize>(
    equation: &E,
    f: &F,
    path: &[[f64; D]],
    noise: &Increments<M>,
) -> Result<ChainRule>
where
    E: Equation<D, M, Calculus = Ito>,
    F: Observable<D>,
{
    let grid = same_grid(path, noise)?;
    let (mut drift, mut martingale, mut second_order) = (0.0, 0.0, 0.0);
    for (n, (x, increment)) in path.iter().zip(noise.steps()).enumerate() {
        let (t, h) = (grid.time(n), grid.h());
        let jet = jet(f, x, t);
        drift += (jet.time_derivative + dot(&jet.gradient, &equation.drift(x, t))) * h;
        martingale += dot(&jet.gradient, &times(&equation.diffusion(x, t), &increment.db));
        second_order += contraction(&diffusion_matrix(equation, x, t), &jet.hessian) * h;
    }
    Ok(ChainRule { change: change(f, path, noise), drift, noise: martingale, second_order })
}
// ANCHOR_END: ito_terms

/// The terms of Stratonovich's rule (1.11) along the `path` X_0, …, X_N, averaged over both ends of each step.
///
/// # Errors
/// As [`ito_terms`].
///
/// ```
/// use sdml::ch1_preliminaries::sde::{
///     Grid, Increment, Increments, Number, Observable, OrnsteinUhlenbeck, StratonovichForm, stratonovich_terms,
/// };
/// struct Square;
/// impl Observable<1> for Square {
///     fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
///         x[0].powi(2)
///     }
/// }
/// // d(B²) = 2B ∘ dB: the averages of both ends leave nothing.
/// let step = |db: f64| Increment { db: [db], dz: [0.0] };
/// let noise = Increments::of(Grid::new(0.0, 1.0, 2)?, vec![step(0.5), step(1.0)])?;
/// let motion = StratonovichForm(OrnsteinUhlenbeck::new(0.0, 1.0)?);
/// let rule = stratonovich_terms(&motion, &Square, &[[0.0], [0.5], [1.5]], &noise)?;
/// assert_eq!((rule.noise, rule.residual()), (2.25, 0.0));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn stratonovich_terms<E, F, const D: usize, const M: usize>(
    equation: &E,
    f: &F,
    path: &[[f64; D]],
    noise: &Increments<M>,
) -> Result<ChainRule>
where
    E: Equation<D, M, Calculus = Stratonovich>,
    F: Observable<D>,
{
    let grid = same_grid(path, noise)?;
    let (mut drift, mut martingale) = (0.0, 0.0);
    for (n, (ends, increment)) in path.windows(2).zip(noise.steps()).enumerate() {
        for (x, t) in [(&ends[0], grid.time(n)), (&ends[1], grid.time(n + 1))] {
            let jet = jet(f, x, t);
            drift += 0.5 * (jet.time_derivative + dot(&jet.gradient, &equation.drift(x, t))) * grid.h();
            martingale += 0.5 * dot(&jet.gradient, &times(&equation.diffusion(x, t), &increment.db));
        }
    }
    Ok(ChainRule { change: change(f, path, noise), drift, noise: martingale, second_order: 0.0 })
}

fn change<F: Observable<D>, const D: usize, const M: usize>(
    f: &F,
    path: &[[f64; D]],
    noise: &Increments<M>,
) -> f64 {
    let steps = noise.grid().steps();
    f.value(&path[steps], noise.grid().time(steps)) - f.value(&path[0], noise.grid().time(0))
}

fn same_grid<'n, const D: usize, const M: usize>(
    path: &[[f64; D]],
    noise: &'n Increments<M>,
) -> Result<&'n super::increments::Grid> {
    let grid = noise.grid();
    if path.len() == grid.steps() + 1 {
        Ok(grid)
    } else {
        Err(Error::argument(
            "path",
            format!("a path of {} states", path.len()),
            format!("one of {} states, for the {} increments", grid.steps() + 1, grid.steps()),
        ))
    }
}
