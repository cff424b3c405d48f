//! A neural SDE learns a transition law from pairs (X(0), X(τ)): the double well of the book, whose law is known.
//!
//! For each pair (x, y), m paths X¹, …, Xᵐ start at x, and the loss is the unbiased estimate of the energy score (the
//! continuous ranked probability score; Gneiting and Raftery 2007)
//!
//! (1/m) Σᵢ |Xⁱ − y| − (1/(m(m − 1))) Σ_{i<j} |Xⁱ − Xʲ|,
//!
//! whose mean over y exceeds its least value, that of the true law F, by ∫ (G − F)² dz where G is the law of the paths: it
//! is least for the true law and for no other. Gradients are pathwise, through the solver.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::batch::{Batch, BatchScheme, WayBack};
use super::network::{NetworkSde, view};
use crate::ch1_preliminaries::fokker_planck::double_well::{force, potential};
use crate::ch1_preliminaries::fokker_planck::{self, Density, FokkerPlanck};
use crate::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use crate::ch1_preliminaries::sde::Grid;
use crate::ch2_control::backprop::{Activation, Mlp};
use crate::error::{at_least, positive};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// Paths from each start when laws are compared.
const PATHS: usize = 1 << 14;

/// Everything a fit depends on. The data are `pairs` pairs of the double well dX = −U′(X) dt + √(2/β) dB with X(0)
/// uniform on [−reach, reach]; the model has networks 1–`width`–`width`–1 and is solved in `steps` steps of Heun's scheme.
///
/// ```
/// use sdml::ch2_control::neural_sde::TransitionFit;
/// // The last step ends where the law is asked for.
/// let fit = TransitionFit { lag: 0.25, steps: 4, ..TransitionFit::standard(0) };
/// assert_eq!((fit.grid()?.h(), fit.grid()?.time(4)), (0.0625, 0.25));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionFit {
    /// The seed of data, parameters and noise.
    pub seed: u64,
    /// β.
    pub beta: f64,
    /// τ.
    pub lag: f64,
    /// How far from 0 the pairs start.
    pub reach: f64,
    /// How many pairs there are.
    pub pairs: usize,
    /// The width of the hidden layers.
    pub width: usize,
    /// The steps of the model's solver over τ.
    pub steps: usize,
    /// Pairs in a minibatch.
    pub batch: usize,
    /// m, the paths for each pair.
    pub members: usize,
    /// Iterations of Adam.
    pub iterations: usize,
    /// The first learning rate; it falls to 0 like a cosine.
    pub rate: f64,
}

impl TransitionFit {
    /// The fit shown in the book, from a seed.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// assert_eq!(TransitionFit { seed: 0, ..TransitionFit::standard(1) }, TransitionFit::standard(0));
    /// assert_ne!(TransitionFit::standard(0).initial()?, TransitionFit::standard(1).initial()?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn standard(seed: u64) -> Self {
        Self {
            seed,
            beta: 2.0,
            lag: 0.5,
            reach: 1.5,
            pairs: 1 << 14,
            width: 16,
            steps: 16,
            batch: 64,
            members: 8,
            iterations: 600,
            rate: 1e-2,
        }
    }

    /// The model: σ between 0.05 and 2.
    ///
    /// # Errors
    /// A width of 0.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// // Two networks 1–2–2–1 of 4 + 6 + 3 parameters.
    /// let fit = TransitionFit { width: 2, ..TransitionFit::standard(0) };
    /// assert_eq!((fit.model()?.dimension(), fit.model()?.parameters()), (1, 26));
    /// assert!(TransitionFit { width: 0, ..fit }.model().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn model(&self) -> Result<NetworkSde> {
        let network = Mlp::new(&[1, self.width, self.width, 1], Activation::Tanh)?;
        NetworkSde::new(network.clone(), network, 0.05, 2.0)
    }

    /// The parameters before the first step.
    ///
    /// # Errors
    /// As [`Self::model`].
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// let fit = TransitionFit::standard(0);
    /// assert_eq!(fit.initial()?.len(), fit.model()?.parameters());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn initial(&self) -> Result<Vec<f64>> {
        Ok(self.model()?.initial(&mut Streams::new(self.seed, "transition parameters").stream(0)))
    }

    /// The time grid of the model.
    ///
    /// # Errors
    /// No steps, or a lag that is not positive.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// let fit = TransitionFit { lag: 0.5, steps: 2, ..TransitionFit::standard(0) };
    /// assert_eq!(fit.grid()?.h(), 0.25);
    /// assert!(TransitionFit { steps: 0, ..fit }.grid().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn grid(&self) -> Result<Grid> {
        Grid::new(0.0, self.lag, self.steps)
    }

    /// Draws a pair; X(τ) by Heun's scheme with 100 steps.
    fn pair(&self, stream: &mut Stream) -> [f64; 2] {
        let start = self.reach * (2.0 * stream.uniform() - 1.0);
        [start, self.end(start, 100, stream)]
    }

    /// X(τ) of the double well from `x`, by Heun's scheme.
    fn end(&self, x: f64, steps: usize, stream: &mut Stream) -> f64 {
        let (h, sigma) = (self.lag / steps as f64, (2.0 / self.beta).sqrt());
        (0..steps).fold(x, |x, _| {
            let noise = sigma * h.sqrt() * stream.normal();
            let predicted = x + force(x) * h + noise;
            x + 0.5 * h * (force(x) + force(predicted)) + noise
        })
    }

    /// Trains, telling `watch` the iteration and its loss, and returns θ and the losses.
    ///
    /// # Errors
    /// Settings out of range; a loss, path or parameter that leaves the finite numbers, with the iteration and the last
    /// finite loss.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// let fit = TransitionFit { pairs: 64, batch: 16, iterations: 3, ..TransitionFit::standard(0) };
    /// let [theta, losses] = fit.train(|_, _| ())?;
    /// assert_eq!((theta.len(), losses.len()), (2 * 321, 3));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self, mut watch: impl FnMut(usize, f64)) -> Result<[Vec<f64>; 2]> {
        positive("beta", self.beta)?;
        positive("reach", self.reach)?;
        at_least("pairs", self.pairs, 1)?;
        at_least("batch", self.batch, 1)?;
        at_least("members", self.members, 2)?;
        let (sde, mut theta) = (self.model()?, self.initial()?);
        let data = Streams::new(self.seed, "transition pairs");
        let data: Vec<_> = (0..self.pairs).map(|pair| self.pair(&mut data.stream(pair as u64))).collect();
        let mut batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Recorded, self.grid()?);
        let mut start = vec![0.0; self.batch * self.members];
        let mut ends = vec![0.0; self.batch];
        let mut picks = Streams::new(self.seed, "transition minibatches").stream(0);
        let evaluate = |k: usize, theta: &[f64], gradient: &mut [f64]| {
            for (start, end) in start.chunks_exact_mut(self.members).zip(&mut ends) {
                let pick = (picks.uniform() * self.pairs as f64) as u64;
                let [x, y] = data[pick as usize];
                *end = y;
                start.fill(x);
            }
            // Every iteration has its own noise.
            let noise = Streams::new(self.seed.wrapping_add(1000 * k as u64), "transition noise");
            batch.gradient(theta, view(&start, 1), &noise, self.members, gradient, |rows, x, of_x| {
                let first = rows.start / self.members;
                Ok(energy_score(&ends[first..], self.members, 1.0 / self.batch as f64, x, of_x))
            })
        };
        let mut losses = Vec::with_capacity(self.iterations);
        let schedule = Schedule::Cosine { rate: self.rate, steps: self.iterations };
        minimize(&mut theta, &mut Adam::default(), schedule, self.iterations, evaluate, |k, _, loss| {
            watch(k, loss);
            losses.push(loss);
        })?;
        Ok([theta, losses])
    }
    // ANCHOR_END: train

    /// The law of the double well's X(τ) from `x`: the Fokker–Planck equation of Chapter 1 on 1201 cells over [−3, 3].
    ///
    /// # Errors
    /// A start outside (−3, 3); a β or a lag that is not positive.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// // After a short time: x − U′(x)τ = ½ + 1.5 · 0.01, to within half a cell.
    /// let fit = TransitionFit { lag: 0.01, ..TransitionFit::standard(0) };
    /// assert!((fit.law(0.5)?.expectation(|[x]| x) - 0.515).abs() < 4e-3);
    /// assert!(fit.law(4.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn law(&self, x: f64) -> Result<Density<1>> {
        let cells = fokker_planck::Grid::new([-3.0], [3.0], [1201])?;
        let Some(cell) = cells.cell_of([x]) else {
            return Err(Error::argument("x", x, "between -3 and 3"));
        };
        let mut values = vec![0.0; cells.cells()];
        values[cell] = 1.0 / cells.volume();
        let equation = FokkerPlanck::gradient(cells, |[x]| potential(x), 1.0 / self.beta)?;
        equation.evolve(&Density::new(cells, values)?, self.lag)
    }

    /// The Wasserstein distance ∫ |G − F| dz between the model's law G from `x`, sampled by 2¹⁴ paths, and the double
    /// well's law F, averaged over nine starts.
    ///
    /// # Errors
    /// As [`Self::sample`].
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// // An untrained network does not know the force.
    /// let fit = TransitionFit { lag: 0.01, steps: 1, width: 1, ..TransitionFit::standard(0) };
    /// assert!(fit.distance(&fit.initial()?)? > 2.0 * fit.floor()?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn distance(&self, theta: &[f64]) -> Result<f64> {
        self.mean_distance(|x| self.sample(theta, x, PATHS))
    }

    /// The same distance for paths of the double well itself, as many, solved as coarsely as the model: what no training
    /// can undercut by much.
    ///
    /// # Errors
    /// No steps, or as [`Self::law`].
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::TransitionFit;
    /// // The law has the standard deviation 0.1; 2¹⁴ paths leave a hundredth of it, and the cells half their width.
    /// let fit = TransitionFit { lag: 0.01, steps: 1, ..TransitionFit::standard(0) };
    /// assert!((1e-4..5e-3).contains(&fit.floor()?));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn floor(&self) -> Result<f64> {
        self.grid()?;
        let streams = Streams::new(self.seed, "transition floor");
        self.mean_distance(|x| {
            Ok((0..PATHS).map(|path| self.end(x, self.steps, &mut streams.stream(path as u64))).collect())
        })
    }

    fn mean_distance(&self, ends: impl Fn(f64) -> Result<Vec<f64>>) -> Result<f64> {
        let starts = (0..9).map(|k| self.reach * (f64::from(k) - 4.0) / 4.0);
        let distances = starts.map(|x| {
            let (law, mut ends) = (self.law(x)?, ends(x)?);
            ends.sort_by(f64::total_cmp);
            let h = law.grid().spacing()[0];
            let mut below = 0.0;
            let gaps = law.probabilities().into_iter().enumerate().map(|(cell, probability)| {
                below += probability;
                let edge = law.grid().center(cell)[0] + 0.5 * h;
                let share = ends.partition_point(|end| *end <= edge) as f64 / ends.len() as f64;
                (share - below).abs() * h
            });
            Ok(gaps.sum::<f64>())
        });
        distances.sum::<Result<f64>>().map(|sum| sum / 9.0)
    }

    /// Ends of `paths` paths of the model that all start at `x`.
    ///
    /// # Errors
    /// A θ of the wrong length or that is not finite; a path that leaves the finite numbers.
    ///
    /// ```
    /// use sdml::{ch2_control::neural_sde::TransitionFit, statistics::Estimate};
    /// // With all parameters 0 there is no drift, and the mean stays where it is.
    /// let fit = TransitionFit { width: 1, steps: 1, ..TransitionFit::standard(0) };
    /// let ends = fit.sample(&vec![0.0; fit.model()?.parameters()], 0.75, 1000)?;
    /// assert!(ends.len() == 1000 && Estimate::of(ends)?.z(0.75).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, theta: &[f64], x: f64, paths: usize) -> Result<Vec<f64>> {
        let sde = self.model()?;
        let batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Resolved, self.grid()?);
        batch.ends(
            theta,
            Array2::from_elem((paths, 1), x).view(),
            &Streams::new(self.seed, "transition sample"),
        )
    }
}

/// The energy scores of groups of `members` rows of `x` against `ends`, summed with the given weight, and the derivative.
// ANCHOR: energy_score
fn energy_score(
    ends: &[f64],
    members: usize,
    weight: f64,
    x: ArrayView2<f64>,
    mut of_x: ArrayViewMut2<f64>,
) -> f64 {
    let (to_data, between) = (weight / members as f64, weight / (members * (members - 1)) as f64);
    let mut score = 0.0;
    for (group, y) in (0..x.nrows() / members).zip(ends) {
        for i in group * members..(group + 1) * members {
            let apart = x[[i, 0]] - y;
            score += to_data * apart.abs();
            let mut slope = to_data * sign(apart);
            for j in group * members..(group + 1) * members {
                let apart = x[[i, 0]] - x[[j, 0]];
                score -= 0.5 * between * apart.abs();
                slope -= between * sign(apart);
            }
            of_x[[i, 0]] = slope;
        }
    }
    score
}
// ANCHOR_END: energy_score

/// The sign, 0 at 0.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}
