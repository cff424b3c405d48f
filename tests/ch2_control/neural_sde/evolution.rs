use super::{NEURON, PLANE, apart, axis, reference, smooth, tree};
use crate::check::Check;
use sdml::ch1_preliminaries::evolution::DMatrix;
use sdml::ch1_preliminaries::sde::{
    Dual, Grid, Heun, Increments, Number, Scalar, Stratonovich, solve, solve_end,
};
use sdml::ch2_control::neural_sde::{
    Controlled, Driver, GeometricFamily, Linearized, OneNeuron, Rule, TwoNoises, WithParameters,
};
use sdml::random::Streams;
use sdml::statistics::{ensemble, fit_order};

#[test]
fn exponential_on_a_smooth_path() {
    let model = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let mut path = smooth::<1>(11);
    let [end] = reference(&OneNeuron, (NEURON, [0.0; 4]), ([0.3], [1.0]), &path);
    let noise = path.increments(&Grid::new(0.0, 1.0, 20_000).unwrap()).unwrap();
    let states = solve(Heun, &model, [0.3], &noise).unwrap();
    let linearized = Linearized::new(&model, &states, &noise).unwrap();
    let trapezoid = linearized.exponential(Rule::Trapezoid).unwrap()[(0, 0)];
    let left = linearized.exponential(Rule::Left).unwrap()[(0, 0)];
    // Without the linearization of σ the exponent is that of the drift alone.
    let mute =
        Increments::of(*noise.grid(), vec![sdml::ch1_preliminaries::sde::Increment::ZERO; 20_000]).unwrap();
    let drift =
        Linearized::new(&model, &states, &mute).unwrap().exponential(Rule::Trapezoid).unwrap()[(0, 0)];
    assert!((linearized.forward().pop().unwrap()[(0, 0)] - end.slope).abs() < 1e-8);
    // On a smooth path any rule converges, the left one at first order.
    assert!((left - end.slope).abs() < 1e-3 && (left - end.slope).abs() > 1e-6);
    Check::new(
        "ch2_control/neural_sde/evolution/exponential_on_a_smooth_path",
        &["lem:2.9", "eq:2.14", "eq:2.13"],
        "in one dimension U(T, T₀) is the exponential of the trapezoidal sum: against ∂X(T)/∂x₀ by Runge–Kutta",
        "the exponential of ∫ ∂ₓb dt alone",
    )
    .seed(11)
    .samples("20000 steps")
    .within(trapezoid, end.slope, 1e-8, "the trapezoidal rule and Heun, of order 2, at h = 5e-5", drift);
}

#[test]
fn left_sums_in_the_exponent() {
    // Strong noise: σ″σ is not small.
    let theta = [0.5, 1.0, 0.4, 2.5];
    let model = WithParameters::new(&OneNeuron, theta).unwrap();
    let grid = Grid::new(0.0, 1.0, 2048).unwrap();
    let buffer = || Increments::<1>::sample(grid, &mut Streams::new(0, "buffer").stream(0));
    let [rest, gap] = ensemble(&Streams::new(12, "left sums"), 400, buffer, |noise, stream| {
        noise.resample(stream);
        let states = solve(Heun, &model, [-0.3], noise)?;
        let linearized = Linearized::new(&model, &states, noise)?;
        let [right, left] =
            [Rule::Trapezoid, Rule::Left].map(|rule| linearized.exponential(rule).map(|u| u[(0, 0)].ln()));
        // σ and σ″ by hand.
        let correction = |x: f64| {
            let s = (theta[3] * x).tanh();
            (0.5 + theta[2] * s) * theta[2] * theta[3].powi(2) * -2.0 * s * (1.0 - s * s)
        };
        let correction: f64 = states[1..].iter().map(|[x]| 0.5 * correction(*x) * grid.h()).sum();
        let gap = right? - left?;
        Ok([gap - correction, gap])
    })
    .unwrap();
    Check::new(
        "ch2_control/neural_sde/evolution/left_sums_in_the_exponent",
        &["lem:2.9", "eq:2.14"],
        "on Brownian paths, left sums in the exponent of (2.14) are short by ½∫σ″σ dt",
        "left sums without the correction",
    )
    .seed(12)
    .samples("400 paths of 2048 steps")
    .statistical(rest.mean().unwrap(), 0.0, gap.mean().unwrap().mean);
}

#[test]
fn order_on_brownian_paths() {
    let model = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let fine = Grid::new(0.0, 1.0, 2048).unwrap();
    const LEVELS: [usize; 5] = [128, 64, 32, 16, 8];
    let buffer = || Increments::<1>::sample(fine, &mut Streams::new(0, "buffer").stream(0));
    let squares = ensemble(&Streams::new(13, "exponential order"), 400, buffer, |noise, stream| {
        noise.resample(stream);
        let mut squares = [0.0; LEVELS.len()];
        for (square, factor) in squares.iter_mut().zip(LEVELS) {
            let noise = noise.coarsen(factor)?;
            let states = solve(Heun, &model, [0.3], &noise)?;
            let linearized = Linearized::new(&model, &states, &noise)?;
            let exponential = linearized.exponential(Rule::Trapezoid)?[(0, 0)];
            let solved = linearized.forward()[noise.steps().len()][(0, 0)];
            *square = (exponential - solved).powi(2);
        }
        Ok(squares)
    })
    .unwrap();
    let h: Vec<f64> = LEVELS.iter().map(|factor| *factor as f64 / 2048.0).collect();
    let rms: Vec<f64> = squares.iter().map(|m| m.mean().unwrap().mean.sqrt()).collect();
    let fit = fit_order(&h, &rms, 0.95).unwrap();
    assert!((fit.order - 1.0).abs() < 0.2, "{fit:?}");
}

/// dX = θ₁ cos t X dt + θ₂ (1 + t) X ∘ dB.
struct Seasonal;

impl Controlled<1, 1, 2> for Seasonal {
    type Calculus = Stratonovich;
    type Noise = Scalar;
    fn drift<S: Number>(&self, x: &[S; 1], t: f64, theta: &[S; 2]) -> [S; 1] {
        [theta[0] * x[0] * t.cos()]
    }
    fn diffusion<S: Number>(&self, x: &[S; 1], t: f64, theta: &[S; 2]) -> [[S; 1]; 1] {
        [[theta[1] * x[0] * (1.0 + t)]]
    }
}

#[test]
fn geometric_brownian_motion_again() {
    let theta = [0.3, 0.7];
    let model = WithParameters::new(&GeometricFamily(Stratonovich), theta).unwrap();
    let tree = tree::<1>("u28", 14, 0);
    let noise = tree.cursor().increments(&Grid::new(0.0, 1.0, 128).unwrap()).unwrap();
    let states = solve(Heun, &model, [1.0], &noise).unwrap();
    let u = Linearized::new(&model, &states, &noise).unwrap().exponential(Rule::Trapezoid).unwrap()[(0, 0)];
    let b = tree.at(1.0).unwrap()[0];
    Check::new(
        "ch2_control/neural_sde/evolution/geometric_brownian_motion_again",
        &["u:28", "lem:2.9"],
        "with constant coefficients (2.14) is exp(αT + σB(T)), the solution of Exercise 1.15",
        "exp((α − σ²/2)T + σB(T)), as if the equation were read by Itô",
    )
    .seed(14)
    .within(
        u,
        (theta[0] + theta[1] * b).exp(),
        1e-12,
        "rounding in a sum of 128 terms",
        (theta[0] - 0.5 * theta[1] * theta[1] + theta[1] * b).exp(),
    );
    // With time-dependent ones it is the explicit solution of a linear equation: on a smooth path,
    // ln U = θ₁ sin 1 + θ₂ (2 B(1) − ∫ B dt).
    let mut path = smooth::<1>(15);
    let noise = path.increments(&Grid::new(0.0, 1.0, 20_000).unwrap()).unwrap();
    let model = WithParameters::new(&Seasonal, theta).unwrap();
    let states = solve(Heun, &model, [1.0], &noise).unwrap();
    let u = Linearized::new(&model, &states, &noise).unwrap().exponential(Rule::Trapezoid).unwrap()[(0, 0)];
    let total = noise.total();
    let exact = theta[0] * 1f64.sin() + theta[1] * (2.0 * total.db[0] - total.dz[0]);
    assert!((u.ln() - exact).abs() < 1e-8);
    assert!((states[20_000][0].ln() - exact).abs() < 1e-7);
}

#[test]
fn order_matters_in_two_dimensions() {
    let model = WithParameters::new(&TwoNoises, PLANE).unwrap();
    let mut path = smooth::<2>(16);
    let start = [0.3, -0.2];
    let columns: [[Dual<f64>; 2]; 2] =
        std::array::from_fn(|k| reference(&TwoNoises, (PLANE, [0.0; 4]), (start, axis(k)), &path));
    let exact = DMatrix::from_fn(2, 2, |i, k| columns[k][i].slope);
    let noise = path.increments(&Grid::new(0.0, 1.0, 20_000).unwrap()).unwrap();
    let states = solve(Heun, &model, start, &noise).unwrap();
    let linearized = Linearized::new(&model, &states, &noise).unwrap();
    let ordered = linearized.forward().pop().unwrap();
    let unordered = linearized.exponential(Rule::Trapezoid).unwrap();
    Check::new(
        "ch2_control/neural_sde/evolution/order_matters_in_two_dimensions",
        &["lem:2.9", "eq:2.14", "exr:2.8"],
        "in two dimensions the time-ordered product is ∂X(T)/∂x₀: largest deviation of an entry",
        "the exponential of the integral, (2.14) read with matrices",
    )
    .seed(16)
    .samples("20000 steps")
    .within(
        apart(ordered.as_slice(), exact.as_slice()),
        0.0,
        1e-7,
        "Heun, of order 2, at h = 5e-5",
        apart(unordered.as_slice(), exact.as_slice()),
    );
}

#[test]
fn the_earlier_time() {
    let model = WithParameters::new(&OneNeuron, NEURON).unwrap();
    let tree = tree::<1>("lemma 2.10", 17, 0);
    let grid = Grid::new(0.0, 1.0, 8192).unwrap();
    let noise = tree.cursor().increments(&grid).unwrap();
    let states = solve(Heun, &model, [0.3], &noise).unwrap();
    let linearized = Linearized::new(&model, &states, &noise).unwrap();
    let exact = linearized.exponential(Rule::Trapezoid).unwrap()[(0, 0)] - 1.0;
    let change = |factor| linearized.change_in_earlier_time(factor).unwrap()[(0, 0)];
    Check::new(
        "ch2_control/neural_sde/evolution/the_earlier_time",
        &["lem:2.10"],
        "U(T, T₀) − 1 is the sum of U ∂ₓb dt + U ∂ₓσ ∘ dB over the earlier time of U(T, t)",
        "the printed formula, whose noise carries another dt: only the drift remains",
    )
    .seed(17)
    .samples("one path of 8192 steps")
    .within(
        change(1.0),
        exact,
        5e-3,
        "order 1 in the root mean square, with constant of order 1, and h = 1.2e-4: 40 h",
        change(grid.h()),
    );
}

#[test]
fn composition() {
    // U(T, t) U(t, T₀) = U(T, T₀) at every t, on a smooth path up to the schemes' errors; in the plane, where the order of
    // the factors counts.
    let model = WithParameters::new(&TwoNoises, PLANE).unwrap();
    let noise = smooth::<2>(18).increments(&Grid::new(0.0, 1.0, 20_000).unwrap()).unwrap();
    let states = solve(Heun, &model, [0.3, -0.2], &noise).unwrap();
    let linearized = Linearized::new(&model, &states, &noise).unwrap();
    let (forward, backward) = (linearized.forward(), linearized.backward());
    let whole = &forward[20_000];
    let worst = |product: &dyn Fn(usize) -> DMatrix<f64>| {
        (0..=20_000).step_by(100).map(|n| apart(product(n).as_slice(), whole.as_slice())).fold(0.0, f64::max)
    };
    Check::new(
        "ch2_control/neural_sde/evolution/composition",
        &["u:29", "lem:2.10"],
        "U(T, t) U(t, T₀) = U(T, T₀), as for the evolution operators of Lemma 1.1: largest deviation over t",
        "the factors in the opposite order",
    )
    .seed(18)
    .samples("20000 steps")
    .within(
        worst(&|n| &backward[n] * &forward[n]),
        0.0,
        1e-7,
        "Heun, of order 2, at h = 5e-5",
        worst(&|n| &forward[n] * &backward[n]),
    );
    // Going forward and back along the same solution gives the identity.
    let end = solve_end(Heun, &model, [0.3, -0.2], &noise).unwrap();
    assert_eq!(end, states[20_000]);
    let inverse = forward[20_000].clone().try_inverse().unwrap();
    assert!(apart((&inverse * whole).as_slice(), DMatrix::identity(2, 2).as_slice()) < 1e-12);
}
