//! What is refused in Section 2.2, and how.

use crate::refused::refused;
use ndarray::{Array2, array};
use sdml::Error;
use sdml::ch1_preliminaries::sde::Grid;
use sdml::ch2_control::backprop::{
    Activation, Chain, Evaluation, Jet, Layers, Mlp, Mode, Nesting, NoisyRelaxation, OfInput, Pass, Probe,
    Problem, Relaxation, Rerun, Shards, gradient, hessian_vector, jacobian, laplacian,
};
use sdml::random::Streams;

#[test]
fn shapes() {
    refused(Mlp::new(&[2], Activation::Tanh), &["`sizes.len()` is 1", "at least 2"]);
    refused(Mlp::new(&[2, 0, 1], Activation::Tanh), &["`sizes` is 0"]);
    let mlp = Mlp::new(&[2, 3, 1], Activation::Tanh).unwrap();
    let (theta, x, mut pass) = (vec![0.1; 13], Array2::<f64>::zeros((4, 2)), Pass::new());
    refused(mlp.forward(&theta[1..], x.view(), &mut pass), &["`theta.len()` is 12", "13"]);
    refused(mlp.forward(&theta, x.t(), &mut pass), &["`x.ncols()` is 4", "2"]);
    let jet = Jet { tangents: 2, laplacian: false };
    refused(mlp.forward_jet(&theta, jet, x.view(), &mut pass), &["`x.nrows()` is 4", "3 streams"]);
    refused(mlp.pull_back(&theta, &mut pass, x.view(), &mut [0.0; 13]), &["`pass` is []", "[2, 3, 1]"]);
    mlp.forward(&theta, x.view(), &mut pass).unwrap();
    refused(
        mlp.pull_back(&theta, &mut pass, x.view(), &mut [0.0; 13]),
        &["`cotangent.dim()` is (4, 2)", "(4, 1)"],
    );
    let ones = Array2::ones((4, 1));
    refused(mlp.pull_back(&theta, &mut pass, ones.view(), &mut [0.0; 3]), &["`gradient.len()` is 3"]);
    refused(mlp.divergence(&theta, Array2::zeros((4, 5)).view(), &mut pass), &["`x.ncols()` is 5"]);
    let wide = Mlp::new(&[1, 3, 2], Activation::Tanh).unwrap();
    refused(wide.divergence(&[0.1; 14], Array2::zeros((4, 1)).view(), &mut pass), &["`jet.tangents` is 2"]);
    let stream = &mut Streams::new(0, "bad").stream(0);
    refused(
        mlp.divergence_estimate(&theta, x.view(), (Probe::Gaussian, 0), stream, &mut pass),
        &["`probes` is 0"],
    );
    refused(
        mlp.hessian_vector(&theta, x.view(), x.view(), x.view(), &mut pass),
        &["`w.dim()` is (4, 2)", "(4, 1)"],
    );
    let (w, narrow) = (ones.view(), [x.view(), ones.view()]);
    refused(
        mlp.hessian_form(&theta, x.view(), w, narrow, &mut pass, &mut [0.0; 13]),
        &["`v.dim()` is (4, 1)", "(4, 2)"],
    );
    let squares = [x.view(), x.view()];
    refused(
        mlp.hessian_form(&theta, x.view(), w, squares, &mut pass, &mut [0.0; 3]),
        &["`gradient.len()` is 3"],
    );
    refused(Probe::Gaussian.variance(x.view()), &["`jacobian.dim()`", "square"]);
    refused(gradient(&OfInput(&mlp, &theta), &[0.0; 3]), &["`x.len()` is 3"]);
    refused(gradient(&OfInput(&wide, &[0.1; 14]), &[0.0]), &["`map.outputs()` is 2"]);
    let nesting = sdml::ch2_control::backprop::Nesting::ReverseOverForward;
    refused(hessian_vector(&OfInput(&mlp, &theta), &[0.0; 2], &[0.0], nesting), &["is 1"]);
}

#[test]
fn numbers_that_are_not_finite() {
    // So many parameters that not all of them are looked at one by one.
    let mlp = Mlp::new(&[2, 5, 1], Activation::Relu).unwrap();
    let (mut pass, mut evaluation) = (Pass::new(), Evaluation::new());
    for bad in [f64::NAN, f64::INFINITY] {
        for place in 0..21 {
            let mut theta = vec![0.1; 21];
            theta[place] = bad;
            let x = Array2::zeros((4, 2));
            refused(mlp.forward(&theta, x.view(), &mut pass), &["`theta` is", "finite"]);
            refused(mlp.evaluate(&theta, x.view(), &mut evaluation), &["`theta` is", "finite"]);
        }
        refused(mlp.forward(&[0.1; 21], array![[0.0, bad]].view(), &mut pass), &["`x` is"]);
    }
    let layers = Layers::new(1, 1, Activation::Tanh).unwrap();
    refused(Layers::new(0, 1, Activation::Tanh), &["`width` is 0"]);
    refused(layers.loss(&[f64::NAN], &[0.0]), &["`theta` is NaN"]);
    refused(layers.loss(&[0.0], &[0.0, 1.0]), &["`x` is of length 2", "1 long"]);
    refused(layers.central_differences(&[0.0], &[0.0], 0.0, Rerun::Everything), &["`epsilon` is 0"]);
    let chain = Chain { start: 1.0, depth: 2 };
    refused(Problem::new(chain, f64::NAN, 1.0, 0.0), &["`target`"]);
    refused(Problem::new(chain, 1.0, 0.0, 0.0), &["`weight` is 0"]);
    refused(Problem::new(chain, 1.0, 1.0, -1.0), &["`price` is -1"]);
    let drift = Relaxation { start: 0.0, grid: Grid::new(0.0, 1.0, 3).unwrap() };
    let stream = &mut Streams::new(0, "bad").stream(0);
    refused(NoisyRelaxation::new(drift, 1.0, 0, stream), &["`paths` is 0"]);
}

#[test]
fn shards_report_the_first_error() {
    let mut shards = Shards::new(3, || ());
    refused(shards.gradient(10, &mut [0.0; 2], |_, (), _| Ok(0.0)), &["`gradient.len()` is 2", "3"]);
    let failing = |range: std::ops::Range<usize>, (): &mut (), _: &mut [f64]| {
        if range.start < 4 { Ok(1.0) } else { Err(Error::argument("row", range.start, "less than 4")) }
    };
    refused(shards.gradient(16, &mut [0.0; 3], failing), &["`row` is 4"]);
    // And recover.
    assert_eq!(shards.gradient(3, &mut [0.0; 3], |range, (), _| Ok(range.len() as f64)).unwrap(), 3.0);
    // Empty batches are nothing.
    let mlp = Mlp::new(&[2, 3, 1], Activation::Tanh).unwrap();
    let mut pass = Pass::new();
    mlp.forward(&[0.1; 13], Array2::zeros((0, 2)).view(), &mut pass).unwrap();
    let mut gradient = [0.0; 13];
    mlp.pull_back(&[0.1; 13], &mut pass, Array2::zeros((0, 1)).view(), &mut gradient).unwrap();
    assert_eq!((pass.output().dim(), gradient), ((0, 1), [0.0; 13]));
    mlp.evaluate(&[0.1; 13], Array2::zeros((0, 2)).view(), &mut Evaluation::new()).unwrap();
}

#[test]
fn points_without_derivatives() {
    let mlp = Mlp::new(&[1, 2, 1], Activation::Tanh).unwrap();
    let theta = [0.1; 7];
    let map = OfInput(&mlp, &theta);
    for mode in [Mode::Forward, Mode::Reverse] {
        refused(jacobian(&map, &[f64::NAN], mode), &["`x` is NaN", "finite"]);
    }
    refused(gradient(&map, &[f64::INFINITY]), &["`x` is inf"]);
    refused(laplacian(&map, &[f64::NAN]), &["`x` is NaN"]);
    let nesting = Nesting::ForwardOverReverse;
    refused(hessian_vector(&map, &[0.0], &[f64::NAN], nesting), &["`x` is NaN"]);
    // As a formula max(z, 0) is (z + √z²)/2.
    let relu = Mlp::new(&[1, 1, 1], Activation::Relu).unwrap();
    let kink = OfInput(&relu, &[1.0, 0.0, 1.0, 0.0]);
    refused(jacobian(&kink, &[0.0], Mode::Forward), &["`x` is [0.0]", "not NaN"]);
    refused(laplacian(&kink, &[0.0]), &["`x` is [0.0]"]);
    refused(gradient(&kink, &[0.0]), &["`x` is [0.0]"]);
    assert_eq!(gradient(&kink, &[2.0]).unwrap(), (2.0, vec![1.0]));
    // A start that is not a number.
    let lost = Problem::new(Chain { start: f64::NAN, depth: 1 }, 1.0, 1.0, 0.0).unwrap();
    refused(gradient(&lost, &[1.0]), &["`x` is [1.0]", "not NaN"]);
}

#[test]
fn matrices_that_are_not_finite() {
    let mlp = Mlp::new(&[2, 3, 1], Activation::Tanh).unwrap();
    let (x, mut pass) = (Array2::<f64>::zeros((2, 2)), Pass::new());
    let w = array![[1.0], [f64::NAN]];
    refused(mlp.hessian_vector(&[0.1; 13], x.view(), w.view(), x.view(), &mut pass), &["`w` is NaN"]);
    refused(Probe::Gaussian.variance(array![[f64::INFINITY]].view()), &["`jacobian` is inf"]);
    // Derivatives that overflow.
    let mlp = Mlp::new(&[2, 1, 1], Activation::Softplus).unwrap();
    let (theta, x) = ([1e200, 1e200, 0.0, 1e200, 0.0], array![[0.0, 0.0]]);
    for mode in [Mode::Forward, Mode::Reverse] {
        refused(mlp.jacobian(&theta, x.view(), mode, &mut pass), &["`jacobian` became inf at step 0"]);
    }
    refused(mlp.divergence(&theta, x.view(), &mut pass), &["`divergence` became inf"]);
    refused(mlp.laplacian(&theta, x.view(), &mut pass), &["`laplacian` became"]);
    let (w, v, stream) = (array![[1.0]], array![[1.0, 0.0]], &mut Streams::new(0, "bad").stream(0));
    refused(mlp.hessian_vector(&theta, x.view(), w.view(), v.view(), &mut pass), &["`product` became"]);
    let square = [v.view(), v.view()];
    let outcome = mlp.hessian_form(&theta, x.view(), w.view(), square, &mut pass, &mut [0.0; 5]);
    refused(outcome, &["`form` became"]);
    // Of a finite form, with x₁ = 10²⁰⁰ times a third derivative of 10²⁰⁰.
    let (steep, far, v) = ([1e-200, 1e100, 0.0, 1.0, 0.0], array![[1e200, 0.0]], array![[0.0, 1.0]]);
    let square = [v.view(), v.view()];
    let outcome = mlp.hessian_form(&steep, far.view(), w.view(), square, &mut pass, &mut [0.0; 5]);
    refused(outcome, &["`gradient` became", "at step 0"]);
    let probes = (Probe::Rademacher, 1);
    refused(mlp.divergence_estimate(&theta, x.view(), probes, stream, &mut pass), &["`divergence` became"]);
}

#[test]
fn sizes_beyond_counting() {
    let huge = usize::MAX;
    refused(Mlp::new(&[huge, 1], Activation::Tanh), &["`sizes`", "counted"]);
    refused(Mlp::new(&[2, huge, 2], Activation::Tanh), &["`sizes`", "counted"]);
    refused(Layers::new(huge, 2, Activation::Tanh), &["`width`", "counted"]);
}
