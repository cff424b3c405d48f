use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Harmonic, Scheme};
use sdml::ch4_langevin::underdamped::{
    Bath, Covariance, EulerMaruyama, LinearStep, Oscillator, PhaseSpace, Splitting, Word,
    euler_maruyama_covariance, splitting_covariance,
};
use sdml::random::Streams;
use sdml::statistics::{Estimate, Moments, fit_order};

use crate::check::Check;

/// Moments of (q², qp, p²) over chains after some steps from q = `start` with p = 0.
fn squares<S: Scheme>(scheme: S, stiffness: f64, steps: usize, seed: u64, start: [f64; 2]) -> [Estimate; 3] {
    let well = Harmonic::new(&[stiffness]).unwrap();
    let chains =
        Chains::from_point(&well, scheme, Streams::new(seed, "squares"), 200_000, &[start[0]]).unwrap();
    let mut chains = chains.with_momenta(|_, p| p[0] = start[1]);
    let moments = chains
        .fold(
            steps,
            steps,
            || [Moments::default(); 3],
            |moments, at| {
                let (q, p) = (at.q[0], at.p[0]);
                moments.iter_mut().zip([q * q, q * p, p * p]).for_each(|(moments, x)| moments.push(x));
            },
            |left, right| std::array::from_fn(|k| left[k].merge(right[k])),
        )
        .unwrap();
    moments.map(|moments| moments.mean().unwrap())
}

#[test]
fn covariance_evolution() {
    let close = |a: Covariance, b: Covariance, tolerance: f64| {
        let apart = [a.qq - b.qq, a.qp - b.qp, a.pp - b.pp].iter().fold(0f64, |most, x| most.max(x.abs()));
        assert!(apart < tolerance, "{a:?} {b:?}");
    };
    let start = Covariance { qq: 1.5, qp: 0.3, pp: 0.2 };
    // dC/dt = AC + CAᵀ + diag(0, 2γm/β) by the method of Runge and Kutta; weak, critical and strong damping, and a mass.
    for (gamma, beta, m, k) in [(0.7, 2.0, 1.0, 3.0), (2.0, 1.0, 1.0, 1.0), (5.0, 0.5, 2.0, 1.5)] {
        let bath = Bath::new(gamma, beta).unwrap().with_mass(m).unwrap();
        let oscillator = Oscillator::new(bath, k).unwrap();
        let rate = |c: Covariance| Covariance {
            qq: 2.0 * c.qp / m,
            qp: c.pp / m - k * c.qq - gamma * c.qp,
            pp: -2.0 * k * c.qp - 2.0 * gamma * c.pp + 2.0 * gamma * m / beta,
        };
        let (steps, t) = (2000, 1.7);
        let h = t / f64::from(steps);
        let integrated = (0..steps).fold(start, |c, _| {
            let k1 = rate(c);
            let k2 = rate(c.plus(0.5 * h, k1));
            let k3 = rate(c.plus(0.5 * h, k2));
            let k4 = rate(c.plus(h, k3));
            c.plus(h / 6.0, k1).plus(h / 3.0, k2).plus(h / 3.0, k3).plus(h / 6.0, k4)
        });
        close(oscillator.covariance(t, start), integrated, 1e-11);
    }
    // And the code that runs: ten steps of BAOAB, against the recursion of its covariance.
    let (bath, k, h, steps) = (Bath::new(1.0, 2.0).unwrap(), 3.0, 0.2, 10);
    let scheme = Splitting::new(Word::Baoab, bath, h).unwrap();
    let step = LinearStep::of_splitting(&scheme, k);
    let nothing = Covariance { qq: 0.0, qp: 0.0, pp: 0.0 };
    let expected = (0..steps).fold(nothing, |c, _| step.apply(c));
    let [qq, qp, pp] = squares(scheme, k, steps, 1, [0.0, 0.0]);
    assert!(qp.z(expected.qp).abs() < 4.0 && pp.z(expected.pp).abs() < 4.0);
    let wrong = Oscillator::new(Bath::new(2.0, 2.0).unwrap(), k).unwrap();
    close(expected, Oscillator::new(bath, k).unwrap().covariance(2.0, nothing), 0.02);
    Check::new(
        "ch4_langevin/underdamped/covariance_evolution",
        &["eq:4.1"],
        "from rest at the bottom of a harmonic well, Var q after ten steps of BAOAB is what the recursion of its covariance gives",
        "(4.1) with damping 2γ",
    )
    .seed(1)
    .samples("200000 chains")
    .statistical(qq, expected.qq, wrong.covariance(2.0, nothing).qq);
}

#[test]
fn temperature() {
    let (beta, h, k) = (4.0, 0.4, 1.0);
    // E P² after some steps from a covariance, and the same under noise of strength √(γ/β) in place of √(2γ/β).
    let exact = |scheme: &Splitting, steps: usize, start: Covariance| {
        let step = LinearStep::of_splitting(scheme, k);
        let weak = LinearStep { noise: step.noise.plus(-0.5, step.noise), ..step };
        [step, weak].map(|step| (0..steps).fold(start, |c, _| step.apply(c)).pp)
    };
    let well = Harmonic::new(&[k]).unwrap();
    for (seed, gamma) in [(10, 0.2), (20, 1.0), (30, 10.0)] {
        for (word, seed) in Word::ALL.into_iter().zip(seed..) {
            let scheme = Splitting::new(word, Bath::new(gamma, beta).unwrap(), h).unwrap();
            let mut chains =
                Chains::from_point(&well, scheme, Streams::new(seed, "heat"), 20_000, &[0.0]).unwrap();
            chains.advance(150).unwrap();
            let pp = Estimate::of(chains.momenta().iter().map(|p| p * p)).unwrap();
            let [right, wrong] = exact(&scheme, 150, Covariance { qq: 0.0, qp: 0.0, pp: 1.0 / beta });
            assert!(pp.z(right).abs() < 4.0, "{word:?} {gamma}: {pp:?} {right}");
            assert!((wrong - right).abs() > 10.0 * pp.standard_error, "{word:?} {gamma}: {wrong} {right}");
            // Without a trace of the friction: e^{−γt} and e^{−2kt/γ} are e^{−12} at the end.
            assert!((right / splitting_covariance(&scheme, k).pp - 1.0).abs() < (-12f64).exp(), "{word:?}");
        }
    }
    // OBABO leaves the momenta exactly in N(0, 1/β).
    let scheme = Splitting::new(Word::Obabo, Bath::new(1.0, beta).unwrap(), h).unwrap();
    let [_, _, pp] = squares(scheme, k, 60, 2, [0.0, 0.0]);
    let [right, wrong] = exact(&scheme, 60, Covariance { qq: 0.0, qp: 0.0, pp: 0.0 });
    assert!((right * beta - 1.0).abs() < 1e-9, "{right}");
    Check::new(
        "ch4_langevin/underdamped/temperature",
        &["u:46", "eq:4.1"],
        "E P² = 1/β: the bath sets the temperature, whatever the friction",
        "noise of strength √(γ/β) in place of √(2γ/β)",
    )
    .seed(2)
    .samples("200000 chains")
    .statistical(pp, 1.0 / beta, wrong);
}

/// Closed form against the Lyapunov equation, over friction, temperature, mass and step; and against chains.
fn splitting(word: Word, seed: u64) -> ([Estimate; 3], Covariance, Covariance) {
    for (gamma, beta, m, k, share) in
        [(0.3, 1.0, 1.0, 1.0, 0.1), (5.0, 2.0, 3.0, 0.7, 0.5), (1.0, 0.2, 0.5, 20.0, 0.95)]
    {
        let bath = Bath::new(gamma, beta).unwrap().with_mass(m).unwrap();
        let h = share * word.limit() * (m / k).sqrt();
        let scheme = Splitting::new(word, bath, h).unwrap();
        let closed = splitting_covariance(&scheme, k);
        let solved = LinearStep::of_splitting(&scheme, k).stationary().unwrap();
        assert!((closed.qq / solved.qq - 1.0).abs() < 1e-10, "{word:?} {closed:?} {solved:?}");
        assert!((closed.pp / solved.pp - 1.0).abs() < 1e-10, "{word:?} {closed:?} {solved:?}");
        assert!(solved.qp.abs() < 1e-10);
    }
    let (bath, k) = (Bath::new(1.0, 2.0).unwrap(), 3.0f64);
    let scheme = Splitting::new(word, bath, 0.6 * word.limit() / k.sqrt()).unwrap();
    let law = splitting_covariance(&scheme, k);
    // The slowest mode decays like e^{−γh/2} a step at least.
    let steps = (40.0 / scheme.h()) as usize;
    (squares(scheme, k, steps, seed, [0.0, 0.0]), law, Oscillator::new(bath, k).unwrap().stationary())
}

#[test]
fn baoab() {
    let ([qq, _, pp], law, exact) = splitting(Word::Baoab, 3);
    assert!(qq.z(exact.qq).abs() < 4.0);
    Check::new(
        "ch4_langevin/underdamped/baoab",
        &["eq:4.1"],
        "BAOAB has Var q = 1/(βk), exactly, and Var p = (m/β)(1 − h²ω²/4)",
        "Var p = m/β",
    )
    .seed(3)
    .samples("200000 chains")
    .statistical(pp, law.pp, exact.pp);
}

#[test]
fn aboba() {
    let ([qq, _, pp], law, exact) = splitting(Word::Aboba, 4);
    assert!(qq.z(exact.qq).abs() < 4.0);
    Check::new(
        "ch4_langevin/underdamped/aboba",
        &["eq:4.1"],
        "ABOBA has Var q = 1/(βk), exactly, and Var p = (m/β)/(1 − h²ω²/4)",
        "BAOAB's Var p, (m/β)(1 − h²ω²/4)",
    )
    .seed(4)
    .samples("200000 chains")
    .statistical(pp, law.pp, exact.pp * exact.pp / law.pp);
}

#[test]
fn obabo() {
    let ([qq, _, pp], law, exact) = splitting(Word::Obabo, 5);
    assert!(pp.z(exact.pp).abs() < 4.0);
    Check::new(
        "ch4_langevin/underdamped/obabo",
        &["eq:4.1"],
        "OBABO has Var p = m/β, exactly, and Var q = 1/(βk(1 − h²ω²/4))",
        "BAOAB's Var q, 1/(βk)",
    )
    .seed(5)
    .samples("200000 chains")
    .statistical(qq, law.qq, exact.qq);
}

#[test]
fn suzuki() {
    let ([qq, _, pp], law, exact) = splitting(Word::Suzuki, 6);
    assert!(pp.z(exact.pp).abs() < 4.0);
    assert!(qq.z(law.qq).abs() < 4.0);
    let (bath, k) = (Bath::new(1.0, 1.0).unwrap(), 1.0);
    let steps = [0.4, 0.2, 0.1];
    let order = |word| {
        let bias = |h| (splitting_covariance(&Splitting::new(word, bath, h).unwrap(), k).qq - 1.0).abs();
        fit_order(&steps, &steps.map(bias), 0.95).unwrap().order
    };
    Check::new(
        "ch4_langevin/underdamped/suzuki",
        &["eq:4.1"],
        "with Suzuki's integrator between two visits to the bath the invariant variance of q errs by O(h⁴)",
        "OBABO's order",
    )
    .within(order(Word::Suzuki), 4.0, 0.1, "the next term, of relative size h²ω²/10", order(Word::Obabo));
}

#[test]
fn euler_maruyama() {
    for (gamma, beta, m, k, h) in
        [(1.0, 1.0, 1.0, 1.0, 0.3), (5.0, 2.0, 3.0, 0.7, 0.2), (8.0, 0.2, 0.5, 20.0, 0.1)]
    {
        let scheme = EulerMaruyama::new(Bath::new(gamma, beta).unwrap().with_mass(m).unwrap(), h).unwrap();
        let closed = euler_maruyama_covariance(&scheme, k);
        let solved = LinearStep::of_euler_maruyama(&scheme, k).stationary().unwrap();
        for (closed, solved) in [(closed.qq, solved.qq), (closed.qp, solved.qp), (closed.pp, solved.pp)] {
            assert!((closed / solved - 1.0).abs() < 1e-11, "{closed} {solved}");
        }
    }
    let (bath, k) = (Bath::new(1.0, 2.0).unwrap(), 1.0);
    let scheme = EulerMaruyama::new(bath, 0.2).unwrap();
    let law = euler_maruyama_covariance(&scheme, k);
    let [qq, qp, pp] = squares(scheme, k, 300, 7, [0.0, 0.0]);
    assert!(qp.z(law.qp).abs() < 4.0 && pp.z(law.pp).abs() < 4.0);
    Check::new(
        "ch4_langevin/underdamped/euler_maruyama",
        &["eq:4.1"],
        "the invariant variance of q under Euler–Maruyama, in closed form: too large by O(h)",
        "1/(βk)",
    )
    .seed(7)
    .samples("200000 chains")
    .statistical(qq, law.qq, 0.5);
}

/// The matrix of a step, from the code that runs: the same noise, from 0, from (1, 0) and from (0, 1).
fn matrix<S: Scheme>(scheme: S, k: f64) -> [[f64; 2]; 2] {
    let well = Harmonic::new(&[k]).unwrap();
    let end = |q: f64, p: f64| {
        let chains = Chains::from_point(&well, scheme, Streams::new(8, "matrix"), 1, &[q]).unwrap();
        let mut chains = chains.with_momenta(|_, slot| slot[0] = p);
        chains.advance(1).unwrap();
        [chains.positions()[[0, 0]], chains.momenta()[[0, 0]]]
    };
    let (origin, first, second) = (end(0.0, 0.0), end(1.0, 0.0), end(0.0, 1.0));
    [0, 1].map(|row| [first[row] - origin[row], second[row] - origin[row]])
}

#[test]
fn the_code_is_linear() {
    let bath = Bath::new(0.8, 1.5).unwrap().with_mass(2.0).unwrap();
    let (k, h) = (1.7, 0.3);
    let close = |a: [[f64; 2]; 2], b: [[f64; 2]; 2]| {
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            assert!((a - b).abs() < 1e-14, "{a} {b}");
        }
    };
    for word in Word::ALL {
        let scheme = Splitting::new(word, bath, h).unwrap();
        close(matrix(scheme, k), LinearStep::of_splitting(&scheme, k).matrix);
        let fractions: f64 = word.letters().iter().map(|(_, fraction)| fraction).sum();
        assert!((fractions - 3.0).abs() < 1e-14, "every part acts for one step in all");
    }
    let scheme = EulerMaruyama::new(bath, h).unwrap();
    close(matrix(scheme, k), LinearStep::of_euler_maruyama(&scheme, k).matrix);
}

#[test]
fn stability() {
    let (m, k) = (2.0, 3.0);
    let bath = Bath::new(1.0, 1.0).unwrap().with_mass(m).unwrap();
    let radius =
        |word, h| LinearStep::of_splitting(&Splitting::new(word, bath, h).unwrap(), k).spectral_radius();
    for word in Word::ALL {
        let limit = Splitting::new(word, bath, 1.0).unwrap().limit(k);
        assert!(radius(word, 0.999 * limit) < 1.0 && radius(word, 1.001 * limit) > 1.0, "{word:?}");
        assert!((1..1000).all(|n| radius(word, limit * f64::from(n) / 1001.0) < 1.0));
        let stationary =
            |h| LinearStep::of_splitting(&Splitting::new(word, bath, h).unwrap(), k).stationary();
        assert!(stationary(0.99 * limit).is_ok() && stationary(1.01 * limit).is_err());
    }
    // Weak friction, where the rotation grows, and strong friction, where the momentum overshoots.
    for (gamma, k) in [(0.5, 3.0), (10.0, 1.0)] {
        let scheme = |h| EulerMaruyama::new(Bath::new(gamma, 1.0).unwrap(), h).unwrap();
        let radius = |h| LinearStep::of_euler_maruyama(&scheme(h), k).spectral_radius();
        let limit = scheme(1.0).limit(k);
        assert!(radius(0.999 * limit) < 1.0 && radius(1.001 * limit) > 1.0, "{gamma} {limit}");
    }
    // The limit of Suzuki's integrator by bisection.
    let (mut low, mut high) = (2.0, 3.0);
    let light = Bath::new(1.0, 1.0).unwrap();
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let scheme = Splitting::new(Word::Suzuki, light, middle).unwrap();
        if LinearStep::of_splitting(&scheme, 1.0).spectral_radius() < 1.0 {
            low = middle
        } else {
            high = middle
        }
    }
    Check::new(
        "ch4_langevin/underdamped/stability",
        &["eq:4.1"],
        "Suzuki's integrator loses its stability at this hω",
        "leapfrog's limit, hω = 2",
    )
    .within(low, Word::Suzuki.limit(), 1e-12, "bisection to rounding", 2.0);
}

/// E q² − ∫ q² e^{−βU}/Z in the double well at β = γ = 1, from the density on a grid.
fn bias(word: Word, h: f64, n: usize) -> f64 {
    let scheme = Splitting::new(word, Bath::new(1.0, 1.0).unwrap(), h).unwrap();
    let law =
        PhaseSpace::new(2.65, 6.5, n).unwrap().invariant(&scheme, &DoubleWell::new(1).unwrap()).unwrap();
    let square: f64 = law.iter().map(|(q, weight)| weight * q * q).sum();
    square - Gibbs::new(1.0).unwrap().moment(2)
}

#[test]
fn double_well_orders() {
    let steps = [0.2, 0.15, 0.1];
    let order = |word| fit_order(&steps, &steps.map(|h| bias(word, h, 48).abs()), 0.95).unwrap().order;
    for word in [Word::Baoab, Word::Aboba, Word::Obabo] {
        let order = order(word);
        assert!((order - 2.0).abs() < 0.25, "{word:?} {order}");
    }
    Check::new(
        "ch4_langevin/underdamped/double_well_orders",
        &["eq:4.1"],
        "in the double well the error of E q² is of order four for Suzuki's integrator between two visits to the bath",
        "OBABO's order",
    )
    .within(order(Word::Suzuki), 4.0, 0.4, "the next term, of relative size 10h² at h = 0.2", order(Word::Obabo));
    // A finer grid changes nothing.
    assert!((bias(Word::Obabo, 0.2, 48) - bias(Word::Obabo, 0.2, 64)).abs() < 1e-8);
}

/// The density moved on a grid, in a harmonic well with a mass: there the law is that of the covariances' recursion. The grid
/// ends at 6.5 standard deviations.
#[test]
fn density_of_a_heavy_particle() {
    let bath = Bath::new(1.0, 1.0).unwrap().with_mass(4.0).unwrap();
    let scheme = Splitting::new(Word::Obabo, bath, 0.5).unwrap();
    let exact = LinearStep::of_splitting(&scheme, 1.0).stationary().unwrap().qq;
    let law =
        PhaseSpace::new(6.5, 13.0, 48).unwrap().invariant(&scheme, &Harmonic::new(&[1.0]).unwrap()).unwrap();
    let square: f64 = law.iter().map(|(q, weight)| weight * q * q).sum();
    assert!((square - exact).abs() < 1e-7, "{square} {exact}");
}

#[test]
fn density_against_chains() {
    let (h, exact) = (0.2, Gibbs::new(1.0).unwrap().moment(2));
    let scheme = Splitting::new(Word::Obabo, Bath::new(1.0, 1.0).unwrap(), h).unwrap();
    let well = DoubleWell::new(1).unwrap();
    let mut chains =
        Chains::new(&well, scheme, Streams::new(9, "density"), 2000, |_, stream, q| q[0] = stream.uniform())
            .unwrap();
    chains.advance(200).unwrap();
    let [square] = chains.averages(4000, 1, |q| [q[0] * q[0]]).unwrap();
    Check::new(
        "ch4_langevin/underdamped/density_against_chains",
        &["eq:4.1"],
        "E q² of OBABO in the double well at h = 0.2: chains agree with the density moved on a grid",
        "the Gibbs law's E q²",
    )
    .seed(9)
    .samples("2000 chains of 4000 steps")
    .statistical(square.mean().unwrap(), exact + bias(Word::Obabo, h, 48), exact);
}

/// With γ = 100 and k = 1 the hyperbolic functions of the propagator overflow at t = 15; the propagator hardly changes.
#[test]
fn propagator_at_strong_friction() {
    let product = |a: [[f64; 2]; 2], b: [[f64; 2]; 2]| {
        [0, 1].map(|i| [0, 1].map(|j| a[i][0] * b[0][j] + a[i][1] * b[1][j]))
    };
    for friction in [2.0 + 1e-9, 2.5, 100.0] {
        let oscillator = Oscillator::new(Bath::new(friction, 1.0).unwrap(), 1.0).unwrap();
        let step = oscillator.propagator(1.0);
        let steps = (1..40).fold(step, |all, _| product(all, step));
        let whole = oscillator.propagator(40.0);
        for (found, exact) in whole.iter().flatten().zip(steps.iter().flatten()) {
            assert!((found - exact).abs() < 1e-12, "{friction}: {whole:?} {steps:?}");
        }
        // det e^{At} = e^{−γt}.
        let [[a, b], [c, d]] = oscillator.propagator(0.1);
        assert!((a * d - b * c - (-0.1 * friction).exp()).abs() < 1e-14);
    }
}

/// The limit of stability tends to 4/(2γ): the difference of γ and √(γ² − 4ω²) has no digit left at γ = 1e9.
#[test]
fn stability_at_strong_friction() {
    for friction in [1e3, 1e6, 1e8, 1e9] {
        let scheme = EulerMaruyama::new(Bath::new(friction, 1.0).unwrap(), 1e-12).unwrap();
        // 2/γ (1 + ω²/γ² + …).
        let expected = 2.0 / friction * (1.0 + 1.0 / (friction * friction));
        assert!((scheme.limit(1.0) / expected - 1.0).abs() < 1e-11, "{friction}");
    }
    let overwhelming = Bath::overwhelming(1.0).unwrap();
    assert!(EulerMaruyama::new(overwhelming, 0.1).is_err());
    assert!(Oscillator::new(overwhelming, 1.0).is_err());
}

/// Steps so short that the eigenvalues of a step differ from 1 and from each other by less than the root of a rounding error. At
/// friction 3 and stiffness 1 the slower of them is e^{−(3 − √5)h/2}.
#[test]
fn stability_of_short_steps() {
    let rate = 0.5 * (3.0 - 5f64.sqrt());
    for h in [1e-6, 2e-9, 1e-12] {
        for word in Word::ALL {
            let scheme = Splitting::new(word, Bath::new(3.0, 2.0).unwrap(), h).unwrap();
            let step = LinearStep::of_splitting(&scheme, 1.0);
            assert!((step.spectral_radius() - (-rate * h).exp()).abs() < 5e-15, "{word:?} {h}");
            let (solved, exact) = (step.stationary().unwrap(), splitting_covariance(&scheme, 1.0));
            let error = 1e-14 / h;
            assert!((solved.qq / exact.qq - 1.0).abs() < error && (solved.pp / exact.pp - 1.0).abs() < error);
        }
    }
    // At critical friction both are the same.
    let scheme = Splitting::new(Word::Baoab, Bath::new(2.0, 1.0).unwrap(), 2e-9).unwrap();
    assert!(LinearStep::of_splitting(&scheme, 1.0).spectral_radius() < 1.0);
}

/// At critical friction, γ = 2ω, the determinant and the trace reach their limits at the same step, 2/ω: a share δ below it
/// β Var p/m is 1/δ³.
#[test]
fn euler_maruyama_at_critical_friction() {
    for power in [10, 20] {
        let share = 0.5f64.powi(power);
        let scheme = EulerMaruyama::new(Bath::new(2.0, 1.0).unwrap(), 2.0 - 2.0 * share).unwrap();
        let law = euler_maruyama_covariance(&scheme, 1.0);
        assert!((law.pp * share.powi(3) - 1.0).abs() < 1e-9, "{law:?}");
    }
}
