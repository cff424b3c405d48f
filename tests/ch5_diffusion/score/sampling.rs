use super::METHODS;
use crate::check::Check;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    ExactScore, GaussianCase, Method, Normal, Reverse, ScoreError, decay, descending_times, noise_variance,
};
use sdml::random::Streams;
use sdml::statistics::{Moments, fit_order};

const DATA: Normal = Normal { mean: 1.0, variance: 0.25 };

fn case() -> GaussianCase {
    GaussianCase::new(DATA, ScoreError::NONE).unwrap()
}

#[test]
fn samples_follow_the_law_of_the_steps() {
    // The sampler against the recursion of mean and variance, written apart from it.
    let score = ExactScore::new(Mixture::gaussian([DATA.mean], [[DATA.variance]]).unwrap());
    let times = descending_times(2.0, 0.01, 12, 2.0).unwrap();
    for (seed, (method, h)) in METHODS.into_iter().enumerate() {
        let reverse = Reverse::new(&score, h, times.clone(), method).unwrap();
        let sample = reverse.sample(40_000, &Streams::new(seed as u64, "methods")).unwrap();
        let moments: Moments = sample.into_iter().collect();
        let law = case().stepped(method, h, &times, Normal::STANDARD).unwrap();
        assert!(moments.mean().unwrap().z(law.mean).abs() < 4.0, "{method:?} {h}");
        assert!(moments.variance().unwrap().z(law.variance).abs() < 4.0, "{method:?} {h}");
    }
}

#[test]
fn orders_of_the_samplers() {
    let order = |method: Method, h: f64| {
        let steps = [128, 256, 512, 1024, 2048];
        let distance = |n: usize| {
            let times = descending_times(2.0, 0.0, n, 2.0).unwrap();
            case().stepped(method, h, &times, case().law(2.0)).unwrap().distance(&DATA)
        };
        fit_order(&steps.map(|n| 1.0 / n as f64), &steps.map(distance), 0.95).unwrap().order
    };
    for (method, h) in
        [(Method::Euler, 0.0), (Method::Euler, 1.0), (Method::Exponential, 0.0), (Method::Exponential, 1.0)]
    {
        let found = order(method, h);
        assert!((found - 1.0).abs() < 0.1, "{method:?} {h}: {found}");
    }
    Check::new(
        "ch5_diffusion/score/sampling/orders_of_the_samplers",
        &["eq:5.5", "u:57"],
        "Heun's method for the probability-flow ODE has order 2 in the Wasserstein distance to the data",
        "Euler's order",
    )
    .within(
        order(Method::Heun, 0.0),
        2.0,
        0.1,
        "128 to 2048 steps, where the next term still bends the line",
        order(Method::Euler, 0.0),
    );
}

#[test]
fn order_of_the_predictor_corrector() {
    // A Langevin step of length δ = c/5 leaves the variance too large by about δ/2, and δ = O(t). Later steps remove it while
    // their δ add up to more than v/2. With t = 2 (k/n)², k steps before the end, they add up to a multiple of k³/n²: this
    // ends at k ~ n^{2/3}, where t ~ n^{−2/3}. The next term is smaller by another n^{−2/3}, some 10⁻³ here.
    let steps = [14, 15, 16, 17, 18].map(|k| 1usize << k);
    let distance = |n: usize| {
        let times = descending_times(2.0, 0.0, n, 2.0).unwrap();
        let method = Method::PredictorCorrector { ratio: 0.2 };
        case().stepped(method, 1.0, &times, case().law(2.0)).unwrap().distance(&DATA)
    };
    let found = fit_order(&steps.map(|n| 1.0 / n as f64), &steps.map(distance), 0.95).unwrap().order;
    // Euler's order, 1, is far away.
    assert!((found - 2.0 / 3.0).abs() < 0.02, "{found}");
}

#[test]
fn exponential_step_is_exact_for_one_point() {
    // Data in (nearly) one point: the conditional mean does not change along the path, so two steps are one.
    let data = Normal { mean: 0.7, variance: 1e-14 };
    let case = GaussianCase::new(data, ScoreError::NONE).unwrap();
    let start = Normal::new(0.2, 0.8).unwrap();
    for h in [0.0, 0.5, 1.0, 2.0] {
        let law = |times: &[f64]| case.stepped(Method::Exponential, h, times, start).unwrap();
        let (one, two, exact) = (law(&[2.0, 0.4]), law(&[2.0, 1.1, 0.4]), {
            // dY = (Y − (h + 1)(Y − μ)/c) dt + √(2h) dW in closed form: F from 2 to 0.4 with v = c.
            let kept =
                (-h * 1.6f64).exp() * (noise_variance(0.4) / noise_variance(2.0)).powf(0.5 * (h + 1.0));
            let excess = kept * kept * (0.8 - noise_variance(2.0));
            let mean = decay(0.4) * 0.7 + kept * (0.2 - decay(2.0) * 0.7);
            Normal { mean, variance: noise_variance(0.4) + excess }
        });
        for law in [one, two] {
            assert!((law.mean - exact.mean).abs() < 1e-9 && (law.variance - exact.variance).abs() < 1e-9);
        }
    }
}

#[test]
fn ancestral_sampling_is_the_exponential_step() {
    // The step of a discrete diffusion model draws from the law of X(t') given X(t) = x and X(0) = x̂₀. By Bayes'
    // formula its precision is the sum of those of X(t') given X(0) and of x given X(t').
    let (t, next, x, guess) = (1.2, 0.9, 0.4, -0.3);
    let (forward, kept) = (noise_variance(t - next), decay(t - next));
    let precision = 1.0 / noise_variance(next) + kept * kept / forward;
    let mean = (decay(next) * guess / noise_variance(next) + kept * x / forward) / precision;
    // The exponential step from x with the score that says x̂₀ = guess, that is, of data in one point.
    let data = Normal { mean: guess, variance: 1e-15 };
    let case = GaussianCase::new(data, ScoreError::NONE).unwrap();
    let start = Normal { mean: x, variance: 0.0 };
    let step = case.stepped(Method::Exponential, 1.0, &[t, next], start).unwrap();
    assert!((step.mean - mean).abs() < 1e-12);
    let deterministic = case.stepped(Method::Exponential, 0.5, &[t, next], start).unwrap();
    Check::new(
        "ch5_diffusion/score/sampling/ancestral_sampling_is_the_exponential_step",
        &["r:15", "eq:5.5"],
        "the variance of the exponential step at h = 1 is that of X(t') given X(t) and X(0)",
        "the exponential step at h = ½",
    )
    .within(step.variance, 1.0 / precision, 1e-12, "an identity, to rounding", deterministic.variance);
}

/// The discrete chain x ↦ √(1 − β) x + √β ξ and its reversal x ↦ (x + β s)/√(1 − β) + √β ξ for normal data:
/// the law after `steps` steps down from p at the chain's end.
fn chain(steps: usize, horizon: f64, beta_per_step: f64) -> Normal {
    let beta = beta_per_step * horizon / steps as f64;
    let keep = (1.0 - beta).sqrt();
    let forward = |k: usize| Normal {
        mean: keep.powi(k as i32) * DATA.mean,
        variance: keep.powi(2 * k as i32) * (DATA.variance - 1.0) + 1.0,
    };
    let mut law = forward(steps);
    for k in (1..=steps).rev() {
        let Normal { mean, variance } = forward(k);
        let gain = (1.0 - beta / variance) / keep;
        law = Normal {
            mean: gain * law.mean + beta * mean / variance / keep,
            variance: gain * gain * law.variance + beta,
        };
    }
    law
}

#[test]
fn discrete_chain_is_euler() {
    // One step of the chain with β = 2d against one of Euler–Maruyama: gains √(1 − 2d) and 1 − d, then (x + 2d s)/√(1 − 2d)
    // and x + d (x + 2 s). Both differ by O(d²).
    let score = -0.8;
    let apart = |d: f64, beta: f64| {
        let forward = ((1.0 - beta).sqrt() - (1.0 - d)).abs();
        let backward = ((0.5 + beta * score) / (1.0 - beta).sqrt() - (0.5 + d * (0.5 + 2.0 * score))).abs();
        forward + backward
    };
    let d = [0.02, 0.01, 0.005, 0.0025];
    let order = |beta: f64| fit_order(&d, &d.map(|d| apart(d, beta * d)), 0.95).unwrap().order;
    Check::new(
        "ch5_diffusion/score/sampling/discrete_chain_is_euler",
        &["r:15", "eq:5.2", "eq:5.3"],
        "a step of the discrete chain with β = 2d is one of Euler–Maruyama for (5.2) and (5.3), h = 1, up to O(d²)",
        "β = d",
    )
    .within(order(2.0), 2.0, 0.05, "the third-order term at d = 0.02 bends the line by 0.03", order(1.0));
    // The whole chain ends in the data, to first order.
    let horizon = 2.0;
    let errors = [100, 200, 400].map(|n| chain(n, horizon, 2.0).distance(&DATA));
    let order = fit_order(&[1.0, 0.5, 0.25], &errors, 0.95).unwrap().order;
    assert!((order - 1.0).abs() < 0.1, "{order}");
}

#[test]
fn points_do_not_depend_on_threads() {
    let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2).unwrap());
    let times = descending_times(3.0, 1e-3, 10, 2.0).unwrap();
    let reverse = Reverse::new(&score, 1.0, times, Method::Euler).unwrap();
    let sample = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| reverse.sample(700, &Streams::new(1, "threads")).unwrap())
    };
    assert_eq!(sample(1), sample(3));
    assert_eq!(reverse.evaluations(), 10);
    // Fewer points are the first of more.
    let few = reverse.sample(3, &Streams::new(1, "threads")).unwrap();
    assert_eq!(few, sample(1).slice_axis(ndarray::Axis(0), ndarray::Slice::from(0..3)));
}

/// One step of every method from given points, each with the noise of its own stream. The steps are affine in the point and
/// its noise, and that gives the law of a step from a normal law.
#[test]
fn one_step_by_hand() {
    let (t, next) = (1.3, 0.4);
    let d: f64 = t - next;
    let score = |t: f64, x: f64| {
        let a = decay(t);
        (a * DATA.mean - x) / (a * a * DATA.variance + noise_variance(t))
    };
    let euler = |h: f64, x: f64, xi: f64| x + d * (x + (1.0 + h) * score(t, x)) + (2.0 * h * d).sqrt() * xi;
    let by_hand = |method: Method, h: f64, x: f64, [xi, eta]: [f64; 2]| match method {
        Method::Euler => euler(h, x, xi),
        Method::Exponential => {
            // σ = √(e^{2t} − 1), and x/a moves towards the mean of the data given x.
            let [sigma, at_next] = [t, next].map(|t: f64| (2.0 * t).exp_m1().sqrt());
            let guess = (x + noise_variance(t) * score(t, x)) / decay(t);
            let rho = at_next / sigma;
            let kept = guess + rho.powf(1.0 + h) * (x / decay(t) - guess);
            decay(next) * (kept + at_next * (1.0 - rho.powf(2.0 * h)).sqrt() * xi)
        }
        Method::Heun => {
            let slope = x + score(t, x);
            let end = x + d * slope;
            x + 0.5 * d * (slope + end + score(next, end))
        }
        Method::PredictorCorrector { ratio } => {
            let (y, delta) = (euler(h, x, xi), ratio * noise_variance(next));
            y + delta * score(next, y) + (2.0 * delta).sqrt() * eta
        }
    };
    let exact = ExactScore::new(Mixture::gaussian([DATA.mean], [[DATA.variance]]).unwrap());
    let streams = Streams::new(4, "one step");
    let start = ndarray::array![[0.3], [-1.2], [2.0]];
    let before = Normal { mean: 0.2, variance: 0.8 };
    for (method, h) in [
        (Method::Euler, 0.0),
        (Method::Euler, 0.7),
        (Method::Exponential, 0.0),
        (Method::Exponential, 0.7),
        (Method::Heun, 0.0),
        (Method::PredictorCorrector { ratio: 0.3 }, 0.7),
    ] {
        let reverse = Reverse::new(&exact, h, vec![t, next], method).unwrap();
        let found = reverse.run(start.view(), &streams).unwrap();
        for (i, (x, found)) in start.iter().zip(&found).enumerate() {
            let mut stream = streams.stream(i as u64);
            let noise = [stream.normal(), stream.normal()];
            assert!((found - by_hand(method, h, *x, noise)).abs() < 1e-12, "{method:?} {h}, point {i}");
        }
        let mean = by_hand(method, h, before.mean, [0.0; 2]);
        let [gain, xi, eta] = [(1.0, [0.0, 0.0]), (0.0, [1.0, 0.0]), (0.0, [0.0, 1.0])]
            .map(|(by, noise)| by_hand(method, h, before.mean + by, noise) - mean);
        let law = case().stepped(method, h, &[t, next], before).unwrap();
        assert!((law.mean - mean).abs() < 1e-12, "{method:?} {h}");
        let variance = gain * gain * before.variance + xi * xi + eta * eta;
        assert!((law.variance - variance).abs() < 1e-12, "{method:?} {h}");
    }
}
