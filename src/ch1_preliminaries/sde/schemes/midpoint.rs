//! The explicit midpoint rule: X̄ = X_n + ½ (b h + σ ΔB), then X_{n+1} = X_n + b̄ h + σ̄ ΔB, with b̄ and σ̄ at
//! (X̄, t_n + ½h).
//!
//! Strong order as Heun's. Weak order 1, for additive noise too: E b(X̄) carries ⅛ b″σ²h where the mean over the step
//! carries ¼ b″σ²h.

use super::{Orders, Scheme, Step, euler_increment};
use crate::ch1_preliminaries::sde::equation::{Equation, Stratonovich};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::NoiseKind;

/// The explicit midpoint rule, for Stratonovich equations with any noise.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Increment, Midpoint, Step};
/// // On a linear equation it is the same polynomial as Heun's scheme: 1 + v + v²/2.
/// let gbm = GeometricBrownian::new(0.0, 2.0)?;
/// let noise = Increment { db: [0.25], dz: [0.0] };
/// assert_eq!(Midpoint.step(&gbm, [1.0], 0.0, 0.125, &noise), [1.0 + 0.5 + 0.125]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Midpoint;

impl Scheme for Midpoint {
    type Calculus = Stratonovich;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "midpoint";

    fn orders(noise: NoiseKind) -> Option<Orders> {
        Some(Orders { strong: if noise == NoiseKind::General { 0.5 } else { 1.0 }, weak: 1.0 })
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Stratonovich>, const D: usize, const M: usize> Step<E, D, M> for Midpoint {
    #[inline]
    fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
        let slope =
            |x: &[f64; D], t| euler_increment(&equation.drift(x, t), &equation.diffusion(x, t), h, &noise.db);
        let left = slope(&x, t);
        let middle = slope(&std::array::from_fn(|i| x[i] + 0.5 * left[i]), t + 0.5 * h);
        std::array::from_fn(|i| x[i] + middle[i])
    }
}
// ANCHOR_END: step
