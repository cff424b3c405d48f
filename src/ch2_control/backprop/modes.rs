//! Forward mode, reverse mode and their mixtures, for any function written once for every kind of number.
//!
//! The chain rule is a product of matrices. Forward mode multiplies it from the input side, one direction at a time, by
//! [`Dual`] numbers; reverse mode from the output side, one output at a time, by a [`Tape`].

use ndarray::{Array1, Array2};

use super::tape::{Tape, Var};
use crate::ch1_preliminaries::sde::{Dual, Number};
use crate::error::finite;
use crate::{Error, Result};

/// A function ℝⁿ → ℝᵐ, written for any kind of number.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Dual, Number};
/// use sdml::ch2_control::backprop::Map;
/// /// x ↦ x₁²x₂.
/// struct Cubic;
/// impl Map for Cubic {
///     fn inputs(&self) -> usize { 2 }
///     fn outputs(&self) -> usize { 1 }
///     fn apply<S: Number>(&self, x: &[S]) -> Vec<S> { vec![x[0].powi(2) * x[1]] }
/// }
/// assert_eq!(Cubic.apply(&[3.0, 2.0]), [18.0]);
/// // With dual numbers it is differentiated: ∂₁ = 2x₁x₂.
/// let x = [Dual { value: 3.0, slope: 1.0 }, Dual { value: 2.0, slope: 0.0 }];
/// assert_eq!(Cubic.apply(&x)[0].slope, 12.0);
/// ```
pub trait Map {
    /// n.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Chain, Map, Problem};
    /// // The loss of a chain is a function of its weights.
    /// assert_eq!(Problem::new(Chain { start: 2.0, depth: 3 }, 1.0, 1.0, 0.0)?.inputs(), 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn inputs(&self) -> usize;
    /// m.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Map, Mlp, OfInput};
    /// let mlp = Mlp::new(&[2, 3], Activation::Tanh)?;
    /// assert_eq!(OfInput(&mlp, &[0.0; 9]).outputs(), 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn outputs(&self) -> usize;
    /// f(x), of length m for x of length n.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Chain, Map, Problem};
    /// // ½(2 · 3 · 0.5 − 1)².
    /// let problem = Problem::new(Chain { start: 2.0, depth: 2 }, 1.0, 1.0, 0.0)?;
    /// assert_eq!(problem.apply(&[3.0, 0.5]), [2.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn apply<S: Number>(&self, x: &[S]) -> Vec<S>;
}

/// From which side the chain rule is multiplied out.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Mlp, Mode, OfInput, jacobian};
/// // One linear layer, 2x₁ − x₂ + ½: two passes forwards, or one sweep back.
/// let mlp = Mlp::new(&[2, 1], Activation::Tanh)?;
/// let of_input = OfInput(&mlp, &[2.0, -1.0, 0.5]);
/// for mode in [Mode::Forward, Mode::Reverse] {
///     assert_eq!(jacobian(&of_input, &[1.0, 1.0], mode)?, array![[2.0, -1.0]]);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From the input: one pass for every input.
    Forward,
    /// From the output: one pass, and one sweep back for every output.
    Reverse,
}

/// The Jacobian matrix ∂f_i/∂x_j, m × n.
///
/// # Errors
/// A point that does not have n finite entries, or at which there is no derivative.
///
/// ```
/// use ndarray::array;
/// use sdml::ch1_preliminaries::sde::Number;
/// use sdml::ch2_control::backprop::{Map, Mode, jacobian};
/// struct Polar;
/// impl Map for Polar {
///     fn inputs(&self) -> usize { 2 }
///     fn outputs(&self) -> usize { 2 }
///     fn apply<S: Number>(&self, x: &[S]) -> Vec<S> { vec![x[0] * x[1].cos(), x[0] * x[1].sin()] }
/// }
/// let (sine, cosine) = 0.3f64.sin_cos();
/// let exact = array![[cosine, -2.0 * sine], [sine, 2.0 * cosine]];
/// for mode in [Mode::Forward, Mode::Reverse] {
///     assert!((jacobian(&Polar, &[2.0, 0.3], mode)? - &exact).iter().all(|d| d.abs() < 1e-15));
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: jacobian
pub fn jacobian(map: &impl Map, x: &[f64], mode: Mode) -> Result<Array2<f64>> {
    check_point(map, x)?;
    let mut jacobian = Array2::zeros((map.outputs(), map.inputs()));
    match mode {
        Mode::Forward => {
            for (j, mut column) in jacobian.columns_mut().into_iter().enumerate() {
                let seeded = x.iter().enumerate().map(|(i, &value)| Dual { value, slope: unit(i, j) });
                let y = map.apply(&seeded.collect::<Vec<_>>());
                column.iter_mut().zip(y).for_each(|(entry, y)| *entry = y.slope);
            }
        }
        Mode::Reverse => {
            let tape = Tape::new();
            let variables = tape.variables(x);
            for (y, mut row) in map.apply(&variables).into_iter().zip(jacobian.rows_mut()) {
                row.assign(&Array1::from(tape.adjoints(y).of_all(&variables)));
            }
        }
    }
    check_derivatives(x, &jacobian)?;
    Ok(jacobian)
}
// ANCHOR_END: jacobian

/// 1 if i = j, otherwise 0.
fn unit(i: usize, j: usize) -> f64 {
    f64::from(u8::from(i == j))
}

/// The value and the gradient of a function with one output, in reverse mode.
///
/// # Errors
/// More outputs than one, a point that does not have n finite entries, or one at which there is no derivative.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Number;
/// use sdml::ch2_control::backprop::{Map, gradient};
/// /// x ↦ ½|x|², whose gradient is x.
/// struct HalfSquare;
/// impl Map for HalfSquare {
///     fn inputs(&self) -> usize { 2 }
///     fn outputs(&self) -> usize { 1 }
///     fn apply<S: Number>(&self, x: &[S]) -> Vec<S> { vec![(x[0] * x[0] + x[1] * x[1]) * 0.5] }
/// }
/// assert_eq!(gradient(&HalfSquare, &[3.0, 4.0])?, (12.5, vec![3.0, 4.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn gradient(map: &impl Map, x: &[f64]) -> Result<(f64, Vec<f64>)> {
    check_scalar(map, x)?;
    let tape = Tape::new();
    let variables = tape.variables(x);
    let y = map.apply(&variables)[0];
    let gradient = tape.adjoints(y).of_all(&variables);
    check_derivatives(x, std::iter::once(&y.value()).chain(&gradient))?;
    Ok((y.value(), gradient))
}

/// How two differentiations are nested, the outer one named first.
///
/// ```
/// use sdml::ch2_control::backprop::{Chain, Nesting, Problem, hessian_vector};
/// // All second derivatives of ½(θ₁θ₂ − 1)² are 1 at θ = (1, 1).
/// let problem = Problem::new(Chain { start: 1.0, depth: 2 }, 1.0, 1.0, 0.0)?;
/// for nesting in [Nesting::ForwardOverForward, Nesting::ForwardOverReverse, Nesting::ReverseOverForward] {
///     assert_eq!(hessian_vector(&problem, &[1.0, 1.0], &[2.0, 1.0], nesting)?, [3.0, 3.0]);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// A derivative of derivatives: n passes for n entries.
    ForwardOverForward,
    /// The derivative along v of the gradient: a tape of duals.
    ForwardOverReverse,
    /// The gradient of the derivative along v: duals of tape numbers.
    ReverseOverForward,
}

/// H v, where H is the matrix of second derivatives of a function with one output, without H.
///
/// # Errors
/// More outputs than one, vectors that do not have n finite entries, or a point at which there is no derivative.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Number;
/// use sdml::ch2_control::backprop::{Map, Nesting, hessian_vector};
/// struct Saddle;
/// impl Map for Saddle {
///     fn inputs(&self) -> usize { 2 }
///     fn outputs(&self) -> usize { 1 }
///     fn apply<S: Number>(&self, x: &[S]) -> Vec<S> { vec![x[0] * x[0] - x[1].powi(3)] }
/// }
/// for nesting in [Nesting::ForwardOverForward, Nesting::ForwardOverReverse, Nesting::ReverseOverForward] {
///     assert_eq!(hessian_vector(&Saddle, &[1.0, 2.0], &[1.0, 0.5], nesting)?, [2.0, -6.0]);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: hessian_vector
pub fn hessian_vector(map: &impl Map, x: &[f64], v: &[f64], nesting: Nesting) -> Result<Vec<f64>> {
    check_scalar(map, x)?;
    check_point(map, v)?;
    let along = |(&value, &slope): (&f64, &f64)| Dual { value, slope };
    let product = match nesting {
        Nesting::ForwardOverForward => {
            (0..x.len()).map(|j| second(map, x, |i| v[i], |i| unit(i, j))[0]).collect()
        }
        Nesting::ForwardOverReverse => {
            let tape = Tape::new();
            let x = tape.variables(&x.iter().zip(v).map(along).collect::<Vec<_>>());
            let adjoints = tape.adjoints(map.apply(&x)[0]);
            adjoints.of_all(&x).into_iter().map(|dual| dual.slope).collect()
        }
        Nesting::ReverseOverForward => {
            let tape = Tape::new();
            let x = tape.variables(x);
            let seeded = x.iter().zip(v).map(|(&value, &slope)| Dual { value, slope: Var::from(slope) });
            let y = map.apply(&seeded.collect::<Vec<_>>())[0];
            tape.adjoints(y.slope).of_all(&x)
        }
    };
    check_derivatives(x, &product)?;
    Ok(product)
}
// ANCHOR_END: hessian_vector

/// uᵀ D²f v in each output.
fn second(map: &impl Map, x: &[f64], u: impl Fn(usize) -> f64, v: impl Fn(usize) -> f64) -> Vec<f64> {
    let seeded = x.iter().enumerate().map(|(i, &x)| Dual {
        value: Dual { value: x, slope: u(i) },
        slope: Dual { value: v(i), slope: 0.0 },
    });
    map.apply(&seeded.collect::<Vec<_>>()).into_iter().map(|y| y.slope.slope).collect()
}

/// Δf = Σ_j ∂²f/∂x_j² of each output by nested differentiation: n passes with duals of duals.
///
/// # Errors
/// A point that does not have n finite entries, or at which there is no derivative.
///
/// ```
/// use sdml::ch2_control::backprop::{Activation, Mlp, OfInput, laplacian};
/// // f(x) = sin(x₁ + 2x₂): Δf = −5f.
/// let mlp = Mlp::new(&[2, 1, 1], Activation::Sine)?;
/// let found = laplacian(&OfInput(&mlp, &[1.0, 2.0, 0.0, 1.0, 0.0]), &[0.3, 0.2])?;
/// assert!((found[0] + 5.0 * 0.7f64.sin()).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn laplacian(map: &impl Map, x: &[f64]) -> Result<Vec<f64>> {
    check_point(map, x)?;
    let mut sum = vec![0.0; map.outputs()];
    for j in 0..x.len() {
        let terms = second(map, x, |i| unit(i, j), |i| unit(i, j));
        sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
    }
    check_derivatives(x, &sum)?;
    Ok(sum)
}

fn check_point(map: &impl Map, x: &[f64]) -> Result<()> {
    if x.len() != map.inputs() {
        return Err(Error::argument("x.len()", x.len(), format!("{}, the number of inputs", map.inputs())));
    }
    x.iter().try_for_each(|&entry| finite("x", entry).map(drop))
}

/// Refuses a point at which the map has no derivative. One that is infinite, as that of √x at 0, is told.
fn check_derivatives<'a>(x: &[f64], derivatives: impl IntoIterator<Item = &'a f64>) -> Result<()> {
    match derivatives.into_iter().find(|derivative| derivative.is_nan()) {
        Some(_) => {
            Err(Error::argument("x", format!("{x:?}"), "a point where there is a derivative, and not NaN"))
        }
        None => Ok(()),
    }
}

fn check_scalar(map: &impl Map, x: &[f64]) -> Result<()> {
    check_point(map, x)?;
    if map.outputs() == 1 { Ok(()) } else { Err(Error::argument("map.outputs()", map.outputs(), "1")) }
}
