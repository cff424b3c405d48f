//! The reverse equations: one for every h, what errors become of, and a circulation that no marginal shows.

use anyhow::Result;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{
    Circulating, ExactScore, GaussianCase, Method, Noising, Normal, Reverse, ScoreError, ScoreField,
    descending_times,
};
use sdml::random::Streams;

use super::path::line;
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/score/reverse";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "noise-levels",
        section: SECTION,
        number: None,
        title: "One law, many equations",
        caption: r"First panel: paths of the reverse equation from the same five starts with $h = 0$ (blue) and with $h = 2$ (orange). Second: histograms of the end points for four $h$ (dots) on the density of the data (line).",
        alt: "First panel: the blue paths are smooth and never cross, the orange ones are jagged and change places. Second: the dots of all four colors lie on the curve with two humps.",
        seed: 2,
        parameters: &[Parameter { name: "points", default: 20_000.0, meaning: "points for each histogram" }],
        data: levels,
        draw: draw_levels,
    },
    Figure {
        id: "entropy-against-noise",
        section: SECTION,
        number: None,
        title: "What noise does to errors",
        caption: r"Relative entropy of the end point's law from the data against $h$, in closed form. First panel: data $N(1, \frac14)$, exact score, start from $N(0, 1)$ at three horizons. Second: data $N(0, 1)$, $T = 3$, and an offset of the score for all times, for $\tau > 1$, and for $\tau < 0.1$ (four times as large), where $\tau$ is the time of the noising process; dashed: the bound $(h + 1)^2/(4h) \int \varepsilon^2 \dd \tau$ for the first.",
        alt: "First panel: three curves fall steeply with h, the more so the longer the horizon. Second: the entropy for an offset at all times falls slowly, that for one far from the data falls at once, that for one close to them rises. The bound has its least value at one.",
        seed: 0,
        parameters: &[Parameter { name: "offset", default: 0.1, meaning: "error of the score" }],
        data: entropy,
        draw: draw_entropy,
    },
    Figure {
        id: "circulation",
        section: SECTION,
        number: None,
        title: "Same marginals, other paths",
        caption: r"Four paths of the probability flow, $h = 0$, from the same starts (colored dots) to eight Gaussians. First panel: the score alone. Second: with the circulation $\kappa J \nabla \log p$ added. Gray dots: end points of 600 paths each.",
        alt: "First panel: four nearly straight lines run outwards to the clusters. Second: the lines wind around before they reach clusters. The clouds of end points look alike.",
        seed: 4,
        parameters: &[Parameter { name: "kappa", default: 2.0, meaning: "strength of the circulation" }],
        data: circulation,
        draw: draw_circulation,
    },
];

const LEVELS: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

fn levels(settings: &Settings) -> Result<Data> {
    const STEPS: usize = 400;
    let (data, horizon) = (line()?, 3.0);
    let score = ExactScore::new(data.clone());
    let reverse = |h: f64| -> Result<_> {
        Ok(Reverse::new(&score, h, descending_times(horizon, 0.0, STEPS, 1.0)?, Method::Euler)?)
    };
    let start = ndarray::array![[-1.6], [-0.7], [0.1], [0.8], [1.7]];
    let mut out =
        Data::new().column("t", (0..=STEPS).map(|k| horizon * k as f64 / STEPS as f64).collect::<Vec<_>>());
    for (h, stem) in [(0.0, "flow"), (2.0, "noisy")] {
        let states = reverse(h)?.paths(start.view(), &Streams::new(settings.seed, "paths"))?;
        let paths = (0..5).map(|i| states.iter().map(|state| state[[i, 0]]).collect::<Vec<_>>());
        out = out.columns(stem, paths.collect::<Vec<_>>());
    }
    let x: Vec<f64> = (0..=240).map(|k| -3.0 + 0.025 * f64::from(k)).collect();
    out = out.column("p", x.iter().map(|x| data.density(&[*x])).collect::<Vec<_>>()).column("x", x);
    let (bins, width) = (40, 0.15);
    out = out.column("cell", (0..bins).map(|k| -3.0 + width * (f64::from(k) + 0.5)).collect::<Vec<_>>());
    let points = settings.count("points");
    let mut histograms = Vec::new();
    for h in LEVELS {
        let end = reverse(h)?.sample(points, &Streams::new(settings.seed, "ends"))?;
        let mut counts = vec![0.0; bins as usize];
        for y in &end {
            let place = ((y + 3.0) / width).floor();
            if (0.0..f64::from(bins)).contains(&place) {
                counts[place as usize] += 1.0 / (points as f64 * width);
            }
        }
        histograms.push(counts);
    }
    Ok(out.columns("histogram", histograms))
}

fn draw_levels(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut left = Plate::new().x(0.0..=3.0, "time $t$").y(-4.0..=3.0, "$Y(t)$").legend(Corner::BottomLeft);
    for (i, path) in data.family("noisy").enumerate() {
        let mark = left.line(t, path, ORANGE.thin());
        if i == 0 {
            mark.keyed("$h = 2$");
        }
    }
    for (i, path) in data.family("flow").enumerate() {
        let mark = left.line(t, path, BLUE);
        if i == 0 {
            mark.keyed("$h = 0$");
        }
    }
    let mut right = Plate::new().x(-3.0..=3.0, "$x$").y(0.0..=0.8, "density").legend(Corner::TopLeft);
    right.line(data.get("x")?, data.get("p")?, INK);
    for ((histogram, h), colour) in data.family("histogram").zip(LEVELS).zip([BLUE, GREEN, PURPLE, ORANGE]) {
        right.dots(data.get("cell")?, histogram, 2.2, colour).keyed(&format!("$h = {h}$"));
    }
    Ok(vec![left, right])
}

const HORIZONS: [f64; 3] = [0.5, 1.0, 2.0];

fn entropy(settings: &Settings) -> Result<Data> {
    let h: Vec<f64> = (0..=100).map(|k| 0.05 * f64::from(k)).collect();
    let data = Normal::new(1.0, 0.25)?;
    let exact = GaussianCase::new(data, ScoreError::NONE)?;
    let gap = |horizon: f64| -> Result<Vec<f64>> {
        h.iter().map(|&h| Ok(exact.reversed(h, horizon, Normal::STANDARD)?.relative_entropy(&data))).collect()
    };
    let gaps = HORIZONS.iter().map(|&horizon| gap(horizon)).collect::<Result<Vec<_>>>()?;
    let offset = settings.get("offset");
    let windows = [(offset, [0.0, 3.0]), (offset, [1.0, 3.0]), (4.0 * offset, [0.0, 0.1])];
    let mut offsets = Vec::new();
    for (offset, window) in windows {
        let case = GaussianCase::new(Normal::STANDARD, ScoreError { offset, window, slope: 0.0 })?;
        let curve = h
            .iter()
            .map(|&h| Ok(case.reversed(h, 3.0, Normal::STANDARD)?.relative_entropy(&Normal::STANDARD)));
        offsets.push(curve.collect::<Result<Vec<f64>>>()?);
    }
    // There is no bound without noise.
    let bound =
        |h: &f64| if *h > 0.0 { (h + 1.0).powi(2) / (4.0 * h) * 3.0 * offset * offset } else { f64::NAN };
    let bound = h.iter().map(bound).collect::<Vec<_>>();
    Ok(Data::new().columns("gap", gaps).columns("offset", offsets).column("bound", bound).column("h", h))
}

fn draw_entropy(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut left =
        Plate::new().x(0.0..=5.0, "noise $h$").log_y(1e-9..=1.0, "relative entropy").title("prior gap");
    for ((gap, horizon), colour) in data.family("gap").zip(HORIZONS).zip([ORANGE, GREEN, BLUE]) {
        left.line(h, gap, colour).keyed(&format!("$T = {horizon}$"));
    }
    let mut right = Plate::new()
        .x(0.0..=5.0, "noise $h$")
        .log_y(1e-6..=0.3, "relative entropy")
        .title("score error")
        .legend(Corner::BottomLeft);
    right.line(h, data.get("bound")?, GREY.dashed()).keyed("bound");
    for ((offset, name), colour) in
        data.family("offset").zip(["always", r"$\tau > 1$", r"$\tau < 0.1$"]).zip([BLUE, GREEN, ORANGE])
    {
        right.line(h, offset, colour).keyed(name);
    }
    Ok(vec![left, right])
}

fn circulation(settings: &Settings) -> Result<Data> {
    let data = Mixture::ring(8, 2.0, 0.2)?;
    let start =
        Noising::OrnsteinUhlenbeck.law(&data, 2.0)?.sample(600, &Streams::new(settings.seed, "starts"));
    let (plain, turning) = (ExactScore::new(data.clone()), Circulating::new(data, settings.get("kappa"))?);
    let out = add(Data::new(), "plain", &plain, start.view())?;
    add(out, "turning", &turning, start.view())
}

fn add<S: ScoreField>(out: Data, stem: &str, field: &S, start: ndarray::ArrayView2<f64>) -> Result<Data> {
    let times = descending_times(2.0, 0.0, 400, 2.0)?;
    let states = Reverse::new(field, 0.0, times, Method::Heun)?.paths(start, &Streams::new(0, "no noise"))?;
    let along = |i: usize, axis: usize| states.iter().map(|state| state[[i, axis]]).collect::<Vec<_>>();
    let end = &states[states.len() - 1];
    Ok(out
        .columns(&format!("{stem} x"), (0..4).map(|i| along(i, 0)))
        .columns(&format!("{stem} y"), (0..4).map(|i| along(i, 1)))
        .column(format!("{stem} end x"), end.column(0).to_vec())
        .column(format!("{stem} end y"), end.column(1).to_vec()))
}

fn draw_circulation(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for (stem, title) in [("plain", r"$\kappa = 0$"), ("turning", r"$\kappa > 0$")] {
        let mut plate =
            Plate::new().x(-3.0..=3.0, "$x_1$").y(-3.0..=3.0, "$x_2$").equal().title(title).without_rules();
        let ends = [data.get(&format!("{stem} end x"))?, data.get(&format!("{stem} end y"))?];
        plate.dots(ends[0], ends[1], 1.2, GREY);
        let [xs, ys] = ["x", "y"].map(|axis| format!("{stem} {axis}"));
        let lines = data.family(&xs).zip(data.family(&ys));
        for ((x, y), colour) in lines.zip([BLUE, ORANGE, GREEN, PURPLE]) {
            plate.line(x, y, colour);
            plate.points(&x[..1], &y[..1], colour);
        }
        plates.push(plate);
    }
    Ok(plates)
}
