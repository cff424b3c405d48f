//! Time evolution without a time step.
//!
//! The finite volumes exchange mass like the states of a Markov chain in continuous time. Let a Poisson clock tick at a rate
//! Λ no smaller than any exit rate, and move mass only at its ticks, by the stochastic matrix P = I + A/Λ. Then
//!
//! p(t) = e^{tA} p(0) = Σₖ e^{−Λt} (Λt)ᵏ/k! · Pᵏ p(0)   (Jensen 1953, "uniformization").
//!
//! Every term is nonnegative and has mass 1, so the sum is a density at any t, and it is cut only where the Poisson weights
//! fall below rounding. The price is about Λt products with P.

use super::finite_volume::{Face, start};
use super::{Density, FokkerPlanck};
use crate::{Error, Result};

/// More ticks than this are refused rather than waited for.
const MOST_TICKS: f64 = 1e7;

/// Densities below this are nothing: so small a number has too few digits left to be kept from turning negative.
const NOTHING: f64 = 1e-290;

/// Poisson weights below this share of the largest are left out.
const NEGLIGIBLE: f64 = 1e-18;

impl<const N: usize> FokkerPlanck<N> {
    /// The density at time `time`, exact in time.
    ///
    /// # Errors
    /// A density on another grid, a time that is not finite and positive, or one so long that the clock would tick more
    /// than 10⁷ times (in one dimension use [`integrate`](FokkerPlanck::integrate) then).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([-3.0], [3.0], [30])?;
    /// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
    /// let start = Density::proportional_to(grid, |[x]| (-(x - 1.0).powi(2)).exp())?;
    /// // No time step, no error: two halves make the whole.
    /// let halves = equation.evolve(&equation.evolve(&start, 0.5)?, 0.5)?;
    /// assert!(equation.evolve(&start, 1.0)?.distance(&halves)? < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: evolve
    pub fn evolve(&self, initial: &Density<N>, time: f64) -> Result<Density<N>> {
        start(self.grid(), initial, time)?;
        let jumps = Jumps::of(self);
        let (first, weights) = poisson_weights(jumps.ticks(time)?)?;
        let mut term = initial.values().to_vec();
        let mut next = vec![0.0; term.len()];
        let mut sum = vec![0.0; term.len()];
        for _ in 0..first {
            jumps.apply(&term, &mut next);
            std::mem::swap(&mut term, &mut next);
        }
        for weight in weights {
            sum.iter_mut().zip(&term).for_each(|(sum, p)| *sum += weight * p);
            jumps.apply(&term, &mut next);
            std::mem::swap(&mut term, &mut next);
        }
        Ok(Density::trusted(*self.grid(), sum))
    }
    // ANCHOR_END: evolve
}

/// The stochastic matrix P = I + A/Λ, by the shares of two cells that change places at a tick.
struct Jumps {
    clock: f64,
    cross: Vec<(usize, usize, f64, f64)>,
}

impl Jumps {
    /// The clock ticks a little faster than it must: every cell keeps a share that rounding cannot turn negative.
    fn of<const N: usize>(equation: &FokkerPlanck<N>) -> Self {
        let clock = 1.01 * equation.exit_rates().into_iter().fold(0.0, f64::max);
        let share = |face: &Face| (face.i, face.j, face.forward / clock, face.backward / clock);
        Self { clock, cross: equation.faces().iter().map(share).collect() }
    }

    /// The mean number of ticks in a time.
    fn ticks(&self, time: f64) -> Result<f64> {
        let longest = MOST_TICKS / self.clock;
        if time <= longest {
            Ok(self.clock * time)
        } else {
            Err(Error::argument("time", time, format!("at most {longest:.3e} on this grid")))
        }
    }

    /// One tick: `next` = P `p`. What leaves one cell enters its neighbour, to the last bit.
    // ANCHOR: tick
    fn apply(&self, p: &[f64], next: &mut [f64]) {
        next.copy_from_slice(p);
        for &(i, j, forward, backward) in &self.cross {
            let flow = forward * p[i] - backward * p[j];
            next[i] -= flow;
            next[j] += flow;
        }
        for p in next {
            *p = if p.abs() < NOTHING { 0.0 } else { *p };
        }
    }
    // ANCHOR_END: tick
}

/// The weights e^{−m} mᵏ/k! of the Poisson law of mean m, with the first k that counts: from the largest outwards, so that
/// nothing underflows, and with sum 1 (Fox and Glynn 1988).
///
/// # Errors
/// A mean that is not finite, negative, or beyond 10⁷.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::poisson_weights;
/// let (first, weights) = poisson_weights(0.3)?;
/// assert_eq!(first, 0);
/// assert!((weights[2] - (-0.3f64).exp() * 0.3 * 0.3 / 2.0).abs() < 1e-16);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn poisson_weights(mean: f64) -> Result<(usize, Vec<f64>)> {
    if !(0.0..=MOST_TICKS).contains(&mean) {
        return Err(Error::argument("mean", mean, format!("between 0 and {MOST_TICKS:e}")));
    }
    let mode = mean.floor();
    let mut below = Vec::new();
    let (mut k, mut weight) = (mode, 1.0);
    while k > 0.0 && weight > NEGLIGIBLE {
        weight *= k / mean;
        k -= 1.0;
        below.push(weight);
    }
    let first = mode as usize - below.len();
    let mut weights: Vec<f64> = below.into_iter().rev().collect();
    (k, weight) = (mode, 1.0);
    while weight > NEGLIGIBLE {
        weights.push(weight);
        k += 1.0;
        weight *= mean / k;
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    Ok((first, weights))
}
