//! What must not be computed is refused, by name.

use ndarray::{Array2, array};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Circulating, ExactScore, GaussianCase, Method, Noising, Normal, Reverse, ScoreError, ScoreField,
    descending_times,
};
use sdml::random::Streams;

/// The message of the error.
fn refusal<T>(result: sdml::Result<T>) -> String {
    result.err().expect("bad input is refused").to_string()
}

#[test]
fn mixtures() {
    let means = [[0.0], [1.0]];
    let refused = |weights: &[f64], means: &[[f64; 1]], deviation| {
        refusal(Mixture::isotropic(weights, means, deviation))
    };
    assert!(refused(&[], &[], 1.0).contains("weights.len()"));
    assert!(refused(&[1.0], &means, 1.0).contains("means.len()"));
    assert!(refused(&[0.5, 0.6], &means, 1.0).contains("probabilities"));
    assert!(refused(&[0.5, 0.4], &means, 1.0).contains("probabilities"));
    assert!(refused(&[1.5, -0.5], &means, 1.0).contains("probabilities"));
    assert!(refused(&[f64::NAN, 0.5], &means, 1.0).contains("probabilities"));
    assert!(refused(&[0.5, 0.5], &[[0.0], [f64::INFINITY]], 1.0).contains("means"));
    assert!(refused(&[0.5, 0.5], &means, 0.0).contains("deviation"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 0.5], [0.4, 1.0]])).contains("symmetric"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 2.0], [2.0, 1.0]])).contains("positive definite"));
    assert!(refusal(Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 0.0]])).contains("positive definite"));
    assert!(refusal(Mixture::new(&[1.0], &[[0.0]], &[])).contains("covariances.len()"));
    let law = Mixture::isotropic(&[0.5, 0.5], &means, 1.0).unwrap();
    assert!(refusal(law.noised(0.0, 0.0)).contains("`a` is 0"));
    assert!(refusal(law.noised(f64::NAN, 1.0)).contains('a'));
    assert!(refusal(law.conditional_mean(1.0, f64::INFINITY, &[0.0])).contains('b'));
    assert!(refusal(law.quantile(1.0)).contains("probability"));
    assert!(refusal(Mixture::ring(0, 1.0, 0.1)).contains("count"));
}

#[test]
fn reversals() {
    let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2).unwrap());
    let new = |h, times: &[f64], method| refusal(Reverse::new(&score, h, times.to_vec(), method).map(|_| ()));
    let euler = Method::Euler;
    assert_eq!(new(-0.5, &[1.0, 0.0], euler), "`h` is -0.5, but it must be a finite number, at least 0");
    assert!(new(f64::NAN, &[1.0, 0.0], euler).contains("`h`"));
    assert!(new(f64::INFINITY, &[1.0, 0.0], euler).contains("`h`"));
    assert!(new(1.0, &[], euler).contains("times.len()"));
    assert!(new(1.0, &[0.0, -1.0], euler).contains("times[0]"));
    assert!(new(1.0, &[1.0, 1.0], euler).contains("strictly falling"));
    assert!(new(1.0, &[1.0, -0.1], euler).contains("at least 0"));
    assert!(new(1.0, &[1.0, f64::NAN], euler).contains("strictly falling"));
    assert!(new(1.0, &[1.0, 0.0], Method::Heun).contains("Heun"));
    assert!(new(1.0, &[1.0, 0.0], Method::PredictorCorrector { ratio: 0.0 }).contains("ratio"));
    for (horizon, last, steps, power, name) in [
        (0.0, 0.0, 10, 1.0, "horizon"),
        (-3.0, 0.0, 10, 1.0, "horizon"),
        (f64::INFINITY, 0.0, 10, 1.0, "horizon"),
        (3.0, 3.0, 10, 1.0, "last"),
        (3.0, -0.1, 10, 1.0, "`t`"),
        (3.0, 0.0, 0, 1.0, "steps"),
        (3.0, 0.0, 10, 0.0, "power"),
    ] {
        assert!(refusal(descending_times(horizon, last, steps, power)).contains(name));
    }
    let reverse = Reverse::new(&score, 1.0, vec![1.0, 0.5], euler).unwrap();
    let streams = Streams::new(1, "bad");
    assert!(refusal(reverse.sample(0, &streams)).contains("points"));
    assert!(refusal(reverse.run(Array2::zeros((0, 2)).view(), &streams)).contains("start.nrows()"));
    assert!(refusal(reverse.run(Array2::zeros((4, 3)).view(), &streams)).contains("2 columns"));
    assert!(refusal(reverse.run(array![[0.0, f64::NAN]].view(), &streams)).contains("start"));
}

#[test]
fn runaway_points_stop() {
    // (1 + h) d/v = 5000: Euler multiplies by as much in every step.
    let score = ExactScore::new(Mixture::gaussian([0.0], [[1.0]]).unwrap());
    let times = descending_times(1.0, 0.0, 200, 1.0).unwrap();
    let reverse = Reverse::new(&score, 1e6, times, Method::Euler).unwrap();
    let error = reverse.sample(300, &Streams::new(1, "runaway")).unwrap_err();
    assert!(matches!(error, sdml::Error::NotFinite { quantity: "Y", step: 35..100, .. }), "{error}");
}

#[test]
fn fields_and_cases() {
    let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2).unwrap());
    let x = array![[0.0, 0.0]];
    let write = |t: f64| score.write(t, x.view(), &mut (), Array2::zeros((1, 2)).view_mut());
    assert!(refusal(write(-1.0)).contains("`t`"));
    assert!(refusal(write(f64::NAN)).contains("`t`"));
    assert!(refusal(Circulating::new(score.data().clone(), f64::NAN)).contains("strength"));
    assert!(refusal(Noising::variance_preserving(0.0, 1.0)).contains("first"));
    assert!(refusal(Noising::variance_preserving(0.1, f64::NAN)).contains("last"));
    assert!(refusal(Normal::new(0.0, 0.0)).contains("variance"));
    assert!(refusal(Normal::new(f64::NAN, 1.0)).contains("mean"));
    let case = |error| GaussianCase::new(Normal::STANDARD, error);
    assert!(refusal(case(ScoreError { slope: -1.0, ..ScoreError::NONE })).contains("slope"));
    assert!(refusal(case(ScoreError { offset: f64::NAN, ..ScoreError::NONE })).contains("offset"));
    let case = case(ScoreError::NONE).unwrap();
    assert!(refusal(case.reversed(-1.0, 1.0, Normal::STANDARD)).contains("`h`"));
    assert!(refusal(case.reversed(1.0, 0.0, Normal::STANDARD)).contains("times[0]"));
    assert!(refusal(case.stepped(Method::Heun, 1.0, &[1.0, 0.0], Normal::STANDARD)).contains("Heun"));
}

#[test]
fn times_that_are_none() {
    let line = Mixture::<1>::isotropic(&[1.0], &[[0.0]], 1.0).unwrap();
    for kind in [Noising::OrnsteinUhlenbeck, Noising::VarianceExploding] {
        for t in [-1.0, f64::NAN] {
            assert!(refusal(kind.law(&line, t)).contains("`t`"));
        }
    }
    for window in [[2.0, 1.0], [f64::NAN, 1.0]] {
        let error = ScoreError { offset: 0.1, window, slope: 0.0 };
        assert!(refusal(GaussianCase::new(Normal::STANDARD, error)).contains("window"));
    }
}
