//! Transport between normal laws: the optimal map is affine with a symmetric matrix, known in closed form.

use nalgebra::{DMatrix, DVector};
use ndarray::{ArrayView1, ArrayView2, Axis};

use super::assignment::same_space;
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// N(mean, covariance) on Rⁿ, the covariance positive definite.
///
/// ```
/// use sdml::ch3_flows::transport::Gaussian;
/// let source = Gaussian::new(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0])?;
/// let target = Gaussian::new(&[3.0, 0.0], &[4.0, 0.0, 0.0, 1.0])?;
/// // |m_1 − m_0|² + (2 − 1)².
/// assert!((source.distance_squared(&target)? - 10.0).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Gaussian {
    /// N(mean, covariance), the covariance given by its rows.
    ///
    /// # Errors
    /// No dimension, lengths that do not fit, numbers that are not finite, or a covariance that is not symmetric and
    /// positive definite.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// assert!(Gaussian::new(&[0.0, 0.0], &[2.0, 1.0, 1.0, 2.0]).is_ok());
    /// // Not positive definite; not symmetric.
    /// assert!(Gaussian::new(&[0.0, 0.0], &[1.0, 2.0, 2.0, 1.0]).is_err());
    /// assert!(Gaussian::new(&[0.0, 0.0], &[2.0, 1.0, 0.0, 2.0]).is_err());
    /// ```
    pub fn new(mean: &[f64], covariance: &[f64]) -> Result<Self> {
        let n = at_least("mean.len()", mean.len(), 1)?;
        if covariance.len() != n * n {
            return Err(Error::argument("covariance.len()", covariance.len(), format!("{n}², by rows")));
        }
        for &entry in mean.iter().chain(covariance) {
            finite("mean and covariance", entry)?;
        }
        let matrix = DMatrix::from_row_slice(n, n, covariance);
        let symmetric = (&matrix - matrix.transpose()).amax() <= 1e-12 * matrix.amax();
        if symmetric && matrix.clone().cholesky().is_some() {
            Ok(Self { mean: DVector::from_column_slice(mean), covariance: matrix })
        } else {
            let allowed = "symmetric and positive definite";
            Err(Error::argument("covariance", format!("{covariance:?}"), allowed))
        }
    }

    /// The mean.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// let law = Gaussian::new(&[3.0, -1.0], &[4.0, 0.0, 0.0, 1.0])?;
    /// assert_eq!(law.mean().as_slice(), [3.0, -1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// The covariance.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// let law = Gaussian::new(&[3.0, -1.0], &[4.0, 0.5, 0.5, 1.0])?;
    /// assert_eq!((law.covariance()[(0, 0)], law.covariance()[(1, 0)]), (4.0, 0.5));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    /// The density at x.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// // At its mean: 1/(2π √det S) with det S = 4.
    /// let law = Gaussian::new(&[3.0, -1.0], &[4.0, 0.0, 0.0, 1.0])?;
    /// assert!((law.density(law.mean()) - 0.25 / std::f64::consts::PI).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn density(&self, x: &DVector<f64>) -> f64 {
        let root = self.covariance.clone().cholesky().expect("positive definite, as checked").l();
        let y = root.solve_lower_triangular(&(x - &self.mean)).expect("an invertible root");
        let volume = root.diagonal().product() * std::f64::consts::TAU.powf(0.5 * self.mean.len() as f64);
        (-0.5 * y.norm_squared()).exp() / volume
    }

    /// The matrix A of the optimal map x ↦ m_1 + A(x − m_0) to `target`,
    ///
    /// A = S_0^{−1/2} (S_0^{1/2} S_1 S_0^{1/2})^{1/2} S_0^{−1/2},
    ///
    /// symmetric and positive definite: the map is the gradient of the convex ½(x − m_0)·A(x − m_0) + m_1·x.
    ///
    /// # Errors
    /// A target of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// // Between laws whose axes agree it stretches each: by 2 and by ½.
    /// let source = Gaussian::new(&[0.0, 0.0], &[1.0, 0.0, 0.0, 4.0])?;
    /// let map = source.optimal_map(&Gaussian::new(&[0.0, 0.0], &[4.0, 0.0, 0.0, 1.0])?)?;
    /// assert!((map[(0, 0)] - 2.0).abs() < 1e-13 && (map[(1, 1)] - 0.5).abs() < 1e-13 && map[(0, 1)].abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: optimal
    pub fn optimal_map(&self, target: &Self) -> Result<DMatrix<f64>> {
        self.same_dimension(target)?;
        let root = power(&self.covariance, 0.5);
        let inverse = power(&self.covariance, -0.5);
        let middle = power(&(&root * &target.covariance * &root), 0.5);
        Ok(&inverse * middle * inverse)
    }
    // ANCHOR_END: optimal

    /// The matrix L_1 L_0⁻¹ of the triangular map to `target`, S_i = L_i L_iᵀ with L_i lower triangular: the map that
    /// an auto-regressive flow finds.
    ///
    /// # Errors
    /// A target of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// // From N(0, I) it is the Cholesky factor: (2 0; 1 1) of (4 2; 2 2).
    /// let source = Gaussian::new(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0])?;
    /// let target = Gaussian::new(&[0.0, 0.0], &[4.0, 2.0, 2.0, 2.0])?;
    /// let map = source.triangular_map(&target)?;
    /// assert_eq!((map[(0, 0)], map[(1, 0)], map[(0, 1)], map[(1, 1)]), (2.0, 1.0, 0.0, 1.0));
    /// // It arrives, but costs more than the optimal map.
    /// let optimal = source.cost(&target, &source.optimal_map(&target)?)?;
    /// assert!(source.cost(&target, &map)? > optimal + 0.1);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: triangular
    pub fn triangular_map(&self, target: &Self) -> Result<DMatrix<f64>> {
        self.same_dimension(target)?;
        let [from, to] = [self, target]
            .map(|law| law.covariance.clone().cholesky().expect("positive definite, as checked").l());
        let inverse = from
            .solve_lower_triangular(&DMatrix::identity(self.mean.len(), self.mean.len()))
            .expect("an invertible root");
        Ok(to * inverse)
    }
    // ANCHOR_END: triangular

    /// E|f(X) − X|² for f(x) = m_1 + A(x − m_0): |m_1 − m_0|² + tr((A − I) S_0 (A − I)ᵀ).
    ///
    /// # Errors
    /// A matrix or target of another dimension.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::evolution::DMatrix, ch3_flows::transport::Gaussian};
    /// // x ↦ 2x + 3 on the line: E(X + 3)² = 10.
    /// let (source, target) = (Gaussian::new(&[0.0], &[1.0])?, Gaussian::new(&[3.0], &[4.0])?);
    /// assert_eq!(source.cost(&target, &DMatrix::from_element(1, 1, 2.0))?, 10.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn cost(&self, target: &Self, matrix: &DMatrix<f64>) -> Result<f64> {
        self.same_dimension(target)?;
        let n = self.mean.len();
        if matrix.shape() != (n, n) {
            return Err(Error::argument("matrix", format!("{matrix}"), format!("{n} × {n}")));
        }
        let moved = matrix - DMatrix::identity(n, n);
        Ok((&target.mean - &self.mean).norm_squared()
            + (&moved * &self.covariance * moved.transpose()).trace())
    }

    /// W₂² = |m_1 − m_0|² + tr(S_0 + S_1 − 2 (S_0^{1/2} S_1 S_0^{1/2})^{1/2}) (Bures; Dowson and Landau 1982).
    ///
    /// # Errors
    /// A target of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// // What the optimal map costs.
    /// let source = Gaussian::new(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0])?;
    /// let target = Gaussian::new(&[3.0, 0.0], &[4.0, 2.0, 2.0, 2.0])?;
    /// let cost = source.cost(&target, &source.optimal_map(&target)?)?;
    /// assert!((source.distance_squared(&target)? - cost).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: bures
    pub fn distance_squared(&self, target: &Self) -> Result<f64> {
        self.same_dimension(target)?;
        let root = power(&self.covariance, 0.5);
        let middle = power(&(&root * &target.covariance * &root), 0.5);
        let spread = self.covariance.trace() + target.covariance.trace() - 2.0 * middle.trace();
        Ok((&target.mean - &self.mean).norm_squared() + spread)
    }
    // ANCHOR_END: bures

    /// The mean of φ(a) + ψ(b) over two samples, one point a row, with the optimal potentials
    ///
    /// φ(x) = |x|² − (x − m_0)·A(x − m_0) − 2 m_1·(x − m_0),  ψ(y) = |y|² − (y − m_1)·A⁻¹(y − m_1) − 2 m_0·y.
    ///
    /// As φ(x) + ψ(y) ≤ |x − y|² always, with equality for y = f(x), no assignment of the samples costs less: weak
    /// duality. Its mean over samples is W₂².
    ///
    /// # Errors
    /// Samples that are empty or of different sizes, or a sample or target of another dimension.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch3_flows::transport::Gaussian;
    /// let (source, target) = (Gaussian::new(&[0.0], &[1.0])?, Gaussian::new(&[3.0], &[4.0])?);
    /// // x = 1 goes to 2x + 3 = 5, and there φ + ψ = |5 − 1|²; to send it elsewhere costs more.
    /// assert!((source.dual_value(&target, array![[1.0]].view(), array![[5.0]].view())? - 16.0).abs() < 1e-12);
    /// assert!(source.dual_value(&target, array![[1.0]].view(), array![[4.0]].view())? < 9.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: dual
    pub fn dual_value(&self, target: &Self, a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<f64> {
        self.fits(a, b)?;
        let matrix = self.optimal_map(target)?;
        let inverse = target.optimal_map(self)?;
        let potential = |point: ArrayView1<f64>, m: &DVector<f64>, matrix: &DMatrix<f64>| {
            let x = DVector::from_iterator(point.len(), point.iter().copied());
            let u = &x - m;
            x.norm_squared() - u.dot(&(matrix * &u))
        };
        let (m, k) = (&self.mean, &target.mean);
        let mean = |points: ArrayView2<f64>| {
            let mean = points.mean_axis(Axis(0)).expect("there are points");
            DVector::from_iterator(mean.len(), mean.iter().copied())
        };
        let phi: f64 = a.rows().into_iter().map(|x| potential(x, m, &matrix)).sum();
        let psi: f64 = b.rows().into_iter().map(|y| potential(y, k, &inverse)).sum();
        Ok((phi + psi) / a.nrows() as f64 - 2.0 * k.dot(&(mean(a) - m)) - 2.0 * m.dot(&mean(b)))
    }
    // ANCHOR_END: dual

    /// det A · p_X(m_1 + A(z − m_0)) − p_Z(z), the residual of the Monge–Ampère equation (3.4) at z for an affine map.
    ///
    /// # Errors
    /// A matrix, point or target of another dimension.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::{DMatrix, DVector};
    /// use sdml::ch3_flows::transport::Gaussian;
    /// let (source, target) = (Gaussian::new(&[0.0], &[1.0])?, Gaussian::new(&[3.0], &[4.0])?);
    /// let at = DVector::from_element(1, 0.7);
    /// let residual = |slope| source.monge_ampere_residual(&target, &DMatrix::from_element(1, 1, slope), &at);
    /// // 2x + 3 carries N(0, 1) to N(3, 4); x + 3 does not.
    /// assert!(residual(2.0)?.abs() < 1e-15 && residual(1.0)?.abs() > 0.05);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn monge_ampere_residual(
        &self,
        target: &Self,
        matrix: &DMatrix<f64>,
        z: &DVector<f64>,
    ) -> Result<f64> {
        self.same_dimension(target)?;
        let n = self.mean.len();
        if matrix.shape() != (n, n) || z.len() != n {
            return Err(Error::argument("matrix and z", format!("{matrix}{z}"), format!("of dimension {n}")));
        }
        // ANCHOR: residual
        let x = &target.mean + matrix * (z - &self.mean);
        Ok(matrix.determinant() * target.density(&x) - self.density(z))
        // ANCHOR_END: residual
    }

    fn fits(&self, a: ArrayView2<f64>, b: ArrayView2<f64>) -> Result<()> {
        same_space(a, b)?;
        if a.dim() == b.dim() && a.ncols() == self.mean.len() {
            return Ok(());
        }
        let allowed = format!("as many as in b, of dimension {}", self.mean.len());
        Err(Error::argument("a", format!("{:?} and {:?}", a.dim(), b.dim()), allowed))
    }

    fn same_dimension(&self, other: &Self) -> Result<()> {
        let n = self.mean.len();
        if other.mean.len() == n {
            Ok(())
        } else {
            Err(Error::argument("target.mean.len()", other.mean.len(), format!("{n}, the source's")))
        }
    }
}

/// Sᵖ for a symmetric positive definite S, by its eigenvectors.
fn power(matrix: &DMatrix<f64>, exponent: f64) -> DMatrix<f64> {
    let eigen = matrix.clone().symmetric_eigen();
    let powers = eigen.eigenvalues.map(|value| value.max(0.0).powf(exponent));
    &eigen.eigenvectors * DMatrix::from_diagonal(&powers) * eigen.eigenvectors.transpose()
}
