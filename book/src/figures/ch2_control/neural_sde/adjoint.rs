//! Gradients along one path: products that do not change, errors, memory.

use anyhow::Result;
use sdml::ch1_preliminaries::brownian::BrownianTree;
use sdml::ch1_preliminaries::sde::{Grid, Heun, ReversibleHeun};
use sdml::ch2_control::neural_sde::{
    Driver, Gradient, OneNeuron, PathGradient, SmoothPath, TwoNoises, adjoint_and_sensitivity,
};
use sdml::random::Streams;

use super::{NEURON, PLANE};
use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, INK, ORANGE, PURPLE, Parameter, Plate, Settings, span,
};

const SECTION: &str = "ch2_control/neural_sde/adjoint";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "sde-products",
        section: SECTION,
        number: None,
        title: "Adjoint times sensitivity",
        caption: r"Along one Brownian path: the solution $X$ (first panel), and (second panel) the sensitivity $h$ carried forward from 1, the adjoint $a$ carried backwards from $L'(X(1))$, each divided by its own value at time 1, and their product.",
        alt: "First panel: a jagged path. Second: the sensitivity and the adjoint are jagged mirror images, their product is a horizontal line at one.",
        seed: 28,
        parameters: &[],
        data: products,
        draw: draw_products,
    },
    Figure {
        id: "sde-plane-adjoint",
        section: SECTION,
        number: None,
        title: "The adjoint in the plane",
        caption: r"Two dimensions, two noises, one Brownian path, $L = \abs{X}^2$. First panel: the components of the adjoint, carried backwards from $\nabla L(X(1)) = 2 X(1)$. Second: their products with the components of a sensitivity carried forward from $(1, 1)$, and the sum of the products.",
        alt: "First panel: two jagged curves, the components of the adjoint. Second: two jagged curves that mirror each other, and their sum, a horizontal line.",
        seed: 29,
        parameters: &[],
        data: plane,
        draw: draw_plane,
    },
    Figure {
        id: "sde-gradient-error",
        section: SECTION,
        number: None,
        title: "The error of each method",
        caption: r"Largest error of the four derivatives of $L = X(1)^2$ against the step, on a smooth path (first panel; thin line of slope 2) and in the root mean square over Brownian paths (second; slope 1). The reference has steps sixteen times finer than the finest shown.",
        alt: "First panel: four families of dots fall with slope two. Second: the same four fall with a slope a little above one.",
        seed: 26,
        parameters: &[Parameter {
            name: "paths",
            default: 40.0,
            meaning: "Brownian paths of the second panel",
        }],
        data: errors,
        draw: draw_errors,
    },
    Figure {
        id: "sde-memory",
        section: SECTION,
        number: None,
        title: "Memory against steps",
        caption: r"First panel: numbers that describe the path and are held at once, against the number of steps, for the two-dimensional example. Second: the relative distance of the gradient from the one through the stored steps of reversible Heun, for reversible Heun without storage (a dot at $10^{-17}$ would mean no difference at all) and for the backward system; dashed, $10^{-12}$.",
        alt: "First panel: the stored states grow in proportion to the steps, reversible Heun and the backward system stay at twelve and eight numbers. Second: reversible Heun stays below ten to the minus twelve, the backward system falls slowly from one hundredth.",
        seed: 24,
        parameters: &[],
        data: memory,
        draw: draw_memory,
    },
];

fn square<const D: usize>(x: &[f64; D]) -> (f64, [f64; D]) {
    (x.iter().map(|x| x * x).sum(), x.map(|x| 2.0 * x))
}

fn products(settings: &Settings) -> Result<Data> {
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 1.0, 2048)?)?;
    let tree = BrownianTree::<1>::new(1.0, 16, &Streams::new(settings.seed, "products"), 0)?;
    let rows = adjoint_and_sensitivity(&problem, &mut tree.cursor(), square)?;
    let last = rows[rows.len() - 1];
    let column = |of: &dyn Fn(usize) -> f64| (0..rows.len()).map(of).collect::<Vec<_>>();
    Ok(Data::new()
        .column("t", column(&|n| rows[n].t))
        .column("X", column(&|n| rows[n].x[0]))
        .column("h", column(&|n| rows[n].sensitivity[0] / last.sensitivity[0]))
        .column("a", column(&|n| rows[n].adjoint[0] / last.adjoint[0]))
        .column(
            "product",
            column(&|n| {
                rows[n].adjoint[0] * rows[n].sensitivity[0] / (last.adjoint[0] * last.sensitivity[0])
            }),
        ))
}

fn draw_products(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let (x, h, a) = (data.get("X")?, data.get("h")?, data.get("a")?);
    let mut path = Plate::new().x(0.0..=1.0, "time $t$").y(span([x]), "$X(t)$");
    path.line(t, x, INK.weight(1.2));
    let extreme = |pick: fn(f64, f64) -> f64| h.iter().chain(a).copied().reduce(pick).unwrap_or(1.0);
    let mut both = Plate::new()
        .x(0.0..=1.0, "time $t$")
        .log_y(0.6 * extreme(f64::min)..=1.8 * extreme(f64::max), "relative to time 1")
        .legend(Corner::TopRight);
    both.line(t, h, BLUE.weight(1.2)).keyed("sensitivity $h$");
    both.line(t, a, ORANGE.weight(1.2)).keyed("adjoint $a$");
    both.line(t, data.get("product")?, GREEN).keyed("$a h$");
    Ok(vec![path.title("the path"), both.title("forward and backward")])
}

fn plane(settings: &Settings) -> Result<Data> {
    let problem = PathGradient::new(&TwoNoises, PLANE, [0.3, -0.2], Grid::new(0.0, 1.0, 2048)?)?;
    let tree = BrownianTree::<2>::new(1.0, 16, &Streams::new(settings.seed, "plane"), 0)?;
    let rows = adjoint_and_sensitivity(&problem, &mut tree.cursor(), square)?;
    let products = |i: usize| rows.iter().map(move |row| row.adjoint[i] * row.sensitivity[i]);
    let mut data = Data::new().column("t", rows.iter().map(|row| row.t).collect::<Vec<_>>());
    for i in 0..2 {
        data = data
            .column(format!("a{}", i + 1), rows.iter().map(|row| row.adjoint[i]).collect::<Vec<_>>())
            .column(format!("a{0} h{0}", i + 1), products(i).collect::<Vec<_>>());
    }
    Ok(data.column("a . h", products(0).zip(products(1)).map(|(one, two)| one + two).collect::<Vec<_>>()))
}

fn draw_plane(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let [a, b] = [data.get("a1")?, data.get("a2")?];
    let [first, second, sum] = [data.get("a1 h1")?, data.get("a2 h2")?, data.get("a . h")?];
    let mut adjoint =
        Plate::new().x(0.0..=1.0, "time $t$").y(span([a, b]), "component").legend(Corner::TopLeft);
    adjoint.line(t, a, BLUE.weight(1.2)).keyed("$a_1$");
    adjoint.line(t, b, ORANGE.weight(1.2)).keyed("$a_2$");
    let mut products = Plate::new()
        .x(0.0..=1.0, "time $t$")
        .y(span([first, second, sum]), "product")
        .legend(Corner::TopLeft);
    products.line(t, first, BLUE.weight(1.2)).keyed("$a_1 h_1$");
    products.line(t, second, ORANGE.weight(1.2)).keyed("$a_2 h_2$");
    products.line(t, sum, GREEN).keyed("$a \\cdot h$");
    Ok(vec![adjoint.title("the adjoint"), products.title("with a sensitivity")])
}

const STEPS: [usize; 5] = [32, 64, 128, 256, 512];
const METHODS: [&str; 4] = ["through Heun's steps", "stored", "backward", "reversible Heun"];

/// The largest errors of the four methods on one path, for each number of steps.
fn on_path(path: &mut impl Driver<1>) -> Result<Vec<[f64; 4]>> {
    let problem = |steps| -> Result<_> {
        Ok(PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 1.0, steps)?)?)
    };
    let exact = problem(16 * STEPS[4])?.through_steps(Heun, path, square)?;
    let error = |g: Gradient<1, 4>| {
        g.parameters.iter().zip(&exact.parameters).map(|(g, e)| (g - e).abs()).fold(0.0, f64::max)
    };
    let row = |steps: usize| -> Result<[f64; 4]> {
        let problem = problem(steps)?;
        Ok([
            error(problem.through_steps(Heun, path, square)?),
            error(problem.stored(path, square)?),
            error(problem.backward(Heun, steps, path, square)?),
            error(problem.reversible(path, square)?),
        ])
    };
    STEPS.map(row).into_iter().collect()
}

fn errors(settings: &Settings) -> Result<Data> {
    let streams = Streams::new(settings.seed, "gradient errors");
    let smooth = on_path(&mut SmoothPath::<1>::sample(1.0, 6, &mut streams.stream(0))?)?;
    let paths = settings.count("paths");
    let mut squares = [[0.0; 4]; STEPS.len()];
    for path in 0..paths {
        let tree = BrownianTree::<1>::new(1.0, 16, &streams, path as u64)?;
        for (sums, row) in squares.iter_mut().zip(on_path(&mut tree.cursor())?) {
            sums.iter_mut().zip(row).for_each(|(sum, error)| *sum += error * error / paths as f64);
        }
    }
    let mut data = Data::new().column("h", STEPS.map(|steps| 1.0 / steps as f64));
    for (k, method) in METHODS.iter().enumerate() {
        data = data
            .column(format!("smooth: {method}"), smooth.iter().map(|row| row[k]).collect::<Vec<_>>())
            .column(format!("rough: {method}"), squares.iter().map(|row| row[k].sqrt()).collect::<Vec<_>>());
    }
    Ok(data)
}

fn draw_errors(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let (low, high) = (h[h.len() - 1], h[0]);
    let panel = |kind: &str, order: f64, title: &str| -> Result<Plate> {
        let columns = METHODS
            .map(|method| data.get(&format!("{kind}: {method}")))
            .into_iter()
            .collect::<Result<Vec<_>>>()?;
        let all = || columns.iter().copied().flatten().copied();
        let range = 0.2 * all().fold(f64::INFINITY, f64::min)..=3.0 * all().fold(0.0, f64::max);
        let mut plate = Plate::new()
            .log_x(0.8 * low..=1.25 * high, "step $h$")
            .log_y(range, "error of the gradient")
            .legend(Corner::BottomRight)
            .title(title);
        plate.power(order, (low, columns[0][h.len() - 1]), high, INK.thin());
        for ((column, method), colour) in columns.iter().zip(METHODS).zip([BLUE, GREEN, ORANGE, PURPLE]) {
            plate.points(h, column, colour).keyed(method);
        }
        Ok(plate)
    };
    Ok(vec![panel("smooth", 2.0, "smooth path")?, panel("rough", 1.0, "Brownian paths")?])
}

fn memory(settings: &Settings) -> Result<Data> {
    let tree = BrownianTree::<2>::new(1.0, 20, &Streams::new(settings.seed, "memory"), 0)?;
    let counts = [100, 316, 1_000, 3_162, 10_000, 31_623, 100_000];
    let mut rows = Vec::new();
    for steps in counts {
        let problem = PathGradient::new(&TwoNoises, PLANE, [0.3, -0.2], Grid::new(0.0, 1.0, steps)?)?;
        let path = &mut tree.cursor();
        let stored = problem.through_steps(ReversibleHeun, path, square)?;
        let reversible = problem.reversible(path, square)?;
        let backward = problem.backward(Heun, steps, path, square)?;
        let norm = stored.parameters.iter().map(|g| g * g).sum::<f64>().sqrt();
        let apart = |g: &Gradient<2, 4>| {
            let squares = g.parameters.iter().zip(&stored.parameters).map(|(g, s)| (g - s).powi(2));
            (squares.sum::<f64>().sqrt() / norm).max(1e-17)
        };
        rows.push([
            stored.held as f64,
            reversible.held as f64,
            backward.held as f64,
            apart(&reversible),
            apart(&backward),
        ]);
    }
    let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<_>>();
    Ok(Data::new()
        .column("steps", counts.map(|steps| steps as f64))
        .column("stored", column(0))
        .column("reversible", column(1))
        .column("backward", column(2))
        .column("reversible apart", column(3))
        .column("backward apart", column(4)))
}

fn draw_memory(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let steps = data.get("steps")?;
    let plate = |range, label: &str| Plate::new().log_x(70.0..=1.4e5, "steps").log_y(range, label);
    let mut held = plate(3.0..=1e6, "numbers held").legend(Corner::TopLeft);
    let mut apart = plate(1e-18..=1.0, "relative distance").legend(Corner::TopRight);
    for (name, words, colour) in [
        ("stored", "states stored", BLUE),
        ("reversible", "reversible Heun", PURPLE),
        ("backward", "backward system", ORANGE),
    ] {
        let values = data.get(name)?;
        held.line(steps, values, colour.thin());
        held.points(steps, values, colour).keyed(words);
        if name != "stored" {
            apart.points(steps, data.get(&format!("{name} apart"))?, colour).keyed(words);
        }
    }
    apart.horizontal(1e-12, INK.dashed().thin());
    Ok(vec![held.title("memory"), apart.title("distance from the stored computation")])
}
