//! Equation (5.7): v(x, t) = E[α̇X + β̇Z | X(t) = x], in closed form when the data are a Gaussian mixture, and the least value
//! of the loss (5.8), which v attains.

use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::path::{Coefficients, Path};
use crate::ch1_preliminaries::evolution::gauss_legendre;
use crate::ch5_diffusion::mixture::{Mixture, Observed};
use crate::{Error, Result};

/// The velocity (5.7) of an interpolant between a mixture and N(0, I).
///
/// ```
/// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
/// // N(m, s²) on the linear path: v = (−αs² + β)/(α²s² + β²) (x − αm) − m.
/// let (m, s, t, x) = (0.5, 0.3, 0.4, 1.2);
/// let exact = ExactVelocity::new(Mixture::isotropic(&[1.0], &[[m]], s)?, Path::linear(1.0)?);
/// let slope = (t - (1.0 - t) * s * s) / ((1.0 - t).powi(2) * s * s + t * t);
/// assert!((exact.at(t)?.velocity(&[x])[0] - (slope * (x - (1.0 - t) * m) - m)).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExactVelocity<const D: usize> {
    data: Mixture<D>,
    path: Path,
}

/// Law and velocity at one time.
///
/// ```
/// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
/// // Data N(0, 1), linear path: at t = ¾ the variance is α² + β² = 5/8, and v = (β − α)x/(α² + β²) = 4x/5.
/// let exact = ExactVelocity::new(Mixture::isotropic(&[1.0], &[[0.0]], 1.0)?, Path::linear(1.0)?);
/// let at = exact.at(0.75)?;
/// assert!((at.law().covariance()[0][0] - 0.625).abs() < 1e-14);
/// assert!((at.velocity(&[2.0])[0] - 1.6).abs() < 1e-14);
/// assert!((at.mean_square() - 0.8 * 0.8 * 0.625).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct VelocityAt<'a, const D: usize> {
    observed: Observed<'a, D>,
    coefficients: Coefficients,
}

impl<const D: usize> VelocityAt<'_, D> {
    /// The law p(·, t) of X(t).
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(4, 1), a quarter of the way: N(3, ¾² + ¼²).
    /// let exact = ExactVelocity::new(Mixture::gaussian([4.0], [[1.0]])?, Path::linear(1.0)?);
    /// let at = exact.at(0.25)?;
    /// assert!((at.law().mean()[0] - 3.0).abs() < 1e-14 && (at.law().covariance()[0][0] - 0.625).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn law(&self) -> &Mixture<D> {
        self.observed.law()
    }

    /// v(x, t).
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(4, 1), halfway: noise and data pull equally, and the mean moves at the speed −4.
    /// let exact = ExactVelocity::new(Mixture::gaussian([4.0], [[1.0]])?, Path::linear(1.0)?);
    /// assert!((exact.at(0.5)?.velocity(&[2.7])[0] + 4.0).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: velocity
    pub fn velocity(&self, x: &[f64; D]) -> [f64; D] {
        // E[βZ + γW | x] = −B² ∇ log p: only ββ' + γγ' enters (' for d/dt), which stays finite.
        self.observed.mean(self.coefficients.alpha_dot, self.coefficients.noise_product(), x)
    }
    // ANCHOR_END: velocity

    /// E|v(X(t), t)|², by quadrature.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(4, 1), halfway, where the velocity is −4 everywhere.
    /// let exact = ExactVelocity::new(Mixture::gaussian([4.0], [[1.0]])?, Path::linear(1.0)?);
    /// assert!((exact.at(0.5)?.mean_square() - 16.0).abs() < 1e-10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean_square(&self) -> f64 {
        self.law().expectation(|x| self.velocity(x).iter().map(|v| v * v).sum())
    }
}

impl<const D: usize> ExactVelocity<D> {
    /// The velocity for data from `data` along `path`.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(0, 1) on the trigonometric path: the law stays, and nothing moves.
    /// let exact = ExactVelocity::new(Mixture::gaussian([0.0], [[1.0]])?, Path::trigonometric(1.0)?);
    /// assert!(exact.at(0.3)?.velocity(&[2.0])[0].abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Mixture<D>, path: Path) -> Self {
        Self { data, path }
    }

    /// The law of the data.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// assert_eq!(ExactVelocity::new(data.clone(), Path::linear(1.0)?).data(), &data);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn data(&self) -> &Mixture<D> {
        &self.data
    }

    /// The path.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// let exact = ExactVelocity::new(Mixture::ring(8, 2.0, 0.2)?, Path::linear(2.0)?);
    /// assert_eq!((exact.path().name(), exact.path().horizon()), ("linear", 2.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Law and velocity at time t.
    ///
    /// # Errors
    /// As [`Path::at`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // At the end of the path the law is that of the noise, whatever the data.
    /// let exact = ExactVelocity::new(Mixture::ring(8, 2.0, 0.2)?, Path::linear(1.0)?);
    /// let covariance = exact.at(1.0)?.law().covariance();
    /// assert!((covariance[0][0] - 1.0).abs() < 1e-14 && covariance[0][1].abs() < 1e-14);
    /// assert!(exact.at(1.1).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at(&self, t: f64) -> Result<VelocityAt<'_, D>> {
        let coefficients = self.path.at(t)?;
        let observed = self.data.observed(coefficients.alpha, coefficients.noise())?;
        Ok(VelocityAt { observed, coefficients })
    }

    /// Writes v(xᵢ, t) into row i of `out`, xᵢ being row i of `x`; on all cores.
    ///
    /// # Errors
    /// As [`Path::at`]; points of another dimension.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// let exact = ExactVelocity::new(Mixture::ring(8, 2.0, 0.2)?, Path::linear(1.0)?);
    /// let mut v = array![[0.0, 0.0], [0.0, 0.0]];
    /// exact.write(0.3, array![[0.5, -1.0], [2.0, 0.1]].view(), v.view_mut())?;
    /// assert_eq!(v.row(1).to_vec(), exact.at(0.3)?.velocity(&[2.0, 0.1]));
    /// assert!(exact.write(0.3, array![[0.5]].view(), v.view_mut()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn write(&self, t: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) -> Result<()> {
        if x.ncols() != D || out.dim() != x.dim() {
            return Err(Error::argument("x", format!("{:?}", x.dim()), format!("a matrix of {D} columns")));
        }
        let at = self.at(t)?;
        let value = |i: usize| at.velocity(&std::array::from_fn(|k| x[[i, k]]));
        let values: Vec<[f64; D]> = (0..x.nrows()).into_par_iter().with_min_len(64).map(value).collect();
        for (mut row, value) in out.outer_iter_mut().zip(values) {
            row.iter_mut().zip(value).for_each(|(place, v)| *place = v);
        }
        Ok(())
    }

    /// E|Ẋ(t) − v(X(t), t)|² = α̇² E|X|² + β̇² n − E|v(X(t), t)|²: what no function of (X(t), t) can explain.
    ///
    /// # Errors
    /// As [`Path::at`]; a latent term, for which E|γ̇W|² is infinite when integrated over t.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(0, 1), linear path: Ẋ = Z − X has the variance 2, of which (2t − 1)²/(t² + (1 − t)²) is explained.
    /// let exact = ExactVelocity::new(Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?);
    /// assert!((exact.least_loss_at(0.5)? - 2.0).abs() < 1e-12);
    /// assert!((exact.least_loss_at(0.75)? - (2.0 - 0.25 / 0.625)).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: least
    pub fn least_loss_at(&self, t: f64) -> Result<f64> {
        if self.path.latent() > 0.0 {
            return Err(Error::argument(
                "latent",
                self.path.latent(),
                "0: with a latent term the loss is infinite",
            ));
        }
        let (at, mean, covariance) = (self.at(t)?, self.data.mean(), self.data.covariance());
        let square: f64 = (0..D).map(|i| covariance[i][i] + mean[i] * mean[i]).sum();
        let Coefficients { alpha_dot, beta_dot, .. } = at.coefficients;
        Ok(alpha_dot * alpha_dot * square + beta_dot * beta_dot * D as f64 - at.mean_square())
    }
    // ANCHOR_END: least

    /// The least value of (5.8): the integral of [`Self::least_loss_at`] over [0, T], by Gauss–Legendre with `nodes` nodes.
    ///
    /// # Errors
    /// As [`Self::least_loss_at`]; a derivative that is infinite at an end, like that of the OU path, for which the integral of
    /// β̇² does not exist; no nodes.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(0, 1), trigonometric path: Ẋ is independent of X(t), v = 0, and nothing is explained.
    /// let path = Path::trigonometric(1.0)?;
    /// let exact = ExactVelocity::new(Mixture::isotropic(&[1.0], &[[0.0]], 1.0)?, path);
    /// let quarter = std::f64::consts::FRAC_PI_2;
    /// assert!((exact.least_loss(8)? - quarter * quarter).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn least_loss(&self, nodes: usize) -> Result<f64> {
        for end in [0.0, self.path.horizon()] {
            self.path.at(end)?;
        }
        let rule = gauss_legendre(0.0, self.path.horizon(), nodes)?;
        rule.into_iter().map(|(t, w)| Ok(w * self.least_loss_at(t)?)).sum()
    }

    /// ∫_0^T E|v(X(t), t)|² dt, the action of the flow: at least W_2²(p_X, p_Z)/T.
    ///
    /// # Errors
    /// As [`Path::at`]; no nodes.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path}, mixture::Mixture};
    /// // Data N(0, 1), linear path: ∫ (2t − 1)²/(t² + (1 − t)²) dt = 2 − π/2, where standing still would have done.
    /// let exact = ExactVelocity::new(Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?);
    /// assert!((exact.action(20)? - (2.0 - 0.5 * std::f64::consts::PI)).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn action(&self, nodes: usize) -> Result<f64> {
        let rule = gauss_legendre(0.0, self.path.horizon(), nodes)?;
        rule.into_iter().map(|(t, w)| Ok(w * self.at(t)?.mean_square())).sum()
    }
}

/// ∂_t p + ∇·(p v) at (x, t), by central differences of fourth order with the step h.
///
/// # Errors
/// Those of `density` and `velocity`.
///
/// ```
/// use sdml::ch5_diffusion::interpolant::continuity_residual;
/// // p = exp(−(x − t)²/2) moves with the speed 1. If it is said to stand still, ∂_t p = (x − t) p is left.
/// let density = |x: &[f64; 1], t: f64| Ok((-0.5 * (x[0] - t).powi(2)).exp());
/// let residual = |speed: f64| continuity_residual(density, |_, _| Ok([speed]), &[1.0], 0.5, 1e-3);
/// assert!(residual(1.0)?.abs() < 1e-10);
/// assert!((residual(0.0)? - 0.5 * (-0.125f64).exp()).abs() < 1e-10);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: continuity
pub fn continuity_residual<const D: usize>(
    density: impl Fn(&[f64; D], f64) -> Result<f64>,
    velocity: impl Fn(&[f64; D], f64) -> Result<[f64; D]>,
    x: &[f64; D],
    t: f64,
    h: f64,
) -> Result<f64> {
    const STENCIL: [(f64, f64); 4] = [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)];
    let slope = |f: &dyn Fn(f64) -> Result<f64>| -> Result<f64> {
        let terms = STENCIL.iter().map(|(k, weight)| Ok(weight * f(k * h)?));
        Ok(terms.sum::<Result<f64>>()? / (12.0 * h))
    };
    let mut sum = slope(&|d| density(x, t + d))?;
    for i in 0..D {
        sum += slope(&|d| {
            let mut y = *x;
            y[i] += d;
            Ok(density(&y, t)? * velocity(&y, t)?[i])
        })?;
    }
    Ok(sum)
}
// ANCHOR_END: continuity
