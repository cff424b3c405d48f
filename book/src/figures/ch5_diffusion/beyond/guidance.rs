//! Guidance: where it ends, and what it does to a sample.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch5_diffusion::beyond::{Guided, GuidedGaussian, effect};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::{Method, Normal, Reverse, descending_times};
use sdml::random::Streams;
use sdml::statistics::normal;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch5_diffusion/beyond/guidance";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "guidance-law",
        section: SECTION,
        number: None,
        title: "Guidance does not end in the product",
        caption: r"First panel: the variance at the end of the guided reverse equation against $w$, in closed form, for $N(1.5, \frac14)$ within $N(0, 1)$; dashed: the product of the densities. Second: the class $N(1, 0.49)$ of a mixture with $N(-1, 0.49)$ (filled), the product at $w = 2$ (dashed) and the exact density at the end of the guided flow (line).",
        alt: "First panel: four curves fall from one quarter, that of no noise fastest, that of the product slowest. Second: the product is a hump to the right of the class's; the flow's density is narrower and stands further to the right.",
        seed: 0,
        parameters: &[],
        data: law,
        draw: draw_law,
    },
    Figure {
        id: "guidance-sweep",
        section: SECTION,
        number: None,
        title: "What the weight does to a sample",
        caption: r"Three classes $N(m_k, 0.49\, I)$; points for the right one by the guided reverse equation, $h = 1$. First: 600 points each for $w = 0$ (gray) and $w = 4$ (orange); the circle holds 99 % of the class, dots mark the three means. Second: mean shift along the axis and variance against $w$. Third: the shares of points that look like another class and of points outside the circle.",
        alt: "First: the gray cloud is round and centered at the class; the orange one is pushed away from the other two classes and some of it leaves the circle. Second: the shift grows and the variance falls, both ever more slowly. Third: the confused share falls to nothing at once, the outlying share falls a little and then rises.",
        seed: 3,
        parameters: &[Parameter { name: "points", default: 8000.0, meaning: "points for each weight" }],
        data: sweep,
        draw: draw_sweep,
    },
];

const NOISES: [f64; 3] = [0.0, 1.0, 16.0];

fn law(_: &Settings) -> Result<Data> {
    let weights: Vec<f64> = (0..=80).map(|k| 0.05 * f64::from(k)).collect();
    let case = |w: f64| GuidedGaussian::new(Normal::STANDARD, Normal::new(1.5, 0.25)?, w);
    let product = weights.iter().map(|&w| Ok(case(w)?.product(0.0)?.variance)).collect::<Result<Vec<_>>>()?;
    let end = |h: f64| -> Result<Vec<f64>> {
        weights.iter().map(|&w| Ok(case(w)?.reversed(h, 6.0, Normal::STANDARD)?.variance)).collect()
    };
    let ends = NOISES.iter().map(|&h| end(h)).collect::<Result<Vec<_>>>()?;
    // The flow z ↦ y keeps the order of points on the line: the density at the end is φ(z) dz/dy.
    const CELLS: usize = 400;
    let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.7)?;
    let class = data.only(&[1])?;
    let guided = Guided::new(data, class.clone(), 2.0)?;
    let width = 9.0 / CELLS as f64;
    let starts = Array2::from_shape_fn((CELLS + 1, 1), |(k, _)| -4.5 + width * k as f64);
    let times = descending_times(4.0, 0.0, 400, 2.0)?;
    let flow = Reverse::new(&guided, 0.0, times, Method::Heun)?;
    let arrived: Vec<f64> = flow.run(starts.view(), &Streams::new(0, "no noise"))?.into_iter().collect();
    let middle = arrived.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect::<Vec<_>>();
    let density = arrived.windows(2).enumerate().map(|(k, pair)| {
        let z = -4.5 + width * (k as f64 + 0.5);
        normal::density(z) * width / (pair[1] - pair[0])
    });
    let density = density.collect::<Vec<_>>();
    let x: Vec<f64> = (0..=300).map(|k| -1.5 + 0.02 * f64::from(k)).collect();
    let unnormalized =
        x.iter().map(|x| Ok(guided.log_product(0.0, &[*x])?.exp())).collect::<Result<Vec<_>>>()?;
    let mass: f64 = unnormalized.iter().sum::<f64>() * 0.02;
    Ok(Data::new()
        .column("w", weights)
        .column("product", product)
        .columns("end", ends)
        .column("class", x.iter().map(|x| class.density(&[*x])).collect::<Vec<_>>())
        .column("tilted", unnormalized.iter().map(|p| p / mass).collect::<Vec<_>>())
        .column("x", x)
        .column("middle", middle)
        .column("flow", density))
}

fn draw_law(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let w = data.get("w")?;
    let mut left =
        Plate::new().x(0.0..=4.0, "weight $w$").log_y(1e-3..=0.4, "variance").legend(Corner::BottomLeft);
    left.line(w, data.get("product")?, INK.dashed()).keyed("product");
    for ((end, h), colour) in data.family("end").zip(NOISES).zip([BLUE, GREEN, ORANGE]) {
        left.line(w, end, colour).keyed(&format!("$h = {h}$"));
    }
    let mut right = Plate::new().x(-1.5..=4.5, "$x$").y(0.0..=1.2, "density").legend(Corner::TopLeft);
    right.area(data.get("x")?, data.get("class")?, GREY).keyed("class");
    right.line(data.get("x")?, data.get("tilted")?, INK.dashed()).keyed("product");
    right.line(data.get("middle")?, data.get("flow")?, BLUE).keyed("guided flow");
    Ok(vec![left.title("normal laws"), right.title("two classes")])
}

const WEIGHTS: [f64; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
const CENTRE: [f64; 2] = [1.2, 0.0];
const DEVIATION: f64 = 0.7;

/// The radius that holds 99 % of the class.
fn reach() -> f64 {
    DEVIATION * (-2.0 * 0.01f64.ln()).sqrt()
}

fn sweep(settings: &Settings) -> Result<Data> {
    let data = Mixture::ring(3, CENTRE[0], DEVIATION)?;
    let class = data.only(&[0])?;
    let level = class.log_density(&CENTRE) + 0.01f64.ln();
    let mut out = Data::new();
    let mut rows = Vec::new();
    for w in WEIGHTS {
        let guided = Guided::new(data.clone(), class.clone(), w)?;
        let reverse = Reverse::new(&guided, 1.0, descending_times(3.0, 0.0, 200, 2.0)?, Method::Euler)?;
        let points = reverse.sample(settings.count("points"), &Streams::new(settings.seed, "sweep"))?;
        let found = effect(points.view(), &data, &[0], level)?;
        rows.push([found.mean[0] - CENTRE[0], found.variance, found.confused, found.outlying]);
        if w == 0.0 || w == 4.0 {
            let some = points.nrows().min(600);
            out = out
                .column(format!("x at {w}"), points.column(0).iter().take(some).copied().collect::<Vec<_>>())
                .column(format!("y at {w}"), points.column(1).iter().take(some).copied().collect::<Vec<_>>());
        }
    }
    let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<_>>();
    Ok(out
        .column("w", WEIGHTS)
        .column("shift", column(0))
        .column("variance", column(1))
        .column("confused", column(2))
        .column("outlying", column(3)))
}

fn draw_sweep(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut cloud = Plate::new()
        .x(-2.0..=4.0, "$x_1$")
        .y(-3.0..=3.0, "$x_2$")
        .equal()
        .legend(Corner::TopLeft)
        .without_rules();
    cloud.dots(data.get("x at 0")?, data.get("y at 0")?, 1.4, GREY).keyed("$w = 0$");
    cloud.dots(data.get("x at 4")?, data.get("y at 4")?, 1.4, ORANGE).keyed("$w = 4$");
    let around = (0..=120).map(|k| {
        let angle = f64::from(k) * std::f64::consts::TAU / 120.0;
        (CENTRE[0] + reach() * angle.cos(), CENTRE[1] + reach() * angle.sin())
    });
    cloud.polyline(around, INK);
    let half = 0.5 * 3f64.sqrt() * CENTRE[0];
    cloud.points(&[CENTRE[0], -0.6, -0.6], &[0.0, half, -half], PURPLE);
    let w = data.get("w")?;
    let mut moments = Plate::new().x(0.0..=6.0, "weight $w$").y(0.0..=1.0, "shift, variance");
    for (name, colour) in [("shift", BLUE), ("variance", GREEN)] {
        moments.line(w, data.get(name)?, colour.thin());
        moments.points(w, data.get(name)?, colour).keyed(name);
    }
    let mut shares = Plate::new().x(0.0..=6.0, "weight $w$").y(0.0..=0.14, "share of the points");
    for (name, words, colour) in
        [("confused", "looks like another class", PURPLE), ("outlying", "outside the circle", ORANGE)]
    {
        shares.line(w, data.get(name)?, colour.thin());
        shares.points(w, data.get(name)?, colour).keyed(words);
    }
    Ok(vec![cloud, moments.title("moments"), shares.title("shares")])
}
