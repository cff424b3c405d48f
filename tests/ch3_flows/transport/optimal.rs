//! Maps of least cost: assignment, entropic plans, normal laws, motion of least action.

use nalgebra::{DMatrix, DVector};
use ndarray::{Array1, Array2, array};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch3_flows::transport::{
    Gaussian, LineLaw, action, interpolate, monotone, optimal_assignment, sinkhorn, squared_distances,
};
use sdml::random::{Stream, Streams};
use sdml::statistics::{estimate, fit_order, normal};

use crate::check::Check;
use crate::quadrature::integrate;

fn random(n: usize, m: usize, stream: &mut Stream) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, m), || stream.normal())
}

/// The least mean cost over all n! assignments, by Heap's permutations.
fn exhaustive(cost: &Array2<f64>) -> f64 {
    fn visit(order: &mut Vec<usize>, from: usize, cost: &Array2<f64>, best: &mut f64) {
        if from == order.len() {
            let total: f64 = order.iter().enumerate().map(|(i, &j)| cost[[i, j]]).sum();
            *best = best.min(total / order.len() as f64);
        }
        for other in from..order.len() {
            order.swap(from, other);
            visit(order, from + 1, cost, best);
            order.swap(from, other);
        }
    }
    let mut best = f64::INFINITY;
    visit(&mut (0..cost.nrows()).collect(), 0, cost, &mut best);
    best
}

/// Every row takes the cheapest column that is left.
fn greedy(cost: &Array2<f64>) -> f64 {
    let mut free: Vec<usize> = (0..cost.ncols()).collect();
    let total: f64 = (0..cost.nrows())
        .map(|i| {
            let at = (0..free.len()).min_by(|&a, &b| cost[[i, free[a]]].total_cmp(&cost[[i, free[b]]]));
            cost[[i, free.swap_remove(at.unwrap())]]
        })
        .sum();
    total / cost.nrows() as f64
}

#[test]
fn assignment_against_all_permutations() {
    let mut stream = Streams::new(1, "assignment").stream(0);
    let (mut error, mut greedy_error) = (0f64, 0f64);
    for n in 1..=7 {
        for _ in 0..20 {
            let cost = random(n, n, &mut stream);
            let best = exhaustive(&cost);
            let found = optimal_assignment(cost.view()).unwrap();
            let mut columns = found.partner.clone();
            columns.sort_unstable();
            assert_eq!(columns, (0..n).collect::<Vec<_>>());
            error = error.max((found.cost - best).abs());
            greedy_error = greedy_error.max((greedy(&cost) - best).abs());
        }
    }
    Check::new(
        "ch3_flows/transport/optimal/assignment_against_all_permutations",
        &["thm:3.1"],
        "the assignment has the least cost of all n! permutations, n up to 7: largest difference in 140 random problems",
        "every point taking the cheapest partner that is left",
    )
    .seed(1)
    .within(error, 0.0, 1e-12, "costs are rounded to 2⁻⁵⁰ of their range", greedy_error);
}

fn pair() -> [Gaussian; 2] {
    [
        Gaussian::new(&[0.0, 0.0], &[1.0, 0.3, 0.3, 0.5]).unwrap(),
        Gaussian::new(&[1.0, -0.5], &[0.6, -0.4, -0.4, 1.2]).unwrap(),
    ]
}

/// n points of a normal law.
fn sample(law: &Gaussian, n: usize, stream: &mut Stream) -> Array2<f64> {
    let root = law.covariance().clone().cholesky().unwrap().l();
    let mut points = Array2::zeros((n, 2));
    for mut point in points.rows_mut() {
        let x = law.mean() + &root * DVector::from_fn(2, |_, _| stream.normal());
        [point[0], point[1]] = [x[0], x[1]];
    }
    points
}

#[test]
fn assignment_tends_to_the_distance() {
    let [source, target] = pair();
    let distance = source.distance_squared(&target).unwrap();
    // Subtracting the dual value from the assignment's cost takes away the chance of the sample: a gap ≥ 0 remains.
    let sizes = [50.0, 100.0, 200.0, 400.0];
    let streams = Streams::new(2, "tends to");
    let gaps = sizes.map(|n| {
        let repeats = (8000.0 / n) as u64;
        let total: f64 = (0..repeats)
            .map(|repeat| {
                let mut stream = streams.stream(1000 * n as u64 + repeat);
                let [a, b] = [&source, &target].map(|law| sample(law, n as usize, &mut stream));
                let cost =
                    optimal_assignment(squared_distances(a.view(), b.view()).unwrap().view()).unwrap().cost;
                let gap = cost - source.dual_value(&target, a.view(), b.view()).unwrap();
                assert!(gap > -1e-12, "weak duality: {gap}");
                gap
            })
            .sum();
        total / repeats as f64
    });
    let order = fit_order(&sizes.map(|n| 1.0 / n), &gaps, 0.95).unwrap().order;
    assert!((0.6..1.2).contains(&order), "the gap falls about like log n/n: {order} {gaps:?}");
    let independent = (source.mean() - target.mean()).norm_squared()
        + source.covariance().trace()
        + target.covariance().trace();
    Check::new(
        "ch3_flows/transport/optimal/assignment_tends_to_the_distance",
        &["thm:3.1"],
        "the cost of the best assignment between samples of two normal laws, less what the optimal potentials say of the \
         sample's chance, is W₂² at n = 400",
        "partners chosen at random",
    )
    .seed(2)
    .samples("20 pairs of samples of 400 points")
    .within(
        distance + gaps[3],
        distance,
        0.05 * distance,
        "the gap is about log n/n times the laws' spread: a few per cent",
        independent,
    );
}

#[test]
fn normal_laws() {
    let [source, target] = pair();
    let [optimal, triangular] =
        [source.optimal_map(&target).unwrap(), source.triangular_map(&target).unwrap()];
    for matrix in [&optimal, &triangular] {
        let pushed = matrix * source.covariance() * matrix.transpose();
        assert!((pushed - target.covariance()).amax() < 1e-13, "both carry the one law to the other");
    }
    let costs = [&optimal, &triangular].map(|matrix| source.cost(&target, matrix).unwrap());
    let distance = source.distance_squared(&target).unwrap();
    // In one dimension W₂² = (m_1 − m_0)² + (s_1 − s_0)².
    let line = |m: f64, s: f64| Gaussian::new(&[m], &[s * s]).unwrap();
    assert!((line(0.5, 2.0).distance_squared(&line(-1.0, 0.7)).unwrap() - (2.25 + 1.69)).abs() < 1e-13);
    Check::new(
        "ch3_flows/transport/optimal/normal_laws",
        &["thm:3.1"],
        "the mean squared distance that the symmetric matrix moves points, over Bures' formula for W₂²",
        "the triangular matrix, which carries the one law to the other as well",
    )
    .within(costs[0] / distance, 1.0, 1e-12, "rounding of a few matrix products", costs[1] / distance);
}

#[test]
fn monge_ampere() {
    let [source, target] = pair();
    let [optimal, triangular] =
        [source.optimal_map(&target).unwrap(), source.triangular_map(&target).unwrap()];
    // Scaling each coordinate to the target's variance looks right in both marginals.
    let scaling = DMatrix::from_diagonal(&DVector::from_fn(2, |i, _| {
        (target.covariance()[(i, i)] / source.covariance()[(i, i)]).sqrt()
    }));
    let worst = |matrix: &DMatrix<f64>| {
        let places = (-4..=4).flat_map(|i| (-4..=4).map(move |j| (f64::from(i) / 2.0, f64::from(j) / 2.0)));
        let residual = |(x, y)| {
            source.monge_ampere_residual(&target, matrix, &DVector::from_column_slice(&[x, y])).unwrap()
        };
        places.map(|place| f64::abs(residual(place))).fold(0.0, f64::max)
    };
    assert!(worst(&triangular) < 1e-14);
    Check::new(
        "ch3_flows/transport/optimal/monge_ampere",
        &["u:34", "eq:3.4"],
        "det(A) p_X(f(z)) − p_Z(z) vanishes for the optimal map between two normal laws: the largest on a grid",
        "scaling each coordinate so that the variances fit",
    )
    .within(worst(&optimal), 0.0, 1e-14, "rounding", worst(&scaling));
    let turn = |matrix: &DMatrix<f64>| (matrix[(0, 1)] - matrix[(1, 0)]).abs();
    assert!(optimal.clone().cholesky().is_some(), "the potential is convex");
    Check::new(
        "ch3_flows/transport/optimal/gradient_or_not",
        &["u:34", "eq:3.4"],
        "the optimal matrix is symmetric, so that its map is the gradient of a quadratic function: |A₁₂ − A₂₁|",
        "the triangular matrix: the same determinant, but no gradient",
    )
    .within(turn(&optimal), 0.0, 1e-13, "rounding", turn(&triangular));
}

#[test]
fn monge_ampere_away_from_the_origin() {
    // Neither law is centred: the map carries mean to mean, m_1 + A(z − m_0).
    let source = Gaussian::new(&[0.7, -1.2], &[1.0, 0.3, 0.3, 0.5]).unwrap();
    let target = &pair()[1];
    for matrix in [source.optimal_map(target).unwrap(), source.triangular_map(target).unwrap()] {
        for z in [[0.7, -1.2], [0.0, 0.0], [1.5, -2.0], [-0.4, -0.3]] {
            let z = DVector::from_column_slice(&z);
            let residual = source.monge_ampere_residual(target, &matrix, &z).unwrap();
            assert!(residual.abs() < 1e-14, "{z} {residual:e}");
        }
    }
}

#[test]
fn monge_ampere_on_the_line() {
    let target = LineLaw::Mixture(vec![(0.35, -1.2, 0.5), (0.65, 1.0, 0.6)]);
    let f = |z: f64| monotone(&LineLaw::STANDARD, &target, z).unwrap();
    let h = 1e-4;
    for k in -30..=30 {
        let z = f64::from(k) / 10.0;
        let slope = (f(z - 2.0 * h) - 8.0 * f(z - h) + 8.0 * f(z + h) - f(z + 2.0 * h)) / (12.0 * h);
        assert!((slope * target.density(f(z)) - normal::density(z)).abs() < 1e-10);
    }
}

#[test]
fn a_point_mass_as_target() {
    // N(0, 1) has no atom, and the sign carries it to ½δ_{−1} + ½δ_1.
    const DRAWS: u64 = 100_000;
    let cost = |turned: bool| {
        let [cost] = estimate(&Streams::new(3, "sign"), DRAWS, |stream| {
            let z = stream.normal();
            [(if turned { -z.signum() } else { z.signum() } - z).powi(2)]
        })
        .unwrap();
        cost
    };
    // The optimal assignment of a sample to so many copies of either atom is the sign, up to the sample's own median.
    let mut stream = Streams::new(4, "sign assigned").stream(0);
    let z = random(300, 1, &mut stream);
    let atoms = Array2::from_shape_fn((300, 1), |(i, _)| if i < 150 { -1.0 } else { 1.0 });
    let best = optimal_assignment(squared_distances(z.view(), atoms.view()).unwrap().view()).unwrap();
    let mut sorted = z.column(0).to_vec();
    sorted.sort_by(f64::total_cmp);
    for (i, &j) in best.partner.iter().enumerate() {
        assert_eq!(j >= 150, z[[i, 0]] > 0.5 * (sorted[149] + sorted[150]));
    }
    Check::new(
        "ch3_flows/transport/optimal/a_point_mass_as_target",
        &["thm:3.1", "u:32"],
        "the cost of carrying N(0, 1) to ½δ_{−1} + ½δ_1 by the sign is E(|Z| − 1)² = 2 − 2√(2/π)",
        "the other map that does it, minus the sign",
    )
    .seed(3)
    .samples(format!("{DRAWS} points"))
    .statistical(cost(false), 2.0 - 2.0 * (2.0 / std::f64::consts::PI).sqrt(), cost(true).mean);
}

#[test]
fn entropic_plan_of_normal_laws() {
    // For N(0, a) and N(0, b) the entropic plan is normal; the off-diagonal entry −c/(ab − c²) of its inverse covariance
    // must be −2/ε, so that c = −ε/4 + √(ε²/16 + ab).
    let (a, b, epsilon) = (1.0, 0.49, 0.3);
    let grid = Array1::from_iter((-100..=100).map(|k| f64::from(k) * 0.075));
    let weights = |variance: f64| {
        let w = grid.mapv(|x| (-x * x / (2.0 * variance)).exp());
        &w / w.sum()
    };
    let column = grid.view().insert_axis(ndarray::Axis(1));
    let cost = squared_distances(column, column).unwrap();
    let plan = sinkhorn(cost.view(), &weights(a), &weights(b), epsilon, 1e-12).unwrap();
    let covariance = grid.dot(&plan.mass.dot(&grid));
    let exact = |epsilon: f64| -epsilon / 4.0 + (epsilon * epsilon / 16.0 + a * b).sqrt();
    Check::new(
        "ch3_flows/transport/optimal/entropic_plan_of_normal_laws",
        &["thm:3.1"],
        "the entropic plan between N(0, 1) and N(0, 0.49) at ε = 0.3 has the covariance −ε/4 + √(ε²/16 + 0.49)",
        "the plan for half the squared distance, a factor 2 in ε",
    )
    .within(covariance, exact(epsilon), 1e-9, "the trapezoidal rule on normal densities, marginals to 1e-12", exact(2.0 * epsilon));
}

#[test]
fn entropic_plans_tend_to_the_assignment() {
    let mut stream = Streams::new(5, "sinkhorn").stream(0);
    let n = 60;
    let a = random(n, 2, &mut stream);
    let b = DataLaw::Moons.points(n, &mut stream);
    let cost = squared_distances(a.view(), b.view()).unwrap();
    let uniform = Array1::from_elem(n, 1.0 / n as f64);
    let best = optimal_assignment(cost.view()).unwrap();
    let mut last = f64::INFINITY;
    let mut plan = None;
    for epsilon in [1.0, 0.1, 0.01] {
        let next = sinkhorn(cost.view(), &uniform, &uniform, epsilon, 1e-6).unwrap();
        let rows = (next.mass.sum_axis(ndarray::Axis(1)) - &uniform).mapv(f64::abs).sum();
        let columns = (next.mass.sum_axis(ndarray::Axis(0)) - &uniform).mapv(f64::abs).sum();
        assert!(rows < 1e-6 && columns < 1e-12, "{rows:e} {columns:e}");
        assert!(next.cost < last && next.cost > best.cost - 1e-5, "costs fall to the least");
        last = next.cost;
        plan = Some(next);
    }
    let plan = plan.unwrap();
    let kept: f64 = best.partner.iter().enumerate().map(|(i, &j)| plan.mass[[i, j]]).sum();
    assert!(kept > 0.5, "most of the mass goes where the assignment sends it: {kept}");
    Check::new(
        "ch3_flows/transport/optimal/entropic_plans_tend_to_the_assignment",
        &["thm:3.1"],
        "the cost of the entropic plan at ε = 0.01 is the assignment's, up to at most ε log n",
        "the plan for ε → ∞, which makes the two independent",
    )
    .seed(5)
    .samples(format!("{n} points"))
    .within(
        plan.cost,
        best.cost,
        0.01 * (n as f64).ln(),
        "the entropy of a plan is at most log n more",
        cost.mean().unwrap(),
    );
}

/// 200 points of N(0, I), as many moons, and the best pairing.
fn paired() -> (Array2<f64>, Array2<f64>, Vec<usize>, f64) {
    let mut stream = Streams::new(6, "action").stream(0);
    let a = random(200, 2, &mut stream);
    let b = DataLaw::Moons.points(200, &mut stream);
    let best = optimal_assignment(squared_distances(a.view(), b.view()).unwrap().view()).unwrap();
    (a, b, best.partner, best.cost)
}

#[test]
fn geodesic_action() {
    let (a, b, partner, cost) = paired();
    let along = |partner: &[usize], progress: fn(f64) -> f64| {
        action(&interpolate(a.view(), b.view(), partner, 10, progress).unwrap()).unwrap()
    };
    let identity: Vec<usize> = (0..200).collect();
    let others = [along(&partner, |t| t * t), along(&identity, |t| t)];
    assert!(others.iter().all(|other| *other > cost * 1.1));
    // With ten steps ∫ α'² of α = t² is 4/3 − 1/300.
    assert!((others[0] - (4.0 / 3.0 - 1.0 / 300.0) * cost).abs() < 1e-12);
    Check::new(
        "ch3_flows/transport/optimal/geodesic_action",
        &["r:9"],
        "straight lines at constant speed to the best partners: their action over W₂²",
        "the same lines with the progress t²",
    )
    .seed(6)
    .samples("200 points")
    .within(along(&partner, |t| t) / cost, 1.0, 1e-12, "rounding", others[0] / cost);
}

#[test]
fn action_of_normal_paths() {
    // From N(0, 1) to N(0, s²) by (1 − t) X + t Y with X and Y independent: the deviation is σ(t) = √((1 − t)² + t² s²),
    // and the slowest flow with these laws, v = (σ'/σ) x, has the action ∫ σ'². The particles themselves spend 1 + s².
    let s: f64 = 2.0;
    let sigma = |t: f64| ((1.0 - t).powi(2) + t * t * s * s).sqrt();
    let speed = |t: f64| (t * s * s - (1.0 - t)) / sigma(t);
    let slowest = integrate(0.0, 1.0, 20, |t| speed(t).powi(2));
    let n = 2000;
    let mut stream = Streams::new(7, "flow of normal laws").stream(0);
    let x = random(n, 1, &mut stream);
    // Following that flow, X(t) = σ(t) X(0).
    let path: Vec<_> = (0..=400).map(|k| &x * sigma(f64::from(k) / 400.0)).collect();
    let second = x.mapv(|x| x * x).mean().unwrap();
    let measured = action(&path).unwrap() / second;
    assert!(slowest > (s - 1.0).powi(2) && slowest < 1.0 + s * s);
    let [particles] = estimate(&Streams::new(8, "independent"), 100_000, |stream| {
        [(s * stream.normal() - stream.normal()).powi(2)]
    })
    .unwrap();
    assert!(particles.z(1.0 + s * s).abs() < 4.0);
    Check::new(
        "ch3_flows/transport/optimal/action_of_normal_paths",
        &["r:9"],
        "the flow through the laws of (1 − t)X + tY, X and Y independent, has the action ∫ σ'(t)² dt, more than W₂²",
        "the geodesic, whose action is W₂² = (2 − 1)²",
    )
    .seed(7)
    .samples(format!("{n} particles, 400 steps"))
    .within(measured, slowest, 1e-4, "chords for arcs: h² σ''²/12", (s - 1.0).powi(2));
}

#[test]
fn rotation_adds_action() {
    // Turning by the angle ωt changes no isotropic law and adds ω² ∫ E|X|² to the action.
    let omega = 2.0;
    let n = 500;
    let mut stream = Streams::new(9, "rotation").stream(0);
    let x = random(n, 2, &mut stream);
    let square = x.mapv(|x| x * x).sum() / n as f64;
    let turned = |omega: f64| -> Vec<Array2<f64>> {
        (0..=1000)
            .map(|k| {
                let t = f64::from(k) / 1000.0;
                let (sin, cos) = (omega * t).sin_cos();
                x.dot(&array![[cos, sin], [-sin, cos]]) * (1.0 + t)
            })
            .collect()
    };
    let [straight, spiral] = [0.0, omega].map(|omega| action(&turned(omega)).unwrap() / square);
    assert!((straight - 1.0).abs() < 1e-12);
    Check::new(
        "ch3_flows/transport/optimal/rotation_adds_action",
        &["r:9"],
        "on the way from N(0, I) to N(0, 4I) a rotation with ω = 2 has the same laws at all times and the action \
         (1 + ω² ∫ (1 + t)² dt) E|X|²: here over E|X|²",
        "the action depending on the laws alone",
    )
    .seed(9)
    .samples(format!("{n} particles, 1000 steps"))
    .within(spiral, 1.0 + omega * omega * 7.0 / 3.0, 1e-4, "chords for arcs: (ωh)²/12", straight);
}

#[test]
fn bad_input() {
    let square = array![[0.0, 1.0], [1.0, 0.0]];
    let half = Array1::from_elem(2, 0.5);
    for bad in [f64::NAN, f64::INFINITY] {
        let cost = array![[0.0, bad], [1.0, 0.0]];
        let error = optimal_assignment(cost.view()).unwrap_err().to_string();
        assert!(error.contains("`cost`") && error.contains("finite"), "{error}");
        assert!(sinkhorn(cost.view(), &half, &half, 0.1, 1e-9).is_err());
    }
    assert!(optimal_assignment(array![[0.0, 1.0]].view()).is_err());
    assert!(optimal_assignment(Array2::zeros((0, 0)).view()).is_err());
    // Costs near the ends of floating point, and costs that are all equal.
    assert_eq!(optimal_assignment(array![[1e308, -1e308], [-1e308, 1e308]].view()).unwrap().partner, [1, 0]);
    assert_eq!(optimal_assignment(array![[2.0, 2.0], [2.0, 2.0]].view()).unwrap().cost, 2.0);
    assert!(squared_distances(array![[0.0, 1.0]].view(), array![[0.0]].view()).is_err());
    assert!(squared_distances(array![[f64::NAN]].view(), array![[0.0]].view()).is_err());
    assert!(squared_distances(Array2::zeros((0, 2)).view(), array![[0.0, 0.0]].view()).is_err());
    for (epsilon, tolerance) in [(0.0, 1e-9), (-1.0, 1e-9), (f64::NAN, 1e-9), (0.1, 0.0)] {
        assert!(sinkhorn(square.view(), &half, &half, epsilon, tolerance).is_err());
    }
    let thirds = Array1::from_elem(3, 1.0 / 3.0);
    assert!(sinkhorn(square.view(), &thirds, &half, 0.1, 1e-9).is_err());
    assert!(sinkhorn(square.view(), &array![0.0, 1.0], &half, 0.1, 1e-9).is_err());
    assert!(sinkhorn(square.view(), &array![0.9, 0.9], &half, 0.1, 1e-9).is_err());
    assert!(Gaussian::new(&[0.0, 0.0], &[1.0, 2.0, 2.0, 1.0]).is_err());
    assert!(Gaussian::new(&[0.0, 0.0], &[1.0, 0.2, 0.3, 1.0]).is_err());
    // Exactly singular: a line in the plane, and a point.
    for singular in [[1.0, 1.0, 1.0, 1.0], [0.0; 4]] {
        let error = Gaussian::new(&[0.0, 0.0], &singular).unwrap_err().to_string();
        assert!(error.contains("positive definite"), "{error}");
    }
    assert!(Gaussian::new(&[0.0, 0.0], &[1.0]).is_err());
    assert!(Gaussian::new(&[f64::NAN], &[1.0]).is_err());
    let [source, _] = pair();
    assert!(source.dual_value(&source, array![[0.0, 0.0]].view(), array![[0.0]].view()).is_err());
    let [flat, deep] = [Array2::zeros((3, 2)), Array2::zeros((3, 3))];
    assert!(source.dual_value(&source, deep.view(), deep.view()).is_err());
    assert!(source.dual_value(&source, flat.view(), Array2::zeros((4, 2)).view()).is_err());
    assert!(source.dual_value(&source, flat.view(), flat.view()).is_ok());
    assert!(source.distance_squared(&Gaussian::new(&[0.0], &[1.0]).unwrap()).is_err());
    let a = array![[0.0], [1.0]];
    assert!(interpolate(a.view(), a.view(), &[0, 2], 4, |t| t).is_err());
    assert!(interpolate(a.view(), a.view(), &[0, 1], 0, |t| t).is_err());
    assert!(action(&[a]).is_err());
}

/// The costs are scaled to integers; their unit must not matter, however small.
#[test]
fn assignment_of_tiny_costs() {
    for unit in [1.0, 1e-300, 1e-320] {
        let found = optimal_assignment(array![[unit, 0.0], [0.0, unit]].view()).unwrap();
        assert_eq!((found.partner, found.cost), (vec![1, 0], 0.0));
    }
}

/// With one cost for all pairs the second sweep of every ε finds nothing to correct. ε is halved from the first power of two
/// times its value that is not below the largest cost.
#[test]
fn sweeps_of_a_constant_cost() {
    for (c, epsilon, levels) in [
        (0.8, 0.1, 4),
        (0.81, 0.1, 5),
        (-1.0, 0.15, 4),
        (1.0, 1.0, 1),
        (1.0, 0.5, 2),
        (0.1, 5.0, 1),
        (0.0, 0.3, 1),
    ] {
        let (a, b) = (array![0.2, 0.5, 0.3], array![0.25, 0.75]);
        let plan = sinkhorn(Array2::from_elem((3, 2), c).view(), &a, &b, epsilon, 1e-9).unwrap();
        assert_eq!(plan.sweeps, 2 * levels, "{c} at {epsilon}");
        // Independent, as nothing is to be gained.
        for ((i, j), mass) in plan.mass.indexed_iter() {
            assert!((mass - a[i] * b[j]).abs() < 1e-14);
        }
        assert!((plan.cost - c).abs() < 1e-14);
    }
}

/// Each argument refused alone, the others in order.
#[test]
fn one_thing_wrong_at_a_time() {
    let says = |error: sdml::Error, text: &str| assert!(error.to_string().contains(text), "{error}");
    let (square, half) = (array![[0.0, 1.0], [1.0, 0.0]], array![0.5, 0.5]);
    let plan = |a: &Array1<f64>, b: &Array1<f64>, epsilon, tolerance| {
        sinkhorn(square.view(), a, b, epsilon, tolerance).unwrap_err()
    };
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        says(plan(&half, &half, bad, 1e-9), "`epsilon` is");
        says(plan(&half, &half, 0.1, bad), "`tolerance` is");
    }
    for weights in [array![0.0, 1.0], array![-0.5, 1.5], array![f64::INFINITY, 0.5], array![0.5, 0.5 + 1e-8]]
    {
        says(plan(&weights, &half, 0.1, 1e-9), "`a` is");
        says(plan(&half, &weights, 0.1, 1e-9), "`b` is");
    }
    says(plan(&array![1.0], &half, 0.1, 1e-9), "`a` is 1, but it must be 2 weights");
    says(plan(&half, &array![1.0], 0.1, 1e-9), "`b` is 1, but it must be 2 weights");
    // Paths whose positions differ in number, in dimension, or are none.
    let at = |rows: usize, columns: usize| Array2::<f64>::zeros((rows, columns));
    for path in [[at(2, 1), at(3, 1)], [at(2, 1), at(2, 2)], [at(0, 1), at(0, 1)]] {
        says(action(&path).unwrap_err(), "`path` is");
    }
    says(action(&[]).unwrap_err(), "`path.len()` is 0");
    let (two, three) = (array![[0.0], [1.0]], array![[0.0], [1.0], [2.0]]);
    for partner in [&[0][..], &[0, 1, 2], &[0, 3]] {
        says(interpolate(two.view(), three.view(), partner, 4, |t| t).unwrap_err(), "`partner` is");
    }
    assert!(interpolate(two.view(), three.view(), &[2, 0], 1, |t| t).is_ok());
    // A covariance with an error of rounding is symmetric, one of a billionth is not.
    assert!(Gaussian::new(&[0.0; 2], &[1.0, 0.2, 0.2 + 1e-13, 1.0]).is_ok());
    says(Gaussian::new(&[0.0; 2], &[1.0, 0.2, 0.2 + 1e-9, 1.0]).unwrap_err(), "`covariance` is");
    says(Gaussian::new(&[0.0; 2], &[1.0, 0.0, 0.0, f64::INFINITY]).unwrap_err(), "finite");
    says(Gaussian::new(&[], &[]).unwrap_err(), "`mean.len()` is 0");
    let [source, target] = pair();
    let [flat, deep] = [DMatrix::identity(2, 2), DMatrix::identity(3, 3)];
    says(source.cost(&target, &deep).unwrap_err(), "2 × 2");
    assert!(source.cost(&target, &flat).is_ok());
    for (matrix, n) in [(&flat, 3), (&deep, 2), (&deep, 3)] {
        assert!(source.monge_ampere_residual(&target, matrix, &DVector::zeros(n)).is_err(), "{n}");
    }
}

/// What is not finite is told, not handed on.
#[test]
fn motions_and_plans_beyond_the_finite() {
    let (a, b) = (array![[0.0], [1.0]], array![[3.0], [4.0]]);
    for progress in [f64::NAN, f64::INFINITY] {
        let error = interpolate(a.view(), b.view(), &[0, 1], 2, |_| progress).unwrap_err().to_string();
        assert!(error.contains("at step 0"), "{error}");
    }
    for place in [f64::NAN, f64::INFINITY, 1e200] {
        let error = action(&[a.clone(), b.clone(), array![[3.0], [place]]]).unwrap_err().to_string();
        assert!(error.contains("at step 1"), "{error}");
    }
    // Rounding the potentials moves them by more than ε: no plan has the marginals.
    let square = array![[0.0, 1.0], [1.0, 0.0]];
    let half = array![0.5, 0.5];
    assert!(sinkhorn(square.view(), &half, &half, 1e-300, 1e-9).is_err());
    assert!(sinkhorn(square.view(), &half, &half, 1e-6, 1e-9).is_ok());
    // The ratio of the costs to ε overflows.
    let error = sinkhorn(array![[0.0, 1e10], [1e10, 0.0]].view(), &half, &half, 1e-300, 1e-9).unwrap_err();
    assert!(error.to_string().contains("epsilon"), "{error}");
}

/// Laws that are nearly flat, or whose coordinates have units far apart: A S_0 Aᵀ = S_1 in the units of S_1, and no root loses
/// half of its digits.
#[test]
fn nearly_degenerate_normal_laws() {
    let law = |covariance: [f64; 4]| Gaussian::new(&[0.0, 0.0], &covariance).unwrap();
    let [round, _] = pair();
    for (covariance, tolerance) in [
        // A correlation of a tenth, in units 10¹⁰ apart: a rounding of one is 10⁻⁶ of the other.
        ([1e-20, 1e-11, 1e-11, 1.0], 1e-4),
        // Eigenvalues 2 and 10⁻⁸, and 2 and 10⁻¹²: S_0 is known to a rounding over the smaller one.
        ([1.0, 1.0 - 1e-8, 1.0 - 1e-8, 1.0], 1e-7),
        ([1.0, 1.0 - 1e-12, 1.0 - 1e-12, 1.0], 1e-3),
    ] {
        let flat = law(covariance);
        let map = flat.optimal_map(&round).unwrap();
        let image = &map * flat.covariance() * map.transpose();
        assert!((image - round.covariance()).amax() < tolerance, "{covariance:?} {map}");
        assert!((&map - map.transpose()).amax() <= 1e-14 * map.amax());
        let size = flat.covariance().trace();
        let itself = flat.distance_squared(&flat).unwrap();
        assert!((0.0..1e-14 * size).contains(&itself), "{covariance:?} {itself}");
    }
    let error = law([1e-200, 0.0, 0.0, 1e200]).optimal_map(&round).unwrap_err().to_string();
    assert!(error.contains("farther from singular"), "{error}");
    // tr S_0 + tr S_1 − 2 tr (S_0^{1/2} S_1 S_0^{1/2})^{1/2} by hand: diagonal, and turned by an eighth of a turn.
    let by_hand = |a: f64, b: f64| (a.sqrt() - 1.0).powi(2) + (b.sqrt() - 3.0).powi(2);
    let turned = |a: f64, b: f64| law([0.5 * (a + b), 0.5 * (a - b), 0.5 * (a - b), 0.5 * (a + b)]);
    let found = turned(1e-10, 4.0).distance_squared(&turned(1.0, 9.0)).unwrap();
    assert!((found - by_hand(1e-10, 4.0)).abs() < 1e-10, "{found}");
    // What is not a number, in a matrix or a point.
    let (nan, unit) = (DMatrix::from_element(2, 2, f64::NAN), DMatrix::identity(2, 2));
    assert!(round.cost(&round, &nan).is_err());
    assert!(round.monge_ampere_residual(&round, &nan, &DVector::zeros(2)).is_err());
    assert!(round.monge_ampere_residual(&round, &unit, &DVector::from_element(2, f64::NAN)).is_err());
}

/// At y = f(x) the potentials add up to |x − y|²; in the mean it does not matter which y belongs to which x, and to send the
/// points elsewhere costs more.
#[test]
fn potentials_are_tight_along_the_map() {
    let source = Gaussian::new(&[0.7, -1.2], &[1.0, 0.3, 0.3, 0.5]).unwrap();
    let [_, target] = pair();
    let map = source.optimal_map(&target).unwrap();
    let a = array![[0.0, 0.4], [1.5, -2.0], [-0.4, -0.3]];
    let mut b = Array2::zeros((3, 2));
    for (x, mut y) in a.rows().into_iter().zip(b.rows_mut()) {
        let image = target.mean() + &map * (DVector::from_vec(x.to_vec()) - source.mean());
        [y[0], y[1]] = [image[0], image[1]];
    }
    let turned = b.select(ndarray::Axis(0), &[1, 2, 0]);
    let [along, across] = [&b, &turned].map(|b| (&a - b).mapv(|x| x * x).sum() / 3.0);
    for b in [&b, &turned] {
        let dual = source.dual_value(&target, a.view(), b.view()).unwrap();
        assert!((dual - along).abs() < 1e-12 && dual < across - 1.0, "{dual} {along} {across}");
    }
}

#[test]
fn every_point_goes_straight_to_its_partner() {
    let (a, b) = (array![[0.0, 1.0], [4.0, -2.0]], array![[8.0, 0.0], [1.0, 3.0], [2.0, 5.0]]);
    let path = interpolate(a.view(), b.view(), &[2, 0], 4, |t| t * t).unwrap();
    // A quarter of the way at half time.
    let exact = [a, array![[0.5, 2.0], [5.0, -1.5]], array![[2.0, 5.0], [8.0, 0.0]]];
    assert_eq!([&path[0], &path[2], &path[4]], exact.each_ref());
}

/// Entries that differ by 10⁻¹² of the largest are the same.
#[test]
fn symmetry_in_any_unit() {
    for unit in [1e-6, 1.0, 1e6] {
        let law = |off: f64| Gaussian::new(&[0.0; 2], &[1.0, 0.2, 0.2 + off, 0.5].map(|entry| entry * unit));
        assert!(law(5e-13).is_ok() && law(2e-12).is_err(), "{unit}");
    }
}

/// A hundredth of the mass goes from one end of a line of four points to the other. At the last ε but one a hundred sweeps are not
/// enough, and the last one begins where they end.
#[test]
fn a_stage_that_does_not_converge_is_left() {
    let cost = Array2::from_shape_fn((4, 4), |(i, j)| (i as f64 - j as f64).abs());
    let (a, b) = (array![0.26, 0.25, 0.25, 0.24], Array1::from_elem(4, 0.25));
    let plan = sinkhorn(cost.view(), &a, &b, 1.0 / 16.0, 1e-9).unwrap();
    let unfit = (plan.mass.sum_axis(ndarray::Axis(1)) - &a).mapv(f64::abs).sum();
    assert!(unfit < 2e-9, "{unfit}");
    // W₁ = 0.03; what goes to and fro at this ε is e^{−2/ε}.
    assert!((plan.cost - 0.03).abs() < 1e-8, "{}", plan.cost);
}
