//! Section 2.1: the same descent solves three control problems whose best θ is known.

use sdml::ch1_preliminaries::learning::{Plain, Schedule, minimize};
use sdml::ch1_preliminaries::sde::Grid;
use sdml::ch2_control::backprop::{Chain, Dynamics, NoisyRelaxation, Problem, Relaxation, gradient};
use sdml::random::Streams;

use super::distance;
use crate::check::Check;

const TARGET: f64 = 1.5;
const WEIGHT: f64 = 4.0;

fn solve<D: Dynamics>(problem: &Problem<D>, start: f64, rate: f64) -> Vec<f64> {
    let mut theta = vec![start; problem.dynamics.parameters()];
    let evaluate = |_: usize, theta: &[f64], g: &mut [f64]| {
        let (loss, slope) = gradient(problem, theta)?;
        g.copy_from_slice(&slope);
        Ok(loss)
    };
    minimize(&mut theta, &mut Plain, Schedule::Constant(rate), 5000, evaluate, |_, _, _| ()).unwrap();
    theta
}

/// The control u_k that takes the mean end from `rest`, where it comes without control, towards the target.
fn best(grid: Grid, price: f64, rest: f64) -> Vec<f64> {
    let (h, n) = (grid.h(), grid.steps());
    let reach: Vec<f64> = (0..n).map(|k| h * (1.0 - h).powi((n - 1 - k) as i32)).collect();
    let square: f64 = reach.iter().map(|a| a * a).sum();
    reach.iter().map(|a| WEIGHT * a * (TARGET - rest) / (price + WEIGHT * square)).collect()
}

#[test]
fn three_problems() {
    // The chain: all θ equal t with γ(t³x − y*)t²x + λt = 0, by Newton's method.
    let (x, price) = (0.5, 0.1);
    let chain = Problem::new(Chain { start: x, depth: 3 }, TARGET, WEIGHT, price).unwrap();
    let mut t: f64 = 1.4;
    for _ in 0..50 {
        let f = WEIGHT * (x * t.powi(3) - TARGET) * t * t * x + price * t;
        let slope = WEIGHT * x * (5.0 * x * t.powi(4) - 2.0 * TARGET * t) + price;
        t -= f / slope;
    }
    assert!(distance(&solve(&chain, 1.0, 0.01), &[t; 3]) < 1e-12);

    let grid = Grid::new(0.0, 1.0, 10).unwrap();
    let price = grid.h();
    let drift = Relaxation { start: 0.2, grid };
    let ode = Problem::new(drift, TARGET, WEIGHT, price).unwrap();
    let control = solve(&ode, 0.0, 0.5);
    let exact = best(grid, price, 0.2 * 0.9f64.powi(10));
    assert!(distance(&control, &exact) < 1e-12);
    // In continuous time: u(t) = γ e^{t − T}(y* − z_0 e^{−T})/(1 + γ(1 − e^{−2T})/2).
    let continuous = WEIGHT * (TARGET - 0.2 * (-1f64).exp()) / (1.0 + WEIGHT * (1.0 - (-2f64).exp()) / 2.0);
    Check::new(
        "ch2_control/backprop/problems/three_problems",
        &["eq:2.1", "u:23"],
        "gradient descent on (2.1) for z' = −z + u by ten steps of Euler finds the best last control of these ten steps",
        "the best control of the differential equation at the final time",
    )
    .within(control[9], exact[9], 1e-12, "5000 steps contract by 0.9 or more each: rounding", continuous);

    // With noise on given paths, the mean of the ends without control takes the place of one end.
    let mut stream = Streams::new(8, "problems").stream(0);
    let sde = Problem::new(NoisyRelaxation::new(drift, 0.7, 20, &mut stream).unwrap(), TARGET, WEIGHT, price)
        .unwrap();
    let ends = sde.dynamics.end(&[0.0; 10]);
    let rest = ends.iter().sum::<f64>() / 20.0;
    assert!(distance(&solve(&sde, 0.0, 0.5), &best(grid, price, rest)) < 1e-12);
}

#[test]
fn noise_is_added_step_by_step() {
    // z ← z + (u − z)h + σ√h ξ with h = ¼, the ξ drawn path after path.
    let drift = Relaxation { start: 1.0, grid: Grid::new(0.0, 0.5, 2).unwrap() };
    let control = [2.0f64, -1.0];
    for paths in [1, 3] {
        let mut numbers = Streams::new(9, "noise").stream(0);
        let noisy = NoisyRelaxation::new(drift, 0.8, paths, &mut numbers.clone()).unwrap();
        let ends = noisy.end(&control);
        assert_eq!(ends.len(), paths);
        for end in ends {
            let step = |z: f64, u: &f64| z + (u - z) * 0.25 + 0.8 * 0.5 * numbers.normal();
            let exact = control.iter().fold(1.0, step);
            assert!((end - exact).abs() < 1e-14, "{end} {exact}");
        }
    }
}
