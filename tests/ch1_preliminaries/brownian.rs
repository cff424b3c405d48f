//! Brownian motion (Section 1.3.1): dependence, roughness, and the paths that can be asked at any time.

use std::f64::consts::PI;

use sdml::ch1_preliminaries::brownian::*;
use sdml::ch1_preliminaries::integral::{riemann_sum, riemann_sum_variance};
use sdml::random::{Stream, Streams};
use sdml::statistics::{Estimate, chi_square, ensemble, estimate, fit_line, normal};

use crate::check::Check;
use crate::quadrature::{integrate, nodes};

const SEED: u64 = 131;

fn streams(purpose: &str) -> Streams {
    Streams::new(SEED, purpose)
}

/// The mean of `measure(values)` over paths on [0, 1] filled by `fill`.
fn mean_over_paths(
    purpose: &str,
    paths: u64,
    steps: usize,
    fill: impl Fn(&mut [f64], &mut Stream) + Sync,
    measure: impl Fn(&[f64]) -> f64 + Sync,
) -> Estimate {
    let [moments] = ensemble(
        &streams(purpose),
        paths,
        || vec![0.0; steps + 1],
        |values, stream| {
            fill(values, stream);
            Ok([measure(values)])
        },
    )
    .unwrap();
    moments.mean().unwrap()
}

/// The process under test.
fn brownian(values: &mut [f64], stream: &mut Stream) {
    let path = BrownianPath::sample(1.0, values.len() - 1, stream).unwrap();
    values.copy_from_slice(path.values());
}

/// The right law at every time, and the wrong dependence between times.
fn square_root(values: &mut [f64], stream: &mut Stream) {
    let z = stream.normal();
    values.copy_from_slice(&square_root_process(1.0, values.len() - 1, z).unwrap());
}

#[test]
fn covariance_is_the_earlier_time() {
    let product = |values: &[f64]| values[1] * values[3];
    let wrong = mean_over_paths("covariance", 40_000, 4, square_root, product);
    Check::new(
        "ch1_preliminaries/brownian/covariance_is_the_earlier_time",
        &["def:1.4"],
        "E[B(1/4) B(3/4)] = min(1/4, 3/4)",
        "√t Z with one Z for all times, whose covariance is √(st)",
    )
    .seed(SEED)
    .samples("40000 paths")
    .statistical(
        mean_over_paths("covariance", 40_000, 4, brownian, product),
        covariance(0.25, 0.75).unwrap(),
        wrong.mean,
    );
    for j in 1..=4 {
        for k in 1..=4 {
            let measured = mean_over_paths("covariance", 10_000, 4, brownian, |values| values[j] * values[k]);
            let exact = covariance(j as f64 / 4.0, k as f64 / 4.0).unwrap();
            assert!(measured.z(exact).abs() < 4.0, "{j}, {k}: {measured:?} against {exact}");
        }
    }
}

#[test]
fn increments_are_normal() {
    // 20 cells of equal probability; χ² has mean 19 and variance 38.
    let statistic = |variance: f64| {
        let mut stream = streams("increments").stream(0);
        let path = BrownianPath::sample(1.0, 100_000, &mut stream).unwrap();
        let mut counts = [0; 20];
        for ends in path.values().windows(2) {
            counts[(20.0 * normal::cdf((ends[1] - ends[0]) / variance.sqrt())) as usize] += 1;
        }
        chi_square(&counts, &[0.05; 20]).unwrap().statistic
    };
    Check::new(
        "ch1_preliminaries/brownian/increments_are_normal",
        &["def:1.4"],
        "χ² of increments against N(0, t − s), 20 cells",
        "N(0, 2(t − s)), the law with diffusion constant 1",
    )
    .seed(SEED)
    .samples("100000 increments")
    .within(statistic(1e-5), 19.0, 4.0 * 38f64.sqrt(), "4 standard deviations of χ²", statistic(2e-5));
}

#[test]
fn increments_forget_the_past() {
    let product = |values: &[f64]| values[1] * (values[3] - values[1]);
    let wrong = mean_over_paths("past", 40_000, 4, square_root, product);
    Check::new(
        "ch1_preliminaries/brownian/increments_forget_the_past",
        &["def:1.4"],
        "E[B(1/4) (B(3/4) − B(1/4))] = 0",
        "√t Z with one Z for all times",
    )
    .seed(SEED)
    .samples("40000 paths")
    .statistical(mean_over_paths("past", 40_000, 4, brownian, product), 0.0, wrong.mean);
}

/// P(B(1/N), …, B(1) ≤ 1), by quadrature of the recursion g_{k+1}(x) = ∫_{−∞}^1 p(y, Δs | x, 0) g_k(y) dy.
fn stays_below_one(steps: usize) -> f64 {
    let dt = 1.0 / steps as f64;
    let kernel = |y: f64, x: f64| transition_density(y, dt, x, 0.0).unwrap();
    let nodes = nodes(-7.0, 1.0, 32);
    let mut g = vec![1.0; nodes.len()];
    let step =
        |x: f64, g: &[f64]| -> f64 { nodes.iter().zip(g).map(|(&(y, w), g)| w * kernel(y, x) * g).sum() };
    for _ in 1..steps {
        g = nodes.iter().map(|&(x, _)| step(x, &g)).collect();
    }
    step(0.0, &g)
}

#[test]
fn maximum_on_a_grid() {
    let exceeds = |values: &[f64]| f64::from(values.iter().any(|&b| b > 1.0));
    let wrong = mean_over_paths("maximum", 100_000, 16, square_root, exceeds);
    Check::new(
        "ch1_preliminaries/brownian/maximum_on_a_grid",
        &["def:1.4"],
        "P(max of B(k/16) > 1), exact by quadrature of the 16-step recursion",
        "√t Z, whose law at each single time is right",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(
        mean_over_paths("maximum", 100_000, 16, brownian, exceeds),
        1.0 - stays_below_one(16),
        wrong.mean,
    );
}

#[test]
fn maximum_of_the_path() {
    let [between, on_grid] = estimate(&streams("maximum between"), 100_000, |stream| {
        let path = BrownianPath::sample(1.0, 16, stream).unwrap();
        let grid = path.values().iter().any(|&b| b > 1.0);
        [f64::from(path.maximum(stream) > 1.0), f64::from(grid)]
    })
    .unwrap();
    // P(B(1) > 1) by quadrature, twice: the reflection principle.
    let exact = 2.0 * integrate(1.0, 13.0, 40, normal::density);
    assert!((maximum_tail(1.0, 1.0).unwrap() - exact).abs() < 1e-14);
    Check::new(
        "ch1_preliminaries/brownian/maximum_of_the_path",
        &["def:1.4"],
        "P(max over [0, 1] of B > 1) = 2 P(B(1) > 1)",
        "the maximum over the 16 grid points alone",
    )
    .seed(SEED)
    .samples("100000 paths")
    .statistical(between, exact, on_grid.mean);
}

#[test]
fn arcsine_law() {
    let law = occupation_law(16).unwrap();
    assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    let statistic = |fill: fn(&mut [f64], &mut Stream)| {
        let mut counts = [0; 17];
        let mut values = [0.0; 17];
        for path in 0..50_000 {
            fill(&mut values, &mut streams("arcsine").stream(path));
            counts[positive_steps(&values)] += 1;
        }
        chi_square(&counts, &law).unwrap().statistic
    };
    Check::new(
        "ch1_preliminaries/brownian/arcsine_law",
        &["def:1.4"],
        "χ² of the number of positive values among 16 against its exact law, which tends to the arcsine law",
        "√t Z, which is positive always or never",
    )
    .seed(SEED)
    .samples("50000 paths")
    .within(
        statistic(brownian),
        16.0,
        4.0 * 32f64.sqrt(),
        "4 standard deviations of χ²",
        statistic(square_root),
    );
    // The limit: with many steps the exact law's distribution function is the arcsine law's.
    let many = occupation_law(4000).unwrap();
    let up_to_a_quarter: f64 = many[..1000].iter().sum::<f64>() + 0.5 * many[1000];
    assert!((up_to_a_quarter - arcsine_cdf(0.25).unwrap()).abs() < 1e-4);
    assert!((arcsine_cdf(0.25).unwrap() - 1.0 / 3.0).abs() < 1e-15);
}

/// One path on [0, 2] seen on ever finer grids.
fn refinements(coarsest: usize, levels: usize) -> Vec<Vec<f64>> {
    let mut stream = streams("refinements").stream(0);
    let coarse = BrownianPath::sample(2.0, coarsest, &mut stream).unwrap();
    let paths = std::iter::successors(Some(coarse), |path| Some(path.refine(&mut stream)));
    paths.take(levels + 1).map(|path| path.values().to_vec()).collect()
}

#[test]
fn total_variation_grows_like_the_root() {
    let slope = |paths: &[Vec<f64>]| {
        let log = |f: fn(&[f64]) -> f64| -> Vec<f64> { paths.iter().map(|values| f(values).ln()).collect() };
        fit_line(&log(|values| (values.len() - 1) as f64), &log(total_variation), 0.95).unwrap().slope
    };
    let paths = refinements(512, 10);
    // The same path, but straight between the points of the coarsest grid.
    let straight: Vec<Vec<f64>> = (0..=10)
        .map(|level| {
            let part = 1 << level;
            let between = |ends: &[f64], j: usize| ends[0] + j as f64 / part as f64 * (ends[1] - ends[0]);
            let inner = paths[0].windows(2).flat_map(|ends| (0..part).map(move |j| between(ends, j)));
            inner.chain([paths[0][512]]).collect()
        })
        .collect();
    Check::new(
        "ch1_preliminaries/brownian/total_variation_grows_like_the_root",
        &["thm:1.5", "fig:1.1"],
        "slope of log total variation against log N on nested refinements of one path, N = 2⁹ … 2¹⁹",
        "a path of bounded variation: straight between 512 points",
    )
    .seed(SEED)
    .samples("1 path")
    // log V_N scatters by √((π/2 − 1)/N), 0.033 at the coarsest grid, where a point weighs 0.066 in the slope; with
    // the finer grids, which inherit part of that scatter, 0.004 in all.
    .within(slope(&paths), 0.5, 0.02, "5 standard deviations of the slope", slope(&straight));
    // Its size too: the mean is √(2NT/π).
    for values in &paths {
        let steps = (values.len() - 1) as f64;
        let exact = (2.0 * steps * 2.0 / PI).sqrt();
        let scatter = ((PI / 2.0 - 1.0) / steps).sqrt();
        assert!((total_variation(values) / exact - 1.0).abs() < 4.0 * scatter);
    }
}

#[test]
fn quadratic_variation_is_the_time() {
    // The variance of the middle given its neighbours, Δs/2 in place of Δs/4.
    let mut stream = streams("lost half").stream(0);
    let mut wrong = BrownianPath::sample(2.0, 16, &mut stream).unwrap().values().to_vec();
    for _ in 0..12 {
        let deviation = (2.0 / (wrong.len() - 1) as f64 / 2.0).sqrt();
        let mut finer = vec![wrong[0]];
        for ends in wrong.windows(2) {
            finer.push(0.5 * (ends[0] + ends[1]) + deviation * stream.normal());
            finer.push(ends[1]);
        }
        wrong = finer;
    }
    let paths = refinements(16, 12);
    for values in &paths {
        let steps = (values.len() - 1) as f64;
        assert!((quadratic_variation(values) - 2.0).abs() < 4.0 * 2.0 * (2.0 / steps).sqrt());
    }
    let finest = &paths[12];
    Check::new(
        "ch1_preliminaries/brownian/quadratic_variation_is_the_time",
        &["thm:1.5"],
        "quadratic variation of one path on [0, 2] after 12 refinements, N = 2¹⁶",
        "refinement with variance Δs/2 between neighbours instead of Δs/4",
    )
    .seed(SEED)
    .samples("1 path")
    .within(
        quadratic_variation(finest),
        2.0,
        4.0 * 2.0 * (2.0 / 65_536.0f64).sqrt(),
        "4 standard deviations, each T√(2/N)",
        quadratic_variation(&wrong),
    );
}

/// E max |Z_k| over `steps` independent normals: ∫_0^∞ 1 − (2Φ(x) − 1)^N dx.
fn mean_largest_of(steps: usize) -> f64 {
    integrate(0.0, 12.0, 200, |x| -(steps as f64 * (-2.0 * normal::tail(x)).ln_1p()).exp_m1())
}

#[test]
fn difference_quotients_explode() {
    let steps = 1024;
    let dt = 1.0 / steps as f64;
    let straight = |values: &mut [f64], stream: &mut Stream| {
        brownian(values, stream);
        for k in 0..steps {
            let (left, right) = (values[k / 64 * 64], values[k / 64 * 64 + 64]);
            values[k] = left + (right - left) * (k % 64) as f64 / 64.0;
        }
    };
    let measure = |values: &[f64]| difference_quotient(values, dt);
    let wrong = mean_over_paths("quotient", 2000, steps, straight, measure);
    Check::new(
        "ch1_preliminaries/brownian/difference_quotients_explode",
        &["thm:1.5"],
        "E max |ΔB|/Δs at N = 1024, exact for the largest of N normals",
        "a path with a derivative: straight between every 64th point",
    )
    .seed(SEED)
    .samples("2000 paths")
    .statistical(
        mean_over_paths("quotient", 2000, steps, brownian, measure),
        mean_largest_of(steps) / dt.sqrt(),
        wrong.mean,
    );
}

#[test]
fn modulus_of_continuity() {
    let steps = 4096;
    let dt = 1.0 / steps as f64;
    // Increments with the right mean and variance, but uniform: no larger than √(3Δs).
    let uniform = |values: &mut [f64], stream: &mut Stream| {
        for k in 0..steps {
            values[k + 1] = values[k] + (12.0 * dt).sqrt() * (stream.uniform() - 0.5);
        }
    };
    let measure = |values: &[f64]| modulus(values, dt);
    let wrong = mean_over_paths("modulus", 1000, steps, uniform, measure);
    Check::new(
        "ch1_preliminaries/brownian/modulus_of_continuity",
        &["thm:1.5"],
        "E max |ΔB| / √(2Δs ln N) at N = 4096, exact for the largest of N normals; it tends to 1",
        "independent uniform increments of the same variance",
    )
    .seed(SEED)
    .samples("1000 paths")
    .statistical(
        mean_over_paths("modulus", 1000, steps, brownian, measure),
        mean_largest_of(steps) / (2.0 * (steps as f64).ln()).sqrt(),
        wrong.mean,
    );
}

#[test]
fn paths_of_figure_1_1() {
    let mean_variation = |fill: fn(&mut [f64], &mut Stream)| {
        mean_over_paths("figure 1.1", 5, 1000, fill, quadratic_variation).mean
    };
    Check::new(
        "ch1_preliminaries/brownian/paths_of_figure_1_1",
        &["fig:1.1"],
        "mean quadratic variation of 5 paths on [0, 1] with 1000 steps",
        "√t Z, which is smooth after time 0",
    )
    .seed(SEED)
    .samples("5 paths")
    .within(
        mean_variation(brownian),
        1.0,
        4.0 * (2.0f64 / 5000.0).sqrt(),
        "4 standard deviations, each √(2/5000)",
        mean_variation(square_root),
    );
}

#[test]
fn envelope() {
    let inside = |bound: f64| {
        mean_over_paths("envelope", 20_000, 4, brownian, move |values| f64::from(values[1].abs() <= bound))
    };
    Check::new(
        "ch1_preliminaries/brownian/envelope",
        &["fig:1.1"],
        "P(|B(t)| ≤ 2√t) = P(|Z| ≤ 2), at t = 1/4",
        "the envelope ±2t, a lost root",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(
        inside(2.0 * 0.25f64.sqrt()),
        integrate(-2.0, 2.0, 8, normal::density),
        inside(2.0 * 0.25).mean,
    );
}

#[test]
fn chapman_kolmogorov() {
    let (x, s, r, y, t) = (0.2, 0.5, 0.9, -0.7, 2.0);
    let right = |y: f64, t: f64, x: f64, s: f64| transition_density(y, t, x, s).unwrap();
    let chained = |p: &dyn Fn(f64, f64, f64, f64) -> f64| {
        integrate(-12.0, 12.0, 100, |z| p(y, t, z, r) * p(z, r, x, s)) / p(y, t, x, s)
    };
    // The exponent without its ½: not even normalized.
    let lost_half =
        |y: f64, t: f64, x: f64, s: f64| right(y, t, x, s) * (-(y - x).powi(2) / (2.0 * (t - s))).exp();
    Check::new(
        "ch1_preliminaries/brownian/chapman_kolmogorov",
        &["u:7"],
        "∫ p(y, t | z, r) p(z, r | x, s) dz / p(y, t | x, s) = 1",
        "the exponent −(y − x)²/(t − s), a lost ½",
    )
    .within(chained(&right), 1.0, 1e-10, "quadrature to rounding", chained(&lost_half));
    let mass = integrate(-12.0, 12.0, 100, |y| right(y, t, x, s));
    let second = integrate(-12.0, 12.0, 100, |y| (y - x).powi(2) * right(y, t, x, s));
    assert!((mass - 1.0).abs() < 1e-12 && (second - 1.5).abs() < 1e-12);
}

#[test]
fn two_processes_on_one_omega() {
    let steps = 10;
    let deviation = riemann_sum_variance(1.0, steps).unwrap().sqrt();
    let sample = |path| BrownianPath::sample(1.0, steps, &mut streams("omega").stream(path)).unwrap();
    let correlation = |other: u64| {
        Estimate::of(
            (0..40_000)
                .map(|omega| sample(omega).end() * riemann_sum(&sample(omega + other), |b| b) / deviation),
        )
        .unwrap()
    };
    // Cov(B(1), Δs Σ B(s_k)) = Δs Σ s_k = (N − 1)/(2N).
    let exact = 9.0 / 20.0 / (9.0 * 19.0 / 600.0f64).sqrt();
    Check::new(
        "ch1_preliminaries/brownian/two_processes_on_one_omega",
        &["def:1.3", "u:6"],
        "correlation of B(1) and the sum Σ B(s_k)Δs with N = 10 on the same ω; it tends to √3/2",
        "the two processes on two different ω",
    )
    .seed(SEED)
    .samples("40000 outcomes")
    .statistical(correlation(0), exact, correlation(40_000).mean);
}

#[test]
fn refinement_is_a_bridge() {
    let measured = mean_over_paths(
        "bridge",
        20_000,
        8,
        |values, stream| {
            let path = BrownianPath::sample(1.0, 4, stream).unwrap().refine(stream);
            values.copy_from_slice(path.values());
        },
        |values| 8.0 * (values[3] - 0.5 * (values[2] + values[4])).powi(2),
    );
    let wrong = mean_over_paths(
        "bridge",
        20_000,
        8,
        |values, stream| {
            let path = BrownianPath::sample(1.0, 4, stream).unwrap();
            values.iter_mut().step_by(2).zip(path.values()).for_each(|(new, old)| *new = *old);
            // From the left neighbour alone, forgetting the right one.
            (1..8).step_by(2).for_each(|k| values[k] = values[k - 1] + 0.125f64.sqrt() * stream.normal());
        },
        |values| 8.0 * (values[3] - 0.5 * (values[2] + values[4])).powi(2),
    );
    Check::new(
        "ch1_preliminaries/brownian/refinement_is_a_bridge",
        &["def:1.4"],
        "variance of the middle about its neighbours' mean, in units of half the step between them: ½",
        "the middle drawn from its left neighbour alone",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(measured, 0.5, wrong.mean);
}

#[test]
fn tree_has_the_covariance() {
    // Times that are no dyadic fractions of the horizon 2.
    let product = |value: fn(&BrownianTree<1>, f64) -> f64| {
        let [product] = ensemble(
            &streams("tree ensemble"),
            20_000,
            || (),
            |(), stream| {
                let path = rand::Rng::next_u64(stream);
                let tree = BrownianTree::<1>::new(2.0, DEPTH, &streams("tree"), path)?;
                Ok([value(&tree, 0.3) * value(&tree, 0.7)])
            },
        )
        .unwrap();
        product.mean().unwrap()
    };
    let straight = |tree: &BrownianTree<1>, t: f64| t / 2.0 * tree.at(2.0).unwrap()[0];
    Check::new(
        "ch1_preliminaries/brownian/tree_has_the_covariance",
        &["def:1.4"],
        "E[B(0.3) B(0.7)] = 0.3 for the path that can be asked at any time, on [0, 2]",
        "the straight line from B(0) to B(2)",
    )
    .seed(SEED)
    .samples("20000 paths")
    .statistical(product(|tree, t| tree.at(t).unwrap()[0]), 0.3, product(straight).mean);
}

#[test]
fn tree_is_rough_down_to_its_leaves() {
    // At the leaves: N = 2¹⁴ = all of them. Components are independent.
    let tree = BrownianTree::<2>::new(2.0, 14, &streams("rough tree"), 0).unwrap();
    let mut cursor = tree.cursor();
    let values: Vec<[f64; 2]> =
        (0..=16_384).map(|k| cursor.at(f64::from(k) * tree.resolution()).unwrap()).collect();
    let component = |d: usize| values.iter().map(|value| value[d]).collect::<Vec<_>>();
    let rotated: Vec<f64> = values.iter().map(|[a, b]| (a + b) / 2f64.sqrt()).collect();
    for values in [component(0), component(1), rotated] {
        for stride in [1, 2, 16] {
            let coarse: Vec<f64> = values.iter().step_by(stride).copied().collect();
            let steps = (coarse.len() - 1) as f64;
            assert!((quadratic_variation(&coarse) - 2.0).abs() < 4.0 * 2.0 * (2.0 / steps).sqrt());
        }
    }
}

/// ω is a path number: the path is a pure function of (seed, ω, t), however it is asked.
#[test]
fn tree_answers_do_not_depend_on_the_order() {
    let tree = BrownianTree::<3>::new(1.5, DEPTH, &streams("order"), 7).unwrap();
    let again = BrownianTree::<3>::new(1.5, DEPTH, &streams("order"), 7).unwrap();
    let other = BrownianTree::<3>::new(1.5, DEPTH, &streams("order"), 8).unwrap();
    let mut times: Vec<f64> = (0..=1000).map(|k| 1.5 * f64::from(k) / 1000.0).collect();
    times.extend([0.75, 0.375, 1.5, 0.0, 1e-300, 1.5 - 1e-15, 0.3, 0.3]);
    let forward: Vec<[f64; 3]> = times.iter().map(|&t| tree.at(t).unwrap()).collect();
    let mut cursor = again.cursor();
    // A walk that visits every time in an order with long and short jumps, forward and backward.
    let count = times.len();
    for k in (0..count).map(|k| k * 389 % count).chain(0..count).chain((0..count).rev()) {
        assert_eq!(cursor.at(times[k]).unwrap(), forward[k], "at {}", times[k]);
    }
    assert_ne!(other.at(0.3).unwrap(), tree.at(0.3).unwrap());
    assert_eq!(tree.at(0.0).unwrap(), [0.0; 3]);
}

#[test]
fn tree_increments_add_up() {
    let tree = BrownianTree::<1>::new(1.0, DEPTH, &streams("additive"), 0).unwrap();
    let mut stream = streams("additive times").stream(0);
    for _ in 0..100 {
        let [r, s, t] = [stream.uniform(), stream.uniform(), stream.uniform()];
        let [sum] = [tree.increment(r, s).unwrap()[0] + tree.increment(s, t).unwrap()[0]];
        assert!((sum - tree.increment(r, t).unwrap()[0]).abs() < 1e-14);
        assert_eq!(tree.increment(s, t).unwrap()[0], -tree.increment(t, s).unwrap()[0]);
    }
}

#[test]
fn tree_is_straight_below_its_resolution() {
    let tree = BrownianTree::<1>::new(1.0, 4, &streams("leaf"), 0).unwrap();
    let leaf = tree.resolution();
    assert_eq!(leaf, 1.0 / 16.0);
    let value = |t: f64| tree.at(t).unwrap()[0];
    let between = 0.75 * value(3.0 * leaf) + 0.25 * value(4.0 * leaf);
    assert!((value(3.25 * leaf) - between).abs() < 1e-15);
    // A deeper tree is the same path with more detail.
    let deeper = BrownianTree::<1>::new(1.0, 9, &streams("leaf"), 0).unwrap();
    assert!(
        (0..=16).all(|k| deeper.at(f64::from(k) * leaf).unwrap() == tree.at(f64::from(k) * leaf).unwrap())
    );
}

#[test]
fn refinement_keeps_old_values() {
    let mut stream = streams("keep").stream(0);
    let coarse = BrownianPath::sample(0.7, 5, &mut stream).unwrap();
    let mut fine = coarse.clone();
    for level in 1..=6 {
        fine = fine.refine(&mut stream);
        assert_eq!(fine.coarsen(1 << level).unwrap(), coarse);
    }
    assert_eq!((fine.steps(), fine.horizon(), fine.time(320)), (320, 0.7, 0.7));
    assert_eq!(fine.values()[0], 0.0);
    assert_eq!(fine.end(), coarse.end());
    let mut buffer = BrownianPath::at_rest(0.7, 5).unwrap();
    buffer.resample(&mut streams("keep").stream(0));
    assert_eq!(buffer, coarse);
}

#[test]
fn bad_input() {
    let stream = &mut streams("bad").stream(0);
    let message = |error: sdml::Error| error.to_string();
    assert_eq!(
        message(BrownianPath::sample(1.0, 0, stream).unwrap_err()),
        "`steps` is 0, but it must be at least 1"
    );
    for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let expected = format!("`horizon` is {horizon}, but it must be a finite number greater than 0");
        assert_eq!(message(BrownianPath::sample(horizon, 1, stream).unwrap_err()), expected);
        assert_eq!(message(BrownianTree::<1>::new(horizon, 9, &streams("bad"), 0).unwrap_err()), expected);
        assert_eq!(message(square_root_process(horizon, 1, 0.0).unwrap_err()), expected);
    }
    for depth in [0, 53] {
        assert_eq!(
            message(BrownianTree::<1>::new(1.0, depth, &streams("bad"), 0).unwrap_err()),
            format!("`depth` is {depth}, but it must be between 1 and 52")
        );
    }
    assert_eq!(
        message(BrownianTree::<0>::new(1.0, 9, &streams("bad"), 0).unwrap_err()),
        "`D` is 0, but it must be at least 1"
    );
    let tree = BrownianTree::<1>::new(1.0, 9, &streams("bad"), 0).unwrap();
    for t in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let expected = format!("`t` is {t}, but it must be between 0 and the horizon 1");
        assert_eq!(message(tree.at(t).unwrap_err()), expected);
        assert_eq!(message(tree.cursor().at(t).unwrap_err()), expected);
        assert_eq!(message(tree.increment(0.5, t).unwrap_err()), expected);
        assert_eq!(message(tree.increment(t, 0.5).unwrap_err()), expected.replace("`t`", "`s`"));
    }
    let path = BrownianPath::sample(1.0, 6, stream).unwrap();
    for stride in [0, 4] {
        assert_eq!(
            message(path.coarsen(stride).unwrap_err()),
            format!("`stride` is {stride}, but it must be a divisor of the 6 steps")
        );
    }
    assert_eq!(
        message(transition_density(0.0, 1.0, 0.0, 1.0).unwrap_err()),
        "`t - s` is 0, but it must be a finite number greater than 0"
    );
    assert_eq!(
        message(transition_density(f64::NAN, 1.0, 0.0, 0.0).unwrap_err()),
        "`y` is NaN, but it must be a finite number"
    );
    assert_eq!(
        message(covariance(-1.0, 1.0).unwrap_err()),
        "`s` is -1, but it must be a finite time, at least 0"
    );
    assert_eq!(
        message(maximum_tail(-1.0, 1.0).unwrap_err()),
        "`level` is -1, but it must be a finite number, at least 0"
    );
    assert_eq!(maximum_tail(0.0, 0.0), Ok(0.0));
    assert_eq!(message(arcsine_cdf(1.5).unwrap_err()), "`fraction` is 1.5, but it must be between 0 and 1");
    assert_eq!(message(occupation_law(0).unwrap_err()), "`steps` is 0, but it must be at least 1");
    assert_eq!(
        message(square_root_process(1.0, 0, 0.0).unwrap_err()),
        "`steps` is 0, but it must be at least 1"
    );
    // Too short to have an increment: nothing varies.
    assert_eq!((total_variation(&[]), quadratic_variation(&[1.0]), positive_steps(&[])), (0.0, 0.0, 0));
    let short: [&[f64]; 4] = [&[], &[1.0], &[1.0, 1.0], &[1.0, 2.0]];
    assert_eq!(short.map(|values| modulus(values, 0.5)), [f64::INFINITY; 4]);
}
