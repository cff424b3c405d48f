//! A network v_θ(x, u, label) that predicts v = aε − b x_0 from X_t = a x_0 + bε with a = e^{−t}, b² = 1 − e^{−2t}. As
//! a² + b² = 1, the noise is ε̂ = b x + a v_θ, and the score −ε̂/b = −x − (a/b) v_θ.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::LABELS;
use super::image::{PIXELS, digit};
use crate::ch2_control::backprop::{Evaluation, Mlp};
use crate::ch5_diffusion::regression::fits_parameters;
use crate::ch5_diffusion::score::{
    Method, Reverse, ScoreField, clock, decay, descending_times, fitting, noise_variance, ordered,
};
use crate::error::at_least;
use crate::random::Streams;
use crate::{Error, Result};

/// Inputs of the network: an image, u = √((t − t_0)/(T − t_0)), and 1 in the place of the label.
pub(super) const INPUTS: usize = PIXELS + 1 + LABELS;

/// A trained network.
///
/// ```
/// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe};
/// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
/// // One parameter too few.
/// let theta = vec![0.0; network.parameters() - 1];
/// assert!(DigitModel::new(network, theta, [1e-3, 4.0], [64.0, 20.0]).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DigitModel {
    network: Mlp,
    pub(super) theta: Vec<f64>,
    times: [f64; 2],
    pub(super) losses: [f64; 2],
}

impl DigitModel {
    /// The network with parameters θ for the times [t_0, T], whose loss was `losses[0]` before and `losses[1]` after training.
    ///
    /// # Errors
    /// A network of other inputs or outputs; parameters of another number or not finite; times out of order; a last loss that
    /// is not finite or not below the first.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe};
    /// let network = DigitRecipe { hidden: vec![8], ..DigitRecipe::new(0) }.network()?;
    /// let theta = vec![0.0; network.parameters()];
    /// let model = |losses| DigitModel::new(network.clone(), theta.clone(), [1e-3, 4.0], losses);
    /// assert_eq!(model([64.0, 20.0])?.loss(), 20.0);
    /// // A loss that has not fallen is that of a network that has learned nothing.
    /// assert!(model([64.0, 64.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp, theta: Vec<f64>, times: [f64; 2], losses: [f64; 2]) -> Result<Self> {
        if [network.inputs(), network.outputs()] != [INPUTS, PIXELS] {
            let sizes = format!("{} and {}", network.inputs(), network.outputs());
            return Err(Error::argument("network", sizes, format!("{INPUTS} inputs and {PIXELS} outputs")));
        }
        fits_parameters(&network, &theta)?;
        ordered(times[0], times[1])?;
        if losses[1].is_finite() && losses[1] < losses[0] {
            Ok(Self { network, theta, times, losses })
        } else {
            let allowed = format!("below {}, the first loss: train the network first", losses[0]);
            Err(Error::argument("loss", losses[1], allowed))
        }
    }

    /// The mean of |v_θ − v|² in the last tenth of the training.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe};
    /// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
    /// let theta = vec![0.0; network.parameters()];
    /// assert_eq!(DigitModel::new(network, theta, [1e-3, 4.0], [64.0, 20.0])?.loss(), 20.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self) -> f64 {
        self.losses[1]
    }

    /// The score the model has for images of `label`, or of any digit, guided with the weight w:
    /// (1 + w) s(·, label) − w s(·).
    ///
    /// # Errors
    /// A label above 9; w below −1 or not finite.
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe};
    /// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
    /// let theta = vec![0.0; network.parameters()];
    /// let model = DigitModel::new(network, theta, [1e-3, 4.0], [64.0, 20.0])?;
    /// assert!(model.told(None, 0.0).is_ok() && model.told(Some(7), 2.0).is_ok());
    /// assert!(model.told(Some(7), -2.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn told(&self, label: Option<usize>, w: f64) -> Result<Told<'_>> {
        if !(w.is_finite() && w >= -1.0) {
            return Err(Error::argument("w", w, "a finite number, at least −1"));
        }
        Ok(Told { model: self, label: label.map(digit).transpose()?, w })
    }

    /// `count` images, one a row: image i is asked for as the digit i mod 10, guided with the weight w, by 100 exponential
    /// steps of the reverse SDE with h = 1.
    ///
    /// # Errors
    /// Fewer than ten images; as [`Self::told`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::beyond::digits::{DigitModel, DigitRecipe};
    /// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
    /// let theta = vec![0.0; network.parameters()];
    /// let model = DigitModel::new(network, theta, [1e-3, 4.0], [64.0, 20.0])?;
    /// assert_eq!(model.images(12, 0.0, 1)?.dim(), (12, 64));
    /// // Not one of each digit.
    /// assert!(model.images(9, 0.0, 1).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn images(&self, count: usize, w: f64, seed: u64) -> Result<Array2<f64>> {
        let [first, horizon] = self.times;
        let times = descending_times(horizon, first, 100, 2.0)?;
        let mut images = Array2::zeros((at_least("count", count, LABELS)?, PIXELS));
        for label in 0..LABELS {
            let told = self.told(Some(label), w)?;
            // Rows label, label + 10, …
            let rows = (count - label).div_ceil(LABELS);
            let streams = Streams::new(seed, &format!("digit {label}"));
            let made =
                Reverse::new(&told, 1.0, times.clone(), Method::Exponential)?.sample(rows, &streams)?;
            for (k, image) in made.outer_iter().enumerate() {
                images.row_mut(k * LABELS + label).assign(&image);
            }
        }
        Ok(images)
    }
}

/// A trained network that has been told what to make.
///
/// ```
/// use ndarray::Array2;
/// use sdml::ch5_diffusion::{beyond::digits::{DigitModel, DigitRecipe, PIXELS}, score::ScoreField};
/// let network = DigitRecipe { hidden: vec![], ..DigitRecipe::new(0) }.network()?;
/// // v_θ is 1 at the first pixel if a 7 is asked for, and 0 otherwise.
/// let mut theta = vec![0.0; network.parameters()];
/// theta[(PIXELS + 1 + 7) * PIXELS] = 1.0;
/// let model = DigitModel::new(network, theta, [0.1, 1.0], [1.0, 0.5])?;
/// let (seven, x) = (model.told(Some(7), 2.0)?, Array2::<f64>::zeros((1, PIXELS)));
/// let mut score = x.clone();
/// seven.write(0.5 * 2f64.ln(), x.view(), &mut seven.workspace(), score.view_mut())?;
/// // At t = ½ log 2 a = b, and the guided score at x = 0 is −(1 + w) there.
/// assert!((score[[0, 0]] + 3.0).abs() < 1e-14 && score[[0, 1]] == 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told<'a> {
    model: &'a DigitModel,
    label: Option<usize>,
    w: f64,
}

impl ScoreField for Told<'_> {
    type Workspace = (Array2<f64>, Evaluation);

    fn dimension(&self) -> usize {
        PIXELS
    }

    fn workspace(&self) -> Self::Workspace {
        (Array2::zeros((0, INPUTS)), Evaluation::new())
    }

    // ANCHOR: write
    fn write(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        (input, evaluation): &mut Self::Workspace,
        mut score: ArrayViewMut2<f64>,
    ) -> Result<()> {
        let u = clock(self.model.times, t)?;
        fitting(&x, &score, PIXELS)?;
        score.zip_mut_with(&x, |s, x| *s = -x);
        let weights = [(self.label, 1.0 + self.w), (None, -self.w)];
        for (label, weight) in weights.into_iter().filter(|(_, weight)| *weight != 0.0) {
            beside_label(x, u, label, input);
            self.model.network.evaluate(&self.model.theta, input.view(), evaluation)?;
            score.scaled_add(-weight * decay(t) / noise_variance(t).sqrt(), &evaluation.output());
        }
        Ok(())
    }
    // ANCHOR_END: write
}

/// Writes (xᵢ, u, label) into the rows of `input`.
fn beside_label(x: ArrayView2<f64>, u: f64, label: Option<usize>, input: &mut Array2<f64>) {
    if input.nrows() != x.nrows() {
        *input = Array2::zeros((x.nrows(), INPUTS));
    }
    for (mut input, x) in input.outer_iter_mut().zip(x.outer_iter()) {
        write_input(input.as_slice_mut().expect("a row"), x.iter().copied(), u, label);
    }
}

/// One row of the input.
pub(super) fn write_input(row: &mut [f64], x: impl Iterator<Item = f64>, u: f64, label: Option<usize>) {
    row.iter_mut().zip(x).for_each(|(place, x)| *place = x);
    row[PIXELS] = u;
    row[PIXELS + 1..].fill(0.0);
    if let Some(label) = label {
        row[PIXELS + 1 + label] = 1.0;
    }
}
