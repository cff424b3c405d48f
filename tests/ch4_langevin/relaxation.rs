//! The Fokker–Planck equation (4.3): its equilibrium, the decay of entropy, and drifts that are faster.

use nalgebra::{DMatrix, DVector};
use sdml::ch1_preliminaries::fokker_planck::double_well;
use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
use sdml::ch1_preliminaries::sde::{Additive, Additive15, Ensemble, Equation, Grid as TimeGrid, Ito, Number};
use sdml::ch4_langevin::relaxation::{
    LinearDiffusion, Stage, anneal, cooling, decay_rate, entropy_production, relative_entropy, rotating,
};
use sdml::random::Streams;
use sdml::statistics::{fit_line, normal};

use crate::check::Check;
use crate::quadrature::integrate;
use crate::refused;

fn matrix(entries: [f64; 4]) -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &entries)
}

/// A density of mean `m` and variance `v`.
fn bell(grid: Grid<1>, m: f64, v: f64) -> Density<1> {
    Density::proportional_to(grid, |[x]| (-0.5 * (x - m).powi(2) / v).exp()).unwrap()
}

/// A potential in the plane that is neither even nor separable, with its derivatives.
fn valley([x, y]: [f64; 2]) -> f64 {
    (x * x - 1.0).powi(2) + 0.5 * (y - 0.6 * x).powi(2) + 0.2 * x
}

fn valley_gradient([x, y]: [f64; 2]) -> [f64; 2] {
    [4.0 * x * (x * x - 1.0) - 0.6 * (y - 0.6 * x) + 0.2, y - 0.6 * x]
}

#[test]
fn gibbs_law_is_stationary() {
    // The right side of (4.3) for p = e^{−γU}, by central differences of order 4 of the flux −∇U p − β⁻¹∇p.
    let (beta, e) = (2.0, 2e-3);
    let derivative =
        |f: &dyn Fn(f64) -> f64| (8.0 * (f(e) - f(-e)) - (f(2.0 * e) - f(-2.0 * e))) / (12.0 * e);
    let residual = |gamma: f64, at: [f64; 2]| {
        let p = |x: [f64; 2]| (-gamma * valley(x)).exp();
        let shifted = |x: [f64; 2], axis: usize, by: f64| {
            let mut x = x;
            x[axis] += by;
            x
        };
        let flux = |axis: usize, x: [f64; 2]| {
            -valley_gradient(x)[axis] * p(x) - derivative(&|s| p(shifted(x, axis, s))) / beta
        };
        (0..2).map(|axis| -derivative(&|s| flux(axis, shifted(at, axis, s)))).sum::<f64>()
    };
    let points: Vec<[f64; 2]> =
        (0..49).map(|k| [-1.5 + 0.5 * f64::from(k % 7), -1.5 + 0.5 * f64::from(k / 7)]).collect();
    let largest = |gamma| points.iter().map(|x| residual(gamma, *x).abs()).fold(0.0, f64::max);
    Check::new(
        "ch4_langevin/relaxation/gibbs_law_is_stationary",
        &["eq:4.3", "u:48"],
        "for p = e^{−βU} the right side of (4.3) vanishes: its largest value at 49 points",
        "p = e^{−U}, without the temperature",
    )
    .within(
        largest(beta),
        0.0,
        1e-7,
        "differences of order 4 at a distance of 2e-3, twice",
        largest(1.0),
    );
    // On a grid it vanishes to rounding.
    let grid = Grid::new([-2.0; 2], [2.0; 2], [40; 2]).unwrap();
    let equation = FokkerPlanck::gradient(grid, valley, 1.0 / beta).unwrap();
    let gibbs = Density::proportional_to(grid, |x| (-beta * valley(x)).exp()).unwrap();
    assert!(equation.rate_of_change(&gibbs).unwrap().iter().all(|change| change.abs() < 1e-11));
}

#[test]
fn entropy_decays_at_twice_the_gap() {
    let grid = Grid::new([-2.6], [2.6], [260]).unwrap();
    for beta in [1.0, 3.0] {
        let equation = FokkerPlanck::gradient(grid, |[x]| double_well::potential(x), 1.0 / beta).unwrap();
        let pi = equation.equilibrium().unwrap();
        let gap = equation.rates(2).unwrap()[1];
        let entropy =
            |t| relative_entropy(&equation.evolve(&bell(grid, 1.0, 0.01), t).unwrap(), &pi).unwrap();
        let (early, late) = (7.0 / gap, 9.0 / gap);
        let slope = (entropy(early) / entropy(late)).ln() / (late - early);
        assert!((slope / (2.0 * gap) - 1.0).abs() < 1e-5, "{beta}: {slope} {gap}");
        if beta == 3.0 {
            Check::new(
                "ch4_langevin/relaxation/entropy_decays_at_twice_the_gap",
                &["eq:4.3", "u:48", "r:12"],
                "in the double well at β = 3 the relative entropy decays at the rate 2λ₁",
                "the rate λ₁, at which the density itself decays",
            )
            .within(
                slope,
                2.0 * gap,
                2e-6 * gap,
                "the next power of e^{−2λ₁t} is below 1e-6",
                gap,
            );
        }
        // It never grows, and what the equation dissipates is what is lost.
        let p = equation.evolve(&bell(grid, 1.0, 0.01), 0.3).unwrap();
        let dt = 1e-3;
        let lost = (entropy(0.3 - dt) - entropy(0.3 + dt)) / (2.0 * dt);
        let produced = entropy_production(&equation, &p, &pi).unwrap();
        assert!((lost / produced - 1.0).abs() < 1e-4, "{lost} {produced}");
    }
}

#[test]
fn entropy_production_is_fisher_information() {
    // U = κx²/2 and p = N(m, v): β⁻¹ ∫ p |∂ ln(p/π)|² with ∂ ln(p/π) = βκx − (x − m)/v.
    let (beta, kappa, m, v) = (2.5, 1.3, 0.4, 0.6);
    let fisher = integrate(-7.0, 7.0, 40, |x| {
        normal::density((x - m) / f64::sqrt(v)) / f64::sqrt(v) * (beta * kappa * x - (x - m) / v).powi(2)
    });
    let produced = |cells| {
        let grid = Grid::new([-6.0], [6.0], [cells]).unwrap();
        let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * kappa * x * x, 1.0 / beta).unwrap();
        entropy_production(&equation, &bell(grid, m, v), &equation.equilibrium().unwrap()).unwrap()
    };
    let extrapolated = (4.0 * produced(1200) - produced(600)) / 3.0;
    Check::new(
        "ch4_langevin/relaxation/entropy_production_is_fisher_information",
        &["eq:4.3", "u:48"],
        "−dH/dt = β⁻¹ ∫ p |∇ ln(p/π)|² dx for a normal law in a harmonic well at β = 2.5",
        "the integral without the diffusion β⁻¹",
    )
    .within(extrapolated, fisher / beta, 1e-6, "error h⁴ of two grids of 600 and 1200 cells", fisher);
}

#[test]
fn entropy_of_normal_laws() {
    let grid = Grid::new([-9.0], [9.0], [1800]).unwrap();
    let (m, v) = (0.7f64, 0.5f64);
    let exact = 0.5 * (v - 1.0 + m * m - v.ln());
    let measured = relative_entropy(&bell(grid, m, v), &bell(grid, 0.0, 1.0)).unwrap();
    assert!((measured - exact).abs() < 1e-12);
    let linear = LinearDiffusion::new(DMatrix::from_element(1, 1, 1.0), 1.0).unwrap();
    let closed = linear.relative_entropy(&DVector::from_element(1, m), &DMatrix::from_element(1, 1, v));
    assert!((closed.unwrap() - exact).abs() < 1e-14);
    // Differences far below rounding of p: half the square of a shift of 1e-9.
    let tiny = relative_entropy(&bell(grid, 1e-7, 1.0), &bell(grid, 0.0, 1.0)).unwrap();
    assert!((tiny / 5e-15 - 1.0).abs() < 1e-5, "{tiny}");
    // Both branches of the series meet.
    for shift in [9.9e-3f64, 1.01e-2] {
        let one = Density::new(Grid::new([0.0], [3.0], [3]).unwrap(), vec![1.0 / 3.0; 3]).unwrap();
        let other = [1.0 + shift, 1.0, 1.0 - shift].map(|p| p / 3.0);
        let exact: f64 = other.iter().map(|p| p * (3.0 * p).ln()).sum();
        let other = Density::new(*one.grid(), other.to_vec()).unwrap();
        assert!((relative_entropy(&other, &one).unwrap() - exact).abs() < 1e-16);
    }
}

#[test]
fn stirring_speeds_up_a_normal_law() {
    // K = diag(1, 9): eigenvalues of (I + ωJ)K solve λ² − 10λ + 9(1 + ω²) = 0, so that the gap is 5 from ω = 4/3 on.
    let k = matrix([1.0, 0.0, 0.0, 9.0]);
    let stirred =
        |omega: f64| LinearDiffusion::non_reversible(&k, &matrix([0.0, omega, -omega, 0.0]), 2.0).unwrap();
    for omega in [0.0f64, 0.5, 1.0, 1.3, 2.0, 7.0] {
        let root = 25.0 - 9.0 * (1.0 + omega * omega);
        let gap = 5.0 - root.max(0.0).sqrt();
        assert!((stirred(omega).gap() - gap).abs() < 1e-9, "{omega}");
        let target = matrix([0.5, 0.0, 0.0, 0.5 / 9.0]);
        assert!((stirred(omega).equilibrium().unwrap() - &target).norm() < 1e-13);
        // The equilibrium stays where it is, and is where a long time leads.
        assert!((stirred(omega).covariance(0.7, &target).unwrap() - &target).norm() < 1e-13);
        let late = stirred(omega).covariance(60.0, &matrix([3.0, 1.0, 1.0, 2.0])).unwrap();
        assert!((late - &target).norm() < 1e-13);
    }
    // The rate measured on the exact law: over one turn of the complex pair the entropy falls by e^{−2 · gap · turn}.
    let omega = 3.0f64;
    let turn = std::f64::consts::PI / (9.0 * (1.0 + omega * omega) - 25.0).sqrt();
    let entropy = |omega: f64, t: f64| {
        let mean = stirred(omega).mean(t, &DVector::from_vec(vec![1.0, 1.0])).unwrap();
        stirred(omega).relative_entropy(&mean, &matrix([0.5, 0.0, 0.0, 0.5 / 9.0])).unwrap()
    };
    let rate = |omega| (entropy(omega, turn) / entropy(omega, 2.0 * turn)).ln() / turn;
    Check::new(
        "ch4_langevin/relaxation/stirring_speeds_up_a_normal_law",
        &["u:49", "r:12"],
        "with S = 3J the entropy in the well diag(1, 9) falls at twice the mean of the stiffnesses",
        "the reversible drift, S = 0",
    )
    .within(rate(omega), 10.0, 1e-9, "rounding of a matrix exponential", rate(0.0));
}

#[test]
fn covariance_solves_its_equation() {
    // dΣ/dt = −MΣ − ΣMᵀ + 2/β by the classical Runge–Kutta method.
    let m = matrix([1.0, 2.0, -0.7, 3.0]);
    let linear = LinearDiffusion::new(m.clone(), 1.7).unwrap();
    let start = matrix([0.3, -0.1, -0.1, 2.0]);
    let slope = |s: &DMatrix<f64>| -(&m * s) - s * m.transpose() + DMatrix::identity(2, 2) * (2.0 / 1.7);
    let (mut s, h) = (start.clone(), 1e-3);
    for _ in 0..1500 {
        let k1 = slope(&s);
        let k2 = slope(&(&s + &k1 * (0.5 * h)));
        let k3 = slope(&(&s + &k2 * (0.5 * h)));
        let k4 = slope(&(&s + &k3 * h));
        s += (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
    }
    assert!((linear.covariance(1.5, &start).unwrap() - s).norm() < 1e-11);
}

#[test]
fn the_stirring_must_follow_the_level_lines() {
    // dX = (−KX + ωJX) dt in the place of (−KX + ωJKX) dt: another equilibrium, unless K is a multiple of I.
    let (k, j) = (matrix([1.0, 0.0, 0.0, 9.0]), matrix([0.0, 3.0, -3.0, 0.0]));
    let right = LinearDiffusion::non_reversible(&k, &j, 1.0).unwrap();
    let wrong = LinearDiffusion::new(&k + &j, 1.0).unwrap();
    Check::new(
        "ch4_langevin/relaxation/the_stirring_must_follow_the_level_lines",
        &["u:49"],
        "with the drift −∇U + ωJ∇U the variance along the soft axis stays 1/β",
        "the drift −∇U + ωJx, which turns about the origin whatever U is",
    )
    .within(
        right.covariance(30.0, &matrix([1.0, 0.0, 0.0, 1.0])).unwrap()[(0, 0)],
        1.0,
        1e-12,
        "rounding",
        wrong.equilibrium().unwrap()[(0, 0)],
    );
}

#[test]
fn finite_volumes_agree_with_the_normal_law() {
    // The decay rate on two grids, extrapolated, against the spectrum of (I + ωJ)K with K = diag(1, 3): 2 − √(4 − 3(1 + ω²)).
    let omega = 0.5f64;
    let exact = 2.0 - (4.0 - 3.0 * (1.0 + omega * omega)).sqrt();
    let rate = |omega, cells| {
        let grid = Grid::new([-5.0, -3.5], [5.0, 3.5], [cells; 2]).unwrap();
        let equation = rotating(grid, |[x, y]| [x, 3.0 * y], omega, 1.0).unwrap();
        let start = |m: f64| {
            Density::proportional_to(grid, |[x, y]| (-0.5 * (x - m).powi(2) - 1.5 * y * y).exp()).unwrap()
        };
        decay_rate(&equation, [&start(0.5), &start(-0.5)], 4.0, 0.5).unwrap()
    };
    let extrapolated = (4.0 * rate(omega, 80) - rate(omega, 40)) / 3.0;
    let still = (4.0 * rate(0.0, 80) - rate(0.0, 40)) / 3.0;
    Check::new(
        "ch4_langevin/relaxation/finite_volumes_agree_with_the_normal_law",
        &["u:49"],
        "the decay rate in finite volumes, extrapolated from two grids, is the gap of (I + ωJ)K",
        "the solution without stirring",
    )
    .within(
        extrapolated,
        exact,
        0.01,
        "error h⁴ of grids of 40 and 80 cells a side, and what is left of faster modes",
        still,
    );
}

/// dX = (−∇U + ωJ∇U) dt + √(2/β) dB for U = (x² − 1)² + y²/2.
struct Stirred {
    omega: f64,
    beta: f64,
}

fn well_gradient([x, y]: [f64; 2]) -> [f64; 2] {
    [4.0 * x * (x * x - 1.0), y]
}

impl Equation<2, 2> for Stirred {
    type Calculus = Ito;
    type Noise = Additive;

    fn drift(&self, x: &[f64; 2], _: f64) -> [f64; 2] {
        let [ux, uy] = well_gradient(*x);
        [-ux + self.omega * uy, -uy - self.omega * ux]
    }

    fn diffusion<S: Number>(&self, _: &[S; 2], _: f64) -> [[S; 2]; 2] {
        let sigma = S::from((2.0 / self.beta).sqrt());
        [[sigma, S::from(0.0)], [S::from(0.0), sigma]]
    }
}

#[test]
fn stirring_a_double_well() {
    let (beta, omega, time) = (2.0, 4.0, 2.0);
    let right = |omega: f64| {
        let share = |cells: usize| {
            let grid = Grid::new([-2.2, -4.0], [2.2, 4.0], [cells, cells]).unwrap();
            let equation = rotating(grid, well_gradient, omega, beta).unwrap();
            let start =
                Density::proportional_to(grid, |[x, y]| (-0.5 * ((x - 1.0).powi(2) + y * y) / 0.04).exp());
            equation.evolve(&start.unwrap(), time).unwrap().expectation(|[x, _]| f64::from(u8::from(x > 0.0)))
        };
        (4.0 * share(240) - share(120)) / 3.0
    };
    let paths = 40_000;
    let equation = Stirred { omega, beta };
    let steps = TimeGrid::new(0.0, time, 1000).unwrap();
    let streams = Streams::new(3, "stirred");
    let samples = sdml::statistics::ensemble(
        &streams,
        paths,
        || (),
        |(), stream| {
            let mut x = [1.0 + 0.2 * stream.normal(), 0.2 * stream.normal()];
            let h = steps.h();
            for _ in 0..steps.steps() {
                // Heun's method, of weak order 2 for additive noise.
                let noise = [stream.normal(), stream.normal()].map(|z| (2.0 * h / beta).sqrt() * z);
                let first = equation.drift(&x, 0.0);
                let ahead = [x[0] + h * first[0] + noise[0], x[1] + h * first[1] + noise[1]];
                let second = equation.drift(&ahead, 0.0);
                for i in 0..2 {
                    x[i] += 0.5 * h * (first[i] + second[i]) + noise[i];
                }
            }
            Ok([f64::from(u8::from(x[0] > 0.0))])
        },
    );
    let [share] = samples.unwrap();
    Check::new(
        "ch4_langevin/relaxation/stirring_a_double_well",
        &["u:49"],
        "the probability of still being in the right well, simulated with stirring ω = 4, is that of the stirred Fokker–Planck equation",
        "the equation without stirring: the crossing is slower",
    )
    .seed(3)
    .samples(format!("{paths} paths of {} steps", steps.steps()))
    .statistical(share.mean().unwrap(), right(omega), right(0.0));
}

/// The tilted double well of the annealing: the left well is the deeper one.
fn tilted(x: f64) -> f64 {
    double_well::potential(x) + 0.3 * x
}

/// dX = −U′(X) dt + √(2/β(t)) dB with β(t) constant in stages of equal length.
struct Cooled {
    stages: Vec<Stage>,
}

impl Equation<1, 1> for Cooled {
    type Calculus = Ito;
    type Noise = Additive;

    fn drift(&self, x: &[f64; 1], _: f64) -> [f64; 1] {
        [double_well::force(x[0]) - 0.3]
    }

    fn diffusion<S: Number>(&self, _: &[S; 1], t: f64) -> [[S; 1]; 1] {
        let k = (t / self.stages[0].duration + 1e-9) as usize;
        [[S::from((2.0 / self.stages[k.min(self.stages.len() - 1)].beta).sqrt())]]
    }
}

#[test]
fn annealing_finds_the_deeper_well() {
    let grid = Grid::new([-2.4], [2.4], [240]).unwrap();
    let start = bell(grid, 1.0, 1e-4);
    let left = |density: &Density<1>| density.expectation(|[x]| f64::from(u8::from(x < 0.0)));
    let stages = cooling(1.0, 8.0, 16, 16.0).unwrap();
    let annealed = anneal(grid, tilted, &stages, 400, &start).unwrap();
    let cold = anneal(grid, tilted, &[Stage { beta: 8.0, duration: 16.0 }], 6400, &start).unwrap();
    let (paths, steps) = (20_000, 3200);
    let time = TimeGrid::new(0.0, 16.0, steps).unwrap();
    let cooled = Cooled { stages };
    let paths_of =
        Ensemble::new(Additive15, &cooled, [1.0], time, Streams::new(4, "annealed"), paths).unwrap();
    let [share] = paths_of.moments(|[x]| [f64::from(u8::from(x < 0.0))]).unwrap();
    Check::new(
        "ch4_langevin/relaxation/annealing_finds_the_deeper_well",
        &["u:49", "r:14"],
        "cooled from β = 1 to β = 8 in 16 stages, paths end in the deeper well as often as the annealed Fokker–Planck equation says",
        "the same time spent at β = 8 throughout",
    )
    .seed(4)
    .samples(format!("{paths} paths of {steps} steps"))
    .statistical(share.mean().unwrap(), left(&annealed), left(&cold));
}

#[test]
fn relaxation_is_a_straight_line_in_a_harmonic_well() {
    // H = m²/2 for a shifted equilibrium, m = e^{−κt}: the slope −2κ from the first moment on.
    let grid = Grid::new([-7.0], [7.0], [700]).unwrap();
    let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0).unwrap();
    let pi = equation.equilibrium().unwrap();
    let t = [0.2, 0.6, 1.0, 1.4, 1.8];
    let h = t.map(|t| relative_entropy(&equation.evolve(&bell(grid, 1.0, 1.0), t).unwrap(), &pi).unwrap());
    let line = fit_line(&t, &h.map(f64::ln), 0.95).unwrap();
    assert!((line.slope + 2.0).abs() < 1e-3 && (line.intercept - 0.5f64.ln()).abs() < 1e-3);
}

#[test]
fn refuses_bad_input() {
    let grid = Grid::new([-2.0], [2.0], [40]).unwrap();
    let other = Grid::new([-3.0], [3.0], [40]).unwrap();
    let p = bell(grid, 0.0, 1.0);
    assert_eq!(refused(relative_entropy(&p, &bell(other, 0.0, 1.0))), "pi");
    let half = Density::proportional_to(grid, |[x]| f64::from(u8::from(x > 0.0))).unwrap();
    assert_eq!(refused(relative_entropy(&p, &half)), "pi");
    assert!(
        (relative_entropy(&half, &Density::proportional_to(grid, |_| 1.0).unwrap()).unwrap() - 2f64.ln())
            .abs()
            < 1e-14
    );
    let equation = FokkerPlanck::gradient(grid, |[x]| x * x, 1.0).unwrap();
    assert_eq!(refused(entropy_production(&equation, &half, &p)), "p");
    assert_eq!(refused(LinearDiffusion::new(DMatrix::zeros(2, 3), 1.0)), "matrix");
    assert_eq!(refused(LinearDiffusion::new(matrix([1.0, f64::NAN, 0.0, 1.0]), 1.0)), "matrix");
    assert_eq!(refused(LinearDiffusion::new(matrix([1.0; 4]), 0.0)), "beta");
    let skew = matrix([0.0, 1.0, -1.0, 0.0]);
    assert_eq!(refused(LinearDiffusion::non_reversible(&skew, &skew, 1.0)), "precision");
    assert_eq!(
        refused(LinearDiffusion::non_reversible(&matrix([1.0, 0.0, 0.0, -1.0]), &skew, 1.0)),
        "precision"
    );
    let k = matrix([1.0, 0.0, 0.0, 2.0]);
    assert_eq!(refused(LinearDiffusion::non_reversible(&k, &k, 1.0)), "skew");
    let linear = LinearDiffusion::new(skew, 1.0).unwrap();
    assert_eq!(refused(linear.equilibrium()), "matrix");
    assert_eq!(refused(linear.mean(1.0, &DVector::zeros(3))), "mean_0");
    assert_eq!(refused(linear.covariance(-1.0, &k)), "t");
    assert_eq!(refused(linear.covariance(1.0, &DMatrix::zeros(3, 3))), "covariance_0");
    let still = LinearDiffusion::new(k, 1.0).unwrap();
    assert_eq!(refused(still.relative_entropy(&DVector::zeros(2), &DMatrix::zeros(2, 2))), "covariance");
    let plane = Grid::new([-2.0; 2], [2.0; 2], [8; 2]).unwrap();
    assert_eq!(refused(rotating(plane, |x| x, f64::NAN, 1.0)), "omega");
    assert_eq!(refused(rotating(plane, |x| x, 1.0, -1.0)), "beta");
    assert_eq!(refused(cooling(0.0, 1.0, 3, 1.0)), "hot");
    assert_eq!(refused(cooling(1.0, 2.0, 1, 1.0)), "stages");
    assert_eq!(refused(anneal(grid, |x| x, &[], 10, &p)), "stages.len()");
    assert_eq!(refused(anneal(grid, |x| x, &[Stage { beta: -1.0, duration: 1.0 }], 10, &p)), "beta");
    assert_eq!(refused(anneal(grid, |x| x, &[Stage { beta: 1.0, duration: 1.0 }], 0, &p)), "steps");
}

/// H(p | π) where π nearly vanishes and p does not: ln(p/π) is about 700, and p/π no floating-point number.
#[test]
fn entropy_against_a_law_that_nearly_vanishes() {
    let grid = Grid::new([-2.0], [2.0], [8]).unwrap();
    let p = Density::proportional_to(grid, |[x]| 1.0 + 0.2 * x).unwrap();
    let energy = |x: f64| 236.0 * x * x;
    let pi = Density::proportional_to(grid, |[x]| (-energy(x)).exp()).unwrap();
    assert!(pi.values()[0] > 0.0 && pi.values()[0] < 1e-300);
    let log_z = grid.centers().map(|[x]| (-energy(x)).exp() * grid.volume()).sum::<f64>().ln();
    let exact: f64 = grid.centers().zip(p.values()).map(|([x], p)| p * (p.ln() + energy(x) + log_z)).sum();
    assert!((relative_entropy(&p, &pi).unwrap() / (exact * grid.volume()) - 1.0).abs() < 1e-6);
    let equation = FokkerPlanck::gradient(grid, |[x]| x * x, 0.5).unwrap();
    assert!(entropy_production(&equation, &p, &pi).unwrap().is_finite());
}

#[test]
fn what_does_not_fit_is_refused() {
    let diffusion = LinearDiffusion::new(matrix([1.0, 0.5, -0.7, 2.0]), 2.0).unwrap();
    let (one, zero) = (DMatrix::identity(2, 2), DVector::zeros(2));
    assert_eq!(refused(diffusion.relative_entropy(&DVector::zeros(1), &one)), "mean");
    assert_eq!(refused(diffusion.relative_entropy(&DVector::from_element(2, f64::NAN), &one)), "mean");
    assert_eq!(refused(diffusion.relative_entropy(&zero, &DMatrix::identity(3, 3))), "covariance");
    assert_eq!(refused(diffusion.mean(1.0, &DVector::from_element(2, f64::NAN))), "mean_0");
    let grid = Grid::new([-2.0], [2.0], [8]).unwrap();
    let equation = FokkerPlanck::gradient(grid, |[x]| x * x, 0.5).unwrap();
    let p = bell(grid, 0.0, 1.0);
    assert_eq!(refused(decay_rate(&equation, [&p, &p], 0.1, 0.1)), "starts");
}

/// p/π below the smallest floating-point number: as if p were 0 there.
#[test]
fn entropy_of_a_law_that_nearly_vanishes() {
    let grid = Grid::new([0.0], [1.0], [4]).unwrap();
    let entropy = |tail: f64| {
        let p = Density::new(grid, vec![2.0, 1.5, 0.5, tail]).unwrap();
        relative_entropy(&p, &Density::new(grid, vec![0.25, 0.25, 0.25, 3.25]).unwrap()).unwrap()
    };
    let exact = 0.25 * (2.0 * 8f64.ln() + 1.5 * 6f64.ln() + 0.5 * 2f64.ln());
    assert!((entropy(0.0) - exact).abs() < 1e-14);
    assert_eq!(entropy(5e-324), entropy(0.0));
}
