//! The Fokker–Planck equation (Section 1.3.4): the statement, the solver, the double well, and the paths beside them.

use std::f64::consts::PI;

use sdml::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well::potential;
use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};

mod double_well;
mod equation;
mod input;
mod monte_carlo;
mod solver;

const SEED: u64 = 134;

/// The density of N(mean, variance) at x.
fn gaussian(mean: f64, variance: f64, x: f64) -> f64 {
    (-(x - mean).powi(2) / (2.0 * variance)).exp() / (2.0 * PI * variance).sqrt()
}

/// The density at x of exp(N(mean, variance)).
fn lognormal(mean: f64, variance: f64, x: f64) -> f64 {
    gaussian(mean, variance, x.ln()) / x
}

fn line(left: f64, right: f64, cells: usize) -> Grid<1> {
    Grid::new([left], [right], [cells]).unwrap()
}

/// The Ornstein–Uhlenbeck process dX = −X dt + √2 dB from N(1.5, 0.25), and the law it has at time t.
struct OrnsteinUhlenbeck;

impl OrnsteinUhlenbeck {
    const MEAN: f64 = 1.5;
    const VARIANCE: f64 = 0.25;

    fn equation(cells: usize) -> FokkerPlanck<1> {
        FokkerPlanck::new(line(-7.0, 7.0, cells), |[x]| [-x], |_| [1.0]).unwrap()
    }

    fn start(cells: usize) -> Density<1> {
        let weight = |[x]: [f64; 1]| gaussian(Self::MEAN, Self::VARIANCE, x);
        Density::proportional_to(line(-7.0, 7.0, cells), weight).unwrap()
    }

    fn density(t: f64, x: f64) -> f64 {
        gaussian(Self::MEAN * (-t).exp(), 1.0 + (Self::VARIANCE - 1.0) * (-2.0 * t).exp(), x)
    }
}

/// The equation of the double well dX = −U′(X) dt + √(2/β) dB on [−3, 3].
fn wells(beta: f64, cells: usize) -> FokkerPlanck<1> {
    wells_on(line(-3.0, 3.0, cells), beta).unwrap()
}

fn wells_on(grid: Grid<1>, beta: f64) -> Result<FokkerPlanck<1>> {
    FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta)
}

/// The largest of |values|.
fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// A wrong value to four digits: more are of no interest.
fn digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap()
}

/// max |p − q| over the centers.
fn greatest_error<const N: usize>(density: &Density<N>, exact: impl Fn([f64; N]) -> f64) -> f64 {
    largest(density.grid().centers().zip(density.values()).map(|(x, p)| p - exact(x)))
}

/// ∂ₜp by central differences where the flux is b p − (D p)′ at the faces: conservative, but neither positive nor
/// faithful to the equilibrium.
fn central_flux(grid: &Grid<1>, drift: impl Fn(f64) -> f64, diffusion: f64, p: &[f64]) -> Vec<f64> {
    let [h] = grid.spacing();
    let mut change = vec![0.0; p.len()];
    for i in 0..p.len() - 1 {
        let face = grid.center(i)[0] + 0.5 * h;
        let flux = 0.5 * drift(face) * (p[i] + p[i + 1]) - diffusion * (p[i + 1] - p[i]) / h;
        change[i] -= flux / h;
        change[i + 1] += flux / h;
    }
    change
}

/// p(time) for p′ = `rate`(p) by the classical Runge–Kutta method.
fn runge_kutta(p: &[f64], time: f64, steps: usize, rate: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let tau = time / steps as f64;
    let shifted = |p: &[f64], k: &[f64], c: f64| p.iter().zip(k).map(|(p, k)| p + c * k).collect::<Vec<_>>();
    (0..steps).fold(p.to_vec(), |p, _| {
        let k1 = rate(&p);
        let k2 = rate(&shifted(&p, &k1, 0.5 * tau));
        let k3 = rate(&shifted(&p, &k2, 0.5 * tau));
        let k4 = rate(&shifted(&p, &k3, tau));
        (0..p.len()).map(|i| p[i] + tau / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i])).collect()
    })
}
