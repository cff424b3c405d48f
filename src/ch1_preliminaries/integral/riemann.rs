//! ∫_0^T f(B(s)) ds = lim Δs Σ_{k<N} f(B(s_k)), s_k = kΔs, Δs = T/N: the first display of Section 1.3.2, with the
//! prefactor T/N (the notes print 1/N, which is right for T = 1 only).

use super::ito::representable;
use crate::Result;
use crate::ch1_preliminaries::brownian::BrownianPath;
use crate::error::{at_least, finite, positive};
use crate::random::Stream;
use crate::statistics::normal;

/// Δs Σ_{k=0}^{N−1} f(B(s_k)).
///
/// ```
/// use sdml::{ch1_preliminaries::{brownian::BrownianPath, integral::riemann_sum}, random::Streams};
/// let path = BrownianPath::sample(2.0, 100, &mut Streams::new(1, "doc").stream(0))?;
/// assert!((riemann_sum(&path, |_| 1.0) - 2.0).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: riemann_sum
pub fn riemann_sum(path: &BrownianPath, f: impl Fn(f64) -> f64) -> f64 {
    let values = &path.values()[..path.steps()];
    path.dt() * values.iter().map(|&b| f(b)).sum::<f64>()
}
// ANCHOR_END: riemann_sum

/// The variance of Δs Σ B(s_k): T³ (N − 1)(2N − 1)/(6N²), which tends to T³/3. The sum is normal with mean 0.
///
/// # Errors
/// No steps, a horizon that is not a finite number greater than 0, or a variance that overflows.
///
/// ```
/// use sdml::ch1_preliminaries::integral::riemann_sum_variance;
/// assert!((riemann_sum_variance(1.0, 10)? - 0.285).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn riemann_sum_variance(horizon: f64, steps: usize) -> Result<f64> {
    let (share, t) = (share(steps)?, positive("horizon", horizon)?);
    representable(t * share * t * t)
}

/// (N − 1)(2N − 1)/(6N²): what the sum over N steps has of T³.
fn share(steps: usize) -> Result<f64> {
    let n = at_least("steps", steps, 1)? as f64;
    Ok((n - 1.0) * (2.0 * n - 1.0) / (6.0 * n * n))
}

/// P(∫_0^T B ds > level) = 1 − Φ(level / √(T³/3)). Exercise 1.6 asks for level 1 and T = 1.
///
/// # Errors
/// A level that is not finite, or a horizon that is not a finite number greater than 0.
///
/// ```
/// use sdml::ch1_preliminaries::integral::time_integral_tail;
/// assert!((time_integral_tail(1.0, 1.0)? - 0.041632258331775).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: time_integral_tail
pub fn time_integral_tail(level: f64, horizon: f64) -> Result<f64> {
    let t = positive("horizon", horizon)?;
    Ok(normal::tail(finite("level", level)? / t / (t / 3.0).sqrt()))
}
// ANCHOR_END: time_integral_tail

/// P(Δs Σ B(s_k) > level): Exercise 1.6 as a sum of N terms sees it.
///
/// # Errors
/// A level or a horizon as [`time_integral_tail`] refuses them; fewer than 2 steps (the only term of a single step is
/// B(0) = 0).
///
/// ```
/// use sdml::ch1_preliminaries::integral::riemann_sum_tail;
/// assert!((riemann_sum_tail(1.0, 1.0, 10)? - 0.0305).abs() < 1e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn riemann_sum_tail(level: f64, horizon: f64, steps: usize) -> Result<f64> {
    let (share, t) = (share(at_least("steps", steps, 2)?)?, positive("horizon", horizon)?);
    Ok(normal::tail(finite("level", level)? / t / (t * share).sqrt()))
}

/// The Remark's game: for an hour a stock follows B, and each of `rounds` bets pays f(B(s_k))/`rounds`. One play.
///
/// # Errors
/// No rounds.
///
/// ```
/// use sdml::{ch1_preliminaries::integral::bets, random::Streams};
/// let won = bets(60, |b| b, &mut Streams::new(1, "doc").stream(0))?;
/// assert!(won.abs() < 5.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn bets(rounds: usize, f: impl Fn(f64) -> f64, stream: &mut Stream) -> Result<f64> {
    at_least("rounds", rounds, 1)?;
    Ok(riemann_sum(&BrownianPath::sample(1.0, rounds, stream)?, f))
}

/// What the game with f = cos pays on average: (1/N) Σ exp(−s_k/2) = (1/N) (1 − e^{−1/2})/(1 − e^{−1/(2N)}).
///
/// # Errors
/// No rounds.
///
/// ```
/// use sdml::ch1_preliminaries::integral::bets_mean_of_cos;
/// assert_eq!(bets_mean_of_cos(1)?, 1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn bets_mean_of_cos(rounds: usize) -> Result<f64> {
    let n = at_least("rounds", rounds, 1)? as f64;
    Ok((-0.5f64).exp_m1() / (-0.5 / n).exp_m1() / n)
}
