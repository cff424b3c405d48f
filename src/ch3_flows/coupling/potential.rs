//! Targets known by their potential: p ∝ e^{−U}, with ∇U for training.

use std::f64::consts::TAU;
use std::fmt::Debug;

use crate::ch1_preliminaries::fokker_planck::double_well;
use crate::error::{finite, positive};
use crate::{Error, Result};

/// U on Rⁿ with its gradient.
///
/// ```
/// use sdml::ch3_flows::coupling::Potential;
///
/// /// U(x) = x⁴/4.
/// #[derive(Debug)]
/// struct Quartic;
///
/// impl Potential for Quartic {
///     fn dimension(&self) -> usize {
///         1
///     }
///     fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
///         gradient[0] = x[0].powi(3);
///         0.25 * x[0].powi(4)
///     }
/// }
/// let mut gradient = [0.0];
/// assert_eq!((Quartic.value(&[2.0], &mut gradient), gradient), (4.0, [8.0]));
/// ```
pub trait Potential: Debug + Sync {
    /// n.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{Potential, Well};
    /// // The double well in one coordinate, a spring in the other.
    /// assert_eq!(Well::new(2.0)?.dimension(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn dimension(&self) -> usize;

    /// Returns U(x) and writes ∇U(x) into `gradient`.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{Potential, Well};
    /// // What was in the gradient's place is overwritten.
    /// let mut gradient = [7.0; 2];
    /// assert_eq!(Well::new(2.0)?.value(&[1.0, 3.0], &mut gradient), 4.5);
    /// assert_eq!(gradient, [0.0, 3.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// The double well of the book in the first coordinate and a spring in the second: βU = β (x² − 1)² + y²/2.
///
/// ```
/// use sdml::ch3_flows::coupling::{Potential, Well};
/// let mut gradient = [0.0; 2];
/// assert_eq!(Well::new(2.0)?.value(&[0.0, 3.0], &mut gradient), 2.0 + 4.5);
/// assert_eq!(gradient, [0.0, 3.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Well {
    beta: f64,
}

impl Well {
    /// At inverse temperature β.
    ///
    /// # Errors
    /// As [`double_well::Gibbs::new`]: a β for which e^{−βU} cannot be normalized.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Well;
    /// assert!(Well::new(2.0).is_ok() && Well::new(0.0).is_err());
    /// ```
    pub fn new(beta: f64) -> Result<Self> {
        Ok(Self { beta: double_well::Gibbs::new(beta)?.beta() })
    }

    /// log Z, by quadrature.
    ///
    /// ```
    /// use std::f64::consts::{PI, TAU};
    /// use sdml::ch3_flows::coupling::Well;
    /// // For large β two normal laws of variance 1/(8β), and the spring's √(2π): Z → √(π/β) √(2π).
    /// let exact = 0.5 * (PI / 1e4).ln() + 0.5 * TAU.ln();
    /// assert!((Well::new(1e4)?.log_normalizer() - exact).abs() < 1e-4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_normalizer(&self) -> f64 {
        let gibbs = double_well::Gibbs::new(self.beta).expect("a β that is allowed, as checked");
        gibbs.normalizing_constant().ln() + 0.5 * TAU.ln()
    }
}

impl Potential for Well {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient[0] = -self.beta * double_well::force(x[0]);
        gradient[1] = x[1];
        self.beta * double_well::potential(x[0]) + 0.5 * x[1] * x[1]
    }
}

/// −log of (1 − w) N(c_0, σ²I) + w N(c_1, σ²I), c_0 = (0, 0), c_1 = (`distance`, 0), up to the constant log 2πσ²: so
/// log Z = log 2πσ².
///
/// ```
/// use sdml::ch3_flows::coupling::{Potential, TwoModes};
/// let modes = TwoModes::new(5.0, 0.6, 0.65)?;
/// let mut gradient = [0.0; 2];
/// // Near one mode the other counts for nothing.
/// let u = modes.value(&[5.6, 0.0], &mut gradient);
/// assert!((u - (0.5 - 0.65f64.ln())).abs() < 1e-12 && (gradient[0] - 1.0 / 0.6).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoModes {
    distance: f64,
    sigma: f64,
    weight: f64,
}

impl TwoModes {
    /// Modes `distance` apart, of standard deviation `sigma`, the second with the given weight.
    ///
    /// # Errors
    /// Numbers that are not finite, a σ for which σ or 1/σ² is not positive and finite, or a weight outside (0, 1).
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TwoModes;
    /// assert!(TwoModes::new(5.0, 0.6, 0.65).is_ok());
    /// assert!(TwoModes::new(5.0, 0.6, 1.0).is_err() && TwoModes::new(5.0, 0.0, 0.65).is_err());
    /// ```
    pub fn new(distance: f64, sigma: f64, weight: f64) -> Result<Self> {
        finite("distance", distance)?;
        positive("1/sigma²", (positive("sigma", sigma)? * sigma).recip())?;
        if !(weight > 0.0 && weight < 1.0) {
            return Err(Error::argument("weight", weight, "strictly between 0 and 1"));
        }
        Ok(Self { distance, sigma, weight })
    }

    /// log Z = log 2πσ².
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TwoModes;
    /// // Wherever the modes are.
    /// let [near, far] = [TwoModes::new(1.0, 0.5, 0.3)?, TwoModes::new(9.0, 0.5, 0.7)?];
    /// assert_eq!(near.log_normalizer(), far.log_normalizer());
    /// assert!((near.log_normalizer() - (0.5 * std::f64::consts::PI).ln()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_normalizer(&self) -> f64 {
        (TAU * self.sigma * self.sigma).ln()
    }

    /// The abscissa half way between the modes.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{Potential, TwoModes};
    /// let modes = TwoModes::new(5.0, 0.6, 0.5)?;
    /// assert_eq!(modes.middle(), 2.5);
    /// // With equal weights the force vanishes there.
    /// let mut gradient = [1.0; 2];
    /// modes.value(&[modes.middle(), 0.0], &mut gradient);
    /// assert!(gradient[0].abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn middle(&self) -> f64 {
        0.5 * self.distance
    }

    /// The weight of the second mode.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::TwoModes;
    /// assert_eq!(TwoModes::new(5.0, 0.6, 0.65)?.weight(), 0.65);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn weight(&self) -> f64 {
        self.weight
    }
}

impl Potential for TwoModes {
    fn dimension(&self) -> usize {
        2
    }

    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let variance = self.sigma * self.sigma;
        let away = x[0] - self.distance;
        let logs = [
            (1.0 - self.weight).ln() - x[0] * x[0] / (2.0 * variance),
            self.weight.ln() - away * away / (2.0 * variance),
        ];
        let total = crate::ch3_flows::data::log_sum_exp(&logs);
        let [first, second] = logs.map(|log| (log - total).exp());
        gradient[0] = (first * x[0] + second * away) / variance;
        gradient[1] = x[1] / variance;
        x[1] * x[1] / (2.0 * variance) - total
    }
}

/// A potential on the way from a wide normal law to U: (1 − λ) |x|²/(2 width²) + λ U(x).
///
/// ```
/// use sdml::ch3_flows::coupling::{Potential, Tempered, Well};
/// let (well, mut gradient) = (Well::new(1.0)?, [0.0; 2]);
/// let half = Tempered { target: &well, width: 2.0, lambda: 0.5 };
/// // U(0, 3) = 1 + 9/2, and the spring adds ½ · 9/8.
/// assert_eq!(half.value(&[0.0, 3.0], &mut gradient), 2.75 + 0.5625);
/// assert_eq!(gradient, [0.0, 1.5 + 0.375]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Tempered<'a, P> {
    /// U.
    pub target: &'a P,
    /// The standard deviation of the normal law.
    pub width: f64,
    /// λ.
    pub lambda: f64,
}

impl<P: Potential> Potential for Tempered<'_, P> {
    fn dimension(&self) -> usize {
        self.target.dimension()
    }

    // ANCHOR: tempered
    fn value(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let u = self.target.value(x, gradient);
        let stiffness = (1.0 - self.lambda) / (self.width * self.width);
        let mut spring = 0.0;
        for (g, x) in gradient.iter_mut().zip(x) {
            *g = self.lambda * *g + stiffness * x;
            spring += 0.5 * stiffness * x * x;
        }
        self.lambda * u + spring
    }
    // ANCHOR_END: tempered
}
