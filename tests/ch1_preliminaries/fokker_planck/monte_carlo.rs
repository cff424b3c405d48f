//! The paths beside the densities.

use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Histogram, double_well};
use sdml::random::{Stream, Streams};

use super::{OrnsteinUhlenbeck, SEED, gaussian, line, lognormal, wells};
use crate::check::Check;

const PATHS: u64 = 100_000;
const GROUPS: usize = 60;

/// χ² of `paths` draws against `right` and against `wrong`; its mean is GROUPS − 1, its variance twice that.
fn compare<const N: usize>(
    check: Check,
    paths: u64,
    draw: impl Fn(&mut Stream) -> [f64; N] + Sync,
    right: &Density<N>,
    wrong: &Density<N>,
) {
    let histogram = Histogram::sample(*right.grid(), &Streams::new(SEED, "histogram"), paths, draw).unwrap();
    let statistic = |density: &Density<N>| histogram.compare(density, GROUPS).unwrap().statistic;
    let mean = (GROUPS - 1) as f64;
    check.seed(SEED).samples(format!("{paths} paths, {GROUPS} groups of cells")).within(
        statistic(right),
        mean,
        4.0 * (2.0 * mean).sqrt(),
        "4 standard deviations of χ² with 59 degrees of freedom",
        statistic(wrong),
    );
}

#[test]
fn histogram_of_ornstein_uhlenbeck() {
    let (cells, time) = (700, 0.5);
    let start = OrnsteinUhlenbeck::start(cells);
    let doubled = FokkerPlanck::new(*start.grid(), |[x]| [-x], |_| [2.0]).unwrap();
    compare(
        Check::new(
            "ch1_preliminaries/fokker_planck/monte_carlo/histogram_of_ornstein_uhlenbeck",
            &["thm:1.16", "eq:1.18"],
            "dX = −X dt + √2 dB, drawn from its exact transition law: χ² against the solution",
            "D = σσᵀ in the place of σσᵀ/2",
        ),
        PATHS,
        |stream| {
            let x = OrnsteinUhlenbeck::MEAN + OrnsteinUhlenbeck::VARIANCE.sqrt() * stream.normal();
            [x * (-time).exp() + (1.0 - (-2.0 * time).exp()).sqrt() * stream.normal()]
        },
        &OrnsteinUhlenbeck::equation(cells).evolve(&start, time).unwrap(),
        &doubled.evolve(&start, time).unwrap(),
    );
}

#[test]
fn histogram_of_geometric_brownian_motion() {
    let (a, sigma, log_variance, time) = (0.3, 0.4, 0.04, 1.0);
    let grid = line(0.0, 10.0, 1000);
    let start = Density::proportional_to(grid, |[x]| lognormal(0.0, log_variance, x)).unwrap();
    let solve = |extra: f64| {
        let drift = |[x]: [f64; 1]| [(a + extra * sigma * sigma) * x];
        FokkerPlanck::new(grid, drift, |[x]| [0.5 * (sigma * x).powi(2)])
            .unwrap()
            .evolve(&start, time)
            .unwrap()
    };
    compare(
        Check::new(
            "ch1_preliminaries/fokker_planck/monte_carlo/histogram_of_geometric_brownian_motion",
            &["thm:1.16", "eq:1.18"],
            "dX = aX dt + σX dB, drawn from its explicit solution: χ² against the solution",
            "the diffusion (D p′)′ in the place of (D p)″",
        ),
        PATHS,
        |stream| {
            let x0 = (log_variance.sqrt() * stream.normal()).exp();
            [x0 * ((a - 0.5 * sigma * sigma) * time + sigma * time.sqrt() * stream.normal()).exp()]
        },
        &solve(0.0),
        &solve(1.0),
    );
}

/// The density of the Euler–Maruyama chain x + b(x) dt + √(2D dt) Z after `steps` steps, by the trapezoidal rule for the
/// Chapman–Kolmogorov integral on the cells of `start`: exact beyond all powers of h where h is well below √(2D dt).
fn chain_density(
    start: &Density<1>,
    drift: impl Fn(f64) -> f64,
    diffusion: f64,
    dt: f64,
    steps: usize,
) -> Density<1> {
    let grid = *start.grid();
    let ([h], variance) = (grid.spacing(), 2.0 * diffusion * dt);
    let reach = (7.0 * variance.sqrt() / h).ceil() as usize;
    let n = grid.cells();
    let mut p = start.values().to_vec();
    for _ in 0..steps {
        let mut next = vec![0.0; n];
        for (i, p) in p.iter().enumerate().filter(|(_, p)| **p > 1e-14) {
            let mean = grid.center(i)[0] + drift(grid.center(i)[0]) * dt;
            let middle = ((mean - grid.lower()[0]) / h) as usize;
            let near = middle.saturating_sub(reach)..(middle + reach).min(n);
            for (next, j) in next[near.clone()].iter_mut().zip(near) {
                *next += p * h * gaussian(mean, variance, grid.center(j)[0]);
            }
        }
        p = next;
    }
    Density::proportional_to(grid, |x| p[grid.cell_of(x).unwrap()]).unwrap()
}

#[test]
fn histogram_of_the_double_well() {
    let (beta, time, steps) = (1.0, 0.4, 200);
    let dt = time / f64::from(steps);
    let equation = wells(beta, 600);
    let start = Density::proportional_to(*equation.grid(), |[x]| gaussian(0.5, 0.04, x)).unwrap();
    let right = equation.evolve(&start, time).unwrap();
    // What the finite step does to χ²: the chain's own law shifts its mean by PATHS · Σ (pᵢ − qᵢ)²/qᵢ.
    let chain = chain_density(&start, double_well::force, 1.0 / beta, dt, steps as usize);
    let shift: f64 = chain
        .probabilities()
        .iter()
        .zip(right.probabilities())
        .filter(|(_, q)| *q > 1e-9)
        .map(|(p, q)| (p - q).powi(2) / q)
        .sum::<f64>()
        * PATHS as f64;
    assert!(shift < 5.0, "the step is too long for this many paths: {shift}");
    compare(
        Check::new(
            "ch1_preliminaries/fokker_planck/monte_carlo/histogram_of_the_double_well",
            &["exr:1.18", "thm:1.16"],
            "double well at β = 1 from N(0.5, 0.04): χ² of Euler–Maruyama paths against the solution",
            "D = σσᵀ in the place of σσᵀ/2",
        ),
        PATHS,
        |stream| {
            let mut x = 0.5 + 0.2 * stream.normal();
            for _ in 0..steps {
                x += double_well::force(x) * dt + (2.0 / beta * dt).sqrt() * stream.normal();
            }
            [x]
        },
        &right,
        &wells(0.5 * beta, 600).evolve(&start, time).unwrap(),
    );
}

#[test]
fn histogram_in_two_dimensions() {
    let (omega, time) = (2.0, 0.5);
    let grid = Grid::new([-6.0; 2], [6.0; 2], [120; 2]).unwrap();
    let start =
        Density::proportional_to(grid, |[x, y]| gaussian(1.5, 0.25, x) * gaussian(0.0, 0.25, y)).unwrap();
    let solve = |omega: f64| {
        let equation =
            FokkerPlanck::new(grid, |[x, y]| [-x - omega * y, omega * x - y], |_| [1.0; 2]).unwrap();
        equation.evolve(&start, time).unwrap()
    };
    let (sin, cos) = (omega * time).sin_cos();
    compare(
        Check::new(
            "ch1_preliminaries/fokker_planck/monte_carlo/histogram_in_two_dimensions",
            &["thm:1.16", "eq:1.18"],
            "dX = (−X + ωJX) dt + √2 dB in the plane, drawn from its exact law: χ² against the solution",
            "the rotation the other way round",
        ),
        50_000,
        |stream| {
            let [x, y] = [1.5 + 0.5 * stream.normal(), 0.5 * stream.normal()];
            let (shrink, spread) = ((-time).exp(), (1.0 - (-2.0 * time).exp()).sqrt());
            [
                shrink * (cos * x - sin * y) + spread * stream.normal(),
                shrink * (sin * x + cos * y) + spread * stream.normal(),
            ]
        },
        &solve(omega),
        &solve(-omega),
    );
}
