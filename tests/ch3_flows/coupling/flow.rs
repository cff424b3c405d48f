//! What a coupling flow is: inverses, determinants, densities.

use nalgebra::DMatrix;
use ndarray::{Array2, ArrayView2, array};
use sdml::ch2_control::backprop::Activation;
use sdml::ch3_flows::coupling::{FlowPass, RealNvp, TriangularAffine};
use sdml::ch3_flows::transport::Gaussian;
use sdml::random::Streams;

use crate::check::Check;
use crate::quadrature::nodes;

/// Masks of n coordinates in layers that move every third, so that layers of all kinds occur.
fn masks(n: usize, layers: usize) -> Vec<Vec<bool>> {
    (0..layers).map(|l| (0..n).map(|c| (c + l) % n.min(3) == 0).collect()).collect()
}

fn flow(n: usize, layers: usize, seed: u64) -> (RealNvp, Vec<f64>) {
    let flow = RealNvp::new(&masks(n, layers), &[8], Activation::Tanh, 1.5).unwrap();
    // Larger than at the start of a training, so that no term is small.
    let theta = flow.initial(&Streams::new(seed, "flow")).into_iter().map(|w| 1.5 * w).collect();
    (flow, theta)
}

/// The layers as flows of their own, to be put together by hand. A layer alone keeps some coordinates where they are, so
/// each is given a partner with zero parameters, which is the identity.
fn layer_by_layer(n: usize, layers: usize, theta: &[f64]) -> Vec<(RealNvp, Vec<f64>)> {
    let mut start = 0;
    masks(n, layers)
        .into_iter()
        .map(|mask| {
            let moved = mask.iter().filter(|moved| **moved).count();
            let length = (n - moved + 1) * 8 + 9 * 2 * moved;
            let rest: Vec<bool> = mask.iter().map(|moved| !moved).collect();
            let single = RealNvp::new(&[mask, rest], &[8], Activation::Tanh, 1.5).unwrap();
            let mut own = vec![0.0; single.parameters()];
            own[..length].copy_from_slice(&theta[start..start + length]);
            start += length;
            (single, own)
        })
        .collect()
}

fn points(rows: usize, n: usize, seed: u64) -> Array2<f64> {
    let mut stream = Streams::new(seed, "points").stream(0);
    Array2::from_shape_simple_fn((rows, n), || stream.normal())
}

fn largest(a: ArrayView2<f64>, b: ArrayView2<f64>) -> f64 {
    (&a - &b).iter().fold(0.0, |largest: f64, error| largest.max(error.abs()))
}

#[test]
fn round_trip() {
    let (mut worst, mut disordered) = (0f64, f64::INFINITY);
    for (n, layers) in [(2, 2), (2, 8), (3, 6), (5, 7)] {
        let (flow, theta) = flow(n, layers, 1);
        let z = points(64, n, 2);
        let (mut forth, mut back) = (FlowPass::new(), FlowPass::new());
        flow.forward(&theta, z.view(), &mut forth).unwrap();
        flow.inverse(&theta, forth.points(), &mut back).unwrap();
        // Not only the ends: the ways agree after every layer.
        for (there, here) in forth.stages().iter().zip(back.stages().iter().rev()) {
            worst = worst.max(largest(there.view(), here.view()));
        }
        let logs = forth.log_det().iter().zip(back.log_det());
        worst = logs.fold(worst, |worst, (a, b)| worst.max((a + b).abs()));
        // f_ℓ⁻¹ ∘ … ∘ f_1⁻¹ undoes nothing.
        let mut x = forth.points().to_owned();
        for (single, own) in layer_by_layer(n, layers, &theta) {
            let mut pass = FlowPass::new();
            single.inverse(&own, x.view(), &mut pass).unwrap();
            x = pass.points().to_owned();
        }
        disordered = disordered.min(largest(x.view(), z.view()));
    }
    Check::new(
        "ch3_flows/coupling/flow/round_trip",
        &["u:35", "u:36", "fig:3.1"],
        "f⁻¹ retraces f after every layer, in 2, 3 and 5 dimensions: the largest distance",
        "the inverses of the layers applied in the order of the layers",
    )
    .seed(1)
    .samples("64 points each")
    .within(worst, 0.0, 1e-12, "rounding, stretched by the layers", disordered);
}

#[test]
fn inverse_of_a_coupling_layer() {
    let (_, theta) = flow(3, 3, 5);
    let (single, own) = layer_by_layer(3, 3, &theta).remove(0);
    let x = points(64, 3, 6);
    let mut pass = FlowPass::new();
    single.forward(&own, x.view(), &mut pass).unwrap();
    let y = pass.points().to_owned();
    single.inverse(&own, y.view(), &mut pass).unwrap();
    Check::new(
        "ch3_flows/coupling/flow/inverse_of_a_coupling_layer",
        &["u:36"],
        "x⁽¹⁾ = h⁻¹(y⁽¹⁾, θ(y⁽²⁾)) undoes one layer: the largest distance",
        "as printed, y⁽¹⁾ = h⁻¹(y⁽¹⁾, θ(y⁽²⁾)): nothing is assigned to x⁽¹⁾, which stays y⁽¹⁾",
    )
    .seed(5)
    .samples("64 points")
    .within(largest(pass.points(), x.view()), 0.0, 1e-13, "rounding", largest(y.view(), x.view()));
}

/// The Jacobian matrix of the flow at the one row of z, by pulling back unit vectors.
fn jacobian(flow: &RealNvp, theta: &[f64], z: ArrayView2<f64>) -> DMatrix<f64> {
    let n = flow.dimension();
    let mut pass = FlowPass::new();
    flow.forward(theta, z, &mut pass).unwrap();
    let mut matrix = DMatrix::zeros(n, n);
    for row in 0..n {
        let unit = Array2::from_shape_fn((1, n), |(_, c)| f64::from(u8::from(c == row)));
        flow.pull_back(theta, &mut pass, unit.view(), &[0.0], &mut vec![0.0; flow.parameters()]).unwrap();
        for column in 0..n {
            matrix[(row, column)] = pass.input_cotangent()[[0, column]];
        }
    }
    matrix
}

#[test]
fn log_determinant() {
    let (mut worst, mut misplaced) = (0f64, 0f64);
    for (n, layers) in [(2, 6), (3, 6), (5, 7)] {
        let (flow, theta) = flow(n, layers, 3);
        for seed in 0..8 {
            let z = points(1, n, seed);
            let dense = jacobian(&flow, &theta, z.view());
            let mut pass = FlowPass::new();
            flow.forward(&theta, z.view(), &mut pass).unwrap();
            // The matrix itself against central differences.
            let h = 1e-5;
            for column in 0..n {
                let moved = |by: f64| {
                    let mut moved = z.clone();
                    moved[[0, column]] += by;
                    let mut pass = FlowPass::new();
                    flow.forward(&theta, moved.view(), &mut pass).unwrap();
                    pass.points().to_owned()
                };
                let slope = (moved(h) - moved(-h)) / (2.0 * h);
                for row in 0..n {
                    let scale = dense.amax();
                    assert!((slope[[0, row]] - dense[(row, column)]).abs() < 1e-7 * scale);
                }
            }
            let exact = dense.determinant().abs().ln();
            worst = worst.max((pass.log_det()[0] - exact).abs());
            // Every layer's determinant at z instead of at its own point.
            let mut at_start = 0.0;
            for (single, own) in layer_by_layer(n, layers, &theta) {
                let mut pass = FlowPass::new();
                single.forward(&own, z.view(), &mut pass).unwrap();
                at_start += pass.log_det()[0];
            }
            misplaced = misplaced.max((at_start - exact).abs());
        }
    }
    Check::new(
        "ch3_flows/coupling/flow/log_determinant",
        &["lem:3.4", "eq:3.5", "u:37"],
        "Σ s over the layers, each at its own point, is log|det| of the dense Jacobian matrix of the whole flow: the \
         largest difference",
        "every layer evaluated at the first point",
    )
    .seed(3)
    .samples("24 points, 6 and 7 layers in 2, 3 and 5 dimensions")
    .within(worst, 0.0, 1e-10, "rounding of a determinant whose matrix is stretched by the layers", misplaced);
}

#[test]
fn density_integrates_to_one() {
    let (flow, theta) = flow(2, 4, 5);
    let singles = layer_by_layer(2, 4, &theta);
    let line = nodes(-14.0, 14.0, 56);
    let (mut mass, mut wrong) = (0.0, 0.0);
    for &(y, wy) in &line {
        let row = Array2::from_shape_fn((line.len(), 2), |(i, c)| if c == 0 { line[i].0 } else { y });
        let log_p = flow.log_density(&theta, row.view(), &mut FlowPass::new()).unwrap();
        mass += line.iter().zip(&log_p).map(|((_, wx), log_p)| wx * wy * log_p.exp()).sum::<f64>();
        // p_Z at the right point, but all determinants at x.
        let mut pass = FlowPass::new();
        flow.inverse(&theta, row.view(), &mut pass).unwrap();
        let mut log_det = vec![0.0; line.len()];
        for (single, own) in &singles {
            let mut at_x = FlowPass::new();
            single.inverse(own, row.view(), &mut at_x).unwrap();
            log_det.iter_mut().zip(at_x.log_det()).for_each(|(sum, part)| *sum += part);
        }
        for (i, (_, wx)) in line.iter().enumerate() {
            let exact = log_p[i] - pass.log_det()[i];
            wrong += wx * wy * (exact + log_det[i]).exp();
        }
    }
    Check::new(
        "ch3_flows/coupling/flow/density_integrates_to_one",
        &["eq:3.6"],
        "the density (3.6) of a flow with four layers integrates to 1",
        "the determinants of all inverse layers taken at x",
    )
    .seed(5)
    .within(mass, 1.0, 1e-6, "Gauss–Legendre quadrature on 56 × 56 panels", wrong);
}

#[test]
fn a_pass_is_used_again_for_more_points() {
    let (flow, theta) = flow(3, 6, 7);
    let (few, many) = (points(2, 3, 8), points(5, 3, 8));
    let (mut used, mut fresh) = (FlowPass::new(), FlowPass::new());
    flow.forward(&theta, few.view(), &mut used).unwrap();
    flow.forward(&theta, many.view(), &mut used).unwrap();
    flow.forward(&theta, many.view(), &mut fresh).unwrap();
    assert_eq!(used.points(), fresh.points());
}

#[test]
fn gradients() {
    // ⟨ȳ, points⟩ + ⟨λ̄, log_det⟩ differentiated by central differences, in both directions.
    let (flow, theta) = flow(3, 6, 7);
    let z = points(5, 3, 8);
    let (bar, lambda) = (points(5, 3, 9), [0.3, -1.0, 0.5, 2.0, -0.7]);
    for forward in [true, false] {
        let run = |theta: &[f64], z: &Array2<f64>, pass: &mut FlowPass| {
            if forward { flow.forward(theta, z.view(), pass) } else { flow.inverse(theta, z.view(), pass) }
                .unwrap();
            let dots: f64 = (&pass.points() * &bar).sum();
            dots + pass.log_det().iter().zip(lambda).map(|(d, l)| d * l).sum::<f64>()
        };
        let mut pass = FlowPass::new();
        run(&theta, &z, &mut pass);
        let mut gradient = vec![0.0; theta.len()];
        flow.pull_back(&theta, &mut pass, bar.view(), &lambda, &mut gradient).unwrap();
        let input = pass.input_cotangent().to_owned();
        let scale = gradient.iter().fold(0.0, |s: f64, g| s.max(g.abs()));
        let h = 1e-5;
        for k in (0..theta.len()).step_by(7) {
            let at = |by: f64| {
                let mut moved = theta.clone();
                moved[k] += by;
                run(&moved, &z, &mut FlowPass::new())
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((slope - gradient[k]).abs() < 1e-7 * scale, "{forward} {k}: {slope} {}", gradient[k]);
        }
        for (i, c) in [(0, 0), (1, 2), (4, 1)] {
            let at = |by: f64| {
                let mut moved = z.clone();
                moved[[i, c]] += by;
                run(&theta, &moved, &mut FlowPass::new())
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((slope - input[[i, c]]).abs() < 1e-7 * scale.max(1.0));
        }
    }
}

#[test]
fn sampling_and_density_agree() {
    let (flow, theta) = flow(3, 5, 11);
    let (x, log_q) = flow.sample(&theta, 200, &mut Streams::new(12, "sample").stream(0)).unwrap();
    let log_p = flow.log_density(&theta, x.view(), &mut FlowPass::new()).unwrap();
    for (q, p) in log_q.iter().zip(&log_p) {
        assert!((q - p).abs() < 1e-11);
    }
}

#[test]
fn autoregressive_density() {
    let covariance = [2.0, 0.6, -0.4, 0.6, 1.0, 0.3, -0.4, 0.3, 0.8];
    let law = Gaussian::new(&[0.5, -1.0, 0.2], &covariance).unwrap();
    let root = law.covariance().clone().cholesky().unwrap().l();
    // Points whose mean and covariance are those of the law: m ± √3 L e_i.
    let rows: Vec<f64> = (0..6)
        .flat_map(|k| {
            let sign = if k % 2 == 0 { 3f64.sqrt() } else { -(3f64.sqrt()) };
            (law.mean() + sign * root.column(k / 2)).iter().copied().collect::<Vec<_>>()
        })
        .collect();
    let points = Array2::from_shape_vec((6, 3), rows).unwrap();
    let flow = TriangularAffine::fit(points.view()).unwrap();
    assert!((flow.matrix() - &root).amax() < 1e-13, "the matrix is the Cholesky factor");
    let apart = TriangularAffine::from_parameters(3, &{
        let mut theta = vec![0.5, -1.0, 0.2];
        theta.extend([2f64, 1.0, 0.8].map(|v| 0.5 * v.ln()));
        theta.extend([0.0; 3]);
        theta
    })
    .unwrap();
    let (mut worst, mut independent) = (0f64, 0f64);
    for row in self::points(50, 3, 13).rows() {
        let x = row.to_vec();
        let exact = law.density(&nalgebra::DVector::from_column_slice(&x)).ln();
        worst = worst.max((flow.log_density(&x) - exact).abs());
        independent = independent.max((apart.log_density(&x) - exact).abs());
        let back = flow.forward(&flow.inverse(&x));
        assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-13));
    }
    Check::new(
        "ch3_flows/coupling/flow/autoregressive_density",
        &["r:10"],
        "the auto-regressive affine flow fitted to a correlated normal law has its log-density: largest difference",
        "the same variances without the dependence on earlier coordinates",
    )
    .seed(13)
    .samples("50 points in three dimensions")
    .within(worst, 0.0, 1e-12, "rounding of a 3 × 3 elimination", independent);
}

#[test]
fn bad_input() {
    let new = |masks: &[Vec<bool>], bound| RealNvp::new(masks, &[4], Activation::Tanh, bound);
    let good = masks(3, 3);
    // Masks: none, of different lengths, moving everything, moving nothing, never moving coordinate 2.
    assert!(new(&[], 2.0).is_err());
    assert!(new(&[vec![true, false], vec![true]], 2.0).is_err());
    assert!(new(&[vec![true, true]], 2.0).is_err());
    assert!(new(&[vec![false, false]], 2.0).is_err());
    let error = new(&[vec![true, false, false], vec![false, true, false]], 2.0).unwrap_err().to_string();
    assert!(error.contains("coordinate 2"), "{error}");
    // Scales that could overflow, or none at all.
    for bound in [0.0, -1.0, f64::NAN, f64::INFINITY, 150.0] {
        assert!(new(&good, bound).is_err(), "{bound}");
    }
    assert!(RealNvp::alternating(1, 4, &[8]).is_err());
    assert!(RealNvp::alternating(2, 1, &[8]).is_err());
    assert!(RealNvp::alternating(2, 4, &[0]).is_err());
    let (flow, theta) = flow(3, 6, 1);
    let mut pass = FlowPass::new();
    assert!(flow.forward(&theta, array![[0.0, 1.0]].view(), &mut pass).is_err());
    assert!(flow.forward(&theta, Array2::zeros((0, 3)).view(), &mut pass).is_err());
    assert!(flow.forward(&theta[1..], array![[0.0, 1.0, 2.0]].view(), &mut pass).is_err());
    assert!(flow.forward(&theta, array![[0.0, f64::NAN, 2.0]].view(), &mut pass).is_err());
    let mut broken = theta.clone();
    broken[3] = f64::NAN;
    assert!(flow.inverse(&broken, array![[0.0, 1.0, 2.0]].view(), &mut pass).is_err());
    // A number so large that a layer takes it beyond the finite ones.
    assert!(flow.forward(&theta, array![[1e308, 1e308, 1e308]].view(), &mut pass).is_err());
    let mut gradient = vec![0.0; flow.parameters()];
    let unit = array![[1.0, 0.0, 0.0]];
    assert!(flow.pull_back(&theta, &mut FlowPass::new(), unit.view(), &[0.0], &mut gradient).is_err());
    flow.forward(&theta, array![[0.0, 1.0, 2.0]].view(), &mut pass).unwrap();
    assert!(flow.pull_back(&theta, &mut pass, array![[1.0, 0.0]].view(), &[0.0], &mut gradient).is_err());
    assert!(flow.pull_back(&theta, &mut pass, unit.view(), &[], &mut gradient).is_err());
    assert!(flow.pull_back(&theta, &mut pass, unit.view(), &[0.0], &mut gradient[1..]).is_err());
    // Auto-regressive: too few points, a line in the plane, NaN, parameters that do not fit.
    assert!(TriangularAffine::fit(array![[0.0, 1.0]].view()).is_err());
    assert!(TriangularAffine::fit(array![[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]].view()).is_err());
    assert!(TriangularAffine::fit(array![[0.0, 0.0], [1.0, f64::NAN], [2.0, 2.0]].view()).is_err());
    assert!(TriangularAffine::from_parameters(2, &[0.0; 4]).is_err());
    assert!(TriangularAffine::from_parameters(1, &[f64::INFINITY, 0.0]).is_err());
}

/// Whether points span the space does not depend on their unit.
#[test]
fn flat_sets_in_any_unit() {
    for unit in [1e-6, 1.0, 1e6] {
        let points =
            |thickness: f64| array![[0.0, 0.0], [1.0, 0.0], [2.0, thickness], [0.5, thickness]] * unit;
        assert!(TriangularAffine::fit(points(1e-5).view()).is_ok(), "{unit}");
        let error = TriangularAffine::fit(points(1e-9).view()).unwrap_err().to_string();
        assert!(error.contains("flat"), "{unit}: {error}");
    }
}

#[test]
fn one_layer_is_too_few() {
    let says = |error: sdml::Error, text: &str| assert!(error.to_string().starts_with(text), "{error}");
    says(RealNvp::alternating(1, 4, &[8]).unwrap_err(), "`dimension` is 1");
    says(RealNvp::alternating(2, 1, &[8]).unwrap_err(), "`layers` is 1");
    // 300 shared among the layers is the most that the bounds may add up to.
    let bounded = |bound| RealNvp::new(&masks(3, 3), &[4], Activation::Tanh, bound);
    assert!(bounded(100.0).is_ok());
    says(bounded(100.1).unwrap_err(), "`bound` is 100.1");
    let (flow, theta) = flow(2, 2, 1);
    says(
        flow.log_density(&theta, Array2::zeros((0, 2)).view(), &mut FlowPass::new()).unwrap_err(),
        "`points.nrows()`",
    );
    // The parameters of dimension n are n shifts, n scales and n(n − 1)/2 regressions.
    assert_eq!([1, 2, 3, 4].map(TriangularAffine::parameters), [2, 5, 9, 14]);
    says(TriangularAffine::from_parameters(0, &[]).unwrap_err(), "`dimension` is 0");
    says(TriangularAffine::fit(array![[0.0, 0.0], [1.0, 2.0]].view()).unwrap_err(), "`points.nrows()` is 2");
    assert!(TriangularAffine::fit(array![[0.0, 0.0], [1.0, 2.0], [3.0, -1.0]].view()).is_ok());
}

/// A pass through other layers, be they more or fewer coordinates, other ones, or wider networks.
#[test]
fn the_pass_of_another_flow() {
    let alternating = |n: usize, width: usize| RealNvp::alternating(n, 2, &[width]).unwrap();
    let turned = RealNvp::new(&[vec![true, false], vec![false, true]], &[4], Activation::Relu, 2.0).unwrap();
    let pull_back = |of: &RealNvp, through: &RealNvp| {
        let (mut pass, z) = (FlowPass::new(), points(2, of.dimension(), 1));
        of.forward(&vec![0.1; of.parameters()], z.view(), &mut pass).unwrap();
        let mut gradient = vec![0.0; through.parameters()];
        through.pull_back(&vec![0.1; through.parameters()], &mut pass, z.view(), &[0.0; 2], &mut gradient)
    };
    let flow = alternating(2, 4);
    assert!(pull_back(&flow, &flow).is_ok());
    for other in [alternating(3, 4), alternating(4, 4), alternating(2, 5), turned] {
        assert!(pull_back(&flow, &other).is_err(), "{other:?}");
        assert!(pull_back(&other, &flow).is_err(), "{other:?}");
    }
}

/// The mean of three tenths is not a tenth in floating point, and leaves a variance.
#[test]
fn identical_points_are_flat() {
    for points in [array![[0.1], [0.1], [0.1]], array![[0.7, 0.1], [1.3, 0.1], [0.2, 0.1]]] {
        let error = TriangularAffine::fit(points.view()).unwrap_err().to_string();
        assert!(error.contains("flat"), "{error}");
    }
    assert_eq!(TriangularAffine::parameters(0), 0);
}

/// What is said of a mask that moves all or nothing, and of a coordinate that none moves, be it the first or the only mask.
#[test]
fn masks_are_refused_for_what_they_are() {
    for (masks, text) in [
        (vec![vec![true, true]], "moves some coordinates and keeps others"),
        (vec![vec![false, false]], "moves some coordinates and keeps others"),
        (vec![vec![true, false]], "none moves coordinate 1"),
        (vec![vec![false, true, true], vec![false, true, false]], "none moves coordinate 0"),
    ] {
        let error = RealNvp::new(&masks, &[4], Activation::Tanh, 2.0).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

/// A pass goes from flow to flow, to more layers and to fewer, and to layers that move other coordinates.
#[test]
fn a_pass_is_used_again_by_other_flows() {
    let alternating = |layers: usize| RealNvp::alternating(2, layers, &[4]).unwrap();
    let turned = RealNvp::new(&[vec![true, false], vec![false, true]], &[4], Activation::Relu, 2.0).unwrap();
    let (z, lambda) = (points(3, 2, 15), [0.3, -1.0, 0.5]);
    let mut used = FlowPass::new();
    for flow in [alternating(2), turned, alternating(4), alternating(3), alternating(2)] {
        let theta = flow.initial(&Streams::new(14, "used by other flows"));
        let [again, afresh] = [&mut used, &mut FlowPass::new()].map(|pass| {
            let mut gradient = vec![0.0; theta.len()];
            flow.forward(&theta, z.view(), pass).unwrap();
            flow.pull_back(&theta, pass, z.view(), &lambda, &mut gradient).unwrap();
            (pass.points().to_owned(), pass.log_det().to_vec(), pass.input_cotangent().to_owned(), gradient)
        });
        assert_eq!(again, afresh, "{flow:?}");
    }
}
