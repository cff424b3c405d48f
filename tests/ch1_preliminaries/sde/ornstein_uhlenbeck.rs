use crate::check::Check;
use sdml::ch1_preliminaries::sde::{Circle, Ensemble, EulerMaruyama, Grid, Increments, OrnsteinUhlenbeck};
use sdml::random::Streams;
use sdml::statistics::{ensemble, estimate};

const PATHS: u64 = 100_000;

#[test]
fn exact_sampler() {
    // Three unequal strides to time 1.5 from X_0 ~ N(1, 0.25), for a restoring and for a repelling force.
    for (a, seed) in [(-1.2, 1), (0.6, 2)] {
        let ou = OrnsteinUhlenbeck::new(a, 0.8).unwrap();
        let [moments, _] = ensemble(
            &Streams::new(seed, "exact"),
            PATHS,
            || (),
            |(), stream| {
                let start = 1.0 + 0.5 * stream.normal();
                let end =
                    [0.1, 1.0, 0.4].iter().fold(start, |x, &tau| ou.transition(x, tau, stream.normal()));
                Ok([end, start * end])
            },
        )
        .unwrap();
        let t = 1.5;
        assert!(moments.mean().unwrap().z((a * t).exp()).abs() < 4.0);
        // The integral of (1.16) by Simpson's rule, so that the closed form is not checked against itself.
        let n = 200;
        let weight = |k: usize| if k == 0 || k == n { 1.0 } else { 2.0 + 2.0 * (k % 2) as f64 };
        let simpson = |rate: f64| -> f64 {
            let sum = (0..=n).map(|k| weight(k) * (rate * t * (1.0 - k as f64 / n as f64)).exp());
            sum.sum::<f64>() * t / (3 * n) as f64
        };
        let expected = (2.0 * a * t).exp() * 0.25 + 0.64 * simpson(2.0 * a);
        assert!((ou.variance(t, 0.25) - expected).abs() < 1e-9);
        let wrong = (2.0 * a * t).exp() * 0.25 + 0.64 * simpson(a);
        if a < 0.0 {
            Check::new(
                "ch1_preliminaries/sde/ornstein_uhlenbeck/exact_sampler",
                &["exa:1.13", "eq:1.15", "eq:1.16"],
                "the variance of the exact sampler after three unequal strides is (1.16)",
                "(1.16) with exp(a(t − s)) not squared",
            )
            .seed(seed)
            .samples(format!("{PATHS} paths"))
            .statistical(moments.variance().unwrap(), expected, wrong);
        } else {
            assert!(moments.variance().unwrap().z(expected).abs() < 4.0);
        }
    }
}

#[test]
fn explicit_solution() {
    // The left sum has variance σ²h Σ exp(2a(T − t_n)); with ten steps that is far from the integral.
    let (a, sigma, steps) = (-1.0, 1.0, 10);
    let ou = OrnsteinUhlenbeck::new(a, sigma).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [moments] = ensemble(&Streams::new(3, "explicit"), PATHS, buffer, |noise, stream| {
        noise.resample(stream);
        Ok([ou.explicit(1.0, noise)])
    })
    .unwrap();
    assert!(moments.mean().unwrap().z((-1f64).exp()).abs() < 4.0);
    let h = grid.h();
    let exact: f64 = (0..steps).map(|n| (2.0 * a * (1.0 - n as f64 * h)).exp() * h).sum();
    Check::new(
        "ch1_preliminaries/sde/ornstein_uhlenbeck/explicit_solution",
        &["exa:1.13", "eq:1.15"],
        "the explicit solution with its integral as a left sum of ten steps has variance σ²h Σ e^{2a(T − t_n)}",
        "the variance of the limit, (1.16)",
    )
    .seed(3)
    .samples(format!("{PATHS} paths of 10 steps"))
    .statistical(moments.variance().unwrap(), exact, ou.variance(1.0, 0.0));
}

#[test]
fn covariance_at_two_times() {
    let ou = OrnsteinUhlenbeck::new(-1.0, 1.0).unwrap();
    let [product] = estimate(&Streams::new(4, "covariance"), PATHS, |stream| {
        let early = ou.transition(0.0, 0.5, stream.normal());
        [early * ou.transition(early, 1.0, stream.normal())]
    })
    .unwrap();
    // E X(½)X(3/2) = e^{−1} (1 − e^{−1})/2.
    let expected = (-1f64).exp() * (1.0 - (-1f64).exp()) / 2.0;
    assert!((ou.covariance(0.5, 1.5, 0.0) - expected).abs() < 1e-15);
    assert_eq!(ou.covariance(1.5, 0.5, 0.0), ou.covariance(0.5, 1.5, 0.0));
    Check::new(
        "ch1_preliminaries/sde/ornstein_uhlenbeck/covariance_at_two_times",
        &["exa:1.13"],
        "Cov(X(s), X(t)) = e^{a(t − s)} Var X(s)",
        "e^{a(t − s)} Var X(t), with the later variance",
    )
    .seed(4)
    .samples(format!("{PATHS} paths"))
    .statistical(product, expected, (-1f64).exp() * ou.variance(1.5, 0.0));
}

#[test]
fn exercise_1_14() {
    let (a, sigma, horizon) = (-2.0, 1.0, 1.0);
    let ou = OrnsteinUhlenbeck::new(a, sigma).unwrap();
    for steps in [32, 8, 4] {
        let grid = Grid::new(0.0, horizon, steps).unwrap();
        let paths =
            Ensemble::new(EulerMaruyama, &ou, [1.0], grid, Streams::new(5, "exercise 1.14"), PATHS).unwrap();
        let [x] = paths.moments(|[x]| [x]).unwrap();
        let h = grid.h();
        // v_N = σ² (1 − (1 + ah)^{2N}) / (−2a − a²h): the recursion, summed by hand.
        let expected = sigma * sigma * (1.0 - (1.0 + a * h).powi(2 * steps as i32)) / (-2.0 * a - a * a * h);
        assert!((ou.euler_variance(h, steps as u32, 0.0) - expected).abs() < 1e-14);
        assert!(x.mean().unwrap().z(ou.euler_mean(h, steps as u32, 1.0)).abs() < 4.0);
        let check = |key| {
            Check::new(
                key,
                &["exr:1.14", "eq:1.16"],
                "the variance of Euler–Maruyama is that of its recursion, not that of the process",
                "the variance of the process, (1.16)",
            )
            .seed(5)
            .samples(format!("{PATHS} paths of {steps} steps"))
        };
        let measured = x.variance().unwrap();
        match steps {
            4 => check("ch1_preliminaries/sde/ornstein_uhlenbeck/exercise_1_14").statistical(
                measured,
                expected,
                ou.variance(horizon, 0.0),
            ),
            _ => assert!(measured.z(expected).abs() < 4.0),
        }
    }
}

/// More steps than an `i32` counts.
#[test]
fn three_thousand_million_steps() {
    let steps = 3_000_000_000;
    let ou = OrnsteinUhlenbeck::new(-1e-10, 1.0).unwrap();
    assert!((ou.euler_mean(1.0, steps, 1.0) / (-0.3f64).exp() - 1.0).abs() < 1e-6);
    assert!((Circle.unconverted_growth(1e-10, steps) / 0.3f64.exp() - 1.0).abs() < 1e-6);
    assert!((Circle.euler_growth(2e-5, steps) / 0.3f64.exp() - 1.0).abs() < 1e-6);
    assert!((Circle.heun_growth(2e-5, steps) / 0.9f64.exp() - 1.0).abs() < 1e-6);
}

#[test]
fn bias_halves() {
    let ou = OrnsteinUhlenbeck::new(-1.0, 1.0).unwrap();
    let bias = |h| ou.euler_stationary_variance(h).unwrap() - 0.5;
    // 1/(1 + ah/2) − 1 at a = −1: the ratio of the biases at h and h/2 is 2 (1 − h/4)/(1 − h/2).
    let h = 0.01;
    Check::new(
        "ch1_preliminaries/sde/ornstein_uhlenbeck/bias_halves",
        &["exr:1.14"],
        "the bias of the stationary variance halves with the step: the ratio is 2 (1 − h/4)/(1 − h/2)",
        "a scheme of weak order 2, whose bias falls to a quarter",
    )
    .within(
        bias(h) / bias(h / 2.0),
        2.0 * (1.0 - h / 4.0) / (1.0 - h / 2.0),
        1e-10,
        "cancellation: 1e-16 over a bias of 1e-3",
        4.0,
    );
    // Where the recursion settles is where it stays; and |1 + ah| < 1 is the edge of stability.
    let settled = ou.euler_variance(0.5, 200, 0.0);
    assert!((settled - ou.euler_stationary_variance(0.5).unwrap()).abs() < 1e-15);
    assert!(ou.euler_stationary_variance(1.999).is_some() && ou.euler_stationary_variance(2.0).is_none());
    assert!(OrnsteinUhlenbeck::new(0.1, 1.0).unwrap().euler_stationary_variance(0.01).is_none());
}

#[test]
fn dependent_start() {
    // X_0 = B(1) is not independent of B: Var X(1) = E(∫ (e^a + e^{a(1−s)}) dB)², here for a = −1 and σ = 1.
    let (a, steps) = (-1.0, 64);
    let ou = OrnsteinUhlenbeck::new(a, 1.0).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [moments] = ensemble(&Streams::new(6, "dependent"), 40_000, buffer, |noise, stream| {
        noise.resample(stream);
        Ok([ou.explicit(noise.total().db[0], noise)])
    })
    .unwrap();
    let h = grid.h();
    let exact: f64 = (0..steps).map(|n| (a.exp() + (a * (1.0 - n as f64 * h)).exp()).powi(2) * h).sum();
    Check::new(
        "ch1_preliminaries/sde/ornstein_uhlenbeck/dependent_start",
        &["exa:1.13", "eq:1.16"],
        "started from X_0 = B(1), the variance at time 1 contains the covariance of X_0 with the noise",
        "(1.16), which needs X_0 independent of B",
    )
    .seed(6)
    .samples("40000 paths of 64 steps")
    .statistical(moments.variance().unwrap(), exact, ou.variance(1.0, 1.0));
}
