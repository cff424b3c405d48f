//! W9: a continuous flow trained on eight Gaussians with its exact divergence, RK4 in 20 steps, batches of 256, 500 iterations of
//! Adam.

use sdml::Result;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch3_flows::coupling::Trained;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::ode_flow::OdeLikelihood;
use sdml::random::Streams;

/// Iterations of training.
pub const ITERATIONS: usize = 500;

const JOB: OdeLikelihood = OdeLikelihood {
    law: DataLaw::Eight,
    width: 64,
    steps: 20,
    batch: 256,
    iterations: ITERATIONS,
    schedule: Schedule::Constant(5e-3),
    seed: 0,
};

/// The training.
///
/// # Errors
/// None.
pub fn train(seed: u64) -> Result<Trained> {
    OdeLikelihood { seed, ..JOB }.train(|_, _| ())
}

/// The mean of −log p on 10⁴ fresh points.
///
/// # Errors
/// None for a training that ran to its end.
pub fn held_out(trained: &Trained) -> Result<f64> {
    let points = DataLaw::Eight.points(10_000, &mut Streams::new(999, "W9 test").stream(0));
    JOB.flow(JOB.steps)?.negative_log_likelihood(&trained.theta, points.view())
}
