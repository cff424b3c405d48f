//! Minibatches on all cores, with the same bits at any number of threads.

use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::kernel::add_rows;
use crate::parallel::on_all_cores;
use crate::{Error, Result};

/// Into how many parts a batch is cut, whatever the number of threads.
pub(super) const SHARDS: usize = 8;

/// The rows of shard `s` of a batch of `points`.
pub(super) fn part(points: usize, s: usize) -> Range<usize> {
    points * s / SHARDS..points * (s + 1) / SHARDS
}

/// How many parameters are summed over the shards together.
const CHUNK: usize = 4096;

/// A batch cut into eight shards, each with a workspace and a gradient of its own.
///
/// ```
/// use sdml::ch2_control::backprop::Shards;
/// // The 100 points are shared out, each to one shard.
/// let (mut shards, mut gradient) = (Shards::new(1, || ()), [0.0]);
/// let loss = shards.gradient(100, &mut gradient, |range, _, gradient| {
///     gradient[0] += range.len() as f64;
///     Ok(range.sum::<usize>() as f64)
/// })?;
/// assert_eq!((loss, gradient), (4950.0, [100.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug)]
pub struct Shards<W> {
    workspaces: Vec<(W, Result<f64>)>,
    gradients: Vec<Vec<f64>>,
}

impl<W: Send> Shards<W> {
    /// Shards for a model with P = `parameters` parameters; `workspace` makes the buffers of each.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Shards;
    /// // A gradient of another length than the model's is refused.
    /// let mut shards = Shards::new(2, || ());
    /// assert!(shards.gradient(10, &mut [0.0; 2], |_, _, _| Ok(0.0)).is_ok());
    /// assert!(shards.gradient(10, &mut [0.0; 3], |_, _, _| Ok(0.0)).is_err());
    /// ```
    pub fn new(parameters: usize, workspace: impl Fn() -> W) -> Self {
        Self {
            workspaces: (0..SHARDS).map(|_| (workspace(), Ok(0.0))).collect(),
            gradients: vec![vec![0.0; parameters]; SHARDS],
        }
    }

    /// Calls `each(range, workspace, g)` for every shard of `points` points, in parallel. It returns the part of the loss
    /// that belongs to the range and adds its derivative to g. The sum of the losses is returned, the sum of the g is added
    /// to `gradient`, both from the first shard to the last.
    ///
    /// # Errors
    /// A `gradient` that is not P long, and the first error of a shard.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use sdml::ch2_control::backprop::{Activation, Mlp, Pass, Shards};
    /// use sdml::random::Streams;
    /// // The gradient of Σ |f(x)|² over a batch.
    /// let mlp = Mlp::new(&[2, 8, 2], Activation::Tanh)?;
    /// let theta = mlp.initial(&mut Streams::new(0, "doc").stream(0));
    /// let x = Array2::from_shape_fn((100, 2), |(i, d)| (i as f64).sin() + d as f64);
    /// let mut gradient = vec![0.0; mlp.parameters()];
    /// let mut shards = Shards::new(mlp.parameters(), Pass::new);
    /// let loss = shards.gradient(100, &mut gradient, |range, pass, gradient| {
    ///     mlp.forward(&theta, x.slice(s![range, ..]), pass)?;
    ///     let cotangent = 2.0 * &pass.output();
    ///     mlp.pull_back(&theta, pass, cotangent.view(), gradient)?;
    ///     Ok(0.25 * cotangent.iter().map(|c| c * c).sum::<f64>())
    /// })?;
    /// assert!(loss > 0.0 && gradient.iter().any(|g| *g != 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: gradient
    pub fn gradient(
        &mut self,
        points: usize,
        gradient: &mut [f64],
        each: impl Fn(Range<usize>, &mut W, &mut [f64]) -> Result<f64> + Sync,
    ) -> Result<f64> {
        let parameters = self.gradients[0].len();
        if gradient.len() != parameters {
            let allowed = format!("{parameters}, the number of parameters");
            return Err(Error::argument("gradient.len()", gradient.len(), allowed));
        }
        let mut parts = self.workspaces.iter_mut().zip(&mut self.gradients);
        let parts: [_; SHARDS] =
            std::array::from_fn(|_| Mutex::new(parts.next().expect("one for each shard")));
        on_all_cores(SHARDS, &|s| {
            let mut part_of = parts[s].lock().expect("nobody panicked");
            let ((workspace, loss), gradient) = &mut *part_of;
            gradient.fill(0.0);
            *loss = match part(points, s) {
                range if range.is_empty() => Ok(0.0),
                range => each(range, workspace, gradient),
            };
        });
        let loss = self
            .workspaces
            .iter_mut()
            .try_fold(0.0, |sum, (_, loss)| std::mem::replace(loss, Ok(0.0)).map(|loss| sum + loss))?;
        add_all(&self.gradients, gradient);
        Ok(loss)
    }
    // ANCHOR_END: gradient
}

/// Adds the gradients of the shards to `sum`.
fn add_all(gradients: &[Vec<f64>], sum: &mut [f64]) {
    sum.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sum)| {
        for gradient in gradients {
            add_rows(&gradient[chunk * CHUNK..][..sum.len()], sum);
        }
    });
}
