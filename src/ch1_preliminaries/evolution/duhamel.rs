//! Theorem 1.2: ρ(t) = U_A(t, s) ρ(s) + ∫_s^t U_A(t, r) L_B(r) ρ(r) dr, and its iteration (Dyson's series).

use nalgebra::{DMatrix, DVector};

use super::exponential::{Scalar, of_size};
use super::propagator::magnus_product;
use super::quadrature::gauss_legendre;
use crate::{Error, Result};

/// The right side of (1.2) for a given ρ, n entries, with the integral by Gauss's rule on `nodes` nodes.
///
/// # Errors
/// No nodes, times that are not finite, matrices that are not square and finite, shapes that do not match, and whatever
/// `u_a` and `rho` return.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, DVector, duhamel};
/// // ρ' = −ρ + 2ρ: L_A = −1, L_B = 2, ρ(t) = e^t.
/// let one = |x: f64| DMatrix::from_element(1, 1, x);
/// let rho = |r: f64| Ok(DVector::from_element(1, r.exp()));
/// let right = duhamel(|t, r| Ok(one((r - t).exp())), |_| one(2.0), rho, 1.0, 0.0, 12)?;
/// assert!((right[0] - 1f64.exp()).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: duhamel
pub fn duhamel<T: Scalar>(
    u_a: impl Fn(f64, f64) -> Result<DMatrix<T>>,
    l_b: impl Fn(f64) -> DMatrix<T>,
    rho: impl Fn(f64) -> Result<DVector<T>>,
    t: f64,
    s: f64,
    nodes: usize,
) -> Result<DVector<T>> {
    let rule = gauss_legendre(s, t, nodes)?;
    let start = rho(s)?;
    let n = start.len();
    let mut right = of_size("u_a", &u_a(t, s)?, n)? * start;
    for (r, weight) in rule {
        let source = of_size("l_b", &l_b(r), n)? * of_length("rho", rho(r)?, n)?;
        right += of_size("u_a", &u_a(t, r)?, n)? * source * T::from_real(weight);
    }
    Ok(right)
}
// ANCHOR_END: duhamel

/// The terms ρ⁽⁰⁾(t), …, ρ⁽ᵏ⁾(t) of Dyson's series, k = `order`: ρ⁽⁰⁾(t) = U_A(t, s) ρ(s) and
/// ρ⁽ⁿ⁾(t) = ∫_s^t U_A(t, r) L_B(r) ρ⁽ⁿ⁻¹⁾(r) dr. Their partial sums are Picard's iterates of (1.2).
///
/// By Duhamel's principle the terms solve dρ⁽ⁿ⁾/dt = L_A ρ⁽ⁿ⁾ + L_B ρ⁽ⁿ⁻¹⁾, one linear equation for the stack of all of
/// them with L_A on the diagonal of blocks and L_B below it; it is solved with `steps` steps of [`magnus_propagator`](super::magnus_propagator).
///
/// # Errors
/// As [`magnus_propagator`](super::magnus_propagator), or shapes that do not match.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::{DMatrix, DVector, dyson_terms};
/// // L_A = 0, L_B = 1: the terms of the exponential series.
/// let one = |x: f64| DMatrix::from_element(1, 1, x);
/// let terms = dyson_terms(|_| one(0.0), |_| one(1.0), &DVector::from_element(1, 1.0), 2.0, 0.0, 3, 4)?;
/// assert!((terms[3][0] - 8.0 / 6.0).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: dyson
pub fn dyson_terms<T: Scalar>(
    l_a: impl Fn(f64) -> DMatrix<T>,
    l_b: impl Fn(f64) -> DMatrix<T>,
    rho_s: &DVector<T>,
    t: f64,
    s: f64,
    order: usize,
    steps: usize,
) -> Result<Vec<DVector<T>>> {
    let n = rho_s.len();
    let stack = |r: f64| {
        let (a, b) = (l_a(r), l_b(r));
        of_size("l_a", &a, n)?;
        of_size("l_b", &b, n)?;
        let mut blocks = DMatrix::zeros(n * (order + 1), n * (order + 1));
        for k in 0..=order {
            blocks.view_mut((n * k, n * k), (n, n)).copy_from(&a);
            if k > 0 {
                blocks.view_mut((n * k, n * (k - 1)), (n, n)).copy_from(&b);
            }
        }
        Ok(blocks)
    };
    let u = magnus_product(stack, t, s, steps)?;
    Ok((0..=order).map(|k| u.view((n * k, 0), (n, n)) * rho_s).collect())
}
// ANCHOR_END: dyson

fn of_length<T: Scalar>(name: &'static str, vector: DVector<T>, n: usize) -> Result<DVector<T>> {
    if vector.len() == n {
        Ok(vector)
    } else {
        Err(Error::argument(name, format!("a vector of {} entries", vector.len()), format!("of {n} entries")))
    }
}
