//! The gradient of a network on 512 rows, and the products it is made of.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;
use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass, Shards};
use sdml::random::Streams;

/// The network of workload W5.
pub const SMALL: &[usize] = &[2, 64, 64, 2];
/// The network of workload W10.
pub const LARGE: &[usize] = &[3, 128, 128, 128, 2];

const POINTS: usize = 512;

/// A network, 512 points with their tangents, and all buffers.
pub struct Network {
    mlp: Mlp,
    jet: Jet,
    theta: Vec<f64>,
    /// The jet of each shard.
    x: Vec<Array2<f64>>,
    ones: Vec<Array2<f64>>,
    gradient: Vec<f64>,
    shards: Shards<Pass>,
}

impl Network {
    /// The network with these sizes and the first `tangents` unit vectors as tangents.
    pub fn new(sizes: &[usize], tangents: usize) -> Self {
        let activation = if sizes.len() > 4 { Activation::Silu } else { Activation::Tanh };
        let mlp = Mlp::new(sizes, activation).expect("the sizes are positive");
        let mut stream = Streams::new(0, "backprop").stream(0);
        let theta = mlp.initial(&mut stream);
        let jet = Jet { tangents, laplacian: false };
        let n = POINTS / 8;
        let x = (0..8).map(|_| {
            Array2::from_shape_fn((n * jet.streams(), mlp.inputs()), |(row, d)| match row / n {
                0 => stream.normal(),
                k => f64::from(u8::from(k - 1 == d)),
            })
        });
        let x: Vec<_> = x.collect();
        let ones = vec![Array2::ones((n * jet.streams(), mlp.outputs())); 8];
        let gradient = vec![0.0; theta.len()];
        Self { shards: Shards::new(theta.len(), Pass::new), mlp, jet, theta, x, ones, gradient }
    }

    /// The floating-point operations of so many passes' products.
    pub fn flop(&self, passes: usize) -> usize {
        let weights: usize = self.mlp.sizes().windows(2).map(|pair| pair[0] * pair[1]).sum();
        2 * passes * POINTS * self.jet.streams() * weights
    }

    /// Forward only.
    pub fn forward(&mut self) -> f64 {
        self.run(false)
    }

    /// The gradient of the sum of all outputs, their tangents included.
    pub fn gradient(&mut self) -> f64 {
        self.run(true)
    }

    fn run(&mut self, back: bool) -> f64 {
        let Self { mlp, jet, theta, x, ones, gradient, shards } = self;
        gradient.fill(0.0);
        let loss = shards.gradient(POINTS, gradient, |range, pass, gradient| {
            let shard = range.start * 8 / POINTS;
            mlp.forward_jet(theta, *jet, x[shard].view(), pass)?;
            if back {
                mlp.pull_back(theta, pass, ones[shard].view(), gradient)?;
            }
            Ok(pass.output()[[0, 0]])
        });
        loss.expect("the shapes agree")
    }
}

/// The product of 512 rows with a square matrix by ndarray, which calls matrixmultiply, cut like the batch.
pub struct Product {
    x: Array2<f64>,
    weight: Array2<f64>,
    y: Vec<Array2<f64>>,
}

impl Product {
    /// Matrices of this width.
    pub fn new(width: usize) -> Self {
        let entry = |(i, j): (usize, usize)| ((i * 7 + j * 3) as f64).sin();
        Self {
            x: Array2::from_shape_fn((POINTS, width), entry),
            weight: Array2::from_shape_fn((width, width), entry),
            y: vec![Array2::zeros((POINTS / 8, width)); 8],
        }
    }

    /// Its floating-point operations.
    pub fn flop(&self) -> usize {
        2 * POINTS * self.weight.len()
    }

    /// The product.
    pub fn run(&mut self) -> f64 {
        let Self { x, weight, y } = self;
        y.par_iter_mut().enumerate().for_each(|(shard, y)| {
            let rows = Slice::from(shard * POINTS / 8..(shard + 1) * POINTS / 8);
            general_mat_mul(1.0, &x.slice_axis(Axis(0), rows), weight, 0.0, y);
        });
        y[0][[0, 0]]
    }
}
