//! The method of successive approximations: Pontryagin's principle, read as an update (R5).
//!
//! With the costate λ of [`super::Grape`] the loss decreases fastest where the control follows the sign of the
//! switching function φ(t) = −Re⟨λ(t), −iσ_Xz(t)⟩. A sweep solves for z forwards and for λ backwards and then puts, at
//! every time, the maximizer of vφ(t) − (ρ/2)(v − u(t))² over |v| ≤ u_max in the place of u(t).
//!
//! ρ = 0 is the method in its first form (Chernousko and Lyubushin 1982); ρ > 0 punishes what the new control would do
//! to the equations of the old z and λ, as in the extended method of Li, Chen, Tai and E (2018).

use super::grape::Grape;
use crate::error::at_least;
use crate::{Error, Result};

impl Grape {
    /// Runs `sweeps` sweeps with the penalty ρ = `penalty` from `u`, in place; returns the losses before each sweep and
    /// after the last.
    ///
    /// # Errors
    /// A penalty that is negative or not finite, no sweeps, a start beyond the bounds, or as [`Grape::gradient`].
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// let grape = Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 50)?;
    /// let losses = grape.successive_approximations(&mut vec![0.5; 50], 20.0, 200)?;
    /// assert!(losses.windows(2).all(|pair| pair[1] <= pair[0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: sweep
    pub fn successive_approximations(&self, u: &mut [f64], penalty: f64, sweeps: usize) -> Result<Vec<f64>> {
        if !(penalty >= 0.0 && penalty.is_finite()) {
            return Err(Error::argument("penalty", penalty, "a finite number, at least 0"));
        }
        self.within_bounds(u)?;
        let (bound, tau) = (self.qubit().bound(), self.horizon() / self.pieces() as f64);
        let (mut gradient, mut states) = (vec![0.0; self.pieces()], Vec::new());
        let mut losses = Vec::new();
        for _ in 0..at_least("sweeps", sweeps, 1)? {
            losses.push(self.gradient_in(u, &mut gradient, &mut states)?);
            for (u, slope) in u.iter_mut().zip(&gradient) {
                // The mean of the switching function over the piece.
                let phi = -slope / tau;
                *u = if penalty > 0.0 {
                    (*u + phi / penalty).clamp(-bound, bound)
                } else {
                    bound.copysign(phi)
                };
            }
        }
        losses.push(self.gradient_in(u, &mut gradient, &mut states)?);
        Ok(losses)
    }
    // ANCHOR_END: sweep
}
