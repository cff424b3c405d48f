//! What a training run leaves behind, and how it stops when it diverges.

use crate::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use crate::{Error, Result};

/// The result of training.
///
/// ```
/// use sdml::{ch1_preliminaries::learning::Schedule, ch3_flows::coupling::Trained};
/// // Minimize θ² from 2; the fourth loss is not finite.
/// let run = Trained::by_adam(vec![2.0], Schedule::Constant(0.5), 10, |k, theta, gradient| {
///     gradient[0] = 2.0 * theta[0];
///     Ok(if k < 3 { theta[0] * theta[0] } else { f64::NAN })
/// })?;
/// assert!(run.losses.len() == 3 && run.stopped.is_some());
/// // Adam's first step is as long as the rate.
/// assert!((run.losses[1] - 1.5 * 1.5).abs() < 1e-6);
/// // The parameters that were kept are those of step 0.
/// assert_eq!(run.theta, [2.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The parameters at the end: the last, or, of a run that diverged, the last that were kept while the loss was
    /// finite.
    pub theta: Vec<f64>,
    /// The loss of every step, on that step's batch.
    pub losses: Vec<f64>,
    /// Why training stopped before its last step, if it did.
    pub stopped: Option<Error>,
}

/// Every so many steps the parameters are kept, to return to if the run diverges.
const KEEP: usize = 50;

impl Trained {
    /// Runs Adam for `steps` steps from `theta`. A loss that leaves the finite numbers ends the run, not the program:
    /// `stopped` says why and at which step.
    ///
    /// # Errors
    /// A schedule that is not valid, or an error of `evaluate` at its first step.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Schedule, ch3_flows::coupling::Trained};
    /// // θ² from 2 with steps of length ½: Adam's first two are as long as the rate, nearly.
    /// let run = Trained::by_adam(vec![2.0], Schedule::Constant(0.5), 2, |_k, theta, gradient| {
    ///     gradient[0] = 2.0 * theta[0];
    ///     Ok(theta[0] * theta[0])
    /// })?;
    /// assert!(run.stopped.is_none() && run.losses[0] == 4.0 && (run.theta[0] - 1.0).abs() < 0.05);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn by_adam(
        theta: Vec<f64>,
        schedule: Schedule,
        steps: usize,
        evaluate: impl FnMut(usize, &[f64], &mut [f64]) -> Result<f64>,
    ) -> Result<Self> {
        schedule.valid()?;
        let mut moving = theta.clone();
        let mut kept = theta;
        let mut losses = Vec::with_capacity(steps);
        let run = minimize(&mut moving, &mut Adam::default(), schedule, steps, evaluate, |k, theta, loss| {
            if k.is_multiple_of(KEEP) {
                kept.copy_from_slice(theta);
            }
            losses.push(loss);
        });
        match run {
            Ok(()) => Ok(Self { theta: moving, losses, stopped: None }),
            Err(error) if losses.is_empty() => Err(error),
            Err(error) => Ok(Self { theta: kept, losses, stopped: Some(error) }),
        }
    }

    /// θ and the losses as rows of numbers.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Schedule, ch3_flows::coupling::Trained};
    /// let run = Trained::by_adam(vec![2.0], Schedule::Constant(0.5), 1, |_, _, _| Ok(7.0))?;
    /// // No gradient, no move.
    /// assert_eq!(run.rows(), [[2.0], [7.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(self) -> Vec<Vec<f64>> {
        vec![self.theta, self.losses]
    }
}
