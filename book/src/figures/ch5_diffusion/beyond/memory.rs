//! Memorization: what the optimal score of finitely many data generates.

use anyhow::Result;
use sdml::ch5_diffusion::beyond::{EmpiricalScore, nearest_distances};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{Method, Reverse, decay, descending_times, noise_variance};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/beyond/memory";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "memorised-points",
        section: SECTION,
        number: None,
        title: "Trained to perfection on finitely many points",
        caption: r"Points generated with the optimal score of $N$ data from eight Gaussians (blue) and the data (orange rings), $h = 1$. First: $N = 40$, run to $t = 10^{-4}$. Second: $N = 40$, stopped at $t = 0.02$ and divided by $e^{-t}$. Third: $N = 1000$, stopped at $t = 0.02$; the data are not drawn.",
        alt: "First: every blue point sits inside an orange ring. Second: blue clouds around the rings, most of them separate. Third: eight full clusters, wider than those of the data.",
        seed: 5,
        parameters: &[Parameter { name: "points", default: 600.0, meaning: "points generated" }],
        data: points,
        draw: draw_points,
    },
    Figure {
        id: "memorisation",
        section: SECTION,
        number: None,
        title: "How much is remembered",
        caption: r"First panel: mean distance of generated points from the nearest training point, divided by that of fresh data, against $N$, for four times at which the process is stopped. Second: the number of training points among which the choice is still open, $\exp(-\sum r_i \log r_i)$, averaged over draws of $X(t)$, against $t$, for three $N$.",
        alt: "First panel: curves rise with N, the higher the later the process is stopped; those of large times pass one, the lowest stays far below. Second: curves fall from N to one as time decreases; those of larger N fall later.",
        seed: 6,
        parameters: &[Parameter { name: "points", default: 1000.0, meaning: "points of each average" }],
        data: distances,
        draw: draw_distances,
    },
];

fn training(n: usize, seed: u64) -> Result<EmpiricalScore> {
    Ok(EmpiricalScore::new(Mixture::ring(8, 2.0, 0.2)?.sample(n, &Streams::new(seed, "training")).view())?)
}

const PANELS: [(usize, f64); 3] = [(40, 1e-4), (40, 0.02), (1000, 0.02)];

fn points(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    for (panel, (n, last)) in PANELS.into_iter().enumerate() {
        let score = training(n, settings.seed)?;
        let times = descending_times(3.0, last, 150, 2.0)?;
        let made = Reverse::new(&score, 1.0, times, Method::Exponential)?
            .sample(settings.count("points"), &Streams::new(settings.seed, "made"))?
            / decay(last);
        data = data
            .column(format!("x{panel}"), made.column(0).to_vec())
            .column(format!("y{panel}"), made.column(1).to_vec())
            .column(format!("data x{panel}"), score.points().column(0).to_vec())
            .column(format!("data y{panel}"), score.points().column(1).to_vec());
    }
    Ok(data)
}

fn draw_points(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for (panel, (n, last)) in PANELS.into_iter().enumerate() {
        let column = |stem: &str| data.get(&format!("{stem}{panel}"));
        let mut plate = Plate::new()
            .x(-3.0..=3.0, "$x_1$")
            .y(-3.0..=3.0, "$x_2$")
            .equal()
            .without_rules()
            .title(&format!("$N = {n}$, $t = {last}$"));
        plate.dots(column("x")?, column("y")?, 1.3, BLUE);
        if n < 100 {
            for (x, y) in column("data x")?.iter().zip(column("data y")?) {
                plate.circle((*x, *y), 5.0, ORANGE);
            }
        }
        plates.push(plate);
    }
    Ok(plates)
}

const SIZES: [usize; 6] = [10, 30, 100, 300, 1000, 3000];
const STOPS: [f64; 4] = [1e-4, 1e-3, 1e-2, 0.1];
const CURVES: [usize; 3] = [10, 100, 1000];

fn distances(settings: &Settings) -> Result<Data> {
    let count = settings.count("points");
    let fresh = Mixture::ring(8, 2.0, 0.2)?.sample(count, &Streams::new(settings.seed, "fresh"));
    let mean = |distances: Vec<f64>| distances.iter().sum::<f64>() / distances.len() as f64;
    let mut ratios = vec![Vec::new(); STOPS.len()];
    for n in SIZES {
        let score = training(n, settings.seed)?;
        let of_fresh = mean(nearest_distances(fresh.view(), score.points())?);
        for (ratios, last) in ratios.iter_mut().zip(STOPS) {
            // The reverse equation solved without error ends in the noised law of the data.
            let made = score.noised(last, count, &Streams::new(settings.seed, "made"))? / decay(last);
            ratios.push(mean(nearest_distances(made.view(), score.points())?) / of_fresh);
        }
    }
    let times: Vec<f64> = (0..=40).map(|k| 1e-4 * 10f64.powf(f64::from(k) / 40.0 * 3e4f64.log10())).collect();
    let mut open = Vec::new();
    for n in CURVES {
        let score = training(n, settings.seed)?;
        let at = |t: f64| -> Result<f64> {
            let x = score.noised(t, 200, &Streams::new(settings.seed, "open"))?;
            let sum: sdml::Result<f64> = x.outer_iter().map(|x| score.still_open(t, x)).sum();
            Ok(sum? / 200.0)
        };
        open.push(times.iter().map(|&t| at(t)).collect::<Result<Vec<_>>>()?);
    }
    let noise = times.iter().map(|&t| noise_variance(t).sqrt() / decay(t)).collect::<Vec<_>>();
    Ok(Data::new()
        .column("N", SIZES.map(|n| n as f64))
        .columns("ratio", ratios)
        .column("t", times)
        .column("noise", noise)
        .columns("open", open))
}

fn draw_distances(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let n = data.get("N")?;
    let mut left = Plate::new()
        .log_x(8.0..=4000.0, "training points $N$")
        .log_y(0.005..=20.0, "distance over that of fresh data")
        .legend(Corner::BottomRight);
    left.horizontal(1.0, GREY.dashed());
    for ((ratio, last), colour) in data.family("ratio").zip(STOPS).zip([INK, BLUE, GREEN, ORANGE]) {
        left.line(n, ratio, colour.thin());
        left.points(n, ratio, colour).keyed(&format!("$t = {last}$"));
    }
    let t = data.get("t")?;
    let mut right = Plate::new()
        .log_x(1e-4..=3.0, "time $t$")
        .log_y(0.9..=1300.0, "training points in play")
        .legend(Corner::TopLeft);
    for ((open, n), colour) in data.family("open").zip(CURVES).zip([BLUE, GREEN, PURPLE]) {
        right.line(t, open, colour).keyed(&format!("$N = {n}$"));
    }
    Ok(vec![left.title("distances"), right.title("choices")])
}
