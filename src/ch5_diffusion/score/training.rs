//! Training the score, step 3 of Section 5.1: a network ε̂(x, u) learns the noise in X_t = e^{−t} X_0 + √c(t) ε from
//! pairs (X_t, ε), with t = t_0 + (T − t_0) u² and u uniform on (0, 1). Its score is s = −ε̂/√c(t).

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::{ScoreField, fitting};
use super::likelihood::{DivergentField, a_place_each};
use super::loss::ordered;
use super::noising::{decay, noise_variance};
use super::source::Source;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Evaluation, Jet, Mlp, Pass};
use crate::ch5_diffusion::batches::{Batches, Shard};
use crate::ch5_diffusion::regression::{Part, beside_time, has_learned};
use crate::error::at_least;
use crate::random::{Stream, Streams};
use crate::statistics::Estimate;
use crate::{Error, Result};

/// Everything a training run depends on.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::Recipe};
/// // Times out of order.
/// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, 0);
/// assert!(Recipe { hidden: vec![], first: 4.0, ..recipe }.train(|_, _| ()).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe<D> {
    /// Where data come from.
    pub data: D,
    /// Sizes of the hidden layers, between the n + 1 inputs (x, u) and the n outputs.
    pub hidden: Vec<usize>,
    /// T.
    pub horizon: f64,
    /// t_0.
    pub first: f64,
    /// Fresh points in each step.
    pub batch: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Its rates.
    pub schedule: Schedule,
    /// The seed of parameters and batches.
    pub seed: u64,
}

impl<D: Source> Recipe<D> {
    /// T = 3, t_0 = 1e-4, three hidden layers of 64, 4000 steps on batches of 512, a rate that falls from 1e-2 to 0.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::Recipe};
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, 7);
    /// assert_eq!((recipe.seed, recipe.horizon, recipe.schedule.rate(4000)), (7, 3.0, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: D, seed: u64) -> Self {
        let steps = 4000;
        Self {
            data,
            hidden: vec![64; 3],
            horizon: 3.0,
            first: 1e-4,
            batch: 512,
            steps,
            schedule: Schedule::Cosine { rate: 1e-2, steps },
            seed,
        }
    }

    /// The network.
    ///
    /// # Errors
    /// A hidden layer without units.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::score::Recipe};
    /// // From (x, u) to a noise like x.
    /// assert_eq!(Recipe::new(DataLaw::Moons, 0).network()?.sizes(), [3, 64, 64, 64, 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> Result<Mlp> {
        let n = at_least("data.dimension()", self.data.dimension(), 1)?;
        let sizes: Vec<usize> = [&[n + 1], &self.hidden[..], &[n]].concat();
        Mlp::new(&sizes, Activation::Silu)
    }

    /// Trains a network; `observe` is told every step and its loss, the mean of |ε̂ − ε|² over the batch.
    ///
    /// # Errors
    /// An empty batch, no steps, times out of order, and a loss or parameters that leave the finite numbers, with the step
    /// at which they do; a loss at the end no better than that of ε̂ = 0.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::Recipe};
    /// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.3)?;
    /// let recipe = Recipe { hidden: vec![8], batch: 64, steps: 200, ..Recipe::new(data, 0) };
    /// let model = recipe.train(|_, _| ())?;
    /// assert!(model.loss() < 0.9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self, observe: impl FnMut(usize, f64)) -> Result<Denoiser> {
        let network = self.network()?;
        ordered(self.first, self.horizon)?;
        let Self { batch, steps, schedule, seed, .. } = *self;
        let lesson = |Shard { mut stream, rows, workspace: part, theta, gradient }: Shard<Part>| {
            part.fill(rows, |x, u, eps| self.draw(&mut stream, x, u, eps));
            part.regress(&network, theta, 1.0 / batch as f64, gradient)
        };
        let part = || Part::new(self.data.dimension());
        let fitted = Batches { batch, steps, schedule, seed }.fit(&network, part, lesson, observe)?;
        Denoiser::new(network, fitted.theta, [self.first, self.horizon], fitted.losses[1])
    }
    // ANCHOR_END: train

    /// Draws u, ε and X_t.
    // ANCHOR: draw
    fn draw(&self, stream: &mut Stream, x: &mut [f64], u: &mut f64, eps: &mut [f64]) {
        *u = stream.uniform();
        let t = self.first + (self.horizon - self.first) * *u * *u;
        let (a, b) = (decay(t), noise_variance(t).sqrt());
        self.data.draw(stream, x);
        stream.fill_normal(eps);
        x.iter_mut().zip(eps).for_each(|(x, eps)| *x = a * *x + b * *eps);
    }
    // ANCHOR_END: draw

    /// The rows to be kept of a trained network: its parameters, and its loss at the end.
    ///
    /// # Errors
    /// As [`Self::train`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::Recipe};
    /// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.3)?;
    /// let recipe = Recipe { hidden: vec![8], batch: 64, steps: 200, ..Recipe::new(data, 0) };
    /// let rows = recipe.rows()?;
    /// assert_eq!((rows[0].len(), rows[1].len()), (recipe.network()?.parameters(), 1));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(&self) -> Result<Vec<Vec<f64>>> {
        let Denoiser { theta, loss, .. } = self.train(|_, _| ())?;
        Ok(vec![theta, vec![loss]])
    }

    /// The network that [`Self::rows`] has kept.
    ///
    /// # Errors
    /// Rows of another form, as those of a network that has not been trained; and as [`Denoiser::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::Recipe};
    /// let recipe = Recipe { hidden: vec![], ..Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, 0) };
    /// let model = recipe.from_rows(&[vec![0.5, 0.0, 0.0], vec![0.7]])?;
    /// assert_eq!((model.loss(), model.times()), (0.7, [1e-4, 3.0]));
    /// assert!(recipe.from_rows(&[vec![0.5, 0.0, 0.0]]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_rows(&self, rows: &[Vec<f64>]) -> Result<Denoiser> {
        match rows {
            [theta, loss] if loss.len() == 1 => {
                Denoiser::new(self.network()?, theta.clone(), [self.first, self.horizon], loss[0])
            }
            _ => Err(Error::argument(
                "rows",
                rows.len(),
                "2: the parameters and the loss of a trained network",
            )),
        }
    }

    /// The mean of |ε̂ − ε|² over `points` fresh draws of (X_t, ε, u).
    ///
    /// # Errors
    /// Fewer than two points; another dimension than the model's.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{Denoiser, Recipe}};
    /// // ε̂ = 0 misses ε by E ε² = 1.
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, 0);
    /// let silent = Denoiser::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.0; 3], [1e-4, 3.0], 0.9)?;
    /// assert!(recipe.loss(&silent, 1000, 1)?.z(1.0).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self, model: &Denoiser, points: usize, seed: u64) -> Result<Estimate> {
        let streams = Streams::new(seed, "loss");
        let mut part = Part::new(self.data.dimension());
        let mut stream = streams.stream(0);
        part.fill(at_least("points", points, 2)?, |x, u, eps| self.draw(&mut stream, x, u, eps));
        let mut evaluation = Evaluation::new();
        model.network.evaluate(&model.theta, part.input.view(), &mut evaluation)?;
        let found = evaluation.output();
        let misses = part.target.outer_iter().zip(found.outer_iter());
        let misses =
            misses.map(|(eps, found)| eps.iter().zip(found).map(|(e, f)| (e - f).powi(2)).sum::<f64>());
        Estimate::of(misses)
    }
}

/// A trained network that predicts the noise, and through it the score.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::backprop::{Activation, Mlp};
/// use sdml::ch5_diffusion::score::{Denoiser, ScoreField};
/// // A score is asked for within the times of the training.
/// let model = Denoiser::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.5, 0.0, 0.0], [0.1, 1.0], 0.7)?;
/// let (x, mut score, mut workspace) = (array![[2.0]], array![[0.0]], model.workspace());
/// assert!(model.write(0.5, x.view(), &mut workspace, score.view_mut()).is_ok());
/// assert!(model.write(0.05, x.view(), &mut workspace, score.view_mut()).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Denoiser {
    network: Mlp,
    theta: Vec<f64>,
    times: [f64; 2],
    loss: f64,
}

impl Denoiser {
    /// The network with parameters θ for the times [t_0, T], whose loss was `loss` at the end of its training.
    ///
    /// # Errors
    /// A network that does not take (x, u) to a vector like x; parameters of another number or not finite; times out of
    /// order; a loss that is not finite or not below n, the loss of ε̂ = 0: such a network has learned nothing.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch5_diffusion::score::{Denoiser, ScoreField};
    /// // ε̂ = x/2. At t = ½ log 2, where c = ½, the score is −ε̂/√c = −x/√2.
    /// let network = Mlp::new(&[2, 1], Activation::Silu)?;
    /// let model = |loss| Denoiser::new(network.clone(), vec![0.5, 0.0, 0.0], [0.1, 1.0], loss);
    /// let (trained, mut score) = (model(0.7)?, array![[0.0]]);
    /// trained.write(0.5 * 2f64.ln(), array![[2.0]].view(), &mut trained.workspace(), score.view_mut())?;
    /// assert!((score[[0, 0]] + 2f64.sqrt()).abs() < 1e-14);
    /// assert!(model(1.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp, theta: Vec<f64>, times: [f64; 2], loss: f64) -> Result<Self> {
        let n = network.outputs();
        has_learned(&network, &theta, loss, n as f64)?;
        ordered(times[0], times[1])?;
        Ok(Self { network, theta, times, loss })
    }

    /// The mean loss in the last tenth of the training.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::score::Denoiser};
    /// let model = Denoiser::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.5, 0.0, 0.0], [0.1, 1.0], 0.7)?;
    /// assert_eq!(model.loss(), 0.7);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The times [t_0, T] the network was trained for.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::score::Denoiser};
    /// let model = Denoiser::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.5, 0.0, 0.0], [0.1, 1.0], 0.7)?;
    /// assert_eq!(model.times(), [0.1, 1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn times(&self) -> [f64; 2] {
        self.times
    }
}

/// u = √((t − t_0)/(T − t_0)), for a network trained on [t_0, T].
pub(in crate::ch5_diffusion) fn clock([first, horizon]: [f64; 2], t: f64) -> Result<f64> {
    if (first..=horizon).contains(&t) {
        Ok(((t - first) / (horizon - first)).sqrt())
    } else {
        Err(Error::argument("t", t, format!("between {first} and {horizon}, as in training")))
    }
}

impl ScoreField for Denoiser {
    type Workspace = (Array2<f64>, Evaluation);

    fn dimension(&self) -> usize {
        self.network.outputs()
    }

    fn workspace(&self) -> Self::Workspace {
        (Array2::zeros((0, self.network.inputs())), Evaluation::new())
    }

    // ANCHOR: write
    fn write(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        (input, evaluation): &mut Self::Workspace,
        mut score: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let u = clock(self.times, t)?;
        fitting(&x, &score, self.dimension())?;
        beside_time(x, u, input);
        self.network.evaluate(&self.theta, input.view(), evaluation)?;
        let scale = -1.0 / noise_variance(t).sqrt();
        score.zip_mut_with(&evaluation.output(), |s, noise| *s = scale * noise);
        Ok(())
    }
    // ANCHOR_END: write
}

impl DivergentField for Denoiser {
    fn write_both(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        mut score: ArrayViewMut2<f64>,
        divergence: &mut [f64],
    ) -> Result<()> {
        let (n, points, u) = (self.dimension(), x.nrows(), clock(self.times, t)?);
        fitting(&x, &score, n)?;
        a_place_each(divergence, &x)?;
        // The points (x, u), then the unit vectors of ℝⁿ as tangents.
        let jet = Array2::from_shape_fn(((1 + n) * points, n + 1), |(row, k)| match row / points {
            0 if k < n => x[[row, k]],
            0 => u,
            tangent => f64::from(u8::from(tangent == k + 1)),
        });
        let mut pass = Pass::new();
        self.network.forward_jet(
            &self.theta,
            Jet { tangents: n, laplacian: false },
            jet.view(),
            &mut pass,
        )?;
        let (output, scale) = (pass.output(), -1.0 / noise_variance(t).sqrt());
        for (i, divergence) in divergence.iter_mut().enumerate() {
            for k in 0..n {
                score[[i, k]] = scale * output[[i, k]];
            }
            *divergence = scale * (0..n).map(|k| output[[(1 + k) * points + i, k]]).sum::<f64>();
        }
        Ok(())
    }
}
