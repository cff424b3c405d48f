use sdml::Error;
use sdml::ch1_preliminaries::fokker_planck::double_well::{self, Gibbs};
use sdml::ch4_langevin::overdamped::{
    LeimkuhlerMatthews, Mala, Tamed, Ula, Window, mala_acceptance_gaussian, mala_acceptance_limit,
};
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic, Scheme};
use sdml::ch4_langevin::underdamped::{
    Bath, Covariance, EulerMaruyama, Oscillator, PhaseSpace, Splitting, Word, strong_friction_distance,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments, ensemble, estimate, fit_order};

use crate::check::Check;

/// E (Q(γt) − X(t))² after some steps from the bottom of the well U = kq²/2, by pairs of chains and by the recursion of their covariances.
fn pairs([gamma, beta, k, h]: [f64; 4], steps: usize, count: usize, seed: u64) -> (Moments, f64) {
    // Both driven by the same variables: each chain draws one number before its first step, here for the start, there for the momentum.
    let well = Harmonic::new(&[k]).unwrap();
    let streams = Streams::new(seed, "friction");
    let slow = EulerMaruyama::new(Bath::new(gamma, beta).unwrap(), gamma * h).unwrap();
    let mut under = Chains::from_point(&well, slow, streams, count, &[0.0]).unwrap();
    let start = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| {
        stream.normal();
        q[0] = 0.0;
    };
    let mut over = Chains::new(&well, Ula::new(beta, h).unwrap(), streams, count, start).unwrap();
    under.advance(steps).unwrap();
    over.advance(steps).unwrap();
    let (q, x) = (under.positions(), over.positions());
    let squares = q.iter().zip(&x).map(|(q, x)| (q - x) * (q - x)).collect();
    // The recursion of the covariances of (q, p, x) with the same steps.
    let step =
        [[1.0, gamma * h, 0.0], [-gamma * h * k, 1.0 - gamma * gamma * h, 0.0], [0.0, 0.0, 1.0 - h * k]];
    let noise = [0.0, (2.0 * gamma * gamma * h / beta).sqrt(), (2.0 * h / beta).sqrt()];
    let mut c = [[0.0; 3]; 3];
    c[1][1] = 1.0 / beta;
    for _ in 0..steps {
        let half: [[f64; 3]; 3] =
            std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|l| step[i][l] * c[l][j]).sum()));
        c = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                (0..3).map(|l| half[i][l] * step[j][l]).sum::<f64>() + noise[i] * noise[j]
            })
        });
    }
    (squares, c[0][0] - 2.0 * c[0][2] + c[2][2])
}

#[test]
fn strong_friction() {
    let (gamma, beta, k, h, steps) = (6.0, 2.0, 1.5, 0.005, 800);
    let (squares, expected) = pairs([gamma, beta, k, h], steps, 40_000, 1);
    // Not far from the process itself.
    let exact = strong_friction_distance(Bath::new(gamma, beta).unwrap(), k).unwrap().powi(2);
    assert!((expected / exact - 1.0).abs() < 0.5, "{expected} {exact}");
    Check::new(
        "ch4_langevin/overdamped/strong_friction",
        &["u:47", "eq:4.2"],
        "driven by one Brownian motion, Q(γt) and X(t) differ by E (Q − X)² as the recursion of their covariances says",
        "no time change: Q(t) in place of Q(γt), which then has hardly moved",
    )
    .seed(1)
    .samples("40000 pairs of chains")
    .statistical(squares.mean().unwrap(), expected, {
        let oscillator = Oscillator::new(Bath::new(gamma, beta).unwrap(), k).unwrap();
        let rest = Covariance { qq: 0.0, qp: 0.0, pp: 1.0 / beta };
        // Independent at best: the variances add up.
        oscillator.covariance(h * steps as f64 / gamma, rest).qq + 1.0 / (beta * k)
    });
}

#[test]
fn strong_friction_rate() {
    // E QX in equilibrium from the linear equations of the moments, solved here by iterating the recursion to its fixed point at a tiny step
    // would be slow: the equations themselves are three.
    let frictions = [4.0, 8.0, 16.0, 32.0];
    let (beta, k) = (2.0, 1.5);
    let root = |gamma: f64| {
        // [d/dt E QX, d/dt E PX] = 0 as a system for (u, v).
        let (a, b, c, d) = (-k, gamma, -gamma * k, -gamma * gamma - k);
        let (e, f) = (0.0, -2.0 * gamma / beta);
        let u = (e * d - b * f) / (a * d - b * c);
        (2.0 / (beta * k) - 2.0 * u).sqrt()
    };
    for gamma in frictions {
        let closed = strong_friction_distance(Bath::new(gamma, beta).unwrap(), k).unwrap();
        assert!((closed - root(gamma)).abs() < 1e-12);
    }
    let small = frictions.map(f64::recip);
    let order = fit_order(&small, &frictions.map(root), 0.95).unwrap().order;
    // The variance at a fixed time, from rest, errs by the square.
    let variance = |gamma: f64| {
        let oscillator = Oscillator::new(Bath::new(gamma, beta).unwrap(), k).unwrap();
        let rest = Covariance { qq: 0.0, qp: 0.0, pp: 1.0 / beta };
        let limit = (1.0 - (-2.0 * k).exp()) / (beta * k);
        (oscillator.covariance(gamma, rest).qq - limit).abs()
    };
    let weak = fit_order(&small, &frictions.map(variance), 0.95).unwrap().order;
    assert!((weak - 2.0).abs() < 0.2, "{weak}");
    // By chains as well, up to the time 1 with γ²h = 0.2: the friction differs, what a step resolves does not.
    let runs = [(6.0f64, 20_000), (12.0, 10_000), (24.0, 5000)].map(|(gamma, count)| {
        let h = 0.2 / (gamma * gamma);
        let (squares, expected) = pairs([gamma, beta, k, h], (1.0 / h).round() as usize, count, gamma as u64);
        let square = squares.mean().unwrap();
        assert!(square.z(expected).abs() < 4.0, "{gamma}: {square:?} {expected}");
        (1.0 / gamma, square, expected)
    });
    let fitted = |squares: [f64; 3]| {
        fit_order(&runs.map(|(small, ..)| small), &squares.map(f64::sqrt), 0.95).unwrap().order
    };
    let (simulated, expected) = (fitted(runs.map(|run| run.1.mean)), fitted(runs.map(|run| run.2)));
    // The frictions are a geometric sequence: the middle one does not enter the slope. A root halves a relative error.
    let [first, _, last] = runs.map(|run| 0.5 * run.1.standard_error / run.2);
    let error = first.hypot(last) / 4f64.ln();
    assert!((simulated - expected).abs() < 4.0 * error, "{simulated} {expected} {error}");
    assert!((weak - expected).abs() > 10.0 * error, "{weak} {expected} {error}");
    Check::new(
        "ch4_langevin/overdamped/strong_friction_rate",
        &["u:47"],
        "the root mean square of Q(γt) − X(t) is of order 1/γ",
        "order two, which the variance has",
    )
    .within(
        order,
        1.0,
        0.05,
        "1/√(γ² + k/2): the correction is k/(4γ²), 2 per cent at the smallest friction",
        weak,
    );
}

#[test]
fn frozen() {
    // Without the time change the displacement dies out like 2t/(βγ).
    let (gamma, beta, k, t) = (50.0, 1.0, 1.0, 1.0);
    let well = Harmonic::new(&[k]).unwrap();
    let (h, steps) = (0.02, 50);
    let scheme = Splitting::new(Word::Baoab, Bath::new(gamma, beta).unwrap(), h).unwrap();
    let mut chains = Chains::from_point(&well, scheme, Streams::new(2, "frozen"), 100_000, &[0.0]).unwrap();
    chains.advance(steps).unwrap();
    let square = Estimate::of(chains.positions().iter().map(|q| q * q)).unwrap();
    let step = sdml::ch4_langevin::underdamped::LinearStep::of_splitting(&scheme, k);
    let rest = Covariance { qq: 0.0, qp: 0.0, pp: 1.0 / beta };
    let expected = (0..steps).fold(rest, |c, _| step.apply(c)).qq;
    assert!((expected - 2.0 * t / (beta * gamma)).abs() < 0.01);
    Check::new(
        "ch4_langevin/overdamped/frozen",
        &["u:47"],
        "at friction 50 the particle of (4.1) has a variance of only about 2t/(βγ) after time 1",
        "the variance of the overdamped dynamics after time 1",
    )
    .seed(2)
    .samples("100000 chains")
    .statistical(square, expected, (1.0 - (-2.0 * k * t).exp()) / (beta * k));
}

#[test]
fn ula_harmonic() {
    let (beta, k, h) = (2.0, 4.0, 0.3);
    let well = Harmonic::new(&[k]).unwrap();
    let measured = |h: f64| {
        let scheme = Ula::new(beta, h).unwrap();
        let mut chains = Chains::from_point(&well, scheme, Streams::new(3, "ula"), 200_000, &[0.0]).unwrap();
        chains.advance(20).unwrap();
        Estimate::of(chains.positions().iter().map(|x| x * x)).unwrap()
    };
    // The curve of the bias, up to nine tenths of the limit of stability; after 20 steps from 0 all but (1 − hk)⁴⁰ of it is there.
    for h in [0.05, 0.1, 0.2, 0.4, 0.45] {
        let square = measured(h);
        let stationary = 1.0 / (beta * k * (1.0 - 0.5 * h * k));
        let expected = stationary * (1.0 - (1.0 - h * k).powi(40));
        assert!(square.z(expected).abs() < 4.0, "{h}: {square:?} {expected}");
        assert!(square.z(1.0 / (beta * k)) > 10.0, "{h}: {square:?} has no bias");
    }
    // (1 − hk)² = 0.04 a step.
    let square = measured(h);
    Check::new(
        "ch4_langevin/overdamped/ula_harmonic",
        &["eq:4.4", "eq:4.2"],
        "in a harmonic well ULA has the stationary variance 1/(βk(1 − hk/2))",
        "the variance of the dynamics, 1/(βk)",
    )
    .seed(3)
    .samples("200000 chains")
    .statistical(square, 1.0 / (beta * k * (1.0 - 0.5 * h * k)), 1.0 / (beta * k));
    assert_eq!(Ula::new(beta, h).unwrap().limit(k), 0.5);
}

#[test]
fn ula_anisotropic() {
    let (k, h) = ([1.0, 3.0], 0.2);
    let well = Harmonic::new(&k).unwrap();
    let mut chains =
        Chains::from_point(&well, Ula::new(1.0, h).unwrap(), Streams::new(4, "planes"), 50_000, &[0.0, 0.0])
            .unwrap();
    chains.advance(60).unwrap();
    let product = Estimate::of(chains.positions().rows().into_iter().map(|x| x[0] * x[1])).unwrap();
    // One normal variable for both coordinates.
    let [shared] = ensemble(
        &Streams::new(4, "shared"),
        50_000,
        || (),
        |(), stream| {
            let mut x = [0.0; 2];
            for _ in 0..60 {
                let xi = (2.0 * h).sqrt() * stream.normal();
                x = [x[0] - h * k[0] * x[0] + xi, x[1] - h * k[1] * x[1] + xi];
            }
            Ok([x[0] * x[1]])
        },
    )
    .unwrap();
    let closed = 2.0 * h / (1.0 - (1.0 - h * k[0]) * (1.0 - h * k[1]));
    assert!(shared.mean().unwrap().z(closed).abs() < 4.0);
    Check::new(
        "ch4_langevin/overdamped/ula_anisotropic",
        &["eq:4.4"],
        "with noise N(0, I) the coordinates of a separable well are uncorrelated",
        "one normal variable N(0, 1) shared by all coordinates",
    )
    .seed(4)
    .samples("50000 chains")
    .statistical(product, 0.0, shared.mean().unwrap().mean);
}

/// E x² of X' = m(X) + √(2h) ξ in the double well at β = 1.
fn square(h: f64, n: usize, drift: impl Fn(f64) -> f64) -> f64 {
    let law = Window::new(2.8, n).unwrap().invariant(|x| x + h * drift(x), (2.0 * h).sqrt()).unwrap();
    law.iter().map(|(x, weight)| weight * x * x).sum()
}

#[test]
fn ula_double_well() {
    let exact = Gibbs::new(1.0).unwrap().moment(2);
    let ula = |h| square(h, 401, double_well::force);
    // A finer grid changes nothing.
    assert!((ula(0.01) - square(0.01, 501, double_well::force)).abs() < 1e-11);
    let steps = [0.02, 0.01, 0.005];
    let order = fit_order(&steps, &steps.map(|h| (ula(h) - exact).abs()), 0.95).unwrap().order;
    assert!((order - 1.0).abs() < 0.1, "{order}");
    let h = 0.05;
    let well = DoubleWell::new(1).unwrap();
    let start = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| q[0] = 2.0 * stream.uniform() - 1.0;
    let mut chains =
        Chains::new(&well, Ula::new(1.0, h).unwrap(), Streams::new(5, "well"), 2000, start).unwrap();
    chains.advance(400).unwrap();
    let [measured] = chains.averages(4000, 1, |x| [x[0] * x[0]]).unwrap();
    Check::new(
        "ch4_langevin/overdamped/ula_double_well",
        &["eq:4.4"],
        "in the double well chains of ULA have the E x² of the invariant density of its transition kernel",
        "E x² of the Gibbs law, by quadrature",
    )
    .seed(5)
    .samples("2000 chains of 4000 steps")
    .statistical(measured.mean().unwrap(), ula(h), exact);
}

#[test]
fn ula_double_well_to_first_order() {
    // At β = 1 the density left invariant is ρ(1 + hf), f = ¼U′² − ½U″, and E x² moves by h Cov(x², f).
    let gibbs = Gibbs::new(1.0).unwrap();
    let covariance = |factor: f64| {
        let f = |x: f64| 0.25 * double_well::force(x).powi(2) - factor * double_well::curvature(x);
        gibbs.expectation(|x| x * x * f(x)) - gibbs.moment(2) * gibbs.expectation(f)
    };
    let expected = 0.5 - 3.0 * (gibbs.moment(4) - gibbs.moment(2).powi(2));
    assert!((covariance(0.5) - expected).abs() < 1e-12);
    let slope = |h: f64| (square(h, 401, double_well::force) - gibbs.moment(2)) / h;
    // Two orders of h are gone.
    let limit = |h: f64| (slope(h) - 6.0 * slope(0.5 * h) + 8.0 * slope(0.25 * h)) / 3.0;
    let (coarse, fine) = (limit(0.02), limit(0.01));
    // With the sign of U″ lost the error would not even be negative.
    assert!(covariance(-0.5) > 0.0 && fine < 0.0, "{fine}");
    Check::new(
        "ch4_langevin/overdamped/ula_double_well_to_first_order",
        &["eq:4.4"],
        "in the double well at β = 1 the error of ULA's E x² over h tends to 1/2 − 3 Var x² as h → 0",
        "the covariance with ¼U′² − ¼U″ in place of ¼U′² − ½U″",
    )
    .samples("steps 0.01, 0.005 and 0.0025")
    .within(
        fine,
        expected,
        (fine - coarse).abs(),
        "what the extrapolation from steps twice as long, with eight times the error, differs by",
        covariance(0.25),
    );
}

#[test]
fn tamed() {
    let exact = Gibbs::new(1.0).unwrap().moment(2);
    let tamed = |h: f64| square(h, 601, |x| double_well::force(x) / (1.0 + h * double_well::force(x).abs()));
    let steps = [0.001, 0.0005, 0.00025];
    let order = fit_order(&steps, &steps.map(|h| (tamed(h) - exact).abs()), 0.95).unwrap().order;
    let well = DoubleWell::new(1).unwrap();
    let far = |_, _: &mut sdml::random::Stream, q: &mut [f64]| q[0] = 30.0;
    let h = 0.05;
    let mut chains =
        Chains::new(&well, Tamed::new(1.0, h).unwrap(), Streams::new(6, "tamed"), 2000, far).unwrap();
    chains.advance(1000).unwrap();
    let [measured] = chains.averages(4000, 1, |x| [x[0] * x[0]]).unwrap();
    Check::new(
        "ch4_langevin/overdamped/tamed",
        &["eq:4.4"],
        "tamed ULA comes back from x = 30 and has the E x² of the invariant density of its own transition kernel",
        "E x² of the Gibbs law",
    )
    .seed(6)
    .samples("2000 chains of 4000 steps")
    .statistical(measured.mean().unwrap(), tamed(h), exact);
    assert!((order - 1.0).abs() < 0.1, "{order}");
    let mut chains = Chains::new(&well, Ula::new(1.0, h).unwrap(), Streams::new(6, "tamed"), 1, far).unwrap();
    assert!(matches!(chains.advance(1000), Err(Error::Escaped { step: 0..=3, .. })));
}

#[test]
fn leimkuhler_matthews() {
    // BAOAB whose bath draws new momenta, with a step √(2h), is the same chain. At the bottom of a well both start with the same memory.
    let well = DoubleWell::new(1).unwrap();
    let h = 0.02f64;
    let streams = Streams::new(7, "limit");
    let baoab = Splitting::new(Word::Baoab, Bath::overwhelming(1.0).unwrap(), (2.0 * h).sqrt()).unwrap();
    let mut a = Chains::from_point(&well, baoab, streams, 10, &[1.0]).unwrap();
    let mut b =
        Chains::from_point(&well, LeimkuhlerMatthews::new(1.0, h).unwrap(), streams, 10, &[1.0]).unwrap();
    for _ in 0..20 {
        a.advance(1).unwrap();
        b.advance(1).unwrap();
        assert!((a.positions() - b.positions()).iter().all(|difference| difference.abs() < 1e-12));
    }
    let exact = Gibbs::new(1.0).unwrap().moment(2);
    let bias = |h: f64| {
        let scheme = Splitting::new(Word::Baoab, Bath::overwhelming(1.0).unwrap(), (2.0 * h).sqrt()).unwrap();
        let law = PhaseSpace::new(2.65, 6.5, 48).unwrap().invariant(&scheme, &well).unwrap();
        law.iter().map(|(q, weight)| weight * q * q).sum::<f64>() - exact
    };
    let steps = [0.02, 0.01, 0.005];
    let order = fit_order(&steps, &steps.map(|h| bias(h).abs()), 0.95).unwrap().order;
    Check::new(
        "ch4_langevin/overdamped/leimkuhler_matthews",
        &["eq:4.4"],
        "in the double well the error of E x² of the scheme of Leimkuhler and Matthews is of order two",
        "order one, of ULA",
    )
    .within(order, 2.0, 0.25, "the next term, of relative size 8h at curvature 8", 1.0);
}

#[test]
fn mala() {
    let (h, exact) = (0.05, Gibbs::new(1.0).unwrap().moment(2));
    let well = DoubleWell::new(1).unwrap();
    let start = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| q[0] = 2.0 * stream.uniform() - 1.0;
    let mut chains =
        Chains::new(&well, Mala::new(1.0, h).unwrap(), Streams::new(8, "mala"), 2000, start).unwrap();
    chains.advance(400).unwrap();
    let [measured] = chains.averages(4000, 1, |x| [x[0] * x[0]]).unwrap();
    // The mean acceptance by quadrature.
    let log = |x: f64, y: f64| {
        let q = |from: f64, to: f64| -(to - from - h * double_well::force(from)).powi(2) / (4.0 * h);
        double_well::potential(x) - double_well::potential(y) + q(y, x) - q(x, y)
    };
    let average = Window::new(2.8, 801).unwrap().average_acceptance(
        |x| (-double_well::potential(x)).exp(),
        |x| x + h * double_well::force(x),
        (2.0 * h).sqrt(),
        |x, y| log(x, y).exp().min(1.0),
    );
    assert!((chains.acceptance() - average.unwrap()).abs() < 1e-3);
    Check::new(
        "ch4_langevin/overdamped/mala",
        &["eq:4.4"],
        "MALA at the same step has the E x² of the Gibbs law",
        "the E x² of ULA, that is, without the acceptance test",
    )
    .seed(8)
    .samples("2000 chains of 4000 steps")
    .statistical(measured.mean().unwrap(), exact, square(h, 401, double_well::force));
}

#[test]
fn mala_acceptance() {
    let (d, h) = (20, 0.8f64);
    let well = Harmonic::new(&vec![1.0; d]).unwrap();
    let [acceptance] = ensemble(
        &Streams::new(9, "acceptance"),
        400,
        || (),
        |(), stream| {
            let seed = (stream.uniform() * 1e9) as u64;
            let gauss = |_, stream: &mut sdml::random::Stream, q: &mut [f64]| stream.fill_normal(q);
            let mut chains = Chains::new(&well, Mala::new(1.0, h)?, Streams::new(seed, "inner"), 20, gauss)?;
            chains.advance(100)?;
            Ok([chains.acceptance()])
        },
    )
    .unwrap();
    // Metropolis' ratio without the proposal densities, as code.
    let [wrong] = estimate(&Streams::new(9, "wrong"), 20_000, |stream| {
        let change: f64 = (0..d)
            .map(|_| {
                let x = stream.normal();
                let y = (1.0 - h) * x + (2.0 * h).sqrt() * stream.normal();
                0.5 * (x * x - y * y)
            })
            .sum();
        [change.exp().min(1.0)]
    })
    .unwrap();
    Check::new(
        "ch4_langevin/overdamped/mala_acceptance",
        &["eq:4.4"],
        "for N(0, I) in 20 dimensions MALA accepts as often as the incomplete beta function says",
        "the ratio of the densities alone, without the proposals",
    )
    .seed(9)
    .samples("400 times 20 chains of 100 steps")
    .statistical(acceptance.mean().unwrap(), mala_acceptance_gaussian(d, h).unwrap(), wrong.mean);
}

/// The step at which h times the acceptance is largest, by golden sections.
fn best(speed: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    for _ in 0..100 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if speed(a) < speed(b) { low = a } else { high = b }
    }
    0.5 * (low + high)
}

#[test]
fn optimal_scaling() {
    let dimensions = [1_000usize, 10_000, 100_000, 1_000_000];
    let optimum = |d: usize| {
        let top = 5.0 / (d as f64).cbrt();
        best(|h| h * mala_acceptance_gaussian(d, h).unwrap(), 1e-3 * top, top)
    };
    let steps = dimensions.map(optimum);
    let exponent = fit_order(&dimensions.map(|d| d as f64), &steps, 0.95).unwrap().order;
    assert!((exponent + 1.0 / 3.0).abs() < 0.02, "{exponent}");
    let speed = |ell: f64| ell * ell * mala_acceptance_limit(ell);
    let ell = best(speed, 0.1, 5.0);
    let expected = mala_acceptance_limit(ell);
    assert!((expected - 0.574).abs() < 1e-3);
    // The maximum is flat.
    for other in (1..500).map(|k| 0.01 * f64::from(k)) {
        if (0.4..=0.8).contains(&mala_acceptance_limit(other)) {
            assert!(speed(other) > 0.8 * speed(ell), "{other}");
        }
    }
    Check::new(
        "ch4_langevin/overdamped/optimal_scaling",
        &["r:13"],
        "in a million dimensions MALA is fastest at the acceptance of the limit d → ∞",
        "0.234, the optimum of a random walk without gradients",
    )
    .within(
        mala_acceptance_gaussian(1_000_000, steps[3]).unwrap(),
        expected,
        0.01,
        "the correction is of the order of the step, d^{−1/3} = 0.01",
        0.234,
    );
}

#[test]
fn contraction() {
    // Two chains with the same noise in a well with curvatures between 1 and 4.
    let (k, h, steps) = ([1.0, 4.0], 0.1, 12);
    let well = Harmonic::new(&k).unwrap();
    let end = |x: f64, y: f64| {
        let mut chains =
            Chains::from_point(&well, Ula::new(1.0, h).unwrap(), Streams::new(10, "pair"), 50, &[x, y])
                .unwrap();
        chains.advance(steps).unwrap();
        chains.positions()
    };
    let apart = end(2.0, 1.0) - end(-1.0, 0.0);
    let measured = apart.column(0)[7] / 3.0;
    assert!(
        apart.rows().into_iter().all(|row| row.dot(&row).sqrt() <= 10f64.sqrt() * 0.9f64.powi(steps as i32))
    );
    Check::new(
        "ch4_langevin/overdamped/contraction",
        &["r:13"],
        "two chains of ULA with the same noise approach each other like (1 − hm)ⁿ, m the smallest curvature",
        "the largest curvature in its place",
    )
    .seed(10)
    .within(measured, 0.9f64.powi(steps as i32), 1e-12, "rounding", 0.6f64.powi(steps as i32));
}

/// In a million dimensions the limit law is right to 1e-6; in the plane the acceptance is a rational function of h and √(h⁴ + 8h).
#[test]
fn acceptance_at_its_extremes() {
    let (d, h) = (1_000_000, 0.006);
    let limit = mala_acceptance_limit((2.0 * h * f64::cbrt(d as f64)).sqrt());
    assert!((mala_acceptance_gaussian(d, h).unwrap() - limit).abs() < 1e-6);
    for d in [999, 1000, 1001, 1002] {
        let between = 0.5
            * (mala_acceptance_gaussian(d - 1, 0.2).unwrap() + mala_acceptance_gaussian(d + 1, 0.2).unwrap());
        assert!((mala_acceptance_gaussian(d, 0.2).unwrap() / between - 1.0).abs() < 1e-6);
    }
    for h in [1e3, 1e5, 1e20] {
        assert!((mala_acceptance_gaussian(2, h).unwrap() * h.powi(3) / 4.0 - 1.0).abs() < 1e-8);
    }
    for d in [2, 5000] {
        assert_eq!(mala_acceptance_gaussian(d, 1e80).unwrap(), 0.0);
    }
}

/// π(y) = Σ K(x, y) π(x) with rows K(x, ·) of sum 1, also where only a hundredth of a step's law lies in the window.
#[test]
fn the_law_of_a_window_is_invariant() {
    let deviation = 0.6;
    let law = Window::new(4.0, 41).unwrap().invariant(|x| 1.5 * x, deviation).unwrap();
    let weight = |x: f64, y: f64| (-0.5 * ((y - 1.5 * x) / deviation).powi(2)).exp();
    let mass = |x: f64| law.iter().map(|(y, _)| weight(x, *y)).sum::<f64>();
    assert!(mass(4.0) < 0.01);
    for &(y, probability) in &law {
        let after: f64 = law.iter().map(|&(x, before)| before * weight(x, y) / mass(x)).sum();
        assert!((after - probability).abs() < 1e-14, "{y} {after} {probability}");
    }
}

#[test]
fn windows_of_no_numbers() {
    let window = Window::new(4.0, 41).unwrap();
    assert!(window.invariant(|_| f64::NAN, 0.5).is_err());
    // Out of the window from everywhere, and from the half where every chain comes.
    assert!(window.invariant(|_| 1e4, 0.5).is_err());
    assert!(window.invariant(|x| if x < 0.0 { x } else { 1e4 }, 0.5).is_err());
    // From beyond 3.9 as well, but nothing comes there.
    assert!(window.invariant(|x| if x < 3.9 { 0.1 * x } else { 1e4 }, 0.5).is_ok());
    assert!(window.average_acceptance(|_| 0.0, |x| x, 0.5, |_, _| 1.0).is_err());
    assert!(window.average_acceptance(|_| 1.0, |x| x, 0.5, |_, _| f64::NAN).is_err());
}

/// With q = x/√m the mass becomes 1 and the stiffness k/m.
#[test]
fn strong_friction_of_any_mass() {
    for (gamma, beta, m, k) in [(6.0, 2.0, 4.0, 1.5), (0.3, 0.7, 0.1, 2.0)] {
        let bath = Bath::new(gamma, beta).unwrap();
        let distance = strong_friction_distance(bath.with_mass(m).unwrap(), k).unwrap();
        let scaled = strong_friction_distance(bath, k / m).unwrap() / f64::sqrt(m);
        assert!((distance / scaled - 1.0).abs() < 1e-14, "{distance} {scaled}");
    }
}

/// The step is ℓ² up to a factor: the sign of ℓ means nothing.
#[test]
fn acceptance_in_the_limit_is_even() {
    assert_eq!(mala_acceptance_limit(-1.5), mala_acceptance_limit(1.5));
    assert_eq!(mala_acceptance_limit(0.0), 1.0);
}
