//! Two unbiased estimators of ∇_θ E L(X_N) for Euler–Maruyama on an Itô equation in one dimension.
//!
//! *Pathwise*: L′(X_N) ∂X_N/∂θ, the noise held fixed. *Likelihood ratio*: L(X_N) Σ_n ∂_θ ln p(X_{n+1} | X_n), the path
//! held fixed and its probability differentiated (Glynn 1990; Yang and Kushner 1991). With ξ = ΔB/√h the score of a step is
//!
//! ∂_θ ln p = ξ √h ∂_θb/σ + (ξ² − 1) ∂_θσ/σ.

use super::controlled::{Controlled, WithParameters, axis};
use super::gradient::{Loss, checked};
use crate::ch1_preliminaries::sde::{Equation, Increments, Ito};
use crate::error::stays_finite;
use crate::{Error, Result};

/// Both estimators on one path.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Ito};
/// use sdml::ch2_control::neural_sde::{Estimators, LinearFamily, WithParameters, estimators};
/// // One step with h = 1 and ΔB = ½ from x = 3 at θ = (0, 2): X = x + θ₁xh + θ₂ΔB = 4.
/// let noise = Increments::of(Grid::new(0.0, 1.0, 1)?, vec![Increment { db: [0.5], dz: [0.0] }])?;
/// let model = WithParameters::new(&LinearFamily(Ito), [0.0, 2.0])?;
/// let found = estimators(&model, 3.0, &noise, |[x]| (*x, [1.0]))?;
/// // The scores are xΔB/θ₂ = ¾ and (ΔB²/h − 1)/θ₂ = −⅜.
/// assert_eq!(found, Estimators { loss: 4.0, pathwise: [3.0, 0.5], likelihood_ratio: [3.0, -1.5] });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimators<const P: usize> {
    /// L(X_N).
    pub loss: f64,
    /// L′(X_N) ∂X_N/∂θ.
    pub pathwise: [f64; P],
    /// L(X_N) times the score of the path.
    pub likelihood_ratio: [f64; P],
}

/// Both estimators along the path that `noise` drives from `start`.
///
/// # Errors
/// A σ that is 0, for which there is no likelihood; a path, a loss or an estimate that leaves the finite numbers.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Grid, Increments, Ito};
/// use sdml::ch2_control::neural_sde::{LinearFamily, WithParameters, estimators};
/// use sdml::random::Streams;
/// let model = WithParameters::new(&LinearFamily(Ito), [0.0, 2.0])?;
/// let noise = Increments::sample(Grid::new(0.0, 1.0, 8)?, &mut Streams::new(1, "doc").stream(0));
/// // Without drift X_N = x + σB: its derivative in σ is B.
/// let both = estimators(&model, 1.0, &noise, |[x]| (*x, [1.0]))?;
/// assert!((both.pathwise[1] - noise.total().db[0]).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: estimators
pub fn estimators<E, const P: usize>(
    model: &WithParameters<'_, E, P>,
    start: f64,
    noise: &Increments<1>,
    loss: impl Loss<1>,
) -> Result<Estimators<P>>
where
    E: Controlled<1, 1, P, Calculus = Ito>,
{
    let (grid, h) = (noise.grid(), noise.grid().h());
    let (mut x, mut tangent, mut score) = ([start], [0.0; P], [0.0; P]);
    for (n, step) in noise.steps().iter().enumerate() {
        let (t, db) = (grid.time(n), &step.db);
        let [[sigma]] = model.diffusion(&x, t);
        if sigma == 0.0 {
            return Err(Error::argument("σ", sigma, "different from 0, or a step has no likelihood"));
        }
        for m in 0..P {
            let along = |u: f64, h: f64, db: f64| model.push_forward((&x, &[u]), &axis(m), t, h, &[db])[0];
            let excess = (db[0] * db[0] - h) / h;
            score[m] += along(0.0, db[0], 0.0) / sigma + along(0.0, 0.0, excess) / sigma;
            tangent[m] += along(tangent[m], h, db[0]);
        }
        x[0] += model.slope(&x, t, h, db)[0];
        if !x[0].is_finite() {
            return Err(Error::NotFinite { quantity: "X", value: x[0], step: n });
        }
    }
    let (loss, [slope]) = checked(&loss, &x, grid.steps())?;
    let pathwise = tangent.map(|tangent| slope * tangent);
    let likelihood_ratio = score.map(|score| loss * score);
    stays_finite("gradient", pathwise.iter().chain(&likelihood_ratio), grid.steps())?;
    Ok(Estimators { loss, pathwise, likelihood_ratio })
}
// ANCHOR_END: estimators
