use std::sync::Mutex;

use super::relative;
use crate::check::Check;
use ndarray::{Array2, ArrayView2};
use sdml::ch1_preliminaries::brownian::BrownianTree;
use sdml::ch1_preliminaries::sde::{
    Grid, Heun, Increment, Increments, Ito, Midpoint, Number, Scalar, Stratonovich,
};
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_sde::{
    Batch, BatchScheme, Controlled, GeometricFamily, Jump, LinearFamily, NetworkSde, TransitionFit, WayBack,
    WithParameters, estimators, jump_gradient,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, normal};

/// Euler–Maruyama for dX = aX dt + σ dB makes X_N = m + σ Σ w_n ξ_n with w_n = √h (1 + ah)^{N−1−n}.
fn weights(a: f64, steps: usize) -> Vec<f64> {
    let h = 1.0 / steps as f64;
    (0..steps).rev().map(|power| h.sqrt() * (1.0 + a * h).powi(power as i32)).collect()
}

#[test]
fn variances_of_two_estimators() {
    let (theta, start, steps) = ([-1.0, 0.5], 1.0, 64);
    let model = WithParameters::new(&LinearFamily(Ito), theta).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [pathwise, score] = ensemble(&Streams::new(41, "variances"), 100_000, buffer, |noise, stream| {
        noise.resample(stream);
        let both = estimators(&model, start, noise, |[x]| (*x, [1.0]))?;
        Ok([both.pathwise[1], both.likelihood_ratio[1]])
    })
    .unwrap();
    // Both are unbiased: ∂_σ E X_N = 0.
    assert!(pathwise.mean().unwrap().z(0.0).abs() < 4.0 && score.mean().unwrap().z(0.0).abs() < 4.0);
    // Pathwise: ∂X_N/∂σ = Σ w ξ. Likelihood ratio: (m + σ Σ w ξ) Σ (ξ² − 1)/σ, whose second moment follows from
    // E(ξ² − 1)² = 2 and Eξ²(ξ² − 1)² = 10; mixed terms are odd in some ξ.
    let w = weights(theta[0], steps);
    let squares: f64 = w.iter().map(|w| w * w).sum();
    let m = start * (1.0 + theta[0] * grid.h()).powi(steps as i32);
    let n = steps as f64;
    let exact = m * m * 2.0 * n / theta[1].powi(2) + (2.0 * n + 8.0) * squares;
    assert!(pathwise.variance().unwrap().z(squares).abs() < 4.0);
    Check::new(
        "ch2_control/neural_sde/training/variances_of_two_estimators",
        &["thm:2.7"],
        "the likelihood-ratio estimator of ∂_σ E X(1) has the variance of its closed form, which grows like the number of steps",
        "the pathwise estimator's variance, which does not",
    )
    .seed(41)
    .samples("100000 paths of 64 steps")
    .statistical(score.variance().unwrap(), exact, pathwise.variance().unwrap().mean);
}

#[test]
fn a_loss_with_a_jump() {
    // L = 1 for x > c: the pathwise derivative is 0 wherever it exists, the likelihood ratio is right.
    let (theta, start, steps, c) = ([-1.0, 0.5], 1.0, 16, 0.4);
    let model = WithParameters::new(&LinearFamily(Ito), theta).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [pathwise, score] = ensemble(&Streams::new(42, "indicator"), 100_000, buffer, |noise, stream| {
        noise.resample(stream);
        let both = estimators(&model, start, noise, |[x]| (if *x > c { 1.0 } else { 0.0 }, [0.0]))?;
        Ok([both.pathwise[0], both.likelihood_ratio[0]])
    })
    .unwrap();
    let probability = |a: f64| {
        let m = start * (1.0 + a * grid.h()).powi(steps as i32);
        let variance: f64 = weights(a, steps).iter().map(|w| (theta[1] * w).powi(2)).sum();
        normal::cdf((m - c) / variance.sqrt())
    };
    let exact = (probability(theta[0] + 1e-5) - probability(theta[0] - 1e-5)) / 2e-5;
    Check::new(
        "ch2_control/neural_sde/training/a_loss_with_a_jump",
        &["thm:2.7"],
        "the likelihood ratio estimates ∂_a P(X_N > c)",
        "the pathwise derivative of an indicator: Theorem 2.7 asks for a differentiable L",
    )
    .seed(42)
    .samples("100000 paths of 16 steps")
    .statistical(score.mean().unwrap(), exact, pathwise.mean().unwrap().mean);
}

#[test]
fn two_steps_of_both_estimators() {
    // X ← X(1 + θ₁h + θ₂ΔB) twice: whatever X, the score of a step is ΔB/θ₂ in θ₁ and (ΔB²/h − 1)/θ₂ in θ₂.
    let (theta, h, kicks) = ([0.3, 0.8], 0.5, [0.6, -0.2]);
    let steps = kicks.map(|db| Increment { db: [db], dz: [0.0] }).to_vec();
    let noise = Increments::of(Grid::new(0.0, 1.0, 2).unwrap(), steps).unwrap();
    let model = WithParameters::new(&GeometricFamily(Ito), theta).unwrap();
    let found = estimators(&model, 2.0, &noise, |[x]| (x * x, [2.0 * x])).unwrap();
    let sum = |of: &dyn Fn(f64) -> f64| kicks.into_iter().map(of).sum::<f64>();
    let factor = |db: f64| 1.0 + theta[0] * h + theta[1] * db;
    let end = 2.0 * factor(kicks[0]) * factor(kicks[1]);
    let close = |found: [f64; 2], exact: [f64; 2]| {
        assert!(found.iter().zip(exact).all(|(found, exact)| (found - exact).abs() < 1e-13), "{found:?}");
    };
    // L = X², whose derivative is 2X ∂X/∂θ = 2X² Σ (h, ΔB)/(1 + θ₁h + θ₂ΔB).
    let square = end * end;
    let slope = [sum(&|db| h / factor(db)), sum(&|db| db / factor(db))];
    close(found.pathwise, slope.map(|slope| 2.0 * square * slope));
    let score = [sum(&|db| db / theta[1]), sum(&|db| (db * db / h - 1.0) / theta[1])];
    close(found.likelihood_ratio, score.map(|score| square * score));
    assert!((found.loss - square).abs() < 1e-13);
}

/// dX = θ₁X dt + 0.3X ∘ dB with jumps X ↦ X(1 + θ₂ m).
struct Crashing;

impl Controlled<1, 1, 2> for Crashing {
    type Calculus = Stratonovich;
    type Noise = Scalar;
    fn drift<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [S; 1] {
        [theta[0] * x[0]]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, _theta: &[S; 2]) -> [[S; 1]; 1] {
        [[x[0] * 0.3]]
    }
}

impl Jump<1, 2> for Crashing {
    fn jump<S: Number>(&self, x: &[S; 1], mark: f64, theta: &[S; 2]) -> [S; 1] {
        [x[0] * (theta[1] * mark + 1.0)]
    }
}

#[test]
fn jump_sizes() {
    let theta = [0.2, 0.4];
    let times = [(0.23, -0.9), (0.5, 0.7), (0.81, -0.4)];
    let tree = BrownianTree::<1>::new(1.0, 16, &Streams::new(43, "jumps"), 0).unwrap();
    let end = |x: &[f64; 1]| (x[0], [1.0]);
    let run = |steps| {
        let span = (0.0, 1.0, steps);
        jump_gradient(Heun, (&Crashing, &Crashing), theta, [1.0], span, &times, &mut tree.cursor(), end)
            .unwrap()
    };
    let gradient = run(8);
    // Nine states between any two of the jumps and the ends.
    assert_eq!(gradient.held, 4 * 9);
    // The jumps' factors stand apart from the flow's, so that with any number of steps ∂X/∂θ₂ = X Σ m/(1 + θ₂m).
    let factors = times.map(|(_, mark)| 1.0 + theta[1] * mark);
    let exact: f64 = times.iter().zip(factors).map(|((_, mark), f)| gradient.loss * mark / f).sum();
    // The adjoint carried through a jump unchanged counts every mark with the whole product.
    let unchanged: f64 = times.iter().map(|(_, mark)| gradient.loss * mark).sum();
    Check::new(
        "ch2_control/neural_sde/training/jump_sizes",
        &["r:7"],
        "with the times of the jumps held fixed, ∂X(T)/∂γ = X(T) Σ m/(1 + γm)",
        "an adjoint that does not jump",
    )
    .seed(43)
    .samples("three jumps, 8 steps between them")
    .within(gradient.parameters[1], exact, 1e-13, "rounding", unchanged);
    // And the flow converges to exp(θ₁ + 0.3 B(1)) between the jumps.
    let fine = run(4096);
    let b = tree.at(1.0).unwrap()[0];
    let end = (theta[0] + 0.3 * b).exp() * factors.iter().product::<f64>();
    assert!((fine.loss / end - 1.0).abs() < 1e-3 && (fine.parameters[0] / end - 1.0).abs() < 2e-3);
    assert!((fine.start[0] / end - 1.0).abs() < 1e-3);
    let midpoint = jump_gradient(
        Midpoint,
        (&Crashing, &Crashing),
        theta,
        [1.0],
        (0.0, 1.0, 8),
        &times,
        &mut tree.cursor(),
        |x| (x[0], [1.0]),
    )
    .unwrap();
    // On a linear equation both schemes are the same polynomial.
    assert!(relative(&midpoint.parameters, &gradient.parameters) < 1e-13);
}

fn small() -> NetworkSde {
    let drift = Mlp::new(&[3, 8, 3], Activation::Tanh).unwrap();
    let diffusion = Mlp::new(&[3, 5, 3], Activation::Silu).unwrap();
    NetworkSde::new(drift, diffusion, 0.2, 0.9).unwrap()
}

fn loss(x: ArrayView2<f64>) -> (f64, Array2<f64>) {
    (x.iter().map(|x| x.sin()).sum(), x.mapv(f64::cos))
}

fn gradient(sde: &NetworkSde, scheme: BatchScheme, way: WayBack, steps: usize, theta: &[f64]) -> Vec<f64> {
    let mut batch = Batch::new(sde, scheme, way, Grid::new(0.0, 1.0, steps).unwrap());
    let start = Array2::from_shape_fn((20, 3), |(i, j)| (i + 2 * j) as f64 / 20.0);
    let mut gradient = vec![0.0; sde.parameters()];
    // Twice, since the buffers of the first are those of the second.
    for _ in 0..2 {
        gradient.fill(0.0);
        batch
            .gradient(theta, start.view(), &Streams::new(44, "batch"), 1, &mut gradient, |_, x, mut of_x| {
                let (value, slope) = loss(x);
                of_x.assign(&slope);
                Ok(value)
            })
            .unwrap();
    }
    gradient
}

#[test]
fn networks_in_batches() {
    let sde = small();
    let theta = sde.initial(&mut Streams::new(44, "batch parameters").stream(0));
    let start = Array2::from_shape_fn((20, 3), |(i, j)| (i + 2 * j) as f64 / 20.0);
    let mut reversible = 0.0;
    let mut adjoint = 0.0;
    for scheme in [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun] {
        let stored = gradient(&sde, scheme, WayBack::Stored, 10, &theta);
        assert_eq!(gradient(&sde, scheme, WayBack::Recorded, 10, &theta), stored, "{scheme:?}");
        let batch = Batch::new(&sde, scheme, WayBack::Stored, Grid::new(0.0, 1.0, 10).unwrap());
        // Central differences along axes all over θ.
        for m in (0..theta.len()).step_by(7) {
            let at = |sign: f64| {
                let mut theta = theta.clone();
                theta[m] += sign * 1e-5;
                let ends = batch.ends(&theta, start.view(), &Streams::new(44, "batch")).unwrap();
                loss(ArrayView2::from_shape((20, 3), &ends).unwrap()).0
            };
            let difference = (at(1.0) - at(-1.0)) / 2e-5;
            assert!((stored[m] - difference).abs() < 1e-7, "{scheme:?} {m}: {} {difference}", stored[m]);
        }
        let resolved = relative(&gradient(&sde, scheme, WayBack::Resolved, 10, &theta), &stored);
        match scheme {
            BatchScheme::ReversibleHeun => reversible = resolved,
            _ => {
                // The adjoint approaches the gradient of the discrete loss as the steps shrink.
                let [coarse, fine] = [40, 640].map(|steps| {
                    let stored = gradient(&sde, scheme, WayBack::Stored, steps, &theta);
                    relative(&gradient(&sde, scheme, WayBack::Resolved, steps, &theta), &stored)
                });
                assert!(fine < coarse / 4.0, "{scheme:?}: {coarse} {fine}");
                adjoint = resolved;
            }
        }
    }
    Check::new(
        "ch2_control/neural_sde/training/networks_in_batches",
        &["exr:2.8", "eq:2.11"],
        "two networks, a batch of 20 paths in three dimensions: the gradient by undoing reversible Heun against the stored one, relative deviation",
        "the backward system by the midpoint rule against the gradient through its steps",
    )
    .seed(44)
    .samples("10 steps")
    .within(reversible, 0.0, 1e-12, "rounding", adjoint);
}

#[test]
fn batches_are_driven_by_numbers() {
    // Biases alone: b = (½, −1), σ = 0.2 + 0.8/(1 + e^{−r}) with r = (ln 3, −ln 4). Whatever the scheme, path r ends at
    // x + bT + σ Σ ΔB_n, where ΔB_n is √h times the normal numbers of node n of the keyed family r.
    let linear = Mlp::new(&[2, 2], Activation::Tanh).unwrap();
    let sde = NetworkSde::new(linear.clone(), linear, 0.2, 1.0).unwrap();
    let theta = [0.0, 0.0, 0.0, 0.0, 0.5, -1.0, 0.0, 0.0, 0.0, 0.0, 3f64.ln(), 0.25f64.ln()];
    let (b, sigma) = ([0.5, -1.0], [0.8, 0.36]);
    let (grid, streams) = (Grid::new(0.0, 2.0, 8).unwrap(), Streams::new(48, "numbers"));
    let start = Array2::from_shape_fn((3, 2), |(r, j)| (r + 2 * j) as f64);
    for scheme in [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun] {
        let ends =
            Batch::new(&sde, scheme, WayBack::Stored, grid).ends(&theta, start.view(), &streams).unwrap();
        assert_eq!(ends.len(), 6);
        for (r, end) in ends.chunks_exact(2).enumerate() {
            let mut exact = [0, 1].map(|j| start[[r, j]] + 2.0 * b[j]);
            for n in 0..8 {
                let mut numbers = streams.keyed(r as u64).node(n);
                exact.iter_mut().zip(sigma).for_each(|(x, sigma)| *x += sigma * 0.5 * numbers.normal());
            }
            assert!(end.iter().zip(exact).all(|(end, exact)| (end - exact).abs() < 1e-13), "{scheme:?} {r}");
        }
        // A single step is recorded as well.
        let sde = small();
        let theta = sde.initial(&mut Streams::new(48, "batch parameters").stream(0));
        let [recorded, stored] =
            [WayBack::Recorded, WayBack::Stored].map(|way| gradient(&sde, scheme, way, 1, &theta));
        assert_eq!(recorded, stored, "{scheme:?}");
    }
}

#[test]
fn groups_stay_together() {
    let sde = small();
    let theta = sde.initial(&mut Streams::new(49, "group parameters").stream(0));
    let start = Array2::from_shape_fn((12, 3), |(i, j)| (i + 2 * j) as f64 / 12.0);
    let run = |group: usize| {
        let grid = Grid::new(0.0, 1.0, 4).unwrap();
        let mut batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Stored, grid);
        let (mut gradient, seen) = (vec![0.0; theta.len()], Mutex::new(Vec::new()));
        let streams = Streams::new(49, "groups");
        batch
            .gradient(&theta, start.view(), &streams, group, &mut gradient, |rows, x, mut of_x| {
                assert_eq!(x.nrows(), rows.len());
                let (value, slope) = loss(x);
                of_x.assign(&slope);
                seen.lock().unwrap().push(rows);
                Ok(value)
            })
            .unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|rows| rows.start);
        (gradient, seen)
    };
    let (single, _) = run(1);
    for group in [2, 3] {
        let (gradient, seen) = run(group);
        // From the first path to the last, in whole groups.
        let mut at = 0;
        for rows in seen {
            assert!(rows.start == at && rows.len().is_multiple_of(group), "{rows:?} after {at}");
            at = rows.end;
        }
        assert_eq!(at, 12);
        assert!(relative(&gradient, &single) < 1e-13);
    }
}

#[test]
fn numbers_held_by_a_batch() {
    // 10 paths in 3 dimensions, 7 steps: 8 vectors, 5 for each node that is kept, two nodes in a step but one of reversible
    // Heun, which ends at one more; and the states.
    let (sde, grid) = (small(), Grid::new(0.0, 1.0, 7).unwrap());
    for (scheme, way, vectors) in [
        (BatchScheme::Heun, WayBack::Recorded, 8 + 5 * 2 * 7),
        (BatchScheme::ReversibleHeun, WayBack::Recorded, 8 + 5 * 8),
        (BatchScheme::Heun, WayBack::Stored, 8 + 5 * 2 + 7),
        (BatchScheme::ReversibleHeun, WayBack::Resolved, 8 + 5 * 2),
    ] {
        assert_eq!(Batch::new(&sde, scheme, way, grid).held(10), vectors * 30, "{scheme:?} {way:?}");
    }
}

#[test]
fn same_bits_at_any_number_of_threads() {
    let sde = small();
    let theta = sde.initial(&mut Streams::new(45, "threads").stream(0));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| gradient(&sde, BatchScheme::ReversibleHeun, WayBack::Resolved, 10, &theta))
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn reversible_heun_loses_stability() {
    // dX = −λX dt: X and its companion drift apart like e^{λt}, whatever the step; Heun decays.
    use sdml::ch1_preliminaries::sde::{Reversible, ReversibleHeun, State, Step};
    let (lambda, steps, span) = (10.0, 4000, 4.0);
    let model = WithParameters::new(&LinearFamily(Stratonovich), [-lambda, 0.0]).unwrap();
    let h = span / steps as f64;
    let zero = sdml::ch1_preliminaries::sde::Increment::ZERO;
    let (mut state, mut x) = (Reversible::at([1.0]), [1.0]);
    for n in 0..steps {
        state = ReversibleHeun.step(&model, state, n as f64 * h, h, &zero);
        x = Heun.step(&model, x, n as f64 * h, h, &zero);
    }
    let gap = (state.x[0] - state.companion[0]).abs();
    // The parasitic root of the step is −(1 + λh/2)/(1 − λh/2)-like: its size is e^{λt} up to (λh)².
    let rate = gap.ln() / span;
    assert!(x[0] < 1e-16 && gap > 1.0 && (rate / lambda - 1.0).abs() < 0.5, "{gap} {rate}");
}

/// X(τ) of the double well with β = 2, by small Euler–Maruyama steps of our own.
fn double_well_end(x: f64, lag: f64, stream: &mut sdml::random::Stream) -> f64 {
    let h = lag / 200.0;
    (0..200).fold(x, |x, _| x + (x - x.powi(3)) * 4.0 * h + h.sqrt() * stream.normal())
}

#[test]
fn distance_of_a_model_that_only_spreads() {
    // With zero parameters the model is X(τ) = x + sB(τ): against the double well's law, simulated by other steps.
    let fit = TransitionFit::standard(0);
    let theta = vec![0.0; fit.initial().unwrap().len()];
    let spread = {
        let ends = fit.sample(&theta, 0.0, 1 << 14).unwrap();
        (ends.iter().map(|x| x * x).sum::<f64>() / ends.len() as f64).sqrt()
    };
    let (paths, mut sum) = (20_000, 0.0);
    for k in 0..9 {
        let x = fit.reach * (f64::from(k) - 4.0) / 4.0;
        let mut stream = Streams::new(46, "distance").stream(k as u64);
        let mut ends: Vec<f64> = (0..paths).map(|_| double_well_end(x, fit.lag, &mut stream)).collect();
        ends.sort_by(f64::total_cmp);
        // ∫ |G − F| over the line is ∫ |G⁻¹ − F⁻¹| over the probabilities.
        let quantile = |p: f64| sdml::statistics::normal::quantile(p).unwrap();
        let gaps = ends
            .iter()
            .enumerate()
            .map(|(i, end)| (end - x - spread * quantile((i as f64 + 0.5) / f64::from(paths))).abs());
        sum += gaps.sum::<f64>() / f64::from(paths) / 9.0;
    }
    let measured = fit.distance(&theta).unwrap();
    // Two samples of some 2¹⁴ points with a spread below 1, averaged over nine starts.
    assert!((measured - sum).abs() < 0.012, "{measured} {sum}");
    assert!(sum > 0.1);
}

#[test]
fn laws_to_compare_with() {
    // 1201 cells over [−3, 3], so that 0 is the center of one.
    let brief = TransitionFit { lag: 0.01, steps: 1, ..TransitionFit::standard(0) };
    let law = brief.law(0.0).unwrap();
    assert_eq!(law.grid().cells(), 1201);
    assert!((law.grid().spacing()[0] - 6.0 / 1201.0).abs() < 1e-15);
    assert!(law.grid().center(600)[0].abs() < 1e-14);
    // At β = ½ the law has the deviation √(2 · 0.01/β) = 0.2: paths with any other than √(2/β) would be much further off than
    // the cells and the sampling leave them.
    let warm = TransitionFit { beta: 0.5, ..brief }.floor().unwrap();
    assert!(warm < 0.015, "{warm}");
}

#[test]
fn reported_loss_is_the_energy_score() {
    // E|X − Y| − ½ E|X − X′| over the pairs, before the first step of Adam, from paths of the same model.
    let fit = TransitionFit { batch: 4096, iterations: 1, ..TransitionFit::standard(1) };
    let [_, losses] = fit.train(|_, _| ()).unwrap();
    let theta = fit.initial().unwrap();
    let mut stream = Streams::new(47, "energy score").stream(0);
    let mut score = sdml::statistics::Moments::default();
    for _ in 0..200 {
        let x = fit.reach * (2.0 * stream.uniform() - 1.0);
        let y = double_well_end(x, fit.lag, &mut stream);
        let ends = fit.sample(&theta, x, 64).unwrap();
        let to_data = ends.iter().map(|end| (end - y).abs()).sum::<f64>() / 64.0;
        let pairs = ends.chunks_exact(2).map(|pair| (pair[0] - pair[1]).abs()).sum::<f64>() / 32.0;
        score.push(to_data - 0.5 * pairs);
    }
    let estimate = score.mean().unwrap();
    assert!(estimate.z(losses[0]).abs() < 4.0, "{estimate:?} {}", losses[0]);
}

#[test]
fn the_double_well_is_learnt() {
    let fits: Vec<[f64; 3]> = (0..3)
        .map(|seed| {
            let fit = TransitionFit::standard(seed);
            let rows = kept::trained("ch2_control/neural_sde/training", "double-well", &fit, || {
                fit.train(|_, _| ()).map(|rows| rows.to_vec())
            })
            .unwrap();
            let untrained = fit.distance(&fit.initial().unwrap()).unwrap();
            [fit.distance(&rows[0]).unwrap(), untrained, fit.floor().unwrap()]
        })
        .collect();
    let worst = fits.iter().map(|[trained, ..]| *trained).fold(0.0, f64::max);
    let best_untrained = fits.iter().map(|[_, untrained, _]| *untrained).fold(f64::INFINITY, f64::min);
    crate::pins::pin(
        "ch2_control/neural_sde/training/fits",
        (0..3)
            .map(|seed| {
                let [trained, untrained, floor] = fits[seed];
                format!("seed_{seed} = {trained:.3}\nuntrained_{seed} = {untrained:.3}\nfloor_{seed} = {floor:.4}\n")
            })
            .collect::<String>(),
    );
    Check::new(
        "ch2_control/neural_sde/training/the_double_well_is_learnt",
        &["eq:2.3", "thm:2.7"],
        "a neural SDE trained on 16384 pairs of the double well: mean Wasserstein distance of its transition laws from the true ones, the worst of three seeds",
        "the best of the three untrained networks",
    )
    .seed(0)
    .samples("seeds 0, 1, 2; nine starts, 16384 paths each")
    .within(worst, 0.0, 0.1, "the target set before training: a twentieth of the distance between the wells", best_untrained);
}

/// However large the parameters, the noise of the model stays between 0.05 and 2, and reaches both.
#[test]
fn noise_of_the_fit_is_bounded() {
    let fit = TransitionFit::standard(0);
    let (model, mut theta) = (fit.model().unwrap(), fit.initial().unwrap());
    let x = Array2::from_shape_fn((7, 1), |(k, _)| k as f64 - 3.0);
    let last = theta.len() - 1;
    for (bias, exact) in [(-1e3, 0.05), (1e3, 2.0)] {
        // The last parameter is the bias of σ's network.
        theta[last] = bias;
        let [_, sigma] = model.coefficients(&theta, x.view()).unwrap();
        assert!(sigma.iter().all(|sigma| (sigma - exact).abs() < 1e-12), "{sigma:?}");
    }
}
