//! Numbers that carry a derivative: duals x + x′ε with ε² = 0, so that f(x + x′ε) = f(x) + f′(x) x′ ε.
//!
//! A formula written for any [`Number`] computes values when it is fed with `f64`, derivatives when it is fed with
//! `Dual<f64>`, and second derivatives when it is fed with `Dual<Dual<f64>>`.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What a coefficient of an equation may be computed with: `f64`, or a [`Dual`] of numbers.
///
/// Constants stand to the right of the number (`x * 2.0`, `x + 1.0`), or are made with `S::from(2.0)`.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Dual, Number};
/// fn f<S: Number>(x: S) -> S {
///     x.powi(3) * 2.0 + 1.0
/// }
/// assert_eq!(f(2f64), 17.0);
/// // With f'(x) = 6x².
/// assert_eq!(f(Dual { value: 2.0, slope: 1.0 }), Dual { value: 17.0, slope: 24.0 });
/// ```
pub trait Number:
    Copy
    + Debug
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// eˣ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 0.0, slope: 3.0 }.exp(), Dual { value: 1.0, slope: 3.0 });
    /// ```
    fn exp(self) -> Self;
    /// The natural logarithm.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 4.0, slope: 1.0 }.ln().slope, 0.25);
    /// ```
    fn ln(self) -> Self;
    /// The square root.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 4.0, slope: 1.0 }.sqrt(), Dual { value: 2.0, slope: 0.25 });
    /// ```
    fn sqrt(self) -> Self;
    /// The sine.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 0.0, slope: 3.0 }.sin(), Dual { value: 0.0, slope: 3.0 });
    /// ```
    fn sin(self) -> Self;
    /// The cosine.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 0.0, slope: 3.0 }.cos(), Dual { value: 1.0, slope: 0.0 });
    /// ```
    fn cos(self) -> Self;
    /// The hyperbolic tangent.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// assert_eq!(Dual { value: 0.0, slope: 3.0 }.tanh(), Dual { value: 0.0, slope: 3.0 });
    /// ```
    fn tanh(self) -> Self;
    /// The integer power xⁿ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Number};
    /// let x = Dual { value: 2.0, slope: 1.0 };
    /// assert_eq!(x.powi(3), Dual { value: 8.0, slope: 12.0 });
    /// // A constant, also at 0.
    /// assert_eq!(Dual { value: 0.0, slope: 1.0 }.powi(0), Dual { value: 1.0, slope: 0.0 });
    /// ```
    fn powi(self, n: i32) -> Self;
}

/// x + x′ε: a value and its derivative along one direction.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Dual, Number};
/// // d/dx (x² sin x) = 2x sin x + x² cos x.
/// let x = Dual { value: 0.7, slope: 1.0 };
/// let y = x * x * x.sin();
/// assert!((y.slope - (1.4 * 0.7f64.sin() + 0.49 * 0.7f64.cos())).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<T> {
    /// The value x.
    pub value: T,
    /// The derivative x′.
    pub slope: T,
}

impl<T: Number> Dual<T> {
    /// f(x + x′ε) from f(x) and f′(x).
    #[inline]
    fn chain(self, value: T, derivative: T) -> Self {
        Self { value, slope: derivative * self.slope }
    }
}

macro_rules! elementary {
    ($($name:ident),*) => { $( #[inline] fn $name(self) -> Self { f64::$name(self) } )* };
}

impl Number for f64 {
    elementary!(exp, ln, sqrt, sin, cos, tanh);

    #[inline]
    fn powi(self, n: i32) -> Self {
        f64::powi(self, n)
    }
}

impl<T: Number> Number for Dual<T> {
    #[inline]
    fn exp(self) -> Self {
        let y = self.value.exp();
        self.chain(y, y)
    }

    #[inline]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), T::from(1.0) / self.value)
    }

    #[inline]
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.chain(y, T::from(0.5) / y)
    }

    #[inline]
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }

    #[inline]
    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }

    #[inline]
    fn tanh(self) -> Self {
        let y = self.value.tanh();
        self.chain(y, -(y * y) + 1.0)
    }

    #[inline]
    fn powi(self, n: i32) -> Self {
        // The derivative of x⁰ is 0 also where x⁻¹ is not finite.
        let derivative = if n == 0 { T::from(0.0) } else { self.value.powi(n - 1) * f64::from(n) };
        self.chain(self.value.powi(n), derivative)
    }
}

impl<T: Number> From<f64> for Dual<T> {
    #[inline]
    fn from(constant: f64) -> Self {
        Self { value: T::from(constant), slope: T::from(0.0) }
    }
}

impl<T: Number> Add for Dual<T> {
    type Output = Self;
    #[inline]
    fn add(self, y: Self) -> Self {
        Self { value: self.value + y.value, slope: self.slope + y.slope }
    }
}

impl<T: Number> Sub for Dual<T> {
    type Output = Self;
    #[inline]
    fn sub(self, y: Self) -> Self {
        Self { value: self.value - y.value, slope: self.slope - y.slope }
    }
}

impl<T: Number> Mul for Dual<T> {
    type Output = Self;
    #[inline]
    fn mul(self, y: Self) -> Self {
        Self { value: self.value * y.value, slope: self.slope * y.value + self.value * y.slope }
    }
}

impl<T: Number> Div for Dual<T> {
    type Output = Self;
    #[inline]
    fn div(self, y: Self) -> Self {
        let quotient = self.value / y.value;
        Self { value: quotient, slope: (self.slope - quotient * y.slope) / y.value }
    }
}

impl<T: Number> Neg for Dual<T> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self { value: -self.value, slope: -self.slope }
    }
}

impl<T: Number> Add<f64> for Dual<T> {
    type Output = Self;
    #[inline]
    fn add(self, constant: f64) -> Self {
        Self { value: self.value + constant, ..self }
    }
}

impl<T: Number> Sub<f64> for Dual<T> {
    type Output = Self;
    #[inline]
    fn sub(self, constant: f64) -> Self {
        Self { value: self.value - constant, ..self }
    }
}

impl<T: Number> Mul<f64> for Dual<T> {
    type Output = Self;
    #[inline]
    fn mul(self, constant: f64) -> Self {
        Self { value: self.value * constant, slope: self.slope * constant }
    }
}

impl<T: Number> Div<f64> for Dual<T> {
    type Output = Self;
    #[inline]
    fn div(self, constant: f64) -> Self {
        Self { value: self.value / constant, slope: self.slope / constant }
    }
}
