//! Losses and architectures: Figure 1.2, eq. (1.19), Example 1.19, Section 1.4.2.

use sdml::ch1_preliminaries::learning::{
    Activation, Adam, Batch, Blobs, Classification, Collocation, DeepRitz, FiniteSum, Jets, Labelled, Layer,
    Misfit, Pass, Poisson, ResNet, Schedule, TwoLayer, accuracy, descend,
};
use sdml::random::Streams;
use sdml::statistics::{fit_order, kolmogorov_smirnov};

use crate::check::Check;

/// A polynomial in ε and t, cut off at ε² = 0 and t³ = 0: `self.0[i][j]` belongs to εⁱtʲ. A function of x + t e, with a
/// parameter moved by ε, yields value, first and second derivative along e, and the derivatives of all three with
/// respect to the parameter.
#[derive(Clone, Copy)]
struct Cut([[f64; 3]; 2]);

impl Cut {
    fn constant(value: f64) -> Self {
        Self([[value, 0.0, 0.0], [0.0; 3]])
    }

    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| std::array::from_fn(|j| self.0[i][j] + other.0[i][j])))
    }

    fn mul(self, other: Self) -> Self {
        let mut product = [[0.0; 3]; 2];
        for i in 0..2 {
            for j in 0..3 {
                for k in 0..2 - i {
                    for l in 0..3 - j {
                        product[i + k][j + l] += self.0[i][j] * other.0[k][l];
                    }
                }
            }
        }
        Self(product)
    }

    /// tanh(z₀ + δ) by its Taylor series, whose coefficients follow from cosh; δ⁴ = 0.
    fn tanh(self) -> Self {
        let z = self.0[0][0];
        let (t, sech2) = (z.tanh(), z.cosh().powi(-2));
        let delta = self.add(Self::constant(-z));
        let square = delta.mul(delta);
        Self::constant(t)
            .add(delta.mul(Self::constant(sech2)))
            .add(square.mul(Self::constant(-t * sech2)))
            .add(square.mul(delta).mul(Self::constant(sech2 * (2.0 * t * t - sech2) / 3.0)))
    }
}

/// u(x + t e_`direction`) with the `moved`-th parameter increased by ε.
fn network_along(theta: &[f64], width: usize, x: [f64; 2], direction: usize, moved: usize) -> Cut {
    let parameter = |p: usize| {
        let mut value = Cut::constant(theta[p]);
        value.0[1][0] = if p == moved { 1.0 } else { 0.0 };
        value
    };
    let coordinate = |d: usize| {
        let mut value = Cut::constant(x[d]);
        value.0[0][1] = if d == direction { 1.0 } else { 0.0 };
        value
    };
    (0..width).fold(parameter(4 * width), |u, j| {
        let z = parameter(2 * j)
            .mul(coordinate(0))
            .add(parameter(2 * j + 1).mul(coordinate(1)))
            .add(parameter(2 * width + j));
        u.add(parameter(3 * width + j).mul(z.tanh()))
    })
}

#[test]
fn network_derivatives() {
    let width = 5;
    let theta: Vec<f64> = (0..4 * width + 1).map(|p| 1.3 * (1.7 * p as f64 + 0.4).sin()).collect();
    let network = TwoLayer::<2>::new(Activation::Tanh, theta.clone()).unwrap();
    // Seven points, so that sums in lanes have a remainder.
    let points: Vec<[f64; 2]> =
        (0..7).map(|n| [(0.9 * n as f64).cos(), (1.1 * n as f64 + 0.3).sin()]).collect();
    let n = points.len() as f64;
    let coefficients = Jets {
        value: (0..7).map(|i| 0.3 + i as f64 / n).collect(),
        gradient: (0..7).map(|i| [1.0 - i as f64 / n, 0.2 * i as f64 - 0.5]).collect(),
        laplacian: (0..7).map(|i| (i as f64).cos()).collect(),
    };
    let mut pass = Pass::default();
    network.forward(&points, &mut pass);
    let mut gradient = vec![0.0; theta.len()];
    network.pull_back(&points, &pass, &coefficients, &mut gradient);

    let (mut worst, mut misprint) = (0f64, 0f64);
    for (i, &x) in points.iter().enumerate() {
        let along = [0, 1].map(|d| network_along(&theta, width, x, d, usize::MAX).0[0]);
        let laplacian = 2.0 * (along[0][2] + along[1][2]);
        worst = worst
            .max((pass.jets.value[i] - along[0][0]).abs())
            .max((pass.jets.gradient[i][0] - along[0][1]).abs())
            .max((pass.jets.gradient[i][1] - along[1][1]).abs())
            .max((pass.jets.laplacian[i] - laplacian).abs());
        let unsquared: f64 = (0..width)
            .map(|j| {
                let w = network.weight(j);
                let s = (w[0] * x[0] + w[1] * x[1] + network.bias(j)).tanh();
                network.outer(j) * Activation::Tanh.derivatives(s)[1] * w[0].hypot(w[1])
            })
            .sum();
        misprint = misprint.max((unsquared - laplacian).abs());
    }
    for (p, &component) in gradient.iter().enumerate() {
        let reference: f64 = (0..7)
            .map(|i| {
                let along = [0, 1].map(|d| network_along(&theta, width, points[i], d, p).0[1]);
                coefficients.value[i] * along[0][0]
                    + coefficients.gradient[i][0] * along[0][1]
                    + coefficients.gradient[i][1] * along[1][1]
                    + coefficients.laplacian[i] * 2.0 * (along[0][2] + along[1][2])
            })
            .sum();
        worst = worst.max((component - reference).abs());
    }
    Check::new(
        "ch1_preliminaries/learning/networks/network_derivatives",
        &["fig:1.2"],
        "value, gradient and Laplacian of a two-layer network, and the parameter gradient of all three, agree with \
         arithmetic on truncated polynomials",
        "Σ v σ'' |w| in place of Σ v σ'' |w|²",
    )
    .samples("7 points of the plane, 5 hidden units, 21 parameters")
    .within(worst, 0.0, 1e-12, "sums of some hundred terms of size 1", misprint);
}

#[test]
fn random_networks_bend_inside_the_box() {
    let (width, low, high) = (20_000, 1.0, 3.0);
    let stream = &mut Streams::new(5, "random network").stream(0);
    let network = TwoLayer::<1>::random(Activation::Tanh, width, [low, high], stream).unwrap();
    // Mean squares of normal variables have the standard error √(2/m), relative.
    let mean_square =
        |of: &dyn Fn(usize) -> f64| (0..width).map(|j| of(j).powi(2)).sum::<f64>() / width as f64;
    let scale = (high - low) / 4.0;
    let bound = 4.0 * (2.0 / width as f64).sqrt();
    assert!((mean_square(&|j| scale * network.weight(j)[0]) - 1.0).abs() < bound);
    assert!((mean_square(&|j| (width as f64).sqrt() * network.outer(j)) - 1.0).abs() < bound);
    let bends: Vec<f64> = (0..width).map(|j| -network.bias(j) / network.weight(j)[0]).collect();
    assert!(bends.iter().all(|x| (low - 1e-9..high + 1e-9).contains(x)));
    let uniform = kolmogorov_smirnov(&bends, |x| ((x - low) / (high - low)).clamp(0.0, 1.0)).unwrap();
    assert!(uniform.p_value > 1e-4, "{uniform:?}");
    assert_eq!(network.offset(), 0.0);
}

#[test]
fn tanh_in_the_last_places() {
    let z = (0..200_001).map(|i| (f64::from(i) - 1e5) * 2.5e-4);
    let worst = z
        .filter(|z| *z != 0.0)
        .map(|z| (sdml::ch1_preliminaries::learning::tanh(z) / z.tanh() - 1.0).abs())
        .fold(0.0, f64::max);
    assert!(worst < 1e-15, "{worst}");
    for z in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e-300, 1e300] {
        assert_eq!(sdml::ch1_preliminaries::learning::tanh(z), z.tanh());
    }
}

#[test]
fn weighted_sum() {
    let energy = DeepRitz::new(Poisson::new(2, 1.0).unwrap(), 500.0).unwrap();
    let points: Vec<f64> = (0..13).map(|i| (0.41 + 0.618 * f64::from(i)).fract()).collect();
    let sum = Collocation::new(energy, Activation::Tanh, &points).unwrap();
    let theta: Vec<f64> = (0..16).map(|p| 0.7 * (2.3 * p as f64 + 0.1).cos()).collect();
    let mut batched = vec![0.0; theta.len()];
    let loss = sum.add_all(&theta, &mut batched);
    let parts = |weight: &dyn Fn(usize) -> f64| {
        let mut gradient = vec![0.0; theta.len()];
        let mut total = 0.0;
        for i in 0..sum.weights().len() {
            total += weight(i) * sum.add_term(i, &theta, weight(i), &mut gradient);
        }
        let size = batched.iter().fold(0f64, |a, b| a.max(b.abs()));
        let apart = gradient.iter().zip(&batched).map(|(a, b)| (a - b).abs() / size).fold(0.0, f64::max);
        apart.max((total / loss - 1.0).abs())
    };
    let equal = 1.0 / sum.weights().len() as f64;
    Check::new(
        "ch1_preliminaries/learning/networks/weighted_sum",
        &["eq:1.19"],
        "loss and gradient of the energy in one batch are the weighted sums of those of its terms",
        "all terms weighted 1/N",
    )
    .samples("13 points and 2 ends, 16 parameters")
    .within(
        parts(&|i| sum.weights()[i]),
        0.0,
        1e-14,
        "rounding, relative to the largest component",
        parts(&|_| equal),
    );
}

/// Data, held-out data, and a trained network with its loss.
fn trained(misfit: Misfit) -> (TwoLayer<2>, f64, Labelled) {
    let streams = Streams::new(7, "blobs");
    let blobs = Blobs::new(0.5).unwrap();
    let data = blobs.sample(1000, &mut streams.stream(0)).unwrap();
    let held_out = blobs.sample(100_000, &mut streams.stream(1)).unwrap();
    let start = TwoLayer::<2>::random(Activation::Tanh, 12, [-2.0, 2.0], &mut streams.stream(2)).unwrap();
    let loss = Classification::new(data, misfit).unwrap();
    let mut theta = start.parameters().to_vec();
    let schedule = Schedule::Cosine { rate: 0.03, steps: 1000 };
    let stream = &mut streams.stream(3);
    descend(&loss, Batch::Mini(32), &mut Adam::default(), schedule, 1000, &mut theta, stream).unwrap();
    let final_loss = loss.add_all(&theta, &mut vec![0.0; theta.len()]);
    (TwoLayer::new(Activation::Tanh, theta).unwrap(), final_loss, held_out)
}

#[test]
fn classification_near_bayes() {
    let (network, _, held_out) = trained(Misfit::Square);
    let bayes = Blobs::new(0.5).unwrap().bayes_accuracy();
    let majority = held_out.labels.iter().sum::<f64>() / held_out.labels.len() as f64;
    Check::new(
        "ch1_preliminaries/learning/networks/classification_near_bayes",
        &["exa:1.19"],
        "held-out accuracy of a network trained on the mean square error is close to the best possible, p² + (1 − p)²",
        "always answering the more frequent label",
    )
    .seed(7)
    .samples("1000 training points, 100000 held out")
    .within(
        accuracy(&network, &held_out).unwrap(),
        bayes,
        0.2 * (1.0 - bayes),
        "a fifth of the error that no classifier avoids",
        majority.max(1.0 - majority),
    );
}

#[test]
fn bayes_rule_by_sampling() {
    let blobs = Blobs::new(0.5).unwrap();
    let data = blobs.sample(100_000, &mut Streams::new(3, "bayes").stream(0)).unwrap();
    // The rule "posterior > ½" has the accuracy stated, and the posterior is calibrated: E[y − η(x)] weighted by any
    // function of x vanishes.
    let n = data.points.len() as f64;
    let right =
        data.points.iter().zip(&data.labels).filter(|(x, y)| (blobs.posterior(x) > 0.5) == (**y > 0.5));
    let bayes = blobs.bayes_accuracy();
    assert!((right.count() as f64 / n - bayes).abs() < 4.0 * (bayes * (1.0 - bayes) / n).sqrt());
    let pairs = || data.points.iter().zip(&data.labels);
    for weight in [(|_| 1.0) as fn(&[f64; 2]) -> f64, |x| x[0] * x[1], |x| (2.0 * x[0]).sin() * x[1]] {
        let mean = pairs().map(|(x, y)| weight(x) * (y - blobs.posterior(x))).sum::<f64>() / n;
        let square = pairs().map(|(x, y)| (weight(x) * (y - blobs.posterior(x))).powi(2)).sum::<f64>() / n;
        assert!(mean.abs() < 4.0 * (square / n).sqrt(), "{mean}");
    }
}

#[test]
fn signed_misfit() {
    let (network, loss, held_out) = trained(Misfit::Signed);
    // Below the loss of the truth, g = y, which is 0.
    assert!(loss < -0.45, "{loss}");
    let zeros = held_out.labels.iter().filter(|y| **y == 0.0).count() as f64 / held_out.labels.len() as f64;
    Check::new(
        "ch1_preliminaries/learning/networks/signed_misfit",
        &["exa:1.19"],
        "minimizing the monotone φ(r) = r gives a network that always answers 0: its accuracy is the share of label 0",
        "φ(r) = r², which learns",
    )
    .seed(7)
    .samples("1000 training points, 100000 held out")
    .within(
        accuracy(&network, &held_out).unwrap(),
        zeros,
        1e-3,
        "a constant answer: the accuracy is a count; a point in a thousand is allowed for",
        accuracy(&trained(Misfit::Square).0, &held_out).unwrap(),
    );
}

#[test]
fn classification_gradient() {
    let data = Labelled { points: vec![[0.5, -1.0], [-0.3, 0.8], [1.2, 0.4]], labels: vec![1.0, 0.0, 1.0] };
    let theta = [0.6, -0.4, 0.2, 0.9, 0.1, -0.3, 1.1, -0.7, 0.25];
    // The loss once more, with the standard library's functions.
    let loss = |theta: &[f64], phi: fn(f64) -> f64| {
        let terms = data.points.iter().zip(&data.labels).map(|(x, y)| {
            let unit = |j: usize| {
                theta[6 + j] * (theta[2 * j] * x[0] + theta[2 * j + 1] * x[1] + theta[4 + j]).tanh()
            };
            phi(1.0 / (1.0 + (-unit(0) - unit(1) - theta[8]).exp()) - y)
        });
        terms.sum::<f64>() / 3.0
    };
    for (misfit, phi) in [
        (Misfit::Square, (|r| r * r) as fn(f64) -> f64),
        (Misfit::LogCosh, |r| r.cosh().ln()),
        (Misfit::Signed, |r| r),
    ] {
        let objective = Classification::new(data.clone(), misfit).unwrap();
        let mut gradient = [0.0; 9];
        assert!((objective.add_all(&theta, &mut gradient) - loss(&theta, phi)).abs() < 1e-14);
        for p in 0..9 {
            // Central differences of fourth order: error of order ε⁴ + 1e-16/ε.
            let moved = |e: f64| {
                let mut theta = theta;
                theta[p] += e;
                loss(&theta, phi)
            };
            let e = 1e-3;
            let slope = (8.0 * (moved(e) - moved(-e)) - (moved(2.0 * e) - moved(-2.0 * e))) / (12.0 * e);
            assert!((gradient[p] - slope).abs() < 1e-11, "{misfit:?} {p}: {} {slope}", gradient[p]);
        }
    }
}

/// Weights that turn and swell along the network.
fn weights(t: f64) -> Layer<2> {
    Layer { weight: [[-0.5, 2.0 + t], [-2.0, 0.3 - t]], bias: [(2.0 * t).sin(), 0.5] }
}

#[test]
fn resnet_is_euler() {
    let start = [1.0, -0.5];
    // Classical Runge–Kutta steps for z' = tanh(A(t)z + b(t)) on [0, 2].
    let (steps, horizon) = (2000, 2.0);
    let h = horizon / f64::from(steps);
    let mut z = start;
    for k in 0..steps {
        let t = h * f64::from(k);
        let at =
            |t: f64, z: [f64; 2], k: [f64; 2], c: f64| weights(t).field(&[z[0] + c * k[0], z[1] + c * k[1]]);
        let k1 = at(t, z, [0.0; 2], 0.0);
        let k2 = at(t + 0.5 * h, z, k1, 0.5 * h);
        let k3 = at(t + 0.5 * h, z, k2, 0.5 * h);
        let k4 = at(t + h, z, k3, h);
        z = std::array::from_fn(|i| z[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
    let depths = [64, 128, 256, 512, 1024];
    let order = |curve: &dyn Fn(f64) -> Layer<2>| {
        let errors = depths.map(|depth| {
            let states = ResNet::sampled(depth, horizon, curve).unwrap().forward(start);
            let end = states[depth];
            (end[0] - z[0]).hypot(end[1] - z[1])
        });
        fit_order(&depths.map(|depth| horizon / depth as f64), &errors, 0.95).unwrap().order
    };
    Check::new(
        "ch1_preliminaries/learning/networks/resnet_is_euler",
        &["u:16"],
        "the output of a residual network whose blocks are scaled by T/depth tends to that of the differential \
         equation, with order 1",
        "all layers sharing the first layer's weights",
    )
    .samples("depths 64 to 1024")
    .within(order(&weights), 1.0, 0.05, "the next term of the error is T/64 = 0.03 of the first", order(&|_| weights(0.0)));
}

#[test]
fn resnet_general_form() {
    let drift = |_t: f64| Layer { weight: [[0.0]], bias: [-1.0] };
    let end = |depth, inner: fn(f64) -> f64, outer: fn(f64) -> f64| {
        ResNet::sampled(depth, 1.0, drift).unwrap().with(inner, outer).forward([0.5])[depth][0]
    };
    let euler = end(64, |z| z, |y| y);
    assert!((euler - (0.5 - 1f64.tanh())).abs() < 1e-14);
    // h(z) = 0.9z forgets its input at a rate per layer, not per unit of time: the limit is the fixed point of a layer,
    // z = −10 tanh(1)/depth, which tends to 0.
    assert!((end(400, |z| 0.9 * z, |y| y) + 10.0 * 1f64.tanh() / 400.0).abs() < 1e-14);
    Check::new(
        "ch1_preliminaries/learning/networks/resnet_general_form",
        &["u:17"],
        "with g = ReLU the network for z' = −tanh 1 from ½ ends at 0, at every depth",
        "the differential equation, which ends at ½ − tanh 1",
    )
    .samples("depths 1 to 4096")
    .within(
        [1, 16, 256, 4096].map(|depth| end(depth, |z| z, |y| y.max(0.0))).into_iter().fold(0.0, f64::max),
        0.0,
        1e-15,
        "the value is cut off exactly",
        euler,
    );
}

#[test]
fn jacobian_notation() {
    let (layer, z, v, e) = (weights(0.7), [0.4, -0.3], [1.5, -0.8], 1e-3);
    // Differences of fourth order: the error is ε⁴ times the fifth derivative, which is below 200.
    let difference =
        |f: &dyn Fn(f64) -> f64| (8.0 * (f(e) - f(-e)) - (f(2.0 * e) - f(-2.0 * e))) / (12.0 * e);
    let moved = |k: usize, e: f64| std::array::from_fn(|d| if d == k { z[d] + e } else { z[d] });
    let jacobian = layer.jacobian(&z);
    let along = layer.jacobian_along(&z, &v);
    let (mut worst, mut transposed, mut contracted) = (0f64, 0f64, 0f64);
    for i in 0..2 {
        for j in 0..2 {
            let reference = difference(&|e| layer.field(&moved(j, e))[i]);
            worst = worst.max((jacobian[i][j] - reference).abs());
            transposed = transposed.max((jacobian[j][i] - reference).abs());
            // Σ_k ∂_k F_ij v_k: the last index of the tensor meets v.
            let tensor = |i: usize, j: usize, k: usize| difference(&|e| layer.jacobian(&moved(k, e))[i][j]);
            contracted =
                contracted.max((along[i][j] - (0..2).map(|k| tensor(i, j, k) * v[k]).sum::<f64>()).abs());
        }
    }
    assert!(contracted < 1e-9, "{contracted}");
    Check::new(
        "ch1_preliminaries/learning/networks/jacobian_notation",
        &["u:22"],
        "row i, column j of a layer's Jacobian is the derivative of component i along coordinate j, by differences",
        "the transposed matrix",
    )
    .samples("one layer with a matrix that is not symmetric")
    .within(worst, 0.0, 1e-9, "ε⁴ times the fifth derivative, ε = 1e-3", transposed);
}
