//! Schemes: one file each. A scheme declares its calculus and its orders; the checks read the declaration.

mod additive_15;
mod euler_maruyama;
mod heun;
mod midpoint;
mod milstein;
mod reversible_heun;

pub use additive_15::Additive15;
pub use euler_maruyama::EulerMaruyama;
pub use heun::Heun;
pub use midpoint::Midpoint;
pub use milstein::Milstein;
pub use reversible_heun::{Reversible, ReversibleHeun};

use super::equation::Calculus;
use super::increments::Increment;
use super::noise::NoiseKind;

/// The orders of convergence as h → 0.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Heun, NoiseKind, Orders, Scheme};
/// assert_eq!(Heun::orders(NoiseKind::Scalar), Some(Orders { strong: 1.0, weak: 1.0 }));
/// assert_eq!(Heun::orders(NoiseKind::Additive), Some(Orders { strong: 1.0, weak: 2.0 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orders {
    /// (E|X_N − X(T)|²)^½ = O(h^strong), on shared Brownian paths.
    pub strong: f64,
    /// E f(X_N) − E f(X(T)) = O(h^weak), for smooth f.
    pub weak: f64,
}

/// What a scheme carries from step to step. For most schemes this is the position alone.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Reversible, State};
/// let plain: [f64; 2] = State::at([1.0, 2.0]);
/// assert_eq!(plain, [1.0, 2.0]);
/// assert_eq!(Reversible::<2>::at([1.0, 2.0]).position(), [1.0, 2.0]);
/// ```
pub trait State<const D: usize>: Copy {
    /// The state of a path that starts at `x`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Reversible, State};
    /// // The reversible scheme carries a second point, which starts at the first.
    /// assert_eq!(Reversible::at([2.0]), Reversible { x: [2.0], companion: [2.0] });
    /// ```
    fn at(x: [f64; D]) -> Self;
    /// The position.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::State;
    /// let state: [f64; 2] = State::at([1.0, 2.0]);
    /// assert_eq!(state.position(), [1.0, 2.0]);
    /// ```
    fn position(&self) -> [f64; D];
}

impl<const D: usize> State<D> for [f64; D] {
    #[inline]
    fn at(x: [f64; D]) -> Self {
        x
    }

    #[inline]
    fn position(&self) -> [f64; D] {
        *self
    }
}

/// What a scheme says about itself.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{
///     Equation, Increment, Ito, NoiseKind, Orders, OrnsteinUhlenbeck, Scheme, Step,
/// };
/// /// Tamed Euler (Hutzenthaler, Jentzen and Kloeden 2012): the drift moves X by b h/(1 + h|b|), by less than 1.
/// #[derive(Clone, Copy)]
/// struct Tamed;
/// impl Scheme for Tamed {
///     type Calculus = Ito;
///     type State<const D: usize> = [f64; D];
///     const NAME: &'static str = "tamed Euler";
///     fn orders(_noise: NoiseKind) -> Option<Orders> {
///         Some(Orders { strong: 0.5, weak: 1.0 })
///     }
/// }
/// impl<E: Equation<D, M, Calculus = Ito>, const D: usize, const M: usize> Step<E, D, M> for Tamed {
///     fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
///         let (b, sigma) = (equation.drift(&x, t), equation.diffusion(&x, t));
///         let h = h / (1.0 + h * b.iter().map(|b| b * b).sum::<f64>().sqrt());
///         let jump = |i: usize| (0..M).map(|j| sigma[i][j] * noise.db[j]).sum::<f64>();
///         std::array::from_fn(|i| x[i] + b[i] * h + jump(i))
///     }
/// }
/// assert_eq!((Tamed::NAME, Tamed::TIME_INTEGRALS), ("tamed Euler", false));
/// // 4 − 4h/(1 + 4h) + ΔB.
/// let noise = Increment { db: [0.25], dz: [0.0] };
/// assert_eq!(Tamed.step(&OrnsteinUhlenbeck::new(-1.0, 1.0)?, [4.0], 0.0, 0.25, &noise), [4.0 - 0.5 + 0.25]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: scheme
pub trait Scheme: Copy + Sync {
    /// The calculus of the equations it solves.
    type Calculus: Calculus;
    /// What it carries from step to step.
    type State<const D: usize>: State<D> + Send;
    /// Its name, for tables.
    const NAME: &'static str;
    /// Whether it uses the time integrals ΔZ beside the increments ΔB.
    const TIME_INTEGRALS: bool = false;

    /// Its orders for noise of this kind, if it can be used for it.
    fn orders(noise: NoiseKind) -> Option<Orders>;
}

/// One step, for the equations that the scheme can solve.
pub trait Step<E, const D: usize, const M: usize>: Scheme {
    /// The state at t + h from the state at t.
    fn step(
        &self,
        equation: &E,
        state: Self::State<D>,
        t: f64,
        h: f64,
        noise: &Increment<M>,
    ) -> Self::State<D>;
}
// ANCHOR_END: scheme

/// b h + σ ΔB.
#[inline]
fn euler_increment<const D: usize, const M: usize>(
    b: &[f64; D],
    sigma: &[[f64; M]; D],
    h: f64,
    db: &[f64; M],
) -> [f64; D] {
    let noise = super::equation::times(sigma, db);
    std::array::from_fn(|i| b[i] * h + noise[i])
}
