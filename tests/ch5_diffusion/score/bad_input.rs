//! What must not be computed is refused, by name.

use crate::refusal;
use ndarray::{Array2, array};
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Budget, Circulating, Denoiser, DivergentField, ExactScore, GaussianCase, Method, Noising, Normal, Recipe,
    Reverse, Samples, ScoreError, ScoreField, Source, Sources, descending_times, flow_to_noise,
};
use sdml::random::{Stream, Streams};

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
    // Squares that are 0 or infinite.
    for tiny_or_huge in [1e-170, 1e170] {
        assert!(refused(&[0.5, 0.5], &means, tiny_or_huge).contains("variance"));
        assert!(refusal(law.noised(tiny_or_huge, 0.0)).contains("variance"));
        assert!(refusal(law.conditional_mean(0.0, tiny_or_huge, &[0.0])).contains("variance"));
    }
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
    for shape in [(1, 3), (2, 2), (0, 2)] {
        let mut place = Array2::zeros(shape);
        assert!(refusal(score.write(1.0, x.view(), &mut (), place.view_mut())).contains("`score`"));
    }
    for places in [0, 2] {
        let mut place = x.clone();
        let both = score.write_both(1.0, x.view(), place.view_mut(), &mut vec![0.0; places]);
        assert!(refusal(both).contains("divergence.len()"));
    }
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
    // With and without the error of the steps.
    let budget = Budget { case, h: 1.0, times: vec![1.0, 0.0], method: Method::Euler, points: 2 };
    for sources in [Sources::NONE, Sources::ALL] {
        let refused = |budget: Budget| refusal(budget.squared_error(sources));
        assert!(refused(Budget { times: vec![], ..budget.clone() }).contains("times.len()"));
        assert!(refused(Budget { times: vec![1.0, 2.0], ..budget.clone() }).contains("falling"));
        assert!(refused(Budget { h: -1.0, ..budget.clone() }).contains("`h`"));
        assert!(refused(Budget { method: Method::Heun, ..budget.clone() }).contains("Heun"));
    }
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

/// Data that are no numbers.
#[derive(Debug)]
struct Hole;

impl Source for Hole {
    fn dimension(&self) -> usize {
        1
    }

    fn draw(&self, _: &mut Stream, point: &mut [f64]) {
        point.fill(f64::NAN);
    }
}

#[test]
fn trained_scores() {
    let ring = || Mixture::ring(8, 2.0, 0.2).unwrap();
    let base = Recipe { hidden: vec![8], batch: 16, steps: 5, ..Recipe::new(ring(), 0) };
    let refused = |recipe: Recipe<Mixture<2>>| refusal(recipe.train(|_, _| ()));
    assert!(refused(Recipe { batch: 0, ..base.clone() }).contains("batch"));
    assert!(refused(Recipe { steps: 0, ..base.clone() }).contains("steps"));
    assert!(refused(Recipe { first: 3.0, ..base.clone() }).contains("before the horizon"));
    assert!(refused(Recipe { first: 4.0, ..base.clone() }).contains("before the horizon"));
    assert!(refused(Recipe { first: 0.0, ..base.clone() }).contains("`first`"));
    for horizon in [0.0, -1.0, f64::NAN] {
        assert!(refused(Recipe { horizon, ..base.clone() }).contains("`horizon`"));
    }
    assert!(refused(Recipe { hidden: vec![0], ..base.clone() }).contains("sizes"));
    let wild = Recipe { schedule: Schedule::Constant(1e200), ..base.clone() };
    let error = wild.train(|_, _| ()).unwrap_err();
    assert!(matches!(error, sdml::Error::Diverged { iteration: 1, last: Some(_), .. }), "{error}");
    let holes = Recipe { hidden: vec![8], batch: 16, steps: 5, ..Recipe::new(Hole, 0) };
    assert!(refusal(holes.train(|_, _| ())).starts_with("`x` is NaN"));
    assert!(refusal(base.from_rows(&[])).contains("trained network"));
    assert!(refusal(base.from_rows(&[vec![0.0], vec![1.0]])).contains("theta.len()"));

    let network = || Mlp::new(&[3, 8, 2], Activation::Silu).unwrap();
    let theta = vec![0.1; network().parameters()];
    let new = |network: Mlp, theta: &[f64], times, loss| {
        refusal(Denoiser::new(network, theta.to_vec(), times, loss))
    };
    let (times, wide) = ([1e-4, 3.0], Mlp::new(&[3, 4, 1], Activation::Silu).unwrap());
    assert!(new(wide, &theta, times, 1.0).contains("network.inputs()"));
    assert!(new(network(), &theta[1..], times, 1.0).contains("theta.len()"));
    assert!(new(network(), &vec![f64::NAN; theta.len()], times, 1.0).contains("`theta`"));
    assert!(new(network(), &theta, [3.0, 1e-4], 1.0).contains("before the horizon"));
    // The loss of ε̂ = 0 in the plane is 2.
    for loss in [2.0, f64::NAN, f64::NEG_INFINITY] {
        assert!(new(network(), &theta, times, loss).contains("train the network first"));
    }

    let model = Denoiser::new(network(), theta, times, 1.0).unwrap();
    let write = |t: f64, x: Array2<f64>| {
        let mut score = Array2::zeros(x.dim());
        refusal(model.write(t, x.view(), &mut model.workspace(), score.view_mut()))
    };
    for t in [0.0, 3.1, f64::NAN] {
        assert!(write(t, array![[0.0, 0.0]]).contains("as in training"));
    }
    assert!(write(1.0, array![[0.0]]).contains("2 columns"));
    let (point, mut narrow) = (array![[0.0, 0.0]], array![[0.0]]);
    let one = model.write(1.0, point.view(), &mut model.workspace(), narrow.view_mut());
    assert!(refusal(one).contains("`score`"));
    let both = model.write_both(1.0, point.view(), narrow.view_mut(), &mut [0.0]);
    assert!(refusal(both).contains("`score`"));
    let both = model.write_both(1.0, point.view(), point.clone().view_mut(), &mut [0.0; 2]);
    assert!(refusal(both).contains("divergence.len()"));
    assert!(write(1.0, array![[0.0, f64::NAN]]).contains("`x`"));
    assert!(refusal(base.loss(&model, 1, 0)).contains("points"));
}

#[test]
fn flows_of_points() {
    let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2).unwrap());
    let flow = |times: &[f64], points: Array2<f64>| refusal(flow_to_noise(&score, times, points.view()));
    let times = [3.0, 1.0, 0.0];
    assert!(flow(&times, Array2::zeros((0, 2))).contains("points.nrows()"));
    assert!(flow(&times, array![[0.0, f64::NAN]]).contains("`points` is NaN"));
    assert!(flow(&times, array![[0.0]]).contains("2 columns"));
    assert!(flow(&[0.0, 1.0], array![[0.0, 0.0]]).contains("times[0]"));
}

#[test]
fn finite_data() {
    let new = |points: Array2<f64>| refusal(Samples::new(points.view()));
    assert!(new(Array2::zeros((0, 2))).contains("points.nrows()"));
    assert!(new(Array2::zeros((2, 0))).contains("points.ncols()"));
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(new(array![[0.0, bad]]).contains("`points`"));
    }
}
