//! Gradient ascent on a control that is constant on pieces (GRAPE; Khaneja and others 2005), within |u| ≤ u_max.
//!
//! Forward: z_k = U_kz_{k−1} with U_k = e^{−iH(u_k)τ}. Backward: λ_K = ∂L/∂z, λ_{k−1} = U_k†λ_k, and
//! ∂L/∂u_k = Re⟨λ_k, (∂U_k/∂u_k) z_{k−1}⟩. This is Theorem 2.3 for complex states, with the conjugate transpose
//! where the real formula has the transpose, and it is exact: no step is approximated.

use rayon::prelude::*;

use super::system::{Qubit, START, State, TARGET, inner};
use crate::error::{at_least, finite, positive, stays_finite};
use crate::random::Streams;
use crate::{Error, Result};

/// What is made small.
///
/// ```
/// use sdml::ch2_control::qubit::{Loss, START};
/// // At the start all is missing, and the target is at right angles.
/// assert_eq!([Loss::Infidelity.of(&START).0, Loss::Distance.of(&START).0], [1.0, 2.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// 1 − F = |z_1(T)|². The two are equal while |z| = 1, and the second form does not cancel.
    Infidelity,
    /// |z(T) − (0, 1)|², which a phase of the state changes.
    Distance,
}

impl Loss {
    /// L(z), and its gradient ∂L/∂Re z + i ∂L/∂Im z.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Loss, TARGET};
    /// // The target with another phase: nothing is missing, and yet it is as far away as can be.
    /// let other = TARGET.map(|z| -z);
    /// assert_eq!([Loss::Infidelity.of(&other).0, Loss::Distance.of(&other).0], [0.0, 4.0]);
    /// ```
    // ANCHOR: loss
    pub fn of(self, z: &State) -> (f64, State) {
        match self {
            Self::Infidelity => (z[0].norm_sqr(), [z[0] * 2.0, TARGET[0]]),
            Self::Distance => {
                let apart = [z[0] - TARGET[0], z[1] - TARGET[1]];
                (inner(&apart, &apart), apart.map(|part| part * 2.0))
            }
        }
    }
    // ANCHOR_END: loss
}

/// The problem: a qubit, a time, a number of equal pieces, a loss.
///
/// ```
/// use sdml::ch2_control::qubit::{Grape, Qubit};
/// // Without control nothing moves: 1 − F = 1 with slope 0, for it is as bad as can be.
/// let (grape, mut gradient) = (Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 2)?, [1.0; 2]);
/// assert_eq!((grape.gradient(&[0.0; 2], &mut gradient)?, gradient), (1.0, [0.0; 2]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grape {
    qubit: Qubit,
    horizon: f64,
    pieces: usize,
    loss: Loss,
}

/// Where an optimization ended.
///
/// ```
/// use sdml::ch2_control::qubit::{Grape, Qubit};
/// // Without splitting and with one piece of length 1, 1 − F = cos² u: the nearest minimum is π/2.
/// let optimum = Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 1)?.optimize(vec![1.0], 100)?;
/// assert!((optimum.u[0] - std::f64::consts::FRAC_PI_2).abs() < 1e-7 && optimum.loss < 1e-14);
/// assert!(optimum.residual < 1e-6 && optimum.iterations < 100);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// The values of the control on the pieces.
    pub u: Vec<f64>,
    /// The loss.
    pub loss: f64,
    /// How many times the control was moved.
    pub iterations: usize,
    /// The largest |P(u_k − ∂L/∂u_k) − u_k|, where P cuts off at the bounds: 0 at a stationary point.
    pub residual: f64,
}

/// The iteration ends when the residual is below this.
const RESIDUAL: f64 = 1e-14;
/// A trial point is compared with the worst of so many losses before it.
const MEMORY: usize = 10;

impl Grape {
    /// Control of `qubit` until `horizon` on `pieces` equal pieces, to make 1 − F small.
    ///
    /// # Errors
    /// A horizon that is not a finite number greater than 0, or no pieces.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// assert!(Grape::new(qubit, 5.0, 20).is_ok());
    /// assert!(Grape::new(qubit, 0.0, 20).is_err() && Grape::new(qubit, 5.0, 0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(qubit: Qubit, horizon: f64, pieces: usize) -> Result<Self> {
        let (horizon, pieces) = (positive("horizon", horizon)?, at_least("pieces", pieces, 1)?);
        Ok(Self { qubit, horizon, pieces, loss: Loss::Infidelity })
    }

    /// The same problem with another loss.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Loss, Qubit};
    /// // Without splitting the control π/2 leads to (0, −i): at the target, but for a phase.
    /// let (grape, u) = (Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 1)?, [std::f64::consts::FRAC_PI_2]);
    /// assert!(grape.gradient(&u, &mut [0.0])? < 1e-30);
    /// assert!((grape.with_loss(Loss::Distance).gradient(&u, &mut [0.0])? - 2.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[must_use]
    pub fn with_loss(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }

    /// The qubit.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// assert_eq!(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?.qubit().omega(), 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn qubit(&self) -> &Qubit {
        &self.qubit
    }

    /// T.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// assert_eq!(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?.horizon(), 5.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn horizon(&self) -> f64 {
        self.horizon
    }

    /// K.
    ///
    /// ```
    /// use sdml::{ch2_control::qubit::{Grape, Qubit}, random::Streams};
    /// let grape = Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?;
    /// assert_eq!(grape.random_start(&Streams::new(1, "doc"), 0).len(), grape.pieces());
    /// assert_eq!(grape.pieces(), 20);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// The loss at `u`; ∂L/∂u_k goes into `gradient`.
    ///
    /// # Errors
    /// Slices that are not K numbers long, a control that is not finite, or one so large that the loss is not.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// let grape = Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 2)?;
    /// // Without splitting 1 − F = cos²((u_1 + u_2)/2).
    /// let mut gradient = [0.0; 2];
    /// let loss = grape.gradient(&[0.3, 0.5], &mut gradient)?;
    /// assert!((loss - 0.4f64.cos().powi(2)).abs() < 1e-15);
    /// assert!(gradient.iter().all(|g| (g + 0.5 * 0.8f64.sin()).abs() < 1e-15));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(&self, u: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.gradient_in(u, gradient, &mut Vec::new())
    }

    /// [`Grape::gradient`] with room for the states.
    pub(super) fn gradient_in(
        &self,
        u: &[f64],
        gradient: &mut [f64],
        states: &mut Vec<State>,
    ) -> Result<f64> {
        for (name, length) in [("u.len()", u.len()), ("gradient.len()", gradient.len())] {
            if length != self.pieces {
                return Err(Error::argument(name, length, format!("the number of pieces, {}", self.pieces)));
            }
        }
        u.iter().try_for_each(|&u| finite("u", u).map(drop))?;
        let loss = self.evaluate(u, gradient, states);
        stays_finite("loss", std::iter::once(&loss).chain(&*gradient), self.pieces)?;
        Ok(loss)
    }

    // ANCHOR: gradient
    fn evaluate(&self, u: &[f64], gradient: &mut [f64], states: &mut Vec<State>) -> f64 {
        let tau = self.horizon / self.pieces as f64;
        states.clear();
        states.push(START);
        for (k, &u) in u.iter().enumerate() {
            states.push(self.qubit.step(u, tau).apply(&states[k]));
        }
        let (loss, mut lambda) = self.loss.of(&states[u.len()]);
        for (k, &u) in u.iter().enumerate().rev() {
            gradient[k] = inner(&lambda, &self.qubit.step_derivative(u, tau).apply(&states[k]));
            lambda = self.qubit.step(u, tau).apply_adjoint(&lambda);
        }
        loss
    }
    // ANCHOR_END: gradient

    /// The values of a random start, uniform within the bounds.
    ///
    /// ```
    /// use sdml::{ch2_control::qubit::{Grape, Qubit}, random::Streams};
    /// let (grape, streams) = (Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?, Streams::new(1, "doc"));
    /// let start = grape.random_start(&streams, 3);
    /// assert!(start.iter().all(|u| u.abs() <= 2.0) && start.iter().any(|u| u.abs() > 0.5));
    /// assert_ne!(start, grape.random_start(&streams, 4));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn random_start(&self, streams: &Streams, index: u64) -> Vec<f64> {
        let mut stream = streams.stream(index);
        (0..self.pieces).map(|_| self.qubit.bound() * (2.0 * stream.uniform() - 1.0)).collect()
    }

    /// Descends from `u` by the spectral projected gradient method (Birgin, Martínez and Raydan 2000): a step against
    /// the gradient of Barzilai and Borwein's length, cut off at the bounds, shortened where it would not help.
    ///
    /// # Errors
    /// As [`Grape::gradient`], a start beyond the bounds, or no iterations.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, Qubit};
    /// let optimum = Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?.optimize(vec![0.5; 20], 1000)?;
    /// assert!(optimum.loss < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn optimize(&self, u: Vec<f64>, iterations: usize) -> Result<Optimum> {
        at_least("iterations", iterations, 1)?;
        self.within_bounds(&u)?;
        let mut gradient = vec![0.0; self.pieces];
        let loss = self.gradient(&u, &mut gradient)?;
        Ok(self.descend(u, loss, gradient, iterations))
    }

    /// Refuses a control beyond the bounds.
    pub(super) fn within_bounds(&self, u: &[f64]) -> Result<()> {
        let bound = self.qubit.bound();
        match u.iter().find(|u| u.abs() > bound) {
            Some(u) => Err(Error::argument("u", u, format!("within ±{bound}"))),
            None => Ok(()),
        }
    }

    // ANCHOR: descend
    fn descend(&self, mut u: Vec<f64>, mut loss: f64, mut gradient: Vec<f64>, iterations: usize) -> Optimum {
        let bound = self.qubit.bound();
        let moved = |u: &[f64], g: &[f64], length: f64| -> Vec<f64> {
            u.iter().zip(g).map(|(u, g)| (u - length * g).clamp(-bound, bound) - u).collect()
        };
        let largest = |d: Vec<f64>| d.into_iter().fold(0.0, |most: f64, d| most.max(d.abs()));
        // No second derivative along a unit vector exceeds 4Tτ: the first step cannot go too far.
        let first = self.pieces as f64 / (4.0 * self.horizon * self.horizon);
        let (mut length, mut recent) = (first, vec![loss; MEMORY]);
        let (mut trial, mut next, mut states) = (u.clone(), gradient.clone(), Vec::new());
        let mut k = 0;
        while k < iterations && largest(moved(&u, &gradient, 1.0)) > RESIDUAL {
            let direction = moved(&u, &gradient, length);
            let slope: f64 = direction.iter().zip(&gradient).map(|(d, g)| d * g).sum();
            let worst = recent.iter().copied().fold(0.0, f64::max);
            let mut share = 1.0;
            let found = loop {
                for ((trial, u), d) in trial.iter_mut().zip(&u).zip(&direction) {
                    *trial = u + share * d;
                }
                let value = self.evaluate(&trial, &mut next, &mut states);
                if value <= worst + 1e-4 * share * slope {
                    break Some(value);
                }
                share *= 0.5;
                // Below this nothing but rounding is left to gain.
                if share < 1e-12 {
                    break None;
                }
            };
            let Some(value) = found else { break };
            let (mut ss, mut sy) = (0.0, 0.0);
            for k in 0..u.len() {
                let (s, y) = (trial[k] - u[k], next[k] - gradient[k]);
                ss += s * s;
                sy += s * y;
            }
            length = if sy > 0.0 { (ss / sy).clamp(1e-10, 1e10) } else { 1e3 };
            std::mem::swap(&mut u, &mut trial);
            std::mem::swap(&mut gradient, &mut next);
            loss = value;
            recent[k % MEMORY] = loss;
            k += 1;
        }
        let residual = largest(moved(&u, &gradient, 1.0));
        Optimum { u, loss, iterations: k, residual }
    }
    // ANCHOR_END: descend

    /// [`Grape::optimize`] from `starts` random starts, in their order.
    ///
    /// # Errors
    /// No starts or no iterations.
    ///
    /// ```
    /// use sdml::{ch2_control::qubit::{Grape, Qubit}, random::Streams};
    /// let (grape, streams) = (Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 4)?, Streams::new(1, "doc"));
    /// let optima = grape.from_random_starts(&streams, 3, 20)?;
    /// // Each is what its start alone leads to.
    /// assert_eq!(optima[2], grape.optimize(grape.random_start(&streams, 2), 20)?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_random_starts(
        &self,
        streams: &Streams,
        starts: usize,
        iterations: usize,
    ) -> Result<Vec<Optimum>> {
        (0..at_least("starts", starts, 1)? as u64)
            .into_par_iter()
            .map(|index| self.optimize(self.random_start(streams, index), iterations))
            .collect()
    }
}
