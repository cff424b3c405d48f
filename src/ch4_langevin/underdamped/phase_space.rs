//! The invariant law of a splitting scheme without a single random number: the density of (q, p) on a grid, moved by the letters.
//!
//! A and B are shears: they shift the density along q or along p. Densities here are so smooth, and vanish so fast, that interpolation by
//! sines (Shannon's series) shifts them without visible error. O scales p by c = e^{−γt} and adds a normal variable of deviation s,
//! which in the Fourier space of p reads ρ̂(k) ← ρ̂(ck) e^{−s²k²/2}.

use std::f64::consts::PI;

use ndarray::{Array1, Array2, Axis};

use super::{Letter, Splitting};
use crate::ch4_langevin::sampler::{Potential, Scheme};
use crate::error::{at_least, positive};
use crate::{Error, Result};

/// A grid in the phase space of a particle on a line.
///
/// ```
/// use sdml::ch4_langevin::{sampler::Harmonic, underdamped::{Bath, PhaseSpace, Splitting, Word}};
/// let scheme = Splitting::new(Word::Obabo, Bath::new(1.0, 1.0)?, 0.5)?;
/// let law = PhaseSpace::new(8.0, 8.0, 40)?.invariant(&scheme, &Harmonic::new(&[1.0])?)?;
/// // Var q of OBABO is 1/(1 − h²/4).
/// assert!((law.iter().map(|(q, weight)| weight * q * q).sum::<f64>() - 1.0 / 0.9375).abs() < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseSpace {
    q: Vec<f64>,
    p: Vec<f64>,
}

/// The iteration ends when the density changes by less than this in a step, in total.
const SETTLED: f64 = 1e-13;
/// How many steps are tried.
const STEPS: usize = 20_000;

impl PhaseSpace {
    /// `n` × `n` points in [−`reach`, `reach`] × [−`momentum`, `momentum`].
    ///
    /// # Errors
    /// Reaches that are not finite and greater than 0; fewer than 8 points.
    ///
    /// ```
    /// use sdml::ch4_langevin::underdamped::PhaseSpace;
    /// assert!(PhaseSpace::new(8.0, 8.0, 8).is_ok());
    /// assert!(PhaseSpace::new(8.0, 8.0, 7).is_err() && PhaseSpace::new(0.0, 8.0, 40).is_err());
    /// ```
    pub fn new(reach: f64, momentum: f64, n: usize) -> Result<Self> {
        at_least("n", n, 8)?;
        let axis = |end: f64| (0..n).map(|i| end * ((2 * i + 1) as f64 / n as f64 - 1.0)).collect();
        Ok(Self { q: axis(positive("reach", reach)?), p: axis(positive("momentum", momentum)?) })
    }

    /// The points q with their probabilities under the scheme's invariant law.
    ///
    /// # Errors
    /// A potential in more than one dimension; a density that does not settle.
    ///
    /// ```
    /// use sdml::ch4_langevin::{sampler::Harmonic, underdamped::{Bath, PhaseSpace, Splitting, Word}};
    /// let (grid, well) = (PhaseSpace::new(8.0, 8.0, 40)?, Harmonic::new(&[1.0])?);
    /// let law = grid.invariant(&Splitting::new(Word::Baoab, Bath::new(1.0, 1.0)?, 0.5)?, &well)?;
    /// // Var q of BAOAB is 1/(βk), whatever the step.
    /// assert!((law.iter().map(|(q, weight)| weight * q * q).sum::<f64>() - 1.0).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn invariant<U: Potential>(&self, scheme: &Splitting, potential: &U) -> Result<Vec<(f64, f64)>> {
        if potential.dimension() != 1 {
            return Err(Error::argument("potential.dimension()", potential.dimension(), "1"));
        }
        let letters: Vec<Motion> = scheme
            .word()
            .letters()
            .iter()
            .map(|&(letter, fraction)| self.motion(letter, fraction * scheme.h(), scheme, potential))
            .collect();
        let (beta, m) = (scheme.bath().beta(), scheme.bath().mass());
        let mut density = Array2::from_shape_fn((self.q.len(), self.p.len()), |(i, j)| {
            (-beta * (potential.value(&[self.q[i]]) + 0.5 * self.p[j] * self.p[j] / m)).exp()
        });
        density /= density.sum();
        for _ in 0..STEPS {
            let mut next = density.clone();
            letters.iter().for_each(|letter| letter.act(&mut next));
            next /= next.sum();
            let change: f64 = next.iter().zip(&density).map(|(new, old)| (new - old).abs()).sum();
            density = next;
            if change < SETTLED {
                return Ok(self.q.iter().copied().zip(density.sum_axis(Axis(1))).collect());
            }
        }
        Err(Error::argument(
            "scheme",
            format!("not settled after {STEPS} steps"),
            "a scheme with an invariant law",
        ))
    }

    fn motion<U: Potential>(&self, letter: Letter, t: f64, scheme: &Splitting, potential: &U) -> Motion {
        match letter {
            Letter::A => {
                let shifts = self.p.iter().map(|p| shift(&self.q, t * p / scheme.bath().mass()));
                Motion::AlongQ(shifts.collect())
            }
            Letter::B => {
                let shifts = self.q.iter().map(|&q| {
                    let mut gradient = [0.0];
                    potential.gradient(&[q], &mut gradient);
                    shift(&self.p, -t * gradient[0])
                });
                Motion::AlongP(shifts.collect())
            }
            Letter::O => {
                let (kept, deviation) = scheme.bath().exchange(t);
                Motion::Exchange(exchange(&self.p, kept, deviation))
            }
        }
    }
}

/// What a letter does to the density.
enum Motion {
    /// A matrix for each p.
    AlongQ(Vec<Array2<f64>>),
    /// A matrix for each q.
    AlongP(Vec<Array2<f64>>),
    /// One matrix for all q.
    Exchange(Array2<f64>),
}

impl Motion {
    fn act(&self, density: &mut Array2<f64>) {
        match self {
            Self::AlongQ(matrices) => {
                for (mut column, matrix) in density.columns_mut().into_iter().zip(matrices) {
                    let moved: Array1<f64> = matrix.dot(&column);
                    column.assign(&moved);
                }
            }
            Self::AlongP(matrices) => {
                for (mut row, matrix) in density.rows_mut().into_iter().zip(matrices) {
                    let moved: Array1<f64> = matrix.dot(&row);
                    row.assign(&moved);
                }
            }
            Self::Exchange(matrix) => *density = density.dot(&matrix.t()),
        }
    }
}

/// The matrix that shifts by `s` a function known at `points`: f(x − s) = Σ f(xⱼ) sinc((x − s − xⱼ)/Δx).
fn shift(points: &[f64], s: f64) -> Array2<f64> {
    let step = points[1] - points[0];
    Array2::from_shape_fn((points.len(), points.len()), |(i, j)| {
        let angle = PI * ((points[i] - s - points[j]) / step);
        if angle.abs() < 1e-8 { 1.0 } else { angle.sin() / angle }
    })
}

/// The matrix of p ← cp + sξ: (Δp/π) ∫₀^{π/Δp} cos(k(pᵢ − c pⱼ)) e^{−s²k²/2} dk, by the trapezoidal rule with a period of four ranges.
fn exchange(points: &[f64], c: f64, s: f64) -> Array2<f64> {
    let (n, step) = (points.len(), points[1] - points[0]);
    let modes = 2 * n;
    let wave = |mode: usize| PI / step * mode as f64 / modes as f64;
    Array2::from_shape_fn((n, n), |(i, j)| {
        let x = points[i] - c * points[j];
        let term = |mode: usize| {
            let k = wave(mode);
            let weight = if mode == 0 || mode == modes { 0.5 } else { 1.0 };
            weight * (k * x).cos() * (-0.5 * s * s * k * k).exp()
        };
        (0..=modes).map(term).sum::<f64>() / modes as f64
    })
}
