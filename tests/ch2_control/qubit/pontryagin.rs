use std::f64::consts::PI;

use super::qubit;
use crate::check::Check;
use sdml::ch2_control::qubit::{Grape, Pulse, Qubit, fidelity};
use sdml::random::Streams;
use sdml::statistics::fit_line;

/// The smallest 1 − F that GRAPE finds from `starts` random starts.
fn searched(qubit: Qubit, horizon: f64, pieces: usize, starts: usize) -> f64 {
    let grape = Grape::new(qubit, horizon, pieces).unwrap();
    let found = grape.from_random_starts(&Streams::new(0, "pontryagin"), starts, 2000).unwrap();
    found.iter().map(|optimum| optimum.loss).fold(1.0, f64::min)
}

#[test]
fn minimum_time() {
    // Just below the shortest time √(1 − F) falls linearly to zero: c sin(R(T* − T)/2).
    let t_star = 2.0 * PI / 17f64.sqrt();
    let times = [1.36, 1.39, 1.42, 1.45, 1.48];
    let roots = times.map(|t| searched(qubit(), t, 60, 20).sqrt());
    // The arcsine makes the line straight.
    let line = fit_line(&times, &roots.map(|root| (17f64.sqrt() * root).asin()), 0.95).unwrap();
    assert_eq!(qubit().minimum_time().unwrap(), t_star);
    Check::new(
        "ch2_control/qubit/pontryagin/minimum_time",
        &["exa:2.5", "fig:2.1"],
        "the shortest time for F = 1 is 2π/√17: where GRAPE's √(1 − F), from five times below it, extrapolates to zero",
        "π/(2u_max), the shortest time if the drift did nothing",
    )
    .seed(0)
    .samples("20 random starts of 60 pieces at each of 5 times")
    .within(
        -line.intercept / line.slope,
        t_star,
        2e-3,
        "the switch falls inside a piece of length 0.025: F lacks up to 1e-5, √(1 − F) is too large by up to 1e-4 at 0.04",
        0.25 * PI,
    );
    // 1.53 is 0.4% more than the shortest time, and enough.
    assert!(searched(qubit(), 1.53, 60, 10) < 1e-14);
    // All that one has to know of the qubit is R: without splitting the constant control takes over.
    assert_eq!(Qubit::new(0.0, 2.0).unwrap().minimum_time().unwrap(), 0.25 * PI);
}

#[test]
fn optimum_at_1_50() {
    let best = 1.0 - searched(qubit(), 1.5, 240, 10);
    Check::new(
        "ch2_control/qubit/pontryagin/optimum_at_1_50",
        &["exa:2.5"],
        "the largest F that GRAPE finds at T = 1.50 is that of the best one-switch control, 1 − sin²(√17 T/2)/17",
        "F = 1",
    )
    .seed(0)
    .samples("10 random starts of 240 pieces")
    .within(
        best,
        1.0 - (17f64.sqrt() * 0.75).sin().powi(2) / 17.0,
        1e-6,
        "the switch falls inside a piece of length 0.006",
        1.0,
    );
}

#[test]
fn nothing_beats_one_switch() {
    // Across bounds and times: never above the closed form, and just below it.
    let mut apart = 0.0f64;
    let mut constant = 0.0f64;
    for bound in [0.5, 0.8, 2.0, 4.0] {
        let qubit = Qubit::new(1.0, bound).unwrap();
        let t_star = qubit.minimum_time().unwrap();
        for part in [0.2, 0.4, 0.55, 0.7, 0.85, 0.95] {
            let horizon = part * t_star;
            let best = qubit.best_fidelity(horizon).unwrap();
            let found = 1.0 - searched(qubit, horizon, 60, 20);
            assert!(found <= best + 1e-13, "u_max = {bound}, T = {horizon}: {found} beats {best}");
            apart = apart.max(best - found);
            constant = constant.max(best - qubit.best_constant(horizon).unwrap()[1]);
            // The control that is said to reach it does.
            let pulse = qubit.optimal_pulse(horizon).unwrap();
            assert!((fidelity(&qubit.end(&pulse).unwrap()) - best).abs() < 1e-14);
            assert!((pulse.horizon() - horizon).abs() < 1e-14 && pulse.pieces().len() <= 2);
        }
        let pulse = qubit.optimal_pulse(1.3 * t_star).unwrap();
        assert!(1.0 - fidelity(&qubit.end(&pulse).unwrap()) < 1e-14 && pulse.pieces().len() == 3);
    }
    Check::new(
        "ch2_control/qubit/pontryagin/nothing_beats_one_switch",
        &["exa:2.5"],
        "the closed form of the best F for u_max ≥ ω/2: by how much GRAPE stays below it, at most, over 24 pairs of T and u_max",
        "the best constant control",
    )
    .seed(0)
    .samples("20 random starts of 60 pieces for each pair")
    .within(apart, 0.0, 1e-3, "a piece is 1/60 of the time: F lacks the square of half of that, times at most R²T²/4 < 10", constant);
}

/// m after turning about (2u, 0, ω) for the time τ.
fn turned(m: [f64; 3], u: f64, omega: f64, tau: f64) -> [f64; 3] {
    let rate = (omega * omega + 4.0 * u * u).sqrt();
    let n = [2.0 * u / rate, 0.0, omega / rate];
    let (sine, cosine) = (rate * tau).sin_cos();
    let along = n[0] * m[0] + n[2] * m[2];
    let cross = [-n[2] * m[1], n[2] * m[0] - n[0] * m[2], n[0] * m[1]];
    std::array::from_fn(|i| cosine * m[i] + sine * cross[i] + (1.0 - cosine) * along * n[i])
}

#[test]
fn extremals_obey_the_principle() {
    // Along an extremal u = u_max sign m_x, m_z is the given height at every switch, and m_z = 0 at both ends.
    let mut worst = 0.0f64;
    let mut early = 0.0f64;
    for (bound, height) in [(2.0, 0.3), (2.0, 0.9), (0.5, 0.6), (0.29, 0.4), (0.29, 0.1)] {
        let qubit = Qubit::new(1.0, bound).unwrap();
        for switches in 1..4 {
            for late in [[false, false], [false, true], [true, false], [true, true]] {
                let pulse = qubit.extremal(switches, height, late).unwrap();
                let cosine = height / (2.0 * bound);
                let sine = (1.0 - cosine * cosine).sqrt();
                let mut m = [cosine, if late[0] { -sine } else { sine }, 0.0];
                for (k, piece) in pulse.pieces().iter().enumerate() {
                    for part in [0.02, 0.5, 0.98] {
                        let inside = turned(m, piece.u, 1.0, part * piece.duration);
                        assert!(inside[0] * piece.u > 0.0, "{bound} {height} {switches} {late:?}");
                    }
                    m = turned(m, piece.u, 1.0, piece.duration);
                    if k < switches {
                        worst = worst.max(m[0].abs()).max((m[2] - height).abs());
                    }
                }
                worst = worst.max(m[2].abs());
                // One switch a hundredth too early.
                let first = turned(
                    [cosine, if late[0] { -sine } else { sine }, 0.0],
                    bound,
                    1.0,
                    0.99 * pulse.pieces()[0].duration,
                );
                early = early.max(first[0].abs());
            }
        }
    }
    Check::new(
        "ch2_control/qubit/pontryagin/extremals_obey_the_principle",
        &["exa:2.5"],
        "m_x = 0 at the switches and m_z = 0 at the ends of every extremal: the largest violation over 60 of them",
        "a switch one per cent too early",
    )
    .within(worst, 0.0, 1e-13, "rounding", early);
}

#[test]
fn more_switches_do_not_help() {
    // Two to four switches, every height: none of those that end before T* reaches more than one switch does.
    let t_star = qubit().minimum_time().unwrap();
    let mut excess = f64::NEG_INFINITY;
    for switches in 1..5 {
        for late in [[false, false], [false, true], [true, true]] {
            for k in 1..=2000 {
                let pulse = qubit().extremal(switches, f64::from(k) / 2000.0, late).unwrap();
                if pulse.horizon() <= t_star {
                    let reached = fidelity(&qubit().end(&pulse).unwrap());
                    excess = excess.max(reached - qubit().best_fidelity(pulse.horizon()).unwrap());
                }
            }
        }
    }
    let early = 1.0 - qubit().best_fidelity(0.9 * t_star).unwrap();
    Check::new(
        "ch2_control/qubit/pontryagin/more_switches_do_not_help",
        &["exa:2.5"],
        "no extremal of up to four switches beats the one-switch optimum of its own duration: the largest excess",
        "the optimum of nine tenths of the time, which they do beat",
    )
    .samples("24000 extremals")
    .within(excess, 0.0, 1e-14, "rounding", early);
}

#[test]
fn weak_bound() {
    // Below ω/2 the optimum switches several times; GRAPE must agree with the extremals.
    let mut apart = 0.0f64;
    let mut strong = 0.0f64;
    for (bound, horizon) in [(0.29, 5.0), (0.29, 3.0), (0.25, 8.0), (0.25, 6.0), (0.4, 4.0)] {
        let qubit = Qubit::new(1.0, bound).unwrap();
        let best = qubit.best_fidelity(horizon).unwrap();
        let found = 1.0 - searched(qubit, horizon, 160, 10);
        assert!(found <= best + 1e-12, "{bound} {horizon}: {found} beats {best}");
        apart = apart.max(best - found);
        // What the closed form of strong controls would say.
        let rate = (1.0 + 4.0 * bound * bound).sqrt();
        let formula = if rate * horizon > 2.0 * PI {
            1.0
        } else {
            1.0 - (0.5 * rate * horizon).sin().powi(2) / (rate * rate)
        };
        strong = strong.max((formula - best).abs());
    }
    Check::new(
        "ch2_control/qubit/pontryagin/weak_bound",
        &["exa:2.5"],
        "for u_max < ω/2 the best extremal is what GRAPE finds: the largest difference over five pairs of T and u_max",
        "the closed form for u_max ≥ ω/2",
    )
    .seed(0)
    .samples("10 random starts of 160 pieces")
    .within(apart, 0.0, 5e-4, "a switch inside a piece of length τ = T/160 costs u_max ω τ²/4 at most; there are up to three", strong);
}

#[test]
fn bound_of_the_printed_pair() {
    // The bound under which 0.729 is the best possible at T = 5, by bisection; at T = 8 it allows nearly everything.
    let best = |bound: f64, horizon: f64| Qubit::new(1.0, bound).unwrap().best_fidelity(horizon).unwrap();
    let (mut low, mut high) = (0.2, 0.4);
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if best(middle, 5.0) < 0.729 { low = middle } else { high = middle }
    }
    // 0.729 and 0.999 are printed to three digits.
    assert!(best(high, 8.0) > 0.999);
    Check::new(
        "ch2_control/qubit/pontryagin/bound_of_the_printed_pair",
        &["fig:2.1"],
        "the bound under which F = 0.729 would be the best possible at T = 5; there the best F at T = 8 exceeds 0.999",
        "the bound of the notes, u_max = 2",
    )
    .within(high, 0.2897, 5e-5, "four digits, from the extremals; GRAPE agrees in the check weak_bound", 2.0);
    let found = 1.0 - searched(Qubit::new(1.0, high).unwrap(), 5.0, 160, 10);
    assert!((found - 0.729).abs() < 1e-4, "{found}");
}

/// The best constant control by propagation over a grid of 10^5 values, not by the formula.
fn grid(horizon: f64) -> f64 {
    let reached = |k| {
        let u = 2.0 * f64::from(k) / 1e5;
        fidelity(&qubit().end(&Pulse::equal(horizon, &[u]).unwrap()).unwrap())
    };
    (0..=100_000).map(reached).fold(0.0, f64::max)
}

#[test]
fn best_constant_control() {
    for (horizon, printed) in [(5.0, 0.8989), (8.0, 0.9200)] {
        assert!((qubit().best_constant(horizon).unwrap()[1] - printed).abs() < 5e-5);
    }
    Check::new(
        "ch2_control/qubit/pontryagin/best_constant_control",
        &["fig:2.1"],
        "the best constant control at T = 5 already reaches more than the notes print",
        "0.729, the F printed for a trained network",
    )
    .samples("100001 values of u")
    .within(
        qubit().best_constant(5.0).unwrap()[1],
        grid(5.0),
        1e-8,
        "the square of the grid's spacing",
        0.729,
    );
}

#[test]
fn best_constant_control_at_8() {
    Check::new(
        "ch2_control/qubit/pontryagin/best_constant_control_at_8",
        &["fig:2.1"],
        "the best constant control at T = 8",
        "the constant control u = 2",
    )
    .within(
        qubit().best_constant(8.0).unwrap()[1],
        grid(8.0),
        1e-8,
        "the square of the grid's spacing",
        qubit().constant_fidelity(2.0, 8.0).unwrap(),
    );
}

#[test]
fn printed_minimum_time() {
    // Without splitting, a constant control reaches F = sin²(u_max T) until π/(2u_max).
    let printed = Qubit::with_energies([0.5, 0.5], 2.0).unwrap();
    for horizon in [0.3, 0.6, 0.75] {
        let best = printed.best_fidelity(horizon).unwrap();
        assert!((best - (2.0 * horizon).sin().powi(2)).abs() < 1e-15);
        assert!((1.0 - searched(printed, horizon, 20, 5) - best).abs() < 1e-12);
    }
    assert!(searched(printed, 0.79, 20, 5) < 1e-14);
    Check::new(
        "ch2_control/qubit/pontryagin/printed_minimum_time",
        &["exa:2.5"],
        "with the Hamiltonian as printed the shortest time would be π/(2u_max)",
        "the shortest time of (ω/2)σ_Z + uσ_X",
    )
    .within(
        printed.minimum_time().unwrap(),
        PI / 4.0,
        1e-15,
        "rounding",
        qubit().minimum_time().unwrap(),
    );
}

#[test]
fn the_best_of_nearly_equal_constants() {
    // With a splitting this small the peaks u²/Ω² of F at ΩT = π/2, 3π/2, … differ by a millionth, less than a grid sees.
    let (omega, bound) = (1e-3f64, 2.0f64);
    let qubit = Qubit::new(omega, bound).unwrap();
    for half_turns in [4.2, 5.0, 8.0, 11.7] {
        let horizon = half_turns * PI / omega.hypot(2.0 * bound);
        let [_, found] = qubit.best_constant(horizon).unwrap();
        let peaks = (0..8).map(|k| (f64::from(k) + 0.5) * PI / horizon);
        let reached = peaks.filter(|rate| *rate <= bound).map(|rate| 1.0 - (0.5 * omega / rate).powi(2));
        let best = reached.fold(0.0, f64::max);
        assert!(found >= best - 1e-12, "{half_turns}: {found} {best}");
    }
}

#[test]
fn nothing_moves_at_no_frequency() {
    let still = Qubit::new(0.0, 1.0).unwrap();
    assert_eq!(still.constant_fidelity(0.0, 3.0).unwrap(), 0.0);
    assert!((still.constant_fidelity(0.4, 3.0).unwrap() - 1.2f64.sin().powi(2)).abs() < 1e-15);
    let refused = |u: f64, horizon: f64| still.constant_fidelity(u, horizon).is_err();
    assert!(refused(f64::NAN, 1.0) && refused(1.0, f64::INFINITY) && refused(1e200, 1e200));
}

#[test]
fn the_closed_form_in_each_of_its_ranges() {
    // At odd quarters of a turn the squared sine is ½; for the qubit of the notes s² = 16/17 and c² = 1/17.
    for (half_turns, exact) in [(0.5, 8.0 / 17.0), (1.5, 1.0 - 0.5 / 17.0), (2.2, 1.0)] {
        let best = qubit().best_fidelity(half_turns * PI / 17f64.sqrt()).unwrap();
        assert!((best - exact).abs() < 1e-15, "{half_turns} half turns: {best}");
    }
    // The weakest bound that it holds for is |ω|/2.
    let weakest = Qubit::new(1.0, 0.5).unwrap().minimum_time().unwrap();
    assert!((weakest - 2.0 * PI / 2f64.sqrt()).abs() < 1e-14);
}

#[test]
fn weak_bound_against_a_search_over_arcs() {
    // The largest F over the durations of up to five arcs ±u_max, by the Nelder–Mead method from many starts.
    for (bound, horizon, exact) in [
        (0.29, 3.0, 0.271485416),
        (0.29, 5.0, 0.729909583),
        (0.25, 8.0, 0.957614363),
        (0.4, 4.0, 0.802356834),
        (0.3, 6.5, 0.896763035),
        (0.2, 9.0, 0.832395517),
        (0.45, 3.0, 0.550852739),
    ] {
        let best = Qubit::new(1.0, bound).unwrap().best_fidelity(horizon).unwrap();
        assert!((best - exact).abs() < 1e-9, "u_max = {bound}, T = {horizon}: {best}");
    }
    // In less than half a turn the constant control is the best; after seven everything has arrived.
    let weak = Qubit::new(1.0, 0.3).unwrap();
    let constant = weak.constant_fidelity(0.3, 1.5).unwrap();
    assert!((weak.best_fidelity(1.5).unwrap() - constant).abs() < 1e-15);
    assert!((weak.optimal_pulse(1.5).unwrap().horizon() - 1.5).abs() < 1e-15);
    assert!(weak.best_fidelity(18.9).unwrap() > 1.0 - 1e-12);
}

#[test]
fn a_small_constant_control_can_be_the_best() {
    // Without splitting F = sin² uT, whose second peak lies beyond the bound.
    let [u, reached] = Qubit::new(0.0, 2.0).unwrap().best_constant(2.25).unwrap();
    assert!((u - PI / 4.5).abs() < 1e-6 && reached > 1.0 - 1e-14, "{u} {reached}");
}
