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
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Additive15, EulerMaruyama, Scheme};
    /// assert_eq!([EulerMaruyama::NAME, Additive15::NAME], ["Euler–Maruyama", "order 1.5"]);
    /// ```
    const NAME: &'static str;
    /// Whether it uses the time integrals ΔZ beside the increments ΔB.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Additive15, EulerMaruyama, Increment, OrnsteinUhlenbeck, Scheme, Step};
    /// // From 0 and with ΔB = 0, dX = −X dt + dB leads to −ΔZ: only who is told ΔZ can know.
    /// let (ou, noise) = (OrnsteinUhlenbeck::new(-1.0, 1.0)?, Increment { db: [0.0], dz: [0.25] });
    /// assert!(Additive15::TIME_INTEGRALS && !EulerMaruyama::TIME_INTEGRALS);
    /// assert_eq!(Additive15.step(&ou, [0.0], 0.0, 0.5, &noise), [-0.25]);
    /// assert_eq!(EulerMaruyama.step(&ou, [0.0], 0.0, 0.5, &noise), [0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    const TIME_INTEGRALS: bool = false;

    /// Its orders for noise of this kind, if it can be used for it.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Additive15, Milstein, NoiseKind, Orders, Scheme};
    /// let strong = |orders: Option<Orders>| orders.map(|o| o.strong);
    /// // Milstein's scheme wants columns that commute, that of order 1.5 constant ones.
    /// let kinds = [NoiseKind::Additive, NoiseKind::Diagonal, NoiseKind::General];
    /// assert_eq!(kinds.map(Milstein::orders).map(strong), [Some(1.0), Some(1.0), None]);
    /// assert_eq!(kinds.map(Additive15::orders).map(strong), [Some(1.5), None, None]);
    /// ```
    fn orders(noise: NoiseKind) -> Option<Orders>;
}

/// One step, for the equations that the scheme can solve.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Heun, Increment, ReversibleHeun, State, Step};
/// /// One step from 1 on dX = 2X ∘ dB with ΔB = ¼, whatever the scheme carries.
/// fn factor<S: Step<GeometricBrownian, 1, 1>>(scheme: S) -> sdml::Result<[f64; 1]> {
///     let (gbm, noise) = (GeometricBrownian::new(0.0, 2.0)?, Increment { db: [0.25], dz: [0.0] });
///     Ok(scheme.step(&gbm, S::State::at([1.0]), 0.0, 0.125, &noise).position())
/// }
/// // 1 + v + v²/2 with v = ½; from the second step on the two differ.
/// assert_eq!([factor(Heun)?, factor(ReversibleHeun)?], [[1.625]; 2]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Step<E, const D: usize, const M: usize>: Scheme {
    /// The state at t + h from the state at t.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{EulerMaruyama, GeometricBrownian, Heun, Increment};
    /// use sdml::ch1_preliminaries::sde::{ItoForm, Milstein, Step};
    /// // dX = 2X ∘ dB is dX = 2X dt + 2X dB. With v = 2ΔB = ½ Heun multiplies by 1 + v + v²/2; so does Milstein on
    /// // the Itô form, whose drift cancels the −½σ²h; Euler and Maruyama multiply by 1 + 2h + v.
    /// let (gbm, noise) = (GeometricBrownian::new(0.0, 2.0)?, Increment { db: [0.25], dz: [0.0] });
    /// assert_eq!(Heun.step(&gbm, [1.0], 0.0, 0.125, &noise), [1.625]);
    /// assert_eq!(Milstein.step(&ItoForm(gbm), [1.0], 0.0, 0.125, &noise), [1.625]);
    /// assert_eq!(EulerMaruyama.step(&ItoForm(gbm), [1.0], 0.0, 0.125, &noise), [1.75]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
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
