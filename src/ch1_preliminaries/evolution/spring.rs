//! A spring that stiffens: x″ = −t x, as a system for (x, x′) with L(t) = [[0, 1], [−t, 0]].
//!
//! L at different times does not commute with itself, and the solutions are known: x(t) = Ai(−t) and Bi(−t), Airy's
//! functions.

use nalgebra::DMatrix;

use crate::Result;
use crate::error::finite;

/// L(t) = [[0, 1], [−t, 0]].
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{spring, spring_drift, spring_kick};
/// assert_eq!(spring(0.3), spring_drift() + spring_kick(0.3));
/// ```
// ANCHOR: spring
pub fn spring(t: f64) -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &[0.0, 1.0, -t, 0.0])
}
// ANCHOR_END: spring

/// The part that moves, A = [[0, 1], [0, 0]]: x′ = v, v′ = 0.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, exponential, spring_drift};
/// // A² = 0, so that e^{τA} = 1 + τA: x moves by τv.
/// let step = exponential(&(spring_drift() * 0.5))?;
/// assert!((step - DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.0, 1.0])).norm() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn spring_drift() -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 0.0, 0.0])
}

/// The part that pushes, B(t) = [[0, 0], [−t, 0]]: x′ = 0, v′ = −t x.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, exponential, spring_kick};
/// // B² = 0, so that e^{τB} = 1 + τB: v changes by −τt x.
/// let step = exponential(&(spring_kick(3.0) * 0.5))?;
/// assert!((step - DMatrix::from_row_slice(2, 2, &[1.0, 0.0, -1.5, 1.0])).norm() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn spring_kick(t: f64) -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &[0.0, 0.0, -t, 0.0])
}

/// U(t, s) exactly. The solution matrix W(t) with W(0) = 1 has the power series x = Σ a_n tⁿ,
/// a_{n+3} = −a_n/((n + 3)(n + 2)); its determinant is 1, and U(t, s) = W(t) W(s)⁻¹.
///
/// # Errors
/// Times that are not finite or have a modulus above 4, where the series starts to lose digits to cancellation.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::spring_propagator;
/// let (whole, halves) = (spring_propagator(2.0, 0.0)?, spring_propagator(2.0, 1.0)? * spring_propagator(1.0, 0.0)?);
/// assert!((whole - halves).norm() < 1e-14);
/// assert!(spring_propagator(5.0, 0.0).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn spring_propagator(t: f64, s: f64) -> Result<DMatrix<f64>> {
    let start = solutions("s", s)?;
    // The inverse of a 2 × 2 matrix of determinant 1.
    let back = DMatrix::from_row_slice(2, 2, &[start[(1, 1)], -start[(0, 1)], -start[(1, 0)], start[(0, 0)]]);
    Ok(solutions("t", t)? * back)
}

/// W(t): the two solutions in the first row, their derivatives in the second.
fn solutions(name: &'static str, t: f64) -> Result<DMatrix<f64>> {
    if finite(name, t)?.abs() > 4.0 {
        return Err(crate::Error::argument(name, t, "between -4 and 4"));
    }
    let mut w = DMatrix::zeros(2, 2);
    for column in 0..2 {
        // The term a_n tⁿ; its derivative is n a_n tⁿ⁻¹ = t² · (previous term) · −1/(n − 1) beyond the first.
        let (mut term, mut n) = (t.powi(column), f64::from(column));
        let mut slope = f64::from(column);
        while term != 0.0 || slope != 0.0 {
            w[(0, column as usize)] += term;
            w[(1, column as usize)] += slope;
            n += 3.0;
            slope = -term * t * t / (n - 1.0);
            term *= -t * t * t / (n * (n - 1.0));
        }
    }
    Ok(w)
}
