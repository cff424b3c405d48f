//! Seven roads to E x² of the double well: the estimates about the exact line, and what their errors are made of.

use anyhow::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
use sdml::ch5_diffusion::roads;

use crate::figures::{BLUE, Corner, Data, Figure, INK, ORANGE, Plate, Settings};

const SECTION: &str = "ch5_diffusion/roads";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "roads",
    section: SECTION,
    number: None,
    title: "Seven roads to one number",
    caption: r"$\E x^2$ of the double well at $\beta = 1$. First panel: each road's estimate with two standard errors (blue), the value it tends to with more draws (orange), and quadrature (line). Second: the two parts of the error, bias and standard error; parts below $10^{-6}$ are not shown. 1, Euler–Maruyama; 2, Fokker–Planck; 3a, BAOAB; 3b, MALA; 4, RealNVP and 5, ODE flow, both reweighted; 6, diffusion model; 7, interpolant.",
    alt: "First panel: eight estimates about a horizontal line. The first lies far below it, BAOAB a little below, the diffusion model and the interpolant on either side, the others on it. Second: the standard errors lie between a thousandth and four thousandths; the biases reach from five hundredths down to below a millionth, where most are not shown.",
    seed: 0,
    parameters: &[],
    data: walk,
    draw,
}];

const PLACES: [(f64, &str); 8] =
    [(1.0, "1"), (2.0, "2"), (3.0, "3a"), (4.0, "3b"), (5.0, "4"), (6.0, "5"), (7.0, "6"), (8.0, "7")];

fn walk(settings: &Settings) -> Result<Data> {
    let exact = Gibbs::new(1.0)?.moment(2);
    let roads = roads::all::<sdml::Error>(1.0, settings.seed, |name, recipe, train| {
        kept::trained(SECTION, name, &recipe, train)
    })?;
    let column = |f: &dyn Fn(&roads::Road) -> f64| roads.iter().map(f).collect::<Vec<_>>();
    Ok(Data::new()
        .column("road", PLACES.map(|(place, _)| place).to_vec())
        .column("estimate", column(&|road| road.square.mean))
        .column("two standard errors", column(&|road| 2.0 * road.square.standard_error))
        .column("limit", column(&|road| road.limit))
        .column("bias", column(&|road| road.bias(exact).abs()))
        .column("standard error", column(&|road| road.square.standard_error))
        .column("exact", vec![exact; roads.len()]))
}

fn draw(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let road = data.get("road")?;
    let exact = data.get("exact")?[0];
    let mut top = Plate::new()
        .x(0.5..=8.5, "road")
        .y(0.76..=0.88, r"$\E x^2$")
        .x_ticks(&PLACES)
        .legend(Corner::BottomRight);
    top.horizontal(exact, INK.thin());
    let right: Vec<f64> = road.iter().map(|road| road + 0.18).collect();
    top.dots(&right, data.get("limit")?, 3.4, ORANGE).keyed("limit of the method");
    top.estimates(road, data.get("estimate")?, data.get("two standard errors")?, BLUE).keyed("estimate");
    let mut bottom = Plate::new()
        .x(0.5..=8.5, "road")
        .log_y(1e-6..=1.0, "parts of the error")
        .x_ticks(&PLACES)
        .legend(Corner::TopRight);
    let left: Vec<f64> = road.iter().map(|road| road - 0.1).collect();
    let visible = |name: &str, places: &[f64]| -> Result<[Vec<f64>; 2]> {
        let shown = places.iter().zip(data.get(name)?).filter(|(_, part)| **part > 1e-6);
        let (xs, ys) = shown.map(|(place, part)| (*place, *part)).unzip();
        Ok([xs, ys])
    };
    let [xs, ys] = visible("bias", &right)?;
    bottom.dots(&xs, &ys, 3.4, ORANGE).keyed("bias");
    let [xs, ys] = visible("standard error", &left)?;
    bottom.dots(&xs, &ys, 3.4, BLUE).keyed("standard error");
    Ok(vec![top.title("estimates"), bottom.title("bias and standard error")])
}
