//! Theorem 1.24: SGD on a strongly convex loss, where everything can be computed.
//!
//! L(θ) = (1/N) Σ fᵢ(θ) with fᵢ(θ) = ½ Σ_d λ_d (θ_d − a_{i,d})². The minimizer θ* is the mean of the aᵢ, and
//! E|θ_k − θ*|² ≤ (1 − 2hμ)ᵏ |θ₀ − θ*|² + hσ²/(2μ), μ = min λ_d, is the theorem's claim.

use super::{Batch, FiniteSum};
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// The quadratic loss with curvatures λ and centres aᵢ.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{FiniteSum, Quadratic};
/// // L(θ) = ½ (½ · 2(θ + 1)² + ½ · 2(θ − 3)²).
/// let loss = Quadratic::new([2.0], vec![[-1.0], [3.0]])?;
/// let mut gradient = [0.0];
/// assert_eq!((loss.add_all(&[0.0], &mut gradient), gradient), (5.0, [-2.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quadratic<const D: usize> {
    curvature: [f64; D],
    centres: Vec<[f64; D]>,
    weights: Vec<f64>,
}

impl<const D: usize> Quadratic<D> {
    /// The loss with the curvatures λ_d and the centres aᵢ.
    ///
    /// # Errors
    /// No centres, curvatures that are not positive, or centres that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// assert!(Quadratic::new([1.0, 0.0], vec![[0.0; 2]]).is_err() && Quadratic::new([1.0], vec![]).is_err());
    /// ```
    pub fn new(curvature: [f64; D], centres: Vec<[f64; D]>) -> Result<Self> {
        let n = at_least("centres.len()", centres.len(), 1)?;
        for lambda in curvature {
            positive("curvature", lambda)?;
        }
        for &a in centres.as_flattened() {
            finite("centres", a)?;
        }
        Ok(Self { curvature, centres, weights: vec![1.0 / n as f64; n] })
    }

    /// θ*, the mean of the centres.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// assert_eq!(Quadratic::new([1.0, 9.0], vec![[-1.0, 0.0], [3.0, 1.0]])?.minimizer(), [1.0, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn minimizer(&self) -> [f64; D] {
        self.mean(|a, _| a)
    }

    /// The variance of the centres in each coordinate.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// assert_eq!(Quadratic::new([1.0, 9.0], vec![[-1.0, 0.0], [3.0, 1.0]])?.variance(), [4.0, 0.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn variance(&self) -> [f64; D] {
        let star = self.minimizer();
        self.mean(|a, d| (a - star[d]).powi(2))
    }

    fn mean(&self, each: impl Fn(f64, usize) -> f64) -> [f64; D] {
        let n = self.centres.len() as f64;
        std::array::from_fn(|d| self.centres.iter().map(|a| each(a[d], d)).sum::<f64>() / n)
    }

    /// μ = min λ_d.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// // The flattest direction decides.
    /// assert_eq!(Quadratic::new([9.0, 0.5], vec![[0.0; 2]])?.mu(), 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mu(&self) -> f64 {
        self.curvature.into_iter().fold(f64::INFINITY, f64::min)
    }

    /// E(θ_k − θ*)² in each coordinate, for k = 0, …, `steps`, along SGD with constant rate h.
    ///
    /// One step is θ − θ* ← (1 − hλ)(θ − θ*) + hλ(ā − θ*), ā the mean of the centres in the batch, so
    /// m ← (1 − hλ)² m + h²λ² w, where w is the variance of ā: that of the centres times (N − b)/(b(N − 1)) for a batch
    /// of b drawn without replacement, which is 1 for one term and 0 for all.
    ///
    /// # Errors
    /// h not positive, `start` not finite, or a batch larger than the sum or empty.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Batch, Quadratic};
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [1.0]])?;
    /// let exact = loss.second_moments(0.5, Batch::One, [1.0], 1)?;
    /// assert_eq!(exact, [[1.0], [0.5]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: second_moments
    pub fn second_moments(
        &self,
        h: f64,
        batch: Batch,
        start: [f64; D],
        steps: usize,
    ) -> Result<Vec<[f64; D]>> {
        positive("h", h)?;
        let n = self.centres.len();
        let noise = match batch {
            Batch::One => 1.0,
            Batch::Full => 0.0,
            Batch::Mini(b) if b == 0 || b > n => {
                return Err(Error::argument("batch", b, format!("between 1 and {n}, the number of terms")));
            }
            Batch::Mini(b) if b == n => 0.0,
            Batch::Mini(b) => (n - b) as f64 / (b as f64 * (n as f64 - 1.0)),
        };
        let (star, variance) = (self.minimizer(), self.variance());
        let mut m = [0.0; D];
        for d in 0..D {
            m[d] = (finite("start", start[d])? - star[d]).powi(2);
        }
        let mut moments = vec![m];
        for _ in 0..steps {
            m = std::array::from_fn(|d| {
                let pull = h * self.curvature[d];
                (1.0 - pull).powi(2) * m[d] + pull * pull * noise * variance[d]
            });
            moments.push(m);
        }
        Ok(moments)
    }
    // ANCHOR_END: second_moments
}

impl Quadratic<1> {
    /// The least R such that SGD with rate h never leaves |θ − θ*| ≤ R once it is inside: R = hμ A/(1 − |1 − hμ|), where
    /// A is the largest |aᵢ − θ*|. This is A for hμ ≤ 1 and A hμ/(2 − hμ) beyond.
    ///
    /// # Errors
    /// hμ outside (0, 2): then there is none.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [1.0]])?;
    /// assert_eq!([loss.invariant_radius(0.5)?, loss.invariant_radius(1.5)?], [1.0, 3.0]);
    /// assert!(loss.invariant_radius(2.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: invariant
    pub fn invariant_radius(&self, h: f64) -> Result<f64> {
        let pull = positive("h", h)? * self.mu();
        if pull >= 2.0 {
            return Err(Error::argument("h", h, format!("less than 2/μ = {}", 2.0 / self.mu())));
        }
        let star = self.minimizer()[0];
        let reach = self.centres.iter().map(|a| (a[0] - star).abs()).fold(0.0, f64::max);
        Ok(reach * pull / pull.min(2.0 - pull))
    }
    // ANCHOR_END: invariant

    /// The least σ² with E|∇fᵢ(θ)|² ≤ σ² for all |θ − θ*| ≤ R: μ²(R² + v), v the variance of the centres.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// // At θ = 2 the gradients are 3 and 1.
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [1.0]])?;
    /// assert_eq!(loss.sigma_squared(2.0), 0.5 * (9.0 + 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sigma_squared(&self, radius: f64) -> f64 {
        self.mu().powi(2) * (radius * radius + self.variance()[0])
    }

    /// The right side of Theorem 1.24 for k = 0, …, `steps`, on the interval |θ − θ*| ≤ R = `radius`.
    ///
    /// No step size is refused: for hμ > ½ this is what the printed condition h < 2/μ lets one compute.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Quadratic;
    /// // (1 − 2hμ)ᵏ + hσ²/(2μ) with h = ¼ and σ² = 2.
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [1.0]])?;
    /// assert_eq!(loss.bound(0.25, 1.0, 1.0, 2), [1.25, 0.75, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bound(&self, h: f64, radius: f64, start: f64, steps: usize) -> Vec<f64> {
        let (mu, sigma_squared) = (self.mu(), self.sigma_squared(radius));
        let distance = (start - self.minimizer()[0]).powi(2);
        let floor = h * sigma_squared / (2.0 * mu);
        (0..=steps).map(|k| (1.0 - 2.0 * h * mu).powi(k as i32) * distance + floor).collect()
    }
}

impl<const D: usize> FiniteSum for Quadratic<D> {
    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let mut f = 0.0;
        for d in 0..D {
            let r = theta[d] - self.centres[i][d];
            gradient[d] += scale * self.curvature[d] * r;
            f += 0.5 * self.curvature[d] * r * r;
        }
        f
    }
}
