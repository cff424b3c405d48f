use super::qubit;
use crate::check::Check;
use sdml::ch2_control::qubit::{Grape, Loss, Pulse, fidelity};
use sdml::random::Streams;

#[test]
fn both_times_suffice() {
    // Twenty pieces; the best of three starts.
    let mut worst = 0.0f64;
    for horizon in [1.53, 1.6, 5.0, 8.0] {
        let grape = Grape::new(qubit(), horizon, 20).unwrap();
        let found = grape.from_random_starts(&Streams::new(0, "grape"), 3, 5000).unwrap();
        let best = found.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap();
        assert!(best.u.iter().all(|u| u.abs() <= 2.0) && best.residual <= 1e-14);
        // Propagated once more, by the code that knows nothing of gradients.
        let end = qubit().end(&Pulse::equal(horizon, &best.u).unwrap()).unwrap();
        assert!((1.0 - fidelity(&end)).abs() < 1e-14);
        worst = worst.max(best.loss);
    }
    Check::new(
        "ch2_control/qubit/grape/both_times_suffice",
        &["exa:2.5", "fig:2.1"],
        "twenty constant pieces reach F = 1 at T = 1.53, 1.6, 5 and 8: the largest 1 − F",
        "1 − F = 0.271, printed for T = 5",
    )
    .seed(0)
    .samples("the best of 3 random starts at each time")
    .within(worst, 0.0, 1e-14, "descent to a residual of 1e-14", 0.271);
}

#[test]
fn where_grape_sticks() {
    // Every run ends at F = 1 or at the constant control u = ±2.
    let grape = Grape::new(qubit(), 5.0, 60).unwrap();
    let found = grape.from_random_starts(&Streams::new(0, "sticks"), 50, 5000).unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = found.iter().partition(|optimum| optimum.loss < 1e-10);
    assert!(good.len() >= 25 && !bad.is_empty(), "{} and {}", good.len(), bad.len());
    let mean = bad.iter().map(|optimum| 1.0 - optimum.loss).sum::<f64>() / bad.len() as f64;
    assert!(bad.iter().all(|optimum| optimum.u.iter().all(|&u| u * optimum.u[0].signum() > 2.0 - 1e-14)));
    Check::new(
        "ch2_control/qubit/grape/where_grape_sticks",
        &["fig:2.1"],
        "the runs at T = 5 that do not reach F = 1 end at u = ±2, with F = (16/17) sin²(√17 T/2)",
        "the best constant control",
    )
    .seed(0)
    .samples("50 random starts of 60 pieces")
    .within(
        mean,
        16.0 / 17.0 * (2.5 * 17f64.sqrt()).sin().powi(2),
        1e-13,
        "rounding",
        qubit().best_constant(5.0).unwrap()[1],
    );
    assert!((qubit().constant_fidelity(2.0, 5.0).unwrap() - mean).abs() < 1e-13);
}

#[test]
fn the_corner_is_a_local_optimum() {
    // At u = 2 the derivative of 1 − F is negative in every piece: each would have to leave the bounds to gain.
    for horizon in [1.6, 5.0, 8.0] {
        let grape = Grape::new(qubit(), horizon, 400).unwrap();
        let mut gradient = vec![0.0; 400];
        grape.gradient(&[2.0; 400], &mut gradient).unwrap();
        let density = gradient.iter().map(|g| 400.0 * g / horizon);
        let steepest = density.clone().fold(f64::INFINITY, f64::min);
        let flattest = density.fold(f64::NEG_INFINITY, f64::max);
        assert!(flattest < 0.0, "T = {horizon}: {flattest}");
        if horizon == 5.0 {
            // The derivative is −m_x with m(T) = r(T) × (0, 0, −1), and m turns about (s, 0, c): along it m_x keeps its
            // mean s²m_x(T) and swings by c times the radius.
            let (s, c) = (4.0 / 17f64.sqrt(), 1.0 / 17f64.sqrt());
            let angle = 5.0 * 17f64.sqrt();
            let m_x = s * angle.sin();
            let m_y = s * c * (1.0 - angle.cos());
            let radius = (m_x * m_x + m_y * m_y - (s * m_x).powi(2)).sqrt();
            let (mean, exact) = (-s * s * m_x.abs(), -(s * s * m_x.abs() - c * radius));
            assert!((steepest - (mean - c * radius)).abs() < 1e-4, "{steepest}");
            Check::new(
                "ch2_control/qubit/grape/the_corner_is_a_local_optimum",
                &["fig:2.1"],
                "at u = 2 and T = 5 the derivative of 1 − F points outwards at all times: its flattest value along the control",
                "its mean along the control, −s²|m_x(T)|, as if m did not turn",
            )
            .samples("400 pieces")
            .within(flattest, exact, 1e-4, "the extremum lies inside a piece: (R τ)²/6 of the swing 0.09, with R τ = 0.05", mean);
        }
    }
}

#[test]
fn distance_needs_more_time() {
    // F = 1 is possible at T = 1.6; the distance to (0, 1) itself stays far from zero, and only later reaches it.
    let least = |horizon: f64| {
        let grape = Grape::new(qubit(), horizon, 40).unwrap().with_loss(Loss::Distance);
        let found = grape.from_random_starts(&Streams::new(0, "distance"), 10, 1000).unwrap();
        found.iter().map(|optimum| optimum.loss).fold(4.0, f64::min)
    };
    assert!(least(5.0) < 1e-12);
    let early = least(1.6);
    let grape = Grape::new(qubit(), 1.6, 40).unwrap();
    let found = grape.from_random_starts(&Streams::new(0, "distance"), 10, 1000).unwrap();
    let infidelity = found.iter().map(|optimum| optimum.loss).fold(4.0, f64::min);
    Check::new(
        "ch2_control/qubit/grape/distance_needs_more_time",
        &["u:26"],
        "at T = 1.6 training on 1 − F reaches 0",
        "training on |z(T) − (0, 1)|², which cannot come below this at T = 1.6",
    )
    .seed(0)
    .samples("10 random starts of 40 pieces")
    .within(infidelity, 0.0, 1e-12, "descent to a residual of 1e-14", early);
}

#[test]
fn successive_approximations_descend() {
    // |d²(1 − F)| ≤ 4T ∫δu², so with ρ = 4T no sweep can increase the loss. Without penalty it does.
    let horizon = 5.0;
    let grape = Grape::new(qubit(), horizon, 100).unwrap();
    let increase = |penalty: f64, seed: u64, sweeps: usize| {
        let mut u = grape.random_start(&Streams::new(seed, "msa"), 0);
        let losses = grape.successive_approximations(&mut u, penalty, sweeps).unwrap();
        (losses.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::NEG_INFINITY, f64::max), losses[sweeps])
    };
    let runs: Vec<_> = (0..20).map(|seed| increase(4.0 * horizon, seed, 300)).collect();
    assert!(runs.iter().all(|run| run.1 < 1e-8), "{runs:?}");
    let plain = (0..20).map(|seed| increase(0.0, seed, 20).0).fold(0.0, f64::max);
    Check::new(
        "ch2_control/qubit/grape/successive_approximations_descend",
        &["r:5"],
        "with the penalty ρ = 4T no sweep of the method of successive approximations increases 1 − F: the largest increase",
        "no penalty, ρ = 0: the largest increase of a sweep",
    )
    .seed(0)
    .samples("20 starts, 300 sweeps")
    .within(runs.iter().map(|run| run.0).fold(0.0, f64::max), 0.0, 1e-15, "rounding, once 1 − F is 0", plain);
    // Plain sweeps put every piece at a bound, wherever they start.
    let mut u = grape.random_start(&Streams::new(0, "msa"), 0);
    grape.successive_approximations(&mut u, 0.0, 1).unwrap();
    assert!(u.iter().all(|u| u.abs() == 2.0));
}

#[test]
fn one_sweep_is_a_projected_gradient_step() {
    let grape = Grape::new(qubit(), 2.0, 10).unwrap();
    let start = grape.random_start(&Streams::new(3, "msa"), 0);
    let mut gradient = vec![0.0; 10];
    grape.gradient(&start, &mut gradient).unwrap();
    let mut u = start.clone();
    grape.successive_approximations(&mut u, 0.5, 1).unwrap();
    // With τ = 0.2 and ρ = 0.5 the step is 1/(τρ) = 10.
    let expected = start.iter().zip(&gradient).map(|(u, g)| (u - 10.0 * g).clamp(-2.0, 2.0));
    let apart = u.iter().zip(expected).map(|(u, v)| (u - v).abs()).fold(0.0, f64::max);
    let unit =
        u.iter().zip(&start).zip(&gradient).map(|((u, v), g)| (u - (v - 2.0 * g)).abs()).fold(0.0, f64::max);
    Check::new(
        "ch2_control/qubit/grape/one_sweep_is_a_projected_gradient_step",
        &["r:5"],
        "a sweep with penalty ρ is a step against the gradient of length 1/(ρτ), cut off at the bounds: the largest difference",
        "a step of length 1/ρ",
    )
    .seed(3)
    .within(apart, 0.0, 1e-14, "rounding", unit);
}

#[test]
fn every_move_is_counted() {
    let grape = Grape::new(qubit(), 5.0, 20).unwrap();
    let start = grape.random_start(&Streams::new(4, "moves"), 0);
    assert!(
        start.iter().all(|u| u.abs() <= 2.0)
            && start.iter().any(|u| *u > 1.0)
            && start.iter().any(|u| *u < -1.0)
    );
    let mut loss = f64::INFINITY;
    for moves in 1..8 {
        let optimum = grape.optimize(start.clone(), moves).unwrap();
        assert_eq!(optimum.iterations, moves);
        loss = loss.min(optimum.loss);
    }
    // A control that is stationary is not moved: at the bound u = 2 each piece would have to leave it to gain.
    let stuck = grape.optimize(vec![2.0; 20], 50).unwrap();
    assert_eq!((stuck.iterations, stuck.residual, stuck.u), (0, 0.0, vec![2.0; 20]));
    // The first of them is a step against the gradient of length K/(4T²), cut off at the bounds.
    let mut gradient = vec![0.0; 20];
    grape.gradient(&start, &mut gradient).unwrap();
    let expected = start.iter().zip(&gradient).map(|(u, g)| (u - 20.0 / (4.0 * 25.0) * g).clamp(-2.0, 2.0));
    let first = grape.optimize(start.clone(), 1).unwrap();
    assert!(first.u.iter().zip(expected).all(|(u, v)| (u - v).abs() < 1e-14));
    // What is left is measured with a step of length 1.
    grape.gradient(&first.u, &mut gradient).unwrap();
    let residual = first.u.iter().zip(&gradient).map(|(u, g)| ((u - g).clamp(-2.0, 2.0) - u).abs());
    assert!((residual.fold(0.0, f64::max) - first.residual).abs() < 1e-14);
}

/// The second move has the length of Barzilai and Borwein, or 1000 where the loss bends the other way, and is halved until
/// the loss is below the worst so far, here that of the start.
#[test]
fn the_second_move_by_hand() {
    for (horizon, pieces, halvings) in [(6.0, 12, 1), (5.0, 20, 0)] {
        let grape = Grape::new(qubit(), horizon, pieces).unwrap();
        let start = vec![0.5; pieces];
        let first = grape.optimize(start.clone(), 1).unwrap().u;
        let [mut before, mut after, mut unused] = [(); 3].map(|()| vec![0.0; pieces]);
        let worst = grape.gradient(&start, &mut before).unwrap();
        grape.gradient(&first, &mut after).unwrap();
        let minus = |b: &[f64], a: &[f64]| -> Vec<f64> { b.iter().zip(a).map(|(b, a)| b - a).collect() };
        let times = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (s, y) = (minus(&first, &start), minus(&after, &before));
        let length = if times(&s, &y) > 0.0 { times(&s, &s) / times(&s, &y) } else { 1e3 };
        assert_eq!(length == 1e3, halvings == 0);
        let moved = |share: f64| -> Vec<f64> {
            let pairs = first.iter().zip(&after);
            pairs.map(|(u, g)| u + share * ((u - length * g).clamp(-2.0, 2.0) - u)).collect()
        };
        let second = grape.optimize(start, 2).unwrap().u;
        let apart = minus(&second, &moved(0.5f64.powi(halvings)));
        assert!(apart.iter().all(|apart| apart.abs() < 1e-10), "T = {horizon}: {apart:?}");
        assert_eq!(grape.gradient(&moved(1.0), &mut unused).unwrap() > worst, halvings > 0);
    }
}

/// No run gives up before nothing is left to gain, though some steps must be shortened on the way.
#[test]
fn every_run_ends_where_it_is_stationary() {
    for (horizon, pieces) in [(1.6, 7), (5.0, 20), (8.0, 33)] {
        let grape = Grape::new(qubit(), horizon, pieces).unwrap();
        for optimum in grape.from_random_starts(&Streams::new(5, "ends"), 40, 5000).unwrap() {
            assert!(optimum.residual < 1e-7, "T = {horizon}: {}", optimum.residual);
        }
    }
}
