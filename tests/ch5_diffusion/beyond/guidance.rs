use crate::check::Check;
use ndarray::{Array2, array};
use sdml::ch5_diffusion::beyond::{Guided, GuidedGaussian, effect};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Method, Noising, Normal, Reverse, ScoreField, decay, descending_times, noise_variance,
};
use sdml::random::Streams;
use sdml::statistics::{Moments, fit_order};

const ALL: Normal = Normal { mean: 0.0, variance: 1.0 };
const CLASS: Normal = Normal { mean: 1.5, variance: 0.25 };
const W: f64 = 2.0;

fn case(w: f64) -> GuidedGaussian {
    GuidedGaussian::new(ALL, CLASS, w).unwrap()
}

fn mixture(law: Normal) -> Mixture<1> {
    Mixture::gaussian([law.mean], [[law.variance]]).unwrap()
}

#[test]
fn two_ways_to_write_the_guided_score() {
    // (1 + w) s_c − w s, the gradient of the log of the product, and s + (1 + w) ∇ log P(c | x).
    let data = Mixture::isotropic(&[0.3, 0.5, 0.2], &[[1.0, 0.2], [-0.6, 0.9], [0.1, -1.1]], 0.5).unwrap();
    let (class, t, d) = (data.only(&[0, 2]).unwrap(), 0.3, 1e-5);
    let guided = Guided::new(data.clone(), class, W).unwrap();
    let law = Noising::OrnsteinUhlenbeck.law(&data, t).unwrap();
    let of_class = |x: &[f64; 2]| (law.responsibility(0, x) + law.responsibility(2, x)).ln();
    let (mut worst, mut by_product, mut by_w) = (0.0f64, 0.0f64, 0.0f64);
    for x in [[0.4, -0.3], [1.2, 1.5], [-2.0, 0.1], [0.0, 0.0]] {
        let mut score = Array2::zeros((1, 2));
        guided.write(t, array![x].view(), &mut (), score.view_mut()).unwrap();
        for k in 0..2 {
            let moved = |by: f64| std::array::from_fn(|i| x[i] + if i == k { by } else { 0.0 });
            let slope = |f: &dyn Fn(&[f64; 2]) -> f64| (f(&moved(d)) - f(&moved(-d))) / (2.0 * d);
            let classifier = slope(&of_class);
            let plain = law.score(&x)[k];
            worst = worst.max((score[[0, k]] - plain - (1.0 + W) * classifier).abs());
            by_w = by_w.max((score[[0, k]] - plain - W * classifier).abs());
            by_product =
                by_product.max((score[[0, k]] - slope(&|x| guided.log_product(t, x).unwrap())).abs());
        }
    }
    assert!(by_product < 1e-7, "{by_product}");
    Check::new(
        "ch5_diffusion/beyond/guidance/two_ways_to_write_the_guided_score",
        &["r:16"],
        "(1 + w) ∇ log p(x | c) − w ∇ log p(x) is ∇ log p(x) + (1 + w) ∇ log P(c | x)",
        "the factor w before ∇ log P(c | x)",
    )
    .within(worst, 0.0, 1e-7, "central differences with the step 1e-5", by_w);
}

#[test]
fn product_of_the_noised_laws() {
    // By sums on a grid, which for smooth densities are exact to rounding.
    let t = 0.5;
    let guided = Guided::new(mixture(ALL), mixture(CLASS), W).unwrap();
    let mut sums = [0.0f64; 3];
    for k in -4000..=4000 {
        let x = f64::from(k) * 2.5e-3;
        let p = guided.log_product(t, &[x]).unwrap().exp();
        sums = [sums[0] + p, sums[1] + p * x, sums[2] + p * x * x];
    }
    let mean = sums[1] / sums[0];
    let product = case(W).product(t).unwrap();
    assert!((product.mean - mean).abs() < 1e-12);
    // Noise added to the product of the laws of time 0.
    let noised = decay(t).powi(2) * case(W).product(0.0).unwrap().variance + noise_variance(t);
    Check::new(
        "ch5_diffusion/beyond/guidance/product_of_the_noised_laws",
        &["r:16"],
        "the variance of p(·, t | c)^{1+w} p(·, t)^{−w}, normalised, is 1/((1 + w)/v − w/V); it is not that of noised products",
        "the product at time 0, noised up to t",
    )
    .within(sums[2] / sums[0] - mean * mean, product.variance, 1e-12, "rounding of 8000 terms", noised);
}

#[test]
fn guided_diffusion_misses_the_product() {
    // The sampler at h = 1 against the recursion of its own steps, and that against the product of the densities.
    let (steps, h) = (40, 1.0);
    let times = descending_times(3.0, 0.0, steps, 2.0).unwrap();
    let guided = Guided::new(mixture(ALL), mixture(CLASS), W).unwrap();
    let reverse = Reverse::new(&guided, h, times.clone(), Method::Euler).unwrap();
    let moments: Moments = reverse.sample(40_000, &Streams::new(1, "guided")).unwrap().into_iter().collect();
    let mut law = Normal::STANDARD;
    for pair in times.windows(2) {
        let d = pair[0] - pair[1];
        let [alpha, beta] = case(W).score(pair[0]);
        let gain = 1.0 + d * (1.0 + (1.0 + h) * alpha);
        law.mean = gain * law.mean + d * (1.0 + h) * beta;
        law.variance = gain * gain * law.variance + 2.0 * h * d;
    }
    assert!(moments.mean().unwrap().z(law.mean).abs() < 4.0);
    let product = case(W).product(0.0).unwrap();
    assert!((moments.mean().unwrap().mean - product.mean).abs() > 0.01);
    Check::new(
        "ch5_diffusion/beyond/guidance/guided_diffusion_misses_the_product",
        &["r:16"],
        "the variance at the end of the guided reverse equation is that of its linear recursion",
        "the variance of p(· | c)^{1+w} p^{−w}",
    )
    .seed(1)
    .samples(format!("40000 points, {steps} steps of Euler–Maruyama"))
    .statistical(moments.variance().unwrap(), law.variance, product.variance);
}

/// Mean and variance of Y(T) by the classical Runge–Kutta method for their equations.
fn integrated(case: &GuidedGaussian, h: f64, horizon: f64, start: Normal, steps: usize) -> Normal {
    let d = horizon / steps as f64;
    let slope = |t: f64, [m, v]: [f64; 2]| {
        let [alpha, beta] = case.score(t);
        let rate = 1.0 + (1.0 + h) * alpha;
        [rate * m + (1.0 + h) * beta, 2.0 * rate * v + 2.0 * h]
    };
    let mut y = [start.mean, start.variance];
    for k in 0..steps {
        let t = horizon - d * k as f64;
        let add = |s: [f64; 2], by: f64| [y[0] + by * s[0], y[1] + by * s[1]];
        let k1 = slope(t, y);
        let k2 = slope(t - 0.5 * d, add(k1, 0.5 * d));
        let k3 = slope(t - 0.5 * d, add(k2, 0.5 * d));
        let k4 = slope((t - d).max(0.0), add(k3, d));
        y = std::array::from_fn(|i| y[i] + d / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    Normal { mean: y[0], variance: y[1] }
}

#[test]
fn where_the_guided_equation_ends() {
    let start = Normal { mean: 0.3, variance: 0.8 };
    let other = GuidedGaussian::new(Normal { mean: -0.4, variance: 0.7 }, CLASS, 1.5).unwrap();
    for h in [0.0, 0.5, 1.0, 2.0] {
        let (exact, by_steps) =
            (other.reversed(h, 3.0, start).unwrap(), integrated(&other, h, 3.0, start, 8000));
        assert!((exact.mean - by_steps.mean).abs() < 1e-9, "{h}: {exact:?} {by_steps:?}");
        assert!((exact.variance - by_steps.variance).abs() < 1e-9, "{h}: {exact:?} {by_steps:?}");
    }
    // w = 0 is the ordinary reversal, which ends in the data; w = −1 forgets the label.
    for (w, law) in [(0.0, CLASS), (-1.0, ALL)] {
        let end = case(w).reversed(1.0, 12.0, Normal::STANDARD).unwrap();
        assert!((end.mean - law.mean).abs() < 1e-9 && (end.variance - law.variance).abs() < 1e-9, "{end:?}");
    }
    let flow = integrated(&case(W), 0.0, 16.0, Normal::STANDARD, 40_000);
    Check::new(
        "ch5_diffusion/beyond/guidance/where_the_guided_equation_ends",
        &["r:16"],
        "the guided probability flow ends with the variance v_0 (v_0/V_0)^w",
        "the variance of the product, 1/((1 + w)/v_0 − w/V_0)",
    )
    .within(
        flow.variance,
        CLASS.variance * (CLASS.variance / ALL.variance).powf(W),
        1e-9,
        "Runge–Kutta with 40000 steps, and e^{−32} left of the start",
        case(W).product(0.0).unwrap().variance,
    );
}

#[test]
fn much_noise_leads_to_the_product() {
    // With h → ∞ Langevin's equation settles in each product before t moves on.
    let product = case(W).product(0.0).unwrap();
    let noises = [64.0, 128.0, 256.0, 512.0, 1024.0];
    let gap = |h: f64| case(W).reversed(h, 3.0, Normal::STANDARD).unwrap().distance(&product);
    let order = fit_order(&noises.map(|h| 1.0 / h), &noises.map(gap), 0.95).unwrap().order;
    Check::new(
        "ch5_diffusion/beyond/guidance/much_noise_leads_to_the_product",
        &["r:16"],
        "the distance of the end of the guided equation from the product falls like 1/h",
        "no dependence on h",
    )
    .within(order, 1.0, 0.05, "noises from 64 to 1024, where terms in 1/h² still bend the line", 0.0);
}

#[test]
fn effect_of_the_weight() {
    let data = Mixture::ring(3, 1.2, 0.7).unwrap();
    let class = data.only(&[0]).unwrap();
    // Outside the disc that holds 99 % of the class.
    let level = class.log_density(&[1.2, 0.0]) + 0.01f64.ln();
    let times = descending_times(3.0, 0.0, 200, 2.0).unwrap();
    let found = [0.0, 1.0, 4.0].map(|w| {
        let guided = Guided::new(data.clone(), class.clone(), w).unwrap();
        let reverse = Reverse::new(&guided, 1.0, times.clone(), Method::Euler).unwrap();
        let points = reverse.sample(20_000, &Streams::new(3, "effect")).unwrap();
        effect(points.view(), &data, &[0], level).unwrap()
    });
    let [none, some, much] = found;
    assert!(none.confused > 2.5 * some.confused && some.confused > much.confused, "{found:?}");
    assert!(none.variance > 1.2 * some.variance && some.variance > 1.05 * much.variance, "{found:?}");
    assert!(much.mean[0] > some.mean[0] + 0.1 && some.mean[0] > none.mean[0] + 0.1, "{found:?}");
    // By the draws of the class itself, which have no discretisation.
    let draws = class.sample(20_000, &Streams::new(4, "class"));
    let fresh = effect(draws.view(), &data, &[0], level).unwrap();
    let tolerance = |share: f64| 4.0 * (share * (1.0 - share) / 10_000.0).sqrt();
    assert!((none.confused - fresh.confused).abs() < tolerance(fresh.confused) + 0.01, "{none:?} {fresh:?}");
    Check::new(
        "ch5_diffusion/beyond/guidance/effect_of_the_weight",
        &["r:16"],
        "without guidance one point in a hundred lies outside the disc that holds 99 % of the class",
        "the share at w = 4",
    )
    .seed(3)
    .samples("20000 points, 200 steps")
    .within(
        none.outlying,
        0.01,
        0.004,
        "4 standard errors, and the variance too large by 200 steps",
        much.outlying,
    );
}

#[test]
fn edges_of_the_product_and_of_time() {
    // (1 + w)/v = w/V: the product is flat along the line.
    let flat = GuidedGaussian::new(Normal::STANDARD, Normal { mean: 1.0, variance: 2.0 }, 1.0).unwrap();
    assert!(flat.product(0.0).unwrap_err().to_string().contains("exceeds"));
    // Without guidance the reversal ends in the class, however early it begins.
    for horizon in [0.5, 1e-3] {
        let (a, c) = (decay(horizon), noise_variance(horizon));
        let start = Normal { mean: a * CLASS.mean, variance: a * a * CLASS.variance + c };
        let end = case(0.0).reversed(1.0, horizon, start).unwrap();
        assert!(end.distance(&CLASS) < 1e-11, "{horizon}: {end:?}");
    }
}

#[test]
fn effect_by_hand() {
    // Halfway between the two components that are wanted each has the share ½.
    let data = Mixture::isotropic(&[0.3, 0.3, 0.4], &[[-1.0], [1.0], [20.0]], 1.0).unwrap();
    let points = array![[0.0], [0.5], [20.0], [2.0]];
    // Of the points only the third has less density than the last, which does not have less than itself.
    let level = data.only(&[0, 1]).unwrap().log_density(&[2.0]);
    let found = effect(points.view(), &data, &[0, 1], level).unwrap();
    assert!((found.mean[0] - 5.625).abs() < 1e-14 && (found.variance - 69.421875).abs() < 1e-12);
    assert_eq!((found.confused, found.outlying), (0.25, 0.25));
    // A share of 0.6 is more likely than not.
    let two = Mixture::isotropic(&[0.6, 0.4], &[[-1.0], [1.0]], 1.0).unwrap();
    let share = |component: usize| effect(array![[0.0]].view(), &two, &[component], -9.0).unwrap().confused;
    assert_eq!([share(0), share(1)], [0.0, 1.0]);
}
