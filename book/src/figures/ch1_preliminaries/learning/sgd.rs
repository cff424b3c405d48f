//! SGD.

use anyhow::Result;
use sdml::ch1_preliminaries::learning::{
    Adam, Batch, FiniteSum, LogCosh, Momentum, Plain, Quadratic, Sampler, Schedule, TiltedWell, Update,
    descend, minimize,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, estimate};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch1_preliminaries/learning/sgd";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "sgd-nonconvex",
        section: SECTION,
        number: None,
        title: "Theorem 1.22: exact expectation, simulation and bound",
        caption: r"SGD on the loss of three log-cosh terms from $\theta_0 = 4$. First panel: $\E \lvert \nabla L(\theta_k) \rvert^2$ for $h = 0.25$, exact (line) and simulated (dots), and the bound of the theorem for $K = k + 1$ (dashed). Second: the same minimum and bound with $h = 1/K$; dotted, the printed scaling.",
        alt: "First panel: dots lie on a falling curve; the dashed bound lies above it by a factor of about three. Second: with h equal to one over K the exact values and the bound settle at constants while the dotted line falls to zero.",
        seed: 0,
        parameters: &[Parameter { name: "paths", default: 4000.0, meaning: "simulated runs" }],
        data: sgd_nonconvex,
        draw: draw_sgd_nonconvex,
    },
    Figure {
        id: "step-sizes",
        section: SECTION,
        number: None,
        title: "The bound for three schedules of the learning rate",
        caption: r"Right side of the theorem (lines) and simulated $\E \lvert \nabla L(\theta_{K-1}) \rvert^2$ (dots) against $K$, for constant $h$, $h/\sqrt{k+1}$ and $h/(k+1)$, $h = 2$.",
        alt: "On logarithmic axes: the bound for the constant rate flattens first, that for h over k plus one falls slowly, that for h over root k plus one falls fastest in the end. The simulated dots show the same order, lower.",
        seed: 0,
        parameters: &[Parameter { name: "paths", default: 400.0, meaning: "simulated runs" }],
        data: step_sizes,
        draw: draw_step_sizes,
    },
    Figure {
        id: "sgd-convex",
        section: SECTION,
        number: None,
        title: "Theorem 1.24 inside and outside its range of step sizes",
        caption: r"$\E \lvert \theta_k - \theta^* \rvert^2$ on a quadratic with $\mu = 1$: exact recursion (lines), simulation (dots) and the right side of the theorem (dashed). First panel: $h = 0.05$ and $h = 0.4$, below $1/(2\mu)$. Second: $h = 0.6$, above it but below the printed $2/\mu$.",
        alt: "First panel: for both step sizes dots lie on solid curves that stay below the dashed ones. Second: at the first step the dashed curve dips below the solid one.",
        seed: 0,
        parameters: &[Parameter { name: "paths", default: 4000.0, meaning: "simulated runs" }],
        data: sgd_convex,
        draw: draw_sgd_convex,
    },
    Figure {
        id: "basins",
        section: SECTION,
        number: None,
        title: "Basins reached by gradient descent and by SGD",
        caption: r"The tilted double well $L(\theta) = (\theta^2 - 1)^2 + \theta/2$. First panel: the loss with one run of gradient descent (orange) and one of SGD (blue) from the right minimum's side, drawn every 4 steps. Second: probability of being left of the barrier after 400 steps against the start: gradient descent (orange), SGD exactly (line) and simulated, with two standard errors (dots).",
        alt: "First panel: gradient descent rests in the shallow right well, the SGD run crosses the barrier to the deep left well. Second: gradient descent gives a step from one to zero at the barrier; SGD gives a curve near 0.92 for every start.",
        seed: 2,
        parameters: &[Parameter { name: "paths", default: 400.0, meaning: "simulated runs per start" }],
        data: basins,
        draw: draw_basins,
    },
    Figure {
        id: "optimizers",
        section: SECTION,
        number: None,
        title: "Gradient descent, momentum and Adam",
        caption: r"$L(\theta) = (\theta_1^2 + 20\, \theta_2^2)/2$ from $(1, 1)$. First panel: iterates in the plane with level lines of $L$. Second: distance from the minimum, in the same colors. Gradient descent and momentum use their best constant rates, Adam the rate 0.1.",
        alt: "First panel: gradient descent zigzags across a narrow valley, momentum swings along it, Adam takes a diagonal. Second: on a logarithmic axis gradient descent falls along a line, momentum along a much steeper one, Adam in arches that fall slowly.",
        seed: 0,
        parameters: &[Parameter { name: "steps", default: 100.0, meaning: "steps" }],
        data: optimizers,
        draw: draw_optimizers,
    },
];

const START: f64 = 4.0;

fn wells() -> Result<LogCosh> {
    Ok(LogCosh::new(&[1.0, 1.0, -0.9], &[-2.0, 2.0, 0.0])?)
}

/// E|∇L(θ)|² after `steps` steps of SGD.
fn simulated(
    loss: &LogCosh,
    schedule: Schedule,
    steps: usize,
    paths: u64,
    streams: &Streams,
) -> Result<Estimate> {
    let [mean] = estimate(streams, paths, |stream| {
        let mut theta = [START];
        let run = descend(loss, Batch::One, &mut Plain, schedule, steps, &mut theta, stream);
        [run.map_or(f64::NAN, |()| loss.slope(theta[0]).powi(2))]
    })?;
    Ok(mean)
}

fn sgd_nonconvex(settings: &Settings) -> Result<Data> {
    const STEPS: usize = 12;
    let (loss, paths) = (wells()?, settings.count("paths") as u64);
    let schedule = Schedule::Constant(0.25);
    let exact = loss.exact_gradients(START, schedule, STEPS)?;
    let bound = (1..=STEPS).map(|k| loss.bound(START, schedule, k)).collect::<Result<Vec<_>, _>>()?;
    let streams = Streams::new(settings.seed, "nonconvex");
    let mut means = Vec::new();
    for k in 0..STEPS {
        means.push(simulated(&loss, schedule, k, paths, &streams)?);
    }
    let counts: Vec<f64> = (0..=9).map(|k| f64::from(1 << k)).collect();
    let (mut shrinking, mut shrinking_bound) = (Vec::new(), Vec::new());
    for &k in &counts {
        let schedule = Schedule::Constant(1.0 / k);
        shrinking_bound.push(loss.bound(START, schedule, k as usize)?);
        shrinking.push(simulated(&loss, schedule, k as usize - 1, 400, &streams)?.mean);
    }
    Ok(Data::new()
        .column("k", (0..STEPS).map(|k| k as f64).collect::<Vec<_>>())
        .column("exact", exact)
        .column("bound", bound)
        .column("simulated", means.iter().map(|m| m.mean).collect::<Vec<_>>())
        .column("two standard errors", means.iter().map(|m| 2.0 * m.standard_error).collect::<Vec<_>>())
        .column("K", counts)
        .column("h = 1/K", shrinking)
        .column("bound, h = 1/K", shrinking_bound))
}

fn draw_sgd_nonconvex(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let k = data.get("k")?;
    let mut left = Plate::new()
        .x(-0.3..=11.3, "$k$")
        .log_y(0.03..=5.0, "$\\E \\lvert \\nabla L \\rvert^2$")
        .legend(Corner::TopRight)
        .title("$h = 0.25$");
    left.line(k, data.get("bound")?, ORANGE.dashed()).keyed("bound");
    left.line(k, data.get("exact")?, INK.thin()).keyed("exact");
    left.estimates(k, data.get("simulated")?, data.get("two standard errors")?, BLUE).keyed("simulated");
    let (count, shrinking) = (data.get("K")?, data.get("h = 1/K")?);
    let mut right = Plate::new()
        .log_x(1.0..=512.0, "$K$")
        .log_y(1e-3..=5.0, "$\\min_k \\E \\lvert \\nabla L \\rvert^2$")
        .legend(Corner::BottomLeft)
        .title("$h = 1/K$");
    right.line(count, data.get("bound, h = 1/K")?, ORANGE.dashed()).keyed("bound");
    right.points(count, shrinking, BLUE).keyed("simulated");
    let printed: Vec<f64> = count.iter().map(|k| shrinking[0] / k).collect();
    right.line(count, &printed, GREY.dotted()).keyed("printed $1/K + h$");
    Ok(vec![left, right])
}

const SCHEDULES: [(&str, &str, Schedule); 3] = [
    ("constant", "$h$", Schedule::Constant(2.0)),
    ("inverse root", r"$h/\sqrt{k+1}$", Schedule::InverseRoot(2.0)),
    ("harmonic", "$h/(k+1)$", Schedule::Harmonic(2.0)),
];

fn step_sizes(settings: &Settings) -> Result<Data> {
    let (loss, paths) = (wells()?, settings.count("paths") as u64);
    let counts: Vec<f64> = (1..=12).map(|k| f64::from(1 << k)).collect();
    let simulated_at: Vec<f64> = counts.iter().copied().take(10).collect();
    let mut data = Data::new().column("K", counts.clone()).column("K, simulated", simulated_at.clone());
    let streams = Streams::new(settings.seed, "step sizes");
    for (name, _, schedule) in SCHEDULES {
        let bound = counts.iter().map(|&k| loss.bound(START, schedule, k as usize));
        let means = simulated_at
            .iter()
            .map(|&k| Ok(simulated(&loss, schedule, k as usize - 1, paths, &streams)?.mean))
            .collect::<Result<Vec<_>>>()?;
        data = data
            .column(format!("bound, {name}"), bound.collect::<Result<Vec<_>, _>>()?)
            .column(format!("simulated, {name}"), means);
    }
    Ok(data)
}

fn draw_step_sizes(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (count, at) = (data.get("K")?, data.get("K, simulated")?);
    let mut plate = Plate::new()
        .log_x(2.0..=4096.0, "$K$")
        .log_y(5e-4..=2.0, "bound and simulation")
        .legend(Corner::BottomLeft);
    for ((name, formula, _), colour) in SCHEDULES.into_iter().zip([ORANGE, BLUE, GREEN]) {
        plate.line(count, data.get(&format!("bound, {name}"))?, colour).keyed(formula);
        plate.points(at, data.get(&format!("simulated, {name}"))?, colour);
    }
    Ok(vec![plate])
}

fn sgd_convex(settings: &Settings) -> Result<Data> {
    let loss = Quadratic::new([1.0], vec![[-1.0], [1.0]])?;
    let streams = Streams::new(settings.seed, "convex");
    let mut data = Data::new();
    for (h, steps) in [(0.05, 30), (0.4, 30), (0.6, 8)] {
        let radius = loss.invariant_radius(h)?;
        let exact = loss.second_moments(h, Batch::One, [radius], steps)?;
        let every = if steps > 10 { 3 } else { 1 };
        let at: Vec<usize> = (0..=steps).step_by(every).collect();
        let mut means = Vec::new();
        for &k in &at {
            let [mean] = estimate(&streams, settings.count("paths") as u64, |stream| {
                let mut theta = [radius];
                let run =
                    descend(&loss, Batch::One, &mut Plain, Schedule::Constant(h), k, &mut theta, stream);
                [run.map_or(f64::NAN, |()| theta[0] * theta[0])]
            })?;
            means.push(mean.mean);
        }
        data = data
            .column(format!("k, {h}"), (0..=steps).map(|k| k as f64).collect::<Vec<_>>())
            .column(format!("exact, {h}"), exact.iter().map(|m| m[0]).collect::<Vec<_>>())
            .column(format!("bound, {h}"), loss.bound(h, radius, radius, steps))
            .column(format!("k simulated, {h}"), at.iter().map(|&k| k as f64).collect::<Vec<_>>())
            .column(format!("simulated, {h}"), means);
    }
    Ok(data)
}

fn draw_sgd_convex(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut left = Plate::new()
        .x(0.0..=30.5, "$k$")
        .y(0.0..=1.5, r"$\E \lvert \theta_k - \theta^* \rvert^2$")
        .legend(Corner::TopRight)
        .title(r"$h < 1/(2\mu)$");
    let mut right = Plate::new()
        .x(0.0..=8.2, "$k$")
        .y(0.0..=1.8, r"$\E \lvert \theta_k - \theta^* \rvert^2$")
        .legend(Corner::TopRight)
        .title(r"$1/(2\mu) < h < 2/\mu$");
    for (plate, h, colour) in [(0, "0.05", BLUE), (0, "0.4", GREEN), (1, "0.6", PURPLE)] {
        let plate = if plate == 0 { &mut left } else { &mut right };
        let k = data.get(&format!("k, {h}"))?;
        plate.line(k, data.get(&format!("exact, {h}"))?, colour).keyed(&format!("$h = {h}$"));
        plate.line(k, data.get(&format!("bound, {h}"))?, colour.dashed()).keyed("right side");
        plate.points(data.get(&format!("k simulated, {h}"))?, data.get(&format!("simulated, {h}"))?, colour);
    }
    Ok(vec![left, right])
}

fn basins(settings: &Settings) -> Result<Data> {
    const STEPS: usize = 400;
    let (well, schedule) = (TiltedWell::new(0.5, 4.0)?, Schedule::Constant(0.05));
    let [_, barrier, shallow] = well.critical_points();
    let streams = Streams::new(settings.seed, "basins");
    let path = |batch: Batch, start: f64| -> Result<Vec<f64>> {
        let mut sampler = Sampler::new(&well, batch)?;
        let mut stream = streams.stream(0);
        let (mut theta, mut visited) = ([start], Vec::new());
        minimize(
            &mut theta,
            &mut Plain,
            schedule,
            STEPS,
            |_, theta, gradient| Ok(sampler.add_gradient(&well, theta, &mut stream, gradient)),
            |_, theta, _| visited.push(theta[0]),
        )?;
        Ok(visited.into_iter().step_by(4).collect())
    };
    let exact = well.deep_probability(schedule, STEPS, [-2.5, 2.5], 1001)?;
    let shown: Vec<_> = exact.into_iter().filter(|(x, _)| x.abs() <= 1.6).collect();
    let starts: Vec<f64> = (-3..=3).map(|k| 0.5 * f64::from(k)).collect();
    let (mut share, mut error) = (Vec::new(), Vec::new());
    for &start in &starts {
        let [left] = estimate(&streams, settings.count("paths") as u64, |stream| {
            let mut theta = [start];
            let run = descend(&well, Batch::One, &mut Plain, schedule, STEPS, &mut theta, stream);
            [run.map_or(f64::NAN, |()| f64::from(theta[0] < barrier))]
        })?;
        share.push(left.mean);
        error.push(2.0 * left.standard_error);
    }
    let (gd, sgd) = (path(Batch::Full, 1.45)?, path(Batch::One, 1.45)?);
    let axis: Vec<f64> = (0..=160).map(|k| f64::from(k) / 50.0 - 1.6).collect();
    let heights = |path: &[f64]| path.iter().map(|&x| well.loss(x)).collect::<Vec<_>>();
    Ok(Data::new()
        .column("theta", axis.clone())
        .column("loss", heights(&axis))
        .column("loss, GD", heights(&gd))
        .column("loss, SGD", heights(&sgd))
        .column("GD", gd)
        .column("SGD", sgd)
        .column("start", shown.iter().map(|(x, _)| *x).collect::<Vec<_>>())
        .column("exact", shown.iter().map(|(_, p)| *p).collect::<Vec<_>>())
        .column("start, simulated", starts)
        .column("simulated", share)
        .column("two standard errors", error)
        .column("barrier", [barrier])
        .column("shallow minimum", [shallow]))
}

fn draw_basins(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut left = Plate::new()
        .x(-1.6..=1.6, r"$\theta$")
        .y(-0.8..=3.0, r"$L(\theta)$")
        .legend(Corner::TopLeft)
        .title("one run of each");
    left.line(data.get("theta")?, data.get("loss")?, GREY);
    left.points(data.get("SGD")?, data.get("loss, SGD")?, BLUE.opacity(0.6)).keyed("SGD");
    left.points(data.get("GD")?, data.get("loss, GD")?, ORANGE).keyed("gradient descent");
    let barrier = data.number("barrier")?;
    let mut right = Plate::new()
        .x(-1.6..=1.6, r"start $\theta_0$")
        .y(-0.05..=1.1, "in the deep basin")
        .legend(Corner::BottomLeft)
        .title("probability after 400 steps");
    right
        .polyline([(-1.6, 1.0), (barrier, 1.0), (barrier, 0.0), (1.6, 0.0)], ORANGE)
        .keyed("gradient descent");
    right.line(data.get("start")?, data.get("exact")?, INK.thin()).keyed("SGD, exact");
    let (start, share) = (data.get("start, simulated")?, data.get("simulated")?);
    right.estimates(start, share, data.get("two standard errors")?, BLUE).keyed("SGD, simulated");
    right.label((barrier + 0.05, 0.3), "barrier", Side::Right, INK);
    Ok(vec![left, right])
}

const KAPPA: f64 = 20.0;

fn optimizers(settings: &Settings) -> Result<Data> {
    let loss = Quadratic::new([1.0, KAPPA], vec![[0.0, 0.0]])?;
    let steps = settings.count("steps");
    let run = |update: &mut dyn FnMut(&mut [f64], &[f64])| {
        let mut theta = [1.0, 1.0];
        let mut visited = vec![theta];
        for _ in 0..steps {
            let mut gradient = [0.0; 2];
            loss.add_all(&theta, &mut gradient);
            update(&mut theta, &gradient);
            visited.push(theta);
        }
        visited
    };
    let root = KAPPA.sqrt();
    let mut momentum = Momentum::new(((root - 1.0) / (root + 1.0)).powi(2))?;
    let mut adam = Adam::default();
    let paths = [
        run(&mut |theta, g| Plain.step(theta, g, 2.0 / (1.0 + KAPPA))),
        run(&mut |theta, g| momentum.step(theta, g, 4.0 / (1.0 + root).powi(2))),
        run(&mut |theta, g| adam.step(theta, g, 0.1)),
    ];
    let of = |f: fn(&[f64; 2]) -> f64| paths.iter().map(move |path| path.iter().map(f).collect::<Vec<_>>());
    Ok(Data::new()
        .column("step", (0..=steps).map(|k| k as f64).collect::<Vec<_>>())
        .columns("theta_1", of(|theta| theta[0]))
        .columns("theta_2", of(|theta| theta[1]))
        .columns("distance", of(|theta| theta[0].hypot(theta[1]))))
}

fn draw_optimizers(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let names = ["gradient descent", "momentum", "Adam"];
    let colours = [ORANGE, BLUE, GREEN];
    let mut plane = Plate::new()
        .x(-0.8..=1.2, r"$\theta_1$")
        .y(-1.6..=1.6, r"$\theta_2$")
        .without_rules()
        .title("iterates");
    for level in [0.1_f64, 0.5, 2.0, 8.0, 25.0] {
        let (long, short) = ((2.0 * level).sqrt(), (2.0 * level / KAPPA).sqrt());
        let turns = (0..=96).map(|k| std::f64::consts::TAU * f64::from(k) / 96.0);
        plane.polyline(turns.map(|phi| (long * phi.cos(), short * phi.sin())), GREY.thin());
    }
    let step = data.get("step")?;
    let mut fall = Plate::new()
        .x(0.0..=step[step.len() - 1], "step")
        .log_y(1e-8..=1e2, "$\\lvert \\theta_k \\rvert$")
        .legend(Corner::BottomLeft)
        .title("distance from the minimum");
    let paths = data.family("theta_1").zip(data.family("theta_2")).zip(data.family("distance"));
    for ((((x, y), distance), name), colour) in paths.zip(names).zip(colours) {
        plane.line(&x[..x.len().min(40)], &y[..y.len().min(40)], colour.thin());
        plane.dots(&x[..x.len().min(40)], &y[..y.len().min(40)], 1.6, colour);
        fall.line(step, distance, colour).keyed(name);
    }
    Ok(vec![plane, fall])
}
