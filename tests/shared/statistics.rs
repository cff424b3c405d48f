//! The measuring instruments, measured.

use sdml::random::Streams;
use sdml::statistics::{
    Estimate, Moments, Order, chi_square, ensemble, estimate, fit_line, fit_order, kolmogorov_smirnov, normal,
};

use crate::quadrature::integrate;

/// Moments of a small sample from the definitions, in two passes.
#[test]
fn moments_are_those_of_the_definition() {
    let sample = [1.0, 4.0, -2.5, 0.5, 7.0, 3.0];
    let n = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / n;
    let central = |power| sample.iter().map(|x| f64::powi(x - mean, power)).sum::<f64>();
    let (s2, mu4) = (central(2) / (n - 1.0), central(4) / n);
    // Halves of unlike mean and skewness, so that every term of the merge counts.
    for cut in 0..=sample.len() {
        let parts = [&sample[..cut], &sample[cut..]].map(|part| part.iter().copied().collect::<Moments>());
        let moments = parts[0].merge(parts[1]);
        let (m, v) = (moments.mean().unwrap(), moments.variance().unwrap());
        assert_eq!((m.count, v.count, moments.count()), (6, 6, 6));
        assert!((m.mean - mean).abs() < 1e-14);
        assert!((m.standard_error - (s2 / n).sqrt()).abs() < 1e-14);
        assert!((v.mean - s2).abs() < 1e-13);
        let error = ((mu4 - s2 * s2 * (n - 3.0) / (n - 1.0)) / n).sqrt();
        assert!((v.standard_error - error).abs() < 1e-13);
    }
}

/// The standard errors are the standard deviations they claim to be, over 4000 samples of 50 exponential variables:
/// Var(x̄) = 1/50, Var(s²) = (9 − 47/49)/50.
#[test]
fn standard_errors_are_honest() {
    let [means, variances, claimed] = ensemble(
        &Streams::new(31, "standard errors"),
        4000,
        || (),
        |(), stream| {
            let sample: Moments = (0..50).map(|_| -(1.0 - stream.uniform()).ln()).collect();
            let (mean, variance) = (sample.mean()?, sample.variance()?);
            Ok([mean.mean, variance.mean, mean.standard_error.powi(2)])
        },
    )
    .unwrap();
    assert!(means.variance().unwrap().z(1.0 / 50.0).abs() < 4.0);
    assert!(variances.variance().unwrap().z((9.0 - 47.0 / 49.0) / 50.0).abs() < 4.0);
    assert!(variances.mean().unwrap().z(1.0).abs() < 4.0);
    assert!(claimed.mean().unwrap().z(1.0 / 50.0).abs() < 4.0);
}

#[test]
fn z_scores_without_spread() {
    let certain = Estimate::of([2.0, 2.0]).unwrap();
    assert_eq!((certain.z(2.0), certain.z(1.0)), (0.0, f64::INFINITY));
}

/// The tails against quadrature of the density, far out too.
#[test]
fn normal_law() {
    for x in [0.0, 0.5, 1.0, 3f64.sqrt(), 5.0, 10.0] {
        let tail = integrate(x, x + 12.0, 40, normal::density);
        assert!((normal::tail(x) / tail - 1.0).abs() < 1e-13, "at {x}");
        assert!((normal::cdf(-x) / tail - 1.0).abs() < 1e-13, "at {x}");
        assert!((normal::cdf(x) - (1.0 - tail)).abs() < 1e-15, "at {x}");
    }
    for p in [1e-12, 1e-6, 0.025, 0.3, 0.5, 0.9, 0.999_999] {
        assert!((normal::cdf(normal::quantile(p).unwrap()) / p - 1.0).abs() < 1e-13, "at {p}");
    }
}

/// Intervals cover the true slope as often as they say: y = 2x + noise at five points, 80 % intervals.
#[test]
fn confidence_intervals_cover() {
    let x = [0.0, 1.0, 2.0, 4.0, 5.0];
    let [covered] = estimate(&Streams::new(32, "coverage"), 20_000, |stream| {
        let line = fit_line(&x, &x.map(|x| 2.0 * x + stream.normal()), 0.8).unwrap();
        [f64::from((line.slope - 2.0).abs() <= line.half_width)]
    })
    .unwrap();
    assert!(covered.z(0.8).abs() < 4.0, "{covered:?}");
    // The normal quantile in place of Student's would cover less: P(|T| ≤ 1.2816) = 0.710 for 3 degrees of freedom.
    assert!(covered.z(0.710).abs() > 10.0);
}

#[test]
fn order_of_a_noisy_power_law() {
    let h = [0.1f64, 0.05, 0.025, 0.0125];
    let wobble = [1.01, 0.99, 1.02, 0.98];
    let error: Vec<f64> = h.iter().zip(wobble).map(|(h, w)| 3.0 * w * h.sqrt()).collect();
    let fit = fit_order(&h, &error, 0.95).unwrap();
    assert!(fit.contains(0.5) && !fit.contains(1.0), "{fit:?}");
    assert!(fit.half_width > 0.01 && fit.half_width < 0.1, "{fit:?}");
}

/// If the law is right the p-values are uniform: a test of the tests.
#[test]
fn p_values_are_uniform() {
    let [ks, chi] = ensemble(
        &Streams::new(33, "p-values"),
        20_000,
        || (),
        |(), stream| {
            let sample: [f64; 60] = std::array::from_fn(|_| stream.uniform());
            let mut counts = [0; 6];
            sample.iter().for_each(|x| counts[(6.0 * x) as usize] += 1);
            let ks = kolmogorov_smirnov(&sample, |x| x)?.p_value;
            Ok([f64::from(ks < 0.1), chi_square(&counts, &[1.0 / 6.0; 6])?.p_value])
        },
    )
    .unwrap();
    // Stephens' correction is good to 0.003 here; χ² of 60 draws in 6 cells is discrete, its p-value off by as much.
    assert!((ks.mean().unwrap().mean - 0.1).abs() < 0.01, "{:?}", ks.mean());
    assert!((chi.mean().unwrap().mean - 0.5).abs() < 0.015, "{:?}", chi.mean());
}

/// Kolmogorov's law at tabulated points (Smirnov 1948): P(√n D > λ), on both sides of where the series change.
#[test]
fn kolmogorov_limit_law() {
    // The sample that puts D at (d, i.e.) the required λ: n equal spacings, shifted.
    let p_at = |lambda: f64| {
        let n = 10_000;
        let d = lambda / (100.0 + 0.12 + 0.0011);
        let sample: Vec<f64> = (0..n).map(|i| (i as f64 + 1.0) / n as f64).collect();
        let shifted = kolmogorov_smirnov(&sample, |x| (x - d).max(0.0)).unwrap();
        assert!((shifted.statistic - d).abs() < 1e-12);
        shifted.p_value
    };
    for (lambda, p) in
        [(0.5, 0.963_945), (0.8, 0.544_142), (1.0, 0.270_000), (1.36, 0.049_486), (1.63, 0.009_846)]
    {
        assert!((p_at(lambda) - p).abs() < 2e-6, "{lambda}: {}", p_at(lambda));
    }
}

/// Kolmogorov's law by both of its series, each with a hundred terms, where one ends and where the other begins.
#[test]
fn kolmogorov_by_both_series() {
    let alternating = |l: f64| -> f64 {
        (1..=100).map(|k| f64::from(2 - 4 * (1 - k % 2)) * (-2.0 * f64::from(k).powi(2) * l * l).exp()).sum()
    };
    let theta = |l: f64| -> f64 {
        let terms =
            (0..100).map(|k| (-(f64::from(2 * k + 1) * std::f64::consts::PI / l).powi(2) / 8.0).exp());
        1.0 - std::f64::consts::TAU.sqrt() / l * terms.sum::<f64>()
    };
    // One value at F = a: the distance is max(a, 1 − a), of a sample of one.
    for a in (0..50).map(|k| 0.5 + 0.01 * f64::from(k)) {
        let test = kolmogorov_smirnov(&[a], |x| x).unwrap();
        assert_eq!(test.statistic, a);
        let lambda = (1.0 + 0.12 + 0.11) * a;
        assert!((alternating(lambda) - theta(lambda)).abs() < 1e-13);
        assert!((test.p_value - theta(lambda)).abs() < 1e-13, "{lambda}: {}", test.p_value);
    }
    // Four values, and the values above and below the law.
    let test = kolmogorov_smirnov(&[0.1, 0.2, 0.3, 0.75], |x| x).unwrap();
    let lambda = (2.0 + 0.12 + 0.11 / 2.0) * 0.45;
    assert!((test.statistic - 0.45).abs() < 1e-15 && (test.p_value - theta(lambda)).abs() < 1e-13);
    let test = kolmogorov_smirnov(&[0.9, 0.7, 0.8, 0.25], |x| x).unwrap();
    assert!((test.statistic - 0.45).abs() < 1e-15 && (test.p_value - theta(lambda)).abs() < 1e-13);
}

/// With an even number 2m of degrees of freedom P(χ² > x) = e^{−x/2} Σ_{j<m} (x/2)ʲ/j!, a sum of Poisson's.
#[test]
fn chi_square_with_even_freedom() {
    for counts in [&[30, 50, 20][..], &[12, 9, 25, 30, 24], &[9, 11, 20, 28, 40, 33, 59]] {
        let cells = counts.len();
        let probabilities: Vec<f64> =
            (1..=cells).map(|i| 2.0 * i as f64 / (cells * (cells + 1)) as f64).collect();
        let n = counts.iter().sum::<u64>() as f64;
        // Σ O²/(np) − n, the other form of the statistic.
        let scaled = counts.iter().zip(&probabilities).map(|(&count, p)| (count * count) as f64 / (n * p));
        let statistic = scaled.sum::<f64>() - n;
        let terms = (0..(cells - 1) / 2).scan(1.0, |term, j| {
            *term *= if j == 0 { 1.0 } else { 0.5 * statistic / j as f64 };
            Some(*term)
        });
        let exact = (-0.5 * statistic).exp() * terms.sum::<f64>();
        let test = chi_square(counts, &probabilities).unwrap();
        assert!((test.statistic - statistic).abs() < 1e-12 * (1.0 + statistic));
        assert!((test.p_value - exact).abs() < 1e-13, "{counts:?}: {} {exact}", test.p_value);
    }
    // Just enough in each cell, and probabilities that add up to 1 but for rounding.
    assert!(chi_square(&[3, 7], &[0.5, 0.5]).is_ok());
    assert!(chi_square(&[19, 21, 20, 20, 20, 20, 20, 20, 20, 20], &[0.1; 10]).is_ok());
}

#[test]
fn counts_as_expected_are_likely() {
    for cells in [2, 3, 10] {
        let test = chi_square(&vec![20; cells], &vec![1.0 / cells as f64; cells]).unwrap();
        assert!(test.statistic < 1e-28 && test.p_value == 1.0, "{test:?}");
    }
    assert_eq!(chi_square(&[8, 8], &[0.5, 0.5]).unwrap().statistic, 0.0);
}

/// Student's law has closed quantiles with 1 degree of freedom, tan(πc/2), and with 2, c√(2/(1 − c²)).
#[test]
fn intervals_of_three_and_four_points() {
    for confidence in [0.5, 0.9, 0.99] {
        // Residuals 1, −2, 1 about y = 3x − 1.
        let line = fit_line(&[-1.0, 0.0, 1.0], &[-3.0, -3.0, 3.0], confidence).unwrap();
        assert!((line.slope - 3.0).abs() < 1e-14 && (line.intercept + 1.0).abs() < 1e-14);
        let exact = (0.5 * std::f64::consts::PI * confidence).tan() * (6.0f64 / 2.0).sqrt();
        assert!((line.half_width / exact - 1.0).abs() < 1e-9, "{} {exact}", line.half_width);
        // Residuals 1, −1, −1, 1 about y = 2.
        let line = fit_line(&[1.0, 3.0, 5.0, 7.0], &[3.0, 1.0, 1.0, 3.0], confidence).unwrap();
        assert!(line.slope.abs() < 1e-14 && (line.intercept - 2.0).abs() < 1e-14);
        let exact =
            confidence * (2.0 / (1.0 - confidence * confidence)).sqrt() * (4.0f64 / (2.0 * 20.0)).sqrt();
        assert!((line.half_width / exact - 1.0).abs() < 1e-9, "{} {exact}", line.half_width);
    }
    // A power law without noise.
    let fit =
        fit_order(&[1.0, 0.5, 0.25, 0.1], &[1.0f64, 0.5, 0.25, 0.1].map(|h| 0.3 * h.powf(1.5)), 0.9).unwrap();
    assert!((fit.order - 1.5).abs() < 1e-13 && (fit.constant - 0.3).abs() < 1e-13 && fit.half_width < 1e-13);
    // The ends of an interval belong to it.
    let fit = Order { order: 1.0, constant: 1.0, half_width: 0.25 };
    assert!(fit.contains(0.75) && fit.contains(1.25) && !fit.contains(0.749) && !fit.contains(1.251));
}

/// What lies just outside of what is allowed.
#[test]
fn edges_of_what_is_allowed() {
    let says = |error: sdml::Error, text: &str| assert!(error.to_string().starts_with(text), "{error}");
    for p in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
        says(normal::quantile(p).unwrap_err(), &format!("`probability` is {p},"));
        says(fit_line(&[1.0, 2.0, 3.0], &[1.0; 3], p).unwrap_err(), &format!("`confidence` is {p},"));
    }
    for bad in [f64::NAN, f64::INFINITY] {
        says(fit_line(&[1.0, bad, 3.0], &[1.0; 3], 0.9).unwrap_err(), &format!("`x` is {bad},"));
        says(fit_line(&[1.0, 2.0, 3.0], &[1.0, 1.0, bad], 0.9).unwrap_err(), &format!("`y` is {bad},"));
        says(fit_order(&[1.0, bad, 3.0], &[1.0; 3], 0.9).unwrap_err(), &format!("`h` is {bad},"));
    }
    says(fit_order(&[1.0, 2.0, 3.0], &[1.0, 0.0, 1.0], 0.9).unwrap_err(), "`error` is 0,");
    // Squares of distances that overflow, and that vanish.
    let far = [1e200, 2e200, 3e200];
    says(fit_line(&far, &[1.0, 2.0, 3.0], 0.9).unwrap_err(), "`the sum of squares of x` is inf,");
    says(fit_line(&[1.0, 2.0, 4.0], &far, 0.9).unwrap_err(), "`the sum of squares of the residuals` is inf,");
    says(fit_line(&[0.0, 1e-200, 2e-200], &[1.0; 3], 0.9).unwrap_err(), "`x` is 0 throughout");
    for probabilities in [[1.0, 0.0], [1.5, -0.5], [0.5, f64::NAN], [0.5, 0.5 + 1e-8], [0.5, 0.5 - 1e-8]] {
        says(chi_square(&[50, 50], &probabilities).unwrap_err(), "`probabilities` is");
    }
    says(chi_square(&[9, 0], &[0.5, 0.5]).unwrap_err(), "`counts` is 4.5 expected");
    for value in [-1e-9, 1.0 + 1e-9, f64::NAN] {
        says(kolmogorov_smirnov(&[2.0], |_| value).unwrap_err(), "`cdf` is");
    }
    assert!(kolmogorov_smirnov(&[0.0, 1.0], |x| x).is_ok());
    says(Estimate::of([1.0]).unwrap_err(), "`samples` is a sample of 1,");
    // The mean and s² are finite numbers, what the standard error of s² is made of is not.
    for scale in [1e80, 1e110, 1e150] {
        let moments: Moments = [-1.0, 1.0, 2.0, -3.0, 0.5].into_iter().map(|x| scale * x).collect();
        assert!((moments.mean().unwrap().mean / scale + 0.1).abs() < 1e-15);
        says(moments.variance().unwrap_err(), "`samples` is a sample with variance");
    }
    assert_eq!(Estimate::of([1.0, 3.0]).unwrap(), Estimate { mean: 2.0, standard_error: 1.0, count: 2 });
    // The square of the first value is not finite, and does not count.
    assert_eq!(Estimate::of([1e200; 2]).unwrap(), Estimate { mean: 1e200, standard_error: 0.0, count: 2 });
    // Fourth moments of three and of two values: μ₄ = 2/3 and 1/16, s² = 1 and 1/2.
    let error =
        |sample: &[f64]| sample.iter().copied().collect::<Moments>().variance().unwrap().standard_error;
    assert!((error(&[1.0, 2.0, 3.0]) - (2.0f64 / 9.0).sqrt()).abs() < 1e-15);
    assert!((error(&[1.0, 2.0]) - ((1.0f64 / 16.0 + 0.25) / 2.0).sqrt()).abs() < 1e-15);
}

#[test]
fn bad_input() {
    let message = |error: sdml::Error| error.to_string();
    assert_eq!(
        message(Estimate::of([]).unwrap_err()),
        "`samples` is a sample of 0, but it must be at least 2 values"
    );
    assert_eq!(
        message(Moments::default().variance().unwrap_err()),
        "`samples` is a sample of 0, but it must be at least 2 values"
    );
    assert_eq!(
        message(Estimate::of([1.0, f64::NAN]).unwrap_err()),
        "`samples` is a sample with mean NaN, but it must be finite numbers"
    );
    assert_eq!(
        message(estimate(&Streams::new(1, "none"), 0, |_| [0.0]).unwrap_err()),
        "`paths` is 0, but it must be at least 1"
    );
    assert_eq!(
        message(kolmogorov_smirnov(&[], |x| x).unwrap_err()),
        "`samples.len()` is 0, but it must be at least 1"
    );
    assert_eq!(
        message(kolmogorov_smirnov(&[f64::INFINITY], |x| x).unwrap_err()),
        "`samples` is inf, but it must be a finite number"
    );
    assert_eq!(
        message(kolmogorov_smirnov(&[2.0], |x| x).unwrap_err()),
        "`cdf` is 2 at 2, but it must be within [0, 1]"
    );
    assert_eq!(
        message(chi_square(&[10], &[1.0]).unwrap_err()),
        "`counts.len()` is 1, but it must be at least 2"
    );
    assert_eq!(
        message(chi_square(&[10, 10], &[1.0]).unwrap_err()),
        "`probabilities.len()` is 1, but it must be counts.len() = 2"
    );
    assert_eq!(
        message(chi_square(&[10, 10], &[0.5, 0.6]).unwrap_err()),
        "`probabilities` is [0.5, 0.6], but it must be positive numbers that add up to 1"
    );
    assert_eq!(
        message(chi_square(&[4, 4], &[0.5, 0.5]).unwrap_err()),
        "`counts` is 4 expected in a cell, but it must be at least 5 in each"
    );
    assert_eq!(
        message(fit_line(&[1.0, 2.0], &[1.0, 2.0], 0.95).unwrap_err()),
        "`x.len()` is 2, but it must be at least 3"
    );
    assert_eq!(
        message(fit_line(&[1.0; 3], &[1.0, 2.0], 0.95).unwrap_err()),
        "`y.len()` is 2, but it must be x.len() = 3"
    );
    assert_eq!(
        message(fit_line(&[1.0; 3], &[1.0; 3], 0.95).unwrap_err()),
        "`x` is 1 throughout, but it must be at least two different values"
    );
    assert_eq!(
        message(fit_line(&[1.0; 3], &[f64::NAN; 3], 0.95).unwrap_err()),
        "`y` is NaN, but it must be a finite number"
    );
    assert_eq!(
        message(fit_line(&[1.0, 2.0, 3.0], &[1.0; 3], 1.0).unwrap_err()),
        "`confidence` is 1, but it must be strictly between 0 and 1"
    );
    assert_eq!(
        message(fit_order(&[1.0, 0.5, 0.0], &[1.0; 3], 0.95).unwrap_err()),
        "`h` is 0, but it must be a finite number greater than 0"
    );
    assert_eq!(
        message(normal::quantile(1.0).unwrap_err()),
        "`probability` is 1, but it must be strictly between 0 and 1"
    );
}

/// 0.1 + 0.1 + 0.1 is not 3 · 0.1 in floating point: the mean of equal numbers need not be one of them.
#[test]
fn equal_abscissae_have_no_slope() {
    for (x, n) in [(0.1, 3), (0.7, 7), (-1.3, 10), (2.0, 4)] {
        let y: Vec<f64> = (0..n).map(f64::from).collect();
        let error = fit_line(&vec![x; y.len()], &y, 0.95).unwrap_err();
        assert!(error.to_string().contains("at least two different values"), "{error}");
    }
}

/// Φ(−20) and Φ(−30) by their continued fraction, e^{−x²/2}/√(2π)/(x + 1/(x + 2/(x + …))), within what the documentation allows.
#[test]
fn far_tails() {
    for x in [8.0, 20.0, 30.0, 37.0] {
        let fraction = (1..200).rev().fold(x, |below, k| x + f64::from(k) / below);
        let exact = normal::density(x) / fraction;
        assert!((normal::cdf(-x) / exact - 1.0).abs() < 4e-16 * (1.0 + x * x), "{x}");
    }
}

/// To the last bit. The library's inverse misses these by two; Newton's step is for that.
#[test]
fn quantiles_to_the_last_bit() {
    for (p, exact) in [(0.09884928402652768, -1.288136165425089), (0.05, -1.6448536269514726)] {
        let x: f64 = normal::quantile(p).unwrap();
        assert!((x - exact).abs() <= f64::EPSILON, "{p}: {x}");
    }
}

/// Far out two terms of the alternating series are all there is, and nothing may cancel. Of n equal values at F = a the distance
/// is a.
#[test]
fn kolmogorov_far_out() {
    for (n, a) in [(4, 0.85), (4, 0.9), (4, 1.0), (25, 1.0), (100, 0.75)] {
        let test = kolmogorov_smirnov(&vec![a; n], |x| x).unwrap();
        assert_eq!(test.statistic, a);
        let root = (n as f64).sqrt();
        let square = ((root + 0.12 + 0.11 / root) * a).powi(2);
        let exact = 2.0 * ((-2.0 * square).exp() - (-8.0 * square).exp());
        assert!((test.p_value / exact - 1.0).abs() < 1e-12, "{n} {a}: {:e} {exact:e}", test.p_value);
    }
}
