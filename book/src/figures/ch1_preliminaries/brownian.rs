//! Section 1.3.1: paths, their roughness, and the law of the time above zero.

use anyhow::Result;
use sdml::ch1_preliminaries::brownian::{
    BrownianPath, BrownianTree, DEPTH, occupation_law, positive_steps, quadratic_variation, total_variation,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, CYCLE, Corner, Data, Figure, GREY, INK, ORANGE, Parameter, Plate, Settings, Side, span,
};

const SECTION: &str = "ch1_preliminaries/brownian";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "two-processes",
        section: SECTION,
        number: None,
        title: "Two processes from one outcome",
        caption: r"One outcome $\omega$, two processes: a Brownian path $B(t)$ and its running integral $A(t) = \int_0^t B(s) \dd s$.",
        alt: "A jagged Brownian path and, in the same axes, its smooth running integral, which rises where the path is positive and falls where it is negative.",
        seed: 2,
        parameters: &[Parameter { name: "steps", default: 500.0, meaning: "steps of the path" }],
        data: two_processes,
        draw: draw_two_processes,
    },
    Figure {
        id: "brownian-paths",
        section: SECTION,
        number: Some("1.1"),
        title: "Brownian paths",
        caption: r"Brownian paths on $[0, 1]$ from the origin, with the envelope $\pm 2 \sqrt t$ (dashed) that holds about 95 % of all paths at each time.",
        alt: "Several jagged paths start at zero and spread to the right; a dashed parabola lying on its side, plus and minus twice the square root of time, encloses most of them.",
        seed: 131,
        parameters: &[
            Parameter { name: "paths", default: 5.0, meaning: "number of paths" },
            Parameter { name: "steps", default: 1000.0, meaning: "steps of each path" },
        ],
        data: paths,
        draw: draw_paths,
    },
    Figure {
        id: "variation",
        section: SECTION,
        number: None,
        title: "Total and quadratic variation under refinement",
        caption: r"One path, refined again and again. First panel: its total variation $V_N$ against the number of steps $N$, with the mean $\sqrt{2 N / \pi}$ (dashed). Second: its quadratic variation $Q_N$, with the band $1 \pm 2 \sqrt{2/N}$.",
        alt: "On logarithmic axes the total variation of one path grows along a straight line of slope one half. Beside it the quadratic variation of the same path wanders inside a narrowing band around one and settles there.",
        seed: 0,
        parameters: &[Parameter { name: "levels", default: 16.0, meaning: "halvings of the step" }],
        data: variation,
        draw: draw_variation,
    },
    Figure {
        id: "brownian-zoom",
        section: SECTION,
        number: None,
        title: "A Brownian path under the microscope",
        caption: r"The same path three times: on $[0, 1]$, on $[0, 1/16]$ and on $[0, 1/256]$, with the heights of the windows in the ratio of the square roots, $1 : 1/4 : 1/16$.",
        alt: "Three panels with ever shorter windows of time around the origin; the jagged curve looks equally rough in each.",
        seed: 3,
        parameters: &[Parameter {
            name: "zoom",
            default: 16.0,
            meaning: "ratio of one window of time to the next",
        }],
        data: zoom,
        draw: draw_zoom,
    },
    Figure {
        id: "arcsine",
        section: SECTION,
        number: None,
        title: "The share of time above zero",
        caption: r"How many of $n$ values of a Brownian path are positive: simulation (bars) and the exact law of equation [](#eq:arcsine) (dots).",
        alt: "A U-shaped histogram: the bars for no positive value and for all values positive are the tallest, those in the middle the lowest; dots of the exact law sit on top of the bars.",
        seed: 0,
        parameters: &[
            Parameter { name: "steps", default: 20.0, meaning: "values n of each path" },
            Parameter { name: "paths", default: 100_000.0, meaning: "number of paths" },
        ],
        data: arcsine,
        draw: draw_arcsine,
    },
];

fn two_processes(settings: &Settings) -> Result<Data> {
    let mut stream = Streams::new(settings.seed, "one outcome, two processes").stream(0);
    let b = BrownianPath::sample(1.0, settings.count("steps"), &mut stream)?;
    let mut integral = vec![0.0];
    integral.extend(b.values()[..b.steps()].iter().scan(0.0, |sum, value| {
        *sum += b.dt() * value;
        Some(*sum)
    }));
    let t: Vec<f64> = (0..=b.steps()).map(|k| b.time(k)).collect();
    Ok(Data::new().column("t", t).column("B", b.values()).column("A", integral))
}

fn draw_two_processes(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (t, b, a) = (data.get("t")?, data.get("B")?, data.get("A")?);
    let mut plate = Plate::new().x(0.0..=1.0, "time $t$").y(span([b, a]), "");
    plate.horizontal(0.0, GREY.thin());
    plate.line(t, b, BLUE).named("$B(t)$");
    plate.line(t, a, ORANGE).named("$A(t)$");
    Ok(vec![plate])
}

fn paths(settings: &Settings) -> Result<Data> {
    let (paths, steps) = (settings.count("paths"), settings.count("steps"));
    let streams = Streams::new(settings.seed, "figure 1.1");
    let sample = |path| BrownianPath::sample(1.0, steps, &mut streams.stream(path as u64));
    let all = (0..paths).map(sample).collect::<Result<Vec<_>, _>>()?;
    let t: Vec<f64> = (0..=steps).map(|k| k as f64 / steps as f64).collect();
    Ok(Data::new().column("t", t).columns("B", all.iter().map(BrownianPath::values)))
}

fn draw_paths(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let upper: Vec<f64> = t.iter().map(|t| 2.0 * t.sqrt()).collect();
    let lower: Vec<f64> = upper.iter().map(|height| -height).collect();
    let mut plate = Plate::new().x(0.0..=1.0, "time $t$").y(-2.6..=2.6, "$B(t)$");
    plate.line(t, &upper, INK.dashed().thin()).named(r"$2\sqrt{t}$");
    plate.line(t, &lower, INK.dashed().thin()).named(r"$-2\sqrt{t}$");
    for (path, colour) in data.family("B").zip(CYCLE.iter().cycle()) {
        plate.line(t, path, colour.thin());
    }
    Ok(vec![plate])
}

fn variation(settings: &Settings) -> Result<Data> {
    let mut stream = Streams::new(settings.seed, "variation").stream(0);
    let mut path = BrownianPath::sample(1.0, 4, &mut stream)?;
    let (mut steps, mut total, mut quadratic) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.count("levels") {
        steps.push(path.steps() as f64);
        total.push(total_variation(path.values()));
        quadratic.push(quadratic_variation(path.values()));
        path = path.refine(&mut stream);
    }
    Ok(Data::new().column("N", steps).column("V", total).column("Q", quadratic))
}

fn draw_variation(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (n, v, q) = (data.get("N")?, data.get("V")?, data.get("Q")?);
    let mean: Vec<f64> = n.iter().map(|n| (2.0 * n / std::f64::consts::PI).sqrt()).collect();
    let half: Vec<f64> = n.iter().map(|n| 2.0 * (2.0 / n).sqrt()).collect();
    let low: Vec<f64> = half.iter().map(|half| 1.0 - half).collect();
    let high: Vec<f64> = half.iter().map(|half| 1.0 + half).collect();
    let last = n[n.len() - 1];

    let mut total =
        Plate::sized(340.0, 250.0).log_x(4.0..=last, "steps $N$").log_y(1.0..=2.0 * v[v.len() - 1], "$V_N$");
    total.line(n, &mean, INK.dashed().thin());
    total.points(n, v, BLUE);
    total.slope(0.5, (last / 64.0, 0.5 * mean[n.len() - 7]), last / 8.0, "$1/2$");

    let mut squares = Plate::sized(340.0, 250.0).log_x(4.0..=last, "steps $N$").y(0.0..=2.4, "$Q_N$");
    squares.band(n, &low, &high, GREY);
    squares.horizontal(1.0, INK.dashed().thin());
    squares.points(n, q, BLUE);
    Ok(vec![total.title("total variation"), squares.title("quadratic variation")])
}

fn zoom(settings: &Settings) -> Result<Data> {
    const POINTS: usize = 400;
    let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(settings.seed, "zoom"), 0)?;
    let mut data = Data::new();
    for level in 0..3 {
        let window = settings.get("zoom").powi(-level);
        let t: Vec<f64> = (0..=POINTS).map(|k| window * k as f64 / POINTS as f64).collect();
        let b = t.iter().map(|&t| Ok(tree.at(t)?[0])).collect::<Result<Vec<_>>>()?;
        data = data.column(format!("t{level}"), t).column(format!("B{level}"), b);
    }
    Ok(data)
}

fn draw_zoom(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    // The largest value of all windows, scaled to the first: none is cut off.
    let mut largest: f64 = 1.0;
    for level in 0..3 {
        let root = settings.get("zoom").powi(level).sqrt();
        largest = data.get(&format!("B{level}"))?.iter().fold(largest, |most, b| most.max(root * b.abs()));
    }
    let reach = 1.1 * largest;
    (0..3)
        .map(|level| {
            let window = settings.get("zoom").powi(-level);
            let height = reach * window.sqrt();
            let (t, b) = (data.get(&format!("t{level}"))?, data.get(&format!("B{level}"))?);
            let mut plate = Plate::sized(300.0, 240.0).x(0.0..=window, "$t$").y(-height..=height, "$B(t)$");
            plate.horizontal(0.0, GREY.thin());
            plate.line(t, b, BLUE.thin());
            let title = if level == 0 {
                "the path".to_owned()
            } else {
                format!("time $\\times$ {}", settings.get("zoom").powi(level))
            };
            Ok(plate.title(&title))
        })
        .collect()
}

fn arcsine(settings: &Settings) -> Result<Data> {
    let (steps, paths) = (settings.count("steps"), settings.get("paths"));
    let rest = BrownianPath::at_rest(1.0, steps)?;
    let (_, counts) = Streams::new(settings.seed, "arcsine").map_reduce(
        paths as u64,
        || (rest.clone(), vec![0.0; steps + 1]),
        |(path, counts), _, stream| {
            path.resample(stream);
            counts[positive_steps(path.values())] += 1.0;
            Ok(())
        },
        |(path, left), (_, right)| (path, left.iter().zip(&right).map(|(l, r)| l + r).collect()),
    )?;
    let frequency: Vec<f64> = counts.iter().map(|count| count / paths).collect();
    let k: Vec<f64> = (0..=steps).map(|k| k as f64).collect();
    Ok(Data::new().column("k", k).column("frequency", frequency).column("exact", occupation_law(steps)?))
}

fn draw_arcsine(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (k, frequency, exact) = (data.get("k")?, data.get("frequency")?, data.get("exact")?);
    let n = k[k.len() - 1];
    let edges: Vec<f64> = (0..=k.len()).map(|edge| edge as f64 - 0.5).collect();
    let mut plate = Plate::new()
        .x(-0.5..=n + 0.5, "number of positive values")
        .y(0.0..=1.15 * exact[0], "probability")
        .legend(Corner::TopRight);
    plate.bars(&edges, frequency, BLUE).keyed("simulation");
    plate.points(k, exact, ORANGE).keyed("exact");
    plate.label((n / 2.0, 0.45 * exact[0]), "least likely: half the time", Side::Above, INK);
    Ok(vec![plate])
}
