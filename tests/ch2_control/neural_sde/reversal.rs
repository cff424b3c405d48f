use super::adjoint::Seasonal;
use super::{NEURON, PLANE, smooth, tree};
use crate::check::Check;
use sdml::ch1_preliminaries::sde::{
    Equation, EulerMaruyama, GeometricBrownian, Grid, Heun, Increment, Increments, Ito, Reading, solve_end,
};
use sdml::ch2_control::neural_sde::{Driver, OneNeuron, Reversed, TwoNoises, WithParameters, reversed};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order};

#[test]
fn retraced_on_a_smooth_path() {
    let model = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let back = Reversed::new(model, 1.0).unwrap();
    let mut path = smooth::<1>(1);
    let (mut h, mut misses, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let fine =
        solve_end(Heun, &model, [0.3], &path.increments(&Grid::new(0.0, 1.0, 1 << 15).unwrap()).unwrap());
    let fine = fine.unwrap()[0];
    for steps in [64, 128, 256, 512, 1024] {
        let grid = Grid::new(0.0, 1.0, steps).unwrap();
        let noise = path.increments(&grid).unwrap();
        let end = solve_end(Heun, &model, [0.3], &noise).unwrap();
        let start = solve_end(Heun, &back, end, &reversed(&noise).unwrap()).unwrap();
        h.push(grid.h());
        misses.push((start[0] - 0.3).abs());
        errors.push((end[0] - fine).abs());
    }
    let miss = fit_order(&h, &misses, 0.95).unwrap();
    let error = fit_order(&h, &errors, 0.95).unwrap();
    Check::new(
        "ch2_control/neural_sde/reversal/retraced_on_a_smooth_path",
        &["lem:2.6", "eq:2.8"],
        "Heun forward and back along (2.8) on a smooth path misses the start by O(h³)",
        "the order of the scheme's own error, 2: that the miss is as large as the error",
    )
    .seed(1)
    .samples("steps 1/64 to 1/1024")
    .within(
        miss.order,
        3.0,
        0.2,
        "a fit over four octaves, whose next term is of relative size h",
        error.order,
    );
}

#[test]
fn retraced_on_brownian_paths() {
    // Forward and back Heun multiplies by (1 + v + v²/2)(1 − v + v²/2) = 1 + v⁴/4 with v = σΔB, so that
    // E X̃(T)/X_0 = (1 + ¾σ⁴h²)ᴺ.
    let (sigma, steps) = (1.0, 16);
    let gbm = GeometricBrownian::new(0.0, sigma).unwrap();
    let back = Reversed::new(gbm, 1.0).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [there_and_back, unturned] =
        ensemble(&Streams::new(2, "retraced"), 20_000, buffer, |noise, stream| {
            noise.resample(stream);
            let end = solve_end(Heun, &gbm, [1.0], noise)?;
            let [start] = solve_end(Heun, &back, end, &reversed(noise)?)?;
            let [wrong] = solve_end(Heun, &back, end, noise)?;
            Ok([start, wrong])
        })
        .unwrap();
    let exact = (1.0 + 0.75 * sigma.powi(4) * grid.h().powi(2)).powi(steps as i32);
    Check::new(
        "ch2_control/neural_sde/reversal/retraced_on_brownian_paths",
        &["lem:2.6", "eq:2.8"],
        "dX = X ∘ dB retraced by Heun with 16 steps: the mean of X̃(1)/X(0) is (1 + ¾h²)^16",
        "(2.8) driven by dB(t) in place of dB(T − t)",
    )
    .seed(2)
    .samples("20000 paths of 16 steps")
    .statistical(there_and_back.mean().unwrap(), exact, unturned.mean().unwrap().mean);
}

#[test]
fn ito_reading_does_not_retrace() {
    // Euler–Maruyama there and back multiplies by (1 + μh + σΔB)(1 − μh − σΔB) = 1 − (μh + σΔB)².
    let (mu, sigma, steps) = (0.3, 0.8, 64);
    let gbm = GeometricBrownian::new(mu, sigma).unwrap();
    let (there, back) = (Reading(Ito, gbm), Reading(Ito, Reversed::new(gbm, 1.0).unwrap()));
    let stratonovich = Reversed::new(gbm, 1.0).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [missed, retraced] = ensemble(&Streams::new(3, "Itô reversed"), 20_000, buffer, |noise, stream| {
        noise.resample(stream);
        let end = solve_end(EulerMaruyama, &there, [1.0], noise)?;
        let [start] = solve_end(EulerMaruyama, &back, end, &reversed(noise)?)?;
        let end = solve_end(Heun, &gbm, [1.0], noise)?;
        let [retraced] = solve_end(Heun, &stratonovich, end, &reversed(noise)?)?;
        Ok([start, retraced])
    })
    .unwrap();
    let h = grid.h();
    let exact = (1.0 - (mu * h).powi(2) - sigma * sigma * h).powi(steps as i32);
    // The limit is X_0 exp(−σ²T).
    assert!((exact / (-sigma * sigma).exp() - 1.0).abs() < 2.0 * h);
    Check::new(
        "ch2_control/neural_sde/reversal/ito_reading_does_not_retrace",
        &["lem:2.6", "u:27"],
        "read by Itô, Euler–Maruyama there and back ends at (1 − μ²h² − σ²h)^N on average, near exp(−σ²T)",
        "the start: what the same noise retraces when both equations are read by Stratonovich",
    )
    .seed(3)
    .samples("20000 paths of 64 steps")
    .statistical(missed.mean().unwrap(), exact, retraced.mean().unwrap().mean);
}

#[test]
fn retracing_is_not_converging() {
    // The columns of σ do not commute: increments alone give the strong order ½. Yet a step retraces the flow of a
    // straight line between two values of B, an ordinary differential equation, up to the fourth order in ΔB ~ √h.
    let model = WithParameters::new(&TwoNoises, PLANE).unwrap();
    let back = Reversed::new(model, 1.0).unwrap();
    let fine = Grid::new(0.0, 1.0, 8192).unwrap();
    const LEVELS: [usize; 5] = [128, 64, 32, 16, 8];
    let buffer = || Increments::<2>::sample(fine, &mut Streams::new(0, "buffer").stream(0));
    let moments = ensemble(&Streams::new(4, "retracing"), 200, buffer, |noise, stream| {
        noise.resample(stream);
        let exact = solve_end(Heun, &model, [0.3, -0.2], noise)?;
        let mut squares = [0.0; 2 * LEVELS.len()];
        for (pair, factor) in squares.chunks_exact_mut(2).zip(LEVELS) {
            let noise = noise.coarsen(factor)?;
            let end = solve_end(Heun, &model, [0.3, -0.2], &noise)?;
            let start = solve_end(Heun, &back, end, &reversed(&noise)?)?;
            pair[0] = (start[0] - 0.3).powi(2) + (start[1] + 0.2).powi(2);
            pair[1] = (end[0] - exact[0]).powi(2) + (end[1] - exact[1]).powi(2);
        }
        Ok(squares)
    })
    .unwrap();
    let h: Vec<f64> = LEVELS.iter().map(|factor| *factor as f64 / 8192.0).collect();
    let rms = |of: usize| -> Vec<f64> {
        moments.iter().skip(of).step_by(2).map(|m| m.mean().unwrap().mean.sqrt()).collect()
    };
    let [miss, error] = [0, 1].map(|of| fit_order(&h, &rms(of), 0.95).unwrap());
    Check::new(
        "ch2_control/neural_sde/reversal/retracing_is_not_converging",
        &["lem:2.6"],
        "with noise whose columns do not commute, Heun still retraces its path with an rms miss of order 1",
        "the strong order of the same scheme on the same paths, ½",
    )
    .seed(4)
    .samples("200 paths, steps 1/1024 to 1/64")
    .within(miss.order, 1.0, 0.15, "the fit's interval and the next term over four octaves", error.order);
}

#[test]
fn turning_twice_is_not_turning() {
    let noise =
        Increments::<2>::sample(Grid::new(0.0, 2.0, 7).unwrap(), &mut Streams::new(5, "turn").stream(0));
    let twice = reversed(&reversed(&noise).unwrap()).unwrap();
    for (a, b) in noise.steps().iter().zip(twice.steps()) {
        assert_eq!(a.db, b.db);
        assert!((0..2).all(|j| (a.dz[j] - b.dz[j]).abs() < 1e-15));
    }
    // On one step, ΔZ of B(T − t): from the values 0, 1, 3 at 0, ½, 1, whose polygon has the integral 1¼ from the left and
    // 1¼ − 3 from the right.
    let half = |db: f64| Increment { db: [db], dz: [0.25 * db] };
    let fine = Increments::of(Grid::new(0.0, 1.0, 2).unwrap(), vec![half(1.0), half(2.0)]).unwrap();
    assert_eq!(reversed(&fine.coarsen(2).unwrap()).unwrap().steps()[0].dz, [-1.75]);
    assert_eq!(reversed(&fine).unwrap().coarsen(2).unwrap().steps()[0].dz, [-1.75]);
    // The tree gives the same increments from either side.
    let tree = tree::<1>("turn", 6, 0);
    let forward = tree.cursor().increments(&Grid::new(0.0, 1.0, 64).unwrap()).unwrap();
    let sum: f64 = forward.steps().iter().map(|step| step.db[0]).sum();
    assert!((sum - tree.at(1.0).unwrap()[0]).abs() < 1e-14);
}

#[test]
fn coefficients_run_backwards() {
    let model = || WithParameters::new(&Seasonal, [0.9, 0.7]).unwrap();
    let back = Reversed::new(model(), 1.0).unwrap();
    assert_eq!(back.drift(&[2.0], 0.25), model().drift(&[2.0], 0.75).map(|b| -b));
    assert_eq!(back.diffusion(&[2.0f64], 0.25), model().diffusion(&[2.0f64], 0.75));
}
