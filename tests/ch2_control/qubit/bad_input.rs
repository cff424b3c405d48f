//! What is refused, and how.

use super::qubit;
use crate::refused::refused;
use sdml::Error;
use sdml::ch1_preliminaries::learning::Schedule;
use sdml::ch2_control::qubit::{Grape, NetworkControl, Piece, Pulse, Qubit, Recipe, RungeKutta};
use sdml::random::Streams;

#[test]
fn the_system() {
    for bound in [0.0, -2.0, f64::NAN, f64::INFINITY] {
        refused(Qubit::new(1.0, bound), &["`bound`", "greater than 0"]);
    }
    refused(Qubit::new(f64::NAN, 2.0), &["`omega` is NaN"]);
    refused(Qubit::with_energies([0.5, f64::INFINITY], 2.0), &["`energies[1]` is inf"]);
    refused(Qubit::with_energies([f64::MAX, -f64::MAX], 2.0), &["`energies[0] - energies[1]`"]);
}

#[test]
fn a_switching_function_that_vanishes_leaves_a_control() {
    // Without splitting and without control the state stands still, and F is stationary: φ = 0 on every piece.
    let grape = Grape::new(Qubit::new(0.0, 2.0).unwrap(), 1.0, 2).unwrap();
    let mut u = [0.0; 2];
    grape.successive_approximations(&mut u, 0.0, 1).unwrap();
    assert!(u.iter().all(|u| u.abs() == 2.0), "{u:?}");
}

#[test]
fn controls_and_times() {
    for horizon in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        refused(Pulse::equal(horizon, &[1.0]), &["`horizon`"]);
        refused(Grape::new(qubit(), horizon, 20), &["`horizon`"]);
        refused(RungeKutta::new(qubit(), horizon, 20), &["`horizon`"]);
        refused(qubit().best_fidelity(horizon), &["`horizon`"]);
        refused(qubit().optimal_pulse(horizon), &["`horizon`"]);
        refused(qubit().best_constant(horizon), &["`horizon`"]);
        refused(Recipe::new(horizon, 10, 0).unwrap().train(), &["`horizon`"]);
        refused(Qubit::new(1.0, 0.3).unwrap().best_fidelity(horizon), &["`horizon`"]);
    }
    refused(Pulse::equal(1.0, &[]), &["`values.len()` is 0"]);
    refused(Pulse::equal(1.0, &[f64::NAN]), &["`u` is NaN"]);
    refused(Pulse::new(vec![]), &["`pieces.len()` is 0"]);
    refused(Pulse::new(vec![Piece { u: 1.0, duration: -1.0 }]), &["`duration` is -1"]);
    refused(Pulse::new(vec![Piece { u: 1.0, duration: 0.0 }]), &["`horizon` is 0"]);
    let pulse = Pulse::equal(1.0, &[1.0, 2.5]).unwrap();
    refused(qubit().states(&pulse), &["`u` is 2.5", "within ±2"]);
    refused(qubit().end(&pulse), &["`u` is 2.5"]);
    refused(pulse.then_wait(0.5), &["`horizon` is 0.5", "at least the pulse's own 1"]);
    let pulse = Pulse::equal(1.0, &[1.0]).unwrap();
    refused(qubit().trajectory(&pulse, 0), &["`intervals` is 0"]);
    refused(qubit().constant_fidelity(f64::NAN, 1.0), &["`u` is NaN"]);
    refused(qubit().constant_fidelity(1.0, f64::NAN), &["`horizon` is NaN"]);
    // The last horizon allowed is a little less than 62500/u_max.
    refused(qubit().best_constant(31_500.0), &["`horizon`", "at most"]);
}

#[test]
fn extremals() {
    let weak = Qubit::new(1.0, 0.3).unwrap();
    refused(weak.minimum_time(), &["`bound` is 0.3", "at least |omega|/2 = 0.5"]);
    // 66 half turns.
    refused(weak.best_fidelity(178.0), &["`horizon` is 178", "at most"]);
    refused(weak.extremal(1, 0.7, [true, true]), &["`height` is 0.7", "within [0, 0.6"]);
    refused(qubit().extremal(1, 1.1, [true, true]), &["`height` is 1.1", "within [0, 1]"]);
    refused(qubit().extremal(0, 0.5, [true, true]), &["`switches` is 0"]);
    refused(qubit().extremal(1, f64::NAN, [true, true]), &["`height` is NaN"]);
    refused(Qubit::new(0.0, 1.0).unwrap().extremal(1, 0.5, [true, true]), &["`omega` is 0"]);
}

#[test]
fn optimizers() {
    refused(Grape::new(qubit(), 5.0, 0), &["`pieces` is 0"]);
    let grape = Grape::new(qubit(), 5.0, 3).unwrap();
    refused(grape.gradient(&[0.0; 2], &mut [0.0; 3]), &["`u.len()` is 2", "the number of pieces, 3"]);
    refused(grape.gradient(&[0.0; 3], &mut [0.0; 4]), &["`gradient.len()` is 4"]);
    refused(grape.gradient(&[0.0, f64::NAN, 0.0], &mut [0.0; 3]), &["`u` is NaN"]);
    refused(grape.optimize(vec![0.0; 3], 0), &["`iterations` is 0"]);
    refused(grape.optimize(vec![0.0, 2.1, 0.0], 5), &["`u` is 2.1", "within ±2"]);
    refused(grape.optimize(vec![f64::NAN; 3], 5), &["`u` is NaN"]);
    refused(grape.from_random_starts(&Streams::new(0, "bad"), 0, 5), &["`starts` is 0"]);
    assert_eq!(grape.from_random_starts(&Streams::new(0, "one"), 1, 5).unwrap().len(), 1);
    for penalty in [-1.0, f64::NAN, f64::INFINITY] {
        refused(grape.successive_approximations(&mut [0.0; 3], penalty, 5), &["`penalty`"]);
    }
    refused(grape.successive_approximations(&mut [0.0; 3], 1.0, 0), &["`sweeps` is 0"]);
    refused(RungeKutta::new(qubit(), 5.0, 0), &["`steps` is 0"]);
    let rk = RungeKutta::new(qubit(), 5.0, 3).unwrap();
    refused(rk.end(&[0.0; 6]), &["`u.len()` is 6", "7"]);
    refused(rk.gradient(&[0.0; 7], &mut [0.0; 6]), &["`gradient.len()` is 6"]);
}

#[test]
fn training() {
    let recipe = Recipe::new(5.0, 10, 0).unwrap();
    refused(Recipe { pieces: 0, ..recipe }.train(), &["`pieces` is 0"]);
    refused(Recipe { iterations: 0, ..recipe }.train(), &["`iterations` is 0"]);
    assert!(Recipe { pieces: 1, width: 1, iterations: 1, ..recipe }.train().is_ok());
    refused(Recipe { width: 0, ..recipe }.train(), &["is 0", "at least 1"]);
    refused(Recipe { schedule: Schedule::Constant(0.0), ..recipe }.train(), &["`rate` is 0"]);
    let mut control = NetworkControl::new(Grape::new(qubit(), 5.0, 3).unwrap(), 4).unwrap();
    let parameters = control.network().parameters();
    refused(control.control(&[0.0; 3]).map(<[f64]>::to_vec), &["`theta.len()` is 3"]);
    refused(control.gradient(&vec![f64::NAN; parameters], &mut vec![0.0; parameters]), &["`theta` is NaN"]);
    // A rate that throws the parameters out of the finite numbers stops the run and says where.
    let wild = Recipe { schedule: Schedule::Constant(f64::MAX), ..recipe };
    let error = wild.train().unwrap_err();
    assert!(matches!(error, Error::Diverged { iteration: 1, last: Some(0.0..=1.0), .. }), "{error}");
}

#[test]
fn numbers_that_leave_the_finite_ones() {
    let rk = RungeKutta::new(qubit(), 1.0, 2).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        refused(rk.end(&[0.0, 0.0, bad, 0.0, 0.0]), &["`u` is", "finite"]);
        refused(rk.gradient(&[bad; 5], &mut [0.0; 5]), &["`u` is", "finite"]);
    }
    refused(rk.end(&[1e200; 5]), &["`z` became", "at step 0"]);
    refused(rk.gradient(&[1e60; 5], &mut [0.0; 5]), &["became"]);
    // An angle Ωτ that is not finite.
    refused(qubit().constant_fidelity(1e308, 10.0), &["horizon", "inf"]);
    let fast = Qubit::new(1e10, 2.0).unwrap();
    let pulse = Pulse::equal(1e308, &[1.0]).unwrap();
    refused(fast.end(&pulse), &["`z` became NaN at step 0"]);
    refused(fast.states(&pulse), &["`z` became NaN at step 0"]);
    refused(fast.trajectory(&pulse, 3), &["`z` became NaN at step 0"]);
    let grape = Grape::new(fast, 1e308, 1).unwrap();
    refused(grape.gradient(&[1.0], &mut [0.0]), &["`loss` became NaN"]);
    refused(grape.optimize(vec![1.0], 5), &["`loss` became NaN"]);
    // The sweeps begin within the bounds, as the descent does.
    let grape = Grape::new(qubit(), 5.0, 2).unwrap();
    refused(grape.successive_approximations(&mut [0.0, 2.1], 1.0, 1), &["`u` is 2.1", "within ±2"]);
}
