//! Memory that fades exponentially: ζ(t) = Σ cᵢ e^{−|t|/τᵢ}.

use nalgebra::DMatrix;

use crate::error::{at_least, finite, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// The kernel ζ(t) = Σ cᵢ e^{−|t|/τᵢ}.
///
/// ```
/// use sdml::ch4_langevin::generalized::Memory;
/// let memory = Memory::exponential(2.0, 0.5)?;
/// assert_eq!(memory.kernel(0.0), 4.0);
/// // Friction is the integral over the half-line.
/// assert_eq!(memory.friction(), 2.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    terms: Vec<(f64, f64)>,
}

impl Memory {
    /// The kernel with these pairs (cᵢ, τᵢ).
    ///
    /// # Errors
    /// No pairs; numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// // Two times, of which the longer decides what is remembered.
    /// let memory = Memory::new(&[(3.0, 0.5), (1.0, 2.0)])?;
    /// assert_eq!((memory.kernel(0.0), memory.friction()), (4.0, 3.5));
    /// assert!(Memory::new(&[]).is_err() && Memory::new(&[(1.0, 0.0)]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(terms: &[(f64, f64)]) -> Result<Self> {
        at_least("terms.len()", terms.len(), 1)?;
        for &(weight, time) in terms {
            positive("weight", weight)?;
            positive("time", time)?;
        }
        Ok(Self { terms: terms.to_vec() })
    }

    /// ζ(t) = (γ/τ) e^{−|t|/τ}, which tends to 2γδ(t) as τ → 0.
    ///
    /// # Errors
    /// Numbers that are not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// // The shorter the memory, the higher its peak: the friction stays.
    /// let memory = Memory::exponential(2.0, 0.125)?;
    /// assert_eq!((memory.kernel(0.0), memory.friction()), (16.0, 2.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn exponential(friction: f64, time: f64) -> Result<Self> {
        Self::new(&[(positive("friction", friction)? / positive("time", time)?, time)])
    }

    /// The pairs (cᵢ, τᵢ).
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// assert_eq!(Memory::exponential(2.0, 0.5)?.terms(), [(4.0, 0.5)]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn terms(&self) -> &[(f64, f64)] {
        &self.terms
    }

    /// ζ(t).
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// let memory = Memory::exponential(2.0, 0.5)?;
    /// assert!((memory.kernel(1.0) - 4.0 * (-2f64).exp()).abs() < 1e-15);
    /// assert_eq!(memory.kernel(-1.0), memory.kernel(1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn kernel(&self, t: f64) -> f64 {
        self.terms.iter().map(|(weight, time)| weight * (-t.abs() / time).exp()).sum()
    }

    /// ∫₀^∞ ζ = Σ cᵢτᵢ.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// // Σ cᵢτᵢ.
    /// assert_eq!(Memory::new(&[(3.0, 0.5), (1.0, 2.0)])?.friction(), 1.5 + 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn friction(&self) -> f64 {
        self.terms.iter().map(|(weight, time)| weight * time).sum()
    }

    /// The matrix of the linear equation for (q, p, z₁, z₂, …) in the well U = kq²/2, without its noise.
    pub(super) fn drift(&self, stiffness: f64) -> DMatrix<f64> {
        let n = self.terms.len();
        let mut drift = DMatrix::zeros(n + 2, n + 2);
        drift[(0, 1)] = 1.0;
        drift[(1, 0)] = -stiffness;
        for (i, (weight, time)) in self.terms.iter().enumerate() {
            drift[(1, i + 2)] = 1.0;
            drift[(i + 2, 1)] = -weight;
            drift[(i + 2, i + 2)] = -1.0 / time;
        }
        drift
    }

    /// β E P(t)P(0) in equilibrium in the well U = kq²/2: an entry of the exponential of a matrix. A `stiffness` of 0 frees the particle.
    ///
    /// # Errors
    /// A stiffness that is not finite or is negative; a time that is not finite, or so long that the exponential is lost.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Memory;
    /// // A free particle whose memory is short forgets like e^{−γt}.
    /// let memory = Memory::exponential(2.0, 1e-4)?;
    /// assert!((memory.velocity_autocorrelation(0.0, 0.0)? - 1.0).abs() < 1e-14);
    /// assert!((memory.velocity_autocorrelation(0.0, 0.5)? - (-1f64).exp()).abs() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: autocorrelation
    pub fn velocity_autocorrelation(&self, stiffness: f64, t: f64) -> Result<f64> {
        if finite("stiffness", stiffness)? < 0.0 {
            return Err(Error::argument("stiffness", stiffness, "at least 0"));
        }
        finite("t", (self.drift(stiffness) * finite("t", t)?.abs()).exp()[(1, 1)])
    }
    // ANCHOR_END: autocorrelation

    /// A stretch of the noise F of covariance ζ(t − t')/β at the times 0, h, 2h, …: one Ornstein–Uhlenbeck process for each term.
    ///
    /// # Errors
    /// A β or a step that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Memory, random::Streams, statistics::Estimate};
    /// // E F(t)F(t + h) = ζ(h)/β.
    /// let (memory, streams) = (Memory::exponential(2.0, 0.5)?, Streams::new(1, "doc"));
    /// let mut products = Vec::new();
    /// for path in 0..1000 {
    ///     let force = memory.noise(4.0, 0.25, 2, &mut streams.stream(path))?;
    ///     products.push(force[0] * force[1]);
    /// }
    /// assert!(Estimate::of(products)?.z((-0.5f64).exp()).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: noise
    pub fn noise(&self, beta: f64, h: f64, count: usize, stream: &mut Stream) -> Result<Vec<f64>> {
        positive("beta", beta)?;
        positive("h", h)?;
        let mut force = vec![0.0; count];
        for (weight, time) in &self.terms {
            let deviation = (weight / beta).sqrt();
            let (kept, fresh) = ((-h / time).exp(), (-(-2.0 * h / time).exp_m1()).sqrt());
            let mut part = deviation * stream.normal();
            for force in &mut force {
                *force += part;
                part = kept * part + fresh * deviation * stream.normal();
            }
        }
        Ok(force)
    }
    // ANCHOR_END: noise
}
