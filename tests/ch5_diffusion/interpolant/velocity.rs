//! The path, its velocity and its flow, against quadrature, finite differences and the quantile map.

use ndarray::{Array2, ArrayView2};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch5_diffusion::interpolant::{
    ExactVelocity, Pairing, Path, Recipe, continuity_residual, diffuse, generate,
};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::random::Streams;
use sdml::statistics::{Moments, fit_order, normal};

use super::{even_noise, line, paths};
use crate::check::Check;
use crate::plane;
use crate::quadrature::nodes;

/// The greatest of some numbers.
fn greatest(values: impl IntoIterator<Item = f64>) -> f64 {
    values
        .into_iter()
        .fold(0.0, |top: f64, value| if value.is_nan() { f64::INFINITY } else { top.max(value) })
}

/// The greatest distance of Y(T) from the increasing map F_X⁻¹ ∘ Φ.
fn distance_from_monotone(data: &Mixture<1>, z: ArrayView2<f64>, y: ArrayView2<f64>) -> f64 {
    greatest(z.iter().zip(y).map(|(z, y)| (y - data.quantile(normal::cdf(*z)).unwrap()).abs()))
}

#[test]
fn conditional_mean_velocity() {
    let (data, plane) = (line(), plane());
    let (mut worst, mut wrong) = (0.0f64, 0.0f64);
    for path in paths() {
        let (exact, flat) = (ExactVelocity::new(data.clone(), path), ExactVelocity::new(plane.clone(), path));
        for t in [0.3, 0.5, 0.8] {
            let c = path.at(t).unwrap();
            let rule = nodes(-6.0, 6.0, 80);
            for x in [-2.0, -0.7, 0.1, 0.9, 2.2] {
                let weight =
                    |y: f64| data.density(&[y]) * normal::density((x - c.alpha * y) / c.beta) / c.beta;
                let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
                    rule.iter().map(|(y, w)| w * f(*y) * weight(*y)).sum::<f64>()
                        / rule.iter().map(|(y, w)| w * weight(*y)).sum::<f64>()
                };
                let found = exact.at(t).unwrap().velocity(&[x])[0];
                let velocity = mean(&|y| c.alpha_dot * y + c.beta_dot * (x - c.alpha * y) / c.beta);
                worst = worst.max((found - velocity).abs());
                // Z taken as if X(t) told nothing about it.
                wrong = wrong.max((c.alpha_dot * mean(&|y| y) - velocity).abs());
            }
            let rule = nodes(-6.0, 6.0, 40);
            for x in [[0.3, -0.2], [-1.1, 0.9]] {
                let (mut total, mut sum) = (0.0, [0.0; 2]);
                for (y_1, w_1) in &rule {
                    for (y_2, w_2) in &rule {
                        let y = [*y_1, *y_2];
                        let z = [0, 1].map(|i| (x[i] - c.alpha * y[i]) / c.beta);
                        let weight =
                            w_1 * w_2 * plane.density(&y) * normal::density(z[0]) * normal::density(z[1]);
                        total += weight;
                        for i in 0..2 {
                            sum[i] += weight * (c.alpha_dot * y[i] + c.beta_dot * z[i]);
                        }
                    }
                }
                let found = flat.at(t).unwrap().velocity(&x);
                worst = worst.max(greatest((0..2).map(|i| (found[i] - sum[i] / total).abs())));
            }
        }
    }
    Check::new(
        "ch5_diffusion/interpolant/velocity/conditional_mean_velocity",
        &["eq:5.7", "lem:5.1"],
        "the velocity of mixtures on the linear and the trigonometric path, on the line and in the plane: greatest distance from the conditional mean by quadrature over the data",
        "the noise taken as independent of X(t)",
    )
    .within(worst, 0.0, 1e-10, "the error of the quadrature", wrong);
}

/// The greatest residual of the continuity equation, for a factor on the velocity of the noise.
fn residual(path: Path, noise: f64) -> f64 {
    let exact = ExactVelocity::new(plane(), path);
    let velocity = |x: &[f64; 2], t: f64| {
        let c = path.at(t)?;
        let mut v = exact.at(t)?.velocity(x);
        let score = exact.at(t)?.law().score(x);
        (0..2).for_each(|i| v[i] += (1.0 - noise) * c.noise_product() * score[i]);
        Ok(v)
    };
    let density = |x: &[f64; 2], t: f64| Ok(exact.at(t)?.law().density(x));
    let points = [[0.3, -0.2], [-1.1, 0.9], [0.8, 0.1], [1.5, -1.0], [0.0, -1.2]];
    greatest(points.iter().flat_map(|x| {
        [0.15, 0.4, 0.6, 0.85].map(|t| continuity_residual(density, velocity, x, t, 1e-3).unwrap().abs())
    }))
}

#[test]
fn continuity_equation() {
    let worst = greatest(paths().map(|path| residual(path, 1.0)));
    let wrong = paths().map(|path| residual(path, -1.0)).into_iter().fold(f64::INFINITY, f64::min);
    Check::new(
        "ch5_diffusion/interpolant/velocity/continuity_equation",
        &["eq:5.1", "lem:5.1", "u:59"],
        "greatest residual of the continuity equation for a mixture in the plane on both paths, by differences of fourth order",
        "the sign of the noise's velocity turned",
    )
    .within(worst, 0.0, 1e-6, "the error of the differences, (0.001)⁴ times fifth derivatives", wrong);
}

#[test]
fn latent_term_keeps_the_continuity_equation() {
    let path = Path::linear(1.0).unwrap().with_latent(1.0).unwrap();
    let exact = ExactVelocity::new(plane(), path);
    let density = |x: &[f64; 2], t: f64| Ok(exact.at(t)?.law().density(x));
    let velocity = |forgotten: f64| {
        let exact = &exact;
        move |x: &[f64; 2], t: f64| {
            let (c, at) = (path.at(t)?, exact.at(t)?);
            let (mut v, score) = (at.velocity(x), at.law().score(x));
            (0..2).for_each(|i| v[i] += forgotten * c.latent_product * score[i]);
            Ok(v)
        }
    };
    let worst = |forgotten: f64| {
        let points = [[0.3, -0.2], [-1.1, 0.9], [0.8, 0.1]];
        greatest(points.iter().flat_map(|x| {
            [0.15, 0.7].map(|t| continuity_residual(density, velocity(forgotten), x, t, 1e-3).unwrap().abs())
        }))
    };
    for (t, end) in [(0.0, plane()), (1.0, Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 1.0]]).unwrap())] {
        let law = exact.at(t).unwrap();
        assert!((law.law().density(&[0.3, -0.4]) - end.density(&[0.3, -0.4])).abs() < 1e-15);
    }
    Check::new(
        "ch5_diffusion/interpolant/velocity/latent_term_keeps_the_continuity_equation",
        &["r:17"],
        "with a latent term the ends are the same and the velocity that contains its part solves the continuity equation: greatest residual",
        "the velocity without the latent part",
    )
    .within(worst(0.0), 0.0, 1e-6, "the error of the differences", worst(1.0));
}

#[test]
fn velocity_is_not_unique() {
    let (path, seed) = (Path::trigonometric(1.0).unwrap(), 1);
    let normal = Mixture::gaussian([0.0; 2], [[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let exact = ExactVelocity::new(normal.clone(), path);
    let turn = |x: &[f64; 2], _: f64| Ok([-x[1], x[0]]);
    let density = |x: &[f64; 2], t: f64| Ok(exact.at(t)?.law().density(x));
    for x in [[0.3, -0.2], [-1.1, 0.9], [2.0, 1.0]] {
        let at = exact.at(0.4).unwrap();
        assert!(greatest(at.velocity(&x).map(f64::abs)) < 1e-15);
        assert!(continuity_residual(density, turn, &x, 0.4, 1e-3).unwrap().abs() < 1e-10);
        // Stretching instead of turning is seen.
        let stretch = |x: &[f64; 2], _: f64| Ok([x[1], x[0]]);
        assert!(continuity_residual(density, stretch, &x, 0.4, 1e-3).unwrap().abs() > 1e-3);
    }
    let floor = exact.least_loss(8).unwrap();
    let recipe = Recipe::new(normal, path, 0);
    let loss = recipe
        .loss(100_000, seed, |x, _, v| {
            v.copy_from_slice(&[-x[1], x[0]]);
            Ok(())
        })
        .unwrap();
    Check::new(
        "ch5_diffusion/interpolant/velocity/velocity_is_not_unique",
        &["lem:5.1", "eq:5.7"],
        "data N(0, I) in the plane on the trigonometric path: the rotation (−x₂, x₁) solves (5.1) as v = 0 does, yet its loss (5.8) exceeds the minimum by 2",
        "the rotation being the conditional mean, with the least loss",
    )
    .seed(seed)
    .samples("100000 pairs")
    .statistical(loss, floor + 2.0, floor);
}

#[test]
fn coupling_decides_the_law() {
    // X(½) = (X + Z)/2 on the linear path.
    let seed = 2;
    let mut stream = Streams::new(seed, "coupling").stream(0);
    let (blocks, size) = (200, 100);
    let mut variance = |pairing: Pairing| {
        let mut moments = Moments::default();
        for _ in 0..blocks {
            let [x, z] = [(); 2].map(|()| Array2::from_shape_simple_fn((size, 1), || stream.normal()));
            let partners = pairing.partners(x.view(), z.view()).unwrap();
            (0..size).for_each(|i| moments.push(0.5 * (x[[i, 0]] + z[[partners[i], 0]])));
        }
        moments.variance().unwrap()
    };
    let independent = variance(Pairing::Independent);
    let optimal = variance(Pairing::Optimal).mean;
    Check::new(
        "ch5_diffusion/interpolant/velocity/coupling_decides_the_law",
        &["eq:5.6"],
        "X and Z both N(0, 1) and independent: the variance of X(½) on the linear path",
        "the same X and Z, paired in order of size",
    )
    .seed(seed)
    .samples("20000 pairs")
    .statistical(independent, 0.5, optimal);
}

#[test]
fn orders_of_the_generating_ode() {
    let (data, z) = (line(), even_noise(9));
    for (path, key, euler) in [
        (paths()[0], "ch5_diffusion/interpolant/velocity/orders_of_the_generating_ode", true),
        (paths()[1], "ch5_diffusion/interpolant/velocity/orders_of_the_generating_ode_rk4", false),
    ] {
        let exact = ExactVelocity::new(data.clone(), path);
        let order = |tableau: Tableau, counts: [usize; 4]| {
            let errors = counts.map(|steps| {
                let y = generate(tableau, 1.0, steps, z.view(), |t, x, v| exact.write(t, x, v)).unwrap();
                distance_from_monotone(&data, z.view(), y.view())
            });
            fit_order(&counts.map(|n| 1.0 / n as f64), &errors, 0.95).unwrap().order
        };
        let (first, fourth) =
            (order(Tableau::EULER, [80, 160, 320, 640]), order(Tableau::RK4, [20, 40, 80, 160]));
        let (measured, expected, wrong) = if euler { (first, 1.0, fourth) } else { (fourth, 4.0, first) };
        Check::new(
            key,
            &["eq:5.9"],
            if euler {
                "order of Euler's scheme for (5.9) on the linear path, against the increasing map"
            } else {
                "order of the classical Runge–Kutta scheme for (5.9) on the trigonometric path, against the increasing map"
            },
            "the other scheme",
        )
        .within(measured, expected, 0.25, "the next order's share at these steps", wrong);
    }
}

#[test]
fn all_paths_have_one_map() {
    let mut stream = Streams::new(3, "plane").stream(0);
    let z = Array2::from_shape_simple_fn((25, 2), || stream.normal());
    let quadratic: fn(f64, f64) -> [f64; 2] = |t, h| [1.0 - (t / h).powi(2), -2.0 * t / (h * h)];
    let straight: fn(f64, f64) -> [f64; 2] = |t, h| [t / h, 1.0 / h];
    let [linear, trigonometric] = paths();
    let others = [trigonometric, Path::new("quadratic", 1.0, quadratic, straight).unwrap()];
    // The score, turned by a right angle, is added to the velocity.
    let end = |path: Path, turned: f64| {
        let exact = ExactVelocity::new(plane(), path);
        generate(Tableau::RK4, 1.0, 300, z.view(), |t, x, mut v| {
            exact.write(t, x, v.view_mut())?;
            let at = exact.at(t)?;
            for (x, mut v) in x.outer_iter().zip(v.outer_iter_mut()) {
                let [s_1, s_2] = at.law().score(&[x[0], x[1]]);
                v[0] -= turned * s_2;
                v[1] += turned * s_1;
            }
            Ok(())
        })
        .unwrap()
    };
    let first = end(linear, 0.0);
    let apart = |y: Array2<f64>| greatest((&first - &y).iter().map(|d| d.abs()));
    Check::new(
        "ch5_diffusion/interpolant/velocity/all_paths_have_one_map",
        &["u:59", "eq:5.9"],
        "the linear, the trigonometric and a quadratic path carry noise to a mixture in the plane by one map: greatest distance of the ends of 25 particles",
        "the law at every time deciding the map: the same law, with a circulation added to the velocity",
    )
    .within(greatest(others.map(|path| apart(end(path, 0.0)))), 0.0, 1e-7, "RK4 with 300 steps", apart(end(linear, 0.3)));
}

#[test]
fn time_runs_backwards() {
    let (data, z) = (line(), even_noise(25));
    let exact = ExactVelocity::new(data.clone(), paths()[0]);
    let error = |forwards: bool| {
        let y = generate(Tableau::RK4, 1.0, 300, z.view(), |t, x, v| {
            exact.write(if forwards { 1.0 - t } else { t }, x, v)
        })
        .unwrap();
        distance_from_monotone(&data, z.view(), y.view())
    };
    Check::new(
        "ch5_diffusion/interpolant/velocity/time_runs_backwards",
        &["eq:5.9"],
        "the flow (5.9) is the increasing map from noise to data: greatest distance for 25 points of noise",
        "the velocity at time s instead of T − s",
    )
    .within(error(false), 0.0, 1e-7, "RK4 with 300 steps", error(true));
}

#[test]
fn ornstein_uhlenbeck_is_a_time_change() {
    let ou = ExactVelocity::new(plane(), Path::ornstein_uhlenbeck(20.0).unwrap());
    let x = [0.7, -0.4];
    let (mut worst, mut wrong) = (0.0f64, 0.0f64);
    for path in paths() {
        let exact = ExactVelocity::new(plane(), path);
        for t in [0.2, 0.5, 0.9] {
            let c = path.at(t).unwrap();
            let r = c.alpha.hypot(c.beta);
            let r_dot = (c.alpha * c.alpha_dot + c.beta * c.beta_dot) / r;
            let (tau, tau_dot) = ((r / c.alpha).ln(), r_dot / r - c.alpha_dot / c.alpha);
            let inner = ou.at(tau).unwrap().velocity(&x.map(|x| x / r));
            let v = exact.at(t).unwrap().velocity(&x);
            for i in 0..2 {
                worst = worst.max((v[i] - r_dot / r * x[i] - r * tau_dot * inner[i]).abs());
                wrong = wrong.max((v[i] - r * tau_dot * inner[i]).abs());
            }
            // The score and the velocity are one another's linear functions.
            let law = exact.at(t).unwrap();
            let score = law.law().score(&x);
            let back = c.velocity(&x, &score).unwrap();
            let forth = c.score(&x, &v).unwrap();
            worst =
                worst.max(greatest((0..2).map(|i| (back[i] - v[i]).abs().max((forth[i] - score[i]).abs()))));
        }
    }
    Check::new(
        "ch5_diffusion/interpolant/velocity/ornstein_uhlenbeck_is_a_time_change",
        &["eq:5.6"],
        "every path is the OU path in another scale and another time: greatest error of the identity between velocities, and of those between velocity and score",
        "the term of the changing scale left out",
    )
    .within(worst, 0.0, 1e-10, "rounding, divided by α", wrong);
}

#[test]
fn noise_keeps_the_marginals() {
    // Data N(m, v₀): every step is linear, and mean and variance of the scheme are known.
    let (steps, points, seed) = (40, 20_000, 4);
    let (mean, variance) = (0.6, 0.3);
    let path = paths()[1].with_latent(0.8).unwrap();
    let exact = ExactVelocity::new(Mixture::gaussian([mean], [[variance]]).unwrap(), path);
    let measured = |epsilon: f64| -> Moments {
        let y = diffuse(&exact, epsilon, steps, points, &Streams::new(seed, "latent")).unwrap();
        y.into_iter().collect()
    };
    // [E Y, Var Y] at the end, with noise of the variance `strength` ε per unit of time; `drift` stands before α̇m.
    let recursion = |epsilon: f64, strength: f64, drift: f64| {
        let h = 1.0 / steps as f64;
        (0..steps).fold([0.0, 1.0], |[middle, square], n| {
            let t = 1.0 - n as f64 * h;
            let (sin, cos) = (std::f64::consts::FRAC_PI_2 * t).sin_cos();
            let total = cos * cos * variance + sin * sin + 0.64 * t * (1.0 - t);
            let slope =
                0.5 * (std::f64::consts::PI * sin * cos * (1.0 - variance) + 0.64 * (1.0 - 2.0 * t)) / total;
            let (rate, speed) = (slope + epsilon / total, -std::f64::consts::FRAC_PI_2 * sin * mean);
            let factor = 1.0 - h * rate;
            [
                middle - h * (drift * speed + rate * (middle - cos * mean)),
                square * factor * factor + strength * epsilon * h,
            ]
        })
    };
    for epsilon in [0.2, 0.7] {
        let (found, [middle, square]) = (measured(epsilon), recursion(epsilon, 2.0, 1.0));
        // 40 steps are near the data.
        assert!((middle - mean).abs() < 0.01 && (square - variance).abs() < 0.03, "{middle} {square}");
        assert!(found.mean().unwrap().z(middle).abs() < 4.0, "{epsilon}");
        assert!(found.variance().unwrap().z(square).abs() < 4.0, "{epsilon}");
        // Without α̇m, and with the noise √ε.
        let (still, weak) = (recursion(epsilon, 2.0, 0.0)[0], recursion(epsilon, 1.0, 1.0)[1]);
        assert!(found.mean().unwrap().z(still).abs() > 10.0, "{epsilon}");
        assert!(found.variance().unwrap().z(weak).abs() > 10.0, "{epsilon}");
    }
    Check::new(
        "ch5_diffusion/interpolant/velocity/noise_keeps_the_marginals",
        &["r:17"],
        "a latent path with ε = 0.7 on the way back, data normal with the variance 0.3: variance after 40 Euler–Maruyama steps",
        "the noise √ε instead of √(2ε)",
    )
    .seed(seed)
    .samples("20000 points")
    .statistical(
        measured(0.7).variance().unwrap(),
        recursion(0.7, 2.0, 1.0)[1],
        recursion(0.7, 1.0, 1.0)[1],
    );
}

/// For normal data with independent coordinates each coordinate of v is linear: α̇m + k (x − αm) with
/// k = (αα̇v + ββ̇)/(α²v + β²), so that E v² = (α̇m)² + k² (α²v + β²).
#[test]
fn mean_square_in_the_plane() {
    let (mean, variances) = ([0.5, -0.2], [0.8, 0.3]);
    let data = Mixture::gaussian(mean, [[variances[0], 0.0], [0.0, variances[1]]]).unwrap();
    for path in paths() {
        let (exact, c) = (ExactVelocity::new(data.clone(), path), path.at(0.3).unwrap());
        let squares = mean.into_iter().zip(variances).map(|(m, v)| {
            let total = c.alpha * c.alpha * v + c.beta * c.beta;
            (c.alpha_dot * m).powi(2) + (c.alpha * c.alpha_dot * v + c.beta * c.beta_dot).powi(2) / total
        });
        let (found, by_hand) = (exact.at(0.3).unwrap().mean_square(), squares.sum::<f64>());
        assert!((found - by_hand).abs() < 1e-10, "{found} {by_hand}");
    }
}
