//! Section 1.3.2: integrals along a path and against it.

use anyhow::Result;
use sdml::ch1_preliminaries::brownian::{BrownianPath, BrownianTree};
use sdml::ch1_preliminaries::integral::{
    Integrand, doubling_integral, doubling_success, ito_sum, left_sum, point_sum, point_sum_moments,
    riemann_sum, riemann_sum_variance, trapezoid_sum,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, ensemble, normal};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch1_preliminaries/integral";

/// The figures of this section.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "riemann-tail",
        section: SECTION,
        number: None,
        title: "The integral of a Brownian path and its left sums",
        caption: r"Density of $\int_0^1 B(s) \dd s$ (solid) with the tail of Exercise 1.6 shaded; histogram of left sums with $N$ steps, and the exact density of those sums (dashed).",
        alt: "A histogram and two bell curves centered at zero. The dashed curve follows the histogram; the solid one is lower in the middle and higher in the tails. The tail to the right of one is shaded.",
        seed: 0,
        parameters: &[
            Parameter { name: "steps", default: 10.0, meaning: "steps N of each sum" },
            Parameter { name: "paths", default: 100_000.0, meaning: "number of paths" },
        ],
        data: riemann_tail,
        draw: draw_riemann_tail,
    },
    Figure {
        id: "finite-variation",
        section: SECTION,
        number: None,
        title: "Trapezoidal minus left sum",
        caption: r"The difference between the sums (1.4) and (1.3) against the number of steps, for a smooth pair ($X = \cos t$, $G = t^2$), a pair with a common jump, and $X = G = B$, each on $[0, 1]$.",
        alt: "On logarithmic axes, three series: the smooth pair falls along a line of slope minus one; the pair with a common jump stays at one half; the Brownian pair settles at one half with shrinking fluctuations.",
        seed: 0,
        parameters: &[Parameter { name: "levels", default: 13.0, meaning: "halvings of the step" }],
        data: finite_variation,
        draw: draw_finite_variation,
    },
    Figure {
        id: "evaluation-point",
        section: SECTION,
        number: None,
        title: "The mean of the sum depends on where the integrand is evaluated",
        caption: r"Mean of $\sum_k B(s_k + \lambda \Delta s)\, \Delta B_k$ on $[0, 1]$ against $\lambda$: simulation with error bars of two standard errors, and the exact line $\lambda T$.",
        alt: "Eleven measured means with error bars lie on a straight line from zero at lambda zero, marked Itô, through one half at lambda one half, marked midpoint, to one at lambda one, marked looking ahead.",
        seed: 0,
        parameters: &[
            Parameter { name: "steps", default: 16.0, meaning: "steps of each sum" },
            Parameter { name: "paths", default: 4000.0, meaning: "paths for each point" },
        ],
        data: evaluation_point,
        draw: draw_evaluation_point,
    },
    Figure {
        id: "isometry",
        section: SECTION,
        number: None,
        title: "Mean and second moment of Itô sums",
        caption: r"Itô sums of $B$, $e^B$ and $\cos B$ on $[0, 1/2]$, and of the integrand that looks ahead, $X(s_k) = B(s_{k+1})$. First panel: means. Second: second moments; bars show the exact finite-$N$ values, short dashes the limits of the isometry.",
        alt: "First panel: three measured means at zero, the fourth, of the integrand that looks ahead, at one half. Second: measured second moments coincide with bars of exact values and lie a little off the dashes of the limits.",
        seed: 0,
        parameters: &[
            Parameter { name: "steps", default: 8.0, meaning: "steps of each sum" },
            Parameter { name: "paths", default: 100_000.0, meaning: "number of paths" },
        ],
        data: isometry,
        draw: draw_isometry,
    },
    Figure {
        id: "doubling",
        section: SECTION,
        number: None,
        title: "An adapted integrand whose integral is one",
        caption: r"The integral of the counterexample at $t_j = 1 - 2^{-j}$: the share of paths that have reached 1 (exact line, simulated dots), and the mean debt of the others. The debt times the share of the others equals the share that has reached 1.",
        alt: "First panel: the share of paths that have reached one climbs towards one. Second: on a logarithmic axis the mean debt of the paths still playing grows without bound.",
        seed: 0,
        parameters: &[
            Parameter { name: "doublings", default: 16.0, meaning: "halvings of the time left" },
            Parameter { name: "paths", default: 100_000.0, meaning: "number of paths" },
        ],
        data: doubling,
        draw: draw_doubling,
    },
];

fn riemann_tail(settings: &Settings) -> Result<Data> {
    const BINS: usize = 50;
    const REACH: f64 = 2.5;
    let (steps, paths) = (settings.count("steps"), settings.get("paths"));
    let width = 2.0 * REACH / BINS as f64;
    let rest = BrownianPath::at_rest(1.0, steps)?;
    let (_, counts) = Streams::new(settings.seed, "riemann tail").map_reduce(
        paths as u64,
        || (rest.clone(), vec![0.0; BINS]),
        |(path, counts), _, stream| {
            path.resample(stream);
            let bin = ((riemann_sum(path, |b| b) + REACH) / width).floor();
            if (0.0..BINS as f64).contains(&bin) {
                counts[bin as usize] += 1.0;
            }
            Ok(())
        },
        |(path, left), (_, right)| (path, left.iter().zip(&right).map(|(l, r)| l + r).collect()),
    )?;
    let x: Vec<f64> = (0..=200).map(|k| REACH * (k as f64 / 100.0 - 1.0)).collect();
    let density = |variance: f64| -> Vec<f64> {
        x.iter().map(|x| normal::density(x / variance.sqrt()) / variance.sqrt()).collect()
    };
    let [integral, sum] = [density(1.0 / 3.0), density(riemann_sum_variance(1.0, steps)?)];
    let edges: Vec<f64> = (0..=BINS).map(|k| width * k as f64 - REACH).collect();
    let histogram: Vec<f64> = counts.iter().map(|count| count / (paths * width)).collect();
    Ok(Data::new()
        .column("edge", edges)
        .column("histogram", histogram)
        .column("x", x)
        .column("integral", integral)
        .column("sum", sum))
}

fn draw_riemann_tail(data: &Data, settings: &Settings) -> Result<Vec<Plate>> {
    let (x, integral, sum) = (data.get("x")?, data.get("integral")?, data.get("sum")?);
    let tail: Vec<usize> = (0..x.len()).filter(|&k| x[k] >= 1.0).collect();
    let at = |column: &[f64]| tail.iter().map(|&k| column[k]).collect::<Vec<_>>();
    let mut plate = Plate::new().x(-2.0..=2.0, "value").y(0.0..=0.82, "density").legend(Corner::TopRight);
    plate.bars(data.get("edge")?, data.get("histogram")?, GREY);
    plate.area(&at(x), &at(integral), ORANGE.opacity(0.5));
    plate.line(x, sum, BLUE.dashed()).keyed(&format!("left sum, $N = {}$", settings.count("steps")));
    plate.line(x, integral, ORANGE).keyed("integral");
    plate.label((1.05, 0.16), "$> 1$", Side::Right, ORANGE);
    Ok(vec![plate])
}

fn finite_variation(settings: &Settings) -> Result<Data> {
    let mut stream = Streams::new(settings.seed, "finite variation").stream(0);
    let mut path = BrownianPath::sample(1.0, 8, &mut stream)?;
    let (mut steps, mut smooth, mut jump, mut brownian) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.count("levels") {
        let times: Vec<f64> = (0..=path.steps()).map(|k| path.time(k)).collect();
        let of = |f: fn(f64) -> f64| times.iter().map(|&t| f(t)).collect::<Vec<_>>();
        let difference = |x: &[f64], g: &[f64]| -> Result<f64> { Ok(trapezoid_sum(x, g)? - left_sum(x, g)?) };
        let step = of(|t| f64::from(t >= 0.5));
        steps.push(path.steps() as f64);
        smooth.push(difference(&of(f64::cos), &of(|t| t * t))?.abs());
        jump.push(difference(&step, &step)?);
        brownian.push(difference(path.values(), path.values())?);
        path = path.refine(&mut stream);
    }
    Ok(Data::new()
        .column("N", steps)
        .column("smooth", smooth)
        .column("jump", jump)
        .column("Brownian", brownian))
}

fn draw_finite_variation(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let n = data.get("N")?;
    let smooth = data.get("smooth")?;
    let mut plate = Plate::new()
        .log_x(8.0..=n[n.len() - 1], "steps $N$")
        .log_y(5e-6..=2.0, "size of the difference")
        .legend(Corner::BottomLeft);
    plate.horizontal(0.5, INK.dashed().thin());
    // Larger than what lies on them, so that a rim stays visible.
    plate.dots(n, data.get("jump")?, 4.8, ORANGE).keyed("common jump");
    plate.points(n, data.get("Brownian")?, BLUE).keyed("$X = G = B$");
    plate.points(n, smooth, GREEN).keyed("smooth");
    plate.power(-1.0, (n[0], smooth[0]), n[n.len() - 1], GREEN.dashed().thin());
    plate.label((n[n.len() / 2], 3.0 * smooth[n.len() / 2]), "slope $-1$", Side::AboveRight, GREEN);
    Ok(vec![plate])
}

fn evaluation_point(settings: &Settings) -> Result<Data> {
    const DEPTH: u32 = 16;
    let (steps, paths) = (settings.count("steps"), settings.count("paths"));
    let streams = Streams::new(settings.seed, "evaluation point");
    let lambdas: Vec<f64> = (0..=10).map(|k| f64::from(k) / 10.0).collect();
    let (mut means, mut errors, mut exact) = (Vec::new(), Vec::new(), Vec::new());
    for &lambda in &lambdas {
        let sums = (0..paths).map(|path| {
            let tree = BrownianTree::<1>::new(1.0, DEPTH, &streams, path as u64)?;
            point_sum(&tree, steps, lambda, |b| b)
        });
        let estimate = Estimate::of(sums.collect::<Result<Vec<_>, _>>()?)?;
        means.push(estimate.mean);
        errors.push(2.0 * estimate.standard_error);
        exact.push(point_sum_moments(1.0, steps, lambda)?.mean);
    }
    Ok(Data::new()
        .column("lambda", lambdas)
        .column("mean", means)
        .column("two standard errors", errors)
        .column("exact", exact))
}

fn draw_evaluation_point(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (lambda, mean, exact) = (data.get("lambda")?, data.get("mean")?, data.get("exact")?);
    let mut plate = Plate::new().x(-0.05..=1.05, r"$\lambda$").y(-0.2..=1.2, "mean of the sum");
    plate.line(lambda, exact, ORANGE);
    plate.estimates(lambda, mean, data.get("two standard errors")?, BLUE);
    plate.label((0.03, -0.03), "Itô", Side::BelowRight, INK);
    plate.label((0.53, 0.47), "midpoint", Side::BelowRight, INK);
    plate.label((0.97, 1.02), "looking ahead", Side::AboveLeft, INK);
    Ok(vec![plate])
}

fn isometry(settings: &Settings) -> Result<Data> {
    const HORIZON: f64 = 0.5;
    let (steps, paths) = (settings.count("steps"), settings.get("paths") as u64);
    let rest = BrownianPath::at_rest(HORIZON, steps)?;
    let streams = Streams::new(settings.seed, "isometry");
    let moments: [_; 8] = ensemble(
        &streams,
        paths,
        || rest.clone(),
        |path, stream| {
            path.resample(stream);
            let b = path.values();
            let [x, e, c] = Integrand::ALL.map(|integrand| ito_sum(b, |b| integrand.value(b)));
            let ahead = b.windows(2).map(|b| b[1] * (b[1] - b[0])).sum::<f64>();
            Ok([x, e, c, ahead, x * x, e * e, c * c, ahead * ahead])
        },
    )?;
    let estimates = moments.iter().map(|moments| moments.mean()).collect::<Result<Vec<_>, _>>()?;
    let exact = Integrand::ALL.iter().map(|x| x.sum_second_moment(HORIZON, steps));
    let limit = Integrand::ALL.iter().map(|x| x.second_moment(HORIZON));
    let column = |of: fn(&Estimate) -> f64, part: std::ops::Range<usize>| -> Vec<f64> {
        estimates[part].iter().map(of).collect()
    };
    Ok(Data::new()
        .column("mean", column(|e| e.mean, 0..4))
        .column("mean, two standard errors", column(|e| 2.0 * e.standard_error, 0..4))
        .column("second moment", column(|e| e.mean, 4..7))
        .column("second moment, two standard errors", column(|e| 2.0 * e.standard_error, 4..7))
        .column("exact", exact.collect::<Result<Vec<_>, _>>()?)
        .column("limit", limit.collect::<Result<Vec<_>, _>>()?))
}

fn draw_isometry(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let places = [1.0, 2.0, 3.0, 4.0];
    let mut means = Plate::sized(340.0, 250.0).x(0.5..=4.5, "integrand").y(-0.1..=0.6, "mean").x_ticks(&[
        (1.0, "$B$"),
        (2.0, "$e^B$"),
        (3.0, r"$\cos B$"),
        (4.0, "ahead"),
    ]);
    means.horizontal(0.0, INK.thin());
    means.estimates(&places, data.get("mean")?, data.get("mean, two standard errors")?, BLUE);

    let (exact, limit) = (data.get("exact")?, data.get("limit")?);
    let mut seconds = Plate::sized(340.0, 250.0)
        .x(0.5..=3.5, "integrand")
        .y(0.0..=1.15 * limit[1], "second moment")
        .x_ticks(&[(1.0, "$B$"), (2.0, "$e^B$"), (3.0, r"$\cos B$")]);
    for (k, (exact, limit)) in exact.iter().zip(limit).enumerate() {
        let centre = (k + 1) as f64;
        seconds.bars(&[centre - 0.3, centre + 0.3], &[*exact], GREY);
        seconds.segment((centre - 0.4, *limit), (centre + 0.4, *limit), ORANGE.dashed());
    }
    let errors = data.get("second moment, two standard errors")?;
    seconds.estimates(&places[..3], data.get("second moment")?, errors, BLUE);
    seconds.label((2.45, limit[1]), "limit", Side::Right, ORANGE);
    Ok(vec![means.title("zero mean"), seconds.title("isometry")])
}

fn doubling(settings: &Settings) -> Result<Data> {
    let (doublings, paths) = (settings.count("doublings"), settings.get("paths"));
    let (reached, debt) = Streams::new(settings.seed, "doubling").map_reduce(
        paths as u64,
        || (vec![0.0; doublings + 1], vec![0.0; doublings + 1]),
        |(reached, debt), _, stream| {
            for (j, gain) in doubling_integral(doublings, stream)?.into_iter().enumerate() {
                if gain == 1.0 {
                    reached[j] += 1.0;
                } else {
                    debt[j] -= gain;
                }
            }
            Ok(())
        },
        |left, right| (sum(&left.0, &right.0), sum(&left.1, &right.1)),
    )?;
    let still: Vec<f64> = reached.iter().map(|reached| paths - reached).collect();
    let exact = (1..=doublings).map(doubling_success).collect::<Result<Vec<_>, _>>()?;
    let j: Vec<f64> = (1..=doublings).map(|j| j as f64).collect();
    let exact_debt: Vec<f64> = exact.iter().map(|success| success / (1.0 - success)).collect();
    Ok(Data::new()
        .column("j", j)
        .column("reached", reached[1..].iter().map(|r| r / paths).collect::<Vec<_>>())
        .column("reached, exact", exact)
        .column("debt", debt[1..].iter().zip(&still[1..]).map(|(d, s)| d / s).collect::<Vec<_>>())
        .column("debt, exact", exact_debt))
}

fn sum(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(l, r)| l + r).collect()
}

fn draw_doubling(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let j = data.get("j")?;
    let last = j[j.len() - 1];
    let mut share = Plate::sized(340.0, 250.0)
        .x(0.0..=last + 0.5, "$j$, at time $1 - 2^{-j}$")
        .y(0.0..=1.05, "share that has reached 1");
    share.horizontal(1.0, INK.dashed().thin());
    share.line(j, data.get("reached, exact")?, ORANGE);
    share.points(j, data.get("reached")?, BLUE);

    let exact = data.get("debt, exact")?;
    let mut debt = Plate::sized(340.0, 250.0)
        .x(0.0..=last + 0.5, "$j$, at time $1 - 2^{-j}$")
        .log_y(0.3..=3.0 * exact[exact.len() - 1], "mean debt of the others");
    debt.line(j, exact, ORANGE);
    debt.points(j, data.get("debt")?, PURPLE);
    Ok(vec![share.title("ahead"), debt.title("in debt")])
}
