//! What must not be computed is refused, by name.

use ndarray::{Array2, array};
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch5_diffusion::interpolant::{
    Empirical, ExactVelocity, Flow, Motion, Pairing, Path, Recipe, diffuse, generate,
};
use sdml::random::Streams;

use super::{line, paths};
use crate::refusal;

#[test]
fn schedules() {
    let down = |t: f64, h: f64| [1.0 - t / h, -1.0 / h];
    let up = |t: f64, h: f64| [t / h, 1.0 / h];
    assert!(refusal(Path::linear(0.0)).contains("horizon"));
    assert!(refusal(Path::linear(f64::NAN)).contains("horizon"));
    assert!(refusal(Path::trigonometric(-1.0)).contains("horizon"));
    assert!(refusal(Path::ornstein_uhlenbeck(f64::INFINITY)).contains("horizon"));
    assert!(refusal(Path::new("short", 1.0, |t, _| [1.0 - 0.9 * t, -0.9], up)).contains("alpha(T)"));
    assert!(refusal(Path::new("early", 1.0, |t, _| [0.9 * (1.0 - t), -0.9], up)).contains("alpha(0)"));
    assert!(refusal(Path::new("noisy", 1.0, down, |t, _| [0.1 + 0.9 * t, 0.9])).contains("beta(0)"));
    assert!(refusal(Path::new("weak", 1.0, down, |t, _| [0.9 * t, 0.9])).contains("beta(T)"));
    assert!(refusal(Path::new("slope", 1.0, down, |t, _| [t, 2.0])).contains("derivative"));
    assert!(refusal(Path::new("hole", 1.0, |_, _| [f64::NAN, 0.0], up)).contains("alpha"));
    assert!(refusal(Path::new("nothing", 1.0, |_, _| [0.0, 0.0], |_, _| [0.0, 0.0])).contains("beta"));
    assert!(refusal(paths()[0].with_latent(-1.0)).contains("strength"));
    assert!(refusal(paths()[0].with_latent(f64::NAN)).contains("strength"));
    for t in [-0.1, 1.1, f64::NAN] {
        assert!(refusal(paths()[0].at(t)).contains("`t`"));
    }
    assert!(refusal(Path::ornstein_uhlenbeck(3.0).unwrap().at(0.0)).contains("derivatives"));
    for path in paths() {
        let end = path.at(1.0).unwrap();
        assert!(refusal(end.velocity(&[1.0], &[0.0])).contains("alpha"));
        assert!(refusal(end.score(&[1.0], &[0.0])).contains("alpha"));
    }
    assert!(refusal(paths()[0].at(0.0).unwrap().score(&[1.0], &[0.0])).contains("noise"));
}

#[test]
fn fields_and_flows() {
    let exact = ExactVelocity::new(line(), paths()[0]);
    let field = |t: f64, x: ndarray::ArrayView2<f64>, v: ndarray::ArrayViewMut2<f64>| exact.write(t, x, v);
    let z = array![[0.5], [1.0]];
    assert!(refusal(generate(Tableau::RK4, 1.0, 0, z.view(), field)).contains("steps"));
    for horizon in [0.0, -1.0, f64::NAN] {
        assert!(refusal(generate(Tableau::RK4, horizon, 4, z.view(), field)).contains("horizon"));
    }
    assert!(refusal(generate(Tableau::RK4, 2.0, 4, z.view(), field)).contains("`t`"));
    assert!(
        refusal(generate(Tableau::RK4, 1.0, 4, Array2::zeros((2, 2)).view(), field)).contains("1 columns")
    );
    let bad = array![[f64::NAN]];
    let error = generate(Tableau::RK4, 1.0, 4, bad.view(), field).unwrap_err();
    assert!(matches!(error, sdml::Error::NotFinite { step: 0, .. }), "{error}");
    let error = generate(Tableau::EULER, 1.0, 400, z.view(), |_, x, mut v| {
        v.assign(&x.mapv(|x| -1e4 * x * x * x));
        Ok(())
    })
    .unwrap_err();
    assert!(matches!(error, sdml::Error::NotFinite { step: 1..20, .. }), "{error}");
    let latent = ExactVelocity::new(line(), paths()[0].with_latent(1.0).unwrap());
    assert!(refusal(latent.least_loss(4)).contains("latent"));
    assert!(refusal(exact.least_loss(0)).contains("nodes"));
    let diffusion = ExactVelocity::new(line(), Path::ornstein_uhlenbeck(3.0).unwrap());
    assert!(refusal(diffusion.least_loss(40)).contains("derivatives"));
    assert!(diffusion.action(40).is_ok());
    let streams = Streams::new(1, "bad");
    assert!(refusal(diffuse(&exact, -0.1, 4, 4, &streams)).contains("epsilon"));
    assert!(refusal(diffuse(&exact, 0.1, 0, 4, &streams)).contains("steps"));
    assert!(refusal(diffuse(&exact, 0.1, 4, 0, &streams)).contains("points"));
    let error = diffuse(&exact, 1e9, 200, 4, &streams).unwrap_err();
    assert!(matches!(error, sdml::Error::NotFinite { quantity: "Y", .. }), "{error}");
    assert!(refusal(Pairing::Optimal.partners(z.view(), bad.view())).contains('z'));
    assert!(refusal(Motion::of(&[])).contains("path"));
    assert!(refusal(Motion::of(&[z.clone(), bad.clone()])).contains("path"));
    assert!(refusal(Empirical::new(Array2::zeros((0, 2)).view(), paths()[0])).contains("points.nrows()"));
    assert!(refusal(Empirical::new(Array2::zeros((2, 0)).view(), paths()[0])).contains("points.ncols()"));
    assert!(refusal(Empirical::new(bad.view(), paths()[0])).contains("points"));
    assert!(refusal(Empirical::new(z.view(), paths()[0].with_latent(1.0).unwrap())).contains("latent"));
    let empirical = Empirical::new(z.view(), paths()[0]).unwrap();
    let mut out = Array2::zeros((2, 1));
    assert!(refusal(empirical.write(0.0, z.view(), out.view_mut())).contains("point masses"));
    // RK4 asks for time 0 in its last stage. With six steps s = 5/6 + 1/6 rounds to less than 1.
    for steps in 1..20 {
        let flow = generate(Tableau::RK4, 1.0, steps, z.view(), |t, x, v| empirical.write(t, x, v));
        assert!(refusal(flow).contains("point masses"));
    }
    assert!(
        refusal(empirical.write(0.5, Array2::zeros((2, 2)).view(), out.view_mut())).contains("1 columns")
    );
}

#[test]
fn training() {
    let recipe =
        |steps, batch| Recipe { hidden: vec![4], steps, batch, ..Recipe::new(line(), paths()[0], 0) };
    assert!(refusal(recipe(0, 8).train(|_, _| ())).contains("steps"));
    assert!(refusal(recipe(8, 0).train(|_, _| ())).contains("batch"));
    let mut latent = recipe(8, 8);
    latent.path = paths()[0].with_latent(1.0).unwrap();
    assert!(refusal(latent.train(|_, _| ())).contains("latent"));
    assert!(refusal(latent.loss(8, 0, |_, _, _| Ok(()))).contains("latent"));
    assert!(refusal(recipe(8, 8).loss(1, 0, |_, _, _| Ok(()))).contains("points"));
    let mut wild = recipe(200, 8);
    wild.schedule = sdml::ch1_preliminaries::learning::Schedule::Constant(1e300);
    assert!(wild.train(|_, _| ()).is_err());
    let network = Mlp::new(&[2, 4, 1], Activation::Silu).unwrap();
    let theta = vec![0.1; network.parameters()];
    let flow = |network: Mlp, theta: Vec<f64>, loss| refusal(Flow::new(network, theta, 1.0, [2.0, loss]));
    assert!(flow(Mlp::new(&[3, 4, 1], Activation::Silu).unwrap(), theta.clone(), 1.0).contains("inputs"));
    assert!(flow(network.clone(), vec![0.1; 3], 1.0).contains("theta.len()"));
    assert!(flow(network.clone(), vec![f64::NAN; network.parameters()], 1.0).contains("theta"));
    assert!(flow(network.clone(), theta.clone(), f64::NAN).contains("loss"));
    assert!(flow(network.clone(), theta.clone(), 2.0).contains("train the network first"));
    let flow = |horizon, losses| refusal(Flow::new(network.clone(), theta.clone(), horizon, losses));
    assert!(flow(1.0, [f64::NAN, 1.0]).contains("loss"));
    for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(flow(horizon, [2.0, 1.0]).contains("horizon"));
    }
    assert!(refusal(recipe(8, 8).from_rows(std::slice::from_ref(&theta))).contains("rows"));
    let mut model = Flow::new(network, theta, 1.0, [2.0, 1.0]).unwrap();
    let mut out = Array2::zeros((1, 1));
    assert!(refusal(model.write(1.5, array![[0.0]].view(), out.view_mut())).contains("`t`"));
    assert!(refusal(model.write(0.5, array![[0.0, 1.0]].view(), out.view_mut())).contains("1 columns"));
    assert!(refusal(model.write(0.5, array![[f64::NAN]].view(), out.view_mut())).contains('x'));
    assert!(refusal(recipe(8, 8).reflow(&model, 0, 4, |_, _| ())).contains("pairs"));
}

/// A wrong derivative, a hole and a standstill are found wherever on the way they begin.
#[test]
fn flaws_late_on_the_way() {
    let up = |t: f64, h: f64| [t / h, 1.0 / h];
    let down = |t: f64, h: f64| [1.0 - t / h, -1.0 / h];
    assert!(Path::new("straight", 2.0, down, up).is_ok());
    // Seen at one of the times kT/8 only, the first and the last.
    let early = |t: f64, h: f64| [t / h, if t < 0.15 * h { 2.0 } else { 1.0 } / h];
    let late = |t: f64, h: f64| [t / h, if t > 0.8 * h { 2.0 } else { 1.0 } / h];
    let hole = |t: f64, h: f64| [1.0 - t / h, if t > 0.8 * h { f64::NAN } else { -1.0 / h }];
    assert!(refusal(Path::new("early", 2.0, down, early)).contains("derivative of beta"));
    assert!(refusal(Path::new("late", 2.0, down, late)).contains("derivative of beta"));
    assert!(refusal(Path::new("hole", 2.0, hole, up)).contains("alpha"));
    // Whatever the unit of time.
    for horizon in [1e-6, 1e6] {
        assert!(Path::linear(horizon).is_ok() && Path::trigonometric(horizon).is_ok());
        assert!(refusal(Path::new("late", horizon, down, late)).contains("derivative of beta"));
    }
    // No strength is a strength.
    assert_eq!(paths()[0].with_latent(0.0).unwrap().latent(), 0.0);
    assert!(refusal(paths()[0].with_latent(f64::INFINITY)).contains("strength"));
}
