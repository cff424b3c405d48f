//! Euler–Maruyama: X_{n+1} = X_n + b h + σ ΔB, with b and σ at (X_n, t_n).
//!
//! Strong order ½, or 1 for additive noise, where it coincides with Milstein's scheme; weak order 1
//! (Maruyama 1955; Kloeden and Platen 1992, sections 10.2 and 14.1).

use super::{Orders, Scheme, Step, euler_increment};
use crate::ch1_preliminaries::sde::equation::{Equation, Ito};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::NoiseKind;

/// The scheme of Euler and Maruyama, for Itô equations with any noise.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{EulerMaruyama, Increment, OrnsteinUhlenbeck, Step};
/// let ou = OrnsteinUhlenbeck::new(-1.0, 2.0)?;
/// let noise = Increment { db: [0.25], dz: [0.0] };
/// assert_eq!(EulerMaruyama.step(&ou, [4.0], 0.0, 0.5, &noise), [4.0 - 2.0 + 0.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EulerMaruyama;

impl Scheme for EulerMaruyama {
    type Calculus = Ito;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "Euler–Maruyama";

    fn orders(noise: NoiseKind) -> Option<Orders> {
        let strong = if noise == NoiseKind::Additive { 1.0 } else { 0.5 };
        Some(Orders { strong, weak: 1.0 })
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Ito>, const D: usize, const M: usize> Step<E, D, M> for EulerMaruyama {
    #[inline]
    fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
        let (b, sigma) = (equation.drift(&x, t), equation.diffusion(&x, t));
        let dx = euler_increment(&b, &sigma, h, &noise.db);
        std::array::from_fn(|i| x[i] + dx[i])
    }
}
// ANCHOR_END: step
