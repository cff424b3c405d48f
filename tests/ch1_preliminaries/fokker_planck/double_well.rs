//! The double well: its constant, its moments, its spectrum, and how fast it forgets.

use std::f64::consts::PI;

use sdml::ch1_preliminaries::fokker_planck::double_well::{Gibbs, curvature, force, potential};
use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Scheme, extrapolated_rates};
use statrs::function::gamma::gamma;

use super::{gaussian, largest, line, wells, wells_on};
use crate::check::Check;
use crate::quadrature::integrate;

/// Z(β) = (π/2) e^{−β/2} (I_{1/4}(β/2) + I_{−1/4}(β/2)), by the power series of the Bessel functions.
fn closed_form(beta: f64) -> f64 {
    let bessel = |order: f64| {
        let quarter = (0.25 * beta).powi(2);
        let term = |k: i32| quarter.powi(k) / (gamma(f64::from(k) + 1.0) * gamma(f64::from(k) + 1.0 + order));
        (0.25 * beta).powf(order) * (0..40).map(term).sum::<f64>()
    };
    0.5 * PI * (-0.5 * beta).exp() * (bessel(0.25) + bessel(-0.25))
}

#[test]
fn normalizing_constant() {
    for beta in [0.1, 1.0, 3.0, 8.0] {
        let z = Gibbs::new(beta).unwrap().normalizing_constant();
        assert!((z / closed_form(beta) - 1.0).abs() < 1e-12, "{beta}: {z} {}", closed_form(beta));
    }
    Check::new(
        "ch1_preliminaries/fokker_planck/double_well/normalizing_constant",
        &["exr:1.18"],
        "Z(1) = ∫ exp(−(x² − 1)²) dx by the trapezoidal rule, against Bessel functions",
        "two Gaussian wells of curvature 8: Z = √π",
    )
    .within(
        Gibbs::new(1.0).unwrap().normalizing_constant(),
        closed_form(1.0),
        1e-12,
        "rounding",
        PI.sqrt(),
    );
}

#[test]
fn moments_of_the_double_well() {
    let by_quadrature = |beta: f64, k: i32| {
        let weight = |x: f64| (-beta * (x * x - 1.0).powi(2)).exp();
        integrate(-4.0, 4.0, 60, |x| x.powi(k) * weight(x)) / integrate(-4.0, 4.0, 60, weight)
    };
    for (beta, k) in [(1.0, 1), (1.0, 2), (1.0, 4), (3.0, 2), (3.0, 4), (0.5, 6)] {
        let moment = Gibbs::new(beta).unwrap().moment(k);
        assert!((moment - by_quadrature(beta, k as i32)).abs() < 1e-12, "{beta} {k}");
    }
    let gibbs = Gibbs::new(3.0).unwrap();
    assert!((integrate(-4.0, 4.0, 60, |x| gibbs.density(x)) - 1.0).abs() < 1e-12);
    assert_eq!(gibbs.beta(), 3.0);
}

#[test]
fn force_and_curvature_are_derivatives_of_the_potential() {
    for x in [-1.7, -0.4, 0.0, 0.3, 2.1] {
        let h = 1e-3;
        // Exact for polynomials of degree 4.
        let fourth = |f: &dyn Fn(f64) -> f64| {
            (8.0 * (f(x + h) - f(x - h)) - f(x + 2.0 * h) + f(x - 2.0 * h)) / (12.0 * h)
        };
        assert!((force(x) + fourth(&potential)).abs() < 1e-10);
        assert!((curvature(x) + fourth(&force)).abs() < 1e-10);
    }
}

/// The rate λₖ of H = −β⁻¹ ∂² + βU′²/4 − U″/2 on the line, into which e^{−βU/2} turns the generator, by shooting: the
/// solution that is even or odd, as k is, changes sign at 4 each time the rate passes an eigenvalue of that parity.
fn by_shooting(beta: f64, k: usize) -> f64 {
    let zeros = |rate: f64| {
        let steps = 4000;
        let h = 4.0 / steps as f64;
        let slope = |x: f64, [y, v]: [f64; 2]| {
            [v, beta * (0.25 * beta * force(x).powi(2) - 0.5 * curvature(x) - rate) * y]
        };
        let mut state = if k.is_multiple_of(2) { [1.0, 0.0] } else { [0.0, 1.0] };
        let mut zeros = 0;
        for step in 0..steps {
            let x = step as f64 * h;
            let along = |k: [f64; 2], c: f64| [state[0] + c * k[0], state[1] + c * k[1]];
            let k1 = slope(x, state);
            let k2 = slope(x + 0.5 * h, along(k1, 0.5 * h));
            let k3 = slope(x + 0.5 * h, along(k2, 0.5 * h));
            let k4 = slope(x + h, along(k3, h));
            let next = [0, 1].map(|j| state[j] + h / 6.0 * (k1[j] + 2.0 * (k2[j] + k3[j]) + k4[j]));
            zeros += usize::from(state[0] * next[0] < 0.0);
            state = next;
        }
        zeros
    };
    // The k-th eigenfunction has k zeros, k/2 of them at x > 0.
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if zeros(middle) > k / 2 { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}

fn rates(beta: f64) -> Vec<f64> {
    extrapolated_rates(line(-3.0, 3.0, 2000), 5, |grid| wells_on(grid, beta)).unwrap()
}

#[test]
fn spectral_gap_at_one() {
    let (found, shot) = (rates(1.0), [1, 2, 3, 4].map(|k| by_shooting(1.0, k)));
    assert!(found[0].abs() < 1e-9);
    assert!((1..5).all(|k| (found[k] - shot[k - 1]).abs() < 1e-6), "{found:?} {shot:?}");
    // Without extrapolation the gap itself is as good as that.
    assert!((wells(1.0, 2000).rates(2).unwrap()[1] - shot[0]).abs() < 1e-6);
    let doubled = extrapolated_rates(line(-3.0, 3.0, 2000), 2, |grid| wells_on(grid, 0.5)).unwrap();
    Check::new(
        "ch1_preliminaries/fokker_planck/double_well/spectral_gap_at_one",
        &["exr:1.18"],
        "double well at β = 1: the spectral gap, against shooting for the eigenfunction",
        "D = σσᵀ in the place of σσᵀ/2",
    )
    .within(found[1], shot[0], 1e-7, "h⁴ times a constant, and the bisection: 1e-8", doubled[1]);
}

#[test]
fn spectral_gap_at_three() {
    let beta = 3.0;
    let (found, shot) = (rates(beta), [1, 2, 3, 4].map(|k| by_shooting(beta, k)));
    assert!((1..5).all(|k| (found[k] - shot[k - 1]).abs() < 1e-6), "{found:?} {shot:?}");
    // dX = −βU′ dt + √2 dB: the same law, a clock that runs β times as fast.
    let other = extrapolated_rates(line(-3.0, 3.0, 2000), 2, |grid| {
        FokkerPlanck::gradient(grid, |[x]| beta * potential(x), 1.0)
    })
    .unwrap();
    Check::new(
        "ch1_preliminaries/fokker_planck/double_well/spectral_gap_at_three",
        &["exr:1.18"],
        "double well at β = 3, dX = −U′ dt + √(2/β) dB: the spectral gap, against shooting for the eigenfunction",
        "dX = −βU′ dt + √2 dB, with the same equilibrium",
    )
    .within(found[1], shot[0], 1e-7, "h⁴ times a constant, and the bisection: 1e-8", other[1]);
}

#[test]
fn relaxation_at_the_predicted_rate() {
    let equation = wells(1.0, 300);
    let equilibrium = equation.equilibrium().unwrap();
    let slope = |start: &dyn Fn(f64) -> f64| {
        let start = Density::proportional_to(*equation.grid(), |[x]| start(x)).unwrap();
        let distance = |t: f64| equation.evolve(&start, t).unwrap().distance(&equilibrium).unwrap();
        distance(1.5).ln() - distance(2.5).ln()
    };
    let rates = equation.rates(3).unwrap();
    Check::new(
        "ch1_preliminaries/fokker_planck/double_well/relaxation_at_the_predicted_rate",
        &["exr:1.18"],
        "double well at β = 1 from the right well: the rate at which the distance from equilibrium falls, against the gap",
        "a start with half its mass in either well, which the slowest mode does not see",
    )
    .within(
        slope(&|x| gaussian(1.0, 0.04, x)),
        rates[1],
        2.0 * (-1.5 * (rates[2] - rates[1])).exp(),
        "the next mode has decayed to e^{−(λ₂ − λ₁)t} of the first at t = 1.5",
        slope(&|x| gaussian(1.0, 0.04, x) + gaussian(-1.0, 0.04, x)),
    );
}

#[test]
fn modes_carry_the_density() {
    let equation = wells(1.0, 300);
    let start = Density::proportional_to(*equation.grid(), |[x]| gaussian(0.4, 0.09, x)).unwrap();
    let modes = equation.modes(12).unwrap();
    assert!(largest(modes[0].function.iter().map(|f| f - 1.0)) < 1e-9);
    let pi = equation.equilibrium().unwrap().probabilities();
    for (j, left) in modes.iter().enumerate() {
        for (k, right) in modes.iter().enumerate() {
            let product: f64 = (0..pi.len()).map(|i| left.function[i] * right.function[i] * pi[i]).sum();
            assert!((product - f64::from(u8::from(j == k))).abs() < 1e-8, "{j} {k} {product}");
        }
    }
    let (expanded, evolved) =
        (equation.expand(&modes, &start, 0.3).unwrap(), equation.evolve(&start, 0.3).unwrap());
    assert!(largest(expanded.iter().zip(evolved.values()).map(|(p, q)| p - q)) < 1e-8);
    // A start that decays without the second mode needs it named to be told: without f₁ the sum is another.
    let without: Vec<_> =
        modes.iter().filter(|mode| (mode.rate - modes[1].rate).abs() > 1e-6).cloned().collect();
    let wrong = equation.expand(&without, &start, 0.3).unwrap();
    assert!(largest(wrong.iter().zip(evolved.values()).map(|(p, q)| p - q)) > 1e-2);
}

#[test]
fn long_time_moments() {
    let equation = wells(1.0, 300);
    let start = Density::proportional_to(*equation.grid(), |[x]| gaussian(1.0, 0.04, x)).unwrap();
    let hot = FokkerPlanck::gradient(*equation.grid(), |[x]| potential(x), 2.0).unwrap();
    let second = |equation: &FokkerPlanck<1>, k: i32| {
        equation.integrate(&start, 40.0, 400, Scheme::BackwardEuler).unwrap().expectation(|[x]| x.powi(k))
    };
    let gibbs = Gibbs::new(1.0).unwrap();
    assert!((second(&equation, 4) - gibbs.moment(4)).abs() < 1e-5);
    assert!(second(&equation, 1).abs() < 1e-5);
    Check::new(
        "ch1_preliminaries/fokker_planck/double_well/long_time_moments",
        &["exr:1.18"],
        "double well at β = 1: E X² of the density at time 40, against quadrature",
        "√2 dB taken for D = 2",
    )
    .within(
        second(&equation, 2),
        gibbs.moment(2),
        1e-5,
        "e^{−40 λ₁} = 1e-13, sums over the grid exact beyond all powers of h",
        second(&hot, 2),
    );
}
