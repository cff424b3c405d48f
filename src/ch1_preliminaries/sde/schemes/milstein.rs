//! Milstein: X_{n+1} = X_n + b h + σ ΔB + ½ Σ_{j,l} (∇σ_j) σ_l (ΔB_j ΔB_l − δ_jl h), with everything at (X_n, t_n).
//!
//! The sum is ½ (∇σ (σ ΔB)) ΔB − θ h: one directional derivative and the drift of Theorem 1.11. It is the whole second
//! order of the expansion only if the columns of σ commute; otherwise Lévy areas are missing, so the scheme is not
//! defined for general noise. Strong and weak order 1 (Milstein 1974; Kloeden and Platen 1992, section 10.3).

use super::{Orders, Scheme, Step, euler_increment};
use crate::ch1_preliminaries::sde::conversion::{gradient_along, theta};
use crate::ch1_preliminaries::sde::equation::{Equation, Ito, times};
use crate::ch1_preliminaries::sde::increments::Increment;
use crate::ch1_preliminaries::sde::noise::{Commutative, NoiseKind};

/// Milstein's scheme, for Itô equations with additive, scalar or diagonal noise.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Increment, ItoForm, Milstein, Step};
/// // dX = 2X dB, read by Itô, so α = −2 in the Stratonovich form.
/// let gbm = ItoForm(GeometricBrownian::new(-2.0, 2.0)?);
/// let noise = Increment { db: [0.5], dz: [0.0] };
/// let expected = 1.0 + 2.0 * 0.5 + 0.5 * 4.0 * (0.25 - 0.125);
/// assert!((Milstein.step(&gbm, [1.0], 0.0, 0.125, &noise)[0] - expected).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milstein;

impl Scheme for Milstein {
    type Calculus = Ito;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "Milstein";

    fn orders(noise: NoiseKind) -> Option<Orders> {
        (noise != NoiseKind::General).then_some(Orders { strong: 1.0, weak: 1.0 })
    }
}

// ANCHOR: step
impl<E: Equation<D, M, Calculus = Ito, Noise: Commutative>, const D: usize, const M: usize> Step<E, D, M>
    for Milstein
{
    #[inline]
    fn step(&self, equation: &E, x: [f64; D], t: f64, h: f64, noise: &Increment<M>) -> [f64; D] {
        let (b, sigma) = (equation.drift(&x, t), equation.diffusion(&x, t));
        let dx = euler_increment(&b, &sigma, h, &noise.db);
        let slope = gradient_along(equation, &x, t, &times(&sigma, &noise.db));
        let (second, theta) = (times(&slope, &noise.db), theta(equation, &x, t));
        std::array::from_fn(|i| x[i] + dx[i] + 0.5 * second[i] - theta[i] * h)
    }
}
// ANCHOR_END: step
