//! Deep Ritz and PINN: Examples 1.20 and 1.21.

use std::f64::consts::PI;

use rayon::prelude::*;
use sdml::ch1_preliminaries::learning::{
    Activation, Adam, Collocation, DeepRitz, FiniteSum, Integrand, Jets, Pass, Penalized, Pinn, Points,
    Poisson, Training, TwoLayer,
};
use sdml::random::Streams;
use sdml::statistics::kolmogorov_smirnov;

use crate::check::Check;

const SEEDS: [u64; 3] = [0, 1, 2];

/// The notebook's problem, −u'' = sin 2πx.
fn notebook() -> Poisson {
    Poisson::new(2, 1.0).unwrap()
}

fn train<I: Integrand + Sync + Copy>(integrand: I, steps: usize) -> Vec<TwoLayer<1>> {
    SEEDS
        .into_par_iter()
        .map(|seed| Training::new(steps, seed).run(integrand, &mut Adam::default(), |_, _, _| ()).unwrap())
        .collect()
}

/// The largest |u − target| on 1001 points.
fn distance(network: &TwoLayer<1>, target: impl Fn(f64) -> f64) -> f64 {
    (0..=1000)
        .map(|i| f64::from(i) / 1000.0)
        .map(|x| (network.value(&[x]) - target(x)).abs())
        .fold(0.0, f64::max)
}

fn worst(networks: &[TwoLayer<1>], target: impl Fn(f64) -> f64) -> f64 {
    networks.iter().map(|network| distance(network, &target)).fold(0.0, f64::max)
}

/// Simpson's rule on 1000 cells: the integrands here change on a scale of 1/10 at least.
fn simpson(f: impl Fn(f64) -> f64) -> f64 {
    let weight = |i: u32| {
        if i == 0 || i == 1000 {
            1.0
        } else if i % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    (0..=1000).map(|i| weight(i) * f(f64::from(i) / 1000.0)).sum::<f64>() / 3000.0
}

/// ½u'² in which the ½ has been lost.
#[derive(Clone, Copy)]
struct LostHalf(DeepRitz);

impl Integrand for LostHalf {
    const ORDER: usize = 1;

    fn interior(&self, x: f64, [u, slope, curvature]: [f64; 3]) -> (f64, [f64; 3]) {
        let (f, [du, du_x, du_xx]) = self.0.interior(x, [u, slope, curvature]);
        (f + 0.5 * slope * slope, [du, du_x + slope, du_xx])
    }

    fn boundary_weight(&self) -> f64 {
        self.0.boundary_weight()
    }
}

/// As λ → 0 the minimizer for two waves tends to u + u'(0)(½ − x), by 1/(1 + λ) at the ends.
#[test]
fn small_penalties() {
    let limit = 0.5 * notebook().slope(0.0);
    for lambda in [1e-6, 1e-12, 1e-18] {
        let penalized = notebook().penalized(lambda).unwrap();
        for (value, expected) in [(penalized.value(0.0), limit), (penalized.value(1.0), -limit)] {
            assert!((value * (1.0 + lambda) / expected - 1.0).abs() < 1e-14, "λ = {lambda}: {value}");
        }
    }
}

#[test]
fn ritz_notebook() {
    let energy = DeepRitz::new(notebook(), 500.0).unwrap();
    let penalized = notebook().penalized(500.0).unwrap();
    let networks = train(energy, 30_000);
    let lost = Training::new(3000, 0).run(LostHalf(energy), &mut Adam::default(), |_, _, _| ()).unwrap();
    Check::new(
        "ch1_preliminaries/learning/poisson/ritz_notebook",
        &["exa:1.20", "u:15"],
        "largest distance between a trained network and the optimum of the penalized energy, λ = 500; the worst of \
         three trainings",
        "∫|u'|² in place of ½∫|u'|²",
    )
    .samples("seeds 0, 1, 2; width 30, 100 fresh points per step, 30000 steps")
    .within(worst(&networks, |x| penalized.value(x)), 0.0, 5e-4, "2 % of the solution's height", distance(&lost, |x| penalized.value(x)));

    let ends: f64 = networks.iter().map(|u| u.value(&[0.0]) - u.value(&[1.0])).sum::<f64>() / 6.0;
    Check::new(
        "ch1_preliminaries/learning/poisson/ritz_boundary",
        &["exa:1.20"],
        "½(u(0) − u(1)) of the networks trained with λ = 500, mean over three seeds, is the penalty's bias 1/(4π(λ + 1))",
        "the boundary value 0 of the unpenalized problem",
    )
    .samples("seeds 0, 1, 2")
    .within(
        ends,
        penalized.constant,
        0.02 * penalized.constant,
        "the boundary term alone resolves the end values: its curvature 2λ is 1000 times that of the energy",
        notebook().solution(0.0),
    );
}

#[test]
fn ritz_small_penalty() {
    let penalized = notebook().penalized(5.0).unwrap();
    let networks = train(DeepRitz::new(notebook(), 5.0).unwrap(), 10_000);
    let apart = worst(&networks, |x| penalized.value(x));
    assert!(apart < 5e-4, "{apart}");
    Check::new(
        "ch1_preliminaries/learning/poisson/ritz_small_penalty",
        &["exa:1.20"],
        "with λ = 5 the networks stay 1/(24π) away from the solution of the unpenalized problem",
        "the penalized and the unpenalized problem being equivalent",
    )
    .samples("seeds 0, 1, 2; 10000 steps")
    .within(
        worst(&networks, |x| notebook().solution(x)),
        1.0 / (24.0 * PI),
        5e-4,
        "the distance within which the penalized optimum itself is found",
        0.0,
    );
}

#[test]
fn penalized_optimum() {
    // The closed form against the definition: the first variation of the penalized energy vanishes in every direction,
    // here 1, x and cos 3x, and the energy is the one stated.
    for (waves, amplitude, lambda) in [(1, PI * PI, 5.0), (2, 1.0, 500.0), (3, 2.0, 0.7)] {
        let problem = Poisson::new(waves, amplitude).unwrap();
        let u = problem.penalized(lambda).unwrap();
        type Function = fn(f64) -> f64;
        let directions: [(Function, Function); 3] =
            [(|_| 1.0, |_| 0.0), (|x| x, |_| 1.0), (|x| (3.0 * x).cos(), |x| -3.0 * (3.0 * x).sin())];
        for (v, dv) in directions {
            let variation = simpson(|x| u.derivative(x) * dv(x) - problem.load(x) * v(x))
                + 2.0 * lambda * (u.value(0.0) * v(0.0) + u.value(1.0) * v(1.0));
            assert!(variation.abs() < 1e-9 * amplitude, "{waves} {variation}");
        }
        let energy = penalized_energy(&problem, lambda, |x| [u.value(x), u.derivative(x)]);
        assert!((energy - u.energy()).abs() < 1e-9 * amplitude * amplitude);
        assert!(u.energy() < problem.energy());
    }
}

/// u(x) and u'(x).
fn jet(network: &TwoLayer<1>, x: f64) -> [f64; 2] {
    let mut pass = Pass::default();
    network.forward(&[[x]], &mut pass);
    [pass.jets.value[0], pass.jets.gradient[0][0]]
}

fn penalized_energy(problem: &Poisson, lambda: f64, u: impl Fn(f64) -> [f64; 2]) -> f64 {
    simpson(|x| 0.5 * u(x)[1].powi(2) - problem.load(x) * u(x)[0])
        + lambda * (u(0.0)[0].powi(2) + u(1.0)[0].powi(2))
}

#[test]
fn ritz_energy() {
    let (problem, lambda) = (Poisson::new(1, PI * PI).unwrap(), 5.0);
    let penalized: Penalized = problem.penalized(lambda).unwrap();
    let network = Training::new(6000, 0).run(
        DeepRitz::new(problem, lambda).unwrap(),
        &mut Adam::default(),
        |_, _, _| (),
    );
    let network = network.unwrap();
    let energy = penalized_energy(&problem, lambda, |x| jet(&network, x));
    assert!(energy > penalized.energy(), "no function has less energy than the optimum");
    Check::new(
        "ch1_preliminaries/learning/poisson/ritz_energy",
        &["exa:1.20"],
        "the penalized energy of a network trained on −u'' = π² sin πx with λ = 5 is −π²/4 − π²/(2λ), approached from above",
        "−π²/4, the least energy among functions that vanish at the ends",
    )
    .seed(0)
    .samples("6000 steps; energy by Simpson's rule on 1000 cells")
    .within(energy, -PI * PI / 4.0 - PI * PI / (2.0 * lambda), 2e-3, "the energy is quadratic about its optimum: slopes wrong by 6 % of 1 cost this much", problem.energy());
}

/// The a for which the integrand's loss of the trial function a x(1 − x) is least: the loss is quadratic in a.
fn best_trial(integrand: &impl Integrand) -> f64 {
    let loss =
        |a: f64| simpson(|x| integrand.interior(x, [a * x * (1.0 - x), a * (1.0 - 2.0 * x), -2.0 * a]).0);
    let (minus, zero, plus) = (loss(-1.0), loss(0.0), loss(1.0));
    0.5 * (minus - plus) / (plus - 2.0 * zero + minus)
}

#[test]
fn ritz_trial() {
    let problem = Poisson::new(1, PI * PI).unwrap();
    let (ritz, pinn) = (DeepRitz::new(problem, 1.0).unwrap(), Pinn::new(problem, 1.0).unwrap());
    Check::new(
        "ch1_preliminaries/learning/poisson/ritz_trial",
        &["exa:1.20"],
        "among a x(1 − x), the energy of −u'' = π² sin πx is least for a = 12/π",
        "the squared residual, which is least for another a",
    )
    .within(best_trial(&ritz), 12.0 / PI, 1e-8, "Simpson's rule on 1000 cells", best_trial(&pinn));
}

#[test]
fn pinn_trial() {
    let problem = Poisson::new(1, PI * PI).unwrap();
    let (ritz, pinn) = (DeepRitz::new(problem, 1.0).unwrap(), Pinn::new(problem, 1.0).unwrap());
    Check::new(
        "ch1_preliminaries/learning/poisson/pinn_trial",
        &["exa:1.21"],
        "among a x(1 − x), the squared residual of −u'' = π² sin πx is least for a = π",
        "the energy, which is least for another a",
    )
    .within(best_trial(&pinn), PI, 1e-8, "Simpson's rule on 1000 cells", best_trial(&ritz));
}

/// The residual u'' − φ: a sign lost between −Δu = φ and its residual.
#[derive(Clone, Copy)]
struct LostSign(Poisson);

impl Integrand for LostSign {
    const ORDER: usize = 2;

    fn interior(&self, x: f64, [_, _, curvature]: [f64; 3]) -> (f64, [f64; 3]) {
        let residual = curvature - self.0.load(x);
        (residual * residual, [0.0, 0.0, 2.0 * residual])
    }

    fn boundary_weight(&self) -> f64 {
        250.0
    }
}

#[test]
fn pinn_notebook() {
    let problem = notebook();
    let networks = train(Pinn::new(problem, 500.0).unwrap(), 6000);
    let wrong = Training::new(2000, 0).run(LostSign(problem), &mut Adam::default(), |_, _, _| ()).unwrap();
    // The error in H¹, relative to the solution.
    let size = simpson(|x| problem.solution(x).powi(2) + problem.slope(x).powi(2)).sqrt();
    for network in &networks {
        let error = simpson(|x| {
            let [u, slope] = jet(network, x);
            (u - problem.solution(x)).powi(2) + (slope - problem.slope(x)).powi(2)
        });
        assert!(error.sqrt() < 1e-2 * size, "{} of {size}", error.sqrt());
    }
    Check::new(
        "ch1_preliminaries/learning/poisson/pinn_notebook",
        &["exa:1.21", "u:15"],
        "largest distance between a network trained on the squared residual, λ = 500, and the solution; the worst of \
         three trainings",
        "the residual u'' − φ in place of u'' + φ",
    )
    .samples("seeds 0, 1, 2; width 30, 100 fresh points per step, 6000 steps")
    .within(worst(&networks, |x| problem.solution(x)), 0.0, 5e-4, "2 % of the solution's height", distance(&wrong, |x| problem.solution(x)));
}

#[test]
fn fixed_nodes_unbounded() {
    let (problem, nodes, lambda) = (notebook(), 20, 500.0);
    let points: Vec<f64> = (0..nodes).map(|i| (f64::from(i) + 0.5) / f64::from(nodes)).collect();
    let energy = DeepRitz::new(problem, lambda).unwrap();
    let sum = Collocation::new(energy, Activation::Tanh, &points).unwrap();
    // Three steps of a staircase that is flat in every node: up before the first, down by two in the middle, up after
    // the last. Slopes 1/(cell/4000).
    let height = 10.0;
    let steep = 4000.0 * f64::from(nodes);
    let jumps = [(0.25 / f64::from(nodes), 0.5), (0.5, -1.0), (1.0 - 0.25 / f64::from(nodes), 0.5)];
    let mut theta = vec![steep; 3];
    theta.extend(jumps.map(|(place, _)| -steep * place));
    theta.extend(jumps.map(|(_, size)| height * size));
    theta.push(0.0);
    let discrete = sum.add_all(&theta, &mut [0.0; 10]);
    let gain = points.iter().map(|&x| problem.load(x).abs()).sum::<f64>() / f64::from(nodes);
    // The true energy of the staircase: ∫tanh' ² = 4/3 per unit of steepness.
    let truth: f64 = jumps.iter().map(|(_, size)| 0.5 * (height * size).powi(2) * steep * 4.0 / 3.0).sum();
    Check::new(
        "ch1_preliminaries/learning/poisson/fixed_nodes_unbounded",
        &["exa:1.20"],
        "on 20 fixed nodes a staircase of height M has the discrete energy −M · mean|φ|, which has no lower bound",
        "the energy itself, ½∫|u'|² and all, of the same staircase",
    )
    .samples("3 hidden units, M = 10")
    .within(discrete, -height * gain, 1e-6, "tanh saturates in the nodes", truth);
}

#[test]
fn fixed_nodes_trained() {
    let (problem, lambda) = (notebook(), 500.0);
    let energy = DeepRitz::new(problem, lambda).unwrap();
    let penalized = problem.penalized(lambda).unwrap();
    let mut last = 0.0;
    let few = |places| Training { points: 10, places, ..Training::new(8000, 0) };
    let fixed = few(Points::Fixed).run(energy, &mut Adam::default(), |_, _, loss| last = loss).unwrap();
    let fresh = few(Points::Stratified).run(energy, &mut Adam::default(), |_, _, _| ()).unwrap();
    // Ten nodes: the loss ends far below what any function can have, the error is no longer small.
    assert!(last < 1.5 * penalized.energy(), "{last} {}", penalized.energy());
    let errors = [&fixed, &fresh].map(|network| distance(network, |x| penalized.value(x)));
    assert!(errors[0] > 5.0 * errors[1], "{errors:?}");
}

#[test]
fn independent_points() {
    // Independent points serve as well where the noise dies out by itself, and are another sample than stratified ones.
    let residual = Pinn::new(notebook(), 500.0).unwrap();
    let training = Training { places: Points::Independent, ..Training::new(3000, 0) };
    let independent = training.run(residual, &mut Adam::default(), |_, _, _| ()).unwrap();
    let stratified = Training::new(3000, 0).run(residual, &mut Adam::default(), |_, _, _| ()).unwrap();
    assert!(distance(&independent, |x| notebook().solution(x)) < 5e-4);
    assert_ne!(independent, stratified);
}

#[test]
fn relu_has_no_residual() {
    let theta: Vec<f64> = (0..16).map(|p| (1.9 * p as f64 + 0.7).sin()).collect();
    let points: Vec<[f64; 1]> = (0..50).map(|i| [f64::from(i) / 49.0]).collect();
    let largest = |activation| {
        let network = TwoLayer::new(activation, theta.clone()).unwrap();
        let mut pass = Pass::default();
        network.forward(&points, &mut pass);
        let mut coefficients = Jets::default();
        coefficients.reset(50);
        coefficients.laplacian.fill(1.0);
        let mut gradient = vec![0.0; theta.len()];
        network.pull_back(&points, &pass, &coefficients, &mut gradient);
        gradient.iter().fold(0f64, |a, g| a.max(g.abs()))
    };
    Check::new(
        "ch1_preliminaries/learning/poisson/relu_has_no_residual",
        &["exa:1.21"],
        "the second derivative of a ReLU network does not depend on its parameters: the gradient of Σ u''(xₙ) is 0",
        "a tanh network, where it is not",
    )
    .samples("50 points, 16 parameters")
    .within(largest(Activation::Relu), 0.0, 1e-15, "each term is exactly 0", largest(Activation::Tanh));
    let residual = Pinn::new(notebook(), 500.0).unwrap();
    let relu = Training { activation: Activation::Relu, ..Training::new(10, 0) };
    let refusal = relu.run(residual, &mut Adam::default(), |_, _, _| ()).unwrap_err().to_string();
    assert!(refusal.contains("`activation` is Relu") && refusal.contains("second derivative"), "{refusal}");
    // The energy asks for one derivative only.
    assert!(relu.run(DeepRitz::new(notebook(), 5.0).unwrap(), &mut Adam::default(), |_, _, _| ()).is_ok());
}

#[test]
fn fresh_points_are_uniform() {
    let mut points = [[0.5]; 10];
    let mut stream = Streams::new(6, "places").stream(0);
    for places in [Points::Independent, Points::Stratified] {
        // Where in [0, 1], or where in its cell.
        let mut drawn = Vec::new();
        for _ in 0..500 {
            places.place(&mut points, &mut stream);
            drawn.extend(points.iter().enumerate().map(|(i, [x])| match places {
                Points::Independent => *x,
                _ => 10.0 * x - i as f64,
            }));
        }
        let fit = kolmogorov_smirnov(&drawn, |x| x.clamp(0.0, 1.0)).unwrap();
        assert!(fit.p_value > 1e-4, "{places:?} {fit:?}");
    }
    Points::Fixed.place(&mut points, &mut stream);
    assert!(points.iter().enumerate().all(|(i, [x])| (x - (i as f64 + 0.5) / 10.0).abs() < 1e-15));
}
