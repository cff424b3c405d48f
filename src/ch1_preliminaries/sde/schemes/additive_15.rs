//! A scheme of strong order 1.5 for additive noise (Rößler 2010, "SRA1"), with σ₁ = σ(t_n + h) and b at
//! (X_n, t_n), b̄ at (X̄, t_n + ¾h):
//!
//! X̄ = X_n + ¾ b h + (3/2) σ₁ ΔZ/h,   X_{n+1} = X_n + (⅓ b + ⅔ b̄) h + σ₁ ΔB + (σ(t_n) − σ₁) ΔZ/h.
//!
//! It needs ΔZ = ∫ (B(s) − B(t_n)) ds beside ΔB: no scheme that sees the increments alone has an order above 1
//! (Clark and Cameron 1980). Weak order 2.

use super::{Orders, Scheme, Step};
use crate::ch1_preliminaries::sde::equation::{Equation, Ito, times};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::{Additive, NoiseKind};

/// The scheme SRA1, for equations with additive noise, where Itô's reading and Stratonovich's coincide.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Additive15, Increment, OrnsteinUhlenbeck, Step};
/// // Without noise, on dX = −X dt: the factor 1 − h + h²/2.
/// let ou = OrnsteinUhlenbeck::new(-1.0, 1.0)?;
/// let [x] = Additive15.step(&ou, [1.0], 0.0, 0.5, &Increment::ZERO);
/// assert!((x - 0.625).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Additive15;

impl Scheme for Additive15 {
    type Calculus = Ito;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "order 1.5";
    const TIME_INTEGRALS: bool = true;

    fn orders(noise: NoiseKind) -> Option<Orders> {
        (noise == NoiseKind::Additive).then_some(Orders { strong: 1.5, weak: 2.0 })
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Ito, Noise = Additive>, const D: usize, const M: usize> Step<E, D, M>
    for Additive15
{
    #[inline]
    fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
        let mean_b = noise.dz.map(|dz| dz / h);
        let (sigma_0, sigma_1) = (equation.diffusion(&x, t), equation.diffusion(&x, t + h));
        let (early, late) = (times(&sigma_0, &mean_b), times(&sigma_1, &mean_b));
        let b = equation.drift(&x, t);
        let inner = std::array::from_fn(|i| x[i] + 0.75 * b[i] * h + 1.5 * late[i]);
        let b_inner = equation.drift(&inner, t + 0.75 * h);
        let jump = times(&sigma_1, &noise.db);
        std::array::from_fn(|i| x[i] + (b[i] + 2.0 * b_inner[i]) / 3.0 * h + jump[i] + (early[i] - late[i]))
    }
}
// ANCHOR_END: step
