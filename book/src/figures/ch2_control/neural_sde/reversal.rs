//! Paths run backwards under their own noise.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{
    EulerMaruyama, GeometricBrownian, Grid, Heun, Increments, Ito, Reading, solve, solve_end,
};
use sdml::ch2_control::neural_sde::{
    Driver, OneNeuron, Reversed, SmoothPath, TwoNoises, WithParameters, reversed,
};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use super::{NEURON, PLANE};
use crate::figures::{BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "sde-retraced",
    section: "ch2_control/neural_sde/reversal",
    number: None,
    title: "Forward and back under the same noise",
    caption: r"First panel: $\dd X = \sigma X \dd B$ forward (lines) and back (dashed, drawn at the time of the forward path), read by Stratonovich and solved by Heun, and read by Itô and solved by Euler–Maruyama. Second: how far the way back misses the start, against the step $h$: Heun on a smooth path, Heun on Brownian paths with two noises that do not commute (rms), and, for comparison, the strong error of the same solutions. Thin lines have the slopes 3, 1 and ½.",
    alt: "First panel: the Stratonovich path and its retraced copy coincide, the Itô copy leaves its path and ends at about half of the start. Second: three straight lines of slopes three, one and one half.",
    seed: 7,
    parameters: &[
        Parameter { name: "sigma", default: 0.8, meaning: "strength of the noise of the first panel" },
        Parameter { name: "paths", default: 100.0, meaning: "Brownian paths of the second panel" },
    ],
    data,
    draw,
}];

const LEVELS: [usize; 5] = [128, 64, 32, 16, 8];
const FINE: usize = 8192;

fn data(settings: &Settings) -> Result<Data> {
    let gbm = GeometricBrownian::new(0.0, settings.get("sigma"))?;
    let grid = Grid::new(0.0, 1.0, 512)?;
    let noise = Increments::<1>::sample(grid, &mut Streams::new(settings.seed, "retraced").stream(0));
    let back = reversed(&noise)?;
    let there = solve(Heun, &gbm, [1.0], &noise)?;
    let mut again = solve(Heun, &Reversed::new(gbm, 1.0)?, there[512], &back)?;
    let ito = solve(EulerMaruyama, &Reading(Ito, gbm), [1.0], &noise)?;
    let mut missed = solve(EulerMaruyama, &Reading(Ito, Reversed::new(gbm, 1.0)?), ito[512], &back)?;
    again.reverse();
    missed.reverse();
    let flat = |path: Vec<[f64; 1]>| path.into_iter().map(|[x]| x).collect::<Vec<_>>();
    let mut data = Data::new()
        .column("t", (0..=512).map(|n| grid.time(n)).collect::<Vec<_>>())
        .column("Stratonovich", flat(there))
        .column("Stratonovich back", flat(again))
        .column("Ito", flat(ito))
        .column("Ito back", flat(missed));
    let line = WithParameters::new(&OneNeuron, NEURON)?;
    let mut path =
        SmoothPath::<1>::sample(1.0, 6, &mut Streams::new(settings.seed, "smooth miss").stream(0))?;
    let steps = LEVELS.map(|factor| FINE / factor);
    let miss = |steps: usize| -> Result<f64> {
        let noise = path.increments(&Grid::new(0.0, 1.0, steps)?)?;
        let end = solve_end(Heun, &line, [0.3], &noise)?;
        let [start] = solve_end(Heun, &Reversed::new(line, 1.0)?, end, &reversed(&noise)?)?;
        Ok((start - 0.3).abs())
    };
    let smooth = steps.map(miss).into_iter().collect::<Result<Vec<_>>>()?;
    let plane = WithParameters::new(&TwoNoises, PLANE)?;
    let back = Reversed::new(plane, 1.0)?;
    let fine = Grid::new(0.0, 1.0, FINE)?;
    let streams = Streams::new(settings.seed, "rough miss");
    let rest = Increments::<2>::sample(fine, &mut streams.stream(0));
    let squares = ensemble(
        &streams,
        settings.count("paths") as u64,
        || rest.clone(),
        |noise, stream| {
            noise.resample(stream);
            let exact = solve_end(Heun, &plane, [0.3, -0.2], noise)?;
            let mut squares = [0.0; 2 * LEVELS.len()];
            for (pair, factor) in squares.chunks_exact_mut(2).zip(LEVELS) {
                let noise = noise.coarsen(factor)?;
                let end = solve_end(Heun, &plane, [0.3, -0.2], &noise)?;
                let start = solve_end(Heun, &back, end, &reversed(&noise)?)?;
                pair[0] = (start[0] - 0.3).powi(2) + (start[1] + 0.2).powi(2);
                pair[1] = (end[0] - exact[0]).powi(2) + (end[1] - exact[1]).powi(2);
            }
            Ok(squares)
        },
    )?;
    let rms = |of: usize| -> Result<Vec<f64>> {
        squares.iter().skip(of).step_by(2).map(|m| Ok(m.mean()?.mean.sqrt())).collect()
    };
    data = data
        .column("h", steps.map(|steps| 1.0 / steps as f64))
        .column("smooth miss", smooth)
        .column("rough miss", rms(0)?)
        .column("strong error", rms(1)?);
    Ok(data)
}

fn draw(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let columns = ["Stratonovich", "Stratonovich back", "Ito", "Ito back"].map(|name| data.get(name));
    let [there, again, ito, missed] = columns;
    let (there, again, ito, missed) = (there?, again?, ito?, missed?);
    let all = || [there, again, ito, missed].into_iter().flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let mut paths = Plate::new().x(0.0..=1.0, "time $t$").y(0.9 * low..=1.08 * high, "$X(t)$");
    paths.line(t, there, BLUE.weight(2.4).opacity(0.45)).keyed("Stratonovich");
    paths.line(t, again, BLUE.dashed()).keyed("back");
    paths.line(t, ito, ORANGE.weight(2.4).opacity(0.45)).keyed("Itô");
    paths.line(t, missed, ORANGE.dashed()).keyed("back");
    paths.points(&[0.0], &[1.0], INK);
    let h = data.get("h")?;
    let (first, last) = (h[0], h[h.len() - 1]);
    let (h_low, h_high) = (first.min(last), first.max(last));
    let mut misses = Plate::new()
        .log_x(0.8 * h_low..=1.25 * h_high, "step $h$")
        .log_y(1e-13..=1.0, "distance from the start")
        .legend(Corner::BottomRight);
    for (name, order, colour, words) in [
        ("strong error", 0.5, GREY, "error of the end"),
        ("rough miss", 1.0, ORANGE, "miss, Brownian"),
        ("smooth miss", 3.0, GREEN, "miss, smooth"),
    ] {
        let values = data.get(name)?;
        let at = if h[0] < last { 0 } else { h.len() - 1 };
        misses.power(order, (h[at], values[at]), h_high, colour.thin());
        misses.points(h, values, colour).keyed(words);
    }
    Ok(vec![paths.title("there and back"), misses.title("how far back misses")])
}
