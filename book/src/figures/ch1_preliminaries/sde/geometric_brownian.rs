//! Geometric Brownian motion: strong and weak errors on their exact curves, and where the order is not yet visible.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{
    EulerMaruyama, GeometricBrownian, Grid, Heun, Increments, ItoForm, Milstein, StepFactor, solve_end,
};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch1_preliminaries/sde/geometric_brownian";
const PARAMETERS: &[Parameter] = &[
    Parameter { name: "alpha", default: 0.3, meaning: "Stratonovich drift" },
    Parameter { name: "sigma", default: 0.6, meaning: "strength of the noise" },
    Parameter { name: "paths", default: 10_000.0, meaning: "paths, shared by all schemes and steps" },
];

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "gbm-strong",
        section: SECTION,
        number: None,
        title: "Strong errors on their exact curves",
        caption: r"$(\E \abs{X_N - X(1)}^2)^{1/2}$ against the step $h$ for three schemes on shared Brownian paths: simulation (dots) and closed form (lines).",
        alt: "On logarithmic axes the errors of Euler–Maruyama fall with slope one half, those of Milstein and Heun with slope one, Heun's below Milstein's. The dots lie on the curves.",
        seed: 0,
        parameters: PARAMETERS,
        data: errors,
        draw: draw_strong,
    },
    Figure {
        id: "gbm-weak",
        section: SECTION,
        number: None,
        title: "Weak errors on their exact curves",
        caption: r"$\abs{\E X_N - \E X(1)}$ against the step $h$: simulation with two standard errors (dots) and closed form (lines). Euler–Maruyama and Milstein share one curve.",
        alt: "On logarithmic axes all errors of the mean fall with slope one; the curve of Heun lies below the common curve of Euler–Maruyama and Milstein. Euler–Maruyama's dots have far longer error bars than Milstein's.",
        seed: 0,
        parameters: PARAMETERS,
        data: errors,
        draw: draw_weak,
    },
    Figure {
        id: "gbm-slope",
        section: SECTION,
        number: None,
        title: "The slope that a fit would find",
        caption: r"Local slope $\dd \log \text{error} / \dd \log h$ of the exact strong error of Euler–Maruyama against $h$, for $\mu = 1$ and several strengths $\sigma$ of the noise. The asymptotic order is ½ for each.",
        alt: "Curves that go from slope one half at small steps to slope about one at large steps; the smaller the noise, the further left the change takes place.",
        seed: 0,
        parameters: &[],
        data: slopes,
        draw: draw_slopes,
    },
];

const SCHEMES: [&str; 3] = ["Euler–Maruyama", "Milstein", "Heun"];
const LEVELS: u32 = 8;

fn factors(gbm: &GeometricBrownian, h: f64) -> [StepFactor; 3] {
    [gbm.euler_factor(h), gbm.milstein_factor(h), gbm.heun_factor(h)]
}

fn errors(settings: &Settings) -> Result<Data> {
    let gbm = GeometricBrownian::new(settings.get("alpha"), settings.get("sigma"))?;
    let grid = Grid::new(0.0, 1.0, 1 << LEVELS)?;
    let streams = Streams::new(settings.seed, "errors");
    let rest = Increments::<1>::sample(grid, &mut streams.stream(0));
    const COLUMNS: usize = 6 * LEVELS as usize;
    let moments = ensemble(
        &streams,
        settings.count("paths") as u64,
        || rest.clone(),
        |noise, stream| {
            noise.resample(stream);
            let exact = gbm.explicit(1.0, 1.0, noise.total().db[0]);
            let mut values = [0.0; COLUMNS];
            let mut coarse = noise.clone();
            for values in values.chunks_exact_mut(6) {
                let ends = [
                    solve_end(EulerMaruyama, &ItoForm(gbm), [1.0], &coarse)?,
                    solve_end(Milstein, &ItoForm(gbm), [1.0], &coarse)?,
                    solve_end(Heun, &gbm, [1.0], &coarse)?,
                ];
                for (scheme, [x]) in ends.into_iter().enumerate() {
                    values[scheme] = (x - exact).powi(2);
                    values[3 + scheme] = x - exact;
                }
                coarse = coarse.coarsen(2)?;
            }
            Ok(values)
        },
    )?;
    let h: Vec<f64> = (0..LEVELS).map(|level| grid.h() * f64::from(1 << level)).collect();
    let steps = |h: f64| (1.0 / h).round() as u32;
    let mut data = Data::new().column("h", h.clone());
    for (scheme, name) in SCHEMES.into_iter().enumerate() {
        let column = |of: usize| moments.iter().skip(of + scheme).step_by(6);
        let strong = column(0).map(|m| Ok(m.mean()?.mean.sqrt())).collect::<Result<Vec<_>>>()?;
        let weak = column(3).map(|m| Ok(m.mean()?)).collect::<Result<Vec<_>>>()?;
        let exact = |error: fn(&StepFactor, u32) -> f64| -> Vec<f64> {
            h.iter().map(|&h| error(&factors(&gbm, h)[scheme], steps(h)).abs()).collect()
        };
        data = data
            .column(format!("{name}: strong"), strong)
            .column(format!("{name}: strong, exact"), exact(StepFactor::strong_error))
            .column(format!("{name}: weak"), weak.iter().map(|e| e.mean.abs()).collect::<Vec<_>>())
            .column(
                format!("{name}: two s.e."),
                weak.iter().map(|e| 2.0 * e.standard_error).collect::<Vec<_>>(),
            )
            .column(format!("{name}: weak, exact"), exact(StepFactor::weak_error));
    }
    Ok(data)
}

const COLOURS: [crate::figures::Colour; 3] = [ORANGE, GREEN, BLUE];

fn draw_strong(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut plate = Plate::new()
        .log_x(h[0]..=h[h.len() - 1], "step $h$")
        .log_y(5e-4..=1.0, "strong error")
        .legend(Corner::TopLeft);
    for (name, colour) in SCHEMES.into_iter().zip(COLOURS) {
        plate.line(h, data.get(&format!("{name}: strong, exact"))?, colour.thin());
        plate.points(h, data.get(&format!("{name}: strong"))?, colour).keyed(name);
    }
    Ok(vec![plate])
}

fn draw_weak(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut plate = Plate::new()
        .log_x(0.9 * h[0]..=1.1 * h[h.len() - 1], "step $h$")
        .log_y(1e-4..=0.5, "weak error")
        .legend(Corner::TopLeft);
    for (name, colour) in SCHEMES.into_iter().zip(COLOURS) {
        plate.line(h, data.get(&format!("{name}: weak, exact"))?, colour.thin());
        let (weak, error) = (data.get(&format!("{name}: weak"))?, data.get(&format!("{name}: two s.e."))?);
        plate.estimates(h, weak, error, colour).keyed(name);
    }
    Ok(vec![plate])
}

const SIGMAS: [(&str, f64); 4] = [("0.05", 0.05), ("0.1", 0.1), ("0.3", 0.3), ("1", 1.0)];

fn slopes(_: &Settings) -> Result<Data> {
    let steps: Vec<u32> = (1..=46).map(|k| 2f64.powf(0.5 * f64::from(k)).round() as u32).collect();
    let mut data = Data::new();
    for (name, sigma) in SIGMAS {
        let gbm = GeometricBrownian::new(1.0 - 0.5 * sigma * sigma, sigma)?;
        let error = |n: u32| gbm.euler_factor(1.0 / f64::from(n)).strong_error(n);
        let slope = |n: &[u32]| (error(n[0]) / error(n[1])).ln() / (f64::from(n[1]) / f64::from(n[0])).ln();
        let distinct: Vec<u32> = steps.windows(2).filter(|n| n[0] < n[1]).map(|n| n[0]).collect();
        let h = distinct.windows(2).map(|n| 1.0 / (f64::from(n[0]) * f64::from(n[1])).sqrt());
        if data.names().count() == 0 {
            data = data.column("h", h.collect::<Vec<_>>());
        }
        data = data.column(name, distinct.windows(2).map(slope).collect::<Vec<_>>());
    }
    Ok(data)
}

fn draw_slopes(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut plate = Plate::new()
        .log_x(h[h.len() - 1]..=1.0, "step $h$")
        .y(0.2..=1.1, "local slope")
        .legend(Corner::TopLeft);
    plate.horizontal(0.5, GREY.dashed().thin());
    // Where a study of convergence usually looks.
    plate.polyline([(1.0 / 64.0, 0.27), (0.25, 0.27)], GREY.weight(3.0));
    plate.label((1.0 / 16.0, 0.27), "usual steps", Side::Above, GREY);
    for ((name, _), colour) in SIGMAS.into_iter().zip([BLUE, GREEN, PURPLE, ORANGE]) {
        plate.line(h, data.get(name)?, colour).keyed(&format!(r"$\sigma = {name}$"));
    }
    Ok(vec![plate])
}
