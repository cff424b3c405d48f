//! Parallel tempering (Swendsen and Wang 1986; Geyer 1991): chains at several temperatures that exchange their states.
//!
//! Between two replicas at βᵢ and βⱼ an exchange is accepted with probability min(1, e^{(βᵢ − βⱼ)(U(xᵢ) − U(xⱼ))}), which keeps
//! Πₖ e^{−βₖU(xₖ)} invariant. The hot replica crosses the barrier; its states sink down the ladder.

use crate::error::{at_least, finite, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// Inverse temperatures, from hot to cold.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    betas: Vec<f64>,
}

impl Ladder {
    /// The ladder with these inverse temperatures.
    ///
    /// # Errors
    /// Fewer than two, or numbers that are not positive and strictly increasing.
    pub fn new(betas: Vec<f64>) -> Result<Self> {
        at_least("betas.len()", betas.len(), 2)?;
        for &beta in &betas {
            positive("betas", beta)?;
        }
        if betas.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::argument(
                "betas",
                format!("{betas:?}"),
                "strictly increasing, from hot to cold",
            ));
        }
        Ok(Self { betas })
    }

    /// `count` inverse temperatures from `hot` to `cold` in constant ratio.
    ///
    /// ```
    /// let ladder = sdml::ch4_langevin::barriers::Ladder::geometric(1.0, 4.0, 3)?;
    /// assert!((ladder.betas()[1] - 2.0).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn geometric(hot: f64, cold: f64, count: usize) -> Result<Self> {
        let part = |k: usize| k as f64 / (count - 1) as f64;
        at_least("count", count, 2)?;
        Self::new((0..count).map(|k| hot.powf(1.0 - part(k)) * cold.powf(part(k))).collect())
    }

    /// The inverse temperatures.
    pub fn betas(&self) -> &[f64] {
        &self.betas
    }
}

/// Replicas of one system on a ladder. `kernel(x, β, stream)` moves one replica and must keep e^{−βU} invariant.
#[derive(Debug, Clone)]
pub struct Tempering<U, K> {
    ladder: Ladder,
    potential: U,
    kernel: K,
}

/// How the exchanges went, between neighbours k and k + 1 of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swaps {
    /// How many were tried.
    pub tried: Vec<u64>,
    /// How many were accepted.
    pub accepted: Vec<u64>,
}

impl<U, K> Tempering<U, K> {
    /// Tempering of e^{−βU} on `ladder`.
    ///
    /// ```
    /// use sdml::{ch4_langevin::barriers::{Ladder, Tempering}, random::Streams};
    /// // U = x²/2, whose law at β can be drawn at once.
    /// let exact = |x: &mut f64, beta: f64, stream: &mut sdml::random::Stream| {
    ///     *x = stream.normal() / beta.sqrt();
    ///     Ok(())
    /// };
    /// let tempering = Tempering::new(Ladder::new(vec![0.5, 2.0])?, |x: &f64| 0.5 * x * x, exact);
    /// let mut squares = 0.0;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let swaps = tempering.run(vec![0.0; 2], 4000, &mut stream, |x, _| squares += x[1] * x[1])?;
    /// assert!((squares / 4000.0 - 0.5).abs() < 0.05);
    /// assert_eq!(swaps.tried, [2000]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(ladder: Ladder, potential: U, kernel: K) -> Self {
        Self { ladder, potential, kernel }
    }

    /// Moves all replicas from `states` (one for each temperature, hot first) and tries exchanges, `sweeps` times.
    ///
    /// Exchanges are tried between the pairs (0, 1), (2, 3), … after one sweep and (1, 2), (3, 4), … after the next (Okabe et al. 2001).
    /// `observe(states, walkers)` sees the states after every sweep; `walkers[k]` says which starting replica is at temperature k.
    ///
    /// # Errors
    /// Not one state for each temperature, what the kernel refuses, a potential that is not finite.
    pub fn run<S>(
        &self,
        mut states: Vec<S>,
        sweeps: usize,
        stream: &mut Stream,
        mut observe: impl FnMut(&[S], &[usize]),
    ) -> Result<Swaps>
    where
        U: Fn(&S) -> f64,
        K: Fn(&mut S, f64, &mut Stream) -> Result<()>,
    {
        let betas = self.ladder.betas();
        if states.len() != betas.len() {
            let allowed = format!("one for each of {} temperatures", betas.len());
            return Err(Error::argument("states.len()", states.len(), allowed));
        }
        let mut walkers: Vec<usize> = (0..states.len()).collect();
        let mut swaps = Swaps { tried: vec![0; betas.len() - 1], accepted: vec![0; betas.len() - 1] };
        for sweep in 0..sweeps {
            for (state, beta) in states.iter_mut().zip(betas) {
                (self.kernel)(state, *beta, stream)?;
            }
            // ANCHOR: exchange
            for k in (sweep % 2..betas.len() - 1).step_by(2) {
                let gain = (self.potential)(&states[k]) - (self.potential)(&states[k + 1]);
                let log_ratio = (betas[k] - betas[k + 1]) * finite("potential", gain)?;
                swaps.tried[k] += 1;
                if stream.uniform() < log_ratio.exp() {
                    swaps.accepted[k] += 1;
                    states.swap(k, k + 1);
                    walkers.swap(k, k + 1);
                }
            }
            // ANCHOR_END: exchange
            observe(&states, &walkers);
        }
        Ok(swaps)
    }
}

impl Swaps {
    /// The shares of exchanges that were accepted, pair by pair; 0 where none was tried.
    pub fn rates(&self) -> Vec<f64> {
        self.accepted.iter().zip(&self.tried).map(|(yes, all)| *yes as f64 / (*all).max(1) as f64).collect()
    }
}
