//! Flows trained on data, beside the exact laws.

use anyhow::Result;
use sdml::ch3_flows::coupling::{FlowPass, MaximumLikelihood, TriangularAffine};
use sdml::ch3_flows::data::{DataLaw, negative_log_likelihood};
use sdml::random::Streams;

use super::{CELLS, cells, split};
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Pen, Plate, Settings, Shade, Side,
    on_all_cores,
};

const SECTION: &str = "ch3_flows/coupling/likelihood";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "training-floor",
        section: SECTION,
        number: None,
        title: "Training curves with their floors",
        caption: r"Loss during training, means over 50 steps of 256 points (lines), and the entropies of the three laws (dashed), below which no mean can stay.",
        alt: "Three falling curves, each above a dashed line of its color. The lowest, of the two moons, ends close to its line; the others end a tenth or two of a nat above theirs.",
        seed: 0,
        parameters: &[],
        data: curves,
        draw: draw_curves,
    },
    Figure {
        id: "learned-densities",
        section: SECTION,
        number: None,
        title: "Exact and learned densities",
        caption: r"Densities of the three laws (exact) and of the flows trained on them (learned), in the same shades for each pair.",
        alt: "Six heat maps in pairs. First of each pair: eight sharp discs, two arcs, eight squares. Second: the same shapes, the discs joined by filaments, the arcs by a very faint one, the squares with rounded corners and bridges between them.",
        seed: 0,
        parameters: &[],
        data: densities,
        draw: draw_densities,
    },
    Figure {
        id: "nll-floors",
        section: SECTION,
        number: None,
        title: "Held-out likelihood and its floor",
        caption: r"Mean of $-\log p_\theta$ on 20000 held-out points: the best normal law (gray), flows of three seeds (dots), and the entropy of the law (bars), below which no model can stay.",
        alt: "For each of three laws a gray dot lies far above a bar; three colored dots lie just above the bar.",
        seed: 77,
        parameters: &[Parameter { name: "points", default: 20_000.0, meaning: "held-out points" }],
        data: floors,
        draw: draw_floors,
    },
];

fn trained(law: DataLaw, seed: u64) -> Result<(MaximumLikelihood, [Vec<f64>; 2])> {
    let recipe = MaximumLikelihood::new(law, seed);
    let rows = kept::trained(SECTION, law.key(), &recipe, || recipe.train().map(|trained| trained.rows()))?;
    Ok((recipe, split(rows)?))
}

const WINDOW: usize = 50;

fn curves(settings: &Settings) -> Result<Data> {
    let runs = on_all_cores(DataLaw::ALL, |law| Ok((law, trained(law, settings.seed)?.1)))?;
    let mut data = Data::new();
    for (law, [_, losses]) in runs {
        let means: Vec<f64> =
            losses.chunks_exact(WINDOW).map(|losses| losses.iter().sum::<f64>() / WINDOW as f64).collect();
        if law == DataLaw::ALL[0] {
            data = data.column(
                "step",
                (0..means.len()).map(|k| (WINDOW * k + WINDOW / 2) as f64).collect::<Vec<_>>(),
            );
        }
        data = data.column(law.key(), means).column(format!("{} entropy", law.key()), [law.entropy()]);
    }
    Ok(data)
}

fn pens() -> [(DataLaw, Pen); 3] {
    [(DataLaw::Checkerboard, GREEN.into()), (DataLaw::Eight, ORANGE.into()), (DataLaw::Moons, BLUE.into())]
}

fn draw_curves(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let step = data.get("step")?;
    let last = step.last().copied().unwrap_or(1.0);
    let mut plate = Plate::sized(440.0, 320.0)
        .x(0.0..=last * 1.02, "step")
        .y(0.0..=3.5, r"$-\log p_\theta$, nats")
        .legend(Corner::TopRight);
    for (law, pen) in pens() {
        plate.horizontal(data.number(&format!("{} entropy", law.key()))?, pen.dashed().thin());
        plate.line(step, data.get(law.key())?, pen).keyed(law.name());
    }
    Ok(vec![plate])
}

fn densities(settings: &Settings) -> Result<Data> {
    let runs = on_all_cores(DataLaw::ALL, |law| {
        let (recipe, [theta, _]) = trained(law, settings.seed)?;
        let grid = cells(law.window());
        let exact: Vec<f64> = grid.rows().into_iter().map(|x| law.log_density([x[0], x[1]]).exp()).collect();
        let learned = recipe.flow()?.log_density(&theta, grid.view(), &mut FlowPass::new())?;
        Ok((law, exact, learned.into_iter().map(f64::exp).collect::<Vec<_>>()))
    })?;
    Ok(runs.into_iter().fold(Data::new(), |data, (law, exact, learned)| {
        data.column(format!("{} exact", law.key()), exact).column(format!("{} learned", law.key()), learned)
    }))
}

fn draw_densities(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plates = Vec::new();
    for law in DataLaw::ALL {
        let ([x, y], half) = law.window();
        let exact = data.get(&format!("{} exact", law.key()))?;
        let high = exact.iter().copied().fold(0.0, f64::max);
        for what in ["exact", "learned"] {
            let (across, up) = (x - half..=x + half, y - half..=y + half);
            let mut plate = Plate::new()
                .x(across.clone(), "")
                .y(up.clone(), "")
                .equal()
                .without_rules()
                .title(&format!("{}, {what}", law.name()));
            let shade = Shade::Sequential { colour: BLUE, low: 0.0, high };
            plate.heatmap(across, up, data.get(&format!("{} {what}", law.key()))?, CELLS, shade);
            plates.push(plate);
        }
    }
    Ok(plates)
}

fn floors(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    for law in DataLaw::ALL {
        let points =
            law.points(settings.count("points"), &mut Streams::new(settings.seed, "held out").stream(0));
        let flows = on_all_cores([0, 1, 2], |seed| {
            let (recipe, [theta, _]) = trained(law, seed)?;
            Ok(recipe.flow()?.negative_log_likelihood(&theta, points.view())?)
        })?;
        let normal = TriangularAffine::fit(points.view())?;
        let normal = negative_log_likelihood(points.view(), |x| normal.log_density(&x))?;
        data = data
            .column(format!("{} flows", law.key()), flows)
            .column(format!("{} normal", law.key()), [normal])
            .column(format!("{} floor", law.key()), [law.entropy()]);
    }
    Ok(data)
}

fn draw_floors(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plate = Plate::new()
        .x(0.0..=3.0, "")
        .x_ticks(&[(0.5, "two moons"), (1.5, "eight Gaussians"), (2.5, "checkerboard")])
        .y(0.0..=3.6, r"$-\log p_\theta$, nats");
    for (place, (law, pen)) in pens().into_iter().rev().enumerate() {
        let middle = place as f64 + 0.5;
        let floor = data.number(&format!("{} floor", law.key()))?;
        plate.segment((middle - 0.35, floor), (middle + 0.35, floor), INK.weight(2.0));
        plate.points(&[middle], &[data.number(&format!("{} normal", law.key()))?], GREY);
        let flows = data.get(&format!("{} flows", law.key()))?;
        plate.points(&[middle - 0.15, middle, middle + 0.15], flows, pen);
    }
    plate.label((0.5, 1.35), "best normal law", Side::Above, GREY);
    plate.label((0.9, 0.2), "entropy", Side::Right, INK);
    Ok(vec![plate])
}
