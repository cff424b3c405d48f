use std::f64::consts::{FRAC_PI_2, PI};

use nalgebra::{Complex, DMatrix};
use sdml::ch4_langevin::generalized::{Embedding, Memory, Oscillators, velocity_autocorrelation};
use sdml::ch4_langevin::underdamped::{Bath, Oscillator};
use sdml::random::Streams;
use sdml::statistics::{ensemble, estimate, fit_order};

use crate::check::Check;

#[test]
fn noise_covariance() {
    // Two terms of different duration; the sampled process is exact, so that the lag needs no correction.
    let memory = Memory::new(&[(2.0, 0.3), (0.5, 2.0)]).unwrap();
    let (beta, h, lag) = (2.0, 0.1, 5);
    let [product, square] = estimate(&Streams::new(1, "noise"), 200_000, |stream| {
        let force = memory.noise(beta, h, lag + 1, stream).unwrap();
        [force[0] * force[lag], force[lag] * force[lag]]
    })
    .unwrap();
    assert!(square.z(2.5 / beta).abs() < 4.0);
    let zeta = 2.0 * (-0.5f64 / 0.3).exp() + 0.5 * (-0.25f64).exp();
    Check::new(
        "ch4_langevin/generalized/noise_covariance",
        &["u:44"],
        "the noise of the generalized Langevin equation has covariance ζ(t)/β, here at t = 1/2",
        "ζ(t), without the temperature",
    )
    .seed(1)
    .samples("200000 stretches of noise")
    .statistical(product, zeta / beta, zeta);
}

/// β E P(t)P(0) for one exponential of weight c and time τ, by partial fractions: the transform is s(s + 1/τ) over the cubic
/// s³ + s²/τ + (k + c)s + k/τ, whose roots are found by Newton's method with deflation.
fn by_roots(c: f64, tau: f64, k: f64, t: f64) -> f64 {
    let coefficients = [1.0, 1.0 / tau, k + c, k / tau].map(|x| Complex::new(x, 0.0));
    let value = |s: Complex<f64>| coefficients.iter().fold(Complex::new(0.0, 0.0), |sum, a| sum * s + a);
    // Durand and Kerner: all three at once.
    let mut roots = [Complex::new(1.0, 0.0), Complex::new(0.4, 0.9), Complex::new(-0.65, 0.72)];
    for _ in 0..500 {
        for i in 0..3 {
            let others: Complex<f64> = (0..3).filter(|&j| j != i).map(|j| roots[i] - roots[j]).product();
            roots[i] -= value(roots[i]) / others;
        }
    }
    let term = |i: usize| {
        let s = roots[i];
        let others: Complex<f64> = (0..3).filter(|&j| j != i).map(|j| s - roots[j]).product();
        s * (s + 1.0 / tau) / others * (s * t).exp()
    };
    (0..3).map(|i| term(i).re).sum()
}

#[test]
fn closed_form() {
    let (gamma, tau, k, t) = (1.0, 0.5, 2.0, 1.3);
    for (gamma, tau, k, t) in [(3.0, 0.2, 1.0, 0.7), (0.5, 2.0, 4.0, 2.0)] {
        let memory = Memory::exponential(gamma, tau).unwrap();
        let deviation = memory.velocity_autocorrelation(k, t).unwrap() - by_roots(gamma / tau, tau, k, t);
        assert!(deviation.abs() < 1e-12, "{deviation}");
    }
    let memory = Memory::exponential(gamma, tau).unwrap();
    Check::new(
        "ch4_langevin/generalized/closed_form",
        &["u:44"],
        "the velocity autocorrelation in a harmonic well is the sum of three exponentials over the roots of a cubic",
        "the same with the friction 2γ",
    )
    .within(
        memory.velocity_autocorrelation(k, t).unwrap(),
        by_roots(gamma / tau, tau, k, t),
        1e-12,
        "rounding in the exponential of a matrix and in the roots",
        by_roots(2.0 * gamma / tau, tau, k, t),
    );
}

#[test]
fn embedding() {
    let (gamma, tau, k, beta, h, steps) = (1.5, 0.5, 2.0, 2.0, 0.2, 5);
    let scheme = Embedding::new(Memory::exponential(gamma, tau).unwrap(), beta, h).unwrap();
    let [product, square] = ensemble(
        &Streams::new(2, "embedding"),
        100_000,
        || (),
        |(), stream| {
            let start = stream.normal() / (k * beta).sqrt();
            let mut particle = scheme.particle(start, stream);
            let p = particle.p();
            for _ in 0..steps {
                scheme.step(|q| -k * q, &mut particle, stream);
            }
            Ok([p * particle.p(), particle.q * particle.q])
        },
    )
    .unwrap();
    // The step as a matrix acting on (q, p, z), with the exponential of the linear part by its series.
    let c = gamma / tau;
    let linear = DMatrix::from_row_slice(3, 3, &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -c, -1.0 / tau]) * h;
    let mut exponential = DMatrix::identity(3, 3);
    let mut term = DMatrix::identity(3, 3);
    for n in 1..40 {
        term = &term * &linear / f64::from(n);
        exponential += &term;
    }
    let kick = DMatrix::from_row_slice(3, 3, &[1.0, 0.0, 0.0, -0.5 * h * k, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let fly = DMatrix::from_row_slice(3, 3, &[1.0, 0.5 * h, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let step = &kick * &fly * &exponential * &fly * &kick;
    let start =
        DMatrix::from_diagonal(&nalgebra::DVector::from_vec(vec![1.0 / (k * beta), 1.0 / beta, c / beta]));
    let power = (0..steps).fold(DMatrix::identity(3, 3), |power, _| &step * power);
    let expected = (&power * &start)[(1, 1)];
    // BAOAB's positions keep their variance, here as with white noise: the bath's part is exact and leaves (p, z) in equilibrium.
    assert!(square.mean().unwrap().z(1.0 / (k * beta)).abs() < 4.0);
    let doubled = Memory::exponential(2.0 * gamma, tau).unwrap();
    let wrong = doubled.velocity_autocorrelation(k, h * steps as f64).unwrap() / beta;
    Check::new(
        "ch4_langevin/generalized/embedding",
        &["u:44"],
        "in a harmonic well E P(t)P(0) of the embedded equation is what the matrix of its step says",
        "the process with friction 2γ",
    )
    .seed(2)
    .samples("100000 paths of 5 steps")
    .statistical(product.mean().unwrap(), expected, wrong);
}

/// max |C(t) − C₀(t)| over t ≤ 4, C₀ that of (4.1) with the friction given.
fn distance(friction: f64, k: f64, c: impl Fn(f64) -> f64) -> f64 {
    let limit = Oscillator::new(Bath::new(friction, 1.0).unwrap(), k).unwrap();
    (1..=80)
        .map(|n| f64::from(n) * 0.05)
        .map(|t| (c(t) - limit.propagator(t)[1][1]).abs())
        .fold(0.0, f64::max)
}

#[test]
fn short_memory() {
    let (gamma, k) = (1.0, 2.0);
    let times = [0.02, 0.01, 0.005, 0.0025];
    let errors = |friction| {
        times.map(|tau| {
            let memory = Memory::exponential(gamma, tau).unwrap();
            distance(friction, k, |t| memory.velocity_autocorrelation(k, t).unwrap())
        })
    };
    let order = fit_order(&times, &errors(gamma), 0.95).unwrap().order;
    let wrong = fit_order(&times, &errors(2.0 * gamma), 0.95).unwrap().order;
    Check::new(
        "ch4_langevin/generalized/short_memory",
        &["u:45"],
        "with the kernel (γ/τ) e^{−t/τ} the velocity autocorrelation tends to that of (4.1) with friction γ, to first order in τ",
        "friction 2γ, from which the distance does not shrink: order 0",
    )
    .within(order, 1.0, 0.05, "the next term of the expansion, of relative size γτ ≤ 0.02, doubled for safety", wrong);
}

#[test]
fn gaussian_kernel() {
    // The notes' kernel, whose integral over the whole line is 2γ. For a free particle the integral of the autocorrelation is 1/γ at
    // every width δ; the tail beyond t = 12 is e^{−12} = 6e-6.
    let (gamma, h) = (1.0, 0.01);
    let kernel = |delta: f64| {
        move |t: f64| {
            let bell = (-0.5 * (t / delta).powi(2)).exp() / (2.0 * std::f64::consts::PI).sqrt() / delta;
            2.0 * gamma * bell
        }
    };
    let integral = |h: f64| {
        let c = velocity_autocorrelation(kernel(0.2), 0.0, h, (12.0 / h) as usize).unwrap();
        h * (c.iter().sum::<f64>() - 0.5 * (c[0] + c[c.len() - 1]))
    };
    Check::new(
        "ch4_langevin/generalized/gaussian_kernel",
        &["u:45"],
        "only half of the kernel lies on the half-line: the friction is γ, and the autocorrelation of a free particle has integral 1/γ",
        "friction 2γ, the integral over the whole line",
    )
    .within(
        integral(h),
        1.0 / gamma,
        2e-3,
        "the trapezoidal rule: the integral changes by less than 1e-3 when the step is halved",
        0.5 / gamma,
    );
    assert!((integral(h) - integral(0.5 * h)).abs() < 1e-3);
    // And in a well the distance to (4.1) is of first order in δ.
    let widths = [0.04, 0.02, 0.01];
    let errors = widths.map(|delta| {
        let h = delta / 16.0;
        let c = velocity_autocorrelation(kernel(delta), 2.0, h, (4.0 / h) as usize).unwrap();
        distance(gamma, 2.0, |t| c[(t / h).round() as usize])
    });
    let order = fit_order(&widths, &errors, 0.95).unwrap().order;
    assert!((order - 1.0).abs() < 0.1, "{order}");
}

#[test]
fn random_frequencies() {
    // The variance of cos ωt under Cauchy's law is (1 − e^{−2t/τ})/2.
    let (gamma, tau, n, t) = (1.0, 0.5, 50, 0.7f64);
    let exact = gamma / tau * (-t / tau).exp();
    let [square, mean] = estimate(&Streams::new(3, "frequencies"), 20_000, |stream| {
        let bath = Oscillators::at_random(gamma, tau, n, stream).unwrap();
        let error = bath.kernel(t) - exact;
        [error * error, error]
    })
    .unwrap();
    assert!(mean.z(0.0).abs() < 4.0);
    let expected = (gamma / tau).powi(2) * 0.5 * (1.0 - (-2.0 * t / tau).exp()) / n as f64;
    Check::new(
        "ch4_langevin/generalized/random_frequencies",
        &["u:44"],
        "the kernel of n oscillators with random frequencies has the mean square error (γ/τ)² (1 − e^{−2t/τ})/(2n)",
        "n² in place of n",
    )
    .seed(3)
    .samples("20000 baths of 50 oscillators")
    .statistical(square, expected, expected / n as f64);
}

#[test]
fn whole_system() {
    // Without temperature there is no noise, and from rest at Q₀ the mean motion is P(t) = −k Q₀ ∫₀ᵗ C.
    let (gamma, tau, k, n, t) = (1.0, 0.5, 2.0, 40, 1.5);
    let bath = Oscillators::at_quantiles(gamma, tau, n).unwrap();
    let cold = 1e30;
    let run = |steps: usize| {
        let mut whole = bath.around(1.0, cold, &mut Streams::new(4, "cold").stream(0)).unwrap();
        let before = whole.energy() + 0.5 * k;
        for _ in 0..steps {
            whole.step(|q| -k * q, t / steps as f64);
        }
        (whole.p, (whole.energy() + 0.5 * k * whole.q * whole.q - before).abs())
    };
    let (coarse, fine, finest) = (run(3000), run(6000), run(12_000));
    // Second order: the difference falls to a quarter, and so does the error of the energy.
    let ratio = (coarse.0 - fine.0) / (fine.0 - finest.0);
    assert!((ratio - 4.0).abs() < 0.4, "{ratio}");
    assert!(fine.1 < 1e-3 && finest.1 < 0.4 * fine.1, "{fine:?} {finest:?}");
    let times: Vec<f64> = (0..=600).map(|i| t * f64::from(i) / 600.0).collect();
    let c = bath.velocity_autocorrelation(k, &times).unwrap();
    // Simpson's rule.
    let weight = |i: usize| if i == 0 || i == 600 { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
    let integral: f64 = c.iter().enumerate().map(|(i, c)| weight(i) * c).sum::<f64>() * t / 1800.0;
    let doubled = Memory::exponential(2.0 * gamma, tau).unwrap();
    let wrong = velocity_autocorrelation(|t| doubled.kernel(t), k, t / 600.0, 600).unwrap();
    let wrong: f64 = wrong.iter().enumerate().map(|(i, c)| weight(i) * c).sum::<f64>() * t / 1800.0;
    Check::new(
        "ch4_langevin/generalized/whole_system",
        &["u:44"],
        "the particle among its oscillators, started at rest without temperature, has momentum −k Q₀ ∫ C, C from the normal modes",
        "the motion with twice the friction",
    )
    .within(
        (4.0 * finest.0 - fine.0) / 3.0,
        -k * integral,
        2e-4,
        "extrapolation in the step leaves its fourth power times the fastest frequency, and Simpson's rule the same",
        -k * wrong,
    );
}

#[test]
fn bath_force() {
    // At the start the oscillators pull with variance ζₙ(0)/β = γ/(τβ), whatever their number.
    let (gamma, tau, beta) = (1.5, 0.5, 2.0);
    let bath = Oscillators::at_quantiles(gamma, tau, 20).unwrap();
    let [square] = estimate(&Streams::new(5, "force"), 40_000, |stream| {
        [bath.around(0.8, beta, stream).unwrap().force_of_bath().powi(2)]
    })
    .unwrap();
    Check::new(
        "ch4_langevin/generalized/bath_force",
        &["u:44"],
        "oscillators in equilibrium around the particle pull with mean square ζ(0)/β",
        "oscillators in equilibrium around the origin, which pull the particle at 0.8 there",
    )
    .seed(5)
    .samples("40000 baths of 20 oscillators")
    .statistical(square, gamma / tau / beta, gamma / tau / beta + (0.8 * gamma / tau).powi(2));
}

#[test]
fn kernel_of_a_finite_bath() {
    // The midpoint rule of the quantiles errs by Poisson's sum over its harmonics, of which each has one stationary point. The mean
    // square over t ≤ T tends to (γ/τ)² (π/2) ζ(3/2) (2πn)^{−3/2} √(2/(πτ)) (2/3)√T, with Riemann's ζ(3/2), and the ends of [0, T]
    // change it by a relative 1/√n.
    let (gamma, tau, riemann, end) = (1.0f64, 0.5, 2.612_375_348_685_488, 3.0f64);
    let memory = Memory::exponential(gamma, tau).unwrap();
    let sizes = [20.0, 40.0, 80.0, 160.0f64];
    let distances = |bath: &Oscillators| {
        let errors = (0..3000).map(|i| {
            let t = (f64::from(i) + 0.5) * end / 3000.0;
            (bath.kernel(t) - memory.kernel(t)).abs()
        });
        let (largest, squares) =
            errors.fold((0f64, 0f64), |(largest, squares), x| (largest.max(x), squares + x * x));
        (largest, (squares / 3000.0).sqrt())
    };
    let predicted = |n: f64| {
        let harmonics = FRAC_PI_2 * riemann * (2.0 * PI * n).powf(-1.5);
        (gamma / tau) * (harmonics * (2.0 / (PI * tau)).sqrt() * 2.0 / 3.0 * end.sqrt()).sqrt()
    };
    let found = sizes.map(|n| distances(&Oscillators::at_quantiles(gamma, tau, n as usize).unwrap()));
    assert!(found.windows(2).all(|pair| pair[1].0 < pair[0].0), "{found:?}");
    for (n, (_, rms)) in sizes.iter().zip(&found) {
        assert!((rms / predicted(*n) - 1.0).abs() < 1.0 / n.sqrt(), "{n}: {rms} {}", predicted(*n));
    }
    // Random frequencies in the place of quantiles: order 1/2, and at n = 160 four times as far.
    let random = Oscillators::at_random(gamma, tau, 160, &mut Streams::new(6, "drawn").stream(0)).unwrap();
    let (_, rms) = distances(&random);
    assert!(rms / predicted(160.0) - 1.0 > 2.5 / 160f64.sqrt(), "{rms}");
}

#[test]
fn finite_bath() {
    // The autocorrelation of the particle among n oscillators against that of the equation with the limiting kernel.
    let (gamma, tau, k) = (1.0, 0.5, 2.0);
    let memory = Memory::exponential(gamma, tau).unwrap();
    let times: Vec<f64> = (1..=30).map(|i| 0.1 * f64::from(i)).collect();
    let exact: Vec<f64> = times.iter().map(|&t| memory.velocity_autocorrelation(k, t).unwrap()).collect();
    let errors = [20, 40, 80, 160].map(|n| {
        let bath = Oscillators::at_quantiles(gamma, tau, n).unwrap();
        let c = bath.velocity_autocorrelation(k, &times).unwrap();
        c.iter().zip(&exact).map(|(c, exact)| (c - exact).abs()).fold(0.0, f64::max)
    });
    assert!(errors.windows(2).all(|pair| pair[1] < 0.5 * pair[0]), "{errors:?}");
    let t = 1.0;
    let c = Oscillators::at_quantiles(gamma, tau, 160).unwrap().velocity_autocorrelation(k, &[t]).unwrap()[0];
    let doubled = Memory::exponential(2.0 * gamma, tau).unwrap();
    Check::new(
        "ch4_langevin/generalized/finite_bath",
        &["u:44"],
        "among 160 oscillators the particle's velocity autocorrelation at t = 1 is that of the generalized Langevin equation",
        "that of the equation with twice the kernel",
    )
    .within(
        c,
        memory.velocity_autocorrelation(k, t).unwrap(),
        2.0 * errors[2],
        "the distance at least halves when n doubles, so that twice the distance at n = 80 bounds it with room",
        doubled.velocity_autocorrelation(k, t).unwrap(),
    );
}

#[test]
fn bad_input() {
    let says = |result: Result<(), sdml::Error>, message: &str| {
        assert_eq!(result.unwrap_err().to_string(), message);
    };
    let positive = "but it must be a finite number greater than 0";
    says(Memory::new(&[]).map(drop), "`terms.len()` is 0, but it must be at least 1");
    says(Memory::exponential(0.0, 1.0).map(drop), &format!("`friction` is 0, {positive}"));
    says(Memory::exponential(1.0, -1.0).map(drop), &format!("`time` is -1, {positive}"));
    let memory = Memory::exponential(1.0, 1.0).unwrap();
    says(Embedding::new(memory.clone(), f64::NAN, 0.1).map(drop), &format!("`beta` is NaN, {positive}"));
    says(Embedding::new(memory.clone(), 1.0, 0.0).map(drop), &format!("`h` is 0, {positive}"));
    says(
        memory.velocity_autocorrelation(-1.0, 1.0).map(drop),
        "`stiffness` is -1, but it must be at least 0",
    );
    says(Oscillators::at_quantiles(1.0, 1.0, 0).map(drop), "`n` is 0, but it must be at least 1");
    says(
        velocity_autocorrelation(|t| 1.0 / t, 0.0, 0.1, 3).map(drop),
        "`kernel` is inf, but it must be a finite number",
    );
}

/// Where the exponential is lost the autocorrelation is an error, not NaN.
#[test]
fn times_beyond_the_exponential() {
    let memory = Memory::new(&[(0.7, 0.5), (1.2, 2.0)]).unwrap();
    assert!(memory.velocity_autocorrelation(1.3, 2000.0).unwrap().abs() < 1e-12);
    assert!(memory.velocity_autocorrelation(1.3, 1e300).is_err());
}
