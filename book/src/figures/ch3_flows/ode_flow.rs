//! Flows of ordinary differential equations: trajectories and densities, layers, divergences exact and estimated.

use anyhow::Result;
use ndarray::{Array1, Array2, Axis, array};
use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass, Probe};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::ode_flow::{Layers, NetworkFlow, OdeFlow, OdeLikelihood};
use sdml::random::Streams;
use sdml::statistics::normal;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Shade,
};

const SECTION: &str = "ch3_flows/ode_flow";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "layers-to-flow",
        section: SECTION,
        number: None,
        title: "Thin layers become a flow",
        caption: r"The error of the log-determinant of $\ell$ layers of width $1/\ell$ against that of the flow, for a network in the plane: summed exactly, and by the trace.",
        alt: "Two straight lines of slope minus one on logarithmic axes: both rules lose a factor of two in error with every doubling of the layers.",
        seed: 4,
        parameters: &[],
        data: layers,
        draw: draw_layers,
    },
    Figure {
        id: "ode-flow-trajectories",
        section: SECTION,
        number: None,
        title: "Trajectories of a trained flow",
        caption: r"First panel: trajectories of 150 points from $N(0, I)$ (dots) under the flow trained on the eight Gaussians. Second: 2000 images at $t = 1$ over the density that the flow assigns.",
        alt: "Curved lines lead from a cloud around the origin outward to eight compact groups on a circle; in the second panel the end points fill eight dark spots of density.",
        seed: 0,
        parameters: &[Parameter { name: "paths", default: 150.0, meaning: "number of trajectories" }],
        data: trajectories,
        draw: draw_trajectories,
    },
    Figure {
        id: "ode-flow-densities",
        section: SECTION,
        number: None,
        title: "Learned densities and exact ones",
        caption: r"The density of each trained flow (shaded) with lines at which the exact density has a third of its greatest value; for the checkerboard the squares themselves.",
        alt: "Three panels. Eight dark spots inside eight circles, two dark arcs inside two thin crescents, and eight blue squares with blurred edges that spill into the empty squares between them.",
        seed: 0,
        parameters: &[],
        data: densities,
        draw: draw_densities,
    },
    Figure {
        id: "ode-flow-training",
        section: SECTION,
        number: None,
        title: "Training against the entropy floor",
        caption: r"The loss of each iteration minus the entropy of the data, averaged over 20 iterations. At zero (dashed) nothing is left to learn.",
        alt: "Three curves fall towards the dashed line at zero: the eight Gaussians fastest, the moons most slowly. The checkerboard's levels off near 0.28.",
        seed: 0,
        parameters: &[],
        data: training,
        draw: draw_training,
    },
    Figure {
        id: "divergence-cost",
        section: SECTION,
        number: None,
        title: "What a divergence costs",
        caption: r"First panel: multiplications for one point of a network with 64 hidden units, against the dimension: exact divergence and one random direction. Second: the exact divergence along a trajectory in the plane, and estimates from single normal directions (dots).",
        alt: "First panel: the cost of the exact divergence grows with the square of the dimension, that of the estimate in proportion to it. Second: dots scatter widely about a smooth curve.",
        seed: 7,
        parameters: &[],
        data: cost,
        draw: draw_cost,
    },
];

fn small_network(seed: u64) -> Result<(NetworkFlow, Vec<f64>)> {
    let mlp = Mlp::new(&[3, 12, 2], Activation::Tanh)?;
    let theta = mlp.initial(&mut Streams::new(seed, "field").stream(0));
    Ok((NetworkFlow::new(mlp)?, theta.iter().map(|w| 1.5 * w).collect()))
}

/// θ and the losses of a training that the checks share.
fn trained(law: DataLaw, seed: u64) -> Result<(OdeLikelihood, Vec<Vec<f64>>)> {
    let recipe = OdeLikelihood::of(law, seed);
    let rows = kept::trained(SECTION, "likelihood", &recipe, || {
        recipe.train(|_, _| ()).map(|trained| trained.rows())
    })?;
    Ok((recipe, rows))
}

fn layers(settings: &Settings) -> Result<Data> {
    let (field, theta) = small_network(settings.seed)?;
    let z = array![0.4, -0.7];
    let image =
        OdeFlow::new(field.clone(), 1.0, Tableau::RK4, 200)?.push(&theta, z.view().insert_axis(Axis(0)))?;
    let exact = normal::density(z[0]).ln() + normal::density(z[1]).ln() - image.log_density[0];
    let counts = [4, 8, 16, 32, 64, 128, 256];
    let pushed = counts
        .iter()
        .map(|&count| Layers::new(field.clone(), 1.0, count)?.push(&theta, z.view()))
        .collect::<sdml::Result<Vec<_>>>()?;
    let error = |value: f64| (value - exact).abs();
    Ok(Data::new()
        .column("layers", counts.map(|count| count as f64))
        .column("determinant", pushed.iter().map(|p| error(p.log_determinant)).collect::<Vec<_>>())
        .column("trace", pushed.iter().map(|p| error(p.trace)).collect::<Vec<_>>()))
}

fn draw_layers(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let layers = data.get("layers")?;
    let mut plate =
        Plate::new().log_x(3.0..=330.0, r"layers $\ell$").log_y(3e-5..=0.5, "error").legend(Corner::TopRight);
    for (name, text, colour) in [
        ("determinant", r"$\log\det(I + \Delta t\,\nabla F)$", BLUE),
        ("trace", r"$\Delta t\,\nabla \cdot F$", ORANGE),
    ] {
        let error = data.get(name)?;
        plate.line(layers, error, colour);
        plate.points(layers, error, colour).keyed(text);
    }
    plate.power(-1.0, (6.0, 6e-3), 200.0, GREY.dashed());
    Ok(vec![plate])
}

fn trajectories(settings: &Settings) -> Result<Data> {
    let (recipe, rows) = trained(DataLaw::Eight, settings.seed)?;
    let flow = recipe.flow(40)?;
    let mut stream = Streams::new(settings.seed, "particles").stream(0);
    let z = Array2::from_shape_simple_fn((settings.count("paths"), 2), || stream.normal());
    let path = flow.trajectories(&rows[0], z.view())?;
    let along = |i: usize, k: usize| path.iter().map(|y| y[[i, k]]).collect::<Vec<_>>();
    let cloud = Array2::from_shape_simple_fn((2000, 2), || stream.normal());
    let image = flow.push(&rows[0], cloud.view())?.points;
    let density = flow.log_density(&rows[0], grid(3.2, SIDE).view())?.mapv(f64::exp);
    Ok(Data::new()
        .columns("x", (0..z.nrows()).map(|i| along(i, 0)))
        .columns("y", (0..z.nrows()).map(|i| along(i, 1)))
        .column("image_x", image.column(0).to_vec())
        .column("image_y", image.column(1).to_vec())
        .column("density", density.to_vec()))
}

/// Nodes of a grid a side.
const SIDE: usize = 72;

/// The middles of `side` × `side` cells of [−reach, reach]², row by row from below.
fn grid(reach: f64, side: usize) -> Array2<f64> {
    Array2::from_shape_fn((side * side, 2), |(cell, k)| {
        let at = if k == 0 { cell % side } else { cell / side };
        reach * ((2 * at + 1) as f64 / side as f64 - 1.0)
    })
}

fn draw_trajectories(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let square = || Plate::sized(440.0, 420.0).x(-3.2..=3.2, "$y_1$").y(-3.2..=3.2, "$y_2$").equal();
    let mut lines = square().title("trajectories");
    for (x, y) in data.family("x").zip(data.family("y")) {
        lines.line(x, y, BLUE.thin().opacity(0.5));
        lines.dots(&x[..1], &y[..1], 1.6, INK);
    }
    let density = data.get("density")?;
    let high = density.iter().copied().fold(0.0, f64::max);
    let mut image = square().title("images and density");
    image.heatmap(-3.2..=3.2, -3.2..=3.2, density, SIDE, Shade::Sequential { colour: BLUE, low: 0.0, high });
    image.dots(data.get("image_x")?, data.get("image_y")?, 1.0, ORANGE.opacity(0.6));
    Ok(vec![lines, image])
}

/// Half the side of the square shown for a law, and its middle.
fn window(law: DataLaw) -> (f64, [f64; 2]) {
    match law {
        DataLaw::Eight => (2.8, [0.0, 0.0]),
        DataLaw::Moons => (1.8, [0.5, 0.25]),
        DataLaw::Checkerboard => (2.5, [0.0, 0.0]),
    }
}

fn shifted(law: DataLaw, side: usize) -> Array2<f64> {
    let (reach, middle) = window(law);
    grid(reach, side) + &Array1::from(middle.to_vec())
}

/// Nodes a side for the moons' thin arcs and the others alike.
const FINE: usize = 100;

fn densities(settings: &Settings) -> Result<Data> {
    let mut data = Data::new();
    for (law, name) in DataLaw::ALL.into_iter().zip(["eight", "moons", "board"]) {
        let (recipe, rows) = trained(law, settings.seed)?;
        let nodes = shifted(law, FINE);
        let learned = recipe.flow(40)?.log_density(&rows[0], nodes.view())?.mapv(f64::exp);
        let exact: Vec<f64> = nodes.rows().into_iter().map(|x| law.log_density([x[0], x[1]]).exp()).collect();
        data =
            data.column(format!("learned {name}"), learned.to_vec()).column(format!("exact {name}"), exact);
    }
    Ok(data)
}

fn draw_densities(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let panel = |(law, name): (DataLaw, &str)| {
        let (learned, exact) = (data.get(&format!("learned {name}"))?, data.get(&format!("exact {name}"))?);
        let (reach, [a, b]) = window(law);
        let (x, y) = (a - reach..=a + reach, b - reach..=b + reach);
        let mut plate =
            Plate::sized(440.0, 420.0).x(x.clone(), "$x_1$").y(y.clone(), "$x_2$").equal().title(law.name());
        let high = exact.iter().copied().fold(0.0, f64::max);
        plate.heatmap(x, y, learned, FINE, Shade::Sequential { colour: BLUE, low: 0.0, high: 1.2 * high });
        let middles = |middle: f64| {
            (0..FINE).map(|k| middle + reach * ((2 * k + 1) as f64 / FINE as f64 - 1.0)).collect::<Vec<_>>()
        };
        plate.contour(&middles(a), &middles(b), exact, high / 3.0, ORANGE.weight(1.2));
        Ok(plate)
    };
    DataLaw::ALL.into_iter().zip(["eight", "moons", "board"]).map(panel).collect()
}

fn training(settings: &Settings) -> Result<Data> {
    const WINDOW: usize = 20;
    let mut data = Data::new();
    for (law, name) in DataLaw::ALL.into_iter().zip(["eight", "moons", "board"]) {
        let (_, rows) = trained(law, settings.seed)?;
        let means = rows[1]
            .chunks_exact(WINDOW)
            .map(|losses| losses.iter().sum::<f64>() / WINDOW as f64 - law.entropy());
        let means: Vec<f64> = means.collect();
        let middles: Vec<f64> = (0..means.len()).map(|k| (k * WINDOW + WINDOW / 2) as f64).collect();
        data = data.column(format!("iteration {name}"), middles).column(name, means);
    }
    Ok(data)
}

fn draw_training(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plate = Plate::new()
        .x(0.0..=2000.0, "iteration")
        .y(-0.05..=1.5, "nats above the floor")
        .legend(Corner::TopRight);
    plate.horizontal(0.0, INK.dashed());
    for ((law, name), colour) in
        DataLaw::ALL.into_iter().zip(["eight", "moons", "board"]).zip([BLUE, ORANGE, GREEN])
    {
        plate.line(data.get(&format!("iteration {name}"))?, data.get(name)?, colour).keyed(law.name());
    }
    Ok(vec![plate])
}

fn cost(settings: &Settings) -> Result<Data> {
    let dimensions = [2, 4, 8, 16, 32, 64, 128];
    let multiplications = |d: usize, tangents: usize| -> Result<f64> {
        let mlp = Mlp::new(&[d, 64, d], Activation::Tanh)?;
        let theta = mlp.initial(&mut Streams::new(settings.seed, "wide").stream(0));
        let jet = Jet { tangents, laplacian: false };
        let mut pass = Pass::new();
        mlp.forward_jet(&theta, jet, Array2::zeros((jet.streams(), d)).view(), &mut pass)?;
        Ok(pass.multiplications() as f64)
    };
    let exact = dimensions.iter().map(|&d| multiplications(d, d)).collect::<Result<Vec<_>>>()?;
    let estimate = dimensions.iter().map(|&d| multiplications(d, 1)).collect::<Result<Vec<_>>>()?;

    let (field, theta) = small_network(4)?;
    let path = OdeFlow::new(field.clone(), 1.0, Tableau::RK4, 100)?
        .trajectories(&theta, array![[0.4, -0.7]].view())?;
    let mut stream = Streams::new(settings.seed, "probes").stream(0);
    let (mut times, mut along, mut estimates, mut pass) = (Vec::new(), Vec::new(), Vec::new(), Pass::new());
    for (n, y) in path.iter().enumerate() {
        let t = n as f64 / 100.0;
        let input = array![[y[[0, 0]], y[[0, 1]], t]];
        times.push(t);
        along.push(field.network().divergence(&theta, input.view(), &mut pass)?[0]);
        let probe = (Probe::Gaussian, 1);
        estimates.push(
            field.network().divergence_estimate(&theta, input.view(), probe, &mut stream, &mut pass)?[0],
        );
    }
    Ok(Data::new()
        .column("d", dimensions.map(|d| d as f64))
        .column("exact", exact)
        .column("estimate", estimate)
        .column("t", times)
        .column("divergence", along)
        .column("estimates", estimates))
}

fn draw_cost(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let d = data.get("d")?;
    let mut cost = Plate::new()
        .log_x(1.6..=160.0, "dimension $d$")
        .log_y(3e2..=5e6, "multiplications")
        .legend(Corner::TopLeft);
    for (name, text, colour) in [("exact", "exact", BLUE), ("estimate", "one direction", ORANGE)] {
        let count = data.get(name)?;
        cost.line(d, count, colour);
        cost.points(d, count, colour).keyed(text);
    }
    let (t, estimates) = (data.get("t")?, data.get("estimates")?);
    let reach = estimates.iter().fold(0.0, |reach: f64, e| reach.max(e.abs())) * 1.1;
    let mut along = Plate::new().x(0.0..=1.0, "time $t$").y(-reach..=reach, r"$\nabla \cdot F$");
    along.dots(t, estimates, 1.8, ORANGE);
    along.line(t, data.get("divergence")?, PURPLE);
    Ok(vec![cost.title("cost"), along.title("noise")])
}
