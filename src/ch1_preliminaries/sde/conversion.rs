//! Theorem 1.11: dX = b dt + σ ∘ dB is dX = (b + θ) dt + σ dB with θ_i = ½ Σ_{j,k} ∂σ_ij/∂x_k σ_kj.
//!
//! Converting is something one writes down: `ItoForm(equation)`. Nothing converts by itself.

use super::equation::{Calculus, Equation, Ito, Stratonovich};
use super::number::{Dual, Number};

/// (∇σ v)_ij = Σ_k ∂σ_ij/∂x_k v_k: the derivative of the diffusion along v ∈ ℝᴰ, in the index order of Section 1.5.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, gradient_along};
/// let gbm = GeometricBrownian::new(0.0, 0.5)?;
/// assert_eq!(gradient_along(&gbm, &[2.0], 0.0, &[3.0]), [[1.5]]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: gradient_along
#[inline]
pub fn gradient_along<E: Equation<D, M>, const D: usize, const M: usize>(
    equation: &E,
    x: &[f64; D],
    t: f64,
    v: &[f64; D],
) -> [[f64; M]; D] {
    let moving: [Dual<f64>; D] = std::array::from_fn(|k| Dual { value: x[k], slope: v[k] });
    equation.diffusion(&moving, t).map(|row| row.map(|entry| entry.slope))
}
// ANCHOR_END: gradient_along

/// θ(x, t) of Theorem 1.11, by differentiation of σ: each column is followed along itself, θ = ½ Σ_j (∇σ_j) σ_j.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, theta};
/// // σ(x) = σx: θ = ½ σ²x.
/// assert_eq!(theta(&GeometricBrownian::new(0.1, 0.5)?, &[2.0], 0.0), [0.25]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: theta
#[inline]
pub fn theta<E: Equation<D, M>, const D: usize, const M: usize>(
    equation: &E,
    x: &[f64; D],
    t: f64,
) -> [f64; D] {
    let sigma = equation.diffusion(x, t);
    let mut theta = [0.0; D];
    for j in 0..M {
        let column = std::array::from_fn(|k| sigma[k][j]);
        let slope = gradient_along(equation, x, t, &column);
        for i in 0..D {
            theta[i] += 0.5 * slope[i][j];
        }
    }
    theta
}
// ANCHOR_END: theta

/// The Itô form (1.9) of a Stratonovich equation: drift b + θ.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Equation, GeometricBrownian, ItoForm};
/// // Exercise 1.15 (i): the Itô drift is (α + σ²/2) x.
/// let gbm = ItoForm(GeometricBrownian::new(0.1, 0.5)?);
/// assert!((gbm.drift(&[2.0], 0.0)[0] - (0.1 + 0.125) * 2.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItoForm<E>(pub E);

/// The Stratonovich form of an Itô equation: drift b − θ.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Equation, GeometricBrownian, ItoForm, StratonovichForm};
/// let gbm = GeometricBrownian::new(0.1, 0.5)?;
/// let there_and_back = StratonovichForm(ItoForm(gbm));
/// assert!((there_and_back.drift(&[2.0], 0.0)[0] - gbm.drift(&[2.0], 0.0)[0]).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratonovichForm<E>(pub E);

// ANCHOR: ito_form
impl<E: Equation<D, M, Calculus = Stratonovich>, const D: usize, const M: usize> Equation<D, M>
    for ItoForm<E>
{
    type Calculus = Ito;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        let (b, theta) = (self.0.drift(x, t), theta(&self.0, x, t));
        std::array::from_fn(|i| b[i] + theta[i])
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        self.0.diffusion(x, t)
    }
}
// ANCHOR_END: ito_form

impl<E: Equation<D, M, Calculus = Ito>, const D: usize, const M: usize> Equation<D, M>
    for StratonovichForm<E>
{
    type Calculus = Stratonovich;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        let (b, theta) = (self.0.drift(x, t), theta(&self.0, x, t));
        std::array::from_fn(|i| b[i] - theta[i])
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        self.0.diffusion(x, t)
    }
}

/// The coefficients of an equation, read in the calculus named: in general another equation, with another solution.
///
/// This is not a conversion. It is what an equation becomes when its circle is overlooked, for experiments.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, Equation, Ito, ItoForm, Reading};
/// let x = [3.0, 4.0];
/// assert_eq!(Reading(Ito, Circle).drift(&x, 0.0), [0.0, 0.0]);
/// assert_eq!(ItoForm(Circle).drift(&x, 0.0), [-1.5, -2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<C, E>(pub C, pub E);

impl<C: Calculus, E: Equation<D, M>, const D: usize, const M: usize> Equation<D, M> for Reading<C, E> {
    type Calculus = C;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        self.1.drift(x, t)
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        self.1.diffusion(x, t)
    }
}
