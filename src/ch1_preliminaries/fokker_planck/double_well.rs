//! The double well U(x) = (x² − 1)² and its Gibbs law p ∝ exp(−βU): the running example of the book.
//!
//! Two wells at ±1 with U = 0 and U″ = 8, a barrier at 0 of height 1 with U″ = −4. The dynamics
//! dX = −U′(X) dt + √(2/β) dB has this law for its equilibrium at inverse temperature β.

use crate::error::positive;
use crate::{Error, Result};

/// U(x) = (x² − 1)².
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::double_well;
/// assert_eq!([-1.0, 0.0, 1.0, 2.0].map(double_well::potential), [0.0, 1.0, 0.0, 9.0]);
/// ```
// ANCHOR: potential
pub fn potential(x: f64) -> f64 {
    (x * x - 1.0).powi(2)
}
// ANCHOR_END: potential

/// The force −U′(x) = −4x(x² − 1).
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::double_well;
/// assert_eq!(double_well::force(0.5), 1.5);
/// ```
// ANCHOR: force
pub fn force(x: f64) -> f64 {
    -4.0 * x * (x * x - 1.0)
}
// ANCHOR_END: force

/// The curvature U″(x) = 12x² − 4.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::double_well;
/// assert_eq!([-1.0, 0.0].map(double_well::curvature), [8.0, -4.0]);
/// ```
pub fn curvature(x: f64) -> f64 {
    12.0 * x * x - 4.0
}

/// The Gibbs law with density exp(−βU(x))/Z(β).
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
/// let gibbs = Gibbs::new(1.0)?;
/// // Integration by parts gives E X⁴ = E X² + 1/(4β).
/// assert!((gibbs.moment(4) - gibbs.moment(2) - 0.25).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gibbs {
    beta: f64,
    z: f64,
}

/// The trapezoidal rule's step, in units of the wells' width: its error e^{−2π²/s²} is then below rounding.
const STEP: f64 = 0.25;

impl Gibbs {
    /// The law at inverse temperature `beta`.
    ///
    /// # Errors
    /// A `beta` that is not between 1e-100 and 1e10: beyond, the wells are too narrow for the rule's steps.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
    /// assert!(Gibbs::new(4.0).is_ok() && Gibbs::new(0.0).is_err());
    /// ```
    pub fn new(beta: f64) -> Result<Self> {
        if !(1e-100..=1e10).contains(&positive("beta", beta)?) {
            return Err(Error::argument("beta", beta, "between 1e-100 and 1e10"));
        }
        Ok(Self { beta, z: integrate(beta, |_| 1.0) })
    }

    /// β.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
    /// let gibbs = Gibbs::new(4.0)?;
    /// // The barrier's top against the wells' bottoms: e^{−β}.
    /// assert!((gibbs.density(0.0) / gibbs.density(1.0) - (-gibbs.beta()).exp()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Z(β) = ∫ exp(−βU(x)) dx.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
    /// // For large β two normal densities of variance 1/(8β): Z = √(π/β) (1 + 3/(16β) + …).
    /// let z = Gibbs::new(1e4)?.normalizing_constant();
    /// assert!((z * (1e4 / std::f64::consts::PI).sqrt() - 1.0 - 3.0 / 16e4).abs() < 1e-7);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn normalizing_constant(&self) -> f64 {
        self.z
    }

    /// exp(−βU(x))/Z(β).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
    /// // U(±1) = 0.
    /// let gibbs = Gibbs::new(4.0)?;
    /// assert_eq!([-1.0, 1.0].map(|x| gibbs.density(x)), [1.0 / gibbs.normalizing_constant(); 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn density(&self, x: f64) -> f64 {
        (-self.beta * potential(x)).exp() / self.z
    }

    /// E g(X) for a smooth g that grows more slowly than exp(βU).
    ///
    /// The trapezoidal rule on the whole line: its error is beyond all powers of its step (Trefethen and Weideman 2014).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::{Gibbs, force};
    /// // E X U′(X) = 1/β, by parts.
    /// assert!((Gibbs::new(4.0)?.expectation(|x| -x * force(x)) - 0.25).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn expectation(&self, g: impl Fn(f64) -> f64) -> f64 {
        integrate(self.beta, g) / self.z
    }

    /// E Xᵏ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
    /// let gibbs = Gibbs::new(4.0)?;
    /// assert!(gibbs.moment(0) == 1.0 && gibbs.moment(3).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn moment(&self, k: u32) -> f64 {
        self.expectation(|x| x.powi(k as i32))
    }
}

/// ∫ g(x) exp(−βU(x)) dx by the trapezoidal rule.
fn integrate(beta: f64, g: impl Fn(f64) -> f64) -> f64 {
    // βU reaches 800, where exp(−βU) is 0 in floating point, at this distance.
    let reach = (1.0 + (800.0 / beta).sqrt()).sqrt();
    // Near a well exp(−βU) is a normal density of standard deviation 1/√(8β); for small β the quartic's width counts.
    let width = (1.0 / (8.0 * beta).sqrt()).min(0.5 * beta.powf(-0.25));
    let steps = (reach / (STEP * width)).ceil() as i64;
    let h = reach / steps as f64;
    let value = |j: i64| {
        let x = j as f64 * h;
        let weight = (-beta * potential(x)).exp();
        if weight > 0.0 { g(x) * weight } else { 0.0 }
    };
    (-steps..=steps).map(value).sum::<f64>() * h
}
