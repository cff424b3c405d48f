//! e^{Δt(A+B)} from e^{ΔtA} and e^{ΔtB}: Lie (order 1), Strang (order 2), Suzuki (any even order).

use nalgebra::DMatrix;

use super::exponential::{Scalar, exponential, of_size, square};
use super::propagator::{Freezing, product};
use crate::{Error, Result};

/// How a step of L = A + B is put together from steps of A and of B.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, Splitting};
/// // Numbers commute, and nothing is lost: e^{½} e¹ = e^{3/2}.
/// let [a, b] = [1.0f64, 2.0].map(|x| DMatrix::from_element(1, 1, x));
/// for splitting in [Splitting::Lie, Splitting::Strang, Splitting::Suzuki(4)] {
///     assert!((splitting.step(&a, &b, 0.5)?[(0, 0)] - 1.5f64.exp()).abs() < 1e-13);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitting {
    /// e^{ΔtA} e^{ΔtB}: order 1.
    Lie,
    /// e^{ΔtA/2} e^{ΔtB} e^{ΔtA/2}: order 2.
    Strang,
    /// Five Suzuki steps of the order below, of lengths p, p, 1 − 4p, p, p in units of Δt; Strang's where that order is 2.
    /// The order must be even and at least 4.
    Suzuki(u32),
}

impl Splitting {
    /// The order p: the error of a step is O(Δtᵖ⁺¹), that of U(t, s) for a generator constant in time O(Δtᵖ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Splitting;
    /// assert_eq!([Splitting::Lie, Splitting::Strang, Splitting::Suzuki(4)].map(Splitting::order), [1, 2, 4]);
    /// ```
    pub fn order(self) -> u32 {
        match self {
            Self::Lie => 1,
            Self::Strang => 2,
            Self::Suzuki(order) => order,
        }
    }

    /// One step of length `dt` for A and B that do not depend on time, n × n.
    ///
    /// # Errors
    /// A step that is not finite, matrices that are not square, finite and of one size, an order that Suzuki's
    /// construction does not have, or an overflow.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::{Splitting, exponential, spring_drift, spring_kick};
    /// let (a, b) = (spring_drift(), spring_kick(1.0));
    /// let step = Splitting::Strang.step(&a, &b, 0.01)?;
    /// assert!((step - exponential(&((a + b) * 0.01))?).norm() < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn step<T: Scalar>(self, a: &DMatrix<T>, b: &DMatrix<T>, dt: f64) -> Result<DMatrix<T>> {
        crate::error::finite("dt", dt)?;
        self.local_step(&|_| a.clone(), &|_| b.clone(), 0.0, dt, Freezing::LeftPoint)
    }

    /// One step from `start` to `start + dt`; every substep is frozen at a time of its own.
    // ANCHOR: step
    fn local_step<T: Scalar>(
        self,
        a: &impl Fn(f64) -> DMatrix<T>,
        b: &impl Fn(f64) -> DMatrix<T>,
        start: f64,
        dt: f64,
        freezing: Freezing,
    ) -> Result<DMatrix<T>> {
        let time = freezing.point(start, dt);
        let e = |generator: DMatrix<T>, tau: f64| exponential(&(generator * T::from_real(tau)));
        match self {
            Self::Lie => same_size(e(a(time), dt)?, e(b(time), dt)?).map(|(a, b)| a * b),
            Self::Strang => same_size(e(a(time), 0.5 * dt)?, e(b(time), dt)?).map(|(a, b)| &a * b * &a),
            Self::Suzuki(order) => {
                let fractions = suzuki_fractions(order)?;
                let inner = if order == 4 { Self::Strang } else { Self::Suzuki(order - 2) };
                let mut begun = 0.0;
                let mut u = None;
                for fraction in fractions {
                    let part = inner.local_step(a, b, start + begun * dt, fraction * dt, freezing)?;
                    u = Some(match u {
                        None => part,
                        Some(u) => part * u,
                    });
                    begun += fraction;
                }
                Ok(u.expect("five fractions"))
            }
        }
    }
    // ANCHOR_END: step
}

/// The lengths p, p, 1 − 4p, p, p of the five substeps, with p = 1/(4 − 4^{1/(order − 1)}): they add to 1, and the
/// sum of their powers `order − 1` is 0, which removes the leading error. So one of them must be negative.
///
/// # Errors
/// An order that is odd or less than 4.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::suzuki_fractions;
/// let [p, _, back, _, _] = suzuki_fractions(4)?;
/// assert!((4.0 * p + back - 1.0).abs() < 1e-15 && back < -0.65);
/// assert!(suzuki_fractions(5).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: fractions
pub fn suzuki_fractions(order: u32) -> Result<[f64; 5]> {
    if order < 4 || !order.is_multiple_of(2) {
        return Err(Error::argument("order", order, "even and at least 4"));
    }
    let p = 1.0 / (4.0 - 4f64.powf(1.0 / f64::from(order - 1)));
    Ok([p, p, 1.0 - 4.0 * p, p, p])
}
// ANCHOR_END: fractions

/// U(t, s) for L(t) = A(t) + B(t), by both approximations at once: time is frozen in every substep as `freezing` says,
/// and the frozen generator is split as `splitting` says. The order is the lower of the two, except that Suzuki's
/// substeps frozen at their own midpoints keep Suzuki's order.
///
/// # Errors
/// No steps, times that are not finite, generators that are not square, finite and of one size, an order that Suzuki's
/// construction does not have, or an overflow.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::*;
/// // Leapfrog: drift half a step, kick, drift.
/// let u = split_propagator(|_| spring_drift(), spring_kick, 2.0, 0.0, 100, Splitting::Strang, Freezing::Midpoint)?;
/// assert!((u - spring_propagator(2.0, 0.0)?).norm() < 2e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: split_propagator
pub fn split_propagator<T: Scalar>(
    a: impl Fn(f64) -> DMatrix<T>,
    b: impl Fn(f64) -> DMatrix<T>,
    t: f64,
    s: f64,
    steps: usize,
    splitting: Splitting,
    freezing: Freezing,
) -> Result<DMatrix<T>> {
    product(t, s, steps, |start, dt| splitting.local_step(&a, &b, start, dt, freezing))
}
// ANCHOR_END: split_propagator

fn same_size<T: Scalar>(a: DMatrix<T>, b: DMatrix<T>) -> Result<(DMatrix<T>, DMatrix<T>)> {
    let size = square("a", &a)?.nrows();
    of_size("b", &b, size)?;
    Ok((a, b))
}
