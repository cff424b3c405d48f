//! Estimators of an expected gradient, and a law that was learnt.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch1_preliminaries::fokker_planck::double_well::force;
use sdml::ch1_preliminaries::sde::{Grid, Increments, Ito};
use sdml::ch2_control::neural_sde::{LinearFamily, TransitionFit, WithParameters, estimators};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch2_control/neural_sde/training";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "sde-estimators",
        section: SECTION,
        number: None,
        title: "Variances of two estimators",
        caption: r"Variance of one path's estimate of the derivative of $\E X(1)$ for $\dd X = a X \dd t + \sigma \dd B$ against the number of steps: in $\sigma$ (first panel) and in $a$ (second), pathwise and by the likelihood ratio. Lines in the first panel: closed forms.",
        alt: "First panel: the likelihood ratio's variance grows in proportion to the steps, the pathwise one stays below one half. Second: both are flat, the likelihood ratio's several times higher.",
        seed: 41,
        parameters: &[Parameter { name: "paths", default: 10_000.0, meaning: "paths of each estimate" }],
        data: variances,
        draw: draw_variances,
    },
    Figure {
        id: "sde-learnt-law",
        section: SECTION,
        number: None,
        title: "A transition law, learned from pairs",
        caption: r"First panel: the law of $X(\frac12)$ given $X(0) = -1.125$, 0 and 0.75 for the double well at $\beta = 2$ (lines, from the Fokker–Planck equation) and for the trained neural SDE (bars, seed 0). Second: the drift of the double well (dashed) and the drifts of three trained networks.",
        alt: "First panel: three densities, one per start, each matched by its histogram; the middle one has two humps. Second: the three learned drifts cross zero where the true one does but are flatter towards both ends.",
        seed: 0,
        parameters: &[],
        data: learnt,
        draw: draw_learnt,
    },
];

fn variances(settings: &Settings) -> Result<Data> {
    let theta = [-1.0, 0.5];
    let model = WithParameters::new(&LinearFamily(Ito), theta)?;
    let counts = [4, 8, 16, 32, 64, 128, 256];
    let mut rows = Vec::new();
    for steps in counts {
        let grid = Grid::new(0.0, 1.0, steps)?;
        let streams = Streams::new(settings.seed, "variances");
        let rest = Increments::<1>::sample(grid, &mut streams.stream(0));
        let moments = ensemble(
            &streams,
            settings.count("paths") as u64,
            || rest.clone(),
            |noise, stream| {
                noise.resample(stream);
                let both = estimators(&model, 1.0, noise, |[x]| (*x, [1.0]))?;
                Ok([both.pathwise[1], both.likelihood_ratio[1], both.pathwise[0], both.likelihood_ratio[0]])
            },
        )?;
        let r = 1.0 + theta[0] * grid.h();
        let squares: f64 = (0..steps).map(|n| grid.h() * r.powi(2 * n as i32)).sum();
        let n = steps as f64;
        let score = 2.0 * n * (r.powi(steps as i32) / theta[1]).powi(2) + (2.0 * n + 8.0) * squares;
        let mut row = vec![squares, score];
        for moments in moments {
            row.push(moments.variance()?.mean);
        }
        rows.push(row);
    }
    let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<_>>();
    Ok(Data::new()
        .column("steps", counts.map(|steps| steps as f64))
        .column("exact pathwise", column(0))
        .column("exact ratio", column(1))
        .column("sigma pathwise", column(2))
        .column("sigma ratio", column(3))
        .column("a pathwise", column(4))
        .column("a ratio", column(5)))
}

fn draw_variances(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let steps = data.get("steps")?;
    let panel = |parameter: &str, range, title: &str| -> Result<Plate> {
        let mut plate = Plate::new()
            .log_x(3.0..=340.0, "steps $N$")
            .log_y(range, "variance")
            .legend(Corner::TopLeft)
            .title(title);
        for (kind, words, colour) in [("ratio", "likelihood ratio", ORANGE), ("pathwise", "pathwise", BLUE)] {
            if parameter == "sigma" {
                plate.line(steps, data.get(&format!("exact {kind}"))?, colour.thin());
            }
            plate.points(steps, data.get(&format!("{parameter} {kind}"))?, colour).keyed(words);
        }
        Ok(plate)
    };
    Ok(vec![
        panel("sigma", 0.1..=5e3, r"derivative in $\sigma$")?,
        panel("a", 0.01..=10.0, "derivative in $a$")?,
    ])
}

const STARTS: [f64; 3] = [-1.125, 0.0, 0.75];
const BINS: usize = 40;

fn learnt(_: &Settings) -> Result<Data> {
    let drifts: Vec<f64> = (0..=60).map(|k| -1.5 + f64::from(k) / 20.0).collect();
    let mut data = Data::new()
        .column("x", drifts.clone())
        .column("force", drifts.iter().map(|x| force(*x)).collect::<Vec<_>>());
    for seed in 0..3 {
        let fit = TransitionFit::standard(seed);
        let rows =
            kept::trained(SECTION, "double-well", &fit, || fit.train(|_, _| ()).map(|rows| rows.to_vec()))?;
        let theta = &rows[0];
        let points = Array2::from_shape_vec((drifts.len(), 1), drifts.clone())?;
        let [b, sigma] = fit.model()?.coefficients(theta, points.view())?;
        data = data.column(format!("drift{seed}"), b).column(format!("sigma{seed}"), sigma);
        if seed > 0 {
            continue;
        }
        let edges: Vec<f64> = (0..=BINS).map(|k| -2.0 + 4.0 * k as f64 / BINS as f64).collect();
        data = data.column("edges", edges);
        for (k, x) in STARTS.into_iter().enumerate() {
            let law = fit.law(x)?;
            let (z, p): (Vec<f64>, Vec<f64>) = law
                .grid()
                .centers()
                .zip(law.values())
                .filter(|([z], _)| z.abs() <= 2.0)
                .map(|([z], p)| (z, *p))
                .step_by(4)
                .unzip();
            let mut heights = vec![0.0; BINS];
            let ends = fit.sample(theta, x, 1 << 14)?;
            for end in &ends {
                let bin = (end + 2.0) / 4.0 * BINS as f64;
                if (0.0..BINS as f64).contains(&bin) {
                    heights[bin as usize] += BINS as f64 / (4.0 * ends.len() as f64);
                }
            }
            data = data
                .column(format!("z{k}"), z)
                .column(format!("law{k}"), p)
                .column(format!("heights{k}"), heights);
        }
    }
    Ok(data)
}

fn draw_learnt(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut laws =
        Plate::new().x(-2.0..=2.0, "$x$").y(0.0..=2.4, "density of $X(1/2)$").legend(Corner::TopLeft);
    for (k, (x, colour)) in STARTS.into_iter().zip([BLUE, GREEN, ORANGE]).enumerate() {
        laws.bars(data.get("edges")?, data.get(&format!("heights{k}"))?, colour.opacity(0.3));
        laws.line(data.get(&format!("z{k}"))?, data.get(&format!("law{k}"))?, colour)
            .keyed(&format!("$X(0) = {x}$"));
    }
    let x = data.get("x")?;
    let mut drift = Plate::new().x(-1.5..=1.5, "$x$").y(-8.0..=8.0, "drift $b(x)$");
    drift.horizontal(0.0, GREY.thin());
    drift.line(x, data.get("force")?, INK.dashed()).keyed("double well");
    for (seed, colour) in [BLUE, ORANGE, PURPLE].into_iter().enumerate() {
        drift.line(x, data.get(&format!("drift{seed}"))?, colour).keyed(&format!("seed {seed}"));
    }
    Ok(vec![laws.title("transition laws"), drift.title("the drift")])
}
