//! Schemes: orders depend on the structure of the noise.

use anyhow::Result;
use sdml::ch1_preliminaries::sde::{
    Additive, Additive15, Calculus, Equation, EulerMaruyama, General, Grid, Heun, Increments, Ito, Number,
    Stratonovich, StratonovichForm, solve_end,
};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use crate::figures::{BLUE, Corner, Data, Figure, GREEN, ORANGE, Parameter, Plate, Settings};

/// The figures of this page.
pub const FIGURES: &[Figure] = &[Figure {
    id: "noise-structure",
    section: "ch1_preliminaries/sde/schemes",
    number: None,
    title: "The structure of the noise decides the order",
    caption: r"Strong errors at time 1 against the step $h$. First panel: $\dd X_1 = \dd B_1$, $\dd X_2 = X_1 \circ \dd B_2$, whose columns do not commute, with the exact errors $\sqrt{h/2}$ and $\sqrt{h/4}$ (lines). Second: additive noise, $\dd X = \sin X \dd t + \frac32 \dd B$; lines of slope 1 and 1.5.",
    alt: "First panel: two families of dots fall with slope one half, Heun's below Euler–Maruyama's, each on its line. Second: Euler–Maruyama, Heun and the scheme of order one and a half for additive noise; the first two fall with slope one, the last with slope one and a half.",
    seed: 0,
    parameters: &[Parameter { name: "paths", default: 1000.0, meaning: "number of paths" }],
    data: structure,
    draw: draw_structure,
}];

/// X₁ = B₁ and dX₂ = X₁ dB₂; both readings agree.
struct Area<C>(C);

impl<C: Calculus> Equation<2, 2> for Area<C> {
    type Calculus = C;
    type Noise = General;
    fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
        [0.0, 0.0]
    }
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 2]; 2] {
        let zero = S::from(0.0);
        [[S::from(1.0), zero], [zero, x[0]]]
    }
}

/// dX = sin X dt + (3/2) dB.
#[derive(Clone, Copy)]
struct Swing;

impl Equation<1, 1> for Swing {
    type Calculus = Ito;
    type Noise = Additive;
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [x[0].sin()]
    }
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(1.5)]]
    }
}

const FINE: usize = 1024;
const LEVELS: usize = 5;

fn structure(settings: &Settings) -> Result<Data> {
    let grid = Grid::new(0.0, 1.0, FINE)?;
    let streams = Streams::new(settings.seed, "noise structure");
    let rest = Increments::<2>::sample(grid, &mut streams.stream(0));
    let additive = Streams::new(settings.seed, "additive noise");
    let single = Increments::<1>::sample(grid, &mut additive.stream(0));
    let paths = settings.count("paths") as u64;
    let general = ensemble(
        &streams,
        paths,
        || rest.clone(),
        |noise, stream| {
            noise.resample(stream);
            let [_, area] = solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], noise)?;
            let mut squares = [0.0; 2 * LEVELS];
            for (level, squares) in squares.chunks_exact_mut(2).enumerate() {
                let coarse = noise.coarsen(16 << level)?;
                let [_, euler] = solve_end(EulerMaruyama, &Area(Ito), [0.0, 0.0], &coarse)?;
                let [_, heun] = solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], &coarse)?;
                squares.copy_from_slice(&[(euler - area).powi(2), (heun - area).powi(2)]);
            }
            Ok(squares)
        },
    )?;
    let additive = ensemble(
        &additive,
        paths,
        || single.clone(),
        |noise, stream| {
            noise.resample(stream);
            let [end] = solve_end(Additive15, &Swing, [0.4], noise)?;
            let mut squares = [0.0; 3 * LEVELS];
            for (level, squares) in squares.chunks_exact_mut(3).enumerate() {
                let coarse = noise.coarsen(16 << level)?;
                let ends = [
                    solve_end(EulerMaruyama, &Swing, [0.4], &coarse)?,
                    solve_end(Heun, &StratonovichForm(Swing), [0.4], &coarse)?,
                    solve_end(Additive15, &Swing, [0.4], &coarse)?,
                ];
                squares.copy_from_slice(&ends.map(|[x]| (x - end).powi(2)));
            }
            Ok(squares)
        },
    )?;
    let h: Vec<f64> = (0..LEVELS).map(|level| grid.h() * (16 << level) as f64).collect();
    let root = |moments: &sdml::statistics::Moments| -> Result<f64> { Ok(moments.mean()?.mean.sqrt()) };
    let general = general.iter().map(root).collect::<Result<Vec<_>>>()?;
    let additive = additive.iter().map(root).collect::<Result<Vec<_>>>()?;
    let column = |all: &[f64], of: usize, every: usize| -> Vec<f64> {
        all.iter().skip(of).step_by(every).copied().collect()
    };
    Ok(Data::new()
        .column("h", h)
        .column("general: Euler–Maruyama", column(&general, 0, 2))
        .column("general: Heun", column(&general, 1, 2))
        .column("additive: Euler–Maruyama", column(&additive, 0, 3))
        .column("additive: Heun", column(&additive, 1, 3))
        .column("additive: order 1.5", column(&additive, 2, 3)))
}

fn draw_structure(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let (first, last) = (h[0], h[h.len() - 1]);
    let x = 0.9 * first..=1.1 * last;
    let mut general = Plate::new()
        .log_x(x.clone(), "step $h$")
        .log_y(0.03..=0.6, "strong error")
        .legend(Corner::BottomRight);
    for (name, constant, colour) in [("Euler–Maruyama", 2.0, ORANGE), ("Heun", 4.0, BLUE)] {
        general.power(0.5, (first, (first / constant).sqrt()), last, colour.thin());
        general.points(h, data.get(&format!("general: {name}"))?, colour).keyed(name);
    }
    let mut additive =
        Plate::new().log_x(x, "step $h$").log_y(1e-4..=0.3, "strong error").legend(Corner::BottomRight);
    for (name, order, colour) in
        [("Euler–Maruyama", 1.0, ORANGE), ("Heun", 1.0, BLUE), ("order 1.5", 1.5, GREEN)]
    {
        let errors = data.get(&format!("additive: {name}"))?;
        additive.power(order, (first, errors[0]), last, colour.thin());
        additive.points(h, errors, colour).keyed(name);
    }
    Ok(vec![general.title("general noise"), additive.title("additive noise")])
}
