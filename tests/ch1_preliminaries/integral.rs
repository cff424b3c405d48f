//! Integrals of a Brownian path and against one (Section 1.3.2).

use sdml::ch1_preliminaries::brownian::{BrownianPath, BrownianTree, quadratic_variation};
use sdml::ch1_preliminaries::integral::*;
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments, ensemble, normal};

use crate::check::Check;
use crate::quadrature::integrate;

const SEED: u64 = 132;

fn streams(purpose: &str) -> Streams {
    Streams::new(SEED, purpose)
}

/// The moments of `K` measurements of Brownian paths.
fn over_paths<const K: usize>(
    purpose: &str,
    paths: u64,
    horizon: f64,
    steps: usize,
    measure: impl Fn(&BrownianPath) -> [f64; K] + Sync,
) -> [Moments; K] {
    ensemble(
        &streams(purpose),
        paths,
        || BrownianPath::at_rest(horizon, steps).unwrap(),
        |path, stream| {
            path.resample(stream);
            Ok(measure(path))
        },
    )
    .unwrap()
}

fn mean(moments: &Moments) -> Estimate {
    moments.mean().unwrap()
}

#[test]
fn riemann_sum_has_prefactor_dt() {
    let [right, wrong] = over_paths("prefactor", 20_000, 2.0, 32, |path| {
        let sum = riemann_sum(path, |b| b);
        [sum.powi(2), (sum / path.horizon()).powi(2)]
    });
    // Δs² Σ_{j,k} min(s_j, s_k), term by term.
    let times: Vec<f64> = (0..32).map(|k| f64::from(k) / 16.0).collect();
    let exact: f64 = times.iter().flat_map(|s| times.iter().map(|t| s.min(*t))).sum::<f64>() / 256.0;
    assert!((riemann_sum_variance(2.0, 32).unwrap() / exact - 1.0).abs() < 1e-13);
    Check::new(
        "ch1_preliminaries/integral/riemann_sum_has_prefactor_dt",
        &["u:8"],
        "variance of Δs Σ B(s_k) on [0, 2], N = 32",
        "the prefactor 1/N of the notes in place of T/N",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(mean(&right), exact, mean(&wrong).mean);
}

#[test]
fn riemann_sum_of_the_cosine() {
    let [right, wrong] = over_paths("cosine", 20_000, 2.0, 32, |path| {
        let sum = riemann_sum(path, f64::cos);
        [sum, sum / path.horizon()]
    });
    let exact: f64 = (0..32).map(|k| (-f64::from(k) / 32.0).exp() / 16.0).sum();
    Check::new(
        "ch1_preliminaries/integral/riemann_sum_of_the_cosine",
        &["u:8"],
        "mean of Δs Σ cos B(s_k) on [0, 2], N = 32: Δs Σ exp(−s_k/2)",
        "the prefactor 1/N of the notes in place of T/N",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(mean(&right), exact, mean(&wrong).mean);
}

#[test]
fn riemann_sums_converge_on_one_path() {
    // Halving the step of one path: left sums of B settle, by ΔsΣ(B_k − B_{k+½})/2, that is like N^{−1}.
    let mut stream = streams("one path").stream(0);
    let mut path = BrownianPath::sample(1.0, 64, &mut stream).unwrap();
    let mut change = f64::INFINITY;
    let mut last = riemann_sum(&path, f64::cos);
    for _ in 0..10 {
        path = path.refine(&mut stream);
        let next = riemann_sum(&path, f64::cos);
        (change, last) = ((next - last).abs(), next);
    }
    assert!(change < 1e-4, "{change}");
}

#[test]
fn exercise_1_6() {
    // P(Z > √3) by quadrature of the density; the mean of B(0) + ∫ (1 − s) dB is B(0).
    let exact = integrate(3f64.sqrt(), 14.0, 60, normal::density);
    let from_one = normal::tail((1.0 - 1.0) * 3f64.sqrt());
    Check::new(
        "ch1_preliminaries/integral/exercise_1_6",
        &["exr:1.6"],
        "P(∫_0^1 B ds > 1) = 1 − Φ(√3)",
        "B(0) = 1, which Definition 1.4 as printed allows",
    )
    .within(time_integral_tail(1.0, 1.0).unwrap(), exact, 1e-12, "closed form to rounding", from_one);
    // Scaling: ∫_0^T B has the law of T^{3/2} ∫_0^1 B.
    assert!((time_integral_tail(8.0, 4.0).unwrap() / exact - 1.0).abs() < 1e-12);
    assert!((riemann_sum_tail(8.0, 4.0, 100_000_000).unwrap() / exact - 1.0).abs() < 1e-6);
}

#[test]
fn exercise_1_6_with_ten_terms() {
    let [exceeds, from_one] = over_paths("ten terms", 200_000, 1.0, 10, |path| {
        [0.0, 1.0].map(|start| f64::from(start + riemann_sum(path, |b| b) > 1.0))
    });
    // Variance 9·19/600.
    let exact = integrate((600.0f64 / 171.0).sqrt(), 14.0, 60, normal::density);
    assert!((riemann_sum_tail(1.0, 1.0, 10).unwrap() / exact - 1.0).abs() < 1e-12);
    Check::new(
        "ch1_preliminaries/integral/exercise_1_6_with_ten_terms",
        &["exr:1.6"],
        "P(Δs Σ B(s_k) > 1) with N = 10, exact",
        "the limit 1 − Φ(√3), which ten terms do not reach",
    )
    .seed(SEED)
    .samples("200000 paths")
    .statistical(mean(&exceeds), exact, time_integral_tail(1.0, 1.0).unwrap());
    Check::new(
        "ch1_preliminaries/integral/starts_at_zero",
        &["def:1.4"],
        "B(0) = 0: P(Δs Σ B(s_k) > 1) with N = 10",
        "B(0) = 1, which Definition 1.4 as printed allows",
    )
    .seed(SEED)
    .samples("200000 paths")
    .statistical(mean(&exceeds), exact, mean(&from_one).mean);
}

/// The game of the Remark, played `plays` times: moments of what f = id and f = cos pay.
fn games(rounds: usize, plays: u64) -> [Moments; 2] {
    ensemble(
        &streams("games"),
        plays,
        || (),
        |(), stream| Ok([bets(rounds, |b| b, &mut stream.clone())?.powi(2), bets(rounds, f64::cos, stream)?]),
    )
    .unwrap()
}

#[test]
fn betting_game() {
    // The bets at the end of each minute instead of its start.
    let [square_late, cos_late] = over_paths("late bets", 200_000, 1.0, 60, |path| {
        let late = |f: fn(f64) -> f64| path.values()[1..].iter().map(|&b| f(b)).sum::<f64>() / 60.0;
        [late(|b| b).powi(2), late(f64::cos)]
    });
    let [square, cos] = games(60, 200_000);
    Check::new(
        "ch1_preliminaries/integral/betting_game",
        &["u:9"],
        "variance of 60 bets of B(s_k)/60",
        "bets settled at the end of each minute",
    )
    .seed(SEED)
    .samples("200000 games")
    .statistical(mean(&square), 59.0 * 119.0 / 21_600.0, mean(&square_late).mean);
    let exact = (0..60).map(|k| (-f64::from(k) / 120.0).exp() / 60.0).sum();
    Check::new(
        "ch1_preliminaries/integral/betting_game_of_the_cosine",
        &["u:9"],
        "mean of 60 bets of cos(B(s_k))/60",
        "bets settled at the end of each minute",
    )
    .seed(SEED)
    .samples("200000 games")
    .statistical(mean(&cos), exact, mean(&cos_late).mean);
    assert!((bets_mean_of_cos(60).unwrap() / exact - 1.0).abs() < 1e-13);
}

/// N times (left sum − trapezoidal sum) of two functions on [0, 1].
fn scaled_difference(steps: usize, x: impl Fn(f64) -> f64, g: impl Fn(f64) -> f64, lambda: f64) -> f64 {
    let on_grid =
        |f: &dyn Fn(f64) -> f64| (0..=steps).map(|k| f(k as f64 / steps as f64)).collect::<Vec<_>>();
    let (x, g) = (on_grid(&x), on_grid(&g));
    steps as f64 * (left_sum(&x, &g).unwrap() - weighted_sum(&x, &g, lambda).unwrap())
}

#[test]
fn exercise_1_7_smooth_pair() {
    let (x, g) = (f64::exp, |t: f64| t * t);
    // N(L − S) = −(N/2) Σ ΔX ΔG = −½ ∫ X'G' + (e − 1)/(12 N²) + O(N⁻⁴), and ∫ e^t 2t dt = 2.
    let expected = -1.0 + (1f64.exp() - 1.0) / (12.0 * 64.0 * 64.0);
    Check::new(
        "ch1_preliminaries/integral/exercise_1_7_smooth_pair",
        &["exr:1.7", "eq:1.3", "eq:1.4"],
        "N times (left − trapezoidal sum) of ∫ e^t d(t²), N = 64; it tends to −½ ∫ X'G' dt = −1",
        "the right sum in place of the trapezoidal sum",
    )
    .within(
        scaled_difference(64, x, g, 0.5),
        expected,
        64f64.powi(-4),
        "next term of the expansion",
        scaled_difference(64, x, g, 1.0),
    );
    // Each sum by itself: ∫ e^t 2t dt = 2.
    let limit = scaled_difference(4096, x, g, 0.5) / 4096.0;
    assert!(limit.abs() < 1.0 / 4000.0);
    let values = |f: fn(f64) -> f64| (0..=4096).map(|k| f(f64::from(k) / 4096.0)).collect::<Vec<_>>();
    assert!((trapezoid_sum(&values(x), &values(g)).unwrap() - 2.0).abs() < 1e-6);
    assert!((left_sum(&values(x), &values(g)).unwrap() - (2.0 - 1.0 / 4096.0)).abs() < 1e-6);
    assert!((right_sum(&values(x), &values(g)).unwrap() - (2.0 + 1.0 / 4096.0)).abs() < 1e-6);
}

#[test]
fn exercise_1_7_jump_pair() {
    let jump = |t: f64| f64::from(t >= 0.5);
    for steps in [4, 16, 1024] {
        assert_eq!(scaled_difference(steps, jump, jump, 0.5), -0.5 * steps as f64);
    }
    Check::new(
        "ch1_preliminaries/integral/exercise_1_7_jump_pair",
        &["exr:1.7"],
        "left − trapezoidal sum for X = G with one common jump, N = 1024: −½ for every N",
        "\"the same in the limit\", as for the continuous X = cos t",
    )
    .within(
        scaled_difference(1024, jump, jump, 0.5) / 1024.0,
        -0.5,
        1e-12,
        "exact",
        scaled_difference(1024, f64::cos, jump, 0.5) / 1024.0,
    );
}

#[test]
fn exercise_1_7_brownian_pair() {
    let (steps, horizon) = (1 << 16, 2.0);
    let path = BrownianPath::sample(horizon, steps, &mut streams("brownian pair").stream(0)).unwrap();
    let b = path.values();
    let smooth: Vec<f64> = (0..=steps).map(|k| path.time(k)).collect();
    let difference = |g: &[f64]| left_sum(b, g).unwrap() - trapezoid_sum(b, g).unwrap();
    Check::new(
        "ch1_preliminaries/integral/exercise_1_7_brownian_pair",
        &["exr:1.7"],
        "left − trapezoidal sum for X = G = B on [0, 2], N = 2¹⁶; it tends to −T/2",
        "\"the same in the limit\", as for the smooth G = t",
    )
    .seed(SEED)
    .samples("1 path")
    .within(
        difference(b),
        -0.5 * horizon,
        4.0 * horizon / (2.0 * steps as f64).sqrt(),
        "4 standard deviations, each T/√(2N)",
        difference(&smooth),
    );
    assert!((difference(b) + 0.5 * quadratic_variation(b)).abs() < 1e-10);
}

#[test]
fn ito_against_stratonovich() {
    let [ito, stratonovich, ito_square] = over_paths("ito", 100_000, 2.0, 8, |path| {
        let ito = ito_sum(path.values(), |b| b);
        [ito, stratonovich_sum(path.values(), |b| b), ito * ito]
    });
    Check::new(
        "ch1_preliminaries/integral/ito_mean",
        &["exa:1.8", "eq:1.5"],
        "E Σ B(s_k) ΔB_k = 0 on [0, 2], N = 8",
        "the trapezoidal sum, with mean T/2",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(mean(&ito), 0.0, mean(&stratonovich).mean);
    Check::new(
        "ch1_preliminaries/integral/stratonovich_mean",
        &["exa:1.8", "eq:1.5"],
        "E Σ ½(B(s_k) + B(s_{k+1})) ΔB_k = T/2 on [0, 2], N = 8",
        "the left sum, with mean 0",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(mean(&stratonovich), 1.0, mean(&ito).mean);
    Check::new(
        "ch1_preliminaries/integral/ito_variance",
        &["exa:1.8", "lem:1.9"],
        "variance of Σ B(s_k) ΔB_k on [0, 2], N = 8: T²/2 (1 − 1/N)",
        "the trapezoidal sum, with variance T²/2 for every N",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(mean(&ito_square), 2.0 * (1.0 - 1.0 / 8.0), stratonovich.variance().unwrap().mean);
}

#[test]
fn stratonovich_sum_obeys_the_chain_rule() {
    let deviation = |sum: fn(&[f64]) -> f64| {
        (0..100)
            .map(|index| {
                let path = BrownianPath::sample(2.0, 100, &mut streams("chain").stream(index)).unwrap();
                (sum(path.values()) - 0.5 * path.end().powi(2)).abs()
            })
            .fold(0.0, f64::max)
    };
    Check::new(
        "ch1_preliminaries/integral/stratonovich_sum_obeys_the_chain_rule",
        &["exa:1.8"],
        "largest deviation of the trapezoidal sum from B(T)²/2 over 100 paths, N = 100",
        "the left sum",
    )
    .seed(SEED)
    .samples("100 paths")
    .within(
        deviation(|b| stratonovich_sum(b, |b| b)),
        0.0,
        1e-12,
        "rounding of 100 terms",
        deviation(|b| ito_sum(b, |b| b)),
    );
}

/// Moments of sums whose integrand is asked at the point λ of each of 4 steps on [0, 1], beside the average of the ends.
fn sums_at(lambda: f64) -> [Moments; 2] {
    ensemble(
        &streams("between"),
        100_000,
        || (),
        |(), stream| {
            let path = rand::Rng::next_u64(stream);
            let tree = BrownianTree::<1>::new(1.0, 6, &streams("between trees"), path)?;
            let mut cursor = tree.cursor();
            let ends = [0.0, 0.25, 0.5, 0.75, 1.0].map(|t| cursor.at(t).unwrap()[0]);
            Ok([point_sum(&tree, 4, lambda, |b| b)?, weighted_sum(&ends, &ends, lambda)?])
        },
    )
    .unwrap()
}

#[test]
fn evaluation_point() {
    let [quarter, three_quarters] = [0.25, 0.75].map(sums_at);
    Check::new(
        "ch1_preliminaries/integral/evaluation_point_mean",
        &["exa:1.8", "eq:1.5"],
        "E Σ B(s_k + λΔs) ΔB_k = λT, λ = 1/4, N = 4, T = 1",
        "1 − λ for λ",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(mean(&quarter[0]), 0.25, mean(&three_quarters[0]).mean);
    let half = sums_at(0.5);
    Check::new(
        "ch1_preliminaries/integral/evaluation_point_variance",
        &["exa:1.8", "eq:1.5"],
        "variance of Σ B(s_k + λΔs) ΔB_k, λ = ½, N = 4, T = 1: (N − 1)/(2N) + λ(1 + λ)/N",
        "the average of the ends in place of the point between",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(half[0].variance().unwrap(), 0.375 + 0.1875, half[1].variance().unwrap().mean);
    for (lambda, [point, weighted]) in [0.0, 0.25, 0.5, 0.75, 1.0].map(|lambda| (lambda, sums_at(lambda))) {
        for (measured, exact) in [
            (point, point_sum_moments(1.0, 4, lambda).unwrap()),
            (weighted, weighted_sum_moments(1.0, 4, lambda).unwrap()),
        ] {
            assert!(mean(&measured).z(exact.mean).abs() < 4.0, "{lambda}: {measured:?} {exact:?}");
            let variance = measured.variance().unwrap();
            assert!(variance.z(exact.variance).abs() < 4.0, "{lambda}: {variance:?} {exact:?}");
        }
    }
    // Scaling: B(T·) has the law of √T B, a sum of products that of T times the sum.
    for exact in [point_sum_moments, weighted_sum_moments] {
        let (one, three) = (exact(1.0, 5, 0.3).unwrap(), exact(3.0, 5, 0.3).unwrap());
        assert!((three.mean - 3.0 * one.mean).abs() < 1e-14);
        assert!((three.variance - 9.0 * one.variance).abs() < 1e-13);
    }
}

#[test]
fn zero_mean() {
    // cos B against dB is odd in B and proves nothing; e^B is not.
    let [left, right] = over_paths("zero mean", 40_000, 0.5, 8, |path| {
        let b = path.values();
        let x: Vec<f64> = b.iter().map(|b| b.exp()).collect();
        [ito_sum(b, f64::exp), right_sum(&x, b).unwrap()]
    });
    Check::new(
        "ch1_preliminaries/integral/zero_mean",
        &["lem:1.9"],
        "E Σ e^{B(s_k)} ΔB_k = 0 on [0, ½], N = 8",
        "the integrand at the right end points, not adapted",
    )
    .seed(SEED)
    .samples("40000 paths")
    .statistical(mean(&left), 0.0, mean(&right).mean);
}

#[test]
fn not_adapted() {
    let [right, left] = over_paths("not adapted", 40_000, 2.0, 8, |path| {
        let b = path.values();
        [right_sum(b, b).unwrap(), left_sum(b, b).unwrap()]
    });
    Check::new(
        "ch1_preliminaries/integral/not_adapted",
        &["lem:1.9"],
        "E Σ B(s_{k+1}) ΔB_k = T = 2: without adaptedness the mean is not 0",
        "the adapted left sum",
    )
    .seed(SEED)
    .samples("40000 paths")
    .statistical(mean(&right), 2.0, mean(&left).mean);
}

/// Second moments of the left and the trapezoidal sum on [0, ½], N = 4.
fn isometry(key: &'static str, claim: &'static str, integrand: Integrand) {
    let [ito, stratonovich] = over_paths(key, 400_000, 0.5, 4, |path| {
        let f = |b| integrand.value(b);
        [ito_sum(path.values(), f), stratonovich_sum(path.values(), f)].map(|sum| sum * sum)
    });
    // E X(s)² by quadrature against the law of B(s).
    let second =
        |s: f64| integrate(-12.0, 12.0, 60, |z| integrand.value(s.sqrt() * z).powi(2) * normal::density(z));
    let exact: f64 = (0..4).map(|k| second(f64::from(k) / 8.0) / 8.0).sum();
    assert!((integrand.sum_second_moment(0.5, 4).unwrap() / exact - 1.0).abs() < 1e-12);
    let limit = integrate(0.0, 0.5, 4, second);
    assert!((integrand.second_moment(0.5).unwrap() / limit - 1.0).abs() < 1e-12);
    Check::new(key, &["lem:1.9"], claim, "the trapezoidal sum, which has no isometry")
        .seed(SEED)
        .samples("400000 paths")
        .statistical(mean(&ito), exact, mean(&stratonovich).mean);
}

#[test]
fn isometry_of_b() {
    let claim = "E(Σ B(s_k) ΔB_k)² = Δs Σ s_k on [0, ½], N = 4";
    isometry("ch1_preliminaries/integral/isometry_of_b", claim, Integrand::Identity);
}

#[test]
fn isometry_of_the_exponential() {
    let claim = "E(Σ e^{B(s_k)} ΔB_k)² = Δs Σ e^{2s_k} on [0, ½], N = 4";
    isometry("ch1_preliminaries/integral/isometry_of_the_exponential", claim, Integrand::Exponential);
}

#[test]
fn isometry_of_the_cosine() {
    let claim = "E(Σ cos B(s_k) ΔB_k)² = Δs Σ ½(1 + e^{−2s_k}) on [0, ½], N = 4";
    isometry("ch1_preliminaries/integral/isometry_of_the_cosine", claim, Integrand::Cosine);
}

#[test]
fn not_square_integrable() {
    let gains = |index: u64| doubling_integral(60, &mut streams("doubling").stream(index)).unwrap();
    let at = |j: usize| Estimate::of((0..20_000).map(|index| gains(index)[j])).unwrap();
    // Stopped at t = 15/16 the integrand is bounded: Lemma 1.9 holds, and the mean is 0.
    let bounded = at(4);
    assert!(bounded.z(0.0).abs() < 4.0, "{bounded:?}");
    // P(not yet 1 at 1 − 2⁻⁶⁰) = √(2/π) 2⁻³⁰.
    assert!((1.0 - doubling_success(60).unwrap() - 0.797_884_56 / 2f64.powi(30)).abs() < 1e-15);
    Check::new(
        "ch1_preliminaries/integral/not_square_integrable",
        &["lem:1.9"],
        "mean of ∫ X dB for the adapted X = 1/(1 − t) until the integral is 1: it is 1, not 0, on every path",
        "the same X stopped at t = 15/16, where ∫ E X² is finite",
    )
    .seed(SEED)
    .samples("20000 paths")
    .within(at(60).mean, 1.0, 1e-12, "exact on each path, but for 1 in 10⁹", bounded.mean);

    let done = Estimate::of((0..20_000).map(|index| f64::from(gains(index)[6] == 1.0))).unwrap();
    let without_bridge = {
        // The same clock, looked at only at its ends.
        let reached = |index: u64| {
            let mut stream = streams("doubling").stream(index);
            let mut w = 0.0;
            (0..6).any(|j| {
                w += 2f64.powi(j).sqrt() * stream.normal();
                w >= 1.0
            })
        };
        Estimate::of((0..20_000).map(|index| f64::from(reached(index)))).unwrap()
    };
    let exact = 2.0 * integrate(1.0 / 63f64.sqrt(), 13.0, 40, normal::density);
    assert!((doubling_success(6).unwrap() / exact - 1.0).abs() < 1e-13);
    Check::new(
        "ch1_preliminaries/integral/doubling_success",
        &["lem:1.9"],
        "P(∫_0^t X dB has reached 1) at t = 1 − 2⁻⁶: 2 P(Z > 1/√63)",
        "the integral looked at only at t = 1 − 2^{−j}",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(done, exact, without_bridge.mean);
    // Once there, it stays.
    assert!((0..1000).map(gains).all(|gains| {
        let first = gains.iter().position(|&m| m == 1.0).unwrap();
        gains[..first].iter().all(|&m| m < 1.0) && gains[first..].iter().all(|&m| m == 1.0)
    }));
}

/// |left − trapezoidal sum| ≤ ½ max |ΔX| · Σ |ΔG|, for whatever X and G.
#[test]
fn difference_is_bounded() {
    let mut stream = streams("bound").stream(0);
    for steps in 1..50 {
        let [x, g] = [(); 2].map(|()| BrownianPath::sample(1.0, steps, &mut stream).unwrap());
        let (x, g) = (x.values(), g.values());
        let largest = x.windows(2).map(|x| (x[1] - x[0]).abs()).fold(0.0, f64::max);
        let variation: f64 = g.windows(2).map(|g| (g[1] - g[0]).abs()).sum();
        let difference = left_sum(x, g).unwrap() - trapezoid_sum(x, g).unwrap();
        assert!(difference.abs() <= 0.5 * largest * variation + 1e-14);
        let [left, middle, right] = [0.0, 0.5, 1.0].map(|lambda| weighted_sum(x, g, lambda).unwrap());
        assert!((left + right - 2.0 * middle).abs() < 1e-13);
        assert!(
            (ito_sum(g, f64::sin) - left_sum(&g.iter().map(|b| b.sin()).collect::<Vec<_>>(), g).unwrap())
                .abs()
                < 1e-13
        );
        assert!(
            (stratonovich_sum(g, f64::sin)
                - trapezoid_sum(&g.iter().map(|b| b.sin()).collect::<Vec<_>>(), g).unwrap())
            .abs()
                < 1e-13
        );
    }
}

#[test]
fn bad_input() {
    let stream = &mut streams("bad").stream(0);
    let message = |error: sdml::Error| error.to_string();
    let steps = "`steps` is 0, but it must be at least 1";
    let tree = BrownianTree::<1>::new(1.0, 6, &streams("bad"), 0).unwrap();
    assert_eq!(message(riemann_sum_variance(1.0, 0).unwrap_err()), steps);
    assert_eq!(message(point_sum(&tree, 0, 0.5, |b| b).unwrap_err()), steps);
    assert_eq!(message(point_sum_moments(1.0, 0, 0.5).unwrap_err()), steps);
    assert_eq!(message(Integrand::Cosine.sum_second_moment(1.0, 0).unwrap_err()), steps);
    assert_eq!(
        message(riemann_sum_tail(1.0, 1.0, 1).unwrap_err()),
        "`steps` is 1, but it must be at least 2"
    );
    assert_eq!(message(bets(0, |b| b, stream).unwrap_err()), "`rounds` is 0, but it must be at least 1");
    assert_eq!(message(bets_mean_of_cos(0).unwrap_err()), "`rounds` is 0, but it must be at least 1");
    for horizon in [0.0, -2.0, f64::NAN, f64::INFINITY] {
        let expected = format!("`horizon` is {horizon}, but it must be a finite number greater than 0");
        assert_eq!(message(riemann_sum_variance(horizon, 3).unwrap_err()), expected);
        assert_eq!(message(time_integral_tail(1.0, horizon).unwrap_err()), expected);
        assert_eq!(message(weighted_sum_moments(horizon, 3, 0.5).unwrap_err()), expected);
        assert_eq!(message(Integrand::Identity.second_moment(horizon).unwrap_err()), expected);
        assert_eq!(message(Integrand::Identity.sum_second_moment(horizon, 3).unwrap_err()), expected);
    }
    assert_eq!(
        message(time_integral_tail(f64::NAN, 1.0).unwrap_err()),
        "`level` is NaN, but it must be a finite number"
    );
    for lambda in [-0.1, 1.1, f64::NAN] {
        let expected = format!("`lambda` is {lambda}, but it must be between 0 and 1");
        assert_eq!(message(weighted_sum(&[0.0; 2], &[0.0; 2], lambda).unwrap_err()), expected);
        assert_eq!(message(point_sum(&tree, 4, lambda, |b| b).unwrap_err()), expected);
        assert_eq!(message(point_sum_moments(1.0, 4, lambda).unwrap_err()), expected);
    }
    assert_eq!(message(left_sum(&[], &[]).unwrap_err()), "`g.len()` is 0, but it must be at least 2");
    assert_eq!(
        message(trapezoid_sum(&[0.0; 3], &[0.0; 2]).unwrap_err()),
        "`x.len()` is 3, but it must be g.len() = 2"
    );
    for doublings in [0, 1001] {
        let expected = format!("`doublings` is {doublings}, but it must be between 1 and 1000");
        assert_eq!(message(doubling_integral(doublings, stream).unwrap_err()), expected);
        assert_eq!(message(doubling_success(doublings).unwrap_err()), expected);
    }
}

/// Cubes of horizons leave the floating-point numbers long before probabilities and moments do.
#[test]
fn horizons_of_any_size() {
    for horizon in [1e-200, 1e-110, 1e110, 1e200] {
        assert_eq!(time_integral_tail(0.0, horizon), Ok(0.5));
        assert_eq!(riemann_sum_tail(0.0, horizon, 3), Ok(0.5));
        assert_eq!(riemann_sum_variance(horizon, 1), Ok(0.0));
    }
    assert!(matches!(riemann_sum_variance(1e110, 2), Err(sdml::Error::NotFinite { .. })));
    for integrand in [Integrand::Exponential, Integrand::Cosine] {
        assert_eq!(integrand.sum_second_moment(1e-200, 5), Ok(1e-200));
    }
}

/// E e^{2B} grows out of the floating-point numbers near t = 355; what is below is computed, what is beyond is an error.
#[test]
fn second_moments_that_overflow() {
    let exponential = Integrand::Exponential;
    // One term: E e^{2B(0)} T.
    assert_eq!(exponential.sum_second_moment(800.0, 1).unwrap(), 800.0);
    // The last of five terms is all that counts, and e^{2T} itself overflows.
    let sum = exponential.sum_second_moment(400.0, 5).unwrap();
    assert!((sum / (80.0 * 640f64.exp()) - 1.0).abs() < 1e-12);
    for result in [exponential.second_moment(800.0), exponential.sum_second_moment(800.0, 9)] {
        assert!(matches!(result, Err(sdml::Error::NotFinite { .. })), "{result:?}");
    }
}
