//! Geometric Brownian motion (Exercise 1.15): dX = αX dt + σX ∘ dB (1.17), solved by X(t) = X_0 exp(αt + σB(t)).
//!
//! A one-step scheme multiplies X by a polynomial A in ΔB, the solution by G = exp(αh + σΔB), independently from step
//! to step. So E(X_N − X(T))² = X_0² ((E A²)ᴺ − 2 (E AG)ᴺ + (E G²)ᴺ): errors are known exactly at every step size.

use super::equation::{Equation, Stratonovich};
use super::noise::Scalar;
use super::number::Number;
use crate::Result;
use crate::error::finite;

/// dX = αX dt + σX ∘ dB.
///
/// ```
/// use sdml::ch1_preliminaries::sde::GeometricBrownian;
/// // Without drift a path is back where it was whenever B is.
/// assert_eq!(GeometricBrownian::new(0.0, 2.0)?.explicit(3.0, 9.0, 0.0), 3.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometricBrownian {
    alpha: f64,
    sigma: f64,
}

// ANCHOR: equation
impl Equation<1, 1> for GeometricBrownian {
    type Calculus = Stratonovich;
    type Noise = Scalar;

    #[inline]
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [self.alpha * x[0]]
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[x[0] * self.sigma]]
    }
}
// ANCHOR_END: equation

impl GeometricBrownian {
    /// The motion with Stratonovich drift `alpha` and volatility `sigma`.
    ///
    /// # Errors
    /// Numbers that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// assert!(GeometricBrownian::new(-1.0, 0.0).is_ok() && GeometricBrownian::new(f64::NAN, 1.0).is_err());
    /// ```
    pub fn new(alpha: f64, sigma: f64) -> Result<Self> {
        Ok(Self { alpha: finite("alpha", alpha)?, sigma: finite("sigma", sigma)? })
    }

    /// X(t) = X_0 exp(αt + σB(t)): the solution on the path with B(t) = `b`, and, with `b` drawn from N(0, t), an exact
    /// sampler.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// let gbm = GeometricBrownian::new(0.5, 2.0)?;
    /// assert_eq!(gbm.explicit(3.0, 1.0, -0.25), 3.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: explicit
    pub fn explicit(&self, x_0: f64, t: f64, b: f64) -> f64 {
        x_0 * (self.alpha * t + self.sigma * b).exp()
    }
    // ANCHOR_END: explicit

    /// The Itô drift rate μ = α + σ²/2.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// assert_eq!(GeometricBrownian::new(0.5, 2.0)?.ito_rate(), 0.5 + 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn ito_rate(&self) -> f64 {
        self.alpha + 0.5 * self.sigma * self.sigma
    }

    /// E X(t) = X_0 e^{μt}.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // Noise alone makes the mean grow, by e^{σ²t/2}.
    /// assert!((GeometricBrownian::new(0.0, 2.0)?.mean(0.5, 3.0) - 3.0 * 1f64.exp()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self, t: f64, x_0: f64) -> f64 {
        x_0 * (self.ito_rate() * t).exp()
    }

    /// The factor of one step of Euler–Maruyama on the Itô form, 1 + μh + σΔB.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // E(A − 1) = μh with μ = α + σ²/2.
    /// assert_eq!(GeometricBrownian::new(0.5, 2.0)?.euler_factor(0.5).mean(), 2.5 * 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn euler_factor(&self, h: f64) -> StepFactor {
        StepFactor { gbm: *self, h, coefficients: [self.ito_rate() * h, self.sigma, 0.0] }
    }

    /// The factor of one step of Milstein on the Itô form, 1 + μh + σΔB + ½σ²(ΔB² − h).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // ΔB² − h has mean 0: the mean is Euler–Maruyama's. Its variance ½σ⁴h² comes on top.
    /// let gbm = GeometricBrownian::new(0.5, 2.0)?;
    /// let (euler, milstein) = (gbm.euler_factor(0.5), gbm.milstein_factor(0.5));
    /// assert_eq!(milstein.mean(), euler.mean());
    /// assert_eq!(milstein.second_moment(), euler.second_moment() + 0.5 * 16.0 * 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn milstein_factor(&self, h: f64) -> StepFactor {
        StepFactor { gbm: *self, h, coefficients: [self.alpha * h, self.sigma, 0.5 * self.sigma.powi(2)] }
    }

    /// The factor of one step of Heun, and of the midpoint rule: 1 + v + ½v² with v = αh + σΔB.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // E(v + ½v²) with E v = αh = ¼ and E v² = 1/16 + σ²h = 1/16 + 2.
    /// assert_eq!(GeometricBrownian::new(0.5, 2.0)?.heun_factor(0.5).mean(), 0.25 + 0.5 * 2.0625);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn heun_factor(&self, h: f64) -> StepFactor {
        let (a, s) = (self.alpha * h, self.sigma);
        StepFactor { gbm: *self, h, coefficients: [a + 0.5 * a * a, s * (1.0 + a), 0.5 * s * s] }
    }
}

/// The polynomial A = 1 + c₀ + c₁ΔB + c₂ΔB² by which a scheme multiplies X in one step of length h.
///
/// The moments are kept relative to 1, since errors are what remains when they cancel.
///
/// ```
/// use sdml::ch1_preliminaries::sde::GeometricBrownian;
/// // Halving the step halves the error of Milstein's scheme, and divides that of Euler–Maruyama's by √2 only.
/// let gbm = GeometricBrownian::new(0.0, 1.0)?;
/// let milstein = gbm.milstein_factor(1e-3).strong_error(1000) / gbm.milstein_factor(5e-4).strong_error(2000);
/// let euler = gbm.euler_factor(1e-3).strong_error(1000) / gbm.euler_factor(5e-4).strong_error(2000);
/// assert!((milstein - 2.0).abs() < 0.01 && (euler - 2f64.sqrt()).abs() < 0.01);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepFactor {
    gbm: GeometricBrownian,
    h: f64,
    coefficients: [f64; 3],
}

impl StepFactor {
    /// E(A − 1) = c₀ + c₂h.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// assert_eq!(GeometricBrownian::new(0.0, 2.0)?.milstein_factor(0.25).mean(), 2.0 * 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> f64 {
        let [c_0, _, c_2] = self.coefficients;
        c_0 + c_2 * self.h
    }

    /// E(A − 1)² = c₀² + (c₁² + 2c₀c₂)h + 3c₂²h².
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // A − 1 = μh + σΔB with μ = ½: (μh)² + σ²h.
    /// assert_eq!(GeometricBrownian::new(0.0, 1.0)?.euler_factor(0.5).second_moment(), 0.0625 + 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn second_moment(&self) -> f64 {
        let ([c_0, c_1, c_2], h) = (self.coefficients, self.h);
        c_0 * c_0 + (c_1 * c_1 + 2.0 * c_0 * c_2) * h + 3.0 * c_2 * c_2 * h * h
    }

    /// E(A − 1)G = e^{μh} (c₀ + c₁σh + c₂(h + σ²h²)): under the weight G/E G, ΔB has law N(σh, h).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // Under the weight, ΔB has mean σh: e^{μh} (μh + σ²h).
    /// let moment = GeometricBrownian::new(0.0, 1.0)?.euler_factor(0.5).mixed_moment();
    /// assert!((moment - 0.25f64.exp() * (0.25 + 0.5)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mixed_moment(&self) -> f64 {
        let ([c_0, c_1, c_2], h) = (self.coefficients, self.h);
        let shift = self.gbm.sigma * h;
        (self.gbm.ito_rate() * h).exp() * (c_0 + c_1 * shift + c_2 * (h + shift * shift))
    }

    /// The weak error E X_N − E X(T) for X_0 = 1 and T = Nh.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // (1 + μh)² − e^{2μh} with μh = ½.
    /// let error = GeometricBrownian::new(0.5, 1.0)?.euler_factor(0.5).weak_error(2);
    /// assert!((error - (2.25 - 1f64.exp())).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: weak_error
    pub fn weak_error(&self, steps: u32) -> f64 {
        power_less_1(self.mean(), steps) - (f64::from(steps) * self.gbm.ito_rate() * self.h).exp_m1()
    }
    // ANCHOR_END: weak_error

    /// The strong error (E(X_N − X(T))²)^½ for X_0 = 1 and T = Nh.
    ///
    /// With r = E G², u = E(A − G)G / r and w = E(A − G)² / r, the formula above is
    /// rᴺ (((1 + u)² + w − u²)ᴺ − (1 + u)²ᴺ + ((1 + u)ᴺ − 1)²): a spread and the square of a bias.
    ///
    /// In the orthonormal Hermite polynomials of ΔB/√h, G has the coefficients e^{μh} (σ√h)ᵏ/√k!, and A has three. So both
    /// moments of A − G are sums over coefficients of A − G, which are small each; differences of moments near 1 would not
    /// keep a digit where errors are below 1e-8.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::GeometricBrownian;
    /// // One step of Euler–Maruyama on dX = X ∘ dB: to leading order the missing term is ½(ΔB² − h), of variance h²/2.
    /// let (h, gbm) = (1e-4f64, GeometricBrownian::new(0.0, 1.0)?);
    /// let error = gbm.euler_factor(h).strong_error(1);
    /// assert!((error / (h / 2f64.sqrt()) - 1.0).abs() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: strong_error
    pub fn strong_error(&self, steps: u32) -> f64 {
        let ([c_0, c_1, c_2], h, sigma) = (self.coefficients, self.h, self.gbm.sigma);
        let (log_g, variance) = (self.gbm.ito_rate() * h, sigma * sigma * h);
        let growth = log_g.exp_m1();
        // A − G and G over E G, by their first three coefficients; the others of A − G are those of −G.
        let difference = [
            c_0 + c_2 * h - growth,
            (c_1 - sigma - sigma * growth) * h.sqrt(),
            (2.0 * c_2 - sigma * sigma - sigma * sigma * growth) * h / 2f64.sqrt(),
        ]
        .map(|coefficient| coefficient * (-log_g).exp());
        let solution = [1.0, sigma * h.sqrt(), variance / 2f64.sqrt()];
        let rest = exponential_rest(variance);
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let u = (dot(difference, solution) - rest) * (-variance).exp();
        let w = (dot(difference, difference) + rest) * (-variance).exp();
        let (n, square, more) = (f64::from(steps), (1.0 + u).powi(2), w - u * u);
        let spread = if more < square {
            square.powf(n) * power_less_1(more / square, steps)
        } else {
            (square + more).powf(n) - square.powf(n)
        };
        (n * (log_g + 0.5 * variance)).exp() * (spread + power_less_1(u, steps).powi(2)).sqrt()
    }
    // ANCHOR_END: strong_error
}

/// Σ xᵏ/k! over k ≥ 3: what the first three terms leave of eˣ.
fn exponential_rest(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (0.0, x.powi(3) / 6.0, 3.0);
    while sum + term > sum {
        sum += term;
        k += 1.0;
        term *= x / k;
    }
    sum
}

/// (1 + x)ⁿ − 1, for small x without cancellation; x < −1 is a step so long that it turns the sign.
fn power_less_1(x: f64, n: u32) -> f64 {
    let n = f64::from(n);
    if x > -1.0 { (n * x.ln_1p()).exp_m1() } else { (1.0 + x).powf(n) - 1.0 }
}
