//! U(x) = Σ (xᵢ² − 1)²: Chapter 1's double well, in every coordinate.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Potential;
use crate::Result;
use crate::ch1_preliminaries::fokker_planck::double_well;
use crate::error::at_least;

/// The double well of [`double_well`] in each of d independent coordinates. Its force grows like x³, so that no step keeps an
/// explicit scheme stable everywhere.
///
/// ```
/// use sdml::ch4_langevin::sampler::{DoubleWell, Potential};
/// let well = DoubleWell::new(2)?;
/// assert_eq!(well.value(&[0.0, 1.0]), 1.0);
/// assert_eq!(well.stiffness(), None);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoubleWell {
    dimension: usize,
}

impl DoubleWell {
    /// The potential in `dimension` coordinates.
    ///
    /// # Errors
    /// A dimension of 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::sampler::DoubleWell;
    /// assert!(DoubleWell::new(1).is_ok() && DoubleWell::new(0).is_err());
    /// ```
    pub fn new(dimension: usize) -> Result<Self> {
        Ok(Self { dimension: at_least("dimension", dimension, 1)? })
    }
}

impl Potential for DoubleWell {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value(&self, x: &[f64]) -> f64 {
        x.iter().map(|&x| double_well::potential(x)).sum()
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        gradient.iter_mut().zip(x).for_each(|(gradient, &x)| *gradient = -double_well::force(x));
    }

    fn gradients(&self, x: ArrayView2<f64>, mut gradients: ArrayViewMut2<f64>) {
        let x = x.to_slice().expect("a batch is contiguous");
        self.gradient(x, gradients.as_slice_mut().expect("a batch is contiguous"));
    }
}
