//! Barriers: four times for one crossing, a ladder of temperatures, annealed weights.

use anyhow::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well::{Gibbs, force, potential};
use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid, extrapolated_rates};
use sdml::ch4_langevin::barriers::{
    Annealing, Crossing, Tempering, eyring_kramers, ladder, mean_passage_time,
};
use sdml::ch4_langevin::overdamped::Mala;
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic};
use sdml::random::Streams;
use sdml::statistics::ensemble;

use crate::figures::{
    BLUE, Colour, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch4_langevin/barriers";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "kramers",
        section: SECTION,
        number: None,
        title: "The time to cross a barrier",
        caption: r"Mean time from the left minimum of the double well to the right one against the inverse temperature $\beta$. First panel: the exact integral (line), the formula of Eyring and Kramers (dashed), twice the inverse spectral gap (green), and the simulated chain with $h = 0.005$ (orange). Second: all of them over the exact time; gray, the corrected formula with $1 + 3/(8\beta)$.",
        alt: "First panel: on a logarithmic scale all four follow one straight line that climbs from about 4 to over 1000 as beta goes from 1 to 7. Second: ratios; the formula approaches 1 slowly from below, the corrected one faster, the green dots quickly, the orange dots scatter about 1.",
        seed: 5,
        parameters: &[Parameter {
            name: "paths",
            default: 1000.0,
            meaning: "simulated crossings at each temperature",
        }],
        data: kramers,
        draw: draw_kramers,
    },
    Figure {
        id: "tempering-traces",
        section: SECTION,
        number: None,
        title: "A chain alone and a chain on a ladder",
        caption: r"MALA in the double well at $\beta = 10$, started in the right well. Orange: alone. Blue: at the cold end of a ladder of six temperatures from $\beta = 1$, with exchanges after every 10 steps. Green: where one of the six chains is on that ladder.",
        alt: "First: a trace that stays at plus one throughout. Second: a trace that jumps between plus and minus one many times. Third: a staircase that wanders between the six temperatures.",
        seed: 6,
        parameters: &[Parameter { name: "sweeps", default: 600.0, meaning: "number of sweeps" }],
        data: traces,
        draw: draw_traces,
    },
    Figure {
        id: "annealed-weights",
        section: SECTION,
        number: None,
        title: "Annealed importance sampling",
        caption: r"From $\mathcal N(0, 1)$ to the double well at $\beta = 10$ in $K$ steps. First panel: the estimate of $\mathcal Z(\beta)$ with two standard errors, and quadrature (dashed). Second: the effective share of the $n$ weights, $(\sum w)^2/(n \sum w^2)$.",
        alt: "First panel: estimates scatter about the dashed line with error bars that shrink as the number of steps grows. Second: the effective share of the weights grows from a fifth to two thirds.",
        seed: 7,
        parameters: &[Parameter { name: "paths", default: 2000.0, meaning: "number of weights" }],
        data: weights,
        draw: draw_weights,
    },
];

fn kramers(settings: &Settings) -> Result<Data> {
    let curve: Vec<f64> = (0..=120).map(|k| 1.0 + 0.05 * f64::from(k)).collect();
    let exact =
        |&beta: &f64| -> Result<f64> { Ok(mean_passage_time(potential, beta, [-3.0, -1.0, 1.0], 100)?) };
    let formula = |&beta: &f64| -> Result<f64> { Ok(eyring_kramers(1.0, [8.0, -4.0], beta)?) };
    let some: Vec<f64> = (2..=14).map(|k| 0.5 * f64::from(k)).collect();
    let spectral = |&beta: &f64| -> Result<f64> {
        let equation = |grid| FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0 / beta);
        Ok(2.0 / extrapolated_rates(Grid::new([-3.0], [3.0], [600])?, 2, equation)?[1])
    };
    let few: Vec<f64> = (1..=6).map(f64::from).collect();
    let (mut simulated, mut error) = (Vec::new(), Vec::new());
    for &beta in &few {
        let crossing = Crossing::new(force, beta, 1.0, 0.005)?;
        let streams = Streams::new(settings.seed, &format!("crossing {beta}"));
        let [time] = ensemble(
            &streams,
            settings.count("paths") as u64,
            || (),
            |(), stream| Ok([crossing.simulate(-1.0, 100_000_000, stream)?]),
        )?;
        simulated.push(time.mean()?.mean);
        error.push(time.mean()?.standard_error);
    }
    let at = |betas: &[f64]| betas.iter().map(exact).collect::<Result<Vec<_>>>();
    Ok(Data::new()
        .column("exact", at(&curve)?)
        .column("formula", curve.iter().map(formula).collect::<Result<Vec<_>>>()?)
        .column("beta", curve)
        .column("gap", some.iter().map(spectral).collect::<Result<Vec<_>>>()?)
        .column("exact at some", at(&some)?)
        .column("some", some)
        .column("simulated", simulated)
        .column("error", error)
        .column("exact at few", at(&few)?)
        .column("few", few))
}

fn over(values: &[f64], exact: &[f64]) -> Vec<f64> {
    values.iter().zip(exact).map(|(value, exact)| value / exact).collect()
}

fn draw_kramers(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (beta, exact, formula) = (data.get("beta")?, data.get("exact")?, data.get("formula")?);
    let (some, gap) = (data.get("some")?, data.get("gap")?);
    let (few, simulated, error) = (data.get("few")?, data.get("simulated")?, data.get("error")?);
    let words = r"inverse temperature $\beta$";
    let mut time = Plate::new().x(1.0..=7.0, words).log_y(1.0..=3000.0, "mean time").legend(Corner::TopLeft);
    time.line(beta, exact, BLUE).keyed("exact");
    time.line(beta, formula, INK.dashed()).keyed("Eyring–Kramers");
    time.points(some, gap, GREEN).keyed(r"$2/\lambda_1$");
    time.points(few, simulated, ORANGE).keyed("simulated");
    let mut ratio = Plate::new().x(1.0..=7.0, words).y(0.6..=1.2, "over the exact time");
    ratio.horizontal(1.0, BLUE.thin());
    let plain = over(formula, exact);
    let corrected: Vec<f64> =
        plain.iter().zip(beta).map(|(ratio, beta)| ratio * (1.0 + 0.375 / beta)).collect();
    ratio.line(beta, &plain, INK.dashed()).named_at(4.0, Side::BelowRight, "Eyring–Kramers");
    ratio.line(beta, &corrected, GREY);
    ratio.points(some, &over(gap, data.get("exact at some")?), GREEN);
    let there = data.get("exact at few")?;
    ratio.estimates(few, &over(simulated, there), &over(error, there), ORANGE);
    Ok(vec![time.title("time"), ratio.title("ratio")])
}

const RUNGS: usize = 6;

fn traces(settings: &Settings) -> Result<Data> {
    let (beta, sweeps) = (10.0, settings.count("sweeps"));
    let well = DoubleWell::new(1)?;
    let h = |beta: f64| 0.1 / beta;
    let streams = Streams::new(settings.seed, "alone");
    let mut chain = Chains::from_point(&well, Mala::new(beta, h(beta))?, streams, 1, &[1.0])?;
    let alone = chain.record(10 * sweeps, 10, |x| x[0])?.into_raw_vec_and_offset().0;
    let betas = ladder(1.0, beta, RUNGS)?;
    let mut tempering = Tempering::new(&well, &betas, h, settings.seed, 1, &[1.0])?;
    let (mut cold, mut place) = (Vec::new(), Vec::new());
    for _ in 0..sweeps {
        tempering.sweep(10)?;
        cold.push(tempering.positions(RUNGS - 1)[[0, 0]]);
        let k = tempering.walkers(0).iter().position(|walker| *walker == RUNGS - 1);
        place.push(k.map_or(f64::NAN, |k| k as f64));
    }
    let sweep: Vec<f64> = (1..=sweeps).map(|k| k as f64).collect();
    Ok(Data::new()
        .column("sweep", sweep)
        .column("alone", alone)
        .column("cold", cold)
        .column("place", place)
        .column("beta", betas))
}

fn draw_traces(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let sweep = data.get("sweep")?;
    let end = sweep[sweep.len() - 1];
    let trace = |title: &str, column: &str, colour: Colour| -> Result<Plate> {
        let mut plate = Plate::sized(440.0, 190.0)
            .x(0.0..=end, "sweep")
            .y(-1.6..=1.6, "$x$")
            .y_ticks(&[(-1.0, "−1"), (0.0, "0"), (1.0, "1")])
            .title(title);
        plate.line(sweep, data.get(column)?, colour.weight(0.9));
        Ok(plate)
    };
    let beta = data.get("beta")?;
    let names: Vec<String> = beta.iter().map(|beta| format!("{beta:.1}")).collect();
    let ticks: Vec<(f64, &str)> =
        names.iter().enumerate().map(|(k, name)| (k as f64, name.as_str())).collect();
    let mut rungs = Plate::sized(440.0, 190.0)
        .x(0.0..=end, "sweep")
        .y(-0.3..=5.3, r"$\beta$ of the chain that started coldest")
        .y_ticks(&ticks)
        .title("up and down the ladder");
    rungs.steps(sweep, data.get("place")?, GREEN.weight(0.9));
    Ok(vec![trace("alone", "alone", ORANGE)?, trace("at the cold end of the ladder", "cold", BLUE)?, rungs])
}

const STEPS: [usize; 7] = [1, 2, 5, 10, 20, 50, 100];

fn weights(settings: &Settings) -> Result<Data> {
    let beta = 10.0;
    let (reference, target) = (Harmonic::new(&[1.0])?, DoubleWell::new(1)?);
    let paths = settings.count("paths");
    let (mut mean, mut error, mut share) = (Vec::new(), Vec::new(), Vec::new());
    for steps in STEPS {
        let way = Annealing { steps, moves: 2, h: 0.01, paths, seed: settings.seed + steps as u64 };
        let found = way.run(&reference, |stream, x| x[0] = stream.normal(), &target, beta)?;
        let estimate = found.mean()?;
        let z_0 = (2.0 * std::f64::consts::PI).sqrt();
        mean.push(estimate.mean * z_0);
        error.push(2.0 * estimate.standard_error * z_0);
        share.push(found.effective_size() / paths as f64);
    }
    Ok(Data::new()
        .column("K", STEPS.map(|steps| steps as f64))
        .column("Z", mean)
        .column("error", error)
        .column("share", share)
        .column("exact", vec![Gibbs::new(beta)?.normalizing_constant()]))
}

fn draw_weights(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (k, exact) = (data.get("K")?, data.number("exact")?);
    let mut z =
        Plate::new().log_x(0.8..=130.0, "steps $K$").y(0.8 * exact..=1.2 * exact, r"$\mathcal Z(\beta)$");
    z.horizontal(exact, INK.dashed().thin());
    z.estimates(k, data.get("Z")?, data.get("error")?, BLUE);
    let mut share = Plate::new().log_x(0.8..=130.0, "steps $K$").y(0.0..=1.0, "effective share");
    share.line(k, data.get("share")?, ORANGE.thin());
    share.points(k, data.get("share")?, ORANGE);
    Ok(vec![z.title("estimate"), share.title("evenness of the weights")])
}
