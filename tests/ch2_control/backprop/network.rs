//! The engine against central differences, for every activation and every jet.

use std::f64::consts::FRAC_PI_2;

use ndarray::{Array2, ArrayView2, Axis, Slice, concatenate};
use sdml::ch2_control::backprop::{Activation, Evaluation, Jet, Mlp, Pass};
use sdml::random::Streams;

use super::{distance, example, normal};

/// ⟨c, output⟩.
fn functional(mlp: &Mlp, theta: &[f64], jet: Jet, x: ArrayView2<f64>, c: &Array2<f64>) -> f64 {
    let mut pass = Pass::new();
    mlp.forward_jet(theta, jet, x, &mut pass).unwrap();
    pass.output().iter().zip(c).map(|(y, c)| y * c).sum()
}

#[test]
fn pull_back_is_the_derivative_of_the_forward_pass() {
    let jets = [(0, false), (1, false), (3, false), (0, true), (2, true), (3, true)];
    for activation in Activation::ALL {
        for (tangents, laplacian) in jets {
            let jet = Jet { tangents, laplacian };
            let mlp = Mlp::new(&[3, 5, 7, 2], activation).unwrap();
            let mut stream = Streams::new(0, "engine").stream(0);
            let theta = mlp.initial(&mut stream);
            let rows = 4 * jet.streams();
            let x = Array2::from_shape_simple_fn((rows, 3), || stream.normal());
            let c = Array2::from_shape_simple_fn((rows, 2), || stream.normal());
            let mut pass = Pass::new();
            let mut gradient = vec![0.0; theta.len()];
            mlp.forward_jet(&theta, jet, x.view(), &mut pass).unwrap();
            mlp.pull_back(&theta, &mut pass, c.view(), &mut gradient).unwrap();
            // Fourth-order differences; their error is about 1e-11 here.
            let difference = |f: &dyn Fn(f64) -> f64| {
                let h = 1e-3;
                (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
            };
            let mut worst: f64 = 0.0;
            for i in 0..theta.len() {
                let d = difference(&|h| {
                    let mut theta = theta.clone();
                    theta[i] += h;
                    functional(&mlp, &theta, jet, x.view(), &c)
                });
                worst = worst.max((gradient[i] - d).abs());
            }
            for (index, &exact) in pass.input_cotangent().indexed_iter() {
                let d = difference(&|h| {
                    let mut x = x.clone();
                    x[index] += h;
                    functional(&mlp, &theta, jet, x.view(), &c)
                });
                worst = worst.max((exact - d).abs());
            }
            println!("{activation:?} {jet:?} {worst:e}");
            assert!(worst < 1e-9, "{activation:?} {jet:?}: {worst:e}");
        }
    }
}

#[test]
fn gradient_through_a_hessian_vector_product() {
    for activation in [Activation::Tanh, Activation::Silu, Activation::Softplus, Activation::Sine] {
        let (mlp, theta, x, mut stream) = example(&[3, 5, 4, 2], activation, 3);
        let [w, u, v] = [2, 3, 3].map(|width| normal((3, width), &mut stream));
        let mut pass = Pass::new();
        let (mut gradient, directions) = (vec![0.0; theta.len()], [u.view(), v.view()]);
        let form =
            mlp.hessian_form(&theta, x.view(), w.view(), directions, &mut pass, &mut gradient).unwrap();
        let products = |theta: &[f64]| {
            let product = mlp.hessian_vector(theta, x.view(), w.view(), v.view(), &mut Pass::new()).unwrap();
            (&u * &product).sum_axis(Axis(1))
        };
        assert!(distance(&form, &products(&theta)) < 1e-12, "{activation:?}");
        // Fourth-order differences, as above.
        let shifted = |i: usize, h: f64| {
            let mut theta = theta.clone();
            theta[i] += h;
            products(&theta).sum()
        };
        let h = 1e-3;
        let differences: Vec<f64> = (0..theta.len())
            .map(|i| {
                let pair = |h: f64| shifted(i, h) - shifted(i, -h);
                (8.0 * pair(h) - pair(2.0 * h)) / (12.0 * h)
            })
            .collect();
        let largest = differences.iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
        let apart = distance(&gradient, &differences) / largest;
        println!("{activation:?} {apart:e}");
        assert!(apart < 1e-8, "{activation:?}: {apart:e}");
        // What `hessian_vector` throws away is the gradient of w · (∂y/∂x) v, with one derivative in x less.
        let jet = Jet { tangents: 1, laplacian: false };
        let rows = concatenate(Axis(0), &[x.view(), v.view()]).unwrap();
        let c = concatenate(Axis(0), &[Array2::zeros(w.dim()).view(), w.view()]).unwrap();
        let mut thrown_away = vec![0.0; theta.len()];
        mlp.forward_jet(&theta, jet, rows.view(), &mut pass).unwrap();
        mlp.pull_back(&theta, &mut pass, c.view(), &mut thrown_away).unwrap();
        assert!(distance(&thrown_away, &differences) > 0.1 * largest, "{activation:?}");
    }
}

#[test]
fn activations_are_as_exact_as_the_standard_library() {
    // Against functions of the standard library that lose nothing near their zeros or far out.
    let logistic = |z: f64| if z < 0.0 { z.exp() / (1.0 + z.exp()) } else { 1.0 / (1.0 + (-z).exp()) };
    for k in -4000..4000 {
        let z = f64::from(k) * 0.01 + 1e-9;
        let exact = [z.tanh(), z * logistic(z), z.max(0.0) + (-z.abs()).exp().ln_1p(), z.max(0.0), z.sin()];
        for (activation, exact) in Activation::ALL.into_iter().zip(exact) {
            let s = activation.derivatives(z)[0];
            // The sine near a multiple of π keeps absolute accuracy only as far as z itself is known.
            let tolerance = 2e-15 * if activation == Activation::Sine { 1.0 } else { exact.abs() };
            assert!((s - exact).abs() <= tolerance, "{activation:?}({z}) = {s}, not {exact}");
        }
    }
    // Beyond the range of the polynomial, in a batch where some arguments are small and in one where none is.
    let mlp = Mlp::new(&[1, 1, 1], Activation::Sine).unwrap();
    for x in [ndarray::array![[0.5], [1e5], [-3e7], [1e15]], ndarray::array![[-3e7], [1e15]]] {
        let mut pass = Pass::new();
        mlp.forward(&[1.0, 0.0, 1.0, 0.0], x.view(), &mut pass).unwrap();
        for (&x, &y) in x.iter().zip(&pass.output()) {
            assert!((y - x.sin()).abs() < 1e-15, "sin {x}");
            let exact = [x.sin(), x.cos(), -x.sin(), -x.cos()];
            for (found, exact) in Activation::Sine.derivatives(x).into_iter().zip(exact) {
                assert!((found - exact).abs() < 1e-15, "derivatives of the sine at {x}");
            }
        }
    }
}

#[test]
fn the_sine_keeps_its_digits() {
    // Relative to what is left of sine or cosine at the double next to a multiple of π/2.
    for k in (1..60).chain((60..63_600).step_by(97)) {
        let z = f64::from(k) * FRAC_PI_2;
        let [sine, cosine, ..] = Activation::Sine.derivatives(z);
        let (found, exact) = if k % 2 == 0 { (sine, z.sin()) } else { (cosine, z.cos()) };
        assert!((found / exact - 1.0).abs() < 1e-15, "{k}: {found:e}, not {exact:e}");
    }
    // Halfway between two of them all terms of the polynomials count: the last of the cosine's is 1e-15.
    for k in -40..40 {
        let z = (f64::from(k) + 0.5) * FRAC_PI_2;
        let [sine, cosine, ..] = Activation::Sine.derivatives(z);
        assert!((sine - z.sin()).abs() < 4e-16 && (cosine - z.cos()).abs() < 4e-16, "{k}");
    }
}

#[test]
fn initial_parameters_fill_their_interval() {
    let mlp = Mlp::new(&[4, 100, 1], Activation::Tanh).unwrap();
    let theta = mlp.initial(&mut Streams::new(0, "initial").stream(0));
    // 500 numbers on (−1/2, 1/2), then 101 on (−1/10, 1/10).
    for (part, bound) in [(&theta[..500], 0.5), (&theta[500..], 0.1)] {
        let largest = part.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
        assert!(0.9 * bound < largest && largest <= bound);
        let square = part.iter().map(|w| w * w).sum::<f64>() / part.len() as f64;
        // The fourth moment of a uniform variable gives w² the variance 4 bound⁴/45.
        let error = bound * bound * (4.0 / 45.0 / part.len() as f64).sqrt();
        assert!((square - bound * bound / 3.0).abs() < 4.0 * error);
    }
}

#[test]
fn evaluation_is_the_forward_pass() {
    // More rows than a block of each shard, and numbers that nothing divides.
    for rows in [1, 7, 1001, 5003] {
        let mlp = Mlp::new(&[2, 9, 3], Activation::Silu).unwrap();
        let mut stream = Streams::new(1, "evaluation").stream(0);
        let theta = mlp.initial(&mut stream);
        let x = Array2::from_shape_simple_fn((rows, 2), || stream.normal());
        let (mut pass, mut evaluation) = (Pass::new(), Evaluation::new());
        mlp.forward(&theta, x.view(), &mut pass).unwrap();
        mlp.evaluate(&theta, x.view(), &mut evaluation).unwrap();
        assert_eq!(pass.output(), evaluation.output());
    }
}

#[test]
fn activations_far_out() {
    // e^z is exact to the last place down to where it vanishes, and z e^z has vanished long before z is as large as it can be.
    for z in [-707.0f64, -709.0, -720.0, -740.0, -744.0] {
        let e = z.exp();
        let near = |found: f64, exact: f64| (found - exact).abs() <= 1e-14 * exact.abs() + 8e-324 * z.abs();
        let [silu, first, ..] = Activation::Silu.derivatives(z);
        assert!(near(silu, z * e) && near(first, (1.0 + z) * e), "{z}: {silu:e} {first:e}");
        let [softplus, first, second, third] = Activation::Softplus.derivatives(z);
        assert!(
            [softplus, first, second, third].into_iter().all(|found| near(found, e)),
            "{z}: {softplus:e}"
        );
    }
    for z in [-746.0, -1500.0, -1e4, -1e300, -f64::MAX, f64::NEG_INFINITY] {
        assert_eq!(Activation::Silu.derivatives(z).map(f64::abs), [0.0; 4], "{z}");
        assert_eq!(Activation::Softplus.derivatives(z), [0.0; 4], "{z}");
    }
    for z in [746.0, 1e300, f64::MAX, f64::INFINITY] {
        for activation in [Activation::Silu, Activation::Softplus] {
            let [value, first, second, third] = activation.derivatives(z);
            assert_eq!(
                [value, first, second.abs(), third.abs()],
                [z, 1.0, 0.0, 0.0],
                "{activation:?} at {z}"
            );
        }
    }
    for activation in [Activation::Silu, Activation::Softplus] {
        assert!(activation.derivatives(f64::NAN).into_iter().all(f64::is_nan));
    }
    // Through a network: silu(−10³⁰⁸) is 0.
    let mlp = Mlp::new(&[1, 1, 1], Activation::Silu).unwrap();
    let mut pass = Pass::new();
    mlp.forward(&[1.0, 0.0, 1.0, 0.0], ndarray::array![[-1e308]].view(), &mut pass).unwrap();
    assert_eq!(pass.output()[[0, 0]], 0.0);
}

/// One number far out in a batch changes the formula for all of it, not their values.
#[test]
fn silu_beside_a_number_far_out() {
    let mlp = Mlp::new(&[1, 1, 1], Activation::Silu).unwrap();
    let (theta, mut pass) = ([1.0, 0.0, 1.0, 0.0], Pass::new());
    let jet = Jet { tangents: 1, laplacian: true };
    for z in [-708.0, -30.0, -2.5, -0.1, 0.0, 0.7, 3.0, 708.0] {
        let [value, first, second, _] = Activation::Silu.derivatives(z);
        let alone = ndarray::array![[z], [1.0], [0.0]];
        mlp.forward_jet(&theta, jet, alone.view(), &mut pass).unwrap();
        assert_eq!(pass.output(), ndarray::array![[value], [first], [second]], "{z} alone");
        for far in [-2000.0, 709.0, 1e300] {
            let both = ndarray::array![[z], [far], [1.0], [0.0], [0.0], [0.0]];
            mlp.forward_jet(&theta, jet, both.view(), &mut pass).unwrap();
            let found = [0, 2, 4].map(|row| pass.output()[[row, 0]]);
            assert_eq!(found, [value, first, second], "{z} beside {far}");
        }
    }
}

/// y_j = w_j x + b_j at x = 1 in five points: both derivatives of ⟨c, y⟩ are the sums of the columns of c.
#[test]
fn bias_of_a_wide_layer() {
    for width in [1, 15, 16, 17, 40] {
        let mlp = Mlp::new(&[1, width], Activation::Tanh).unwrap();
        let (theta, mut pass) = (vec![0.0; 2 * width], Pass::new());
        mlp.forward(&theta, Array2::ones((5, 1)).view(), &mut pass).unwrap();
        let c = Array2::from_shape_fn((5, width), |(i, j)| (i * i + 3 * j) as f64);
        let mut gradient = vec![1.0; 2 * width];
        mlp.pull_back(&theta, &mut pass, c.view(), &mut gradient).unwrap();
        for (k, found) in gradient.iter().enumerate() {
            assert_eq!(*found, 1.0 + 30.0 + 15.0 * (k % width) as f64, "{k} of {width}");
        }
    }
}

#[test]
fn a_batch_is_its_points() {
    // More points than columns of a product are computed together, and inputs so wide that the way back computes it transposed.
    let (mlp, theta, x, mut stream) = example(&[24, 5, 24], Activation::Silu, 12);
    let (c, mut pass) = (normal((12, 24), &mut stream), Pass::new());
    let laplacian = mlp.laplacian(&theta, x.view(), &mut pass).unwrap();
    let mut gradient = vec![0.0; theta.len()];
    mlp.forward(&theta, x.view(), &mut pass).unwrap();
    mlp.pull_back(&theta, &mut pass, c.view(), &mut gradient).unwrap();
    let (mut sum, mut one) = (vec![0.0; theta.len()], Pass::new());
    for i in 0..12 {
        let [point, weights] = [&x, &c].map(|all| all.slice_axis(Axis(0), Slice::from(i..i + 1)));
        let alone = mlp.laplacian(&theta, point, &mut one).unwrap();
        assert!(distance(alone.row(0), laplacian.row(i)) < 1e-13, "{i}");
        mlp.forward(&theta, point, &mut one).unwrap();
        mlp.pull_back(&theta, &mut one, weights, &mut sum).unwrap();
        assert!(distance(one.input_cotangent().row(0), pass.input_cotangent().row(i)) < 1e-13, "{i}");
    }
    assert!(distance(&gradient, &sum) < 1e-12);
}

#[test]
fn what_a_pass_holds() {
    // With n points in s streams through 2–3–1: the input 2sn, the hidden layer 3sn, its derivatives before σ 3(s − 1)n, the
    // slopes of σ that the way back needs, three or two for each of 3n values, and the output sn; then the input's cotangent.
    let mlp = Mlp::new(&[2, 3, 1], Activation::Silu).unwrap();
    for (laplacian, held) in [(true, 32 + 48 + 36 + 36 + 16), (false, 24 + 36 + 24 + 24 + 12)] {
        let jet = Jet { tangents: 2, laplacian };
        let rows = 4 * jet.streams();
        let mut pass = Pass::new();
        assert_eq!(pass.input_cotangent().dim(), (0, 0));
        mlp.forward_jet(&[0.1; 13], jet, Array2::zeros((rows, 2)).view(), &mut pass).unwrap();
        assert_eq!(pass.held(), held);
        mlp.pull_back(&[0.1; 13], &mut pass, Array2::ones((rows, 1)).view(), &mut [0.0; 13]).unwrap();
        assert_eq!(pass.held(), held + 2 * rows);
    }
}
