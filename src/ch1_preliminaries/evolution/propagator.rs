//! U(t, s) = T exp ∫_s^t L(r) dr ≈ e^{Δt L(r_{N−1})} ⋯ e^{Δt L(r_1)} e^{Δt L(r_0)}: time is frozen for a step Δt = (t − s)/N at
//! a time. Later factors stand to the left, because they act later.
//!
//! With t < s the step is negative and the same product gives U(t, s) = U(s, t)⁻¹, whose factors are ordered the other
//! way round in time: the T of the notes is defined for t ≥ s.

use std::cmp::Reverse;

use nalgebra::DMatrix;

use super::exponential::{Scalar, exponential, of_size, square};
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// Where in its step a generator is frozen.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, Freezing, propagator};
/// // u′ = 2tu on [0, 1] in one step: e^{2·½} from its middle, e⁰ from its start.
/// let step = |freezing| propagator(|t| DMatrix::from_element(1, 1, 2.0 * t), 1.0, 0.0, 1, freezing);
/// assert!((step(Freezing::Midpoint)?[(0, 0)] - 1f64.exp()).abs() < 1e-14);
/// assert!((step(Freezing::LeftPoint)?[(0, 0)] - 1.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freezing {
    /// At the start of the step, as the notes do: order 1.
    LeftPoint,
    /// In its middle: order 2.
    Midpoint,
}

impl Freezing {
    /// Both.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Freezing;
    /// assert!(Freezing::ALL.is_sorted_by_key(|freezing| freezing.order()));
    /// ```
    pub const ALL: [Self; 2] = [Self::LeftPoint, Self::Midpoint];

    /// The order p: the error of U(t, s) is O(Δtᵖ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Freezing;
    /// assert_eq!(Freezing::ALL.map(Freezing::order), [1, 2]);
    /// ```
    pub fn order(self) -> u32 {
        match self {
            Self::LeftPoint => 1,
            Self::Midpoint => 2,
        }
    }

    /// The time at which a step from `start` to `start + dt` is frozen.
    pub(super) fn point(self, start: f64, dt: f64) -> f64 {
        match self {
            Self::LeftPoint => start,
            Self::Midpoint => start + 0.5 * dt,
        }
    }
}

/// The product e^{Δt L(r_{N−1})} ⋯ e^{Δt L(r_0)} of `steps` exponentials, n × n: approximates U(t, s) to the order of
/// `freezing`. For a generator that commutes with itself at all times the only error left is that of a quadrature of
/// ∫ L; for a constant one the product is exact.
///
/// # Errors
/// No steps, times that are not finite, a generator that is not square and finite or changes its size, or an overflow.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{Freezing, propagator, spring, spring_propagator};
/// let error = |steps| -> sdml::Result<f64> {
///     let u = propagator(spring, 2.0, 0.0, steps, Freezing::LeftPoint)?;
///     Ok((u - spring_propagator(2.0, 0.0)?).norm())
/// };
/// assert!((error(200)? / error(400)? - 2.0).abs() < 0.01);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: propagator
pub fn propagator<T: Scalar>(
    generator: impl Fn(f64) -> DMatrix<T>,
    t: f64,
    s: f64,
    steps: usize,
    freezing: Freezing,
) -> Result<DMatrix<T>> {
    product(t, s, steps, |start, dt| {
        let frozen = generator(freezing.point(start, dt));
        exponential(&(square("generator", &frozen)? * T::from_real(dt)))
    })
}
// ANCHOR_END: propagator

/// U(t, s) to order 4, by Magnus: each step is the exponential of
/// Ω = (Δt/2)(L₁ + L₂) + (√3/12) Δt² [L₂, L₁] with L at the two Gauss points of the step. The commutator is what frozen
/// time forgets.
///
/// # Errors
/// As [`propagator`].
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{magnus_propagator, spring, spring_propagator};
/// let error = (magnus_propagator(spring, 2.0, 0.0, 40)? - spring_propagator(2.0, 0.0)?).norm();
/// assert!(error < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn magnus_propagator<T: Scalar>(
    generator: impl Fn(f64) -> DMatrix<T>,
    t: f64,
    s: f64,
    steps: usize,
) -> Result<DMatrix<T>> {
    magnus_product(|r| Ok(generator(r)), t, s, steps)
}

/// [`magnus_propagator`] for a generator that may fail.
// ANCHOR: magnus
pub(super) fn magnus_product<T: Scalar>(
    generator: impl Fn(f64) -> Result<DMatrix<T>>,
    t: f64,
    s: f64,
    steps: usize,
) -> Result<DMatrix<T>> {
    let root = 3f64.sqrt();
    product(t, s, steps, |start, dt| {
        let gauss_point = |side: f64| generator(start + (0.5 + side * root / 6.0) * dt);
        let (l1, l2) = (gauss_point(-1.0)?, gauss_point(1.0)?);
        let size = square("generator", &l1)?.nrows();
        let commutator = of_size("generator", &l2, size)? * &l1 - &l1 * &l2;
        let mean = (l1 + l2) * T::from_real(0.5 * dt);
        exponential(&(mean + commutator * T::from_real(root / 12.0 * dt * dt)))
    })
}
// ANCHOR_END: magnus

/// The product of the matrices `factor(s + kΔt, Δt)`, k = 0, …, steps − 1, from right to left.
pub(super) fn product<T: Scalar>(
    t: f64,
    s: f64,
    steps: usize,
    factor: impl Fn(f64, f64) -> Result<DMatrix<T>>,
) -> Result<DMatrix<T>> {
    let dt = (finite("t", t)? - finite("s", s)?) / at_least("steps", steps, 1)? as f64;
    let mut u = factor(s, dt)?;
    for k in 1..steps {
        let next = factor(s + k as f64 * dt, dt)?;
        u = of_size("generator", &next, u.nrows())? * u;
        if let Some(entry) = u.iter().find(|entry| !entry.is_finite()) {
            return Err(Error::NotFinite { quantity: "propagator", value: entry.real(), step: k });
        }
    }
    Ok(u)
}

/// T(A(t₁) ⋯ A(t_n)): the product of operators that carry their times, latest to the left; equal times keep the order
/// given. The T of the notes.
///
/// # Errors
/// No factors, times that are not finite, or matrices that are not square, finite and of one size.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, time_ordered};
/// let [a, b] = [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]].map(|m| DMatrix::from_row_slice(2, 2, &m));
/// let (early, late) = ((1.0, a.clone()), (2.0, b.clone()));
/// assert_eq!(time_ordered(&[early.clone(), late.clone()])?, &b * &a);
/// assert_eq!(time_ordered(&[late, early])?, &b * &a);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: time_ordered
pub fn time_ordered<T: Scalar>(factors: &[(f64, DMatrix<T>)]) -> Result<DMatrix<T>> {
    let mut factors: Vec<_> = factors.iter().collect();
    for (time, _) in &factors {
        finite("factors", *time)?;
    }
    factors.sort_by(|(t1, _), (t2, _)| Reverse(*t1).partial_cmp(&Reverse(*t2)).expect("finite times"));
    let (first, rest) =
        factors.split_first().ok_or_else(|| Error::argument("factors.len()", 0, "at least 1"))?;
    rest.iter().try_fold(square("factors", &first.1)?.clone(), |product, (_, factor)| {
        let size = product.nrows();
        Ok(product * of_size("factors", factor, size)?)
    })
}
// ANCHOR_END: time_ordered
