//! Noise on the way back: with s = ∇ log p the equation dY = (−v(Y, T − s') + ε s(Y, T − s')) ds' + √(2ε) dB has the same
//! one-time marginals for every ε ≥ 0, because ε∇·(ps) = ε∆p. A latent term smooths the law between the ends, so that s
//! exists there whatever the coupling (Albergo, Boffi and Vanden-Eijnden 2023).

use ndarray::Array2;
use rayon::prelude::*;

use super::velocity::ExactVelocity;
use crate::error::{at_least, stays_finite};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// `points` ends Y(T), one a row, by the Euler–Maruyama scheme with `steps` steps from Y(0) ~ N(0, I). Point i draws from
/// stream i.
///
/// # Errors
/// No points or steps, an ε that is negative or not finite, errors of the velocity, and a state that leaves the finite numbers.
///
/// ```
/// use sdml::ch5_diffusion::{interpolant::{ExactVelocity, Path, diffuse}, mixture::Mixture};
/// let path = Path::linear(1.0)?.with_latent(1.0)?;
/// let exact = ExactVelocity::new(Mixture::isotropic(&[0.5, 0.5], &[[-2.0], [2.0]], 0.3)?, path);
/// let y = diffuse(&exact, 0.5, 100, 200, &sdml::random::Streams::new(1, "doc"))?;
/// let right = y.iter().filter(|y| **y > 0.0).count();
/// assert!((70..130).contains(&right) && y.iter().all(|y| y.abs() < 4.0));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn diffuse<const D: usize>(
    exact: &ExactVelocity<D>,
    epsilon: f64,
    steps: usize,
    points: usize,
    streams: &Streams,
) -> Result<Array2<f64>> {
    let (points, steps) = (at_least("points", points, 1)?, at_least("steps", steps, 1)?);
    if !(epsilon.is_finite() && epsilon >= 0.0) {
        return Err(Error::argument("epsilon", epsilon, "a finite number, at least 0"));
    }
    let horizon = exact.path().horizon();
    let h = horizon / steps as f64;
    let spread = (2.0 * epsilon * h).sqrt();
    let mut particles: Vec<(Stream, [f64; D])> = (0..points as u64)
        .map(|i| {
            let mut stream = streams.stream(i);
            let y = std::array::from_fn(|_| stream.normal());
            (stream, y)
        })
        .collect();
    // ANCHOR: step
    for n in 0..steps {
        let at = exact.at(horizon - n as f64 * h)?;
        particles.par_iter_mut().with_min_len(64).for_each(|(stream, y)| {
            let (v, s) = (at.velocity(y), at.law().score(y));
            for i in 0..D {
                y[i] += h * (epsilon * s[i] - v[i]) + spread * stream.normal();
            }
        });
        stays_finite("Y", particles.iter().flat_map(|(_, y)| y), n)?;
    }
    // ANCHOR_END: step
    Ok(Array2::from_shape_fn((points, D), |(i, k)| particles[i].1[k]))
}
