use sdml::ch2_control::backprop::{Activation, Mode, Pass, Probe};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use super::{distance, example, normal};
use crate::check::Check;

#[test]
fn divergence_is_the_trace() {
    // Three inputs, two outputs: the last input is a time.
    let (mlp, theta, x, mut stream) = example(&[3, 8, 8, 2], Activation::Tanh, 5);
    let mut pass = Pass::new();
    let divergence = mlp.divergence(&theta, x.view(), &mut pass).unwrap();
    let jacobian = mlp.jacobian(&theta, x.view(), Mode::Reverse, &mut pass).unwrap();
    let trace: Vec<f64> = (0..5).map(|i| jacobian[[i, 0, 0]] + jacobian[[i, 1, 1]]).collect();
    assert!(distance(&divergence, &trace) < 1e-14);
    // On average an estimate is right, in every point.
    let probes = 20_000;
    for probe in [Probe::Rademacher, Probe::Gaussian] {
        let law = (probe, probes);
        let estimate = mlp.divergence_estimate(&theta, x.view(), law, &mut stream, &mut pass).unwrap();
        for i in 0..5 {
            let square = jacobian.slice_axis(ndarray::Axis(2), ndarray::Slice::from(..2));
            let variance = probe.variance(square.index_axis(ndarray::Axis(0), i)).unwrap();
            let error = (variance / probes as f64).sqrt();
            assert!((estimate[i] - trace[i]).abs() < 4.0 * error + 1e-12, "{probe:?} {i}");
        }
    }
}

#[test]
fn hutchinson_variance() {
    let mut stream = Streams::new(6, "matrix").stream(0);
    let jacobian = normal((6, 6), &mut stream);
    let trace: f64 = jacobian.diag().sum();
    let moments = |probe: Probe| {
        let [moments] = ensemble(
            &Streams::new(7, "hutchinson"),
            100_000,
            || (),
            |(), stream| {
                let v = ndarray::Array1::from_shape_simple_fn(6, || probe.draw(stream));
                Ok([v.dot(&jacobian.dot(&v))])
            },
        )
        .unwrap();
        moments
    };
    let signs = moments(Probe::Rademacher);
    let normals = moments(Probe::Gaussian);
    assert!(signs.mean().unwrap().z(trace).abs() < 4.0 && normals.mean().unwrap().z(trace).abs() < 4.0);
    let [of_signs, of_normals] =
        [Probe::Rademacher, Probe::Gaussian].map(|probe| probe.variance(jacobian.view()).unwrap());
    assert!(normals.variance().unwrap().z(of_normals).abs() < 4.0);
    Check::new(
        "ch2_control/backprop/divergence/hutchinson_variance",
        &["u:24"],
        "the variance of vᵀJv for random signs v is 2 Σ_{i≠j} S_ij², S the symmetric part of a 6 × 6 matrix J",
        "2 Σ_ij S_ij², which belongs to normal v",
    )
    .seed(7)
    .samples("100000 directions")
    .statistical(signs.variance().unwrap(), of_signs, of_normals);
}
