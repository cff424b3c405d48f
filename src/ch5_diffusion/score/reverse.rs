//! Equations (5.3) and (5.5): dY = (Y + (h + 1) s(Y, T − t)) dt + √(2h) dW, from Y(0) ~ N(0, I), for every h ≥ 0.
//!
//! Times are those of the noising process, running down from T. With a = e^{−t}, b² = 1 − e^{−2t}, σ = b/a a step from
//! t to t' = t − d reads:
//!
//! - Euler–Maruyama: x + d (x + (1 + h) s) + √(2hd) ξ;
//! - exponential: in x/a the equation is d(x/a) = (1 + h) (x/a − x̂₀) dσ/σ + noise with x̂₀ = (x + b²s)/a, the mean of the
//!   data given x; with x̂₀ frozen it is solved by
//!   x'/a' = x̂₀ + ρ^{1+h} (x/a − x̂₀) + σ' √(1 − ρ^{2h}) ξ, ρ = σ'/σ (DDIM, Song, Meng and Ermon 2021, for h = 0);
//! - Heun, for h = 0 alone: the trapezoidal rule after a step of Euler;
//! - predictor–corrector: a step of Euler–Maruyama, then one of Langevin's x + δ s + √(2δ) ξ at the time reached.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::field::{ScoreField, of_dimension, time};
use super::noising::{decay, noise_variance};
use crate::error::{at_least, positive, stays_finite};
use crate::random::{Bundle, Streams};
use crate::{Error, Result};

/// How many points one thread moves before it looks for others.
const TOGETHER: usize = 512;

/// How a step of the reverse equation is made.
///
/// ```
/// use sdml::ch5_diffusion::score::{GaussianCase, Method, Normal, ScoreError, descending_times};
/// // Heun's method makes an error of order 2: half the step, a quarter of the error.
/// let case = GaussianCase::new(Normal::new(1.0, 0.25)?, ScoreError::NONE)?;
/// let error = |steps| -> sdml::Result<f64> {
///     let times = descending_times(2.0, 0.0, steps, 1.0)?;
///     Ok(case.stepped(Method::Heun, 0.0, &times, case.law(2.0))?.distance(&case.data()))
/// };
/// assert!((3.0..5.0).contains(&(error(100)? / error(200)?)));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Euler–Maruyama. One evaluation of the score a step, order 1.
    Euler,
    /// The data's conditional mean is frozen, the rest solved exactly. One evaluation a step, order 1.
    Exponential,
    /// Heun's method for the probability-flow ODE, h = 0. Two evaluations a step, order 2.
    Heun,
    /// Euler–Maruyama, and a Langevin step δ = ratio · c(t') at the time reached. Two evaluations a step.
    PredictorCorrector {
        /// δ/c(t').
        ratio: f64,
    },
}

impl Method {
    /// Evaluations of the score in one step.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Method;
    /// assert_eq!([Method::Euler, Method::Heun].map(|method| method.evaluations()), [1, 2]);
    /// ```
    pub fn evaluations(&self) -> usize {
        match self {
            Self::Euler | Self::Exponential => 1,
            Self::Heun | Self::PredictorCorrector { .. } => 2,
        }
    }

    /// Refuses a method that does not solve the equation with noise `h`.
    pub(super) fn check(&self, h: f64) -> Result<()> {
        match *self {
            Self::Heun if h != 0.0 => Err(Error::argument("h", h, "0 for Heun's method")),
            Self::PredictorCorrector { ratio } => positive("ratio", ratio).map(drop),
            _ => Ok(()),
        }
    }
}

/// t_k = t_n + (T − t_n)(1 − k/n)^power, k = 0..=n: from the horizon T down to `last`, closer together towards the data
/// if the power exceeds 1.
///
/// # Errors
/// T not positive, `last` negative or not before T, no steps, a power that is not positive.
///
/// ```
/// use sdml::ch5_diffusion::score::descending_times;
/// assert_eq!(descending_times(4.0, 0.0, 4, 2.0)?, [4.0, 2.25, 1.0, 0.25, 0.0]);
/// assert!(descending_times(0.0, 0.0, 4, 2.0).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn descending_times(horizon: f64, last: f64, steps: usize, power: f64) -> Result<Vec<f64>> {
    positive("horizon", horizon)?;
    positive("power", power)?;
    at_least("steps", steps, 1)?;
    if time(last)? >= horizon {
        return Err(Error::argument("last", last, format!("before the horizon, {horizon}")));
    }
    let time = |k: usize| last + (horizon - last) * (1.0 - k as f64 / steps as f64).powf(power);
    // The first is T itself: rounding must not put it beyond the times of a trained score.
    Ok(std::iter::once(horizon).chain((1..=steps).map(time)).collect())
}

/// The reverse equation with noise h, a score field, a grid of times and a method.
///
/// ```
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse, descending_times}};
/// use sdml::random::Streams;
/// let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2)?);
/// let times = descending_times(3.0, 1e-3, 50, 2.0)?;
/// let points = Reverse::new(&score, 1.0, times, Method::Euler)?.sample(100, &Streams::new(1, "doc"))?;
/// // All of them lie near the ring.
/// let radius = |x: ndarray::ArrayView1<f64>| x[0].hypot(x[1]);
/// assert!(points.outer_iter().all(|x| (radius(x) - 2.0).abs() < 1.2));
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct Reverse<'a, S> {
    score: &'a S,
    h: f64,
    times: Vec<f64>,
    method: Method,
}

impl<'a, S: ScoreField> Reverse<'a, S> {
    /// The equation with noise `h`, to be solved along `times`.
    ///
    /// # Errors
    /// h negative or not finite; fewer than two times, or times that do not fall from a positive one to one that is at
    /// least 0; a method that does not fit h.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse}};
    /// let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2)?);
    /// let reverse = |h, times: &[f64], method| Reverse::new(&score, h, times.to_vec(), method);
    /// assert!(reverse(1.0, &[1.0, 0.5, 0.0], Method::Euler).is_ok());
    /// // Rising times; Heun's method with noise.
    /// assert!(reverse(1.0, &[0.0, 0.5, 1.0], Method::Euler).is_err());
    /// assert!(reverse(1.0, &[1.0, 0.5, 0.0], Method::Heun).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(score: &'a S, h: f64, times: Vec<f64>, method: Method) -> Result<Self> {
        check_grid(h, &times)?;
        method.check(h)?;
        Ok(Self { score, h, times, method })
    }

    /// Evaluations of the score for each point.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse}};
    /// // Two steps of two evaluations.
    /// let score = ExactScore::new(Mixture::ring(8, 2.0, 0.2)?);
    /// assert_eq!(Reverse::new(&score, 0.0, vec![1.0, 0.5, 0.0], Method::Heun)?.evaluations(), 4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn evaluations(&self) -> usize {
        self.method.evaluations() * (self.times.len() - 1)
    }

    /// `points` points at the last time, one a row, from starts Y(0) ~ N(0, I). Point i draws from stream i.
    ///
    /// # Errors
    /// No points; an error of the score; points that leave the finite numbers, with the step at which they do.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse}};
    /// use sdml::random::Streams;
    /// // Data N(0, 1) and h = 0: nothing moves, and the samples are the starts.
    /// let (score, streams) = (ExactScore::new(Mixture::gaussian([0.0], [[1.0]])?), Streams::new(1, "doc"));
    /// let points = Reverse::new(&score, 0.0, vec![1.0, 0.5, 0.0], Method::Euler)?.sample(5, &streams)?;
    /// assert!((points[[3, 0]] - streams.stream(3).normal()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, points: usize, streams: &Streams) -> Result<Array2<f64>> {
        let n = self.score.dimension();
        let mut streams = bundles(at_least("points", points, 1)?, streams);
        let mut start = vec![0.0; points * n];
        start
            .chunks_mut(TOGETHER * n)
            .zip(&mut streams)
            .for_each(|(rows, streams)| streams.fill_normal(rows));
        let start = Array2::from_shape_vec((points, n), start).expect("rows of n");
        self.walk(start, streams, |_| ())
    }

    /// The points at the last time, from given starts, one a row.
    ///
    /// # Errors
    /// As [`Self::sample`]; starts of another dimension or not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse}};
    /// use sdml::random::Streams;
    /// // Data N(2, 1), h = 0: dY = (Y + s) dt, s = 2e^{−t} − Y, moves every point by ½ · 2e^{−1/2} in one step.
    /// let score = ExactScore::new(Mixture::gaussian([2.0], [[1.0]])?);
    /// let reverse = Reverse::new(&score, 0.0, vec![0.5, 0.0], Method::Euler)?;
    /// let end = reverse.run(array![[0.3]].view(), &Streams::new(1, "doc"))?;
    /// assert!((end[[0, 0]] - 0.3 - (-0.5f64).exp()).abs() < 1e-14);
    /// assert!(reverse.run(array![[0.3, 0.4]].view(), &Streams::new(1, "doc")).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn run(&self, start: ArrayView2<f64>, streams: &Streams) -> Result<Array2<f64>> {
        self.check_start(&start)?;
        self.walk(start.as_standard_layout().into_owned(), bundles(start.nrows(), streams), |_| ())
    }

    /// The points at every time of the grid, from given starts.
    ///
    /// # Errors
    /// As [`Self::run`].
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, Method, Reverse}};
    /// use sdml::random::Streams;
    /// let (score, streams) = (ExactScore::new(Mixture::ring(8, 2.0, 0.2)?), Streams::new(1, "doc"));
    /// let reverse = Reverse::new(&score, 1.0, vec![1.0, 0.5, 0.1], Method::Euler)?;
    /// let (start, end) = (array![[0.3, -1.2]], reverse.run(array![[0.3, -1.2]].view(), &streams)?);
    /// // The start, what lies between, and the end.
    /// let paths = reverse.paths(start.view(), &streams)?;
    /// assert_eq!((paths.len(), &paths[0], &paths[2]), (3, &start, &end));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn paths(&self, start: ArrayView2<f64>, streams: &Streams) -> Result<Vec<Array2<f64>>> {
        self.check_start(&start)?;
        let mut states = Vec::with_capacity(self.times.len());
        let start = start.as_standard_layout().into_owned();
        let streams = bundles(start.nrows(), streams);
        let end = self.walk(start, streams, |x| states.push(x.clone()))?;
        states.push(end);
        Ok(states)
    }

    fn check_start(&self, start: &ArrayView2<f64>) -> Result<()> {
        at_least("start.nrows()", start.nrows(), 1)?;
        of_dimension("start", start, self.score.dimension())?;
        match start.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(Error::argument("start", value, "finite numbers")),
            None => Ok(()),
        }
    }

    /// Shows `visit` the points before every step.
    fn walk(
        &self,
        x: Array2<f64>,
        streams: Vec<Bundle>,
        mut visit: impl FnMut(&Array2<f64>),
    ) -> Result<Array2<f64>> {
        let [score, noise] = [(); 2].map(|()| Array2::zeros(x.dim()));
        let mut points = Points { x, score, noise, streams, workspace: self.score.workspace() };
        for (step, pair) in self.times.windows(2).enumerate() {
            visit(&points.x);
            self.step(&mut points, pair[0], pair[1])?;
            stays_finite("Y", &points.x, step)?;
        }
        Ok(points.x)
    }

    /// One step from t to `next`.
    // ANCHOR: step
    fn step(&self, points: &mut Points<S::Workspace>, t: f64, next: f64) -> Result<()> {
        let (h, d) = (self.h, t - next);
        points.evaluate(self.score, t)?;
        match self.method {
            Method::Euler => points.euler(h, d),
            Method::Exponential => {
                let (b2, next_b2) = (noise_variance(t), noise_variance(next));
                let rho = (next_b2 / b2).sqrt() * decay(d);
                let kept = rho.powf(1.0 + h);
                let spread = (next_b2 * (1.0 - rho.powf(2.0 * h))).sqrt();
                // a'/a = e^d.
                let grown = d.exp();
                points.advance(|x, s| grown * (x + (1.0 - kept) * b2 * s), spread);
            }
            Method::Heun => {
                let start = points.x.clone();
                let slope = &points.x + &points.score;
                points.euler(0.0, d);
                points.evaluate(self.score, next)?;
                points.x = start + 0.5 * d * (slope + &points.x + &points.score);
            }
            Method::PredictorCorrector { ratio } => {
                points.euler(h, d);
                let delta = ratio * noise_variance(next);
                if delta > 0.0 {
                    points.evaluate(self.score, next)?;
                    points.advance(|x, s| x + delta * s, (2.0 * delta).sqrt());
                }
            }
        }
        Ok(())
    }
    // ANCHOR_END: step
}

/// Refuses a negative h and times that do not fall.
pub(in crate::ch5_diffusion) fn check_grid(h: f64, times: &[f64]) -> Result<()> {
    if !(h.is_finite() && h >= 0.0) {
        return Err(Error::argument("h", h, "a finite number, at least 0"));
    }
    at_least("times.len()", times.len(), 2)?;
    positive("times[0]", times[0])?;
    let falling = times.windows(2).all(|pair| pair[1] < pair[0]) && times[times.len() - 1] >= 0.0;
    if falling {
        Ok(())
    } else {
        Err(Error::argument("times", format!("{times:?}"), "strictly falling, the last at least 0"))
    }
}

/// The streams of so many points, in parts of [`TOGETHER`].
fn bundles(points: usize, streams: &Streams) -> Vec<Bundle> {
    let part = |first: usize| streams.bundle(first as u64..points.min(first + TOGETHER) as u64);
    (0..points).step_by(TOGETHER).map(part).collect()
}

/// Points on their way, with their scores, noise and streams.
struct Points<W> {
    x: Array2<f64>,
    score: Array2<f64>,
    noise: Array2<f64>,
    streams: Vec<Bundle>,
    workspace: W,
}

impl<W> Points<W> {
    fn evaluate<S: ScoreField<Workspace = W>>(&mut self, field: &S, t: f64) -> Result<()> {
        field.write(t, self.x.view(), &mut self.workspace, self.score.view_mut())
    }

    fn euler(&mut self, h: f64, d: f64) {
        self.advance(|x, s| x + d * (x + (1.0 + h) * s), (2.0 * h * d).sqrt());
    }

    /// x ← f(x, s) + `spread` ξ.
    fn advance(&mut self, f: impl Fn(f64, f64) -> f64, spread: f64) {
        if spread > 0.0 {
            draw(&mut self.noise, &mut self.streams);
        }
        let Self { x, score, noise, .. } = self;
        let x = x.as_slice_mut().expect("rows one after the other");
        for ((x, s), xi) in x.iter_mut().zip(&*score).zip(&*noise) {
            *x = f(*x, *s) + spread * xi;
        }
    }
}

/// Fresh noise for every row, from its own stream.
fn draw(noise: &mut Array2<f64>, streams: &mut [Bundle]) {
    let n = noise.ncols();
    let groups = noise.as_slice_mut().expect("rows one after the other").par_chunks_mut(TOGETHER * n);
    groups.zip(streams).for_each(|(noise, streams)| streams.fill_normal(noise));
}
