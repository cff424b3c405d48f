//! What trained models are worth, beside what data are worth.

use anyhow::Result;
use ndarray::{Array2, Axis, Slice};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::sliced_wasserstein_2;
use sdml::ch5_diffusion::beyond::{Protocol, Quality, half_width};
use sdml::ch5_diffusion::interpolant::{Flow, Path, Recipe as FlowRecipe};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{Denoiser, Recipe, Source, descending_times, flow_to_noise};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade,
};

const SECTION: &str = "ch5_diffusion/beyond/quality";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "quality-sizes",
        section: SECTION,
        number: None,
        title: "The floor falls, the model stays",
        caption: r"The mean sliced distance between two samples of $n$ points, against $n$: data against other data (dashed), points of the score and of the velocity (seed 0) against data. First panel: two moons. Second: the checkerboard. Each point is the mean of several pairs, its bar a confidence interval of 95 %.",
        alt: "On logarithmic axes the dashed floor falls along a straight line. The curves of the models leave it one after the other and level off, that of the velocity first.",
        seed: 3,
        parameters: &[Parameter { name: "most", default: 3200.0, meaning: "points of the largest samples" }],
        data: sizes,
        draw: draw_sizes,
    },
    Figure {
        id: "quality-densities",
        section: SECTION,
        number: None,
        title: "Where the likelihood is lost",
        caption: r"Densities of the trained models (seed 0) on the two moons and the checkerboard, by the flow from every pixel. Full color is the greatest density of the data.",
        alt: "The score draws two thin arcs, and eight squares with round corners joined by threads. The velocity draws two pale ridges with mist between them, and a blurred board without any squares.",
        seed: 0,
        parameters: &[Parameter { name: "pixels", default: 60.0, meaning: "pixels along an axis" }],
        data: densities,
        draw: draw_densities,
    },
    Figure {
        id: "quality-seeds",
        section: SECTION,
        number: None,
        title: "Two measures, six networks for each law",
        caption: r"First panel: $W_2$ over its floor. Second: nats above the entropy. Three seeds each of the score (blue) and the velocity (orange); bars are confidence intervals of 95 %, dashed the targets. Green: $N(0, I)$ in place of a model.",
        alt: "First panel: nearly all dots lie about one, below the dashed target; those of the velocity on the moons above. Second: on a logarithmic scale the orange dots lie above the blue ones for every law.",
        seed: 0,
        parameters: &[],
        data: seeds,
        draw: draw_seeds,
    },
];

fn score(law: DataLaw, seed: u64) -> Result<Denoiser> {
    let recipe = Recipe::new(law, seed);
    let rows = kept::trained("ch5_diffusion/score/training", law.key(), &recipe, || recipe.rows())?;
    Ok(recipe.from_rows(&rows)?)
}

fn velocity(law: DataLaw, seed: u64) -> Result<Flow> {
    fn kept<D: Source>(name: &str, data: D, seed: u64) -> Result<Flow> {
        let recipe = FlowRecipe::new(data, Path::linear(1.0)?, seed);
        let train = || recipe.train(|_, _| ()).map(FlowRecipe::<D>::rows);
        let rows = kept::trained("ch5_diffusion/interpolant/matching", name, &recipe, train)?;
        Ok(recipe.from_rows(&rows)?)
    }
    match law {
        DataLaw::Eight => kept("eight", Mixture::ring(8, 2.0, 0.2)?, seed),
        _ => kept(law.key(), law, seed),
    }
}

const SHOWN: [DataLaw; 2] = [DataLaw::Moons, DataLaw::Checkerboard];

fn sizes(settings: &Settings) -> Result<Data> {
    const REPEATS: usize = 10;
    let most = settings.count("most").max(100);
    let counts: Vec<usize> = (0..6).map(|k| most >> (5 - k)).collect();
    let mut data = Data::new().column("n", counts.iter().map(|n| *n as f64).collect::<Vec<_>>());
    for law in SHOWN {
        let protocol =
            Protocol { points: most, repeats: REPEATS, seed: settings.seed, ..Protocol::default() };
        let fresh = protocol.fresh(&law, "data")?;
        let others: [(&str, Array2<f64>); 3] = [
            ("floor", protocol.fresh(&law, "as if generated")?),
            ("score", protocol.points_of_score(&score(law, 0)?)?),
            ("velocity", protocol.points_of_velocity(&velocity(law, 0)?)?),
        ];
        for (name, points) in others {
            let (mut means, mut widths) = (Vec::new(), Vec::new());
            for &n in &counts {
                let streams = Streams::new(settings.seed, "directions");
                let distance = |k: usize| {
                    let block = Slice::from(k * most..k * most + n);
                    let [a, b] = [&points, &fresh].map(|sample| sample.slice_axis(Axis(0), block));
                    sliced_wasserstein_2(a, b, 50, &mut streams.stream(k as u64))
                };
                let found = (0..REPEATS).map(distance).collect::<sdml::Result<Vec<_>>>()?;
                let found = sdml::statistics::Estimate::of(found)?;
                means.push(found.mean);
                widths.push(half_width(&found, 0.95)?);
            }
            data = data
                .column(format!("{} {name}", law.key()), means)
                .column(format!("{} {name} width", law.key()), widths);
        }
    }
    Ok(data)
}

fn draw_sizes(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let n = data.get("n")?;
    let mut plates = Vec::new();
    for law in SHOWN {
        let mut plate = Plate::new()
            .log_x(0.8 * n[0]..=1.25 * n[n.len() - 1], "points $n$ of each sample")
            .log_y(0.01..=0.5, "sliced distance")
            .legend(Corner::BottomLeft)
            .title(law.name());
        for (name, pen) in [("floor", GREY.dashed()), ("score", BLUE.into()), ("velocity", ORANGE.into())] {
            let means = data.get(&format!("{} {name}", law.key()))?;
            plate.line(n, means, pen).keyed(name);
            plate.estimates(n, means, data.get(&format!("{} {name} width", law.key()))?, pen.colour);
        }
        plates.push(plate);
    }
    Ok(plates)
}

/// The window of a panel: the moons with their haze need more room than their points.
fn window(law: DataLaw) -> ([f64; 2], f64) {
    let (centre, half) = law.window();
    (centre, if matches!(law, DataLaw::Moons) { half + 0.4 } else { half })
}

fn densities(settings: &Settings) -> Result<Data> {
    let side = settings.count("pixels").max(2);
    let mut data = Data::new();
    for law in SHOWN {
        let ([x, y], half) = window(law);
        let place = |k: usize| half * (2.0 * (k as f64 + 0.5) / side as f64 - 1.0);
        let grid = Array2::from_shape_fn((side * side, 2), |(i, k)| {
            if k == 0 { x + place(i % side) } else { y + place(i / side) }
        });
        let model = score(law, settings.seed)?;
        let [first, horizon] = model.times();
        let times = descending_times(horizon, first, 60, 2.0)?;
        let both = [
            ("score", flow_to_noise(&model, &times, grid.view())?),
            ("velocity", velocity(law, settings.seed)?.to_noise(grid.view(), 40)?),
        ];
        let exact = grid.outer_iter().map(|x| law.log_density([x[0], x[1]]).exp());
        data = data.column(law.key().to_owned(), exact.collect::<Vec<_>>());
        for (name, flowed) in both {
            let density: Vec<f64> = flowed.log_densities().iter().map(|log| log.exp()).collect();
            data = data.column(format!("{} {name}", law.key()), density);
        }
    }
    Ok(data)
}

fn draw_densities(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let side = settings.count("pixels").max(2);
    let mut plates = Vec::new();
    for law in SHOWN {
        let ([x, y], half) = window(law);
        let high = data.get(law.key())?.iter().copied().fold(0.0, f64::max);
        for name in ["score", "velocity"] {
            let (across, up) = (x - half..=x + half, y - half..=y + half);
            let mut plate = Plate::new()
                .x(across.clone(), "$x_1$")
                .y(up.clone(), "$x_2$")
                .equal()
                .without_rules()
                .title(&format!("{}, {name}", law.name()));
            let shade = Shade::Sequential { colour: BLUE, low: 0.0, high };
            plate.heatmap(across, up, data.get(&format!("{} {name}", law.key()))?, side, shade);
            plates.push(plate);
        }
    }
    Ok(plates)
}

/// The floor, N(0, I), three scores, three velocities: as the checks measure them.
fn measured(law: DataLaw) -> Result<Vec<Quality>> {
    let protocol = Protocol::default();
    let rows = kept::trained(SECTION, law.key(), &(&protocol, law, "seeds 0, 1, 2"), || {
        let scores = (0..3).map(|seed| score(law, seed)).collect::<Result<Vec<_>>>()?;
        let velocities = (0..3).map(|seed| velocity(law, seed)).collect::<Result<Vec<_>>>()?;
        let all = protocol.compare(law, &scores, &velocities)?;
        anyhow::Ok(all.iter().map(Quality::row).collect())
    })?;
    Ok(rows.iter().map(|row| Quality::from_row(row)).collect::<sdml::Result<_>>()?)
}

fn seeds(_: &Settings) -> Result<Data> {
    let mut columns: [Vec<f64>; 4] = Default::default();
    for law in DataLaw::ALL {
        let all = measured(law)?;
        let floor = all[0].distances.wasserstein.mean;
        for quality in &all[1..] {
            let distance = quality.distances.wasserstein;
            let values = [
                distance.mean / floor,
                half_width(&distance, 0.95)? / floor,
                quality.excess.mean,
                half_width(&quality.excess, 0.95)?,
            ];
            columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
    }
    let [ratio, ratio_width, excess, excess_width] = columns;
    Ok(Data::new()
        .column("ratio", ratio)
        .column("ratio width", ratio_width)
        .column("excess", excess)
        .column("excess width", excess_width))
}

fn draw_seeds(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let ticks: Vec<(f64, &str)> =
        DataLaw::ALL.iter().enumerate().map(|(k, law)| (k as f64, law.name())).collect();
    let mut plates = Vec::new();
    for (name, label) in [("ratio", "$W_2$ over the floor"), ("excess", "nats above the entropy")] {
        let plate = Plate::new().x(-0.5..=2.5, "").legend(Corner::TopRight);
        let plate =
            if name == "ratio" { plate.log_y(0.6..=12.0, label) } else { plate.log_y(0.03..=5.0, label) };
        let mut plate = plate.x_ticks(&ticks);
        let (values, widths) = (data.get(name)?, data.get(&format!("{name} width"))?);
        for (first, count, pen, key, shift) in
            [(0, 1, GREEN, "$N(0, I)$", 0.0), (1, 3, BLUE, "score", -0.3), (4, 3, ORANGE, "velocity", 0.1)]
        {
            let rows: Vec<usize> =
                (0..3).flat_map(|law| (first..first + count).map(move |k| 7 * law + k)).collect();
            let x: Vec<f64> =
                rows.iter().map(|row| (row / 7) as f64 + shift + 0.1 * (row % 7 - first) as f64).collect();
            let pick = |column: &[f64]| rows.iter().map(|row| column[*row]).collect::<Vec<_>>();
            plate.estimates(&x, &pick(values), &pick(widths), pen).keyed(key);
        }
        for law in 0..3 {
            let target = if name == "ratio" { 1.3 } else { [0.1, 0.1, 0.2][law] };
            let middle = law as f64;
            plate.segment((middle - 0.42, target), (middle + 0.42, target), INK.dashed());
        }
        plates.push(plate);
    }
    Ok(plates)
}
