//! dX = b(X, t) dt + σ(X, t) dB (1.7), or with ∘ dB (1.8); X ∈ ℝᴰ, B ∈ ℝᴹ (Definition 1.10 and its footnote).
//!
//! The calculus in which the noise term is read belongs to the equation's type, and so does the structure of σ.

use super::noise::{Noise, NoiseKind};
use super::number::Number;

/// Itô's reading of σ dB: the integrand is taken at the left end of each step.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, EulerMaruyama, Increment, Ito, Reading, Step};
/// // A step of X^⊥ dB goes along the tangent at the left end, and so out of the circle.
/// let noise = Increment { db: [0.5], dz: [0.0] };
/// assert_eq!(EulerMaruyama.step(&Reading(Ito, Circle), [1.0, 0.0], 0.0, 0.25, &noise), [1.0, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ito;

/// Stratonovich's reading, σ ∘ dB: the integrand is averaged over both ends of each step.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, Heun, Increment, Reading, Step, Stratonovich};
/// // A step of X^⊥ ∘ dB goes along the mean of the tangents at both ends: (1 − v²/2, v) with v = ΔB.
/// let noise = Increment { db: [0.5], dz: [0.0] };
/// assert_eq!(Heun.step(&Reading(Stratonovich, Circle), [1.0, 0.0], 0.0, 0.25, &noise), [0.875, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratonovich;

/// A way to read the noise term of an equation: [`Ito`] or [`Stratonovich`].
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Calculus, Circle, Equation, ItoForm};
/// fn reading<E: Equation<2, 1>>(_equation: &E) -> &'static str {
///     E::Calculus::NAME
/// }
/// assert_eq!([reading(&Circle), reading(&ItoForm(Circle))], ["Stratonovich", "Itô"]);
/// ```
pub trait Calculus: sealed::Sealed + Copy + 'static {
    /// The name, for tables.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Calculus, Ito, Stratonovich};
    /// assert_eq!((Ito::NAME, Stratonovich::NAME), ("Itô", "Stratonovich"));
    /// ```
    const NAME: &'static str;
}

impl Calculus for Ito {
    const NAME: &'static str = "Itô";
}

impl Calculus for Stratonovich {
    const NAME: &'static str = "Stratonovich";
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Ito {}
    impl Sealed for super::Stratonovich {}
}

/// A stochastic differential equation for X(t) ∈ ℝᴰ driven by M independent Brownian motions.
///
/// σ is a matrix of D rows and M columns; it need not be square. It is written for any [`Number`], so that it can be
/// differentiated. A drift or a diffusion of another shape does not compile.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Equation, Number, Scalar, Stratonovich};
///
/// /// Rotation by a random angle: dX = (−X₂, X₁) ∘ dB.
/// struct Circle;
///
/// impl Equation<2, 1> for Circle {
///     type Calculus = Stratonovich;
///     type Noise = Scalar;
///     fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
///         [0.0, 0.0]
///     }
///     fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 1]; 2] {
///         [[-x[1]], [x[0]]]
///     }
/// }
/// assert_eq!(Circle.diffusion(&[1.0, 2.0], 0.0), [[-2.0], [1.0]]);
/// assert_eq!(Circle.drift(&[1.0, 2.0], 0.0), [0.0, 0.0]);
/// ```
// ANCHOR: equation
pub trait Equation<const D: usize, const M: usize> {
    /// How σ dB is read.
    type Calculus: Calculus;
    /// What is known about the structure of σ.
    type Noise: Noise<D, M>;

    /// b(x, t).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Circle, Equation, Ito, OrnsteinUhlenbeck, Reading, StratonovichForm};
    /// assert_eq!(OrnsteinUhlenbeck::new(-2.0, 1.0)?.drift(&[3.0], 0.0), [-6.0]);
    /// // Read by Itô, X^⊥ dB drives away from the origin, like the drift x/2 beside ∘ dB.
    /// assert_eq!(StratonovichForm(Reading(Ito, Circle)).drift(&[3.0, 4.0], 0.0), [1.5, 2.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D];

    /// σ(x, t): row i drives component i, column j belongs to the j-th Brownian motion.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Circle, Dual, Equation};
    /// // σ = (−x₂, x₁), and along itself its derivative is −x.
    /// assert_eq!(Circle.diffusion(&[3.0, 4.0], 0.0), [[-4.0], [3.0]]);
    /// let x = [Dual { value: 3.0, slope: -4.0 }, Dual { value: 4.0, slope: 3.0 }];
    /// assert_eq!(Circle.diffusion(&x, 0.0).map(|[entry]| entry.slope), [-3.0, -4.0]);
    /// ```
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D];
}
// ANCHOR_END: equation

/// A reference to an equation is the equation.
impl<E: Equation<D, M>, const D: usize, const M: usize> Equation<D, M> for &E {
    type Calculus = E::Calculus;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        (*self).drift(x, t)
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        (*self).diffusion(x, t)
    }
}

/// The kind of noise that an equation declares.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, NoiseKind, OrnsteinUhlenbeck, noise_kind};
/// assert_eq!(noise_kind(&OrnsteinUhlenbeck::new(-1.0, 1.0)?), NoiseKind::Additive);
/// assert_eq!(noise_kind(&Circle), NoiseKind::Scalar);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn noise_kind<E: Equation<D, M>, const D: usize, const M: usize>(_equation: &E) -> NoiseKind {
    E::Noise::KIND
}

/// σ v: the product of the diffusion with a vector of ℝᴹ.
#[inline]
pub(super) fn times<const D: usize, const M: usize>(sigma: &[[f64; M]; D], v: &[f64; M]) -> [f64; D] {
    std::array::from_fn(|i| (0..M).map(|j| sigma[i][j] * v[j]).sum())
}

/// D(x, t) = ½ σσᵀ (x, t), the diffusion matrix of Theorem 1.12.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, diffusion_matrix};
/// let matrix = diffusion_matrix(&GeometricBrownian::new(0.0, 0.5)?, &[2.0], 0.0);
/// assert_eq!(matrix, [[0.5]]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: diffusion_matrix
pub fn diffusion_matrix<E: Equation<D, M>, const D: usize, const M: usize>(
    equation: &E,
    x: &[f64; D],
    t: f64,
) -> [[f64; D]; D] {
    let sigma = equation.diffusion(x, t);
    let entry = |i: usize, l: usize| 0.5 * (0..M).map(|j| sigma[i][j] * sigma[l][j]).sum::<f64>();
    std::array::from_fn(|i| std::array::from_fn(|l| entry(i, l)))
}
// ANCHOR_END: diffusion_matrix
