//! Rotation by a random angle, dX = X^⊥ ∘ dB with X^⊥ = (−X₂, X₁): the solution X(t) = R(B(t)) X_0 stays on its circle.
//!
//! θ(x) = −½x. Read by Itô, without θ, the same coefficients drive |X|² up like eᵗ: each step multiplies its mean by a
//! constant, which is known for every scheme.

use super::equation::{Equation, Stratonovich};
use super::noise::Scalar;
use super::number::Number;

/// dX = X^⊥ ∘ dB in the plane.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Circle, theta};
/// assert_eq!(theta(&Circle, &[3.0, 4.0], 0.0), [-1.5, -2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circle;

// ANCHOR: equation
impl Equation<2, 1> for Circle {
    type Calculus = Stratonovich;
    type Noise = Scalar;

    #[inline]
    fn drift(&self, _x: &[f64; 2], _t: f64) -> [f64; 2] {
        [0.0, 0.0]
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64) -> [[S; 1]; 2] {
        [[-x[1]], [x[0]]]
    }
}
// ANCHOR_END: equation

impl Circle {
    /// X(t) on the path with B(t) = `b`: X_0 turned by the angle b.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Circle;
    /// let [x, y] = Circle.explicit([3.0, 4.0], 0.5 * std::f64::consts::PI);
    /// assert!((x + 4.0).abs() < 1e-15 && (y - 3.0).abs() < 1e-15);
    /// ```
    pub fn explicit(&self, x_0: [f64; 2], b: f64) -> [f64; 2] {
        let (sin, cos) = b.sin_cos();
        [cos * x_0[0] - sin * x_0[1], sin * x_0[0] + cos * x_0[1]]
    }

    /// E|X_N|²/|X_0|² of Euler–Maruyama on the Itô form: (1 + h²/4)ᴺ, since |x(1 − h/2) + x^⊥ΔB|² = |x|²((1 − h/2)² + ΔB²).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Circle;
    /// // At h = ½: (1 − ¼)² + ½.
    /// assert_eq!(Circle.euler_growth(0.5, 1), 0.75 * 0.75 + 0.5);
    /// ```
    pub fn euler_growth(&self, h: f64, steps: u32) -> f64 {
        (1.0 + 0.25 * h * h).powf(f64::from(steps))
    }

    /// E|X_N|²/|X_0|² of Euler–Maruyama where the equation is read by Itô as it stands, without θ: (1 + h)ᴺ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Circle;
    /// // After a time 1 in ever more steps: e, not 1.
    /// assert_eq!(Circle.unconverted_growth(0.5, 2), 2.25);
    /// assert!((Circle.unconverted_growth(1e-4, 10_000) - 1f64.exp()).abs() < 2e-4);
    /// ```
    pub fn unconverted_growth(&self, h: f64, steps: u32) -> f64 {
        (1.0 + h).powf(f64::from(steps))
    }

    /// E|X_N|²/|X_0|² of Heun and of the midpoint rule: (1 + ¾h²)ᴺ, since |x(1 − ½ΔB²) + x^⊥ΔB|² = |x|²(1 + ¼ΔB⁴).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Circle;
    /// // E(1 + ¼ΔB⁴) with E ΔB⁴ = 3h².
    /// assert_eq!(Circle.heun_growth(0.5, 1), 1.0 + 0.25 * 3.0 * 0.25);
    /// ```
    pub fn heun_growth(&self, h: f64, steps: u32) -> f64 {
        (1.0 + 0.75 * h * h).powf(f64::from(steps))
    }
}
