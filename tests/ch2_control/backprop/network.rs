//! The engine against central differences, for every activation and every jet.

use ndarray::{Array2, ArrayView2};
use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass};
use sdml::random::Streams;

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
