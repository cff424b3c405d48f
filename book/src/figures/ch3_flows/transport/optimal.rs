//! Transport at the least cost.

use anyhow::Result;
use ndarray::{Array1, Array2, Axis};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::{
    Gaussian, LineLaw, action, interpolate, monotone, optimal_assignment, sinkhorn, squared_distances,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade, span,
};

const SECTION: &str = "ch3_flows/transport/optimal";
const POINTS: Parameter = Parameter { name: "points", default: 120.0, meaning: "points of each sample" };

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "assignment",
        section: SECTION,
        number: None,
        title: "Who goes where",
        caption: r"A sample of $N(0, I)$ (gray) and one of the eight Gaussians (blue), joined at random (first panel) and by the assignment of least mean squared distance (second).",
        alt: "First panel: a tangle of lines across the picture. Second: short lines that fan outwards, each mode drawing on the sector in front of it; those that cross do so at acute angles.",
        seed: 1,
        parameters: &[POINTS],
        data: assignment,
        draw: draw_assignment,
    },
    Figure {
        id: "assignment-limit",
        section: SECTION,
        number: None,
        title: "From samples to laws",
        caption: r"Cost of the best assignment between $n$ points of each of two normal laws in the plane, less the dual value of the sample, which has the mean $W_2^2$: means over several pairs of samples with standard errors. The dashed line is proportional to $\log n / n$.",
        alt: "On logarithmic axes the dots fall along the dashed line, by about a factor of fifteen from 12 to 400 points.",
        seed: 2,
        parameters: &[],
        data: limit,
        draw: draw_limit,
    },
    Figure {
        id: "entropic-plans",
        section: SECTION,
        number: None,
        title: "Plans that blur the map",
        caption: r"Entropic plans between $N(0, 1)$ and a mixture of two normal laws (density as shade) for four values of $\varepsilon$, with the increasing map (orange).",
        alt: "Four heat maps. The first is two broad blots, the others are bands along the orange curve, ever narrower.",
        seed: 0,
        parameters: &[],
        data: plans,
        draw: draw_plans,
    },
    Figure {
        id: "gaussian-maps",
        section: SECTION,
        number: None,
        title: "Two linear maps between two normal laws",
        caption: r"From $N(0, I)$ to one and the same normal law: the image of the unit circle under the symmetric map (first panel) and under the triangular one (second). The arrows join eight points of the circle with their images.",
        alt: "Both images of the circle are the same ellipse. Under the symmetric map the points move straight outwards or inwards along the ellipse's axes; under the triangular one they also slide along it.",
        seed: 0,
        parameters: &[],
        data: linear,
        draw: draw_linear,
    },
    Figure {
        id: "least-action",
        section: SECTION,
        number: None,
        title: "Motions from one sample to another",
        caption: r"From $N(0, I)$ to the two moons. First panel: paths of a few particles to the partners of the optimal assignment (blue) and to partners chosen at random (orange). Second: the action up to time $t$, $\int_0^t \E\abs{\dot X}^2 \dd s$, along both, and along the optimal paths with the progress $t^2$ (green); the dashed line is the squared distance of the samples.",
        alt: "First panel: short blue lines and long orange ones. Second: three increasing curves. The straight blue line ends on the dashed level, the curved green one at four thirds of it, the orange one at about four times.",
        seed: 3,
        parameters: &[Parameter { name: "points", default: 300.0, meaning: "points of each sample" }],
        data: least_action,
        draw: draw_least_action,
    },
];

fn columns(data: Data, name: &str, points: &Array2<f64>) -> Data {
    data.column(format!("{name} x"), points.column(0).to_vec())
        .column(format!("{name} y"), points.column(1).to_vec())
}

fn assignment(settings: &Settings) -> Result<Data> {
    let n = settings.count("points");
    let mut stream = Streams::new(settings.seed, "assignment").stream(0);
    let a = Array2::from_shape_simple_fn((n, 2), || stream.normal());
    let b = DataLaw::Eight.points(n, &mut stream);
    let best = optimal_assignment(squared_distances(a.view(), b.view())?.view())?;
    let paired = Array2::from_shape_fn((n, 2), |(i, c)| b[[best.partner[i], c]]);
    Ok(columns(columns(columns(Data::new(), "source", &a), "random", &b), "best", &paired))
}

fn draw_assignment(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, y) = (data.get("source x")?, data.get("source y")?);
    let panel = |name: &str, title: &str| -> Result<Plate> {
        let (u, v) = (data.get(&format!("{name} x"))?, data.get(&format!("{name} y"))?);
        let mut plate = Plate::new().x(-3.0..=3.0, "").y(-3.0..=3.0, "").equal().without_rules();
        for k in 0..x.len() {
            plate.segment((x[k], y[k]), (u[k], v[k]), ORANGE.weight(0.8).opacity(0.7));
        }
        plate.dots(x, y, 2.0, GREY);
        plate.dots(u, v, 2.0, BLUE);
        Ok(plate.title(title))
    };
    Ok(vec![panel("random", "at random")?, panel("best", "at the least cost")?])
}

/// The two normal laws of the page.
fn laws() -> Result<[Gaussian; 2]> {
    Ok([
        Gaussian::new(&[0.0, 0.0], &[1.0, 0.3, 0.3, 0.5])?,
        Gaussian::new(&[1.0, -0.5], &[0.6, -0.4, -0.4, 1.2])?,
    ])
}

fn limit(settings: &Settings) -> Result<Data> {
    let [source, target] = laws()?;
    let streams = Streams::new(settings.seed, "limit");
    let (mut sizes, mut means, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (place, n) in [12usize, 25, 50, 100, 200, 400].into_iter().enumerate() {
        let repeats = (2400 / n).clamp(8, 100);
        let mut moments = sdml::statistics::Moments::default();
        for repeat in 0..repeats {
            let mut stream = streams.stream((1000 * place + repeat) as u64);
            let [a, b] = [&source, &target].map(|law| {
                let s = law.covariance();
                let (l, m) = (s[(0, 0)].sqrt(), law.mean());
                let (c, d) = (s[(1, 0)] / l, (s[(1, 1)] - s[(1, 0)].powi(2) / s[(0, 0)]).sqrt());
                let rows = (0..n).flat_map(|_| {
                    let (u, v) = (stream.normal(), stream.normal());
                    [m[0] + l * u, m[1] + c * u + d * v]
                });
                Array2::from_shape_vec((n, 2), rows.collect()).expect("n points of the plane")
            });
            let best = optimal_assignment(squared_distances(a.view(), b.view())?.view())?;
            moments.push(best.cost - source.dual_value(&target, a.view(), b.view())?);
        }
        let mean = moments.mean()?;
        sizes.push(n as f64);
        means.push(mean.mean);
        errors.push(mean.standard_error);
    }
    Ok(Data::new().column("n", sizes).column("gap", means).column("standard error", errors))
}

fn draw_limit(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (n, gap) = (data.get("n")?, data.get("gap")?);
    let mut plate = Plate::new().log_x(10.0..=500.0, "points $n$").log_y(2e-2..=2.0, "excess cost of a pair");
    let law = |n: f64| n.ln() / n;
    let scale = gap[2] / law(n[2]);
    plate.polyline(
        (0..=40).map(|k| 10.0 * 50f64.powf(f64::from(k) / 40.0)).map(|n| (n, scale * law(n))),
        GREY.dashed(),
    );
    plate.estimates(n, gap, data.get("standard error")?, BLUE);
    Ok(vec![plate])
}

const EPSILONS: [f64; 4] = [4.0, 0.8, 0.16, 0.03];
const NODES: usize = 121;
const REACH: f64 = 3.0;

fn plans(_: &Settings) -> Result<Data> {
    let (source, target) = (LineLaw::STANDARD, LineLaw::Mixture(vec![(0.35, -1.5, 0.45), (0.65, 1.2, 0.55)]));
    let grid = Array1::linspace(-REACH, REACH, NODES);
    let weights = |law: &LineLaw| {
        let w = grid.mapv(|x| law.density(x));
        &w / w.sum()
    };
    let column = grid.view().insert_axis(Axis(1));
    let cost = squared_distances(column, column)?;
    let (a, b) = (weights(&source), weights(&target));
    let spacing = grid[1] - grid[0];
    let map = grid.iter().map(|&z| Ok(monotone(&source, &target, z)?)).collect::<Result<Vec<_>>>()?;
    let mut data = Data::new().column("z", grid.to_vec()).column("f", map);
    for (k, epsilon) in EPSILONS.into_iter().enumerate() {
        let plan = sinkhorn(cost.view(), &a, &b, epsilon, 1e-6)?;
        // Rows of a picture are heights, that is, x; columns are z.
        let density = plan.mass.t().as_standard_layout().mapv(|p| p / (spacing * spacing));
        data = data.column(format!("plan {k}"), density.iter().copied().collect::<Vec<_>>());
    }
    Ok(data)
}

fn draw_plans(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let names =
        [r"$\varepsilon = 4$", r"$\varepsilon = 0.8$", r"$\varepsilon = 0.16$", r"$\varepsilon = 0.03$"];
    let mut plates = Vec::new();
    for (k, name) in names.into_iter().enumerate() {
        let density = data.get(&format!("plan {k}"))?;
        let high = density.iter().copied().fold(0.0, f64::max);
        let mut plate =
            Plate::new().x(-REACH..=REACH, "$z$").y(-REACH..=REACH, "$x$").equal().without_rules();
        let shade = Shade::Sequential { colour: BLUE, low: 0.0, high };
        plate.heatmap(-REACH..=REACH, -REACH..=REACH, density, NODES, shade);
        plate.line(data.get("z")?, data.get("f")?, ORANGE.thin());
        plates.push(plate.title(name));
    }
    Ok(plates)
}

fn linear(_: &Settings) -> Result<Data> {
    let source = Gaussian::new(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0])?;
    let target = Gaussian::new(&[0.0, 0.0], &[1.2, 0.9, 0.9, 1.4])?;
    let mut data = Data::new();
    for (name, matrix) in
        [("optimal", source.optimal_map(&target)?), ("triangular", source.triangular_map(&target)?)]
    {
        let image = |x: f64, y: f64| {
            [matrix[(0, 0)] * x + matrix[(0, 1)] * y, matrix[(1, 0)] * x + matrix[(1, 1)] * y]
        };
        let circle = |count: usize| {
            (0..=count)
                .map(move |k| (k as f64 / count as f64 * std::f64::consts::TAU).sin_cos())
                .map(|(s, c)| (c, s))
        };
        let outline: Vec<[f64; 2]> = circle(120).map(|(x, y)| image(x, y)).collect();
        let points: Vec<[f64; 2]> = circle(8).take(8).map(|(x, y)| image(x, y)).collect();
        for (stem, points) in [("outline", outline), ("point", points)] {
            data = data
                .column(format!("{name} {stem} x"), points.iter().map(|p| p[0]).collect::<Vec<_>>())
                .column(format!("{name} {stem} y"), points.iter().map(|p| p[1]).collect::<Vec<_>>());
        }
    }
    Ok(data)
}

fn draw_linear(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let circle: Vec<(f64, f64)> = (0..=120)
        .map(|k| (f64::from(k) / 120.0 * std::f64::consts::TAU).sin_cos())
        .map(|(s, c)| (c, s))
        .collect();
    let mut plates = Vec::new();
    for (name, pen) in [("optimal", BLUE), ("triangular", ORANGE)] {
        let column = |stem: &str| data.get(&format!("{name} {stem}"));
        let mut plate = Plate::new().x(-1.6..=1.6, "").y(-1.6..=1.6, "").equal().without_rules();
        plate.polyline(circle.iter().copied(), GREY.thin());
        plate.line(column("outline x")?, column("outline y")?, pen);
        let (x, y) = (column("point x")?, column("point y")?);
        for k in 0..x.len() {
            let (s, c) = (k as f64 / 8.0 * std::f64::consts::TAU).sin_cos();
            plate.arrow((c, s), (x[k], y[k]), INK.thin());
        }
        plates.push(plate.title(if name == "optimal" { "symmetric: optimal" } else { "triangular" }));
    }
    Ok(plates)
}

fn least_action(settings: &Settings) -> Result<Data> {
    const STEPS: usize = 50;
    let n = settings.count("points");
    let mut stream = Streams::new(settings.seed, "least action").stream(0);
    let a = Array2::from_shape_simple_fn((n, 2), || stream.normal());
    let b = DataLaw::Moons.points(n, &mut stream);
    let best = optimal_assignment(squared_distances(a.view(), b.view())?.view())?;
    let identity: Vec<usize> = (0..n).collect();
    type Progress = fn(f64) -> f64;
    let runs: [(&str, &[usize], Progress); 3] = [
        ("geodesic", &best.partner, |t| t),
        ("slow start", &best.partner, |t| t * t),
        ("random", &identity, |t| t),
    ];
    let t: Vec<f64> = (0..=STEPS).map(|k| k as f64 / STEPS as f64).collect();
    let mut data = Data::new().column("t", t).column("cost", [best.cost]);
    for (name, partner, progress) in runs {
        let path = interpolate(a.view(), b.view(), partner, STEPS, progress)?;
        let mut spent = vec![0.0];
        for k in 0..STEPS {
            // The action of one step, played in the time 1/STEPS instead of 1.
            let step = action(&path[k..k + 2])? * STEPS as f64;
            spent.push(spent[k] + step);
        }
        let ends = &path[STEPS];
        data = columns(data.column(name, spent), name, ends);
    }
    Ok(columns(data, "start", &a))
}

fn draw_least_action(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let (x, y) = (data.get("start x")?, data.get("start y")?);
    let shown = 24.min(x.len());
    let mut paths = Plate::new()
        .x(span([&x[..shown], data.get("geodesic x")?]), "")
        .y(span([&y[..shown], data.get("geodesic y")?]), "")
        .equal()
        .without_rules();
    for (name, pen) in [("random", ORANGE), ("geodesic", BLUE)] {
        let (u, v) = (data.get(&format!("{name} x"))?, data.get(&format!("{name} y"))?);
        for k in 0..shown {
            paths.segment((x[k], y[k]), (u[k], v[k]), pen.weight(0.9).opacity(0.8));
        }
        paths.dots(u, v, 1.3, GREY);
    }
    paths.dots(&x[..shown], &y[..shown], 2.0, INK);
    let top = data.get("random")?.last().copied().unwrap_or(1.0) * 1.08;
    let mut spent =
        Plate::new().x(0.0..=1.04, "time $t$").y(0.0..=top, "action up to time $t$").legend(Corner::TopLeft);
    spent.horizontal(data.number("cost")?, INK.dashed().thin());
    spent.line(t, data.get("random")?, ORANGE).keyed("partners at random");
    spent.line(t, data.get("slow start")?, GREEN).keyed("best partners, progress $t^2$");
    spent.line(t, data.get("geodesic")?, BLUE).keyed("best partners, constant speed");
    Ok(vec![paths.title("paths"), spent.title("what they cost")])
}
