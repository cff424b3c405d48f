//! The schemes that a gradient goes through: a step differentiated as it was taken, and the same step for any vector.

use super::controlled::{Controlled, WithParameters};
use super::driver::Driver;
use crate::Result;
use crate::ch1_preliminaries::sde::{
    Grid, Heun, Increment, Midpoint, Reversible, ReversibleHeun, Scheme, State, Step, Stratonovich,
};
use crate::error::stays_finite;

/// A scheme whose step can be differentiated.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Heun, Stratonovich};
/// use sdml::ch2_control::neural_sde::{GeometricFamily, StepGradient, WithParameters};
/// let (model, mut gradient) = (WithParameters::new(&GeometricFamily(Stratonovich), [0.0, 1.0])?, [0.0; 2]);
/// // A step multiplies x by 1 + s + s²/2 with s = θ₁h + θ₂ΔB = ½; in θ its derivative is (1 + s)x (h, ΔB).
/// let before = Heun.pull_back(&model, &[2.0], (0.0, 0.25), &[0.5], &[1.0], &mut gradient);
/// assert_eq!((before, gradient), ([1.625], [0.75, 1.5]));
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait StepGradient: Scheme {
    /// From the derivative in the state after a step of length h at time t to the derivative in the state before; adds
    /// the derivative in θ to `gradient`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Midpoint, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, StepGradient, WithParameters};
    /// // On a linear equation the midpoint rule's step is Heun's: 1 + s + s²/2 with s = θ₁h + θ₂ΔB = ½.
    /// let (model, mut gradient) = (WithParameters::new(&GeometricFamily(Stratonovich), [0.0, 1.0])?, [0.0; 2]);
    /// let before = Midpoint.pull_back(&model, &[2.0], (0.0, 0.25), &[0.5], &[1.0], &mut gradient);
    /// assert_eq!((before, gradient), ([1.625], [0.75, 1.5]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn pull_back<E, const D: usize, const M: usize, const P: usize>(
        &self,
        model: &WithParameters<'_, E, P>,
        state: &Self::State<D>,
        time: (f64, f64),
        db: &[f64; M],
        cotangent: &Self::State<D>,
        gradient: &mut [f64; P],
    ) -> Self::State<D>
    where
        E: Controlled<D, M, P>;

    /// The derivative in the last state, of a function of its position.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Reversible, ReversibleHeun}, ch2_control::neural_sde::StepGradient};
    /// // A loss looks at the solution and not at its companion.
    /// assert_eq!(ReversibleHeun::at_end([2.0]), Reversible { x: [2.0], companion: [0.0] });
    /// ```
    fn at_end<const D: usize>(cotangent: [f64; D]) -> Self::State<D>;

    /// The derivative in the start, from which the first state is made.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Reversible, ReversibleHeun}, ch2_control::neural_sde::StepGradient};
    /// // Both begin at the start, so that their derivatives add up.
    /// assert_eq!(ReversibleHeun::at_start(Reversible { x: [2.0], companion: [0.5] }), [2.5]);
    /// ```
    fn at_start<const D: usize>(cotangent: Self::State<D>) -> [f64; D];
}

// ANCHOR: heun_pull_back
impl StepGradient for Heun {
    fn pull_back<E, const D: usize, const M: usize, const P: usize>(
        &self,
        model: &WithParameters<'_, E, P>,
        x: &[f64; D],
        (t, h): (f64, f64),
        db: &[f64; M],
        a: &[f64; D],
        gradient: &mut [f64; P],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P>,
    {
        let half = a.map(|a| 0.5 * a);
        let predicted = sum(x, &model.slope(x, t, h, db));
        let right = model.pull_back(&predicted, t + h, h, db, &half, gradient);
        let left = model.pull_back(x, t, h, db, &sum(&half, &right), gradient);
        std::array::from_fn(|i| a[i] + right[i] + left[i])
    }

    fn at_end<const D: usize>(cotangent: [f64; D]) -> [f64; D] {
        cotangent
    }

    fn at_start<const D: usize>(cotangent: [f64; D]) -> [f64; D] {
        cotangent
    }
}
// ANCHOR_END: heun_pull_back

impl StepGradient for Midpoint {
    fn pull_back<E, const D: usize, const M: usize, const P: usize>(
        &self,
        model: &WithParameters<'_, E, P>,
        x: &[f64; D],
        (t, h): (f64, f64),
        db: &[f64; M],
        a: &[f64; D],
        gradient: &mut [f64; P],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P>,
    {
        let half = model.slope(x, t, h, db).map(|slope| 0.5 * slope);
        let middle = model.pull_back(&sum(x, &half), t + 0.5 * h, h, db, a, gradient);
        let left = model.pull_back(x, t, h, db, &middle.map(|a| 0.5 * a), gradient);
        std::array::from_fn(|i| a[i] + middle[i] + left[i])
    }

    fn at_end<const D: usize>(cotangent: [f64; D]) -> [f64; D] {
        cotangent
    }

    fn at_start<const D: usize>(cotangent: [f64; D]) -> [f64; D] {
        cotangent
    }
}

// ANCHOR: reversible_pull_back
impl StepGradient for ReversibleHeun {
    fn pull_back<E, const D: usize, const M: usize, const P: usize>(
        &self,
        model: &WithParameters<'_, E, P>,
        Reversible { x, companion }: &Reversible<D>,
        (t, h): (f64, f64),
        db: &[f64; M],
        a: &Reversible<D>,
        gradient: &mut [f64; P],
    ) -> Reversible<D>
    where
        E: Controlled<D, M, P>,
    {
        let half = a.x.map(|a| 0.5 * a);
        let slope = model.slope(companion, t, h, db);
        let next = std::array::from_fn(|i| 2.0 * x[i] - companion[i] + slope[i]);
        let of_next = sum(&a.companion, &model.pull_back(&next, t + h, h, db, &half, gradient));
        let left = model.pull_back(companion, t, h, db, &sum(&half, &of_next), gradient);
        Reversible {
            x: std::array::from_fn(|i| a.x[i] + 2.0 * of_next[i]),
            companion: std::array::from_fn(|i| left[i] - of_next[i]),
        }
    }

    fn at_end<const D: usize>(cotangent: [f64; D]) -> Reversible<D> {
        Reversible { x: cotangent, companion: [0.0; D] }
    }

    fn at_start<const D: usize>(cotangent: Reversible<D>) -> [f64; D] {
        sum(&cotangent.x, &cotangent.companion)
    }
}
// ANCHOR_END: reversible_pull_back

/// An element of a vector space.
///
/// ```
/// use sdml::ch2_control::neural_sde::Vector;
/// assert_eq!([1.0f64, 2.0].plus(0.5, &[4.0, 8.0]), [3.0, 6.0]);
/// ```
pub trait Vector {
    /// self + c·other.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::Vector;
    /// assert_eq!([1.0f64].plus(-2.0, &[0.5]), [0.0]);
    /// ```
    #[must_use]
    fn plus(&self, c: f64, other: &Self) -> Self;
}

impl<const N: usize> Vector for [f64; N] {
    #[inline]
    fn plus(&self, c: f64, other: &Self) -> Self {
        std::array::from_fn(|i| self[i] + c * other[i])
    }
}

/// A scheme made of evaluations and sums, which can therefore step a vector of any kind.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Heun, Midpoint};
/// use sdml::ch2_control::neural_sde::Explicit;
/// // ż = z with a step of 1: both multiply by 1 + 1 + ½.
/// let slope = |z: &[f64; 1], _t: f64| *z;
/// assert_eq!(Heun.advance(&[2.0], 0.0, 1.0, slope), [5.0]);
/// assert_eq!(Midpoint.advance(&[2.0], 0.0, 1.0, slope), [5.0]);
/// ```
// ANCHOR: explicit
pub trait Explicit: Scheme {
    /// The value after a step of length h at time t, `slope` being the right side times the step.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Heun, Midpoint};
    /// use sdml::ch2_control::neural_sde::Explicit;
    /// // ∫₁^{3/2} 2t dt = 5/4 by one trapezium, and by the value in the middle.
    /// let slope = |_: &[f64; 1], t: f64| [0.5 * 2.0 * t];
    /// assert_eq!(Heun.advance(&[0.0], 1.0, 0.5, slope), [1.25]);
    /// assert_eq!(Midpoint.advance(&[0.0], 1.0, 0.5, slope), [1.25]);
    /// ```
    fn advance<V: Vector>(&self, z: &V, t: f64, h: f64, slope: impl Fn(&V, f64) -> V) -> V;
}

impl Explicit for Heun {
    #[inline]
    fn advance<V: Vector>(&self, z: &V, t: f64, h: f64, slope: impl Fn(&V, f64) -> V) -> V {
        let left = slope(z, t);
        let right = slope(&z.plus(1.0, &left), t + h);
        z.plus(0.5, &left.plus(1.0, &right))
    }
}

impl Explicit for Midpoint {
    #[inline]
    fn advance<V: Vector>(&self, z: &V, t: f64, h: f64, slope: impl Fn(&V, f64) -> V) -> V {
        z.plus(1.0, &slope(&z.plus(0.5, &slope(z, t)), t + 0.5 * h))
    }
}
// ANCHOR_END: explicit

/// The stored states and increments of a scheme, ready to be differentiated.
#[derive(Debug, Clone)]
pub(super) struct Record<S: Scheme, const D: usize, const M: usize> {
    scheme: S,
    pub(super) states: Vec<S::State<D>>,
    pub(super) noise: Vec<Increment<M>>,
    times: Vec<(f64, f64)>,
}

impl<S: StepGradient, const D: usize, const M: usize> Record<S, D, M> {
    pub(super) fn new(scheme: S, start: [f64; D]) -> Self {
        Self { scheme, states: vec![S::State::at(start)], noise: Vec::new(), times: Vec::new() }
    }

    /// Solves on `grid` from where the record ends.
    pub(super) fn extend<'a, E, const P: usize>(
        &mut self,
        model: &WithParameters<'a, E, P>,
        grid: &Grid,
        path: &mut impl Driver<M>,
    ) -> Result<()>
    where
        E: Controlled<D, M, P, Calculus = Stratonovich>,
        S: Step<WithParameters<'a, E, P>, D, M>,
    {
        let mut state = self.states[self.states.len() - 1];
        for (n, increment) in path.increments(grid)?.steps().iter().enumerate() {
            let (t, h) = (grid.time(n), grid.h());
            state = self.scheme.step(model, state, t, h, increment);
            finite_state(&state.position(), n)?;
            self.states.push(state);
            self.noise.push(*increment);
            self.times.push((t, h));
        }
        Ok(())
    }

    pub(super) fn end(&self) -> [f64; D] {
        self.states[self.states.len() - 1].position()
    }

    /// The derivative in the start, from the one in the end.
    pub(super) fn pull_back<E, const P: usize>(
        &self,
        model: &WithParameters<'_, E, P>,
        cotangent: [f64; D],
        gradient: &mut [f64; P],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P, Calculus = Stratonovich>,
    {
        let mut cotangent = S::at_end(cotangent);
        for (n, increment) in self.noise.iter().enumerate().rev() {
            let state = &self.states[n];
            cotangent =
                self.scheme.pull_back(model, state, self.times[n], &increment.db, &cotangent, gradient);
        }
        S::at_start(cotangent)
    }

    /// The numbers of the states: what storing the path costs.
    pub(super) fn held(&self) -> usize {
        self.states.len() * numbers_in::<S::State<D>>()
    }
}

pub(super) fn sum<const N: usize>(a: &[f64; N], b: &[f64; N]) -> [f64; N] {
    a.plus(1.0, b)
}

/// How many numbers a state is made of.
pub(super) fn numbers_in<T>() -> usize {
    size_of::<T>() / size_of::<f64>()
}

pub(super) fn finite_state<const D: usize>(x: &[f64; D], step: usize) -> Result<()> {
    stays_finite("X", x, step)
}
