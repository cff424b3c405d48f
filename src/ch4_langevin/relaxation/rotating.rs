//! Drifts that stir along the level lines of U in the plane: b = −∇U + ω J∇U with J a quarter turn.
//!
//! The additional drift has no divergence and is orthogonal to ∇U, so ∇·(J∇U e^{−βU}) = 0: p∞ ∝ e^{−βU} stays stationary,
//! with a flux that circles.

use crate::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
use crate::error::{finite, positive};
use crate::{Error, Result};

/// The Fokker–Planck equation of dX = (−∇U + ω J∇U) dt + √(2/β) dB, J∇U = (∂U/∂y, −∂U/∂x), for a given ∇U.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
/// use sdml::ch4_langevin::relaxation::rotating;
/// let grid = Grid::new([-5.0; 2], [5.0; 2], [50; 2])?;
/// let gibbs = Density::proportional_to(grid, |[x, y]| (-0.5 * (x * x + 2.0 * y * y)).exp())?;
/// let later = rotating(grid, |[x, y]| [x, 2.0 * y], 1.0, 1.0)?.evolve(&gibbs, 0.5)?;
/// // Stationary up to the error of the cells.
/// assert!(gibbs.distance(&later)? < 5e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// An `omega` that is not finite, a `beta` that is not positive, a gradient that is not finite.
// ANCHOR: rotating
pub fn rotating(
    grid: Grid<2>,
    gradient: impl Fn([f64; 2]) -> [f64; 2],
    omega: f64,
    beta: f64,
) -> Result<FokkerPlanck<2>> {
    let diffusion = 1.0 / positive("beta", beta)?;
    finite("omega", omega)?;
    let drift = |x: [f64; 2]| {
        let [ux, uy] = gradient(x);
        [-ux + omega * uy, -uy - omega * ux]
    };
    FokkerPlanck::new(grid, drift, |_| [diffusion; 2])
}
// ANCHOR_END: rotating

/// The rate at which two solutions of one equation forget that they started differently, between the times `after` and
/// `after + during`: −d ln‖p − q‖/dt with the total variation distance. No equilibrium need be known.
///
/// # Errors
/// Densities on another grid, and times that [`evolve`](FokkerPlanck::evolve) refuses.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
/// use sdml::ch4_langevin::relaxation::decay_rate;
/// let grid = Grid::new([-6.0], [6.0], [120])?;
/// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
/// let bell = |m: f64| Density::proportional_to(grid, move |[x]| (-0.5 * (x - m) * (x - m)).exp());
/// // Two normal laws of variance 1 whose means fall like e^{−t}.
/// let rate = decay_rate(&equation, [&bell(0.1)?, &bell(-0.1)?], 1.0, 1.0)?;
/// assert!((rate - 1.0).abs() < 1e-2);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn decay_rate<const N: usize>(
    equation: &FokkerPlanck<N>,
    starts: [&Density<N>; 2],
    after: f64,
    during: f64,
) -> Result<f64> {
    let [p, q] = [equation.evolve(starts[0], after)?, equation.evolve(starts[1], after)?];
    let [later_p, later_q] = [equation.evolve(&p, during)?, equation.evolve(&q, during)?];
    let (before, later) = (p.distance(&q)?, later_p.distance(&later_q)?);
    if later == 0.0 {
        return Err(Error::argument(
            "starts",
            "two densities that become the same",
            "such that they still differ",
        ));
    }
    Ok((before / later).ln() / during)
}
