//! Roads that are told the force, and MALA, which is told U too: dX = −U′(X) dt + √(2/β) dB by paths, by its density, and
//! by two schemes of Chapter 4.

use std::f64::consts::TAU;

use super::{Cost, Needs, Road};
use crate::Result;
use crate::ch1_preliminaries::fokker_planck::double_well::{Gibbs, force, potential};
use crate::ch1_preliminaries::fokker_planck::{self as fp, Density, FokkerPlanck};
use crate::ch1_preliminaries::sde::{Additive, Ensemble, Equation, EulerMaruyama, Grid, Ito, Number};
use crate::ch4_langevin::barriers::Annealing;
use crate::ch4_langevin::overdamped::{Mala, Window};
use crate::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic};
use crate::ch4_langevin::underdamped::{Bath, PhaseSpace, Splitting, Word};
use crate::error::{at_least, positive};
use crate::random::Streams;
use crate::statistics::Estimate;

/// dX = −U′(X) dt + √(2/β) dB.
struct Overdamped {
    beta: f64,
}

impl Equation<1, 1> for Overdamped {
    type Calculus = Ito;
    type Noise = Additive;

    fn drift(&self, x: &[f64; 1], _: f64) -> [f64; 1] {
        [force(x[0])]
    }

    fn diffusion<S: Number>(&self, _: &[S; 1], _: f64) -> [[S; 1]; 1] {
        [[S::from((2.0 / self.beta).sqrt())]]
    }
}

/// A sum over a law on finitely many points.
fn second_moment(law: &[(f64, f64)]) -> f64 {
    law.iter().map(|(x, weight)| weight * x * x).sum()
}

/// The first road: `paths` paths of Euler–Maruyama from x = 1, looked at after `steps` steps of length h. Its limit is the second
/// moment of the scheme's invariant law, which the transition density gives; what is left of the start must have decayed.
///
/// ```
/// use sdml::ch5_diffusion::roads;
/// let road = roads::stochastic(1.0, 0.05, 80, 4000, 1)?;
/// assert!(road.square.z(road.limit).abs() < 4.0 && road.cost.well == 80 * 4000);
/// assert!(roads::stochastic(1.0, 0.5, 80, 4000, 1).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A β or h that is not positive, no steps, fewer than two paths; an h beyond 0.1, where the drift −4x³ throws paths out, and
/// a path that it throws out all the same.
// ANCHOR: stochastic
pub fn stochastic(beta: f64, h: f64, steps: usize, paths: u64, seed: u64) -> Result<Road> {
    positive("beta", beta)?;
    tame(h)?;
    let grid = Grid::new(0.0, h * steps as f64, at_least("steps", steps, 1)?)?;
    let streams = Streams::new(seed, "roads, paths");
    let equation = Overdamped { beta };
    let [square] =
        Ensemble::new(EulerMaruyama, &equation, [1.0], grid, streams, paths)?.moments(|[x]| [x * x])?;
    let law = Window::new(2.8, 301)?.invariant(|x| x + h * force(x), (2.0 * h / beta).sqrt())?;
    Ok(Road {
        name: "SDE, Euler–Maruyama",
        needs: Needs::Force,
        square: square.mean()?,
        limit: second_moment(&law),
        log_normalizer: None,
        cost: Cost { well: steps as u64 * paths, ..Cost::default() },
    })
}
// ANCHOR_END: stochastic

fn tame(h: f64) -> Result<()> {
    if h > 0.0 && h <= 0.1 {
        Ok(())
    } else {
        Err(crate::Error::argument("h", h, "greater than 0 and at most 0.1"))
    }
}

/// The second road: the density itself, from a narrow one in the right well by `steps` implicit steps to time `time`. It
/// has no statistical error. One value of U turns the force into log Z = −βU(x) − log p(x).
///
/// ```
/// use sdml::ch5_diffusion::roads;
/// let road = roads::fokker_planck(1.0, 40, 80.0, 400)?;
/// assert!((road.square.mean - road.limit).abs() < 1e-10);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A β or time that is not positive, fewer than 3 cells, no steps.
// ANCHOR: fokker_planck
pub fn fokker_planck(beta: f64, cells: usize, time: f64, steps: usize) -> Result<Road> {
    // At the walls βU = 40.
    let reach = (1.0 + (40.0 / positive("beta", beta)?).sqrt()).sqrt();
    let grid = fp::Grid::new([-reach], [reach], [cells])?;
    let equation = FokkerPlanck::new(grid, |[x]| [force(x)], |_| [1.0 / beta])?;
    let start = Density::proportional_to(grid, |[x]| (-8.0 * (x - 1.0).powi(2)).exp())?;
    let density = equation.integrate(&start, time, steps, fp::Scheme::BackwardEuler)?;
    let (x, p) = grid
        .centers()
        .zip(density.values())
        .max_by(|(_, p), (_, q)| p.total_cmp(q))
        .map(|([x], p)| (x, *p))
        .expect("a grid has cells");
    let certain = |mean| Estimate { mean, standard_error: 0.0, count: 1 };
    Ok(Road {
        name: "Fokker–Planck",
        needs: Needs::Force,
        square: certain(density.expectation(|[x]| x * x)),
        limit: equation.equilibrium()?.expectation(|[x]| x * x),
        log_normalizer: Some(certain(-beta * potential(x) - p.ln())),
        // Three values of the force at each face, and U once.
        cost: Cost { well: 3 * (cells as u64 - 1) + 1, ..Cost::default() },
    })
}
// ANCHOR_END: fokker_planck

/// A tenth of the steps are made before the averages begin.
fn burn(steps: usize) -> usize {
    steps / 10
}

/// The third road: `chains` chains of BAOAB with unit friction and mass, averaged over `steps` steps. Its limit is the second moment of
/// the scheme's invariant law in phase space.
///
/// ```
/// use sdml::ch5_diffusion::roads;
/// let road = roads::baoab(1.0, 0.3, 50, 500, 1)?;
/// assert!(road.square.z(road.limit).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A β or h that is not positive, fewer than two chains, no steps; chains that escape.
// ANCHOR: baoab
pub fn baoab(beta: f64, h: f64, chains: usize, steps: usize, seed: u64) -> Result<Road> {
    let (well, scheme) = (DoubleWell::new(1)?, Splitting::new(Word::Baoab, Bath::new(1.0, beta)?, h)?);
    let streams = Streams::new(seed, "roads, BAOAB");
    let mut walkers = Chains::from_point(&well, scheme, streams, chains, &[1.0])?;
    walkers.advance(burn(steps))?;
    let [square] = walkers.averages(steps, 1, |x| [x[0] * x[0]])?;
    let law = PhaseSpace::new(2.65, 6.5, 44)?.invariant(&scheme, &well)?;
    Ok(Road {
        name: "Langevin, BAOAB",
        needs: Needs::Force,
        square: square.mean()?,
        limit: second_moment(&law),
        log_normalizer: None,
        cost: Cost { well: (chains * (steps + burn(steps))) as u64, ..Cost::default() },
    })
}
// ANCHOR_END: baoab

/// The third road again: MALA, whose limit is the exact value at any h; log Z by annealed importance sampling from N(0, 1) in 20
/// steps of λ, ten weights for every chain.
///
/// ```
/// use sdml::ch5_diffusion::roads;
/// let road = roads::mala(1.0, 0.1, 50, 500, 1)?;
/// assert!(road.square.z(road.limit).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// As [`baoab`].
// ANCHOR: mala
pub fn mala(beta: f64, h: f64, chains: usize, steps: usize, seed: u64) -> Result<Road> {
    let (well, normal) = (DoubleWell::new(1)?, Harmonic::new(&[1.0])?);
    let streams = Streams::new(seed, "roads, MALA");
    let mut walkers = Chains::from_point(&well, Mala::new(beta, h)?, streams, chains, &[1.0])?;
    walkers.advance(burn(steps))?;
    let [square] = walkers.averages(steps, 1, |x| [x[0] * x[0]])?;
    let way = Annealing { steps: 20, moves: 1, h, paths: 10 * chains, seed };
    let ratio = way.run(&normal, |stream, x| x[0] = stream.normal(), &well, beta)?.mean()?;
    let log_normalizer = Estimate {
        mean: ratio.mean.ln() + 0.5 * TAU.ln(),
        standard_error: ratio.standard_error / ratio.mean,
        count: ratio.count,
    };
    let annealed = way.paths * way.steps * (1 + way.moves);
    Ok(Road {
        name: "Langevin, MALA",
        needs: Needs::Potential,
        square: square.mean()?,
        limit: Gibbs::new(beta)?.moment(2),
        log_normalizer: Some(log_normalizer),
        cost: Cost { well: (chains * (steps + burn(steps)) + annealed) as u64, ..Cost::default() },
    })
}
// ANCHOR_END: mala
