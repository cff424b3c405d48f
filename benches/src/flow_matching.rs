//! Flow matching: W11 (training a velocity on straight paths from noise to data, and sampling along it).

use ndarray::Array2;
use sdml::Result;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::interpolant::{Flow, Path, Recipe, generate};
use sdml::random::Streams;

use crate::diffusion::{POINTS, TRAINING_STEPS};

/// The samplers: name, scheme, steps.
pub const SAMPLERS: [(&str, Tableau, usize); 2] =
    [("euler100", Tableau::EULER, 100), ("rk4_20", Tableau::RK4, 20)];

/// W11's recipe: a network 3-128-128-128-2, batches of 512, a constant rate of 1e-3.
///
/// # Errors
/// None.
pub fn recipe(law: DataLaw, seed: u64) -> Result<Recipe<DataLaw>> {
    Ok(Recipe {
        hidden: vec![128; 3],
        batch: 512,
        steps: TRAINING_STEPS,
        schedule: Schedule::Constant(1e-3),
        ..Recipe::new(law, Path::linear(1.0)?, seed)
    })
}

/// 10000 points from the trained network in `steps` steps.
///
/// # Errors
/// None, unless the network has diverged.
pub fn sample(flow: &mut Flow, tableau: Tableau, steps: usize, seed: u64) -> Result<Array2<f64>> {
    let mut stream = Streams::new(seed, "W11").stream(0);
    let noise = Array2::from_shape_simple_fn((POINTS, 2), || stream.normal());
    generate(tableau, 1.0, steps, noise.view(), |t, x, v| flow.write(t, x, v))
}
