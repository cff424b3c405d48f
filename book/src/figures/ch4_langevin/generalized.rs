//! The generalized Langevin equation: its noise, the bath behind it, and the limit of short memory.

use anyhow::Result;
use sdml::ch4_langevin::generalized::{Memory, Oscillators};
use sdml::ch4_langevin::underdamped::{Bath, Oscillator};
use sdml::random::Streams;

use crate::figures::{BLUE, Corner, Data, Figure, GREEN, INK, ORANGE, PURPLE, Parameter, Plate, Settings};

const SECTION: &str = "ch4_langevin/generalized";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "gle-noise",
        section: SECTION,
        number: None,
        title: "Colored noise and its memory",
        caption: r"First panel: the force $\mathcal F$ of two baths of equal friction, with a memory of $\tau = 0.2$ (orange) and $\tau = 1$ (blue). Second: their covariance at lag $t$, measured on the simulated noise (dots, bars of four standard errors) and $\zeta(t)/\beta$ (lines).",
        alt: "First panel: a rapidly jittering force of large amplitude and a slowly wandering one. Second: measured covariances lie on two exponentials, a high narrow one and a low wide one.",
        seed: 1,
        parameters: &[
            Parameter { name: "beta", default: 1.0, meaning: "inverse temperature" },
            Parameter { name: "paths", default: 40_000.0, meaning: "stretches of noise averaged" },
        ],
        data: noise,
        draw: draw_noise,
    },
    Figure {
        id: "gle-bath",
        section: SECTION,
        number: None,
        title: "From oscillators to friction",
        caption: r"First panel: the memory kernel $\zeta_n$ of $n$ oscillators and its limit $\frac{\gamma}{\tau} e^{-t/\tau}$ (dashed). Second: the velocity autocorrelation of a particle in a harmonic well among them, exactly, and that of the generalized Langevin equation (dashed).",
        alt: "First panel: kernels of six and of twenty oscillators leave the exponential and ring, that of a hundred and twenty follows it. Second: the oscillating velocity autocorrelations approach the dashed limit in the same way.",
        seed: 0,
        parameters: &[
            Parameter { name: "tau", default: 0.5, meaning: "duration of the memory" },
            Parameter { name: "k", default: 2.0, meaning: "stiffness of the well" },
        ],
        data: bath,
        draw: draw_bath,
    },
    Figure {
        id: "gle-short-memory",
        section: SECTION,
        number: None,
        title: "Short memory becomes friction",
        caption: r"First panel: velocity autocorrelations in a harmonic well for memories of duration $\tau$, their limit (4.1) with friction $\gamma$ (dashed), and (4.1) with $2\gamma$ (dotted). Second: the largest distance for $t \le 4$ from (4.1) with $\gamma$ (blue) and with $2\gamma$ (orange).",
        alt: "First panel: the curves approach the dashed one, not the dotted one. Second: on logarithmic axes the distance from friction gamma falls along a line of slope one, that from twice the friction stays level.",
        seed: 0,
        parameters: &[Parameter { name: "k", default: 2.0, meaning: "stiffness of the well" }],
        data: short_memory,
        draw: draw_short_memory,
    },
];

const TIMES: [f64; 2] = [0.2, 1.0];

fn noise(settings: &Settings) -> Result<Data> {
    let beta = settings.get("beta");
    let streams = Streams::new(settings.seed, "figure");
    let h = 0.01;
    let t: Vec<f64> = (0..500).map(|n| f64::from(n) * h).collect();
    let lags: Vec<f64> = (0..=10).map(|n| 0.25 * f64::from(n)).collect();
    let fine: Vec<f64> = (0..=250).map(|n| 0.01 * f64::from(n)).collect();
    let mut data = Data::new();
    for (i, tau) in TIMES.into_iter().enumerate() {
        let memory = Memory::exponential(1.0, tau)?;
        let path = memory.noise(beta, h, t.len(), &mut streams.stream(0))?;
        let products = sdml::statistics::ensemble(
            &Streams::new(settings.seed, "covariance"),
            settings.count("paths") as u64,
            || (),
            |(), stream| {
                let force = memory.noise(beta, 0.25, 11, stream)?;
                Ok(std::array::from_fn::<f64, 11, _>(|lag| force[0] * force[lag]))
            },
        )?;
        let means = products.iter().map(|product| product.mean()).collect::<sdml::Result<Vec<_>>>()?;
        data = data
            .column(format!("force{i}"), path)
            .column(format!("measured{i}"), means.iter().map(|mean| mean.mean).collect::<Vec<_>>())
            .column(
                format!("error{i}"),
                means.iter().map(|mean| 4.0 * mean.standard_error).collect::<Vec<_>>(),
            )
            .column(format!("exact{i}"), fine.iter().map(|&t| memory.kernel(t) / beta).collect::<Vec<_>>());
    }
    Ok(data.column("t", t).column("lag", lags).column("fine", fine))
}

fn draw_noise(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut paths = Plate::new().x(0.0..=5.0, "time $t$").y(-8.0..=8.0, r"force $\mathcal{F}(t)$");
    paths.line(t, data.get("force0")?, ORANGE.thin());
    paths.line(t, data.get("force1")?, BLUE);
    let mut covariance =
        Plate::new().x(0.0..=2.5, "lag $t$").y(-0.2..=5.4, "covariance").legend(Corner::TopRight);
    for (i, (tau, colour)) in TIMES.into_iter().zip([ORANGE, BLUE]).enumerate() {
        covariance.line(data.get("fine")?, data.get(&format!("exact{i}"))?, colour.thin());
        let (measured, error) = (data.get(&format!("measured{i}"))?, data.get(&format!("error{i}"))?);
        covariance.estimates(data.get("lag")?, measured, error, colour).keyed(&format!(r"$\tau = {tau}$"));
    }
    Ok(vec![paths.title("noise"), covariance.title("at a lag")])
}

const SIZES: [usize; 3] = [6, 20, 120];

fn bath(settings: &Settings) -> Result<Data> {
    let (tau, k) = (settings.get("tau"), settings.get("k"));
    let memory = Memory::exponential(1.0, tau)?;
    let t: Vec<f64> = (0..=240).map(|n| f64::from(n) * 0.025).collect();
    let limit = t.iter().map(|&t| memory.velocity_autocorrelation(k, t)).collect::<sdml::Result<Vec<_>>>()?;
    let mut data = Data::new()
        .column("kernel", t.iter().map(|&t| memory.kernel(t)).collect::<Vec<_>>())
        .column("autocorrelation", limit);
    for n in SIZES {
        let oscillators = Oscillators::at_quantiles(1.0, tau, n)?;
        data = data
            .column(format!("kernel{n}"), t.iter().map(|&t| oscillators.kernel(t)).collect::<Vec<_>>())
            .column(format!("autocorrelation{n}"), oscillators.velocity_autocorrelation(k, &t)?);
    }
    Ok(data.column("t", t))
}

fn draw_bath(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut kernel =
        Plate::new().x(0.0..=6.0, "time $t$").y(-1.2..=2.1, r"$\zeta_n(t)$").legend(Corner::TopRight);
    let mut motion = Plate::new().x(0.0..=6.0, "time $t$").y(-0.8..=1.05, r"$\beta\, \mathbb{E} P(t) P(0)$");
    for (n, colour) in SIZES.into_iter().zip([ORANGE, GREEN, BLUE]) {
        kernel.line(t, data.get(&format!("kernel{n}"))?, colour.thin()).keyed(&format!("$n = {n}$"));
        motion.line(t, data.get(&format!("autocorrelation{n}"))?, colour.thin());
    }
    kernel.line(t, data.get("kernel")?, INK.dashed()).keyed("limit");
    motion.line(t, data.get("autocorrelation")?, INK.dashed());
    Ok(vec![kernel.title("memory kernel"), motion.title("velocity autocorrelation")])
}

const MEMORIES: [f64; 3] = [0.5, 0.2, 0.1];

fn short_memory(settings: &Settings) -> Result<Data> {
    let k = settings.get("k");
    let t: Vec<f64> = (0..=160).map(|n| f64::from(n) * 0.025).collect();
    let limit = |friction: f64| -> Result<Vec<f64>> {
        let oscillator = Oscillator::new(Bath::new(friction, 1.0)?, k)?;
        Ok(t.iter().map(|&t| oscillator.propagator(t)[1][1]).collect())
    };
    let curve = |tau: f64| -> Result<Vec<f64>> {
        let memory = Memory::exponential(1.0, tau)?;
        Ok(t.iter().map(|&t| memory.velocity_autocorrelation(k, t)).collect::<sdml::Result<_>>()?)
    };
    let (once, twice) = (limit(1.0)?, limit(2.0)?);
    let taus: Vec<f64> = (0..=10).map(|i| 10f64.powf(-2.5 + 0.25 * f64::from(i))).collect();
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let (mut from_once, mut from_twice) = (Vec::new(), Vec::new());
    for &tau in &taus {
        let c = curve(tau)?;
        from_once.push(apart(&c, &once));
        from_twice.push(apart(&c, &twice));
    }
    let curves = MEMORIES.into_iter().map(curve).collect::<Result<Vec<_>>>()?;
    Ok(Data::new()
        .column("once", once)
        .column("twice", twice)
        .columns("C", curves)
        .column("t", t)
        .column("tau", taus)
        .column("from_once", from_once)
        .column("from_twice", from_twice))
}

fn draw_short_memory(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let t = data.get("t")?;
    let mut motion = Plate::new()
        .x(0.0..=4.0, "time $t$")
        .y(-0.8..=1.45, r"$\beta\, \mathbb{E} P(t) P(0)$")
        .legend(Corner::TopRight);
    for (curve, (tau, colour)) in data.family("C").zip(MEMORIES.into_iter().zip([ORANGE, GREEN, BLUE])) {
        motion.line(t, curve, colour.thin()).keyed(&format!(r"$\tau = {tau}$"));
    }
    motion.line(t, data.get("once")?, INK.dashed()).keyed(r"(4.1), $\gamma$");
    motion.line(t, data.get("twice")?, PURPLE.dotted()).keyed(r"(4.1), $2\gamma$");
    let tau = data.get("tau")?;
    let mut distance = Plate::new()
        .log_x(2.5e-3..=1.2, r"memory $\tau$")
        .log_y(1e-3..=1.5, "largest distance")
        .legend(Corner::BottomRight);
    distance.line(tau, data.get("from_once")?, BLUE.thin());
    distance.points(tau, data.get("from_once")?, BLUE).keyed(r"from friction $\gamma$");
    distance.line(tau, data.get("from_twice")?, ORANGE.thin());
    distance.points(tau, data.get("from_twice")?, ORANGE).keyed(r"from friction $2\gamma$");
    distance.slope(1.0, (0.01, 2.2e-3), 0.04, "1");
    Ok(vec![motion.title("autocorrelation"), distance.title("distance from (4.1)")])
}
