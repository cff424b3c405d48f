//! Heun: X̄ = X_n + b h + σ ΔB, then X_{n+1} = X_n + ½ (b + b̄) h + ½ (σ + σ̄) ΔB, with b̄ and σ̄ at (X̄, t_{n+1}).
//!
//! The average of both ends is the Stratonovich integral's. Strong order 1 where the columns of σ commute, ½ otherwise
//! (Rümelin 1982); weak order 1, or 2 for additive noise.

use super::{Orders, Scheme, Step, euler_increment};
use crate::ch1_preliminaries::sde::equation::{Equation, Stratonovich};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::NoiseKind;

/// Heun's scheme, for Stratonovich equations with any noise.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Heun, Increment, Step};
/// // On dX = σX ∘ dB with v = σ ΔB, Heun's factor is 1 + v + v²/2.
/// let gbm = GeometricBrownian::new(0.0, 2.0)?;
/// let noise = Increment { db: [0.25], dz: [0.0] };
/// assert_eq!(Heun.step(&gbm, [1.0], 0.0, 0.125, &noise), [1.0 + 0.5 + 0.125]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heun;

impl Scheme for Heun {
    type Calculus = Stratonovich;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "Heun";

    fn orders(noise: NoiseKind) -> Option<Orders> {
        Some(Orders {
            strong: if noise == NoiseKind::General { 0.5 } else { 1.0 },
            weak: if noise == NoiseKind::Additive { 2.0 } else { 1.0 },
        })
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Stratonovich>, const D: usize, const M: usize> Step<E, D, M> for Heun {
    #[inline]
    fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
        let slope =
            |x: &[f64; D], t| euler_increment(&equation.drift(x, t), &equation.diffusion(x, t), h, &noise.db);
        let left = slope(&x, t);
        let right = slope(&std::array::from_fn(|i| x[i] + left[i]), t + h);
        std::array::from_fn(|i| x[i] + 0.5 * (left[i] + right[i]))
    }
}
// ANCHOR_END: step
