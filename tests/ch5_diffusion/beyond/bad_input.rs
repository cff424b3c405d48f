//! What must not be computed is refused, by name.

use crate::refusal;
use ndarray::{Array2, array};
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::beyond::digits::{DigitLaw, DigitModel, DigitRecipe, Templates};
use sdml::ch5_diffusion::beyond::{
    Aim, Distillation, EmpiricalScore, FlowMap, Guided, GuidedGaussian, OneStep, Protocol, Quality,
    denoising_loss, effect, half_width, nearest_distances, rearrangement,
};
use sdml::ch5_diffusion::interpolant as flow;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{Normal, ScoreField};
use sdml::random::Streams;
use sdml::statistics::Estimate;

fn ring() -> Mixture<2> {
    Mixture::ring(8, 2.0, 0.2).unwrap()
}

#[test]
fn guidance() {
    let data = ring();
    assert!(refusal(data.only(&[])).contains("components.len()"));
    assert!(refusal(data.only(&[8])).contains("below 8"));
    assert!(refusal(data.only(&[1, 1])).contains("listed once"));
    for w in [-1.5, f64::NAN, f64::INFINITY] {
        assert!(refusal(Guided::new(data.clone(), data.clone(), w)).contains("`w`"));
        assert!(refusal(GuidedGaussian::new(Normal::STANDARD, Normal::STANDARD, w)).contains("`w`"));
    }
    let guided = Guided::new(data.clone(), data.only(&[0]).unwrap(), 1.0).unwrap();
    let mut score = Array2::zeros((1, 2));
    assert!(
        refusal(guided.write(-1.0, array![[0.0, 0.0]].view(), &mut (), score.view_mut())).contains("`t`")
    );
    assert!(
        refusal(guided.write(1.0, array![[0.0]].view(), &mut (), score.view_mut())).contains("2 columns")
    );
    assert!(refusal(guided.log_product(f64::NAN, &[0.0, 0.0])).contains("`t`"));
    // A class wider than the data: the product cannot be normalised.
    let wide = GuidedGaussian::new(Normal::STANDARD, Normal { mean: 0.0, variance: 4.0 }, 2.0).unwrap();
    assert!(refusal(wide.product(0.0)).contains("exceeds"));
    assert!(refusal(wide.reversed(-1.0, 1.0, Normal::STANDARD)).contains("`h`"));
    assert!(refusal(wide.reversed(1.0, 0.0, Normal::STANDARD)).contains("times[0]"));
    let point = array![[0.0, 0.0]];
    assert!(refusal(effect(point.view(), &data, &[9], 0.0)).contains("components"));
    assert!(refusal(effect(point.view(), &data, &[0], f64::NAN)).contains("level"));
    assert!(refusal(effect(array![[0.0]].view(), &data, &[0], 0.0)).contains("points"));
    assert!(refusal(effect(Array2::zeros((0, 2)).view(), &data, &[0], 0.0)).contains("points.nrows()"));
    assert!(refusal(effect(array![[0.0, f64::NAN]].view(), &data, &[0], 0.0)).contains("points"));
}

#[test]
fn flows_and_maps() {
    assert!(refusal(FlowMap::new(ring(), 0.0)).contains("relative"));
    let flow = FlowMap::new(ring(), 1e-6).unwrap();
    let x = array![[0.0, 0.5]];
    assert!(refusal(flow.between(-1.0, 0.0, x.view())).contains("`t`"));
    assert!(refusal(flow.between(1.0, f64::NAN, x.view())).contains("`t`"));
    assert!(refusal(flow.consistency(1.0, array![[0.0]].view())).contains("2 columns"));
    assert!(refusal(flow.consistency(1.0, Array2::zeros((0, 2)).view())).contains("points.nrows()"));
    assert!(refusal(flow.consistency(1.0, array![[0.0, f64::INFINITY]].view())).contains("points"));
    assert_eq!(flow.between(0.7, 0.7, x.view()).unwrap(), x);
    let line = Mixture::isotropic(&[1.0], &[[0.0]], 1.0).unwrap();
    assert!(refusal(rearrangement(&line, -0.1, 0.0)).contains("`t`"));
    assert!(refusal(rearrangement(&line, 0.1, f64::NAN)).contains("`x`"));
    assert!(refusal(rearrangement(&line, 0.1, 1e3)).contains("probability"));
}

#[test]
fn distillations() {
    let base = Distillation {
        hidden: vec![8],
        batch: 16,
        steps: 5,
        ..Distillation::new(ring(), Aim::Consistency, 0)
    };
    let refused = |recipe: Distillation<2>| refusal(recipe.train(|_, _| ()));
    assert!(refused(Distillation { batch: 0, ..base.clone() }).contains("batch"));
    assert!(refused(Distillation { steps: 0, ..base.clone() }).contains("steps"));
    assert!(refused(Distillation { nodes: 0, ..base.clone() }).contains("nodes"));
    assert!(refused(Distillation { aim: Aim::EndPoints(0), ..base.clone() }).contains("starts"));
    assert!(refused(Distillation { first: 3.0, ..base.clone() }).contains("first"));
    assert!(refused(Distillation { horizon: -1.0, ..base.clone() }).contains("horizon"));
    assert!(refused(Distillation { hidden: vec![0], ..base.clone() }).contains("sizes"));
    let wild = Distillation { schedule: Schedule::Constant(1e200), ..base.clone() };
    assert!(matches!(wild.train(|_, _| ()), Err(sdml::Error::Diverged { .. })));
    assert!(refusal(base.from_rows(&[])).contains("trained network"));
    assert!(refusal(base.from_rows(&[vec![0.0], vec![0.1]])).contains("theta.len()"));
    let network = || Mlp::new(&[2, 4, 2], Activation::Silu).unwrap();
    assert!(refusal(OneStep::new(network(), vec![], [0.1, 1.0], 0.1)).contains("network.inputs()"));
    let mut rows = base.rows().unwrap();
    let model = base.from_rows(&rows).unwrap();
    assert!(refusal(model.map(3.5, array![[0.0, 0.0]].view())).contains("as in training"));
    assert!(refusal(model.map(1.0, array![[0.0]].view())).contains("2 columns"));
    assert!(refusal(model.map(1.0, array![[0.0, f64::NAN]].view())).contains("points"));
    assert!(refusal(model.sample(0, &Streams::new(1, "none"))).contains("count"));
    rows[0][3] = f64::NAN;
    assert!(refusal(base.from_rows(&rows)).contains("theta"));
}

#[test]
fn memories() {
    assert!(refusal(EmpiricalScore::new(Array2::zeros((0, 2)).view())).contains("points.nrows()"));
    assert!(refusal(EmpiricalScore::new(Array2::zeros((2, 0)).view())).contains("points.ncols()"));
    assert!(refusal(EmpiricalScore::new(array![[f64::NAN]].view())).contains("points"));
    let score = EmpiricalScore::new(array![[0.0, 1.0]].view()).unwrap();
    let x = array![[0.0, 0.5]];
    let mut out = Array2::zeros((1, 2));
    assert!(refusal(score.write(0.0, x.view(), &mut (), out.view_mut())).contains("`t`"));
    assert!(refusal(score.write(1.0, array![[0.0]].view(), &mut (), out.view_mut())).contains("2 columns"));
    assert!(refusal(score.responsibilities(1.0, array![f64::NAN, 0.0].view())).contains("`x`"));
    assert!(refusal(score.still_open(-1.0, array![0.0, 0.0].view())).contains("`t`"));
    assert!(refusal(score.noised(-1.0, 3, &Streams::new(1, "bad"))).contains("`t`"));
    assert!(refusal(score.noised(1.0, 0, &Streams::new(1, "bad"))).contains("count"));
    assert!(refusal(denoising_loss(&score, x.view(), 0.0, 4, &Streams::new(1, "bad"))).contains("`t`"));
    assert!(refusal(denoising_loss(&score, x.view(), 1.0, 0, &Streams::new(1, "bad"))).contains("repeats"));
    assert!(nearest_distances(x.view(), array![[0.0]].view()).is_err());
}

#[test]
fn qualities() {
    let protocol = Protocol { points: 3, repeats: 2, ..Protocol::default() };
    let rows = Array2::zeros((6, 2));
    assert!(protocol.distances(rows.view(), rows.view()).is_ok());
    assert!(refusal(protocol.distances(array![[0.0, 0.0]].view(), rows.view())).contains("a.nrows()"));
    assert!(refusal(protocol.distances(rows.view(), array![[0.0, 0.0]].view())).contains("b.nrows()"));
    assert!(refusal(protocol.distances(rows.view(), Array2::zeros((6, 3)).view())).contains("b.ncols()"));
    let flawed = Array2::from_elem((6, 2), f64::NAN);
    assert!(refusal(protocol.distances(rows.view(), flawed.view())).contains("finite"));
    let law = DataLaw::Eight;
    let refused = |protocol: Protocol| refusal(protocol.floor(&law));
    assert!(refused(Protocol { points: 1, ..protocol.clone() }).contains("points"));
    assert!(refused(Protocol { repeats: 1, ..protocol.clone() }).contains("repeats"));
    assert!(refused(Protocol { directions: 0, ..protocol.clone() }).contains("directions"));
    assert!(refused(Protocol { bandwidths: vec![], ..protocol.clone() }).contains("bandwidths"));
    assert!(refused(Protocol { bandwidths: vec![-1.0], ..protocol.clone() }).contains("bandwidths"));
    let one = Protocol { held_out: 1, ..protocol.clone() };
    assert!(refusal(one.quality_of_noise(law)).contains("held_out"));
    assert!(protocol.excess(law, |x| Ok(vec![f64::NEG_INFINITY; x.nrows()])).is_err());
    assert!(refusal(protocol.excess(law, |x| Ok(vec![0.0; x.nrows() - 1]))).contains("log_q"));
    assert!(refusal(Quality::from_row(&[0.0; 11])).contains("row.len()"));
    let estimate = Estimate { mean: 0.0, standard_error: 1.0, count: 1 };
    assert!(refusal(half_width(&estimate, 0.95)).contains("count"));
    for level in [0.0, 1.0, f64::NAN] {
        assert!(refusal(half_width(&Estimate { count: 9, ..estimate }, level)).contains("level"));
    }
    let line = Mixture::isotropic(&[1.0], &[[0.0]], 0.5).unwrap();
    let recipe = flow::Recipe {
        hidden: vec![4],
        batch: 16,
        steps: 200,
        schedule: Schedule::Constant(1e-2),
        ..flow::Recipe::new(line, flow::Path::linear(1.0).unwrap(), 0)
    };
    let flow = recipe.train(|_, _| ()).unwrap();
    assert!(refusal(flow.to_noise(Array2::zeros((0, 1)).view(), 4)).contains("points.nrows()"));
    assert!(refusal(flow.to_noise(array![[0.0, 1.0]].view(), 4)).contains("1 columns"));
    assert!(refusal(flow.to_noise(array![[f64::NAN]].view(), 4)).contains("points"));
    assert!(refusal(flow.to_noise(array![[0.0]].view(), 0)).contains("steps"));
}

#[test]
fn digits() {
    let law = DigitLaw::default();
    let mut stream = Streams::new(1, "bad").stream(0);
    assert!(refusal(law.image(10, &mut stream)).contains("label"));
    assert!(refusal(law.images(0, &Streams::new(1, "bad"))).contains("count"));
    let mut refused = |law: DigitLaw| refusal(law.image(0, &mut stream));
    for bad in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(refused(DigitLaw { turn: bad, ..law }).contains("turn"));
        assert!(refused(DigitLaw { shear: bad, ..law }).contains("shear"));
        assert!(refused(DigitLaw { shift: bad, ..law }).contains("shift"));
        assert!(refused(DigitLaw { noise: bad, ..law }).contains("noise"));
        assert!(refused(DigitLaw { stretch: [bad, 1.0], ..law }).contains("stretch"));
    }
    assert!(refused(DigitLaw { stretch: [1.0, 0.5], ..law }).contains("in order"));
    assert!(refused(DigitLaw { stretch: [1.0, f64::NAN], ..law }).contains("in order"));
    assert!(refusal(Templates::new(&law, 0, &Streams::new(1, "bad"))).contains("each"));
    let noisy = DigitLaw { noise: f64::NAN, ..law };
    assert!(refusal(Templates::new(&noisy, 1, &Streams::new(1, "bad"))).contains("noise"));
    let templates = Templates::new(&law, 1, &Streams::new(1, "templates")).unwrap();
    assert!(templates.nearest(array![[0.0, 1.0]].view()).is_err());
    assert!(templates.agreement(Array2::zeros((0, 64)).view()).is_err());
    let base = DigitRecipe { images: 20, hidden: vec![32], batch: 64, steps: 100, ..DigitRecipe::new(0) };
    let refused = |recipe: DigitRecipe| refusal(recipe.train(|_, _| ()));
    assert!(refused(DigitRecipe { images: 0, ..base.clone() }).contains("count"));
    assert!(refused(DigitRecipe { batch: 0, ..base.clone() }).contains("batch"));
    assert!(refused(DigitRecipe { steps: 0, ..base.clone() }).contains("steps"));
    assert!(refused(DigitRecipe { first: 5.0, ..base.clone() }).contains("first"));
    assert!(refused(DigitRecipe { horizon: f64::NAN, ..base.clone() }).contains("horizon"));
    assert!(refused(DigitRecipe { withheld: 1.5, ..base.clone() }).contains("withheld"));
    assert!(refused(DigitRecipe { hidden: vec![0], ..base.clone() }).contains("sizes"));
    let wild = DigitRecipe { schedule: Schedule::Constant(1e200), ..base.clone() };
    assert!(matches!(wild.train(|_, _| ()), Err(sdml::Error::Diverged { .. })));
    assert!(refusal(base.from_rows(&[])).contains("trained network"));
    let mut rows = base.rows().unwrap();
    let model = base.from_rows(&rows).unwrap();
    assert!(refusal(model.told(Some(10), 0.0)).contains("label"));
    for w in [-1.5, f64::NAN, f64::INFINITY] {
        assert!(refusal(model.told(None, w)).contains("`w`"));
    }
    assert!(refusal(model.images(9, 0.0, 0)).contains("count"));
    let told = model.told(Some(1), 0.0).unwrap();
    let mut score = Array2::zeros((1, 64));
    let x = score.clone();
    assert!(refusal(told.write(9.0, x.view(), &mut told.workspace(), score.view_mut())).contains("training"));
    let narrow = array![[0.0]];
    assert!(
        refusal(told.write(1.0, narrow.view(), &mut told.workspace(), score.view_mut()))
            .contains("64 columns")
    );
    rows[0][3] = f64::NAN;
    assert!(refusal(base.from_rows(&rows)).contains("theta"));
    rows[0].pop();
    assert!(refusal(base.from_rows(&rows)).contains("theta.len()"));
    let network = Mlp::new(&[65, 4, 64], Activation::Silu).unwrap();
    assert!(refusal(DigitModel::new(network, vec![], [0.1, 1.0], [1.0, 0.5])).contains("network"));
    for first in [1.0, f64::NAN] {
        let learned_nothing = base.from_rows(&[base.rows().unwrap()[0].clone(), vec![first, 1.0]]);
        assert!(refusal(learned_nothing).contains("train the network"));
    }
}

#[test]
fn edges_of_what_is_allowed() {
    let data = ring();
    // Nothing of the label is left at w = −1.
    assert!(Guided::new(data.clone(), data.clone(), -1.0).is_ok());
    let law = DigitLaw::default();
    let ok = |law: DigitLaw| law.valid().is_ok();
    assert!(
        ok(DigitLaw { stretch: [1.0, 1.0], ..law }) && !ok(DigitLaw { stretch: [1.0, f64::INFINITY], ..law })
    );
    assert!(ok(DigitLaw { turn: 0.0, shear: 0.0, shift: 0.0, noise: 0.0, ..law }));
    let base = DigitRecipe { images: 20, hidden: vec![32], batch: 64, steps: 100, ..DigitRecipe::new(0) };
    let theta = base.rows().unwrap()[0].clone();
    for losses in [[1.0, f64::NAN], [f64::INFINITY, f64::INFINITY], [1.0, 1.0], [0.5, 0.6]] {
        assert!(refusal(base.from_rows(&[theta.clone(), losses.to_vec()])).contains("train the network"));
    }
    assert!(base.from_rows(&[theta, vec![1.0, 0.9]]).is_ok());
}

/// Without turn, shear, shift, stretch and noise a pixel is the mean ink of its place in the font's cell; the images of a
/// training are ordered by label, and templates of every digit are as many as asked for.
#[test]
fn digits_as_the_font_has_them() {
    let plain = DigitLaw { turn: 0.0, stretch: [1.0; 2], shear: 0.0, shift: 0.0, noise: 0.0 };
    let images = plain.images(30, &Streams::new(1, "plain")).unwrap();
    let templates = Templates::new(&plain, 3, &Streams::new(2, "plain")).unwrap();
    for (i, image) in images.outer_iter().enumerate() {
        // Nothing is random.
        assert_eq!(image, images.row(i % 10));
        assert_eq!(
            plain.image(i % 10, &mut Streams::new(9, "other").stream(0)).unwrap()[..],
            *image.to_vec()
        );
        // Ink lies between none and all, and there is some of either.
        assert!(image.iter().all(|x| (-1.0..=1.0).contains(x)));
        assert!(image.iter().any(|x| *x > 0.5) && image.iter().any(|x| *x < -0.5));
    }
    for (i, (label, distance)) in templates.nearest(images.view()).unwrap().into_iter().enumerate() {
        assert_eq!((label, distance), (i % 10, 0.0));
    }
    assert_eq!(templates.agreement(images.view()).unwrap(), 1.0);
    // Shifted by one, no image is in its place.
    let rest = images.slice_axis(ndarray::Axis(0), ndarray::Slice::from(1..));
    assert_eq!(templates.agreement(rest).unwrap(), 0.0);
}
