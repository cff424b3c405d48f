//! (4.1) in the well U(q) = kq²/2. The pair (Q, P) is Gaussian, and with A = [[0, 1/m], [−k, −γ]]
//!
//! E(Q, P)(t) = e^{At} E(Q, P)(0),  C(t) = C_∞ + e^{At} (C(0) − C_∞) e^{Aᵀt},  C_∞ = diag(1/(βk), m/β).

use super::Bath;
use crate::Result;
use crate::error::positive;

/// The covariance matrix of (q, p).
///
/// ```
/// use sdml::ch4_langevin::underdamped::Covariance;
/// let start = Covariance { qq: 2.0, qp: 0.0, pp: 3.0 };
/// // A quarter of a turn, (q, p) ↦ (p, −q), exchanges the variances.
/// let turned = start.under([[0.0, 1.0], [-1.0, 0.0]]);
/// assert_eq!(turned, Covariance { qq: 3.0, qp: 0.0, pp: 2.0 });
/// assert_eq!(start.plus(-1.0, turned), Covariance { qq: -1.0, qp: 0.0, pp: 1.0 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covariance {
    /// Var q.
    pub qq: f64,
    /// Cov(q, p).
    pub qp: f64,
    /// Var p.
    pub pp: f64,
}

impl Covariance {
    /// M C Mᵀ.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Covariance;
    /// // (q, p) ↦ (q + p, p).
    /// let spread = Covariance { qq: 1.0, qp: 0.0, pp: 4.0 }.under([[1.0, 1.0], [0.0, 1.0]]);
    /// assert_eq!(spread, Covariance { qq: 5.0, qp: 4.0, pp: 4.0 });
    /// ```
    #[must_use]
    pub fn under(self, m: [[f64; 2]; 2]) -> Self {
        let entry = |a: [f64; 2], b: [f64; 2]| {
            a[0] * b[0] * self.qq + (a[0] * b[1] + a[1] * b[0]) * self.qp + a[1] * b[1] * self.pp
        };
        Self { qq: entry(m[0], m[0]), qp: entry(m[0], m[1]), pp: entry(m[1], m[1]) }
    }

    /// C + `factor` C'.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Covariance;
    /// let unit = Covariance { qq: 1.0, qp: 0.0, pp: 1.0 };
    /// let sum = unit.plus(2.0, Covariance { qq: 1.0, qp: 0.5, pp: 3.0 });
    /// assert_eq!(sum, Covariance { qq: 3.0, qp: 1.0, pp: 7.0 });
    /// ```
    #[must_use]
    pub fn plus(self, factor: f64, other: Self) -> Self {
        Self {
            qq: self.qq + factor * other.qq,
            qp: self.qp + factor * other.qp,
            pp: self.pp + factor * other.pp,
        }
    }
}

/// The damped oscillator in its bath.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, Oscillator};
/// let oscillator = Oscillator::new(Bath::new(1.0, 2.0)?, 4.0)?;
/// let equilibrium = oscillator.stationary();
/// assert_eq!((equilibrium.qq, equilibrium.qp, equilibrium.pp), (0.125, 0.0, 0.5));
/// // What starts in equilibrium stays there.
/// assert!((oscillator.covariance(0.7, equilibrium).qq - 0.125).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oscillator {
    bath: Bath,
    stiffness: f64,
}

impl Oscillator {
    /// The oscillator of stiffness k.
    ///
    /// # Errors
    /// A stiffness that is not finite and greater than 0; a bath of infinite friction, in which the oscillator never moves.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Oscillator};
    /// assert!(Oscillator::new(Bath::new(1.0, 2.0)?, 4.0).is_ok());
    /// assert!(Oscillator::new(Bath::overwhelming(2.0)?, 4.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(bath: Bath, stiffness: f64) -> Result<Self> {
        bath.finite_friction()?;
        Ok(Self { bath, stiffness: positive("stiffness", stiffness)? })
    }

    /// C_∞ = diag(1/(βk), m/β).
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Covariance, Oscillator};
    /// // 1/(βk) and m/β, whatever the friction.
    /// let oscillator = Oscillator::new(Bath::new(9.0, 2.0)?.with_mass(3.0)?, 4.0)?;
    /// assert_eq!(oscillator.stationary(), Covariance { qq: 0.125, qp: 0.0, pp: 1.5 });
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn stationary(&self) -> Covariance {
        let qq = 1.0 / (self.bath.beta() * self.stiffness);
        Covariance { qq, qp: 0.0, pp: self.bath.momentum_variance() }
    }

    /// e^{At} = e^{−γt/2} (c(t) I + s(t) (A + γ/2)), where c and s are the cosine and sine of ω't over 1 and ω', ω'² = k/m − γ²/4, or
    /// their hyperbolic twins if ω'² is negative.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Oscillator};
    /// // Critical damping, k = γ²/4: e^{−t} (1 + t, t; −t, 1 − t).
    /// let u = Oscillator::new(Bath::new(2.0, 1.0)?, 1.0)?.propagator(0.5);
    /// let decay = (-0.5f64).exp();
    /// assert_eq!(u, [[1.5 * decay, 0.5 * decay], [-0.5 * decay, 0.5 * decay]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: propagator
    pub fn propagator(&self, t: f64) -> [[f64; 2]; 2] {
        let (half, m) = (0.5 * self.bath.friction(), self.bath.mass());
        let square = self.stiffness / m - half * half;
        let omega = square.abs().sqrt();
        if square < 0.0 {
            // The twins overflow long before the product does:
            // it is a sum of two decays, of rates whose product is k/m.
            let fast = half + omega;
            let slow = self.stiffness / m / fast;
            let [late, early] = [slow, fast].map(|rate| (-rate * t).exp());
            let s = -late * (-2.0 * omega * t).exp_m1() / (2.0 * omega);
            return [[late + slow * s, s / m], [-s * self.stiffness, early - slow * s]];
        }
        let (c, s) = if square > 0.0 { ((omega * t).cos(), (omega * t).sin() / omega) } else { (1.0, t) };
        let decay = (-half * t).exp();
        [[decay * (c + s * half), decay * s / m], [-decay * s * self.stiffness, decay * (c - s * half)]]
    }
    // ANCHOR_END: propagator

    /// C(t) from C(0) = `start`.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Covariance, Oscillator};
    /// let oscillator = Oscillator::new(Bath::new(1.0, 2.0)?, 4.0)?;
    /// // From a point it spreads; after a long time it has forgotten that.
    /// let point = Covariance { qq: 0.0, qp: 0.0, pp: 0.0 };
    /// assert!(oscillator.covariance(0.1, point).qq < 1e-3);
    /// assert!((oscillator.covariance(60.0, point).qq - 0.125).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: covariance
    pub fn covariance(&self, t: f64, start: Covariance) -> Covariance {
        let equilibrium = self.stationary();
        equilibrium.plus(1.0, start.plus(-1.0, equilibrium).under(self.propagator(t)))
    }
    // ANCHOR_END: covariance
}
