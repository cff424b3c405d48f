use super::{formula, qubit, random_pulse};
use crate::check::Check;
use nalgebra::Complex;
use sdml::ch1_preliminaries::evolution::{DMatrix, exponential};
use sdml::ch2_control::qubit::{
    Grape, Loss, Pulse, Qubit, RungeKutta, START, State, TARGET, bloch, fidelity,
};
use sdml::statistics::fit_order;

fn norm_square(z: &State) -> f64 {
    z[0].norm_sqr() + z[1].norm_sqr()
}

#[test]
fn norm_is_kept() {
    let states = qubit().states(&random_pulse(50.0, 1000, 2.0, 0)).unwrap();
    let worst = states.iter().map(|z| (norm_square(z) - 1.0).abs()).fold(0.0, f64::max);
    let rk = RungeKutta::new(qubit(), 5.0, 200).unwrap();
    let u: Vec<f64> = rk.times().map(|t| 1.5 * (1.3 * t + 0.4).sin()).collect();
    Check::new(
        "ch2_control/qubit/system/norm_is_kept",
        &["exa:2.5"],
        "exact steps keep the norm: the largest ||z|² − 1| over 1000 pieces is 0 up to rounding",
        "200 steps of the classical Runge–Kutta method over a tenth of the time",
    )
    .seed(0)
    .samples("1000 pieces")
    .within(
        worst,
        0.0,
        1e-13,
        "1000 products, each with a rounding of 1e-16",
        1.0 - norm_square(&rk.end(&u).unwrap()),
    );
    // The control of a Runge–Kutta step is sampled where its stages are.
    let times: Vec<f64> = rk.times().collect();
    assert_eq!((times.len(), times[0], times[400]), (401, 0.0, 5.0));
    assert_eq!(*rk.qubit(), qubit());
}

#[test]
fn exact_propagation() {
    // The general matrix exponential of Chapter 1, and the pieces in the order of time.
    let values = [1.7, -0.4, 0.0, -1.9];
    let energies = [0.8, -0.2];
    let qubit = Qubit::with_energies(energies, 2.0).unwrap();
    assert_eq!([qubit.omega(), qubit.bound()], [1.0, 2.0]);
    let generator = |u: f64| {
        let entry = |re: f64| Complex::new(0.0, -0.6 * re);
        DMatrix::from_row_slice(2, 2, &[entry(energies[0]), entry(u), entry(u), entry(energies[1])])
    };
    let product = |values: &mut dyn Iterator<Item = f64>| {
        values.fold(DMatrix::identity(2, 2), |product, u| exponential(&generator(u)).unwrap() * product)
    };
    let exact = product(&mut values.into_iter());
    let reversed = product(&mut values.into_iter().rev());
    let end = qubit.end(&Pulse::equal(2.4, &values).unwrap()).unwrap();
    assert!((end[0] - exact[(0, 0)]).norm() < 1e-14);
    Check::new(
        "ch2_control/qubit/system/exact_propagation",
        &["exa:2.5"],
        "the real part of z_2(T) after four pieces is that of the product of general matrix exponentials",
        "the pieces in the reverse order",
    )
    .within(end[1].re, exact[(1, 0)].re, 1e-14, "rounding", reversed[(1, 0)].re);
    // Backwards in time the fidelity is the same, since H is a real symmetric matrix.
    assert!((fidelity(&end) - reversed[(1, 0)].norm_sqr()).abs() < 1e-14);
    // Without splitting and without control nothing happens.
    let still = Qubit::new(0.0, 1.0).unwrap().step(0.0, 3.0).apply(&START);
    assert_eq!(still, START);
}

#[test]
fn bloch_vector_turns() {
    // r' = n × r with n = (2u, 0, ω), by a difference quotient.
    let (u, h) = (0.9, 1e-5);
    let z = qubit().end(&random_pulse(2.0, 5, 2.0, 1)).unwrap();
    let [before, here, after] = [-h, 0.0, h].map(|tau| bloch(&qubit().step(u, tau).apply(&z)));
    let n = [2.0 * u, 0.0, 1.0];
    let cross =
        [n[1] * here[2] - n[2] * here[1], n[2] * here[0] - n[0] * here[2], n[0] * here[1] - n[1] * here[0]];
    let apart = (0..3).map(|i| ((after[i] - before[i]) / (2.0 * h) - cross[i]).abs()).fold(0.0, f64::max);
    let mirrored = (0..3).map(|i| ((after[i] - before[i]) / (2.0 * h) + cross[i]).abs()).fold(0.0, f64::max);
    assert!((here.iter().map(|r| r * r).sum::<f64>() - 1.0).abs() < 1e-14);
    assert!((fidelity(&z) - 0.5 * (1.0 - here[2])).abs() < 1e-15);
    Check::new(
        "ch2_control/qubit/system/bloch_vector_turns",
        &["exa:2.5"],
        "the Bloch vector turns about (2u, 0, ω): the largest difference of a component of r' and n × r",
        "turning the other way",
    )
    .within(apart, 0.0, 1e-8, "a central difference: h² = 1e-10, rounding 1e-16/h = 1e-11", mirrored);
}

#[test]
fn runge_kutta_order() {
    // A smooth control; the reference is the exact propagation of 2^14 pieces, whose error is of second order.
    let horizon = 3.0;
    let exact =
        |pieces: usize| qubit().end(&Pulse::equal(horizon, &formula(horizon, pieces)).unwrap()).unwrap();
    // Richardson: the error at 2N pieces is a quarter of that at N.
    let [coarse, fine] = [exact(1 << 13), exact(1 << 14)];
    let reference = [0, 1].map(|i| (fine[i] * 4.0 - coarse[i]) / 3.0);
    let apart = |z: State| (z[0] - reference[0]).norm().hypot((z[1] - reference[1]).norm());
    let steps = [40, 56, 80, 112, 160];
    let h = steps.map(|n| horizon / n as f64);
    let errors = steps.map(|n| {
        let rk = RungeKutta::new(qubit(), horizon, n).unwrap();
        let u: Vec<f64> = rk.times().map(|t| 1.5 * (1.3 * t + 0.4).sin()).collect();
        apart(rk.end(&u).unwrap())
    });
    let midpoint = fit_order(&h, &steps.map(|n| apart(exact(n))), 0.99).unwrap();
    let order = fit_order(&h, &errors, 0.99).unwrap();
    Check::new(
        "ch2_control/qubit/system/runge_kutta_order",
        &["exa:2.5"],
        "the final state of the classical Runge–Kutta method converges with order 4 when the control is smooth",
        "exact steps with the control of the midpoint, which are of order 2",
    )
    .within(
        order.order,
        4.0,
        0.1,
        "the next order still shows: steps of 0.075 and less",
        midpoint.order,
    );
}

#[test]
fn gradient_of_pieces() {
    // Central differences of the loss against the backward sweep; and the sweep of Theorem 2.3 as printed, with
    // transposes where complex states need conjugates.
    let (horizon, pieces) = (3.0, 30);
    let u = formula(horizon, pieces);
    let tau = horizon / pieces as f64;
    for loss in [Loss::Infidelity, Loss::Distance] {
        let grape = Grape::new(qubit(), horizon, pieces).unwrap().with_loss(loss);
        let mut gradient = vec![0.0; pieces];
        let mut unused = vec![0.0; pieces];
        grape.gradient(&u, &mut gradient).unwrap();
        let states = qubit().states(&Pulse::equal(horizon, &u).unwrap()).unwrap();
        let mut a = loss.of(&states[pieces]).1;
        let (mut apart, mut wrong) = (0.0f64, 0.0f64);
        for k in (0..pieces).rev() {
            let mut shifted = |by: f64| {
                let mut u = u.clone();
                u[k] += by;
                grape.gradient(&u, &mut unused).unwrap()
            };
            let difference = (shifted(1e-4) - shifted(-1e-4)) / 2e-4;
            apart = apart.max((gradient[k] - difference).abs());
            let moved = qubit().step_derivative(u[k], tau).apply(&states[k]);
            wrong = wrong.max(((a[0] * moved[0] + a[1] * moved[1]).re - difference).abs());
            let step = qubit().step(u[k], tau).0;
            a = [step[0][0] * a[0] + step[1][0] * a[1], step[0][1] * a[0] + step[1][1] * a[1]];
        }
        assert!(apart < 1e-9, "{loss:?}: {apart}");
        if loss == Loss::Infidelity {
            Check::new(
                "ch2_control/qubit/system/gradient_of_pieces",
                &["exa:2.5"],
                "the backward sweep gives the derivative of 1 − F: the largest difference from central differences",
                "the transpose in the place of the conjugate transpose",
            )
            .within(apart, 0.0, 1e-9, "h² = 1e-8 times a third derivative of about τ³, rounding 1e-16/h = 1e-12", wrong);
        }
    }
}

#[test]
fn gradient_near_zero_angle() {
    // The derivative of a step is a power series where Ωτ is small; both branches against a difference.
    let weak = Qubit::new(1e-3, 2.0).unwrap();
    // Another zero of energy turns the phase of the derivative as it does that of the step.
    let shifted = Qubit::with_energies([0.301, 0.3], 2.0).unwrap();
    for qubit in [weak, shifted] {
        for (u, tau) in [(0.3, 0.1), (0.3, 0.5), (1e-4, 1.0), (0.0, 0.7)] {
            let [up, down] = [qubit.step(u + 1e-5, tau), qubit.step(u - 1e-5, tau)];
            let slope = qubit.step_derivative(u, tau);
            for i in 0..2 {
                for j in 0..2 {
                    let difference = (up.0[i][j] - down.0[i][j]) / 2e-5;
                    assert!((slope.0[i][j] - difference).norm() < 1e-10, "u = {u}, τ = {tau}, ({i}, {j})");
                }
            }
        }
    }
    // And the two branches agree where they meet, at Ωτ = 0.1.
    let still = Qubit::new(0.0, 2.0).unwrap();
    let [below, above] = [0.1 - 1e-9, 0.1 + 1e-9].map(|tau| still.step_derivative(1.0, tau).0[0][0]);
    assert!((below - above).norm() < 1e-8 && ((above.re + 0.1 * 0.1f64.sin()).abs() < 1e-9));
    let off = still.step_derivative(1.0, 0.05).0[0][1];
    assert!((off.im + 0.05 * 0.05f64.cos()).abs() < 1e-16);
    // Below it, at Ωτ = 0.099, all terms of the series count: ∂_u(−E sin Ωτ/Ω) for E = 0.3 and u = 0.4, from fifty digits.
    let digits = Qubit::new(0.6, 2.0).unwrap().step_derivative(0.4, 0.198).0[0][0].im;
    assert!((digits / 3.101_914_696_864_545e-4 - 1.0).abs() < 1e-15, "{digits:e}");
}

#[test]
fn phase_does_not_count() {
    // Moving the zero of energy turns the phase of the final state and nothing else.
    let pulse = qubit().optimal_pulse(1.8).unwrap();
    let losses: Vec<[f64; 2]> = (0..64)
        .map(|k| {
            let offset = 2.0 * std::f64::consts::PI * k as f64 / (64.0 * 1.8);
            let shifted = Qubit::with_energies([offset + 0.5, offset - 0.5], 2.0).unwrap();
            let end = shifted.end(&pulse).unwrap();
            [Loss::Infidelity, Loss::Distance].map(|loss| loss.of(&end).0)
        })
        .collect();
    let spread = |column: usize| {
        let values = losses.iter().map(|row| row[column]);
        values.clone().fold(0.0, f64::max) - values.fold(f64::INFINITY, f64::min)
    };
    assert!(spread(1) > 3.99, "the distance goes from 0 to its largest value, 4");
    Check::new(
        "ch2_control/qubit/system/phase_does_not_count",
        &["u:26"],
        "another zero of energy does not change 1 − F: its spread over 64 offsets",
        "the loss |z(T) − (0, 1)|², which a phase changes",
    )
    .within(spread(0), 0.0, 1e-14, "rounding", spread(1));
    assert_eq!(fidelity(&TARGET), 1.0);
}

#[test]
fn rescaling_is_a_phase() {
    // D6: the end of the time-optimal control is the target times a number of modulus 1, not of any other.
    let end = qubit().end(&qubit().optimal_pulse(qubit().minimum_time().unwrap()).unwrap()).unwrap();
    assert!((end[1].norm() - 1.0).abs() < 1e-15 && end[0].norm() < 1e-15);
    assert!((end[1] - TARGET[1]).norm() > 0.5);
}

#[test]
fn printed_hamiltonian() {
    let horizon = 3.0;
    let u = formula(horizon, 400);
    let pulse = Pulse::equal(horizon, &u).unwrap();
    let printed = Qubit::with_energies([0.5, 0.5], 2.0).unwrap();
    let area = u.iter().sum::<f64>() * horizon / 400.0;
    Check::new(
        "ch2_control/qubit/system/printed_hamiltonian",
        &["exa:2.5"],
        "with both diagonal entries ω/2, as printed, F = sin² ∫u dt for the control 1.5 sin(1.3t + 0.4) until T = 3",
        "the Hamiltonian (ω/2)σ_Z + uσ_X",
    )
    .within(
        fidelity(&printed.end(&pulse).unwrap()),
        area.sin().powi(2),
        1e-13,
        "rounding in 400 products",
        fidelity(&qubit().end(&pulse).unwrap()),
    );
}

#[test]
fn waiting_forgives_the_rounding_of_a_sum() {
    // Equal pieces whose durations do not add up to the horizon to the last bit, at three scales of time.
    for horizon in [1e-3, 1.0, 1e3] {
        let mut missed = 0;
        for pieces in 2..40 {
            let pulse = Pulse::equal(horizon, &vec![0.5; pieces]).unwrap();
            missed += usize::from(pulse.horizon() != horizon);
            assert_eq!(pulse.then_wait(horizon).unwrap().pieces().len(), pieces);
        }
        assert!(missed > 5, "{missed}");
        let longer = Pulse::equal(horizon, &[0.5; 3]).unwrap().then_wait(1.25 * horizon).unwrap();
        assert!(longer.pieces().len() == 4 && longer.pieces()[3].u == 0.0);
        assert!((longer.horizon() / (1.25 * horizon) - 1.0).abs() < 1e-14);
        assert!(Pulse::equal(horizon, &[0.5; 3]).unwrap().then_wait(0.99 * horizon).is_err());
    }
}

#[test]
fn moments_lie_on_their_pieces() {
    // At a switch the control is the one just before it.
    let pulse = Pulse::equal(4.0, &[2.0, -1.0]).unwrap();
    let moments = qubit().trajectory(&pulse, 8).unwrap();
    let values: Vec<f64> = moments.iter().map(|moment| moment.u).collect();
    assert_eq!(values, [2.0, 2.0, 2.0, 2.0, 2.0, -1.0, -1.0, -1.0, -1.0]);
    // One interval is enough, and with three the last moment comes a rounding after the end: 0.1 · 3/3 exceeds 0.1.
    let short = Pulse::equal(0.1, &[1.5]).unwrap();
    let end = qubit().end(&short).unwrap();
    for intervals in [1, 3] {
        let moments = qubit().trajectory(&short, intervals).unwrap();
        assert_eq!((moments.len(), moments[intervals].u), (intervals + 1, 1.5));
        assert!((0..2).all(|i| (moments[intervals].z[i] - end[i]).norm() < 1e-15));
    }
}
