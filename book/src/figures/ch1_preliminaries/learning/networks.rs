//! Losses and architectures.

use anyhow::Result;
use sdml::ch1_preliminaries::learning::{
    Activation, Adam, Batch, Blobs, Classification, Labelled, Layer, Misfit, ResNet, Sampler, Schedule,
    TwoLayer, accuracy, minimize,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Shade, Side,
    span,
};

const SECTION: &str = "ch1_preliminaries/learning/networks";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "two-layer-network",
        section: SECTION,
        number: Some("1.2"),
        title: "A two-layer neural network",
        caption: r"A network $u(x) = v \cdot \tanh(W x + b) + c$, drawn from its parameters after training on the blobs of [](#fig:decision-boundary): the width of a line is the size of a weight, blue for positive ones and orange for negative ones. Left to right: $x$, $\tanh(W x + b)$, $u$.",
        alt: "A diagram of three columns of nodes: two inputs, six hidden units and one output. Every input is joined to every hidden unit and every hidden unit to the output by lines of different widths in two colors.",
        seed: 5,
        parameters: &[Parameter { name: "width", default: 6.0, meaning: "hidden units" }],
        data: two_layer_network,
        draw: draw_two_layer_network,
    },
    Figure {
        id: "decision-boundary",
        section: SECTION,
        number: None,
        title: "Classification: the boundary found and the losses on the way",
        caption: r"First panel: training points with label 1 (blue) and 0 (orange), the trained network's line $g = 1/2$ (solid) and the best possible one, $x_1 x_2 = 0$ (dashed). Second: accuracy on held-out points during training with $\varphi(r) = r^2$, with $\varphi(r) = \log\cosh r$, and with $\varphi(r) = r$; dashed, the best possible accuracy.",
        alt: "First panel: four clouds of points at the corners of a square, opposite corners of one color, separated by curved lines close to the axes. Second: two curves climb to the dashed line near 0.955 within a few hundred steps; the third stays at one half.",
        seed: 7,
        parameters: &[
            Parameter { name: "points", default: 1000.0, meaning: "training points" },
            Parameter { name: "width", default: 12.0, meaning: "hidden units" },
            Parameter { name: "steps", default: 600.0, meaning: "training steps" },
        ],
        data: decision_boundary,
        draw: draw_decision_boundary,
    },
    Figure {
        id: "resnet-depth",
        section: SECTION,
        number: None,
        title: "Residual networks of growing depth and the differential equation",
        caption: r"First panel: states $z_\ell$ of residual networks with 8 and 32 layers, and the solution of the differential equation they discretize (gray). Second: distance of the output from the solution's end point, for $g$ = identity and for $g$ = ReLU; dashed: proportional to 1/depth.",
        alt: "First panel: broken lines approach a smooth curve in the plane as the number of layers grows. Second: on logarithmic axes the error of the identity network falls with slope minus one, that of the ReLU network stays constant.",
        seed: 0,
        parameters: &[Parameter { name: "levels", default: 9.0, meaning: "doublings of the depth" }],
        data: resnet_depth,
        draw: draw_resnet_depth,
    },
];

/// Trains a network on blobs; `observe` sees every step's parameters.
fn train(
    settings: &Settings,
    data: &Labelled,
    misfit: Misfit,
    steps: usize,
    mut observe: impl FnMut(usize, &[f64]),
) -> Result<TwoLayer<2>> {
    let streams = Streams::new(settings.seed, "blobs");
    let start = TwoLayer::<2>::random(
        Activation::Tanh,
        settings.count("width"),
        [-2.0, 2.0],
        &mut streams.stream(2),
    )?;
    let loss = Classification::new(data.clone(), misfit)?;
    let mut theta = start.parameters().to_vec();
    let mut sampler = Sampler::new(&loss, Batch::Mini(32))?;
    let mut stream = streams.stream(3);
    minimize(
        &mut theta,
        &mut Adam::default(),
        Schedule::Cosine { rate: 0.03, steps },
        steps,
        |_, theta, gradient| Ok(sampler.add_gradient(&loss, theta, &mut stream, gradient)),
        |k, theta, _| observe(k, theta),
    )?;
    Ok(TwoLayer::new(Activation::Tanh, theta)?)
}

fn blobs(settings: &Settings, points: usize, stream: u64) -> Result<Labelled> {
    Ok(Blobs::new(0.5)?.sample(points, &mut Streams::new(settings.seed, "blobs").stream(stream))?)
}

fn two_layer_network(settings: &Settings) -> Result<Data> {
    let network = train(settings, &blobs(settings, 1000, 0)?, Misfit::Square, 600, |_, _| ())?;
    let units = 0..network.width();
    let of = |f: &dyn Fn(usize) -> f64| units.clone().map(f).collect::<Vec<_>>();
    Ok(Data::new()
        .column("weight_0", of(&|j| network.weight(j)[0]))
        .column("weight_1", of(&|j| network.weight(j)[1]))
        .column("bias", of(&|j| network.bias(j)))
        .column("outer", of(&|j| network.outer(j)))
        .column("offset", [network.offset()]))
}

fn draw_two_layer_network(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    const HEIGHT: f64 = 300.0;
    let outer = data.get("outer")?;
    let hidden = outer.len();
    let node = |column: usize, k: usize, of: usize| {
        (70.0 + 150.0 * column as f64, HEIGHT * (1.0 - (k as f64 + 1.0) / (of as f64 + 1.0)))
    };
    let largest = |columns: &[&[f64]]| {
        columns.iter().flat_map(|column| column.iter()).fold(0f64, |most, w| most.max(w.abs()))
    };
    let inner: Vec<&[f64]> = data.family("weight").collect();
    let (inner_size, outer_size) = (largest(&inner), largest(&[outer]));
    let pen = |weight: f64, size: f64| {
        let colour = if weight > 0.0 { BLUE } else { ORANGE };
        colour.weight(0.3 + 3.7 * weight.abs() / size).opacity(0.8)
    };
    let mut plate = Plate::diagram(440.0, HEIGHT);
    for j in 0..hidden {
        for (d, weights) in inner.iter().enumerate() {
            plate.segment(node(0, d, inner.len()), node(1, j, hidden), pen(weights[j], inner_size));
        }
        plate.segment(node(1, j, hidden), node(2, 0, 1), pen(outer[j], outer_size));
    }
    for d in 0..inner.len() {
        let (x, y) = node(0, d, inner.len());
        plate.disc((x, y), 9.0, INK);
        plate.label((x - 14.0, y), &format!("$x_{}$", d + 1), Side::Left, INK);
    }
    for j in 0..hidden {
        plate.disc(node(1, j, hidden), 9.0, INK);
    }
    let (x, y) = node(2, 0, 1);
    plate.disc((x, y), 9.0, INK);
    plate.label((x + 14.0, y), "$u(x)$", Side::Right, INK);
    plate.label((145.0, HEIGHT - 8.0), "$W$", Side::Centre, INK);
    plate.label((295.0, HEIGHT - 8.0), "$v$", Side::Centre, INK);
    plate.label((220.0, 10.0), r"$\tanh(W x + b)$", Side::Centre, INK);
    Ok(vec![plate])
}

const GRID: usize = 61;
const REACH: f64 = 2.4;

fn decision_boundary(settings: &Settings) -> Result<Data> {
    let (points, steps) = (settings.count("points"), settings.count("steps"));
    let (data, held_out) = (blobs(settings, points, 0)?, blobs(settings, 4000, 1)?);
    let mut history: Vec<Vec<f64>> = Vec::new();
    let mut at = Vec::new();
    let mut trained = None;
    for misfit in [Misfit::Square, Misfit::LogCosh, Misfit::Signed] {
        let mut accuracies = Vec::new();
        at.clear();
        let network = train(settings, &data, misfit, steps, |k, theta| {
            if k.is_multiple_of(10) {
                let network = TwoLayer::new(Activation::Tanh, theta.to_vec());
                accuracies
                    .push(network.and_then(|network| accuracy(&network, &held_out)).unwrap_or(f64::NAN));
                at.push(k as f64);
            }
        })?;
        history.push(accuracies);
        trained.get_or_insert(network);
    }
    let axis: Vec<f64> = (0..GRID).map(|k| REACH * (2.0 * k as f64 / (GRID - 1) as f64 - 1.0)).collect();
    let network = trained.expect("three networks were trained");
    let u: Vec<f64> =
        axis.iter().flat_map(|&y| axis.iter().map(move |&x| [x, y])).map(|x| network.value(&x)).collect();
    let class = |label: f64, d: usize| -> Vec<f64> {
        let ours = data.points.iter().zip(&data.labels).filter(|(_, y)| **y == label);
        ours.map(|(x, _)| x[d]).take(250).collect()
    };
    Ok(Data::new()
        .column("axis", axis)
        .column("u", u)
        .column("x1, label 1", class(1.0, 0))
        .column("x2, label 1", class(1.0, 1))
        .column("x1, label 0", class(0.0, 0))
        .column("x2, label 0", class(0.0, 1))
        .column("step", at)
        .columns("accuracy", history)
        .column("best accuracy", [Blobs::new(0.5)?.bayes_accuracy()]))
}

fn draw_decision_boundary(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let axis = data.get("axis")?;
    let u = data.get("u")?;
    let mut plane = Plate::sized(440.0, 400.0)
        .x(-REACH..=REACH, "$x_1$")
        .y(-REACH..=REACH, "$x_2$")
        .without_rules()
        .title("data and boundary");
    let shade = Shade::Diverging { negative: ORANGE, positive: BLUE, bound: 40.0 };
    plane.heatmap(-REACH..=REACH, -REACH..=REACH, u, axis.len(), shade);
    plane.dots(data.get("x1, label 1")?, data.get("x2, label 1")?, 1.6, BLUE);
    plane.dots(data.get("x1, label 0")?, data.get("x2, label 0")?, 1.6, ORANGE);
    plane.horizontal(0.0, GREY.dashed());
    plane.vertical(0.0, GREY.dashed());
    plane.contour(axis, axis, u, 0.0, INK);

    let step = data.get("step")?;
    let mut training = Plate::new()
        .x(0.0..=step[step.len() - 1] * 1.02, "step")
        .y(0.3..=1.0, "accuracy on held-out points")
        .legend(Corner::BottomRight)
        .title("training");
    training.horizontal(data.number("best accuracy")?, INK.dashed().thin());
    let names = [r"$\varphi = r^2$", r"$\varphi = \log\cosh r$", r"$\varphi = r$"];
    for ((accuracy, name), colour) in data.family("accuracy").zip(names).zip([BLUE, GREEN, ORANGE]) {
        let pen = if colour == GREEN { colour.dashed() } else { colour.into() };
        training.line(step, accuracy, pen).keyed(name);
    }
    Ok(vec![plane, training])
}

/// Weights that turn and swell along the network.
fn weights(t: f64) -> Layer<2> {
    Layer { weight: [[-0.5, 2.0 + t], [-2.0, 0.3 - t]], bias: [(2.0 * t).sin(), 0.5] }
}

const HORIZON: f64 = 2.0;
const START: [f64; 2] = [1.0, -0.5];
/// So deep a network that its distance from the differential equation is invisible, with its error extrapolated away.
const DEEP: usize = 1 << 14;

fn resnet_depth(settings: &Settings) -> Result<Data> {
    let states = |depth: usize| -> Result<Vec<[f64; 2]>> {
        Ok(ResNet::sampled(depth, HORIZON, weights)?.forward(START))
    };
    let last = |states: &[[f64; 2]]| states[states.len() - 1];
    let (fine, finer) = (states(DEEP)?, last(&states(2 * DEEP)?));
    let end: [f64; 2] = std::array::from_fn(|i| 2.0 * finer[i] - last(&fine)[i]);
    let mut depths = Vec::new();
    let (mut identity, mut relu) = (Vec::new(), Vec::new());
    for level in 1..=settings.count("levels") {
        let depth = 1 << (level + 1);
        let network = ResNet::sampled(depth, HORIZON, weights)?;
        let distance = |z: [f64; 2]| (z[0] - end[0]).hypot(z[1] - end[1]);
        depths.push(depth as f64);
        identity.push(distance(last(&network.forward(START))));
        relu.push(distance(last(&network.with(|z| z, |y| y.max(0.0)).forward(START))));
    }
    let coordinates = |name: &str, states: &[[f64; 2]], data: Data| {
        data.column(format!("x, {name}"), states.iter().map(|z| z[0]).collect::<Vec<_>>())
            .column(format!("y, {name}"), states.iter().map(|z| z[1]).collect::<Vec<_>>())
    };
    let curve: Vec<[f64; 2]> = fine.iter().copied().step_by(64).collect();
    let mut data = coordinates("flow", &curve, Data::new());
    for depth in [8, 32] {
        data = coordinates(&depth.to_string(), &states(depth)?, data);
    }
    Ok(data.column("depth", depths).column("identity", identity).column("ReLU", relu))
}

fn draw_resnet_depth(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plane = Plate::new()
        .x(widened(span([data.get("x, 8")?, data.get("x, flow")?])), "$z_1$")
        .y(widened(span([data.get("y, 8")?, data.get("y, flow")?])), "$z_2$")
        .legend(Corner::BottomLeft)
        .title("states");
    plane.line(data.get("x, flow")?, data.get("y, flow")?, GREY.weight(4.0)).keyed("differential equation");
    for (depth, colour) in [("8", ORANGE), ("32", BLUE)] {
        let (x, y) = (data.get(&format!("x, {depth}"))?, data.get(&format!("y, {depth}"))?);
        plane.line(x, y, colour).keyed(&format!("{depth} layers"));
        plane.points(x, y, colour);
    }
    let (depth, identity, relu) = (data.get("depth")?, data.get("identity")?, data.get("ReLU")?);
    let last = depth.len() - 1;
    let mut errors = Plate::new()
        .log_x(depth[0]..=depth[last], "depth")
        .log_y(0.5 * identity[last]..=10.0, "distance from the end point")
        .legend(Corner::BottomLeft)
        .title("outputs");
    errors.points(depth, relu, PURPLE).keyed("$g$ = ReLU");
    errors.points(depth, identity, BLUE).keyed("$g$ = identity");
    errors.power(-1.0, (depth[last], identity[last]), depth[0], BLUE.dashed().thin());
    Ok(vec![plane, errors])
}

/// A range with a tenth of its length added at either end.
fn widened(range: std::ops::RangeInclusive<f64>) -> std::ops::RangeInclusive<f64> {
    let margin = 0.1 * (range.end() - range.start());
    range.start() - margin..=range.end() + margin
}
