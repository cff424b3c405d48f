//! Lemma 2.6: if dX = b(X, t) dt + σ(X, t) ∘ dB on [0, T], then X̃(t) = X(T − t) solves
//!
//! dX̃ = −b(X̃, T − t) dt + σ(X̃, T − t) ∘ dB(T − t)  (2.8).

use crate::Result;
use crate::ch1_preliminaries::sde::{Equation, Increment, Increments, Number, Stratonovich};
use crate::error::positive;

/// The equation (2.8) of the time-reversed process. Only a Stratonovich equation has one with these coefficients.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{GeometricBrownian, Grid, Heun, Increments, solve_end};
/// use sdml::{ch2_control::neural_sde::{Reversed, reversed}, random::Streams};
/// let gbm = GeometricBrownian::new(0.5, 0.8)?;
/// let noise = Increments::sample(Grid::new(0.0, 1.0, 10_000)?, &mut Streams::new(1, "doc").stream(0));
/// let end = solve_end(Heun, &gbm, [1.0], &noise)?;
/// let back = solve_end(Heun, &Reversed::new(gbm, 1.0)?, end, &reversed(&noise)?)?;
/// assert!((back[0] - 1.0).abs() < 1e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reversed<E> {
    equation: E,
    horizon: f64,
}

impl<E> Reversed<E> {
    /// The reversal of `equation` on [0, `horizon`].
    ///
    /// # Errors
    /// A horizon that is not finite and positive.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Equation, GeometricBrownian}, ch2_control::neural_sde::Reversed};
    /// let gbm = GeometricBrownian::new(0.5, 0.75)?;
    /// // The drift turns round; the noise does not.
    /// let back = Reversed::new(gbm, 1.0)?;
    /// assert_eq!((back.drift(&[4.0], 0.0), back.diffusion(&[4.0], 0.0)), ([-2.0], [[3.0]]));
    /// assert!(Reversed::new(gbm, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(equation: E, horizon: f64) -> Result<Self> {
        Ok(Self { equation, horizon: positive("horizon", horizon)? })
    }
}

// ANCHOR: reversed
impl<E, const D: usize, const M: usize> Equation<D, M> for Reversed<E>
where
    E: Equation<D, M, Calculus = Stratonovich>,
{
    type Calculus = Stratonovich;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        self.equation.drift(x, self.horizon - t).map(|b| -b)
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        self.equation.diffusion(x, self.horizon - t)
    }
}
// ANCHOR_END: reversed

/// The increments of t ↦ B(T − t): in the opposite order with the opposite sign. A time integral is that of the same
/// path seen from the other end of its step, ΔZ − h ΔB.
///
/// # Errors
/// None, for increments that were made by [`Increments`].
///
/// ```
/// use sdml::{ch1_preliminaries::sde::{Grid, Increments}, ch2_control::neural_sde::reversed, random::Streams};
/// let noise = Increments::<1>::sample(Grid::new(0.0, 1.0, 4)?, &mut Streams::new(1, "doc").stream(0));
/// let back = reversed(&noise)?;
/// assert_eq!(back.steps()[0].db[0], -noise.steps()[3].db[0]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: reversed_noise
pub fn reversed<const M: usize>(noise: &Increments<M>) -> Result<Increments<M>> {
    let h = noise.grid().h();
    let turn = |step: &Increment<M>| Increment {
        db: step.db.map(|db| -db),
        dz: std::array::from_fn(|j| step.dz[j] - h * step.db[j]),
    };
    Increments::of(*noise.grid(), noise.steps().iter().rev().map(turn).collect())
}
// ANCHOR_END: reversed_noise
