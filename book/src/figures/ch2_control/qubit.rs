//! Example 2.5: controls, populations, the sphere, what is possible in which time, and where training ends.

use anyhow::Result;
use rayon::prelude::*;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::qubit::{Grape, Pulse, Qubit, Recipe, bloch, fidelity};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Colour, Corner, Data, Figure, GOLD, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Pen, Plate,
    Settings, Side, on_all_cores, unit,
};

const SECTION: &str = "ch2_control/qubit";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "qubit-sphere",
        section: SECTION,
        number: None,
        title: "The way over the Bloch sphere",
        caption: r"First panel: the fastest transfer, $u = 2$ (blue) and then $u = -2$ (orange), with the two axes of rotation; the switch (dot) lies on the equator. Second: the way of a control that a network learned for $T = 5$, or of its mirror image $-u$, whichever the eye sees better. What lies behind the sphere is drawn faintly.",
        alt: "Two spheres with meridians. First: two circular arcs lead from the north pole to a point of the equator and on to the south pole. Second: a curve winds from pole to pole over the near side.",
        seed: 0,
        parameters: &[],
        data: sphere,
        draw: draw_sphere,
    },
    Figure {
        id: "qubit-best-fidelity",
        section: SECTION,
        number: None,
        title: "The best fidelity against the time",
        caption: r"First panel: the largest $F$ that any control with $\abs{u} \le u_{\max}$ reaches in the time $T$, for five bounds: extremals of Pontryagin's principle (lines), GRAPE (dots), and the pair of numbers that the notes print (crosses). Second: $1 - F$ near the shortest time for $u_{\max} = 2$: the closed form (line), the best of many starts of GRAPE (dots), the best constant control (dashed); dotted, $T^*$.",
        alt: "First panel: five curves rise from zero to one, the stronger the control the sooner. The two crosses lie on the curve of the bound 0.29. Second: on a logarithmic axis the dots follow a line that plunges at T = 1.524; beyond it the dots lie far below, while the dashed line stays near one tenth to one.",
        seed: 0,
        parameters: &[Parameter {
            name: "starts",
            default: 24.0,
            meaning: "random starts of GRAPE at each time",
        }],
        data: best_fidelity,
        draw: draw_best_fidelity,
    },
    Figure {
        id: "qubit-extremals",
        section: SECTION,
        number: None,
        title: "Extremals in the plane of time and fidelity",
        caption: r"Controls $\pm u_{\max}$ that satisfy Pontryagin's principle, as points $(T, F)$, for $u_{\max} = 2$: those with one, two and three switches at a height $m_z > 0$. Controls with pieces $u = 0$ are not drawn. No curve rises above the thick line, the largest $F$. Gray: the constant control, an extremal too except in short intervals of $T > \pi/R$ with $\abs{\cos(RT/2)} < c^2/s^2$.",
        alt: "Short curves for one, two and three switches lie on or below a thick line that rises to one at T = 1.524; only curves with one switch lie on it before. A gray curve, the constant control, oscillates.",
        seed: 0,
        parameters: &[Parameter {
            name: "bound",
            default: 2.0,
            meaning: "bound of the control, at least 1/2",
        }],
        data: extremals,
        draw: draw_extremals,
    },
    Figure {
        id: "qubit-controls",
        section: SECTION,
        number: None,
        title: "Controls near the shortest time",
        caption: r"First panel: the time-optimal control (gray) and sixty pieces found by GRAPE for $T = 1.53$. Second: what a network makes of $T = 1.6$ and of $T = 1.50$, beside the optimum for $T = 1.50$ (gray).",
        alt: "First panel: a staircase follows a rectangular control that jumps between two and minus two once. Second: two smooth curves make the same jump with rounded shoulders.",
        seed: 0,
        parameters: &[],
        data: controls,
        draw: draw_controls,
    },
    Figure {
        id: "qubit-trained",
        section: SECTION,
        number: Some("2.1"),
        title: "Trained controls for two final times",
        caption: r"A network trained for $T = 5$ and for $T = 8$. First the control for each, with its bounds dashed; then the populations $\abs{z_1}^2$ and $\abs{z_2}^2$ of the two levels. Both end at $F = 1$.",
        alt: "First, two smooth controls within the bounds. Then the population of the first level falls from one to zero and that of the second rises from zero to one, in both cases.",
        seed: 0,
        parameters: &[Parameter { name: "iterations", default: 2000.0, meaning: "steps of Adam" }],
        data: trained,
        draw: draw_trained,
    },
    Figure {
        id: "qubit-seeds",
        section: SECTION,
        number: None,
        title: "Where fifty runs end",
        caption: r"$1 - F$ after 500 steps of Adam from fifty seeds, at two learning rates; all below $10^{-9}$ are counted in the leftmost bar. The dotted line is $1 - F$ of the constant control $u = \pm 2$.",
        alt: "Four histograms. At the low rate nearly all runs end far to the left. At the high rate a tall bar stands at the dotted line at the right end.",
        seed: 0,
        parameters: &[Parameter { name: "runs", default: 50.0, meaning: "seeds" }],
        data: seeds,
        draw: draw_seeds,
    },
    Figure {
        id: "qubit-msa",
        section: SECTION,
        number: None,
        title: "Successive approximations with and without penalty",
        caption: r"$1 - F$ against the number of sweeps at $T = 5$, from one random control, with four penalties $\rho$. At $\rho = 4T = 20$ the descent is guaranteed.",
        alt: "Without penalty the loss jumps and stays near 0.44. With a small penalty it jumps about for ever. With the penalties five and twenty it falls along straight lines on the logarithmic axis.",
        seed: 0,
        parameters: &[],
        data: msa,
        draw: draw_msa,
    },
];

fn qubit() -> Result<Qubit> {
    Ok(Qubit::new(1.0, 2.0)?)
}

/// The control on the pieces, and 1 − F, of a network.
fn network(recipe: &Recipe) -> Result<(Vec<f64>, f64)> {
    let rows = kept::trained(SECTION, "control", recipe, || recipe.train().map(|trained| trained.rows()))?;
    Ok((rows[0].clone(), rows[2][0]))
}

fn linear(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| from + (to - from) * k as f64 / (count - 1) as f64).collect()
}

/// The times, controls and Bloch vectors of a trajectory.
fn trajectory(data: Data, name: &str, pulse: &Pulse) -> Result<Data> {
    let moments = qubit()?.trajectory(pulse, 300)?;
    let axis = |i: usize| moments.iter().map(|moment| bloch(&moment.z)[i]).collect::<Vec<_>>();
    Ok(data
        .column(format!("t, {name}"), moments.iter().map(|moment| moment.t).collect::<Vec<_>>())
        .column(format!("u, {name}"), moments.iter().map(|moment| moment.u).collect::<Vec<_>>())
        .column(format!("x, {name}"), axis(0))
        .column(format!("y, {name}"), axis(1))
        .column(format!("z, {name}"), axis(2)))
}

fn sphere(settings: &Settings) -> Result<Data> {
    let fastest = qubit()?.optimal_pulse(qubit()?.minimum_time()?)?;
    let (learned, _) = network(&Recipe::new(5.0, 2000, settings.seed)?)?;
    let data = trajectory(Data::new(), "fastest", &fastest)?;
    trajectory(data, "learned", &Pulse::equal(5.0, &learned)?)
}

const CENTRE: [f64; 2] = [220.0, 200.0];
const RADIUS: f64 = 160.0;

/// Where a point of the sphere stands on the plate, and whether it is on the near side.
fn project([x, y, z]: [f64; 3]) -> ((f64, f64), bool) {
    let (azimuth, elevation) = (-0.9f64, 0.35f64);
    let (sine, cosine) = azimuth.sin_cos();
    let (rise, run) = elevation.sin_cos();
    let towards = x * cosine + y * sine;
    let right = -x * sine + y * cosine;
    let up = z * run - towards * rise;
    ((CENTRE[0] + RADIUS * right, CENTRE[1] + RADIUS * up), towards * run + z * rise >= 0.0)
}

/// A curve on the sphere, its far side faint.
fn curve(plate: &mut Plate, points: &[[f64; 3]], near: Pen, far: Pen) {
    for (side, pen) in [(false, far), (true, near)] {
        let part = points.iter().map(|point| {
            let ((x, y), front) = project(*point);
            if front == side { (x, y) } else { (f64::NAN, y) }
        });
        plate.polyline(part, pen);
    }
}

/// The sphere with its meridians and parallels.
fn globe() -> Plate {
    let mut plate = Plate::diagram(440.0, 400.0);
    let turn = |k: usize| std::f64::consts::TAU * k as f64 / 120.0;
    let circle = |point: &dyn Fn(f64) -> [f64; 3]| (0..=120).map(|k| point(turn(k))).collect::<Vec<_>>();
    let (near, far) = (GREY.weight(0.7), GREY.weight(0.5).opacity(0.35));
    for k in 0..6 {
        let (sine, cosine) = (std::f64::consts::PI * f64::from(k) / 6.0).sin_cos();
        curve(&mut plate, &circle(&|a| [a.sin() * cosine, a.sin() * sine, a.cos()]), near, far);
    }
    for height in [-0.5f64, 0.0, 0.5] {
        let radius = (1.0 - height * height).sqrt();
        let pen = if height == 0.0 { GREY.weight(1.2) } else { near };
        curve(&mut plate, &circle(&|a| [radius * a.cos(), radius * a.sin(), height]), pen, far);
    }
    plate.circle((CENTRE[0], CENTRE[1]), RADIUS, GREY.weight(1.2));
    for (pole, text, side) in [(1.0, "$(1, 0)$", Side::Above), (-1.0, "$(0, 1)$", Side::Below)] {
        let (at, _) = project([0.0, 0.0, pole]);
        plate.disc(at, 3.5, INK);
        let outside = (at.0, CENTRE[1] + pole * (RADIUS + 6.0));
        plate.label(outside, text, side, INK);
    }
    plate
}

fn draw_sphere(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let points = |name: &str| -> Result<Vec<[f64; 3]>> {
        let axis = |axis: &str| data.get(&format!("{axis}, {name}"));
        let (x, y, z) = (axis("x")?, axis("y")?, axis("z")?);
        Ok((0..x.len()).map(|k| [x[k], y[k], z[k]]).collect())
    };
    let mut left = globe();
    let (way, u) = (points("fastest")?, data.get("u, fastest")?);
    let switch = u.iter().position(|u| *u < 0.0).unwrap_or(0);
    for (part, sign, colour, name) in
        [(&way[..=switch], 1.0, BLUE, "$u = 2$"), (&way[switch..], -1.0, ORANGE, "$u = -2$")]
    {
        curve(&mut left, part, colour.weight(2.6), colour.weight(2.0).opacity(0.4));
        let axis = [sign * 4.0 / 17f64.sqrt(), 0.0, 1.0 / 17f64.sqrt()];
        let ((x, y), _) = project(axis);
        left.arrow((CENTRE[0], CENTRE[1]), (x, y), colour.dashed());
        // Outside the outline, where the axis points.
        let away = [x - CENTRE[0], y - CENTRE[1]];
        let beyond = (RADIUS + 4.0) / away[0].hypot(away[1]);
        let side = if away[0] > 0.0 { Side::Right } else { Side::Left };
        left.label((CENTRE[0] + beyond * away[0], CENTRE[1] + beyond * away[1]), name, side, colour);
    }
    left.disc(project(way[switch]).0, 4.0, INK);
    let mut right = globe();
    // The control −u turns the way by half a turn about the axis: the half that faces the eye is shown.
    let mut learned = points("learned")?;
    let behind = learned.iter().filter(|point| !project(**point).1).count();
    if 2 * behind > learned.len() {
        learned.iter_mut().for_each(|[x, y, _]| (*x, *y) = (-*x, -*y));
    }
    curve(&mut right, &learned, GREEN.weight(2.6), GREEN.weight(2.0).opacity(0.4));
    Ok(vec![left.title("the fastest way"), right.title("a way learned by a network")])
}

const BOUNDS: [(f64, Colour); 5] = [(0.25, PURPLE), (0.29, INK), (0.5, GREEN), (1.0, ORANGE), (2.0, BLUE)];

fn searched(qubit: Qubit, horizon: f64, pieces: usize, settings: &Settings) -> Result<f64> {
    let streams = Streams::new(settings.seed, "best fidelity");
    let found =
        Grape::new(qubit, horizon, pieces)?.from_random_starts(&streams, settings.count("starts"), 2000)?;
    Ok(found.iter().map(|optimum| optimum.loss).fold(1.0, f64::min))
}

fn best_fidelity(settings: &Settings) -> Result<Data> {
    let times = linear(0.1, 9.0, 90);
    let dots = linear(0.5, 8.9, 15);
    let mut data = Data::new().column("T", times.clone()).column("T of GRAPE", dots.clone());
    for (bound, _) in BOUNDS {
        let qubit = Qubit::new(1.0, bound)?;
        let best = times.par_iter().map(|&t| Ok(qubit.best_fidelity(t)?)).collect::<Result<Vec<_>>>()?;
        let found = dots
            .par_iter()
            .map(|&t| Ok(1.0 - searched(qubit, t, 60, settings)?))
            .collect::<Result<Vec<_>>>()?;
        data = data.column(format!("best, {bound}"), best).column(format!("GRAPE, {bound}"), found);
    }
    let near = linear(1.3, 1.7, 401);
    let some = [1.32, 1.36, 1.4, 1.44, 1.48, 1.5, 1.515, 1.53, 1.56, 1.6, 1.64, 1.68];
    let found = some.par_iter().map(|&t| searched(qubit()?, t, 60, settings)).collect::<Result<Vec<_>>>()?;
    let missing = near.iter().map(|&t| Ok(1.0 - qubit()?.best_fidelity(t)?)).collect::<Result<Vec<_>>>()?;
    let constant =
        near.iter().map(|&t| Ok(1.0 - qubit()?.best_constant(t)?[1])).collect::<Result<Vec<_>>>()?;
    Ok(data
        .column("T near", near)
        .column("missing", missing)
        .column("missing, constant", constant)
        .column("T of search", some)
        // Beyond the shortest time only rounding is missing, and its size says nothing.
        .column("missing, search", found.into_iter().map(|loss| loss.max(1e-9)).collect::<Vec<_>>()))
}

fn draw_best_fidelity(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (times, dots) = (data.get("T")?, data.get("T of GRAPE")?);
    let mut left = Plate::new()
        .x(0.0..=9.0, "time $T$")
        .y(0.0..=1.05, "largest $F$")
        .legend(Corner::BottomRight)
        .title("five bounds");
    for (bound, colour) in BOUNDS.into_iter().rev() {
        left.line(times, data.get(&format!("best, {bound}"))?, colour)
            .keyed(&format!(r"$u_{{\max}} = {bound}$"));
        left.points(dots, data.get(&format!("GRAPE, {bound}"))?, colour);
    }
    for (t, f) in [(5.0, 0.729), (8.0, 0.999)] {
        let (dx, dy) = (0.14, 0.025);
        left.segment((t - dx, f - dy), (t + dx, f + dy), GOLD.weight(2.4));
        left.segment((t - dx, f + dy), (t + dx, f - dy), GOLD.weight(2.4));
    }
    let near = data.get("T near")?;
    let mut right = Plate::new()
        .x(1.3..=1.7, "time $T$")
        .log_y(3e-10..=1.0, "$1 - F$")
        .legend(Corner::BottomLeft)
        .title("near the shortest time");
    right.line(near, data.get("missing, constant")?, INK.dashed()).keyed("best constant");
    let missing: Vec<f64> =
        data.get("missing")?.iter().map(|loss| if *loss > 0.0 { *loss } else { f64::NAN }).collect();
    right.line(near, &missing, BLUE).keyed("one switch");
    right.points(data.get("T of search")?, data.get("missing, search")?, ORANGE).keyed("GRAPE");
    right.vertical(2.0 * std::f64::consts::PI / 17f64.sqrt(), GREY.dotted());
    right.label((1.61, 3e-9), "below $10^{-9}$", Side::Above, ORANGE);
    Ok(vec![left, right])
}

const FAMILIES: [(usize, Colour); 3] = [(1, BLUE), (2, ORANGE), (3, GREEN)];

fn extremals(settings: &Settings) -> Result<Data> {
    let qubit = Qubit::new(1.0, settings.get("bound"))?;
    let horizon = 2.5 * qubit.minimum_time()?;
    let times = linear(0.01, horizon, 300);
    let best = times.iter().map(|&t| Ok(qubit.best_fidelity(t)?)).collect::<Result<Vec<_>>>()?;
    let constant =
        times.iter().map(|&t| Ok(qubit.constant_fidelity(qubit.bound(), t)?)).collect::<Result<Vec<_>>>()?;
    let mut data = Data::new().column("T", times).column("best", best).column("constant", constant);
    for (switches, _) in FAMILIES {
        for (name, late) in [("early", [false, false]), ("mixed", [false, true]), ("late", [true, true])] {
            let (mut t, mut f) = (Vec::new(), Vec::new());
            for height in linear(0.005, 1.0, 200) {
                let pulse = qubit.extremal(switches, height, late)?;
                t.push(pulse.horizon());
                f.push(fidelity(&qubit.end(&pulse)?));
            }
            data = data.column(format!("T, {switches} {name}"), t).column(format!("F, {switches} {name}"), f);
        }
    }
    Ok(data)
}

fn draw_extremals(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let times = data.get("T")?;
    let mut plate = Plate::new()
        .x(0.0..=times[times.len() - 1], "time $T$")
        .y(0.0..=1.75, "$F$")
        .y_ticks(&[(0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1")])
        .legend(Corner::TopLeft);
    plate.line(times, data.get("constant")?, GREY).keyed(r"constant $u = \pm u_{\max}$");
    plate.line(times, data.get("best")?, INK.weight(3.0)).keyed("largest $F$");
    for (switches, colour) in FAMILIES {
        for name in ["early", "mixed", "late"] {
            let t = data.get(&format!("T, {switches} {name}"))?;
            let line = plate.line(t, data.get(&format!("F, {switches} {name}"))?, colour);
            if name == "mixed" {
                let plural = if switches == 1 { "" } else { "es" };
                line.keyed(&format!("{switches} switch{plural}"));
            }
        }
    }
    Ok(vec![plate])
}

/// A network for T = 1.50, where the rate must stay up: the switch keeps sharpening.
fn at_1_50(seed: u64) -> Result<Recipe> {
    Ok(Recipe { schedule: Schedule::Constant(3e-3), ..Recipe::new(1.5, 4000, seed)? })
}

/// The control with its first value positive: u and −u reach the same F.
fn upright(u: Vec<f64>) -> Vec<f64> {
    let sign = u[0].signum();
    u.into_iter().map(|u| sign * u).collect()
}

fn controls(settings: &Settings) -> Result<Data> {
    let streams = Streams::new(settings.seed, "controls");
    let grape = Grape::new(qubit()?, 1.53, 60)?;
    let found = grape.optimize(grape.random_start(&streams, 0), 5000)?;
    let edges = |horizon: f64, pieces: usize| linear(0.0, horizon, pieces + 1)[..pieces].to_vec();
    let middles = |horizon: f64, pieces: usize| -> Vec<f64> {
        (0..pieces).map(|k| horizon * (k as f64 + 0.5) / pieces as f64).collect()
    };
    let switch = |horizon: f64| -> Result<f64> { Ok(qubit()?.optimal_pulse(horizon)?.pieces()[0].duration) };
    let fastest = qubit()?.minimum_time()?;
    // The switch may come early or late: F is the same for the control run backwards.
    let at = |u: &[f64], horizon: f64, early: f64| -> Vec<f64> {
        let long_first = u.iter().filter(|u| **u > 0.0).count() > u.len() / 2;
        vec![if long_first { horizon - early } else { early }]
    };
    let (staircase, [smooth, hurried]) = (
        upright(found.u),
        [network(&Recipe::new(1.6, 2000, settings.seed)?)?.0, network(&at_1_50(settings.seed)?)?.0]
            .map(upright),
    );
    Ok(Data::new()
        .column("switch, fastest", at(&staircase, fastest, switch(fastest)?))
        .column("T, fastest", [fastest])
        .column("switch, 1.50", at(&hurried, 1.5, switch(1.5)?))
        .column("t, GRAPE", edges(1.53, 60))
        .column("u, GRAPE", staircase)
        .column("t, 1.6", middles(1.6, 200))
        .column("u, 1.6", smooth)
        .column("t, 1.50", middles(1.5, 200))
        .column("u, 1.50", hurried))
}

fn draw_controls(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let plate = |title: &str, corner: Corner| {
        Plate::new().x(0.0..=1.65, "time $t$").y(-2.3..=2.3, "$u$").legend(corner).title(title)
    };
    let rectangle = |switch: f64, end: f64| [(0.0, 2.0), (switch, 2.0), (switch, -2.0), (end, -2.0)];
    let mut left = plate("pieces", Corner::BottomLeft);
    left.polyline(rectangle(data.number("switch, fastest")?, data.number("T, fastest")?), GREY.weight(4.0))
        .keyed("time-optimal");
    left.steps(data.get("t, GRAPE")?, data.get("u, GRAPE")?, BLUE).keyed("GRAPE, $T = 1.53$");
    let mut right = plate("networks", Corner::TopRight);
    right
        .polyline(rectangle(data.number("switch, 1.50")?, 1.5), GREY.weight(4.0))
        .keyed("optimum, $T = 1.50$");
    right.line(data.get("t, 1.50")?, data.get("u, 1.50")?, ORANGE).keyed("network, $T = 1.50$");
    right.line(data.get("t, 1.6")?, data.get("u, 1.6")?, GREEN).keyed("network, $T = 1.6$");
    Ok(vec![left, right])
}

const HORIZONS: [f64; 2] = [5.0, 8.0];

fn trained(settings: &Settings) -> Result<Data> {
    HORIZONS.iter().try_fold(Data::new(), |data, &horizon| {
        let recipe = Recipe::new(horizon, settings.count("iterations"), settings.seed)?;
        let (u, _) = network(&recipe)?;
        trajectory(data, &format!("{horizon}"), &Pulse::equal(horizon, &u)?)
    })
}

fn draw_trained(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for horizon in HORIZONS {
        let t = data.get(&format!("t, {horizon}"))?;
        let mut plate = Plate::sized(440.0, 220.0)
            .x(0.0..=horizon, "time $t$")
            .y(-2.3..=2.3, "control $u$")
            .title(&format!("$T = {horizon}$"));
        plate.horizontal(2.0, GREY.dashed());
        plate.horizontal(-2.0, GREY.dashed());
        plate.line(t, data.get(&format!("u, {horizon}"))?, BLUE);
        plates.push(plate);
    }
    for horizon in HORIZONS {
        let t = data.get(&format!("t, {horizon}"))?;
        let height = data.get(&format!("z, {horizon}"))?;
        let share = |sign: f64| height.iter().map(|z| 0.5 * (1.0 + sign * z)).collect::<Vec<_>>();
        let mut plate = Plate::new()
            .x(0.0..=horizon, "time $t$")
            .y(0.0..=1.02, "population")
            .title(&format!("$T = {horizon}$"));
        plate.line(t, &share(1.0), GREY).named("$|z_1|^2$");
        plate.line(t, &share(-1.0), ORANGE).named("$|z_2|^2$");
        plates.push(plate);
    }
    Ok(plates)
}

const RATES: [(f64, Colour); 2] = [(0.003, BLUE), (0.01, ORANGE)];
const FLOOR: f64 = 1e-9;

fn seeds(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    for horizon in HORIZONS {
        for (rate, _) in RATES {
            let ends = on_all_cores(0..settings.count("runs") as u64, |run| {
                let schedule = Schedule::Constant(rate);
                let recipe =
                    Recipe { schedule, pieces: 100, ..Recipe::new(horizon, 500, settings.seed + run)? };
                Ok(network(&recipe)?.1.max(FLOOR))
            })?;
            data = data.column(format!("T = {horizon}, rate {rate}"), ends);
        }
    }
    Ok(data)
}

fn draw_seeds(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let edges = linear(-9.0, 0.0, 19);
    let mut plates = Vec::new();
    for horizon in HORIZONS {
        for (rate, colour) in RATES {
            let ends = data.get(&format!("T = {horizon}, rate {rate}"))?;
            let mut counts = vec![0.0; 18];
            for end in ends {
                counts[((2.0 * (end.log10() + 9.0)) as usize).min(17)] += 1.0;
            }
            let ticks = [(-9.0, r"$\le 10^{-9}$"), (-6.0, "$10^{-6}$"), (-3.0, "$10^{-3}$"), (0.0, "$1$")];
            let mut plate = Plate::sized(440.0, 200.0)
                .x(-9.0..=0.0, "$1 - F$")
                .x_ticks(&ticks)
                .y(0.0..=50.0, "runs")
                .title(&format!("$T = {horizon}$, rate ${rate}$"));
            plate.bars(&edges, &counts, colour);
            let stuck = 1.0 - qubit()?.constant_fidelity(2.0, horizon)?;
            plate.vertical(stuck.log10(), INK.dotted());
            plate.label(unit(0.93, 0.8), r"$u = \pm 2$", Side::Left, INK);
            plates.push(plate);
        }
    }
    Ok(plates)
}

const PENALTIES: [(f64, Colour); 4] = [(0.0, GREY), (1.0, ORANGE), (5.0, GREEN), (20.0, BLUE)];

fn msa(settings: &Settings) -> Result<Data> {
    let grape = Grape::new(qubit()?, 5.0, 100)?;
    let start = grape.random_start(&Streams::new(settings.seed, "successive approximations"), 0);
    let sweeps: Vec<f64> = (0..=120).map(f64::from).collect();
    PENALTIES.iter().try_fold(Data::new().column("sweep", sweeps), |data, (penalty, _)| {
        let losses = grape.successive_approximations(&mut start.clone(), *penalty, 120)?;
        Ok(data.column(format!("rho = {penalty}"), losses))
    })
}

fn draw_msa(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let sweep = data.get("sweep")?;
    let mut plate =
        Plate::new().x(0.0..=120.0, "sweep").log_y(1e-8..=2.0, "$1 - F$").legend(Corner::BottomRight);
    for (penalty, colour) in PENALTIES {
        plate
            .line(sweep, data.get(&format!("rho = {penalty}"))?, colour)
            .keyed(&format!(r"$\rho = {penalty}$"));
    }
    Ok(vec![plate])
}
