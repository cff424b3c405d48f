//! Section 3.4: the log-density along a flow, its thin layers, and training with and without data.

use std::ops::Range;

use nalgebra::{DMatrix, Matrix2, Vector2};
use ndarray::{Array1, Array2, ArrayView1, Axis, array};
use sdml::ch1_preliminaries::fokker_planck::double_well;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::backprop::{Activation, Jet, Mlp, Pass, Probe};
use sdml::ch2_control::neural_ode::{BatchGradient, Method, Tableau, VectorField};
use sdml::ch3_flows::coupling::{Potential, Trained, Well};
use sdml::ch3_flows::data::{DataLaw, negative_log_likelihood};
use sdml::ch3_flows::ode_flow::{
    AffineField, Augmented, AugmentedTape, CubicField, FlowField, Layers, NetworkFlow, OdeFlow,
    OdeLikelihood, OdeReverseKl, add_negative_log_likelihood, add_reverse_kl,
};
use sdml::random::Streams;
use sdml::statistics::{Moments, fit_order, normal};

use crate::check::Check;
use crate::coupling::potential::Downhill;

/// A small network as a field, with parameters of its own.
fn network() -> (NetworkFlow, Vec<f64>) {
    let mlp = Mlp::new(&[3, 12, 2], Activation::Tanh).unwrap();
    let theta = mlp.initial(&mut Streams::new(4, "field").stream(0));
    (NetworkFlow::new(mlp).unwrap(), theta.iter().map(|w| 1.5 * w).collect())
}

/// What the cubic field pulls back is the slope of a·F + b ∇·F, of degree three: five points give it without an error but rounding.
#[test]
fn derivative_of_the_cubic_field() {
    let (a, b) = (array![[0.7], [-1.2]], array![-0.4, 2.0]);
    let (y, mut tape) = (array![[0.9], [-1.3]], Array2::zeros((0, 0)));
    let sum = |shift: f64, tape: &mut Array2<f64>| -> Array1<f64> {
        let (mut f, mut divergence) = (Array2::zeros((2, 1)), Array1::zeros(2));
        CubicField.value((&y + shift).view(), 0.0, &[], tape, f.view_mut(), divergence.view_mut()).unwrap();
        &a.column(0) * &f.column(0) + &b * &divergence
    };
    let mut difference = |h: f64| sum(h, &mut tape) - sum(-h, &mut tape);
    let slope = (difference(0.5) * 8.0 - difference(1.0)) / 6.0;
    sum(0.0, &mut tape);
    let mut pulled = Array2::zeros((2, 1));
    CubicField.pull_back(&[], &mut tape, a.view(), b.view(), pulled.view_mut(), &mut []).unwrap();
    for (found, exact) in pulled.iter().zip(&slope) {
        assert!((found - exact).abs() < 1e-13, "{found} {exact}");
    }
}

#[test]
fn trajectories_pass_through_every_step() {
    // dy/dt = −y³ has y(t) = z/√(1 + 2tz²).
    let z = array![[-1.3], [0.0], [0.7], [2.0]];
    let path = OdeFlow::new(CubicField, 0.8, Tableau::RK4, 40).unwrap().trajectories(&[], z.view()).unwrap();
    assert_eq!(path.len(), 41);
    for (n, states) in path.iter().enumerate() {
        let t = 0.02 * n as f64;
        for (z, y) in z.iter().zip(states) {
            // Fourth order in a step of 0.02, with |∂F/∂y| up to 12.
            assert!((y - z / (1.0 + 2.0 * t * z * z).sqrt()).abs() < 1e-5, "{t} {z} {y}");
        }
    }
    // In the plane they end where the points are pushed.
    let (field, theta) = network();
    let flow = OdeFlow::new(field, 1.0, Tableau::RK4, 6).unwrap();
    let z = array![[0.4, -1.0], [-0.2, 0.3], [1.5, 0.0]];
    let path = flow.trajectories(&theta, z.view()).unwrap();
    assert!(path.len() == 7 && path[0] == z);
    let ends = flow.push(&theta, z.view()).unwrap().points;
    assert!((&path[6] - &ends).iter().all(|miss| miss.abs() < 1e-14));
}

#[test]
fn continuity_equation() {
    // p(y, t) comes from the solver; its derivatives from central differences with step ε.
    let log_p = |y: f64, t: f64| {
        let flow = OdeFlow::new(CubicField, t, Tableau::RK4, 400).unwrap();
        flow.log_density(&[], array![[y]].view()).unwrap()[0]
    };
    let epsilon = 1e-4;
    let (mut worst, mut without_divergence) = (0f64, 0f64);
    for (y, t) in [(0.3, 0.4), (-0.5, 0.7), (0.6, 0.5)] {
        let p = |y, t| f64::exp(log_p(y, t));
        let rate = (p(y, t + epsilon) - p(y, t - epsilon)) / (2.0 * epsilon);
        let slope = (p(y + epsilon, t) - p(y - epsilon, t)) / (2.0 * epsilon);
        let (f, divergence) = (-f64::powi(y, 3), -3.0 * y * y);
        worst = worst.max((rate + divergence * p(y, t) + f * slope).abs());
        without_divergence = without_divergence.max((rate + f * slope).abs());
    }
    Check::new(
        "ch3_flows/ode_flow/continuity_equation",
        &["eq:3.8"],
        "∂ₜp + (∇·F)p + F·∇p vanishes for the density that the flow of −y³ computes",
        "transport alone, ∂ₜp + F·∇p",
    )
    .within(
        worst,
        0.0,
        1e-6,
        "central differences: ε² times third derivatives, ε = 1e-4",
        without_divergence,
    );
}

#[test]
fn log_density_along_a_trajectory() {
    let (y, t) = (1.3, 0.8);
    let flow = OdeFlow::new(CubicField, t, Tableau::RK4, 400).unwrap();
    let image = flow.push(&[], array![[y]].view()).unwrap();
    assert!((image.points[[0, 0]] - CubicField::flow(y, t)).abs() < 1e-9);
    let prior = normal::density(y).ln();
    Check::new(
        "ch3_flows/ode_flow/log_density_along_a_trajectory",
        &["eq:3.9", "u:40", "eq:3.10"],
        "J(T) = log p_Z(Y(0)) − ∫∇·F dt agrees with log p_Z − log ∂φ/∂y of the known flow of −y³",
        "J with the sign of the divergence lost",
    )
    .within(
        image.log_density[0],
        prior - CubicField::log_derivative(y, t),
        1e-9,
        "RK4 in 400 steps",
        prior + CubicField::log_derivative(y, t),
    );
}

#[test]
fn divergence_is_the_log_determinant() {
    // ∇φ by central differences of the flow map.
    let (field, theta) = network();
    let flow = OdeFlow::new(field, 1.0, Tableau::RK4, 100).unwrap();
    let z = array![[0.4, -0.7]];
    let image = flow.push(&theta, z.view()).unwrap();
    let epsilon = 1e-4;
    let mut jacobian = Matrix2::zeros();
    for k in 0..2 {
        let moved = |by: f64| {
            let mut z = z.clone();
            z[[0, k]] += by;
            flow.push(&theta, z.view()).unwrap().points
        };
        let slope = (moved(epsilon) - moved(-epsilon)) / (2.0 * epsilon);
        jacobian.set_column(k, &Vector2::new(slope[[0, 0]], slope[[0, 1]]));
    }
    let prior = normal::density(0.4).ln() + normal::density(-0.7).ln();
    // Y(T) is carried back to where it came from.
    let (back, integral) = flow.pull(&theta, image.points.view()).unwrap();
    assert!((&back - &z).iter().all(|error| error.abs() < 1e-8));
    assert!((integral[0] - jacobian.determinant().ln()).abs() < 1e-7);
    let expected = -jacobian.determinant().abs().ln();
    Check::new(
        "ch3_flows/ode_flow/divergence_is_the_log_determinant",
        &["eq:3.9", "u:40"],
        "for a tanh network in the plane, log p(Y(T)) − log p_Z(Y(0)) = −log|det ∇φ|",
        "the divergence at the start, times T",
    )
    .within(
        image.log_density[0] - prior,
        expected,
        1e-7,
        "differences of the flow map: ε² times third derivatives",
        {
            let (field, theta) = network();
            let (mut f, mut divergence) = (Array2::zeros((1, 2)), Array1::zeros(1));
            field
                .value(z.view(), 0.0, &theta, &mut Default::default(), f.view_mut(), divergence.view_mut())
                .unwrap();
            -divergence[0]
        },
    );
}

#[test]
fn layers_become_the_flow() {
    let (field, theta) = network();
    let z = array![0.4, -0.7];
    let fine = OdeFlow::new(field.clone(), 1.0, Tableau::RK4, 200).unwrap();
    let image = fine.push(&theta, z.view().insert_axis(Axis(0))).unwrap();
    let exact = normal::density(0.4).ln() + normal::density(-0.7).ln() - image.log_density[0];
    let counts = [16, 32, 64, 128, 256];
    let widths = counts.map(|count| 1.0 / count as f64);
    let mut errors = [[0.0; 5]; 2];
    for (k, count) in counts.into_iter().enumerate() {
        let pushed = Layers::new(field.clone(), 1.0, count).unwrap().push(&theta, z.view()).unwrap();
        errors[0][k] = (pushed.log_determinant - exact).abs();
        errors[1][k] = (pushed.trace - exact).abs();
    }
    let [determinant, trace] = errors.map(|errors| fit_order(&widths, &errors, 0.99).unwrap().order);
    assert!((trace - 1.0).abs() < 0.1, "the trace rule has order {trace}");
    Check::new(
        "ch3_flows/ode_flow/layers_become_the_flow",
        &["u:41"],
        "the log-determinant of ℓ layers of width 1/ℓ converges to that of the flow with order 1 (so does the trace rule)",
        "order 2",
    )
    .within(determinant, 1.0, 0.1, "the next term of the expansion, at ℓ from 16 to 256", 2.0);
}

#[test]
fn determinant_of_a_thin_layer() {
    // det(I + εA) = 1 + ε tr A + ε² (…): what is left after two terms falls with ε².
    let a = DMatrix::from_row_slice(3, 3, &[0.5, -1.2, 0.3, 0.8, 0.1, -0.4, 1.1, 0.6, -0.9]);
    let widths = [0.04, 0.02, 0.01, 0.005];
    let left = |keep: f64| {
        widths.map(|epsilon: f64| {
            let determinant = (DMatrix::identity(3, 3) + &a * epsilon).determinant();
            (determinant - 1.0 - keep * epsilon * a.trace()).abs()
        })
    };
    let order = |keep| fit_order(&widths, &left(keep), 0.99).unwrap().order;
    Check::new(
        "ch3_flows/ode_flow/determinant_of_a_thin_layer",
        &["u:41"],
        "det(I + εA) − 1 − ε tr A is of order ε²",
        "det(I + εA) − 1 alone, of order ε",
    )
    .within(order(1.0), 2.0, 0.1, "the term of order ε³", order(0.0));
}

#[test]
fn inverse_of_a_layer() {
    // dY/dt = Y, the first of 64 layers: from y = 1.3458 to x = (1 + 1/64) y.
    let layers = Layers::new(AffineField::new(1).unwrap(), 1.0, 64).unwrap();
    let theta = [1.0, 0.0];
    let y = array![1.3458];
    let x = &y + &(&y * layers.width());
    let back = layers.inverse_layer(&theta, 1, x.view()).unwrap()[0];
    let dt = layers.width();
    Check::new(
        "ch3_flows/ode_flow/inverse_of_a_layer",
        &["u:41"],
        "x − F(x, t_i)Δt undoes the layer y + F(y, t_{i−1})Δt up to Δt²",
        "1 − F(x, t_i)Δt, as printed",
    )
    .within(back, y[0], 2.0 * dt * dt, "the remainder F ∇F Δt²", 1.0 - x[0] * dt);
}

/// The gradient of a loss by the solver, and by central differences along a direction.
fn slopes(theta: &[f64], loss: &mut impl FnMut(&[f64], &mut [f64]) -> f64, direction: &[f64]) -> (f64, f64) {
    let mut gradient = vec![0.0; theta.len()];
    loss(theta, &mut gradient);
    let along: f64 = gradient.iter().zip(direction).map(|(g, v)| g * v).sum();
    let epsilon = 1e-5;
    let mut at = |by: f64| {
        let moved: Vec<f64> = theta.iter().zip(direction).map(|(t, v)| t + by * v).collect();
        loss(&moved, &mut vec![0.0; theta.len()])
    };
    (along, (at(epsilon) - at(-epsilon)) / (2.0 * epsilon))
}

/// A field whose way back forgets the divergence.
struct Forgetful<F>(F);

impl<F: FlowField> FlowField for Forgetful<F> {
    type Tape = F::Tape;

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn parameters(&self) -> usize {
        self.0.parameters()
    }

    fn value(
        &self,
        y: ndarray::ArrayView2<f64>,
        t: f64,
        theta: &[f64],
        tape: &mut F::Tape,
        out: ndarray::ArrayViewMut2<f64>,
        divergence: ndarray::ArrayViewMut1<f64>,
    ) -> sdml::Result<()> {
        self.0.value(y, t, theta, tape, out, divergence)
    }

    fn pull_back(
        &self,
        theta: &[f64],
        tape: &mut F::Tape,
        a: ndarray::ArrayView2<f64>,
        b: ndarray::ArrayView1<f64>,
        out: ndarray::ArrayViewMut2<f64>,
        gradient: &mut [f64],
    ) -> sdml::Result<()> {
        self.0.pull_back(theta, tape, a, (0.0 * &b).view(), out, gradient)
    }

    fn held(&self, tape: &F::Tape) -> usize {
        self.0.held(tape)
    }
}

fn solver<F: FlowField>(flow: &OdeFlow<F>, backwards: bool) -> BatchGradient<Augmented<F>> {
    let scheme = if backwards { flow.backward() } else { flow.forward() };
    BatchGradient::new(scheme, Method::Through { segment: 2 }, flow.field().0.parameters(), 4).unwrap()
}

#[test]
fn gradient_through_the_divergence() {
    let (field, theta) = network();
    let mut stream = Streams::new(2, "directions").stream(0);
    let direction: Vec<f64> = theta.iter().map(|_| stream.normal()).collect();
    let points = Array2::from_shape_simple_fn((13, 2), || stream.normal());
    let (steps, well) = (6, Well::new(1.0).unwrap());

    let flow = OdeFlow::new(field.clone(), 1.0, Tableau::RK4, steps).unwrap();
    let mut forward = solver(&flow, false);
    let (kl, kl_difference) = slopes(
        &theta,
        &mut |theta, gradient| {
            add_reverse_kl(flow.field(), &well, theta, points.view(), steps, &mut forward, gradient).unwrap()
        },
        &direction,
    );
    let mut backward = solver(&flow, true);
    let (nll, nll_difference) = slopes(
        &theta,
        &mut |theta, gradient| {
            let (field, x) = (flow.field(), points.view());
            add_negative_log_likelihood(field, theta, x, steps, &mut backward, gradient).unwrap()
        },
        &direction,
    );
    assert!((nll - nll_difference).abs() < 1e-7 * nll.abs().max(1.0), "{nll} {nll_difference}");

    let flow = OdeFlow::new(Forgetful(field), 1.0, Tableau::RK4, steps).unwrap();
    let mut forward = solver(&flow, false);
    let (wrong, _) = slopes(
        &theta,
        &mut |theta, gradient| {
            add_reverse_kl(flow.field(), &well, theta, points.view(), steps, &mut forward, gradient).unwrap()
        },
        &direction,
    );
    Check::new(
        "ch3_flows/ode_flow/gradient_through_the_divergence",
        &["eq:3.10", "u:42", "u:43"],
        "the derivative of E[J(T) + U(Y(T))] along a direction of θ agrees with its central difference",
        "a way back that forgets the derivative of the divergence",
    )
    .seed(2)
    .within(kl, kl_difference, 1e-7 * kl.abs().max(1.0), "central differences with ε = 1e-5", wrong);
}

#[test]
fn augmented_tangents() {
    // The forward mode of the augmented field against differences of its value.
    let (field, theta) = network();
    let field = Augmented(field);
    let (z, h) = (array![[0.3, -0.2, 1.0], [1.1, 0.4, 0.0]], array![[1.0, 0.5, 7.0], [-0.3, 0.2, -1.0]]);
    let mut tape = AugmentedTape::default();
    let jet = ndarray::concatenate(Axis(0), &[z.view(), h.view()]).unwrap();
    let mut out = Array2::zeros((4, 3));
    field.push_forward(jet.view(), 2, 0.4, &theta, &mut tape, out.view_mut()).unwrap();
    let mut at = |by: f64| {
        let mut out = Array2::zeros((2, 3));
        field.value((&z + &(by * &h)).view(), 0.4, &theta, &mut tape, out.view_mut()).unwrap();
        out
    };
    let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
    for ((i, k), slope) in slope.indexed_iter() {
        assert!((out[[i + 2, k]] - slope).abs() < 1e-8, "{} {slope}", out[[i + 2, k]]);
    }
}

/// N(m, Σ) as a potential, with its constant left out.
#[derive(Debug)]
struct Normal {
    mean: Vector2<f64>,
    precision: Matrix2<f64>,
}

impl Potential for Normal {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let away = Vector2::new(x[0], x[1]) - self.mean;
        let force = self.precision * away;
        gradient.copy_from_slice(force.as_slice());
        0.5 * away.dot(&force)
    }
}

#[test]
fn affine_flow_reaches_the_optimum() {
    use sdml::ch1_preliminaries::learning::{Adam, minimize};
    let covariance = Matrix2::new(0.6, 0.3, 0.3, 1.4);
    let target = Normal { mean: Vector2::new(1.0, -0.5), precision: covariance.try_inverse().unwrap() };
    let steps = 20;
    let flow = OdeFlow::new(AffineField::new(2).unwrap(), 1.0, Tableau::RK4, steps).unwrap();
    let mut solver = solver(&flow, false);
    // Four points with mean 0 and covariance I: for an affine flow and a quadratic U the mean over them is the mean over
    // N(0, I), but for log p_Z, whose mean over them is the same number.
    let r = 2f64.sqrt();
    let z = array![[r, 0.0], [-r, 0.0], [0.0, r], [0.0, -r]];
    let mut theta = vec![0.0; 6];
    let evaluate = |_: usize, theta: &[f64], gradient: &mut [f64]| {
        add_reverse_kl(flow.field(), &target, theta, z.view(), steps, &mut solver, gradient)
    };
    let mut last = f64::NAN;
    let schedule = Schedule::Cosine { rate: 0.05, steps: 1500 };
    minimize(&mut theta, &mut Adam::default(), schedule, 1500, evaluate, |_, _, loss| last = loss).unwrap();
    let log_z = (std::f64::consts::TAU * covariance.determinant().sqrt()).ln();
    // Without J the loss is E U, which is least for a flow that shrinks everything to the mean.
    let without_j = 0.0;
    Check::new(
        "ch3_flows/ode_flow/affine_flow_reaches_the_optimum",
        &["u:42", "eq:3.10"],
        "trained without data, an affine flow reaches −log Z of a normal target: KL = 0",
        "E[U(Y(T))] without J, whose minimum is 0",
    )
    .within(last, -log_z, 1e-6, "RK4 in 20 steps against the trace, and Adam's last steps", without_j);
    // The law is the target's.
    let image = flow.push(&theta, array![[0.0, 0.0]].view()).unwrap().points;
    assert!((image[[0, 0]] - 1.0).abs() < 1e-3 && (image[[0, 1]] + 0.5).abs() < 1e-3, "{image}");
}

#[test]
fn double_well_without_data() {
    let well = Well::new(1.0).unwrap();
    let mlp = Mlp::new(&[3, 32, 32, 2], Activation::Tanh).unwrap();
    let field = NetworkFlow::new(mlp).unwrap();
    let mut worst = (f64::NEG_INFINITY, 0.0, 0);
    for seed in 0..3 {
        let iterations = 300;
        let recipe = OdeReverseKl {
            target: well,
            batch: 256,
            iterations,
            schedule: Schedule::Cosine { rate: 0.01, steps: iterations },
            seed,
        };
        let flow = OdeFlow::new(field.clone(), 1.0, Tableau::RK4, 8).unwrap();
        let theta = field.network().initial(&mut Streams::new(seed, "flow network").stream(0));
        let rows = kept::trained("ch3_flows/ode_flow", "double-well", &recipe, || {
            recipe.train(&flow, theta, |_, _| ()).map(|trained| trained.rows())
        })
        .unwrap();
        let flow = OdeFlow::new(field.clone(), 1.0, Tableau::RK4, 24).unwrap();
        let mut stream = Streams::new(seed, "held out").stream(0);
        let z = Array2::from_shape_simple_fn((20_000, 2), || stream.normal());
        let image = flow.push(&rows[0], z.view()).unwrap();
        let (mut kl, mut force) = (Moments::default(), [0.0; 2]);
        for (x, log_p) in image.points.rows().into_iter().zip(&image.log_density) {
            kl.push(log_p + well.value(&[x[0], x[1]], &mut force) + well.log_normalizer());
        }
        let estimate = kl.mean().unwrap();
        if estimate.mean > worst.0 {
            let square = image.points.column(0).iter().map(|x| x * x).sum::<f64>() / 20_000.0;
            worst = (estimate.mean, square, seed);
        }
    }
    let gibbs = double_well::Gibbs::new(1.0).unwrap();
    assert!((worst.1 - gibbs.moment(2)).abs() < 0.05, "E x² is {}, not {}", worst.1, gibbs.moment(2));
    Check::new(
        "ch3_flows/ode_flow/double_well_without_data",
        &["u:42"],
        "trained on the double well's potential alone, the flow comes within 0.02 nats of it: KL(p_θ‖p), worst of three seeds",
        "the normal law of the same two variances",
    )
    .seed(worst.2)
    .samples("20000 points, 300 iterations of 256 points")
    .within(worst.0, 0.0, 0.02, "the target set beforehand", {
        // KL(N(0, s²)‖p) for the first coordinate, by quadrature.
        let s = gibbs.moment(2).sqrt();
        crate::quadrature::integrate(-8.0 * s, 8.0 * s, 64, |x| {
            let q = normal::density(x / s) / s;
            q * (q.ln() + double_well::potential(x)) + q * gibbs.normalizing_constant().ln()
        })
    });
}

/// The recipe of the book with its trained parameters, kept from an earlier run if there was one.
fn trained(law: DataLaw, seed: u64) -> (OdeLikelihood, Vec<f64>) {
    let recipe = OdeLikelihood::of(law, seed);
    let train = || recipe.train(|_, _| ()).map(|trained| trained.rows());
    let rows = kept::trained("ch3_flows/ode_flow", "likelihood", &recipe, train).unwrap();
    (recipe, rows.into_iter().next().expect("θ comes first"))
}

/// The held-out loss above that of the exact density on the same points, worst of the seeds, with the seed; and what the
/// wrong sign gives there. The noise of log p is in both losses and drops out of the difference, which estimates
/// KL(p‖p_θ): positive, up to an error of 0.003 and less.
fn above_the_floor(law: DataLaw, seeds: Range<u64>) -> (f64, u64, f64) {
    const POINTS: usize = 20_000;
    let mut worst = (f64::NEG_INFINITY, 0, 0.0);
    for seed in seeds {
        let (recipe, theta) = trained(law, seed);
        let measured = || {
            let flow = recipe.flow(40)?;
            let x = law.points(POINTS, &mut Streams::new(seed, "held out").stream(0));
            let floor = negative_log_likelihood(x.view(), |x| law.log_density(x))?;
            let (z, integral) = flow.pull(&theta, x.view())?;
            let log_base = |z: ArrayView1<f64>| normal::density(z[0]).ln() + normal::density(z[1]).ln();
            let wrong = z.rows().into_iter().zip(&integral).map(|(z, integral)| -(log_base(z) + integral));
            let wrong = wrong.sum::<f64>() / POINTS as f64;
            let loss = flow.negative_log_likelihood(&theta, x.view())?;
            Ok::<_, sdml::Error>(vec![vec![loss - floor, wrong - floor]])
        };
        let rows =
            kept::trained("ch3_flows/ode_flow", "above-the-floor", &(&recipe, POINTS), measured).unwrap();
        let (above, wrong) = (rows[0][0], rows[0][1]);
        assert!(above > 0.0, "nothing lies below the floor, but seed {seed} does by {}", -above);
        if above > worst.0 {
            worst = (above, seed, wrong);
        }
    }
    worst
}

#[test]
fn eight_gaussians_from_data() {
    let (above, seed, wrong) = above_the_floor(DataLaw::Eight, 0..3);
    Check::new(
        "ch3_flows/ode_flow/eight_gaussians_from_data",
        &["u:43"],
        "held-out −log p_θ of flows trained on the eight Gaussians above −log p on the same points, worst of three seeds, in nats",
        "J added instead of subtracted on the way back",
    )
    .seed(seed)
    .samples("20000 fresh points")
    .within(above, 0.0, 0.05, "the target set beforehand", wrong);
}

/// One seed, the figures' own: a training takes four times as long as for the eight Gaussians.
#[test]
fn moons_from_data() {
    let (above, seed, wrong) = above_the_floor(DataLaw::Moons, 0..1);
    Check::new(
        "ch3_flows/ode_flow/moons_from_data",
        &["u:43"],
        "held-out −log p_θ of a flow trained on the two moons above −log p on the same points, one seed, in nats",
        "J added instead of subtracted on the way back",
    )
    .seed(seed)
    .samples("20000 fresh points")
    .within(above, 0.0, 0.05, "the target set beforehand", wrong);
}

#[test]
fn checkerboard_from_data() {
    let (above, seed, wrong) = above_the_floor(DataLaw::Checkerboard, 0..3);
    Check::new(
        "ch3_flows/ode_flow/checkerboard_from_data",
        &["u:43"],
        "held-out −log p_θ of flows trained on the checkerboard above −log p on the same points, worst of three seeds, in nats",
        "J added instead of subtracted on the way back",
    )
    .seed(seed)
    .samples("20000 fresh points")
    .within(above, 0.0, 0.4, "the target set beforehand, 0.2, is missed", wrong);
}

/// The mass of a trained flow on n × n cells of a square about the middle of its law, and what the integral is without that
/// of the divergence.
fn masses(law: DataLaw, half: f64, n: usize) -> [f64; 2] {
    let (recipe, theta) = trained(law, 0);
    let measured = || {
        let flow = recipe.flow(40)?;
        let ([x, y], _) = law.window();
        let width = 2.0 * half / n as f64;
        let grid = Array2::from_shape_fn((n * n, 2), |(cell, k)| {
            let (middle, at) = if k == 0 { (x, cell % n) } else { (y, cell / n) };
            middle - half + (at as f64 + 0.5) * width
        });
        let density = flow.log_density(&theta, grid.view())?.mapv(f64::exp);
        let (z, _) = flow.pull(&theta, grid.view())?;
        let without = z.rows().into_iter().map(|z| normal::density(z[0]) * normal::density(z[1]));
        Ok::<_, sdml::Error>(vec![vec![density.sum() * width * width, without.sum::<f64>() * width * width]])
    };
    let rows = kept::trained("ch3_flows/ode_flow", "masses", &(&recipe, half, n), measured).unwrap();
    [rows[0][0], rows[0][1]]
}

/// Cells half as wide as the noise of the moons: with cells as wide, 1e-3 is missing. The checkerboard has tails: 1e-4 of the mass
/// lies outside [−4, 4]².
#[test]
fn learned_densities_of_the_other_laws_integrate_to_one() {
    for (law, half, n) in [(DataLaw::Moons, 2.5, 200), (DataLaw::Checkerboard, 5.0, 125)] {
        let [mass, without] = masses(law, half, n);
        assert!((mass - 1.0).abs() < 1e-3, "{}: {mass}", law.name());
        assert!((without - 1.0).abs() > 2.5e-3, "{}: {without} without the divergence", law.name());
    }
}

#[test]
fn learned_density_integrates_to_one() {
    let [mass, without] = masses(DataLaw::Eight, 5.0, 200);
    Check::new(
        "ch3_flows/ode_flow/learned_density_integrates_to_one",
        &["eq:3.9", "u:43"],
        "the density of the trained flow integrates to 1 over a grid of 200 × 200 cells",
        "p_Z(Y(0)) without the integral of the divergence",
    )
    .seed(0)
    .within(mass, 1.0, 1e-3, "the midpoint rule on modes of width 0.2 and the solver", without);
}

#[test]
fn hutchinson_is_cheaper_and_noisy() {
    // One direction costs one tangent, whatever the dimension; the exact divergence costs d.
    let cost = |d: usize, tangents: usize| {
        let mlp = Mlp::new(&[d, 32, d], Activation::Tanh).unwrap();
        let theta = mlp.initial(&mut Streams::new(1, "wide").stream(0));
        let jet = Jet { tangents, laplacian: false };
        let mut pass = Pass::new();
        mlp.forward_jet(&theta, jet, Array2::zeros((jet.streams(), d)).view(), &mut pass).unwrap();
        pass.multiplications() as f64
    };
    for d in [2, 16, 64] {
        assert_eq!(cost(d, d) / cost(d, 1), (1.0 + d as f64) / 2.0);
    }
    let (field, theta) = network();
    let y = array![[0.4, -0.7, 0.3]];
    let mlp = field.network();
    let exact = mlp.divergence(&theta, y.view(), &mut Pass::new()).unwrap()[0];
    let mut stream = Streams::new(7, "probes").stream(0);
    let (mut moments, mut pass) = (Moments::default(), Pass::new());
    for _ in 0..20_000 {
        let estimate =
            mlp.divergence_estimate(&theta, y.view(), (Probe::Gaussian, 1), &mut stream, &mut pass);
        moments.push(estimate.unwrap()[0]);
    }
    assert!(moments.mean().unwrap().z(exact).abs() < 4.0);
    let jacobian = Array2::from_shape_fn((2, 2), |(i, k)| {
        let jet = Jet { tangents: 2, laplacian: false };
        let mut pass = Pass::new();
        mlp.forward_jet(&theta, jet, jet.coordinates(y.view()).unwrap().view(), &mut pass).unwrap();
        pass.output()[[k + 1, i]]
    });
    Check::new(
        "ch3_flows/ode_flow/hutchinson_is_cheaper_and_noisy",
        &["r:11"],
        "the variance of one estimate vᵀ∇F v with a normal v is 2 Σ S_ij², S the symmetric part of ∇F",
        "the variance with signs for v, which the diagonal does not enter",
    )
    .seed(7)
    .samples("20000 directions")
    .statistical(
        moments.variance().unwrap(),
        Probe::Gaussian.variance(jacobian.view()).unwrap(),
        Probe::Rademacher.variance(jacobian.view()).unwrap(),
    );
}

#[test]
fn bad_input_is_told() {
    let (field, theta) = network();
    let flow = |steps, horizon| OdeFlow::new(field.clone(), horizon, Tableau::RK4, steps);
    assert!(flow(0, 1.0).unwrap_err().to_string().contains("`steps` is 0"));
    assert!(flow(4, f64::NAN).is_err() && flow(4, 0.0).is_err());
    let flow = flow(4, 1.0).unwrap();
    assert!(flow.push(&theta, Array2::zeros((0, 2)).view()).is_err());
    assert!(flow.push(&theta, Array2::zeros((3, 1)).view()).is_err());
    assert!(flow.push(&theta[1..], Array2::zeros((3, 2)).view()).is_err());
    let not_finite = flow.log_density(&theta, array![[f64::NAN, 0.0]].view()).unwrap_err().to_string();
    assert_eq!(not_finite, "`points` is NaN, but it must be made of finite numbers");
    // A field that explodes stops with the step at which it does.
    let grows = OdeFlow::new(AffineField::new(1).unwrap(), 1.0, Tableau::EULER, 50).unwrap();
    let message = grows.push(&[1e10, 0.0], array![[1.0]].view()).unwrap_err().to_string();
    assert!(message.contains("at step"), "{message}");
    assert!(Layers::new(CubicField, -1.0, 3).is_err() && Layers::new(CubicField, 1.0, 0).is_err());
    let layers = Layers::new(CubicField, 1.0, 3).unwrap();
    assert!(layers.inverse_layer(&[], 4, array![1.0].view()).is_err());
    let message = layers.inverse_layer(&[], 1, array![1.0, 2.0].view()).unwrap_err().to_string();
    assert!(message.starts_with("`point.len()` is 2, but it must be 1"), "{message}");
    // One point is a batch.
    let (well, mut gradient) = (Well::new(1.0).unwrap(), vec![0.0; theta.len()]);
    let mut reverse_kl = |z: Array2<f64>| {
        let mut solver = solver(&flow, false);
        add_reverse_kl(flow.field(), &well, &theta, z.view(), 4, &mut solver, &mut gradient)
    };
    assert!(reverse_kl(Array2::zeros((0, 2))).is_err() && reverse_kl(Array2::zeros((1, 2))).is_ok());
    let recipe = OdeLikelihood { batch: 0, ..OdeLikelihood::of(DataLaw::Eight, 0) };
    assert!(recipe.train(|_, _| ()).unwrap_err().to_string().contains("`batch` is 0"));
}

/// A rate beyond reason, and a target that cannot be normalized: training stops, says at which iteration, and hands over the
/// parameters it kept, not those that it had reached.
#[test]
fn trainings_that_diverge_stop() {
    let wild = Schedule::Constant(1e200);
    let stopped_at = |trained: &Trained| {
        let Some(sdml::Error::Diverged { iteration, last, .. }) = &trained.stopped else {
            panic!("{:?}", trained.stopped);
        };
        assert_eq!(*last, trained.losses.last().copied());
        *iteration
    };
    let of_data =
        OdeLikelihood { width: 8, batch: 32, schedule: wild, ..OdeLikelihood::of(DataLaw::Eight, 0) };
    let trained = of_data.train(|_, _| ()).unwrap();
    let flow = of_data.flow(1).unwrap();
    let initial = flow.field().0.network().initial(&mut Streams::new(0, "flow network").stream(0));
    assert_eq!(stopped_at(&trained), 1);
    assert_eq!(trained.theta, initial);

    let flow = OdeFlow::new(AffineField::new(2).unwrap(), 1.0, Tableau::RK4, 4).unwrap();
    let (well, start) = (Well::new(1.0).unwrap(), vec![0.0; 6]);
    let of_well = OdeReverseKl { target: well, batch: 32, iterations: 100, schedule: wild, seed: 0 };
    let trained = of_well.train(&flow, start.clone(), |_, _| ()).unwrap();
    assert_eq!(stopped_at(&trained), 1);
    assert_eq!(trained.theta, start);

    let schedule = Schedule::Constant(1.0);
    let runaway = OdeReverseKl { target: Downhill, batch: 64, iterations: 100, schedule, seed: 0 };
    let trained = runaway.train(&flow, start, |_, _| ()).unwrap();
    assert!(stopped_at(&trained) > 1 && trained.theta.iter().all(|parameter| parameter.is_finite()));
}

#[test]
fn layers_with_another_number_of_parameters() {
    let layers = Layers::new(AffineField::new(2).unwrap(), 1.0, 4).unwrap();
    let z = array![0.3, -0.9];
    for theta in [&[1.0][..], &[0.0; 7]] {
        assert!(layers.push(theta, z.view()).unwrap_err().to_string().starts_with("`theta.len()`"));
        assert!(layers.inverse_layer(theta, 1, z.view()).is_err());
    }
}

/// The numbers held are those of the network's pass, its input and what is pulled back: for n points in d dimensions
/// n (1 + d)(d + 1) and n (1 + d) d.
#[test]
fn what_a_tape_holds() {
    let (field, theta) = network();
    let (n, d) = (5, 2);
    let y = Array2::from_shape_fn((n, d), |(i, k)| (1.3 * i as f64 + k as f64).sin());
    let mut tape = Default::default();
    let (mut out, mut divergence) = (Array2::zeros((n, d)), Array1::zeros(n));
    field.value(y.view(), 0.3, &theta, &mut tape, out.view_mut(), divergence.view_mut()).unwrap();
    let mut pass = Pass::new();
    let timed = ndarray::concatenate(Axis(1), &[y.view(), Array2::from_elem((n, 1), 0.3).view()]).unwrap();
    let jet = Jet { tangents: d, laplacian: false };
    field
        .network()
        .forward_jet(&theta, jet, jet.coordinates(timed.view()).unwrap().view(), &mut pass)
        .unwrap();
    assert_eq!(field.held(&tape), pass.held() + n * (1 + d) * (d + 1));
    let (a, mut gradient) = (Array2::ones((n, d)), vec![0.0; theta.len()]);
    field.pull_back(&theta, &mut tape, a.view(), divergence.view(), out.view_mut(), &mut gradient).unwrap();
    let cotangent = Array2::ones((n * (1 + d), d));
    field.network().pull_back(&theta, &mut pass, cotangent.view(), &mut gradient).unwrap();
    let alone = field.held(&tape);
    assert_eq!(alone, pass.held() + n * (1 + d) * (d + 1) + n * (1 + d) * d);
    // The augmented field keeps what comes back to J as well, one number a point.
    let (augmented, mut tape) = (Augmented(field), AugmentedTape::default());
    let (z, mut out) = (Array2::ones((n, d + 1)), Array2::zeros((n, d + 1)));
    augmented.value(z.view(), 0.3, &theta, &mut tape, out.view_mut()).unwrap();
    augmented.pull_back(&theta, &mut tape, z.view(), out.view_mut(), &mut gradient).unwrap();
    assert_eq!(augmented.held(&tape), alone + n);
}

/// Each argument of a shape that does not fit is refused alone, by every field and by the augmented one.
#[test]
fn shapes_that_do_not_fit() {
    fn refused<F: FlowField + Clone>(field: F) {
        let (d, p) = (field.dimension(), field.parameters());
        let value = |tape: &mut F::Tape, y: usize, out: (usize, usize), divergence: usize, theta: usize| {
            let (mut f, mut j) = (Array2::zeros(out), Array1::zeros(divergence));
            let y = Array2::ones((2, y));
            field.value(y.view(), 0.0, &vec![0.1; theta], tape, f.view_mut(), j.view_mut())
        };
        let mut tape = F::Tape::default();
        for (y, out, divergence, theta) in [
            (d + 1, (2, d), 2, p),
            (d + 1, (2, d + 1), 2, p),
            (d, (2, d + 1), 2, p),
            (d, (3, d), 2, p),
            (d, (2, d), 1, p),
            (d, (2, d), 3, p),
            (d, (2, d), 2, p + 1),
        ] {
            assert!(value(&mut tape, y, out, divergence, theta).is_err(), "{y} {out:?} {divergence} {theta}");
        }
        value(&mut tape, d, (2, d), 2, p).unwrap();
        let mut back = |a: (usize, usize), b: usize, out: (usize, usize), theta: usize, gradient: usize| {
            let (a, b, mut f) = (Array2::zeros(a), Array1::zeros(b), Array2::zeros(out));
            let (theta, mut gradient) = (vec![0.1; theta], vec![0.0; gradient]);
            field.pull_back(&theta, &mut tape, a.view(), b.view(), f.view_mut(), &mut gradient)
        };
        for (a, b, out, theta, gradient) in [
            ((2, d + 1), 2, (2, d), p, p),
            ((3, d), 2, (2, d), p, p),
            ((3, d), 3, (3, d), p, p),
            ((1, d), 1, (1, d), p, p),
            ((2, d), 1, (2, d), p, p),
            ((2, d), 3, (2, d), p, p),
            ((2, d), 2, (2, d + 1), p, p),
            ((2, d), 2, (3, d), p, p),
            ((2, d), 2, (2, d), p + 1, p),
            ((2, d), 2, (2, d), p, p + 1),
        ] {
            assert!(back(a, b, out, theta, gradient).is_err(), "{a:?} {b} {out:?} {theta} {gradient}");
        }
        back((2, d), 2, (2, d), p, p).unwrap();

        let (augmented, theta) = (Augmented(field.clone()), vec![0.1; p]);
        let mut tape = AugmentedTape::default();
        for (z, out) in
            [((2, d), (2, d)), ((2, d + 2), (2, d + 2)), ((2, d + 1), (2, d)), ((2, d + 1), (3, d + 1))]
        {
            let (z, mut out) = (Array2::ones(z), Array2::zeros(out));
            assert!(
                augmented.value(z.view(), 0.0, &theta, &mut tape, out.view_mut()).is_err(),
                "{:?} {:?}",
                z.dim(),
                out.dim()
            );
        }
        let mut forward = |jet: (usize, usize), points: usize, out: (usize, usize)| {
            let (jet, mut out) = (Array2::ones(jet), Array2::zeros(out));
            augmented.push_forward(jet.view(), points, 0.0, &theta, &mut tape, out.view_mut())
        };
        for (jet, points, out) in [
            ((4, d + 1), 0, (4, d + 1)),
            ((4, d + 1), 3, (4, d + 1)),
            ((4, d + 1), 5, (4, d + 1)),
            ((4, d), 2, (4, d)),
            ((4, d + 1), 2, (3, d + 1)),
        ] {
            assert!(forward(jet, points, out).is_err(), "{jet:?} {points} {out:?}");
        }
        forward((4, d + 1), 2, (4, d + 1)).unwrap();
        for (a, out) in
            [((2, d), (2, d)), ((2, d + 2), (2, d + 2)), ((2, d + 1), (2, d)), ((3, d + 1), (3, d + 1))]
        {
            let (a, mut out) = (Array2::zeros(a), Array2::zeros(out));
            assert!(
                augmented.pull_back(&theta, &mut tape, a.view(), out.view_mut(), &mut vec![0.0; p]).is_err(),
                "{:?}",
                a.dim()
            );
        }
    }
    refused(CubicField);
    refused(AffineField::new(2).unwrap());
    refused(network().0);
}

/// Where a thin layer leaves the finite numbers, it says so.
#[test]
fn layers_that_diverge() {
    // 1000 − 1000³/10, and on from there.
    let layers = Layers::new(CubicField, 1.0, 10).unwrap();
    let error = layers.push(&[], array![1e3].view()).unwrap_err().to_string();
    assert!(error.contains("at step"), "{error}");
    assert!(layers.inverse_layer(&[], 1, array![1e200].view()).is_err());
    for point in [f64::NAN, f64::INFINITY] {
        let error = layers.push(&[], array![point].view()).unwrap_err().to_string();
        assert!(error.starts_with("`point` is"), "{error}");
        assert!(layers.inverse_layer(&[], 1, array![point].view()).is_err());
    }
}

#[test]
fn a_point_in_pieces_is_refused() {
    let layers = Layers::new(AffineField::new(2).unwrap(), 1.0, 4).unwrap();
    let row = array![0.3, 7.0, -0.9, 7.0];
    let scattered = row.slice_axis(Axis(0), ndarray::Slice { start: 0, end: None, step: 2 });
    let error = layers.push(&[0.0; 6], scattered).unwrap_err().to_string();
    assert!(error.contains("in one piece"), "{error}");
    assert!(layers.push(&[0.0; 6], scattered.to_owned().view()).is_ok());
    for i in [0, 5] {
        let error = layers.inverse_layer(&[0.0; 6], i, array![0.3, -0.9].view()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`i` is {i}, but it must be from 1 to 4")), "{error}");
    }
    assert!([1, 4].iter().all(|&i| layers.inverse_layer(&[0.0; 6], i, array![0.3, -0.9].view()).is_ok()));
}

/// F = 3y + 2t + 1 in four layers: each takes the time at which it begins, its inverse that at which it ends.
#[test]
fn layers_know_the_time() {
    let field = NetworkFlow::new(Mlp::new(&[2, 1], Activation::Tanh).unwrap()).unwrap();
    let (layers, theta) = (Layers::new(field, 1.0, 4).unwrap(), [3.0, 2.0, 1.0]);
    let mut y = 0.5;
    for t in [0.0, 0.25, 0.5, 0.75] {
        y += 0.25 * (3.0 * y + 2.0 * t + 1.0);
    }
    assert_eq!(layers.push(&theta, array![0.5].view()).unwrap().point, array![y]);
    for (i, t) in [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1.0)] {
        let before = layers.inverse_layer(&theta, i, array![0.5].view()).unwrap();
        assert_eq!(before, array![0.5 - 0.25 * (1.5 + 2.0 * t + 1.0)], "{i}");
    }
}

/// Of a loss and of both trainings.
#[test]
fn one_point_is_a_batch() {
    let (field, theta) = network();
    let flow = OdeFlow::new(field, 1.0, Tableau::RK4, 4).unwrap();
    let (x, mut gradient) = (array![[0.4, -0.7]], vec![0.0; theta.len()]);
    let mut backward = solver(&flow, true);
    let loss =
        add_negative_log_likelihood(flow.field(), &theta, x.view(), 4, &mut backward, &mut gradient).unwrap();
    assert!((loss - flow.negative_log_likelihood(&theta, x.view()).unwrap()).abs() < 1e-13);
    let of_data = OdeLikelihood::of(DataLaw::Eight, 0);
    let of_data = OdeLikelihood { width: 2, steps: 2, batch: 1, iterations: 1, ..of_data };
    assert_eq!(of_data.train(|_, _| ()).unwrap().losses.len(), 1);
    let flow = OdeFlow::new(AffineField::new(2).unwrap(), 1.0, Tableau::RK4, 4).unwrap();
    let (target, schedule) = (Well::new(1.0).unwrap(), Schedule::Constant(1e-3));
    let of_well = OdeReverseKl { target, batch: 1, iterations: 1, schedule, seed: 0 };
    assert_eq!(of_well.train(&flow, vec![0.0; 6], |_, _| ()).unwrap().losses.len(), 1);
}
