//! What is allowed is allowed down to the least of it, and what lies just beyond is refused.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, array};
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::beyond::digits::{DigitLaw, PIXELS};
use sdml::ch5_diffusion::beyond::{Aim, Distillation, EmpiricalScore, OneStep, Protocol, denoising_loss};
use sdml::ch5_diffusion::interpolant::{self, Empirical, ExactVelocity, Flow, Path, diffuse, trajectories};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::roads::{self, Velocity, WellSample};
use sdml::ch5_diffusion::score::{self, Denoiser, ExactScore, Method, Reverse, descending_times};
use sdml::random::Streams;

use crate::refusal;

fn line() -> Mixture<1> {
    Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.5).unwrap()
}

/// From (x, u) to a number.
fn network() -> Mlp {
    Mlp::new(&[2, 1], Activation::Silu).unwrap()
}

fn linear() -> Path {
    Path::linear(1.0).unwrap()
}

#[test]
fn the_smallest_samples() {
    let streams = Streams::new(1, "smallest");
    assert_eq!(DigitLaw::default().images(1, &streams).unwrap().dim(), (1, PIXELS));
    let one_step = OneStep::new(network(), vec![3.0, 0.0, 0.0], [1.0, 5.0], 0.1).unwrap();
    assert_eq!(one_step.sample(1, &streams).unwrap().dim(), (1, 1));
    let data = EmpiricalScore::new(array![[-1.0], [1.0]].view()).unwrap();
    assert_eq!(data.noised(0.1, 1, &streams).unwrap().dim(), (1, 1));
    assert_eq!(denoising_loss(&data, data.points(), 0.1, 1, &streams).unwrap().count, 2);
    let protocol = Protocol { held_out: 2, ..Protocol::default() };
    assert_eq!(protocol.excess(DataLaw::Eight, |x| Ok(vec![0.0; x.nrows()])).unwrap().count, 2);
    // One point, one step, and no noise on the way.
    let exact = ExactVelocity::new(line(), linear());
    assert_eq!(diffuse(&exact, 0.0, 1, 1, &streams).unwrap().dim(), (1, 1));
    let model = Denoiser::new(network(), vec![0.5, 0.0, 0.0], [1e-4, 3.0], 0.7).unwrap();
    assert_eq!(score::Recipe::new(line(), 0).loss(&model, 2, 0).unwrap().count, 2);
    let still = |_: &[f64], _: f64, v: &mut [f64]| {
        v.fill(0.0);
        Ok(())
    };
    assert_eq!(interpolant::Recipe::new(line(), linear(), 0).loss(2, 0, still).unwrap().count, 2);
    assert_eq!(descending_times(1.0, 0.0, 1, 2.0).unwrap(), [1.0, 0.0]);
}

#[test]
fn the_smallest_trainings() {
    // One step with one point.
    let recipe = Distillation {
        hidden: vec![],
        nodes: 1,
        batch: 1,
        steps: 1,
        ..Distillation::new(line(), Aim::Consistency, 0)
    };
    assert!(recipe.train(|_, _| ()).is_ok());
    assert!(Distillation { aim: Aim::EndPoints(1), ..recipe }.train(|_, _| ()).is_ok());
    let data = WellSample::new(1.0, 1, 0).unwrap();
    let velocity = Velocity { width: 1, batch: 1, steps: 1, ..Velocity::new(data, 0) };
    let trained = velocity.train().unwrap();
    assert_eq!(trained.losses.len(), 1);
    let road = roads::interpolant(&velocity, &trained.theta, 1, 2, 0).unwrap();
    assert_eq!(road.square.count, 2);
    // A flow that stands still pairs one noise with itself, and no velocity is what is to be learned.
    let first = Flow::new(network(), vec![0.0; 3], 1.0, [2.0, 1.0]).unwrap();
    let recipe = interpolant::Recipe {
        hidden: vec![],
        batch: 8,
        steps: 300,
        schedule: Schedule::Constant(1e-2),
        ..interpolant::Recipe::new(line(), linear(), 0)
    };
    assert!(recipe.reflow(&first, 1, 1, |_, _| ()).unwrap().loss() < 1e-2);
}

#[test]
fn times_fall_to_the_end() {
    let score = ExactScore::new(line());
    for times in [[1.0, 1.0, 0.5], [1.0, 0.5, 0.7]] {
        let reverse = Reverse::new(&score, 1.0, times.to_vec(), Method::Euler).map(|_| ());
        assert!(refusal(reverse).contains("strictly falling"));
    }
}

#[test]
fn no_steps_are_no_way() {
    let still = |_: f64, _: ArrayView2<f64>, mut v: ArrayViewMut2<f64>| {
        v.fill(0.0);
        Ok(())
    };
    let way = |steps: usize| trajectories(Tableau::EULER, 1.0, steps, array![[0.5]].view(), still);
    assert!(refusal(way(0)).contains("steps"));
    assert_eq!(way(1).unwrap(), [array![[0.5]], array![[0.5]]]);
}

#[test]
fn steps_of_the_first_road() {
    for h in [0.0, 0.11, f64::NAN] {
        assert!(refusal(roads::stochastic(1.0, h, 10, 10, 0)).starts_with("`h`"));
    }
}

#[test]
fn paths_on_the_edge() {
    // A slope may be infinite at the end.
    let root = |t: f64, h: f64| [(1.0 - t / h).sqrt(), -0.5 / (h * (1.0 - t / h).sqrt())];
    let up = |t: f64, h: f64| [t / h, 1.0 / h];
    assert!(Path::new("root", 1.0, root, up).is_ok());
    // Both vanish halfway, though their slopes do not.
    let gap = Path::new(
        "gap",
        1.0,
        |t, _| [(1.0 - t) * (1.0 - 2.0 * t), 4.0 * t - 3.0],
        |t, _| [t * (2.0 * t - 1.0), 4.0 * t - 1.0],
    );
    let message = refusal(gap);
    assert!(message.starts_with("`beta` is 0,") && message.ends_with("t = 0.5"), "{message}");
}

/// The points have the wrong shape, or the place for their velocities has.
#[test]
fn velocities_of_another_shape() {
    let data = Empirical::new(array![[-1.0], [1.0]].view(), linear()).unwrap();
    let mut flow = Flow::new(network(), vec![0.1; 3], 1.0, [2.0, 1.0]).unwrap();
    for (points, place) in [((2, 2), (2, 2)), ((2, 1), (3, 1)), ((2, 1), (2, 2))] {
        let (x, mut v) = (Array2::zeros(points), Array2::zeros(place));
        assert!(refusal(data.write(0.5, x.view(), v.view_mut())).contains("1 columns"));
        assert!(refusal(flow.write(0.5, x.view(), v.view_mut())).contains("1 columns"));
    }
}
