//! Splitting schemes: (4.1) is cut into three parts that can be solved exactly,
//!
//! A: dQ = P/m dt,  B: dP = −∇U(Q) dt,  O: dP = −γP dt + √(2γm/β) dW,
//!
//! and a scheme is a word: the order in which the parts act, each for a fraction of the step
//! (Leimkuhler and Matthews 2013; Bussi and Parrinello 2007; Bou-Rabee and Owhadi 2010).

use super::Bath;
use crate::Result;
use crate::ch4_langevin::sampler::{Batch, Potential, Scheme};
use crate::error::positive;

/// A part of (4.1) that can be solved exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Free flight: q ← q + t p/m.
    A,
    /// The force: p ← p − t ∇U(q).
    B,
    /// The bath: p ← e^{−γt} p + √((1 − e^{−2γt}) m/β) ξ.
    O,
}

/// A splitting scheme with step h.
///
/// ```
/// use sdml::{ch4_langevin::{sampler::{Chains, Harmonic}, underdamped::{Bath, Splitting}}, random::Streams};
/// let well = Harmonic::new(&[1.0])?;
/// let scheme = Splitting::baoab(Bath::new(1.0, 1.0)?, 1.0)?;
/// let mut chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 100, &[0.0])?;
/// chains.advance(100)?;
/// // At half the limit of stability the variance of q is still exact.
/// let [square] = chains.averages(1000, 1, |q| [q[0] * q[0]])?;
/// assert!(square.mean()?.z(1.0).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Splitting {
    name: &'static str,
    word: &'static [(Letter, f64)],
    /// The limit of stability of hω, ω = √(k/m).
    limit: f64,
    bath: Bath,
    h: f64,
}

use Letter::{A, B, O};

// ANCHOR: words
const BAOAB: &[(Letter, f64)] = &[(B, 0.5), (A, 0.5), (O, 1.0), (A, 0.5), (B, 0.5)];
const OBABO: &[(Letter, f64)] = &[(O, 0.5), (B, 0.5), (A, 1.0), (B, 0.5), (O, 0.5)];
const ABOBA: &[(Letter, f64)] = &[(A, 0.5), (B, 0.5), (O, 1.0), (B, 0.5), (A, 0.5)];

/// Suzuki's (1990) fraction 1/(4 − 4^{1/3}).
const S: f64 = 0.414_490_771_794_375_7;
/// Five leapfrog steps of h times S, S, 1 − 4S, S, S between two visits to the bath.
const OSO: &[(Letter, f64)] = &[
    (O, 0.5),
    (B, 0.5 * S),
    (A, S),
    (B, S),
    (A, S),
    (B, 0.5 * (1.0 - 3.0 * S)),
    (A, 1.0 - 4.0 * S),
    (B, 0.5 * (1.0 - 3.0 * S)),
    (A, S),
    (B, S),
    (A, S),
    (B, 0.5 * S),
    (O, 0.5),
];
// ANCHOR_END: words

impl Splitting {
    fn new(
        name: &'static str,
        word: &'static [(Letter, f64)],
        limit: f64,
        bath: Bath,
        h: f64,
    ) -> Result<Self> {
        Ok(Self { name, word, limit, bath, h: positive("h", h)? })
    }

    /// BAOAB.
    ///
    /// # Errors
    /// A step that is not finite and greater than 0.
    pub fn baoab(bath: Bath, h: f64) -> Result<Self> {
        Self::new("BAOAB", BAOAB, 2.0, bath, h)
    }

    /// OBABO.
    ///
    /// # Errors
    /// As [`Self::baoab`].
    pub fn obabo(bath: Bath, h: f64) -> Result<Self> {
        Self::new("OBABO", OBABO, 2.0, bath, h)
    }

    /// ABOBA.
    ///
    /// # Errors
    /// As [`Self::baoab`].
    pub fn aboba(bath: Bath, h: f64) -> Result<Self> {
        Self::new("ABOBA", ABOBA, 2.0, bath, h)
    }

    /// O, Suzuki's integrator of order four, O: the invariant law has an error O(h⁴), at five forces a step.
    ///
    /// # Errors
    /// As [`Self::baoab`].
    pub fn suzuki(bath: Bath, h: f64) -> Result<Self> {
        Self::new("O–Suzuki–O", OSO, SUZUKI_LIMIT, bath, h)
    }

    /// The letters of a step in their order, each with its fraction of h.
    pub fn word(&self) -> &'static [(Letter, f64)] {
        self.word
    }

    /// The bath.
    pub fn bath(&self) -> Bath {
        self.bath
    }
}

/// Where the trace of Suzuki's integrator of the oscillator first leaves (−2, 2).
const SUZUKI_LIMIT: f64 = 2.720_974_538_560_149;

impl Scheme for Splitting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        for &(letter, fraction) in self.word {
            let t = fraction * self.h;
            match letter {
                A => chains.drift(t / self.bath.mass()),
                B => chains.kick(potential, t),
                O => {
                    let (kept, deviation) = self.bath.exchange(t);
                    chains.scatter(kept, deviation);
                }
            }
        }
    }
    // ANCHOR_END: step

    fn momentum_deviation(&self) -> f64 {
        self.bath.momentum_variance().sqrt()
    }

    fn limit(&self, stiffness: f64) -> f64 {
        self.limit * (self.bath.mass() / stiffness).sqrt()
    }
}
