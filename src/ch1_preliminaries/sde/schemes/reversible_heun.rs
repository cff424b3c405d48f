//! Reversible Heun (Kidger, Foster, Li and Lyons 2021): beside the solution X it carries a companion X̂,
//!
//! X̂_{n+1} = 2X_n − X̂_n + b̂_n h + σ̂_n ΔB,   X_{n+1} = X_n + ½ (b̂_n + b̂_{n+1}) h + ½ (σ̂_n + σ̂_{n+1}) ΔB,
//!
//! with b̂_n and σ̂_n at (X̂_n, t_n). The step can be undone in closed form: it is its own inverse with h and ΔB negated.
//! Strong and weak orders as Heun's; each step evaluates b and σ at one new point only, if the old values are kept.

use super::{Orders, Scheme, State, Step, euler_increment};
use crate::ch1_preliminaries::sde::equation::{Equation, Stratonovich};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::NoiseKind;

/// The reversible Heun scheme, for Stratonovich equations with any noise.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{
///     GeometricBrownian, Increment, Reversible, ReversibleHeun, State, Step,
/// };
/// let gbm = GeometricBrownian::new(0.1, 0.5)?;
/// let start = Reversible::at([1.0]);
/// let there = ReversibleHeun.step(&gbm, start, 0.0, 0.1, &Increment { db: [0.3], dz: [0.0] });
/// let back = ReversibleHeun.step(&gbm, there, 0.1, -0.1, &Increment { db: [-0.3], dz: [0.0] });
/// assert!((back.x[0] - 1.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReversibleHeun;

/// The solution and its companion.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Increment, Reversible, ReversibleHeun, State, Step};
/// // On dX = 2X ∘ dB with v = 2ΔB = ½: first X̂ = 1 + v, then X = 1 + ½ (1 + X̂) v.
/// let (gbm, noise) = (GeometricBrownian::new(0.0, 2.0)?, Increment { db: [0.25], dz: [0.0] });
/// let end = ReversibleHeun.step(&gbm, Reversible::at([1.0]), 0.0, 0.125, &noise);
/// assert_eq!(end, Reversible { x: [1.625], companion: [1.5] });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reversible<const D: usize> {
    /// The solution X_n.
    pub x: [f64; D],
    /// The companion X̂_n, at which the coefficients are evaluated.
    pub companion: [f64; D],
}

impl<const D: usize> State<D> for Reversible<D> {
    #[inline]
    fn at(x: [f64; D]) -> Self {
        Self { x, companion: x }
    }

    #[inline]
    fn position(&self) -> [f64; D] {
        self.x
    }
}

impl Scheme for ReversibleHeun {
    type Calculus = Stratonovich;
    type State<const D: usize> = Reversible<D>;
    const NAME: &'static str = "reversible Heun";

    fn orders(noise: NoiseKind) -> Option<Orders> {
        super::Heun::orders(noise)
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Stratonovich>, const D: usize, const M: usize> Step<E, D, M>
    for ReversibleHeun
{
    #[inline]
    fn step(
        &self,
        equation: &E,
        Reversible { x, companion }: Reversible<D>,
        t: f64,
        h: f64,
        noise: &Increment<M>,
    ) -> Reversible<D> {
        let slope =
            |x: &[f64; D], t| euler_increment(&equation.drift(x, t), &equation.diffusion(x, t), h, &noise.db);
        let left = slope(&companion, t);
        let companion = std::array::from_fn(|i| 2.0 * x[i] - companion[i] + left[i]);
        let right = slope(&companion, t + h);
        Reversible { x: std::array::from_fn(|i| x[i] + 0.5 * (left[i] + right[i])), companion }
    }
}
// ANCHOR_END: step
