//! A flow, layer by layer.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch3_flows::coupling::{FlowPass, MaximumLikelihood};
use sdml::ch3_flows::data::DataLaw;
use sdml::random::Streams;

use super::{split, with_points};
use crate::figures::{BLUE, Data, Figure, GREEN, ORANGE, PURPLE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "flow-layers",
    section: "ch3_flows/coupling/flow",
    number: Some("3.1"),
    title: "A flow forwards and backwards",
    caption: r"Points $z = y_0$ of the prior $N(0, I)$, colored by their quadrant, on their way through a flow trained on two moons: after each of its eight layers, up to $x = y_8$. Read from the last panel to the first, the inverse layers carry the moons to the prior.",
    alt: "Nine clouds of points in four colors. The first is round. From one to the next it is stretched, sheared and folded until the last one is two half circles, joined by a few points.",
    seed: 0,
    parameters: &[Parameter { name: "points", default: 800.0, meaning: "points" }],
    data: layers,
    draw: draw_layers,
}];

/// ℓ of the book's training.
const LAYERS: usize = MaximumLikelihood::new(DataLaw::Moons, 0).layers;

fn layers(settings: &Settings) -> Result<Data> {
    let recipe = MaximumLikelihood::new(DataLaw::Moons, settings.seed);
    let rows = kept::trained("ch3_flows/coupling/likelihood", DataLaw::Moons.key(), &recipe, || {
        recipe.train().map(|trained| trained.rows())
    })?;
    let [theta, _] = split(rows)?;
    let mut stream = Streams::new(settings.seed, "prior points").stream(0);
    let z = Array2::from_shape_simple_fn((settings.count("points"), 2), || stream.normal());
    let mut pass = FlowPass::new();
    recipe.flow()?.forward(&theta, z.view(), &mut pass)?;
    let stages = pass.stages().iter().enumerate();
    Ok(stages.fold(Data::new(), |data, (l, points)| with_points(data, &format!("y_{l}"), points)))
}

fn draw_layers(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let quadrant = |x: f64, y: f64| usize::from(x > 0.0) + 2 * usize::from(y > 0.0);
    let colours = [BLUE, ORANGE, GREEN, PURPLE];
    let (x_0, y_0) = (data.get("y_0 x")?, data.get("y_0 y")?);
    let mut plates = Vec::new();
    for l in 0..=LAYERS {
        let (x, y) = (data.get(&format!("y_{l} x"))?, data.get(&format!("y_{l} y"))?);
        let mut middle = [0.0; 2];
        for (sum, column) in middle.iter_mut().zip([x, y]) {
            let mut sorted = column.to_vec();
            sorted.sort_by(f64::total_cmp);
            // The middle of the bulk: a few points fly far.
            *sum = 0.5 * (sorted[sorted.len() / 100] + sorted[sorted.len() - 1 - sorted.len() / 100]);
        }
        let reach = [x, y].into_iter().zip(middle).flat_map(|(column, m)| {
            let mut away: Vec<f64> = column.iter().map(|v| (v - m).abs()).collect();
            away.sort_by(f64::total_cmp);
            [away[away.len() - 1 - away.len() / 100]]
        });
        let half = 1.1 * reach.fold(0.0, f64::max);
        let title = match l {
            0 => "$z = y_0$".to_owned(),
            LAYERS => format!("$x = y_{l}$"),
            _ => format!("$y_{l}$"),
        };
        let mut plate = Plate::new()
            .x(middle[0] - half..=middle[0] + half, "")
            .y(middle[1] - half..=middle[1] + half, "")
            .equal()
            .without_rules()
            .title(&title);
        for (k, colour) in colours.into_iter().enumerate() {
            let ours: Vec<usize> = (0..x.len()).filter(|&i| quadrant(x_0[i], y_0[i]) == k).collect();
            let pick = |column: &[f64]| ours.iter().map(|&i| column[i]).collect::<Vec<_>>();
            plate.dots(&pick(x), &pick(y), 1.6, colour.opacity(0.8));
        }
        plates.push(plate);
    }
    Ok(plates)
}
