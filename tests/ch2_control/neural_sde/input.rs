use super::{NEURON, tree};
use ndarray::{Array2, array};
use sdml::Error;
use sdml::ch1_preliminaries::brownian::BrownianTree;
use sdml::ch1_preliminaries::sde::{Grid, Heun, Increments, Ito, Number, Scalar, Stratonovich};
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_sde::{
    Batch, BatchScheme, Controlled, GeometricFamily, Jump, LinearFamily, Linearized, NetworkSde, OneNeuron,
    PathGradient, Reversed, SmoothPath, TransitionFit, WayBack, WithParameters, estimators, jump_gradient,
};
use sdml::random::Streams;

fn end<const D: usize>(x: &[f64; D]) -> (f64, [f64; D]) {
    (x[0], std::array::from_fn(|i| if i == 0 { 1.0 } else { 0.0 }))
}

/// The message of an error.
fn words<T>(result: sdml::Result<T>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn paths_end_where_they_end() {
    // The equation wants the noise up to time 2, the path stops at 1.
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 2.0, 10).unwrap()).unwrap();
    let tree = tree::<1>("input", 0, 0);
    let expected = "`t` is 1.2, but it must be between 0 and the horizon 1";
    assert_eq!(words(problem.through_steps(Heun, &mut tree.cursor(), end)), expected);
    assert_eq!(words(problem.stored(&mut tree.cursor(), end)), expected);
    assert_eq!(words(problem.backward(Heun, 10, &mut tree.cursor(), end)), expected);
    assert_eq!(words(problem.reversible(&mut tree.cursor(), end)), expected);
    assert_eq!(words(problem.sensitivities(Heun, &mut tree.cursor(), end)), expected);
    let mut smooth = SmoothPath::<1>::sample(1.0, 3, &mut Streams::new(0, "input").stream(0)).unwrap();
    assert_eq!(words(problem.reversible(&mut smooth, end)), expected);
    assert!(words(smooth.rate(-0.1)).contains("between 0 and the horizon 1"));
    let before = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(-0.5, 0.5, 10).unwrap()).unwrap();
    assert!(words(before.reversible(&mut tree.cursor(), end)).starts_with("`t` is -0.5"));
}

#[test]
fn numbers_are_finite() {
    let grid = Grid::new(0.0, 1.0, 10).unwrap();
    let theta = [0.1, f64::NAN, 0.2, 0.3];
    assert!(words(PathGradient::new(&OneNeuron, theta, [0.3], grid)).contains("`theta` is NaN"));
    assert!(words(PathGradient::new(&OneNeuron, NEURON, [f64::INFINITY], grid)).contains("`start` is inf"));
    assert!(words(Reversed::new(OneNeuron, 0.0)).contains("`horizon` is 0"));
    let mut stream = Streams::new(0, "input").stream(0);
    assert!(SmoothPath::<1>::sample(1.0, 0, &mut stream).is_err());
    assert!(SmoothPath::<1>::sample(f64::NAN, 3, &mut stream).is_err());
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], grid).unwrap();
    let tree = tree::<1>("input", 0, 0);
    assert!(words(problem.backward(Heun, 0, &mut tree.cursor(), end)).contains("`steps` is 0"));
    let infinite = |_: &[f64; 1]| (f64::INFINITY, [1.0]);
    assert_eq!(
        problem.reversible(&mut tree.cursor(), infinite).unwrap_err(),
        Error::NotFinite { quantity: "L", value: f64::INFINITY, step: 10 }
    );
    assert!(words(problem.stored(&mut tree.cursor(), |_| (0.0, [f64::NAN]))).contains("`L` became NaN"));
    // A derivative that overflows on the way back: a step multiplies it by 1.3 and more.
    let growing = GeometricFamily(Stratonovich);
    let problem = PathGradient::new(&growing, [3.0, 0.0], [0.3], grid).unwrap();
    let steep = |[x]: &[f64; 1]| (*x, [f64::MAX]);
    assert_eq!(
        problem.through_steps(Heun, &mut tree.cursor(), steep).unwrap_err(),
        Error::NotFinite { quantity: "gradient", value: f64::INFINITY, step: 0 }
    );
}

/// dX = X³ dt + θX ∘ dB: explodes.
struct Explosive;

impl Controlled<1, 1, 1> for Explosive {
    type Calculus = Stratonovich;
    type Noise = Scalar;
    fn drift<S: Number>(&self, x: &[S; 1], _t: f64, _theta: &[S; 1]) -> [S; 1] {
        [x[0] * x[0] * x[0]]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 1]) -> [[S; 1]; 1] {
        [[theta[0] * x[0]]]
    }
}

#[test]
fn explosions_are_told_with_their_step() {
    let problem = PathGradient::new(&Explosive, [0.1], [5.0], Grid::new(0.0, 1.0, 20).unwrap()).unwrap();
    let tree = tree::<1>("input", 0, 0);
    for result in [
        problem.through_steps(Heun, &mut tree.cursor(), end),
        problem.stored(&mut tree.cursor(), end),
        problem.backward(Heun, 20, &mut tree.cursor(), end),
        problem.reversible(&mut tree.cursor(), end),
        problem.sensitivities(Heun, &mut tree.cursor(), end),
    ] {
        assert!(matches!(result, Err(Error::NotFinite { quantity: "X", step: 0..20, .. })), "{result:?}");
    }
}

#[test]
fn states_belong_to_a_grid() {
    let model = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let noise = Increments::sample(Grid::new(0.0, 1.0, 4).unwrap(), &mut Streams::new(0, "input").stream(0));
    assert_eq!(
        words(Linearized::new(&model, &[[0.0]; 4], &noise)),
        "`states` is 4 of them, but it must be one for each of the grid's 5 times"
    );
}

#[test]
fn a_step_without_noise_has_no_likelihood() {
    let model = WithParameters::new(&LinearFamily(Ito), [0.1, 0.0]).unwrap();
    let noise = Increments::sample(Grid::new(0.0, 1.0, 4).unwrap(), &mut Streams::new(0, "input").stream(0));
    assert!(words(estimators(&model, 1.0, &noise, end)).contains("`σ` is 0"));
}

struct Nudge;

impl Jump<1, 2> for Nudge {
    fn jump<S: Number>(&self, x: &[S; 1], mark: f64, _theta: &[S; 2]) -> [S; 1] {
        [x[0] + mark]
    }
}

#[test]
fn jumps_come_in_order() {
    let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(0, "input"), 0).unwrap();
    let family = GeometricFamily(Stratonovich);
    let run = |times: &[(f64, f64)]| {
        let model = (&family, &Nudge);
        jump_gradient(Heun, model, [0.1, 0.2], [1.0], (0.0, 1.0, 5), times, &mut tree.cursor(), end)
    };
    assert!(run(&[(0.2, 1.0), (0.7, 1.0)]).is_ok());
    for times in [&[(0.7, 1.0), (0.2, 1.0)][..], &[(0.0, 1.0)], &[(1.2, 1.0)], &[(f64::NAN, 1.0)]] {
        assert!(words(run(times)).contains("increasing between 0 and 1"), "{times:?}");
    }
}

#[test]
fn networks_fit_together() {
    let mlp = |sizes: &[usize]| Mlp::new(sizes, Activation::Tanh).unwrap();
    let network = mlp(&[2, 4, 2]);
    assert!(
        words(NetworkSde::new(mlp(&[2, 4, 3]), network.clone(), 0.1, 0.5)).contains("`drift.outputs()` is 3")
    );
    assert!(
        words(NetworkSde::new(network.clone(), mlp(&[3, 4, 2]), 0.1, 0.5))
            .contains("`diffusion.inputs()` is 3")
    );
    assert!(words(NetworkSde::new(network.clone(), network.clone(), 0.5, 0.1)).contains("`high` is 0.1"));
    let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5).unwrap();
    let mut theta = sde.initial(&mut Streams::new(0, "input").stream(0));
    let mut gradient = vec![0.0; sde.parameters()];
    let streams = Streams::new(0, "input noise");
    let mut batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Stored, Grid::new(0.0, 1.0, 4).unwrap());
    let mut run = |theta: &[f64], start: Array2<f64>, group: usize| {
        batch.gradient(theta, start.view(), &streams, group, &mut gradient, |_, x, _| Ok(x.sum()))
    };
    assert!(run(&theta, Array2::ones((4, 2)), 2).is_ok());
    assert!(words(run(&theta, Array2::ones((4, 3)), 1)).contains("`start.ncols()` is 3"));
    assert!(words(run(&theta, Array2::ones((5, 2)), 2)).contains("a positive multiple of the group, 2"));
    assert!(words(run(&theta, Array2::ones((0, 2)), 1)).contains("`start.nrows()` is 0"));
    assert!(words(run(&theta, array![[1.0, f64::NAN]], 1)).contains("`start` is NaN"));
    assert!(words(run(&theta[1..], Array2::ones((4, 2)), 1)).contains("`theta.len()`"));
    theta[3] = f64::INFINITY;
    assert!(words(run(&theta, Array2::ones((4, 2)), 1)).contains("`theta` is inf"));
    theta[3] = 0.0;
    let short = &mut gradient[1..].to_vec();
    let mut batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Stored, Grid::new(0.0, 1.0, 4).unwrap());
    let start = Array2::ones((4, 2));
    assert!(
        words(batch.gradient(&theta, start.view(), &streams, 1, short, |_, _, _| Ok(0.0)))
            .contains("`gradient.len()`")
    );
    let outcome =
        batch.gradient(&theta, start.view(), &streams, 1, &mut vec![0.0; sde.parameters()], |_, _, _| {
            Ok(f64::NAN)
        });
    assert!(words(outcome).contains("`loss` became NaN at step 4"));
}

#[test]
fn training_stops_when_the_loss_does() {
    // A learning rate so large that the drift overflows.
    let fit =
        TransitionFit { pairs: 64, batch: 8, iterations: 200, rate: 1e308, ..TransitionFit::standard(0) };
    let error = fit.train(|_, _| ()).map(|_| ()).unwrap_err();
    assert!(
        matches!(error, Error::Diverged { iteration: 1..200, last: Some(loss), .. } if loss.is_finite()),
        "{error:?}"
    );
    assert!(error.to_string().contains("; the last finite loss was "), "{error}");
    let standard = TransitionFit::standard(0);
    let least = TransitionFit { members: 2, pairs: 1, batch: 1, iterations: 1, ..standard.clone() };
    assert!(least.train(|_, _| ()).is_ok());
    for (fit, name) in [
        (TransitionFit { beta: 0.0, ..standard.clone() }, "`beta`"),
        (TransitionFit { lag: f64::NAN, ..standard.clone() }, "`end`"),
        (TransitionFit { members: 1, ..standard.clone() }, "`members`"),
        (TransitionFit { batch: 0, ..standard.clone() }, "`batch`"),
        (TransitionFit { pairs: 0, ..standard.clone() }, "`pairs`"),
        (TransitionFit { width: 0, ..standard.clone() }, "`sizes`"),
        (TransitionFit { rate: -1.0, ..standard }, "`rate`"),
    ] {
        assert!(words(fit.train(|_, _| ())).starts_with(name), "{fit:?}");
    }
}

#[test]
fn grids_end_where_they_end() {
    // (T N)/N is not always T, and beyond T the path is not defined.
    for (horizon, steps) in [(0.42, 311), (3.11, 1402), (1.99, 1191), (0.99, 85)] {
        let tree = BrownianTree::<1>::new(horizon, 10, &Streams::new(0, "input"), 0).unwrap();
        let grid = Grid::new(0.0, horizon, steps).unwrap();
        assert_eq!(grid.time(steps), horizon);
        let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], grid).unwrap();
        assert!(problem.reversible(&mut tree.cursor(), end).is_ok(), "{horizon} {steps}");
    }
    let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(0, "input"), 0).unwrap();
    let family = GeometricFamily(Stratonovich);
    for k in 1..100 {
        let times = [(f64::from(k) / 100.0, 0.5)];
        let model = (&family, &Nudge);
        let outcome =
            jump_gradient(Heun, model, [0.1, 0.2], [1.0], (0.0, 1.0, 37), &times, &mut tree.cursor(), end);
        assert!(outcome.is_ok(), "{:?}", outcome.err());
    }
}

#[test]
fn points_have_the_dimension() {
    let network = Mlp::new(&[2, 4, 2], Activation::Tanh).unwrap();
    let sde = NetworkSde::new(network.clone(), network.clone(), 0.1, 0.5).unwrap();
    let theta = vec![0.1; sde.parameters()];
    for columns in [1, 3] {
        // Two rows of three are not three rows of two.
        let outcome = sde.coefficients(&theta, Array2::ones((2, columns)).view());
        assert!(words(outcome).contains(&format!("`x.ncols()` is {columns}")));
    }
    let apart = NetworkSde::new(network.clone(), network, -f64::MAX, f64::MAX);
    assert!(words(apart).contains("`high - low` is inf"));
}

#[test]
fn estimates_are_finite() {
    let model = WithParameters::new(&LinearFamily(Ito), [0.1, 0.5]).unwrap();
    let noise = Increments::sample(Grid::new(0.0, 1.0, 4).unwrap(), &mut Streams::new(0, "input").stream(0));
    assert!(words(estimators(&model, 1.0, &noise, |_| (f64::NAN, [1.0]))).contains("`L` became NaN"));
    assert!(words(estimators(&model, 1.0, &noise, |_| (1.0, [f64::NAN]))).contains("`L` became NaN"));
    let faint = WithParameters::new(&LinearFamily(Ito), [0.1, 1e-320]).unwrap();
    assert!(words(estimators(&faint, 1.0, &noise, end)).contains("`gradient` became"));
    // A path that overflows in its second step.
    let wild = WithParameters::new(&GeometricFamily(Ito), [1e200, 1.0]).unwrap();
    assert_eq!(
        estimators(&wild, 1.0, &noise, end).unwrap_err(),
        Error::NotFinite { quantity: "X", value: f64::INFINITY, step: 1 }
    );
    let neuron = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let states = [[f64::NAN]; 5];
    assert!(words(Linearized::new(&neuron, &states, &noise)).contains("`states` is NaN"));
    let network = Mlp::new(&[1, 2, 1], Activation::Tanh).unwrap();
    let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5).unwrap();
    let theta = vec![0.1; sde.parameters()];
    for scheme in [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun] {
        for way in [WayBack::Recorded, WayBack::Stored, WayBack::Resolved] {
            let mut batch = Batch::new(&sde, scheme, way, Grid::new(0.0, 1.0, 4).unwrap());
            let outcome = batch.gradient(
                &theta,
                Array2::ones((2, 1)).view(),
                &Streams::new(0, "input noise"),
                1,
                &mut vec![0.0; theta.len()],
                |_, _, mut of_x| {
                    of_x.fill(f64::NAN);
                    Ok(0.0)
                },
            );
            assert!(words(outcome).contains("`gradient` became NaN at step 0"), "{scheme:?} {way:?}");
        }
    }
}

#[test]
fn every_seed_trains() {
    let fit = TransitionFit {
        pairs: 8,
        batch: 4,
        members: 2,
        width: 2,
        steps: 2,
        iterations: 3,
        ..TransitionFit::standard(u64::MAX)
    };
    assert_eq!(fit.train(|_, _| ()).unwrap()[1].len(), 3);
    assert!(words(TransitionFit { steps: 0, ..fit }.floor()).contains("`steps` is 0"));
}
