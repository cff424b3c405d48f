//! Theorem 1.16, Example 1.17 and Exercise 1.18: what the equation says.

use std::ops::{Add, Mul, Neg, Sub};

use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, double_well};
use sdml::random::Streams;
use sdml::statistics::estimate;

use super::{SEED, digits, gaussian, largest, line, lognormal, runge_kutta};
use crate::check::Check;
use crate::quadrature::integrate;

/// A smooth function that vanishes outside (−1, 2), with its first two derivatives.
fn bump(x: f64) -> [f64; 3] {
    let u = (x - 0.5) / 1.5;
    if u.abs() >= 1.0 {
        return [0.0; 3];
    }
    let w = 1.0 - u * u;
    let g = (-1.0 / w).exp();
    let first = -2.0 * u / (w * w);
    let second = -2.0 / (w * w) - 8.0 * u * u / (w * w * w);
    [g, g * first / 1.5, g * (first * first + second) / 2.25]
}

#[test]
fn weak_derivation() {
    // dX = −θ X dt + σ dB from N(m, v).
    let (theta, sigma, m, v) = (0.7, 1.3, 0.8, 0.2);
    let density = |t: f64, x: f64| {
        let limit = sigma * sigma / (2.0 * theta);
        gaussian(m * (-theta * t).exp(), limit + (v - limit) * (-2.0 * theta * t).exp(), x)
    };
    // The bump is not analytic at −1 and 2: the panels end there.
    let expectation = |t: f64, g: &dyn Fn(f64) -> f64| {
        [(-9.0, -1.0), (-1.0, 2.0), (2.0, 9.0)]
            .map(|(a, b)| integrate(a, b, 80, |x| g(x) * density(t, x)))
            .iter()
            .sum::<f64>()
    };
    let tests: [fn(f64) -> [f64; 3]; 3] = [bump, |x| [x.sin(), x.cos(), -x.sin()], |x| [x * x, 2.0 * x, 2.0]];
    let (t, step) = (0.6, 1e-3);
    let residual = |diffusion: f64| {
        tests.map(|g| {
            let mean = |t| expectation(t, &|x| g(x)[0]);
            let central = |h: f64| (mean(t + h) - mean(t - h)) / (2.0 * h);
            let slope = (4.0 * central(step) - central(2.0 * step)) / 3.0;
            (slope - expectation(t, &|x| -theta * x * g(x)[1] + diffusion * g(x)[2])).abs()
        })
    };
    let wrong = residual(sigma * sigma);
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/weak_derivation",
        &["u:13", "thm:1.16"],
        "d/dt E g(X) = E[b g′ + D g″] for a bump, sin x and x²: the largest difference",
        "σσᵀ in the place of D = σσᵀ/2: the smallest of its three differences",
    )
    .within(
        largest(residual(0.5 * sigma * sigma)),
        0.0,
        1e-10,
        "step⁴ times a fifth derivative, and rounding over the step: both below 1e-11",
        digits(wrong.iter().copied().fold(f64::INFINITY, f64::min)),
    );
}

/// dX = aX dt + σX dB in Itô's reading, from a lognormal law: log X is N(m + (a − σ²/2)t, v + σ²t).
struct Geometric;

impl Geometric {
    const A: f64 = 0.3;
    const SIGMA: f64 = 0.4;
    const LOG_VARIANCE: f64 = 0.04;
    const TIME: f64 = 1.0;

    fn diffusion(x: f64) -> f64 {
        0.5 * (Self::SIGMA * x).powi(2)
    }

    fn start(cells: usize) -> Density<1> {
        Density::proportional_to(line(0.0, 10.0, cells), |[x]| lognormal(0.0, Self::LOG_VARIANCE, x)).unwrap()
    }

    /// The exact density at the end.
    fn end(cells: usize) -> Density<1> {
        let (mean, variance) = (
            (Self::A - 0.5 * Self::SIGMA.powi(2)) * Self::TIME,
            Self::LOG_VARIANCE + Self::SIGMA.powi(2) * Self::TIME,
        );
        Density::proportional_to(line(0.0, 10.0, cells), |[x]| lognormal(mean, variance, x)).unwrap()
    }

    /// The solution with `extra` D′ added to the drift: 0 for (Dp)″, 1 for (Dp′)′.
    fn solve(cells: usize, extra: f64) -> Density<1> {
        let drift = |[x]: [f64; 1]| [Self::A * x + extra * Self::SIGMA.powi(2) * x];
        let equation = FokkerPlanck::new(line(0.0, 10.0, cells), drift, |[x]| [Self::diffusion(x)]).unwrap();
        equation.evolve(&Self::start(cells), Self::TIME).unwrap()
    }
}

#[test]
fn diffusion_stands_inside_both_derivatives() {
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/diffusion_stands_inside_both_derivatives",
        &["thm:1.16", "eq:1.18"],
        "geometric Brownian motion: total variation distance of the solution from the lognormal law",
        "the diffusion (D p′)′ in the place of (D p)″",
    )
    .within(
        Geometric::solve(800, 0.0).distance(&Geometric::end(800)).unwrap(),
        0.0,
        2e-4,
        "of the size h² = 1.6e-4",
        Geometric::solve(800, 1.0).distance(&Geometric::end(800)).unwrap(),
    );
}

#[test]
fn mass_is_kept() {
    // ∂ₜp = −(b p)′ + D p″ makes mass at the rate ∫ D p″ = ∫ D″ p = σ².
    let start = Geometric::start(200);
    let grid = *start.grid();
    let [h] = grid.spacing();
    let centers: Vec<f64> = grid.centers().map(|[x]| x).collect();
    let outside = |p: &[f64]| -> Vec<f64> {
        let at = |i: usize| if i < p.len() { p[i] } else { 0.0 };
        let flow = |i: usize| Geometric::A * 0.5 * (centers[i] + h).min(10.0) * (at(i) + at(i + 1));
        (0..p.len())
            .map(|i| {
                let left = if i > 0 { at(i - 1) } else { 0.0 };
                let inflow = if i > 0 { flow(i - 1) } else { 0.0 };
                (inflow - flow(i)) / h
                    + Geometric::diffusion(centers[i]) * (at(i + 1) - 2.0 * p[i] + left) / (h * h)
            })
            .collect()
    };
    let wrong = runge_kutta(start.values(), Geometric::TIME, 6000, outside);
    let wrong = wrong.iter().sum::<f64>() * h;
    let makes = (Geometric::SIGMA.powi(2) * Geometric::TIME).exp();
    assert!((wrong - makes).abs() < 5e-3, "D p″ makes mass at the rate σ²: {wrong}, {makes}");
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/mass_is_kept",
        &["thm:1.16", "eq:1.18"],
        "geometric Brownian motion: the mass of the solution",
        "the diffusion D p″ in the place of (D p)″",
    )
    .within(Geometric::solve(200, 0.0).mass(), 1.0, 1e-13, "rounding", digits(wrong));
}

#[test]
fn the_laplacian_comes_once() {
    let grid = Grid::new([-12.0; 2], [12.0; 2], [96; 2]).unwrap();
    let start =
        Density::proportional_to(grid, |[x, y]| gaussian(0.0, 0.5, x) * gaussian(0.0, 0.3, y)).unwrap();
    let time = 0.8;
    let growth = |diffusion: f64| {
        let equation = FokkerPlanck::new(grid, |_| [0.0; 2], |_| [diffusion; 2]).unwrap();
        let end = equation.evolve(&start, time).unwrap();
        let variance = |density: &Density<2>, axis: usize| density.expectation(|x| x[axis] * x[axis]);
        [0, 1].map(|axis| variance(&end, axis) - variance(&start, axis))
    };
    let [x, y] = growth(1.0);
    assert!((x - y).abs() < 1e-10, "{x} {y}");
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/the_laplacian_comes_once",
        &["exa:1.17", "u:12"],
        "σ = √2 I: the variance of a coordinate grows by 2t, t = 0.8",
        "D = σσᵀ = 2I",
    )
    .within(
        x,
        2.0 * time,
        1e-10,
        "second differences of x² are exact; the walls are 8 standard deviations away",
        digits(growth(2.0)[0]),
    );
}

/// A number and its derivatives in two directions.
#[derive(Clone, Copy)]
struct Dual {
    value: f64,
    slope: [f64; 2],
}

impl Dual {
    fn exp(self) -> Self {
        let value = self.value.exp();
        Self { value, slope: self.slope.map(|slope| value * slope) }
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            slope: std::array::from_fn(|k| self.slope[k] + other.slope[k]),
        }
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, slope: self.slope.map(|slope| -slope) }
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Dual {
    type Output = Self;
    #[expect(clippy::suspicious_arithmetic_impl, reason = "the product rule is a sum")]
    fn mul(self, other: Self) -> Self {
        let slope = |k: usize| self.slope[k] * other.value + self.value * other.slope[k];
        Self { value: self.value * other.value, slope: std::array::from_fn(slope) }
    }
}

#[test]
fn no_flux_in_equilibrium() {
    // U(x, y) = (x² − 1)² + (y − x/2)², its gradient by hand, the density's by dual numbers.
    let constant = |value: f64| Dual { value, slope: [0.0; 2] };
    let flux = |[x, y]: [f64; 2], beta: f64| {
        let (x1, y1) = (Dual { value: x, slope: [1.0, 0.0] }, Dual { value: y, slope: [0.0, 1.0] });
        let (well, spring) = (x1 * x1 - constant(1.0), y1 - constant(0.5) * x1);
        let p = (constant(-beta) * (well * well + spring * spring)).exp();
        let b = [double_well::force(x) + (y - 0.5 * x), -2.0 * (y - 0.5 * x)];
        [0, 1].map(|k| b[k] * p.value - p.slope[k])
    };
    let mut stream = Streams::new(SEED, "points").stream(0);
    let points: Vec<[f64; 2]> = (0..1000).map(|_| [0; 2].map(|_| 4.0 * stream.uniform() - 2.0)).collect();
    let greatest = |beta: f64| largest(points.iter().flat_map(|&point| flux(point, beta)));
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/no_flux_in_equilibrium",
        &["exr:1.18"],
        "b = −∇U, D = I: the largest flux −∇U p − ∇p of p = exp(−U) at 1000 points",
        "p = exp(−U/2), whose flux is −∇U p/2",
    )
    .seed(SEED)
    .samples("1000 points of [−2,\u{a0}2]²")
    .within(greatest(1.0), 0.0, 1e-12, "rounding", digits(greatest(0.5)));
}

#[test]
fn no_law_without_a_finite_integral() {
    // e^{−U} = 1/√(1 + x²) has no flux, and no integral: on [−R, R] its share in [−1, 1] is asinh 1/asinh R.
    let share = |radius: f64| {
        let grid = line(-radius, radius, 40 * radius as usize);
        let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * (1.0 + x * x).ln(), 1.0).unwrap();
        equation.equilibrium().unwrap().expectation(|[x]| f64::from(x.abs() < 1.0))
    };
    let radius = 1000.0;
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/no_law_without_a_finite_integral",
        &["exr:1.18"],
        "U = log(1 + x²)/2 between walls at ±1000: the probability of [−1, 1] in equilibrium",
        "a law that exists without walls and does not depend on them: the value between walls at ±10",
    )
    .within(share(radius), 1f64.asinh() / radius.asinh(), 1e-4, "of the size h²/24 = 1e-4", share(10.0));
}

#[test]
fn no_density_without_noise_in_every_direction() {
    // dX = (1, 1)ᵀ dB from the origin stays on the diagonal; two Brownian motions do not.
    let band = 0.01;
    let share = |same: bool| {
        let [share] = estimate(&Streams::new(SEED, "diagonal"), 20_000, |stream| {
            let x = stream.normal();
            let y = if same { x } else { stream.normal() };
            [f64::from((x - y).abs() < band)]
        })
        .unwrap();
        share.mean
    };
    Check::new(
        "ch1_preliminaries/fokker_planck/equation/no_density_without_noise_in_every_direction",
        &["thm:1.16"],
        "σ = (1, 1)ᵀ: the probability that |X₁ − X₂| < 0.01 at time 1",
        "a law with a bounded density: σ = I",
    )
    .seed(SEED)
    .samples("20000 draws")
    .within(share(true), 1.0, 1e-12, "the two coordinates are the same number", share(false));
}
