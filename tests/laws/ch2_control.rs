use ndarray::{Array2, ArrayView2, ArrayViewMut2};
use proptest::collection::vec;
use proptest::prelude::*;
use sdml::ch1_preliminaries::sde::Number;
use sdml::ch2_control::backprop::{Activation, Jet, Map, Mlp, Mode, Pass, jacobian};
use sdml::ch2_control::neural_ode::{
    FixedStep, Gradient, Method, NetworkField, Stages, Tableau, VectorField, terminal,
};
use sdml::ch2_control::neural_sde::{Driver, SmoothPath};
use sdml::ch2_control::qubit::{Grape, Pulse, Qubit, bloch, fidelity};
use sdml::random::Streams;

use crate::{cases, distance};

/// A network of any shape, its parameters, and the seed of what it is fed with.
fn network() -> impl Strategy<Value = (Mlp, Vec<f64>, u64)> {
    let smooth = prop::sample::select(vec![
        Activation::Tanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Sine,
    ]);
    (vec(1..9usize, 2..5), smooth, 0..1000u64).prop_map(|(sizes, activation, seed)| {
        let mlp = Mlp::new(&sizes, activation).unwrap();
        let theta = mlp.initial(&mut Streams::new(seed, "law").stream(0));
        (mlp, theta, seed)
    })
}

fn random(rows: usize, columns: usize, seed: u64, purpose: &str) -> Array2<f64> {
    let mut stream = Streams::new(seed, purpose).stream(0);
    Array2::from_shape_simple_fn((rows, columns), || stream.normal())
}

fn inner<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| a * b).sum()
}

proptest! {
    #![proptest_config(cases(128))]

    /// ⟨c, Jv⟩ = ⟨Jᵀc, v⟩: what pulls back is the transpose of what pushes forward, for networks of any shape.
    #[test]
    fn pull_back_is_the_transpose((mlp, theta, seed) in network(), points in 1..6usize) {
        let (d, m) = (mlp.inputs(), mlp.outputs());
        let [x, v] = ["x", "v"].map(|purpose| random(points, d, seed, purpose));
        let c = random(points, m, seed, "c");
        let mut pass = Pass::new();
        let jet = ndarray::concatenate![ndarray::Axis(0), x, v];
        mlp.forward_jet(&theta, Jet { tangents: 1, laplacian: false }, jet.view(), &mut pass).unwrap();
        let pushed = inner(&c, pass.output().rows().into_iter().skip(points).flatten());
        let mut gradient = vec![0.0; mlp.parameters()];
        mlp.forward(&theta, x.view(), &mut pass).unwrap();
        mlp.pull_back(&theta, &mut pass, c.view(), &mut gradient).unwrap();
        let pulled = inner(pass.input_cotangent(), &v);
        prop_assert!((pushed - pulled).abs() < 1e-12 * (1.0 + pushed.abs()), "{pushed} {pulled}");
        let [forward, reverse] = [Mode::Forward, Mode::Reverse]
            .map(|mode| mlp.jacobian(&theta, x.view(), mode, &mut pass).unwrap());
        prop_assert!(distance(&forward, &reverse) < 1e-12);
    }

    /// Second derivatives are symmetric, ⟨u, Hv⟩ = ⟨v, Hu⟩, and the Laplacian is the trace of H.
    #[test]
    fn hessians_are_symmetric((mlp, theta, seed) in network()) {
        let (d, m) = (mlp.inputs(), mlp.outputs());
        let (x, w) = (random(1, d, seed, "x"), random(1, m, seed, "w"));
        let mut pass = Pass::new();
        let mut hessian = Array2::zeros((d, d));
        for k in 0..d {
            let mut unit = Array2::zeros((1, d));
            unit[[0, k]] = 1.0;
            let column = mlp.hessian_vector(&theta, x.view(), w.view(), unit.view(), &mut pass).unwrap();
            hessian.column_mut(k).assign(&column.row(0));
        }
        prop_assert!(distance(&hessian, hessian.t()) < 1e-12);
        let laplacian = inner(&w, &mlp.laplacian(&theta, x.view(), &mut pass).unwrap());
        prop_assert!((hessian.diag().sum() - laplacian).abs() < 1e-12);
    }
}

/// A field on ℝ² that depends on time.
fn field(seed: u64) -> (NetworkField, Vec<f64>) {
    let mlp = Mlp::new(&[3, 5, 2], Activation::Tanh).unwrap();
    let theta = mlp.initial(&mut Streams::new(seed, "field").stream(0));
    (NetworkField::new(mlp).unwrap(), theta)
}

proptest! {
    #![proptest_config(cases(48))]

    /// The gradient of the discrete loss, taken backwards through the steps, is the derivative along any direction of
    /// (z_0, θ), whatever the scheme and the interval; and a recorded pass and checkpoints give one gradient.
    #[test]
    fn adjoint_of_the_steps(
        seed in 0..1000u64,
        steps in 1..9usize,
        start in -1.0..1.0f64,
        length in 0.2..2.0f64,
        kind in 0..3usize,
    ) {
        let (field, theta) = field(seed);
        let tableau = Tableau::ALL[kind];
        let scheme = FixedStep::new(tableau, start, start + length, steps).unwrap();
        let (z, c) = (random(3, 2, seed, "z"), random(3, 2, seed, "c"));
        let value = |z: &Array2<f64>, theta: &[f64]| {
            let mut end = z.clone();
            let mut tape = Default::default();
            let slope = |t: f64, y: ArrayView2<f64>, out: ArrayViewMut2<f64>| {
                field.value(y, t, theta, &mut tape, out)
            };
            scheme.solve(&mut end, &mut Stages::default(), slope, |_, _, _| ()).unwrap();
            inner(&c, &end)
        };
        let gradients = [Method::recorded(steps), Method::checkpointed(steps)].map(|method| {
            let mut solver = Gradient::new(scheme, method).unwrap();
            let mut gradient = vec![0.0; theta.len()];
            let mut loss = terminal(steps, |z: ArrayView2<f64>, mut a: ArrayViewMut2<f64>| {
                a.assign(&c);
                inner(&c, z)
            });
            let value = solver.evaluate(&field, &theta, z.view(), &mut loss, &mut gradient).unwrap();
            (value, gradient, solver.at_start().unwrap().to_owned())
        });
        let [(loss, gradient, at_start), (_, again, _)] = &gradients;
        prop_assert!((loss - value(&z, &theta)).abs() < 1e-12 && distance(gradient, again) < 1e-12);
        let (dz, mut stream) = (random(3, 2, seed, "dz"), Streams::new(seed, "dθ").stream(0));
        let along: Vec<f64> = theta.iter().map(|_| stream.normal()).collect();
        let at = |h: f64| {
            let theta: Vec<f64> = theta.iter().zip(&along).map(|(w, v)| w + h * v).collect();
            value(&(&z + &(h * &dz)), &theta)
        };
        let h = 1e-3;
        let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
        let exact = inner(gradient, &along) + inner(at_start, &dz);
        prop_assert!((exact - difference).abs() < 1e-7 * (1.0 + exact.abs()), "{exact} {difference}");
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// A pulse turns the Bloch sphere: norms stay 1, the fidelity is the height of the vector, and pulses compose.
    #[test]
    fn pulses_are_rotations(
        omega in 0.0..3.0f64,
        values in vec(-2.0..2.0f64, 1..12),
        horizon in 0.1..6.0f64,
    ) {
        let qubit = Qubit::new(omega, 2.0).unwrap();
        let end = qubit.end(&Pulse::equal(horizon, &values).unwrap()).unwrap();
        let [x, y, z] = bloch(&end);
        prop_assert!((x * x + y * y + z * z - 1.0).abs() < 1e-13);
        prop_assert!((fidelity(&end) - 0.5 * (1.0 - z)).abs() < 1e-13);
        let step = |u: f64, tau: f64| qubit.step(u, tau);
        let state = [end[0], end[1]];
        let whole = step(values[0], horizon).apply(&state);
        let halves = step(values[0], 0.4 * horizon).apply(&step(values[0], 0.6 * horizon).apply(&state));
        prop_assert!((whole[0] - halves[0]).norm() + (whole[1] - halves[1]).norm() < 1e-13);
        let back = step(values[0], horizon).apply_adjoint(&whole);
        prop_assert!((back[0] - state[0]).norm() + (back[1] - state[1]).norm() < 1e-13);
    }

    /// GRAPE's gradient against differences, for any splitting and any pulse.
    #[test]
    fn gradient_of_a_pulse(omega in 0.0..3.0f64, values in vec(-2.0..2.0f64, 1..8), horizon in 0.1..6.0f64) {
        let grape = Grape::new(Qubit::new(omega, 2.0).unwrap(), horizon, values.len()).unwrap();
        let mut gradient = vec![0.0; values.len()];
        grape.gradient(&values, &mut gradient).unwrap();
        for (k, exact) in gradient.iter().enumerate() {
            let at = |h: f64| {
                let mut values = values.clone();
                values[k] += h;
                grape.gradient(&values, &mut vec![0.0; values.len()]).unwrap()
            };
            let h = 1e-3;
            let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            prop_assert!((exact - difference).abs() < 1e-8);
        }
    }
}

/// Every function that a tape and a dual number know, at x > 0.
struct Elementary(i32);

impl Map for Elementary {
    fn inputs(&self) -> usize {
        1
    }
    fn outputs(&self) -> usize {
        11
    }
    fn apply<S: Number>(&self, x: &[S]) -> Vec<S> {
        let x = x[0];
        let powers = [x.powi(self.0), x.powi(0)];
        let functions = [x.exp(), x.ln(), x.sqrt(), x.sin(), x.cos(), x.tanh()];
        let one = S::from(1.0);
        let mut all = vec![one / x, (x - 3.0) * x + 0.4, -x / 4.0 - x * x];
        all.extend(powers);
        all.extend(functions);
        all
    }
}

proptest! {
    #![proptest_config(cases(64))]

    /// Both modes know the derivatives of the elementary functions.
    #[test]
    fn elementary_derivatives(x in 0.1..3.0f64, n in -4..6i32) {
        let exact = [
            -1.0 / (x * x), 2.0 * x - 3.0, -0.25 - 2.0 * x,
            f64::from(n) * x.powi(n - 1), 0.0,
            x.exp(), 1.0 / x, 0.5 / x.sqrt(), x.cos(), -x.sin(), 1.0 / x.cosh().powi(2),
        ];
        for mode in [Mode::Forward, Mode::Reverse] {
            let slopes = jacobian(&Elementary(n), &[x], mode).unwrap();
            for (slope, exact) in slopes.iter().zip(exact) {
                prop_assert!((slope - exact).abs() < 1e-13 * (1.0 + exact.abs()), "{mode:?}: {slope} {exact}");
            }
            // The derivative of x⁰ is 0 also at 0.
            let at_zero = jacobian(&Elementary(2), &[0.0], mode).unwrap();
            prop_assert_eq!(at_zero[[3, 0]], 0.0);
            prop_assert_eq!(at_zero[[4, 0]], 0.0);
        }
    }

    /// A smooth path of another horizon is the same path on another scale, √T B(t/T), and its rate is its slope.
    #[test]
    fn smooth_paths_scale(
        horizon in 0.2..5.0f64,
        terms in 1..9usize,
        seed in 0..1000u64,
        share in 0.01..0.99f64,
    ) {
        let stream = || Streams::new(seed, "smooth").stream(0);
        let path = |horizon| SmoothPath::<2>::sample(horizon, terms, &mut stream()).unwrap();
        let (mut unit, mut scaled) = (path(1.0), path(horizon));
        let t = share * horizon;
        let image = unit.at(share).unwrap().map(|b| horizon.sqrt() * b);
        prop_assert!(distance(&scaled.at(t).unwrap(), &image) < 1e-12);
        let image = unit.rate(share).unwrap().map(|b| b / horizon.sqrt());
        prop_assert!(distance(&scaled.rate(t).unwrap(), &image) < 1e-11);
        let h = 1e-5 * horizon;
        let (after, before) = (unit.at(share + 1e-5).unwrap(), unit.at(share - 1e-5).unwrap());
        let slope = [0, 1].map(|j| (after[j] - before[j]) * horizon.sqrt() / (2.0 * h));
        prop_assert!(distance(&scaled.rate(t).unwrap(), &slope) < 1e-5 * (1.0 + 1.0 / horizon));
        // Every term starts at 0 and ends with slope 0.
        prop_assert!(distance(&scaled.rate(horizon).unwrap(), &[0.0; 2]) < 1e-11);
        prop_assert_eq!(scaled.at(0.0).unwrap(), [0.0; 2]);
    }
}

proptest! {
    #![proptest_config(cases(16))]

    /// One workspace serves every scheme, one after the other.
    #[test]
    fn stages_serve_any_scheme(seed in 0..1000u64, order in Just([0usize, 1, 2, 1, 0]).prop_shuffle()) {
        let (field, theta) = field(seed);
        let end = |kind: usize, stages: &mut Stages| {
            let scheme = FixedStep::new(Tableau::ALL[kind], 0.0, 1.0, 3).unwrap();
            let (mut z, mut tape) = (random(3, 2, seed, "z"), Default::default());
            let slope = |t: f64, y: ArrayView2<f64>, out: ArrayViewMut2<f64>| {
                field.value(y, t, &theta, &mut tape, out)
            };
            scheme.solve(&mut z, stages, slope, |_, _, _| ()).unwrap();
            z
        };
        let mut shared = Stages::default();
        for kind in order {
            prop_assert_eq!(end(kind, &mut shared), end(kind, &mut Stages::default()));
        }
    }
}
