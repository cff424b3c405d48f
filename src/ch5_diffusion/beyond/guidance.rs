//! Guidance without a classifier (Ho and Salimans 2021). For data with labels the reverse equation is run with
//!
//! s_w(x, t) = (1 + w) ∇ log p(x, t | label) − w ∇ log p(x, t), w ≥ −1,
//!
//! which is the gradient of log p(x, t | label)^{1+w} p(x, t)^{−w}. That power of densities solves no Fokker–Planck equation
//! of the noising process, so the points do not end in it. When both laws are normal, N(m, v_0) and N(M, V_0), the score is
//! affine and Y stays normal: with v, V the variances at time τ of the noising process,
//!
//! F(τ) = exp(∫_0^τ (1 + (1 + h) α)) = e^{−hτ} (v_0/v)^{(1+h)(1+w)/2} (V/V_0)^{(1+h)w/2},  s_w = αx + β,
//!
//! E Y = F(T) E Y(0) + (1 + h) ∫_0^T F β,  Var Y = F(T)² Var Y(0) + 2h ∫_0^T F².

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::ch5_diffusion::mixture::Mixture;
use crate::ch5_diffusion::score::{
    GaussianCase, Noising, Normal, ScoreError, ScoreField, check_grid, each_point, integral, of_dimension,
    time,
};
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// Passes w on if it is at least −1, where nothing is left of the label.
fn weight(w: f64) -> Result<f64> {
    if w.is_finite() && w >= -1.0 {
        Ok(w)
    } else {
        Err(Error::argument("w", w, "a finite number, at least -1"))
    }
}

/// The guided score for data from a mixture.
#[derive(Debug, Clone, PartialEq)]
pub struct Guided<const D: usize> {
    all: Mixture<D>,
    class: Mixture<D>,
    w: f64,
}

impl<const D: usize> Guided<D> {
    /// The guided score for data with the law `all`, of which those with the wanted label have the law `class`. w = −1
    /// ignores the label, w = 0 is the score of the class.
    ///
    /// # Errors
    /// w below −1 or not finite.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::Guided, mixture::Mixture, score::ScoreField};
    /// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.5)?;
    /// let (x, mut score) = (ndarray::array![[0.3]], ndarray::array![[0.0]]);
    /// Guided::new(data.clone(), data.only(&[1])?, 2.0)?.write(0.0, x.view(), &mut (), score.view_mut())?;
    /// let expected = 3.0 * (1.0 - 0.3) / 0.25 - 2.0 * data.score(&[0.3])[0];
    /// assert!((score[[0, 0]] - expected).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(all: Mixture<D>, class: Mixture<D>, w: f64) -> Result<Self> {
        Ok(Self { all, class, w: weight(w)? })
    }

    /// (1 + w) log p(x, t | label) − w log p(x, t), whose gradient is the guided score.
    ///
    /// # Errors
    /// A time that is negative or not finite.
    pub fn log_product(&self, t: f64, x: &[f64; D]) -> Result<f64> {
        let [class, all] = self.laws(t)?;
        Ok((1.0 + self.w) * class.log_density(x) - self.w * all.log_density(x))
    }

    fn laws(&self, t: f64) -> Result<[Mixture<D>; 2]> {
        let t = time(t)?;
        let law = |data| Noising::OrnsteinUhlenbeck.law(data, t);
        Ok([law(&self.class)?, law(&self.all)?])
    }
}

impl<const D: usize> ScoreField for Guided<D> {
    type Workspace = ();

    fn dimension(&self) -> usize {
        D
    }

    fn workspace(&self) {}

    // ANCHOR: guided
    fn write(&self, t: f64, x: ArrayView2<f64>, (): &mut (), score: ArrayViewMut2<f64>) -> Result<()> {
        let [class, all] = self.laws(t)?;
        each_point(x, score, |x| {
            let (with, without) = (class.score(x), all.score(x));
            std::array::from_fn(|k| (1.0 + self.w) * with[k] - self.w * without[k])
        })
    }
    // ANCHOR_END: guided
}

/// Guidance on the line when the data with the label and all the data are normal.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::GuidedGaussian, score::Normal};
/// let case = GuidedGaussian::new(Normal::STANDARD, Normal::new(1.5, 0.25)?, 2.0)?;
/// // The product of the densities has the variance 1/(3/0.25 − 2/1); the flow ends elsewhere.
/// assert!((case.product(0.0)?.variance - 0.1).abs() < 1e-15);
/// let end = case.reversed(0.0, 20.0, Normal::STANDARD)?;
/// assert!((end.variance - 0.25f64.powi(3)).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuidedGaussian {
    all: GaussianCase,
    class: GaussianCase,
    w: f64,
}

impl GuidedGaussian {
    /// The case of data with the law `all`, of which those with the label have the law `class`.
    ///
    /// # Errors
    /// Variances that are not positive, means that are not finite, w below −1 or not finite.
    pub fn new(all: Normal, class: Normal, w: f64) -> Result<Self> {
        let case = |law| GaussianCase::new(law, ScoreError::NONE);
        Ok(Self { all: case(all)?, class: case(class)?, w: weight(w)? })
    }

    /// [α, β] with s_w(x, t) = αx + β.
    // ANCHOR: affine
    pub fn score(&self, t: f64) -> [f64; 2] {
        let (with, without) = (self.class.score(t), self.all.score(t));
        std::array::from_fn(|k| (1.0 + self.w) * with[k] - self.w * without[k])
    }
    // ANCHOR_END: affine

    /// The normal law with density proportional to p(x, t | label)^{1+w} p(x, t)^{−w}: its precision is
    /// (1 + w)/v − w/V.
    ///
    /// # Errors
    /// A time that is negative or not finite; a precision that is not positive: the product cannot be normalized.
    // ANCHOR: product
    pub fn product(&self, t: f64) -> Result<Normal> {
        let [alpha, beta] = self.score(time(t)?);
        if alpha < 0.0 {
            Ok(Normal { mean: -beta / alpha, variance: -1.0 / alpha })
        } else {
            Err(Error::argument("w", self.w, "such that (1 + w)/v exceeds w/V"))
        }
    }
    // ANCHOR_END: product

    /// F(τ).
    // ANCHOR: kept
    pub fn kept(&self, h: f64, tau: f64) -> f64 {
        let narrowed = self.class.data().variance / self.class.law(tau).variance;
        let widened = self.all.law(tau).variance / self.all.data().variance;
        let power = 0.5 * (1.0 + h);
        (-h * tau).exp() * narrowed.powf(power * (1.0 + self.w)) * widened.powf(power * self.w)
    }
    // ANCHOR_END: kept

    /// The law of Y(T) for Y(0) ~ `start`, in continuous time.
    ///
    /// # Errors
    /// A horizon that is not positive, an h that is negative.
    // ANCHOR: reversed
    pub fn reversed(&self, h: f64, horizon: f64, start: Normal) -> Result<Normal> {
        check_grid(h, &[horizon, 0.0])?;
        let kept = self.kept(h, horizon);
        let pull = integral(0.0, horizon, |tau| self.kept(h, tau) * self.score(tau)[1])?;
        let noise = integral(0.0, horizon, |tau| self.kept(h, tau).powi(2))?;
        Ok(Normal {
            mean: kept * start.mean + (1.0 + h) * pull,
            variance: kept * kept * start.variance + 2.0 * h * noise,
        })
    }
    // ANCHOR_END: reversed
}

/// What guidance does to a sample.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::{Effect, effect}, mixture::Mixture};
/// let data = Mixture::isotropic(&[1.0], &[[0.0, 0.0]], 1.0)?;
/// // The variances are 4 along the first axis and 0 along the second.
/// let found = effect(ndarray::array![[2.0, 0.0], [-2.0, 0.0]].view(), &data, &[0], -10.0)?;
/// assert_eq!(found, Effect { mean: [0.0, 0.0], variance: 2.0, confused: 0.0, outlying: 0.0 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect<const D: usize> {
    /// The mean of the points.
    pub mean: [f64; D],
    /// The mean over the coordinates of their variances.
    pub variance: f64,
    /// The share of points that more likely than not carry another label.
    pub confused: f64,
    /// The share of points where the density of the class is below the level given.
    pub outlying: f64,
}

/// Measures `points`, one a row, made for the label of the listed components of `data`. A point counts as outlying where
/// log p(x | label) < `level`.
///
/// # Errors
/// No points, or points of another dimension or not finite; components as refused by [`Mixture::only`]; a level that is
/// not finite.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::effect, mixture::Mixture};
/// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.1)?;
/// // Wanted is the component at 1. One point of four is at −1, where its density is e^{−200} of the peak.
/// let found = effect(ndarray::array![[1.0], [1.0], [1.0], [-1.0]].view(), &data, &[1], -10.0)?;
/// assert_eq!((found.mean, found.variance), ([0.5], 0.75));
/// assert_eq!((found.confused, found.outlying), (0.25, 0.25));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn effect<const D: usize>(
    points: ArrayView2<f64>,
    data: &Mixture<D>,
    components: &[usize],
    level: f64,
) -> Result<Effect<D>> {
    let class = data.only(components)?;
    let level = finite("level", level)?;
    of_dimension("points", &points, D)?;
    let scale = 1.0 / at_least("points.nrows()", points.nrows(), 1)? as f64;
    for &value in &points {
        finite("points", value)?;
    }
    let mean: [f64; D] = std::array::from_fn(|k| scale * points.column(k).sum());
    let mut effect = Effect { mean, variance: 0.0, confused: 0.0, outlying: 0.0 };
    for row in points.outer_iter() {
        let x: [f64; D] = std::array::from_fn(|k| row[k]);
        let square: f64 = x.iter().zip(&mean).map(|(x, m)| (x - m).powi(2)).sum();
        effect.variance += scale * square / D as f64;
        let wanted: f64 = components.iter().map(|&k| data.responsibility(k, &x)).sum();
        effect.confused += scale * f64::from(wanted < 0.5);
        effect.outlying += scale * f64::from(class.log_density(&x) < level);
    }
    Ok(effect)
}
