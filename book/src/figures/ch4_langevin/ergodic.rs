//! Ergodic averages: autocorrelation, coverage, one long chain or many short ones.

use anyhow::Result;
use sdml::ch4_langevin::ergodic::{
    Autoregression, autocorrelation, batch_interval, integrated_time, naive_error,
};
use sdml::random::Streams;
use sdml::statistics::{estimate, normal};

use crate::figures::{
    BLUE, Corner, Data, Figure, GREEN, GREY, INK, ORANGE, PURPLE, Parameter, Plate, Settings, Side,
};

const SECTION: &str = "ch4_langevin/ergodic";

/// The figures of this page.
pub const FIGURES: &[Figure] = &[
    Figure {
        id: "autocorrelation-coverage",
        section: SECTION,
        number: None,
        title: "Autocorrelation, and what it does to error bars",
        caption: r"First panel: the autocorrelation of $X_{k+1} = a X_k + \xi_k$ with $a = 0.9$: exact (dashed) and estimated from one chain of 2000 steps. Second: how many of 1000 intervals of 95 % for the mean of a chain of 4000 steps contain it, against the integrated autocorrelation time $\tau$. Lines: 95 %, and what the interval $\pm 1.96\, s/\sqrt N$ must give, $2\Phi(1.96/\sqrt\tau) - 1$.",
        alt: "First panel: the estimated autocorrelation follows an exponential until about lag 18 and then wanders irregularly, above it at first and below zero from lag 50 on. Second: the dots of batch means and of the effective sample size stay at 0.95; those of the naive interval fall with tau along a curve to 0.22.",
        seed: 3,
        parameters: &[Parameter { name: "repetitions", default: 1000.0, meaning: "number of intervals" }],
        data: coverage,
        draw: draw_coverage,
    },
    Figure {
        id: "long-or-short",
        section: SECTION,
        number: None,
        title: "One long chain or many short ones",
        caption: r"Root mean square error of the mean over $10^4$ steps, divided among $M$ chains that start three standard deviations off; $a = 0.95$, so that $\tau = 39$. Lines: exact, with the given number of steps discarded from every chain. Dots: measured. Dashed: $10^4$ steps in equilibrium.",
        alt: "On logarithmic axes the error is flat for few chains and rises steeply for many; discarding 100 steps keeps it low up to more chains but ends when nothing is left.",
        seed: 4,
        parameters: &[Parameter {
            name: "repetitions",
            default: 400.0,
            meaning: "repetitions behind each dot",
        }],
        data: budget,
        draw: draw_budget,
    },
];

const MEMORY: [f64; 7] = [0.0, 0.33, 0.6, 0.8, 0.9, 0.94, 0.96];
const BATCHES: usize = 20;

fn coverage(settings: &Settings) -> Result<Data> {
    let chain = Autoregression::new(0.9, 1.0)?;
    let values = chain.stationary(2000, &mut Streams::new(settings.seed, "one").stream(0));
    let rho = autocorrelation(&values, 100)?;
    let lag: Vec<f64> = (0..=100).map(f64::from).collect();
    let exact: Vec<f64> = (0..=100).map(|k| chain.autocorrelation(k)).collect();
    let gauss = normal::quantile(0.975)?;
    let mut shares: [Vec<f64>; 3] = Default::default();
    let mut tau = Vec::new();
    for (k, a) in MEMORY.into_iter().enumerate() {
        let chain = Autoregression::new(a, 1.0)?;
        let streams = Streams::new(settings.seed, &format!("coverage {k}"));
        let covers = |mean: f64, half: f64| f64::from(u8::from(mean.abs() <= half));
        let found = estimate(&streams, settings.count("repetitions") as u64, |stream| {
            let values = chain.stationary(4000, stream);
            let (mean, half_width) =
                batch_interval(&values, BATCHES, 0.95).expect("4000 steps fill the batches");
            let naive = naive_error(&values).expect("a normal chain is finite");
            let effective = integrated_time(&values).expect("a normal chain moves").sqrt();
            [
                covers(mean, half_width),
                covers(naive.mean, gauss * effective * naive.standard_error),
                covers(naive.mean, gauss * naive.standard_error),
            ]
        })?;
        shares.iter_mut().zip(found).for_each(|(shares, found)| shares.push(found.mean));
        tau.push(chain.integrated_time());
    }
    let [batch, effective, naive] = shares;
    Ok(Data::new()
        .column("lag", lag)
        .column("exact", exact)
        .column("rho", rho)
        .column("tau", tau)
        .column("batch", batch)
        .column("effective", effective)
        .column("naive", naive))
}

fn draw_coverage(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let lag = data.get("lag")?;
    let mut rho = Plate::new()
        .x(0.0..=100.0, "lag $k$")
        .y(-0.3..=1.0, r"autocorrelation $\rho(k)$")
        .legend(Corner::TopRight);
    rho.horizontal(0.0, GREY.thin());
    rho.line(lag, data.get("rho")?, BLUE).keyed("estimated");
    rho.line(lag, data.get("exact")?, INK.dashed()).keyed("$0.9^k$");
    let mut shares = Plate::new()
        .log_x(0.9..=60.0, r"integrated autocorrelation time $\tau$")
        .x_ticks(&[(1.0, "1"), (3.0, "3"), (10.0, "10"), (30.0, "30")])
        .y(0.0..=1.05, "share of intervals")
        .legend(Corner::BottomLeft);
    shares.horizontal(0.95, INK.dashed().thin());
    let tau = data.get("tau")?;
    let fine: Vec<f64> = (0..=80).map(|k| 60f64.powf(f64::from(k) / 80.0)).collect();
    let predicted: Vec<f64> = fine.iter().map(|tau| 2.0 * normal::cdf(1.96 / tau.sqrt()) - 1.0).collect();
    shares.line(&fine, &predicted, ORANGE.thin());
    shares.points(tau, data.get("naive")?, ORANGE).keyed("$s/\\sqrt N$");
    shares.dots(tau, data.get("batch")?, 4.4, BLUE.opacity(0.5)).keyed("batch means");
    shares.points(tau, data.get("effective")?, GREEN).keyed(r"$s \sqrt{\tau/N}$");
    Ok(vec![rho.title("one chain"), shares.title("coverage")])
}

const BUDGET: usize = 10_000;
const DISCARDED: [usize; 3] = [0, 20, 100];

fn budget(settings: &Settings) -> Result<Data> {
    let chain = Autoregression::new(0.95, 1.0)?;
    let start = 3.0 * chain.variance().sqrt();
    let mut data = Data::new();
    for discarded in DISCARDED {
        let counts: Vec<f64> = (0..=120)
            .map(|k| 10f64.powf(f64::from(k) / 40.0))
            .filter(|m| BUDGET as f64 / m >= discarded as f64 + 1.5)
            .collect();
        let error = |m: &f64| -> Result<f64> {
            let length = (BUDGET as f64 / m).round() as usize;
            let mean = chain.mean_from(start, discarded, length - discarded)?;
            Ok((mean.bias.powi(2) + mean.variance / m).sqrt())
        };
        let errors = counts.iter().map(error).collect::<Result<Vec<_>>>()?;
        data = data.column(format!("M{discarded}"), counts).column(format!("error{discarded}"), errors);
    }
    let some = [1usize, 4, 20, 100, 500];
    let mut measured = Vec::new();
    for count in some {
        let streams = Streams::new(settings.seed, &format!("budget {count}"));
        let [square] = estimate(&streams, settings.count("repetitions") as u64, |stream| {
            let sum: f64 =
                (0..count).map(|_| chain.from(start, BUDGET / count, stream).iter().sum::<f64>()).sum();
            [(sum / BUDGET as f64).powi(2)]
        })?;
        measured.push(square.mean.sqrt());
    }
    Ok(data
        .column("some", some.map(|m| m as f64))
        .column("measured", measured)
        .column("equilibrium", vec![chain.variance_of_mean(BUDGET).sqrt()]))
}

fn draw_budget(data: &Data, _: &Settings) -> Result<Vec<Plate>> {
    let mut plate = Plate::new()
        .log_x(1.0..=1000.0, "number of chains $M$")
        .log_y(0.1..=20.0, "root mean square error")
        .legend(Corner::TopLeft);
    plate.horizontal(data.number("equilibrium")?, INK.dashed().thin());
    for (discarded, colour) in DISCARDED.into_iter().zip([BLUE, ORANGE, PURPLE]) {
        let (m, error) = (data.get(&format!("M{discarded}"))?, data.get(&format!("error{discarded}"))?);
        plate.line(m, error, colour).keyed(&format!("{discarded} discarded"));
    }
    plate.points(data.get("some")?, data.get("measured")?, BLUE);
    plate.label((1.2, 0.12), "in equilibrium", Side::AboveRight, INK);
    Ok(vec![plate])
}
