//! The mixtures every path of the chapter starts from, against quadrature, finite differences and draws.

use crate::plane;
use crate::quadrature::nodes;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::ch5_diffusion::score::relative_entropy;
use sdml::random::Streams;
use sdml::statistics::{Moments, kolmogorov_smirnov};

const A: f64 = 0.7;
const B: f64 = 0.6;

/// ∫ f over a square that holds all but 1e-12 of the noised law, by Gauss–Legendre.
fn integrate(f: impl Fn(&[f64; 2]) -> f64) -> f64 {
    let rule = nodes(-7.0, 7.0, 24);
    rule.iter().map(|(x, w)| w * rule.iter().map(|(y, v)| v * f(&[*x, *y])).sum::<f64>()).sum()
}

#[test]
fn density_integrates_to_one_and_to_its_moments() {
    let law = plane().noised(A, B).unwrap();
    assert!((integrate(|x| law.density(x)) - 1.0).abs() < 1e-9);
    let (mean, covariance) = (law.mean(), law.covariance());
    for i in 0..2 {
        assert!((integrate(|x| x[i] * law.density(x)) - mean[i]).abs() < 1e-9);
        for j in 0..2 {
            let moment = integrate(|x| (x[i] - mean[i]) * (x[j] - mean[j]) * law.density(x));
            assert!((moment - covariance[i][j]).abs() < 1e-9);
        }
    }
}

#[test]
fn noised_density_is_a_convolution() {
    // The density of aX + bZ at x is ∫ p(y) N(x; ay, b²I) dy.
    let (data, noised) = (plane(), plane().noised(A, B).unwrap());
    let kernel = |x: &[f64; 2], y: &[f64; 2]| {
        let square = (x[0] - A * y[0]).powi(2) + (x[1] - A * y[1]).powi(2);
        (-0.5 * square / (B * B)).exp() / (2.0 * std::f64::consts::PI * B * B)
    };
    for x in [[0.3, -0.2], [-1.1, 0.9], [2.0, 1.0]] {
        let density = integrate(|y| data.density(y) * kernel(&x, y));
        assert!((density - noised.density(&x)).abs() < 1e-9);
        let mean = data.conditional_mean(A, B, &x).unwrap();
        for i in 0..2 {
            let integral = integrate(|y| y[i] * data.density(y) * kernel(&x, y)) / density;
            assert!((integral - mean[i]).abs() < 1e-8, "{integral} {}", mean[i]);
        }
    }
    // The ends of a path: all signal, all noise.
    let x = [0.4, -0.3];
    let [signal, noise] = [(2.0, 0.0), (0.0, 2.0)].map(|(a, b)| data.conditional_mean(a, b, &x).unwrap());
    for i in 0..2 {
        assert!((signal[i] - 0.5 * x[i]).abs() < 1e-13 && (noise[i] - data.mean()[i]).abs() < 1e-13);
    }
}

#[test]
fn derivatives_agree_with_differences() {
    let (law, d) = (plane().noised(A, B).unwrap(), 1e-4);
    for x in [[0.3, -0.2], [-1.1, 0.9], [3.0, -2.0]] {
        let shifted = |i: usize, by: f64| {
            let mut y = x;
            y[i] += by;
            y
        };
        let (score, hessian) = (law.score(&x), law.hessian(&x));
        for i in 0..2 {
            let slope = (law.log_density(&shifted(i, d)) - law.log_density(&shifted(i, -d))) / (2.0 * d);
            assert!((slope - score[i]).abs() < 1e-6);
            for (j, entry) in hessian[i].iter().enumerate() {
                let slope = (law.score(&shifted(i, d))[j] - law.score(&shifted(i, -d))[j]) / (2.0 * d);
                assert!((slope - entry).abs() < 1e-6);
            }
        }
        assert!((law.laplacian(&x) - hessian[0][0] - hessian[1][1]).abs() < 1e-12);
    }
}

#[test]
fn draws_follow_the_law() {
    let (law, streams) = (plane(), Streams::new(1, "draws"));
    let sample = law.sample(40_000, &streams);
    let covariance = law.covariance();
    for (i, row) in covariance.iter().enumerate() {
        let moments: Moments = sample.column(i).iter().copied().collect();
        assert!(moments.mean().unwrap().z(law.mean()[i]).abs() < 4.0);
        assert!(moments.variance().unwrap().z(row[i]).abs() < 4.0);
    }
    let mean = law.mean();
    let product: Moments = sample.outer_iter().map(|x| (x[0] - mean[0]) * (x[1] - mean[1])).collect();
    assert!(product.mean().unwrap().z(covariance[0][1]).abs() < 4.0);
    let line = Mixture::isotropic(&[0.3, 0.7], &[[-1.0], [2.0]], 0.5).unwrap();
    let sample: Vec<f64> = line.sample(10_000, &streams).into_iter().collect();
    assert!(kolmogorov_smirnov(&sample, |x| line.cdf(x)).unwrap().p_value > 1e-3);
    // Labels are the components: in the far component's region all draws carry its label.
    let counts = (0..10_000).filter(|i| line.draw_labelled(&mut streams.stream(*i)).0 == 1).count() as f64;
    assert!((counts - 7000.0).abs() < 4.0 * (2100f64).sqrt());
}

#[test]
fn far_away_nothing_overflows() {
    let law = Mixture::ring(8, 2.0, 0.2).unwrap();
    let x = [1e6, 0.0];
    // Only the nearest component counts: the score is −(x − 2)/0.04.
    assert!((law.score(&x)[0] / (-(1e6 - 2.0) / 0.04) - 1.0).abs() < 1e-12);
    assert!(law.log_density(&x).is_finite());
    assert_eq!(law.density(&x), 0.0);
    assert!((law.responsibility(0, &x) - 1.0).abs() < 1e-9);
    assert_eq!(law.responsibility(8, &x), 0.0);
    // |x|² is infinite in floating point.
    assert_eq!((law.log_density(&[1e200, 0.0]), law.density(&[1e200, 0.0])), (f64::NEG_INFINITY, 0.0));
}

#[test]
fn a_covariance_of_one_is_no_zero() {
    // The quadratic form of the inverse, ⅓ (2, −1; −1, 2), at (1, −1) is 2; the determinant is 3.
    let law = Mixture::gaussian([0.0; 2], [[2.0, 1.0], [1.0, 2.0]]).unwrap();
    let exact = -1.0 - (2.0 * std::f64::consts::PI).ln() - 0.5 * 3f64.ln();
    assert!((law.log_density(&[1.0, -1.0]) - exact).abs() < 1e-14);
}

/// Between normal laws of any width and place the integral is ½ (log v₂/v₁ + (v₁ + (m₁ − m₂)²)/v₂ − 1), whichever of the two
/// reaches out farther; and it is the mean of log p − log q for mixtures.
#[test]
fn relative_entropy_of_normal_laws() {
    // The last two lie to the left of 0 with all that counts of them.
    let laws: [[f64; 2]; 8] = [
        [0.0, 1.0],
        [5.0, 4.0],
        [-3.0, 0.01],
        [0.3, 0.5],
        [-40.0, 25.0],
        [2.0, 400.0],
        [-60.0, 1.0],
        [-80.0, 0.25],
    ];
    let normal = |[mean, variance]: [f64; 2]| Mixture::gaussian([mean], [[variance]]).unwrap();
    for (p, q) in laws.into_iter().flat_map(|p| laws.map(|q| (p, q))) {
        let ([m, v], [mean, variance]) = (p, q);
        let exact = 0.5 * ((variance / v).ln() + (v + (m - mean).powi(2)) / variance - 1.0);
        let found = relative_entropy(&normal(p), &normal(q)).unwrap();
        assert!((found - exact).abs() < 1e-10 * (1.0 + exact), "{p:?} {q:?}: {found} {exact}");
    }
    let p = Mixture::isotropic(&[0.2, 0.5, 0.3], &[[-2.0], [0.5], [3.0]], 0.6).unwrap();
    let q = Mixture::isotropic(&[0.6, 0.4], &[[-1.0], [2.0]], 1.1).unwrap();
    for (p, q) in [(&p, &q), (&q, &p)] {
        let rule = nodes(-14.0, 14.0, 120);
        let mean =
            rule.iter().map(|(x, w)| w * p.density(&[*x]) * (p.log_density(&[*x]) - q.log_density(&[*x])));
        assert!((relative_entropy(p, q).unwrap() - mean.sum::<f64>()).abs() < 1e-10);
    }
}

/// Symmetric but for one entry, wherever it stands.
#[test]
fn one_entry_breaks_the_symmetry() {
    let covariance = [[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]];
    assert!(Mixture::gaussian([0.0; 3], covariance).is_ok());
    for (i, j) in [(1, 0), (2, 0), (2, 1), (0, 2)] {
        let mut broken = covariance;
        broken[i][j] += 1e-3;
        assert!(Mixture::gaussian([0.0; 3], broken).is_err(), "({i}, {j})");
        broken[i][j] = f64::NAN;
        assert!(Mixture::gaussian([0.0; 3], broken).is_err(), "({i}, {j})");
        // A rounding is forgiven.
        broken = covariance;
        broken[i][j] *= 1.0 + 1e-15;
        assert!(Mixture::gaussian([0.0; 3], broken).is_ok(), "({i}, {j})");
    }
}

/// E f(X) on a grid that is nowhere centred at the origin, in three dimensions as well.
#[test]
fn expectations_far_from_the_origin() {
    let law = Mixture::isotropic(&[0.3, 0.7], &[[5.0, -7.0], [6.0, -4.0]], 0.5).unwrap();
    let close = |found: f64, exact: f64| assert!((found / exact - 1.0).abs() < 1e-12, "{found} {exact}");
    close(law.expectation(|_| 1.0), 1.0);
    close(law.expectation(|x| x[0]), 5.7);
    close(law.expectation(|x| x[1]), -4.9);
    close(law.expectation(|x| x[0] * x[1]), 0.3 * -35.0 + 0.7 * -24.0);
    let space =
        Mixture::gaussian([1.0, 2.0, -3.0], [[0.9, 0.0, 0.0], [0.0, 1.1, 0.0], [0.0, 0.0, 1.0]]).unwrap();
    close(space.expectation(|x| x[0] * x[0] + x[1] * x[2]), 1.9 - 6.0);
}

/// −2 log(p(x)/p(m)) = |z|² for x = m + Σ^{1/2} z, whatever the axes and the order of their noise.
#[test]
fn draws_are_as_far_as_their_noise() {
    let mean = [0.3, -0.5];
    let law = Mixture::gaussian(mean, [[2.0, 1.2], [1.2, 1.0]]).unwrap();
    let streams = Streams::new(2, "far");
    for k in 0..20 {
        let (mut stream, x) = (streams.stream(k), law.draw(&mut streams.stream(k)));
        // The first word chooses the component.
        let _component = stream.uniform();
        let square = stream.normal().powi(2) + stream.normal().powi(2);
        let found = 2.0 * (law.log_density(&mean) - law.log_density(&x));
        assert!((found - square).abs() < 1e-11 * (1.0 + square), "{k}: {found} {square}");
    }
}

#[test]
fn covariances_of_any_size_and_shape() {
    for size in [1e-20, 1.0, 1e20] {
        let covariance = |corner: f64| [[2.0 * size, size], [corner * size, 2.0 * size]];
        let law = Mixture::gaussian([0.0; 2], covariance(1.0)).unwrap();
        // Σ⁻¹ (1, −1) = (1, −1)/size.
        let root = f64::sqrt(size);
        let score = law.score(&[root, -root]).map(|s| s * root);
        assert!((score[0] + 1.0).abs() < 1e-12 && (score[1] - 1.0).abs() < 1e-12, "{size}: {score:?}");
        assert!(Mixture::gaussian([0.0; 2], covariance(0.99)).is_err(), "{size}");
    }
    // One coordinate by itself, and two that are not.
    let block = [[1.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 1.0, 2.0]];
    let score = Mixture::gaussian([0.0; 3], block).unwrap().score(&[0.5, 1.0, -1.0]);
    let exact = [-0.5, -1.0, 1.0];
    assert!(score.iter().zip(exact).all(|(found, exact)| (found - exact).abs() < 1e-13), "{score:?}");
}

#[test]
fn weights_are_probabilities() {
    let law = |weights: [f64; 2]| Mixture::isotropic(&weights, &[[-1.0], [1.0]], 0.5);
    assert!(law([1.0, 0.0]).is_err() && law([0.5, 0.5 + 1e-8]).is_err());
    // A rounding of the sum is forgiven and made good.
    let nearly = law([0.5, 0.5 + 8e-10]).unwrap();
    assert!((nearly.weight(0).unwrap() + nearly.weight(1).unwrap() - 1.0).abs() < 1e-15);
}

#[test]
fn expectations_under_a_narrow_law() {
    let law = Mixture::isotropic(&[1.0], &[[0.3]], 1e-4).unwrap();
    assert!((law.expectation(|x| x[0]) / 0.3 - 1.0).abs() < 1e-12);
    assert!((law.expectation(|x| (x[0] - 0.3).powi(2)) / 1e-8 - 1.0).abs() < 1e-9);
}
