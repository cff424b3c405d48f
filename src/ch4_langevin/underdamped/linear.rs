//! A scheme in the harmonic well is a linear recursion (q, p)' = M (q, p) + N(0, S). Its stationary covariance solves the discrete
//! Lyapunov equation C = M C Mᵀ + S.

use nalgebra::{Matrix3, Vector3};

use super::{Covariance, EulerMaruyama, Letter, Splitting};
use crate::ch4_langevin::sampler::Scheme;
use crate::{Error, Result};

/// One step of a scheme in U(q) = kq²/2.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, LinearStep, Splitting, Word};
/// let scheme = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0)?, 1.0)?;
/// let stationary = LinearStep::of_splitting(&scheme, 1.0).stationary()?;
/// assert!((stationary.qq - 1.0).abs() < 1e-14 && (stationary.pp - 0.75).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearStep {
    /// M.
    pub matrix: [[f64; 2]; 2],
    /// S.
    pub noise: Covariance,
}

const NO_NOISE: Covariance = Covariance { qq: 0.0, qp: 0.0, pp: 0.0 };

impl LinearStep {
    /// The step of a splitting scheme: the product of its letters.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, LinearStep, Splitting, Word};
    /// // The bath alone takes volume: det M = e^{−γh}.
    /// let scheme = Splitting::new(Word::Obabo, Bath::new(2.0, 1.0)?, 0.5)?;
    /// let [[a, b], [c, d]] = LinearStep::of_splitting(&scheme, 3.0).matrix;
    /// assert!((a * d - b * c - (-1f64).exp()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: of_splitting
    pub fn of_splitting(scheme: &Splitting, stiffness: f64) -> Self {
        let bath = scheme.bath();
        let mut step = Self { matrix: [[1.0, 0.0], [0.0, 1.0]], noise: NO_NOISE };
        for &(letter, fraction) in scheme.word().letters() {
            let t = fraction * scheme.h();
            let (matrix, pp) = match letter {
                Letter::A => ([[1.0, t / bath.mass()], [0.0, 1.0]], 0.0),
                Letter::B => ([[1.0, 0.0], [-t * stiffness, 1.0]], 0.0),
                Letter::O => {
                    let (kept, deviation) = bath.exchange(t);
                    ([[1.0, 0.0], [0.0, kept]], deviation * deviation)
                }
            };
            step = Self {
                matrix: product(matrix, step.matrix),
                noise: step.noise.under(matrix).plus(1.0, Covariance { pp, ..NO_NOISE }),
            };
        }
        step
    }
    // ANCHOR_END: of_splitting

    /// The step of Euler–Maruyama.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama, LinearStep};
    /// // (1, h; −hk, 1 − hγ) with h = ¼, k = 4, γ = 1.
    /// let step = LinearStep::of_euler_maruyama(&EulerMaruyama::new(Bath::new(1.0, 2.0)?, 0.25)?, 4.0);
    /// assert_eq!(step.matrix, [[1.0, 0.25], [-1.0, 0.75]]);
    /// // 2γmh/β.
    /// assert_eq!((step.noise.qq, step.noise.pp), (0.0, 0.25));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn of_euler_maruyama(scheme: &EulerMaruyama, stiffness: f64) -> Self {
        let (bath, h) = (scheme.bath(), scheme.h());
        Self {
            matrix: [[1.0, h / bath.mass()], [-h * stiffness, 1.0 - h * bath.friction()]],
            noise: Covariance { pp: 2.0 * bath.friction() * bath.momentum_variance() * h, ..NO_NOISE },
        }
    }

    /// The covariance after the step.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, LinearStep, Splitting, Word};
    /// let scheme = Splitting::new(Word::Obabo, Bath::new(1.0, 1.0)?, 0.5)?;
    /// let step = LinearStep::of_splitting(&scheme, 1.0);
    /// // What is stationary stays.
    /// let stationary = step.stationary()?;
    /// assert!((step.apply(stationary).qq - stationary.qq).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn apply(&self, covariance: Covariance) -> Covariance {
        covariance.under(self.matrix).plus(1.0, self.noise)
    }

    /// The larger modulus of the eigenvalues of M: the scheme is stable below 1.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, LinearStep, Splitting, Word};
    /// // det M = e^{−γh}, and below the limit hω = 2 both eigenvalues have its root for modulus.
    /// let scheme = |h| Splitting::new(Word::Baoab, Bath::new(0.5, 1.0)?, h);
    /// let radius = |h| scheme(h).map(|scheme| LinearStep::of_splitting(&scheme, 1.0).spectral_radius());
    /// assert!((radius(1.0)? - (-0.25f64).exp()).abs() < 1e-14 && radius(2.1)? > 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn spectral_radius(&self) -> f64 {
        let [[a, b], [c, d]] = self.matrix;
        // The square of half the trace less the determinant, without their cancellation.
        let discriminant = (0.5 * (a - d)).powi(2) + b * c;
        if discriminant < 0.0 { (a * d - b * c).sqrt() } else { (0.5 * (a + d)).abs() + discriminant.sqrt() }
    }

    /// The solution of C = M C Mᵀ + S.
    ///
    /// # Errors
    /// An unstable recursion, which has none.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama, LinearStep};
    /// let scheme = |h| EulerMaruyama::new(Bath::new(1.0, 1.0)?, h);
    /// let step = |h| scheme(h).map(|scheme| LinearStep::of_euler_maruyama(&scheme, 1.0));
    /// // At a short step 1/(βk), and none where the step is too long.
    /// assert!((step(1e-4)?.stationary()?.qq - 1.0).abs() < 1e-3);
    /// assert!(step(1.5)?.stationary().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: stationary
    pub fn stationary(&self) -> Result<Covariance> {
        let radius = self.spectral_radius();
        if radius.is_nan() || radius >= 1.0 {
            return Err(Error::argument("spectral radius", radius, "less than 1"));
        }
        // C ↦ C − M C Mᵀ, a linear map of the three entries (qq, qp, pp).
        let column = |covariance: Covariance| {
            let image = covariance.plus(-1.0, covariance.under(self.matrix));
            Vector3::new(image.qq, image.qp, image.pp)
        };
        let map = Matrix3::from_columns(&[
            column(Covariance { qq: 1.0, ..NO_NOISE }),
            column(Covariance { qp: 1.0, ..NO_NOISE }),
            column(Covariance { pp: 1.0, ..NO_NOISE }),
        ]);
        let noise = Vector3::new(self.noise.qq, self.noise.qp, self.noise.pp);
        let solution = map.lu().solve(&noise).expect("the map is invertible when the recursion is stable");
        Ok(Covariance { qq: solution[0], qp: solution[1], pp: solution[2] })
    }
    // ANCHOR_END: stationary
}

fn product(a: [[f64; 2]; 2], b: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
}
