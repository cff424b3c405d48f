use ndarray::{Array1, ArrayView2};
use sdml::ch1_preliminaries::learning::{self, Jets, TwoLayer};
use sdml::ch1_preliminaries::sde::Number;
use sdml::ch2_control::backprop::{
    Activation, Jet, Map, Mlp, Mode, Nesting, OfInput, OfParameters, Pass, Probe, Tape, gradient,
    hessian_vector, jacobian, laplacian,
};
use sdml::random::Streams;

use super::{distance, example, normal};
use crate::check::Check;

/// One layer y = tanh(W x) of Example 2.1.
struct Layer(Vec<f64>);

impl Map for Layer {
    fn inputs(&self) -> usize {
        3
    }
    fn outputs(&self) -> usize {
        3
    }
    fn apply<S: Number>(&self, x: &[S]) -> Vec<S> {
        let row = |w: &[f64]| x.iter().zip(w).fold(S::from(0.0), |sum, (&x, &w)| sum + x * w).tanh();
        self.0.chunks(3).map(row).collect()
    }
}

/// ½|y_3|² behind three of them.
struct Loss<'a>(&'a [Layer; 3]);

impl Map for Loss<'_> {
    fn inputs(&self) -> usize {
        3
    }
    fn outputs(&self) -> usize {
        1
    }
    fn apply<S: Number>(&self, x: &[S]) -> Vec<S> {
        let y = self.0.iter().fold(x.to_vec(), |y, layer| layer.apply(&y));
        vec![y.iter().fold(S::from(0.0), |sum, &y| sum + y * y) * 0.5]
    }
}

#[test]
fn chain_rule() {
    let mut stream = Streams::new(1, "chain rule").stream(0);
    let layers = [(); 3].map(|()| Layer((0..9).map(|_| 0.7 * stream.normal()).collect()));
    let x = [0.3, -0.8, 1.1];
    let mut y = x.to_vec();
    let mut factors = Vec::new();
    for layer in &layers {
        factors.push(jacobian(layer, &y, Mode::Forward).unwrap());
        y = layer.apply(&y);
    }
    let row = Array1::from(y);
    let product = row.dot(&factors[2]).dot(&factors[1]).dot(&factors[0]);
    let swapped = row.dot(&factors[0]).dot(&factors[1]).dot(&factors[2]);
    let (_, slope) = gradient(&Loss(&layers), &x).unwrap();
    assert!(distance(&slope, &product) < 1e-14);
    Check::new(
        "ch2_control/backprop/modes/chain_rule",
        &["eq:2.4"],
        "the tape's ∂L/∂x_1 behind three layers is the product (∂L/∂y_3)(∂y_3/∂y_2)(∂y_2/∂y_1)(∂y_1/∂x)",
        "the factors in the opposite order",
    )
    .seed(1)
    .within(
        slope[0],
        product[0],
        1e-14,
        "some thirty operations on numbers below 1, each rounded at 1e-16",
        swapped[0],
    );
}

/// Σ_i c_i f_i.
struct Weighted<M>(M, Vec<f64>);

impl<M: Map> Map for Weighted<M> {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }
    fn outputs(&self) -> usize {
        1
    }
    fn apply<S: Number>(&self, x: &[S]) -> Vec<S> {
        let y = self.0.apply(x);
        vec![y.iter().zip(&self.1).fold(S::from(0.0), |sum, (&y, &c)| sum + y * c)]
    }
}

#[test]
fn modes_agree() {
    let (mut worst, mut wrong): (f64, f64) = (0.0, f64::INFINITY);
    for activation in Activation::ALL {
        let (mlp, theta, x, mut stream) = example(&[3, 5, 4, 2], activation, 1);
        let c = normal((1, 2), &mut stream);
        let (point, weights) = (x.row(0).to_vec(), c.row(0).to_vec());
        let mut pass = Pass::new();
        mlp.forward(&theta, x.view(), &mut pass).unwrap();
        let mut engine = vec![0.0; theta.len()];
        mlp.pull_back(&theta, &mut pass, c.view(), &mut engine).unwrap();
        let map = Weighted(OfParameters(&mlp, &point), weights.clone());
        let (value, reverse) = gradient(&map, &theta).unwrap();
        let forward = jacobian(&map, &theta, Mode::Forward).unwrap();
        worst = worst.max(distance(&engine, &reverse)).max(distance(&engine, &forward));
        // In the input: by tangents, by pull-backs, by the tape, by duals.
        let of_input = OfInput(&mlp, &theta);
        let tape = jacobian(&of_input, &point, Mode::Reverse).unwrap();
        let duals = jacobian(&of_input, &point, Mode::Forward).unwrap();
        for mode in [Mode::Forward, Mode::Reverse] {
            let batched = mlp.jacobian(&theta, x.view(), mode, &mut pass).unwrap();
            worst = worst.max(distance(&batched, &tape)).max(distance(&batched, &duals));
        }
        let differences: Vec<f64> = (0..theta.len())
            .map(|i| {
                let mut theta = theta.clone();
                theta[i] += 1e-8;
                (map.apply(&theta)[0] - value) / 1e-8
            })
            .collect();
        wrong = wrong.min(distance(&differences, &reverse));
    }
    Check::new(
        "ch2_control/backprop/modes/modes_agree",
        &["u:24", "eq:2.4"],
        "the batched engine, the tape and the dual numbers give the same derivatives, for five activations: largest difference",
        "one-sided differences with ε = 1e-8 instead of a derivative",
    )
    .seed(0)
    .within(worst, 0.0, 1e-12, "a few hundred roundings of 1e-16", wrong);
}

#[test]
fn second_derivatives_agree() {
    let (mut worst, mut wrong): (f64, f64) = (0.0, f64::INFINITY);
    for activation in [Activation::Tanh, Activation::Silu, Activation::Softplus, Activation::Sine] {
        let (mlp, theta, x, mut stream) = example(&[3, 5, 4, 2], activation, 1);
        let (c, v) = (normal((1, 2), &mut stream), normal((1, 3), &mut stream));
        let (point, direction) = (x.row(0).to_vec(), v.row(0).to_vec());
        let map = Weighted(OfInput(&mlp, &theta), c.row(0).to_vec());
        let engine = mlp.hessian_vector(&theta, x.view(), c.view(), v.view(), &mut Pass::new()).unwrap();
        for nesting in [Nesting::ForwardOverForward, Nesting::ForwardOverReverse, Nesting::ReverseOverForward]
        {
            let product = hessian_vector(&map, &point, &direction, nesting).unwrap();
            worst = worst.max(distance(&engine, &product));
        }
        let shifted = |h: f64| {
            let x: Vec<f64> = point.iter().zip(&direction).map(|(x, v)| x + h * v).collect();
            gradient(&map, &x).unwrap().1
        };
        let h = 1e-3;
        let (right, left) = (shifted(h), shifted(-h));
        let difference: Vec<f64> = right.iter().zip(left).map(|(r, l)| (r - l) / (2.0 * h)).collect();
        wrong = wrong.min(distance(&engine, &difference));
    }
    Check::new(
        "ch2_control/backprop/modes/second_derivatives_agree",
        &["u:24", "r:6"],
        "H v by the pull-back of a tangent and by three nestings of forward and reverse mode: largest difference",
        "the central difference of two gradients, ε = 1e-3",
    )
    .seed(0)
    .within(worst, 0.0, 1e-12, "a few hundred roundings of 1e-16", wrong);
}

#[test]
fn forward_laplacian() {
    let (mut worst, mut wrong): (f64, f64) = (0.0, f64::INFINITY);
    for activation in [Activation::Tanh, Activation::Silu, Activation::Softplus, Activation::Sine] {
        let (mlp, theta, x, _) = example(&[4, 6, 5, 2], activation, 1);
        let point = x.row(0).to_vec();
        let mut pass = Pass::new();
        let sweep = mlp.laplacian(&theta, x.view(), &mut pass).unwrap();
        worst = worst.max(distance(&sweep, &laplacian(&OfInput(&mlp, &theta), &point).unwrap()));
        // One tangent (1, 1, 1, 1) instead of four unit vectors.
        let jet = Jet { tangents: 1, laplacian: true };
        let mut rows = jet.coordinates(x.view()).unwrap();
        rows.row_mut(1).fill(1.0);
        mlp.forward_jet(&theta, jet, rows.view(), &mut pass).unwrap();
        wrong = wrong.min(distance(&sweep, pass.output().row(2)));
    }
    Check::new(
        "ch2_control/backprop/modes/forward_laplacian",
        &["r:6"],
        "the Laplacian carried through the layers is the trace of the Hessian by nested duals: largest difference",
        "the second derivative along (1, …, 1), which is the sum of all entries and not of the diagonal",
    )
    .seed(0)
    .within(worst, 0.0, 1e-12, "a few hundred roundings of 1e-16", wrong);
}

#[test]
fn hand_written_derivatives() {
    // Chapter 1: u = v · tanh(Wx + b) + c with W m × 2; here W_1 is 2 × m.
    let (m, n) = (5, 7);
    let mut stream = Streams::new(2, "hand-written").stream(0);
    let net = TwoLayer::<2>::random(learning::Activation::Tanh, m, [-1.0, 1.0], &mut stream).unwrap();
    let theirs = net.parameters();
    let transposed = |theirs: &[f64]| -> Vec<f64> {
        let weight = (0..2).flat_map(|d| (0..m).map(move |j| (j, d))).map(|(j, d)| theirs[2 * j + d]);
        weight.chain(theirs[2 * m..].iter().copied()).collect()
    };
    let points: Vec<[f64; 2]> = (0..n).map(|_| [stream.normal(), stream.normal()]).collect();
    let mut jets = Jets::<2>::default();
    jets.reset(n);
    let jet = Jet { tangents: 2, laplacian: true };
    let c = normal((n * jet.streams(), 1), &mut stream);
    for i in 0..n {
        jets.value[i] = c[[i, 0]];
        jets.gradient[i] = [c[[n + i, 0]], c[[2 * n + i, 0]]];
        jets.laplacian[i] = c[[3 * n + i, 0]];
    }
    let mut pass = learning::Pass::default();
    net.forward(&points, &mut pass);
    let mut by_hand = vec![0.0; theirs.len()];
    net.pull_back(&points, &pass, &jets, &mut by_hand);

    let mlp = Mlp::new(&[2, m, 1], Activation::Tanh).unwrap();
    let theta = transposed(theirs);
    let x = ArrayView2::from_shape((n, 2), points.as_flattened()).unwrap();
    let mut engine = Pass::new();
    mlp.forward_jet(&theta, jet, jet.coordinates(x).unwrap().view(), &mut engine).unwrap();
    let output = engine.output().column(0).to_vec();
    assert!(distance(&output[..n], &pass.jets.value) < 1e-14);
    assert!(distance(&output[3 * n..], &pass.jets.laplacian) < 1e-12);
    for (i, slope) in pass.jets.gradient.iter().enumerate() {
        assert!(distance(slope, &[output[n + i], output[2 * n + i]]) < 1e-13);
    }
    let mut gradient = vec![0.0; theta.len()];
    mlp.pull_back(&theta, &mut engine, c.view(), &mut gradient).unwrap();
    assert!(distance(&gradient, &transposed(&by_hand)) < 1e-11);
}

#[test]
fn probes_have_unit_covariance() {
    for probe in [Probe::Rademacher, Probe::Gaussian] {
        let mut stream = Streams::new(3, "probes").stream(0);
        let draws: Vec<f64> = (0..100_000).map(|_| probe.draw(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let square = draws.iter().map(|v| v * v).sum::<f64>() / 1e5;
        assert!(mean.abs() < 4.0 / 1e5f64.sqrt() && (square - 1.0).abs() < 4.0 * (2.0f64 / 1e5).sqrt());
    }
}

#[test]
fn what_a_result_does_not_depend_on_has_no_part_in_it() {
    // ln x has an infinite slope at 0, but sin x has nothing to do with it.
    let tape = Tape::new();
    let x = tape.variable(0.0);
    let (logarithm, sine) = (x.ln(), x.sin());
    assert_eq!(tape.adjoints(sine).of(x), 1.0);
    assert_eq!(tape.adjoints(logarithm).of(x), f64::INFINITY);
}

#[test]
fn constants_on_a_tape() {
    let tape = Tape::new();
    let x = tape.variable(3.0);
    for (y, value, slope) in
        [(x + 2.0, 5.0, 1.0), (x - 2.0, 1.0, 1.0), (x * 4.0, 12.0, 4.0), (x / 4.0, 0.75, 0.25)]
    {
        assert_eq!((y.value(), tape.adjoints(y).of(x)), (value, slope));
    }
}
