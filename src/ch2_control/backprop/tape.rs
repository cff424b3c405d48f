//! Reverse mode, operation by operation: a tape that writes down every step of a computation with its partial derivatives,
//! and reads them backwards.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::ch1_preliminaries::sde::Number;

/// The record of a computation with numbers of the kind `T`.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::Number, ch2_control::backprop::Tape};
/// let tape = Tape::new();
/// let [x, y] = [tape.variable(2.0), tape.variable(0.5)];
/// let z = x * y + x.sin();
/// let adjoint = tape.adjoints(z);
/// assert_eq!(adjoint.of(x), 0.5 + 2f64.cos());
/// assert_eq!(adjoint.of(y), 2.0);
/// ```
#[derive(Debug)]
pub struct Tape<T = f64> {
    nodes: RefCell<Vec<Node<T>>>,
}

/// Where a number came from: the places of its arguments and the derivatives with respect to them.
type Node<T> = [Option<(usize, T)>; 2];

/// A number whose history is on a tape, or a constant, which has none.
///
/// It is a [`Number`]: what is written for any kind of number runs on it. `Var<Dual>` and `Dual<Var>` are the two mixed
/// modes of second derivatives.
///
/// ```
/// use sdml::ch2_control::backprop::{Tape, Var};
/// let tape = Tape::new();
/// let x = tape.variable(3.0);
/// let y = x * x + Var::from(1.0);
/// assert_eq!((y.value(), tape.adjoints(y).of(x)), (10.0, 6.0));
/// // A variable and two operations are on the tape; the constant is not.
/// assert_eq!(tape.len(), 3);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Var<'t, T = f64> {
    tape: Option<&'t Tape<T>>,
    place: usize,
    value: T,
}

/// The derivatives of one result with respect to everything on the tape: what [`Tape::adjoints`] returns.
///
/// ```
/// use sdml::ch2_control::backprop::{Tape, Var};
/// let tape = Tape::new();
/// let x = tape.variables(&[2.0, 5.0, 7.0]);
/// let adjoints = tape.adjoints(x[0] * x[1]);
/// // x₃ plays no part, and a constant has no derivative.
/// assert_eq!(adjoints.of_all(&x), [5.0, 2.0, 0.0]);
/// assert_eq!(adjoints.of(Var::from(4.0)), 0.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adjoints<T = f64>(Vec<T>);

impl<T: Number> Default for Tape<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Number> Tape<T> {
    /// An empty tape.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// assert_eq!(Tape::<f64>::new().len(), 0);
    /// ```
    pub fn new() -> Self {
        Self { nodes: RefCell::new(Vec::new()) }
    }

    /// An independent variable.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// let tape = Tape::new();
    /// let x = tape.variable(3.0);
    /// assert_eq!(tape.adjoints(x).of(x), 1.0);
    /// ```
    pub fn variable(&self, value: T) -> Var<'_, T> {
        self.record(value, [None; 2])
    }

    /// Independent variables.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// let tape = Tape::new();
    /// let x = tape.variables(&[2.0, 5.0]);
    /// assert_eq!((tape.len(), x[1].value()), (2, 5.0));
    /// ```
    pub fn variables(&self, values: &[T]) -> Vec<Var<'_, T>> {
        values.iter().map(|&value| self.variable(value)).collect()
    }

    /// The number of variables and operations written down: the storage that reverse mode needs.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// let tape = Tape::new();
    /// let x = tape.variable(2.0);
    /// let _quartic = x * x * (x * x);
    /// // The variable and three products.
    /// assert_eq!(tape.len(), 4);
    /// ```
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether nothing is written down.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Tape, Var};
    /// let tape = Tape::new();
    /// // Constants are not written down.
    /// let _sum = Var::<f64>::from(1.0) + Var::from(2.0);
    /// assert!(tape.is_empty());
    /// tape.variable(1.0);
    /// assert!(!tape.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn record(&self, value: T, node: Node<T>) -> Var<'_, T> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(node);
        Var { tape: Some(self), place: nodes.len() - 1, value }
    }

    /// ∂`result`/∂(everything before it), in one sweep from the end to the beginning.
    ///
    /// # Panics
    /// If `result` is on another tape.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// let tape = Tape::new();
    /// let [x, y] = [tape.variable(2.0), tape.variable(5.0)];
    /// let product = x * y;
    /// let square = product * product;
    /// // The same tape, read from two results.
    /// assert_eq!((tape.adjoints(product).of(x), tape.adjoints(square).of(x)), (5.0, 2.0 * 10.0 * 5.0));
    /// ```
    // ANCHOR: adjoints
    pub fn adjoints(&self, result: Var<'_, T>) -> Adjoints<T> {
        let nodes = self.nodes.borrow();
        let mut adjoints = vec![T::from(0.0); nodes.len()];
        if let Some(tape) = result.tape {
            assert!(std::ptr::eq(tape, self), "the result is on another tape");
            adjoints[result.place] = T::from(1.0);
            // What the result does not depend on is left out: there the partial derivatives may be infinite.
            let mut reached = vec![false; result.place + 1];
            reached[result.place] = true;
            for place in (0..=result.place).rev() {
                if !reached[place] {
                    continue;
                }
                let adjoint = adjoints[place];
                for (argument, partial) in nodes[place].into_iter().flatten() {
                    adjoints[argument] = adjoints[argument] + partial * adjoint;
                    reached[argument] = true;
                }
            }
        }
        Adjoints(adjoints)
    }
    // ANCHOR_END: adjoints
}

impl<T: Number> Adjoints<T> {
    /// The derivative with respect to `variable`; 0 for a constant.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Tape, Var};
    /// let tape = Tape::new();
    /// let x = tape.variable(2.0);
    /// let constant = Var::from(3.0);
    /// let adjoints = tape.adjoints(x * constant);
    /// assert_eq!((adjoints.of(x), adjoints.of(constant)), (3.0, 0.0));
    /// ```
    pub fn of(&self, variable: Var<'_, T>) -> T {
        variable.tape.and_then(|_| self.0.get(variable.place).copied()).unwrap_or(T::from(0.0))
    }

    /// The derivatives with respect to several variables.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Tape;
    /// let tape = Tape::new();
    /// let x = tape.variables(&[2.0, 5.0]);
    /// assert_eq!(tape.adjoints(x[0] * x[0] * x[1]).of_all(&x), [20.0, 4.0]);
    /// ```
    pub fn of_all(&self, variables: &[Var<'_, T>]) -> Vec<T> {
        variables.iter().map(|&variable| self.of(variable)).collect()
    }
}

// ANCHOR: var
impl<'t, T: Number> Var<'t, T> {
    /// The value.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Tape, Var};
    /// /// x² + 2x.
    /// fn square(x: Var<'_>) -> f64 {
    ///     (x * x + x * 2.0).value()
    /// }
    /// // On a tape or not.
    /// assert_eq!([square(Tape::new().variable(3.0)), square(Var::from(3.0))], [15.0; 2]);
    /// ```
    pub fn value(self) -> T {
        self.value
    }

    /// f(x) from its value and its derivative.
    fn unary(self, value: T, derivative: T) -> Self {
        match self.tape {
            Some(tape) => tape.record(value, [Some((self.place, derivative)), None]),
            None => Self { value, ..self },
        }
    }

    /// f(x, y) from its value and its two derivatives.
    fn binary(self, other: Self, value: T, partials: [T; 2]) -> Self {
        let Some(tape) = self.tape.or(other.tape) else { return Self { value, ..self } };
        let arguments = [(self, partials[0]), (other, partials[1])];
        tape.record(
            value,
            arguments.map(|(x, partial)| {
                let on = x.tape?;
                assert!(std::ptr::eq(on, tape), "the numbers of one computation are on one tape");
                Some((x.place, partial))
            }),
        )
    }
}

impl<T: Number> Mul for Var<'_, T> {
    type Output = Self;
    fn mul(self, y: Self) -> Self {
        self.binary(y, self.value * y.value, [y.value, self.value])
    }
}
// ANCHOR_END: var

impl<T: Number> Add for Var<'_, T> {
    type Output = Self;
    fn add(self, y: Self) -> Self {
        self.binary(y, self.value + y.value, [T::from(1.0); 2])
    }
}

impl<T: Number> Sub for Var<'_, T> {
    type Output = Self;
    fn sub(self, y: Self) -> Self {
        self.binary(y, self.value - y.value, [T::from(1.0), T::from(-1.0)])
    }
}

impl<T: Number> Div for Var<'_, T> {
    type Output = Self;
    fn div(self, y: Self) -> Self {
        let quotient = self.value / y.value;
        self.binary(y, quotient, [T::from(1.0) / y.value, -(quotient / y.value)])
    }
}

impl<T: Number> Neg for Var<'_, T> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(-self.value, T::from(-1.0))
    }
}

impl<T: Number> From<f64> for Var<'_, T> {
    fn from(constant: f64) -> Self {
        Self { tape: None, place: 0, value: T::from(constant) }
    }
}

impl<T: Number> Add<f64> for Var<'_, T> {
    type Output = Self;
    fn add(self, constant: f64) -> Self {
        self.unary(self.value + constant, T::from(1.0))
    }
}

impl<T: Number> Sub<f64> for Var<'_, T> {
    type Output = Self;
    fn sub(self, constant: f64) -> Self {
        self.unary(self.value - constant, T::from(1.0))
    }
}

impl<T: Number> Mul<f64> for Var<'_, T> {
    type Output = Self;
    fn mul(self, constant: f64) -> Self {
        self.unary(self.value * constant, T::from(constant))
    }
}

impl<T: Number> Div<f64> for Var<'_, T> {
    type Output = Self;
    fn div(self, constant: f64) -> Self {
        self.unary(self.value / constant, T::from(1.0) / constant)
    }
}

impl<T: Number> Number for Var<'_, T> {
    fn exp(self) -> Self {
        let y = self.value.exp();
        self.unary(y, y)
    }

    fn ln(self) -> Self {
        self.unary(self.value.ln(), T::from(1.0) / self.value)
    }

    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.unary(y, T::from(0.5) / y)
    }

    fn sin(self) -> Self {
        self.unary(self.value.sin(), self.value.cos())
    }

    fn cos(self) -> Self {
        self.unary(self.value.cos(), -self.value.sin())
    }

    fn tanh(self) -> Self {
        let y = self.value.tanh();
        self.unary(y, -(y * y) + 1.0)
    }

    fn powi(self, n: i32) -> Self {
        // The derivative of x⁰ is 0 also where x⁻¹ is not finite.
        let derivative = if n == 0 { T::from(0.0) } else { self.value.powi(n - 1) * f64::from(n) };
        self.unary(self.value.powi(n), derivative)
    }
}
