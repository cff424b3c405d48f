//! W8: a RealNVP of eight layers trained on two moons, fresh batches of 256 points, 2000 steps of Adam. As the workload
//! has it, the layers scale by eˢ and shift on the way from the data to N(0, I).

use ndarray::{ArrayView2, Axis};

use sdml::Result;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::Shards;
use sdml::ch3_flows::coupling::{FlowPass, RealNvp, Trained};
use sdml::ch3_flows::data::DataLaw;
use sdml::random::Streams;

/// Steps of training.
pub const STEPS: usize = 2000;
const BATCH: usize = 256;

fn flow() -> Result<RealNvp> {
    RealNvp::alternating(2, 8, &[64; 2])
}

/// The training.
///
/// # Errors
/// None.
pub fn train(seed: u64) -> Result<Trained> {
    let flow = flow()?;
    let theta = flow.initial(&Streams::new(seed, "W8 networks"));
    let data = Streams::new(seed, "W8 data");
    let mut shards = Shards::new(flow.parameters(), FlowPass::new);
    let mut points = vec![[0.0; 2]; BATCH];
    Trained::by_adam(theta, Schedule::Constant(1e-3), STEPS, |k, theta, gradient| {
        DataLaw::Moons.fill(&mut points, &mut data.stream(k as u64));
        let x = ArrayView2::from_shape((BATCH, 2), points.as_flattened()).expect("pairs");
        shards.gradient(BATCH, gradient, |range, pass, gradient| {
            let rows = range.len();
            flow.forward(theta, x.slice_axis(Axis(0), range.into()), pass)?;
            let z = &pass.points() / BATCH as f64;
            flow.pull_back(theta, pass, z.view(), &vec![-1.0 / BATCH as f64; rows], gradient)?;
            Ok(negative_log_likelihood(pass) / BATCH as f64)
        })
    })
}

/// Σ −log p over the points of the last pass.
fn negative_log_likelihood(pass: &FlowPass) -> f64 {
    let normal = |z: &f64| 0.5 * z * z + 0.5 * std::f64::consts::TAU.ln();
    pass.points().iter().map(normal).sum::<f64>() - pass.log_det().iter().sum::<f64>()
}

/// The mean of −log p on 10⁴ fresh points.
///
/// # Errors
/// None for a training that ran to its end.
pub fn held_out(trained: &Trained) -> Result<f64> {
    let points = DataLaw::Moons.points(10_000, &mut Streams::new(999, "W8 test").stream(0));
    let mut pass = FlowPass::new();
    flow()?.forward(&trained.theta, points.view(), &mut pass)?;
    Ok(negative_log_likelihood(&pass) / points.nrows() as f64)
}
