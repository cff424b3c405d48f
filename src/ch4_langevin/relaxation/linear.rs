//! Linear diffusions dX = −M X dt + √(2/β) dB, whose laws stay normal: the exactly solvable case of drifts that reach the
//! same equilibrium faster.
//!
//! For U = ½ xᵀKx every M = (I + S)K with S antisymmetric has p∞ = N(0, (βK)⁻¹): M Σ + Σ Mᵀ = 2/β holds for Σ = (βK)⁻¹.
//! S = 0 is (4.2), and only then is the dynamics reversible. The law relaxes at the smallest real part of an eigenvalue
//! of M, which no S can raise above tr K/d (Hwang, Hwang-Ma and Sheu 1993; Lelièvre, Nier and Pavliotis 2013).

use nalgebra::{DMatrix, DVector};

use crate::error::{finite, positive};
use crate::{Error, Result};

/// dX = −M X dt + √(2/β) dB in d dimensions.
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use sdml::ch4_langevin::relaxation::LinearDiffusion;
/// // dX = −2X dt + √2 dB: e^{−2t}, towards the variance ½.
/// let process = LinearDiffusion::new(DMatrix::from_element(1, 1, 2.0), 1.0)?;
/// assert!((process.mean(0.5, &DVector::from_element(1, 3.0))?[0] - 3.0 * (-1f64).exp()).abs() < 1e-14);
/// assert!((process.equilibrium()?[(0, 0)] - 0.5).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LinearDiffusion {
    matrix: DMatrix<f64>,
    beta: f64,
}

impl LinearDiffusion {
    /// The diffusion with drift −M x, M = `matrix`, d × d.
    ///
    /// # Errors
    /// A matrix that is empty, not square or not finite; a `beta` that is not positive.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// assert!(LinearDiffusion::new(DMatrix::identity(2, 2), 1.0).is_ok());
    /// assert!(LinearDiffusion::new(DMatrix::zeros(2, 3), 1.0).is_err());
    /// ```
    pub fn new(matrix: DMatrix<f64>, beta: f64) -> Result<Self> {
        positive("beta", beta)?;
        square("matrix", &matrix)?;
        Ok(Self { matrix, beta })
    }

    /// The diffusion with M = (I + S)K, K = `precision`, S = `skew`: equilibrium N(0, (βK)⁻¹) whatever S is.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// let matrix = |entries: [f64; 4]| DMatrix::from_row_slice(2, 2, &entries);
    /// let k = matrix([1.0, 0.0, 0.0, 9.0]);
    /// let still = LinearDiffusion::non_reversible(&k, &matrix([0.0; 4]), 1.0)?;
    /// let stirred = LinearDiffusion::non_reversible(&k, &matrix([0.0, 2.0, -2.0, 0.0]), 1.0)?;
    /// assert!((still.gap() - 1.0).abs() < 1e-12);
    /// assert!((stirred.gap() - 5.0).abs() < 1e-12);
    /// assert!((still.equilibrium()? - stirred.equilibrium()?).norm() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// A `precision` that is not symmetric and positive definite, a `skew` that is not antisymmetric or of another size,
    /// and what [`new`](Self::new) refuses.
    // ANCHOR: non_reversible
    pub fn non_reversible(precision: &DMatrix<f64>, skew: &DMatrix<f64>, beta: f64) -> Result<Self> {
        let d = square("precision", precision)?;
        if precision != &precision.transpose() || precision.clone().cholesky().is_none() {
            return Err(Error::argument("precision", precision, "symmetric and positive definite"));
        }
        if square("skew", skew)? != d || skew.transpose() != -skew {
            return Err(Error::argument("skew", skew, format!("{d} × {d} and antisymmetric")));
        }
        Self::new((DMatrix::identity(d, d) + skew) * precision, beta)
    }
    // ANCHOR_END: non_reversible

    /// The smallest real part of an eigenvalue of M: means relax like e^{−gap t}, up to powers of t.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// // Eigenvalues 1 ± 2i: the real part counts.
    /// let turning = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, -2.0, 1.0]);
    /// assert!((LinearDiffusion::new(turning, 1.0)?.gap() - 1.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: gap
    pub fn gap(&self) -> f64 {
        self.matrix.complex_eigenvalues().iter().map(|rate| rate.re).fold(f64::INFINITY, f64::min)
    }
    // ANCHOR_END: gap

    /// E X(t) = e^{−Mt} E X(0).
    ///
    /// # Errors
    /// A time that is not positive, or a mean of another length or not finite.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// // A rotation that shrinks: after half a turn, −e^{−π/2} times the start.
    /// let turning = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, -2.0, 1.0]);
    /// let half_turn = 0.5 * std::f64::consts::PI;
    /// let mean = LinearDiffusion::new(turning, 1.0)?.mean(half_turn, &DVector::from_vec(vec![1.0, 0.0]))?;
    /// assert!((mean[0] + (-half_turn).exp()).abs() < 1e-13 && mean[1].abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self, t: f64, mean_0: &DVector<f64>) -> Result<DVector<f64>> {
        self.fits("mean_0", mean_0)?;
        Ok((&self.matrix * -positive("t", t)?).exp() * mean_0)
    }

    /// The covariance at time `t` from `covariance_0`: Σ(t) = e^{−Mt} Σ(0) e^{−Mᵀt} + (2/β) ∫₀ᵗ e^{−Ms} e^{−Mᵀs} ds.
    ///
    /// The integral over a short time by one exponential of twice the size (Van Loan 1978), then doubled up to `t`.
    ///
    /// # Errors
    /// A time that is not positive, or a covariance of another size.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// // dX = −X dt + √2 dB from a point: 1 − e^{−2t}.
    /// let process = LinearDiffusion::new(DMatrix::identity(1, 1), 1.0)?;
    /// let variance = process.covariance(0.5, &DMatrix::zeros(1, 1))?[(0, 0)];
    /// assert!((variance + (-1f64).exp_m1()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn covariance(&self, t: f64, covariance_0: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        let d = self.matrix.nrows();
        positive("t", t)?;
        if square("covariance_0", covariance_0)? != d {
            return Err(Error::argument("covariance_0", covariance_0, format!("{d} × {d}")));
        }
        let doublings = (t * self.matrix.norm()).max(1.0).log2().ceil() as i32;
        let short = t * 0.5f64.powi(doublings);
        let mut block = DMatrix::zeros(2 * d, 2 * d);
        block.view_mut((0, 0), (d, d)).copy_from(&(&self.matrix * -short));
        block.view_mut((0, d), (d, d)).copy_from(&(DMatrix::identity(d, d) * (2.0 / self.beta * short)));
        block.view_mut((d, d), (d, d)).copy_from(&(self.matrix.transpose() * short));
        let exponential = block.exp();
        let mut flow = exponential.view((0, 0), (d, d)).into_owned();
        let mut noise = exponential.view((0, d), (d, d)) * flow.transpose();
        for _ in 0..doublings {
            noise = &flow * &noise * flow.transpose() + &noise;
            flow = &flow * &flow;
        }
        Ok(&flow * covariance_0 * flow.transpose() + noise)
    }

    /// Refuses a vector of another length than d or with entries that are not finite.
    fn fits(&self, name: &'static str, vector: &DVector<f64>) -> Result<()> {
        let d = self.matrix.nrows();
        if vector.len() != d {
            return Err(Error::argument(
                name,
                format!("of length {}", vector.len()),
                format!("of length {d}"),
            ));
        }
        vector.iter().try_for_each(|&entry| finite(name, entry).map(drop))
    }

    /// The covariance in equilibrium: the solution of M Σ + Σ Mᵀ = 2/β.
    ///
    /// # Errors
    /// A drift that does not pull back: the gap is not positive.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// // 1/(βκ) for each spring; none without a spring.
    /// let springs = LinearDiffusion::new(DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 4.0]), 2.0)?;
    /// let covariance = springs.equilibrium()?;
    /// assert!((covariance[(0, 0)] - 0.5).abs() < 1e-15 && (covariance[(1, 1)] - 0.125).abs() < 1e-15);
    /// assert!(LinearDiffusion::new(DMatrix::zeros(1, 1), 1.0)?.equilibrium().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn equilibrium(&self) -> Result<DMatrix<f64>> {
        let d = self.matrix.nrows();
        let gap = self.gap();
        if gap <= 0.0 {
            return Err(Error::argument("matrix", format!("of gap {gap}"), "of positive gap"));
        }
        let one = DMatrix::identity(d, d);
        let operator = one.kronecker(&self.matrix) + self.matrix.kronecker(&one);
        let right = DVector::from_column_slice((one * (2.0 / self.beta)).as_slice());
        let solution = operator.lu().solve(&right).expect("sums of eigenvalues of M are not zero");
        Ok(DMatrix::from_column_slice(d, d, solution.as_slice()))
    }

    /// The relative entropy of N(`mean`, `covariance`) to the equilibrium, in nats.
    ///
    /// # Errors
    /// A mean of another length or not finite, a covariance of another size or not positive definite, and what
    /// [`equilibrium`](Self::equilibrium) refuses.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use sdml::ch4_langevin::relaxation::LinearDiffusion;
    /// // N(3, 4) against N(0, 1): ½ (4 + 9 − 1 − ln 4).
    /// let process = LinearDiffusion::new(DMatrix::identity(1, 1), 1.0)?;
    /// let entropy = process.relative_entropy(&DVector::from_element(1, 3.0), &DMatrix::from_element(1, 1, 4.0))?;
    /// assert!((entropy - 0.5 * (12.0 - 4f64.ln())).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn relative_entropy(&self, mean: &DVector<f64>, covariance: &DMatrix<f64>) -> Result<f64> {
        let factor = |name, matrix: DMatrix<f64>| {
            let value = matrix.to_string();
            matrix.cholesky().ok_or_else(|| Error::argument(name, value, "positive definite"))
        };
        self.fits("mean", mean)?;
        let d = self.matrix.nrows();
        if square("covariance", covariance)? != d {
            return Err(Error::argument("covariance", covariance, format!("{d} × {d}")));
        }
        let equilibrium = factor("equilibrium", self.equilibrium()?)?;
        let log_ratio =
            factor("covariance", covariance.clone())?.ln_determinant() - equilibrium.ln_determinant();
        let spread = equilibrium.solve(covariance).trace() - self.matrix.nrows() as f64;
        Ok(0.5 * (spread + mean.dot(&equilibrium.solve(mean)) - log_ratio))
    }
}

/// The size of a square matrix of finite numbers.
fn square(name: &'static str, matrix: &DMatrix<f64>) -> Result<usize> {
    let (rows, columns) = matrix.shape();
    if rows == 0 || rows != columns || matrix.iter().any(|entry| !entry.is_finite()) {
        return Err(Error::argument(
            name,
            format!("{rows} × {columns}: {matrix}"),
            "square, of finite numbers",
        ));
    }
    Ok(rows)
}
