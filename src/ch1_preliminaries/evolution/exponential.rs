//! e^M = Σ Mⁿ/n!: the evolution operator of a generator that does not change with time.

use nalgebra::{ComplexField, DMatrix};

use crate::{Error, Result};

/// The entries of a matrix: `f64` or `Complex<f64>`.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{Complex, DMatrix, Scalar, exponential};
/// /// The exponential of a 1 × 1 matrix.
/// fn entry<T: Scalar>(exponent: T) -> sdml::Result<T> {
///     Ok(exponential(&DMatrix::from_element(1, 1, exponent))?[(0, 0)])
/// }
/// assert!((entry(1f64)? - std::f64::consts::E).abs() < 1e-14);
/// assert!((entry(Complex::new(0.0, std::f64::consts::PI))? + 1.0).norm() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Scalar: ComplexField<RealField = f64> + Copy {}

impl<T: ComplexField<RealField = f64> + Copy> Scalar for T {}

/// The largest 1-norm of an exponent. Beyond it not one digit of the exponential would be right.
const LARGEST: f64 = 1e12;

/// e^M, by scaling, a Padé approximant and repeated squaring.
///
/// # Errors
/// `matrix` is not square, has no rows, has entries that are not finite or a 1-norm (greatest column sum of moduli) above
/// 10¹²; or its exponential overflows.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, exponential};
/// // A quarter of a turn.
/// let turn = exponential(&(DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0]) * std::f64::consts::FRAC_PI_2))?;
/// assert!((turn - DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0])).norm() < 1e-14);
/// assert!(exponential(&DMatrix::from_element(1, 2, 0.0)).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn exponential<T: Scalar>(matrix: &DMatrix<T>) -> Result<DMatrix<T>> {
    square("matrix", matrix)?;
    let norm = matrix.column_iter().map(|column| column.lp_norm(1)).fold(0.0, f64::max);
    if norm > LARGEST {
        return Err(Error::argument("matrix", format!("of 1-norm {norm:e}"), "of 1-norm at most 1e12"));
    }
    let exponential = matrix.exp();
    match exponential.iter().find(|entry| !entry.is_finite()) {
        None => Ok(exponential),
        Some(entry) => Err(Error::NotFinite { quantity: "exponential", value: entry.real(), step: 0 }),
    }
}

/// Passes a matrix on if it is square, not empty and finite.
pub(super) fn square<'a, T: Scalar>(name: &'static str, matrix: &'a DMatrix<T>) -> Result<&'a DMatrix<T>> {
    let (rows, columns) = matrix.shape();
    if rows != columns || rows == 0 {
        return Err(Error::argument(
            name,
            format!("a {rows} × {columns} matrix"),
            "square, of size at least 1",
        ));
    }
    match matrix.iter().find(|entry| !entry.is_finite()) {
        None => Ok(matrix),
        Some(entry) => Err(Error::argument(name, format!("a matrix with an entry {entry}"), "finite")),
    }
}

/// Passes a matrix on if it is square, finite and of the given size.
pub(super) fn of_size<'a, T: Scalar>(
    name: &'static str,
    matrix: &'a DMatrix<T>,
    size: usize,
) -> Result<&'a DMatrix<T>> {
    if square(name, matrix)?.nrows() == size {
        Ok(matrix)
    } else {
        let shape = format!("a {0} × {0} matrix", matrix.nrows());
        Err(Error::argument(name, shape, format!("{size} × {size}, the size of the others")))
    }
}
