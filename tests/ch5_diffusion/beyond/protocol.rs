//! How the protocol makes its points and densities, against the same by its parts.

use ndarray::Array2;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::beyond::Protocol;
use sdml::ch5_diffusion::interpolant::{Flow, generate};
use sdml::ch5_diffusion::score::{Denoiser, Method, Reverse, descending_times, flow_to_noise};
use sdml::random::Streams;
use sdml::statistics::Estimate;

const LAW: DataLaw = DataLaw::Eight;

fn protocol() -> Protocol {
    Protocol { points: 3, repeats: 2, directions: 4, held_out: 5, ..Protocol::default() }
}

fn network() -> (Mlp, Vec<f64>) {
    let network = Mlp::new(&[3, 8, 2], Activation::Silu).unwrap();
    let theta = network.initial(&mut Streams::new(9, "parameters").stream(0));
    (network, theta)
}

#[test]
fn points_and_density_of_a_score() {
    let (protocol, (network, theta)) = (protocol(), network());
    let model = Denoiser::new(network, theta, [1e-2, 2.0], 1.0).unwrap();
    let times = |steps: usize| descending_times(2.0, 1e-2, steps, 2.0).unwrap();
    let reverse = Reverse::new(&model, 1.0, times(200), Method::Euler).unwrap();
    let points = reverse.sample(6, &Streams::new(protocol.seed, "noise")).unwrap();
    assert_eq!(protocol.points_of_score(&model).unwrap(), points);
    let excess = protocol.excess(LAW, |x| Ok(flow_to_noise(&model, &times(60), x)?.log_densities())).unwrap();
    assert_eq!(protocol.quality_of_score(LAW, &model).unwrap().excess, excess);
}

#[test]
fn points_and_density_of_a_velocity() {
    let (protocol, (network, theta)) = (protocol(), network());
    let mut model = Flow::new(network, theta, 1.0, [2.0, 1.0]).unwrap();
    let mut stream = Streams::new(protocol.seed, "noise").stream(0);
    let noise = Array2::from_shape_simple_fn((6, 2), || stream.normal());
    let points = generate(Tableau::RK4, 1.0, 20, noise.view(), |t, x, v| model.write(t, x, v)).unwrap();
    assert_eq!(protocol.points_of_velocity(&model).unwrap(), points);
    let excess = protocol.excess(LAW, |x| Ok(model.to_noise(x, 40)?.log_densities())).unwrap();
    assert_eq!(protocol.quality_of_velocity(LAW, &model).unwrap().excess, excess);
}

#[test]
fn a_perfect_generator_misses_nothing() {
    let excess = protocol().floor(&LAW).unwrap().excess;
    assert_eq!(excess, Estimate { mean: 0.0, standard_error: 0.0, count: 5 });
}
