//! Strong friction: Q(mγt) against the overdamped X(t), both driven by one Brownian motion, in the well U(q) = kq²/2.
//!
//! In the time t, dQ = γP dt, dP = −mγkQ dt − mγ²P dt + mγ√(2/β) dB and dX = −kX dt + √(2/β) dB. In equilibrium E QX = u and E PX = v
//! solve γv = ku and 2mγ/β = mγku + mγ²v + kv, so that
//!
//! E (Q(mγt) − X(t))² = 1/(β(mγ² + k/2)).

use super::Bath;
use crate::Result;
use crate::error::positive;

/// The root of E (Q(mγt) − X(t))² in equilibrium: of order 1/γ.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, strong_friction_distance};
/// let bath = Bath::new(10.0, 1.0)?;
/// assert!((strong_friction_distance(bath, 2.0)? - 1.0 / 101f64.sqrt()).abs() < 1e-15);
/// assert!((strong_friction_distance(bath.with_mass(0.5)?, 2.0)? - 1.0 / 51f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A stiffness that is not finite and greater than 0.
pub fn strong_friction_distance(bath: Bath, stiffness: f64) -> Result<f64> {
    let k = positive("stiffness", stiffness)?;
    Ok((bath.beta() * (bath.mass() * bath.friction().powi(2) + 0.5 * k)).sqrt().recip())
}
