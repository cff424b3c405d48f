//! The Ornstein–Uhlenbeck process: its band, and the variance that Euler–Maruyama gives it.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck};
use sdml::random::Streams;

use crate::figures::{
    BLUE, CYCLE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch1_preliminaries/sde/ornstein_uhlenbeck";
const A: Parameter = Parameter { name: "a", default: -2.0, meaning: "rate of the drift" };

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "ou-band",
        section: SECTION,
        number: None,
        title: "The Ornstein–Uhlenbeck process",
        caption: r"Paths from $X(0) = 2$ drawn by the exact sampler, with the exact mean (dashed) and the band of two standard deviations about it.",
        alt: "Jagged paths start at two, fall together towards zero and then fluctuate inside a band of constant width around it.",
        seed: 4,
        parameters: &[
            A,
            Parameter { name: "sigma", default: 1.0, meaning: "strength of the noise" },
            Parameter { name: "paths", default: 6.0, meaning: "number of paths" },
        ],
        data: band,
        draw: draw_band,
    },
    Figure {
        id: "ou-bias",
        section: SECTION,
        number: None,
        title: "The variance of Euler–Maruyama",
        caption: r"First panel: the variance against time from a fixed start, of the process (dashed), by the recursion of Euler–Maruyama for three steps $h$ (lines), and in simulations (dots). Second: the relative bias of the stationary variance against $h$, exactly $1/(1 + a h/2) - 1$, and its leading term $-a h/2$ (dashed).",
        alt: "First panel: the simulated variances lie on three recursions that settle above the dashed curve of the process, the higher the longer the step. Second: the relative bias grows along a straight line at first and bends upwards at the stability limit.",
        seed: 0,
        parameters: &[A, Parameter { name: "paths", default: 20_000.0, meaning: "paths of each simulation" }],
        data: bias,
        draw: draw_bias,
    },
];

fn band(settings: &Settings) -> Result<Data> {
    const STEPS: usize = 300;
    const HORIZON: f64 = 3.0;
    let ou = OrnsteinUhlenbeck::new(settings.get("a"), settings.get("sigma"))?;
    let streams = Streams::new(settings.seed, "band");
    let grid = Grid::new(0.0, HORIZON, STEPS)?;
    let t: Vec<f64> = (0..=STEPS).map(|n| grid.time(n)).collect();
    let paths = (0..settings.count("paths")).map(|path| {
        let mut stream = streams.stream(path as u64);
        let mut x = 2.0;
        let rest = (0..STEPS).map(|_| {
            x = ou.transition(x, grid.h(), stream.normal());
            x
        });
        std::iter::once(2.0).chain(rest).collect::<Vec<_>>()
    });
    let paths: Vec<_> = paths.collect();
    let mean: Vec<f64> = t.iter().map(|&t| ou.mean(t, 2.0)).collect();
    let deviation: Vec<f64> = t.iter().map(|&t| ou.variance(t, 0.0).sqrt()).collect();
    Ok(Data::new().column("t", t).column("mean", mean).column("deviation", deviation).columns("X", paths))
}

fn draw_band(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (t, mean, deviation) = (data.get("t")?, data.get("mean")?, data.get("deviation")?);
    let shifted = |by: f64| mean.iter().zip(deviation).map(|(m, d)| m + by * d).collect::<Vec<_>>();
    let mut plate = Plate::new().x(0.0..=3.0, "time $t$").y(-1.4..=2.4, "$X(t)$");
    plate.band(t, &shifted(-2.0), &shifted(2.0), GREY);
    for (path, colour) in data.family("X").zip(CYCLE.iter().cycle()) {
        plate.line(t, path, colour.thin());
    }
    plate.line(t, mean, INK.dashed());
    Ok(vec![plate])
}

const STEPS: [usize; 3] = [4, 8, 32];

fn bias(settings: &Settings) -> Result<Data> {
    let ou = OrnsteinUhlenbeck::new(settings.get("a"), 1.0)?;
    let t: Vec<f64> = (0..=200).map(|k| f64::from(k) / 100.0).collect();
    let exact: Vec<f64> = t.iter().map(|&t| ou.variance(t, 0.0)).collect();
    let mut data = Data::new().column("t", t).column("process", exact);
    for per_unit in STEPS {
        let grid = Grid::new(0.0, 2.0, 2 * per_unit)?;
        let streams = Streams::new(settings.seed, "bias");
        let paths = Ensemble::new(EulerMaruyama, &ou, [1.0], grid, streams, settings.count("paths") as u64)?;
        let moments = paths.moments_every(per_unit / 4, |[x]| [x])?;
        let simulated = moments.iter().map(|[x]| Ok(x.variance()?.mean)).collect::<Result<Vec<_>>>()?;
        let steps = 0..=grid.steps();
        let recursion: Vec<f64> = steps.clone().map(|n| ou.euler_variance(grid.h(), n as u32, 0.0)).collect();
        data = data
            .column(format!("t{per_unit}"), steps.map(|n| grid.time(n)).collect::<Vec<_>>())
            .column(format!("recursion{per_unit}"), recursion)
            .column(
                format!("times{per_unit}"),
                (0..moments.len()).map(|k| k as f64 / 4.0).collect::<Vec<_>>(),
            )
            .column(format!("simulated{per_unit}"), simulated);
    }
    let limit = -2.0 / settings.get("a");
    let h: Vec<f64> = (1..95).map(|k| limit * f64::from(k) / 100.0).collect();
    let stationary = ou.variance(1e3, 0.0);
    let relative =
        h.iter().map(|&h| ou.euler_stationary_variance(h).map_or(f64::NAN, |v| v / stationary - 1.0));
    let relative: Vec<f64> = relative.collect();
    Ok(data.column("h", h).column("relative", relative))
}

fn draw_bias(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut variance =
        Plate::new().x(0.0..=2.0, "time $t$").y(0.0..=0.37, "variance").legend(Corner::BottomRight);
    variance.line(t, data.get("process")?, INK.dashed()).keyed("process");
    for (per_unit, colour) in STEPS.into_iter().zip([ORANGE, GREEN, BLUE]) {
        let column = |stem: &str| data.get(&format!("{stem}{per_unit}"));
        variance.line(column("t")?, column("recursion")?, colour.thin());
        variance.points(column("times")?, column("simulated")?, colour).keyed(&format!("$h = 1/{per_unit}$"));
    }
    let (h, relative) = (data.get("h")?, data.get("relative")?);
    let leading: Vec<f64> = h.iter().map(|h| -0.5 * settings.get("a") * h).collect();
    let mut bias = Plate::new().x(0.0..=h[h.len() - 1], "step $h$").y(0.0..=4.0, "relative bias");
    bias.line(h, &leading, INK.dashed().thin()).named("$-ah/2$");
    bias.line(h, relative, ORANGE);
    Ok(vec![variance.title("from a fixed start"), bias.title("in the long run")])
}
