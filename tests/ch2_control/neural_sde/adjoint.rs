use super::{NEURON, PLANE, apart, axis, derivative, power, reference, relative, smooth, tree};
use crate::check::Check;
use sdml::ch1_preliminaries::sde::{
    Dual, Grid, Heun, Increments, Ito, Midpoint, NoiseKind, Number, Orders, ReversibleHeun, Scalar, Scheme,
    Step, Stratonovich, StratonovichForm, solve, solve_end,
};
use sdml::ch2_control::neural_sde::{
    Controlled, Driver, Explicit, GeometricFamily, Gradient, LinearFamily, Linearized, OneNeuron,
    PathGradient, Rule, StepGradient, TwoNoises, Vector, WithParameters, adjoint_and_sensitivity,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order};

fn square<const D: usize>(x: &[f64; D]) -> (f64, [f64; D]) {
    (x.iter().map(|x| x * x).sum(), x.map(|x| 2.0 * x))
}

/// The five methods on one path.
fn all<E, const D: usize, const M: usize, const P: usize>(
    problem: &PathGradient<'_, E, D, M, P>,
    steps: usize,
    path: &mut impl Driver<M>,
) -> [(&'static str, Gradient<D, P>); 7]
where
    E: Controlled<D, M, P, Calculus = Stratonovich>,
{
    [
        ("through Heun's steps", problem.through_steps(Heun, path, square).unwrap()),
        ("through the midpoint rule's steps", problem.through_steps(Midpoint, path, square).unwrap()),
        ("sensitivities", problem.sensitivities(Heun, path, square).unwrap()),
        ("stored", problem.stored(path, square).unwrap()),
        ("backward, Heun", problem.backward(Heun, steps, path, square).unwrap()),
        ("backward, midpoint", problem.backward(Midpoint, steps, path, square).unwrap()),
        ("reversible", problem.reversible(path, square).unwrap()),
    ]
}

#[test]
fn one_dimension_on_a_smooth_path() {
    let (steps, mut path) = (20_000, smooth::<1>(21));
    let along = |m: usize| {
        let [x] = reference(&OneNeuron, (NEURON, axis(m)), ([0.3], [0.0]), &path);
        2.0 * x.value * x.slope
    };
    let exact: [f64; 4] = std::array::from_fn(along);
    let [x] = reference(&OneNeuron, (NEURON, [0.0; 4]), ([0.3], [1.0]), &path);
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 1.0, steps).unwrap()).unwrap();
    let mut worst = 0f64;
    for (name, gradient) in all(&problem, steps, &mut path) {
        let deviation = apart(&gradient.parameters, &exact);
        assert!(deviation < 1e-8, "{name}: {deviation:e}");
        assert!((gradient.start[0] - 2.0 * x.value * x.slope).abs() < 1e-8, "{name}");
        worst = worst.max(deviation);
    }
    // (2.10) leaves a(T) open; taken as 1 it gives the gradient of X(T), not of L.
    let open = problem.stored(&mut path, |[x]| (x * x, [1.0])).unwrap();
    Check::new(
        "ch2_control/neural_sde/adjoint/one_dimension_on_a_smooth_path",
        &["thm:2.7", "eq:2.9", "eq:2.10", "eq:2.11", "eq:2.12", "eq:2.13", "eq:2.3"],
        "four derivatives of X(T)² by seven methods, against Runge–Kutta in dual numbers: worst deviation",
        "(2.10) as printed, without a(T) = L′(X(T)): a(T) = 1",
    )
    .seed(21)
    .samples("20000 steps")
    .within(worst, 0.0, 1e-8, "schemes of order 2 at h = 5e-5", apart(&open.parameters, &exact));
}

#[test]
fn general_dimension_on_a_smooth_path() {
    let (steps, mut path) = (20_000, smooth::<2>(22));
    let start = [0.3, -0.2];
    let along = |v, u| {
        let x = reference(&TwoNoises, (PLANE, v), (start, u), &path);
        2.0 * (x[0].value * x[0].slope + x[1].value * x[1].slope)
    };
    let exact: [f64; 4] = std::array::from_fn(|m| along(axis(m), [0.0; 2]));
    let in_start: [f64; 2] = std::array::from_fn(|k| along([0.0; 4], axis(k)));
    let problem = PathGradient::new(&TwoNoises, PLANE, start, Grid::new(0.0, 1.0, steps).unwrap()).unwrap();
    let mut worst = 0f64;
    for (name, gradient) in all(&problem, steps, &mut path) {
        let deviation = apart(&gradient.parameters, &exact).max(apart(&gradient.start, &in_start));
        assert!(deviation < 5e-8, "{name}: {deviation:e}");
        worst = worst.max(deviation);
    }
    // a(T₀) = U(T, T₀)ᵀ ∇L with (2.14) in place of the time-ordered U.
    let model = WithParameters::new(&TwoNoises, PLANE).unwrap();
    let noise = path.increments(&Grid::new(0.0, 1.0, 2000).unwrap()).unwrap();
    let states = solve(Heun, &model, start, &noise).unwrap();
    let u = Linearized::new(&model, &states, &noise).unwrap().exponential(Rule::Trapezoid).unwrap();
    let slope = states[2000].map(|x| 2.0 * x);
    let unordered: [f64; 2] = std::array::from_fn(|k| slope[0] * u[(0, k)] + slope[1] * u[(1, k)]);
    Check::new(
        "ch2_control/neural_sde/adjoint/general_dimension_on_a_smooth_path",
        &["exr:2.8", "thm:2.7"],
        "two dimensions, two noises: six derivatives of |X(T)|² by seven methods, worst deviation from Runge–Kutta",
        "the derivative in the start through the exponential (2.14), without time ordering",
    )
    .seed(22)
    .samples("20000 steps")
    .within(worst, 0.0, 5e-8, "schemes of order 2 at h = 5e-5", apart(&unordered, &in_start));
}

#[test]
fn gradient_of_the_discrete_loss() {
    // Central differences of Chapter 1's solver, which knows nothing of adjoints.
    fn difference<S>(scheme: S, m: usize, noise: &sdml::ch1_preliminaries::sde::Increments<2>) -> f64
    where
        S: for<'a> Step<WithParameters<'a, TwoNoises, 4>, 2, 2>,
    {
        let epsilon = 1e-5;
        let at = |sign: f64| {
            let mut theta = PLANE;
            theta[m] += sign * epsilon;
            let model = WithParameters::new(&TwoNoises, theta).unwrap();
            square(&solve_end(scheme, &model, [0.3, -0.2], noise).unwrap()).0
        };
        (at(1.0) - at(-1.0)) / (2.0 * epsilon)
    }
    let grid = Grid::new(0.0, 1.0, 16).unwrap();
    let tree = tree::<2>("discrete", 23, 0);
    let noise = tree.cursor().increments(&grid).unwrap();
    let problem = PathGradient::new(&TwoNoises, PLANE, [0.3, -0.2], grid).unwrap();
    let path = &mut tree.cursor();
    let heun = problem.through_steps(Heun, path, square).unwrap();
    let midpoint = problem.through_steps(Midpoint, path, square).unwrap();
    let reversible = problem.through_steps(ReversibleHeun, path, square).unwrap();
    let mut worst = 0f64;
    for m in 0..4 {
        worst = worst.max((heun.parameters[m] - difference(Heun, m, &noise)).abs());
        worst = worst.max((midpoint.parameters[m] - difference(Midpoint, m, &noise)).abs());
        worst = worst.max((reversible.parameters[m] - difference(ReversibleHeun, m, &noise)).abs());
    }
    // Forward and reverse mode are the same numbers.
    for (scheme, reverse) in [
        (problem.sensitivities(Heun, path, square), &heun),
        (problem.sensitivities(Midpoint, path, square), &midpoint),
    ] {
        let forward = scheme.unwrap();
        assert!(relative(&forward.parameters, &reverse.parameters) < 1e-13);
        assert!(relative(&forward.start, &reverse.start) < 1e-13);
    }
    let continuous = problem.stored(path, square).unwrap();
    Check::new(
        "ch2_control/neural_sde/adjoint/gradient_of_the_discrete_loss",
        &["exr:2.8", "eq:2.12", "eq:2.13"],
        "through the steps of three schemes with 16 steps: worst deviation from central differences of the discrete loss",
        "the continuous adjoint (2.10) at the same 16 steps",
    )
    .seed(23)
    .samples("one path of 16 steps")
    .within(worst, 0.0, 1e-8, "differences with ε = 1e-5: ε² and 1e-16/ε", apart(&continuous.parameters, &heun.parameters));
}

#[test]
fn reversible_heun_needs_no_memory() {
    let (neuron, plane) = (tree::<1>("memory", 24, 0), tree::<2>("memory", 24, 1));
    let mut worst = 0f64;
    let mut held = Vec::new();
    let mut resolved = 0.0;
    for steps in [100, 1_000, 10_000, 100_000] {
        let grid = Grid::new(0.0, 1.0, steps).unwrap();
        let line = PathGradient::new(&OneNeuron, NEURON, [0.3], grid).unwrap();
        let stored = line.through_steps(ReversibleHeun, &mut neuron.cursor(), square).unwrap();
        let found = line.reversible(&mut neuron.cursor(), square).unwrap();
        worst = worst.max(relative(&found.parameters, &stored.parameters));
        assert_eq!((found.loss, found.end), (stored.loss, stored.end));
        let surface = PathGradient::new(&TwoNoises, PLANE, [0.3, -0.2], grid).unwrap();
        let stored = surface.through_steps(ReversibleHeun, &mut plane.cursor(), square).unwrap();
        let found = surface.reversible(&mut plane.cursor(), square).unwrap();
        worst = worst.max(relative(&found.parameters, &stored.parameters));
        worst = worst.max(relative(&found.start, &stored.start));
        assert_eq!(stored.held, 4 * (steps + 1));
        held.push(found.held);
        if steps == 10_000 {
            let by_adjoint = surface.backward(Heun, steps, &mut plane.cursor(), square).unwrap();
            resolved = relative(&by_adjoint.parameters, &stored.parameters);
            held.push(by_adjoint.held + P_AND_COTANGENTS);
        }
    }
    assert!(held.iter().all(|count| *count == held[0]), "{held:?}");
    Check::new(
        "ch2_control/neural_sde/adjoint/reversible_heun_needs_no_memory",
        &["thm:2.7", "eq:2.11"],
        "the gradient by undoing the steps of reversible Heun equals that of the stored computation, with 100 to 100000 steps: worst relative deviation",
        "the backward system (2.11) by Heun's scheme with 10000 steps",
    )
    .seed(24)
    .samples("10² to 10⁵ steps, one and two dimensions")
    .within(worst, 0.0, 1e-12, "rounding errors of 10⁵ steps that add up at random", resolved);
}

/// The backward system holds 2D + P numbers, reversible Heun 4D + P.
const P_AND_COTANGENTS: usize = 4;

/// Euler's scheme, as if sums were taken at the left end.
#[derive(Clone, Copy)]
struct LeftPoint;

impl Scheme for LeftPoint {
    type Calculus = Stratonovich;
    type State<const D: usize> = [f64; D];
    const NAME: &'static str = "left points";
    fn orders(_: NoiseKind) -> Option<Orders> {
        None
    }
}

impl Explicit for LeftPoint {
    fn advance<V: Vector>(&self, z: &V, t: f64, _h: f64, slope: impl Fn(&V, f64) -> V) -> V {
        z.plus(1.0, &slope(z, t))
    }
}

#[test]
fn gradients_of_geometric_brownian_motion_path_by_path() {
    // X(1) = exp(α + σB(1)): ∂X/∂σ = B(1) X(1).
    let theta = [0.2, 0.6];
    let steps = 4096;
    let family = GeometricFamily(Stratonovich);
    let problem = PathGradient::new(&family, theta, [1.0], Grid::new(0.0, 1.0, steps).unwrap()).unwrap();
    let mut errors = [0.0, 0.0];
    let paths = 32;
    for path in 0..paths {
        let tree = tree::<1>("path by path", 25, path);
        let b = tree.at(1.0).unwrap()[0];
        let x = (theta[0] + theta[1] * b).exp();
        let loss = |x: &[f64; 1]| (x[0], [1.0]);
        let right = problem.backward(Heun, steps, &mut tree.cursor(), loss).unwrap();
        let left = problem.backward(LeftPoint, steps, &mut tree.cursor(), loss).unwrap();
        errors[0] += (right.parameters[1] - b * x).powi(2) / paths as f64;
        errors[1] += (left.parameters[1] - b * x).powi(2) / paths as f64;
    }
    let [right, left] = errors.map(f64::sqrt);
    Check::new(
        "ch2_control/neural_sde/adjoint/gradients_of_geometric_brownian_motion_path_by_path",
        &["thm:2.7", "eq:2.11"],
        "∂X(1)/∂σ of geometric Brownian motion by the backward system is B(1)X(1): rms error over 32 paths",
        "the same system with left-point sums, which converge to another value",
    )
    .seed(25)
    .samples("32 paths of 4096 steps")
    .within(right, 0.0, 5e-3, "strong order 1 with h = 2.4e-4 and a constant of order 10", left);
}

#[test]
fn gradients_of_ornstein_uhlenbeck_path_by_path() {
    // dX = aX dt + s dB from x is linear: X(1) = xeᵃ + s∫e^{a(1−t)} dB, and Heun's X_N = xrᴺ + sΣ r^{N−1−n} q ΔB_n with
    // r = 1 + ah + a²h²/2, q = 1 + ah/2. The derivatives in a and s are sums over the increments of the same path.
    let (theta, x) = ([-2.0, 0.8], 1.5);
    let [a, s]: [f64; 2] = theta;
    let continuous = |noise: &Increments<1>| {
        let (grid, mut sums) = (noise.grid(), [a.exp() * x, 0.0]);
        for (n, step) in noise.steps().iter().enumerate() {
            let left = 1.0 - grid.time(n) - 0.5 * grid.h();
            let carried = (a * left).exp() * step.db[0];
            sums = [sums[0] + s * left * carried, sums[1] + carried];
        }
        sums
    };
    let discrete = |noise: &Increments<1>| {
        let (h, steps) = (noise.grid().h(), noise.steps().len() as i32);
        let (r, q) = (1.0 + a * h + 0.5 * a * a * h * h, 1.0 + 0.5 * a * h);
        let (of_r, of_q) = (h + a * h * h, 0.5 * h);
        let mut sums = [f64::from(steps) * r.powi(steps - 1) * of_r * x, 0.0];
        for (left, step) in (0..steps).rev().zip(noise.steps()) {
            let of_power = f64::from(left) * r.powi(left - 1) * of_r;
            sums[0] += s * (of_power * q + r.powi(left) * of_q) * step.db[0];
            sums[1] += r.powi(left) * q * step.db[0];
        }
        sums
    };
    let family = LinearFamily(Stratonovich);
    let loss = |x: &[f64; 1]| (x[0], [1.0]);
    let levels = [32, 64, 128, 256, 512];
    let names =
        ["through the steps", "stored", "backward", "reversible", "the sign flipped", "without the start"];
    let mut squares = [[[0.0; 5]; 2]; 6];
    for number in 0..100 {
        let tree = tree::<1>("linear path by path", 31, number);
        let path = &mut tree.cursor();
        let exact = continuous(&path.increments(&Grid::new(0.0, 1.0, 1 << 14).unwrap()).unwrap());
        for (level, steps) in levels.into_iter().enumerate() {
            let grid = Grid::new(0.0, 1.0, steps).unwrap();
            let problem = PathGradient::new(&family, theta, [x], grid).unwrap();
            let through = problem.through_steps(Heun, path, loss).unwrap();
            let of_scheme = discrete(&path.increments(&grid).unwrap());
            assert!(apart(&through.parameters, &of_scheme) < 1e-12, "{steps} steps");
            let forward = problem.sensitivities(Heun, path, loss).unwrap();
            assert!(apart(&forward.parameters, &of_scheme) < 1e-12, "{steps} steps");
            // Linear in (x, s): X_N = x ∂X_N/∂x + s ∂X_N/∂s.
            let noise_alone = (through.end[0] - x * through.start[0]) / s;
            assert!((through.parameters[1] - noise_alone).abs() < 1e-12, "{steps} steps");
            let found = [
                through.parameters,
                problem.stored(path, loss).unwrap().parameters,
                problem.backward(Heun, steps, path, loss).unwrap().parameters,
                problem.reversible(path, loss).unwrap().parameters,
                through.parameters.map(|derivative| -derivative),
                [through.parameters[0] - a.exp() * x, through.end[0] / s],
            ];
            for (squares, found) in squares.iter_mut().zip(found) {
                for ((squares, found), exact) in squares.iter_mut().zip(found).zip(exact) {
                    squares[level] += (found - exact).powi(2);
                }
            }
        }
    }
    // Against the integrals all have the strong order 1 of additive noise; the wrong versions keep their distance.
    let h = levels.map(|steps| 1.0 / steps as f64);
    for (k, (name, squares)) in names.into_iter().zip(squares).enumerate() {
        for squares in squares {
            let order = fit_order(&h, &squares.map(f64::sqrt), 0.95).unwrap().order;
            let expected = if k < 4 { 1.0 } else { 0.0 };
            // The rms over 100 paths is known to a fourteenth, which over four octaves is 0.03 of the order.
            assert!((order - expected).abs() < 0.15, "{name}: {order}");
        }
    }
}

#[test]
fn backward_on_another_grid() {
    // The path can be asked at any time, so the way back has a grid of its own; the error is that of the coarser one.
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 1.0, 16_384).unwrap()).unwrap();
    let levels = [32, 64, 128, 256, 512];
    let mut squares = [0.0; 5];
    for path in 0..200 {
        let tree = tree::<1>("another grid", 26, path);
        let exact = problem.through_steps(Heun, &mut tree.cursor(), square).unwrap();
        for (sum, steps) in squares.iter_mut().zip(levels) {
            let gradient = problem.backward(Heun, steps, &mut tree.cursor(), square).unwrap();
            *sum += apart(&gradient.parameters, &exact.parameters).powi(2) / 200.0;
        }
    }
    let h = levels.map(|steps| 1.0 / f64::from(steps as u32));
    let fit = fit_order(&h, &squares.map(f64::sqrt), 0.95).unwrap();
    // On a smooth path the same system has order 2.
    let mut path = smooth::<1>(27);
    let exact = problem.through_steps(Heun, &mut path, square).unwrap();
    let errors = levels.map(|steps| {
        apart(&problem.backward(Heun, steps, &mut path, square).unwrap().parameters, &exact.parameters)
    });
    let on_smooth = fit_order(&h, &errors, 0.95).unwrap();
    Check::new(
        "ch2_control/neural_sde/adjoint/backward_on_another_grid",
        &["thm:2.7", "eq:2.11"],
        "the gradient by the backward system on a coarser grid than the way there: order 1 in the rms over Brownian paths",
        "the order on a smooth path, 2",
    )
    .seed(26)
    .samples("200 paths, 32 to 512 steps back")
    .within(fit.order, 1.0, 0.25, "the fit's interval over four octaves", on_smooth.order);
}

#[test]
fn products_are_constant() {
    let steps = 8192;
    let problem = PathGradient::new(&OneNeuron, NEURON, [0.3], Grid::new(0.0, 1.0, steps).unwrap()).unwrap();
    let tree = tree::<1>("products", 28, 0);
    let rows = adjoint_and_sensitivity(&problem, &mut tree.cursor(), square).unwrap();
    let spread = |value: &dyn Fn(usize) -> f64| {
        (0..=steps).map(|n| (value(n) / value(steps) - 1.0).abs()).fold(0.0, f64::max)
    };
    Check::new(
        "ch2_control/neural_sde/adjoint/products_are_constant",
        &["thm:2.7"],
        "a(t)h(t) does not change along a path: largest relative change",
        "a(t) alone",
    )
    .seed(28)
    .samples("one path of 8192 steps")
    .within(
        spread(&|n| rows[n].adjoint[0] * rows[n].sensitivity[0]),
        0.0,
        5e-3,
        "strong order 1 with h = 1.2e-4: 40 h",
        spread(&|n| rows[n].adjoint[0]),
    );
    // The adjoint of the whole is the derivative in the start.
    let gradient = problem.stored(&mut tree.cursor(), square).unwrap();
    assert_eq!(gradient.start, rows[0].adjoint);
}

/// dX = θ₁ sin(3t) X dt + θ₂ cos(2t) X ∘ dB: coefficients that change with time.
pub struct Seasonal;

impl Controlled<1, 1, 2> for Seasonal {
    type Calculus = Stratonovich;
    type Noise = sdml::ch1_preliminaries::sde::Scalar;
    fn drift<S: Number>(&self, x: &[S; 1], t: f64, theta: &[S; 2]) -> [S; 1] {
        [theta[0] * x[0] * (3.0 * t).sin()]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], t: f64, theta: &[S; 2]) -> [[S; 1]; 1] {
        [[theta[1] * x[0] * (2.0 * t).cos()]]
    }
}

#[test]
fn products_are_constant_in_changing_seasons() {
    let steps = 2048;
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let problem = PathGradient::new(&Seasonal, [0.9, 0.7], [1.2], grid).unwrap();
    let rows = adjoint_and_sensitivity(&problem, &mut smooth::<1>(3), square).unwrap();
    // Step by step one is the transpose of the other.
    let end = rows[steps].adjoint[0] * rows[steps].sensitivity[0];
    for row in &rows {
        assert!((row.adjoint[0] * row.sensitivity[0] / end - 1.0).abs() < 1e-12, "{row:?}");
    }
    // And the sensitivity at the end is that of the differential equation.
    let [exact] = reference(&Seasonal, ([0.9, 0.7], [0.0; 2]), ([1.2], [1.0]), &smooth::<1>(3));
    assert!((rows[steps].sensitivity[0] - exact.slope).abs() < 1e-4 * exact.slope.abs());
}

#[test]
fn steps_are_pulled_back_at_their_times() {
    // Two steps of ¼ from time ¼ on: the derivatives of the discrete loss in both parameters and the start, and what was held.
    let grid = Grid::new(0.25, 0.75, 2).unwrap();
    let run = |scheme: usize, theta: [f64; 2], start: f64| {
        let problem = PathGradient::new(&Seasonal, theta, [start], grid).unwrap();
        let path = &mut smooth::<1>(3);
        match scheme {
            0 => problem.through_steps(Heun, path, square),
            1 => problem.through_steps(Midpoint, path, square),
            2 => problem.through_steps(ReversibleHeun, path, square),
            _ => problem.reversible(path, square),
        }
        .unwrap()
    };
    let difference = |loss: &dyn Fn(f64) -> f64| (loss(1e-5) - loss(-1e-5)) / 2e-5;
    // Three states of one or two numbers; or a state and its cotangent, of two numbers each, and the gradient.
    for (scheme, held) in [3, 3, 6, 6].into_iter().enumerate() {
        let found = run(scheme, [0.9, 0.7], 1.2);
        let exact = [
            difference(&|by| run(scheme, [0.9 + by, 0.7], 1.2).loss),
            difference(&|by| run(scheme, [0.9, 0.7 + by], 1.2).loss),
            difference(&|by| run(scheme, [0.9, 0.7], 1.2 + by).loss),
        ];
        let all = [found.parameters[0], found.parameters[1], found.start[0]];
        assert!(relative(&all, &exact) < 1e-7, "{scheme}: {all:?}, not {exact:?}");
        assert_eq!(found.held, held);
    }
}

#[test]
fn backward_in_changing_seasons() {
    // Without noise X = x₀ exp(θ₁ ∫ sin 3t dt), until a time at which the integral still grows.
    let (theta, start, end): (f64, f64, f64) = (0.9, 1.2, 0.5);
    let grid = Grid::new(0.0, end, 64).unwrap();
    let problem = PathGradient::new(&Seasonal, [theta, 0.0], [start], grid).unwrap();
    let integral = (1.0 - (3.0 * end).cos()) / 3.0;
    let exact = (start * (theta * integral).exp()).powi(2);
    for gradient in [
        problem.backward(Heun, 64, &mut smooth::<1>(3), square).unwrap(),
        problem.backward(Midpoint, 64, &mut smooth::<1>(3), square).unwrap(),
    ] {
        assert!((gradient.parameters[0] / (2.0 * integral * exact) - 1.0).abs() < 1e-3, "{gradient:?}");
        assert!((gradient.start[0] / (2.0 * exact / start) - 1.0).abs() < 1e-3, "{gradient:?}");
    }
}

/// The mean over paths of the pathwise gradient of X(1)², through Heun's steps.
fn mean_gradient<E>(family: &E, theta: [f64; 2], steps: usize, seed: u64) -> [sdml::statistics::Moments; 2]
where
    E: Controlled<1, 1, 2, Calculus = Stratonovich> + Sync,
{
    let problem = PathGradient::new(family, theta, [1.0], Grid::new(0.0, 1.0, steps).unwrap()).unwrap();
    let streams = Streams::new(seed, "mean gradient");
    ensemble(
        &streams,
        40_000,
        || (),
        |(), stream| {
            // The stream's first number names the tree.
            let path = (stream.uniform() * 2f64.powi(52)) as u64;
            let tree = sdml::ch1_preliminaries::brownian::BrownianTree::<1>::new(1.0, 6, &streams, path)?;
            Ok(problem.through_steps(Heun, &mut tree.cursor(), square)?.parameters)
        },
    )
    .unwrap()
}

#[test]
fn expected_gradient_of_ornstein_uhlenbeck() {
    // One step of Heun: X ← (1 + ah + a²h²/2) X + σ (1 + ah/2) ΔB.
    let (theta, steps) = ([-2.0, 0.8], 2);
    let h = 1.0 / steps as f64;
    let second_moment = |[a, sigma]: [Dual<f64>; 2]| {
        let r = a * h + a * a * (0.5 * h * h) + 1.0;
        let s = sigma * (a * (0.5 * h) + 1.0);
        (0..steps).fold(Dual::from(1.0), |m, _| r * r * m + s * s * h)
    };
    // E X(1)² = e^{2a} + σ² (e^{2a} − 1)/(2a).
    let process =
        |[a, sigma]: [Dual<f64>; 2]| (a * 2.0).exp() + sigma * sigma * ((a * 2.0).exp() - 1.0) / (a * 2.0);
    let gradient = mean_gradient(&LinearFamily(Stratonovich), theta, steps, 29);
    let sigma = gradient[1].mean().unwrap();
    assert!(sigma.z(derivative(theta, 1, second_moment)).abs() < 4.0);
    Check::new(
        "ch2_control/neural_sde/adjoint/expected_gradient_of_ornstein_uhlenbeck",
        &["thm:2.7", "eq:2.3"],
        "the mean pathwise gradient is the derivative of the discrete E X_N², here in a of dX = aX dt + σ dB with 2 steps",
        "the derivative of the process's E X(1)²",
    )
    .seed(29)
    .samples("40000 paths of 2 steps")
    .statistical(gradient[0].mean().unwrap(), derivative(theta, 0, second_moment), derivative(theta, 0, process));
}

#[test]
fn both_readings_of_geometric_brownian_motion() {
    // Heun multiplies by 1 + v + v²/2, v = αh + σΔB, whose square has the mean below; read by Itô, α = μ − σ²/2.
    let (theta, steps) = ([0.4, 0.5], 16);
    let h = 1.0 / steps as f64;
    let second_moment = |alpha: Dual<f64>, sigma: Dual<f64>| {
        let (m, s) = (alpha * h, sigma * sigma * h);
        let (v2, v3) = (m * m + s, m * m * m + m * s * 3.0);
        let v4 = power(m, 4) + m * m * s * 6.0 + s * s * 3.0;
        power(m * 2.0 + v2 * 2.0 + v3 + v4 * 0.25 + 1.0, steps)
    };
    let ito = |[mu, sigma]: [Dual<f64>; 2]| second_moment(mu - sigma * sigma * 0.5, sigma);
    let converted = mean_gradient(&StratonovichForm(GeometricFamily(Ito)), theta, steps, 30);
    // At the same law, with the drift's share of σ left out: the Stratonovich family differentiated at fixed α.
    let alpha = theta[0] - 0.5 * theta[1] * theta[1];
    let fixed = mean_gradient(&GeometricFamily(Stratonovich), [alpha, theta[1]], steps, 30);
    let in_fixed = derivative([alpha, theta[1]], 1, |[alpha, sigma]| second_moment(alpha, sigma));
    assert!(fixed[1].mean().unwrap().z(in_fixed).abs() < 4.0);
    assert!(converted[0].mean().unwrap().z(derivative(theta, 0, ito)).abs() < 4.0);
    Check::new(
        "ch2_control/neural_sde/adjoint/both_readings_of_geometric_brownian_motion",
        &["u:27", "thm:2.7"],
        "an Itô equation is converted first; the gradient in σ then contains that of the new drift μ − σ²/2",
        "the conversion without ∂_θ(σσ′)/2 in the gradient",
    )
    .seed(30)
    .samples("40000 paths of 16 steps")
    .statistical(converted[1].mean().unwrap(), derivative(theta, 1, ito), fixed[1].mean().unwrap().mean);
}

/// dX = (1 + (2/n)|X|^{n/2}) ∘ dB. With n = 3 σ has one continuous derivative, |x|^{1/2} with the sign of x, whose own is
/// infinite at 0.
struct Bent(i32);

impl Controlled<1, 1, 0> for Bent {
    type Calculus = Stratonovich;
    type Noise = Scalar;

    fn drift<S: Number>(&self, _x: &[S; 1], _t: f64, _theta: &[S; 0]) -> [S; 1] {
        [S::from(0.0)]
    }

    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, _theta: &[S; 0]) -> [[S; 1]; 1] {
        let fourth_root = x[0].powi(2 * self.0).sqrt().sqrt();
        [[fourth_root * (2.0 / f64::from(self.0)) + 1.0]]
    }
}

#[test]
fn one_derivative_is_not_enough() {
    // Beside the bend: dual numbers would divide 0 by 0 at it.
    let start = [1e-9];
    let times = [4, 5, 6, 7, 8].map(|k| 0.25f64.powi(k));
    // E h(T) − 1 from the same normal variables for all times.
    let excess = |bent: &Bent, time: f64| {
        let model = WithParameters::new(bent, []).unwrap();
        let grid = Grid::new(0.0, time, 16).unwrap();
        let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
        let [excess] = ensemble(&Streams::new(31, "one derivative"), 1000, buffer, |noise, stream| {
            noise.resample(stream);
            let states = solve(Heun, &model, start, noise)?;
            let h = Linearized::new(&model, &states, noise)?.exponential(Rule::Trapezoid)?[(0, 0)];
            Ok([h - 1.0])
        })
        .unwrap();
        excess.mean().unwrap().mean
    };
    let power = |bent: &Bent| fit_order(&times, &times.map(|time| excess(bent, time)), 0.95).unwrap().order;
    Check::new(
        "ch2_control/neural_sde/adjoint/one_derivative_is_not_enough",
        &["thm:2.7", "lem:2.9"],
        "from 0 the sensitivity h of dX = (1 + ⅔|X|^{3/2}) ∘ dB, whose σ″ is infinite there, has a mean that leaves 1 like a power of T",
        "σ = 1 + X²/2 with a finite σ″: the mean moves by a drift, in proportion to T",
    )
    .seed(31)
    .samples("1000 paths of 16 steps, T from 4⁻⁴ to 4⁻⁸")
    .within(power(&Bent(3)), 0.75, 0.01, "the next term of the mean is 1.2 % of the first at the longest time", power(&Bent(4)));
}

#[test]
fn every_scheme_pulls_back_its_own_step() {
    // ⟨a, ∂Ψ/∂x u⟩ from pull_back against a difference of Chapter 1's step.
    let model = WithParameters::new(&TwoNoises, PLANE).unwrap();
    let (x, db, t, h) = ([0.4, -0.3], [0.2, -0.15], 0.3, 0.1);
    let noise = sdml::ch1_preliminaries::sde::Increment { db, dz: [0.0; 2] };
    let mut unused = [0.0; 4];
    let pulled = Midpoint.pull_back(&model, &x, (t, h), &db, &[1.0, 0.0], &mut unused);
    for k in 0..2 {
        let moved = |sign: f64| {
            let mut x = x;
            x[k] += sign * 1e-6;
            Midpoint.step(&model, x, t, h, &noise)[0]
        };
        assert!((pulled[k] - (moved(1.0) - moved(-1.0)) / 2e-6).abs() < 1e-9);
    }
}

/// Coefficients at one point, by hand.
#[test]
fn examples_are_as_printed() {
    let (x, y, t) = (0.8f64, -0.6f64, 0.3f64);
    let theta = [0.7, 1.2, 0.6, -0.9];
    let close = |found: f64, exact: f64| assert!((found - exact).abs() < 1e-15, "{found} {exact}");
    let all = |found: &[f64], exact: &[f64]| {
        assert_eq!(found.len(), exact.len());
        found.iter().zip(exact).for_each(|(found, exact)| close(*found, *exact));
    };
    all(&TwoNoises.drift(&[x, y], t, &theta), &[-0.7 * x + 1.2 * y.tanh(), -1.2 * x - y / 2.0 + t.cos()]);
    let [first, second] = TwoNoises.diffusion(&[x, y], t, &theta);
    all(&first, &[0.5 * y.cos(), 0.6 * y]);
    all(&second, &[-0.9 * x, 0.5 * x.sin()]);
    all(&OneNeuron.drift(&[x], t, &theta), &[0.7 * (1.2 * x).tanh()]);
    all(&OneNeuron.diffusion(&[x], t, &theta)[0], &[0.5 + 0.6 * (-0.9 * x).tanh()]);
}
