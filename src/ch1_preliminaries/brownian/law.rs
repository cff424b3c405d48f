//! Laws of Brownian motion: transition density, covariance, maximum, time spent above zero.

use std::f64::consts::PI;

use crate::error::{at_least, finite, positive};
use crate::statistics::normal;
use crate::{Error, Result};

/// The transition density p(y, t | x, s) = exp(−(y − x)²/(2(t − s))) / √(2π(t − s)), for s < t.
///
/// It is a density in y, not a probability.
///
/// # Errors
/// Arguments that are not finite, or t ≤ s.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::transition_density;
/// let peak = transition_density(0.3, 1.5, 0.3, 1.0)?;
/// assert!((peak - 1.0 / std::f64::consts::PI.sqrt()).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: transition_density
pub fn transition_density(y: f64, t: f64, x: f64, s: f64) -> Result<f64> {
    let (y, x) = (finite("y", y)?, finite("x", x)?);
    let elapsed = positive("t - s", finite("t", t)? - finite("s", s)?)?;
    Ok((-(y - x).powi(2) / (2.0 * elapsed)).exp() / (2.0 * PI * elapsed).sqrt())
}
// ANCHOR_END: transition_density

/// E[B(s) B(t)] = min(s, t).
///
/// # Errors
/// A time that is negative or not finite.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::covariance;
/// assert_eq!(covariance(0.25, 0.75)?, 0.25);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn covariance(s: f64, t: f64) -> Result<f64> {
    Ok(time("s", s)?.min(time("t", t)?))
}

/// P(max over [0, t] of B > level) = 2 P(B(t) > level), by the reflection principle, for a level ≥ 0.
///
/// # Errors
/// A level or a time that is negative or not finite.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::maximum_tail;
/// assert!((maximum_tail(1.0, 1.0)? - 0.31731050786291415).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn maximum_tail(level: f64, t: f64) -> Result<f64> {
    if !(level.is_finite() && level >= 0.0) {
        return Err(Error::argument("level", level, "a finite number, at least 0"));
    }
    // At time 0 the maximum is 0, and no level is exceeded.
    if time("t", t)? == 0.0 { Ok(0.0) } else { Ok(2.0 * normal::tail(level / t.sqrt())) }
}

/// The law of the fraction of time spent above zero: P(fraction ≤ x) = (2/π) arcsin √x (Lévy 1939).
///
/// # Errors
/// A fraction outside [0, 1].
///
/// ```
/// use sdml::ch1_preliminaries::brownian::arcsine_cdf;
/// assert!((arcsine_cdf(0.5)? - 0.5).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn arcsine_cdf(fraction: f64) -> Result<f64> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(Error::argument("fraction", fraction, "between 0 and 1"));
    }
    Ok(2.0 / PI * fraction.sqrt().asin())
}

/// The law of the number of positive values among B(s_1), …, B(s_N): P(k) = u_k u_{N−k}, u_k = C(2k, k)/4^k, for
/// k = 0..=N.
///
/// It holds for every walk with symmetric steps that have a density (Sparre Andersen 1954), and is exact for finite N.
///
/// # Errors
/// No steps.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::occupation_law;
/// assert_eq!(occupation_law(2)?, [0.375, 0.25, 0.375]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: occupation_law
pub fn occupation_law(steps: usize) -> Result<Vec<f64>> {
    let steps = at_least("steps", steps, 1)?;
    let mut u = vec![1.0; steps + 1];
    for k in 1..=steps {
        u[k] = u[k - 1] * (1.0 - 0.5 / k as f64);
    }
    Ok((0..=steps).map(|k| u[k] * u[steps - k]).collect())
}
// ANCHOR_END: occupation_law

/// √t Z with a single Z for all times, at s_k = kT/N: a continuous process with B(t) ~ N(0, t) at every t which is
/// *not* Brownian motion, because its increments depend on its past.
///
/// # Errors
/// No steps, or a horizon that is not a finite number greater than 0.
///
/// ```
/// use sdml::ch1_preliminaries::brownian::square_root_process;
/// assert_eq!(square_root_process(1.0, 4, 0.5)?[1..3], [0.25, 0.5 * 0.5f64.sqrt()]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn square_root_process(horizon: f64, steps: usize, z: f64) -> Result<Vec<f64>> {
    let dt = positive("horizon", horizon)? / at_least("steps", steps, 1)? as f64;
    Ok((0..=steps).map(|k| (k as f64 * dt).sqrt() * z).collect())
}

fn time(name: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Error::argument(name, value, "a finite time, at least 0"))
    }
}
