//! Memory traded for variables (a Markovian embedding): with zᵢ the part of the force that the i-th term of the kernel remembers,
//!
//! dQ = P dt,  dP = −∇U(Q) dt + Σ zᵢ dt,  dzᵢ = −zᵢ/τᵢ dt − cᵢ P dt + √(2cᵢ/(βτᵢ)) dWᵢ.
//!
//! Solved for zᵢ this is the generalized Langevin equation with ζ = Σ cᵢ e^{−t/τᵢ}. A step is BAOAB, in which O solves the linear
//! equation of (p, z) exactly.

use nalgebra::{DMatrix, DVector};

use super::Memory;
use crate::Result;
use crate::error::positive;
use crate::random::Stream;

/// The scheme for a kernel, an inverse temperature and a step.
///
/// ```
/// use sdml::{ch4_langevin::generalized::{Embedding, Memory}, random::Streams, statistics::ensemble};
/// let scheme = Embedding::new(Memory::exponential(1.0, 0.5)?, 2.0, 0.1)?;
/// let [square] = ensemble(&Streams::new(1, "doc"), 2000, || (), |(), stream| {
///     let mut particle = scheme.particle(0.0, stream);
///     for _ in 0..200 {
///         scheme.step(|q| -q, &mut particle, stream);
///     }
///     Ok([particle.q * particle.q])
/// })?;
/// assert!(square.mean()?.z(0.5).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    memory: Memory,
    beta: f64,
    h: f64,
    kept: DMatrix<f64>,
    fresh: DMatrix<f64>,
}

/// A particle on a line, with its memory.
///
/// ```
/// use sdml::{ch4_langevin::generalized::{Embedding, Memory}, random::Streams, statistics::Estimate};
/// let scheme = Embedding::new(Memory::exponential(1.0, 0.5)?, 2.0, 0.1)?;
/// let mut stream = Streams::new(1, "doc").stream(0);
/// assert_eq!(scheme.particle(3.0, &mut stream).q, 3.0);
/// // E P² = 1/β.
/// let squares = (0..1000).map(|_| scheme.particle(3.0, &mut stream).p().powi(2));
/// assert!(Estimate::of(squares)?.z(0.5).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Particle {
    /// The position.
    pub q: f64,
    /// (p, z₁, z₂, …).
    heat: DVector<f64>,
    next: DVector<f64>,
    xi: DVector<f64>,
}

impl Particle {
    /// The momentum.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::{Embedding, Memory}, random::Streams};
    /// // At β → ∞ a particle starts at rest.
    /// let scheme = Embedding::new(Memory::exponential(1.0, 0.5)?, 1e30, 0.1)?;
    /// assert!(scheme.particle(3.0, &mut Streams::new(1, "doc").stream(0)).p().abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn p(&self) -> f64 {
        self.heat[0]
    }
}

impl Embedding {
    /// The scheme.
    ///
    /// # Errors
    /// A β or a step that is not finite and greater than 0.
    ///
    /// ```
    /// use sdml::ch4_langevin::generalized::{Embedding, Memory};
    /// let memory = Memory::exponential(1.0, 0.5)?;
    /// assert!(Embedding::new(memory.clone(), 2.0, 0.1).is_ok() && Embedding::new(memory, 2.0, 0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: new
    pub fn new(memory: Memory, beta: f64, h: f64) -> Result<Self> {
        positive("beta", beta)?;
        positive("h", h)?;
        let n = memory.terms().len() + 1;
        let drift = memory.drift(0.0).view((1, 1), (n, n)).into_owned();
        let kept = (drift * h).exp();
        // What the exact solution adds is what keeps the stationary law diag(1/β, cᵢ/β) stationary.
        let mut stationary = DMatrix::zeros(n, n);
        stationary[(0, 0)] = 1.0 / beta;
        for (i, (weight, _)) in memory.terms().iter().enumerate() {
            stationary[(i + 1, i + 1)] = weight / beta;
        }
        let added = &stationary - &kept * &stationary * kept.transpose();
        let eigen = added.symmetric_eigen();
        let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
        let fresh = &eigen.eigenvectors * DMatrix::from_diagonal(&roots);
        Ok(Self { memory, beta, h, kept, fresh })
    }
    // ANCHOR_END: new

    /// A particle at `q` whose momentum and memory are drawn from equilibrium.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::{Embedding, Memory}, random::Streams};
    /// let scheme = Embedding::new(Memory::exponential(1.0, 0.5)?, 4.0, 0.1)?;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// // P ~ N(0, 1/β).
    /// assert_eq!(scheme.particle(3.0, &mut stream).p(), 0.5 * z);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn particle(&self, q: f64, stream: &mut Stream) -> Particle {
        let variances = std::iter::once(1.0).chain(self.memory.terms().iter().map(|(weight, _)| *weight));
        let heat: Vec<f64> =
            variances.map(|variance| (variance / self.beta).sqrt() * stream.normal()).collect();
        let zeros = DVector::zeros(heat.len());
        Particle { q, heat: DVector::from_vec(heat), next: zeros.clone(), xi: zeros }
    }

    /// One step in the force `force` = −U'.
    ///
    /// ```
    /// use sdml::{ch4_langevin::generalized::{Embedding, Memory}, random::Streams};
    /// let scheme = Embedding::new(Memory::exponential(1.0, 0.5)?, 1e30, 0.01)?;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let mut particle = scheme.particle(0.0, &mut stream);
    /// // From rest, before the memory counts: p = th and q = t²/2 for the force 1.
    /// (0..10).for_each(|_| scheme.step(|_| 1.0, &mut particle, &mut stream));
    /// assert!((particle.p() - 0.1).abs() < 2e-3 && (particle.q - 0.005).abs() < 1e-4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: step
    pub fn step(&self, force: impl Fn(f64) -> f64, particle: &mut Particle, stream: &mut Stream) {
        let half = 0.5 * self.h;
        particle.heat[0] += half * force(particle.q);
        particle.q += half * particle.heat[0];
        stream.fill_normal(particle.xi.as_mut_slice());
        particle.next.gemv(1.0, &self.kept, &particle.heat, 0.0);
        particle.next.gemv(1.0, &self.fresh, &particle.xi, 1.0);
        std::mem::swap(&mut particle.heat, &mut particle.next);
        particle.q += half * particle.heat[0];
        particle.heat[0] += half * force(particle.q);
    }
    // ANCHOR_END: step
}
