//! Overdamped Langevin dynamics: its limit, the bias of its schemes, their escape, and the acceptance of MALA.

use anyhow::Result;
use sdml::ch1_preliminaries::fokker_planck::double_well::{self, Gibbs};
use sdml::ch4_langevin::overdamped::{Tamed, Ula, Window, mala_acceptance_gaussian, mala_acceptance_limit};
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Scheme};
use sdml::ch4_langevin::underdamped::{
    Bath, EulerMaruyama, PhaseSpace, Splitting, Word, strong_friction_distance,
};
use sdml::random::Streams;

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch4_langevin/overdamped";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "strong-friction",
        section: SECTION,
        number: None,
        title: "Strong friction",
        caption: r"First panel: $Q(\gamma t)$ of (4.1) in the double well for two frictions and $X(t)$ of (4.2), all driven by one Brownian motion; dashed: $Q(t)$ for $\gamma = 20$ without the change of time. Second: root mean square of $Q(\gamma t) - X(t)$ in a harmonic well, exactly $(\beta(\gamma^2 + k/2))^{-1/2}$.",
        alt: "First panel: the thin path with friction twenty runs along the overdamped one, the path with friction three is smoother and lags, the dashed path without the change of time hardly moves. Second: the distance falls along a line of slope minus one.",
        seed: 2,
        parameters: &[Parameter { name: "beta", default: 2.0, meaning: "inverse temperature" }],
        data: friction,
        draw: draw_friction,
    },
    Figure {
        id: "double-well-bias",
        section: SECTION,
        number: None,
        title: "Bias in the double well",
        caption: r"Error of $\mathbb E\, x^2$ in the double well at $\beta = 1$ against the step, from invariant densities on grids: no random numbers. First panel: schemes for (4.2). Second: schemes for (4.1), $\gamma = 1$. MALA has no error and no place on logarithmic axes.",
        alt: "First panel: ULA falls with slope one, tamed ULA crosses from a steeper slope to one, the scheme of Leimkuhler and Matthews falls with slope two. Second: OBABO and BAOAB fall with slope two, the Suzuki scheme with slope four.",
        seed: 0,
        parameters: &[],
        data: bias,
        draw: draw_bias,
    },
    Figure {
        id: "ula-escape",
        section: SECTION,
        number: None,
        title: "How ULA escapes",
        caption: r"First panel: the map $x \mapsto x - h U'(x)$ of ULA in the double well at $h = 0.1$ (orange) and its tamed version (blue); beyond the crossing with $y = -x$ (dashed) every step leads farther out. Second: share of 2000 chains still within reach, started at the bottoms of the wells.",
        alt: "First panel: the cubic map of ULA crosses the line y equals minus x, the tamed map stays close to the diagonal. Second: at larger steps all chains of ULA are lost within few steps, at smaller ones they are lost slowly; those of tamed ULA stay.",
        seed: 4,
        parameters: &[Parameter { name: "chains", default: 2000.0, meaning: "chains" }],
        data: escape,
        draw: draw_escape,
    },
    Figure {
        id: "mala-scaling",
        section: SECTION,
        number: None,
        title: "The acceptance of MALA",
        caption: r"MALA for $\mathcal N(0, I)$. First panel: exact mean acceptance against the step, in units of $d^{-1/3}$, in $d$ dimensions, and the limit $d \to \infty$ (dashed). Second: speed, that is step times acceptance, against acceptance; the limit is fastest at 0.574 (vertical).",
        alt: "First panel: the acceptance curves of one, ten, a hundred and a thousand dimensions collapse towards the dashed limit. Second: the speed has a flat maximum near an acceptance of 0.57 in high dimensions.",
        seed: 0,
        parameters: &[],
        data: scaling,
        draw: draw_scaling,
    },
];

fn friction(settings: &Settings) -> Result<Data> {
    let (beta, h, steps) = (settings.get("beta"), 2e-4, 20_000);
    let well = DoubleWell::new(1)?;
    let streams = Streams::new(settings.seed, "friction");
    let under = |gamma: f64, step: f64| -> Result<Vec<f64>> {
        let scheme = EulerMaruyama::new(Bath::new(gamma, beta)?, step)?;
        let mut chains = Chains::from_point(&well, scheme, streams, 1, &[-1.0])?;
        Ok(chains.record(steps, 50, |q| q[0])?.into_raw_vec_and_offset().0)
    };
    // The first number of the stream, there the momentum, is passed over.
    let start = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| {
        stream.normal();
        q[0] = -1.0;
    };
    let mut over = Chains::new(&well, Ula::new(beta, h)?, streams, 1, start)?;
    let x = over.record(steps, 50, |q| q[0])?.into_raw_vec_and_offset().0;
    let t: Vec<f64> = (1..=steps / 50).map(|n| n as f64 * 50.0 * h).collect();
    let gammas: Vec<f64> = (0..=20).map(|i| 10f64.powf(0.1 * f64::from(i))).collect();
    let distance = gammas
        .iter()
        .map(|&gamma| strong_friction_distance(Bath::new(gamma, beta)?, 1.0))
        .collect::<sdml::Result<Vec<_>>>()?;
    Ok(Data::new()
        .column("t", t)
        .column("x", x)
        .column("weak", under(3.0, 3.0 * h)?)
        .column("strong", under(20.0, 20.0 * h)?)
        .column("frozen", under(20.0, h)?)
        .column("gamma", gammas)
        .column("distance", distance))
}

fn draw_friction(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut paths = Plate::new().x(0.0..=4.0, "time $t$").y(-1.8..=1.2, "position").legend(Corner::TopRight);
    paths.line(t, data.get("x")?, ORANGE).keyed("$X(t)$");
    paths.line(t, data.get("strong")?, BLUE.thin()).keyed(r"$Q(\gamma t)$, $\gamma = 20$");
    paths.line(t, data.get("weak")?, GREEN).keyed(r"$Q(\gamma t)$, $\gamma = 3$");
    paths.line(t, data.get("frozen")?, GREY.dashed()).keyed("$Q(t)$");
    let mut rate =
        Plate::new().log_x(1.0..=100.0, r"friction $\gamma$").log_y(5e-3..=1.5, "root mean square distance");
    rate.line(data.get("gamma")?, data.get("distance")?, BLUE);
    rate.power(-1.0, (1.0, 0.9), 100.0, INK.dashed().thin()).named_at(12.0, Side::AboveRight, r"slope $-1$");
    Ok(vec![paths.title("one Brownian motion"), rate.title("rate")])
}

const KINETIC: [Word; 3] = [Word::Obabo, Word::Baoab, Word::Suzuki];

fn bias(_: &Settings) -> Result<Data> {
    let exact = Gibbs::new(1.0)?.moment(2);
    let well = DoubleWell::new(1)?;
    let square =
        |law: Vec<(f64, f64)>| (law.iter().map(|(x, weight)| weight * x * x).sum::<f64>() - exact).abs();
    let window = Window::new(2.8, 401)?;
    let space = PhaseSpace::new(2.65, 6.5, 48)?;
    let h: Vec<f64> = [0.001, 0.0018, 0.0032, 0.0056, 0.01, 0.018, 0.032].to_vec();
    let over = |drift: &dyn Fn(f64, f64) -> f64| -> sdml::Result<Vec<f64>> {
        h.iter().map(|&h| Ok(square(window.invariant(|x| x + h * drift(x, h), (2.0 * h).sqrt())?))).collect()
    };
    let ula = over(&|x, _| double_well::force(x))?;
    let tamed = over(&|x, h| double_well::force(x) / (1.0 + h * double_well::force(x).abs()))?;
    // The larger steps suffice to see the order.
    let coarse = h[2..].to_vec();
    let matthews = coarse
        .iter()
        .map(|&h| {
            let scheme = Splitting::new(Word::Baoab, Bath::overwhelming(1.0)?, (2.0 * h).sqrt())?;
            Ok(square(space.invariant(&scheme, &well)?))
        })
        .collect::<sdml::Result<Vec<_>>>()?;
    let steps: Vec<f64> = [0.07, 0.1, 0.14, 0.2, 0.25].to_vec();
    let kinetic = KINETIC
        .into_iter()
        .map(|word| {
            let one = |&h: &f64| {
                let scheme = Splitting::new(word, Bath::new(1.0, 1.0)?, h)?;
                Ok(square(space.invariant(&scheme, &well)?))
            };
            steps.iter().map(one).collect::<sdml::Result<Vec<_>>>()
        })
        .collect::<sdml::Result<Vec<_>>>()?;
    Ok(Data::new()
        .column("h", h)
        .column("ula", ula)
        .column("tamed", tamed)
        .column("coarse", coarse)
        .column("matthews", matthews)
        .column("steps", steps)
        .columns("kinetic", kinetic))
}

fn draw_bias(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let h = data.get("h")?;
    let mut over = Plate::new()
        .log_x(8e-4..=4e-2, "step $h$")
        .log_y(1e-6..=1e-1, r"error of $\mathbb{E}\, x^2$")
        .legend(Corner::TopLeft);
    for (name, steps, column, colour) in [
        ("ULA", h, "ula", ORANGE),
        ("tamed ULA", h, "tamed", GREEN),
        ("Leimkuhler–Matthews", data.get("coarse")?, "matthews", BLUE),
    ] {
        over.line(steps, data.get(column)?, colour.thin());
        over.points(steps, data.get(column)?, colour).keyed(name);
    }
    over.slope(2.0, (0.01, 2e-6), 0.025, "2");
    let steps = data.get("steps")?;
    let mut under = Plate::new()
        .log_x(6e-2..=0.3, "step $h$")
        .log_y(1e-6..=1e-1, r"error of $\mathbb{E}\, q^2$")
        .legend(Corner::TopLeft);
    for (errors, (word, colour)) in
        data.family("kinetic").zip(KINETIC.into_iter().zip([ORANGE, BLUE, PURPLE]))
    {
        under.line(steps, errors, colour.thin());
        under.points(steps, errors, colour).keyed(word.name());
    }
    under.slope(4.0, (0.14, 1.5e-6), 0.22, "4");
    Ok(vec![over.title("overdamped"), under.title("underdamped")])
}

const ESCAPING: [f64; 3] = [0.1, 0.15, 0.2];

fn escape(settings: &Settings) -> Result<Data> {
    let h = 0.1;
    let x: Vec<f64> = (0..=200).map(|i| 3.0 * (f64::from(i) / 100.0 - 1.0)).collect();
    let ula: Vec<f64> = x.iter().map(|&x| x + h * double_well::force(x)).collect();
    let tamed: Vec<f64> =
        x.iter().map(|&x| x + h * double_well::force(x) / (1.0 + h * double_well::force(x).abs())).collect();
    let mut data = Data::new().column("x", x).column("ula", ula).column("tamed", tamed);
    let count = settings.count("chains");
    let times: Vec<usize> = (0..=60).map(|i| (10f64.powf(f64::from(i) / 20.0)).round() as usize).collect();
    for (i, h) in ESCAPING.into_iter().enumerate() {
        data = data.column(format!("left{i}"), survival(Ula::new(1.0, h)?, count, &times, settings)?);
    }
    data = data.column("kept", survival(Tamed::new(1.0, 0.2)?, count, &times, settings)?);
    Ok(data.column("step", times.iter().map(|&n| n as f64).collect::<Vec<_>>()))
}

/// The share of chains that have not escaped after each number of steps. Each runs alone, since one escape ends a run.
fn survival<S: Scheme>(scheme: S, count: usize, times: &[usize], settings: &Settings) -> Result<Vec<f64>> {
    let well = DoubleWell::new(1)?;
    let most = *times.last().expect("there are times");
    let mut lost = Vec::with_capacity(count);
    for chain in 0..count {
        let streams = Streams::new(settings.seed + 1000 * chain as u64, "escape");
        let start = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| {
            q[0] = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
        };
        let mut alone = Chains::new(&well, scheme, streams, 1, start)?;
        if let Err(sdml::Error::Escaped { step, .. }) = alone.advance(most) {
            lost.push(step);
        }
    }
    let share = |&n: &usize| 1.0 - lost.iter().filter(|&&step| step < n).count() as f64 / count as f64;
    Ok(times.iter().map(share).collect())
}

fn draw_escape(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let x = data.get("x")?;
    let mut map =
        Plate::new().x(-3.0..=3.0, "$x$").y(-4.0..=4.0, "next $x$ without noise").legend(Corner::BottomLeft);
    map.polyline([(-3.0, 3.0), (3.0, -3.0)], INK.dashed().thin());
    map.line(x, data.get("ula")?, ORANGE).keyed("ULA");
    map.line(x, data.get("tamed")?, BLUE).keyed("tamed");
    map.label((-1.3, 1.3), "$y = -x$", Side::AboveRight, INK);
    let steps = data.get("step")?;
    let mut share = Plate::new()
        .log_x(1.0..=1000.0, "steps")
        .y(0.0..=1.05, "share within reach")
        .legend(Corner::BottomLeft);
    for (i, (h, colour)) in ESCAPING.into_iter().zip([GREEN, PURPLE, ORANGE]).enumerate() {
        share.steps(steps, data.get(&format!("left{i}"))?, colour).keyed(&format!("ULA, $h = {h}$"));
    }
    share.steps(steps, data.get("kept")?, BLUE).keyed("tamed, $h = 0.2$");
    Ok(vec![map.title("one step"), share.title("survival")])
}

const DIMENSIONS: [usize; 4] = [1, 10, 100, 1000];

fn scaling(_: &Settings) -> Result<Data> {
    let units: Vec<f64> = (1..=150).map(|i| 0.03 * f64::from(i)).collect();
    let acceptances = DIMENSIONS
        .into_iter()
        .map(|d| {
            units
                .iter()
                .map(|unit| mala_acceptance_gaussian(d, unit / (d as f64).cbrt()))
                .collect::<sdml::Result<Vec<_>>>()
        })
        .collect::<sdml::Result<Vec<_>>>()?;
    let limit: Vec<f64> = units.iter().map(|unit| mala_acceptance_limit((2.0 * unit).sqrt())).collect();
    Ok(Data::new().columns("a", acceptances).column("unit", units).column("limit", limit))
}

fn draw_scaling(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let (units, limit) = (data.get("unit")?, data.get("limit")?);
    let mut acceptance = Plate::new()
        .x(0.0..=4.5, r"step $h\, d^{1/3}$")
        .y(0.0..=1.02, "mean acceptance")
        .legend(Corner::BottomLeft);
    let mut speed =
        Plate::new().x(0.0..=1.0, "mean acceptance").y(0.0..=1.5, r"$h\, d^{1/3}$ times acceptance");
    let times = |a: &[f64]| a.iter().zip(units).map(|(a, unit)| a * unit).collect::<Vec<_>>();
    for (a, (d, colour)) in data.family("a").zip(DIMENSIONS.into_iter().zip([GREEN, PURPLE, ORANGE, BLUE])) {
        acceptance.line(units, a, colour).keyed(&format!("$d = {d}$"));
        speed.line(a, &times(a), colour);
    }
    acceptance.line(units, limit, INK.dashed()).keyed("limit");
    speed.line(limit, &times(limit), INK.dashed());
    speed.vertical(0.574, INK.dotted().thin());
    Ok(vec![acceptance.title("acceptance"), speed.title("speed")])
}
