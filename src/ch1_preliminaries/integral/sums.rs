//! Sums that approximate ∫ X dG: left (1.3), trapezoidal (1.4), and everything between and beside them; for G = B
//! their limits are the integrals (1.5) of Itô and Stratonovich.

use crate::ch1_preliminaries::brownian::BrownianTree;
use crate::error::{at_least, positive};
use crate::{Error, Result};

/// The left sum (1.3): Σ X(s_k) (G(s_{k+1}) − G(s_k)), from the values of X and G at s_0, …, s_N.
///
/// # Errors
/// Fewer than two values, or different numbers of them.
///
/// ```
/// use sdml::ch1_preliminaries::integral::left_sum;
/// assert_eq!(left_sum(&[1.0, 2.0, 7.0], &[0.0, 1.0, 3.0])?, 1.0 * 1.0 + 2.0 * 2.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn left_sum(x: &[f64], g: &[f64]) -> Result<f64> {
    weighted_sum(x, g, 0.0)
}

/// The trapezoidal sum (1.4): Σ (X(s_k) + X(s_{k+1}))/2 · (G(s_{k+1}) − G(s_k)).
///
/// # Errors
/// As [`left_sum`].
///
/// ```
/// use sdml::ch1_preliminaries::integral::trapezoid_sum;
/// assert_eq!(trapezoid_sum(&[1.0, 2.0, 7.0], &[0.0, 1.0, 3.0])?, 1.5 * 1.0 + 4.5 * 2.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn trapezoid_sum(x: &[f64], g: &[f64]) -> Result<f64> {
    weighted_sum(x, g, 0.5)
}

/// The right sum: Σ X(s_{k+1}) (G(s_{k+1}) − G(s_k)). Against Brownian motion its integrand is not adapted.
///
/// # Errors
/// As [`left_sum`].
///
/// ```
/// use sdml::ch1_preliminaries::integral::right_sum;
/// assert_eq!(right_sum(&[1.0, 2.0, 7.0], &[0.0, 1.0, 3.0])?, 2.0 * 1.0 + 7.0 * 2.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn right_sum(x: &[f64], g: &[f64]) -> Result<f64> {
    weighted_sum(x, g, 1.0)
}

/// Σ ((1 − λ) X(s_k) + λ X(s_{k+1})) (G(s_{k+1}) − G(s_k)): left for λ = 0, trapezoidal for ½, right for 1.
///
/// # Errors
/// As [`left_sum`]; λ outside [0, 1].
///
/// ```
/// use sdml::ch1_preliminaries::integral::weighted_sum;
/// assert_eq!(weighted_sum(&[0.0, 4.0], &[0.0, 1.0], 0.25)?, 1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: weighted_sum
pub fn weighted_sum(x: &[f64], g: &[f64], lambda: f64) -> Result<f64> {
    at_least("g.len()", g.len(), 2)?;
    if x.len() != g.len() {
        return Err(Error::argument("x.len()", x.len(), format!("g.len() = {}", g.len())));
    }
    let lambda = weight(lambda)?;
    let steps = x.windows(2).zip(g.windows(2));
    Ok(steps.map(|(x, g)| ((1.0 - lambda) * x[0] + lambda * x[1]) * (g[1] - g[0])).sum())
}
// ANCHOR_END: weighted_sum

/// The sum of (1.5) that tends to Itô's integral of X = f(B): Σ f(B(s_k)) (B(s_{k+1}) − B(s_k)). No steps, no sum: 0.
///
/// ```
/// use sdml::ch1_preliminaries::integral::ito_sum;
/// assert_eq!(ito_sum(&[0.0, 1.0, 3.0], |b| b), 2.0);
/// ```
// ANCHOR: ito_sum
pub fn ito_sum(b: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    b.windows(2).map(|b| f(b[0]) * (b[1] - b[0])).sum()
}
// ANCHOR_END: ito_sum

/// The sum of (1.5) that tends to Stratonovich's integral: Σ (f(B(s_k)) + f(B(s_{k+1})))/2 · (B(s_{k+1}) − B(s_k)).
///
/// ```
/// use sdml::ch1_preliminaries::integral::stratonovich_sum;
/// assert_eq!(stratonovich_sum(&[0.0, 1.0, 3.0], |b| b), 4.5);
/// ```
// ANCHOR: stratonovich_sum
pub fn stratonovich_sum(b: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    b.windows(2).map(|b| 0.5 * (f(b[0]) + f(b[1])) * (b[1] - b[0])).sum()
}
// ANCHOR_END: stratonovich_sum

/// Σ f(B(s_k + λΔs)) (B(s_{k+1}) − B(s_k)) over `steps` steps: the integrand is asked *at a point between*, not averaged.
///
/// # Errors
/// No steps; λ outside [0, 1].
///
/// ```
/// use sdml::{ch1_preliminaries::{brownian::BrownianTree, integral::point_sum}, random::Streams};
/// let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(1, "doc"), 0)?;
/// let [end] = tree.at(1.0)?;
/// assert!((point_sum(&tree, 64, 0.5, |_| 1.0)? - end).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: point_sum
pub fn point_sum(tree: &BrownianTree<1>, steps: usize, lambda: f64, f: impl Fn(f64) -> f64) -> Result<f64> {
    let dt = tree.horizon() / at_least("steps", steps, 1)? as f64;
    let lambda = weight(lambda)?;
    let mut path = tree.cursor();
    let (mut sum, [mut left]) = (0.0, path.at(0.0)?);
    for k in 0..steps {
        let [between] = path.at(((k as f64 + lambda) * dt).min(tree.horizon()))?;
        let [right] = path.at(((k + 1) as f64 * dt).min(tree.horizon()))?;
        sum += f(between) * (right - left);
        left = right;
    }
    Ok(sum)
}
// ANCHOR_END: point_sum

/// Mean and variance of a sum, exact at its number of steps.
///
/// ```
/// use sdml::ch1_preliminaries::integral::{SumMoments, weighted_sum_moments};
/// // Left sums of ∫ B dB over [0, 2] in 4 steps: no mean, and the variance T²(N − 1)/(2N).
/// assert_eq!(weighted_sum_moments(2.0, 4, 0.0)?, SumMoments { mean: 0.0, variance: 1.5 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumMoments {
    /// The mean.
    pub mean: f64,
    /// The variance.
    pub variance: f64,
}

/// Mean λT and variance T² ((N − 1)/(2N) + 2λ²/N) of [`weighted_sum`] with X = G = B: the sum is
/// Σ B(s_k)ΔB_k + λ Σ ΔB_k², and the two are uncorrelated.
///
/// # Errors
/// No steps, a horizon that is not a finite number greater than 0, or λ outside [0, 1].
///
/// ```
/// use sdml::ch1_preliminaries::integral::weighted_sum_moments;
/// // At λ = ½ the sum is B(T)²/2, whatever the number of steps.
/// let moments = weighted_sum_moments(3.0, 7, 0.5)?;
/// assert!((moments.mean - 1.5).abs() < 1e-15 && (moments.variance - 4.5).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn weighted_sum_moments(horizon: f64, steps: usize, lambda: f64) -> Result<SumMoments> {
    moments(horizon, steps, lambda, |lambda| 2.0 * lambda * lambda)
}

/// Mean λT and variance T² ((N − 1)/(2N) + λ(1 + λ)/N) of [`point_sum`] with f(b) = b.
///
/// With ΔB_k = U + V split at the point, a step adds U² + UV to B(s_k)ΔB_k, and Var(U² + UV) = (2λ² + λ(1 − λ)) Δs².
///
/// # Errors
/// As [`weighted_sum_moments`].
///
/// ```
/// use sdml::ch1_preliminaries::integral::point_sum_moments;
/// assert_eq!(point_sum_moments(1.0, 4, 0.5)?.variance, 0.5 + 1.0 / 16.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn point_sum_moments(horizon: f64, steps: usize, lambda: f64) -> Result<SumMoments> {
    moments(horizon, steps, lambda, |lambda| lambda * (1.0 + lambda))
}

fn moments(horizon: f64, steps: usize, lambda: f64, of_a_step: fn(f64) -> f64) -> Result<SumMoments> {
    let n = at_least("steps", steps, 1)? as f64;
    let (t, lambda) = (positive("horizon", horizon)?, weight(lambda)?);
    Ok(SumMoments { mean: lambda * t, variance: t * t * ((n - 1.0) / (2.0 * n) + of_a_step(lambda) / n) })
}

fn weight(lambda: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&lambda) {
        Ok(lambda)
    } else {
        Err(Error::argument("lambda", lambda, "between 0 and 1"))
    }
}
