//! U(x) = −log Σₖ exp(−|x − μₖ|²/(2s²)): an equal mixture of Gaussians.

use super::Potential;
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

    /// (x − Σ wₖ μₖ)/s², where wₖ is the probability that x came from mode k.
    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let most = self.exponents(x).fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        gradient.fill(0.0);
        for (exponent, mean) in self.exponents(x).zip(self.means.chunks_exact(self.dimension)) {
            let weight = (exponent - most).exp();
            total += weight;
            gradient.iter_mut().zip(mean).for_each(|(gradient, mean)| *gradient += weight * mean);
        }
        for (gradient, x) in gradient.iter_mut().zip(x) {
            *gradient = (x - *gradient / total) / self.variance;
        }
    }
}
