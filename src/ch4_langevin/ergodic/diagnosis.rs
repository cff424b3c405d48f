//! Have the chains arrived? Rank-normalized split R̂ with bulk and tail effective sample sizes
//! (Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021).
//!
//! R̂ = √(V/W) compares the variance V of all draws with the mean variance W within chains. Taken of the halves of chains it
//! sees drift, of normal scores it works without moments, of the distances to the median it sees chains that agree in place but not in
//! spread. Convergence is denied above 1.01.

use super::autocorrelation::effective_sample_size;
use super::traces::{Traces, mean};
use crate::error::at_least;
use crate::statistics::normal;
use crate::{Error, Result};

/// What can be said about the mean of one quantity.
///
/// ```
/// use sdml::{ch4_langevin::ergodic::{Autoregression, Diagnosis, Traces, diagnose}, random::Streams};
/// let (ar, streams) = (Autoregression::new(0.5, 1.0)?, Streams::new(1, "doc"));
/// let chains = (0..4).map(|m| ar.stationary(1000, &mut streams.stream(m))).collect();
/// let Diagnosis { mean, deviation, .. } = diagnose(&Traces::new(chains)?)?;
/// // Var = 1/(1 − ¼).
/// assert!(mean.abs() < 0.2 && (deviation - (4.0f64 / 3.0).sqrt()).abs() < 0.1);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// The mean of all draws.
    pub mean: f64,
    /// The Monte Carlo standard error of the mean, s/√ESS.
    pub standard_error: f64,
    /// The standard deviation s of all draws.
    pub deviation: f64,
    /// The rank-normalized split R̂, the greater of that of the draws and of their distances to the median.
    pub r_hat: f64,
    /// The effective sample size for the middle of the law.
    pub bulk: f64,
    /// The smaller effective sample size for the 5% and the 95% quantile.
    pub tail: f64,
}

impl Diagnosis {
    /// How many Monte Carlo standard errors the mean lies above `exact`.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Diagnosis;
    /// let said = Diagnosis { mean: 1.2, standard_error: 0.1, deviation: 1.0, r_hat: 1.0, bulk: 1e3, tail: 1e3 };
    /// assert!((said.z(1.0) - 2.0).abs() < 1e-12);
    /// ```
    pub fn z(&self, exact: f64) -> f64 {
        (self.mean - exact) / self.standard_error
    }
}

/// All diagnostics at once.
///
/// ```
/// use sdml::{ch4_langevin::ergodic::{Autoregression, Traces, diagnose}, random::Streams};
/// let ar = Autoregression::new(0.5, 1.0)?;
/// let streams = Streams::new(1, "doc");
/// let said = diagnose(&Traces::new((0..4).map(|m| ar.stationary(2000, &mut streams.stream(m))).collect())?)?;
/// assert!(said.r_hat < 1.01 && said.z(0.0).abs() < 4.0);
/// // τ = 3.
/// assert!((said.bulk - 8000.0 / 3.0).abs() < 500.0);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Fewer than two chains, chains of fewer than 16 values (their halves are too short for a correlation), or chains
/// that never change. A quantity with few values may be refused as well: its distances to the median or its tails may not change.
pub fn diagnose(chains: &Traces) -> Result<Diagnosis> {
    let halves = comparable(chains)?;
    let mean = chains.mean();
    let draws = (chains.count() * chains.length()) as f64;
    let squares: f64 = chains.all().iter().flatten().map(|x| (x - mean).powi(2)).sum();
    let deviation = (squares / (draws - 1.0)).sqrt();
    Ok(Diagnosis {
        mean,
        standard_error: deviation / effective_sample_size(&halves)?.sqrt(),
        deviation,
        r_hat: r_hat(chains)?,
        bulk: bulk_size(chains)?,
        tail: tail_size(chains)?,
    })
}

/// The rank-normalized split R̂.
///
/// # Errors
/// As [`diagnose`]; values that all lie equally far from the median, such as ±1 equally often.
///
/// ```
/// use sdml::ch4_langevin::ergodic::{Traces, r_hat};
/// // The halves of these chains agree to the last digit: B = 0 and V = (1 − 1/N) W with N = 100.
/// let chain: Vec<f64> = [0.0, 1.0, 2.0, 3.0].repeat(50);
/// assert!((r_hat(&Traces::new(vec![chain.clone(), chain.clone()])?)? - 0.99f64.sqrt()).abs() < 1e-12);
/// // Chains in different places are found out.
/// let other: Vec<f64> = chain.iter().map(|x| x + 10.0).collect();
/// assert!(r_hat(&Traces::new(vec![chain, other])?)? > 1.9);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: r_hat
pub fn r_hat(chains: &Traces) -> Result<f64> {
    let halves = comparable(chains)?;
    let median = quantile(&halves, 0.5);
    let folded = halves.map(|x| (x - median).abs())?;
    Ok(ratio(&rank_normalized(&halves)?)?.max(ratio(&rank_normalized(&folded)?)?))
}

/// √(V/W), V = ((N − 1)/N) W + B/N.
fn ratio(chains: &Traces) -> Result<f64> {
    let (m, n) = (chains.count() as f64, chains.length() as f64);
    let overall = chains.mean();
    let between = chains.all().iter().map(|chain| (mean(chain) - overall).powi(2)).sum::<f64>() / (m - 1.0);
    let squares = |chain: &Vec<f64>| {
        let middle = mean(chain);
        chain.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / (n - 1.0)
    };
    let within = chains.all().iter().map(squares).sum::<f64>() / m;
    if within == 0.0 {
        return Err(Error::argument("chains", "constant", "chains that change"));
    }
    Ok(((n - 1.0) / n + between / within).sqrt())
}
// ANCHOR_END: r_hat

/// Replaces every value by the normal score Φ⁻¹((r − 3/8)/(S + 1/4)) of its rank r among all S values, ties sharing
/// their mean rank.
///
/// ```
/// use sdml::ch4_langevin::ergodic::{Traces, rank_normalized};
/// // Ranks see order alone: a heavy tail loses its weight.
/// let scores = rank_normalized(&Traces::new(vec![vec![1.0, 2.0], vec![3.0, 1e300]])?)?;
/// assert!((scores.all()[0][0] + scores.all()[1][1]).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// None for chains that exist; the type leaves room for the quantile's.
// ANCHOR: rank_normalized
pub fn rank_normalized(chains: &Traces) -> Result<Traces> {
    let values: Vec<f64> = chains.all().iter().flatten().copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|i, j| values[*i].total_cmp(&values[*j]));
    let mut scores = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let tied = order[first..].iter().take_while(|i| values[**i] == values[order[first]]).count();
        let rank = first as f64 + 0.5 * (tied + 1) as f64;
        let score = normal::quantile((rank - 0.375) / (values.len() as f64 + 0.25))?;
        order[first..first + tied].iter().for_each(|i| scores[*i] = score);
        first += tied;
    }
    Ok(chains.replaced(scores.into_iter()))
}
// ANCHOR_END: rank_normalized

/// The effective sample size of the normal scores of the halves.
///
/// # Errors
/// As [`diagnose`].
///
/// ```
/// use sdml::{ch4_langevin::ergodic::{Autoregression, Traces, bulk_size}, random::Streams};
/// let (ar, streams) = (Autoregression::new(0.5, 1.0)?, Streams::new(1, "doc"));
/// let chains = Traces::new((0..2).map(|m| ar.stationary(100, &mut streams.stream(m))).collect())?;
/// // Only ranks count: an increasing function changes nothing.
/// assert_eq!(bulk_size(&chains.map(f64::exp)?)?, bulk_size(&chains)?);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn bulk_size(chains: &Traces) -> Result<f64> {
    effective_sample_size(&rank_normalized(&comparable(chains)?)?)
}

/// The smaller of the effective sample sizes of the indicators of the lowest and the highest twentieth.
///
/// # Errors
/// As [`diagnose`]; a largest value that fills the highest twentieth, as that of an indicator mostly does.
///
/// ```
/// use sdml::{ch4_langevin::ergodic::{Autoregression, Traces, tail_size}, random::Streams};
/// let (ar, streams) = (Autoregression::new(0.5, 1.0)?, Streams::new(1, "doc"));
/// let chains = Traces::new((0..2).map(|m| ar.stationary(100, &mut streams.stream(m))).collect())?;
/// // A reflection exchanges the two tails.
/// assert!((tail_size(&chains.map(|x| -x)?)? - tail_size(&chains)?).abs() < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn tail_size(chains: &Traces) -> Result<f64> {
    let halves = comparable(chains)?;
    let size = |probability: f64| {
        let edge = quantile(&halves, probability);
        effective_sample_size(&halves.map(|x| f64::from(u8::from(x <= edge)))?)
    };
    Ok(size(0.05)?.min(size(0.95)?))
}

/// The halves of two or more chains long enough to be compared.
fn comparable(chains: &Traces) -> Result<Traces> {
    at_least("chains.count()", chains.count(), 2)?;
    at_least("chains.length()", chains.length(), 16)?;
    chains.split()
}

/// The quantile of all draws, interpolated between the two nearest.
fn quantile(chains: &Traces, probability: f64) -> f64 {
    let mut values: Vec<f64> = chains.all().iter().flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    let place = probability * (values.len() - 1) as f64;
    let (low, part) = (place as usize, place.fract());
    let high = (low + 1).min(values.len() - 1);
    values[low] + part * (values[high] - values[low])
}
