//! Evolution operators, splittings and Duhamel's principle (Section 1.2).

use std::f64::consts::PI;

use sdml::Result;
use sdml::ch1_preliminaries::evolution::*;
use sdml::statistics::fit_order;

use crate::check::Check;
use crate::quadrature::nodes;

type Real = DMatrix<f64>;

fn matrix<const N: usize>(rows: [[f64; N]; N]) -> Real {
    DMatrix::from_row_slice(N, N, rows.as_flattened())
}

/// dY/dt = L(t) Y from s to t by the classical Runge–Kutta method, extrapolated from `steps` and twice as many.
fn runge_kutta<T: Scalar>(
    l: impl Fn(f64) -> DMatrix<T>,
    start: &DMatrix<T>,
    t: f64,
    s: f64,
    steps: usize,
) -> DMatrix<T> {
    let real = T::from_real;
    let solve = |steps: usize| {
        let h = (t - s) / steps as f64;
        (0..steps).fold(start.clone(), |y, k| {
            let r = s + k as f64 * h;
            let [early, middle, late] = [l(r), l(r + 0.5 * h), l(r + h)];
            let k1 = &early * &y;
            let k2 = &middle * (&y + &k1 * real(0.5 * h));
            let k3 = &middle * (&y + &k2 * real(0.5 * h));
            let k4 = &late * (&y + &k3 * real(h));
            y + (k1 + (k2 + k3) * real(2.0) + k4) * real(h / 6.0)
        })
    };
    let (coarse, fine) = (solve(steps), solve(2 * steps));
    (fine * real(16.0) - coarse) * real(1.0 / 15.0)
}

/// The order fitted to the errors of `approximation` with N = `first`, 2 `first`, … 16 `first` steps.
fn order<T: Scalar>(
    exact: &DMatrix<T>,
    first: usize,
    approximation: impl Fn(usize) -> Result<DMatrix<T>>,
) -> f64 {
    let steps: Vec<usize> = (0..5).map(|k| first << k).collect();
    let h: Vec<f64> = steps.iter().map(|&n| 1.0 / n as f64).collect();
    let errors: Vec<f64> = steps.iter().map(|&n| (approximation(n).unwrap() - exact).norm()).collect();
    fit_order(&h, &errors, 0.95).unwrap().order
}

/// e^{T(A + B)} for the spring with stiffness 1: a rotation.
fn rotation(t: f64) -> Real {
    matrix([[t.cos(), t.sin()], [-t.sin(), t.cos()]])
}

/// Rounding errors differ between machines: below 10⁻¹³ they count as none.
fn above_rounding(error: f64) -> f64 {
    if error < 1e-13 { 0.0 } else { error }
}

/// An error far above rounding, to six decimals.
fn six_decimals(error: f64) -> f64 {
    (error * 1e6).round() / 1e6
}

fn rabi() -> Rabi {
    Rabi::new(3.0, 0.8, 2.0).unwrap()
}

#[test]
fn exponentials_against_taylor() {
    let mut m = matrix([[0.3, -1.2, 4.0], [2.0, 0.1, -0.7], [-3.0, 1.5, 0.2]]);
    for _ in 0..3 {
        let taylor = (1..200)
            .fold((DMatrix::identity(3, 3), DMatrix::identity(3, 3)), |(sum, term), n| {
                let term: Real = term * &m / f64::from(n);
                (sum + &term, term)
            })
            .0;
        let exponential = exponential(&m).unwrap();
        assert!((&exponential - &taylor).norm() < 1e-12 * taylor.norm().max(1e3), "{exponential}{taylor}");
        m *= 0.1;
    }
    let phase = DMatrix::from_element(2, 2, Complex::new(0.0, 0.5));
    let expected = Complex::from_polar(1.0, 1.0) * 0.5;
    assert!((exponential(&phase).unwrap()[(0, 1)] - (expected - Complex::from(0.5))).norm() < 1e-15);
}

#[test]
fn gauss_nodes_against_the_table() {
    let table = {
        let mut table = nodes(-0.5, 2.0, 1);
        table.sort_by(|a, b| a.0.total_cmp(&b.0));
        table
    };
    for ((r, w), (x, v)) in gauss_legendre(-0.5, 2.0, 8).unwrap().into_iter().zip(table) {
        assert!((r - x).abs() < 1e-14 && (w - v).abs() < 1e-14, "{r} {x} {w} {v}");
    }
}

#[test]
fn closed_forms_against_runge_kutta() {
    for (t, s) in [(2.0, 0.0), (1.5, -1.0), (-0.5, 0.7)] {
        let spring_error =
            runge_kutta(spring, &DMatrix::identity(2, 2), t, s, 400) - spring_propagator(t, s).unwrap();
        assert!(spring_error.norm() < 1e-12, "{spring_error}");
        let rabi_error = runge_kutta(|r| rabi().generator(r), &DMatrix::identity(2, 2), t, s, 400)
            - rabi().propagator(t, s).unwrap();
        assert!(rabi_error.norm() < 1e-11, "{rabi_error}");
    }
    let resonant = Rabi::new(2.0, 0.0, 2.0).unwrap().propagator(1.0, 0.0).unwrap();
    assert!((resonant[(0, 0)] - Complex::from_polar(1.0, -1.0)).norm() < 1e-15);
}

/// ‖(U(t + h, s + k) − U(t − h, s − k))/2 − right‖ with a displacement of 10⁻⁴ in t or in s.
fn derivative_defect(displacement: (f64, f64), right: impl Fn(&Real) -> Real) -> f64 {
    let u = |sign: f64| {
        let (h, k) = (sign * displacement.0, sign * displacement.1);
        magnus_propagator(spring, 1.7 + h, 0.4 + k, 400).unwrap()
    };
    let step = displacement.0 + displacement.1;
    ((u(1.0) - u(-1.0)) / (2.0 * step) - right(&u(0.0))).norm()
}

#[test]
fn lemma_1_1_in_t() {
    let defect = |right: fn(&Real) -> Real| derivative_defect((1e-4, 0.0), right);
    Check::new(
        "ch1_preliminaries/evolution/lemma_1_1_in_t",
        &["lem:1.1", "eq:1.1"],
        "‖dU(t, s)/dt − L(t) U(t, s)‖ by a centred difference, for the stiffening spring",
        "the factors in the other order, U(t, s) L(t)",
    )
    .within(
        defect(|u| spring(1.7) * u),
        0.0,
        1e-7,
        "the difference is off by h²/6 times a third derivative below 20, h = 1e-4",
        defect(|u| u * spring(1.7)),
    );
}

#[test]
fn lemma_1_1_in_s() {
    let defect = |right: fn(&Real) -> Real| derivative_defect((0.0, 1e-4), right);
    Check::new(
        "ch1_preliminaries/evolution/lemma_1_1_in_s",
        &["lem:1.1", "eq:1.1"],
        "‖dU(t, s)/ds + U(t, s) L(s)‖ by a centred difference, for the stiffening spring",
        "the factors in the other order, −L(s) U(t, s)",
    )
    .within(
        defect(|u| -u * spring(0.4)),
        0.0,
        1e-7,
        "the difference is off by h²/6 times a third derivative below 20, h = 1e-4",
        defect(|u| -spring(0.4) * u),
    );
    assert!(defect(|u| u * spring(0.4)) > 0.1, "the sign");
}

/// The product over [0, 2], its factors ordered against time: the ordered product of the time-reversed generator, whose
/// left end points are the right ones.
fn reversed(steps: usize) -> Result<Real> {
    propagator(|r| spring(2.0 - r), 2.0, 0.0, steps, Freezing::Midpoint)
}

#[test]
fn left_point_order() {
    let exact = spring_propagator(2.0, 0.0).unwrap();
    let left = |n| propagator(spring, 2.0, 0.0, n, Freezing::LeftPoint);
    Check::new(
        "ch1_preliminaries/evolution/left_point_order",
        &["u:1", "u:2"],
        "order of the product with L frozen at the left end, against the exact solution",
        "the factors ordered against time, which do not converge: order 0",
    )
    .within(
        order(&exact, 64, left),
        1.0,
        0.02,
        "the slope is off by about the step, 2/64 to 2/1024, times a constant near 1",
        order(&exact, 64, reversed),
    );
}

#[test]
fn left_point_error() {
    // Freezing drops Δt²/2 L' from each exponent, so U_N − U = −(Δt/2) ∫ U(t, r) L'(r) U(r, s) dr + O(Δt²).
    let slope = matrix([[0.0, 0.0], [-1.0, 0.0]]);
    let integral: Real = nodes(0.0, 2.0, 4)
        .into_iter()
        .map(|(r, w)| spring_propagator(2.0, r).unwrap() * &slope * spring_propagator(r, 0.0).unwrap() * w)
        .sum();
    let exact = spring_propagator(2.0, 0.0).unwrap();
    let n = 4096;
    let scaled = |freezing| {
        let error = propagator(spring, 2.0, 0.0, n, freezing).unwrap() - &exact;
        error[(0, 0)] * n as f64
    };
    Check::new(
        "ch1_preliminaries/evolution/left_point_error",
        &["u:2"],
        "N times the error of the first entry, N = 4096: −∫ U(t, r) L'(r) U(r, s) dr for t − s = 2",
        "frozen at the midpoint",
    )
    .within(
        scaled(Freezing::LeftPoint),
        -integral[(0, 0)],
        2e-3,
        "the next term is 1/N times a constant below 8",
        scaled(Freezing::Midpoint),
    );
}

#[test]
fn midpoint_order() {
    let exact = spring_propagator(2.0, 0.0).unwrap();
    let with = |freezing| move |n| propagator(spring, 2.0, 0.0, n, freezing);
    Check::new(
        "ch1_preliminaries/evolution/midpoint_order",
        &["u:2"],
        "order of the product with L frozen at the midpoint",
        "frozen at the left end",
    )
    .within(
        order(&exact, 32, with(Freezing::Midpoint)),
        2.0,
        0.01,
        "an even error expansion: the slope is off by the square of the step",
        order(&exact, 32, with(Freezing::LeftPoint)),
    );
    for freezing in Freezing::ALL {
        let slope = order(&exact, 128, with(freezing));
        assert!((slope - f64::from(freezing.order())).abs() < 0.02, "{freezing:?}: {slope}");
    }
}

#[test]
fn magnus_order() {
    let exact = rabi().propagator(2.0, 0.0).unwrap();
    // The commutator with the wrong sign: the generator run through against time has the same mean.
    let wrong = |n: usize| -> Result<DMatrix<Complex<f64>>> {
        let h = 2.0 / n as f64;
        (0..n).try_fold(DMatrix::identity(2, 2), |u, k| {
            let (from, to) = (k as f64 * h, (k + 1) as f64 * h);
            Ok(magnus_propagator(|r| rabi().generator(from + to - r), to, from, 1)? * u)
        })
    };
    Check::new(
        "ch1_preliminaries/evolution/magnus_order",
        &["u:1"],
        "order of the product with Magnus's commutator, for the driven two-level system",
        "the sign of the commutator turned",
    )
    .within(
        order(&exact, 8, |n| magnus_propagator(|r| rabi().generator(r), 2.0, 0.0, n)),
        4.0,
        0.03,
        "an even error expansion: the slope is off by the square of the step",
        order(&exact, 8, wrong),
    );
}

#[test]
fn reversed_order_stays_away() {
    let exact = spring_propagator(2.0, 0.0).unwrap();
    let identity = DMatrix::identity(2, 2);
    // The ordering against time solves dV/dt = V L(t), so the transpose of V solves an equation of the usual form.
    let against_time = runge_kutta(|r| spring(r).transpose(), &identity, 2.0, 0.0, 400).transpose();
    let chronological = propagator(spring, 2.0, 0.0, 1000, Freezing::Midpoint).unwrap();
    Check::new(
        "ch1_preliminaries/evolution/reversed_order_stays_away",
        &["u:1"],
        "distance from U(2, 0) of the product with its factors ordered against time, N = 1000",
        "the chronological product, which converges",
    )
    .within(
        (reversed(1000).unwrap() - &exact).norm(),
        (against_time - &exact).norm(),
        1e-5,
        "order 2: Δt² = 4e-6 times a constant near 1",
        (chronological - &exact).norm(),
    );
}

#[test]
fn exponential_of_the_integral_stays_away() {
    let exact = spring_propagator(2.0, 0.0).unwrap();
    let integral: Real = gauss_legendre(0.0, 2.0, 4).unwrap().into_iter().map(|(r, w)| spring(r) * w).sum();
    // ∫ L = [[0, 2], [−2, 0]]: a rotation by the angle 2.
    let ordered = magnus_propagator(spring, 2.0, 0.0, 100).unwrap();
    Check::new(
        "ch1_preliminaries/evolution/exponential_of_the_integral_stays_away",
        &["u:1"],
        "distance from U(2, 0) of exp ∫ L(r) dr, which forgets the ordering",
        "the ordered exponential",
    )
    .within(
        (exponential(&integral).unwrap() - &exact).norm(),
        (rotation(2.0) - &exact).norm(),
        1e-10,
        "closed form, far above rounding",
        (ordered - &exact).norm(),
    );
}

#[test]
fn time_ordering() {
    // ½ ∫∫ T(L(r₁) L(r₂)) over both halves of the square; within each the integrand is smooth.
    let half_square = |swapped: bool, product: &dyn Fn(f64, f64) -> Real| -> Real {
        let outer = nodes(0.0, 2.0, 1).into_iter();
        outer
            .flat_map(|(r1, w1)| nodes(0.0, r1, 1).into_iter().map(move |(r2, w2)| (r1, r2, w1 * w2)))
            .map(|(r1, r2, w)| if swapped { product(r2, r1) * w } else { product(r1, r2) * w })
            .sum()
    };
    let second =
        |product: &dyn Fn(f64, f64) -> Real| (half_square(false, product) + half_square(true, product)) * 0.5;
    let ordered = second(&|r1, r2| time_ordered(&[(r1, spring(r1)), (r2, spring(r2))]).unwrap());
    let unordered = second(&|r1, r2| spring(r1) * spring(r2));
    Check::new(
        "ch1_preliminaries/evolution/time_ordering",
        &["u:1"],
        "first entry of ½ ∫∫ T(L(r₁) L(r₂)) dr₁ dr₂ over [0, 2]²: −∫∫_{r₂ < r₁} r₂ = −T³/6",
        "the square without ordering, ½ (∫ L)²",
    )
    .within(ordered[(0, 0)], -8.0 / 6.0, 1e-12, "quadrature exact for polynomials", unordered[(0, 0)]);
    assert!((ordered[(1, 1)] + 8.0 / 3.0).abs() < 1e-12);
    let [a, b, c] = [1.0, 2.0, 3.0].map(|t| (t, spring(t)));
    let product = &c.1 * &b.1 * &a.1;
    for factors in [[a.clone(), b.clone(), c.clone()], [b.clone(), c.clone(), a.clone()], [c, b, a]] {
        assert!((time_ordered(&factors).unwrap() - &product).norm() < 1e-14);
    }
}

#[test]
fn backward_in_time() {
    let forward = propagator(spring, 2.0, 0.0, 50, Freezing::Midpoint).unwrap();
    let backward = |l: fn(f64) -> Real| propagator(l, 0.0, 2.0, 50, Freezing::Midpoint).unwrap();
    let defect = |u: Real| (u * &forward - DMatrix::identity(2, 2)).norm();
    Check::new(
        "ch1_preliminaries/evolution/backward_in_time",
        &["u:1"],
        "‖U(s, t) U(t, s) − 1‖ for s < t, both by 50 midpoints",
        "the factors of U(s, t) in chronological order",
    )
    .within(
        above_rounding(defect(backward(spring))),
        0.0,
        1e-12,
        "rounding",
        six_decimals(defect(backward(|r| spring(2.0 - r)))),
    );
}

#[test]
fn unitarity() {
    let (steps, t) = (100, 5.0);
    let l = |r: f64| rabi().generator(r);
    let defect = |u: DMatrix<Complex<f64>>| (u.adjoint() * &u - DMatrix::identity(2, 2)).norm();
    let dt = t / steps as f64;
    let euler = (0..steps).fold(DMatrix::identity(2, 2), |u: DMatrix<Complex<f64>>, k| {
        &u + l(k as f64 * dt) * &u * Complex::from(dt)
    });
    // H² = (ω²/4 + g²) 1, so each Euler step stretches all lengths by the same factor.
    let stretch = (1.0 + dt * dt * (9.0 / 4.0 + 0.64)).powi(steps);
    let euler = defect(euler);
    assert!((euler - (stretch - 1.0) * 2f64.sqrt()).abs() < 1e-12);
    Check::new(
        "ch1_preliminaries/evolution/unitarity",
        &["u:5"],
        "‖U* U − 1‖ of the product of 100 exponentials, for the driven two-level system to t = 5",
        "explicit Euler steps 1 + Δt L(r) in place of exponentials",
    )
    .within(
        above_rounding(defect(propagator(l, t, 0.0, steps as usize, Freezing::LeftPoint).unwrap())),
        0.0,
        1e-12,
        "rounding of 100 products",
        six_decimals(euler),
    );
    assert!(defect(magnus_propagator(l, t, 0.0, 30).unwrap()) < 1e-12);
    let split = |splitting| {
        let (free, drive) = (|_| rabi().free(), |r| rabi().drive(r));
        split_propagator(free, drive, t, 0.0, 30, splitting, Freezing::Midpoint).unwrap()
    };
    for splitting in [Splitting::Lie, Splitting::Strang, Splitting::Suzuki(4)] {
        assert!(defect(split(splitting)) < 1e-12, "{splitting:?}");
    }
}

/// (step(2/N))ᴺ for the spring with stiffness 1.
fn composed(n: usize, step: impl Fn(&Real, &Real, f64) -> Result<Real>) -> Result<Real> {
    Ok(step(&spring_drift(), &spring_kick(1.0), 2.0 / n as f64)?.pow(n as u32))
}

/// Five Strang steps of equal length.
fn five_equal(a: &Real, b: &Real, dt: f64) -> Result<Real> {
    Ok(Splitting::Strang.step(a, b, 0.2 * dt)?.pow(5))
}

#[test]
fn lie_order() {
    let exact = rotation(2.0);
    Check::new(
        "ch1_preliminaries/evolution/lie_order",
        &["u:2"],
        "order of e^{ΔtA} e^{ΔtB} for e^{Δt(A + B)}",
        "Strang's symmetric product",
    )
    .within(
        order(&exact, 64, |n| composed(n, |a, b, dt| Splitting::Lie.step(a, b, dt))),
        1.0,
        0.01,
        "the slope is off by a constant below 1 times the step, 2/64 to 2/1024",
        order(&exact, 64, |n| composed(n, |a, b, dt| Splitting::Strang.step(a, b, dt))),
    );
}

#[test]
fn lie_error() {
    // e^{ΔtA} e^{ΔtB} = exp(Δt(A + B) + (Δt²/2)[A, B] + …), so U_N − U = (Δt/2) ∫ U(t − r) [A, B] U(r) dr + O(Δt²).
    let (a, b) = (spring_drift(), spring_kick(1.0));
    let commutator = &a * &b - &b * &a;
    let integral: Real =
        nodes(0.0, 2.0, 4).into_iter().map(|(r, w)| rotation(2.0 - r) * &commutator * rotation(r) * w).sum();
    let n = 4096;
    let scaled = |step: &dyn Fn(&Real, &Real, f64) -> Result<Real>| {
        (composed(n, step).unwrap() - rotation(2.0))[(0, 0)] * n as f64
    };
    Check::new(
        "ch1_preliminaries/evolution/lie_error",
        &["u:2"],
        "N times the error of the first entry, N = 4096: ∫ U [A, B] U dr for t − s = 2",
        "the factors swapped, e^{ΔtB} e^{ΔtA}",
    )
    .within(
        scaled(&|a, b, dt| Splitting::Lie.step(a, b, dt)),
        integral[(0, 0)],
        2e-3,
        "the next term is 1/N times a constant below 8",
        scaled(&|a, b, dt| Splitting::Lie.step(b, a, dt)),
    );
}

#[test]
fn strang_order() {
    let exact = rotation(2.0);
    Check::new(
        "ch1_preliminaries/evolution/strang_order",
        &["u:3"],
        "order of e^{ΔtA/2} e^{ΔtB} e^{ΔtA/2}",
        "the same factors with A's halves put together, e^{ΔtA} e^{ΔtB}",
    )
    .within(
        order(&exact, 16, |n| composed(n, |a, b, dt| Splitting::Strang.step(a, b, dt))),
        2.0,
        0.01,
        "an even error expansion: the slope is off by the square of the step",
        order(&exact, 16, |n| composed(n, |a, b, dt| Splitting::Lie.step(a, b, dt))),
    );
}

#[test]
fn suzuki_order() {
    let exact = rotation(2.0);
    Check::new(
        "ch1_preliminaries/evolution/suzuki_order",
        &["u:3"],
        "order of Suzuki's five Strang steps p, p, 1 − 4p, p, p",
        "five Strang steps of length Δt/5",
    )
    .within(
        order(&exact, 8, |n| composed(n, |a, b, dt| Splitting::Suzuki(4).step(a, b, dt))),
        4.0,
        0.02,
        "an even error expansion: the slope is off by the square of the step",
        order(&exact, 8, |n| composed(n, five_equal)),
    );
    let sixth = order(&exact, 2, |n| composed(n, |a, b, dt| Splitting::Suzuki(6).step(a, b, dt)));
    assert!((sixth - 6.0).abs() < 0.1, "{sixth}");
    for splitting in [Splitting::Lie, Splitting::Strang, Splitting::Suzuki(4)] {
        let slope = order(&exact, 16, |n| composed(n, |a, b, dt| splitting.step(a, b, dt)));
        assert!((slope - f64::from(splitting.order())).abs() < 0.05, "{splitting:?}: {slope}");
    }
}

#[test]
fn negative_substep() {
    // The real root of 4p³ + (1 − 4p)³ = 0, by bisection.
    let (mut low, mut high) = (0.3f64, 1.0f64);
    for _ in 0..60 {
        let p = 0.5 * (low + high);
        if 4.0 * p.powi(3) + (1.0 - 4.0 * p).powi(3) > 0.0 { low = p } else { high = p }
    }
    Check::new(
        "ch1_preliminaries/evolution/negative_substep",
        &["u:3"],
        "the middle substep 1 − 4p of Suzuki's fourth order, with 4p³ + (1 − 4p)³ = 0",
        "p = 1/5, for which all substeps point forwards",
    )
    .within(suzuki_fractions(4).unwrap()[2], 1.0 - 4.0 * low, 1e-12, "rounding", 0.2);
    for order in [4, 6, 8] {
        let fractions = suzuki_fractions(order).unwrap();
        assert!((fractions.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!(fractions.iter().map(|f| f.powi(order as i32 - 1)).sum::<f64>().abs() < 1e-15);
        assert!(fractions.iter().any(|&f| f < 0.0));
    }
}

#[test]
fn constant_generator_is_exact() {
    let l = |_| spring(1.0);
    let split = composed(10, |a, b, dt| Splitting::Lie.step(a, b, dt)).unwrap();
    Check::new(
        "ch1_preliminaries/evolution/constant_generator_is_exact",
        &["u:2"],
        "error of the product with frozen time, N = 10, for a generator constant in time",
        "Lie's splitting with as many steps: what the words first-order algorithm suggest",
    )
    .within(
        above_rounding((propagator(l, 2.0, 0.0, 10, Freezing::LeftPoint).unwrap() - rotation(2.0)).norm()),
        0.0,
        1e-12,
        "rounding",
        six_decimals((split - rotation(2.0)).norm()),
    );
}

/// The spring with drift and kick split.
fn split_spring(splitting: Splitting, freezing: Freezing) -> impl Fn(usize) -> Result<Real> {
    move |n| split_propagator(|_| spring_drift(), spring_kick, 2.0, 0.0, n, splitting, freezing)
}

/// Frozen once, at the midpoint of the whole step, and then split.
fn frozen_once(splitting: Splitting) -> impl Fn(usize) -> Result<Real> {
    move |n| {
        let dt = 2.0 / n as f64;
        (0..n).try_fold(DMatrix::identity(2, 2), |u, k| {
            Ok(splitting.step(&spring_drift(), &spring_kick((k as f64 + 0.5) * dt), dt)? * u)
        })
    }
}

#[test]
fn freezing_limits_splitting() {
    let exact = spring_propagator(2.0, 0.0).unwrap();
    Check::new(
        "ch1_preliminaries/evolution/freezing_limits_splitting",
        &["u:2", "u:3"],
        "order of Strang's splitting with time frozen at the left end",
        "order 2, which Strang's splitting has with time frozen at the midpoint",
    )
    .within(
        order(&exact, 128, split_spring(Splitting::Strang, Freezing::LeftPoint)),
        1.0,
        0.02,
        "the slope is off by about the step, 2/128 to 2/2048",
        order(&exact, 128, split_spring(Splitting::Strang, Freezing::Midpoint)),
    );
    Check::new(
        "ch1_preliminaries/evolution/freezing_limits_suzuki",
        &["u:3"],
        "order of Suzuki's splitting with time frozen once in each step, at its midpoint",
        "order 4, which it has with every substep frozen at its own midpoint",
    )
    .within(
        order(&exact, 16, frozen_once(Splitting::Suzuki(4))),
        2.0,
        0.02,
        "an even error expansion: the slope is off by the square of the step",
        order(&exact, 16, split_spring(Splitting::Suzuki(4), Freezing::Midpoint)),
    );
    let lie = order(&exact, 128, split_spring(Splitting::Lie, Freezing::Midpoint));
    assert!((lie - 1.0).abs() < 0.05, "{lie}");
    // With one substep the two ways to freeze are the same.
    let (once, each) = (frozen_once(Splitting::Strang), split_spring(Splitting::Strang, Freezing::Midpoint));
    assert!((once(7).unwrap() - each(7).unwrap()).norm() < 1e-14);
}

/// L_B of the tests of Duhamel's principle, beside L_A = the stiffening spring: friction and a leak that come and go.
fn disturbance(t: f64) -> Real {
    matrix([[-0.3 * t.sin(), 0.2], [0.1, -t.cos()]])
}

/// ρ(r) from ρ(0) = (1, −½).
fn disturbed(r: f64) -> Result<DVector<f64>> {
    let start = DMatrix::from_column_slice(2, 1, &[1.0, -0.5]);
    let rho = runge_kutta(|t| spring(t) + disturbance(t), &start, r, 0.0, 300);
    Ok(rho.column(0).into_owned())
}

#[test]
fn duhamel_identity() {
    let residual = |u_a: fn(f64, f64) -> Result<Real>| {
        let right = duhamel(u_a, disturbance, disturbed, 2.0, 0.0, 16).unwrap();
        (right - disturbed(2.0).unwrap()).norm()
    };
    Check::new(
        "ch1_preliminaries/evolution/duhamel_kernel",
        &["thm:1.2", "eq:1.2"],
        "‖left − right side of (1.2)‖, the integral by Gauss's rule along a Runge–Kutta solution",
        "the kernel U_A(r, s) in place of U_A(t, r)",
    )
    .within(
        residual(spring_propagator),
        0.0,
        1e-8,
        "16 Gauss nodes and the solution both reach 1e-11",
        residual(|t, r| if r == 0.0 { spring_propagator(t, 0.0) } else { spring_propagator(r, 0.0) }),
    );
    let free = spring_propagator(2.0, 0.0).unwrap() * disturbed(0.0).unwrap();
    Check::new(
        "ch1_preliminaries/evolution/duhamel_integral",
        &["thm:1.2", "eq:1.2"],
        "‖left − right side of (1.2)‖, the kernel by the propagator of this section",
        "the integral left out",
    )
    .within(
        residual(|t, r| magnus_propagator(spring, t, r, 200)),
        0.0,
        1e-8,
        "200 Magnus steps reach 1e-10",
        (free - disturbed(2.0).unwrap()).norm(),
    );
}

#[test]
fn integrating_factor() {
    // The derivative of r ↦ U_A(t, r) ρ(r) that the proof integrates.
    let (t, r, h) = (2.0, 0.9, 1e-4);
    let factor = |r: f64| spring_propagator(t, r).unwrap() * disturbed(r).unwrap();
    let slope = (factor(r + h) - factor(r - h)) / (2.0 * h);
    let rest = |l: Real| (&slope - spring_propagator(t, r).unwrap() * l * disturbed(r).unwrap()).norm();
    Check::new(
        "ch1_preliminaries/evolution/integrating_factor",
        &["thm:1.2"],
        "‖d/dr (U_A(t, r) ρ(r)) − U_A(t, r) L_B(r) ρ(r)‖ by a centred difference",
        "L_A + L_B in place of L_B: the factor does not take L_A away",
    )
    .within(
        rest(disturbance(r)),
        0.0,
        1e-7,
        "the difference is off by h²/6 times a third derivative below 20, h = 1e-4",
        rest(spring(r) + disturbance(r)),
    );
}

#[test]
fn dyson_second_term() {
    let (t, start) = (1.5, DVector::from_vec(vec![Complex::from(1.0), Complex::from(0.0)]));
    let terms = dyson_terms(|_| rabi().free(), |r| rabi().drive(r), &start, t, 0.0, 2, 60).unwrap();
    let u_a = |t: f64, r: f64| {
        let phase = Complex::from_polar(1.0, -1.5 * (t - r));
        DMatrix::from_diagonal(&DVector::from_vec(vec![phase, phase.conj()]))
    };
    // U_A(t, r₁) L_B(r₁) U_A(r₁, r₂) L_B(r₂) U_A(r₂, 0) ρ(0) over r₂ < r₁, and over the square.
    let second = |ordered: bool| -> DVector<Complex<f64>> {
        nodes(0.0, t, 2)
            .into_iter()
            .flat_map(|(r1, w1)| {
                nodes(0.0, if ordered { r1 } else { t }, 2).into_iter().map(move |(r2, w2)| (r1, r2, w1 * w2))
            })
            .map(|(r1, r2, w)| {
                let inner = rabi().drive(r2) * u_a(r2, 0.0) * &start;
                u_a(t, r1) * rabi().drive(r1) * u_a(r1, r2) * inner * Complex::from(w)
            })
            .sum()
    };
    Check::new(
        "ch1_preliminaries/evolution/dyson_second_term",
        &["thm:1.2"],
        "real part of the first entry of Dyson's second term, by nested Gauss quadrature over r₂ < r₁",
        "half the integral over the square, which forgets the ordering",
    )
    .within(
        terms[2][0].re,
        second(true)[0].re,
        1e-7,
        "60 Magnus steps reach 1e-8",
        0.5 * second(false)[0].re,
    );
    assert!((&terms[2] - second(true)).norm() < 1e-7);
    assert!((&terms[0] - u_a(t, 0.0) * &start).norm() < 1e-13);
}

#[test]
fn dyson_iterates() {
    let (t, start) = (2.0, DVector::from_vec(vec![Complex::from(1.0), Complex::from(0.0)]));
    let exact = rabi().propagator(t, 0.0).unwrap() * &start;
    let terms = |weight: f64| {
        let drive = move |r| rabi().drive(r) * Complex::from(weight);
        dyson_terms(|_| rabi().free(), drive, &start, t, 0.0, 12, 200).unwrap()
    };
    let error = |terms: &[DVector<Complex<f64>>]| (terms.iter().sum::<DVector<_>>() - &exact).norm();
    let right = terms(1.0);
    // U and U_A are unitary and ‖L_B‖ = g: ‖ρ − ρ_n‖ ≤ (g t)^{n+1}/(n + 1)!.
    let mut bound = 1.0;
    for n in 0..=12 {
        bound *= 0.8 * t / (n + 1) as f64;
        let error = error(&right[..=n]);
        assert!(error <= bound + 1e-9, "{n}: {error} > {bound}");
        // The bound has the right size: Picard's iterates do not converge faster than that by orders of magnitude.
        assert!(n > 8 || error > 0.02 * bound, "{n}: {error} ≪ {bound}");
    }
    Check::new(
        "ch1_preliminaries/evolution/dyson_iterates",
        &["thm:1.2"],
        "‖ρ(2) − 12th iterate of Dyson's series‖ for the driven two-level system",
        "the drive counted twice in every term",
    )
    .within(error(&right), 0.0, 1e-7, "the bound (gt)¹³/13! is 7e-8", error(&terms(2.0)));
}

fn flow(points: usize) -> HeatAdvection {
    HeatAdvection::new(points, 0.05, |x| 1.0 + 0.5 * x.sin()).unwrap()
}

#[test]
fn heat_and_advection_by_hand() {
    let flow = flow(64);
    let wave = flow.sample(|x| (2.0 * x).cos() + (3.0 * x).sin());
    let heat = flow.sample(|x| -0.05 * (4.0 * (2.0 * x).cos() + 9.0 * (3.0 * x).sin()));
    assert!((flow.heat() * &wave - heat).norm() < 1e-11);
    let advection = flow.sample(|x| {
        let (c, dc) = (1.0 + 0.5 * x.sin(), 0.5 * x.cos());
        let (rho, drho) = ((2.0 * x).cos() + (3.0 * x).sin(), -2.0 * (2.0 * x).sin() + 3.0 * (3.0 * x).cos());
        -(dc * rho + c * drho)
    });
    assert!((flow.advection() * &wave - advection).norm() < 1e-11);
    // The wave of the highest frequency, seen at the points as ±1.
    let highest = flow.sample(|x| (32.0 * x).cos());
    assert!((flow.heat() * &highest + 0.05 * 1024.0 * &highest).norm() < 1e-9);
    // Mass is conserved: the columns add to zero.
    for generator in [flow.heat(), flow.advection()] {
        assert!(generator.row_sum().norm() < 1e-10);
    }
    assert_eq!(flow.grid()[16], PI / 2.0);
}

/// The flow on 64 points from a bump, to t = 1.
fn heat_order(first: usize, step: impl Fn(&Real, &Real, f64) -> Result<Real>) -> f64 {
    let flow = flow(64);
    let bump = DMatrix::from_column_slice(64, 1, flow.sample(|x| x.cos().exp()).as_slice());
    let exact = runge_kutta(|_| flow.heat() + flow.advection(), &bump, 1.0, 0.0, 200);
    order(&exact, first, |n| {
        let step = step(flow.heat(), flow.advection(), 1.0 / n as f64)?;
        Ok((0..n).fold(bump.clone(), |rho, _| &step * rho))
    })
}

#[test]
fn heat_advection_lie() {
    Check::new(
        "ch1_preliminaries/evolution/heat_advection_lie",
        &["u:4"],
        "order of Lie's splitting for heat and advection, 64 modes",
        "Strang's symmetric product",
    )
    .within(
        heat_order(16, |a, b, dt| Splitting::Lie.step(a, b, dt)),
        1.0,
        0.03,
        "the slope is off by a constant near 1 times the step, 1/16 to 1/256",
        heat_order(8, |a, b, dt| Splitting::Strang.step(a, b, dt)),
    );
}

#[test]
fn heat_advection_strang() {
    Check::new(
        "ch1_preliminaries/evolution/heat_advection_strang",
        &["u:4"],
        "order of Strang's splitting for heat and advection, 64 modes",
        "the same factors with A's halves put together",
    )
    .within(
        heat_order(8, |a, b, dt| Splitting::Strang.step(a, b, dt)),
        2.0,
        0.03,
        "an even error expansion: the slope is off by the square of the step",
        heat_order(8, |a, b, dt| Splitting::Lie.step(a, b, dt)),
    );
}

#[test]
fn heat_advection_suzuki() {
    Check::new(
        "ch1_preliminaries/evolution/heat_advection_suzuki",
        &["u:4"],
        "order of Suzuki's splitting for heat and advection, 64 modes",
        "five Strang steps of length Δt/5",
    )
    .within(
        heat_order(4, |a, b, dt| Splitting::Suzuki(4).step(a, b, dt)),
        4.0,
        0.1,
        "an even error expansion: the slope is off by the square of the step, 1/4 to 1/64",
        heat_order(4, five_equal),
    );
}

#[test]
fn commuting_parts_split_exactly() {
    let flow = HeatAdvection::new(16, 0.05, |_| 1.0).unwrap();
    let step = Splitting::Lie.step(flow.heat(), flow.advection(), 1.0).unwrap();
    assert!((step - exponential(&(flow.heat() + flow.advection())).unwrap()).norm() < 1e-12);
}

#[test]
fn heat_backward() {
    let growth = |points: usize, time: f64| {
        let u = exponential(&(flow(points).heat() * time)).unwrap();
        u.singular_values().max().ln()
    };
    Check::new(
        "ch1_preliminaries/evolution/heat_backward",
        &["thm:1.2"],
        "log ‖U_A(0, 1)‖ of heat run backward on 32 points: κ(n/2)² = 12.8 and growing with n",
        "U_A(1, 0): forward, where the norm is 1",
    )
    .within(growth(32, -1.0), 0.05 * 256.0, 1e-6, "rounding, multiplied by e^12.8", growth(32, 1.0));
    for (points, mode) in [(8, 4), (16, 8), (24, 12)] {
        let expected = backward_growth(0.05, mode, 1.0).unwrap().ln();
        assert!(
            (growth(points, -1.0) - expected).abs() < 1e-8
                && (expected - 0.05 * f64::from(mode * mode)).abs() < 1e-12
        );
    }
}

#[test]
fn bad_input() {
    let says = |error: sdml::Error, text: &str| assert!(error.to_string().contains(text), "{error}");
    let wide = DMatrix::from_element(2, 3, 1.0);
    let nan = DMatrix::from_element(2, 2, f64::NAN);
    let (two, three) = (DMatrix::<f64>::identity(2, 2), DMatrix::<f64>::identity(3, 3));
    says(exponential(&wide).unwrap_err(), "`matrix` is a 2 × 3 matrix, but it must be square");
    says(exponential(&nan).unwrap_err(), "NaN");
    says(exponential(&DMatrix::<f64>::zeros(0, 0)).unwrap_err(), "0 × 0");
    says(exponential(&(&two * 1e13)).unwrap_err(), "1e12");
    says(exponential(&(&two * 1e3)).unwrap_err(), "`exponential` became inf");
    let left = Freezing::LeftPoint;
    says(propagator(spring, 1.0, 0.0, 0, left).unwrap_err(), "`steps` is 0");
    says(propagator(spring, f64::INFINITY, 0.0, 1, left).unwrap_err(), "`t` is inf");
    says(propagator(spring, 1.0, f64::NAN, 1, left).unwrap_err(), "`s` is NaN");
    says(propagator(|_| wide.clone(), 1.0, 0.0, 2, left).unwrap_err(), "`generator` is a 2 × 3 matrix");
    says(magnus_propagator(|r| spring(1.0 / r), 1.0, -1.0, 0).unwrap_err(), "`steps` is 0");
    let changing = |r: f64| if r < 0.5 { two.clone() } else { three.clone() };
    says(propagator(changing, 1.0, 0.0, 2, left).unwrap_err(), "2 × 2, the size of the others");
    says(magnus_propagator(changing, 1.0, 0.0, 1).unwrap_err(), "2 × 2, the size of the others");
    says(propagator(|_| &two * 400.0, 4.0, 0.0, 4, left).unwrap_err(), "`propagator` became inf at step 1");
    says(time_ordered::<f64>(&[]).unwrap_err(), "factors.len()");
    says(time_ordered(&[(f64::NAN, two.clone())]).unwrap_err(), "NaN");
    says(time_ordered(&[(0.0, two.clone()), (1.0, three.clone())]).unwrap_err(), "the size of the others");
    says(Splitting::Lie.step(&two, &three, 0.1).unwrap_err(), "`b` is a 3 × 3 matrix");
    says(Splitting::Strang.step(&two, &two, f64::NAN).unwrap_err(), "`dt` is NaN");
    says(Splitting::Suzuki(5).step(&two, &two, 0.1).unwrap_err(), "`order` is 5");
    for order in 0..4 {
        says(Splitting::Suzuki(order).step(&two, &two, 0.1).unwrap_err(), &format!("`order` is {order}"));
    }
    let kick = |_: f64| two.clone();
    says(split_propagator(kick, kick, 1.0, 0.0, 0, Splitting::Lie, left).unwrap_err(), "`steps` is 0");
    says(gauss_legendre(0.0, 1.0, 0).unwrap_err(), "`nodes` is 0");
    says(gauss_legendre(0.0, f64::NAN, 1).unwrap_err(), "`t` is NaN");
    says(gauss_legendre(-1e308, 1e308, 1).unwrap_err(), "`t - s` is inf");
    let vector = DVector::from_element(2, 1.0);
    let u_a = |_: f64, _: f64| Ok(two.clone());
    let rho = |r: f64| Ok(DVector::from_element(if r > 0.0 { 3 } else { 2 }, 1.0));
    says(duhamel(u_a, kick, rho, 1.0, 0.0, 2).unwrap_err(), "`rho` is a vector of 3 entries");
    let three_by_three = |_: f64| three.clone();
    says(duhamel(u_a, three_by_three, |_| Ok(vector.clone()), 1.0, 0.0, 2).unwrap_err(), "`l_b`");
    says(dyson_terms(kick, three_by_three, &vector, 1.0, 0.0, 2, 2).unwrap_err(), "`l_b` is a 3 × 3");
    says(dyson_terms(kick, kick, &vector, 1.0, 0.0, 2, 0).unwrap_err(), "`steps` is 0");
    says(dyson_terms(changing, kick, &vector, 1.0, 0.0, 2, 2).unwrap_err(), "the size of the others");
    says(HeatAdvection::new(2, 1.0, |_| 1.0).unwrap_err(), "`points` is 2");
    says(HeatAdvection::new(7, 1.0, |_| 1.0).unwrap_err(), "even");
    says(HeatAdvection::new(8, 0.0, |_| 1.0).unwrap_err(), "`diffusivity` is 0");
    says(HeatAdvection::new(8, 1.0, |x| 1.0 / x).unwrap_err(), "`velocity` is inf");
    says(backward_growth(1.0, 100, 1.0).unwrap_err(), "`growth` became inf at step 0");
    says(Rabi::new(1.0, f64::NAN, 1.0).unwrap_err(), "`g` is NaN");
    says(spring_propagator(4.5, 0.0).unwrap_err(), "`t` is 4.5");
    says(spring_propagator(f64::NAN, 0.0).unwrap_err(), "`t` is NaN");
}
