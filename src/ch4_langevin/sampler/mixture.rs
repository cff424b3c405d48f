//! U(x) = −log Σₖ exp(−|x − μₖ|²/(2s²)): an equal mixture of Gaussians.

use multiversion::multiversion;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::Potential;
use crate::ch1_preliminaries::learning::exponential;
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// The equal mixture of N(μₖ, s²I), sampled at β = 1. Values are up to a constant.
///
/// ```
/// use sdml::ch4_langevin::sampler::{Mixture, Potential};
/// let pair = Mixture::new(1, vec![-1.0, 1.0], 0.5)?;
/// let mut gradient = [1.0];
/// pair.gradient(&[0.0], &mut gradient);
/// assert_eq!(gradient, [0.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    dimension: usize,
    means: Vec<f64>,
    variance: f64,
}

impl Mixture {
    /// The mixture in `dimension` dimensions with `means`, one after the other, and standard deviation s.
    ///
    /// # Errors
    /// A dimension of 0; no means, or not whole ones; numbers that are not finite; a deviation that is not positive.
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::Mixture;
    /// // Two means in the plane; one and a half.
    /// assert!(Mixture::new(2, vec![0.0, 0.0, 3.0, 4.0], 0.5).is_ok());
    /// assert!(Mixture::new(2, vec![0.0, 0.0, 3.0], 0.5).is_err());
    /// ```
    pub fn new(dimension: usize, means: Vec<f64>, deviation: f64) -> Result<Self> {
        at_least("dimension", dimension, 1)?;
        at_least("means.len()", means.len(), dimension)?;
        if !means.len().is_multiple_of(dimension) {
            return Err(Error::argument("means.len()", means.len(), format!("a multiple of {dimension}")));
        }
        for &mean in &means {
            finite("means", mean)?;
        }
        Ok(Self { dimension, means, variance: positive("deviation", deviation)?.powi(2) })
    }

    /// −|x − μₖ|²/(2s²) for every k.
    fn exponents<'a>(&'a self, x: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.means.chunks_exact(self.dimension).map(move |mean| {
            let square: f64 = mean.iter().zip(x).map(|(mean, x)| (x - mean).powi(2)).sum();
            -0.5 * square / self.variance
        })
    }
}

impl Potential for Mixture {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value(&self, x: &[f64]) -> f64 {
        let most = self.exponents(x).fold(f64::NEG_INFINITY, f64::max);
        -(most + self.exponents(x).map(|exponent| (exponent - most).exp()).sum::<f64>().ln())
    }

    /// Σ wₖ (x − μₖ)/s², where wₖ is the probability that x came from mode k.
    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let most = self.exponents(x).fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        gradient.fill(0.0);
        for (exponent, mean) in self.exponents(x).zip(self.means.chunks_exact(self.dimension)) {
            let weight = (exponent - most).exp();
            total += weight;
            for ((gradient, x), mean) in gradient.iter_mut().zip(x).zip(mean) {
                *gradient += weight * (x - mean);
            }
        }
        gradient.iter_mut().for_each(|gradient| *gradient /= total * self.variance);
    }

    fn gradients(&self, x: ArrayView2<f64>, mut gradients: ArrayViewMut2<f64>) {
        let rows = x.as_slice().expect("a batch is contiguous");
        let out = gradients.as_slice_mut().expect("a batch is contiguous");
        match self.dimension {
            1 => on_a_line(&self.means, self.variance, rows, out),
            2 => in_a_plane(&self.means, self.variance, rows, out),
            d => rows
                .chunks_exact(d)
                .zip(out.chunks_exact_mut(d))
                .for_each(|(x, gradient)| self.gradient(x, gradient)),
        }
    }
}

/// So many points side by side: several exponentials at once hide the latency of each.
const LANES: usize = 32;

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn on_a_line(means: &[f64], variance: f64, x: &[f64], gradients: &mut [f64]) {
    side_by_side::<1>(means, variance, x, gradients);
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn in_a_plane(means: &[f64], variance: f64, x: &[f64], gradients: &mut [f64]) {
    side_by_side::<2>(means, variance, x, gradients);
}

/// The gradients at all points, some of them at a time so that the exponentials vectorize. The squares |x|² cancel between the weights.
/// Places are counted from the first mean: the products of what is left are small where all means lie far from the origin.
#[inline(always)]
fn side_by_side<const D: usize>(means: &[f64], variance: f64, x: &[f64], gradients: &mut [f64]) {
    let (means, _) = means.as_chunks::<D>();
    let origin = means[0];
    let seen = |mean: &[f64; D]| -> [f64; D] { std::array::from_fn(|i| mean[i] - origin[i]) };
    let scale = 1.0 / variance;
    for (x, gradients) in x.chunks(LANES * D).zip(gradients.chunks_mut(LANES * D)) {
        let (x, _) = x.as_chunks::<D>();
        let mut at = [[0.0; LANES]; D];
        for (lane, x) in x.iter().enumerate() {
            for i in 0..D {
                at[i][lane] = x[i] - origin[i];
            }
        }
        let exponents = |mean: &[f64; D]| {
            let square: f64 = mean.iter().map(|mean| mean * mean).sum();
            let mut exponents = [-0.5 * scale * square; LANES];
            for (at, mean) in at.iter().zip(mean) {
                for (exponent, at) in exponents.iter_mut().zip(at) {
                    *exponent += scale * mean * at;
                }
            }
            exponents
        };
        let mut most = [f64::NEG_INFINITY; LANES];
        for mean in means.iter().map(seen) {
            for (most, exponent) in most.iter_mut().zip(exponents(&mean)) {
                *most = if exponent > *most { exponent } else { *most };
            }
        }
        let (mut total, mut sums) = ([0.0; LANES], [[0.0; LANES]; D]);
        for mean in means.iter().map(seen) {
            let mut weights = exponents(&mean);
            for (weight, most) in weights.iter_mut().zip(&most) {
                let y = *weight - most;
                // Beyond this the weight is 0 in any sum with the largest, 1; the comparison is written so that NaN stays.
                let [two_k, rest] = exponential(if y < -700.0 { -700.0 } else { y });
                *weight = two_k + two_k * rest;
            }
            for (total, weight) in total.iter_mut().zip(&weights) {
                *total += weight;
            }
            for (sums, mean) in sums.iter_mut().zip(mean) {
                for (sum, weight) in sums.iter_mut().zip(&weights) {
                    *sum += weight * mean;
                }
            }
        }
        let (gradients, _) = gradients.as_chunks_mut::<D>();
        for (lane, gradient) in gradients.iter_mut().enumerate() {
            for i in 0..D {
                gradient[i] = (at[i][lane] - sums[i][lane] / total[lane]) * scale;
            }
        }
    }
}
