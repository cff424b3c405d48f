//! The Ornstein–Uhlenbeck process (Example 1.13, Exercise 1.14): dX = aX dt + σ dB (1.15), with solution
//! X(t) = e^{at} X_0 + σ ∫ e^{a(t−s)} dB(s), and what Euler–Maruyama makes of it at a finite step.

use super::equation::{Equation, Ito};
use super::increments::Increments;
use super::noise::Additive;
use super::number::Number;
use crate::Result;
use crate::error::finite;

/// dX = aX dt + σ dB. The name usually implies a < 0; every a is allowed.
///
/// ```
/// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
/// // For a < 0 the variance settles at σ²/(−2a), wherever it starts.
/// let ou = OrnsteinUhlenbeck::new(-2.0, 2.0)?;
/// assert!([0.0, 5.0].iter().all(|&start| (ou.variance(20.0, start) - 1.0).abs() < 1e-15));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrnsteinUhlenbeck {
    a: f64,
    sigma: f64,
}

// ANCHOR: equation
impl Equation<1, 1> for OrnsteinUhlenbeck {
    type Calculus = Ito;
    type Noise = Additive;

    #[inline]
    fn drift(&self, x: &[f64; 1], _t: f64) -> [f64; 1] {
        [self.a * x[0]]
    }

    #[inline]
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64) -> [[S; 1]; 1] {
        [[S::from(self.sigma)]]
    }
}
// ANCHOR_END: equation

impl OrnsteinUhlenbeck {
    /// The process with rate `a` and noise `sigma`.
    ///
    /// # Errors
    /// Numbers that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// assert!(OrnsteinUhlenbeck::new(1.0, 0.0).is_ok() && OrnsteinUhlenbeck::new(f64::INFINITY, 1.0).is_err());
    /// ```
    pub fn new(a: f64, sigma: f64) -> Result<Self> {
        Ok(Self { a: finite("a", a)?, sigma: finite("sigma", sigma)? })
    }

    /// E X(t) = e^{at} E X_0.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// assert!((OrnsteinUhlenbeck::new(-1.0, 5.0)?.mean(2f64.ln(), 8.0) - 4.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self, t: f64, mean_0: f64) -> f64 {
        (self.a * t).exp() * mean_0
    }

    /// Var X(t) = e^{2at} Var X_0 + σ² ∫ e^{2a(t−s)} ds (1.16), for X_0 independent of B.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// // Without a restoring force it is Brownian motion.
    /// assert_eq!(OrnsteinUhlenbeck::new(0.0, 2.0)?.variance(3.0, 1.0), 1.0 + 12.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: variance
    pub fn variance(&self, t: f64, variance_0: f64) -> f64 {
        let integral = if self.a == 0.0 { t } else { (2.0 * self.a * t).exp_m1() / (2.0 * self.a) };
        (2.0 * self.a * t).exp() * variance_0 + self.sigma * self.sigma * integral
    }
    // ANCHOR_END: variance

    /// Cov(X(s), X(t)) = e^{a|t−s|} Var X(min(s, t)).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// // Without a restoring force: σ² min(s, t).
    /// assert_eq!(OrnsteinUhlenbeck::new(0.0, 2.0)?.covariance(3.0, 1.0, 0.0), 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn covariance(&self, s: f64, t: f64, variance_0: f64) -> f64 {
        (self.a * (t - s).abs()).exp() * self.variance(s.min(t), variance_0)
    }

    /// X(t + τ) from X(t) = `x` and a normal variable `z`, exactly in law at any τ ≥ 0.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// let ou = OrnsteinUhlenbeck::new(-1.0, 1.0)?;
    /// // Two steps of ½ make one step of 1: the variances agree.
    /// let twice = ou.transition(ou.transition(0.0, 0.5, 1.0), 0.5, 0.0).powi(2)
    ///     + ou.transition(0.0, 0.5, 1.0).powi(2);
    /// assert!((twice - ou.transition(0.0, 1.0, 1.0).powi(2)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: transition
    pub fn transition(&self, x: f64, tau: f64, z: f64) -> f64 {
        self.mean(tau, x) + self.variance(tau, 0.0).sqrt() * z
    }
    // ANCHOR_END: transition

    /// The explicit solution at the end of the grid, e^{aT} x_0 + σ Σ e^{a(T − t_n)} ΔB_n: its integral as a left sum.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, OrnsteinUhlenbeck};
    /// let step = |db: f64| Increment { db: [db], dz: [0.0] };
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 2)?, vec![step(0.5), step(0.25)])?;
    /// assert_eq!(OrnsteinUhlenbeck::new(0.0, 2.0)?.explicit(1.0, &noise), 1.0 + 2.0 * 0.75);
    /// // The later increment has had less time to decay.
    /// let decayed = (-1f64).exp() * 0.5 + (-0.5f64).exp() * 0.25;
    /// assert!((OrnsteinUhlenbeck::new(-1.0, 1.0)?.explicit(0.0, &noise) - decayed).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: explicit
    pub fn explicit(&self, x_0: f64, noise: &Increments<1>) -> f64 {
        let grid = noise.grid();
        let horizon = grid.h() * grid.steps() as f64;
        let weight = |n: usize| (self.a * (horizon - n as f64 * grid.h())).exp();
        let integral: f64 = noise.steps().iter().enumerate().map(|(n, step)| weight(n) * step.db[0]).sum();
        self.mean(horizon, x_0) + self.sigma * integral
    }
    // ANCHOR_END: explicit

    /// E X_n of Euler–Maruyama: m_{k+1} = (1 + ah) m_k.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// assert_eq!(OrnsteinUhlenbeck::new(-1.0, 5.0)?.euler_mean(0.5, 2, 8.0), 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn euler_mean(&self, h: f64, steps: u32, mean_0: f64) -> f64 {
        (1.0 + self.a * h).powf(f64::from(steps)) * mean_0
    }

    /// Var X_n of Euler–Maruyama: v_{k+1} = (1 + ah)² v_k + σ²h.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// let ou = OrnsteinUhlenbeck::new(-1.0, 1.0)?;
    /// assert_eq!(ou.euler_variance(0.5, 2, 0.0), 0.25 * 0.5 + 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: euler_variance
    pub fn euler_variance(&self, h: f64, steps: u32, variance_0: f64) -> f64 {
        let factor = (1.0 + self.a * h).powi(2);
        (0..steps).fold(variance_0, |v, _| factor * v + self.sigma * self.sigma * h)
    }
    // ANCHOR_END: euler_variance

    /// The variance at which the recursion of Euler–Maruyama settles, σ²/(−2a − a²h), if |1 + ah| < 1.
    ///
    /// It exceeds the process's σ²/(−2a) by the factor 1/(1 + ah/2).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::OrnsteinUhlenbeck;
    /// let ou = OrnsteinUhlenbeck::new(-1.0, 1.0)?;
    /// let settled = ou.euler_stationary_variance(0.5).unwrap();
    /// // ½ of the process, times 1/(1 − ¼); another step leaves it where it is.
    /// assert!((settled - 0.5 / 0.75).abs() < 1e-15);
    /// assert!((ou.euler_variance(0.5, 1, settled) - settled).abs() < 1e-15);
    /// assert_eq!(ou.euler_stationary_variance(2.0), None);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn euler_stationary_variance(&self, h: f64) -> Option<f64> {
        let stable = (1.0 + self.a * h).abs() < 1.0;
        stable.then(|| self.sigma * self.sigma / (-2.0 * self.a - self.a * self.a * h))
    }
}
