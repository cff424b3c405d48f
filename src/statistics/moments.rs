//! Means and variances with their standard errors, from one pass over the sample and mergeable across shards.
//!
//! The sums of powers of deviations are updated by the formulas of Welford (1962) and Chan, Golub and LeVeque (1979),
//! extended to the fourth power by Pébay (2008).

use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// An estimate of an expected value, with its standard error.
///
/// ```
/// use sdml::statistics::Estimate;
/// // s² = 4/3, so that the mean has the variance 1/3.
/// let estimate = Estimate::of([0.0, 2.0, 2.0, 0.0])?;
/// assert_eq!((estimate.mean, estimate.count), (1.0, 4));
/// assert!((estimate.standard_error.powi(2) - 1.0 / 3.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean of the sample.
    pub mean: f64,
    /// The estimated standard deviation of [`Self::mean`].
    pub standard_error: f64,
    /// How many values were averaged.
    pub count: u64,
}

impl Estimate {
    /// The estimate from a sample.
    ///
    /// # Errors
    /// Fewer than two values, or values that are not finite.
    ///
    /// ```
    /// use sdml::statistics::Estimate;
    /// let estimate = Estimate::of([1.0, 2.0, 3.0])?;
    /// assert_eq!(estimate.mean, 2.0);
    /// assert!((estimate.standard_error - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Result<Self> {
        samples.into_iter().collect::<Moments>().mean()
    }

    /// How many standard errors the mean lies above `exact`.
    ///
    /// A sample without spread has no standard error: it agrees (0) or it does not (±∞).
    ///
    /// ```
    /// use sdml::statistics::Estimate;
    /// let estimate = Estimate { mean: 1.3, standard_error: 0.1, count: 50 };
    /// assert!((estimate.z(1.0) - 3.0).abs() < 1e-12);
    /// ```
    pub fn z(&self, exact: f64) -> f64 {
        let deviation = self.mean - exact;
        if deviation == 0.0 { 0.0 } else { deviation / self.standard_error }
    }
}

/// The count, the mean and the sums of the second to fourth powers of the deviations from it.
///
/// ```
/// use sdml::statistics::Moments;
/// let all: Moments = (0..10).map(f64::from).collect();
/// let left: Moments = (0..4).map(f64::from).collect();
/// let right: Moments = (4..10).map(f64::from).collect();
/// let merged = left.merge(right).variance()?;
/// assert!((merged.mean - all.variance()?.mean).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Moments {
    /// How many values went in.
    ///
    /// ```
    /// use sdml::statistics::Moments;
    /// let (left, right): (Moments, Moments) = ([1.0, 2.0].into_iter().collect(), [5.0].into_iter().collect());
    /// assert_eq!((Moments::default().count(), left.merge(right).count()), (0, 3));
    /// ```
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds one value.
    ///
    /// ```
    /// use sdml::statistics::Moments;
    /// let mut moments = Moments::default();
    /// [1.0, 2.0, 6.0].into_iter().for_each(|value| moments.push(value));
    /// assert!((moments.mean()?.mean - 3.0).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn push(&mut self, value: f64) {
        *self = self.merge(Self { count: 1, mean: value, ..Self::default() });
    }

    /// The moments of the two samples together.
    ///
    /// ```
    /// use sdml::statistics::Moments;
    /// let of = |values: [f64; 2]| values.into_iter().collect::<Moments>();
    /// // Two samples without spread, a distance 2 apart: Σ(x − x̄)² = 4.
    /// assert!((of([1.0, 1.0]).merge(of([3.0, 3.0])).variance()?.mean - 4.0 / 3.0).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[must_use]
    // ANCHOR: merge
    pub fn merge(&self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { *self };
        }
        let (n_a, n_b) = (self.count as f64, other.count as f64);
        let n = n_a + n_b;
        let (a, b) = (n_a / n, n_b / n);
        let delta = other.mean - self.mean;
        let delta2 = delta * delta;
        Self {
            count: self.count + other.count,
            mean: self.mean + delta * b,
            m2: self.m2 + other.m2 + delta2 * n_a * b,
            m3: self.m3
                + other.m3
                + delta * delta2 * n_a * b * (a - b)
                + 3.0 * delta * (a * other.m2 - b * self.m2),
            m4: self.m4
                + other.m4
                + delta2 * delta2 * n_a * b * (a * a - a * b + b * b)
                + 6.0 * delta2 * (a * a * other.m2 + b * b * self.m2)
                + 4.0 * delta * (a * other.m3 - b * self.m3),
        }
    }
    // ANCHOR_END: merge

    /// The mean, with standard error s/√n where s² = Σ(x − x̄)²/(n − 1).
    ///
    /// # Errors
    /// Fewer than two values, or values that are not finite or whose squares are not.
    ///
    /// ```
    /// use sdml::statistics::Moments;
    /// let moments: Moments = [1.0, 2.0, 3.0].into_iter().collect();
    /// let estimate = moments.mean()?;
    /// assert!((estimate.standard_error - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
    /// assert!(Moments::default().mean().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> Result<Estimate> {
        let sample_variance = self.sample_variance()?;
        let standard_error = (sample_variance / self.count as f64).sqrt();
        Ok(Estimate { mean: self.mean, standard_error, count: self.count })
    }

    /// The unbiased variance s², with standard error √((μ₄ − s⁴ (n − 3)/(n − 1)) / n), where μ₄ = Σ(x − x̄)⁴/n.
    ///
    /// # Errors
    /// Fewer than two values, or values that are not finite or whose fourth powers are not.
    ///
    /// ```
    /// use sdml::statistics::Moments;
    /// // −1, −1, 1, 1: s² = 4/3 and μ₄ = 1, so that the variance of s² is (1 − 16/27)/4.
    /// let moments: Moments = [-1.0, -1.0, 1.0, 1.0].into_iter().collect();
    /// let estimate = moments.variance()?;
    /// assert!((estimate.mean - 4.0 / 3.0).abs() < 1e-15);
    /// assert!((estimate.standard_error.powi(2) - 11.0 / 108.0).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn variance(&self) -> Result<Estimate> {
        let mean = self.sample_variance()?;
        // The terms of m4 may overflow with both signs.
        if !self.m4.is_finite() {
            let sample = format!("a sample with variance {mean:e}");
            return Err(Error::argument("samples", sample, "numbers whose fourth powers are finite"));
        }
        let n = self.count as f64;
        let variance_of_it = (self.m4 / n - mean * mean * (n - 3.0) / (n - 1.0)) / n;
        Ok(Estimate { mean, standard_error: variance_of_it.max(0.0).sqrt(), count: self.count })
    }

    fn sample_variance(&self) -> Result<f64> {
        if self.count < 2 {
            return Err(Error::argument(
                "samples",
                format!("a sample of {}", self.count),
                "at least 2 values",
            ));
        }
        if !self.m2.is_finite() {
            return Err(Error::argument(
                "samples",
                format!("a sample with mean {}", self.mean),
                "finite numbers",
            ));
        }
        Ok(self.m2 / (self.count - 1) as f64)
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.push(value));
        moments
    }
}

/// The moments of `K` quantities measured on each of `paths` paths.
///
/// `sample(buffer, stream)` draws one path from its stream and measures it; `buffer` makes the scratch space, once
/// per shard. Same bits at any number of threads, memory independent of `paths`.
///
/// # Errors
/// No path at all, or the first error of `sample`.
///
/// ```
/// use sdml::{random::Streams, statistics::ensemble};
/// // The sum of twelve uniform variables, less 6, has mean 0 and variance 1.
/// let [sum] = ensemble(&Streams::new(1, "doc"), 1000, || vec![0.0; 12], |uniforms: &mut Vec<f64>, stream| {
///     uniforms.fill_with(|| stream.uniform());
///     Ok([uniforms.iter().sum::<f64>() - 6.0])
/// })?;
/// assert_eq!(sum.count(), 1000);
/// assert!(sum.mean()?.z(0.0).abs() < 4.0 && sum.variance()?.z(1.0).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: ensemble
pub fn ensemble<B: Send, const K: usize>(
    streams: &Streams,
    paths: u64,
    buffer: impl Fn() -> B + Sync,
    sample: impl Fn(&mut B, &mut Stream) -> Result<[f64; K]> + Sync,
) -> Result<[Moments; K]> {
    let (_, moments) = streams.map_reduce(
        crate::error::some_paths(paths)?,
        || (buffer(), [Moments::default(); K]),
        |(buffer, moments), _path, stream| {
            let values = sample(buffer, stream)?;
            moments.iter_mut().zip(values).for_each(|(moments, value)| moments.push(value));
            Ok(())
        },
        |(buffer, left), (_, right)| (buffer, std::array::from_fn(|k| left[k].merge(right[k]))),
    )?;
    Ok(moments)
}
// ANCHOR_END: ensemble

/// The means of `K` quantities over `paths` paths, where no scratch space is needed and nothing can fail.
///
/// # Errors
/// Fewer than two paths, or values that are not finite.
///
/// ```
/// use sdml::{random::Streams, statistics::estimate};
/// let [second, fourth] = estimate(&Streams::new(3, "doc"), 10_000, |stream| {
///     let z = stream.normal();
///     [z.powi(2), z.powi(4)]
/// })?;
/// assert!(second.z(1.0).abs() < 4.0 && fourth.z(3.0).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn estimate<const K: usize>(
    streams: &Streams,
    paths: u64,
    sample: impl Fn(&mut Stream) -> [f64; K] + Sync,
) -> Result<[Estimate; K]> {
    means(ensemble(streams, paths, || (), |(), stream| Ok(sample(stream)))?)
}

/// The means among the moments.
fn means<const K: usize>(moments: [Moments; K]) -> Result<[Estimate; K]> {
    let mut estimates = [Estimate { mean: 0.0, standard_error: 0.0, count: 0 }; K];
    for (estimate, moments) in estimates.iter_mut().zip(moments) {
        *estimate = moments.mean()?;
    }
    Ok(estimates)
}
