use crate::check::Check;
use crate::quadrature::integrate;
use ndarray::Array2;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch3_flows::data::{DataLaw, negative_log_likelihood};
use sdml::ch3_flows::transport::mmd_squared;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Denoiser, DivergentField, ExactScore, Method, Noising, Recipe, Reverse, ScoreField, Source, Weight,
    decay, descending_times, flow_to_noise, irreducible, irreducible_at, least_noise_loss, noise_variance,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, estimate};

const SECTION: &str = "ch5_diffusion/score/training";

fn eight() -> Mixture<2> {
    Mixture::ring(8, 2.0, 0.2).unwrap()
}

/// A trained network, shared with the figures.
pub fn trained<D: Source>(name: &str, recipe: &Recipe<D>) -> Denoiser {
    let rows = kept::trained(SECTION, name, recipe, || recipe.rows()).unwrap();
    recipe.from_rows(&rows).unwrap()
}

#[test]
fn unweighted_loss_is_infinite() {
    // Data N(0, ¼): ∫ (1/c − 1/v) dt = ½ log(c/v) between the ends. The loss of the exact score, by draws of (X_0, X_t) with
    // t spread evenly in log t.
    let (data, seed, horizon) = (Mixture::gaussian([0.0], [[0.25]]).unwrap(), 1, 3.0);
    let exact = |first: f64| {
        let log_ratio = |t: f64| (noise_variance(t) / (0.25 * decay(t).powi(2) + noise_variance(t))).ln();
        0.5 * (log_ratio(horizon) - log_ratio(first))
    };
    let measured = |first: f64| {
        let width = (horizon / first).ln();
        let [loss] = estimate(&Streams::new(seed, "denoising"), 100_000, |stream| {
            let t = first * (width * stream.uniform()).exp();
            let [start] = data.draw(stream);
            let (a, c, eps) = (decay(t), noise_variance(t), stream.normal());
            let x = a * start + c.sqrt() * eps;
            let score = -x / (0.25 * a * a + c);
            [width * t * (score + eps / c.sqrt()).powi(2)]
        })
        .unwrap();
        loss
    };
    // Every decade adds ½ log 10.
    for first in [1e-1, 1e-2, 1e-3] {
        assert!((exact(first / 10.0) - exact(first) - 0.5 * 10f64.ln()).abs() < 0.3);
        let quadrature = irreducible(&data, Weight::One, first, horizon).unwrap();
        assert!((quadrature - exact(first)).abs() < 1e-9);
    }
    assert!((exact(1e-4) - exact(1e-3) - 0.5 * 10f64.ln()).abs() < 1e-2);
    Check::new(
        "ch5_diffusion/score/training/unweighted_loss_is_infinite",
        &["eq:5.4", "u:55"],
        "the denoising loss of the exact score from t_0 = 10⁻⁴ to 3 is ½ log(c/v) between the ends, and grows without bound",
        "its value from t_0 = 10⁻³ on, as if the integral had converged there",
    )
    .seed(seed)
    .samples("100000 draws")
    .statistical(measured(1e-4), exact(1e-4), exact(1e-3));
    // With the weight c(t) it stays finite: v_0/(2(v_0 − 1)) log(v_0/v_T).
    let limit =
        0.25 / (2.0 * -0.75) * (0.25 / (0.25 * decay(horizon).powi(2) + noise_variance(horizon))).ln();
    let weighted = irreducible(&data, Weight::NoiseVariance, 1e-9, horizon).unwrap();
    assert!((weighted - limit).abs() < 1e-8, "{weighted} {limit}");
}

#[test]
fn denoising_differs_by_a_constant() {
    // At one time, for a network that is far from the score: E|s − ∇ log P|² − E|s − ∇ log p|² from the same draws.
    let (data, t, seed) = (Mixture::isotropic(&[0.4, 0.6], &[[-1.0], [1.25]], 0.5).unwrap(), 0.2, 2);
    let law = Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    let model = |x: f64| (3.0 * x).sin() - x;
    let [difference] = estimate(&Streams::new(seed, "matching"), 200_000, |stream| {
        let ([start], eps) = (data.draw(stream), stream.normal());
        let c = noise_variance(t);
        let x = decay(t) * start + c.sqrt() * eps;
        let s = model(x);
        [(s + eps / c.sqrt()).powi(2) - (s - law.score(&[x])[0]).powi(2)]
    })
    .unwrap();
    let fisher = integrate(-8.0, 8.0, 200, |x| law.score(&[x])[0].powi(2) * law.density(&[x]));
    let constant = 1.0 / noise_variance(t) - fisher;
    assert!((irreducible_at(&data, t).unwrap() - constant).abs() < 1e-9);
    Check::new(
        "ch5_diffusion/score/training/denoising_differs_by_a_constant",
        &["u:55", "eq:5.4"],
        "at one time the denoising loss exceeds E|s − ∇ log p|² by n/c − E|∇ log p|², whatever s is",
        "by n/c, without the second term",
    )
    .seed(seed)
    .samples("200000 draws")
    .statistical(difference, constant, 1.0 / noise_variance(t));
}

#[test]
fn trained_loss_reaches_its_floor() {
    let floor = least_noise_loss(&eight(), 1e-4, 3.0).unwrap();
    let mut worst: Option<Estimate> = None;
    for seed in 0..3 {
        let recipe = Recipe::new(DataLaw::Eight, seed);
        let loss = recipe.loss(&trained("eight", &recipe), 200_000, 100 + seed).unwrap();
        assert!(loss.mean > floor - 4.0 * loss.standard_error);
        if worst.is_none_or(|worst| loss.mean > worst.mean) {
            worst = Some(loss);
        }
    }
    let worst = worst.unwrap();
    Check::new(
        "ch5_diffusion/score/training/trained_loss_reaches_its_floor",
        &["eq:5.4", "u:55"],
        "on eight Gaussians the trained network's mean of |ε̂ − ε|² is its least value, n − c E|∇ log p|² averaged over u, but for 0.02",
        "0, the least value if the constant were forgotten",
    )
    .samples("worst of the seeds 0, 1, 2 on 200000 fresh draws")
    .within(worst.mean, floor, 0.02, "4 standard errors are 0.007; the excess asked for is 0.013", 0.0);
}

#[test]
fn network_score_against_exact_score() {
    // c E|s_θ − ∇ log p|² over u, on points of the noised law: what the network adds to the floor.
    let exact = ExactScore::new(eight());
    let mut worst: f64 = 0.0;
    let error = |model: &Denoiser, late: bool| {
        let [first, horizon] = model.times();
        let mut sum = 0.0;
        for k in 0..20 {
            let u = (f64::from(k) + 0.5) / 20.0;
            let t = first + (horizon - first) * u * u;
            let law = Noising::OrnsteinUhlenbeck.law(exact.data(), t).unwrap();
            let x = law.sample(1000, &Streams::new(k as u64, "points"));
            let (mut found, mut true_score) = (Array2::zeros(x.dim()), Array2::zeros(x.dim()));
            let asked = if late { horizon + first - t } else { t };
            model.write(asked, x.view(), &mut model.workspace(), found.view_mut()).unwrap();
            exact.write(t, x.view(), &mut (), true_score.view_mut()).unwrap();
            let square: f64 = (&found - &true_score).iter().map(|d| d * d).sum();
            sum += noise_variance(t) * square / 1000.0;
        }
        sum / 20.0
    };
    let mut models = Vec::new();
    for seed in 0..3 {
        let model = trained("eight", &Recipe::new(DataLaw::Eight, seed));
        worst = worst.max(error(&model, false));
        models.push(model);
    }
    Check::new(
        "ch5_diffusion/score/training/network_score_against_exact_score",
        &["eq:5.4"],
        "c E|s_θ − ∇ log p|², averaged over u, on eight Gaussians",
        "the network asked at T − t",
    )
    .samples("worst of the seeds 0, 1, 2; 20 times, 1000 points each")
    .within(
        worst,
        0.0,
        0.02,
        "the excess over the floor asked for, 0.013, and the spread of 20000 points",
        error(&models[0], true),
    );
}

/// MMD² of 2000 points from 2000 of eight Gaussians, drawn from the stream `index`.
fn mmd(points: &Array2<f64>, index: u64) -> f64 {
    let fresh = DataLaw::Eight.points(2000, &mut Streams::new(12345, "fresh").stream(index));
    mmd_squared(points.view(), fresh.view(), &[0.2, 1.0]).unwrap()
}

#[test]
fn samples_of_the_trained_network() {
    let mean = |recipe: &Recipe<DataLaw>, h: f64, method: Method, steps: usize| {
        let model = trained("eight", recipe);
        let measured = || {
            let [first, horizon] = model.times();
            let reverse = Reverse::new(&model, h, descending_times(horizon, first, steps, 2.0)?, method)?;
            let pair = |k: u64| Ok(mmd(&reverse.sample(2000, &Streams::new(7 + k, "quality"))?, k));
            let pairs: sdml::Result<Vec<f64>> = (0..4).map(pair).collect();
            Ok::<_, sdml::Error>(vec![pairs?])
        };
        let rows = kept::trained(SECTION, "mmd", &(recipe, h, method, steps), measured).unwrap();
        rows[0].iter().sum::<f64>() / 4.0
    };
    let mut worst = f64::NEG_INFINITY;
    for seed in 0..3 {
        let recipe = Recipe::new(DataLaw::Eight, seed);
        worst = worst.max(mean(&recipe, 1.0, Method::Euler, 200));
        for (h, method, steps) in [
            (0.0, Method::Heun, 50),
            (0.0, Method::Exponential, 100),
            (1.0, Method::PredictorCorrector { ratio: 0.1 }, 100),
        ] {
            let found = mean(&recipe, h, method, steps);
            assert!(found < 0.004, "{seed} {method:?}: {found}");
        }
    }
    let normal = Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let noise = normal.sample(2000, &Streams::new(8, "noise"));
    Check::new(
        "ch5_diffusion/score/training/samples_of_the_trained_network",
        &["eq:5.5"],
        "MMD² between 2000 points of the reverse SDE with the trained score and 2000 fresh data, eight Gaussians, mean of four pairs",
        "the points of the prior",
    )
    .samples("worst of the seeds 0, 1, 2; h = 1, 200 steps")
    .within(worst, 0.0, 0.004, "the mean of four pairs of fresh samples deviates by 0.0003; the least of the peers' values is 0.0036", mmd(&noise, 0));
}

#[test]
fn likelihood_along_the_flow() {
    let exact = ExactScore::new(eight());
    let times = descending_times(3.0, 0.0, 600, 2.0).unwrap();
    let points = ndarray::array![[1.9, 0.1], [0.0, 0.0], [1.2, 1.2], [-2.2, 0.6], [0.3, -1.5]];
    let flowed = flow_to_noise(&exact, &times, points.view()).unwrap();
    let law = Noising::OrnsteinUhlenbeck.law(exact.data(), 3.0).unwrap();
    let mut worst: f64 = 0.0;
    for ((x, end), gain) in points.outer_iter().zip(flowed.ends.outer_iter()).zip(&flowed.gains) {
        let found = law.log_density(&[end[0], end[1]]) + gain;
        worst = worst.max((found - exact.data().log_density(&[x[0], x[1]])).abs());
    }
    // With the divergence of −x alone the gain would be −nT.
    let careless = flowed.ends.row(0);
    let careless = law.log_density(&[careless[0], careless[1]]) - 2.0 * 3.0;
    Check::new(
        "ch5_diffusion/score/training/likelihood_along_the_flow",
        &["u:57", "eq:5.5"],
        "log p(x, 0) by the probability-flow ODE with the exact score, the greatest error at five points",
        "the divergence of the drift −x without that of the score",
    )
    .within(
        worst,
        0.0,
        1e-6,
        "Runge–Kutta of fourth order with 600 steps; the target set",
        (careless - exact.data().log_density(&[1.9, 0.1])).abs(),
    );
}

#[test]
fn divergence_of_a_network_by_differences() {
    let recipe = Recipe { hidden: vec![7, 5], ..Recipe::new(eight(), 0) };
    let network = recipe.network().unwrap();
    let theta = network.initial(&mut Streams::new(5, "parameters").stream(0));
    let model = Denoiser::new(network, theta, [1e-4, 3.0], 0.5).unwrap();
    let (t, d) = (0.4, 1e-3);
    let points = ndarray::array![[0.7, -0.3], [-1.1, 0.4], [0.0, 2.0]];
    let score = |points: &Array2<f64>| {
        let mut score = Array2::zeros(points.dim());
        model.write(t, points.view(), &mut model.workspace(), score.view_mut()).unwrap();
        score
    };
    let (mut both, mut divergence) = (Array2::zeros(points.dim()), [0.0; 3]);
    model.write_both(t, points.view(), both.view_mut(), &mut divergence).unwrap();
    assert!((&both - &score(&points)).iter().all(|miss| miss.abs() < 1e-13));
    let moved = |k: usize, by: f64| {
        let mut points = points.clone();
        points.column_mut(k).mapv_inplace(|x| x + by);
        score(&points).column(k).to_owned()
    };
    let by_differences = (0..2)
        .map(|k| {
            let near = moved(k, d) - moved(k, -d);
            (8.0 * near - (moved(k, 2.0 * d) - moved(k, -2.0 * d))) / (12.0 * d)
        })
        .fold(ndarray::Array1::<f64>::zeros(3), |sum, slope| sum + slope);
    // Differences of fourth order: d⁴ times a fifth derivative, and rounding over d.
    assert!(by_differences.iter().zip(&divergence).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn affine_network_at_one_time() {
    // Normal data at one time: E[ε | X_t = x] = b (x − am)/v with v = a² v_0 + b² is affine, and what is left is a² v_0/v.
    let (mean, variance, t) = (0.8, 0.25, 0.5);
    let steps = 400;
    let recipe = Recipe {
        hidden: vec![],
        horizon: t + 1e-9,
        first: t,
        steps,
        schedule: Schedule::Cosine { rate: 3e-2, steps },
        ..Recipe::new(Mixture::gaussian([mean], [[variance]]).unwrap(), 6)
    };
    let mut losses = Vec::new();
    let model = recipe.train(|_, loss| losses.push(loss)).unwrap();
    // What is kept of it is enough to have it again.
    assert_eq!(recipe.from_rows(&recipe.rows().unwrap()).unwrap(), model);
    let late = &losses[steps * 9 / 10..];
    assert!((model.loss() / (late.iter().sum::<f64>() / late.len() as f64) - 1.0).abs() < 1e-12);
    let (a, c) = (decay(t), noise_variance(t));
    let law = a * a * variance + c;
    let floor = a * a * variance / law;
    // Squares of normal numbers: the mean over the draws of the last tenth deviates by √(2/draws).
    let draws = (recipe.batch * late.len()) as f64;
    assert!((model.loss() / floor - 1.0).abs() < 4.0 * (2.0 / draws).sqrt(), "{} {floor}", model.loss());
    let x = ndarray::array![[-1.0], [0.0], [1.5]];
    let mut score = Array2::zeros(x.dim());
    model.write(t, x.view(), &mut model.workspace(), score.view_mut()).unwrap();
    for (x, score) in x.iter().zip(&score) {
        // A regression on as many draws as the late steps see knows the slope to about 1/√draws.
        assert!((score - (a * mean - x) / law).abs() < 0.05, "{x}: {score} {}", (a * mean - x) / law);
    }
}

#[test]
fn likelihood_of_the_trained_network() {
    // The mean of −log q over fresh points is at least the entropy.
    let law = DataLaw::Eight;
    let points = law.points(2000, &mut Streams::new(31, "likelihood").stream(0));
    let entropy = negative_log_likelihood(points.view(), |x| law.log_density(x)).unwrap();
    let mut worst: f64 = 0.0;
    for seed in 0..3 {
        let model = trained("eight", &Recipe::new(law, seed));
        let [first, horizon] = model.times();
        let times = descending_times(horizon, first, 60, 2.0).unwrap();
        let flowed = flow_to_noise(&model, &times, points.view()).unwrap();
        let nll = -flowed.log_densities().iter().sum::<f64>() / 2000.0;
        worst = worst.max(nll - entropy);
    }
    let normal = points.iter().map(|x| 0.5 * x * x).sum::<f64>() / 2000.0 + (2.0 * std::f64::consts::PI).ln();
    Check::new(
        "ch5_diffusion/score/training/likelihood_of_the_trained_network",
        &["eq:5.5"],
        "the mean of −log q over 2000 fresh points, less that of the law itself: KL(p‖q) as seen by the points",
        "the prior as the model",
    )
    .samples("worst of the seeds 0, 1, 2")
    .within(worst, 0.0, 0.1, "the target: a tenth of a nat", normal - entropy);
}

#[test]
fn bits_do_not_depend_on_threads() {
    let recipe = Recipe {
        hidden: vec![8],
        batch: 50,
        steps: 20,
        schedule: Schedule::Constant(1e-2),
        ..Recipe::new(Mixture::isotropic(&[1.0], &[[0.0]], 1.0).unwrap(), 3)
    };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| recipe.rows())
    };
    assert_eq!(run(1), run(3));
}

/// Data N(0, I) are N(0, I) at every time: ε̂ = θx misses ε by E|ε − θ(aX + bε)|² = n (1 − 2θb + θ²).
#[test]
fn loss_of_a_linear_network() {
    let (first, horizon, theta) = (0.1, 3.0, 0.4);
    let data = Mixture::isotropic(&[1.0], &[[0.0, 0.0]], 1.0).unwrap();
    let recipe = Recipe { hidden: vec![], first, horizon, ..Recipe::new(data, 0) };
    // The inputs x₁, x₂, u and 1 down, the outputs across.
    let weights = vec![theta, 0.0, 0.0, theta, 0.0, 0.0, 0.0, 0.0];
    let model = Denoiser::new(recipe.network().unwrap(), weights, [first, horizon], 1.0).unwrap();
    let time = |u: f64| first + (horizon - first) * u * u;
    let exact = |time: &dyn Fn(f64) -> f64| {
        let deviation = integrate(0.0, 1.0, 8, |u| noise_variance(time(u)).sqrt());
        2.0 * (1.0 - 2.0 * theta * deviation + theta * theta)
    };
    let loss = recipe.loss(&model, 20_000, 3).unwrap();
    assert!(loss.z(exact(&time)).abs() < 4.0, "{loss:?} {}", exact(&time));
    // Times spread evenly, and one coordinate forgotten.
    assert!(loss.z(exact(&|u| first + (horizon - first) * u)).abs() > 10.0);
    assert!(loss.z(0.5 * exact(&time)).abs() > 10.0);
}

#[test]
fn many_points_flow_as_each_alone() {
    let exact = ExactScore::new(Mixture::gaussian([0.5], [[0.3]]).unwrap());
    let times = descending_times(1.0, 0.0, 4, 1.0).unwrap();
    let points = Array2::from_shape_fn((300, 1), |(i, _)| 0.01 * i as f64 - 1.5);
    let together = flow_to_noise(&exact, &times, points.view()).unwrap();
    assert_eq!((together.ends.dim(), together.gains.len()), ((300, 1), 300));
    for (i, x) in points.iter().enumerate() {
        let alone = flow_to_noise(&exact, &times, ndarray::array![[*x]].view()).unwrap();
        assert!((together.ends[[i, 0]] - alone.ends[[0, 0]]).abs() < 1e-13, "{i}");
        assert!((together.gains[i] - alone.gains[0]).abs() < 1e-13, "{i}");
    }
}
