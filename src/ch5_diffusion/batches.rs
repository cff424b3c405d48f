//! Training on batches that are drawn afresh in every step.

use crate::Result;
use crate::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use crate::ch2_control::backprop::{Mlp, Shards};
use crate::error::at_least;
use crate::random::{Stream, Streams};

/// How many points and steps, at which rates, from which seed.
pub(super) struct Batches {
    /// Points in each step.
    pub(super) batch: usize,
    /// Steps of Adam.
    pub(super) steps: usize,
    /// Its rates.
    pub(super) schedule: Schedule,
    /// The seed of parameters and batches.
    pub(super) seed: u64,
}

/// What a training leaves behind.
pub(super) struct Fitted {
    /// θ.
    pub(super) theta: Vec<f64>,
    /// The loss of the first step, and the mean loss in the last tenth, which is one step at least.
    pub(super) losses: [f64; 2],
}

/// The points of a step that one core works on.
pub(super) struct Shard<'a, W> {
    /// What they are drawn from.
    pub(super) stream: Stream,
    /// How many they are.
    pub(super) rows: usize,
    /// The buffers.
    pub(super) workspace: &'a mut W,
    /// θ.
    pub(super) theta: &'a [f64],
    /// Where the derivative of the loss is added.
    pub(super) gradient: &'a mut [f64],
}

impl Batches {
    /// Trains `network` by Adam. `lesson` draws the points of a shard and returns their share in the loss of the step;
    /// `observe` is told every step and its loss.
    ///
    /// # Errors
    /// An empty batch, no steps, a schedule that is not valid, those of `lesson`, and a loss or parameters that leave the
    /// finite numbers, with the step at which they do.
    // ANCHOR: fit
    pub(super) fn fit<W: Send>(
        &self,
        network: &Mlp,
        workspace: impl Fn() -> W,
        lesson: impl Fn(Shard<W>) -> Result<f64> + Sync,
        mut observe: impl FnMut(usize, f64),
    ) -> Result<Fitted> {
        let (batch, steps) = (at_least("batch", self.batch, 1)?, at_least("steps", self.steps, 1)?);
        let mut theta = network.initial(&mut Streams::new(self.seed, "parameters").stream(0));
        let streams = Streams::new(self.seed, "batches");
        let mut shards = Shards::new(network.parameters(), workspace);
        let (mut first, mut late, tail) = (f64::NAN, 0.0, steps.div_ceil(10));
        let evaluate = |k: usize, theta: &[f64], gradient: &mut [f64]| {
            shards.gradient(batch, gradient, |range, workspace, gradient| {
                // A stream for every shard of every step.
                let stream = streams.stream((k * batch + range.start) as u64);
                lesson(Shard { stream, rows: range.len(), workspace, theta, gradient })
            })
        };
        let observe = |k: usize, _: &[f64], loss: f64| {
            if k == 0 {
                first = loss;
            }
            if k + tail >= steps {
                late += loss / tail as f64;
            }
            observe(k, loss);
        };
        minimize(&mut theta, &mut Adam::default(), self.schedule, steps, evaluate, observe)?;
        Ok(Fitted { theta, losses: [first, late] })
    }
    // ANCHOR_END: fit
}
