//! Diffusion models: W10 (training a score on points of the plane and sampling with it).

use ndarray::Array2;
use sdml::Result;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::mmd_squared;
use sdml::ch5_diffusion::score::{Denoiser, Method, Recipe, Reverse, descending_times};
use sdml::random::Streams;

/// Steps of training.
pub const TRAINING_STEPS: usize = 5000;
/// Points sampled.
pub const POINTS: usize = 10_000;
/// The samplers: name, noise h, steps.
pub const SAMPLERS: [(&str, f64, usize); 2] = [("sde200", 1.0, 200), ("ode100", 0.0, 100)];

/// W10's recipe: a network 3-128-128-128-2, batches of 512, a constant rate of 1e-3.
pub fn recipe(law: DataLaw, seed: u64) -> Recipe<DataLaw> {
    Recipe {
        hidden: vec![128; 3],
        steps: TRAINING_STEPS,
        schedule: Schedule::Constant(1e-3),
        ..Recipe::new(law, seed)
    }
}

/// 10000 points from the trained network with noise `h` in `steps` steps.
///
/// # Errors
/// None, unless the network has diverged.
pub fn sample(model: &Denoiser, h: f64, steps: usize, seed: u64) -> Result<Array2<f64>> {
    let [first, horizon] = model.times();
    let times = descending_times(horizon, first, steps, 2.0)?;
    Reverse::new(model, h, times, Method::Euler)?.sample(POINTS, &Streams::new(seed, "W10"))
}

/// MMD² of the first 2000 points from 2000 of the law.
///
/// # Errors
/// None.
pub fn quality(points: &Array2<f64>, law: DataLaw) -> Result<f64> {
    let fresh = law.points(2000, &mut Streams::new(12345, "fresh").stream(0));
    let first = points.slice_axis(ndarray::Axis(0), ndarray::Slice::from(0..2000));
    mmd_squared(first, fresh.view(), &[0.2, 1.0])
}
