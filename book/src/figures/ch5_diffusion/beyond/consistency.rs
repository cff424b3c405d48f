//! Consistency along the probability flow, and one step of distilled networks.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch5_diffusion::beyond::{Aim, Distillation, FlowMap, OneStep, rearrangement};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    ExactScore, Method, Noising, Reverse, decay, descending_times, noise_variance,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, CYCLE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/beyond/consistency";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "consistency-function",
        section: SECTION,
        number: None,
        title: "The consistency function",
        caption: r"First panel: paths of the probability flow for a mixture of three normal laws, each with one value of $f$, which is where it meets $t = 0$. Second: $f(x, t)$ against $x$ at four times; dashed: the conditional mean $\E[X(0) \mid X(t) = x]$ at $t = 1$.",
        alt: "First panel: lines come from a broad bundle at time two and gather in three bundles at time zero without crossing. Second: staircases with three steps that get flatter and wider as time grows, from nearly the diagonal; the dashed curve is much flatter than the staircase of its time.",
        seed: 0,
        parameters: &[],
        data: function,
        draw: draw_function,
    },
    Figure {
        id: "one-step",
        section: SECTION,
        number: None,
        title: "One step against the exact map",
        caption: r"The same starts $z \sim N(0, I)$ through the exact map $f(z, T)$ (first), and in one evaluation of a network distilled by consistency (second) and of one that regresses end points (third), seed 0. Orange lines lead from each network's point to the exact one.",
        alt: "First: eight tight clusters on a circle. Second: the same clusters with some points strewn along the arcs between neighbors and others thrown outwards, joined to their exact places by lines. Third: alike, with shorter lines, nearly all along the arcs.",
        seed: 77,
        parameters: &[Parameter { name: "points", default: 800.0, meaning: "number of starts" }],
        data: one_step,
        draw: draw_one_step,
    },
];

const TIMES: [f64; 4] = [0.02, 0.2, 1.0, 3.0];

fn function(_: &Settings) -> Result<Data> {
    const STEPS: usize = 300;
    let data = Mixture::new(&[0.3, 0.4, 0.3], &[[-1.6], [0.1], [1.8]], &[[[0.03]], [[0.05]], [[0.04]]])?;
    let horizon = 2.0;
    let law = Noising::OrnsteinUhlenbeck.law(&data, horizon)?;
    let starts = (1..=18).map(|k| law.quantile(f64::from(k) / 19.0)).collect::<sdml::Result<Vec<_>>>()?;
    let starts = Array2::from_shape_vec((18, 1), starts)?;
    let times = descending_times(horizon, 0.0, STEPS, 2.0)?;
    let score = ExactScore::new(data.clone());
    let states = Reverse::new(&score, 0.0, times.clone(), Method::Heun)?
        .paths(starts.view(), &Streams::new(0, "no noise"))?;
    let paths = (0..18).map(|i| states.iter().map(|state| state[[i, 0]]).collect::<Vec<_>>());
    let x: Vec<f64> = (0..=240).map(|k| -2.4 + 0.02 * f64::from(k)).collect();
    let at = |t: f64| x.iter().map(|&x| Ok(rearrangement(&data, t, x)?)).collect::<Result<Vec<_>>>();
    let functions = TIMES.iter().map(|&t| at(t)).collect::<Result<Vec<_>>>()?;
    let mean = |x: f64| Ok(data.conditional_mean(decay(1.0), noise_variance(1.0).sqrt(), &[x])?[0]);
    let means = x.iter().map(|&x| mean(x)).collect::<Result<Vec<_>>>()?;
    Ok(Data::new()
        .column("t", times)
        .columns("path", paths.collect::<Vec<_>>())
        .column("x", x)
        .columns("f", functions)
        .column("mean", means))
}

fn draw_function(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut left = Plate::new().x(0.0..=2.0, "time $t$").y(-2.4..=2.4, "$x(t)$").title("the flow");
    for (path, colour) in data.family("path").zip(CYCLE.iter().cycle()) {
        left.line(t, path, colour.thin());
    }
    let x = data.get("x")?;
    let mut right = Plate::new().x(-2.4..=2.4, "$x$").y(-2.4..=2.4, "$f(x, t)$").legend(Corner::TopLeft);
    for ((f, t), colour) in data.family("f").zip(TIMES).zip([GREY, GREEN, BLUE, ORANGE]) {
        right.line(x, f, colour).keyed(&format!("$t = {t}$"));
    }
    right.line(x, data.get("mean")?, INK.dashed()).keyed("mean");
    Ok(vec![left, right.title("where it leads")])
}

fn distilled(aim: Aim) -> Result<OneStep> {
    let recipe = Distillation::new(Mixture::ring(8, 2.0, 0.2)?, aim, 0);
    let rows = kept::trained("ch5_diffusion/beyond", "distillation", &recipe, || recipe.rows())?;
    Ok(recipe.from_rows(&rows)?)
}

fn one_step(settings: &Settings) -> Result<Data> {
    let streams = Streams::new(settings.seed, "starts");
    let mut z = Array2::zeros((settings.count("points"), 2));
    for (i, mut row) in z.outer_iter_mut().enumerate() {
        let mut stream = streams.stream(i as u64);
        row.iter_mut().for_each(|z| *z = stream.normal());
    }
    let exact = FlowMap::new(Mixture::ring(8, 2.0, 0.2)?, 1e-7)?.between(3.0, 1e-3, z.view())?;
    let mut data = Data::new();
    let consistency = distilled(Aim::Consistency)?.map(3.0, z.view())?;
    let regression = distilled(Aim::EndPoints(16_384))?.map(3.0, z.view())?;
    for (name, points) in [("exact", exact), ("consistency", consistency), ("regression", regression)] {
        data = data
            .column(format!("{name} x"), points.column(0).to_vec())
            .column(format!("{name} y"), points.column(1).to_vec());
    }
    Ok(data)
}

fn draw_one_step(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let column = |name: &str, axis: &str| data.get(&format!("{name} {axis}"));
    let mut plates = Vec::new();
    for (name, title) in
        [("exact", "exact map"), ("consistency", "by consistency"), ("regression", "by regression")]
    {
        let mut plate =
            Plate::new().x(-3.0..=3.0, "$x_1$").y(-3.0..=3.0, "$x_2$").equal().title(title).without_rules();
        let [x, y] = [column(name, "x")?, column(name, "y")?];
        let [to_x, to_y] = [column("exact", "x")?, column("exact", "y")?];
        if name != "exact" {
            for i in 0..x.len() {
                plate.line(&[x[i], to_x[i]], &[y[i], to_y[i]], ORANGE.opacity(0.9).weight(0.8));
            }
        }
        plate.dots(x, y, 1.4, BLUE);
        plates.push(plate);
    }
    Ok(plates)
}
