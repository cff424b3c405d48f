//! W8: a RealNVP of eight layers trained on two moons, fresh batches of 256 points, 2000 steps of Adam.

use sdml::Result;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch3_flows::coupling::{MaximumLikelihood, Trained};
use sdml::ch3_flows::data::DataLaw;
use sdml::random::Streams;

/// Steps of training.
pub const STEPS: usize = 2000;

const JOB: MaximumLikelihood = MaximumLikelihood {
    law: DataLaw::Moons,
    layers: 8,
    width: 64,
    batch: 256,
    steps: STEPS,
    schedule: Schedule::Constant(1e-3),
    seed: 0,
};

/// The training.
///
/// # Errors
/// None.
pub fn train(seed: u64) -> Result<Trained> {
    MaximumLikelihood { seed, ..JOB }.train()
}

/// The mean of −log p on 10⁴ fresh points.
///
/// # Errors
/// None for a training that ran to its end.
pub fn held_out(trained: &Trained) -> Result<f64> {
    let points = DataLaw::Moons.points(10_000, &mut Streams::new(999, "W8 test").stream(0));
    JOB.flow()?.negative_log_likelihood(&trained.theta, points.view())
}
