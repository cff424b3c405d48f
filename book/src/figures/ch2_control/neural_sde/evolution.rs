//! The linearized equation: where the exponential formula holds.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{Grid, Heun, Increments, solve};
use sdml::ch2_control::neural_sde::{
    Driver, Linearized, OneNeuron, Rule, SmoothPath, TwoNoises, WithParameters,
};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use super::PLANE;
use crate::figures::{BLUE, Corner, Data, Figure, ORANGE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "sde-exponential",
    section: "ch2_control/neural_sde/evolution",
    number: None,
    title: "Where the exponential formula holds",
    caption: r"First panel: one dimension, Brownian paths. Root-mean-square distance of $e^{\sum}$ from $U(1, 0)$, with trapezoidal and with left-point sums in the exponent. Second: two dimensions, a smooth path. Largest error of an entry of $U(1, 0)$, by the time-ordered product and by the exponential of the integral. Thin lines have the slopes 1 (first panel) and 2 (second).",
    alt: "First panel: the trapezoidal sums converge with slope one, the left-point sums stay at a distance of about four tenths. Second: the ordered product converges with slope two, the exponential of the integral stays at a tenth.",
    seed: 16,
    parameters: &[Parameter { name: "paths", default: 100.0, meaning: "Brownian paths of the first panel" }],
    data,
    draw,
}];

const LEVELS: [usize; 6] = [64, 32, 16, 8, 4, 2];
const FINE: usize = 2048;

fn data(settings: &Settings) -> Result<Data> {
    // Noise so strong that σ″σ is not small.
    let line = WithParameters::new(&OneNeuron, [0.5, 1.0, 0.4, 2.5])?;
    let fine = Grid::new(0.0, 1.0, FINE)?;
    let streams = Streams::new(settings.seed, "exponential");
    let rest = Increments::<1>::sample(fine, &mut streams.stream(0));
    let end =
        |linearized: &Linearized<'_, OneNeuron, 1, 1, 4>, steps: usize| linearized.forward()[steps][(0, 0)];
    let squares = ensemble(
        &streams,
        settings.count("paths") as u64,
        || rest.clone(),
        |noise, stream| {
            noise.resample(stream);
            let states = solve(Heun, &line, [-0.3], noise)?;
            let exact = end(&Linearized::new(&line, &states, noise)?, FINE);
            let mut squares = [0.0; 2 * LEVELS.len()];
            for (pair, factor) in squares.chunks_exact_mut(2).zip(LEVELS) {
                let noise = noise.coarsen(factor)?;
                let states = solve(Heun, &line, [-0.3], &noise)?;
                let linearized = Linearized::new(&line, &states, &noise)?;
                for (square, rule) in pair.iter_mut().zip([Rule::Trapezoid, Rule::Left]) {
                    *square = (linearized.exponential(rule)?[(0, 0)] - exact).powi(2);
                }
            }
            Ok(squares)
        },
    )?;
    let rms = |of: usize| -> Result<Vec<f64>> {
        squares.iter().skip(of).step_by(2).map(|m| Ok(m.mean()?.mean.sqrt())).collect()
    };
    let plane = WithParameters::new(&TwoNoises, PLANE)?;
    let mut path = SmoothPath::<2>::sample(1.0, 6, &mut Streams::new(settings.seed, "smooth").stream(0))?;
    let mut solved = |steps: usize| -> Result<[sdml::ch1_preliminaries::evolution::DMatrix<f64>; 2]> {
        let noise = path.increments(&Grid::new(0.0, 1.0, steps)?)?;
        let states = solve(Heun, &plane, [0.3, -0.2], &noise)?;
        let linearized = Linearized::new(&plane, &states, &noise)?;
        Ok([linearized.forward().swap_remove(steps), linearized.exponential(Rule::Trapezoid)?])
    };
    let [exact, _] = solved(1 << 15)?;
    let mut errors = [Vec::new(), Vec::new()];
    for factor in LEVELS {
        for (errors, u) in errors.iter_mut().zip(solved(FINE / factor)?) {
            errors.push((u - &exact).amax());
        }
    }
    let [ordered, unordered] = errors;
    Ok(Data::new()
        .column("h", LEVELS.map(|factor| factor as f64 / FINE as f64))
        .column("trapezoid", rms(0)?)
        .column("left", rms(1)?)
        .column("ordered", ordered)
        .column("unordered", unordered))
}

fn draw(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let (low, high) = (h[h.len() - 1], h[0]);
    let plate = |range, title: &str| {
        Plate::new()
            .log_x(0.8 * low..=1.25 * high, "step $h$")
            .log_y(range, "error of $U(1, 0)$")
            .legend(Corner::BottomRight)
            .title(title)
    };
    let mut line = plate(1e-4..=2.0, "one dimension, Brownian paths");
    let trapezoid = data.get("trapezoid")?;
    line.power(1.0, (low, trapezoid[h.len() - 1]), high, BLUE.thin());
    line.points(h, data.get("left")?, ORANGE).keyed("left points");
    line.points(h, trapezoid, BLUE).keyed("trapezoidal");
    let mut plane = plate(1e-7..=2.0, "two dimensions, smooth path");
    let ordered = data.get("ordered")?;
    plane.power(2.0, (low, ordered[h.len() - 1]), high, BLUE.thin());
    plane.points(h, data.get("unordered")?, ORANGE).keyed("exponential");
    plane.points(h, ordered, BLUE).keyed("time-ordered");
    Ok(vec![line, plane])
}
