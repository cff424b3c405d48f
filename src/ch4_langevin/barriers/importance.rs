//! Annealed importance sampling (Neal 2001; Jarzynski 1997): normalizing constants from chains that never equilibrate.
//!
//! On the way U_λ = (1 − λ)U₀ + λU₁, 0 = λ₀ < … < λ_K = 1, start from x₀ ~ e^{−U₀}/Z₀ and alternate: first gain the weight
//!
//! ln w += (λₖ − λₖ₋₁)(U₀ − U₁)(xₖ₋₁),
//!
//! then move xₖ₋₁ to xₖ by a kernel that keeps e^{−U_{λₖ}} invariant. Then E w = Z₁/Z₀ exactly, however few the steps; slow
//! annealing only makes the weights even.

use crate::Result;
use crate::error::{at_least, finite, some_paths};
use crate::random::{Stream, Streams};
use crate::statistics::{Estimate, Moments};

/// A way from U₀ to U₁ in K equal steps of λ. `start` draws from e^{−U₀}/Z₀, `gain(x)` is U₀(x) − U₁(x), and
/// `kernel(x, λ, stream)` moves x and keeps e^{−U_λ} invariant.
#[derive(Debug, Clone)]
pub struct AnnealedImportance<D, G, K> {
    steps: usize,
    start: D,
    gain: G,
    kernel: K,
}

/// The logarithms of independent weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    logs: Vec<f64>,
}

impl<S, D, G, K> AnnealedImportance<D, G, K>
where
    D: Fn(&mut Stream) -> S + Sync,
    G: Fn(&S) -> f64 + Sync,
    K: Fn(&mut S, f64, &mut Stream) -> Result<()> + Sync,
{
    /// The way in `steps` steps.
    ///
    /// ```
    /// use sdml::{ch4_langevin::barriers::AnnealedImportance, random::Streams};
    /// // From x²/2 to 2x² in one step: plain importance sampling of Z₁/Z₀ = ½.
    /// let way = AnnealedImportance::new(1, |stream| stream.normal(), |x: &f64| -1.5 * x * x, |_, _, _| Ok(()))?;
    /// let weights = way.run(&Streams::new(1, "doc"), 10_000)?;
    /// assert!(weights.mean()?.z(0.5).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// No step.
    pub fn new(steps: usize, start: D, gain: G, kernel: K) -> Result<Self> {
        Ok(Self { steps: at_least("steps", steps, 1)?, start, gain, kernel })
    }

    /// The weights of `paths` independent runs.
    ///
    /// # Errors
    /// No run, a gain that is not finite (is U₁ infinite where U₀ is not?), what the kernel refuses.
    pub fn run(&self, streams: &Streams, paths: u64) -> Result<Weights> {
        let logs = streams.map_reduce(
            some_paths(paths)?,
            Vec::new,
            |logs, _path, stream| {
                logs.push(self.log_weight(stream)?);
                Ok(())
            },
            |mut left, mut right| {
                left.append(&mut right);
                left
            },
        )?;
        Ok(Weights { logs })
    }

    // ANCHOR: log_weight
    fn log_weight(&self, stream: &mut Stream) -> Result<f64> {
        let mut x = (self.start)(stream);
        let mut log_weight = 0.0;
        for k in 1..=self.steps {
            log_weight += finite("gain", (self.gain)(&x))? / self.steps as f64;
            (self.kernel)(&mut x, k as f64 / self.steps as f64, stream)?;
        }
        Ok(log_weight)
    }
    // ANCHOR_END: log_weight
}

impl Weights {
    /// The logarithms of the weights.
    pub fn logs(&self) -> &[f64] {
        &self.logs
    }

    /// The mean weight, an unbiased estimate of Z₁/Z₀.
    ///
    /// # Errors
    /// Fewer than two weights, or some too large for a floating-point number.
    pub fn mean(&self) -> Result<Estimate> {
        self.logs.iter().map(|log| log.exp()).collect::<Moments>().mean()
    }

    /// ln of the mean weight, which cannot overflow, with the standard error that a small relative error has.
    ///
    /// # Errors
    /// Fewer than two weights.
    pub fn log_mean(&self) -> Result<Estimate> {
        let largest = self.largest();
        let scaled = self.logs.iter().map(|log| (log - largest).exp()).collect::<Moments>().mean()?;
        Ok(Estimate {
            mean: largest + scaled.mean.ln(),
            standard_error: scaled.standard_error / scaled.mean,
            count: scaled.count,
        })
    }

    /// (Σw)²/Σw²: as many even weights would be as good (Kish 1965).
    ///
    /// ```
    /// use sdml::{ch4_langevin::barriers::AnnealedImportance, random::Streams};
    /// let nothing_to_do = AnnealedImportance::new(3, |_| 0.0, |_: &f64| 1.0, |_, _, _| Ok(()))?;
    /// assert_eq!(nothing_to_do.run(&Streams::new(1, "doc"), 50)?.effective_size(), 50.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn effective_size(&self) -> f64 {
        let largest = self.largest();
        let (sum, squares) = self.logs.iter().fold((0.0, 0.0), |(sum, squares), log| {
            let w = (log - largest).exp();
            (sum + w, squares + w * w)
        });
        sum * sum / squares
    }

    fn largest(&self) -> f64 {
        self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}
