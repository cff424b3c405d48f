//! The noising path: both directions, the gap it leaves, and its clocks.

use anyhow::Result;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{ExactScore, Method, Noising, Reverse, descending_times, relative_entropy};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade,
};

const SECTION: &str = "ch5_diffusion/score/path";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "forward-and-backward",
        section: SECTION,
        number: Some("5.1"),
        title: "Noising and its reversal",
        caption: r"First panel: the density $p(x, t)$ of the noised data (shade) and paths of [](#eq:5.2). Second: the density $p(x, T - t)$ and paths of the reverse equation with $h = 1$ and the exact score, started from the prior. $T = 3$.",
        alt: "First panel: two dark bands, at minus one and plus one and a quarter, melt within one unit of time into one broad band around zero; jagged paths leave the bands. Second: the mirror image; jagged paths from the broad band end in the two narrow ones.",
        seed: 5,
        parameters: &[Parameter { name: "paths", default: 7.0, meaning: "paths in each direction" }],
        data: both,
        draw: draw_both,
    },
    Figure {
        id: "prior-gap",
        section: SECTION,
        number: None,
        title: "The gap between the noised data and the prior",
        caption: r"$\mathrm{KL}(p_T \,\|\, N(0, 1))$ against the horizon $T$ for data with mean 0 and for data with mean 0.35 (lines), their leading terms (dashed) and the bound $e^{-2T} \mathrm{KL}(p_0 \,\|\, N(0, 1))$ for the latter (gray).",
        alt: "On a logarithmic axis both curves become straight lines; that of centered data falls twice as steeply. The bound runs parallel to the other one, above it.",
        seed: 0,
        parameters: &[],
        data: gap,
        draw: draw_gap,
    },
    Figure {
        id: "noising-clocks",
        section: SECTION,
        number: None,
        title: "Three ways to add noise",
        caption: r"First panel: the time $\tau$ of [](#eq:5.2) at which the ratio of noise to signal is the same, against the time of the process itself; $\beta(t) = 0.1 + 19.9\, t$ for the variance-preserving one. Second: the variance of data of variance 1.75 under each of them; dashed: 1.",
        alt: "First panel: a straight line for the process of the notes, a parabola that reaches five at time one for the variance-preserving process, a logarithm for the exploding one. Second: the first two fall from 1.75 to 1, the third grows without bound.",
        seed: 0,
        parameters: &[],
        data: clocks,
        draw: draw_clocks,
    },
];

/// The data of the page: two components on the line.
pub(super) fn line() -> Result<Mixture<1>> {
    Ok(Mixture::isotropic(&[0.4, 0.6], &[[-1.0], [1.25]], 0.35)?)
}

const HORIZON: f64 = 3.0;
const STEPS: usize = 300;
const COLUMNS: usize = 120;
const ROWS: usize = 120;
const REACH: f64 = 3.6;

fn both(settings: &Settings) -> Result<Data> {
    let data = line()?;
    let mut shade = vec![0.0; ROWS * COLUMNS];
    for column in 0..COLUMNS {
        let law = Noising::OrnsteinUhlenbeck.law(&data, HORIZON * (column as f64 + 0.5) / COLUMNS as f64)?;
        for row in 0..ROWS {
            shade[row * COLUMNS + column] =
                law.density(&[REACH * (2.0 * (row as f64 + 0.5) / ROWS as f64 - 1.0)]);
        }
    }
    let (streams, paths) = (Streams::new(settings.seed, "forward"), settings.count("paths"));
    let (process, d) = (Noising::process(), HORIZON / STEPS as f64);
    let forward = (0..paths as u64).map(|path| {
        let mut stream = streams.stream(path);
        let mut path = vec![data.draw(&mut stream)[0]];
        for k in 0..STEPS {
            path.push(process.transition(path[k], d, stream.normal()));
        }
        path
    });
    let score = ExactScore::new(data.clone());
    let times = descending_times(HORIZON, 0.0, STEPS, 1.0)?;
    let start = Mixture::gaussian([0.0], [[1.0]])?.sample(paths, &Streams::new(settings.seed, "prior"));
    let states = Reverse::new(&score, 1.0, times, Method::Euler)?
        .paths(start.view(), &Streams::new(settings.seed, "backward"))?;
    let backward = (0..paths).map(|path| states.iter().map(|state| state[[path, 0]]).collect::<Vec<_>>());
    Ok(Data::new()
        .column("t", (0..=STEPS).map(|k| d * k as f64).collect::<Vec<_>>())
        .column("p", shade)
        .columns("X", forward.collect::<Vec<_>>())
        .columns("Y", backward.collect::<Vec<_>>()))
}

fn draw_both(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (t, p) = (data.get("t")?, data.get("p")?);
    let mirrored: Vec<f64> = p.chunks(COLUMNS).flat_map(|row| row.iter().rev().copied()).collect();
    let shade = Shade::Sequential { colour: BLUE, low: 0.0, high: 0.75 };
    let panel = |shades: &[f64], stem: &str, title: &str, label: &str| {
        let mut plate =
            Plate::new().x(0.0..=HORIZON, "time $t$").y(-REACH..=REACH, label).title(title).without_rules();
        plate.heatmap(0.0..=HORIZON, -REACH..=REACH, shades, COLUMNS, shade);
        for path in data.family(stem) {
            plate.line(t, path, ORANGE.thin());
        }
        plate
    };
    Ok(vec![panel(p, "X", "adding noise", "$X(t)$"), panel(&mirrored, "Y", "removing it", "$Y(t)$")])
}

fn gap(_: &Settings) -> Result<Data> {
    let standard = Mixture::gaussian([0.0], [[1.0]])?;
    let centred = Mixture::isotropic(&[0.5, 0.5], &[[-1.5], [1.5]], 0.5)?;
    let horizons: Vec<f64> = (0..=60).map(|k| 0.1 * f64::from(k)).collect();
    let curve = |data: &Mixture<1>| -> Result<Vec<f64>> {
        let at = |t: &f64| Ok(relative_entropy(&Noising::OrnsteinUhlenbeck.law(data, *t)?, &standard)?);
        horizons.iter().map(at).collect()
    };
    let (first, second) = (curve(&centred)?, curve(&line()?)?);
    let excess = centred.covariance()[0][0] - 1.0;
    let mean = line()?.mean()[0];
    let bound = horizons.iter().map(|t| (-2.0 * t).exp() * second[0]).collect::<Vec<_>>();
    Ok(Data::new()
        .column("centred", first)
        .column("shifted", second)
        .column("bound", bound)
        .column(
            "leading centred",
            horizons.iter().map(|t| 0.25 * excess * excess * (-4.0 * t).exp()).collect::<Vec<_>>(),
        )
        .column(
            "leading shifted",
            horizons.iter().map(|t| 0.5 * mean * mean * (-2.0 * t).exp()).collect::<Vec<_>>(),
        )
        .column("T", horizons))
}

fn draw_gap(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("T")?;
    let mut plate = Plate::new()
        .x(0.0..=6.0, "horizon $T$")
        .log_y(1e-11..=3.0, "relative entropy")
        .legend(Corner::BottomLeft);
    plate.line(t, data.get("bound")?, GREY.thin()).keyed("bound, mean 0.35");
    plate.line(t, data.get("leading centred")?, ORANGE.dashed().weight(1.2));
    plate.line(t, data.get("leading shifted")?, BLUE.dashed().weight(1.2));
    plate.line(t, data.get("shifted")?, BLUE).keyed("mean 0.35");
    plate.line(t, data.get("centred")?, ORANGE).keyed("mean 0");
    Ok(vec![plate])
}

fn clocks(_: &Settings) -> Result<Data> {
    let all =
        [Noising::OrnsteinUhlenbeck, Noising::variance_preserving(0.1, 20.0)?, Noising::VarianceExploding];
    let t: Vec<f64> = (0..=200).map(|k| 0.01 * f64::from(k)).collect();
    let inside =
        |noising: &Noising, t: f64| !matches!(noising, Noising::VariancePreserving { .. }) || t <= 1.0;
    let curve = |f: &dyn Fn(&Noising, f64) -> f64| {
        all.map(|noising| {
            t.iter().map(|&t| if inside(&noising, t) { f(&noising, t) } else { f64::NAN }).collect::<Vec<_>>()
        })
    };
    let clock = curve(&|noising, t| noising.clock(t));
    let variance = curve(&|noising, t| {
        let [a, b] = noising.channel(t);
        1.75 * a * a + b * b
    });
    Ok(Data::new().column("t", t).columns("clock", clock).columns("variance", variance))
}

fn draw_clocks(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let names = ["the notes'", "variance-preserving", "variance-exploding"];
    let mut left = Plate::new().x(0.0..=2.0, "$t$").y(0.0..=5.0, r"$\tau$").legend(Corner::TopRight);
    let mut right = Plate::new().x(0.0..=2.0, "$t$").y(0.0..=6.0, "variance");
    for (((clock, variance), colour), name) in
        data.family("clock").zip(data.family("variance")).zip([BLUE, GREEN, ORANGE]).zip(names)
    {
        left.line(t, clock, colour).keyed(name);
        right.line(t, variance, colour);
    }
    right.horizontal(1.0, INK.dashed().weight(1.0));
    Ok(vec![left.title("the common clock"), right.title("the noised data")])
}
