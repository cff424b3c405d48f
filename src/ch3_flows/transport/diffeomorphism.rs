//! Theorem 3.3, the change of variables: for X = f(Z), p_X(x) = p_Z(f⁻¹(x)) |J_{f⁻¹}(x)| (3.2) and
//! p_X(f(z)) |J_f(z)| = p_Z(z) (3.3), with J_f = det ∇f.

use crate::error::finite;
use crate::{Error, Result};

/// A C¹ map of Rᴺ with a C¹ inverse.
///
/// ```
/// use sdml::ch3_flows::transport::{Diffeomorphism, log_density_by_inverse, log_density_of_source};
///
/// /// f(z) = 2z.
/// struct Double;
///
/// impl Diffeomorphism<1> for Double {
///     fn forward(&self, [z]: [f64; 1]) -> [f64; 1] {
///         [2.0 * z]
///     }
///     fn inverse(&self, [x]: [f64; 1]) -> [f64; 1] {
///         [0.5 * x]
///     }
///     fn determinant(&self, _: [f64; 1]) -> f64 {
///         2.0
///     }
/// }
/// // The uniform law on (0, 1) becomes that on (0, 2), with half the density.
/// assert_eq!(log_density_by_inverse(&Double, |_| 0.0, [1.0]), -(2f64.ln()));
/// assert_eq!(log_density_of_source(&Double, |_| -(2f64.ln()), [0.5]), 0.0);
/// ```
// ANCHOR: trait
pub trait Diffeomorphism<const N: usize> {
    /// f(z).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{Affine, Diffeomorphism};
    /// // A shear: (z₁ + 2z₂ + 3, z₂).
    /// let shear = Affine::new([[1.0, 2.0], [0.0, 1.0]], [3.0, 0.0])?;
    /// assert_eq!(shear.forward([1.0, 4.0]), [12.0, 4.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn forward(&self, z: [f64; N]) -> [f64; N];

    /// f⁻¹(x).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{Affine, Diffeomorphism};
    /// // From (z₁ + 2z₂ + 3, z₂) back to z.
    /// let shear = Affine::new([[1.0, 2.0], [0.0, 1.0]], [3.0, 0.0])?;
    /// assert_eq!(shear.inverse([12.0, 4.0]), [1.0, 4.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn inverse(&self, x: [f64; N]) -> [f64; N];

    /// J_f(z) = det ∇f(z), with its sign.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{Affine, Diffeomorphism};
    /// // The columns exchanged: the other sign.
    /// assert_eq!(Affine::new([[2.0, 1.0], [4.0, 5.0]], [0.0; 2])?.determinant([3.0, 7.0]), 6.0);
    /// assert_eq!(Affine::new([[1.0, 2.0], [5.0, 4.0]], [0.0; 2])?.determinant([3.0, 7.0]), -6.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn determinant(&self, z: [f64; N]) -> f64;
}

/// log p_X(x) by (3.2): J_{f⁻¹}(x) is 1/J_f at z = f⁻¹(x).
///
/// ```
/// use sdml::ch3_flows::transport::{Affine, log_density_by_inverse};
/// // f = (2z₁ + 1, −3z₂) has the determinant −6 and takes (2, −1), where log p_Z = −z₁ is −2, to (5, 3).
/// let f = Affine::new([[2.0, 0.0], [0.0, -3.0]], [1.0, 0.0])?;
/// assert_eq!(log_density_by_inverse(&f, |z| -z[0], [5.0, 3.0]), -2.0 - 6f64.ln());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn log_density_by_inverse<const N: usize>(
    f: &impl Diffeomorphism<N>,
    log_p_z: impl Fn([f64; N]) -> f64,
    x: [f64; N],
) -> f64 {
    let z = f.inverse(x);
    log_p_z(z) - f.determinant(z).abs().ln()
}

/// log p_Z(z) by (3.3).
///
/// ```
/// use sdml::ch3_flows::transport::{Affine, log_density_of_source};
/// // f = (2z₁ + 1, −3z₂) has the determinant −6 and takes (2, −1) to (5, 3), where log p_X = −x₁ is −5.
/// let f = Affine::new([[2.0, 0.0], [0.0, -3.0]], [1.0, 0.0])?;
/// assert_eq!(log_density_of_source(&f, |x| -x[0], [2.0, -1.0]), -5.0 + 6f64.ln());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn log_density_of_source<const N: usize>(
    f: &impl Diffeomorphism<N>,
    log_p_x: impl Fn([f64; N]) -> f64,
    z: [f64; N],
) -> f64 {
    log_p_x(f.forward(z)) + f.determinant(z).abs().ln()
}
// ANCHOR_END: trait

/// f(z) = A z + b in the plane.
///
/// ```
/// use sdml::ch3_flows::transport::{Affine, Diffeomorphism};
/// // A reflection: the determinant is −1, and only its modulus counts in a density.
/// let swap = Affine::new([[0.0, 1.0], [1.0, 0.0]], [3.0, 0.0])?;
/// assert_eq!(swap.forward([1.0, 2.0]), [5.0, 1.0]);
/// assert_eq!(swap.inverse([5.0, 1.0]), [1.0, 2.0]);
/// assert_eq!(swap.determinant([0.0, 0.0]), -1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    matrix: [[f64; 2]; 2],
    shift: [f64; 2],
}

impl Affine {
    /// z ↦ A z + b, `matrix` by rows.
    ///
    /// # Errors
    /// Numbers that are not finite, or an A whose determinant is 0 or not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Affine;
    /// assert!(Affine::new([[1.0, 2.0], [0.0, 1.0]], [0.0; 2]).is_ok());
    /// assert!(Affine::new([[1.0, 2.0], [2.0, 4.0]], [0.0; 2]).is_err());
    /// ```
    pub fn new(matrix: [[f64; 2]; 2], shift: [f64; 2]) -> Result<Self> {
        for entry in matrix.iter().flatten().chain(&shift) {
            finite("matrix and shift", *entry)?;
        }
        let map = Self { matrix, shift };
        let determinant = map.determinant([0.0; 2]);
        if determinant == 0.0 || !determinant.is_finite() {
            let allowed = "invertible, with a determinant that is finite";
            return Err(Error::argument("matrix", format!("{matrix:?}"), allowed));
        }
        Ok(map)
    }
}

impl Diffeomorphism<2> for Affine {
    fn forward(&self, z: [f64; 2]) -> [f64; 2] {
        std::array::from_fn(|i| self.matrix[i][0] * z[0] + self.matrix[i][1] * z[1] + self.shift[i])
    }

    fn inverse(&self, x: [f64; 2]) -> [f64; 2] {
        let [[a, b], [c, d]] = self.matrix;
        let [u, v] = [x[0] - self.shift[0], x[1] - self.shift[1]];
        let det = self.determinant(x);
        [(d * u - b * v) / det, (a * v - c * u) / det]
    }

    fn determinant(&self, _: [f64; 2]) -> f64 {
        let [[a, b], [c, d]] = self.matrix;
        a * d - b * c
    }
}
