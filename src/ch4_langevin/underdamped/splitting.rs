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
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Letter, Word};
/// // In every word each part acts for one step in all.
/// for word in Word::ALL {
///     let once = |part: Letter| {
///         let times = word.letters().iter().filter(|(letter, _)| *letter == part).map(|(_, time)| time);
///         (times.sum::<f64>() - 1.0).abs() < 1e-14
///     };
///     assert!(once(Letter::A) && once(Letter::B) && once(Letter::O));
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Free flight: q ← q + t p/m.
    A,
    /// The force: p ← p − t ∇U(q).
    B,
    /// The bath: p ← e^{−γt} p + √((1 − e^{−2γt}) m/β) ξ.
    O,
}

/// The order in which the letters act.
///
/// ```
/// use sdml::ch4_langevin::underdamped::{Bath, LinearStep, Splitting, Word};
/// let bath = Bath::new(1.0, 1.0)?;
/// for word in Word::ALL {
///     // Stable a little below the limit, and not above.
///     let scheme = |share: f64| Splitting::new(word, bath, share * word.limit());
///     assert!(LinearStep::of_splitting(&scheme(0.99)?, 1.0).spectral_radius() < 1.0);
///     assert!(LinearStep::of_splitting(&scheme(1.01)?, 1.0).spectral_radius() > 1.0);
/// }
/// assert_eq!(Word::Baoab.name(), "BAOAB");
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// BAOAB.
    Baoab,
    /// OBABO.
    Obabo,
    /// ABOBA.
    Aboba,
    /// O, Suzuki's integrator of order four, O: the invariant law has an error O(h⁴), at five forces a step.
    Suzuki,
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

/// Where the eigenvalues of Suzuki's integrator of the oscillator leave the unit circle, in hω.
const SUZUKI_LIMIT: f64 = 2.720_974_538_560_149;

impl Word {
    /// Every word there is.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Word;
    /// assert_eq!(Word::ALL.map(Word::name), ["BAOAB", "OBABO", "ABOBA", "O–Suzuki–O"]);
    /// ```
    pub const ALL: [Self; 4] = [Self::Baoab, Self::Obabo, Self::Aboba, Self::Suzuki];

    /// The letters of a step in their order, each with its fraction of h.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Letter, Word};
    /// // Every word moves the positions, and the momenta, for a whole step in all.
    /// for letter in [Letter::A, Letter::B, Letter::O] {
    ///     for word in Word::ALL {
    ///         let of_letter = word.letters().iter().filter(|(other, _)| *other == letter);
    ///         assert!((of_letter.map(|(_, fraction)| fraction).sum::<f64>() - 1.0).abs() < 1e-14);
    ///     }
    /// }
    /// ```
    pub fn letters(self) -> &'static [(Letter, f64)] {
        match self {
            Self::Baoab => BAOAB,
            Self::Obabo => OBABO,
            Self::Aboba => ABOBA,
            Self::Suzuki => OSO,
        }
    }

    /// Its name, for tables.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Word;
    /// assert_eq!(Word::Baoab.name(), "BAOAB");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Baoab => "BAOAB",
            Self::Obabo => "OBABO",
            Self::Aboba => "ABOBA",
            Self::Suzuki => "O–Suzuki–O",
        }
    }

    /// The limit of stability of hω, ω = √(k/m), whatever the friction.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::Word;
    /// // Suzuki's word reaches farther, at five forces a step.
    /// assert!(Word::Baoab.limit() == 2.0 && Word::Suzuki.limit() > 2.7);
    /// ```
    pub fn limit(self) -> f64 {
        if self == Self::Suzuki { SUZUKI_LIMIT } else { 2.0 }
    }
}

/// A splitting scheme with step h.
///
/// ```
/// use sdml::{ch4_langevin::{sampler::{Chains, Harmonic}, underdamped::{Bath, Splitting, Word}}, random::Streams};
/// let well = Harmonic::new(&[1.0])?;
/// let scheme = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0)?, 1.0)?;
/// let mut chains = Chains::from_point(&well, scheme, Streams::new(1, "doc"), 100, &[0.0])?;
/// chains.advance(100)?;
/// // At half the limit of stability the variance of q is still exact.
/// let [square] = chains.averages(1000, 1, |q| [q[0] * q[0]])?;
/// assert!(square.mean()?.z(1.0).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Splitting {
    word: Word,
    bath: Bath,
    h: f64,
}

impl Splitting {
    /// The scheme of this word with step h.
    ///
    /// # Errors
    /// A step that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Splitting, Word};
    /// let bath = Bath::new(1.0, 1.0)?;
    /// assert!(Splitting::new(Word::Baoab, bath, 0.5).is_ok() && Splitting::new(Word::Baoab, bath, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(word: Word, bath: Bath, h: f64) -> Result<Self> {
        Ok(Self { word, bath, h: positive("h", h)? })
    }

    /// The word.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Splitting, Word};
    /// assert_eq!(Splitting::new(Word::Obabo, Bath::new(1.0, 1.0)?, 0.5)?.word(), Word::Obabo);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn word(&self) -> Word {
        self.word
    }

    /// The bath.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::{Bath, Splitting, Word};
    /// let bath = Bath::overwhelming(4.0)?;
    /// assert_eq!(Splitting::new(Word::Obabo, bath, 0.5)?.bath(), bath);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bath(&self) -> Bath {
        self.bath
    }
}

impl Scheme for Splitting {
    fn name(&self) -> &'static str {
        self.word.name()
    }

    fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: step
    fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
        for &(letter, fraction) in self.word.letters() {
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
        self.word.limit() * (self.bath.mass() / stiffness).sqrt()
    }
}
