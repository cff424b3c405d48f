//! Relaxation: entropy against the gap, stirring, cooling.

use anyhow::Result;
use nalgebra::{DMatrix, DVector};
use sdml::ch1_preliminaries::fokker_planck::{
    Density, FokkerPlanck, Grid,
    double_well::{force, potential},
};
use sdml::ch4_langevin::relaxation::{
    LinearDiffusion, Stage, anneal, cooling, decay_rate, relative_entropy, rotating,
};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch4_langevin/relaxation";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "entropy-decay",
        section: SECTION,
        number: None,
        title: "Relative entropy and the spectral gap",
        caption: r"Relative entropy of the density of the double well to its equilibrium, started from a narrow normal law in the right well. First panel: against time, for three inverse temperatures $\beta$; dashed, lines of slope $-2\lambda_1$, with the gap $\lambda_1$ taken from the spectrum. Second: the same against $\lambda_1 t$.",
        alt: "First panel: three curves on a logarithmic scale soon follow dashed straight lines, the flatter the colder. Second: with time in units of the gap the three straight parts are parallel.",
        seed: 0,
        parameters: &[],
        data: entropy,
        draw: draw_entropy,
    },
    Figure {
        id: "stirring",
        section: SECTION,
        number: None,
        title: "Stirring speeds up relaxation",
        caption: r"First panel: entropy of the exact law in the harmonic well with stiffnesses 1 and 9, for three strengths $\omega$ of the stirring; all three have the same equilibrium. Second: the rate of decay over that without stirring, against $\omega$. Line: the harmonic well, from the spectrum of $(I - J) K$. Dots: the double well $(x^2 - 1)^2 + y^2/2$ at $\beta = 2$, from the Fokker–Planck equation in the plane.",
        alt: "First panel: three falling curves on a logarithmic scale; the stirred ones are several times steeper and wavy. Second: the curve of the harmonic well rises to five and stays there; the dots of the double well rise more slowly, almost along a straight line, to four.",
        seed: 0,
        parameters: &[Parameter {
            name: "cells",
            default: 100.0,
            meaning: "cells along each side of the plane",
        }],
        data: stirring,
        draw: draw_stirring,
    },
    Figure {
        id: "cooling",
        section: SECTION,
        number: None,
        title: "Cooling instead of waiting",
        caption: r"Probability of the deeper well of $(x^2 - 1)^2 + 0.3 x$ at the time $T$, started in the shallow one. Blue: at $\beta = 8$ throughout. Orange: $\beta$ raised from 1 to 8 in 16 stages. Dashed: equilibrium at $\beta = 8$.",
        alt: "Against a logarithmic time axis the orange curve passes 0.7 near time 15 and creeps on; the blue curve stays below 0.2 until time 80 and overtakes it only beyond time 1000.",
        seed: 0,
        parameters: &[],
        data: cooled,
        draw: draw_cooled,
    },
];

const BETAS: [f64; 3] = [1.0, 2.0, 3.0];

fn entropy(_: &Settings) -> Result<Data> {
    let grid = Grid::new([-2.6], [2.6], [208])?;
    let start = Density::proportional_to(grid, |[x]| (-50.0 * (x - 1.0).powi(2)).exp())?;
    let step = 0.1;
    let t: Vec<f64> = (1..=240).map(|k| step * f64::from(k)).collect();
    let mut data = Data::new().column("t", t.clone());
    for beta in BETAS {
        let equation = FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta)?;
        let (pi, gap) = (equation.equilibrium()?, equation.rates(2)?[1]);
        let mut p = start.clone();
        let mut h = Vec::with_capacity(t.len());
        for _ in &t {
            p = equation.evolve(&p, step)?;
            h.push(relative_entropy(&p, &pi)?);
        }
        data = data.column(format!("H{beta}"), h).column(format!("gap{beta}"), vec![gap]);
    }
    Ok(data)
}

fn draw_entropy(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let range = 1e-8..=3.0;
    let mut plain =
        Plate::new().x(0.0..=24.0, "time $t$").log_y(range.clone(), "entropy").legend(Corner::BottomRight);
    let mut scaled = Plate::new().x(0.0..=8.0, r"$\lambda_1 t$").log_y(range, "entropy");
    for (beta, colour) in BETAS.into_iter().zip([BLUE, ORANGE, GREEN]) {
        let (h, gap) = (data.get(&format!("H{beta}"))?, data.number(&format!("gap{beta}"))?);
        plain.line(t, h, colour).keyed(&format!(r"$\beta = {beta}$"));
        // The line of slope −2λ₁ through the curve where it has become straight.
        let k = t.iter().position(|t| gap * t > 2.0).unwrap_or(t.len() - 1);
        let line: Vec<f64> = t.iter().map(|s| h[k] * (-2.0 * gap * (s - t[k])).exp()).collect();
        plain.line(t, &line, INK.dashed().thin());
        let time: Vec<f64> = t.iter().map(|t| gap * t).collect();
        scaled.line(&time, h, colour);
    }
    let t: Vec<f64> = (0..=80).map(|k| 0.1 * f64::from(k)).collect();
    let line: Vec<f64> = t.iter().map(|t| 0.5 * (-2.0 * t).exp()).collect();
    scaled.line(&t, &line, INK.dashed().thin()).named_at(
        3.2,
        Side::AboveRight,
        r"$\tfrac12 e^{-2 \lambda_1 t}$",
    );
    Ok(vec![plain.title("in time"), scaled.title("in units of the gap")])
}

const STIRRED: [f64; 3] = [0.0, 4.0 / 3.0, 4.0];

fn harmonic(omega: f64) -> Result<LinearDiffusion> {
    let k = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 9.0]);
    let s = DMatrix::from_row_slice(2, 2, &[0.0, omega, -omega, 0.0]);
    Ok(LinearDiffusion::non_reversible(&k, &s, 1.0)?)
}

fn stirring(settings: &Settings) -> Result<Data> {
    let t: Vec<f64> = (1..=150).map(|k| 0.02 * f64::from(k)).collect();
    let mut data = Data::new();
    for (k, omega) in STIRRED.into_iter().enumerate() {
        let well = harmonic(omega)?;
        let (mean, covariance) = (DVector::from_vec(vec![2.0, 0.0]), DMatrix::identity(2, 2) * 0.05);
        let h: Result<Vec<f64>> = t
            .iter()
            .map(|&t| Ok(well.relative_entropy(&well.mean(t, &mean)?, &well.covariance(t, &covariance)?)?))
            .collect();
        data = data.column(format!("H{k}"), h?);
    }
    let omega: Vec<f64> = (0..=120).map(|k| 0.05 * f64::from(k)).collect();
    let gaps = omega.iter().map(|&omega| Ok(harmonic(omega)?.gap())).collect::<Result<Vec<_>>>()?;
    let cells = settings.count("cells");
    let grid = Grid::new([-2.2, -4.0], [2.2, 4.0], [cells, cells])?;
    let side = |m: f64| Density::proportional_to(grid, move |[x, y]| (-4.0 * (x - m).powi(2) - y * y).exp());
    let (right, left) = (side(1.0)?, side(-1.0)?);
    let few: Vec<f64> = (0..=6).map(f64::from).collect();
    let rate = |omega: &f64| -> Result<f64> {
        let equation = rotating(grid, |[x, y]| [-force(x), y], *omega, 2.0)?;
        Ok(decay_rate(&equation, [&right, &left], 2.0, 1.0)?)
    };
    let rates = few.iter().map(rate).collect::<Result<Vec<_>>>()?;
    let relative: Vec<f64> = rates.iter().map(|rate| rate / rates[0]).collect();
    Ok(data
        .column("t", t)
        .column("omega", omega)
        .column("gap", gaps)
        .column("few", few)
        .column("relative", relative))
}

fn draw_stirring(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut entropy =
        Plate::new().x(0.0..=3.0, "time $t$").log_y(1e-7..=5.0, "entropy").legend(Corner::BottomLeft);
    for (k, (name, colour)) in
        [(r"$\omega = 0$", BLUE), (r"$\omega = 4/3$", ORANGE), (r"$\omega = 4$", GREEN)]
            .into_iter()
            .enumerate()
    {
        entropy.line(t, data.get(&format!("H{k}"))?, colour).keyed(name);
    }
    let mut rate =
        Plate::new().x(0.0..=6.0, r"stirring $\omega$").y(0.0..=5.5, "rate over that of $\\omega = 0$");
    rate.horizontal(1.0, GREY.thin());
    rate.line(data.get("omega")?, data.get("gap")?, PURPLE).named_at(3.0, Side::Below, "harmonic well");
    rate.points(data.get("few")?, data.get("relative")?, ORANGE);
    rate.label((4.0, data.get("relative")?[4]), "double well", Side::BelowRight, ORANGE);
    Ok(vec![entropy.title("harmonic well"), rate.title("rate of decay")])
}

fn tilted(x: f64) -> f64 {
    potential(x) + 0.3 * x
}

fn cooled(_: &Settings) -> Result<Data> {
    let grid = Grid::new([-2.2], [2.2], [220])?;
    let start = Density::proportional_to(grid, |[x]| (-200.0 * (x - 1.0).powi(2)).exp())?;
    let left = |p: &Density<1>| p.expectation(|[x]| f64::from(u8::from(x < 0.0)));
    let times: Vec<f64> = (0..=24).map(|k| 10f64.powf(f64::from(k) / 6.0)).collect();
    let cold = |&t: &f64| -> Result<f64> {
        Ok(left(&anneal(grid, tilted, &[Stage { beta: 8.0, duration: t }], 1600, &start)?))
    };
    let annealed = |&t: &f64| -> Result<f64> {
        Ok(left(&anneal(grid, tilted, &cooling(1.0, 8.0, 16, t)?, 100, &start)?))
    };
    let equilibrium = left(&FokkerPlanck::gradient(grid, |[x]| tilted(x), 1.0 / 8.0)?.equilibrium()?);
    Ok(Data::new()
        .column("cold", times.iter().map(cold).collect::<Result<Vec<_>>>()?)
        .column("annealed", times.iter().map(annealed).collect::<Result<Vec<_>>>()?)
        .column("T", times)
        .column("equilibrium", vec![equilibrium]))
}

fn draw_cooled(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("T")?;
    let mut plate = Plate::new().log_x(1.0..=1e4, "time $T$").y(0.0..=1.05, "probability of the deeper well");
    plate.horizontal(data.number("equilibrium")?, INK.dashed().thin());
    plate.line(t, data.get("cold")?, BLUE).named_at(300.0, Side::BelowRight, r"$\beta = 8$");
    plate.line(t, data.get("annealed")?, ORANGE).named_at(4.0, Side::AboveLeft, "cooled");
    Ok(vec![plate])
}
