//! Parallel tempering (Swendsen and Wang 1986; Geyer 1991): chains at several temperatures that exchange their positions.
//!
//! Between neighbours at βᵢ and βⱼ an exchange is accepted with probability min(1, e^{(βᵢ − βⱼ)(U(xᵢ) − U(xⱼ))}), which keeps
//! Πₖ e^{−βₖU(xₖ)} invariant. The hot chain crosses the barrier, and what it finds sinks down the ladder.

use ndarray::Array2;

use crate::ch4_langevin::overdamped::Mala;
use crate::ch4_langevin::sampler::{Chains, Potential};
use crate::error::{at_least, positive};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// `count` inverse temperatures from `hot` to `cold` in constant ratio.
///
/// ```
/// let betas = sdml::ch4_langevin::barriers::ladder(1.0, 4.0, 3)?;
/// assert!((betas[1] - 2.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Fewer than two, numbers that are not positive, or `hot` ≥ `cold`.
pub fn ladder(hot: f64, cold: f64, count: usize) -> Result<Vec<f64>> {
    at_least("count", count, 2)?;
    let ratio = positive("cold", cold)? / positive("hot", hot)?;
    if ratio <= 1.0 {
        return Err(Error::argument(
            "cold",
            cold,
            format!("greater than hot = {hot}: it is an inverse temperature"),
        ));
    }
    Ok((0..count).map(|k| hot * ratio.powf(k as f64 / (count - 1) as f64)).collect())
}

/// Independent copies of a ladder of MALA chains in one potential, hot first.
///
/// ```
/// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
/// let well = DoubleWell::new(1)?;
/// // Twenty ladders of three chains, all in the right well.
/// let mut tempering = Tempering::new(&well, &[1.0, 3.0, 9.0], |beta| 0.1 / beta, 1, 20, &[1.0])?;
/// let mut right = 0.0;
/// for _ in 0..500 {
///     tempering.sweep(5)?;
///     right += tempering.positions(2).iter().filter(|x| **x > 0.0).count() as f64 / (500.0 * 20.0);
/// }
/// assert!((right - 0.5).abs() < 0.1);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tempering<'a, U> {
    betas: Vec<f64>,
    rungs: Vec<Chains<'a, U, Mala>>,
    exchange: Vec<Stream>,
    walkers: Vec<Vec<usize>>,
    sweeps: usize,
    tried: Vec<u64>,
    accepted: Vec<u64>,
}

impl<'a, U: Potential> Tempering<'a, U> {
    /// `count` ladders with the inverse temperatures `betas`; the chain at β takes steps of `h(β)`. All chains start from `start`.
    ///
    /// # Errors
    /// Fewer than two temperatures, not positive or not increasing; steps that are not positive; and what
    /// [`Chains::from_point`] refuses.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
    /// let well = DoubleWell::new(1)?;
    /// assert!(Tempering::new(&well, &[1.0, 3.0], |beta| 0.1 / beta, 1, 2, &[1.0]).is_ok());
    /// // From hot to cold, not the other way.
    /// assert!(Tempering::new(&well, &[3.0, 1.0], |beta| 0.1 / beta, 1, 2, &[1.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(
        potential: &'a U,
        betas: &[f64],
        h: impl Fn(f64) -> f64,
        seed: u64,
        count: usize,
        start: &[f64],
    ) -> Result<Self> {
        at_least("betas.len()", betas.len(), 2)?;
        for &beta in betas {
            positive("betas", beta)?;
        }
        if betas.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(Error::argument("betas", format!("{betas:?}"), "increasing, from hot to cold"));
        }
        let rung = |(k, &beta): (usize, &f64)| {
            let streams = Streams::new(seed, &format!("rung {k}"));
            Chains::from_point(potential, Mala::new(beta, h(beta))?, streams, count, start)
        };
        let exchange = Streams::new(seed, "exchange");
        Ok(Self {
            betas: betas.to_vec(),
            rungs: betas.iter().enumerate().map(rung).collect::<Result<_>>()?,
            exchange: (0..count as u64).map(|ladder| exchange.stream(ladder)).collect(),
            walkers: vec![(0..betas.len()).collect(); count],
            sweeps: 0,
            tried: vec![0; betas.len() - 1],
            accepted: vec![0; betas.len() - 1],
        })
    }

    /// Makes `steps` steps with every chain, then tries exchanges: between the pairs (0, 1), (2, 3), … of every ladder after one
    /// sweep, (1, 2), (3, 4), … after the next (Okabe, Kawata, Okamoto and Mikami 2001).
    ///
    /// # Errors
    /// A chain that escapes.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
    /// let well = DoubleWell::new(1)?;
    /// let mut tempering = Tempering::new(&well, &[1.0, 3.0], |beta| 0.1 / beta, 1, 2, &[1.0])?;
    /// tempering.sweep(5)?;
    /// assert!(tempering.positions(0).iter().all(|x| *x != 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sweep(&mut self, steps: usize) -> Result<()> {
        for rung in &mut self.rungs {
            rung.advance(steps)?;
        }
        let potential = self.rungs[0].potential();
        let before: Vec<Array2<f64>> = self.rungs.iter().map(Chains::positions).collect();
        for ladder in 0..self.exchange.len() {
            for k in (self.sweeps % 2..self.betas.len() - 1).step_by(2) {
                // ANCHOR: exchange
                let [hot, cold] = [k, k + 1].map(|k| before[k].row(ladder).to_vec());
                let gain = potential.value(&hot) - potential.value(&cold);
                let log_ratio = (self.betas[k] - self.betas[k + 1]) * gain;
                if self.exchange[ladder].uniform() < log_ratio.exp() {
                    self.rungs[k].set_position(ladder, &cold)?;
                    self.rungs[k + 1].set_position(ladder, &hot)?;
                    self.walkers[ladder].swap(k, k + 1);
                    self.accepted[k] += 1;
                }
                // ANCHOR_END: exchange
                self.tried[k] += 1;
            }
        }
        self.sweeps += 1;
        Ok(())
    }

    /// The positions at temperature number `k`, a row for each ladder.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
    /// let well = DoubleWell::new(1)?;
    /// let tempering = Tempering::new(&well, &[1.0, 3.0], |beta| 0.1 / beta, 1, 2, &[1.0])?;
    /// assert_eq!(tempering.positions(1), ndarray::array![[1.0], [1.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn positions(&self, k: usize) -> Array2<f64> {
        self.rungs[k].positions()
    }

    /// Which chain of the start is now at which temperature, in the ladder with this number.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
    /// let well = DoubleWell::new(1)?;
    /// let mut tempering = Tempering::new(&well, &[1.0, 1.001], |beta| 0.1 / beta, 1, 1, &[1.0])?;
    /// assert_eq!(tempering.walkers(0), [0, 1]);
    /// // At nearly equal temperatures the first exchange is all but certain.
    /// tempering.sweep(5)?;
    /// assert_eq!(tempering.walkers(0), [1, 0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn walkers(&self, ladder: usize) -> &[usize] {
        &self.walkers[ladder]
    }

    /// The share of exchanges accepted so far between the temperatures k and k + 1; not a number before any was tried.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Tempering, sampler::DoubleWell};
    /// let well = DoubleWell::new(1)?;
    /// let mut tempering = Tempering::new(&well, &[1.0, 1.001], |beta| 0.1 / beta, 1, 10, &[1.0])?;
    /// assert!(tempering.exchange_rate(0).is_nan());
    /// tempering.sweep(5)?;
    /// assert!(tempering.exchange_rate(0) > 0.8);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn exchange_rate(&self, k: usize) -> f64 {
        self.accepted[k] as f64 / self.tried[k] as f64
    }
}
