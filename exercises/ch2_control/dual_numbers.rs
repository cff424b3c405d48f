//! Exercise 2.b: a derivative by dual numbers.

use sdml::ch1_preliminaries::sde::{Dual, Number};

use crate::exercises::close;

/// A function written for any number.
pub type Function = fn(Dual<f64>) -> Dual<f64>;
/// The answer: f′(x) for each function and point.
pub type Answer = fn(f: Function, x: f64) -> f64;

pub mod stub {
    use super::Function;
    use sdml::ch1_preliminaries::sde::Dual;

    // ANCHOR: stub
    /// f′(x), by one evaluation of f at a dual number.
    pub fn derivative(f: Function, x: f64) -> f64 {
        f(Dual { value: x, slope: 0.0 }).slope
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Function;
    use sdml::ch1_preliminaries::sde::Dual;

    // ANCHOR: solution
    /// f(x + ε) = f(x) + f′(x) ε.
    pub fn derivative(f: Function, x: f64) -> f64 {
        f(Dual { value: x, slope: 1.0 }).slope
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Two functions whose derivatives are known.
pub fn examine(answer: Answer) {
    close("the derivative of x³", answer(|x| x * x * x, 2.0), 12.0, 1e-14);
    let x: f64 = 0.7;
    let expected = x.cos() * x.sin().exp();
    close("the derivative of e^(sin x)", answer(|x| x.sin().exp(), x), expected, 1e-14);
}
// ANCHOR_END: test
