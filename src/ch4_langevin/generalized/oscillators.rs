//! Where memory and noise come from: a particle among n oscillators, with the energy
//!
//! ½P² + U(Q) + Σ ½(pⱼ² + ωⱼ²(xⱼ − √w Q/ωⱼ)²)
//!
//! (Ford, Kac and Mazur 1965; Zwanzig 1973). Solved for the oscillators, the particle obeys the generalized Langevin equation with the kernel
//! ζₙ(t) = w Σ cos ωⱼt, without an approximation.

use std::f64::consts::FRAC_PI_2;

use nalgebra::DMatrix;

use crate::Result;
use crate::error::{at_least, finite, positive};
use crate::random::Stream;

/// Oscillators of frequencies ωⱼ, each coupled with the same weight w.
///
/// ```
/// use sdml::ch4_langevin::generalized::Oscillators;
/// let bath = Oscillators::at_quantiles(2.0, 0.5, 100)?;
/// // ζₙ(0) = γ/τ, whatever n.
/// assert!((bath.kernel(0.0) - 4.0).abs() < 1e-12);
/// assert!((bath.kernel(1.0) - 4.0 * (-2f64).exp()).abs() < 0.1);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Oscillators {
    weight: f64,
    frequencies: Vec<f64>,
}

impl Oscillators {
    /// Oscillators whose kernel tends to (γ/τ) e^{−t/τ} as n grows: e^{−t/τ} is the mean of cos ωt for ω of Cauchy's law with scale 1/τ, and
    /// the frequencies are that law's quantiles.
    ///
    /// # Errors
    /// A friction γ or a time τ that is not finite and greater than 0; no oscillators.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Oscillators;
    /// // The median of Cauchy's law with scale ½ is the frequency 2: ζ₁ = 4 cos 2t.
    /// let bath = Oscillators::at_quantiles(2.0, 0.5, 1)?;
    /// assert!((bath.kernel(0.3) - 4.0 * 0.6f64.cos()).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: quantiles
    pub fn at_quantiles(friction: f64, time: f64, n: usize) -> Result<Self> {
        Self::at(friction, time, n, |j| (j as f64 + 0.5) / n as f64)
    }
    // ANCHOR_END: quantiles

    /// The same with independent random frequencies of that law: the kernel is then right on average, with an error ∝ n^{−1/2}.
    ///
    /// # Errors
    /// As [`Self::at_quantiles`].
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
    /// // At t = 0 the kernel is γ/τ whatever was drawn, elsewhere only on average.
    /// let bath = Oscillators::at_random(2.0, 0.5, 400, &mut Streams::new(1, "doc").stream(0))?;
    /// assert!((bath.kernel(0.0) - 4.0).abs() < 1e-12);
    /// assert!((bath.kernel(0.5) - 4.0 * (-1f64).exp()).abs() < 4.0 * 4.0 / 20.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at_random(friction: f64, time: f64, n: usize, stream: &mut Stream) -> Result<Self> {
        Self::at(friction, time, n, |_| stream.uniform())
    }

    fn at(friction: f64, time: f64, n: usize, mut share: impl FnMut(usize) -> f64) -> Result<Self> {
        positive("friction", friction)?;
        positive("time", time)?;
        at_least("n", n, 1)?;
        let frequencies = (0..n).map(|j| (FRAC_PI_2 * share(j)).tan() / time).collect();
        Ok(Self { weight: friction / (time * n as f64), frequencies })
    }

    /// ζₙ(t) = w Σ cos ωⱼt.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Oscillators;
    /// let bath = Oscillators::at_quantiles(2.0, 0.5, 10)?;
    /// // Even in t, and largest at 0.
    /// assert!((bath.kernel(-0.7) - bath.kernel(0.7)).abs() < 1e-14 && bath.kernel(0.7) < bath.kernel(0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: kernel
    pub fn kernel(&self, t: f64) -> f64 {
        self.weight * self.frequencies.iter().map(|omega| (omega * t).cos()).sum::<f64>()
    }
    // ANCHOR_END: kernel

    /// β E P(t)P(0) in equilibrium in the well U = kq²/2, exactly for these oscillators: all together they are one system of springs, and
    /// Σ uₖ² cos Ωₖt with the share uₖ² that the particle has in the mode of frequency Ωₖ. A row for each time.
    ///
    /// # Errors
    /// A stiffness that is not finite and greater than 0; times that are not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::Oscillators;
    /// // Σ uₖ² = 1; and a bath without strength leaves the particle to its spring, cos √k t.
    /// let c = Oscillators::at_quantiles(1e-12, 0.5, 5)?.velocity_autocorrelation(4.0, &[0.0, 0.3])?;
    /// assert!((c[0] - 1.0).abs() < 1e-12 && (c[1] - 0.6f64.cos()).abs() < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn velocity_autocorrelation(&self, stiffness: f64, times: &[f64]) -> Result<Vec<f64>> {
        positive("stiffness", stiffness)?;
        let n = self.frequencies.len();
        let mut springs = DMatrix::zeros(n + 1, n + 1);
        springs[(0, 0)] = stiffness + self.weight * n as f64;
        for (j, omega) in self.frequencies.iter().enumerate() {
            springs[(j + 1, j + 1)] = omega * omega;
            springs[(0, j + 1)] = -self.weight.sqrt() * omega;
            springs[(j + 1, 0)] = springs[(0, j + 1)];
        }
        let modes = springs.symmetric_eigen();
        let shares: Vec<(f64, f64)> = modes
            .eigenvalues
            .iter()
            .zip(modes.eigenvectors.row(0).iter())
            .map(|(square, u)| (square.max(0.0).sqrt(), u * u))
            .collect();
        let at = |&t: &f64| {
            finite("times", t)?;
            Ok(shares.iter().map(|(omega, share)| share * (omega * t).cos()).sum())
        };
        times.iter().map(at).collect()
    }

    /// A particle at `q` and at rest among oscillators in equilibrium around it.
    ///
    /// # Errors
    /// A β that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
    /// let bath = Oscillators::at_quantiles(2.0, 0.5, 10)?;
    /// let whole = bath.around(1.5, 4.0, &mut Streams::new(1, "doc").stream(0))?;
    /// assert_eq!((whole.q, whole.p), (1.5, 0.0));
    /// assert!(bath.around(1.5, 0.0, &mut Streams::new(1, "doc").stream(0)).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: equilibrium
    pub fn around(&self, q: f64, beta: f64, stream: &mut Stream) -> Result<Whole<'_>> {
        let deviation = positive("beta", beta)?.sqrt().recip();
        let oscillators = self.frequencies.iter().map(|omega| {
            let x = self.weight.sqrt() * q / omega + deviation / omega * stream.normal();
            (x, deviation * stream.normal())
        });
        Ok(Whole { bath: self, q, p: 0.0, oscillators: oscillators.collect() })
    }
    // ANCHOR_END: equilibrium
}

/// The particle with all of its surroundings: a system without noise and without friction.
///
/// ```
/// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
/// let bath = Oscillators::at_quantiles(1.0, 0.5, 10)?;
/// let mut whole = bath.around(1.0, 2.0, &mut Streams::new(1, "doc").stream(0))?;
/// let energy = whole.energy();
/// whole.step(|q| -q, 0.1);
/// assert!(whole.q != 1.0 && whole.p != 0.0);
/// // Without friction the motion can be reversed.
/// whole.step(|q| -q, -0.1);
/// assert!((whole.q - 1.0).abs() < 1e-12 && whole.p.abs() < 1e-12);
/// assert!((whole.energy() - energy).abs() < 1e-10);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Whole<'a> {
    bath: &'a Oscillators,
    /// The position of the particle.
    pub q: f64,
    /// Its momentum.
    pub p: f64,
    /// (xⱼ, pⱼ).
    oscillators: Vec<(f64, f64)>,
}

impl Whole<'_> {
    /// The force of the oscillators on the particle, Σ √w ωⱼ (xⱼ − √w Q/ωⱼ).
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
    /// // At β → ∞ the oscillators rest around the particle, and pull it back by ζ(0) times its displacement.
    /// let bath = Oscillators::at_quantiles(2.0, 0.5, 10)?;
    /// let mut whole = bath.around(1.0, 1e30, &mut Streams::new(1, "doc").stream(0))?;
    /// assert!(whole.force_of_bath().abs() < 1e-12);
    /// whole.q = 1.5;
    /// assert!((whole.force_of_bath() + 4.0 * 0.5).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn force_of_bath(&self) -> f64 {
        let root = self.bath.weight.sqrt();
        let pull = |(omega, (x, _)): (&f64, &(f64, f64))| root * omega * x - root * root * self.q;
        self.bath.frequencies.iter().zip(&self.oscillators).map(pull).sum()
    }

    /// The energy without U.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
    /// // At β → ∞ only the particle moves: ½p².
    /// let bath = Oscillators::at_quantiles(2.0, 0.5, 10)?;
    /// let mut whole = bath.around(1.0, 1e30, &mut Streams::new(1, "doc").stream(0))?;
    /// whole.p = 3.0;
    /// assert!((whole.energy() - 4.5).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn energy(&self) -> f64 {
        let root = self.bath.weight.sqrt();
        let oscillator =
            |(omega, (x, p)): (&f64, &(f64, f64))| 0.5 * (p * p + (omega * x - root * self.q).powi(2));
        0.5 * self.p * self.p
            + self.bath.frequencies.iter().zip(&self.oscillators).map(oscillator).sum::<f64>()
    }

    /// One step of length h in the force `force` = −U': half a kick by everything that couples, free flight and free oscillation, half a kick.
    /// Second order, symplectic, and stable for the fastest oscillators.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::Oscillators, random::Streams};
    /// let bath = Oscillators::at_quantiles(1.0, 0.5, 10)?;
    /// let mut whole = bath.around(1.0, 2.0, &mut Streams::new(1, "doc").stream(0))?;
    /// // In the well U = q²/2 the whole energy is kept.
    /// let before = whole.energy() + 0.5 * whole.q * whole.q;
    /// (0..100).for_each(|_| whole.step(|q| -q, 0.01));
    /// assert!((whole.energy() + 0.5 * whole.q * whole.q - before).abs() < 1e-2 * before);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: step
    pub fn step(&mut self, force: impl Fn(f64) -> f64, h: f64) {
        self.kick(&force, 0.5 * h);
        self.q += h * self.p;
        for ((x, p), omega) in self.oscillators.iter_mut().zip(&self.bath.frequencies) {
            let (sin, cos) = (omega * h).sin_cos();
            (*x, *p) = (*x * cos + *p * sin / omega, *p * cos - *x * omega * sin);
        }
        self.kick(&force, 0.5 * h);
    }
    // ANCHOR_END: step

    fn kick(&mut self, force: impl Fn(f64) -> f64, t: f64) {
        self.p += t * (force(self.q) + self.force_of_bath());
        let root = self.bath.weight.sqrt();
        for ((_, p), omega) in self.oscillators.iter_mut().zip(&self.bath.frequencies) {
            *p += t * root * omega * self.q;
        }
    }
}
