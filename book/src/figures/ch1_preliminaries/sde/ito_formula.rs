//! Theorem 1.12: what the chain rules leave along a path.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{
    Additive, Calculus, Equation, EulerMaruyama, Grid, Increments, Ito, Number, Observable, Stratonovich,
    ito_terms, solve, stratonovich_terms,
};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use crate::figures::{BLUE, Corner, Data, Figure, GREEN, ORANGE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "ito-residual",
    section: "ch1_preliminaries/sde/ito_formula",
    number: None,
    title: "What the chain rules leave of the cube of a Brownian motion",
    caption: r"Root mean square on $[0, 1]$ of what three rules for $B^3$ leave unexplained, against the number of steps: simulation (dots) on the exact curves (lines).",
    alt: "On logarithmic axes: without the second-order term the residual stays level near the square root of three; Itô's formula falls with slope minus one half; Stratonovich's rule falls with slope minus one. Dots lie on all three curves.",
    seed: 0,
    parameters: &[
        Parameter { name: "levels", default: 7.0, meaning: "doublings of the number of steps, from 4" },
        Parameter { name: "paths", default: 1500.0, meaning: "number of paths" },
    ],
    data: residuals,
    draw: draw_residuals,
}];

/// X = B, in either reading.
struct Brownian<C>(C);

impl<C: Calculus> Equation<1, 1> for Brownian<C> {
    type Calculus = C;
    type Noise = Additive;
    fn drift(&self, _x: &[f64; 1], _t: f64) -> [f64; 1] {
        [0.0]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(1.0)]]
    }
}

struct Cube;

impl Observable<1> for Cube {
    fn value<S: Number>(&self, x: &[S; 1], _t: S) -> S {
        x[0].powi(3)
    }
}

fn residuals(settings: &Settings) -> Result<Data> {
    let rules = ["Ito", "Stratonovich", "without"];
    let (mut steps, mut measured, mut exact) =
        (Vec::new(), [const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for level in 0..settings.count("levels") {
        let grid = Grid::new(0.0, 1.0, 4 << level)?;
        let streams = Streams::new(settings.seed, "residual");
        let rest = Increments::<1>::sample(grid, &mut streams.stream(0));
        let squares = ensemble(
            &streams,
            settings.count("paths") as u64,
            || rest.clone(),
            |noise, stream| {
                noise.resample(stream);
                let path = solve(EulerMaruyama, &Brownian(Ito), [0.0], noise)?;
                let ito = ito_terms(&Brownian(Ito), &Cube, &path, noise)?;
                let stratonovich = stratonovich_terms(&Brownian(Stratonovich), &Cube, &path, noise)?;
                let residuals = [ito.residual(), stratonovich.residual(), ito.residual() + ito.second_order];
                Ok(residuals.map(|residual| residual * residual))
            },
        )?;
        let (n, h) = (grid.steps() as f64, grid.h());
        let ito = 9.0 * h.powi(3) * n * (n - 1.0) + 15.0 * n * h.powi(3);
        let lost = 9.0 * h.powi(3) * n * (n - 1.0) + 1.5 * h.powi(3) * n * (n - 1.0) * (2.0 * n - 1.0);
        steps.push(n);
        for (exact, value) in exact.iter_mut().zip([ito, 15.0 * n * h.powi(3) / 4.0, ito + lost]) {
            exact.push(value.sqrt());
        }
        for (measured, moments) in measured.iter_mut().zip(squares) {
            measured.push(moments.mean()?.mean.sqrt());
        }
    }
    let mut data = Data::new().column("N", steps);
    for ((rule, measured), exact) in rules.iter().zip(measured).zip(exact) {
        data = data.column(*rule, measured).column(format!("{rule}_exact"), exact);
    }
    Ok(data)
}

fn draw_residuals(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let n = data.get("N")?;
    let mut plate = Plate::new()
        .log_x(n[0]..=n[n.len() - 1], "steps $N$")
        .log_y(5e-3..=6.0, "root mean square")
        .legend(Corner::BottomLeft);
    let rules = [
        ("without", "without second order", ORANGE),
        ("Ito", "Itô", BLUE),
        ("Stratonovich", "Stratonovich", GREEN),
    ];
    for (rule, name, colour) in rules {
        plate.line(n, data.get(&format!("{rule}_exact"))?, colour.thin());
        plate.points(n, data.get(rule)?, colour).keyed(name);
    }
    Ok(vec![plate])
}
