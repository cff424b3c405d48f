use std::marker::PhantomData;

use super::problems::{Angle, Area, HyperbolicSine, Linear, Pair, Swing};
use crate::check::Check;
use crate::pins::pin;
use sdml::ch1_preliminaries::evolution::{DMatrix, exponential};
use sdml::ch1_preliminaries::sde::{
    Additive, Additive15, Calculus, Diagonal, Equation, EulerMaruyama, General, GeometricBrownian, Grid,
    Heun, Increment, Increments, Ito, ItoForm, Midpoint, Milstein, NoiseKind, Orders, Reading, Reversible,
    ReversibleHeun, Scalar, Scheme, Step, Stratonovich, noise_kind, solve_end,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order, normal};

/// Steps of the finest grid.
const FINE: usize = 1024;
/// How many of them are joined into one step.
const FACTORS: [usize; 4] = [8, 16, 32, 64];
const PATHS: u64 = 500;

/// What the strong orders of one problem are measured with: one row for each scheme.
type Row<const D: usize, const M: usize> = fn(&Increments<M>) -> sdml::Result<[f64; D]>;

/// The fitted strong order of each of `runs` on the same paths, where `solution` is the exact end on the fine grid.
fn strong_orders<const D: usize, const M: usize, const K: usize>(
    seed: u64,
    solution: impl Fn(&Increments<M>) -> sdml::Result<[f64; D]> + Sync,
    runs: [Row<D, M>; K],
) -> [f64; K] {
    let grid = Grid::new(0.0, 1.0, FINE).unwrap();
    let mut errors = [[0.0; FACTORS.len()]; K];
    for (level, factor) in FACTORS.into_iter().enumerate() {
        let buffer = || Increments::<M>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
        let squares = ensemble(&Streams::new(seed, "strong orders"), PATHS, buffer, |noise, stream| {
            noise.resample(stream);
            let (end, coarse) = (solution(noise)?, noise.coarsen(factor)?);
            let mut squares = [0.0; K];
            for (square, run) in squares.iter_mut().zip(runs) {
                *square = run(&coarse)?.iter().zip(&end).map(|(x, end)| (x - end).powi(2)).sum();
            }
            Ok(squares)
        });
        for (errors, moments) in errors.iter_mut().zip(squares.unwrap()) {
            errors[level] = moments.mean().unwrap().mean.sqrt();
        }
    }
    let steps = FACTORS.map(|factor| grid.h() * factor as f64);
    errors.map(|errors| fit_order(&steps, &errors, 0.95).unwrap().order)
}

/// One line of the table: what a scheme declares for a kind of noise, and what was measured.
struct Line {
    scheme: &'static str,
    calculus: &'static str,
    noise: NoiseKind,
    declared: f64,
    measured: f64,
}

fn line<S: Scheme>(_: S, noise: NoiseKind, of: fn(Orders) -> f64, measured: f64) -> Line {
    let declared = of(S::orders(noise).expect("the scheme can be used for this noise"));
    Line { scheme: S::NAME, calculus: S::Calculus::NAME, noise, declared, measured }
}

/// At most 46 characters wide: what a telephone shows.
fn table(lines: &[Line]) -> String {
    let mut table = String::from("scheme          calculus noise    decl. meas.");
    for line in lines {
        table += &format!(
            "\n{:<15} {:<8} {:<8} {:5.1} {:5.2}",
            line.scheme,
            line.calculus.replace("onovich", "."),
            format!("{:?}", line.noise).to_lowercase(),
            line.declared,
            line.measured
        );
    }
    table
}

fn worst(lines: &[Line]) -> f64 {
    lines.iter().map(|line| (line.measured - line.declared).abs()).fold(0.0, f64::max)
}

const SINE: HyperbolicSine = HyperbolicSine(0.5);

#[test]
fn strong_orders_as_declared() {
    let strong = |orders: Orders| orders.strong;
    let mut lines = Vec::new();

    // Additive noise, two Brownian motions for one component; the fine grid by the scheme of order 1.5 is the reference.
    let additive = strong_orders::<1, 2, 6>(
        1,
        |noise| solve_end(Additive15, &Swing(Ito), [0.4], noise),
        [
            |noise| solve_end(EulerMaruyama, &Swing(Ito), [0.4], noise),
            |noise| solve_end(Milstein, &Swing(Ito), [0.4], noise),
            |noise| solve_end(Additive15, &Swing(Ito), [0.4], noise),
            |noise| solve_end(Heun, &Swing(Stratonovich), [0.4], noise),
            |noise| solve_end(Midpoint, &Swing(Stratonovich), [0.4], noise),
            |noise| solve_end(ReversibleHeun, &Swing(Stratonovich), [0.4], noise),
        ],
    );
    let kind = noise_kind(&Swing(Ito));
    lines.push(line(EulerMaruyama, kind, strong, additive[0]));
    lines.push(line(Milstein, kind, strong, additive[1]));
    lines.push(line(Additive15, kind, strong, additive[2]));
    lines.push(line(Heun, kind, strong, additive[3]));
    lines.push(line(Midpoint, kind, strong, additive[4]));
    lines.push(line(ReversibleHeun, kind, strong, additive[5]));

    let scalar = strong_orders::<1, 1, 6>(
        2,
        |noise| Ok([SINE.explicit(1.0, 1.0, noise.total().db[0])]),
        [
            |noise| solve_end(EulerMaruyama, &ItoForm(SINE), [1.0], noise),
            |noise| solve_end(Milstein, &ItoForm(SINE), [1.0], noise),
            |noise| solve_end(Heun, &SINE, [1.0], noise),
            |noise| solve_end(Midpoint, &SINE, [1.0], noise),
            |noise| solve_end(ReversibleHeun, &SINE, [1.0], noise),
            // The wrong version: the scheme for Itô's reading on the increments of the other.
            |noise| solve_end(Heun, &Reading(Stratonovich, ItoForm(SINE)), [1.0], noise),
        ],
    );
    let kind = noise_kind(&SINE);
    lines.push(line(EulerMaruyama, kind, strong, scalar[0]));
    lines.push(line(Milstein, kind, strong, scalar[1]));
    lines.push(line(Heun, kind, strong, scalar[2]));
    lines.push(line(Midpoint, kind, strong, scalar[3]));
    lines.push(line(ReversibleHeun, kind, strong, scalar[4]));
    let misread = line(Heun, kind, strong, scalar[5]);

    const START: [f64; 2] = [0.4, 1.0];
    let diagonal = strong_orders::<2, 2, 5>(
        3,
        |noise| Ok(Pair::explicit(START, 1.0, noise.total().db)),
        [
            |noise| solve_end(EulerMaruyama, &ItoForm(Pair), START, noise),
            |noise| solve_end(Milstein, &ItoForm(Pair), START, noise),
            |noise| solve_end(Heun, &Pair, START, noise),
            |noise| solve_end(Midpoint, &Pair, START, noise),
            |noise| solve_end(ReversibleHeun, &Pair, START, noise),
        ],
    );
    let kind = noise_kind(&Pair);
    lines.push(line(EulerMaruyama, kind, strong, diagonal[0]));
    lines.push(line(Milstein, kind, strong, diagonal[1]));
    lines.push(line(Heun, kind, strong, diagonal[2]));
    lines.push(line(Midpoint, kind, strong, diagonal[3]));
    lines.push(line(ReversibleHeun, kind, strong, diagonal[4]));

    // Columns that do not commute: the fine grid's sum stands for the area.
    let general = strong_orders::<2, 2, 4>(
        4,
        |noise| solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], noise),
        [
            |noise| solve_end(EulerMaruyama, &Area(Ito), [0.0, 0.0], noise),
            |noise| solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], noise),
            |noise| solve_end(Midpoint, &Area(Stratonovich), [0.0, 0.0], noise),
            |noise| solve_end(ReversibleHeun, &Area(Stratonovich), [0.0, 0.0], noise),
        ],
    );
    let kind = noise_kind(&Area(Ito));
    lines.push(line(EulerMaruyama, kind, strong, general[0]));
    lines.push(line(Heun, kind, strong, general[1]));
    lines.push(line(Midpoint, kind, strong, general[2]));
    lines.push(line(ReversibleHeun, kind, strong, general[3]));

    pin("ch1_preliminaries/sde/schemes/strong_orders", table(&lines));
    Check::new(
        "ch1_preliminaries/sde/schemes/strong_orders_as_declared",
        &["r:2", "def:1.10", "eq:1.8"],
        "every scheme has the strong order it declares for every kind of noise: the largest deviation of a fitted order",
        "Heun's scheme on an Itô drift, which converges to another process",
    )
    .samples(format!("{PATHS} shared paths for each kind of noise, steps 2⁻⁷ to 2⁻⁴"))
    .within(
        worst(&lines),
        0.0,
        0.15,
        "the statistical error of a slope over three octaves is 0.04; the next declared order is ½ away",
        (misread.measured - misread.declared).abs(),
    );
}

#[test]
fn missing_area() {
    // ∫ B₁ dB₂ minus its coarse sum: T h/2 for Euler–Maruyama, T h/4 for Heun; the fine grid takes 1/m of either away.
    let (steps, m) = (16, 32);
    let grid = Grid::new(0.0, 1.0, steps * m).unwrap();
    let buffer = || Increments::<2>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [euler, heun] = ensemble(&Streams::new(5, "area"), 20_000, buffer, |noise, stream| {
        noise.resample(stream);
        let coarse = noise.coarsen(m)?;
        let [_, ito] = solve_end(EulerMaruyama, &Area(Ito), [0.0, 0.0], noise)?;
        let [_, stratonovich] = solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], noise)?;
        let [_, euler] = solve_end(EulerMaruyama, &Area(Ito), [0.0, 0.0], &coarse)?;
        let [_, heun] = solve_end(Heun, &Area(Stratonovich), [0.0, 0.0], &coarse)?;
        Ok([(euler - ito).powi(2), (heun - stratonovich).powi(2)])
    })
    .unwrap()
    .map(|moments| moments.mean().unwrap());
    let h = 1.0 / steps as f64;
    let seen = 1.0 - 1.0 / m as f64;
    assert!(euler.z(h / 2.0 * seen).abs() < 4.0);
    Check::new(
        "ch1_preliminaries/sde/schemes/missing_area",
        &["r:2"],
        "for dX₂ = X₁ ∘ dB₂ Heun's mean square error is the variance of the missing area, Th/4",
        "Euler–Maruyama, which misses Th/2",
    )
    .seed(5)
    .samples("20000 paths, 16 steps against 512")
    .statistical(heun, h / 4.0 * seen, euler.mean);
}

#[test]
fn time_integrals_are_needed() {
    // With ΔZ replaced by its mean given ΔB, ½h ΔB, the scheme of order 1.5 is a scheme of order 1.
    let [with, without] = strong_orders::<1, 2, 2>(
        6,
        |noise| solve_end(Additive15, &Swing(Ito), [0.4], noise),
        [
            |noise| solve_end(Additive15, &Swing(Ito), [0.4], noise),
            |noise| {
                let h = noise.grid().h();
                let blind = noise
                    .steps()
                    .iter()
                    .map(|step| Increment { dz: step.db.map(|db| 0.5 * h * db), ..*step });
                solve_end(Additive15, &Swing(Ito), [0.4], &Increments::of(*noise.grid(), blind.collect())?)
            },
        ],
    );
    Check::new(
        "ch1_preliminaries/sde/schemes/time_integrals_are_needed",
        &["r:2"],
        "with the time integrals ΔZ the scheme for additive noise has order 1.5",
        "the same scheme with ΔZ replaced by its mean given ΔB",
    )
    .samples(format!("{PATHS} shared paths"))
    .within(with, 1.5, 0.15, "the statistical error of a slope over three octaves is 0.04", without);
}

#[test]
fn reversible_heun_retraces() {
    let steps = 50;
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let noise = Increments::<1>::sample(grid, &mut Streams::new(7, "reversible").stream(0));
    let h = grid.h();
    let forward = |scheme: fn(Reversible<1>, f64, f64, f64) -> Reversible<1>| {
        let start = Reversible { x: [0.4], companion: [0.4] };
        let mut state = start;
        for (n, step) in noise.steps().iter().enumerate() {
            state = scheme(state, grid.time(n), h, step.db[0]);
        }
        for (n, step) in noise.steps().iter().enumerate().rev() {
            state = scheme(state, grid.time(n + 1), -h, -step.db[0]);
        }
        (state.x[0] - start.x[0]).abs()
    };
    let reversible = forward(|state, t, h, db| {
        ReversibleHeun.step(&SINE, state, t, h, &Increment { db: [db], dz: [0.0] })
    });
    let heun = forward(|state, t, h, db| {
        let x = Heun.step(&SINE, state.x, t, h, &Increment { db: [db], dz: [0.0] });
        Reversible { x, companion: x }
    });
    Check::new(
        "ch1_preliminaries/sde/schemes/reversible_heun_retraces",
        &["r:2"],
        "reversible Heun run back on the same increments returns to its start",
        "Heun's scheme run back",
    )
    .seed(7)
    .samples("one path of 50 steps")
    .within(reversible, 0.0, 1e-12, "rounding, amplified over 100 steps", heun);
}

/// Points of the grid on the circle of angles, for each coordinate of the state.
type Points = [usize; 2];

/// Fourier interpolation on n equidistant points of the circle: the weight of each point in the value at `x`.
fn cardinal(n: usize, x: f64) -> Vec<f64> {
    let weight = |j: usize| {
        let d = 0.5 * (x - std::f64::consts::TAU * j as f64 / n as f64);
        // For odd n: sin(nd) / (n sin d).
        if d.sin().abs() < 1e-14 { 1.0 } else { (n as f64 * d).sin() / (n as f64 * d.sin()) }
    };
    (0..n).map(weight).collect()
}

/// Nodes and weights of the trapezoidal rule in a standard normal variable.
fn normal_nodes() -> Vec<(f64, f64)> {
    (-14..=14).map(|k| f64::from(k) * 0.5).map(|z| (z, 0.5 * normal::density(z))).collect()
}

/// E f(X_N) from X_0 = `x` for a step on the circle, to rounding: u ← E u(step), by the trapezoidal rule in the normal
/// variables and Fourier interpolation in the state. The second coordinate is how far a companion is ahead, 0 at
/// the start; schemes without one use one point there.
fn expectation(
    points: Points,
    steps: usize,
    step: impl Fn([f64; 2], f64, f64, f64) -> [f64; 2],
    with_dz: bool,
    x: f64,
) -> f64 {
    let [n, m] = points;
    let h = 1.0 / steps as f64;
    let nodes = normal_nodes();
    let at = |n: usize, j: usize| std::f64::consts::TAU * j as f64 / n as f64;
    let mut transfer = vec![0.0; (n * m) * (n * m)];
    for i in 0..n * m {
        let state = [at(n, i / m), at(m, i % m)];
        let row = &mut transfer[i * n * m..(i + 1) * n * m];
        for &(z_1, w_1) in &nodes {
            let db = h.sqrt() * z_1;
            let inner: &[(f64, f64)] = if with_dz { &nodes } else { &[(0.0, 1.0)] };
            for &(z_2, w_2) in inner {
                let dz = 0.5 * h * db + h * (h / 12.0).sqrt() * z_2;
                let [x, y] = step(state, h, db, dz);
                let (first, second) = (cardinal(n, x), cardinal(m, y));
                for (row, first) in row.chunks_exact_mut(m).zip(&first) {
                    row.iter_mut().zip(&second).for_each(|(row, second)| *row += w_1 * w_2 * first * second);
                }
            }
        }
    }
    let mut u: Vec<f64> = (0..n * m).map(|i| at(n, i / m).cos()).collect();
    for _ in 0..steps {
        u = transfer.chunks_exact(n * m).map(|row| row.iter().zip(&u).map(|(p, u)| p * u).sum()).collect();
    }
    let (first, second) = (cardinal(n, x), cardinal(m, 0.0));
    (0..n * m).map(|i| first[i / m] * second[i % m] * u[i]).sum()
}

/// E cos X(1) from X_0 = `x`: Kolmogorov's backward equation ∂_t u = b u′ + ½σ²u″ with the Itô drift, Fourier
/// collocation on 31 points and Runge–Kutta's method in time.
fn kolmogorov<E: Equation<1, 1, Calculus = Ito>>(equation: &E, x: f64) -> f64 {
    const N: usize = 31;
    let at = |j: usize| std::f64::consts::TAU * j as f64 / N as f64;
    let derivative = |i: usize, j: usize| {
        // The derivative at point i of the cardinal function of point j.
        let d = 0.5 * (at(i) - at(j));
        if i == j { 0.0 } else { 0.5 * (-1f64).powi((i + N - j) as i32 + 1) / d.sin() }
    };
    let d: Vec<[f64; N]> = (0..N).map(|i| std::array::from_fn(|j| derivative(i, j))).collect();
    let times = |d: &[[f64; N]], u: &[f64]| -> Vec<f64> {
        d.iter().map(|row| row.iter().zip(u).map(|(d, u)| d * u).sum()).collect()
    };
    let rate = |u: &[f64]| -> Vec<f64> {
        let first = times(&d, u);
        let second = times(&d, &first);
        (0..N)
            .map(|i| {
                let (b, s) = (equation.drift(&[at(i)], 0.0)[0], equation.diffusion(&[at(i)], 0.0)[0][0]);
                b * first[i] + 0.5 * s * s * second[i]
            })
            .collect()
    };
    let add =
        |u: &[f64], c: f64, k: &[f64]| -> Vec<f64> { u.iter().zip(k).map(|(u, k)| u + c * k).collect() };
    let mut u: Vec<f64> = (0..N).map(|j| at(j).cos()).collect();
    let (steps, h) = (200, 1.0 / 200.0);
    for _ in 0..steps {
        let k_1 = rate(&u);
        let k_2 = rate(&add(&u, 0.5 * h, &k_1));
        let k_3 = rate(&add(&u, 0.5 * h, &k_2));
        let k_4 = rate(&add(&u, h, &k_3));
        for i in 0..N {
            u[i] += h / 6.0 * (k_1[i] + 2.0 * k_2[i] + 2.0 * k_3[i] + k_4[i]);
        }
    }
    cardinal(N, x).iter().zip(&u).map(|(c, u)| c * u).sum()
}

const X_0: f64 = 0.9;
const STEPS: [usize; 3] = [64, 128, 256];

/// The fitted weak order of a scheme for an equation on the circle, without any sampling.
fn weak_order<S, E>(scheme: S, equation: &E, exact: f64) -> f64
where
    S: Step<E, 1, 1, State<1> = [f64; 1]>,
    E: Equation<1, 1>,
{
    let step = |[x, _]: [f64; 2], h: f64, db: f64, dz: f64| {
        [scheme.step(equation, [x], 0.0, h, &Increment { db: [db], dz: [dz] })[0], 0.0]
    };
    fitted(|steps| expectation([31, 1], steps, step, S::TIME_INTEGRALS, X_0) - exact)
}

fn reversible_weak_order<E: Equation<1, 1, Calculus = Stratonovich>>(equation: &E, exact: f64) -> f64 {
    // In x and x̂ − x, since a step takes the mode (k, l) of x and x̂ to (k + 2l, −l).
    let step = |[x, ahead]: [f64; 2], h: f64, db: f64, _: f64| {
        let state = Reversible { x: [x], companion: [x + ahead] };
        let next = ReversibleHeun.step(equation, state, 0.0, h, &Increment { db: [db], dz: [0.0] });
        [next.x[0], next.companion[0] - next.x[0]]
    };
    fitted(|steps| expectation([25, 15], steps, step, false, X_0) - exact)
}

/// Where linear equations start.
const CORNER: [f64; 2] = [1.0, 0.5];

/// The second moments x_i x_j of a point.
fn squared(x: &[f64]) -> DMatrix<f64> {
    let x = DMatrix::from_column_slice(x.len(), 1, x);
    x.kronecker(&x)
}

/// E X₁(1)² for a linear equation, whose second moments obey a linear differential equation.
fn second_moment<E: Equation<2, 2, Calculus = Ito>>(equation: &E) -> f64 {
    let matrix = |image: &dyn Fn([f64; 2]) -> [f64; 2]| {
        let [left, right] = [image([1.0, 0.0]), image([0.0, 1.0])];
        DMatrix::from_row_slice(2, 2, &[left[0], right[0], left[1], right[1]])
    };
    let (identity, b) = (DMatrix::<f64>::identity(2, 2), matrix(&|x| equation.drift(&x, 0.0)));
    let mut rate = b.kronecker(&identity) + identity.kronecker(&b);
    for j in [0, 1] {
        let column = matrix(&|x| equation.diffusion(&x, 0.0).map(|row| row[j]));
        rate += column.kronecker(&column);
    }
    (exponential(&rate).unwrap() * squared(&CORNER))[0]
}

/// E X₁² after so many steps that are linear in their state of K numbers: the second moments are multiplied by the mean
/// of M ⊗ M over both normal variables, M being the matrix of the step.
fn stepped_moment<const K: usize>(
    start: [f64; K],
    steps: usize,
    step: impl Fn([f64; K], f64, [f64; 2]) -> [f64; K],
) -> f64 {
    let h = 1.0 / steps as f64;
    let nodes = normal_nodes();
    let mut transfer = DMatrix::<f64>::zeros(K * K, K * K);
    for &(z_1, w_1) in &nodes {
        for &(z_2, w_2) in &nodes {
            let db = [h.sqrt() * z_1, h.sqrt() * z_2];
            let unit = |k: usize| std::array::from_fn(|i| f64::from(u8::from(i == k)));
            let columns: [[f64; K]; K] = std::array::from_fn(|k| step(unit(k), h, db));
            let matrix = DMatrix::from_fn(K, K, |i, k| columns[k][i]);
            transfer += matrix.kronecker(&matrix) * (w_1 * w_2);
        }
    }
    let mut moments = squared(&start);
    for _ in 0..steps {
        moments = &transfer * moments;
    }
    moments[0]
}

/// The fitted weak order of a scheme for a linear equation in the plane, without any sampling.
fn linear_weak_order<S, E>(scheme: S, equation: &E, exact: f64) -> f64
where
    S: Step<E, 2, 2, State<2> = [f64; 2]>,
    E: Equation<2, 2>,
{
    let step =
        |x: [f64; 2], h: f64, db: [f64; 2]| scheme.step(equation, x, 0.0, h, &Increment { db, dz: [0.0; 2] });
    fitted(|steps| stepped_moment(CORNER, steps, step) - exact)
}

fn linear_reversible_weak_order<E>(equation: &E, exact: f64) -> f64
where
    E: Equation<2, 2, Calculus = Stratonovich>,
{
    let step = |[x_1, x_2, y_1, y_2]: [f64; 4], h: f64, db: [f64; 2]| {
        let state = Reversible { x: [x_1, x_2], companion: [y_1, y_2] };
        let next = ReversibleHeun.step(equation, state, 0.0, h, &Increment { db, dz: [0.0; 2] });
        [next.x[0], next.x[1], next.companion[0], next.companion[1]]
    };
    let [x_1, x_2] = CORNER;
    fitted(|steps| stepped_moment([x_1, x_2, x_1, x_2], steps, step) - exact)
}

fn fitted(error: impl Fn(usize) -> f64) -> f64 {
    let errors = STEPS.map(|steps| error(steps).abs());
    fit_order(&STEPS.map(|steps| 1.0 / steps as f64), &errors, 0.95).unwrap().order
}

#[test]
fn weak_orders_as_declared() {
    let weak = |orders: Orders| orders.weak;
    let mut lines = Vec::new();

    let ito: Angle<Ito, Additive> = Angle { s: 0.7, m: 0.0, reading: PhantomData };
    let stratonovich: Angle<Stratonovich, Additive> = Angle { s: 0.7, m: 0.0, reading: PhantomData };
    let kind = noise_kind(&ito);
    let exact = kolmogorov(&ito, X_0);
    lines.push(line(EulerMaruyama, kind, weak, weak_order(EulerMaruyama, &ito, exact)));
    lines.push(line(Milstein, kind, weak, weak_order(Milstein, &ito, exact)));
    lines.push(line(Additive15, kind, weak, weak_order(Additive15, &ito, exact)));
    let heun = weak_order(Heun, &stratonovich, exact);
    lines.push(line(Heun, kind, weak, heun));
    let midpoint = weak_order(Midpoint, &stratonovich, exact);
    lines.push(line(Midpoint, kind, weak, midpoint));
    lines.push(line(ReversibleHeun, kind, weak, reversible_weak_order(&stratonovich, exact)));

    let stratonovich: Angle<Stratonovich, Scalar> = Angle { s: 0.7, m: 0.3, reading: PhantomData };
    let ito = ItoForm(stratonovich);
    let kind = noise_kind(&ito);
    let exact = kolmogorov(&ito, X_0);
    lines.push(line(EulerMaruyama, kind, weak, weak_order(EulerMaruyama, &ito, exact)));
    lines.push(line(Milstein, kind, weak, weak_order(Milstein, &ito, exact)));
    lines.push(line(Heun, kind, weak, weak_order(Heun, &stratonovich, exact)));
    lines.push(line(Midpoint, kind, weak, weak_order(Midpoint, &stratonovich, exact)));
    lines.push(line(ReversibleHeun, kind, weak, reversible_weak_order(&stratonovich, exact)));

    let drift = [[-0.5, 0.8], [0.3, -0.2]];
    let columns = [[[0.5, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.7]]];
    let stratonovich: Linear<Diagonal> = Linear { drift, columns, noise: PhantomData };
    let ito = ItoForm(stratonovich);
    let kind = noise_kind(&ito);
    let exact = second_moment(&ito);
    lines.push(line(EulerMaruyama, kind, weak, linear_weak_order(EulerMaruyama, &ito, exact)));
    lines.push(line(Milstein, kind, weak, linear_weak_order(Milstein, &ito, exact)));
    lines.push(line(Heun, kind, weak, linear_weak_order(Heun, &stratonovich, exact)));
    lines.push(line(Midpoint, kind, weak, linear_weak_order(Midpoint, &stratonovich, exact)));
    lines.push(line(ReversibleHeun, kind, weak, linear_reversible_weak_order(&stratonovich, exact)));

    // Columns that do not commute.
    let columns = [[[0.4, 0.3], [-0.2, 0.1]], [[0.0, 0.5], [0.3, -0.3]]];
    let stratonovich: Linear<General> = Linear { drift, columns, noise: PhantomData };
    let ito = ItoForm(stratonovich);
    let kind = noise_kind(&ito);
    let exact = second_moment(&ito);
    lines.push(line(EulerMaruyama, kind, weak, linear_weak_order(EulerMaruyama, &ito, exact)));
    lines.push(line(Heun, kind, weak, linear_weak_order(Heun, &stratonovich, exact)));
    lines.push(line(Midpoint, kind, weak, linear_weak_order(Midpoint, &stratonovich, exact)));
    lines.push(line(ReversibleHeun, kind, weak, linear_reversible_weak_order(&stratonovich, exact)));

    pin("ch1_preliminaries/sde/schemes/weak_orders", table(&lines));
    Check::new(
        "ch1_preliminaries/sde/schemes/weak_orders_as_declared",
        &["r:2"],
        "every scheme has the weak order it declares: the largest deviation of an order fitted to exact expectations",
        "the midpoint rule with the weak order 2 that Heun's scheme has for additive noise",
    )
    .samples("none: expectations by quadrature, steps 1/64 to 1/256")
    .within(
        worst(&lines),
        0.0,
        0.15,
        "the next term of the error is h times the first: at most 0.1 in the slope at these steps",
        (midpoint - heun).abs(),
    );
}

#[test]
fn linear_equations_make_heun_and_midpoint_one() {
    let gbm = GeometricBrownian::new(0.3, 0.5).unwrap();
    let noise = Increment { db: [0.7], dz: [0.0] };
    let heun = Heun.step(&gbm, [1.3], 0.0, 0.2, &noise)[0];
    assert!((heun - Midpoint.step(&gbm, [1.3], 0.0, 0.2, &noise)[0]).abs() < 1e-15);
}
