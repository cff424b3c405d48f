//! The surroundings of the particle: friction γ, inverse temperature β, and the particle's mass m.

use crate::Result;
use crate::error::positive;

/// Friction γ, inverse temperature β and mass m of (4.1).
///
/// ```
/// use sdml::ch4_langevin::underdamped::Bath;
/// let bath = Bath::new(2.0, 4.0)?.with_mass(3.0)?;
/// assert_eq!((bath.friction(), bath.beta(), bath.mass()), (2.0, 4.0, 3.0));
/// // Momenta have variance m/β.
/// assert_eq!(bath.momentum_variance(), 0.75);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bath {
    friction: f64,
    beta: f64,
    mass: f64,
}

impl Bath {
    /// Friction γ and inverse temperature β; the mass is 1.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// assert_eq!(Bath::new(2.0, 4.0)?.mass(), 1.0);
    /// assert!(Bath::new(0.0, 4.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(friction: f64, beta: f64) -> Result<Self> {
        Ok(Self { friction: positive("friction", friction)?, beta: positive("beta", beta)?, mass: 1.0 })
    }

    /// The limit γ → ∞: every collision draws a new momentum.
    ///
    /// # Errors
    /// A `beta` that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// // Nothing of a momentum is kept, however short the time.
    /// assert_eq!(Bath::overwhelming(4.0)?.exchange(1e-9), (0.0, 0.5));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn overwhelming(beta: f64) -> Result<Self> {
        Ok(Self { friction: f64::INFINITY, beta: positive("beta", beta)?, mass: 1.0 })
    }

    /// The same bath around a particle of mass m.
    ///
    /// # Errors
    /// A mass that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// let bath = Bath::new(2.0, 4.0)?;
    /// assert_eq!(bath.with_mass(3.0)?.momentum_variance(), 3.0 * bath.momentum_variance());
    /// assert!(bath.with_mass(0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn with_mass(self, mass: f64) -> Result<Self> {
        Ok(Self { mass: positive("mass", mass)?, ..self })
    }

    /// Refuses the limit γ → ∞, for what has none.
    pub(super) fn finite_friction(&self) -> Result<()> {
        crate::error::finite("bath.friction()", self.friction).map(drop)
    }

    /// γ.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// assert_eq!((Bath::new(2.0, 4.0)?.friction(), Bath::overwhelming(4.0)?.friction()), (2.0, f64::INFINITY));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn friction(&self) -> f64 {
        self.friction
    }

    /// β.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// assert_eq!(Bath::new(2.0, 4.0)?.beta(), 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// m.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// assert_eq!(Bath::new(2.0, 4.0)?.with_mass(3.0)?.mass(), 3.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mass(&self) -> f64 {
        self.mass
    }

    /// m/β, the variance of a component of the momentum in equilibrium.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// // Equipartition: E P²/m = 1/β.
    /// let bath = Bath::new(2.0, 4.0)?.with_mass(3.0)?;
    /// assert_eq!(bath.momentum_variance() / bath.mass(), 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn momentum_variance(&self) -> f64 {
        self.mass / self.beta
    }

    /// e^{−γt} and √((1 − e^{−2γt}) m/β): what the bath alone does to a momentum in time t > 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Bath;
    /// // What is lost of the variance is made up for: kept² · 1/β + deviation² = 1/β.
    /// let (kept, deviation) = Bath::new(2.0, 4.0)?.exchange(0.5);
    /// assert!((kept - (-1f64).exp()).abs() < 1e-15);
    /// assert!((kept * kept * 0.25 + deviation * deviation - 0.25).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: exchange
    pub fn exchange(&self, t: f64) -> (f64, f64) {
        let lost = -(-2.0 * self.friction * t).exp_m1();
        ((-self.friction * t).exp(), (lost * self.momentum_variance()).sqrt())
    }
    // ANCHOR_END: exchange
}
