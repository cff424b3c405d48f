//! Samplers compared: error against evaluations of the score.

use anyhow::Result;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::mmd_squared;
use sdml::ch5_diffusion::score::{GaussianCase, Method, Normal, Reverse, ScoreError, descending_times};
use sdml::random::Streams;

use super::training::trained;
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/score/sampling";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "sampler-errors",
    section: SECTION,
    number: None,
    title: "Error against evaluations",
    caption: r"First panel: 2-Wasserstein distance between the exact law of each sampler's points and the data $N(1, \frac14)$, exact score, start from $p_T$, $T = 2$. Second: $\mathrm{MMD}^2$ of points from fresh data, eight Gaussians and the trained network; the dashed line is that of two fresh samples, root mean square.",
    alt: "First panel: on doubly logarithmic axes Heun's method falls along slope two, both Euler schemes and the exponential step along slope one; the predictor–corrector falls a little faster at first and flattens at the end, to a slope near two thirds. Second: the curves fall unevenly towards the dashed line and stay above it; the exponential step gets near it after the fewest evaluations; Heun's method is the worst at ten, rises once, at 40, and falls again; Euler with noise rises a little from 40 on.",
    seed: 0,
    parameters: &[Parameter { name: "points", default: 1500.0, meaning: "points for each estimate" }],
    data: errors,
    draw: draw_errors,
}];

const METHODS: [(Method, f64, &str); 5] = [
    (Method::Euler, 1.0, "Euler, $h = 1$"),
    (Method::Euler, 0.0, "Euler, $h = 0$"),
    (Method::PredictorCorrector { ratio: 0.1 }, 1.0, "predictor–corrector"),
    (Method::Exponential, 0.0, "exponential, $h = 0$"),
    (Method::Heun, 0.0, "Heun"),
];

fn errors(settings: &Settings) -> Result<Data> {
    let data = Normal::new(1.0, 0.25)?;
    let case = GaussianCase::new(data, ScoreError::NONE)?;
    let counts = [8usize, 16, 32, 64, 128, 256, 512];
    let few = [10usize, 20, 40, 80, 160];
    let (law, points) = (DataLaw::Eight, settings.count("points"));
    let fresh = |index| law.points(points, &mut Streams::new(settings.seed, "fresh").stream(index));
    let mmd =
        |a: &ndarray::Array2<f64>, b: &ndarray::Array2<f64>| mmd_squared(a.view(), b.view(), &[0.2, 1.0]);
    let data_points = fresh(0);
    let model = trained(settings.seed)?;
    let [first, horizon] = model.times();
    let (mut exact, mut measured) = (Vec::new(), Vec::new());
    for (method, h, _) in METHODS {
        let each = method.evaluations();
        let distance = |n: &usize| -> Result<f64> {
            let times = descending_times(2.0, 0.0, n / each, 2.0)?;
            Ok(case.stepped(method, h, &times, case.law(2.0))?.distance(&data))
        };
        exact.push(counts.iter().map(distance).collect::<Result<Vec<_>>>()?);
        let sampled = |n: &usize| -> Result<f64> {
            let times = descending_times(horizon, first, n / each, 2.0)?;
            let sample = Reverse::new(&model, h, times, method)?
                .sample(points, &Streams::new(settings.seed, "points"))?;
            Ok(mmd(&sample, &data_points)?)
        };
        measured.push(few.iter().map(sampled).collect::<Result<Vec<_>>>()?);
    }
    let floor = (1..5).map(|k| Ok(mmd(&fresh(k), &data_points)?.powi(2))).collect::<Result<Vec<f64>>>()?;
    let floor = (floor.iter().sum::<f64>() / floor.len() as f64).sqrt();
    Ok(Data::new()
        .column("evaluations", counts.map(|n| n as f64))
        .columns("distance", exact)
        .column("few", few.map(|n| n as f64))
        .columns("mmd", measured)
        .column("floor", [floor]))
}

fn draw_errors(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (n, few) = (data.get("evaluations")?, data.get("few")?);
    let colours = [ORANGE, GREEN, PURPLE, BLUE, INK];
    let mut left = Plate::new()
        .log_x(8.0..=512.0, "evaluations")
        .log_y(1e-6..=1.0, "distance from the data")
        .legend(Corner::BottomLeft)
        .title("exact score");
    let mut right = Plate::new()
        .log_x(10.0..=160.0, "evaluations")
        .log_y(1e-4..=0.3, r"$\mathrm{MMD}^2$")
        .title("trained score");
    for (((distance, mmd), colour), (_, _, name)) in
        data.family("distance").zip(data.family("mmd")).zip(colours).zip(METHODS)
    {
        left.line(n, distance, colour).keyed(name);
        left.points(n, distance, colour);
        right.line(few, mmd, colour);
        right.points(few, mmd, colour);
    }
    right.horizontal(data.number("floor")?, GREY.dashed());
    Ok(vec![left, right])
}
