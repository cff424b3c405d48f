//! Does a sample come from a law? The tests of Kolmogorov–Smirnov and χ².

use std::f64::consts::PI;

use statrs::function::gamma::gamma_ur;

use crate::error::at_least;
use crate::{Error, Result};

/// The outcome of a test of fit.
///
/// ```
/// use sdml::statistics::{GoodnessOfFit, chi_square, kolmogorov_smirnov};
/// // As many in each cell as expected.
/// assert_eq!(chi_square(&[50, 50], &[0.5, 0.5])?, GoodnessOfFit { statistic: 0.0, p_value: 1.0 });
/// // The steps of F_n at ¼ and ¾ are as far above the line F(x) = x as below it.
/// assert_eq!(kolmogorov_smirnov(&[0.25, 0.75], |x| x)?.statistic, 0.25);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoodnessOfFit {
    /// The distance between sample and law, as the test measures it.
    pub statistic: f64,
    /// The probability of a distance at least as large if the sample does come from the law.
    pub p_value: f64,
}

/// The one-sample test of Kolmogorov and Smirnov: D = sup |F_n(x) − F(x)| for a continuous `cdf` F.
///
/// The p-value is Kolmogorov's limit law at λ = (√n + 0.12 + 0.11/√n) D, Stephens' (1970) correction. From n = 5 on it is
/// within 0.025 of the exact one, and within 0.004 where that is below 0.2.
///
/// # Errors
/// An empty sample, values that are not finite, or a `cdf` that leaves [0, 1].
///
/// ```
/// use sdml::{random::Streams, statistics::{kolmogorov_smirnov, normal}};
/// let mut stream = Streams::new(1, "doc").stream(0);
/// let sample: Vec<f64> = (0..1000).map(|_| stream.normal()).collect();
/// assert!(kolmogorov_smirnov(&sample, normal::cdf)?.p_value > 1e-3);
/// assert!(kolmogorov_smirnov(&sample, |x| normal::cdf(x - 0.3))?.p_value < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn kolmogorov_smirnov(samples: &[f64], cdf: impl Fn(f64) -> f64) -> Result<GoodnessOfFit> {
    let n = at_least("samples.len()", samples.len(), 1)? as f64;
    for &sample in samples {
        crate::error::finite("samples", sample)?;
    }
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut statistic = 0f64;
    for (below, &x) in sorted.iter().enumerate() {
        let f = cdf(x);
        if !(0.0..=1.0).contains(&f) {
            return Err(Error::argument("cdf", format!("{f} at {x}"), "within [0, 1]"));
        }
        statistic = statistic.max(f - below as f64 / n).max((below + 1) as f64 / n - f);
    }
    let lambda = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * statistic;
    Ok(GoodnessOfFit { statistic, p_value: kolmogorov_tail(lambda) })
}

/// The χ² test of `counts` in cells of the given `probabilities`: χ² = Σ (Oᵢ − n pᵢ)²/(n pᵢ), with one degree of
/// freedom fewer than there are cells.
///
/// # Errors
/// Fewer than two cells, lengths that differ, probabilities that are not positive or do not add up to 1, or a cell
/// expected to hold fewer than 5 (where the limit law is not to be trusted).
///
/// ```
/// use sdml::statistics::chi_square;
/// // χ² = 4/50 + 4/50 with 1 degree of freedom.
/// let test = chi_square(&[52, 48], &[0.5, 0.5])?;
/// assert!((test.statistic - 0.16).abs() < 1e-15);
/// assert!((test.p_value - 0.6891565167793516).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn chi_square(counts: &[u64], probabilities: &[f64]) -> Result<GoodnessOfFit> {
    let cells = at_least("counts.len()", counts.len(), 2)?;
    if probabilities.len() != cells {
        return Err(Error::argument(
            "probabilities.len()",
            probabilities.len(),
            format!("counts.len() = {cells}"),
        ));
    }
    let total: f64 = probabilities.iter().sum();
    if probabilities.iter().any(|p| !p.is_finite() || *p <= 0.0) || (total - 1.0).abs() > 1e-9 {
        return Err(Error::argument(
            "probabilities",
            format!("{probabilities:?}"),
            "positive numbers that add up to 1",
        ));
    }
    let n = counts.iter().sum::<u64>() as f64;
    let mut statistic = 0.0;
    for (&count, p) in counts.iter().zip(probabilities) {
        let expected = n * p;
        if expected < 5.0 {
            return Err(Error::argument(
                "counts",
                format!("{expected} expected in a cell"),
                "at least 5 in each",
            ));
        }
        statistic += (count as f64 - expected).powi(2) / expected;
    }
    // The incomplete gamma function is not implemented where it is 1.
    let p_value = if statistic > 0.0 { gamma_ur(0.5 * (cells - 1) as f64, 0.5 * statistic) } else { 1.0 };
    Ok(GoodnessOfFit { statistic, p_value })
}

/// Kolmogorov's limit law: P(√n D > λ) = 2 Σ (−1)^{k−1} exp(−2k²λ²), and for small λ, where this series needs many
/// terms, 1 − (√(2π)/λ) Σ exp(−(2k − 1)²π²/(8λ²)).
fn kolmogorov_tail(lambda: f64) -> f64 {
    if lambda <= 0.0 {
        return 1.0;
    }
    let terms = 1..=4;
    if lambda < 1.0 {
        let sum: f64 =
            terms.map(|k| (-f64::from(2 * k - 1).powi(2) * PI * PI / (8.0 * lambda * lambda)).exp()).sum();
        1.0 - (2.0 * PI).sqrt() / lambda * sum
    } else {
        let sign = |k: i32| if k % 2 == 1 { 1.0 } else { -1.0 };
        2.0 * terms.map(|k| sign(k) * (-2.0 * f64::from(k * k) * lambda * lambda).exp()).sum::<f64>()
    }
}
