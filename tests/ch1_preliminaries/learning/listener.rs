//! Who hears of a training, and of what.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use sdml::Result;
use sdml::ch1_preliminaries::learning::{Iteration, Listener, Plain, Schedule, minimize};

/// θ after `steps` steps on θ²/2 from 1, whose loss ceases to be finite at step `end`.
fn train(steps: usize, end: usize) -> Result<f64> {
    let mut theta = [1.0];
    let evaluate = |k: usize, theta: &[f64], gradient: &mut [f64]| {
        gradient[0] = theta[0];
        Ok(if k < end { 0.5 * theta[0] * theta[0] } else { f64::NAN })
    };
    minimize(&mut theta, &mut Plain, Schedule::Constant(0.125), steps, evaluate, |_, _, _| ())?;
    Ok(theta[0])
}

/// A listener, and where it notes what it hears.
fn noting() -> (Listener, Arc<Mutex<Vec<Iteration>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    (Listener::new(move |iteration| note.lock().unwrap().push(iteration)), heard)
}

fn numbers(heard: &Mutex<Vec<Iteration>>) -> Vec<usize> {
    heard.lock().unwrap().iter().map(|iteration| iteration.k).collect()
}

#[test]
fn every_tenth_iteration_and_the_last_are_heard() {
    for (steps, expected) in
        [(0, vec![]), (1, vec![0]), (10, vec![0, 9]), (11, vec![0, 10]), (35, vec![0, 10, 20, 30, 34])]
    {
        let (listener, heard) = noting();
        let theta = listener.during(|| train(steps, usize::MAX)).unwrap();
        assert_eq!(numbers(&heard), expected);
        // θ_k = (7/8)ᵏ, and no bit of it changes because somebody listens.
        for iteration in heard.lock().unwrap().iter() {
            assert_eq!(iteration.steps, steps);
            let exact = 0.5 * 0.875f64.powi(2 * iteration.k as i32);
            assert!((iteration.loss / exact - 1.0).abs() < 1e-13, "{iteration:?}");
        }
        assert_eq!(theta.to_bits(), train(steps, usize::MAX).unwrap().to_bits());
        assert_eq!(numbers(&heard), expected, "it has left");
    }
}

#[test]
fn the_inner_one_hears_and_then_the_outer_one_again() {
    let ((outer, by_outer), (inner, by_inner)) = (noting(), noting());
    outer.during(|| {
        train(1, 1).unwrap();
        inner.during(|| train(15, 15)).unwrap();
        Listener::default().during(|| train(15, 15)).unwrap();
        train(12, 12).unwrap();
    });
    train(1, 1).unwrap();
    assert_eq!(numbers(&by_outer), [0, 0, 10, 11]);
    assert_eq!(numbers(&by_inner), [0, 10, 14]);
}

#[test]
fn neither_an_error_nor_a_panic_leaves_a_listener_behind() {
    let ((outer, by_outer), (inner, by_inner)) = (noting(), noting());
    outer.during(|| {
        inner.during(|| train(15, 12)).unwrap_err();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            inner.during(|| -> f64 {
                train(1, 1).unwrap();
                panic!("on purpose")
            })
        }));
        assert!(panic.is_err());
        train(1, 1).unwrap();
    });
    // The loss of iteration 12 was no number, and nobody hears of what is none.
    assert_eq!(numbers(&by_inner), [0, 10, 0]);
    assert_eq!(numbers(&by_outer), [0]);
}

#[test]
fn a_listener_may_train_and_listen_itself() {
    let (inner, by_inner) = noting();
    let outer = Listener::new(move |_| {
        inner.during(|| train(1, 1)).unwrap();
    });
    outer.during(|| train(2, 2)).unwrap();
    assert_eq!(numbers(&by_inner), [0, 0]);
}
