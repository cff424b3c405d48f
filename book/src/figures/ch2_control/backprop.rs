//! What gradients cost and how exact they are: counts, differences, modes, Hutchinson's estimate.

use anyhow::Result;
use ndarray::Array2;
use sdml::ch2_control::backprop::{Activation, Layers, Mlp, Mode, Pass, Probe, Rerun};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch2_control/backprop";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "gradient-cost",
        section: SECTION,
        number: None,
        title: "What a gradient costs",
        caption: r"Example 2.1 with width 4, counted. First panel: multiplications for the gradient of one loss against the number $P$ of weights; dashed, $3P$ and $2P^2$. Second: numbers kept beside the weights, against the depth; dotted, the layers alone without the gradient.",
        alt: "First panel, in logarithmic axes: backpropagation rises with slope one, forward mode and central differences with slope two and a hundred to a thousand times higher. Second: all three memories are straight lines in the depth, that of backpropagation a little above that of differences.",
        seed: 0,
        parameters: &[Parameter { name: "width", default: 4.0, meaning: "width of the layers" }],
        data: cost,
        draw: draw_cost,
    },
    Figure {
        id: "difference-error",
        section: SECTION,
        number: None,
        title: "The error of a difference quotient",
        caption: r"Error of the derivative of a loss along a line against $\varepsilon$, geometric mean over random networks: central and one-sided differences. Dashed: $\varepsilon^2$, $\varepsilon$ and $1/\varepsilon$. Horizontal: the difference between reverse and forward mode.",
        alt: "Two V-shaped curves. Both rise to the left like one over epsilon; to the right central differences rise with slope two and one-sided ones with slope one. The two modes of automatic differentiation differ by far less than either minimum.",
        seed: 5,
        parameters: &[Parameter { name: "networks", default: 100.0, meaning: "networks in the mean" }],
        data: error,
        draw: draw_error,
    },
    Figure {
        id: "jacobian-crossover",
        section: SECTION,
        number: None,
        title: "Forward or reverse",
        caption: r"Multiplications of the matrix products for a Jacobian, in forward passes, through two hidden layers of width 32. First panel: 16 inputs, against the number of outputs; dashed, half as many outputs as inputs. Second: the Laplacian of one output against the number $d$ of inputs: one forward sweep, $d$ Hessian–vector products, and $d$ passes with duals of duals, which are four numbers each; all others are counted by the engine.",
        alt: "First panel: the cost of forward mode is flat, that of reverse mode rises and crosses it at eight outputs. Second: three straight lines through almost the same point; the forward sweep is the lowest, the Hessian-vector products the highest.",
        seed: 0,
        parameters: &[],
        data: crossover,
        draw: draw_crossover,
    },
    Figure {
        id: "hutchinson-spread",
        section: SECTION,
        number: None,
        title: "Hutchinson's estimate of a divergence",
        caption: r"Estimates of the divergence of a random network in eight dimensions, at one point, against the number of directions: signs and normal variables. Line: the exact value; bands: two standard deviations by the formulas.",
        alt: "Clouds of dots narrow towards the exact value as the number of directions grows. The cloud for signs is narrower than that for normal variables, both fill their bands of two standard deviations.",
        seed: 9,
        parameters: &[Parameter {
            name: "repeats",
            default: 30.0,
            meaning: "estimates for each number of directions",
        }],
        data: spread,
        draw: draw_spread,
    },
];

fn cost(settings: &Settings) -> Result<Data> {
    let width = settings.count("width");
    let depths = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
    let mut columns = vec![Vec::new(); 9];
    for depth in depths {
        let net = Layers::new(width, depth, Activation::Tanh)?;
        let mut stream = Streams::new(settings.seed, "cost").stream(0);
        let theta: Vec<f64> = (0..net.parameters()).map(|_| 0.5 * stream.normal()).collect();
        let x = vec![0.5; width];
        let [back, tangents, all, reused] = [
            net.backpropagate(&theta, &x)?.1,
            net.forward_mode(&theta, &x)?.1,
            net.central_differences(&theta, &x, 1e-5, Rerun::Everything)?.1,
            net.central_differences(&theta, &x, 1e-5, Rerun::FromLayer)?.1,
        ];
        let row = [
            net.parameters(),
            depth,
            back.multiplications,
            tangents.multiplications,
            all.multiplications,
            reused.multiplications,
            back.stored,
            all.stored,
            back.stored - net.parameters(),
        ];
        columns.iter_mut().zip(row).for_each(|(column, entry)| column.push(entry as f64));
    }
    let names =
        ["P", "depth", "backprop", "tangents", "differences", "reused", "kept", "kept_differences", "layers"];
    Ok(names.into_iter().zip(columns).fold(Data::new(), |data, (name, column)| data.column(name, column)))
}

fn draw_cost(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let p = data.get("P")?;
    let line = |f: fn(f64) -> f64| p.iter().map(|&p| f(p)).collect::<Vec<_>>();
    let mut time = Plate::new()
        .log_x(12.0..=700.0, "weights $P$")
        .log_y(20.0..=1e6, "multiplications")
        .legend(Corner::TopLeft);
    time.line(p, &line(|p| 3.0 * p), INK.dashed().thin());
    time.line(p, &line(|p| 2.0 * p * p), INK.dashed().thin());
    time.points(p, data.get("differences")?, ORANGE).keyed("central differences");
    time.points(p, data.get("reused")?, PURPLE).keyed("the same, layers reused");
    time.points(p, data.get("tangents")?, GREEN).keyed("forward mode");
    time.points(p, data.get("backprop")?, BLUE).keyed("backpropagation");
    let depth = data.get("depth")?;
    let mut memory =
        Plate::new().x(0.0..=33.0, "depth $\\ell$").y(0.0..=820.0, "numbers kept").legend(Corner::TopLeft);
    memory.line(depth, data.get("kept")?, BLUE).keyed("backpropagation");
    memory.line(depth, data.get("kept_differences")?, ORANGE).keyed("central differences");
    memory.line(depth, data.get("layers")?, BLUE.dotted()).keyed("layers of backpropagation");
    Ok(vec![time.title("time"), memory.title("memory")])
}

fn error(settings: &Settings) -> Result<Data> {
    let epsilons: Vec<f64> = (0..=44).map(|k| 10f64.powf(-11.0 + f64::from(k) / 4.0)).collect();
    let net = Layers::new(4, 3, Activation::Tanh)?;
    let networks = settings.count("networks");
    let mut logs = vec![[0.0; 2]; epsilons.len()];
    let mut modes = 0.0;
    for network in 0..networks {
        let mut stream = Streams::new(settings.seed, "differences").stream(network as u64);
        let mut draw = |n: usize| (0..n).map(|_| stream.normal()).collect::<Vec<f64>>();
        let (theta, v, x) = (draw(48), draw(48), draw(4));
        let along = |gradient: Vec<f64>| gradient.iter().zip(&v).map(|(g, v)| g * v).sum::<f64>();
        let exact = along(net.backpropagate(&theta, &x)?.0);
        modes += ((along(net.forward_mode(&theta, &x)?.0) - exact).abs() + 1e-18).ln();
        let loss = |t: f64| -> Result<f64> {
            let theta: Vec<f64> = theta.iter().zip(&v).map(|(theta, v)| theta + t * v).collect();
            Ok(net.loss(&theta, &x)?.0)
        };
        let here = loss(0.0)?;
        for (log, &epsilon) in logs.iter_mut().zip(&epsilons) {
            let (right, left) = (loss(epsilon)?, loss(-epsilon)?);
            for (log, slope) in
                log.iter_mut().zip([(right - left) / (2.0 * epsilon), (right - here) / epsilon])
            {
                *log += ((slope - exact).abs() + 1e-18).ln();
            }
        }
    }
    let mean = |sum: f64| (sum / networks as f64).exp();
    let column = |k: usize| logs.iter().map(|log| mean(log[k])).collect::<Vec<f64>>();
    let agreement = vec![mean(modes); epsilons.len()];
    Ok(Data::new()
        .column("central", column(0))
        .column("one_sided", column(1))
        .column("modes", agreement)
        .column("epsilon", epsilons))
}

fn draw_error(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let epsilon = data.get("epsilon")?;
    let (central, one_sided) = (data.get("central")?, data.get("one_sided")?);
    let mut plate = Plate::new().log_x(1e-11..=1.0, "$\\varepsilon$").log_y(1e-17..=10.0, "error");
    // Reference lines through the measured error at a point of each branch.
    let reference = |values: &[f64], at: usize, power: i32| -> Vec<f64> {
        epsilon.iter().map(|e| values[at] * (e / epsilon[at]).powi(power)).collect()
    };
    for line in [reference(central, 32, 2), reference(one_sided, 32, 1), reference(central, 8, -1)] {
        plate.line(epsilon, &line, INK.dashed().thin());
    }
    plate.line(epsilon, one_sided, ORANGE).named_at(1e-3, Side::AboveLeft, "one-sided");
    plate.line(epsilon, central, BLUE).named_at(1e-3, Side::BelowRight, "central");
    plate.line(epsilon, data.get("modes")?, GREEN).named_at(
        1e-5,
        Side::Above,
        "reverse against forward mode",
    );
    Ok(vec![plate])
}

fn passes(mlp: &Mlp, pass: &Pass, points: usize) -> f64 {
    let weights: usize = mlp.sizes().windows(2).map(|pair| pair[0] * pair[1]).sum();
    pass.multiplications() as f64 / (points * weights) as f64
}

fn crossover(settings: &Settings) -> Result<Data> {
    let network = |sizes: &[usize]| -> Result<_> {
        let mlp = Mlp::new(sizes, Activation::Tanh)?;
        let mut stream = Streams::new(settings.seed, "crossover").stream(0);
        let theta = mlp.initial(&mut stream);
        Ok((mlp, theta, Array2::from_elem((1, sizes[0]), 0.3), Pass::new()))
    };
    let (mut outputs, mut forward, mut reverse) = (Vec::new(), Vec::new(), Vec::new());
    for m in 1..=16 {
        let (mlp, theta, x, mut pass) = network(&[16, 32, 32, m])?;
        outputs.push(m as f64);
        for (mode, column) in [(Mode::Forward, &mut forward), (Mode::Reverse, &mut reverse)] {
            mlp.jacobian(&theta, x.view(), mode, &mut pass)?;
            column.push(passes(&mlp, &pass, 1));
        }
    }
    let (mut inputs, mut sweep, mut products, mut nested) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for d in 1..=16 {
        let (mlp, theta, x, mut pass) = network(&[d, 32, 32, 1])?;
        inputs.push(d as f64);
        mlp.laplacian(&theta, x.view(), &mut pass)?;
        sweep.push(passes(&mlp, &pass, 1));
        let mut sum = 0.0;
        for k in 0..d {
            let v = Array2::from_shape_fn((1, d), |(_, j)| f64::from(u8::from(j == k)));
            mlp.hessian_vector(&theta, x.view(), Array2::ones((1, 1)).view(), v.view(), &mut pass)?;
            sum += passes(&mlp, &pass, 1);
        }
        products.push(sum);
        // A dual of duals is four numbers, and there is one pass for each input.
        nested.push(4.0 * d as f64);
    }
    Ok(Data::new()
        .column("outputs", outputs)
        .column("forward", forward)
        .column("reverse", reverse)
        .column("inputs", inputs)
        .column("sweep", sweep)
        .column("products", products)
        .column("nested", nested))
}

fn draw_crossover(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (m, d) = (data.get("outputs")?, data.get("inputs")?);
    let mut modes =
        Plate::new().x(0.0..=16.5, "outputs").y(0.0..=36.0, "forward passes").legend(Corner::TopLeft);
    modes.line(m, data.get("forward")?, BLUE).keyed("forward mode");
    modes.line(m, data.get("reverse")?, ORANGE).keyed("reverse mode");
    modes.polyline([(8.0, 0.0), (8.0, 36.0)], GREY.dashed());
    let mut laplacian =
        Plate::new().x(0.0..=16.5, "inputs $d$").y(0.0..=100.0, "forward passes").legend(Corner::TopLeft);
    laplacian.line(d, data.get("products")?, ORANGE).keyed("Hessian–vector products");
    laplacian.line(d, data.get("nested")?, PURPLE).keyed("duals of duals");
    laplacian.line(d, data.get("sweep")?, BLUE).keyed("one forward sweep");
    Ok(vec![modes.title("Jacobian"), laplacian.title("Laplacian")])
}

fn spread(settings: &Settings) -> Result<Data> {
    const D: usize = 8;
    let mlp = Mlp::new(&[D, 16, 16, D], Activation::Tanh)?;
    let mut stream = Streams::new(settings.seed, "spread").stream(0);
    let theta: Vec<f64> = mlp.initial(&mut stream).iter().map(|w| 3.0 * w).collect();
    let x = Array2::from_shape_simple_fn((1, D), || 0.5 * stream.normal());
    let mut pass = Pass::new();
    let exact = mlp.divergence(&theta, x.view(), &mut pass)?[0];
    let jacobian = mlp.jacobian(&theta, x.view(), Mode::Reverse, &mut pass)?;
    let directions: Vec<f64> = (0..=8).map(|k| f64::from(1 << k)).collect();
    let mut data = Data::new();
    for (name, probe) in [("signs", Probe::Rademacher), ("normals", Probe::Gaussian)] {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for &n in &directions {
            for repeat in 0..settings.count("repeats") {
                let law = (probe, n as usize);
                let estimate = mlp.divergence_estimate(&theta, x.view(), law, &mut stream, &mut pass)?;
                // Side by side, so that dots do not hide each other.
                xs.push(n * 1.0 + n * 0.25 * (repeat as f64 / settings.get("repeats") - 0.5));
                ys.push(estimate[0]);
            }
        }
        let deviation = probe.variance(jacobian.index_axis(ndarray::Axis(0), 0))?.sqrt();
        let band = directions.iter().map(|n| 2.0 * deviation / n.sqrt()).collect::<Vec<_>>();
        data = data.column(format!("n_{name}"), xs).column(name, ys).column(format!("band_{name}"), band);
    }
    let exact = vec![exact; directions.len()];
    Ok(data.column("directions", directions).column("exact", exact))
}

fn draw_spread(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (n, exact) = (data.get("directions")?, data.get("exact")?);
    let widest = data.get("band_normals")?[0];
    let range = exact[0] - 1.6 * widest..=exact[0] + 1.6 * widest;
    [("signs", "signs", BLUE), ("normals", "normal variables", ORANGE)]
        .into_iter()
        .map(|(name, title, colour)| {
            let band = data.get(&format!("band_{name}"))?;
            let moved = |sign: f64| exact.iter().zip(band).map(|(e, b)| e + sign * b).collect::<Vec<_>>();
            let mut plate = Plate::new().log_x(0.8..=350.0, "directions").y(range.clone(), "estimate");
            plate.band(n, &moved(-1.0), &moved(1.0), colour);
            plate.dots(data.get(&format!("n_{name}"))?, data.get(name)?, 1.5, colour);
            plate.line(n, exact, INK.thin());
            Ok(plate.title(title))
        })
        .collect()
}
