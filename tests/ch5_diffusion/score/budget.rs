use super::METHODS;
use crate::check::Check;
use ndarray::{ArrayView2, ArrayViewMut2};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Budget, ExactScore, GaussianCase, Method, Normal, Reverse, ScoreError, ScoreField, Sources, decay,
    descending_times, noise_variance,
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
    let orthogonal = 0.0;
    Check::new(
        "ch5_diffusion/score/budget/parts_and_interaction",
        &["eq:5.5"],
        "the total less the parts: errors of one sign enlarge each other in the square",
        "no interaction, as if squared errors added up",
    )
    .within(budget.interaction().unwrap(), interaction, 1e-12, "an identity, to rounding", orthogonal);
}

/// The score of the budget, −(1 + η)(x − μ)/v + ε for t ≤ ½, written out.
struct Mistaken;

impl ScoreField for Mistaken {
    type Workspace = ();

    fn dimension(&self) -> usize {
        1
    }

    fn workspace(&self) {}

    fn write(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        (): &mut (),
        mut score: ArrayViewMut2<f64>,
    ) -> sdml::Result<()> {
        let (mean, variance) = (decay(t), 0.25 * decay(t).powi(2) + noise_variance(t));
        let offset = if t <= 0.5 { 0.1 } else { 0.0 };
        score.assign(&x.mapv(|x| offset - 1.05 * (x - mean) / variance));
        Ok(())
    }
}

#[test]
fn points_of_a_mistaken_score() {
    // Prior, score and steps have their errors: the points follow the law of the steps with all three, and no other.
    for (seed, (method, h)) in METHODS.into_iter().enumerate() {
        let budget = Budget { h, method, ..budget() };
        let reverse = Reverse::new(&Mistaken, h, budget.times.clone(), method).unwrap();
        let sample = reverse.sample(200_000, &Streams::new(seed as u64, "mistaken")).unwrap();
        let moments: Moments = sample.into_iter().collect();
        let (mean, variance) = (moments.mean().unwrap(), moments.variance().unwrap());
        let law = budget.law(Sources::ALL).unwrap();
        assert!(mean.z(law.mean).abs() < 4.0, "{method:?} {h}");
        assert!(variance.z(law.variance).abs() < 4.0, "{method:?} {h}");
        let exact = budget.law(Sources { score: false, ..Sources::ALL }).unwrap();
        assert!(mean.z(exact.mean).abs() > 10.0, "{method:?} {h}");
        assert!(variance.z(exact.variance).abs() > 10.0, "{method:?} {h}");
    }
}

/// c₄(n) = √(2/(n − 1)) g(n), where g(n) = Γ(n/2)/Γ((n − 1)/2) follows from g(2) = 1/√π and g(n + 1) g(n) = (n − 1)/2.
fn c_4(points: usize) -> f64 {
    let first = 1.0 / std::f64::consts::PI.sqrt();
    let ratio = (2..points).fold(first, |ratio, n| 0.5 * (n as f64 - 1.0) / ratio);
    (2.0 / (points as f64 - 1.0)).sqrt() * ratio
}

#[test]
fn totals_without_one_source() {
    let budget = budget();
    let (case, data) = (budget.case, budget.case.data());
    let exact = GaussianCase::new(data, ScoreError::NONE).unwrap();
    let stepped = |case: GaussianCase, start| case.stepped(Method::Euler, 1.0, &budget.times, start).unwrap();
    let of_law = |law: Normal| (law.mean - 1.0).powi(2) + (law.variance.sqrt() - 0.5).powi(2);
    let of_points = |law: Normal| law.variance / 50.0 + law.variance.sqrt() * (1.0 - c_4(50));
    let all = stepped(case, Normal::STANDARD);
    let by_hand = [
        stepped(case, case.law(1.5)),
        stepped(exact, Normal::STANDARD),
        case.reversed(1.0, 1.5, Normal::STANDARD).unwrap(),
    ]
    .map(|law| of_law(law) + of_points(law));
    let [prior, score, steps] = by_hand;
    let total = of_law(all) + of_points(all);
    for (off, expected) in Sources::all_but_one().into_iter().zip([prior, score, steps, of_law(all)]) {
        let found = budget.squared_error(off).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-9, "{off:?}: {found} {expected}");
        assert!((found / total - 1.0).abs() > 1e-3, "{off:?}: as if nothing were switched off");
    }
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

/// What the points add is v/N + 2v (1 − c₄(N)) for a law of variance v, with c₄ without any logarithm. On both sides of where
/// the series begins.
#[test]
fn bias_of_a_deviation() {
    for points in 2..200 {
        let bias = 1.0 - c_4(points);
        let budget = Budget { points, ..budget() };
        let variance = budget.case.data().variance;
        let alone = budget.squared_error(Sources { points: true, ..Sources::NONE }).unwrap();
        let none = budget.squared_error(Sources::NONE).unwrap();
        let found = ((alone - none) / variance - 1.0 / points as f64) / 2.0;
        assert!((found / bias - 1.0).abs() < 1e-9, "{points}: {found} {bias}");
    }
    let one = Budget { points: 1, ..budget() };
    assert!(one.squared_error(Sources::ALL).unwrap_err().to_string().starts_with("`points` is 1"));
}
