//! Laws with finitely many atoms on the line, and the distance W₁(μ, ν) = ∫ |F_μ − F_ν| dx between them.

use crate::error::{at_least, finite};
use crate::{Error, Result};

/// Point masses: Σ wᵢ δ_{xᵢ}.
///
/// ```
/// use sdml::ch3_flows::transport::{Atoms, wasserstein_1};
/// let (one, two) = (Atoms::new(&[0.0], &[1.0])?, Atoms::new(&[-1.0, 1.0], &[0.5, 0.5])?);
/// assert_eq!(wasserstein_1(&one, &two), 1.0);
/// // A map moves atoms. It cannot split them.
/// assert_eq!(one.pushed(|x| x + 3.0)?, Atoms::new(&[3.0], &[1.0])?);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Atoms {
    /// (xᵢ, wᵢ), from left to right.
    atoms: Vec<(f64, f64)>,
}

impl Atoms {
    /// Atoms at `places` with `weights`.
    ///
    /// # Errors
    /// No atoms, lengths that differ, places that are not finite, or weights that are no probabilities.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Atoms;
    /// assert!(Atoms::new(&[0.0, 1.0], &[0.25, 0.75]).is_ok());
    /// assert!(Atoms::new(&[0.0, 1.0], &[0.25, 0.25]).is_err() && Atoms::new(&[0.0], &[0.5, 0.5]).is_err());
    /// ```
    pub fn new(places: &[f64], weights: &[f64]) -> Result<Self> {
        let n = at_least("places.len()", places.len(), 1)?;
        if weights.len() != n {
            return Err(Error::argument("weights.len()", weights.len(), format!("places.len() = {n}")));
        }
        for &place in places {
            finite("places", place)?;
        }
        let total: f64 = weights.iter().sum();
        if weights.iter().any(|&w| w.is_nan() || w < 0.0) || (total - 1.0).abs() > 1e-9 {
            return Err(Error::argument(
                "weights",
                format!("{weights:?}"),
                "probabilities: at least 0, with sum 1",
            ));
        }
        let mut atoms: Vec<_> = places.iter().copied().zip(weights.iter().copied()).collect();
        atoms.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Self { atoms })
    }

    /// The law f#μ of f(X) for X ~ μ: every atom moves whole.
    ///
    /// # Errors
    /// An f that is not finite at an atom.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{Atoms, wasserstein_1};
    /// // x ↦ x² sends −1 and 1 to the same place.
    /// let image = Atoms::new(&[-1.0, 1.0], &[0.5, 0.5])?.pushed(|x| x * x)?;
    /// assert_eq!(wasserstein_1(&image, &Atoms::new(&[1.0], &[1.0])?), 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: pushed
    pub fn pushed(&self, f: impl Fn(f64) -> f64) -> Result<Self> {
        let (places, weights): (Vec<f64>, Vec<f64>) = self.atoms.iter().map(|&(x, w)| (f(x), w)).unzip();
        Self::new(&places, &weights)
    }
    // ANCHOR_END: pushed
}

/// W₁(μ, ν) = ∫ |F_μ − F_ν| dx.
///
/// ```
/// use sdml::ch3_flows::transport::{Atoms, wasserstein_1};
/// let (mu, nu) = (Atoms::new(&[0.0, 1.0], &[0.5, 0.5])?, Atoms::new(&[3.0, 0.0], &[0.5, 0.5])?);
/// // Half of the mass goes from 1 to 3.
/// assert_eq!(wasserstein_1(&mu, &nu), 1.0);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn wasserstein_1(mu: &Atoms, nu: &Atoms) -> f64 {
    let signed = mu.atoms.iter().copied().chain(nu.atoms.iter().map(|&(x, w)| (x, -w)));
    let mut jumps: Vec<_> = signed.collect();
    jumps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut difference = 0.0;
    let mut distance = 0.0;
    for pair in jumps.windows(2) {
        difference += pair[0].1;
        // Halved, since the distance of two finite numbers need not be finite.
        distance += f64::abs(difference) * (0.5 * pair[1].0 - 0.5 * pair[0].0);
    }
    2.0 * distance
}
