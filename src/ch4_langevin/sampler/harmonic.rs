//! U(x) = ½ Σ kᵢ xᵢ²: the harmonic well, in which everything about every scheme is known.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Potential;
use crate::Result;
use crate::error::{at_least, positive};

/// The well U(x) = ½ Σ kᵢ xᵢ².
///
/// ```
/// use sdml::ch4_langevin::sampler::{Harmonic, Potential};
/// let well = Harmonic::new(&[1.0, 4.0])?;
/// assert_eq!(well.value(&[1.0, 1.0]), 2.5);
/// assert_eq!(well.stiffness(), Some(4.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonic {
    stiffnesses: Vec<f64>,
}

impl Harmonic {
    /// The well with these stiffnesses.
    ///
    /// # Errors
    /// No stiffness, or one that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::Harmonic;
    /// assert!(Harmonic::new(&[1.0, 4.0]).is_ok() && Harmonic::new(&[]).is_err() && Harmonic::new(&[0.0]).is_err());
    /// ```
    pub fn new(stiffnesses: &[f64]) -> Result<Self> {
        at_least("stiffnesses.len()", stiffnesses.len(), 1)?;
        for &k in stiffnesses {
            positive("stiffnesses", k)?;
        }
        Ok(Self { stiffnesses: stiffnesses.to_vec() })
    }
}

impl Potential for Harmonic {
    fn dimension(&self) -> usize {
        self.stiffnesses.len()
    }

    fn value(&self, x: &[f64]) -> f64 {
        x.iter().zip(&self.stiffnesses).map(|(x, k)| 0.5 * k * x * x).sum()
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        for ((gradient, x), k) in gradient.iter_mut().zip(x).zip(&self.stiffnesses) {
            *gradient = k * x;
        }
    }

    fn gradients(&self, x: ArrayView2<f64>, mut gradients: ArrayViewMut2<f64>) {
        let x = x.to_slice().expect("a batch is contiguous");
        let gradients = gradients.as_slice_mut().expect("a batch is contiguous");
        if let [k] = self.stiffnesses[..] {
            gradients.iter_mut().zip(x).for_each(|(gradient, x)| *gradient = k * x);
        } else {
            let d = self.stiffnesses.len();
            for (gradient, x) in gradients.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
                self.gradient(x, gradient);
            }
        }
    }

    fn stiffness(&self) -> Option<f64> {
        Some(self.stiffnesses.iter().copied().fold(0.0, f64::max))
    }
}
