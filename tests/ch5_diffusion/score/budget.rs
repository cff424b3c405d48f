use crate::check::Check;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Budget, ExactScore, GaussianCase, Method, Normal, Reverse, ScoreError, Sources, descending_times,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments};

fn budget() -> Budget {
    let error = ScoreError { offset: 0.1, window: [0.0, 0.5], slope: 0.05 };
    let case = GaussianCase::new(Normal::new(1.0, 0.25).unwrap(), error).unwrap();
    let times = descending_times(1.5, 0.0, 20, 2.0).unwrap();
    Budget { case, h: 1.0, times, method: Method::Euler, points: 50 }
}

#[test]
fn total_error() {
    // 4000 experiments of 50 points each with the exact score: prior, steps and points, but no error of the score.
    let budget = budget();
    let sources = Sources { score: false, ..Sources::ALL };
    let score = ExactScore::new(Mixture::gaussian([1.0], [[0.25]]).unwrap());
    let reverse = Reverse::new(&score, 1.0, budget.times.clone(), Method::Euler).unwrap();
    let sample = reverse.sample(200_000, &Streams::new(1, "budget")).unwrap();
    let errors = sample.as_slice().unwrap().chunks(50).map(|points| {
        let moments: Moments = points.iter().copied().collect();
        let (mean, variance) = (moments.mean().unwrap().mean, moments.variance().unwrap().mean);
        (mean - 1.0).powi(2) + (variance.sqrt() - 0.5).powi(2)
    });
    Check::new(
        "ch5_diffusion/score/budget/total_error",
        &["eq:5.5", "u:53"],
        "the mean squared Wasserstein distance of the normal law fitted to 50 points: prior, steps and points together",
        "the error of the law alone, without that of the points",
    )
    .seed(1)
    .samples("4000 times 50 points, 20 steps")
    .statistical(
        Estimate::of(errors).unwrap(),
        budget.squared_error(sources).unwrap(),
        budget.squared_error(Sources { points: false, ..sources }).unwrap(),
    );
}

#[test]
fn parts_and_interaction() {
    // The mean's errors add up but for products; so in the square the cross terms are the interaction. By hand for h = 1,
    // with all in the mean: (a + b)² − a² − b² = 2ab.
    let budget = budget();
    let law = |sources: Sources| budget.law(Sources { points: false, ..sources }).unwrap();
    let [prior, score, steps, points] = Sources::alone();
    let data = budget.case.data();
    let shift = |sources: Sources| law(sources).mean - data.mean;
    let spread = |sources: Sources| law(sources).variance.sqrt() - data.variance.sqrt();
    let square = |sources: Sources| shift(sources).powi(2) + spread(sources).powi(2);
    let from_points = |sources: Sources| budget.squared_error(sources).unwrap() - square(sources);
    // What the points add depends on the law they are drawn from.
    let interaction = square(Sources::ALL) - square(prior) - square(score) - square(steps)
        + from_points(Sources::ALL)
        - from_points(points);
    assert!(budget.squared_error(Sources::NONE).unwrap().abs() < 1e-12);
    for (off, alone) in Sources::all_but_one().into_iter().zip(Sources::alone()) {
        assert_ne!(budget.squared_error(off).unwrap(), budget.squared_error(alone).unwrap());
    }
    let orthogonal = 0.0;
    Check::new(
        "ch5_diffusion/score/budget/parts_and_interaction",
        &["eq:5.5"],
        "the total less the parts: errors of one sign enlarge each other in the square",
        "no interaction, as if squared errors added up",
    )
    .within(budget.interaction().unwrap(), interaction, 1e-12, "an identity, to rounding", orthogonal);
}

/// N (E W₂² from N points) tends to v + v/2: the mean has the variance v/N, and 1 − c₄ is about 1/(4N).
#[test]
fn many_points() {
    for points in [50, 61, 62, 1000, 1_000_000, 10_000_000_000] {
        let budget = Budget { points, ..budget() };
        let variance = budget.case.data().variance;
        let alone = budget.squared_error(Sources { points: true, ..Sources::NONE }).unwrap();
        let none = budget.squared_error(Sources::NONE).unwrap();
        let n = points as f64;
        // 1 − c₄ = 1/(4n) + 7/(32n²) + 19/(128n³) + ….
        let bias = 1.0 / 4.0 + 7.0 / (32.0 * n) + 19.0 / (128.0 * n * n);
        assert!((n * (alone - none) / (variance * (1.0 + 2.0 * bias)) - 1.0).abs() < 1e-5, "{points}");
    }
}

/// What the points add is v/N + 2v (1 − c₄(N)) for a law of variance v, and c₄ follows from Γ(½) = √π without any logarithm:
/// with g(n) = Γ(n/2)/Γ((n − 1)/2), g(2) = 1/√π and g(n + 1) g(n) = (n − 1)/2. On both sides of where the series begins.
#[test]
fn bias_of_a_deviation() {
    let mut ratio = 1.0 / std::f64::consts::PI.sqrt();
    for points in 2..200 {
        let n = points as f64;
        let bias = 1.0 - (2.0 / (n - 1.0)).sqrt() * ratio;
        ratio = 0.5 * (n - 1.0) / ratio;
        let budget = Budget { points, ..budget() };
        let variance = budget.case.data().variance;
        let alone = budget.squared_error(Sources { points: true, ..Sources::NONE }).unwrap();
        let none = budget.squared_error(Sources::NONE).unwrap();
        let found = ((alone - none) / variance - 1.0 / n) / 2.0;
        assert!((found / bias - 1.0).abs() < 1e-9, "{points}: {found} {bias}");
    }
    let one = Budget { points: 1, ..budget() };
    assert!(one.squared_error(Sources::ALL).unwrap_err().to_string().starts_with("`points` is 1"));
}
