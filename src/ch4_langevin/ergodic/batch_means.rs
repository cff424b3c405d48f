//! The standard error of an ergodic average, right and wrong.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::traces::Traces;
use crate::error::at_least;
use crate::statistics::Estimate;
use crate::{Error, Result};

/// The mean of a chain with the standard error from the means of `batches` consecutive parts, s_b/√b.
///
/// Parts much longer than the autocorrelation time are almost independent of each other. What does not fill a part at the
/// start of the chain is left out. The error has `batches` − 1 degrees of freedom: intervals need Student's law.
///
/// ```
/// use sdml::ch4_langevin::ergodic::batch_means;
/// let chain: Vec<f64> = [1.0, 2.0, 3.0, 4.0].iter().flat_map(|x| [*x; 8]).collect();
/// let estimate = batch_means(&chain, 4)?;
/// assert_eq!((estimate.mean, estimate.count), (2.5, 4));
/// assert!((estimate.standard_error - (5.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Fewer than two batches, a chain too short for two values in each, or values that are not finite.
// ANCHOR: batch_means
pub fn batch_means(chain: &[f64], batches: usize) -> Result<Estimate> {
    at_least("batches", batches, 2)?;
    let size = at_least("chain.len()", chain.len(), batches.saturating_mul(2))? / batches;
    let parts = chain[chain.len() - size * batches..].chunks_exact(size);
    Estimate::of(parts.map(|part| part.iter().sum::<f64>() / size as f64))
}
// ANCHOR_END: batch_means

/// The mean of a chain and the half width of its interval of the given confidence: batch means with Student's quantile for
/// `batches` − 1 degrees of freedom.
///
/// ```
/// use sdml::ch4_langevin::ergodic::batch_interval;
/// // Two batches with means 0 and 2: 1 ± 12.7 at 95%.
/// let (mean, half_width) = batch_interval(&[0.0, 0.0, 2.0, 2.0], 2, 0.95)?;
/// assert!(mean == 1.0 && (half_width - 12.706).abs() < 1e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// As [`batch_means`]; a confidence outside (0, 1).
pub fn batch_interval(chain: &[f64], batches: usize, confidence: f64) -> Result<(f64, f64)> {
    let parts = batch_means(chain, batches)?;
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::argument("confidence", confidence, "strictly between 0 and 1"));
    }
    let student =
        StudentsT::new(0.0, 1.0, (batches - 1) as f64).expect("a positive number of degrees of freedom");
    Ok((parts.mean, student.inverse_cdf(0.5 + 0.5 * confidence) * parts.standard_error))
}

/// The mean of a chain with the standard error s/√N of *independent* values: what (4.5) seems to invite, and too small by
/// the factor √τ.
///
/// # Errors
/// Fewer than two values, or values that are not finite.
///
/// ```
/// use sdml::ch4_langevin::ergodic::{batch_means, naive_error};
/// // Four values, each eight times: 32 numbers with s² = 40/31, but only four that are independent.
/// let chain: Vec<f64> = [1.0, 2.0, 3.0, 4.0].iter().flat_map(|x| [*x; 8]).collect();
/// let naive = naive_error(&chain)?;
/// assert!((naive.standard_error - (40.0f64 / 31.0 / 32.0).sqrt()).abs() < 1e-15);
/// assert!(naive.mean == 2.5 && batch_means(&chain, 4)?.standard_error > 3.0 * naive.standard_error);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn naive_error(chain: &[f64]) -> Result<Estimate> {
    Traces::new(vec![chain.to_vec()]).map_err(|_| {
        Error::argument("chain", format!("{} values", chain.len()), "two finite values at least")
    })?;
    Estimate::of(chain.iter().copied())
}
