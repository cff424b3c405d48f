//! Section 2.3: gradients of neural ODEs, what they cost, where the backward solve fails, and a learnt field.

use anyhow::Result;
use rayon::prelude::*;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::{
    Counted, DenseLayer, DormandPrince, FieldRecipe, FixedStep, Gradient, Method, NetworkField, PENDULUM,
    Pendulum, Pointwise, RunningAdjoint, SlowFast, Stages, Tableau, VectorField, terminal, trajectory,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Colour, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Shade,
    Side, on_all_cores,
};

const SECTION: &str = "ch2_control/neural_ode";
const THETA: [f64; 2] = [1.3, 0.4];

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "node-adjoint",
        section: SECTION,
        number: None,
        title: "The adjoint and the running gradient",
        caption: r"A damped pendulum from $z_0 = (0.9, 0.1)$ with $L = \frac12 \abs{z(T)}^2$. First panel: state $q$ and the two entries of the adjoint $a$, which is solved from right to left. Second: the running gradient $y$ of (2.6); its values at the left edge are the gradient (dots: differences of the loss).",
        alt: "First panel: three oscillating curves over time. Second: two curves that start at zero at the final time and end, at time zero, on the dots of the gradient by differences.",
        seed: 0,
        parameters: &[],
        data: adjoint,
        draw: draw_adjoint,
    },
    Figure {
        id: "node-orders",
        section: SECTION,
        number: None,
        title: "Errors of gradients against the step",
        caption: r"Relative differences between gradients of the pendulum's loss. First panel: the adjoint along stored states against the derivative of the discrete loss, for three schemes. Second: for RK4, against that derivative: the gradient of the continuous problem, the adjoint, and forward sensitivities.",
        alt: "First panel: three straight lines of slopes one, two and four. Second: two lines of slope four close to each other, and points at the level of rounding.",
        seed: 0,
        parameters: &[],
        data: orders,
        draw: draw_orders,
    },
    Figure {
        id: "node-memory",
        section: SECTION,
        number: None,
        title: "What five methods keep",
        caption: r"Numbers kept for one gradient, counted from the buffers; a 2-16-2 network, four points, RK4. First panel: against the number of steps. Second: against the number of hidden layers, at 256 steps.",
        alt: "First panel: recorded reverse mode and the stored adjoint grow linearly, checkpoints like the square root, backward solve and sensitivities not at all. Second: everything grows with depth, sensitivities fastest; checkpoints and both adjoints lie one to three orders of magnitude below recorded reverse mode.",
        seed: 1,
        parameters: &[],
        data: memory,
        draw: draw_memory,
    },
    Figure {
        id: "node-time",
        section: SECTION,
        number: None,
        title: "What five methods compute",
        caption: r"First panel: evaluations of the field for one gradient, a pull-back counted as two and a tangent as one; a 2-16-2 network, RK4. Second: the same for 16 steps, times the weights that one evaluation multiplies by, against the depth of a network 2-16-…-16-2. Third: multiplications counted for a dense layer $\tanh(Wz)$ of width $N_d$, two steps (Exercise 2.4).",
        alt: "First panel: four methods within a factor of two of each other and forward sensitivity a hundred times above. Second: four lines rise in proportion to the depth, that of forward sensitivity with its square. Third: straight lines of slopes two and four.",
        seed: 1,
        parameters: &[],
        data: time,
        draw: draw_time,
    },
    Figure {
        id: "node-backward",
        section: SECTION,
        number: None,
        title: "Solving backwards where the field contracts",
        caption: r"A fast variable $x$ that follows a slow one at the rate $\lambda$. First panel: $x$ solved forwards by RK4 and then backwards from where it ended, $\lambda = 8$. Second: relative error of the gradient, the adjoint along stored states against the one along states solved backwards, 800 steps to $T = 4$.",
        alt: "First panel: the backward solution follows the forward one until shortly before the start and then leaves the picture. Second: the error along stored states stays small for every rate while the other rises by many orders of magnitude until it exceeds one.",
        seed: 0,
        parameters: &[Parameter {
            name: "rate",
            default: 8.0,
            meaning: "rate of contraction of the first panel",
        }],
        data: backward,
        draw: draw_backward,
    },
    Figure {
        id: "node-field",
        section: SECTION,
        number: None,
        title: "A field learned from trajectories",
        caption: r"First panel: directions of the network's field, three trajectories it has not seen (lines: pendulum, dots: network). Second: size of the error of the field, in one color from 0.3 on; the dashed frame holds the starts of the training data.",
        alt: "First panel: arrows turning clockwise about the origin; dots of the network lie on spirals of the pendulum. Second: the error is small where the data are and grows in the corners.",
        seed: 0,
        parameters: &[],
        data: field,
        draw: draw_field,
    },
    Figure {
        id: "node-training",
        section: SECTION,
        number: None,
        title: "Held-out error during training",
        caption: r"Root of the mean squared error of 64 unseen trajectories up to time 10 against the step of Adam, for the seeds 0, 1, 2; the dashed line is the target.",
        alt: "Three noisy curves fall from about one and flatten out as the learning rate goes to zero, two below the dashed line and one a little above it.",
        seed: 0,
        parameters: &[],
        data: training,
        draw: draw_training,
    },
];

fn half_square(z: ndarray::ArrayView2<f64>, mut a: ndarray::ArrayViewMut2<f64>) -> f64 {
    a += &z;
    0.5 * z.iter().map(|z| z * z).sum::<f64>()
}

fn gradient<F: VectorField>(
    field: &F,
    theta: &[f64],
    z_0: &ndarray::Array2<f64>,
    scheme: FixedStep,
    method: Method,
) -> sdml::Result<(f64, Vec<f64>, usize)> {
    let mut work = Gradient::new(scheme, method)?;
    let mut gradient = vec![0.0; theta.len()];
    let mut loss = terminal(scheme.steps(), half_square);
    let value = work.evaluate(field, theta, z_0.view(), &mut loss, &mut gradient)?;
    Ok((value, gradient, work.held(field)))
}

/// The largest |x_j − y_j| over the largest |y_j|.
fn distance(x: &[f64], y: &[f64]) -> f64 {
    let apart = x.iter().zip(y).fold(0.0, |worst: f64, (x, y)| worst.max((x - y).abs()));
    apart / y.iter().fold(0.0, |worst: f64, y| worst.max(y.abs()))
}

fn start() -> ndarray::Array2<f64> {
    ndarray::array![[0.9, 0.1]]
}

fn reference(end: f64) -> sdml::Result<RunningAdjoint> {
    let solver = DormandPrince::new(1e-12, 1e-13)?;
    RunningAdjoint::new(&Pointwise(Pendulum), &THETA, (0.0, end), start().view(), &solver, |z| z.to_owned())
}

const END: f64 = 6.0;

fn adjoint(_: &Settings) -> Result<Data> {
    let run = reference(END)?;
    let s: Vec<f64> = (0..=240).map(|k| END * f64::from(k) / 240.0).collect();
    let of =
        |f: &dyn Fn(f64) -> sdml::Result<f64>| s.iter().map(|&s| f(s)).collect::<sdml::Result<Vec<f64>>>();
    let scheme = FixedStep::new(Tableau::RK4, 0.0, END, 1000)?;
    let differences = (0..2).map(|j| {
        let at = |epsilon: f64| {
            let mut theta = THETA;
            theta[j] += epsilon;
            gradient(&Pointwise(Pendulum), &theta, &start(), scheme, Method::ResolvedAdjoint)
                .map(|(loss, ..)| loss)
        };
        Ok((at(1e-4)? - at(-1e-4)?) / 2e-4)
    });
    let differences = differences.collect::<sdml::Result<Vec<f64>>>()?;
    Ok(Data::new()
        .column("q", of(&|s| Ok(run.z(s)?[[0, 0]]))?)
        .column("a1", of(&|s| Ok(run.a(s)?[[0, 0]]))?)
        .column("a2", of(&|s| Ok(run.a(s)?[[0, 1]]))?)
        .column("y1", of(&|s| Ok(run.gradient(s)?[0]))?)
        .column("y2", of(&|s| Ok(run.gradient(s)?[1]))?)
        .column("differences", differences)
        .column("s", s))
}

/// A range that holds all of these numbers, with some room.
fn around<'a>(columns: impl IntoIterator<Item = &'a [f64]>) -> std::ops::RangeInclusive<f64> {
    let all = columns.into_iter().flatten();
    let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    low - 0.12 * (high - low)..=high + 0.12 * (high - low)
}

fn draw_adjoint(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let s = data.get("s")?;
    let (q, a1, a2) = (data.get("q")?, data.get("a1")?, data.get("a2")?);
    let mut left =
        Plate::new().x(0.0..=END, "time $s$").y(around([q, a1, a2]), "").title("state and adjoint");
    left.line(s, q, INK.dashed()).keyed("$q$");
    left.line(s, a1, BLUE).keyed("$a_1$");
    left.line(s, a2, ORANGE).keyed("$a_2$");
    let (y1, y2) = (data.get("y1")?, data.get("y2")?);
    let mut right = Plate::new().x(-0.1..=END, "time $s$").y(around([y1, y2]), "").title("running gradient");
    right.horizontal(0.0, GREY.thin());
    right.line(s, y1, BLUE).keyed("$y_1$, stiffness");
    right.line(s, y2, ORANGE).keyed("$y_2$, damping");
    right.dots(&[0.0, 0.0], data.get("differences")?, 4.0, INK);
    Ok(vec![left, right])
}

fn orders(_: &Settings) -> Result<Data> {
    let end = 3.0;
    let field = Pointwise(Pendulum);
    let steps = [12, 20, 36, 64, 112, 200, 360];
    let continuous = reference(end)?.gradient(0.0)?;
    let of = |tableau: Tableau, method: fn(usize) -> Method| {
        steps.map(|n| {
            let scheme = FixedStep::new(tableau, 0.0, end, n).expect("positive steps");
            let discrete =
                gradient(&field, &THETA, &start(), scheme, Method::recorded(n)).expect("stays finite").1;
            let other = gradient(&field, &THETA, &start(), scheme, method(n)).expect("stays finite").1;
            [distance(&other, &discrete), distance(&continuous, &discrete)]
        })
    };
    let mut data = Data::new().column("h", steps.map(|n| end / n as f64));
    for tableau in Tableau::ALL {
        let pairs = of(tableau, |_| Method::StoredAdjoint);
        data = data.column(format!("{} adjoint", tableau.name()), pairs.map(|pair| pair[0]));
        if tableau == Tableau::RK4 {
            data = data.column("continuous", pairs.map(|pair| pair[1]));
        }
    }
    let rounding = of(Tableau::RK4, |_| Method::Sensitivity).map(|pair| pair[0].max(1e-17));
    Ok(data.column("sensitivity", rounding))
}

fn draw_orders(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut left = Plate::new()
        .log_x(0.007..=0.3, "step $h$")
        .log_y(1e-11..=10.0, "relative difference")
        .legend(Corner::BottomRight)
        .title("adjoint, three schemes");
    for (name, colour) in [("Euler", PURPLE), ("midpoint", GREEN), ("RK4", BLUE)] {
        let column = data.get(&format!("{name} adjoint"))?;
        left.line(h, column, colour.thin());
        left.points(h, column, colour).keyed(name);
    }
    let mut right = Plate::new()
        .log_x(0.007..=0.3, "step $h$")
        .log_y(1e-17..=10.0, "relative difference")
        .legend(Corner::TopLeft)
        .title("RK4");
    for (name, key, colour) in [
        ("continuous", "continuous problem", ORANGE),
        ("RK4 adjoint", "adjoint", BLUE),
        ("sensitivity", "sensitivities", GREEN),
    ] {
        let column = data.get(name)?;
        right.line(h, column, colour.thin());
        right.points(h, column, colour).keyed(key);
    }
    Ok(vec![left, right])
}

/// A method for so many steps, with a name and a colour.
type Contender = (&'static str, fn(usize) -> Method, Colour);

const METHODS: [Contender; 5] = [
    ("recorded", Method::recorded, ORANGE),
    ("checkpoints", Method::checkpointed, BLUE),
    ("adjoint, stored", |_| Method::StoredAdjoint, GREEN),
    ("adjoint, backwards", |_| Method::ResolvedAdjoint, PURPLE),
    ("sensitivities", |_| Method::Sensitivity, INK),
];
const STEPS: [usize; 6] = [4, 16, 64, 256, 1024, 4096];
const DEPTHS: [usize; 5] = [1, 2, 4, 8, 16];
const WIDTHS: [usize; 6] = [2, 4, 8, 16, 32, 64];

fn deep(hidden: usize, seed: u64) -> sdml::Result<(NetworkField, Vec<f64>, ndarray::Array2<f64>)> {
    let mut sizes = vec![16; hidden + 2];
    (sizes[0], sizes[hidden + 1]) = (2, 2);
    let network = Mlp::new(&sizes, Activation::Tanh)?;
    let mut stream = Streams::new(seed, "cost").stream(0);
    let theta = network.initial(&mut stream);
    Ok((
        NetworkField::new(network)?,
        theta,
        ndarray::Array2::from_shape_simple_fn((4, 2), || stream.normal()),
    ))
}

fn unit(steps: usize) -> sdml::Result<FixedStep> {
    FixedStep::new(Tableau::RK4, 0.0, 1.0, steps)
}

fn memory(settings: &Settings) -> Result<Data> {
    let columns = METHODS.par_iter().map(|(name, method, _)| {
        let held = |hidden: usize, steps: usize| -> sdml::Result<f64> {
            let (field, theta, z_0) = deep(hidden, settings.seed)?;
            Ok(gradient(&field, &theta, &z_0, unit(steps)?, method(steps))?.2 as f64)
        };
        // What sensitivities keep does not depend on the steps, and they take long.
        let most = if *name == "sensitivities" { 16 } else { usize::MAX };
        let by_steps = STEPS.iter().map(|&n| held(1, n.min(most))).collect::<sdml::Result<Vec<f64>>>()?;
        let by_depth =
            DEPTHS.iter().map(|&hidden| held(hidden, most.min(256))).collect::<sdml::Result<Vec<f64>>>()?;
        Ok((*name, by_steps, by_depth))
    });
    let columns = columns.collect::<sdml::Result<Vec<_>>>()?;
    let counts = |counts: &[usize]| counts.iter().map(|n| *n as f64).collect::<Vec<f64>>();
    let data = Data::new().column("steps", counts(&STEPS)).column("hidden layers", counts(&DEPTHS));
    Ok(columns.into_iter().fold(data, |data, (name, by_steps, by_depth)| {
        data.column(format!("{name} by steps"), by_steps).column(format!("{name} by depth"), by_depth)
    }))
}

fn draw_memory(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (steps, depth) = (data.get("steps")?, data.get("hidden layers")?);
    let mut left = Plate::new()
        .log_x(3.0..=5000.0, "steps $N$")
        .log_y(1e2..=1e8, "numbers kept")
        .legend(Corner::TopLeft)
        .title("against steps");
    let mut right = Plate::new()
        .log_x(0.8..=20.0, "hidden layers")
        .log_y(1e2..=1e8, "numbers kept")
        .title("against depth");
    for (name, _, colour) in METHODS {
        let (by_steps, by_depth) =
            (data.get(&format!("{name} by steps"))?, data.get(&format!("{name} by depth"))?);
        left.line(steps, by_steps, colour.thin());
        left.points(steps, by_steps, colour).keyed(name);
        right.line(depth, by_depth, colour.thin());
        right.points(depth, by_depth, colour);
    }
    Ok(vec![left, right])
}

/// Evaluations of the field for the gradient at one point, a pull-back counted as two and a tangent as one.
fn evaluations(hidden: usize, method: Method, steps: usize, seed: u64) -> sdml::Result<f64> {
    let (field, theta, z_0) = deep(hidden, seed)?;
    let counted = Counted::new(field);
    gradient(&counted, &theta, &z_0, unit(steps)?, method)?;
    let [values, pull_backs, tangents] = counted.counts().map(|count| count as f64);
    Ok((values + 2.0 * pull_backs + tangents) / z_0.nrows() as f64)
}

fn time(settings: &Settings) -> Result<Data> {
    let mut data = Data::new()
        .column("steps", STEPS.map(|n| n as f64))
        .column("width", WIDTHS.map(|n| n as f64))
        .column("hidden layers", DEPTHS.map(|n| n as f64));
    for (name, method, _) in METHODS {
        let by_steps = STEPS.iter().map(|&n| {
            // The count per step is constant, and sensitivities take long.
            let run = if name == "sensitivities" { n.min(16) } else { n };
            Ok(evaluations(1, method(run), run, settings.seed)? * n as f64 / run as f64)
        });
        let by_depth = DEPTHS.iter().map(|&hidden| {
            let weights = 2 * 2 * 16 + (hidden - 1) * 16 * 16;
            Ok(evaluations(hidden, method(16), 16, settings.seed)? * weights as f64)
        });
        data = data
            .column(format!("{name} evaluations"), by_steps.collect::<sdml::Result<Vec<f64>>>()?)
            .column(format!("{name} by depth"), by_depth.collect::<sdml::Result<Vec<f64>>>()?);
    }
    for (name, method) in [("adjoint", Method::ResolvedAdjoint), ("sensitivities", Method::Sensitivity)] {
        let count = WIDTHS.map(|width| -> sdml::Result<f64> {
            let layer = DenseLayer::new(width)?;
            let mut stream = Streams::new(settings.seed, "layer").stream(0);
            let theta: Vec<f64> = (0..width * width).map(|_| stream.normal() / width as f64).collect();
            gradient(&layer, &theta, &ndarray::Array2::ones((1, width)), unit(2)?, method)?;
            Ok(layer.multiplications() as f64)
        });
        let count = count.into_iter().collect::<sdml::Result<Vec<f64>>>()?;
        data = data.column(format!("{name} multiplications"), count);
    }
    Ok(data)
}

fn draw_time(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (steps, width, depth) = (data.get("steps")?, data.get("width")?, data.get("hidden layers")?);
    let mut left = Plate::new()
        .log_x(3.0..=5000.0, "steps $N$")
        .log_y(1e1..=1e8, "evaluations")
        .legend(Corner::TopLeft)
        .title("evaluations of the field");
    let mut middle = Plate::new()
        .log_x(0.8..=20.0, "hidden layers")
        .log_y(1e3..=1e10, "multiplications")
        .title("against depth");
    for (name, _, colour) in METHODS {
        let column = data.get(&format!("{name} evaluations"))?;
        left.line(steps, column, colour.thin());
        left.points(steps, column, colour).keyed(name);
        let by_depth = data.get(&format!("{name} by depth"))?;
        middle.line(depth, by_depth, colour.thin());
        middle.points(depth, by_depth, colour);
    }
    middle.slope(1.0, (3.0, 7e4), 8.0, "1");
    let mut right = Plate::new()
        .log_x(1.6..=80.0, "width $N_d$")
        .log_y(1e1..=1e9, "multiplications")
        .legend(Corner::TopLeft)
        .title("one dense layer");
    let (adjoint, forward) =
        (data.get("adjoint multiplications")?, data.get("sensitivities multiplications")?);
    right.line(width, forward, INK.thin());
    right.points(width, forward, INK).keyed("sensitivities");
    right.line(width, adjoint, PURPLE.thin());
    right.points(width, adjoint, PURPLE).keyed("adjoint, backwards");
    right.slope(2.0, (12.0, adjoint[3] / 10.0), 48.0, "2");
    right.slope(4.0, (12.0, forward[3] / 10.0), 48.0, "4");
    Ok(vec![left, middle, right])
}

const RATES: [f64; 9] = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0];

fn backward(settings: &Settings) -> Result<Data> {
    let z_0 = ndarray::array![[0.5, 0.2]];
    let (end, steps) = (4.0, 800);
    let field = Pointwise(SlowFast);
    let forwards = FixedStep::new(Tableau::RK4, 0.0, end, steps)?;
    let backwards = FixedStep::new(Tableau::RK4, end, 0.0, steps)?;
    let theta = [settings.get("rate"), 1.0];
    let mut z = z_0.clone();
    let mut curves = Vec::new();
    for scheme in [forwards, backwards] {
        let mut tape = Default::default();
        let (mut t, mut x) = (Vec::new(), Vec::new());
        let solved = scheme.solve(
            &mut z,
            &mut Stages::default(),
            |t, z, out| field.value(z, t, &theta, &mut tape, out),
            |_, time, z| {
                t.push(time);
                x.push(z[[0, 0]]);
            },
        );
        // Backwards it may leave the finite numbers: what is there until then is drawn.
        if let Err(error) = solved
            && scheme == forwards
        {
            return Err(error.into());
        }
        curves.push((t, x));
    }
    let error = |rate: f64, method: Method| -> f64 {
        let theta = [rate, 1.0];
        let exact = gradient(&field, &theta, &z_0, forwards, Method::recorded(steps));
        let found = gradient(&field, &theta, &z_0, forwards, method);
        match (exact, found) {
            (Ok((_, exact, _)), Ok((_, found, _))) => distance(&found, &exact),
            _ => f64::NAN,
        }
    };
    let [(t, x), (t_back, x_back)] = <[_; 2]>::try_from(curves).expect("two curves were solved");
    Ok(Data::new()
        .column("t", t)
        .column("x", x)
        .column("t, backwards", t_back)
        .column("x, backwards", x_back)
        .column("rate", RATES)
        .column("stored", RATES.map(|rate| error(rate, Method::StoredAdjoint)))
        .column("resolved", RATES.map(|rate| error(rate, Method::ResolvedAdjoint))))
}

fn draw_backward(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut left = Plate::new()
        .x(0.0..=4.0, "time $t$")
        .y(-1.5..=2.0, "$x$")
        .legend(Corner::TopRight)
        .title("forwards and back");
    left.line(data.get("t")?, data.get("x")?, GREY.weight(4.0)).keyed("forwards");
    left.line(data.get("t, backwards")?, data.get("x, backwards")?, ORANGE).keyed("backwards");
    let rate = data.get("rate")?;
    let mut right = Plate::new()
        .x(0.0..=13.0, r"rate $\lambda$")
        .log_y(1e-14..=1e6, "relative error")
        .legend(Corner::TopLeft)
        .title("the gradient");
    for (name, key, colour) in [("resolved", "solved backwards", ORANGE), ("stored", "stored states", BLUE)] {
        right.line(rate, data.get(name)?, colour.thin());
        right.points(rate, data.get(name)?, colour).keyed(key);
    }
    Ok(vec![left, right])
}

/// The kept training run: parameters, steps, losses, held-out errors.
fn learned(recipe: FieldRecipe) -> Result<Vec<Vec<f64>>> {
    Ok(kept::trained(SECTION, "pendulum", &recipe, || {
        recipe.train(|_| ()).map(|learned| {
            let column = |of: fn(&sdml::ch2_control::neural_ode::Progress) -> f64| {
                learned.history.iter().map(of).collect::<Vec<f64>>()
            };
            let steps = column(|progress| progress.iteration as f64);
            let (loss, held_out) = (column(|progress| progress.loss), column(|progress| progress.held_out));
            vec![learned.theta, steps, loss, held_out]
        })
    })?)
}

fn field(settings: &Settings) -> Result<Data> {
    let recipe = FieldRecipe::new(settings.seed);
    let theta = &learned(recipe)?[0];
    let network = recipe.field()?;
    let values = |points: &ndarray::Array2<f64>| -> Result<[ndarray::Array2<f64>; 2]> {
        let (mut found, mut exact) =
            (ndarray::Array2::zeros(points.dim()), ndarray::Array2::zeros(points.dim()));
        network.value(points.view(), 0.0, theta, &mut Default::default(), found.view_mut())?;
        Pointwise(Pendulum).value(
            points.view(),
            0.0,
            &PENDULUM,
            &mut Default::default(),
            exact.view_mut(),
        )?;
        Ok([found, exact])
    };
    let coarse = ndarray::Array2::from_shape_fn((99, 2), |(k, i)| {
        if i == 0 { 0.4 * (k % 11) as f64 - 2.0 } else { 0.4 * (k / 11) as f64 - 1.6 }
    });
    let [arrows, _] = values(&coarse)?;
    let fine = ndarray::Array2::from_shape_fn((51 * 41, 2), |(k, i)| {
        if i == 0 { 0.1 * (k % 51) as f64 - 2.5 } else { 0.1 * (k / 51) as f64 - 2.0 }
    });
    let [found, exact] = values(&fine)?;
    let error: Vec<f64> = (&found - &exact)
        .rows()
        .into_iter()
        .map(|row| row.iter().map(|d| d * d).sum::<f64>().sqrt())
        .collect();
    let starts = ndarray::array![[1.4, 0.9], [-1.2, -0.4], [0.2, 0.9]];
    let exact = trajectory(&Pointwise(Pendulum), &PENDULUM, starts.clone(), 0.1, 100, 10)?;
    let found = trajectory(&network, theta, starts, 0.5, 20, 4)?;
    let column = |states: &[ndarray::Array2<f64>], k: usize, i: usize| {
        states.iter().map(|z| z[[k, i]]).collect::<Vec<f64>>()
    };
    let mut data = Data::new()
        .column("q", coarse.column(0).to_vec())
        .column("v", coarse.column(1).to_vec())
        .column("dq", arrows.column(0).to_vec())
        .column("dv", arrows.column(1).to_vec())
        .column("error", error);
    for k in 0..3 {
        data = data
            .column(format!("q{k}"), column(&exact, k, 0))
            .column(format!("v{k}"), column(&exact, k, 1))
            .column(format!("network q{k}"), column(&found, k, 0))
            .column(format!("network v{k}"), column(&found, k, 1));
    }
    Ok(data)
}

fn draw_field(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut left = Plate::new()
        .x(-2.2..=2.4, "$q$")
        .y(-1.8..=1.8, "$v$")
        .without_rules()
        .title("field and trajectories");
    let (du, dv) = (data.get("dq")?, data.get("dv")?);
    // All arrows of one length: the direction is what is shown.
    let shorten = |component: &[f64]| {
        let sizes = du.iter().zip(dv).map(|(u, v)| u.hypot(*v).max(1e-9));
        component.iter().zip(sizes).map(|(x, size)| 0.25 * x / size).collect::<Vec<f64>>()
    };
    left.arrows(data.get("q")?, data.get("v")?, &shorten(du), &shorten(dv), GREY.thin());
    for (k, colour) in [ORANGE, BLUE, GREEN].into_iter().enumerate() {
        left.line(data.get(&format!("q{k}"))?, data.get(&format!("v{k}"))?, colour.thin());
        left.points(data.get(&format!("network q{k}"))?, data.get(&format!("network v{k}"))?, colour);
    }
    let shade = Shade::Sequential { colour: PURPLE, low: 0.0, high: 0.3 };
    let mut right = Plate::new()
        .x(-2.5..=2.5, "$q$")
        .y(-2.0..=2.0, "$v$")
        .without_rules()
        .scale(shade)
        .title("error of the field");
    right.heatmap(-2.55..=2.55, -2.05..=2.05, data.get("error")?, 51, shade);
    let frame = [(-1.5, -1.0), (1.5, -1.0), (1.5, 1.0), (-1.5, 1.0), (-1.5, -1.0)];
    right.polyline(frame, INK.dashed());
    Ok(vec![left, right])
}

fn training(_: &Settings) -> Result<Data> {
    let runs = on_all_cores([0, 1, 2], |seed| learned(FieldRecipe::new(seed)))?;
    let mut data = Data::new().column("step", runs[0][1].clone());
    for (seed, run) in runs.into_iter().enumerate() {
        data = data.column(format!("seed {seed}"), run[3].clone());
    }
    Ok(data)
}

fn draw_training(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let step = data.get("step")?;
    let mut plate = Plate::new()
        .x(0.0..=step[step.len() - 1], "step")
        .log_y(1e-3..=3.0, "held-out error")
        .legend(Corner::TopRight);
    plate.horizontal(0.01, INK.dashed().thin());
    plate.label((60.0, 0.01), "target", Side::BelowRight, INK);
    for (seed, colour) in [ORANGE, BLUE, GREEN].into_iter().enumerate() {
        plate.line(step, data.get(&format!("seed {seed}"))?, colour).keyed(&format!("seed {seed}"));
    }
    Ok(vec![plate])
}
