//! What is allowed is allowed down to the least of it.

use ndarray::{Array2, array};
use sdml::ch1_preliminaries::fokker_planck::double_well::potential;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch4_langevin::barriers::{Tempering, ladder, mean_passage_time};
use sdml::ch4_langevin::ergodic::Traces;
use sdml::ch4_langevin::sampler::DoubleWell;
use sdml::ch5_diffusion::beyond::EmpiricalScore;
use sdml::ch5_diffusion::interpolant::{Empirical, Motion, Path};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{Denoiser, ScoreField, Source, flow_to_noise, noise_variance};
use sdml::random::Streams;

#[test]
fn two_temperatures_are_a_ladder() {
    assert_eq!(ladder(1.0, 4.0, 2).unwrap(), [1.0, 4.0]);
    let well = DoubleWell::new(1).unwrap();
    let mut one = Tempering::new(&well, &[1.0, 1.5], |_| 0.1, 0, 1, &[0.0]).unwrap();
    assert_eq!(one.walkers(0), [0, 1]);
    for _ in 0..40 {
        one.sweep(2).unwrap();
    }
    // Temperatures so near exchange often, if exchanges are tried.
    assert!((0.3..=1.0).contains(&one.exchange_rate(0)));
}

#[test]
fn four_values_can_be_split() {
    let halves = Traces::new(vec![vec![1.0, 2.0, 3.0, 4.0]]).unwrap().split().unwrap();
    assert_eq!(halves.all(), [[1.0, 2.0], [3.0, 4.0]]);
}

#[test]
fn a_chain_may_start_at_the_wall() {
    let time = |wall, from| mean_passage_time(potential, 1.0, [wall, from, 1.0], 200).unwrap();
    // The wall reflects: no time from it is longer than from a point before it.
    assert!(time(-1.0, -1.0) > time(-1.0, -0.9));
}

#[test]
fn one_point_is_a_data_set() {
    // With the linear path towards one point a, x(t) = a + t(z − a) stands still in the frame of its own line: v = (x − a)/t.
    let data = Empirical::new(array![[2.0, -1.0]].view(), Path::linear(1.0).unwrap()).unwrap();
    let mut v = Array2::zeros((1, 2));
    data.write(0.5, array![[0.5, 0.0]].view(), v.view_mut()).unwrap();
    assert!((&v - &array![[-3.0, 2.0]]).iter().all(|miss| miss.abs() < 1e-12), "{v}");
}

#[test]
fn finitely_many_data_just_before_their_time() {
    // Of −1 and 1 the second is the nearer to 0.3, and nothing is left of the first: v = −1 + (0.3 − (1 − t))/t, the score
    // (e^{−t} − 0.3)/c(t). The squares of these times are 0 in floating point.
    let (points, x) = (array![[-1.0], [1.0]], array![[0.3]]);
    let data = Empirical::new(points.view(), Path::linear(1.0).unwrap()).unwrap();
    let memory = EmpiricalScore::new(points.view()).unwrap();
    for t in [1e-200, 1e-300, 4e-308] {
        let mut v = Array2::zeros((1, 1));
        data.write(t, x.view(), v.view_mut()).unwrap();
        assert!((v[[0, 0]] * t + 0.7).abs() < 1e-12, "{t}: {v}");
        assert_eq!(memory.responsibilities(t, x.row(0)).unwrap(), [0.0, 1.0]);
        memory.write(t, x.view(), &mut (), v.view_mut()).unwrap();
        assert!((v[[0, 0]] * noise_variance(t) - 0.7).abs() < 1e-12, "{t}: {v}");
    }
    assert_eq!(memory.responsibilities(1e-310, x.row(0)).unwrap(), [0.0, 1.0]);
}

#[test]
fn particles_at_rest_make_no_detour() {
    let detour = |path: &[Array2<f64>]| Motion::of(path).unwrap().detour();
    assert_eq!(detour(&[array![[1.0]], array![[1.0]], array![[1.0]]]), 0.0);
    assert_eq!(detour(&[array![[1.0]], array![[2.0]], array![[1.0]]]), f64::INFINITY);
}

#[test]
fn one_step_keeps_to_the_times_of_a_trained_score() {
    let network = Mlp::new(&[2, 1], Activation::Silu).unwrap();
    let model = Denoiser::new(network, vec![0.5, 0.0, 0.0], [0.0403, 3.1], 0.7).unwrap();
    // In floating point 0.0403 + (3.1 − 0.0403) is more than 3.1.
    let flowed = flow_to_noise(&model, &[3.1, 0.0403], array![[0.3]].view()).unwrap();
    assert!(flowed.ends[[0, 0]].is_finite());
}

#[test]
fn sources_fill_points_of_their_dimension() {
    let mut point = vec![f64::NAN; DataLaw::Eight.dimension()];
    DataLaw::Eight.draw(&mut Streams::new(0, "source").stream(0), &mut point);
    assert!(point.len() == 2 && point.iter().all(|x| x.is_finite()));
}

#[test]
fn one_component_is_a_ring() {
    let ring = Mixture::ring(1, 2.0, 0.5).unwrap();
    assert_eq!((ring.count(), ring.mean()), (1, [2.0, 0.0]));
}
