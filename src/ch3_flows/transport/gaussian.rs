//! Transport between normal laws: the optimal map is affine with a symmetric matrix, known in closed form.

use nalgebra::{DMatrix, DVector, Dyn, SVD};
use ndarray::{ArrayView1, ArrayView2, Axis};

use super::assignment::same_space;
use crate::error::{at_least, finite, stays_finite};
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
    /// # Panics
    /// An x of another dimension.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Gaussian;
    /// // At its mean: 1/(2π √det S) with det S = 4.
    /// let law = Gaussian::new(&[3.0, -1.0], &[4.0, 0.0, 0.0, 1.0])?;
    /// assert!((law.density(law.mean()) - 0.25 / std::f64::consts::PI).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn density(&self, x: &DVector<f64>) -> f64 {
        let root = self.root();
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
    /// Any root of S_0 gives the same A; here it is L_0, S_i = L_i L_iᵀ, and A = L_0^{−T} V Σ Vᵀ L_0⁻¹ with L_1ᵀ L_0 = U Σ Vᵀ.
    ///
    /// # Errors
    /// A target of another dimension, or covariances for which rounding leaves less than three digits of A S_0 Aᵀ = S_1: nearly
    /// flat ones, and units too far apart.
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
        let SVD { singular_values: sigma, v_t, .. } = self.middle(target)?;
        let v = v_t.expect("asked for").transpose();
        let columns = self.root().tr_solve_lower_triangular(&v).expect("an invertible root");
        self.carrying(target, &columns * DMatrix::from_diagonal(&sigma) * columns.transpose())
    }

    /// L_1ᵀ L_0 = U Σ Vᵀ: the root of L_0ᵀ S_1 L_0 = V Σ² Vᵀ is V Σ Vᵀ.
    fn middle(&self, target: &Self) -> Result<SVD<f64, Dyn, Dyn>> {
        self.same_dimension(target)?;
        let product = target.root().tr_mul(&self.root());
        stays_finite("the product of the roots", &product, 0)?;
        Ok(product.svd(false, true))
    }
    // ANCHOR_END: optimal

    /// Passes A on if A S_0 Aᵀ = S_1 but for rounding.
    fn carrying(&self, target: &Self, matrix: DMatrix<f64>) -> Result<DMatrix<f64>> {
        let missed = (&matrix * &self.covariance * matrix.transpose() - &target.covariance).amax();
        if missed <= 1e-3 * target.covariance.amax() {
            return Ok(matrix);
        }
        let allowed = "farther from singular: rounding is left of the map to the target";
        Err(Error::argument("covariance", format!("{:?}", self.covariance.as_slice()), allowed))
    }

    /// L, lower triangular, S = L Lᵀ.
    fn root(&self) -> DMatrix<f64> {
        self.covariance.clone().cholesky().expect("positive definite, as checked").l()
    }

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
        let identity = DMatrix::identity(self.mean.len(), self.mean.len());
        let inverse = self.root().solve_lower_triangular(&identity).expect("an invertible root");
        Ok(target.root() * inverse)
    }
    // ANCHOR_END: triangular

    /// E|f(X) − X|² for f(x) = m_1 + A(x − m_0): |m_1 − m_0|² + tr((A − I) S_0 (A − I)ᵀ).
    ///
    /// # Errors
    /// A target of another dimension, or a matrix of another or with entries that are not finite.
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
        if matrix.shape() != (n, n) || !matrix.iter().all(|entry| entry.is_finite()) {
            return Err(Error::argument(
                "matrix",
                format!("{matrix}"),
                format!("{n} × {n}, of finite numbers"),
            ));
        }
        let moved = matrix - DMatrix::identity(n, n);
        Ok((&target.mean - &self.mean).norm_squared()
            + (&moved * &self.covariance * moved.transpose()).trace())
    }

    /// W₂² = |m_1 − m_0|² + tr(S_0 + S_1 − 2 (S_0^{1/2} S_1 S_0^{1/2})^{1/2}) (Bures; Dowson and Landau 1982).
    ///
    /// The trace of the root is that of Σ, the singular values of L_1ᵀ L_0 with S_i = L_i L_iᵀ.
    ///
    /// # Errors
    /// A target of another dimension, or covariances so large that a product of their roots is not finite.
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
        let middle = self.middle(target)?.singular_values.sum();
        let spread = self.covariance.trace() + target.covariance.trace() - 2.0 * middle;
        // Less than 0 by rounding only.
        Ok((&target.mean - &self.mean).norm_squared() + spread.max(0.0))
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
    /// Samples that are empty or of different sizes, a sample of another dimension, or as [`Gaussian::optimal_map`].
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
    /// A target of another dimension, or a matrix or point of another or with entries that are not finite.
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
        let finite = matrix.iter().chain(z.iter()).all(|entry| entry.is_finite());
        if matrix.shape() != (n, n) || z.len() != n || !finite {
            let allowed = format!("of dimension {n} and of finite numbers");
            return Err(Error::argument("matrix and z", format!("{matrix}{z}"), allowed));
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
