//! The loss that diverges, the score that is learned, the density that follows from it.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Denoiser, ExactScore, Noising, Recipe, ScoreField, Weight, descending_times, flow_to_noise, irreducible,
    irreducible_at, noise_variance,
};
use sdml::random::Streams;

use super::path::line;
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade,
};

const SECTION: &str = "ch5_diffusion/score/training";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "loss-divergence",
        section: SECTION,
        number: None,
        title: "The part of the loss that no network removes",
        caption: r"Data of [](#fig:5.1). First panel: $n/c(t) - \E \abs{\nabla \log p}^2$ against $t$ (line) and $n/(2t)$ (dashed). Second: its integral from $t_0$ to 3, plain as in [](#eq:5.4) and weighted by $c(t)$.",
        alt: "First panel: the line follows the dashed one upwards as t goes to zero. Second: the plain integral grows along a straight line as the logarithm of t zero falls; the weighted one is flat.",
        seed: 0,
        parameters: &[],
        data: divergence,
        draw: draw_divergence,
    },
    Figure {
        id: "learned-score",
        section: SECTION,
        number: None,
        title: "The score, exact and learned",
        caption: r"$\sqrt{c}\, \nabla \log p(\cdot, t)$ for eight Gaussians at $t = 0.1$: the exact field (blue) and the trained network (orange), on the noised density. Arrows are left out where the density is below a thousandth of its maximum.",
        alt: "Arrows point towards the nearest of eight dark spots on a ring. Those of the two panels agree where the shade is dark.",
        seed: 0,
        parameters: &[Parameter { name: "t", default: 0.1, meaning: "time" }],
        data: fields,
        draw: draw_fields,
    },
    Figure {
        id: "score-error",
        section: SECTION,
        number: None,
        title: "Where the network errs",
        caption: r"$c\, \E\abs{s_\theta - \nabla \log p}^2$ against $u = \sqrt{t/T}$, for three seeds, eight Gaussians. Dashed: the weighted denoising loss of the exact score, the floor under what training sees.",
        alt: "Three curves far below the dashed one, largest at the left end and near 0.1, falling by two orders of magnitude towards the right.",
        seed: 0,
        parameters: &[],
        data: errors,
        draw: draw_errors,
    },
    Figure {
        id: "likelihood-map",
        section: SECTION,
        number: None,
        title: "The density of a diffusion model",
        caption: r"First panel: the density of eight Gaussians. Second: that of the trained model, by the probability-flow ODE from every pixel. Both have one scale.",
        alt: "Eight round spots on a ring; in the second panel they are slightly uneven and joined by faint bridges.",
        seed: 0,
        parameters: &[Parameter { name: "pixels", default: 90.0, meaning: "pixels along an axis" }],
        data: map,
        draw: draw_map,
    },
];

fn eight() -> Result<Mixture<2>> {
    Ok(Mixture::ring(8, 2.0, 0.2)?)
}

/// The network of the checks.
pub(super) fn trained(seed: u64) -> Result<Denoiser> {
    let recipe = Recipe::new(DataLaw::Eight, seed);
    let rows = kept::trained(SECTION, "eight", &recipe, || recipe.rows())?;
    Ok(recipe.from_rows(&rows)?)
}

fn divergence(_: &Settings) -> Result<Data> {
    let data = line()?;
    let t: Vec<f64> = (0..=60).map(|k| 10f64.powf(-4.0 + 4.4 * f64::from(k) / 60.0)).collect();
    let first: Vec<f64> = (0..=24).map(|k| 10f64.powf(-5.0 + f64::from(k) / 6.0)).collect();
    let at = t.iter().map(|&t| Ok(irreducible_at(&data, t)?)).collect::<Result<Vec<_>>>()?;
    let integral = |weight: Weight| -> Result<Vec<f64>> {
        first.iter().map(|&first| Ok(irreducible(&data, weight, first, 3.0)?)).collect()
    };
    Ok(Data::new()
        .column("at", at)
        .column("asymptote", t.iter().map(|t| 0.5 / t).collect::<Vec<_>>())
        .column("t", t)
        .column("plain", integral(Weight::One)?)
        .column("weighted", integral(Weight::NoiseVariance)?)
        .column("first", first))
}

fn draw_divergence(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut left = Plate::new().log_x(1e-4..=2.5, "$t$").log_y(1e-4..=1e4, "irreducible part at time $t$");
    left.line(t, data.get("asymptote")?, GREY.dashed()).keyed("$n/(2t)$");
    left.line(t, data.get("at")?, BLUE).keyed("$n/c - E|\\nabla \\log p|^2$");
    let first = data.get("first")?;
    let mut right =
        Plate::new().log_x(1e-5..=0.1, "$t_0$").y(0.0..=6.0, "integral from $t_0$").legend(Corner::TopRight);
    right.line(first, data.get("plain")?, ORANGE).keyed("$\\lambda = 1$");
    right.line(first, data.get("weighted")?, GREEN).keyed("$\\lambda = c(t)$");
    Ok(vec![left, right])
}

const SIDE: usize = 15;
const PIXELS: usize = 80;
const REACH: f64 = 3.0;

fn fields(settings: &Settings) -> Result<Data> {
    let (exact, model, t) = (ExactScore::new(eight()?), trained(settings.seed)?, settings.get("t"));
    let law = Noising::OrnsteinUhlenbeck.law(exact.data(), t)?;
    let place = |k: usize, n: usize| REACH * (2.0 * (k as f64 + 0.5) / n as f64 - 1.0);
    let shade =
        (0..PIXELS * PIXELS).map(|i| law.density(&[place(i % PIXELS, PIXELS), place(i / PIXELS, PIXELS)]));
    let shade: Vec<f64> = shade.collect();
    let top = shade.iter().copied().fold(0.0, f64::max);
    let all = (0..SIDE * SIDE).map(|i| [place(i % SIDE, SIDE), place(i / SIDE, SIDE)]);
    let seen: Vec<[f64; 2]> = all.filter(|x| law.density(x) > 1e-3 * top).collect();
    let x = Array2::from_shape_fn((seen.len(), 2), |(i, k)| seen[i][k]);
    let scale = noise_variance(t).sqrt();
    let mut out =
        Data::new().column("x", x.column(0).to_vec()).column("y", x.column(1).to_vec()).column("p", shade);
    let mut score = Array2::zeros(x.dim());
    exact.write(t, x.view(), &mut (), score.view_mut())?;
    score *= scale;
    out = out.column("u exact", score.column(0).to_vec()).column("v exact", score.column(1).to_vec());
    model.write(t, x.view(), &mut model.workspace(), score.view_mut())?;
    score *= scale;
    Ok(out.column("u learned", score.column(0).to_vec()).column("v learned", score.column(1).to_vec()))
}

fn draw_fields(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, y, p) = (data.get("x")?, data.get("y")?, data.get("p")?);
    let high = p.iter().copied().fold(0.0, f64::max);
    let mut plates = Vec::new();
    for (name, colour) in [("exact", BLUE), ("learned", ORANGE)] {
        let mut plate = Plate::new()
            .x(-REACH..=REACH, "$x_1$")
            .y(-REACH..=REACH, "$x_2$")
            .equal()
            .title(name)
            .without_rules();
        plate.heatmap(
            -REACH..=REACH,
            -REACH..=REACH,
            p,
            PIXELS,
            Shade::Sequential { colour: GREY, low: 0.0, high: 1.6 * high },
        );
        let scaled = |column: &[f64]| column.iter().map(|s| 0.22 * s).collect::<Vec<_>>();
        let (u, v) = (scaled(data.get(&format!("u {name}"))?), scaled(data.get(&format!("v {name}"))?));
        plate.arrows(x, y, &u, &v, colour);
        plates.push(plate);
    }
    Ok(plates)
}

fn errors(_: &Settings) -> Result<Data> {
    let exact = ExactScore::new(eight()?);
    let u: Vec<f64> = (0..40).map(|k| (f64::from(k) + 0.5) / 40.0).collect();
    let mut curves = vec![Vec::new(); 3];
    let mut floor = Vec::new();
    let models = (0..3).map(trained).collect::<Result<Vec<_>>>()?;
    for (k, u) in u.iter().enumerate() {
        let t = 1e-4 + (3.0 - 1e-4) * u * u;
        let c = noise_variance(t);
        let law = Noising::OrnsteinUhlenbeck.law(exact.data(), t)?;
        floor.push(c * irreducible_at(exact.data(), t)?);
        let x = law.sample(2000, &Streams::new(k as u64, "points"));
        let (mut found, mut truth) = (Array2::zeros(x.dim()), Array2::zeros(x.dim()));
        exact.write(t, x.view(), &mut (), truth.view_mut())?;
        for (model, curve) in models.iter().zip(&mut curves) {
            model.write(t, x.view(), &mut model.workspace(), found.view_mut())?;
            curve.push(c * (&found - &truth).iter().map(|d| d * d).sum::<f64>() / 2000.0);
        }
    }
    Ok(Data::new().column("u", u).column("floor", floor).columns("error", curves))
}

fn draw_errors(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let u = data.get("u")?;
    let mut plate = Plate::new()
        .x(0.0..=1.0, "$u$")
        .log_y(1e-6..=4.0, "weighted squared error")
        .legend(Corner::BottomLeft);
    plate.line(u, data.get("floor")?, INK.dashed()).keyed("floor of the denoising loss");
    for ((curve, colour), seed) in data.family("error").zip([BLUE, ORANGE, GREEN]).zip(0..) {
        plate.line(u, curve, colour).keyed(&format!("seed {seed}"));
    }
    Ok(vec![plate])
}

fn map(settings: &Settings) -> Result<Data> {
    let (law, model, side) = (eight()?, trained(settings.seed)?, settings.count("pixels").max(2));
    let place = |k: usize| REACH * (2.0 * (k as f64 + 0.5) / side as f64 - 1.0);
    let x = Array2::from_shape_fn((side * side, 2), |(i, k)| place(if k == 0 { i % side } else { i / side }));
    let [first, horizon] = model.times();
    let flowed = flow_to_noise(&model, &descending_times(horizon, first, 40, 2.0)?, x.view())?;
    let exact: Vec<f64> = x.outer_iter().map(|x| law.density(&[x[0], x[1]])).collect();
    let found: Vec<f64> = flowed.log_densities().iter().map(|log| log.exp()).collect();
    Ok(Data::new().column("exact", exact).column("model", found))
}

fn draw_map(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let high = [data.get("exact")?, data.get("model")?].concat().into_iter().fold(0.0, f64::max);
    let side = settings.count("pixels").max(2);
    let shade = Shade::Sequential { colour: BLUE, low: 0.0, high };
    let mut plates = Vec::new();
    for (name, title) in [("exact", "data"), ("model", "model")] {
        let mut plate = Plate::new()
            .x(-REACH..=REACH, "$x_1$")
            .y(-REACH..=REACH, "$x_2$")
            .equal()
            .title(title)
            .without_rules();
        plate.heatmap(-REACH..=REACH, -REACH..=REACH, data.get(name)?, side, shade);
        plates.push(plate);
    }
    Ok(plates)
}
