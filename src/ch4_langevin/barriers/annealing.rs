//! Annealed importance sampling (Jarzynski 1997; Neal 2001): normalizing constants from chains that never reach equilibrium.
//!
//! On the way U_λ = (1 − λ)U₀ + λβU, 0 = λ₀ < … < λ_K = 1, start from x₀ ~ e^{−U₀}/Z₀ and alternate: first gain the weight
//!
//! ln w += (λₖ − λₖ₋₁) (U₀ − βU)(xₖ₋₁),
//!
//! then move xₖ₋₁ to xₖ by MALA, which keeps e^{−U_{λₖ}} invariant. Then E w = Z(β)/Z₀ exactly, however few the steps; slow
//! annealing only makes the weights even.

use crate::Result;
use crate::ch4_langevin::overdamped::Mala;
use crate::ch4_langevin::sampler::{Chains, Potential};
use crate::error::{at_least, finite, positive};
use crate::random::{Stream, Streams};
use crate::statistics::{Estimate, Moments};

/// How to anneal: the number K of steps of λ, MALA's `moves` at each and their step `h`, how many independent `paths`.
///
/// ```
/// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
/// let well = Harmonic::new(&[1.0])?;
/// let way = Annealing { steps: 3, moves: 1, h: 0.2, paths: 10, seed: 1 };
/// let run = |way: Annealing| way.run(&well, |stream, x| x[0] = stream.normal(), &well, 1.0);
/// assert!(run(way).is_ok() && run(Annealing { steps: 0, ..way }).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annealing {
    /// K.
    pub steps: usize,
    /// Moves of MALA at every λ.
    pub moves: usize,
    /// MALA's step.
    pub h: f64,
    /// The number of weights.
    pub paths: usize,
    /// The seed.
    pub seed: u64,
}

/// (1 − λ)U₀ + λβU.
struct Bridge<'a, A, B> {
    reference: &'a A,
    target: &'a B,
    beta: f64,
    lambda: f64,
}

impl<A: Potential, B: Potential> Potential for Bridge<'_, A, B> {
    fn dimension(&self) -> usize {
        self.target.dimension()
    }

    fn value(&self, x: &[f64]) -> f64 {
        (1.0 - self.lambda) * self.reference.value(x) + self.lambda * self.beta * self.target.value(x)
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let mut other = vec![0.0; x.len()];
        self.reference.gradient(x, &mut other);
        self.target.gradient(x, gradient);
        for (gradient, other) in gradient.iter_mut().zip(other) {
            *gradient = (1.0 - self.lambda) * other + self.lambda * self.beta * *gradient;
        }
    }
}

/// The logarithms of independent weights, and where their chains ended.
///
/// ```
/// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
/// // From N(0, 1) to N(0, 1) nothing has to be made up for: all weights are 1.
/// let (well, way) = (Harmonic::new(&[1.0])?, Annealing { steps: 3, moves: 1, h: 0.2, paths: 10, seed: 1 });
/// let weights = way.run(&well, |stream, x| x[0] = stream.normal(), &well, 1.0)?;
/// assert!(weights.logs() == [0.0; 10] && weights.effective_size() == 10.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    logs: Vec<f64>,
    ends: Vec<Vec<f64>>,
}

impl Annealing {
    /// The weights of all paths from e^{−U₀}, of which `draw` takes a sample, to e^{−βU}.
    ///
    /// ```
    /// use sdml::ch4_langevin::barriers::Annealing;
    /// use sdml::ch4_langevin::sampler::Harmonic;
    /// // From N(0, 1) to N(0, 1/4): Z(β)/Z₀ = ½.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 5, moves: 1, h: 0.2, paths: 2000, seed: 1 };
    /// let weights = way.run(&one, |stream, x| x[0] = stream.normal(), &four, 1.0)?;
    /// assert!(weights.mean()?.z(0.5).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// No step, move or path; an h or β that is not positive; potentials of different dimension; a weight that is not finite
    /// (is βU infinite where U₀ is not?).
    pub fn run<A: Potential, B: Potential>(
        &self,
        reference: &A,
        draw: impl Fn(&mut Stream, &mut [f64]),
        target: &B,
        beta: f64,
    ) -> Result<Weights> {
        at_least("steps", self.steps, 1)?;
        at_least("moves", self.moves, 1)?;
        let d = at_least("target.dimension()", target.dimension(), reference.dimension())?;
        at_least("reference.dimension()", reference.dimension(), d)?;
        let scheme = Mala::new(1.0, self.h)?;
        positive("beta", beta)?;
        let streams = Streams::new(self.seed, "annealing, start");
        let start = |path: usize| {
            let mut x = vec![0.0; d];
            draw(&mut streams.stream(path as u64), &mut x);
            x
        };
        let mut ends: Vec<Vec<f64>> = (0..at_least("paths", self.paths, 1)?).map(start).collect();
        let mut logs = vec![0.0; self.paths];
        // ANCHOR: anneal
        for k in 1..=self.steps {
            let gain = |x: &[f64]| reference.value(x) - beta * target.value(x);
            for (log, x) in logs.iter_mut().zip(&ends) {
                *log += finite("weight", gain(x))? / self.steps as f64;
            }
            let bridge = Bridge { reference, target, beta, lambda: k as f64 / self.steps as f64 };
            let streams = Streams::new(self.seed, &format!("annealing, step {k}"));
            let from = |path: usize, _: &mut Stream, x: &mut [f64]| x.copy_from_slice(&ends[path]);
            let mut chains = Chains::new(&bridge, scheme, streams, self.paths, from)?;
            chains.advance(self.moves)?;
            ends = chains.positions().rows().into_iter().map(|x| x.to_vec()).collect();
        }
        // ANCHOR_END: anneal
        Ok(Weights { logs, ends })
    }
}

impl Weights {
    /// The logarithms of the weights.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
    /// // In one step nothing has moved yet: U₀ − U = ½ − 2 at x = 1.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 1, moves: 1, h: 0.2, paths: 3, seed: 1 };
    /// assert_eq!(way.run(&one, |_, x| x[0] = 1.0, &four, 1.0)?.logs(), [-1.5; 3]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn logs(&self) -> &[f64] {
        &self.logs
    }

    /// The mean weight, an unbiased estimate of Z(β)/Z₀.
    ///
    /// # Errors
    /// Fewer than two weights, or some too large for a floating-point number.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
    /// // All from x = 1 in one step: the weights are e^{−3/2}, without a spread.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 1, moves: 1, h: 0.2, paths: 4, seed: 1 };
    /// let mean = way.run(&one, |_, x| x[0] = 1.0, &four, 1.0)?.mean()?;
    /// assert_eq!((mean.mean, mean.standard_error), ((-1.5f64).exp(), 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> Result<Estimate> {
        self.logs.iter().map(|log| log.exp()).collect::<Moments>().mean()
    }

    /// The logarithm of the mean weight, an estimate of ln (Z(β)/Z₀) that no weight can overflow. Its standard error is that of the
    /// mean weight over the mean weight (the delta method).
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
    /// // From N(0, 1) to N(0, 1/4): Z(β)/Z₀ = ½.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 5, moves: 1, h: 0.2, paths: 2000, seed: 1 };
    /// let weights = way.run(&one, |stream, x| x[0] = stream.normal(), &four, 1.0)?;
    /// assert!(weights.log_mean()?.z(0.5f64.ln()).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than two weights.
    pub fn log_mean(&self) -> Result<Estimate> {
        let Estimate { mean, standard_error, count } = self.scaled().collect::<Moments>().mean()?;
        Ok(Estimate { mean: self.largest() + mean.ln(), standard_error: standard_error / mean, count })
    }

    /// Σ w f(x)/Σ w over the ends of the paths: the mean of f under e^{−βU}.
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
    /// // From N(0, 1) to N(0, 1/4): E x² = ¼.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 5, moves: 1, h: 0.2, paths: 2000, seed: 1 };
    /// let weights = way.run(&one, |stream, x| x[0] = stream.normal(), &four, 1.0)?;
    /// assert!((weights.expectation(|x| x[0] * x[0]) - 0.25).abs() < 0.05);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn expectation(&self, f: impl Fn(&[f64]) -> f64) -> f64 {
        let [sum, total] = self
            .scaled()
            .zip(&self.ends)
            .fold([0.0, 0.0], |[sum, total], (w, x)| [sum + w * f(x), total + w]);
        sum / total
    }

    /// (Σw)²/Σw²: as many even weights would be as good (Kish 1965).
    ///
    /// ```
    /// use sdml::ch4_langevin::{barriers::Annealing, sampler::Harmonic};
    /// // Half of the paths start at 0, with the weight 1, half at 1, with the weight e^{−3/2}.
    /// let (one, four) = (Harmonic::new(&[1.0])?, Harmonic::new(&[4.0])?);
    /// let way = Annealing { steps: 1, moves: 1, h: 0.2, paths: 1000, seed: 1 };
    /// let start = |stream: &mut sdml::random::Stream, x: &mut [f64]| x[0] = f64::from(stream.uniform() < 0.5);
    /// let size = way.run(&one, start, &four, 1.0)?.effective_size();
    /// let w = (-1.5f64).exp();
    /// assert!((size / 1000.0 - 0.5 * (1.0 + w).powi(2) / (1.0 + w * w)).abs() < 0.05);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: effective_size
    pub fn effective_size(&self) -> f64 {
        let [sum, squares] = self.scaled().fold([0.0, 0.0], |[sum, squares], w| [sum + w, squares + w * w]);
        sum * sum / squares
    }
    // ANCHOR_END: effective_size

    /// The weights over the largest one: they cannot overflow.
    fn scaled(&self) -> impl Iterator<Item = f64> + '_ {
        let largest = self.largest();
        self.logs.iter().map(move |log| (log - largest).exp())
    }

    /// The largest logarithm.
    fn largest(&self) -> f64 {
        self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}
