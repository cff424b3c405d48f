//! What is known about the structure of σ, and the test of that knowledge by differentiation.
//!
//! The order of a scheme depends on it: where the columns σ_j commute, (∇σ_i) σ_j = (∇σ_j) σ_i, increments alone
//! give order 1; where they do not, order ½ is the most that increments can give (Clark and Cameron 1980).

use super::conversion::gradient_along;
use super::equation::Equation;
use crate::{Error, Result};

/// The structure of σ as a value, for tables.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{EulerMaruyama, Milstein, NoiseKind, Scheme};
/// let strong = |kind| EulerMaruyama::orders(kind).map(|orders| orders.strong);
/// assert_eq!([NoiseKind::Additive, NoiseKind::General].map(strong), [Some(1.0), Some(0.5)]);
/// assert_eq!(Milstein::orders(NoiseKind::General), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoiseKind {
    /// σ does not depend on x.
    Additive,
    /// One Brownian motion drives everything.
    Scalar,
    /// Component i has its own Brownian motion, and σ_ii depends on x_i alone.
    Diagonal,
    /// Nothing is known.
    General,
}

/// The structure of σ as a type. The shape is part of it: scalar noise has one column, diagonal noise a square matrix.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Additive, Diagonal, Noise, NoiseKind, Scalar};
/// assert_eq!(<Additive as Noise<2, 5>>::KIND, NoiseKind::Additive);
/// assert_eq!(<Scalar as Noise<2, 1>>::KIND, NoiseKind::Scalar);
/// assert_eq!(<Diagonal as Noise<2, 2>>::KIND, NoiseKind::Diagonal);
/// ```
pub trait Noise<const D: usize, const M: usize> {
    /// The structure as a value.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{General, Noise, NoiseKind};
    /// // Any shape is allowed where nothing is known.
    /// assert_eq!([<General as Noise<3, 2>>::KIND, <General as Noise<1, 1>>::KIND], [NoiseKind::General; 2]);
    /// ```
    const KIND: NoiseKind;
}

/// Noise whose columns commute, so that no Lévy areas are needed for order 1.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Commutative, Diagonal, Milstein, Noise, Scheme};
/// fn strong_order<N: Noise<2, 2> + Commutative>(_noise: N) -> Option<f64> {
///     Milstein::orders(N::KIND).map(|orders| orders.strong)
/// }
/// assert_eq!(strong_order(Diagonal), Some(1.0));
/// ```
pub trait Commutative {}

/// σ does not depend on x: the readings of Itô and Stratonovich coincide.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Additive, Equation, OrnsteinUhlenbeck, theta};
/// fn difference<E: Equation<1, 1, Noise = Additive>>(equation: &E) -> [f64; 1] {
///     theta(equation, &[3.0], 0.0)
/// }
/// assert_eq!(difference(&OrnsteinUhlenbeck::new(-1.0, 2.0)?), [0.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Additive;

/// One Brownian motion drives everything: M = 1.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, Equation, Scalar};
/// fn column<E: Equation<2, 1, Noise = Scalar>>(equation: &E, x: [f64; 2]) -> [f64; 2] {
///     equation.diffusion(&x, 0.0).map(|[entry]| entry)
/// }
/// assert_eq!(column(&Circle, [3.0, 4.0]), [-4.0, 3.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar;

/// Component i is driven by a Brownian motion of its own, with a strength σ_ii that depends on x_i alone: M = D.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Diagonal, Equation, Ito, Number, theta};
/// /// dX₁ = X₁ dB₁, dX₂ = 2X₂ dB₂.
/// struct Pair;
/// impl Equation<2, 2> for Pair {
///     type Calculus = Ito;
///     type Noise = Diagonal;
///     fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] { [0.0, 0.0] }
///     fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
///         [[x[0], S::from(0.0)], [S::from(0.0), x[1] * 2.0]]
///     }
/// }
/// // Each component for itself: θ_i = ½ σ_ii' σ_ii.
/// assert_eq!(theta(&Pair, &[3.0, 5.0], 0.0), [1.5, 10.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diagonal;

/// Nothing is known about σ.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Equation, General, Ito, Number, gradient_along};
/// /// dX₁ = dB₁, dX₂ = X₁ dB₂: the columns are σ₁ = (1, 0) and σ₂ = (0, x₁).
/// struct Area;
/// impl Equation<2, 2> for Area {
///     type Calculus = Ito;
///     type Noise = General;
///     fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] { [0.0, 0.0] }
///     fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
///         [[S::from(1.0), S::from(0.0)], [S::from(0.0), x[0]]]
///     }
/// }
/// // They do not commute: (∇σ₂) σ₁ = (0, 1), but (∇σ₁) σ₂ = 0.
/// assert_eq!(gradient_along(&Area, &[5.0, 0.0], 0.0, &[1.0, 0.0]).map(|row| row[1]), [0.0, 1.0]);
/// assert_eq!(gradient_along(&Area, &[5.0, 0.0], 0.0, &[0.0, 5.0]).map(|row| row[0]), [0.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct General;

impl<const D: usize, const M: usize> Noise<D, M> for Additive {
    const KIND: NoiseKind = NoiseKind::Additive;
}

impl<const D: usize> Noise<D, 1> for Scalar {
    const KIND: NoiseKind = NoiseKind::Scalar;
}

impl<const D: usize> Noise<D, D> for Diagonal {
    const KIND: NoiseKind = NoiseKind::Diagonal;
}

impl<const D: usize, const M: usize> Noise<D, M> for General {
    const KIND: NoiseKind = NoiseKind::General;
}

impl Commutative for Additive {}
impl Commutative for Scalar {}
impl Commutative for Diagonal {}

/// Tests at one point whether σ has the structure that the equation declares.
///
/// # Errors
/// A derivative ∂σ_ij/∂x_k that the declared structure says is 0, and is not; or one that is not finite.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Additive, Equation, Ito, Number, check_noise};
/// struct Mislabelled;
/// impl Equation<1, 1> for Mislabelled {
///     type Calculus = Ito;
///     type Noise = Additive;
///     fn drift(&self, _x: &[f64; 1], _t: f64) -> [f64; 1] {
///         [0.0]
///     }
///     fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
///         [[x[0] * 0.5]]
///     }
/// }
/// let error = check_noise(&Mislabelled, &[1.0], 0.0).unwrap_err();
/// assert!(error.to_string().contains("an additive σ, which does not depend on x"));
/// ```
pub fn check_noise<E: Equation<D, M>, const D: usize, const M: usize>(
    equation: &E,
    x: &[f64; D],
    t: f64,
) -> Result<()> {
    let promise = match E::Noise::KIND {
        NoiseKind::Additive => "an additive σ, which does not depend on x",
        NoiseKind::Diagonal => "a diagonal σ, whose entry σ_ii depends on x_i alone and whose others are 0",
        NoiseKind::Scalar | NoiseKind::General => "a σ with finite derivatives",
    };
    let broken = |what: String| Err(Error::argument("σ", what, promise));
    let sigma = equation.diffusion(x, t);
    let diagonal = E::Noise::KIND == NoiseKind::Diagonal;
    for k in 0..D {
        let slopes = gradient_along(equation, x, t, &std::array::from_fn(|i| f64::from(u8::from(i == k))));
        for (i, row) in slopes.iter().enumerate() {
            for (j, &slope) in row.iter().enumerate() {
                let zero = match E::Noise::KIND {
                    NoiseKind::Additive => true,
                    NoiseKind::Diagonal => !(i == j && i == k),
                    NoiseKind::Scalar | NoiseKind::General => false,
                };
                if !slope.is_finite() || (zero && slope != 0.0) {
                    return broken(format!("a matrix with ∂σ_{i}{j}/∂x_{k} = {slope} (indices from 0)"));
                }
                if diagonal && i != j && sigma[i][j] != 0.0 {
                    return broken(format!("a matrix with σ_{i}{j} = {} (indices from 0)", sigma[i][j]));
                }
            }
        }
    }
    Ok(())
}
