//! Theorem 1.11: the same noise, two readings of one equation.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{
    Circle, EulerMaruyama, Grid, Heun, Increments, Ito, ItoForm, Reading, solve,
};
use sdml::random::Streams;

use crate::figures::{BLUE, Data, Figure, GREY, INK, ORANGE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "circle-readings",
    section: "ch1_preliminaries/sde/conversion",
    number: None,
    title: "The same noise, two readings of one equation",
    caption: r"$\dd X = X^\perp \circ \dd B$ from $(1, 0)$ to time 2. First panel: one path of Heun's scheme, which stays on the circle, and of Euler–Maruyama on the same coefficients and increments, which leaves it. Second: $\abs{X}^2$ of several such paths of Euler–Maruyama without $\theta$ (orange) and with it (blue), and the exact means (dashed).",
    alt: "First panel: a blue path covers an arc of the unit circle while an orange one with the same angles spirals outwards. Second: the squared radius of the unconverted paths climbs along an exponential curve; that of the converted paths stays near one.",
    seed: 3,
    parameters: &[
        Parameter { name: "steps", default: 400.0, meaning: "steps of each path" },
        Parameter { name: "paths", default: 6.0, meaning: "paths in the second panel" },
    ],
    data: readings,
    draw: draw_readings,
}];

const HORIZON: f64 = 2.0;
const START: [f64; 2] = [1.0, 0.0];

fn readings(settings: &Settings) -> Result<Data> {
    let grid = Grid::new(0.0, HORIZON, settings.count("steps"))?;
    let streams = Streams::new(settings.seed, "circle");
    let square = |path: &[[f64; 2]]| path.iter().map(|[x, y]| x * x + y * y).collect::<Vec<_>>();
    let (mut converted, mut unconverted) = (Vec::new(), Vec::new());
    for path in 0..settings.count("paths") {
        let noise = Increments::sample(grid, &mut streams.stream(path as u64));
        converted.push(square(&solve(EulerMaruyama, &ItoForm(Circle), START, &noise)?));
        unconverted.push(square(&solve(EulerMaruyama, &Reading(Ito, Circle), START, &noise)?));
    }
    let noise = Increments::sample(grid, &mut streams.stream(0));
    let heun = solve(Heun, &Circle, START, &noise)?;
    let euler = solve(EulerMaruyama, &Reading(Ito, Circle), START, &noise)?;
    let steps: Vec<u32> = (0..=grid.steps() as u32).collect();
    let column = |path: &[[f64; 2]], i: usize| path.iter().map(|x| x[i]).collect::<Vec<_>>();
    let mean = |growth: fn(&Circle, f64, u32) -> f64| -> Vec<f64> {
        steps.iter().map(|&n| growth(&Circle, grid.h(), n)).collect()
    };
    Ok(Data::new()
        .column("t", steps.iter().map(|&n| grid.time(n as usize)).collect::<Vec<_>>())
        .column("heun_x", column(&heun, 0))
        .column("heun_y", column(&heun, 1))
        .column("euler_x", column(&euler, 0))
        .column("euler_y", column(&euler, 1))
        .column("mean_converted", mean(Circle::euler_growth))
        .column("mean_unconverted", mean(Circle::unconverted_growth))
        .columns("converted", converted)
        .columns("unconverted", unconverted))
}

fn draw_readings(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, y) = (data.get("euler_x")?, data.get("euler_y")?);
    let reach = 1.1 * x.iter().chain(y).fold(1.0, |reach: f64, x| reach.max(x.abs()));
    let mut plane =
        Plate::new().x(-reach..=reach, "$X_1$").y(-reach..=reach, "$X_2$").equal().without_rules();
    let turn = |k: i32| f64::from(k) * std::f64::consts::TAU / 120.0;
    plane.polyline((0..=120).map(|k| (turn(k).cos(), turn(k).sin())), GREY.thin());
    plane.line(x, y, ORANGE).keyed("read by Itô");
    plane.line(data.get("heun_x")?, data.get("heun_y")?, BLUE).keyed("read by Stratonovich");
    plane.disc((START[0], START[1]), 3.0, INK);

    let t = data.get("t")?;
    let mut radius = Plate::new().x(0.0..=HORIZON, "time $t$").y(0.0..=9.0, r"$\abs{X}^2$");
    for path in data.family("unconverted") {
        radius.line(t, path, ORANGE.thin().opacity(0.5));
    }
    for path in data.family("converted") {
        radius.line(t, path, BLUE.thin().opacity(0.5));
    }
    radius.line(t, data.get("mean_unconverted")?, INK.dashed()).named("$(1 + h)^n$");
    radius.line(t, data.get("mean_converted")?, INK.dashed());
    Ok(vec![plane.title("one path"), radius.title("squared radius")])
}
