//! Section 1.2: evolution operators.

use anyhow::Result;
use sdml::ch1_preliminaries::evolution::{
    Complex, DMatrix, DVector, Freezing, HeatAdvection, Rabi, Splitting, dyson_terms, exponential,
    gauss_legendre, magnus_propagator, propagator, split_propagator, spring, spring_drift, spring_kick,
    spring_propagator,
};

use crate::figures::{
    BLUE, Colour, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings,
};

const SECTION: &str = "ch1_preliminaries/evolution";

/// The time to which the spring is followed.
const T: f64 = 2.0;

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "propagator-errors",
        section: SECTION,
        number: None,
        title: "The ordered product converges, the others do not",
        caption: r"Distance from the exact $U(2, 0)$ of the stiffening spring against the step: products with $L$ frozen at the left end and at the midpoint, Magnus's product, the midpoint product with its factors in reverse, and $\exp \int L$.",
        alt: "On logarithmic axes, three series fall with slopes one, two and four as the step gets smaller; two series stay level, near one and near one half.",
        seed: 0,
        parameters: &[Parameter { name: "levels", default: 8.0, meaning: "halvings of the step" }],
        data: propagator_errors,
        draw: draw_propagator_errors,
    },
    Figure {
        id: "splitting-orders",
        section: SECTION,
        number: None,
        title: "Two approximations, two orders",
        caption: r"Error of $U(2, 0)$ against the step. First panel: generator constant in time, so that splitting is the only approximation. Second: stiffness $t$; the splitting is now limited by where time is frozen.",
        alt: "First panel: four series with slopes one, two, four and six. Second: Strang with time frozen at the left end has slope one; Strang with the midpoint and Suzuki frozen once per step have slope two; Suzuki with a midpoint for each substep has slope four.",
        seed: 0,
        parameters: &[Parameter { name: "levels", default: 7.0, meaning: "halvings of the step" }],
        data: splitting_orders,
        draw: draw_splitting_orders,
    },
    Figure {
        id: "dyson-iterates",
        section: SECTION,
        number: None,
        title: "Picard iterates of Duhamel's formula",
        caption: r"Driven two-level system, the drive taken as the perturbation. First panel: probability of the other level against time, exact and by iterates $n = 1, 3, 5, 7$. Second: error of the iterates at time $t$, and the bound $(g t)^{n+1}/(n+1)!$.",
        alt: "First panel: each iterate follows the exact oscillation for a while and then leaves it upwards; later iterates leave later. Second: on a logarithmic axis the errors rise or stay level at first and then fall ever faster, always below the bound.",
        seed: 0,
        parameters: &[
            Parameter { name: "g", default: 0.8, meaning: "strength of the drive" },
            Parameter { name: "t", default: 4.0, meaning: "time of the second panel" },
        ],
        data: dyson_iterates,
        draw: draw_dyson_iterates,
    },
    Figure {
        id: "heat-advection",
        section: SECTION,
        number: None,
        title: "Heat and advection, split",
        caption: r"A bump carried by the velocity $c(x) = 1 + \frac12 \sin x$ while it diffuses, 64 modes. First panel: at time 0, and at time 1 exactly and with one step of Lie's splitting. Second: errors at time 1 against the step.",
        alt: "First panel: a bump at zero and, further right, the bump at time one; the curve of the splitting with one step is visibly off. Second: on logarithmic axes, errors with slopes one, two and four.",
        seed: 0,
        parameters: &[
            Parameter { name: "diffusivity", default: 0.05, meaning: "diffusivity" },
            Parameter { name: "levels", default: 5.0, meaning: "halvings of the step" },
        ],
        data: heat_advection,
        draw: draw_heat_advection,
    },
];

type Real = DMatrix<f64>;

/// The numbers of steps `first`, 2 `first`, 4 `first`, …
fn steps(first: usize, settings: &Settings) -> Vec<usize> {
    (0..settings.count("levels")).map(|level| first << level).collect()
}

fn distances(
    exact: &Real,
    steps: &[usize],
    approximation: impl Fn(usize) -> sdml::Result<Real>,
) -> Result<Vec<f64>> {
    steps.iter().map(|&n| Ok((approximation(n)? - exact).norm())).collect()
}

fn lengths(steps: &[usize], t: f64) -> Vec<f64> {
    steps.iter().map(|&n| t / n as f64).collect()
}

fn propagator_errors(settings: &Settings) -> Result<Data> {
    let exact = spring_propagator(T, 0.0)?;
    let steps = steps(4, settings);
    let frozen = |freezing| distances(&exact, &steps, |n| propagator(spring, T, 0.0, n, freezing));
    // The generator run through from the end: the factors come in reverse.
    let reversed =
        distances(&exact, &steps, |n| propagator(|r| spring(T - r), T, 0.0, n, Freezing::Midpoint))?;
    let integral: Real = gauss_legendre(0.0, T, 4)?.into_iter().map(|(r, w)| spring(r) * w).sum();
    let unordered = (exponential(&integral)? - &exact).norm();
    Ok(Data::new()
        .column("step", lengths(&steps, T))
        .column("left end", frozen(Freezing::LeftPoint)?)
        .column("midpoint", frozen(Freezing::Midpoint)?)
        .column("Magnus", distances(&exact, &steps, |n| magnus_propagator(spring, T, 0.0, n))?)
        .column("reversed", reversed)
        .column("exp of the integral", vec![unordered; steps.len()]))
}

/// Draws a series of errors with a line of the given slope through its last point.
fn series(plate: &mut Plate, h: &[f64], errors: &[f64], order: f64, colour: Colour, name: &str) {
    plate.points(h, errors, colour).keyed(name);
    let last = h.len() - 1;
    plate.power(order, (h[last], errors[last]), h[0], colour.dashed().thin());
}

fn draw_propagator_errors(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("step")?;
    let mut plate = Plate::new()
        .log_x(0.7 * h[h.len() - 1]..=1.4 * h[0], r"step $\Delta t$")
        .log_y(1e-12..=1e2, "distance from $U(2, 0)$")
        .legend(Corner::BottomRight);
    plate.line(h, data.get("reversed")?, PURPLE).keyed("reversed");
    plate.line(h, data.get("exp of the integral")?, GREY).keyed(r"$\exp \int L$");
    series(&mut plate, h, data.get("left end")?, 1.0, ORANGE, "left end, 1");
    series(&mut plate, h, data.get("midpoint")?, 2.0, BLUE, "midpoint, 2");
    series(&mut plate, h, data.get("Magnus")?, 4.0, GREEN, "Magnus, 4");
    Ok(vec![plate])
}

/// The splittings of the first panel of `splitting-orders` and of `heat-advection`.
const SPLITTINGS: [(Splitting, &str, Colour); 4] = [
    (Splitting::Lie, "Lie", ORANGE),
    (Splitting::Strang, "Strang", BLUE),
    (Splitting::Suzuki(4), "Suzuki 4", GREEN),
    (Splitting::Suzuki(6), "Suzuki 6", PURPLE),
];

fn splitting_orders(settings: &Settings) -> Result<Data> {
    let steps = steps(2, settings);
    let mut data = Data::new().column("step", lengths(&steps, T));
    let (a, b) = (spring_drift(), spring_kick(1.0));
    let constant = exponential(&((&a + &b) * T))?;
    for (splitting, name, _) in SPLITTINGS {
        let errors =
            distances(&constant, &steps, |n| Ok(splitting.step(&a, &b, T / n as f64)?.pow(n as u32)))?;
        data = data.column(name, errors);
    }
    let exact = spring_propagator(T, 0.0)?;
    let each = |splitting, freezing| {
        distances(&exact, &steps, |n| {
            split_propagator(|_| spring_drift(), spring_kick, T, 0.0, n, splitting, freezing)
        })
    };
    let once = distances(&exact, &steps, |n| {
        let dt = T / n as f64;
        (0..n).try_fold(DMatrix::identity(2, 2), |u, k| {
            Ok(Splitting::Suzuki(4).step(&a, &spring_kick((k as f64 + 0.5) * dt), dt)? * u)
        })
    })?;
    Ok(data
        .column("Strang, left end", each(Splitting::Strang, Freezing::LeftPoint)?)
        .column("Strang, midpoint", each(Splitting::Strang, Freezing::Midpoint)?)
        .column("Suzuki 4, frozen once", once)
        .column("Suzuki 4, each substep", each(Splitting::Suzuki(4), Freezing::Midpoint)?))
}

fn draw_splitting_orders(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("step")?;
    let panel = |title: &str| {
        Plate::new()
            .log_x(0.7 * h[h.len() - 1]..=1.4 * h[0], r"step $\Delta t$")
            .log_y(1e-14..=1e2, "error")
            .legend(Corner::BottomRight)
            .title(title)
    };
    let mut constant = panel("splitting alone");
    for (splitting, name, colour) in SPLITTINGS {
        let errors = data.get(name)?;
        constant.points(h, errors, colour).keyed(name);
        constant.power(
            f64::from(splitting.order()),
            (h[2], errors[2]),
            h[h.len() - 1],
            colour.dashed().thin(),
        );
    }
    let mut changing = panel("splitting and freezing");
    for (name, order, colour) in [
        ("Strang, left end", 1.0, ORANGE),
        ("Strang, midpoint", 2.0, BLUE),
        ("Suzuki 4, frozen once", 2.0, PURPLE),
        ("Suzuki 4, each substep", 4.0, GREEN),
    ] {
        series(&mut changing, h, data.get(name)?, order, colour, name);
    }
    Ok(vec![constant, changing])
}

/// The iterates drawn against time.
const DRAWN: [usize; 4] = [1, 3, 5, 7];

fn dyson_iterates(settings: &Settings) -> Result<Data> {
    const ORDER: usize = 16;
    let (g, t) = (settings.get("g"), settings.get("t"));
    let rabi = Rabi::new(3.0, g, 2.0)?;
    let start = DVector::from_vec(vec![Complex::new(1.0, 0.0), Complex::new(0.0, 0.0)]);
    let terms = |t: f64, order, step: f64| {
        let steps = (t / step).ceil().max(1.0) as usize;
        dyson_terms(|_| rabi.free(), |r| rabi.drive(r), &start, t, 0.0, order, steps)
    };
    let times: Vec<f64> = (0..=160).map(|k| 0.0375 * k as f64).collect();
    let exact = times.iter().map(|&t| Ok((rabi.propagator(t, 0.0)? * &start)[1].norm_sqr()));
    let mut iterates = vec![Vec::new(); DRAWN.len()];
    for &time in &times {
        let terms = terms(time, DRAWN[DRAWN.len() - 1], 0.2)?;
        for (curve, n) in iterates.iter_mut().zip(DRAWN) {
            curve.push(terms[..=n].iter().sum::<DVector<_>>()[1].norm_sqr());
        }
    }
    let (end, all) = (rabi.propagator(t, 0.0)? * &start, terms(t, ORDER, 0.02)?);
    let orders: Vec<f64> = (0..=ORDER).map(|n| n as f64).collect();
    let errors = (0..=ORDER).map(|n| (all[..=n].iter().sum::<DVector<_>>() - &end).norm());
    let bound = (0..=ORDER).scan(1.0, |bound, n| {
        *bound *= g * t / (n + 1) as f64;
        Some(*bound)
    });
    Ok(Data::new()
        .column("exact", exact.collect::<Result<Vec<_>>>()?)
        .column("t", times)
        .columns("iterate", iterates)
        .column("error", errors.collect::<Vec<_>>())
        .column("bound", bound.collect::<Vec<_>>())
        .column("n", orders))
}

fn draw_dyson_iterates(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut curves = Plate::new()
        .x(0.0..=6.0, "$t$")
        .y(0.0..=1.5, "probability of the other level")
        .legend(Corner::TopLeft);
    for ((iterate, n), colour) in data.family("iterate").zip(DRAWN).zip([ORANGE, GREEN, BLUE, PURPLE]) {
        curves.line(t, iterate, colour).keyed(&format!("$n = {n}$"));
    }
    curves.line(t, data.get("exact")?, INK.dashed()).keyed("exact");
    let n = data.get("n")?;
    let mut errors = Plate::new()
        .x(0.0..=n[n.len() - 1], "iterate $n$")
        .log_y(1e-8..=1e2, &format!("error at $t = {}$", settings.get("t")))
        .legend(Corner::BottomLeft);
    errors.line(n, data.get("bound")?, GREY).keyed("bound");
    errors.points(n, data.get("error")?, BLUE).keyed("error");
    Ok(vec![curves.title("iterates"), errors.title("convergence")])
}

fn heat_advection(settings: &Settings) -> Result<Data> {
    let flow = HeatAdvection::new(64, settings.get("diffusivity"), |x| 1.0 + 0.5 * x.sin())?;
    // Centred at 2, so that the bump keeps clear of the ends of the picture.
    let bump = flow.sample(|x| (2.0 * (x - 2.0).cos() - 2.0).exp());
    let exact = exponential(&(flow.heat() + flow.advection()))? * &bump;
    let evolved = |splitting: Splitting, n: usize| -> Result<DVector<f64>> {
        let step = splitting.step(flow.heat(), flow.advection(), 1.0 / n as f64)?;
        Ok((0..n).fold(bump.clone(), |rho, _| &step * rho))
    };
    let steps = steps(4, settings);
    let mut data = Data::new()
        .column("x", flow.grid())
        .column("start", bump.as_slice())
        .column("exact", exact.as_slice())
        .column("one step", evolved(Splitting::Lie, 1)?.as_slice())
        .column("step", lengths(&steps, 1.0));
    let size = exact.norm();
    for (splitting, name, _) in &SPLITTINGS[..3] {
        let errors = steps.iter().map(|&n| Ok((evolved(*splitting, n)? - &exact).norm() / size));
        data = data.column(*name, errors.collect::<Result<Vec<_>>>()?);
    }
    Ok(data)
}

fn draw_heat_advection(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, h) = (data.get("x")?, data.get("step")?);
    let mut bumps = Plate::new().x(0.0..=6.2, "$x$").y(0.0..=1.9, r"$\rho$").legend(Corner::TopRight);
    bumps.line(x, data.get("start")?, GREY).keyed("$t = 0$");
    bumps.line(x, data.get("exact")?, BLUE).keyed("$t = 1$, exact");
    bumps.line(x, data.get("one step")?, ORANGE.dashed()).keyed("Lie, 1 step");
    let mut errors = Plate::new()
        .log_x(0.7 * h[h.len() - 1]..=1.4 * h[0], r"step $\Delta t$")
        .log_y(1e-12..=1.0, "relative error at $t = 1$")
        .legend(Corner::BottomRight);
    for (splitting, name, colour) in SPLITTINGS[..3].iter() {
        series(&mut errors, h, data.get(name)?, f64::from(splitting.order()), *colour, name);
    }
    Ok(vec![bumps.title("the bump"), errors.title("errors")])
}
