//! Gradients for large batches: on all cores, and in blocks of rows small enough for the cache.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::field::{VectorField, check_state, rows};
use super::gradient::{Gradient, Method};
use super::runge_kutta::FixedStep;
use crate::ch2_control::backprop::Shards;
use crate::error::at_least;
use crate::{Error, Result};

/// [`Gradient`] over the shards of a batch, each cut into blocks of rows. The cut does not depend on the number of threads,
/// and neither do the bits of the result.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{BatchGradient, FixedStep, Method, Pointwise, Relaxation, Tableau};
/// // L = Σ z(1) = Σ e^{−θ₁}z(0) over two points, each in a block of its own.
/// let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, 40)?;
/// let mut batch = BatchGradient::new(scheme, Method::recorded(40), 2, 1)?;
/// let (mut gradient, z_0) = ([0.0; 2], array![[1.0], [2.0]]);
/// batch.evaluate(&Pointwise(Relaxation), &[0.5, 0.0], z_0.view(), |_rows, n, z, mut a| {
///     if n < 40 { return 0.0; }
///     a.fill(1.0);
///     z.sum()
/// }, &mut gradient)?;
/// assert!((gradient[0] + 3.0 * (-0.5f64).exp()).abs() < 1e-7);
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct BatchGradient<F: VectorField> {
    shards: Shards<Gradient<F>>,
    block: usize,
}

impl<F: VectorField> BatchGradient<F> {
    /// `method` along the steps of `scheme` for a field with P = `parameters` parameters, at most `block` rows at a time.
    ///
    /// # Errors
    /// Blocks of no rows, or segments of no steps.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{BatchGradient, FixedStep, Method, NetworkField, Tableau};
    /// let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, 2)?;
    /// let with_blocks = |block| BatchGradient::<NetworkField>::new(scheme, Method::recorded(2), 3, block);
    /// assert!(with_blocks(32).is_ok() && with_blocks(0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(scheme: FixedStep, method: Method, parameters: usize, block: usize) -> Result<Self>
    where
        F::Tape: Send,
    {
        at_least("block", block, 1)?;
        Gradient::<F>::new(scheme, method)?;
        let shards = Shards::new(parameters, || {
            Gradient::new(scheme, method).expect("the same arguments passed a moment ago")
        });
        Ok(Self { shards, block })
    }

    /// Returns L and adds dL/dθ to `gradient`. `loss(rows, n, z, a)` is that of the points `rows` of the batch at step n, as in
    /// [`Loss`](super::Loss).
    ///
    /// # Errors
    /// As [`Gradient::evaluate`].
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{BatchGradient, FixedStep, Method, PeerProblem, Tableau};
    /// let problem = PeerProblem::new();
    /// let scheme = FixedStep::new(Tableau::RK4, 0.0, 1.0, 2)?;
    /// let mut batch = BatchGradient::new(scheme, Method::recorded(2), problem.theta.len(), 32)?;
    /// let mut gradient = vec![0.0; problem.theta.len()];
    /// let loss = problem.gradient(&mut batch, 2, &mut gradient)?;
    /// assert!((loss - 3.0193).abs() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn evaluate(
        &mut self,
        field: &F,
        theta: &[f64],
        z_0: ArrayView2<f64>,
        loss: impl Fn(Range<usize>, usize, ArrayView2<f64>, ArrayViewMut2<f64>) -> f64 + Sync,
        gradient: &mut [f64],
    ) -> Result<f64> {
        check_state(field, z_0)?;
        if theta.len() != field.parameters() {
            return Err(Error::argument("theta.len()", theta.len(), format!("{}", field.parameters())));
        }
        let block = self.block;
        self.shards.gradient(z_0.nrows(), gradient, |range, work, gradient| {
            let mut total = 0.0;
            for start in range.clone().step_by(block) {
                let part = start..range.end.min(start + block);
                let mut of_part =
                    |n: usize, z: ArrayView2<f64>, a: ArrayViewMut2<f64>| loss(part.clone(), n, z, a);
                total += work.evaluate(field, theta, rows(z_0, part.clone()), &mut of_part, gradient)?;
            }
            Ok(total)
        })
    }
}
