//! Checks of Sections 2.1 and 2.2.

mod bad_input;
mod costs;
mod differences;
mod divergence;
mod modes;
mod network;
mod problems;

use ndarray::Array2;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::random::{Stream, Streams};

/// A network, parameters for it, and n random rows for its input.
fn example(sizes: &[usize], activation: Activation, n: usize) -> (Mlp, Vec<f64>, Array2<f64>, Stream) {
    let mlp = Mlp::new(sizes, activation).unwrap();
    let mut stream = Streams::new(0, "backprop").stream(0);
    let theta = mlp.initial(&mut stream);
    let x = normal((n, sizes[0]), &mut stream);
    (mlp, theta, x, stream)
}

fn normal(shape: (usize, usize), stream: &mut Stream) -> Array2<f64> {
    Array2::from_shape_simple_fn(shape, || stream.normal())
}

/// The largest |a − b|.
fn distance<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
