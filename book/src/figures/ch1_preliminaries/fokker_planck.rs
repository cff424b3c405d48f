//! The figures of Section 1.3.4.

use anyhow::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well::{self, Gibbs};
use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Histogram, Scheme};
use sdml::random::Streams;

use crate::figures::{
    BLUE, CYCLE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Shade,
    Side, span, unit,
};

const SECTION: &str = "ch1_preliminaries/fokker_planck";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "density-and-paths",
        section: SECTION,
        number: None,
        title: "One law, twice: the density and the paths",
        caption: r"The double well at inverse temperature $\beta = 2$, started from a narrow normal law at $x = 0.3$. Lines: the solution $p(x, t)$ of the
Fokker–Planck equation at four times. Dots: histograms of simulated paths at the same times. Dashed: the equilibrium.",
        alt: "Four bell-shaped to two-humped density curves over x from −2 to 2, at times 0.02, 0.1, 0.4 and 2; dots of a histogram lie on each of them.",
        seed: 134,
        parameters: &[
            Parameter { name: "beta", default: 2.0, meaning: "inverse temperature" },
            Parameter { name: "paths", default: 20_000.0, meaning: "number of simulated paths" },
        ],
        data: density_and_paths,
        draw: draw_density_and_paths,
    },
    Figure {
        id: "rotating-density",
        section: SECTION,
        number: None,
        title: "A density in the plane and its flux",
        caption: r"The density of $\dd X = (-X + \omega X^\perp) \dd t + \sqrt 2 \dd B$ in the plane (color) and its flux (arrows, scaled in
each panel by the longest), soon after the start and in the long run. $x^\perp$ is $x$ turned by a right angle.",
        alt: "Two square panels. First panel: an off-center round spot of probability with arrows pointing inwards and around. Second: a centered round spot with arrows circling it.",
        seed: 0,
        parameters: &[Parameter { name: "omega", default: 2.0, meaning: "speed of the rotation" }],
        data: rotating_density,
        draw: draw_rotating_density,
    },
    Figure {
        id: "inside-both-derivatives",
        section: SECTION,
        number: None,
        title: "Where the diffusion coefficient stands",
        caption: r"Geometric Brownian motion $\dd X = a X \dd t + \sigma X \dd B$ at time 1, started from a lognormal law: three equations for its
density and a histogram of its explicit solution (dots).",
        alt: "Three humped curves over x from 0 to 4. The dots of a histogram lie on the one for (Dp)″; the other two peak elsewhere, one of them higher.",
        seed: 134,
        parameters: &[
            Parameter { name: "a", default: 0.3, meaning: "growth rate" },
            Parameter { name: "sigma", default: 0.5, meaning: "strength of the noise" },
        ],
        data: inside,
        draw: draw_inside,
    },
    Figure {
        id: "fokker-planck-orders",
        section: SECTION,
        number: None,
        title: "Errors of the solver, and a solver that fails",
        caption: r"First panel: the greatest error of the Ornstein–Uhlenbeck density at time ½ against the cell width $h$; with uniformization in time, and with
backward Euler at a step proportional to $h$. Second: a drift too strong for the grid, $b = -200x$ on cells of width 0.1; the finite volumes of this page and central differences.",
        alt: "First panel: two falling straight lines on logarithmic axes, of slopes 2 and 1. Second: a positive spike, and a curve that oscillates below zero.",
        seed: 0,
        parameters: &[],
        data: orders,
        draw: draw_orders,
    },
    Figure {
        id: "double-well",
        section: SECTION,
        number: None,
        title: "The double well and its Gibbs law",
        caption: r"First panel: the potential $U(x) = (x^2 - 1)^2$. Second: the density $e^{-\beta U}/\mathcal Z$ at two inverse temperatures (lines) and
histograms of simulated paths of $\dd X = -U'(X) \dd t + \sqrt{2/\beta} \dd B$ at time 2, half of them started in either well (dots).",
        alt: "First panel: a curve with two minima at −1 and 1 and a barrier of height 1 between them. Second: two-humped densities, the colder one with narrow humps and little mass between; dots lie on both.",
        seed: 134,
        parameters: &[Parameter { name: "paths", default: 30_000.0, meaning: "number of simulated paths" }],
        data: wells,
        draw: draw_wells,
    },
    Figure {
        id: "relaxation",
        section: SECTION,
        number: None,
        title: "Spectrum and relaxation of the double well",
        caption: r"First panel: the four slowest rates $\lambda_1, \dots, \lambda_4$ of the double well against $\beta$, with the Eyring–Kramers approximation of
$\lambda_1$ (dashed). Second: the distance from equilibrium of a density that starts in the right well, at $\beta = 1$ and $\beta = 3$; dashed lines fall like $e^{-\lambda_1 t}$.",
        alt: "First panel: four curves on a logarithmic axis; the lowest falls along a dashed straight line as beta grows, the others stay up. Second: two curves that become straight lines parallel to dashed ones.",
        seed: 0,
        parameters: &[],
        data: relaxation,
        draw: draw_relaxation,
    },
];

fn line(left: f64, right: f64, cells: usize) -> Result<Grid<1>> {
    Ok(Grid::new([left], [right], [cells])?)
}

fn well(grid: Grid<1>, beta: f64) -> Result<FokkerPlanck<1>> {
    Ok(FokkerPlanck::gradient(grid, |[x]| double_well::potential(x), 1.0 / beta)?)
}

fn centers(grid: &Grid<1>) -> Vec<f64> {
    grid.centers().map(|[x]| x).collect()
}

/// exp(−(x − m)²/2v), a normal density up to its constant.
fn bell(m: f64, v: f64, x: f64) -> f64 {
    (-(x - m).powi(2) / (2.0 * v)).exp()
}

/// Paths of the double well by Euler–Maruyama with steps of `dt`, from `start` for `time`.
fn walk(mut x: f64, beta: f64, time: f64, dt: f64, stream: &mut sdml::random::Stream) -> f64 {
    let kick = (2.0 / beta * dt).sqrt();
    for _ in 0..(time / dt).round() as usize {
        x += double_well::force(x) * dt + kick * stream.normal();
    }
    x
}

const TIMES: [f64; 4] = [0.02, 0.1, 0.4, 2.0];

fn density_and_paths(settings: &Settings) -> Result<Data> {
    let beta = settings.get("beta");
    let (fine, coarse) = (line(-2.5, 2.5, 500)?, line(-2.5, 2.5, 50)?);
    let equation = well(fine, beta)?;
    let (mean, deviation) = (0.3, 0.1);
    let start = Density::proportional_to(fine, |[x]| bell(mean, deviation * deviation, x))?;
    let mut data = Data::new().column("x", centers(&fine)).column("cell", centers(&coarse));
    data = data.column("equilibrium", equation.equilibrium()?.values());
    let streams = Streams::new(settings.seed, "paths");
    let (mut lines, mut dots) = (Vec::new(), Vec::new());
    for time in TIMES {
        lines.push(equation.evolve(&start, time)?.values().to_vec());
        let histogram = Histogram::sample(coarse, &streams, settings.count("paths") as u64, |stream| {
            let x = mean + deviation * stream.normal();
            [walk(x, beta, time, 0.002, stream)]
        })?;
        dots.push(histogram.density().values().to_vec());
    }
    Ok(data.columns("p", lines).columns("histogram", dots))
}

fn draw_density_and_paths(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, cell) = (data.get("x")?, data.get("cell")?);
    let top = data.family("p").flatten().copied().fold(0.0, f64::max);
    let mut plate = Plate::sized(440.0, 330.0).x(-2.0..=2.0, "$x$").y(0.0..=1.08 * top, "$p(x, t)$");
    plate.line(x, data.get("equilibrium")?, GREY.dashed()).keyed(r"$t \to \infty$");
    for (((p, histogram), colour), time) in
        data.family("p").zip(data.family("histogram")).zip(CYCLE).zip(TIMES)
    {
        plate.line(x, p, colour).keyed(&format!("$t = {time}$"));
        plate.dots(cell, histogram, 2.2, colour);
    }
    Ok(vec![plate])
}

/// Cells along either axis of the plane, and between two arrows.
const SIDE: usize = 64;
const ARROW_EVERY: usize = 5;

fn rotating_density(settings: &Settings) -> Result<Data> {
    let omega = settings.get("omega");
    let grid = Grid::new([-4.0; 2], [4.0; 2], [SIDE; 2])?;
    let equation = FokkerPlanck::new(grid, |[x, y]| [-x - omega * y, omega * x - y], |_| [1.0; 2])?;
    let start = Density::proportional_to(grid, |[x, y]| bell(1.5, 0.3, x) * bell(0.0, 0.3, y))?;
    let mut data = Data::new();
    let has_arrow = |i: &usize| i % SIDE % ARROW_EVERY == 2 && i / SIDE % ARROW_EVERY == 2;
    let arrows: Vec<usize> = (0..grid.cells()).filter(has_arrow).collect();
    for (axis, name) in ["x", "y"].into_iter().enumerate() {
        data = data.column(name, arrows.iter().map(|i| grid.center(*i)[axis]).collect::<Vec<_>>());
    }
    let (mut p, mut u, mut v) = (Vec::new(), Vec::new(), Vec::new());
    for time in [0.3, 6.0] {
        let density = equation.evolve(&start, time)?;
        let flux = equation.flux(&density)?;
        p.push(density.values().to_vec());
        u.push(arrows.iter().map(|i| flux[*i][0]).collect::<Vec<_>>());
        v.push(arrows.iter().map(|i| flux[*i][1]).collect::<Vec<_>>());
    }
    Ok(data.columns("p", p).columns("u", u).columns("v", v))
}

fn draw_rotating_density(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, y) = (data.get("x")?, data.get("y")?);
    let high = data.family("p").flatten().copied().fold(0.0, f64::max);
    let mut plates = Vec::new();
    let fluxes = data.family("u").zip(data.family("v"));
    for ((p, (u, v)), title) in data.family("p").zip(fluxes).zip(["$t = 0.3$", "$t = 6$"]) {
        let mut plate =
            Plate::new().x(-3.2..=3.2, "$x_1$").y(-3.2..=3.2, "$x_2$").equal().title(title).without_rules();
        plate.heatmap(-4.0..=4.0, -4.0..=4.0, p, SIDE, Shade::Sequential { colour: BLUE, low: 0.0, high });
        // The longest arrow spans a little more than the distance between two; those too short to be seen are left out.
        let speed = u.iter().zip(v).map(|(u, v)| u.hypot(*v)).fold(0.0, f64::max);
        let scale = 0.8 / speed;
        for (k, (u, v)) in u.iter().zip(v).enumerate().filter(|(_, (u, v))| u.hypot(**v) > 0.05 * speed) {
            let (u, v) = (scale * u, scale * v);
            plate.arrow((x[k] - 0.5 * u, y[k] - 0.5 * v), (x[k] + 0.5 * u, y[k] + 0.5 * v), ORANGE);
        }
        plates.push(plate);
    }
    Ok(plates)
}

fn inside(settings: &Settings) -> Result<Data> {
    let (a, sigma, v) = (settings.get("a"), settings.get("sigma"), 0.04);
    let grid = line(0.0, 8.0, 400)?;
    let start = Density::proportional_to(grid, |[x]| bell(0.0, v, x.ln()) / x)?;
    let solve = |extra: f64| {
        let drift = |[x]: [f64; 1]| [(a + extra * sigma * sigma) * x];
        FokkerPlanck::new(grid, drift, |[x]| [0.5 * (sigma * x).powi(2)])?.evolve(&start, 1.0)
    };
    // ∂ₜp = −(a x p)′ + D p″ is solved by e^{−a} E p₀(x exp(−a − σ²/2 + σB(1))), a Gaussian integral.
    let outside = |x: f64| {
        let (mean, s) = (x.ln() - a - 0.5 * sigma * sigma, sigma * sigma);
        let (total, share) = (v + s, mean * v / (v + s));
        bell(mean, total, 0.0) / (2.0 * std::f64::consts::PI * total).sqrt()
            * (-a - share + 0.5 * v * s / total).exp()
    };
    let cells = line(0.0, 8.0, 100)?;
    let histogram = Histogram::sample(cells, &Streams::new(settings.seed, "geometric"), 100_000, |stream| {
        let log = v.sqrt() * stream.normal() + a - 0.5 * sigma * sigma + sigma * stream.normal();
        [log.exp()]
    })?;
    let shown = |grid: &Grid<1>, values: &[f64]| -> Vec<f64> {
        grid.centers().zip(values).take_while(|([x], _)| *x < 4.5).map(|(_, value)| *value).collect()
    };
    let x = centers(&grid);
    let none: Vec<f64> = x.iter().copied().map(outside).collect();
    Ok(Data::new()
        .column("x", shown(&grid, &x))
        .column("both", shown(&grid, solve(0.0)?.values()))
        .column("one", shown(&grid, solve(1.0)?.values()))
        .column("none", shown(&grid, &none))
        .column("cell", shown(&cells, &centers(&cells)))
        .column("histogram", shown(&cells, histogram.density().values())))
}

fn draw_inside(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let top = ["both", "one", "none"]
        .into_iter()
        .map(|name| data.get(name).map(|p| p.iter().copied().fold(0.0, f64::max)))
        .collect::<Result<Vec<_>>>()?;
    let top = top.into_iter().fold(0.0, f64::max);
    let mut plate = Plate::new().x(0.0..=4.0, "$x$").y(0.0..=1.08 * top, "$p(x, 1)$");
    plate.line(x, data.get("both")?, BLUE).keyed("$(D p)''$");
    plate.line(x, data.get("one")?, ORANGE).keyed("$(D p')'$");
    plate.line(x, data.get("none")?, GREEN).keyed("$D p''$");
    plate.dots(data.get("cell")?, data.get("histogram")?, 2.2, INK).keyed("paths");
    Ok(vec![plate])
}

fn orders(_: &Settings) -> Result<Data> {
    let time = 0.5f64;
    let (mean, variance) = (1.5 * (-time).exp(), 1.0 - 0.75 * (-2.0 * time).exp());
    let exact = |x: f64| bell(mean, variance, x) / (2.0 * std::f64::consts::PI * variance).sqrt();
    let (mut h, mut errors, mut euler) = (Vec::new(), Vec::new(), Vec::new());
    for cells in [50, 100, 200, 400, 800] {
        let grid = line(-7.0, 7.0, cells)?;
        let equation = FokkerPlanck::new(grid, |[x]| [-x], |_| [1.0])?;
        let start = Density::proportional_to(grid, |[x]| bell(1.5, 0.25, x))?;
        let error = |density: Density<1>| {
            let differences = grid.centers().zip(density.values()).map(|([x], p)| (p - exact(x)).abs());
            differences.fold(0.0, f64::max)
        };
        h.push(14.0 / cells as f64);
        errors.push(error(equation.evolve(&start, time)?));
        euler.push(error(equation.integrate(&start, time, cells / 10, Scheme::BackwardEuler)?));
    }
    let grid = line(-2.0, 2.0, 40)?;
    let drift = |x: f64| -200.0 * x;
    let start = Density::proportional_to(grid, |[x]| f64::from(grid.cell_of([x]) == grid.cell_of([1.0])))?;
    let equation = FokkerPlanck::new(grid, |[x]| [drift(x)], |_| [1.0])?;
    let mut central = start.values().to_vec();
    let (width, steps) = (0.1, 4000);
    for _ in 0..steps {
        let mut change = vec![0.0; central.len()];
        for i in 0..central.len() - 1 {
            let face = grid.center(i)[0] + 0.5 * width;
            let flux =
                0.5 * drift(face) * (central[i] + central[i + 1]) - (central[i + 1] - central[i]) / width;
            change[i] -= flux / width;
            change[i + 1] += flux / width;
        }
        central.iter_mut().zip(change).for_each(|(p, change)| *p += 0.005 / f64::from(steps) * change);
    }
    Ok(Data::new()
        .column("h", h)
        .column("error", errors)
        .column("euler", euler)
        .column("x", centers(&grid))
        .column("p", equation.evolve(&start, 0.005)?.values())
        .column("central", central))
}

fn draw_orders(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (h, errors, euler) = (data.get("h")?, data.get("error")?, data.get("euler")?);
    let mut left = Plate::new()
        .log_x(0.01..=0.5, "$h$")
        .log_y(5e-6..=5e-2, "greatest error")
        .x_ticks(&[(0.02, "0.02"), (0.05, "0.05"), (0.1, "0.1"), (0.2, "0.2")])
        .legend(Corner::BottomRight);
    left.line(h, euler, ORANGE).keyed("backward Euler");
    left.points(h, euler, ORANGE);
    left.line(h, errors, BLUE).keyed("uniformization");
    left.points(h, errors, BLUE);
    left.slope(2.0, (0.025, 0.2 * errors[3]), 0.05, "2");
    left.slope(1.0, (0.025, 0.4 * euler[3]), 0.05, "1");
    let (x, p, central) = (data.get("x")?, data.get("p")?, data.get("central")?);
    let mut right =
        Plate::new().x(-0.5..=1.6, "$x$").y(span([p, central]), "$p(x, 0.005)$").legend(Corner::TopRight);
    right.horizontal(0.0, GREY.weight(1.0));
    right.line(x, central, ORANGE).keyed("central differences");
    right.line(x, p, BLUE).keyed("this page");
    right.points(x, p, BLUE);
    right.points(x, central, ORANGE);
    Ok(vec![left, right])
}

const BETAS: [f64; 2] = [1.0, 3.0];

fn wells(settings: &Settings) -> Result<Data> {
    let x: Vec<f64> = (0..=400).map(|k| -2.0 + 0.01 * f64::from(k)).collect();
    let cells = line(-2.0, 2.0, 40)?;
    let mut data = Data::new().column("x", x.clone()).column("cell", centers(&cells));
    data = data.column("potential", x.iter().copied().map(double_well::potential).collect::<Vec<_>>());
    let (mut densities, mut dots) = (Vec::new(), Vec::new());
    for beta in BETAS {
        let gibbs = Gibbs::new(beta)?;
        densities.push(x.iter().map(|x| gibbs.density(*x)).collect::<Vec<_>>());
        let streams = Streams::new(settings.seed, "wells");
        let histogram = Histogram::sample(cells, &streams, settings.count("paths") as u64, |stream| {
            let start = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
            [walk(start, beta, 2.0, 0.005, stream)]
        })?;
        dots.push(histogram.density().values().to_vec());
    }
    Ok(data.columns("density", densities).columns("histogram", dots))
}

fn draw_wells(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (x, cell) = (data.get("x")?, data.get("cell")?);
    let mut left = Plate::new().x(-2.0..=2.0, "$x$").y(0.0..=3.0, "$U(x)$");
    left.line(x, data.get("potential")?, INK);
    left.label((0.0, 1.0), "barrier: height 1", Side::Above, GREY);
    left.label((1.0, 0.4), "$U'' = 8$", Side::Above, GREY);
    left.label((-1.0, 0.4), "$U'' = 8$", Side::Above, GREY);
    let mut right = Plate::new().x(-2.0..=2.0, "$x$").y(0.0..=1.0, "density");
    for (((density, histogram), colour), beta) in
        data.family("density").zip(data.family("histogram")).zip([ORANGE, BLUE]).zip(BETAS)
    {
        right.line(x, density, colour).keyed(&format!(r"$\beta = {beta}$"));
        right.dots(cell, histogram, 2.2, colour);
    }
    Ok(vec![left, right])
}

fn relaxation(_: &Settings) -> Result<Data> {
    let betas: Vec<f64> = (1..=32).map(|k| 0.25 * f64::from(k)).collect();
    let mut rates = vec![Vec::new(); 4];
    for beta in &betas {
        let found = well(line(-3.0, 3.0, 800)?, *beta)?.rates(5)?;
        rates.iter_mut().zip(&found[1..]).for_each(|(rates, rate)| rates.push(*rate));
    }
    // Eyring and Kramers: twice the rate of leaving one well, √(U″(1)|U″(0)|)/2π e^{−β}.
    let curvatures = double_well::curvature(1.0) * double_well::curvature(0.0).abs();
    let kramers: Vec<f64> =
        betas.iter().map(|beta| curvatures.sqrt() / std::f64::consts::PI * (-beta).exp()).collect();
    // Close together at the start, where the fast modes die.
    let t: Vec<f64> = (0..=40).map(|k| 0.005 * f64::from(k * k)).collect();
    let (mut distances, mut predicted) = (Vec::new(), Vec::new());
    for beta in BETAS {
        let equation = well(line(-3.0, 3.0, 300)?, beta)?;
        let equilibrium = equation.equilibrium()?;
        let mut density = Density::proportional_to(*equation.grid(), |[x]| bell(1.3, 0.01, x))?;
        let mut distance = vec![density.distance(&equilibrium)?];
        for pair in t.windows(2) {
            density = equation.evolve(&density, pair[1] - pair[0])?;
            distance.push(density.distance(&equilibrium)?);
        }
        let (gap, last) = (equation.rates(2)?[1], distance[t.len() - 1]);
        predicted.push(t.iter().map(|s| 0.7 * last * (gap * (t[t.len() - 1] - s)).exp()).collect::<Vec<_>>());
        distances.push(distance);
    }
    Ok(Data::new()
        .column("beta", betas)
        .columns("rate", rates)
        .column("kramers", kramers)
        .column("t", t)
        .columns("distance", distances)
        .columns("predicted", predicted))
}

fn draw_relaxation(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (beta, t) = (data.get("beta")?, data.get("t")?);
    let mut left = Plate::new().x(0.0..=8.0, r"$\beta$").log_y(3e-4..=200.0, r"rate $\lambda_k$");
    left.line(beta, data.get("kramers")?, GREY.dashed());
    for ((rates, colour), k) in data.family("rate").zip([BLUE, ORANGE, GREEN, PURPLE]).zip(1..) {
        let (curve, name) = (left.line(beta, rates, colour), format!(r"$\lambda_{k}$"));
        // The upper three end close together.
        match k {
            2 => curve.named_at(5.0, Side::Below, &name),
            4 => curve.named_at(5.0, Side::Above, &name),
            _ => curve.named(&name),
        };
    }
    let mut right = Plate::new()
        .x(0.0..=8.0, "$t$")
        .log_y(1e-3..=1.0, "distance from equilibrium")
        .legend(Corner::BottomLeft);
    for (((distance, predicted), colour), beta) in
        data.family("distance").zip(data.family("predicted")).zip([ORANGE, BLUE]).zip(BETAS)
    {
        right.line(t, predicted, colour.dashed().weight(1.2));
        right.line(t, distance, colour).keyed(&format!(r"$\beta = {beta}$"));
    }
    right.label(unit(0.98, 0.98), r"dashed: $e^{-\lambda_1 t}$", Side::BelowLeft, GREY);
    Ok(vec![left, right])
}
