//! The one error type of the crate: every message names the argument, its value and what is allowed.

use std::borrow::Borrow;
use std::fmt::Debug;

/// What went wrong, and what would have been right.
///
/// ```
/// use sdml::{Error, ch1_preliminaries::sde::Grid};
/// let error = Grid::new(0.0, 1.0, 0).unwrap_err();
/// assert!(matches!(&error, Error::Argument { name: "steps", value, .. } if value == "0"));
/// assert_eq!(error.to_string(), "`steps` is 0, but it must be at least 1");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument lies outside the values for which the formula holds.
    #[error("`{name}` is {value}, but it must be {allowed}")]
    Argument {
        /// The argument's name, as in the signature.
        name: &'static str,
        /// The value that was passed.
        value: String,
        /// The values that are allowed, in words.
        allowed: String,
    },
    /// A computation left the finite numbers.
    #[error("`{quantity}` became {value} at step {step}")]
    NotFinite {
        /// What was being computed.
        quantity: &'static str,
        /// The value it took.
        value: f64,
        /// The step, counted from 0, at which it happened.
        step: usize,
    },
    /// Training left the finite numbers.
    #[error("`{quantity}` became {value} at iteration {iteration}; the last finite loss was {}", .last.map_or("none".to_owned(), |loss| loss.to_string()))]
    Diverged {
        /// What was being computed.
        quantity: &'static str,
        /// The value it took.
        value: f64,
        /// The iteration, counted from 0, at which it happened.
        iteration: usize,
        /// The loss of the iteration before, if there was one.
        last: Option<f64>,
    },
    /// An adaptive solver cannot go on.
    #[error("the solver is stuck at t = {t} with the step {h}: {why}")]
    Stuck {
        /// The time it has reached.
        t: f64,
        /// The step it would take next.
        h: f64,
        /// The reason, in words.
        why: String,
    },
    /// A Markov chain left the region in which it was to stay.
    #[error("chain {chain} escaped at step {step}: its coordinate {coordinate} went from {from} to {to}")]
    Escaped {
        /// The number of the chain.
        chain: usize,
        /// The coordinate that left.
        coordinate: usize,
        /// The step, counted from 0, at which it happened.
        step: usize,
        /// The coordinate before that step.
        from: f64,
        /// The coordinate after it.
        to: f64,
    },
}

/// The crate's result.
///
/// ```
/// fn root(x: f64) -> sdml::Result<f64> {
///     if x >= 0.0 { Ok(x.sqrt()) } else { Err(sdml::Error::argument("x", x, "at least 0")) }
/// }
/// assert_eq!(root(9.0), Ok(3.0));
/// assert_eq!(root(-1.0).unwrap_err().to_string(), "`x` is -1, but it must be at least 0");
/// ```
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An [`Error::Argument`].
    ///
    /// ```
    /// let error = sdml::Error::argument("steps", 0, "at least 1");
    /// assert_eq!(error.to_string(), "`steps` is 0, but it must be at least 1");
    /// ```
    pub fn argument(name: &'static str, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Argument { name, value: value.to_string(), allowed: allowed.into() }
    }

    /// What left the finite numbers did so in this iteration of a training, whose loss was `last` before.
    pub(crate) fn while_training(self, iteration: usize, last: Option<f64>) -> Self {
        match self {
            Self::NotFinite { quantity, value, .. } => Self::Diverged { quantity, value, iteration, last },
            other => other,
        }
    }
}

/// Passes `value` on if it is finite.
pub(crate) fn finite(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::argument(name, value, "a finite number")) }
}

/// Passes if the `values` of a computation are still finite at `step`.
pub(crate) fn stays_finite(
    quantity: &'static str,
    values: impl IntoIterator<Item: Borrow<f64>>,
    step: usize,
) -> Result<()> {
    match values.into_iter().map(|value| *value.borrow()).find(|value| !value.is_finite()) {
        Some(value) => Err(Error::NotFinite { quantity, value, step }),
        None => Ok(()),
    }
}

/// Passes `value` on if it is finite and greater than zero.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(Error::argument(name, value, "a finite number greater than 0"))
    }
}

/// Passes `count` on if it is at least `least`.
pub(crate) fn at_least(name: &'static str, count: usize, least: usize) -> Result<usize> {
    if count >= least { Ok(count) } else { Err(Error::argument(name, count, format!("at least {least}"))) }
}

/// Passes the number of parameters that `value` leads to on, if it did not overflow.
pub(crate) fn counted(name: &'static str, value: impl Debug, count: Option<usize>) -> Result<usize> {
    let allowed = "so small that the parameters can be counted";
    count.ok_or_else(|| Error::argument(name, format!("{value:?}"), allowed))
}

/// Passes `paths` on if there are any.
pub(crate) fn some_paths(paths: u64) -> Result<u64> {
    if paths > 0 { Ok(paths) } else { Err(Error::argument("paths", paths, "at least 1")) }
}
