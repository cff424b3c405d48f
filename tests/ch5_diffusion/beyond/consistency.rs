use crate::check::Check;
use ndarray::{Array2, ArrayView2};
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch3_flows::transport::{sliced_wasserstein_2, wasserstein_2};
use sdml::ch5_diffusion::beyond::{Aim, Distillation, FlowMap, OneStep, rearrangement};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{GaussianCase, Normal, ScoreError, decay, noise_variance};
use sdml::random::Streams;

const SECTION: &str = "ch5_diffusion/beyond";
const HORIZON: f64 = 3.0;
const FIRST: f64 = 1e-3;

fn ring() -> Mixture<2> {
    Mixture::ring(8, 2.0, 0.2).unwrap()
}

fn normals(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let streams = Streams::new(seed, "normals");
    let mut x = Array2::zeros((rows, columns));
    for (i, mut row) in x.outer_iter_mut().enumerate() {
        let mut stream = streams.stream(i as u64);
        row.iter_mut().for_each(|x| *x = stream.normal());
    }
    x
}

/// The root of the mean of |a_i − b_i|².
fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    ((a - b).mapv(|x| x * x).sum() / a.nrows() as f64).sqrt()
}

fn largest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0f64, |largest, x| largest.max(x.abs()))
}

/// E[X(0) | X(t) = x], row by row.
fn conditional_means(data: &Mixture<2>, t: f64, x: ArrayView2<f64>) -> Array2<f64> {
    let (a, b) = (decay(t), noise_variance(t).sqrt());
    let mut means = Array2::zeros(x.dim());
    for (mut mean, x) in means.outer_iter_mut().zip(x.outer_iter()) {
        let found = data.conditional_mean(a, b, &[x[0], x[1]]).unwrap();
        mean.iter_mut().zip(found).for_each(|(place, m)| *place = m);
    }
    means
}

#[test]
fn constant_along_the_flow() {
    let (data, x) = (ring(), normals(100, 2, 1));
    let flow = FlowMap::new(data.clone(), 1e-11).unwrap();
    let f = flow.consistency(HORIZON, x.view()).unwrap();
    let (mut worst, mut by_mean) = (0.0f64, 0.0f64);
    let first = conditional_means(&data, HORIZON, x.view());
    for t in [2.0, 1.0, 0.3, 0.05, 1e-3] {
        let on_the_path = flow.between(HORIZON, t, x.view()).unwrap();
        worst = worst.max(largest(&flow.consistency(t, on_the_path.view()).unwrap(), &f));
        by_mean = by_mean.max(largest(&conditional_means(&data, t, on_the_path.view()), &first));
    }
    Check::new(
        "ch5_diffusion/beyond/consistency/constant_along_the_flow",
        &["r:18"],
        "f(x(t), t) does not change along a path of the probability flow",
        "the conditional mean E[X(0) | X(t) = x(t)] in place of f",
    )
    .seed(1)
    .samples("100 paths, five times on each")
    .within(
        worst,
        0.0,
        1e-8,
        "steps with errors of 1e-11, stretched by the flow between two modes",
        by_mean,
    );
}

#[test]
fn rearrangement_on_the_line() {
    // The solver against distribution functions: two ways to f without a common step.
    let data =
        Mixture::new(&[0.3, 0.5, 0.2], &[[-1.5], [0.2], [2.0]], &[[[0.04]], [[0.09]], [[0.25]]]).unwrap();
    let flow = FlowMap::new(data.clone(), 1e-12).unwrap();
    let (mut worst, mut by_mean) = (0.0f64, 0.0f64);
    for t in [0.1, 0.7, 3.0] {
        let x = Array2::from_shape_fn((41, 1), |(i, _)| -2.0 + 0.1 * i as f64);
        let f = flow.consistency(t, x.view()).unwrap();
        for (x, f) in x.iter().zip(&f) {
            worst = worst.max((rearrangement(&data, t, *x).unwrap() - f).abs());
            let mean = data.conditional_mean(decay(t), noise_variance(t).sqrt(), &[*x]).unwrap()[0];
            by_mean = by_mean.max((mean - f).abs());
        }
    }
    Check::new(
        "ch5_diffusion/beyond/consistency/rearrangement_on_the_line",
        &["r:18"],
        "on the line f(x, t) is the monotone rearrangement of p(·, t) into p(·, 0)",
        "the conditional mean E[X(0) | X(t) = x]",
    )
    .within(
        worst,
        0.0,
        1e-8,
        "steps with errors of 1e-12, stretched by the flow between two modes",
        by_mean,
    );
}

#[test]
fn consistency_of_normal_data() {
    // x − μ_t is stretched by √(v_0/v_t); the conditional mean stretches it by e^{−t} v_0/v_t.
    let law = Normal { mean: 0.8, variance: 0.09 };
    let case = GaussianCase::new(law, ScoreError::NONE).unwrap();
    let flow = FlowMap::new(Mixture::gaussian([law.mean], [[law.variance]]).unwrap(), 1e-12).unwrap();
    let (t, x) = (1.3, ndarray::array![[1.9]]);
    let at = case.law(t);
    let exact = law.mean + (1.9 - at.mean) * (law.variance / at.variance).sqrt();
    Check::new(
        "ch5_diffusion/beyond/consistency/consistency_of_normal_data",
        &["r:18"],
        "for normal data f(x, t) = m + (x − μ)√(v_0/v)",
        "the conditional mean, m + (x − μ) e^{−t} v_0/v",
    )
    .within(
        flow.consistency(t, x.view()).unwrap()[[0, 0]],
        exact,
        1e-10,
        "steps with errors of 1e-12",
        law.mean + (1.9 - at.mean) * decay(t) * law.variance / at.variance,
    );
}

/// A network without hidden layers, trained on normal data, on the line.
fn affine(aim: Aim, nodes: usize) -> Distillation<1> {
    let steps = 400;
    Distillation {
        hidden: vec![],
        horizon: 0.6,
        nodes,
        batch: 64,
        steps,
        schedule: Schedule::Cosine { rate: 5e-2, steps },
        ..Distillation::new(Mixture::gaussian([0.8], [[0.3]]).unwrap(), aim, 0)
    }
}

#[test]
fn affine_networks_learn_affine_maps() {
    // For normal data the score is affine, and with it what is to be learned: nothing is left to miss.
    let case = GaussianCase::new(Normal { mean: 0.8, variance: 0.3 }, ScoreError::NONE).unwrap();
    let (first, horizon) = (FIRST, 0.6);
    let score = |t: f64, x: f64| (case.law(t).mean - x) / case.law(t).variance;
    // One node: Heun's step over all of [t_0, T].
    let heun = |x: f64| {
        let d = horizon - first;
        let slope = x + score(horizon, x);
        let end = x + d * slope;
        x + 0.5 * d * (slope + end + score(first, end))
    };
    let flow = |x: f64| {
        let (start, end) = (case.law(horizon), case.law(first));
        end.mean + (x - start.mean) * (end.variance / start.variance).sqrt()
    };
    assert!((heun(2.0) - flow(2.0)).abs() > 0.05);
    let maps: [(Aim, &dyn Fn(f64) -> f64); 2] = [(Aim::Consistency, &heun), (Aim::EndPoints(200), &flow)];
    for (aim, exact) in maps {
        let model = affine(aim, 1).train(|_, _| ()).unwrap();
        let x = ndarray::array![[-1.5], [0.0], [2.0]];
        for (x, found) in x.iter().zip(&model.map(horizon, x.view()).unwrap()) {
            assert!((found - exact(*x)).abs() < 1e-3, "{aim:?} {x}: {found} {}", exact(*x));
        }
    }
}

#[test]
fn reported_loss_is_that_of_the_last_tenth() {
    for (aim, steps) in [(Aim::Consistency, 40), (Aim::EndPoints(20), 15)] {
        let recipe = Distillation { steps, ..affine(aim, 3) };
        let mut losses = Vec::new();
        let model = recipe.train(|_, loss| losses.push(loss)).unwrap();
        let late = &losses[steps - steps.div_ceil(10)..];
        let mean = late.iter().sum::<f64>() / late.len() as f64;
        assert!(losses.len() == steps && (model.loss() / mean - 1.0).abs() < 1e-12, "{aim:?}");
    }
}

fn distilled(aim: Aim, seed: u64) -> OneStep {
    let recipe = Distillation::new(ring(), aim, seed);
    let rows = kept::trained(SECTION, "distillation", &recipe, || recipe.rows()).unwrap();
    recipe.from_rows(&rows).unwrap()
}

/// 2000 starts and where the exact flow takes them.
fn exact_pairs() -> [Array2<f64>; 2] {
    let z = normals(2000, 2, 77);
    let ends = FlowMap::new(ring(), 1e-8).unwrap().between(HORIZON, FIRST, z.view()).unwrap();
    [z, ends]
}

#[test]
fn one_step_against_the_exact_map() {
    let [z, exact] = exact_pairs();
    let error = |aim: Aim| {
        let of_seed = |seed| distance(&distilled(aim, seed).map(HORIZON, z.view()).unwrap(), &exact);
        [0, 1, 2].map(of_seed).into_iter().fold(0.0, f64::max)
    };
    let denoiser = distance(&conditional_means(&ring(), HORIZON, z.view()), &exact);
    let check = |key, claim| {
        Check::new(key, &["r:18"], claim, "one step of the exact denoiser, the conditional mean")
            .seed(0)
            .samples("seeds 0, 1, 2; 2000 starts; root mean square")
    };
    let because = "the target set before training: an eighth of the ring's diameter";
    check(
        "ch5_diffusion/beyond/consistency/one_step_against_the_exact_map",
        "one step of the network distilled by consistency lies near the exact map, worst of three seeds",
    )
    .within(error(Aim::Consistency), 0.0, 0.5, because, denoiser);
    check(
        "ch5_diffusion/beyond/consistency/one_step_by_regression",
        "one step of the network that regresses end points lies near the exact map, worst of three seeds",
    )
    .within(error(Aim::EndPoints(16_384)), 0.0, 0.5, because, denoiser);
}

#[test]
fn law_of_one_step() {
    let fresh = ring().sample(1000, &Streams::new(11, "fresh"));
    let again = ring().sample(1000, &Streams::new(12, "fresh"));
    let floor = wasserstein_2(fresh.view(), again.view()).unwrap();
    let of_seed = |seed| {
        let points = distilled(Aim::Consistency, seed).sample(1000, &Streams::new(13, "one step")).unwrap();
        wasserstein_2(fresh.view(), points.view()).unwrap()
    };
    let worst = [0, 1, 2].map(of_seed).into_iter().fold(0.0, f64::max);
    let z = normals(1000, 2, 14);
    let means = conditional_means(&ring(), HORIZON, z.view());
    let directions = &mut Streams::new(15, "directions").stream(0);
    assert!(sliced_wasserstein_2(fresh.view(), means.view(), 100, directions).unwrap() > 1.0);
    Check::new(
        "ch5_diffusion/beyond/consistency/law_of_one_step",
        &["r:18"],
        "2-Wasserstein distance of 1000 one-step samples from as many data, worst of three seeds, against that of two fresh samples",
        "one step of the exact denoiser",
    )
    .seed(13)
    .samples("1000 points against 1000, seeds 0, 1, 2")
    .within(
        worst,
        floor,
        0.5,
        "the root mean square allowed for the map, which bounds the distance of the laws",
        wasserstein_2(fresh.view(), means.view()).unwrap(),
    );
}

#[test]
fn loss_of_the_first_step_of_a_distillation() {
    // Eight points, each from a stream of its own, and f_θ = (1 − u) x + u (θ₀ x + θ₁ u + θ₂).
    let case = GaussianCase::new(Normal { mean: 0.8, variance: 0.3 }, ScoreError::NONE).unwrap();
    let score = |t: f64, x: f64| (case.law(t).mean - x) / case.law(t).variance;
    let first_loss = |aim: Aim| {
        let recipe = Distillation { batch: 8, steps: 1, ..affine(aim, 3) };
        let mut losses = Vec::new();
        let model = recipe.train(|_, loss| losses.push(loss)).unwrap();
        assert_eq!(losses, [model.loss()]);
        losses[0]
    };
    let recipe = affine(Aim::Consistency, 3);
    let theta = recipe.network().unwrap().initial(&mut Streams::new(0, "parameters").stream(0));
    let f = |x: f64, u: f64| (1.0 - u) * x + u * (theta[0] * x + theta[1] * u + theta[2]);
    let share = |n: usize| n as f64 / 3.0;
    let time = |n: usize| FIRST + (0.6 - FIRST) * share(n).powi(2);
    let along_the_flow = (0..8).map(|i| {
        let mut stream = Streams::new(0, "batches").stream(i);
        let n = 1 + (3.0 * stream.uniform()) as usize;
        let (t, before) = (time(n), time(n - 1));
        let [start] = recipe.data.draw(&mut stream);
        let x = decay(t) * start + noise_variance(t).sqrt() * stream.normal();
        let slope = x + score(t, x);
        let end = x + (t - before) * slope;
        let heun = x + 0.5 * (t - before) * (slope + end + score(before, end));
        (f(x, share(n)) - f(heun, share(n - 1))).powi(2)
    });
    let exact = along_the_flow.sum::<f64>() / 8.0;
    assert!((first_loss(Aim::Consistency) / exact - 1.0).abs() < 1e-10, "{exact}");
    // Two starts, of which each point takes one.
    let starts = Array2::from_shape_fn((2, 1), |(i, _)| Streams::new(0, "starts").stream(i as u64).normal());
    let ends = FlowMap::new(recipe.data.clone(), 1e-6).unwrap().between(0.6, FIRST, starts.view()).unwrap();
    let to_the_end = (0..8).map(|i| {
        let row = (2.0 * Streams::new(0, "batches").stream(i).uniform()) as usize;
        (f(starts[[row, 0]], 1.0) - ends[[row, 0]]).powi(2)
    });
    let exact = to_the_end.sum::<f64>() / 8.0;
    assert!((first_loss(Aim::EndPoints(2)) / exact - 1.0).abs() < 1e-10, "{exact}");
}
