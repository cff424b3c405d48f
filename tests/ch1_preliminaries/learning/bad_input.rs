//! What is refused in Section 1.4, and how.

use crate::refused::refused;
use sdml::ch1_preliminaries::learning::{
    Activation, Adam, Batch, Blobs, Classification, Collocation, DeepRitz, FiniteSum, Labelled, Layer,
    LogCosh, Misfit, Momentum, Pinn, Plain, Poisson, Quadratic, ResNet, Schedule, TiltedWell, Training,
    TwoLayer, accuracy, descend,
};
use sdml::random::Streams;
use sdml::{Error, Result};

fn rate(h: f64) -> Result<()> {
    let loss = LogCosh::new(&[1.0], &[0.0])?;
    let stream = &mut Streams::new(1, "bad").stream(0);
    descend(&loss, Batch::Full, &mut Plain, Schedule::Constant(h), 10, &mut [1.0], stream)
}

#[test]
fn learning_rates() {
    for h in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        refused(rate(h), &["`rate`", "greater than 0"]);
    }
    refused(Schedule::Cosine { rate: 0.1, steps: 0 }.valid(), &["`schedule.steps` is 0", "at least 1"]);
    refused(Schedule::Constant(0.1).sums(0), &["`steps` is 0"]);
    for beta in [-0.1, 1.0, f64::NAN] {
        refused(Momentum::new(beta), &["`beta`", "[0, 1)"]);
        refused(Adam::new([0.9, beta], 1e-8), &["`beta[1]`"]);
    }
    refused(Adam::new([0.9, 0.999], 0.0), &["`epsilon` is 0"]);
    let loss = Quadratic::new([2.0], vec![[0.0], [1.0]]).unwrap();
    refused(loss.invariant_radius(1.0), &["`h` is 1", "less than 2/μ = 1"]);
    refused(loss.second_moments(-1.0, Batch::One, [0.0], 3), &["`h` is -1"]);
}

#[test]
fn shapes() {
    refused(TwoLayer::<2>::new(Activation::Tanh, vec![0.0; 7]), &["`theta.len()` is 7", "m(2 + 2) + 1"]);
    refused(TwoLayer::<1>::new(Activation::Tanh, vec![]), &["`theta.len()` is 0"]);
    refused(TwoLayer::<1>::new(Activation::Tanh, vec![0.0, 0.0, f64::NAN, 0.0]), &["`theta` is NaN"]);
    let stream = &mut Streams::new(1, "bad").stream(0);
    refused(TwoLayer::<1>::random(Activation::Tanh, 0, [0.0, 1.0], stream), &["`width` is 0"]);
    refused(TwoLayer::<1>::random(Activation::Tanh, 3, [1.0, 1.0], stream), &["`high - low` is 0"]);
    refused(LogCosh::new(&[1.0, 1.0], &[0.0]), &["`centres.len()` is 1", "scales.len() = 2"]);
    refused(LogCosh::new(&[1.0, -1.0], &[0.0, 1.0]), &["`the sum of scales` is 0"]);
    refused(LogCosh::new(&[], &[]), &["`scales.len()` is 0"]);
    refused(
        LogCosh::new(&[1.0; 4], &[0.0; 4]).unwrap().exact_gradients(1.0, Schedule::Constant(0.1), 20),
        &["`steps` is 20", "2^24"],
    );
    // 11⁷ lies between 2²⁴ and 2²⁵.
    refused(
        LogCosh::new(&[1.0; 11], &[0.0; 11]).unwrap().exact_gradients(1.0, Schedule::Constant(0.1), 8),
        &["`steps` is 8", "2^24"],
    );
    refused(ResNet::<1>::sampled(0, 1.0, |_| Layer { weight: [[1.0]], bias: [0.0] }), &["`depth` is 0"]);
    refused(
        ResNet::<1>::sampled(4, 1.0, |t| Layer { weight: [[1.0 / t]], bias: [0.0] }),
        &["`weights` is inf"],
    );
    refused(TiltedWell::new(2.0, 1.0), &["`tilt` is 2", "8/√27"]);
    refused(
        TiltedWell::new(0.3, 1.0).unwrap().deep_probability(Schedule::Constant(0.1), 3, [0.0, 1.0], 1),
        &["`nodes` is 1"],
    );
}

#[test]
fn data() {
    let stream = &mut Streams::new(1, "bad").stream(0);
    refused(Blobs::new(0.0), &["`spread` is 0"]);
    refused(Blobs::new(1.0).unwrap().sample(0, stream), &["`n` is 0"]);
    refused(Classification::new(Labelled::default(), Misfit::Square), &["`data.points.len()` is 0"]);
    let with = |points: Vec<[f64; 2]>, labels: Vec<f64>| {
        Classification::new(Labelled { points, labels }, Misfit::Square)
    };
    refused(with(vec![[0.0; 2]], vec![]), &["`data.labels.len()` is 0", "data.points.len() = 1"]);
    refused(with(vec![[0.0; 2]], vec![2.0]), &["`data.labels` is 2", "0 or 1"]);
    refused(with(vec![[0.0, f64::NAN]], vec![1.0]), &["`data.points` is NaN"]);
    let network = TwoLayer::new(Activation::Tanh, vec![1.0; 5]).unwrap();
    refused(accuracy(&network, &Labelled::default()), &["`data.points.len()` is 0"]);
    let unlabelled = Labelled { points: vec![[0.0; 2]; 2], labels: vec![1.0] };
    refused(accuracy(&network, &unlabelled), &["`data.labels.len()` is 1", "data.points.len() = 2"]);
    let loss = Quadratic::new([1.0], vec![[0.0], [1.0]]).unwrap();
    for size in [0, 3] {
        let run =
            descend(&loss, Batch::Mini(size), &mut Plain, Schedule::Constant(0.1), 1, &mut [0.0], stream);
        refused(run, &["`batch`", "between 1 and 2"]);
    }
    let problem = Poisson::new(2, 1.0).unwrap();
    // The energy's weights are no probabilities: no term can be drawn with them.
    let energy = Collocation::new(DeepRitz::new(problem, 5.0).unwrap(), Activation::Tanh, &[0.5]).unwrap();
    let run = descend(&energy, Batch::One, &mut Plain, Schedule::Constant(0.1), 1, &mut [0.0; 4], stream);
    refused(run, &["`weights`", "probabilities"]);
    refused(Poisson::new(0, 1.0), &["`waves` is 0"]);
    refused(DeepRitz::new(problem, 0.0), &["`lambda` is 0"]);
    refused(Pinn::new(problem, f64::NAN), &["`lambda` is NaN"]);
    refused(
        Collocation::new(Pinn::new(problem, 1.0).unwrap(), Activation::Tanh, &[1.5]),
        &["`points` is 1.5"],
    );
    refused(
        Training { points: 0, ..Training::new(10, 0) }.run(
            Pinn::new(problem, 1.0).unwrap(),
            &mut Adam::default(),
            |_, _, _| (),
        ),
        &["`points.len()` is 0"],
    );
}

#[test]
fn divergence_names_its_iteration() {
    let energy = DeepRitz::new(Poisson::new(2, 1.0).unwrap(), 500.0).unwrap();
    let mut last = (0, 0.0);
    let training = Training { schedule: Schedule::Constant(1.0), ..Training::new(1000, 0) };
    let error = training.run(energy, &mut Plain, |k, _, loss| last = (k, loss)).unwrap_err();
    match error {
        Error::Diverged { quantity: "loss", iteration, value, last: Some(loss) } => {
            assert_eq!((iteration, loss), (last.0 + 1, last.1));
            assert!(loss.is_finite() && !value.is_finite());
        }
        other => panic!("{other}"),
    }
}

#[test]
fn parameters_that_overflow_stop_the_descent() {
    let mut stream = Streams::new(1, "overflow").stream(0);
    let data = Labelled { points: vec![[1e3, 2.0], [-1e3, 1.0]], labels: vec![1.0, 0.0] };
    let loss = Classification::new(data, Misfit::Square).unwrap();
    let (batch, schedule) = (Batch::Full, Schedule::Constant(f64::MAX));
    let mut theta = [1e-3, 1e-3, 0.1, 1.0, 0.1];
    let result = descend(&loss, batch, &mut Plain, schedule, 5, &mut theta, &mut stream);
    let Err(Error::Diverged { quantity: "theta", iteration: 0, last: Some(last), .. }) = result else {
        panic!("{result:?}");
    };
    assert!(last.is_finite());
    let result = descend(&loss, batch, &mut Plain, schedule, 5, &mut [f64::NAN; 5], &mut stream);
    assert!(matches!(result, Err(Error::NotFinite { quantity: "theta", step: 0, .. })), "{result:?}");
}

/// A term's value does not depend on the weight with which its gradient is wanted.
#[test]
fn terms_of_weight_zero() {
    let ritz = DeepRitz::new(Poisson::new(2, 1.0).unwrap(), 500.0).unwrap();
    let sum = Collocation::new(ritz, Activation::Tanh, &[0.25, 0.75]).unwrap();
    let theta = [0.7, -0.2, 0.4, 0.1];
    for i in 0..4 {
        let value = |scale: f64| sum.add_term(i, &theta, scale, &mut [0.0; 4]);
        assert_eq!(value(0.0), value(1.0));
    }
}

/// Between centres that lie far apart the loss is straight, and need not be searched.
#[test]
fn centres_far_apart() {
    let loss = LogCosh::new(&[1.0, 1.0], &[-1e9, 1e9]).unwrap();
    assert!((loss.minimum() - (1e9 - 2f64.ln())).abs() < 1e-6);
    assert!((loss.lipschitz() - 0.5).abs() < 1e-6);
    let beyond = LogCosh::new(&[2.0], &[1e18]).unwrap();
    assert_eq!((beyond.minimum(), beyond.lipschitz()), (0.0, 2.0));
}
