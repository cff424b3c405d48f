//! Section 1.5: vectors are columns, derivatives are the last index.
//!
//! (∇f)_ij = ∂f_i/∂z_j for a vector f, (∇F)_ijk = ∂F_ij/∂z_k for a matrix F, and (∇F v)_ij = Σ_k ∂F_ij/∂z_k v_k.

use ndarray::{Array2, Array3, Axis};

use crate::error::finite;
use crate::{Error, Result};

/// The relative step of a centred difference that balances its error h² against rounding ε/h: ε^{1/3}.
const STEP: f64 = 6e-6;

/// ∇f at z by centred differences, with a relative error of about 10⁻¹⁰: rows are the components of f, columns the
/// variables. The row i is the gradient of f_i; the gradient itself, as a vector, is a column.
///
/// # Errors
/// No variables, entries of z or values of f that are not finite, or a number of components that changes with z.
///
/// ```
/// use sdml::ch1_preliminaries::notation::jacobian;
/// let slopes = jacobian(|z| vec![z[0] * z[1], z[2], z[0].exp()], &[0.0, 2.0, 1.0])?;
/// assert!((slopes - ndarray::array![[2.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]).iter().all(|d| d.abs() < 1e-9));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: jacobian
pub fn jacobian(f: impl Fn(&[f64]) -> Vec<f64>, z: &[f64]) -> Result<Array2<f64>> {
    let column = |z: &[f64]| Array2::from_shape_vec((f(z).len(), 1), f(z)).expect("one column");
    Ok(gradient(column, z)?.remove_axis(Axis(1)))
}
// ANCHOR_END: jacobian

/// ∇F at z by centred differences, with a relative error of about 10⁻¹⁰: the shape of F, then the variables.
///
/// # Errors
/// As [`jacobian`].
///
/// ```
/// use ndarray::array;
/// use sdml::ch1_preliminaries::notation::gradient;
/// let slopes = gradient(|z| array![[z[0], z[1]]], &[3.0, 4.0])?;
/// assert_eq!(slopes.dim(), (1, 2, 2));
/// assert!((slopes[(0, 1, 1)] - 1.0).abs() < 1e-9 && slopes[(0, 1, 0)] == 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: gradient
pub fn gradient(f: impl Fn(&[f64]) -> Array2<f64>, z: &[f64]) -> Result<Array3<f64>> {
    if z.is_empty() {
        return Err(Error::argument("z.len()", 0, "at least 1"));
    }
    let shape = f(z).dim();
    let mut slopes = Array3::zeros((shape.0, shape.1, z.len()));
    for (k, mut slope) in slopes.axis_iter_mut(Axis(2)).enumerate() {
        let h = STEP * finite("z", z[k])?.abs().max(1.0);
        let moved = |by: f64| {
            let mut moved = z.to_vec();
            moved[k] += by;
            f(&moved)
        };
        let (up, down) = (moved(h), moved(-h));
        if up.dim() != shape || down.dim() != shape {
            return Err(Error::argument("f", "of a shape that changes with z", "of one shape"));
        }
        slope.assign(&((up - down) / (2.0 * h)));
        slope.iter().try_for_each(|&value| finite("f", value).map(drop))?;
    }
    Ok(slopes)
}
// ANCHOR_END: gradient

/// ∇F v, a matrix of the shape of F: how F changes along v.
///
/// # Errors
/// A v that has not one entry for every variable.
///
/// ```
/// use ndarray::{Array3, array};
/// use sdml::ch1_preliminaries::notation::contract;
/// let slopes = Array3::from_shape_vec((1, 2, 2), vec![1.0, 2.0, 3.0, 4.0]).unwrap();
/// assert_eq!(contract(&slopes, &[1.0, 10.0])?, array![[21.0, 43.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: contract
pub fn contract(nabla_f: &Array3<f64>, v: &[f64]) -> Result<Array2<f64>> {
    let (rows, columns, variables) = nabla_f.dim();
    if v.len() != variables {
        return Err(Error::argument(
            "v.len()",
            v.len(),
            format!("{variables}, one entry for every variable"),
        ));
    }
    Ok(Array2::from_shape_fn((rows, columns), |(i, j)| {
        (0..variables).map(|k| nabla_f[(i, j, k)] * v[k]).sum()
    }))
}
// ANCHOR_END: contract
