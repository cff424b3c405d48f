//! Theorem 1.22 and Exercise 1.23: how small SGD makes the gradient of a loss that need not be convex.
//!
//! min_{k<K} E|∇L(θ_k)|² ≤ (L(θ₀) − L*)/Σh_k + (Lip σ²/2) Σh_k²/Σh_k, where L* is the least value of L, Lip a Lipschitz
//! constant of ∇L and σ² a bound for E|∇f_i(θ)|² over all θ.

use super::classification::log_cosh;
use super::{FiniteSum, Schedule};
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// L(θ) = (1/N) Σ sᵢ log cosh(θ − aᵢ) for one real θ. Gradients are bounded, |∇fᵢ| < |sᵢ|, as the theorem asks; with
/// negative scales sᵢ the loss has several minima.
///
/// ```
/// use sdml::ch1_preliminaries::learning::LogCosh;
/// let wells = LogCosh::new(&[1.0, 1.0, -1.0], &[-2.0, 2.0, 0.0])?;
/// // The mean of the squared scales, approached for |θ| → ∞.
/// assert_eq!(wells.sigma_squared(), 1.0);
/// assert!(wells.curvature(0.0) < 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LogCosh {
    scales: Vec<f64>,
    centres: Vec<f64>,
    weights: Vec<f64>,
}

impl LogCosh {
    /// The loss with the scales s₁, …, s_N and the centres a₁, …, a_N.
    ///
    /// # Errors
    /// No terms, lengths that differ, numbers that are not finite, or scales whose sum is not positive: then the loss
    /// is not bounded below by a value it takes.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// assert!(LogCosh::new(&[2.0, -1.0], &[0.0, 1.0]).is_ok());
    /// assert!(LogCosh::new(&[1.0, -1.0], &[0.0, 1.0]).is_err());
    /// ```
    pub fn new(scales: &[f64], centres: &[f64]) -> Result<Self> {
        let n = at_least("scales.len()", scales.len(), 1)?;
        if centres.len() != n {
            return Err(Error::argument("centres.len()", centres.len(), format!("scales.len() = {n}")));
        }
        for (&scale, &centre) in scales.iter().zip(centres) {
            finite("scales", scale)?;
            finite("centres", centre)?;
        }
        positive("the sum of scales", scales.iter().sum())?;
        Ok(Self { scales: scales.to_vec(), centres: centres.to_vec(), weights: vec![1.0 / n as f64; n] })
    }

    /// (1/N) Σ sᵢ `each`(θ − aᵢ).
    fn mean(&self, theta: f64, each: impl Fn(f64) -> f64) -> f64 {
        let terms = self.scales.iter().zip(&self.centres);
        terms.map(|(s, a)| s * each(theta - a)).sum::<f64>() / self.scales.len() as f64
    }

    /// L(θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// let loss = LogCosh::new(&[1.0, 3.0], &[0.0, 1.0])?;
    /// assert!((loss.loss(0.0) - 1.5 * 1f64.cosh().ln()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self, theta: f64) -> f64 {
        self.mean(theta, log_cosh)
    }

    /// L'(θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// // Halfway between two equal centres the terms pull equally.
    /// let loss = LogCosh::new(&[1.0, 1.0], &[-1.0, 1.0])?;
    /// assert_eq!(loss.slope(0.0), 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn slope(&self, theta: f64) -> f64 {
        self.mean(theta, f64::tanh)
    }

    /// L''(θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// assert_eq!(LogCosh::new(&[3.0], &[2.0])?.curvature(2.0), 3.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn curvature(&self, theta: f64) -> f64 {
        self.mean(theta, |z| z.cosh().powi(-2))
    }

    /// σ² = sup_θ (1/N) Σ |∇fᵢ(θ)|² = (1/N) Σ sᵢ², which is approached as |θ| → ∞.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// assert_eq!(LogCosh::new(&[3.0, -1.0], &[0.0, 0.0])?.sigma_squared(), 5.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sigma_squared(&self) -> f64 {
        self.scales.iter().map(|s| s * s).sum::<f64>() / self.scales.len() as f64
    }

    /// Lip = max_θ |L''(θ)|.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// // L'' = 3 cosh⁻²(θ − 2) is largest at the centre.
    /// assert!((LogCosh::new(&[3.0], &[2.0])?.lipschitz() - 3.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn lipschitz(&self) -> f64 {
        -self.least(|theta| -self.curvature(theta).abs())
    }

    /// L* = min_θ L(θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::LogCosh;
    /// // Of two equal terms far apart: log cosh 10 from each, halfway and nearly so anywhere between.
    /// let loss = LogCosh::new(&[1.0, 1.0], &[-10.0, 10.0])?;
    /// assert!((loss.minimum() - loss.loss(0.0)).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn minimum(&self) -> f64 {
        self.least(|theta| self.loss(theta))
    }

    /// The least value of `f` on the intervals around the centres beyond which L'' is below 1e-16 and L is straight: the
    /// best of a fine grid, then golden sections between its neighbours.
    fn least(&self, f: impl Fn(f64) -> f64) -> f64 {
        let mut best = (f64::INFINITY, [0.0; 2]);
        for [low, high] in self.bends() {
            // At a centre so large that 20 is less than a rounding the interval is a point.
            let cells = ((high - low) / 0.01).ceil().max(1.0);
            let node = |i: usize| low + (high - low) * i as f64 / cells;
            for i in 0..=cells as usize {
                let value = f(node(i));
                if value < best.0 {
                    best = (value, [node(i.saturating_sub(1)), node(i + 1)]);
                }
            }
        }
        let [mut left, mut right] = best.1;
        let golden = 0.5 * (5f64.sqrt() - 1.0);
        for _ in 0..60 {
            let (a, b) = (right - golden * (right - left), left + golden * (right - left));
            if f(a) < f(b) { right = b } else { left = a }
        }
        f(0.5 * (left + right))
    }

    /// The points within 20 of a centre, as intervals apart from each other.
    fn bends(&self) -> Vec<[f64; 2]> {
        let mut centres = self.centres.clone();
        centres.sort_by(f64::total_cmp);
        let mut bends: Vec<[f64; 2]> = Vec::new();
        for a in centres {
            match bends.last_mut() {
                Some([_, high]) if a - 20.0 <= *high => *high = a + 20.0,
                _ => bends.push([a - 20.0, a + 20.0]),
            }
        }
        bends
    }

    /// E|∇L(θ_k)|² for k = 0, …, K − 1 along SGD from `start`, with K = `steps`: the average over all N^{K−1} sequences
    /// of indices.
    ///
    /// # Errors
    /// K = 0, a bad schedule, or more than 2²⁴ sequences.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{LogCosh, Schedule};
    /// let loss = LogCosh::new(&[1.0, 1.0], &[-1.0, 1.0])?;
    /// let exact = loss.exact_gradients(0.0, Schedule::Constant(0.5), 2)?;
    /// // From θ = 0 the first step leads to ±tanh(1)/2.
    /// assert_eq!(exact[0], 0.0);
    /// assert!((exact[1] - loss.slope(0.5 * 1f64.tanh()).powi(2)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: enumerate
    pub fn exact_gradients(&self, start: f64, schedule: Schedule, steps: usize) -> Result<Vec<f64>> {
        at_least("steps", steps, 1)?;
        let schedule = schedule.valid()?;
        let n = self.scales.len();
        let mut exact = Vec::with_capacity(steps);
        let mut states = vec![finite("start", start)?];
        for k in 0..steps {
            let squares: f64 = states.iter().map(|&theta| self.slope(theta).powi(2)).sum();
            exact.push(squares / states.len() as f64);
            if k + 1 == steps {
                break;
            }
            if states.len() * n > 1 << 24 {
                return Err(Error::argument(
                    "steps",
                    steps,
                    format!("few enough that {n}^(steps - 1) ≤ 2^24"),
                ));
            }
            let h = schedule.rate(k);
            let children = |theta: f64| {
                self.scales.iter().zip(&self.centres).map(move |(s, a)| theta - h * s * (theta - a).tanh())
            };
            states = states.into_iter().flat_map(children).collect();
        }
        Ok(exact)
    }
    // ANCHOR_END: enumerate

    /// The right side of Theorem 1.22, with the constants of this loss.
    ///
    /// # Errors
    /// K = 0 or a bad schedule.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{LogCosh, Schedule};
    /// // From the minimum itself only the noise is left: ½ Lip σ² h with Lip = σ² = 1.
    /// let loss = LogCosh::new(&[1.0], &[0.0])?;
    /// assert!((loss.bound(0.0, Schedule::Constant(0.5), 3)? - 0.25).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: bound
    pub fn bound(&self, start: f64, schedule: Schedule, steps: usize) -> Result<f64> {
        let [sum, squares] = schedule.sums(steps)?;
        let gap = self.loss(finite("start", start)?) - self.minimum();
        Ok(gap / sum + 0.5 * self.lipschitz() * self.sigma_squared() * squares / sum)
    }
    // ANCHOR_END: bound
}

impl FiniteSum for LogCosh {
    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let z = theta[0] - self.centres[i];
        gradient[0] += scale * self.scales[i] * z.tanh();
        self.scales[i] * log_cosh(z)
    }
}
