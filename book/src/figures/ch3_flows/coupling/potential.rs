//! Flows trained on potentials.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
use sdml::ch3_flows::coupling::{
    Annealing, FlowPass, Potential, RealNvp, ReverseKl, Reweighting, TwoModes, Well,
};
use sdml::random::Streams;
use sdml::statistics::normal;

use super::{CELLS, cells, split, with_points};
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade,
};

const SECTION: &str = "ch3_flows/coupling/potential";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "best-normal",
        section: SECTION,
        number: None,
        title: "Two best normal laws for one double well",
        caption: r"The density $e^{-\beta U}/\mathcal Z$ of the double well (gray) and the normal laws that minimize $D_{\mathrm{KL}}(p_\theta \,\|\, p_X)$ (blue) and $D_{\mathrm{KL}}(p_X \,\|\, p_\theta)$ (orange, dashed), at $\beta = 1$ (first panel) and $\beta = 4$ (second).",
        alt: "First panel: both normal laws are symmetric, the dashed one wider. Second: the density has two sharp peaks; the blue law covers the right peak alone, the dashed one spreads over both and has its maximum between them.",
        seed: 0,
        parameters: &[],
        data: best_normal,
        draw: draw_best_normal,
    },
    Figure {
        id: "well-density",
        section: SECTION,
        number: None,
        title: "A flow trained on the double well",
        caption: r"The exact density for $U(x, y) = (x^2 - 1)^2 + y^2/2$ (first panel) and that of a flow trained on $U$ alone (second).",
        alt: "Two heat maps that look the same: two blots side by side, joined by a bridge.",
        seed: 0,
        parameters: &[],
        data: well_density,
        draw: draw_well_density,
    },
    Figure {
        id: "mode-seeking",
        section: SECTION,
        number: None,
        title: "One mode, or both",
        caption: r"Samples of flows trained on a target with two modes, whose density is shaded: at once (first panel) and with annealing (second).",
        alt: "First panel: all points lie in the mode at the origin; the far one is empty. Second: points fill both modes.",
        seed: 0,
        parameters: &[Parameter { name: "points", default: 800.0, meaning: "points shown" }],
        data: mode_seeking,
        draw: draw_mode_seeking,
    },
    Figure {
        id: "reweighting",
        section: SECTION,
        number: None,
        title: "Weights correct an untrained flow",
        caption: r"Histograms of $x$ over samples of an untrained flow (first panel) and over the same samples with weights $e^{-U}/p_\theta$ (second), with the density of the double well.",
        alt: "First panel: a single hump that does not fit the two peaks of the curve. Second: the weighted histogram follows the curve.",
        seed: 4,
        parameters: &[Parameter { name: "points", default: 40_000.0, meaning: "samples" }],
        data: reweighting,
        draw: draw_reweighting,
    },
];

const BETAS: [f64; 2] = [1.0, 4.0];

fn best_normal(_: &Settings) -> Result<Data> {
    let x: Vec<f64> = (0..=300).map(|k| -2.4 + 4.8 * f64::from(k) / 300.0).collect();
    let mut data = Data::new();
    for beta in BETAS {
        let gibbs = Gibbs::new(beta)?;
        // The minima of the page: one at m = 0 up to β = 3/2, in a well beyond.
        let (mean, variance) = if beta > 1.5 {
            let variance = (8.0 - (64.0 - 96.0 / beta).sqrt()) / 48.0;
            ((1.0 - 3.0 * variance).sqrt(), variance)
        } else {
            (0.0, (4.0 + (16.0 + 48.0 / beta).sqrt()) / 24.0)
        };
        let law = |m: f64, v: f64| {
            x.iter().map(|x| normal::density((x - m) / v.sqrt()) / v.sqrt()).collect::<Vec<_>>()
        };
        data = data
            .column(format!("p {beta}"), x.iter().map(|&x| gibbs.density(x)).collect::<Vec<_>>())
            .column(format!("reverse {beta}"), law(mean, variance))
            .column(format!("forward {beta}"), law(0.0, gibbs.moment(2)));
    }
    Ok(data.column("x", x))
}

fn draw_best_normal(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let mut plates = Vec::new();
    for (beta, top) in BETAS.into_iter().zip([0.75, 2.3]) {
        let column = |stem: &str| data.get(&format!("{stem} {beta}"));
        let mut plate = Plate::new()
            .x(-2.4..=2.4, "$x$")
            .y(0.0..=top, "density")
            .legend(Corner::TopLeft)
            .title(&format!(r"$\beta = {beta}$"));
        plate.area(x, column("p")?, GREY).keyed("double well");
        plate.line(x, column("reverse")?, BLUE).keyed("from the potential");
        plate.line(x, column("forward")?, ORANGE.dashed()).keyed("from data");
        plates.push(plate);
    }
    Ok(plates)
}

const SQUARE: ([f64; 2], f64) = ([0.0, 0.0], 2.6);

fn trained<P: Potential>(name: &str, recipe: &ReverseKl<P>) -> Result<[Vec<f64>; 2]> {
    split(kept::trained(SECTION, name, recipe, || recipe.train().map(|trained| trained.rows()))?)
}

fn well_density(settings: &Settings) -> Result<Data> {
    let well = Well::new(1.0)?;
    let recipe = ReverseKl::new(well, 1500, settings.seed);
    let [theta, _] = trained("well", &recipe)?;
    let grid = cells(SQUARE);
    let mut gradient = [0.0; 2];
    let exact: Vec<f64> = grid
        .rows()
        .into_iter()
        .map(|x| (-well.value(&x.to_vec(), &mut gradient) - well.log_normalizer()).exp())
        .collect();
    let learned = recipe.flow()?.log_density(&theta, grid.view(), &mut FlowPass::new())?;
    Ok(Data::new()
        .column("exact", exact)
        .column("learned", learned.into_iter().map(f64::exp).collect::<Vec<_>>()))
}

fn draw_well_density(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let high = data.get("exact")?.iter().copied().fold(0.0, f64::max);
    let half = SQUARE.1;
    let mut plates = Vec::new();
    for name in ["exact", "learned"] {
        let mut plate =
            Plate::new().x(-half..=half, "$x$").y(-half..=half, "$y$").equal().without_rules().title(name);
        let shade = Shade::Sequential { colour: BLUE, low: 0.0, high };
        plate.heatmap(-half..=half, -half..=half, data.get(name)?, CELLS, shade);
        plates.push(plate);
    }
    Ok(plates)
}

const MODES: ([f64; 2], f64) = ([2.5, 0.0], 4.5);

fn mode_seeking(settings: &Settings) -> Result<Data> {
    let modes = TwoModes::new(5.0, 0.6, 0.65)?;
    let at_once = ReverseKl::new(modes, 1000, settings.seed);
    let slowly = ReverseKl::new(modes, 3000, settings.seed).annealed(Annealing { width: 8.0, part: 0.9 });
    let mut data = Data::new();
    for (name, key, recipe) in [("at once", "modes", at_once), ("annealed", "annealed", slowly)] {
        let [theta, _] = trained(key, &recipe)?;
        let mut stream = Streams::new(settings.seed, "points shown").stream(0);
        let (x, _) = recipe.flow()?.sample(&theta, settings.count("points"), &mut stream)?;
        data = with_points(data, name, &x);
    }
    let mut gradient = [0.0; 2];
    let exact = |x: &[f64], gradient: &mut [f64]| (-modes.value(x, gradient) - modes.log_normalizer()).exp();
    let grid: Array2<f64> = cells(MODES);
    Ok(data.column(
        "exact",
        grid.rows().into_iter().map(|x| exact(&x.to_vec(), &mut gradient)).collect::<Vec<_>>(),
    ))
}

fn draw_mode_seeking(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let exact = data.get("exact")?;
    let high = exact.iter().copied().fold(0.0, f64::max);
    let ([x, y], half) = MODES;
    let mut plates = Vec::new();
    for name in ["at once", "annealed"] {
        let (across, up) = (x - half..=x + half, y - half..=y + half);
        let mut plate =
            Plate::new().x(across.clone(), "").y(up.clone(), "").equal().without_rules().title(name);
        let shade = Shade::Sequential { colour: GREY, low: 0.0, high };
        plate.heatmap(across, up, exact, CELLS, shade);
        plate.dots(
            data.get(&format!("{name} x"))?,
            data.get(&format!("{name} y"))?,
            1.5,
            ORANGE.opacity(0.8),
        );
        plates.push(plate);
    }
    Ok(plates)
}

const BINS: usize = 40;
const REACH: f64 = 2.4;

fn reweighting(settings: &Settings) -> Result<Data> {
    let (well, flow) = (Well::new(1.0)?, RealNvp::alternating(2, 4, &[16])?);
    let theta = flow.initial(&Streams::new(3, "untrained"));
    let mut stream = Streams::new(settings.seed, "reweighted").stream(0);
    let (x, log_q) = flow.sample(&theta, settings.count("points"), &mut stream)?;
    let weights = Reweighting::of(&well, x.view(), &log_q)?.normalized();
    let width = 2.0 * REACH / BINS as f64;
    let mut heights = [vec![0.0; BINS], vec![0.0; BINS]];
    for (x, weight) in x.column(0).iter().zip(&weights) {
        let bin = ((x + REACH) / width).floor();
        if (0.0..BINS as f64).contains(&bin) {
            heights[0][bin as usize] += 1.0 / (weights.len() as f64 * width);
            heights[1][bin as usize] += weight / width;
        }
    }
    let gibbs = Gibbs::new(1.0)?;
    let line: Vec<f64> = (0..=200).map(|k| -REACH + 2.0 * REACH * f64::from(k) / 200.0).collect();
    let [plain, weighted] = heights;
    Ok(Data::new()
        .column("edge", (0..=BINS).map(|k| -REACH + k as f64 * width).collect::<Vec<_>>())
        .column("plain", plain)
        .column("weighted", weighted)
        .column("density", line.iter().map(|&x| gibbs.density(x)).collect::<Vec<_>>())
        .column("x", line))
}

fn draw_reweighting(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for (name, title, colour) in
        [("plain", "samples of the flow", ORANGE), ("weighted", "the same, weighted", GREEN)]
    {
        let mut plate = Plate::new().x(-REACH..=REACH, "$x$").y(0.0..=0.6, "density").title(title);
        plate.bars(data.get("edge")?, data.get(name)?, colour);
        plate.line(data.get("x")?, data.get("density")?, INK);
        plates.push(plate);
    }
    Ok(plates)
}
