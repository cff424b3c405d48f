//! Autocorrelation, and what it costs.
//!
//! ρ(k) = Cov(f(X₀), f(Xₖ))/Var f(X₀),  τ = 1 + 2 Σ_{k≥1} ρ(k),  Var((1/N) Σ f(Xₖ)) ≈ τ Var f/N.
//!
//! The estimate of ρ(k) is noise beyond some k and the noise must not be added up. For a reversible chain the sums of pairs
//! ρ(2m) + ρ(2m + 1) are positive, decreasing and convex in m: the sum stops at the first pair that is not positive and
//! pairs are not allowed to grow again (Geyer 1992).

use super::traces::{Traces, mean};
use crate::error::at_least;
use crate::{Error, Result};

/// The shortest chain from which a correlation is estimated.
const SHORTEST: usize = 8;

/// The autocovariances of a chain, (1/N) Σ (xᵢ − x̄)(xᵢ₊ₖ − x̄): divided by N at every k, which keeps them positive
/// definite.
struct Covariances {
    centered: Vec<f64>,
}

impl Covariances {
    fn of(chain: &[f64]) -> Self {
        let mean = mean(chain);
        Self { centered: chain.iter().map(|x| x - mean).collect() }
    }

    // ANCHOR: covariance
    fn at(&self, lag: usize) -> f64 {
        let x = &self.centered;
        x.iter().zip(&x[lag..]).map(|(now, later)| now * later).sum::<f64>() / x.len() as f64
    }
    // ANCHOR_END: covariance
}

/// The estimates of ρ(0) = 1, ρ(1), …, ρ(`lags`) from one chain.
///
/// ```
/// // A chain that alternates.
/// let rho = sdml::ch4_langevin::ergodic::autocorrelation(&[1.0, -1.0].repeat(50), 2)?;
/// assert!((rho[1] + 0.99).abs() < 1e-12 && (rho[2] - 0.98).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A chain shorter than 8, or than `lags` + 1, one that never changes, or values that are not finite.
pub fn autocorrelation(chain: &[f64], lags: usize) -> Result<Vec<f64>> {
    at_least("chain.len()", chain.len(), SHORTEST.max(lags.saturating_add(1)))?;
    Traces::new(vec![chain.to_vec()])?;
    let covariances = Covariances::of(chain);
    let variance = moving(covariances.at(0))?;
    Ok((0..=lags).map(|lag| covariances.at(lag) / variance).collect())
}

/// τ of one chain by Geyer's initial monotone sequence.
///
/// ```
/// use sdml::{ch4_langevin::ergodic::{Autoregression, integrated_time}, random::Streams};
/// let chain = Autoregression::new(0.8, 1.0)?.stationary(100_000, &mut Streams::new(1, "doc").stream(0));
/// // (1 + 0.8)/(1 − 0.8) = 9.
/// assert!((integrated_time(&chain)? - 9.0).abs() < 0.5);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A chain shorter than 8, one that never changes, or values that are not finite.
pub fn integrated_time(chain: &[f64]) -> Result<f64> {
    let chains = Traces::new(vec![chain.to_vec()])?;
    Ok(chain.len() as f64 / effective_sample_size(&chains)?)
}

/// The number of independent draws whose mean is as precise as the mean of all chains: MN/τ, with
///
/// ρ(k) = 1 − (W − C(k))/V,  V = ((N − 1)/N) W + B/N,
///
/// C(k) the mean autocovariance within chains, W the mean variance within, B/N the variance of the chains' means (Gelman
/// and Rubin 1992; Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021): chains that disagree have few effective draws, however smooth
/// each is. For a single chain V is its variance. At most MN log₁₀(MN), as anticorrelated chains can have more than MN.
///
/// # Errors
/// Traces shorter than 8, or that never change.
///
/// ```
/// use sdml::ch4_langevin::ergodic::{Traces, effective_sample_size};
/// // A chain that alternates reaches the bound: N log₁₀ N = 200.
/// let chain: Vec<f64> = [1.0, -1.0].repeat(50);
/// assert!((effective_sample_size(&Traces::new(vec![chain.clone()])?)? - 200.0).abs() < 1e-9);
/// // Two chains that stay apart are hardly worth more than one draw.
/// let other: Vec<f64> = chain.iter().map(|x| x + 10.0).collect();
/// assert!((effective_sample_size(&Traces::new(vec![chain, other])?)? - 1.0).abs() < 0.1);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn effective_sample_size(chains: &Traces) -> Result<f64> {
    let length = at_least("chains.length()", chains.length(), SHORTEST)?;
    let (m, n) = (chains.count() as f64, length as f64);
    let covariances: Vec<Covariances> = chains.all().iter().map(|chain| Covariances::of(chain)).collect();
    let within = |lag: usize| covariances.iter().map(|chain| chain.at(lag)).sum::<f64>() / m;
    // ANCHOR: pooled
    let w = within(0) * n / (n - 1.0);
    let overall = chains.mean();
    let between = chains.all().iter().map(|chain| (mean(chain) - overall).powi(2)).sum::<f64>();
    let v = moving(within(0) + if m > 1.0 { between / (m - 1.0) } else { 0.0 })?;
    let rho = |lag: usize| if lag == 0 { 1.0 } else { 1.0 - (w - within(lag) * n / (n - 1.0)) / v };
    // ANCHOR_END: pooled
    // ANCHOR: geyer
    let mut tau = -1.0;
    let mut smallest = f64::INFINITY;
    for pair in 0..length / 2 {
        let sum = rho(2 * pair) + rho(2 * pair + 1);
        if sum <= 0.0 {
            break;
        }
        smallest = sum.min(smallest);
        tau += 2.0 * smallest;
    }
    // ANCHOR_END: geyer
    let draws = m * n;
    Ok(draws / tau.max(1.0 / draws.log10()))
}

/// Passes a variance on if the chain moved at all.
fn moving(variance: f64) -> Result<f64> {
    if variance > 0.0 {
        Ok(variance)
    } else {
        Err(Error::argument("chains", "constant", "chains that change: a constant has no autocorrelation"))
    }
}
