//! A potential that changes with time: βU with an inverse temperature that grows in stages (Kirkpatrick, Gelatt and
//! Vecchi 1983), followed at the level of densities, without any sampling error.

use crate::Result;
use crate::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Scheme};
use crate::error::{at_least, positive};

/// A time spent at one inverse temperature.
///
/// ```
/// use sdml::ch4_langevin::relaxation::{Stage, cooling};
/// let [hot, cold] = [1.0, 4.0].map(|beta| Stage { beta, duration: 3.0 });
/// assert_eq!(cooling(1.0, 4.0, 2, 6.0)?, [hot, cold]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// β.
    pub beta: f64,
    /// How long it lasts.
    pub duration: f64,
}

/// `stages` equal parts of the time `duration`, β growing geometrically from `hot` to `cold`, both included.
///
/// ```
/// let betas: Vec<f64> =
///     sdml::ch4_langevin::relaxation::cooling(1.0, 4.0, 3, 6.0)?.iter().map(|stage| stage.beta).collect();
/// assert!((betas[1] - 2.0).abs() < 1e-15 && betas[2] == 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Numbers that are not positive, or fewer than two stages.
pub fn cooling(hot: f64, cold: f64, stages: usize, duration: f64) -> Result<Vec<Stage>> {
    positive("hot", hot)?;
    positive("cold", cold)?;
    let duration = positive("duration", duration)? / at_least("stages", stages, 2)? as f64;
    let part = |k: usize| k as f64 / (stages - 1) as f64;
    Ok((0..stages).map(|k| Stage { beta: hot.powf(1.0 - part(k)) * cold.powf(part(k)), duration }).collect())
}

/// The density of dX = −U′(X) dt + √(2/β(t)) dB after all stages, each solved in `steps` implicit steps.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
/// use sdml::ch4_langevin::relaxation::{Stage, anneal};
/// let grid = Grid::new([-6.0], [6.0], [240])?;
/// let start = Density::proportional_to(grid, |[x]| (-0.5 * x * x).exp())?;
/// // In a harmonic well at β = 4 the variance tends to 1/4.
/// let end = anneal(grid, |x| 0.5 * x * x, &[Stage { beta: 4.0, duration: 9.0 }], 200, &start)?;
/// assert!((end.expectation(|[x]| x * x) - 0.25).abs() < 1e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// No stage or step, a temperature or duration that is not positive, a density on another grid, a potential that is not
/// finite.
// ANCHOR: anneal
pub fn anneal(
    grid: Grid<1>,
    potential: impl Fn(f64) -> f64,
    stages: &[Stage],
    steps: usize,
    initial: &Density<1>,
) -> Result<Density<1>> {
    at_least("stages.len()", stages.len(), 1)?;
    let mut density = initial.clone();
    for stage in stages {
        let temperature = 1.0 / positive("beta", stage.beta)?;
        let equation = FokkerPlanck::gradient(grid, |[x]| potential(x), temperature)?;
        density = equation.integrate(&density, stage.duration, steps, Scheme::BackwardEuler)?;
    }
    Ok(density)
}
// ANCHOR_END: anneal
