//! Images of digits: made and real, and how near they are to those trained on.

use anyhow::Result;
use ndarray::{Array2, ArrayView2};
use sdml::ch3_flows::transport::squared_distances;
use sdml::ch5_diffusion::beyond::digits::{DigitLaw, DigitModel, DigitRecipe, LABELS, SIDE, Templates};
use sdml::ch5_diffusion::beyond::nearest_distances;
use sdml::random::Streams;

use crate::figures::{BLUE, Corner, Data, Figure, GREY, INK, ORANGE, Parameter, Plate, Settings, Shade};

const SECTION: &str = "ch5_diffusion/beyond/digits";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "digits-sheet",
        section: SECTION,
        number: None,
        title: "Real and made",
        caption: r"Images of 8 by 8 pixels. First panel: fresh from the law. Second: made by the trained network, each column asked for as one digit, without guidance ($w = 0$).",
        alt: "Two sheets of six rows of small blurred digits from 0 to 9, slanted, shifted and stretched at random. Those of the second can be read as easily as those of the first.",
        seed: 1,
        parameters: &[Parameter { name: "w", default: 0.0, meaning: "weight of the guidance" }],
        data: sheet,
        draw: draw_sheet,
    },
    Figure {
        id: "digits-nearest",
        section: SECTION,
        number: None,
        title: "Made images and the nearest ones trained on",
        caption: r"Rows in pairs: above images that a network has made, below the image of its training set that is nearest to each. First panel: 10000 images to train on. Second: 100 images, the same network, the same number of steps.",
        alt: "First panel: the images of a pair show the same digit in visibly different positions. Second: many images of a pair are the same.",
        seed: 2,
        parameters: &[],
        data: nearest,
        draw: draw_nearest,
    },
    Figure {
        id: "digits-memory",
        section: SECTION,
        number: None,
        title: "How far from the training set",
        caption: r"The share of images that are nearer than $r$ to the nearest image of the training set: fresh images (gray) and made ones (blue). First panel: 10000 images to train on. Second: 100.",
        alt: "First panel: the blue curve rises to the right of the gray one. Second: the blue curve rises far to the left of the gray one.",
        seed: 2,
        parameters: &[Parameter { name: "images", default: 500.0, meaning: "images of each kind" }],
        data: memory,
        draw: draw_memory,
    },
    Figure {
        id: "digits-guidance",
        section: SECTION,
        number: None,
        title: "What guidance does to digits",
        caption: r"Against the weight $w$: the share of made images whose nearest template shows the digit asked for (first panel), and the mean distance to the nearest template (second; it leaves the frame). Seed 0; dashed: fresh images.",
        alt: "First panel: the share rises from a tenth at w equal to minus one to nearly one at zero and stays there. Second: the distance falls at first and rises again for large w.",
        seed: 3,
        parameters: &[Parameter { name: "images", default: 500.0, meaning: "images for each weight" }],
        data: guidance,
        draw: draw_guidance,
    },
];

fn trained(images: usize, seed: u64) -> Result<(DigitModel, Array2<f64>)> {
    let recipe = DigitRecipe { images, ..DigitRecipe::new(seed) };
    let rows = kept::trained(SECTION, "digits", &recipe, || recipe.rows())?;
    Ok((recipe.from_rows(&rows)?, recipe.training_set()?))
}

/// The training sets of the two networks.
const SETS: [usize; 2] = [10_000, 100];
const ROWS: usize = 6;

/// Pixels of a sheet of images, ten in a row with a gap of one pixel, from the lowest row of pixels up.
fn tiled(images: ArrayView2<f64>) -> Vec<f64> {
    let (tile, rows) = (SIDE + 1, images.nrows() / LABELS);
    let mut pixels = Vec::with_capacity(rows * tile * LABELS * tile);
    for y in (0..rows * tile).rev() {
        for x in 0..LABELS * tile {
            let (row, column) = (y % tile, x % tile);
            let inside = row < SIDE && column < SIDE;
            pixels.push(if inside {
                images[[y / tile * LABELS + x / tile, row * SIDE + column]]
            } else {
                -1.0
            });
        }
    }
    pixels
}

fn plate_of(pixels: &[f64], title: &str) -> Plate {
    let columns = LABELS * (SIDE + 1);
    let (width, height) = (columns as f64, (pixels.len() / columns) as f64);
    let mut plate = Plate::new()
        .x(0.0..=width, "")
        .y(0.0..=height, "")
        .x_ticks(&[])
        .y_ticks(&[])
        .equal()
        .without_rules()
        .title(title);
    let shade = Shade::Sequential { colour: INK, low: -1.0, high: 1.0 };
    plate.heatmap(0.0..=width, 0.0..=height, pixels, columns, shade);
    plate
}

fn sheet(settings: &Settings) -> Result<Data> {
    let (model, _) = trained(SETS[0], 0)?;
    let real = DigitLaw::default().images(ROWS * LABELS, &Streams::new(settings.seed, "fresh"))?;
    let made = model.images(ROWS * LABELS, settings.get("w"), settings.seed)?;
    Ok(Data::new().column("real", tiled(real.view())).column("made", tiled(made.view())))
}

fn draw_sheet(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    Ok(vec![plate_of(data.get("real")?, "real"), plate_of(data.get("made")?, "made")])
}

fn nearest(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    for (name, images) in ["many", "few"].into_iter().zip(SETS) {
        let (model, set) = trained(images, 0)?;
        let made = model.images(ROWS / 2 * LABELS, 0.0, settings.seed)?;
        let squares = squared_distances(made.view(), set.view())?;
        let mut pairs = Array2::zeros((ROWS * LABELS, made.ncols()));
        for (i, row) in squares.outer_iter().enumerate() {
            let place = 2 * (i / LABELS) * LABELS + i % LABELS;
            let best = (0..row.len()).min_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or_default();
            pairs.row_mut(place).assign(&made.row(i));
            pairs.row_mut(place + LABELS).assign(&set.row(best));
        }
        data = data.column(name, tiled(pairs.view()));
    }
    Ok(data)
}

fn draw_nearest(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    Ok(vec![
        plate_of(data.get("many")?, "10000 training images"),
        plate_of(data.get("few")?, "100 training images"),
    ])
}

fn memory(settings: &Settings) -> Result<Data> {
    let count = settings.count("images").max(LABELS);
    let fresh = DigitLaw::default().images(count, &Streams::new(settings.seed, "fresh"))?;
    let share = (1..=count).map(|k| k as f64 / count as f64);
    let mut data = Data::new().column("share", share.collect::<Vec<_>>());
    for (name, images) in ["many", "few"].into_iter().zip(SETS) {
        let (model, set) = trained(images, 0)?;
        let made = model.images(count, 0.0, settings.seed)?;
        for (kind, points) in [("fresh", &fresh), ("made", &made)] {
            let mut distances = nearest_distances(points.view(), set.view())?;
            distances.sort_by(f64::total_cmp);
            data = data.column(format!("{name} {kind}"), distances);
        }
    }
    Ok(data)
}

fn draw_memory(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let share = data.get("share")?;
    let mut plates = Vec::new();
    for (name, title) in [("many", "10000 training images"), ("few", "100 training images")] {
        let mut plate = Plate::new()
            .x(0.0..=6.0, "distance $r$ to the nearest training image")
            .y(0.0..=1.0, "share of images")
            .legend(Corner::BottomRight)
            .title(title);
        plate.line(data.get(&format!("{name} fresh"))?, share, GREY).keyed("fresh");
        plate.line(data.get(&format!("{name} made"))?, share, BLUE).keyed("made");
        plates.push(plate);
    }
    Ok(plates)
}

const WEIGHTS: [f64; 9] = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.5, 1.0, 2.0, 4.0];

fn guidance(settings: &Settings) -> Result<Data> {
    let (law, count) = (DigitLaw::default(), settings.count("images").max(LABELS));
    let templates = Templates::new(&law, 200, &Streams::new(settings.seed, "templates"))?;
    let measure = |images: ArrayView2<f64>| -> Result<[f64; 2]> {
        let distances = templates.nearest(images)?.into_iter().map(|(_, distance)| distance);
        Ok([templates.agreement(images)?, distances.sum::<f64>() / images.nrows() as f64])
    };
    let (model, _) = trained(SETS[0], 0)?;
    let (mut right, mut away) = (Vec::new(), Vec::new());
    for w in WEIGHTS {
        let [agreement, distance] = measure(model.images(count, w, settings.seed)?.view())?;
        right.push(agreement);
        away.push(distance);
    }
    let fresh = measure(law.images(count, &Streams::new(settings.seed, "fresh"))?.view())?;
    Ok(Data::new()
        .column("w", WEIGHTS)
        .column("agreement", right)
        .column("distance", away)
        .column("fresh", fresh))
}

fn draw_guidance(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (w, fresh) = (data.get("w")?, data.get("fresh")?);
    let mut left = Plate::new().x(-1.1..=4.1, "weight $w$").y(0.0..=1.02, "share with the digit asked for");
    left.horizontal(fresh[0], GREY.dashed());
    left.line(w, data.get("agreement")?, ORANGE.thin());
    left.points(w, data.get("agreement")?, ORANGE);
    let mut right = Plate::new().x(-1.1..=4.1, "weight $w$").y(0.0..=3.0, "distance to the nearest template");
    right.horizontal(fresh[1], GREY.dashed());
    right.line(w, data.get("distance")?, BLUE.thin());
    right.points(w, data.get("distance")?, BLUE);
    Ok(vec![left, right])
}
