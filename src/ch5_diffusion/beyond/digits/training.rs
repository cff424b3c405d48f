//! Training on a finite set of images: E|v_θ(X_t, u, label) − v|² → min, with the label withheld in some of the draws, so
//! that one network learns the score of every label and that of all.

use ndarray::Array2;

use super::LABELS;
use super::image::{DigitLaw, PIXELS};
use super::model::{DigitModel, INPUTS, write_input};
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Mlp};
use crate::ch5_diffusion::batches::{Batches, Shard};
use crate::ch5_diffusion::regression::Part;
use crate::ch5_diffusion::score::{decay, noise_variance, ordered};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// Everything a training run depends on.
///
/// ```
/// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
/// let recipe = DigitRecipe { withheld: 1.5, ..DigitRecipe::new(0) };
/// assert!(DigitRecipe { images: 10, hidden: vec![], ..recipe }.train(|_, _| ()).is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DigitRecipe {
    /// The law of the images.
    pub law: DigitLaw,
    /// How many of them are drawn, once and for all, to train on.
    pub images: usize,
    /// Sizes of the hidden layers.
    pub hidden: Vec<usize>,
    /// T.
    pub horizon: f64,
    /// t_0.
    pub first: f64,
    /// The share of draws in which the label is withheld.
    pub withheld: f64,
    /// Draws in each step.
    pub batch: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Its rates.
    pub schedule: Schedule,
    /// The seed of images, parameters and batches.
    pub seed: u64,
}

impl DigitRecipe {
    /// 10000 images, three hidden layers of 256, T = 4, t_0 = 1e-3, a tenth of the labels withheld, 6000 steps on batches of
    /// 128, a rate that falls from 3e-3 to 0.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// let recipe = DigitRecipe::new(7);
    /// assert_eq!((recipe.seed, recipe.steps, recipe.schedule.rate(6000)), (7, 6000, 0.0));
    /// ```
    pub fn new(seed: u64) -> Self {
        let steps = 6000;
        Self {
            law: DigitLaw::default(),
            images: 10_000,
            hidden: vec![256; 3],
            horizon: 4.0,
            first: 1e-3,
            withheld: 0.1,
            batch: 128,
            steps,
            schedule: Schedule::Cosine { rate: 3e-3, steps },
            seed,
        }
    }

    /// The network.
    ///
    /// # Errors
    /// A hidden layer without units.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// // 64 pixels, the time and ten labels to 64 pixels.
    /// assert_eq!(DigitRecipe { hidden: vec![8], ..DigitRecipe::new(0) }.network()?.sizes(), [75, 8, 64]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> Result<Mlp> {
        let sizes: Vec<usize> = [&[INPUTS], &self.hidden[..], &[PIXELS]].concat();
        Mlp::new(&sizes, Activation::Silu)
    }

    /// The images to train on, one a row; image i shows the digit i mod 10.
    ///
    /// # Errors
    /// As [`DigitLaw::images`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// let recipe = DigitRecipe { images: 20, ..DigitRecipe::new(0) };
    /// assert_eq!(recipe.training_set()?.dim(), (20, 64));
    /// // Drawn once and for all.
    /// assert_eq!(recipe.training_set()?, recipe.training_set()?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn training_set(&self) -> Result<Array2<f64>> {
        self.law.images(self.images, &Streams::new(self.seed, "training images"))
    }

    /// Trains a network; `observe` is told every step and its loss, the mean of |v_θ − v|² over the batch.
    ///
    /// # Errors
    /// No images, an empty batch, no steps, times out of order, a share withheld outside [0, 1], and a loss or parameters that
    /// leave the finite numbers, with the step at which they do; a loss at the end not below the first.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// let recipe = DigitRecipe { images: 20, hidden: vec![32], batch: 64, steps: 100, ..DigitRecipe::new(0) };
    /// let images = recipe.train(|_, _| ())?.images(10, 0.0, 1)?;
    /// assert_eq!(images.dim(), (10, 64));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self, observe: impl FnMut(usize, f64)) -> Result<DigitModel> {
        let (network, images) = (self.network()?, self.training_set()?);
        ordered(self.first, self.horizon)?;
        if !(0.0..=1.0).contains(&self.withheld) {
            return Err(Error::argument("withheld", self.withheld, "a share, between 0 and 1"));
        }
        let Self { batch, steps, schedule, seed, .. } = *self;
        let lesson = |Shard { mut stream, rows, workspace: part, theta, gradient }: Shard<Part>| {
            part.fill_rows(rows, |input, v| self.draw(&images, &mut stream, input, v));
            part.regress(&network, theta, 1.0 / batch as f64, gradient)
        };
        let part = || Part::sized(INPUTS, PIXELS);
        let fitted = Batches { batch, steps, schedule, seed }.fit(&network, part, lesson, observe)?;
        DigitModel::new(network, fitted.theta, [self.first, self.horizon], fitted.losses)
    }

    /// Draws an image, u, ε and whether the label is told, and writes them as input and v.
    // ANCHOR: draw
    fn draw(&self, images: &Array2<f64>, stream: &mut Stream, input: &mut [f64], v: &mut [f64]) {
        let chosen = (stream.uniform() * self.images as f64) as usize;
        let label = (stream.uniform() >= self.withheld).then_some(chosen % LABELS);
        let u = stream.uniform();
        let t = self.first + (self.horizon - self.first) * u * u;
        let (a, b) = (decay(t), noise_variance(t).sqrt());
        let mut noise = [0.0; PIXELS];
        stream.fill_normal(&mut noise);
        let image = images.row(chosen);
        let x = image.iter().zip(&noise).map(|(x, eps)| a * x + b * eps);
        write_input(input, x, u, label);
        v.iter_mut().zip(image.iter().zip(&noise)).for_each(|(v, (x, eps))| *v = a * eps - b * x);
    }
    // ANCHOR_END: draw

    /// The rows to be kept of a trained network: its parameters, and its first and last loss.
    ///
    /// # Errors
    /// As [`Self::train`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// let recipe = DigitRecipe { images: 20, hidden: vec![32], batch: 64, steps: 100, ..DigitRecipe::new(0) };
    /// let rows = recipe.rows()?;
    /// assert_eq!((rows[0].len(), rows[1].len()), (recipe.network()?.parameters(), 2));
    /// assert!(rows[1][1] < rows[1][0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(&self) -> Result<Vec<Vec<f64>>> {
        let model = self.train(|_, _| ())?;
        Ok(vec![model.theta, model.losses.to_vec()])
    }

    /// The network that [`Self::rows`] has kept.
    ///
    /// # Errors
    /// Rows of another form, as those of a network that has not been trained; and as [`DigitModel::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::DigitRecipe;
    /// let recipe = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) };
    /// let theta = vec![0.0; recipe.network()?.parameters()];
    /// assert_eq!(recipe.from_rows(&[theta.clone(), vec![64.0, 20.0]])?.loss(), 20.0);
    /// assert!(recipe.from_rows(&[theta]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_rows(&self, rows: &[Vec<f64>]) -> Result<DigitModel> {
        match rows {
            [theta, losses] if losses.len() == 2 => {
                let times = [self.first, self.horizon];
                DigitModel::new(self.network()?, theta.clone(), times, [losses[0], losses[1]])
            }
            _ => {
                let allowed = "2: the parameters and the losses of a trained network";
                Err(Error::argument("rows", rows.len(), allowed))
            }
        }
    }
}
