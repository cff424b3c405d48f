//! W6: gradients of a neural SDE in all parameters of its two networks.

use ndarray::Array2;
use sdml::Result;
use sdml::ch1_preliminaries::sde::Grid;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_sde::{Batch, BatchScheme, NetworkSde, WayBack};
use sdml::random::Streams;

/// Paths of a batch.
pub const BATCH: usize = 256;
/// Steps of a path.
pub const STEPS: usize = 100;

/// dX = f(X) dt + g(X) ∘ dB in d dimensions, f = MLP d-64-64-d, g = 0.1 + 0.4 sigmoid(MLP d-64-64-d), tanh.
///
/// # Errors
/// d = 0.
pub fn model(d: usize) -> Result<NetworkSde> {
    let network = Mlp::new(&[d, 64, 64, d], Activation::Tanh)?;
    NetworkSde::new(network.clone(), network, 0.1, 0.5)
}

/// The job: gradients of mean |X(1)|² from X(0) = 1, each on fresh noise.
pub struct Job<'a> {
    sde: &'a NetworkSde,
    batch: Batch<'a>,
    theta: Vec<f64>,
    start: Array2<f64>,
    gradient: Vec<f64>,
}

impl<'a> Job<'a> {
    /// The job for a model, with its buffers.
    ///
    /// # Errors
    /// None.
    pub fn new(sde: &'a NetworkSde, scheme: BatchScheme, way: WayBack) -> Result<Self> {
        Ok(Self {
            sde,
            batch: Batch::new(sde, scheme, way, Grid::new(0.0, 1.0, STEPS)?),
            theta: sde.initial(&mut Streams::new(0, "W6 parameters").stream(0)),
            start: Array2::ones((BATCH, sde.dimension())),
            gradient: vec![0.0; sde.parameters()],
        })
    }

    /// One gradient, on the noise of this seed.
    ///
    /// # Errors
    /// A path that leaves the finite numbers.
    pub fn gradient(&mut self, seed: u64) -> Result<&[f64]> {
        self.gradient.resize(self.sde.parameters(), 0.0);
        self.gradient.fill(0.0);
        let weight = 1.0 / BATCH as f64;
        let Self { batch, theta, start, gradient, .. } = self;
        batch.gradient(theta, start.view(), &Streams::new(seed, "W6"), 1, gradient, |_, x, mut of_x| {
            of_x.assign(&(&x * (2.0 * weight)));
            Ok(weight * x.iter().map(|x| x * x).sum::<f64>())
        })?;
        Ok(gradient)
    }
}

/// |g − g′|/|g′|.
pub fn distance(g: &[f64], reference: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut g.iter().zip(reference).map(|(g, r)| g - r)) / norm(&mut reference.iter().copied())
}
