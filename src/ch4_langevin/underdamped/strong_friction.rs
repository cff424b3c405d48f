//! Strong friction: Q(γt) against the overdamped X(t), both driven by one Brownian motion, in the well U(q) = kq²/2.
//!
//! In the time t, dQ = γP dt, dP = −γkQ dt − γ²P dt + γ√(2/β) dB and dX = −kX dt + √(2/β) dB. In equilibrium E QX = u and E PX = v solve
//! γv = ku and 2γ/β = γku + γ²v + kv, so that
//!
//! E (Q(γt) − X(t))² = 1/(β(γ² + k/2)).

use super::Bath;
use crate::Result;
use crate::error::positive;

/// The root of E (Q(γt) − X(t))² in equilibrium: of order 1/γ. The mass is 1.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, strong_friction_distance};
/// let distance = strong_friction_distance(Bath::new(10.0, 1.0)?, 2.0)?;
/// assert!((distance - 1.0 / 101f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A stiffness that is not finite and greater than 0.
pub fn strong_friction_distance(bath: Bath, stiffness: f64) -> Result<f64> {
    let k = positive("stiffness", stiffness)?;
    Ok((bath.beta() * (bath.friction().powi(2) + 0.5 * k)).sqrt().recip())
}
