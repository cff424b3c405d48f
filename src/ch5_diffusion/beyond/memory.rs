//! Memorization. For finitely many data x_1, …, x_N the law of X(t) is the mixture of the N(e^{−t} x_i, c(t) I), and the
//! score that minimizes (5.4) over them is its score:
//!
//! s(x, t) = (e^{−t} x̂(x) − x)/c(t),  x̂(x) = Σ_i r_i(x) x_i,  r_i ∝ exp(−|x − e^{−t} x_i|²/2c(t)).
//!
//! As t → 0 one r_i becomes 1, and the reverse equation ends in the data themselves.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use crate::ch3_flows::transport::squared_distances;
use crate::ch5_diffusion::score::{ScoreField, decay, fitting, noise_variance, of_dimension};
use crate::error::{at_least, finite, positive};
use crate::random::Streams;
use crate::statistics::Estimate;
use crate::{Error, Result};

/// The optimal score of finitely many points.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::{beyond::EmpiricalScore, score::{ScoreField, noise_variance}};
/// let data = EmpiricalScore::new(array![[-1.0], [1.0]].view())?;
/// let mut score = array![[0.0]];
/// data.write(0.4, array![[0.5]].view(), &mut (), score.view_mut())?;
/// // x̂ = tanh(e^{−t} x/c).
/// let (a, c) = ((-0.4f64).exp(), noise_variance(0.4));
/// assert!((score[[0, 0]] - (a * (a * 0.5 / c).tanh() - 0.5) / c).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EmpiricalScore {
    points: Array2<f64>,
}

impl EmpiricalScore {
    /// The score for the rows of `points`, each as likely as the others.
    ///
    /// # Errors
    /// No points, points without coordinates, or coordinates that are not finite.
    ///
    /// ```
    /// use ndarray::{Array2, array};
    /// use sdml::ch5_diffusion::beyond::EmpiricalScore;
    /// assert!(EmpiricalScore::new(array![[-1.0], [1.0]].view()).is_ok());
    /// assert!(EmpiricalScore::new(Array2::zeros((0, 2)).view()).is_err());
    /// ```
    pub fn new(points: ArrayView2<f64>) -> Result<Self> {
        at_least("points.nrows()", points.nrows(), 1)?;
        at_least("points.ncols()", points.ncols(), 1)?;
        for &value in &points {
            finite("points", value)?;
        }
        Ok(Self { points: points.as_standard_layout().into_owned() })
    }

    /// The data.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::beyond::EmpiricalScore;
    /// assert_eq!(EmpiricalScore::new(array![[-1.0], [1.0]].view())?.points(), array![[-1.0], [1.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn points(&self) -> ArrayView2<'_, f64> {
        self.points.view()
    }

    /// r_1(x), …, r_N(x) at time t: how likely x came from each of the data.
    ///
    /// # Errors
    /// A time that is not positive, an x of another dimension or not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::beyond::EmpiricalScore;
    /// let data = EmpiricalScore::new(array![[-1.0], [1.0]].view())?;
    /// // Halfway; and near one of them, soon after the start.
    /// assert_eq!(data.responsibilities(0.5, array![0.0].view())?, [0.5, 0.5]);
    /// assert!(data.responsibilities(1e-3, array![0.9].view())?[1] > 0.999);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn responsibilities(&self, t: f64, x: ArrayView1<f64>) -> Result<Vec<f64>> {
        let t = positive("t", t)?;
        of_dimension("x", &x.insert_axis(Axis(0)), self.dimension())?;
        for &value in &x {
            finite("x", value)?;
        }
        Ok(self.shares(decay(t), noise_variance(t), x))
    }

    // ANCHOR: shares
    fn shares(&self, a: f64, c: f64, x: ArrayView1<f64>) -> Vec<f64> {
        let square =
            |point: ArrayView1<f64>| -> f64 { point.iter().zip(&x).map(|(p, x)| (x - a * p).powi(2)).sum() };
        let mut shares: Vec<f64> = self.points.outer_iter().map(square).collect();
        // The nearest first: over a small c all of them may be infinite.
        let least = shares.iter().copied().fold(f64::INFINITY, f64::min);
        shares.iter_mut().for_each(|share| *share = (0.5 * (least - *share) / c).exp());
        let total: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    }
    // ANCHOR_END: shares

    /// exp(−Σ r_i log r_i), the number of data among which the choice is still open: N at first, 1 in the end.
    ///
    /// # Errors
    /// As [`Self::responsibilities`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::beyond::EmpiricalScore;
    /// let data = EmpiricalScore::new(array![[-1.0], [1.0]].view())?;
    /// assert!((data.still_open(0.5, array![0.0].view())? - 2.0).abs() < 1e-14);
    /// assert!((data.still_open(1e-3, array![0.9].view())? - 1.0).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn still_open(&self, t: f64, x: ArrayView1<f64>) -> Result<f64> {
        let shares = self.responsibilities(t, x)?;
        let entropy: f64 = shares.iter().filter(|r| **r > 0.0).map(|r| -r * r.ln()).sum();
        Ok(entropy.exp())
    }

    /// `count` draws from the law of X(t), one a row; draw i uses stream i.
    ///
    /// # Errors
    /// A time that is negative or not finite, no draws.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::{ch5_diffusion::beyond::EmpiricalScore, random::Streams};
    /// // At t = 0 the draws are the data.
    /// let data = EmpiricalScore::new(array![[-1.0], [1.0]].view())?;
    /// assert!(data.noised(0.0, 10, &Streams::new(1, "doc"))?.iter().all(|x| x.abs() == 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn noised(&self, t: f64, count: usize, streams: &Streams) -> Result<Array2<f64>> {
        if !(t.is_finite() && t >= 0.0) {
            return Err(Error::argument("t", t, "a finite number, at least 0"));
        }
        let (a, b) = (decay(t), noise_variance(t).sqrt());
        let mut draws = Array2::zeros((at_least("count", count, 1)?, self.dimension()));
        for (i, mut draw) in draws.outer_iter_mut().enumerate() {
            let mut stream = streams.stream(i as u64);
            let chosen = self.points.row((stream.uniform() * self.points.nrows() as f64) as usize);
            draw.iter_mut().zip(chosen).for_each(|(place, x)| *place = a * x + b * stream.normal());
        }
        Ok(draws)
    }
}

impl ScoreField for EmpiricalScore {
    type Workspace = ();

    fn dimension(&self) -> usize {
        self.points.ncols()
    }

    fn workspace(&self) {}

    // ANCHOR: score
    fn write(&self, t: f64, x: ArrayView2<f64>, (): &mut (), mut score: ArrayViewMut2<f64>) -> Result<()> {
        let t = positive("t", t)?;
        fitting(&x, &score, self.dimension())?;
        let (a, c) = (decay(t), noise_variance(t));
        let value = |i: usize| {
            let mut pull = vec![0.0; self.dimension()];
            for (share, point) in self.shares(a, c, x.row(i)).into_iter().zip(self.points.outer_iter()) {
                pull.iter_mut().zip(point).for_each(|(pull, p)| *pull += share * p);
            }
            pull.iter_mut().zip(x.row(i)).for_each(|(pull, x)| *pull = (a * *pull - x) / c);
            pull
        };
        let values: Vec<_> = (0..x.nrows()).into_par_iter().map(value).collect();
        for (mut row, value) in score.outer_iter_mut().zip(values) {
            row.iter_mut().zip(value).for_each(|(place, s)| *place = s);
        }
        Ok(())
    }
    // ANCHOR_END: score
}

/// The distance from each row of `points` to the nearest row of `data`.
///
/// # Errors
/// As [`squared_distances`].
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::beyond::nearest_distances;
/// let found = nearest_distances(array![[0.0, 1.0], [3.0, 4.0]].view(), array![[0.0, 0.0]].view())?;
/// assert_eq!(found, [1.0, 5.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn nearest_distances(points: ArrayView2<f64>, data: ArrayView2<f64>) -> Result<Vec<f64>> {
    let squares = squared_distances(points, data)?;
    let nearest = |row: ArrayView1<f64>| row.iter().copied().fold(f64::INFINITY, f64::min).sqrt();
    Ok(squares.outer_iter().map(nearest).collect())
}

/// The denoising loss c(t) E|s(X_t, t) − ∇ log P|² = E|√c s(X_t, t) + ε|² over the rows of `data`, each with `repeats` draws
/// of ε.
///
/// # Errors
/// A time that is not positive; no data or a single draw; another dimension than the field's.
///
/// ```
/// use sdml::{ch5_diffusion::beyond::{EmpiricalScore, denoising_loss}, random::Streams};
/// // If there is only one datum, x tells the noise, and its score misses nothing.
/// let data = ndarray::array![[1.0, -2.0]];
/// let score = EmpiricalScore::new(data.view())?;
/// let loss = denoising_loss(&score, data.view(), 0.5, 20, &Streams::new(1, "doc"))?;
/// assert!(loss.mean < 1e-25 && loss.count == 20);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn denoising_loss<S: ScoreField>(
    field: &S,
    data: ArrayView2<f64>,
    t: f64,
    repeats: usize,
    streams: &Streams,
) -> Result<Estimate> {
    let (a, b) = (decay(positive("t", t)?), noise_variance(t).sqrt());
    of_dimension("data", &data, field.dimension())?;
    let n = at_least("data.nrows()", data.nrows(), 1)?;
    let draws = n * at_least("repeats", repeats, 1)?;
    let mut noise = Array2::zeros((draws, field.dimension()));
    for (i, mut row) in noise.outer_iter_mut().enumerate() {
        let mut stream = streams.stream(i as u64);
        row.iter_mut().for_each(|z| *z = stream.normal());
    }
    let mut x = b * &noise;
    for (i, mut row) in x.outer_iter_mut().enumerate() {
        row.scaled_add(a, &data.row(i % n));
    }
    let mut score = Array2::zeros(x.dim());
    field.write(t, x.view(), &mut field.workspace(), score.view_mut())?;
    let miss = b * score + noise;
    Estimate::of(miss.outer_iter().map(|row| row.dot(&row)))
}
