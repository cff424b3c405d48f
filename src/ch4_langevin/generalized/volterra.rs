//! The autocorrelation C(t) = β E P(t)P(0) in the well U = kq²/2 for any kernel: multiplied by P(0) and averaged, the noise drops out, and
//!
//! C'(t) = −k ∫₀ᵗ C − ∫₀ᵗ ζ(t − s) C(s) ds,  C(0) = 1.

use crate::Result;
use crate::error::{at_least, finite, positive};

/// C at the times 0, h, …, `steps`·h, by the trapezoidal rule in every integral: second order in h.
///
/// ```
/// use sdml::ch4_langevin::generalized::{Memory, velocity_autocorrelation};
/// let memory = Memory::exponential(1.0, 0.5)?;
/// let c = velocity_autocorrelation(|t| memory.kernel(t), 1.0, 0.01, 100)?;
/// assert!((c[100] - memory.velocity_autocorrelation(1.0, 1.0)?).abs() < 1e-4);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A stiffness that is not finite; a step that is not finite and greater than 0; no steps; a kernel that is not finite.
pub fn velocity_autocorrelation(
    kernel: impl Fn(f64) -> f64,
    stiffness: f64,
    h: f64,
    steps: usize,
) -> Result<Vec<f64>> {
    finite("stiffness", stiffness)?;
    positive("h", h)?;
    at_least("steps", steps, 1)?;
    let zeta: Vec<f64> =
        (0..=steps).map(|n| finite("kernel", kernel(n as f64 * h))).collect::<Result<_>>()?;
    let mut c = vec![1.0];
    // ∫ C, and C'.
    let (mut integral, mut rate) = (0.0, 0.0);
    for n in 0..steps {
        let inner: f64 = (1..=n).map(|j| zeta[n + 1 - j] * c[j]).sum();
        let remembered = h * (0.5 * zeta[n + 1] * c[0] + inner);
        // Everything in the new rate but what is proportional to the new value of C.
        let known = -stiffness * (integral + 0.5 * h * c[n]) - remembered;
        let pull = 0.5 * h * (stiffness + zeta[0]);
        let next = (c[n] + 0.5 * h * (rate + known)) / (1.0 + 0.5 * h * pull);
        rate = known - pull * next;
        integral += 0.5 * h * (c[n] + next);
        c.push(next);
    }
    Ok(c)
}
