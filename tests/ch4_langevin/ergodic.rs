//! Ergodic averages (4.5): what they are worth, and diagnostics that tell.

use sdml::ch4_langevin::ergodic::{
    Autoregression, Traces, autocorrelation, batch_interval, batch_means, bulk_size, diagnose,
    effective_sample_size, integrated_time, naive_error, r_hat, rank_normalized, tail_size,
};
use sdml::ch4_langevin::overdamped::{Mala, Ula};
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic};
use sdml::random::Streams;
use sdml::statistics::{ensemble, estimate, normal};

use crate::check::Check;
use crate::quadrature::integrate;
use crate::refused;

#[test]
fn variance_of_the_mean() {
    // (4.4) in a harmonic well, by the sampler; each chain's average of 30 steps after 200 steps is one measurement.
    let (kappa, beta, h, steps, count) = (2.0, 1.5, 0.1, 30, 40_000);
    let chain = Autoregression::langevin(kappa, beta, h).unwrap();
    let well = Harmonic::new(&[kappa]).unwrap();
    let scheme = Ula::new(beta, h).unwrap();
    let mut chains = Chains::from_point(&well, scheme, Streams::new(1, "mean"), count, &[0.0]).unwrap();
    chains.advance(200).unwrap();
    let [mean] = chains.averages(steps, 1, |x| [x[0]]).unwrap();
    // Summing all covariances by brute force.
    let pairs = (0..steps).flat_map(|i| (0..steps).map(move |j| i.abs_diff(j)));
    let brute: f64 = pairs.map(|lag| chain.variance() * chain.autocorrelation(lag)).sum::<f64>();
    let brute = brute / (steps * steps) as f64;
    assert!((chain.variance_of_mean(steps) / brute - 1.0).abs() < 1e-12);
    Check::new(
        "ch4_langevin/ergodic/variance_of_the_mean",
        &["eq:4.5", "u:50"],
        "the variance of the average of 30 steps of (4.4) in a harmonic well is the exact double sum of its autocovariances",
        "the variance over 30, as if the steps were independent",
    )
    .seed(1)
    .samples(format!("{count} averages"))
    .statistical(mean.variance().unwrap(), chain.variance_of_mean(steps), chain.variance() / steps as f64);
}

#[test]
fn mean_of_a_chain_that_starts_somewhere() {
    let chain = Autoregression::new(0.9, 0.5).unwrap();
    let (start, discarded, n, paths) = (3.0, 3, 10, 40_000);
    let [mean] = ensemble(
        &Streams::new(2, "start"),
        paths,
        || (),
        |(), stream| {
            let values = chain.from(start, discarded + n, stream);
            Ok([values[discarded..].iter().sum::<f64>() / n as f64])
        },
    )
    .unwrap();
    let exact = chain.mean_from(start, discarded, n).unwrap();
    assert!(mean.mean().unwrap().z(exact.bias).abs() < 4.0);
    Check::new(
        "ch4_langevin/ergodic/mean_of_a_chain_that_starts_somewhere",
        &["u:50"],
        "the variance of the mean of 10 steps from a fixed start, 3 discarded, is the exact one",
        "the variance in equilibrium",
    )
    .seed(2)
    .samples(format!("{paths} chains"))
    .statistical(mean.variance().unwrap(), exact.variance, chain.variance_of_mean(n));
    // Far from the start nothing is left of it.
    let late = chain.mean_from(start, 2000, n).unwrap();
    assert!((late.variance / chain.variance_of_mean(n) - 1.0).abs() < 1e-12 && late.bias.abs() < 1e-80);
}

#[test]
fn one_long_chain_or_many_short_ones() {
    // The same 10⁴ steps, in one chain or in a hundred, from a start three standard deviations off.
    let chain = Autoregression::new(0.95, 1.0).unwrap();
    let start = 3.0 * chain.variance().sqrt();
    let error = |chains: usize| chain.mean_from(start, 0, 10_000 / chains).unwrap().mean_square(chains);
    let (count, repetitions) = (100, 4000);
    let [square] = ensemble(
        &Streams::new(3, "short"),
        repetitions,
        || (),
        |(), stream| {
            let sum: f64 = (0..count).map(|_| chain.from(start, 100, stream).iter().sum::<f64>()).sum();
            Ok([(sum / 1e4).powi(2)])
        },
    )
    .unwrap();
    Check::new(
        "ch4_langevin/ergodic/one_long_chain_or_many_short_ones",
        &["u:50", "eq:4.5"],
        "the mean square error of a hundred chains of a hundred steps is the exact bias² + variance/100: a hundred chains pay for a hundred starts",
        "the mean square error of one chain of ten thousand steps",
    )
    .seed(3)
    .samples(format!("{repetitions} repetitions"))
    .statistical(square.mean().unwrap(), error(100), error(1));
}

#[test]
fn integrated_times() {
    let chain = Autoregression::new(0.9, 1.0).unwrap();
    let (length, count) = (50_000, 64);
    let [time] = ensemble(
        &Streams::new(4, "time"),
        count,
        || (),
        |(), stream| Ok([integrated_time(&chain.stationary(length, stream))?]),
    )
    .unwrap();
    Check::new(
        "ch4_langevin/ergodic/integrated_times",
        &["u:50"],
        "the integrated autocorrelation time of an autoregression with a = 0.9, by Geyer's sequence, is (1 + a)/(1 − a)",
        "1 + Σρ(k), with the correlations counted once: 1/(1 − a)",
    )
    .seed(4)
    .samples(format!("{count} chains of {length} steps"))
    .within(
        time.mean().unwrap().mean,
        chain.integrated_time(),
        0.5,
        "cutting the sum leaves a bias of τ²/N and a noise that is summed: 2.5%",
        10.0,
    );
    // Anticorrelated chains are worth more than independent draws.
    let swinging = Autoregression::new(-0.5, 1.0).unwrap();
    let time =
        integrated_time(&swinging.stationary(100_000, &mut Streams::new(5, "swing").stream(0))).unwrap();
    assert!((time - 1.0 / 3.0).abs() < 0.03, "{time}");
    let rho = autocorrelation(&chain.stationary(400_000, &mut Streams::new(6, "rho").stream(0)), 20).unwrap();
    assert!((0..=20).all(|k| (rho[k] - chain.autocorrelation(k)).abs() < 0.03));
}

#[test]
fn coverage() {
    // A thousand 95% intervals for the mean of a correlated chain. How many contain it?
    let chain = Autoregression::new(0.9, 1.0).unwrap();
    let (length, batches, repetitions) = (10_000, 25, 1000);
    let gauss = normal::quantile(0.975).unwrap();
    let covers = |mean: f64, half: f64| f64::from(u8::from(mean.abs() <= half));
    let [batch, effective, naive] = estimate(&Streams::new(7, "coverage"), repetitions, |stream| {
        let values = chain.stationary(length, stream);
        let (mean, half_width) = batch_interval(&values, batches, 0.95).unwrap();
        let wrong = naive_error(&values).unwrap();
        let right = wrong.standard_error * integrated_time(&values).unwrap().sqrt();
        [
            covers(mean, half_width),
            covers(wrong.mean, gauss * right),
            covers(wrong.mean, gauss * wrong.standard_error),
        ]
    })
    .unwrap();
    // The number of intervals that contain the mean is binomial.
    let band = 4.0 * (0.95f64 * 0.05 / repetitions as f64).sqrt();
    assert!((effective.mean - 0.95).abs() < band, "{effective:?}");
    // The naive interval is too short by √τ: it contains the mean with probability 2Φ(1.96/√19) − 1.
    let predicted = 2.0 * normal::cdf(gauss / chain.integrated_time().sqrt()) - 1.0;
    assert!(naive.z(predicted).abs() < 4.0, "{naive:?} {predicted}");
    Check::new(
        "ch4_langevin/ergodic/coverage",
        &["eq:4.5", "u:50"],
        "of 1000 intervals of 95% from batch means, 95% contain the mean",
        "intervals from s/√N, as if the values were independent",
    )
    .seed(7)
    .samples(format!("{repetitions} chains of {length} steps, τ = 19"))
    .within(batch.mean, 0.95, band, "4 standard deviations of the binomial law", naive.mean);
    Check::new(
        "ch4_langevin/ergodic/coverage_by_effective_size",
        &["eq:4.5", "u:50"],
        "of 1000 intervals of 95% from s √(τ/N) with an estimated τ, 95% contain the mean",
        "intervals from s/√N, as if the values were independent",
    )
    .seed(7)
    .samples(format!("{repetitions} chains of {length} steps, τ = 19"))
    .within(effective.mean, 0.95, band, "4 standard deviations of the binomial law", naive.mean);
}

/// Four chains, alike.
fn alike(chain: Autoregression, length: usize, seed: u64) -> Traces {
    let streams = Streams::new(seed, "alike");
    Traces::new((0..4).map(|m| chain.stationary(length, &mut streams.stream(m))).collect()).unwrap()
}

#[test]
fn effective_sizes() {
    let (a, length) = (0.7f64, 50_000);
    let chains = alike(Autoregression::new(a, 2.0).unwrap(), length, 8);
    let draws = 4.0 * length as f64;
    let exact = draws * (1.0 - a) / (1.0 + a);
    assert!((effective_sample_size(&chains).unwrap() / exact - 1.0).abs() < 0.05);
    Check::new(
        "ch4_langevin/ergodic/effective_sizes",
        &["u:50"],
        "the bulk effective sample size of four chains with a = 0.7 is MN(1 − a)/(1 + a)",
        "the number of draws",
    )
    .seed(8)
    .samples(format!("4 chains of {length} steps"))
    .within(
        bulk_size(&chains).unwrap(),
        exact,
        0.05 * exact,
        "cutting the sum of correlations: 5%",
        draws,
    );
    // The indicator of X ≤ q has covariance ∫₀^ρ exp(−q²/(1 + r))/(2π√(1 − r²)) dr at correlation ρ (Plackett 1954).
    let q = normal::quantile(0.05).unwrap();
    let covariance = |rho: f64| {
        integrate(0.0, rho.asin(), 8, |angle| (-q * q / (1.0 + angle.sin())).exp())
            / (2.0 * std::f64::consts::PI)
    };
    let time = 1.0 + 2.0 * (1..80).map(|k| covariance(a.powi(k))).sum::<f64>() / (0.05 * 0.95);
    Check::new(
        "ch4_langevin/ergodic/effective_size_of_a_tail",
        &["u:50"],
        "the tail effective sample size is that of the indicator of the outer twentieth, whose correlations are integrals of the bivariate normal density",
        "the effective sample size of the bulk",
    )
    .seed(8)
    .samples(format!("4 chains of {length} steps"))
    .within(
        tail_size(&chains).unwrap(),
        draws / time,
        0.06 * draws / time,
        "cutting the sum of correlations: 5%, and the smaller of two tails is taken",
        exact,
    );
}

/// Rank-normalized split R̂ once more, counting ranks one by one.
fn r_hat_by_counting(chains: &[Vec<f64>]) -> f64 {
    let n = chains[0].len() / 2;
    let halves: Vec<&[f64]> =
        chains.iter().flat_map(|chain| [&chain[..n], &chain[chain.len() - n..]]).collect();
    let mut pooled: Vec<f64> = halves.concat();
    pooled.sort_by(f64::total_cmp);
    let median = 0.5 * (pooled[pooled.len() / 2] + pooled[(pooled.len() - 1) / 2]);
    let of = |f: &dyn Fn(f64) -> f64| {
        let all: Vec<f64> = pooled.iter().map(|x| f(*x)).collect();
        let score = |x: f64| {
            let below = all.iter().filter(|y| **y < f(x)).count() as f64;
            let ties = all.iter().filter(|y| **y == f(x)).count() as f64;
            normal::quantile((below + (ties + 1.0) / 2.0 - 0.375) / (all.len() as f64 + 0.25)).unwrap()
        };
        let scores: Vec<Vec<f64>> =
            halves.iter().map(|half| half.iter().map(|x| score(*x)).collect()).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let variance = |values: &[f64]| {
            let m = mean(values);
            values.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (values.len() - 1) as f64
        };
        let within = mean(&scores.iter().map(|half| variance(half)).collect::<Vec<_>>());
        let between = variance(&scores.iter().map(|half| mean(half)).collect::<Vec<_>>());
        ((n as f64 - 1.0) / n as f64 + between / within).sqrt()
    };
    of(&|x| x).max(of(&|x| (x - median).abs()))
}

#[test]
fn r_hat_agrees_with_counting() {
    for (a, length) in [(0.0, 17), (0.8, 60), (0.99, 101)] {
        let chains = alike(Autoregression::new(a, 1.0).unwrap(), length, 9);
        let rounded = chains.map(|x| (4.0 * x).round()).unwrap();
        for chains in [chains, rounded] {
            let (measured, counted) = (r_hat(&chains).unwrap(), r_hat_by_counting(chains.all()));
            assert!((measured - counted).abs() < 1e-12, "{a}: {measured} {counted}");
        }
    }
    let scores =
        rank_normalized(&Traces::new(vec![vec![5.0, 5.0, 1.0], vec![7.0, 9.0, 9.0]]).unwrap()).unwrap();
    let expected = normal::quantile((2.5 - 0.375) / 6.25).unwrap();
    assert_eq!(scores.all()[0][..2], [expected; 2]);
}

#[test]
fn r_hat_sees_chains_that_have_not_met() {
    // MALA in the double well at β = 8 from either well; at β = 1 the same chains mix.
    let well = DoubleWell::new(1).unwrap();
    let diagnosis = |beta: f64| {
        let side =
            |chain: usize, _: &mut _, x: &mut [f64]| x[0] = if chain.is_multiple_of(2) { 1.0 } else { -1.0 };
        let scheme = Mala::new(beta, 0.1).unwrap();
        let mut chains = Chains::new(&well, scheme, Streams::new(10, "wells"), 4, side).unwrap();
        chains.advance(1000).unwrap();
        diagnose(&Traces::try_from(chains.record(20_000, 1, |x| x[0]).unwrap()).unwrap()).unwrap()
    };
    let (mixed, stuck) = (diagnosis(1.0), diagnosis(8.0));
    assert!(mixed.z(0.0).abs() < 4.0 && mixed.bulk > 400.0, "{mixed:?}");
    assert!(stuck.bulk < 20.0, "{stuck:?}");
    Check::new(
        "ch4_langevin/ergodic/r_hat_sees_chains_that_have_not_met",
        &["u:50", "r:14"],
        "R̂ of four chains from either side of the double well at β = 1 is 1 within the usual 0.01",
        "the same chains at β = 8, which never cross",
    )
    .seed(10)
    .samples("4 chains of 20000 steps of MALA")
    .within(mixed.r_hat, 1.0, 0.01, "the threshold of Vehtari and others", stuck.r_hat);
}

#[test]
fn r_hat_sees_chains_of_unequal_spread() {
    // Equal means, one chain three times as wide: the classical ratio of variances is 1.
    let streams = Streams::new(11, "spread");
    let chain = |m: u64, scale: f64| -> Vec<f64> {
        let mut stream = streams.stream(m);
        (0..4000).map(|_| scale * stream.normal()).collect()
    };
    let chains = [chain(0, 1.0), chain(1, 1.0), chain(2, 1.0), chain(3, 3.0)].to_vec();
    let chains = Traces::new(chains).unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let spread = |values: &[f64]| values.iter().map(|x| (x - mean(values)).powi(2)).sum::<f64>() / 3999.0;
    let means: Vec<f64> = chains.all().iter().map(|chain| mean(chain)).collect();
    let between = means.iter().map(|m| m * m).sum::<f64>() / 3.0;
    let within = chains.all().iter().map(|chain| spread(chain)).sum::<f64>() / 4.0;
    let classical = (1.0 + between / within).sqrt();
    assert!(classical < 1.001, "{classical}");
    assert!(r_hat(&chains).unwrap() > 1.05);
}

#[test]
fn autoregressions_are_langevin_chains() {
    let chain = Autoregression::langevin(2.0, 3.0, 0.3).unwrap();
    // 1/(βκ(1 − κh/2)): the variance of ULA, not that of the process.
    assert!((chain.variance() - 1.0 / (3.0 * 2.0 * 0.7)).abs() < 1e-15);
    assert!((chain.integrated_time() - 1.4 / 0.6).abs() < 1e-14);
}

#[test]
fn refuses_bad_input() {
    assert_eq!(refused(Traces::new(vec![])), "values");
    assert_eq!(
        Traces::new(vec![vec![0.0; 5], vec![0.0; 6]]).unwrap_err().to_string(),
        "`values` is chains of lengths [5, 6], but it must be equally long"
    );
    assert_eq!(refused(Traces::new(vec![vec![1.0]])), "values");
    assert_eq!(refused(Traces::new(vec![vec![1.0, f64::NAN]])), "values");
    let short = Traces::new(vec![vec![1.0, 2.0, 3.0]; 2]).unwrap();
    assert_eq!(refused(short.split()), "chains.length()");
    assert_eq!(refused(effective_sample_size(&short)), "chains.length()");
    assert_eq!(refused(short.map(|x| 1.0 / (x - 1.0))), "values");
    let line = |n: usize| (0..n).map(|k| k as f64).collect::<Vec<_>>();
    let one = Traces::new(vec![line(40)]).unwrap();
    for refusal in [refused(r_hat(&one)), refused(bulk_size(&one)), refused(diagnose(&one))] {
        assert_eq!(refusal, "chains.count()");
    }
    let fifteen = Traces::new(vec![line(15); 2]).unwrap();
    assert_eq!(refused(diagnose(&fifteen)), "chains.length()");
    assert_eq!(refused(tail_size(&fifteen)), "chains.length()");
    let constant = Traces::new(vec![vec![2.0; 40]; 2]).unwrap();
    assert_eq!(refused(r_hat(&constant)), "chains");
    assert_eq!(refused(effective_sample_size(&constant)), "chains");
    assert_eq!(refused(autocorrelation(&line(10), 10)), "chain.len()");
    assert_eq!(refused(autocorrelation(&[1.0; 10], 2)), "chains");
    assert_eq!(refused(integrated_time(&line(7))), "chains.length()");
    assert_eq!(refused(batch_means(&line(10), 1)), "batches");
    assert_eq!(refused(batch_means(&line(10), 6)), "chain.len()");
    assert_eq!(refused(batch_means(&[f64::NAN; 10], 2)), "samples");
    assert_eq!(refused(batch_interval(&line(10), 2, 1.0)), "confidence");
    assert_eq!(refused(naive_error(&[1.0])), "chain");
    assert_eq!(refused(Autoregression::new(1.0, 1.0)), "a");
    assert_eq!(refused(Autoregression::new(0.5, 0.0)), "s");
    assert_eq!(refused(Autoregression::langevin(2.0, 1.0, 1.0)), "h");
    assert_eq!(refused(Autoregression::langevin(2.0, -1.0, 0.1)), "beta");
    assert_eq!(refused(Autoregression::new(0.5, 1.0).unwrap().mean_from(0.0, 0, 0)), "n");
    assert_eq!(refused(Autoregression::new(0.5, 1.0).unwrap().mean_from(f64::NAN, 0, 1)), "start");
}

/// Chains that never change, at values whose mean rounds to another number.
#[test]
fn constant_chains() {
    for value in [0.1, 0.7, -1.3] {
        assert_eq!(refused(autocorrelation(&[value; 9], 2)), "chains");
        assert_eq!(refused(integrated_time(&[value; 10])), "chains");
        let traces = Traces::new(vec![vec![value; 23]; 3]).unwrap();
        assert_eq!(refused(effective_sample_size(&traces)), "chains");
        assert_eq!(refused(diagnose(&traces)), "chains");
    }
}

/// Var X̄ of a chain that hardly forgets, by the sums of the definition.
#[test]
fn means_of_slow_chains() {
    for (a, n) in [(1.0 - 1e-6, 2), (1.0 - 1e-9, 10), (1.0 - 1e-12, 3), (-0.999_999, 7), (0.0, 4)] {
        let chain = Autoregression::new(a, 0.9).unwrap();
        // In equilibrium the mean of few values varies as one value does.
        let rho = |lag: usize| f64::powi(a, lag as i32);
        let pairs = (0..n).flat_map(|i: usize| (0..n).map(move |j| i.abs_diff(j)));
        let share = pairs.map(rho).sum::<f64>() / (n * n) as f64;
        assert!((chain.variance_of_mean(n) / (share * chain.variance()) - 1.0).abs() < 1e-9, "{a}");
        // From a start, after 3 steps: the noise of step j is felt in the values from j on.
        let felt = |j: usize| (4.max(j)..4 + n).map(|i| f64::powi(a, (i - j) as i32)).sum::<f64>();
        let exact: f64 = (1..4 + n).map(|j| (0.9 * felt(j) / n as f64).powi(2)).sum();
        let found = chain.mean_from(2.0, 3, n).unwrap().variance;
        assert!((found / exact - 1.0).abs() < 1e-9, "{a}: {found} {exact}");
    }
}

/// So long a time that the number of steps is no 32-bit integer.
#[test]
fn after_very_many_steps() {
    let lag = 1 << 31;
    let fast = Autoregression::new(0.5, 1.0).unwrap();
    assert_eq!(fast.autocorrelation(lag), 0.0);
    assert_eq!(fast.mean_from(8.0, lag, 2).unwrap().bias, 0.0);
    let slow = Autoregression::new(1.0 - 1e-9, 1.0).unwrap();
    assert!((slow.autocorrelation(lag) / (-2.147_483_648f64).exp() - 1.0).abs() < 1e-6);
}
