//! Exercise 2.4: what three ways to the gradient of a neural ODE must keep in memory.

/// A way to the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The adjoint with z re-solved backwards, with the running gradient y of eq. (2.6).
    BackwardSolve,
    /// The adjoint with z stored after every step.
    StoredStates,
    /// One forward sensitivity ∂z/∂θ_m for every parameter.
    ForwardSensitivity,
}

/// The answer: a count for each method, dimension N_d of the state, number N_p of
/// parameters and number n of steps.
pub type Answer = fn(method: Method, dimension: u64, parameters: u64, steps: u64) -> u64;

pub mod stub {
    use super::Method;

    // ANCHOR: stub
    /// How many numbers are kept at once, besides the parameters and the temporaries
    /// of one evaluation of f.
    pub fn numbers_stored(
        method: Method,
        dimension: u64,
        parameters: u64,
        steps: u64,
    ) -> u64 {
        let _ = (method, dimension, parameters, steps);
        0
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Method;

    // ANCHOR: solution
    /// (z, a, y); the same with n more states; or z with N_d × N_p derivatives.
    pub fn numbers_stored(
        method: Method,
        dimension: u64,
        parameters: u64,
        steps: u64,
    ) -> u64 {
        match method {
            Method::BackwardSolve => 2 * dimension + parameters,
            Method::StoredStates => (2 + steps) * dimension + parameters,
            Method::ForwardSensitivity => dimension * (1 + parameters),
        }
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Re-solving does not depend on the steps, storing grows by one state a step,
/// sensitivities by N_d a parameter.
pub fn examine(answer: Answer) {
    use Method::{BackwardSolve, ForwardSensitivity, StoredStates};
    let of = |method, d, p, n| i128::from(answer(method, d, p, n));
    assert_eq!(of(BackwardSolve, 3, 10, 100), 16, "z, a and y");
    let resolved = |n| of(BackwardSolve, 3, 10, n);
    let stored = |n| of(StoredStates, 3, 10, n);
    assert_eq!(resolved(100), resolved(200), "re-solving needs no steps");
    assert_eq!(stored(101) - stored(100), 3, "one more step, one more state");
    assert_eq!(stored(0), resolved(0), "no steps, nothing stored");
    assert_eq!(of(ForwardSensitivity, 4, 7, 9), 32, "z and its derivatives");
}
// ANCHOR_END: test
