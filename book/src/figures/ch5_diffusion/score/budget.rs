//! The error budget of the Gaussian case.

use anyhow::Result;
use sdml::ch5_diffusion::score::{
    Budget, GaussianCase, Method, Normal, ScoreError, Sources, descending_times,
};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/score/budget";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "error-budget",
    section: SECTION,
    number: None,
    title: "Where the error comes from",
    caption: r"Data $N(1, \frac14)$, $T = 1.5$, Euler–Maruyama with $h = 1$, a score with errors, 2000 points. First panel: the mean squared error against the number of steps: each source alone (the prior dashed, for it nearly coincides with the points), all together, and all without interaction (gray, dashed). Second: the total at 40 steps, and what it becomes when one source is switched off.",
    alt: "First panel: the contributions of prior, score and points are horizontal lines, that of the steps falls along slope minus two, and the total follows the steps at first and then levels off between the score and the other two. Second: bars; switching off the points lowers the total, switching off the prior doubles it, because its error had cancelled others.",
    seed: 0,
    parameters: &[
        Parameter { name: "offset", default: 0.05, meaning: "offset of the score" },
        Parameter { name: "points", default: 2000.0, meaning: "points" },
    ],
    data: budget,
    draw: draw_budget,
}];

fn budget(settings: &Settings) -> Result<Data> {
    let error = ScoreError { offset: settings.get("offset"), window: [0.0, 1.5], slope: 0.02 };
    let case = GaussianCase::new(Normal::new(1.0, 0.25)?, error)?;
    let with_steps = |n: usize| -> Result<Budget> {
        let times = descending_times(1.5, 0.0, n, 2.0)?;
        Ok(Budget { case, h: 1.0, times, method: Method::Euler, points: settings.count("points") })
    };
    let counts = [5usize, 10, 20, 40, 80, 160, 320, 640];
    let (mut parts, mut total, mut sum) = (vec![Vec::new(); 4], Vec::new(), Vec::new());
    for n in counts {
        let budget = with_steps(n)?;
        let alone = Sources::alone().map(|sources| budget.squared_error(sources));
        let mut all = 0.0;
        for (part, error) in parts.iter_mut().zip(alone) {
            let error = error?;
            part.push(error);
            all += error;
        }
        total.push(budget.squared_error(Sources::ALL)?);
        sum.push(all);
    }
    let at_forty = with_steps(40)?;
    let mut bars = vec![at_forty.squared_error(Sources::ALL)?];
    for sources in Sources::all_but_one() {
        bars.push(at_forty.squared_error(sources)?);
    }
    Ok(Data::new()
        .column("steps", counts.map(|n| n as f64))
        .columns("part", parts)
        .column("total", total)
        .column("sum", sum)
        .column("bars", bars))
}

fn draw_budget(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let n = data.get("steps")?;
    let mut left =
        Plate::new().log_x(5.0..=640.0, "steps").log_y(1e-6..=1.0, "squared error").legend(Corner::TopRight);
    let pens = [PURPLE.dashed(), ORANGE.into(), BLUE.into(), GREEN.into()];
    for ((part, pen), name) in data.family("part").zip(pens).zip(["prior", "score", "steps", "points"]) {
        left.line(n, part, pen).keyed(name);
    }
    left.line(n, data.get("sum")?, GREY.dashed());
    left.line(n, data.get("total")?, INK).keyed("total");
    let bars = data.get("bars")?;
    let top = bars.iter().copied().fold(0.0, f64::max);
    let edges: Vec<f64> = (0..=bars.len()).map(|k| k as f64).collect();
    let mut right = Plate::new()
        .x(0.0..=5.0, "switched off")
        .x_ticks(&[(0.5, "nothing"), (1.5, "prior"), (2.5, "score"), (3.5, "steps"), (4.5, "points")])
        .y(0.0..=1.1 * top, "squared error");
    right.bars(&edges, bars, BLUE);
    Ok(vec![left, right])
}
