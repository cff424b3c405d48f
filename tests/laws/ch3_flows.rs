use nalgebra::{DMatrix, DVector};
use ndarray::{Array1, Array2};
use proptest::collection::vec;
use proptest::prelude::*;
use sdml::ch2_control::backprop::{Activation, Mlp};
use sdml::ch2_control::neural_ode::Tableau;
use sdml::ch3_flows::coupling::{FlowPass, RealNvp, TriangularAffine};
use sdml::ch3_flows::ode_flow::{NetworkFlow, OdeFlow};
use sdml::ch3_flows::transport::{
    Affine, Diffeomorphism, Gaussian, LineLaw, decreasing, monotone, optimal_assignment, sinkhorn,
    squared_distances, wasserstein_2,
};
use sdml::random::Streams;

use crate::{cases, distance};

fn normals(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut stream = Streams::new(seed, "points").stream(0);
    Array2::from_shape_simple_fn((rows, columns), || stream.normal())
}

/// Layers of any masks that move something and keep something.
fn masks() -> impl Strategy<Value = Vec<Vec<bool>>> {
    (2..6usize, 2..7usize).prop_flat_map(|(n, layers)| {
        let mask = vec(any::<bool>(), n).prop_map(|mut mask| {
            // Not all alike.
            mask[0] = !mask[1];
            mask
        });
        let of_all = (0..n).map(|c| c % 2 == 0).collect::<Vec<bool>>();
        let others = of_all.iter().map(|moved| !moved).collect::<Vec<bool>>();
        vec(mask, layers).prop_map(move |mut masks| {
            masks.extend([of_all.clone(), others.clone()]);
            masks
        })
    })
}

proptest! {
    #![proptest_config(cases(48))]

    /// f⁻¹ ∘ f = 1 and log|det ∇f⁻¹| = −log|det ∇f|, for layers that move any coordinates.
    #[test]
    fn coupling_flows_retrace(masks in masks(), seed in 0..1000u64) {
        let flow = RealNvp::new(&masks, &[6], Activation::Silu, 2.0).unwrap();
        let theta: Vec<f64> = flow.initial(&Streams::new(seed, "flow")).iter().map(|w| 1.5 * w).collect();
        let z = normals(5, flow.dimension(), seed);
        let (mut forth, mut back) = (FlowPass::new(), FlowPass::new());
        flow.forward(&theta, z.view(), &mut forth).unwrap();
        flow.inverse(&theta, forth.points(), &mut back).unwrap();
        prop_assert!(distance(back.points(), &z) < 1e-9);
        let sums: Vec<f64> = forth.log_det().iter().zip(back.log_det()).map(|(a, b)| a + b).collect();
        prop_assert!(distance(&sums, &[0.0; 5]) < 1e-9);
    }

    /// The flow of a differential equation is undone by the way back, up to the error of the scheme, and so is its volume.
    #[test]
    fn ode_flows_retrace(d in 1..4usize, seed in 0..1000u64, horizon in 0.2..1.5f64) {
        let mlp = Mlp::new(&[d + 1, 8, d], Activation::Tanh).unwrap();
        let theta = mlp.initial(&mut Streams::new(seed, "field").stream(0));
        let flow = OdeFlow::new(NetworkFlow::new(mlp).unwrap(), horizon, Tableau::RK4, 40).unwrap();
        let z = normals(4, d, seed);
        let image = flow.push(&theta, z.view()).unwrap();
        let (back, integral) = flow.pull(&theta, image.points.view()).unwrap();
        prop_assert!(distance(&back, &z) < 1e-7);
        // log p(Y(T)) + ∫ ∇·F = log p_Z(z).
        let prior = z.rows().into_iter().map(|z| -0.5 * (z.dot(&z) + d as f64 * std::f64::consts::TAU.ln()));
        let prior: Vec<f64> = prior.collect();
        prop_assert!(distance(&(&image.log_density + &integral), &prior) < 1e-7);
        let log_density = flow.log_density(&theta, image.points.view()).unwrap();
        prop_assert!(distance(&log_density, &image.log_density) < 1e-7);
    }

    /// An affine map of the plane, its inverse and its determinant.
    #[test]
    fn affine_maps_retrace(
        [a, b, c, d] in prop::array::uniform4(-2.0..2.0f64),
        shift in prop::array::uniform2(-2.0..2.0f64),
        z in prop::array::uniform2(-2.0..2.0f64),
    ) {
        prop_assume!((a * d - b * c).abs() > 0.05);
        let map = Affine::new([[a, b], [c, d]], shift).unwrap();
        prop_assert!(distance(&map.inverse(map.forward(z)), &z) < 1e-11);
        prop_assert!(distance(&map.forward(map.inverse(z)), &z) < 1e-11);
        // The area of the image of a parallelogram.
        let [o, e, f] = [z, [z[0] + 1.0, z[1]], [z[0], z[1] + 1.0]].map(|z| map.forward(z));
        let area = (e[0] - o[0]) * (f[1] - o[1]) - (f[0] - o[0]) * (e[1] - o[1]);
        prop_assert!((map.determinant(z) - area).abs() < 1e-11);
    }

    /// A triangular map, its inverse, its determinant and the law it was fitted to.
    #[test]
    fn triangular_maps_retrace(d in 1..5usize, theta in vec(-1.0..1.0f64, 20), z in vec(-2.0..2.0f64, 5)) {
        let map = TriangularAffine::from_parameters(d, &theta[..TriangularAffine::parameters(d)]).unwrap();
        let z = &z[..d];
        let x = map.forward(z);
        prop_assert!(distance(&map.inverse(&x), z) < 1e-10);
        prop_assert!((map.matrix().determinant().abs().ln() - map.log_det()).abs() < 1e-10);
        let prior: f64 = z.iter().map(|z| -0.5 * (z * z + std::f64::consts::TAU.ln())).sum();
        prop_assert!((map.log_density(&x) - (prior - map.log_det())).abs() < 1e-10);
    }
}

/// The least mean cost of all permutations.
fn exhaustive(cost: &Array2<f64>) -> f64 {
    fn visit(row: usize, taken: &mut Vec<bool>, cost: &Array2<f64>) -> f64 {
        let n = taken.len();
        if row == n {
            return 0.0;
        }
        let mut best = f64::INFINITY;
        for column in 0..n {
            if !taken[column] {
                taken[column] = true;
                best = best.min(cost[[row, column]] + visit(row + 1, taken, cost));
                taken[column] = false;
            }
        }
        best
    }
    visit(0, &mut vec![false; cost.nrows()], cost) / cost.nrows() as f64
}

proptest! {
    #![proptest_config(cases(128))]

    /// The assignment costs as little as the best of all permutations, and is one.
    #[test]
    fn assignment_is_the_best_permutation(
        (n, entries) in (1..6usize).prop_flat_map(|n| (Just(n), vec(-5.0..5.0f64, n * n))),
        shift in -100.0..100.0f64,
    ) {
        let cost = Array2::from_shape_vec((n, n), entries).unwrap() + shift;
        let best = optimal_assignment(cost.view()).unwrap();
        let mut partners = best.partner.clone();
        partners.sort_unstable();
        prop_assert!(partners.into_iter().eq(0..n));
        prop_assert!((best.cost - exhaustive(&cost)).abs() < 1e-12 * (1.0 + shift.abs()));
        let total: f64 = best.partner.iter().enumerate().map(|(i, &j)| cost[[i, j]]).sum();
        prop_assert!((best.cost - total / n as f64).abs() < 1e-12 * (1.0 + shift.abs()));
    }

    /// On the line the sorted order is the best; the distance is a metric; and a shift of one sample is told from its spread.
    #[test]
    fn distances_of_samples(
        n in 1..8usize,
        [a, b, c] in prop::array::uniform3(vec(-3.0..3.0f64, 8)),
        shift in -4.0..4.0f64,
    ) {
        let column = |x: &[f64]| Array2::from_shape_vec((n, 1), x[..n].to_vec()).unwrap();
        let sorted = |x: &[f64]| { let mut x = x[..n].to_vec(); x.sort_by(f64::total_cmp); x };
        let w = |x: &[f64], y: &[f64]| wasserstein_2(column(x).view(), column(y).view()).unwrap();
        let by_order = sorted(&a).iter().zip(sorted(&b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / n as f64;
        prop_assert!((w(&a, &b) - by_order.sqrt()).abs() < 1e-9);
        prop_assert!((w(&a, &b) - w(&b, &a)).abs() < 1e-9 && w(&a, &c) <= w(&a, &b) + w(&b, &c) + 1e-9);
        // E|X + s − Y|² = E|X − Y|² + 2s E(X − Y) + s².
        let moved: Vec<f64> = a.iter().map(|a| a + shift).collect();
        let gap = (a[..n].iter().sum::<f64>() - b[..n].iter().sum::<f64>()) / n as f64;
        let more = 2.0 * shift * gap + shift * shift;
        prop_assert!((w(&moved, &b).powi(2) - w(&a, &b).powi(2) - more).abs() < 1e-9);
    }
}

/// Two normal laws in the plane.
fn gaussian() -> impl Strategy<Value = Gaussian> {
    (prop::array::uniform2(-2.0..2.0f64), prop::array::uniform3(-1.0..1.0f64)).prop_map(
        |(mean, [a, b, c])| {
            // A Aᵀ + ½ is positive.
            let root = DMatrix::from_row_slice(2, 2, &[1.0 + a, b, -0.5 * b, 1.0 + c]);
            let covariance: DMatrix<f64> = &root * root.transpose() + DMatrix::identity(2, 2) * 0.5;
            Gaussian::new(&mean, covariance.as_slice()).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(cases(64))]

    /// The optimal map carries one covariance to the other, is symmetric and positive, costs no more than the triangular one,
    /// and there and back is nothing.
    #[test]
    fn maps_of_normal_laws(p in gaussian(), q in gaussian(), r in gaussian()) {
        let (there, back) = (p.optimal_map(&q).unwrap(), q.optimal_map(&p).unwrap());
        prop_assert!((&there * p.covariance() * there.transpose() - q.covariance()).norm() < 1e-10);
        prop_assert!((&there - there.transpose()).norm() < 1e-10 && there.clone().cholesky().is_some());
        prop_assert!((&back * &there - DMatrix::identity(2, 2)).norm() < 1e-9);
        let triangular = p.triangular_map(&q).unwrap();
        prop_assert!((&triangular * p.covariance() * triangular.transpose() - q.covariance()).norm() < 1e-10);
        prop_assert!(triangular[(0, 1)].abs() < 1e-12);
        let [least, other] = [&there, &triangular].map(|map| p.cost(&q, map).unwrap());
        prop_assert!(least <= other + 1e-10 && (least - p.distance_squared(&q).unwrap()).abs() < 1e-9);
        let w = |p: &Gaussian, q: &Gaussian| p.distance_squared(q).unwrap().max(0.0).sqrt();
        prop_assert!((w(&p, &q) - w(&q, &p)).abs() < 1e-7 && w(&p, &r) <= w(&p, &q) + w(&q, &r) + 1e-7);
        // The density is that of the inverse covariance.
        let x = DVector::from_vec(vec![0.3, -0.4]);
        let y = &x - p.mean();
        let exponent = -0.5 * (y.transpose() * p.covariance().clone().try_inverse().unwrap() * &y)[(0, 0)];
        let density = exponent.exp() / (std::f64::consts::TAU * p.covariance().determinant().sqrt());
        prop_assert!((p.density(&x) / density - 1.0).abs() < 1e-10);
    }

    /// On the line the increasing map pushes one distribution function into the other; the decreasing one turns it round.
    #[test]
    fn maps_on_the_line(
        mean in -2.0..2.0f64,
        scale in 0.3..3.0f64,
        weight in 0.1..0.9f64,
        kinds in (0..5usize, 0..5usize),
        z in -2.5..2.5f64,
    ) {
        let law = |kind: usize| match kind {
            0 => LineLaw::Normal { mean, deviation: scale },
            1 => LineLaw::Uniform { low: mean - 3.0 * scale, high: mean + 3.0 * scale },
            2 => LineLaw::Exponential { rate: scale },
            3 => LineLaw::Logistic { centre: mean, scale },
            _ => LineLaw::Mixture(vec![(weight, mean, scale), (1.0 - weight, -mean, 0.5)]),
        };
        let (source, target) = (law(kinds.0), law(kinds.1));
        // A point where the source has some mass on either side.
        let z = if kinds.0 == 2 { z.abs() / scale } else { mean + scale * z };
        prop_assume!(source.left(z) > 1e-4 && source.right(z) > 1e-4);
        prop_assert!((source.left(z) + source.right(z) - 1.0).abs() < 1e-12);
        let x = monotone(&source, &target, z).unwrap();
        prop_assert!((target.left(x) - source.left(z)).abs() < 1e-9);
        prop_assert!((monotone(&target, &source, x).unwrap() - z).abs() < 1e-6 * (1.0 + z.abs()));
        let turned = decreasing(&source, &target, z).unwrap();
        prop_assert!((target.right(turned) - source.left(z)).abs() < 1e-9);
        // Outside its support a law has neither density nor mass.
        for law in [&source, &target] {
            let outside = match law {
                LineLaw::Uniform { low, high } => vec![low - z.abs() - 0.1, high + z.abs() + 0.1],
                LineLaw::Exponential { .. } => vec![-z.abs() - 0.1],
                _ => vec![],
            };
            for x in outside {
                prop_assert!(law.density(x) == 0.0 && law.left(x).min(law.right(x)) == 0.0);
            }
        }
        // The density is the slope of the distribution function.
        let h = 1e-5;
        prop_assert!((0.5 * (source.left(z + h) - source.left(z - h)) / h - source.density(z)).abs() < 1e-6);
    }

    /// An entropic plan has the marginals asked for, and log P + C/ε is a sum of a function of the row and one of the column.
    #[test]
    fn entropic_plans(
        (cost, a, b) in (1..6usize, 1..6usize)
            .prop_flat_map(|(n, m)| (vec(0.0..3.0f64, n * m), vec(0.2..1.0f64, n), vec(0.2..1.0f64, m))),
        epsilon in 0.1..2.0f64,
    ) {
        let (n, m) = (a.len(), b.len());
        let cost = Array2::from_shape_vec((n, m), cost).unwrap();
        let share = |w: Vec<f64>| { let w = Array1::from(w); let total = w.sum(); w / total };
        let (a, b) = (share(a), share(b));
        let plan = sinkhorn(cost.view(), &a, &b, epsilon, 1e-11).unwrap();
        prop_assert!(distance(&plan.mass.sum_axis(ndarray::Axis(1)), &a) < 1e-10);
        prop_assert!(distance(&plan.mass.sum_axis(ndarray::Axis(0)), &b) < 1e-10);
        let f = |i: usize, j: usize| plan.mass[[i, j]].ln() + cost[[i, j]] / epsilon;
        for (i, j) in (0..n).flat_map(|i| (0..m).map(move |j| (i, j))) {
            prop_assert!((f(i, j) - f(0, j) - f(i, 0) + f(0, 0)).abs() < 1e-8);
        }
        prop_assert!(((&plan.mass * &cost).sum() - plan.cost).abs() < 1e-10);
    }

    #[test]
    fn squared_distances_are_those_of_the_rows(d in 1..4usize, seed in 0..1000u64) {
        let (a, b) = (normals(3, d, seed), normals(5, d, seed + 1));
        let cost = squared_distances(a.view(), b.view()).unwrap();
        for ((i, j), cost) in cost.indexed_iter() {
            let gap = &a.row(i) - &b.row(j);
            prop_assert!((cost - gap.dot(&gap)).abs() < 1e-12);
        }
    }
}
