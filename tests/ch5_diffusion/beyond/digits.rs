use std::sync::LazyLock;

use crate::check::Check;
use font8x8::legacy::BASIC_LEGACY;
use ndarray::{Array2, ArrayView2, Axis};
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch5_diffusion::beyond::digits::{
    DigitLaw, DigitModel, DigitRecipe, LABELS, PIXELS, SIDE, Templates,
};
use sdml::ch5_diffusion::beyond::{Distances, Protocol, half_width, nearest_distances};
use sdml::ch5_diffusion::score::{
    Method, Reverse, ScoreField, Source, decay, descending_times, noise_variance,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments};

const SECTION: &str = "ch5_diffusion/beyond/digits";

/// Columns and rows of the cells with ink.
fn cells(label: usize) -> Vec<[f64; 2]> {
    let rows = &BASIC_LEGACY['0' as usize + label];
    let all = (0..SIDE * SIDE).filter(|k| rows[k / SIDE] >> (k % SIDE) & 1 == 1);
    all.map(|k| [(k % SIDE) as f64, (k / SIDE) as f64]).collect()
}

/// A law without chance: fixed factors, no turn, shear, shift or noise.
fn fixed(stretch: f64) -> DigitLaw {
    DigitLaw { turn: 0.0, stretch: [stretch; 2], shear: 0.0, shift: 0.0, noise: 0.0 }
}

fn ink(image: &[f64; PIXELS]) -> Vec<f64> {
    image.iter().map(|value| 0.5 * (value + 1.0)).collect()
}

#[test]
fn place_of_the_ink() {
    // Interpolation keeps the ink and its centre, whatever the grid: the centre of the ink of a glyph laid down as it is.
    let mut worst = 0.0f64;
    let mut mirrored = f64::INFINITY;
    for label in 0..LABELS {
        let cells = cells(label);
        let image = ink(&fixed(1.0).image(label, &mut Streams::new(1, "ink").stream(0)).unwrap());
        assert!((image.iter().sum::<f64>() - cells.len() as f64).abs() < 1e-12);
        let centre: f64 = image.iter().enumerate().map(|(k, ink)| ink * ((k % SIDE) as f64 + 0.5)).sum();
        let count = cells.len() as f64;
        // The seven columns of a digit are centred in eight.
        let exact = cells.iter().map(|cell| cell[0] + 1.0).sum::<f64>() / count;
        worst = worst.max((centre / count - exact).abs());
        if [2, 4, 7].contains(&label) {
            mirrored = mirrored.min((centre / count - (SIDE as f64 - exact)).abs());
        }
    }
    Check::new(
        "ch5_diffusion/beyond/digits/place_of_the_ink",
        &["u:60"],
        "distance of the centre of an image's ink from that of the cells of its glyph, across, all ten digits, no random map",
        "the glyph's bits read from the other side, the least of three digits",
    )
    .within(worst, 0.0, 1e-12, "sums of linear interpolations over a regular grid are exact", mirrored);
}

#[test]
fn ink_scales_with_the_map() {
    // The image of a set under A has |det A| times its area; a turn and a shear change nothing.
    let law = DigitLaw { stretch: [0.85; 2], shift: 0.0, noise: 0.0, ..DigitLaw::default() };
    let mut shares = Moments::default();
    for k in 0..400u64 {
        let label = k as usize % LABELS;
        let image = ink(&law.image(label, &mut Streams::new(2, "ink").stream(k)).unwrap());
        shares.push(image.iter().sum::<f64>() / cells(label).len() as f64);
    }
    Check::new(
        "ch5_diffusion/beyond/digits/ink_scales_with_the_map",
        &["u:60"],
        "ink of a mapped image over the cells of its glyph is det A, both factors being 0.85",
        "A in place of its inverse",
    )
    .seed(2)
    .samples("400 images")
    .within(
        shares.mean().unwrap().mean,
        0.85 * 0.85,
        0.01,
        "four places in each pixel, and a corner that leaves the frame now and then",
        1.0 / (0.85 * 0.85),
    );
}

/// A network that has hardly been trained.
fn small() -> DigitRecipe {
    DigitRecipe {
        images: 20,
        hidden: vec![12],
        batch: 16,
        steps: 60,
        schedule: Schedule::Constant(3e-3),
        ..DigitRecipe::new(4)
    }
}

#[test]
fn reported_loss_is_that_of_the_last_tenth() {
    let mut losses = Vec::new();
    let model = small().train(|_, loss| losses.push(loss)).unwrap();
    let late = &losses[54..];
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!(losses.len() == 60 && (model.loss() / mean - 1.0).abs() < 1e-12, "{mean} {}", model.loss());
}

#[test]
fn score_of_an_affine_network() {
    // v_θ = W(x, u, label) + b gives −x − (a/b_t) v_θ, with the column of the label, or none.
    let (inputs, [first, horizon]) = (PIXELS + 1 + LABELS, [1e-3, 4.0]);
    let network = Mlp::new(&[inputs, PIXELS], Activation::Silu).unwrap();
    let theta = network.initial(&mut Streams::new(8, "parameters").stream(0));
    let model = DigitModel::new(network, theta.clone(), [first, horizon], [1.0, 0.5]).unwrap();
    let x = DigitLaw::default().images(3, &Streams::new(9, "points")).unwrap();
    let t = 0.7f64;
    let u = ((t - first) / (horizon - first)).sqrt();
    let ratio = decay(t) / noise_variance(t).sqrt();
    for label in [None, Some(0), Some(1), Some(9)] {
        let told = model.told(label, 0.0).unwrap();
        let mut found = Array2::zeros(x.dim());
        told.write(t, x.view(), &mut told.workspace(), found.view_mut()).unwrap();
        for (x, found) in x.outer_iter().zip(found.outer_iter()) {
            for k in 0..PIXELS {
                // Row by row, the inputs down and the outputs across.
                let weight = |input: usize| theta[input * PIXELS + k];
                let image: f64 = x.iter().enumerate().map(|(input, x)| weight(input) * x).sum();
                let of_label = label.map_or(0.0, |label| weight(PIXELS + 1 + label));
                let v = image + weight(PIXELS) * u + of_label + weight(inputs);
                assert!((found[k] + x[k] + ratio * v).abs() < 1e-12, "{label:?}, pixel {k}");
            }
        }
    }
}

#[test]
fn noise_of_the_pixels() {
    // The same stream with and without noise: what differs is σξ.
    let law = DigitLaw { noise: 0.3, ..fixed(1.0) };
    let mut misses = Moments::default();
    for k in 0..40 {
        let image = |law: DigitLaw| law.image(k % LABELS, &mut Streams::new(10, "noise").stream(k as u64));
        let (noisy, clean) = (image(law).unwrap(), image(fixed(1.0)).unwrap());
        noisy.iter().zip(clean).for_each(|(noisy, clean)| misses.push(noisy - clean));
    }
    assert!(misses.mean().unwrap().z(0.0).abs() < 4.0);
    assert!(misses.variance().unwrap().z(0.09).abs() < 4.0, "{:?}", misses.variance());
}

#[test]
fn guided_score_of_a_network() {
    let model = small().train(|_, _| ()).unwrap();
    let x = DigitLaw::default().images(5, &Streams::new(3, "points")).unwrap();
    let score = |label: Option<usize>, w: f64| {
        let (told, mut out) = (model.told(label, w).unwrap(), Array2::zeros(x.dim()));
        told.write(0.7, x.view(), &mut told.workspace(), out.view_mut()).unwrap();
        out
    };
    let (guided, with, without) = (score(Some(3), 2.0), score(Some(3), 0.0), score(None, 0.0));
    let miss = |a: &Array2<f64>| (&guided - a).iter().fold(0.0f64, |worst, d| worst.max(d.abs()));
    assert!(
        miss(&score(Some(3), -1.0)) > 1e-3
            && (&score(Some(3), -1.0) - &without).iter().all(|d| d.abs() < 1e-12)
    );
    Check::new(
        "ch5_diffusion/beyond/digits/guided_score_of_a_network",
        &["r:16"],
        "the guided score of a network is 3 s(x, t, label) − 2 s(x, t) for w = 2: the greatest difference over five images",
        "2 s(x, t, label) − s(x, t), with w for 1 + w",
    )
    .within(miss(&(3.0 * &with - 2.0 * &without)), 0.0, 1e-11, "rounding", miss(&(2.0 * &with - &without)));
}

#[test]
fn score_from_v() {
    // One image to train on: X_t = a x_0 + bε, and the score is (a x_0 − x)/b² for every x. What v_θ learns must give it.
    let recipe = DigitRecipe {
        images: 1,
        hidden: vec![128],
        batch: 32,
        steps: 1500,
        withheld: 0.0,
        schedule: Schedule::Cosine { rate: 1e-2, steps: 1500 },
        ..DigitRecipe::new(5)
    };
    let model = recipe.train(|_, _| ()).unwrap();
    let image = recipe.training_set().unwrap();
    let t = 0.5;
    let (a, b2) = (decay(t), noise_variance(t));
    let mut stream = Streams::new(6, "noise").stream(0);
    let x = Array2::from_shape_fn((40, PIXELS), |(_, k)| a * image[[0, k]] + b2.sqrt() * stream.normal());
    let told = model.told(Some(0), 0.0).unwrap();
    let mut found = Array2::zeros(x.dim());
    told.write(t, x.view(), &mut told.workspace(), found.view_mut()).unwrap();
    let exact = (a * &image - &x) / b2;
    let relative = |other: &Array2<f64>| {
        let square = |m: &Array2<f64>| m.iter().map(|v| v * v).sum::<f64>();
        (square(&(other - &exact)) / square(&exact)).sqrt()
    };
    // v = −(s + x) b/a read as the noise: s = −v/b.
    let as_noise = (&found + &x) / a;
    Check::new(
        "ch5_diffusion/beyond/digits/score_from_v",
        &["eq:5.4"],
        "trained on a single image, the network's score is (a x_0 − x)/b²: relative distance in the mean square, t = ½",
        "v taken for the noise, s = −v/b",
    )
    .seed(5)
    .samples("40 points")
    .within(relative(&found), 0.0, 0.25, "1500 steps for a map of 64 dimensions; what v read as noise misses is three times as large", relative(&as_noise));
}

/// A thousand images drawn with the guidance w from a network trained with the recipe; kept, like the network.
fn made(recipe: &DigitRecipe, w: f64) -> Array2<f64> {
    let images = || {
        let rows = kept::trained(SECTION, "digits", recipe, || recipe.rows())?;
        let images = recipe.from_rows(&rows)?.images(COUNT, w, 20 + recipe.seed)?;
        Ok::<_, sdml::Error>(vec![images.into_raw_vec_and_offset().0])
    };
    let mut rows = kept::trained(SECTION, "digit-images", &(recipe, COUNT, w), images).unwrap();
    Array2::from_shape_vec((COUNT, PIXELS), rows.remove(0)).unwrap()
}

const COUNT: usize = 1000;

/// What is measured of a thousand images.
struct Measured {
    distances: Distances,
    /// The share whose nearest template shows the digit asked for.
    agreement: f64,
    /// Distances to the nearest template.
    template: Estimate,
}

impl Measured {
    fn rows(&self) -> Vec<Vec<f64>> {
        let Distances { wasserstein, sliced, mmd_squared } = self.distances;
        let row = |e: Estimate| vec![e.mean, e.standard_error, e.count as f64];
        let mut rows = [wasserstein, sliced, mmd_squared, self.template].map(row).to_vec();
        rows.push(vec![self.agreement]);
        rows
    }

    fn from_rows(rows: &[Vec<f64>]) -> Self {
        let [wasserstein, sliced, mmd_squared, template] = [0, 1, 2, 3].map(|k| Estimate {
            mean: rows[k][0],
            standard_error: rows[k][1],
            count: rows[k][2] as u64,
        });
        Self { distances: Distances { wasserstein, sliced, mmd_squared }, agreement: rows[4][0], template }
    }
}

fn protocol() -> Protocol {
    Protocol { points: 250, repeats: 4, directions: 200, bandwidths: vec![4.0], ..Protocol::default() }
}

fn fresh(name: &str) -> Array2<f64> {
    DigitLaw::default().images(COUNT, &Streams::new(11, name)).unwrap()
}

fn measure(images: ArrayView2<f64>) -> Measured {
    let templates = Templates::new(&DigitLaw::default(), 200, &Streams::new(12, "templates")).unwrap();
    let nearest = templates.nearest(images).unwrap();
    let right = nearest.iter().enumerate().filter(|(i, (label, _))| i % LABELS == *label).count();
    Measured {
        distances: protocol().distances(images, fresh("data").view()).unwrap(),
        agreement: right as f64 / nearest.len() as f64,
        template: Estimate::of(nearest.into_iter().map(|(_, distance)| distance)).unwrap(),
    }
}

/// The mean distance to the nearest image of the training set, over that of fresh images.
fn originality(images: ArrayView2<f64>, set: &Array2<f64>) -> f64 {
    let mean = |images: ArrayView2<f64>| nearest_distances(images, set.view()).unwrap().iter().sum::<f64>();
    mean(images) / mean(fresh("as if made").view())
}

/// Every pixel by itself with the right mean and variance: what the law would be if pixels were independent.
fn independent_pixels() -> Array2<f64> {
    let data = fresh("moments");
    let (mean, deviation) = (data.mean_axis(Axis(0)).unwrap(), data.std_axis(Axis(0), 0.0));
    let mut stream = Streams::new(13, "pixels").stream(0);
    Array2::from_shape_fn((COUNT, PIXELS), |(_, k)| mean[k] + deviation[k] * stream.normal())
}

// Targets, set before training.
/// W₂ over its floor.
const WASSERSTEIN: f64 = 1.2;
/// The sliced distance over its floor.
const SLICED: f64 = 2.0;
/// The share that is read as the digit asked for, below that of fresh images.
const AGREEMENT: f64 = 0.05;
/// The distance to the training set over that of fresh images.
const ORIGINALITY: f64 = 0.9;

/// Everything measured, once for all tests.
struct All {
    fresh: Measured,
    pixels: Measured,
    /// For each seed the images and their originality.
    seeds: Vec<(Measured, f64)>,
    guided: (Measured, f64),
    few: (Measured, f64),
    /// The share read as asked for when the label is ignored.
    ignored: f64,
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let made = |images: usize, seed: u64, w: f64| {
        let recipe = DigitRecipe { images, ..DigitRecipe::new(seed) };
        let measured = || {
            let made = made(&recipe, w);
            let mut rows = measure(made.view()).rows();
            rows.push(vec![originality(made.view(), &recipe.training_set()?)]);
            Ok::<_, sdml::Error>(rows)
        };
        let rows = kept::trained(SECTION, "digit-measures", &(&recipe, w, protocol()), measured).unwrap();
        (Measured::from_rows(&rows), rows[5][0])
    };
    let alone = |name: &str, images: fn() -> Array2<f64>| {
        let measured = || Ok::<_, sdml::Error>(measure(images().view()).rows());
        Measured::from_rows(&kept::trained(SECTION, name, &protocol(), measured).unwrap())
    };
    All {
        fresh: alone("digit-measures-fresh", || fresh("as if made")),
        pixels: alone("digit-measures-pixels", independent_pixels),
        seeds: (0..3).map(|seed| made(10_000, seed, 0.0)).collect(),
        guided: made(10_000, 0, 1.0),
        few: made(100, 0, 0.0),
        ignored: made(10_000, 0, -1.0).0.agreement,
    }
});

/// W₂ and the sliced distance over their floors.
fn ratios(found: &Measured) -> [f64; 2] {
    let (found, floor) = (found.distances, ALL.fresh.distances);
    [found.wasserstein.mean / floor.wasserstein.mean, found.sliced.mean / floor.sliced.mean]
}

#[test]
fn table() {
    // Pins of every number, and of how many targets are missed.
    let mut records = String::new();
    let mut write = |name: &str, found: &Measured, own: Option<f64>| {
        let shown = |estimate: Estimate, unit: f64, digits: usize| {
            let width = half_width(&estimate, 0.95).unwrap();
            format!("{:.digits$} ± {:.digits$}", estimate.mean / unit, width / unit).replace('-', "−")
        };
        let Distances { wasserstein, sliced, mmd_squared } = found.distances;
        records += &format!("{name}_w2 = {}\n", shown(wasserstein, 1.0, 2));
        records += &format!("{name}_sliced = {}\n", shown(sliced, 1.0, 3));
        records += &format!("{name}_mmd = {}\n", shown(mmd_squared, 1e-3, 1));
        records += &format!("{name}_agreement = {:.1}\n", 100.0 * found.agreement);
        records += &format!("{name}_template = {}\n", shown(found.template, 1.0, 2));
        if let Some(own) = own {
            records += &format!("{name}_originality = {own:.2}\n");
        }
    };
    write("fresh", &ALL.fresh, None);
    write("pixels", &ALL.pixels, None);
    write("guided", &ALL.guided.0, Some(ALL.guided.1));
    write("few", &ALL.few.0, Some(ALL.few.1));
    let mut missed = 0;
    for (seed, (found, own)) in ALL.seeds.iter().enumerate() {
        write(&format!("seed_{seed}"), found, Some(*own));
        let [wasserstein, sliced] = ratios(found);
        let misses = [
            wasserstein > WASSERSTEIN,
            sliced > SLICED,
            found.agreement < ALL.fresh.agreement - AGREEMENT,
            *own < ORIGINALITY,
        ];
        missed += misses.into_iter().filter(|missed| *missed).count();
    }
    records += &format!("missed = {missed}\n");
    crate::pins::pin("ch5_diffusion/beyond/digits/table", records);
}

#[test]
fn distance_of_made_images() {
    let worst = ALL.seeds.iter().map(|(found, _)| ratios(found)[0]).fold(0.0, f64::max);
    Check::new(
        "ch5_diffusion/beyond/digits/distance_of_made_images",
        &["u:60"],
        "W₂ between made and fresh images over that between fresh and fresh, the worst of three seeds",
        "images of independent pixels with the right means and variances",
    )
    .seed(20)
    .samples("seeds 0, 1, 2; four pairs of samples of 250")
    .within(worst, 1.0, WASSERSTEIN - 1.0, "the target set before training", ratios(&ALL.pixels)[0]);
}

#[test]
fn made_as_asked() {
    let worst = ALL.seeds.iter().map(|(found, _)| found.agreement).fold(1.0, f64::min);
    Check::new(
        "ch5_diffusion/beyond/digits/made_as_asked",
        &["r:16"],
        "the share of made images whose nearest template shows the digit asked for, the worst of three seeds, beside that of fresh images",
        "the label ignored, w = −1",
    )
    .seed(20)
    .samples("seeds 0, 1, 2; 1000 images each, 2000 templates")
    .within(worst, ALL.fresh.agreement, AGREEMENT, "the target set before training", ALL.ignored);
}

#[test]
fn not_from_memory() {
    let worst = ALL.seeds.iter().map(|(_, own)| *own).fold(f64::INFINITY, f64::min);
    Check::new(
        "ch5_diffusion/beyond/digits/not_from_memory",
        &["u:60"],
        "by which share made images are nearer to the 10000 training images than fresh images are, in the mean; 0 if they are not; the worst of three seeds",
        "the same network trained on 100 images",
    )
    .seed(20)
    .samples("seeds 0, 1, 2; 1000 images each")
    .within(
        (1.0 - worst).max(0.0),
        0.0,
        1.0 - ORIGINALITY,
        "the target set before training",
        1.0 - ALL.few.1,
    );
}

#[test]
fn a_source_draws_a_label_and_its_image() {
    let (law, streams) = (DigitLaw::default(), Streams::new(14, "labels"));
    let mut seen = [false; LABELS];
    for k in 0..200 {
        let (mut stream, mut point) = (streams.stream(k), [0.0; PIXELS]);
        law.draw(&mut streams.stream(k), &mut point);
        let label = (10.0 * stream.uniform()) as usize;
        assert_eq!(point, law.image(label, &mut stream).unwrap(), "{k}");
        seen[label] = true;
    }
    assert_eq!(seen, [true; LABELS]);
}

#[test]
fn distance_to_the_nearest_template() {
    // One template of every digit, and the same images a little brighter: |δ (1, …, 1)| = 8δ.
    let (law, streams) = (DigitLaw { noise: 0.0, ..DigitLaw::default() }, Streams::new(15, "templates"));
    let templates = Templates::new(&law, 1, &streams).unwrap();
    let images = law.images(LABELS, &streams).unwrap();
    for brighter in [0.0, 0.02] {
        let nearest = templates.nearest((&images + brighter).view()).unwrap();
        for (label, (found, distance)) in nearest.into_iter().enumerate() {
            assert_eq!(found, label);
            assert!((distance - 8.0 * brighter).abs() < 1e-12, "{label}: {distance}");
        }
    }
}

/// An affine network as it is before any training.
fn affine() -> DigitModel {
    let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network().unwrap();
    let theta = network.initial(&mut Streams::new(16, "parameters").stream(0));
    DigitModel::new(network, theta, [1e-3, 4.0], [1.0, 0.5]).unwrap()
}

#[test]
fn images_are_made_label_by_label() {
    // Twelve images: two of the first two digits, one of the others, by 100 exponential steps with h = 1.
    let (model, count, w, seed) = (affine(), LABELS + 2, 0.5, 3);
    let images = model.images(count, w, seed).unwrap();
    let times = descending_times(4.0, 1e-3, 100, 2.0).unwrap();
    for label in 0..LABELS {
        let told = model.told(Some(label), w).unwrap();
        let reverse = Reverse::new(&told, 1.0, times.clone(), Method::Exponential).unwrap();
        let rows = if label < 2 { 2 } else { 1 };
        let made = reverse.sample(rows, &Streams::new(seed, &format!("digit {label}"))).unwrap();
        for (k, image) in made.outer_iter().enumerate() {
            assert_eq!(images.row(label + LABELS * k), image, "{label}, {k}");
        }
    }
}

#[test]
fn loss_of_the_first_step_of_digits() {
    // Eight draws, each from a stream of its own: which image, whether it is told, when, and the noise.
    let recipe = DigitRecipe { hidden: vec![], withheld: 0.4, batch: 8, steps: 1, ..small() };
    let mut losses = Vec::new();
    // One step has nothing to compare its loss with.
    let untrained = recipe.train(|_, loss| losses.push(loss));
    assert!(untrained.unwrap_err().to_string().contains("train the network"));
    let (network, images) = (recipe.network().unwrap(), recipe.training_set().unwrap());
    let theta = network.initial(&mut Streams::new(recipe.seed, "parameters").stream(0));
    let mut sum = 0.0;
    for i in 0..8 {
        let mut stream = Streams::new(recipe.seed, "batches").stream(i);
        let chosen = (20.0 * stream.uniform()) as usize;
        let told = stream.uniform() >= 0.4;
        let u = stream.uniform();
        let t = recipe.first + (recipe.horizon - recipe.first) * u * u;
        let (a, b) = (decay(t), noise_variance(t).sqrt());
        let noise: Vec<f64> = (0..PIXELS).map(|_| stream.normal()).collect();
        let image = images.row(chosen);
        let mut input: Vec<f64> = image.iter().zip(&noise).map(|(x, eps)| a * x + b * eps).collect();
        input.push(u);
        input.extend((0..LABELS).map(|label| f64::from(told && label == chosen % LABELS)));
        let found = network.formula(&theta, &input);
        let wanted = image.iter().zip(&noise).map(|(x, eps)| a * eps - b * x);
        sum += found.iter().zip(wanted).map(|(found, v)| (found - v).powi(2)).sum::<f64>();
    }
    assert!((losses[0] / (sum / 8.0) - 1.0).abs() < 1e-12, "{losses:?} {sum}");
}
