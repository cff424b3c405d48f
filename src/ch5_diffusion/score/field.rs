//! Score fields s(x, t) ≈ ∇ log p(x, t): what a reverse equation asks for. Many points at one time.

use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::noising::Noising;
use crate::ch5_diffusion::mixture::Mixture;
use crate::error::finite;
use crate::{Error, Result};

/// s(x, t) on ℝⁿ for 0 ≤ t ≤ T, the time of the noising process.
///
/// ```
/// use ndarray::{ArrayView2, ArrayViewMut2, array};
/// use sdml::{Result, ch5_diffusion::score::{Method, Reverse, ScoreField}, random::Streams};
/// struct Standard;
/// // s = −x, the score of N(0, I) at every time.
/// impl ScoreField for Standard {
///     type Workspace = ();
///     fn dimension(&self) -> usize { 2 }
///     fn workspace(&self) {}
///     fn write(&self, _: f64, x: ArrayView2<f64>, (): &mut (), mut s: ArrayViewMut2<f64>) -> Result<()> {
///         s.zip_mut_with(&x, |s, x| *s = -x);
///         Ok(())
///     }
/// }
/// // For h = 0 the reverse equation dY = (Y + s) dt stands still.
/// let reverse = Reverse::new(&Standard, 0.0, vec![1.0, 0.5, 0.0], Method::Euler)?;
/// let start = array![[0.3, -1.2]];
/// assert_eq!(reverse.run(start.view(), &Streams::new(1, "doc"))?, start);
/// assert_eq!((Standard.dimension(), Standard.workspace()), (2, ()));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: field
pub trait ScoreField: Sync {
    /// What is reused from one call to the next.
    type Workspace;

    /// n.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, ScoreField}};
    /// // Data in the plane.
    /// assert_eq!(ExactScore::new(Mixture::ring(8, 2.0, 0.2)?).dimension(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn dimension(&self) -> usize;

    /// Empty buffers.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::score::{Denoiser, ScoreField}};
    /// // The noise x/2 at log 2, where c(t) = ¾: the score is −x/√3, in one workspace for any number of points.
    /// let model = Denoiser::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.5, 0.0, 0.0], [0.1, 1.0], 0.7)?;
    /// let mut workspace = model.workspace();
    /// for x in [array![[3.0]], array![[1.0], [-2.0]]] {
    ///     let mut score = x.clone();
    ///     model.write(2f64.ln(), x.view(), &mut workspace, score.view_mut())?;
    ///     assert!((score + x / 3f64.sqrt()).iter().all(|difference| difference.abs() < 1e-14));
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn workspace(&self) -> Self::Workspace;

    /// Writes s(xᵢ, t) into row i of `score`, xᵢ being row i of `x`.
    ///
    /// # Errors
    /// A time outside the field's range; points of another dimension, or `score` of another shape than they.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, ScoreField}};
    /// // Data N(0, 4) have the variance 4e^{−2t} + c(t) = 7/4 at log 2: the score is −4x/7.
    /// let field = ExactScore::new(Mixture::gaussian([0.0], [[4.0]])?);
    /// let mut score = array![[0.0], [0.0]];
    /// field.write(2f64.ln(), array![[3.5], [-7.0]].view(), &mut (), score.view_mut())?;
    /// assert!((score[[0, 0]] + 2.0).abs() < 1e-14 && (score[[1, 0]] - 4.0).abs() < 1e-14);
    /// assert!(field.write(-1.0, array![[3.5], [-7.0]].view(), &mut (), score.view_mut()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn write(
        &self,
        t: f64,
        x: ArrayView2<f64>,
        workspace: &mut Self::Workspace,
        score: ArrayViewMut2<f64>,
    ) -> Result<()>;
}
// ANCHOR_END: field

/// ∇ log p(x, t) for data from a mixture under (5.2).
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, ScoreField}};
/// // After a long time every law is N(0, I), with the score −x.
/// let exact = ExactScore::new(Mixture::ring(8, 2.0, 0.2)?);
/// let mut score = array![[0.0, 0.0]];
/// exact.write(40.0, array![[0.5, -2.0]].view(), &mut (), score.view_mut())?;
/// assert!((score[[0, 0]] + 0.5).abs() < 1e-14 && (score[[0, 1]] - 2.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExactScore<const D: usize> {
    data: Mixture<D>,
}

impl<const D: usize> ExactScore<D> {
    /// The score for data from `data`.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{ExactScore, ScoreField}};
    /// // Data N(2, 1) have the law N(2e^{−t}, 1) at time t: at log 2 the score is 1 − x.
    /// let exact = ExactScore::new(Mixture::isotropic(&[1.0], &[[2.0]], 1.0)?);
    /// let mut score = array![[0.0], [0.0]];
    /// exact.write(2f64.ln(), array![[0.0], [3.0]].view(), &mut (), score.view_mut())?;
    /// assert!((score[[0, 0]] - 1.0).abs() < 1e-14 && (score[[1, 0]] + 2.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Mixture<D>) -> Self {
        Self { data }
    }

    /// The law of the data.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::ExactScore};
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// assert_eq!(ExactScore::new(data.clone()).data(), &data);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn data(&self) -> &Mixture<D> {
        &self.data
    }
}

impl<const D: usize> ScoreField for ExactScore<D> {
    type Workspace = ();

    fn dimension(&self) -> usize {
        D
    }

    fn workspace(&self) {}

    fn write(&self, t: f64, x: ArrayView2<f64>, (): &mut (), score: ArrayViewMut2<f64>) -> Result<()> {
        let law = Noising::OrnsteinUhlenbeck.law(&self.data, time(t)?)?;
        each_point(x, score, |x| law.score(x))
    }
}

/// The score with a circulation added, ∇ log p + κ J ∇ log p with the quarter turn J of the plane. The current p J ∇ log p
/// = J ∇p has no divergence, so that the reverse equation with this field has the same one-time marginals.
///
/// ```
/// use ndarray::array;
/// use sdml::ch5_diffusion::{mixture::Mixture, score::{Circulating, ExactScore, ScoreField}};
/// // What is added is at right angles to the score.
/// let (data, x) = (Mixture::ring(8, 2.0, 0.5)?, array![[0.7, -1.2]]);
/// let (mut exact, mut turned) = (array![[0.0, 0.0]], array![[0.0, 0.0]]);
/// ExactScore::new(data.clone()).write(0.4, x.view(), &mut (), exact.view_mut())?;
/// Circulating::new(data, 0.5)?.write(0.4, x.view(), &mut (), turned.view_mut())?;
/// assert!(((&turned - &exact) * &exact).sum().abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Circulating {
    exact: ExactScore<2>,
    strength: f64,
}

impl Circulating {
    /// The field for data from `data` and κ = `strength`.
    ///
    /// # Errors
    /// A strength that is not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::{mixture::Mixture, score::{Circulating, ScoreField}};
    /// // For data N(0, I) the score at (1, 0) is (−1, 0) at every time, and J turns it to (0, −1).
    /// let field = Circulating::new(Mixture::isotropic(&[1.0], &[[0.0, 0.0]], 1.0)?, 0.5)?;
    /// let mut score = array![[0.0, 0.0]];
    /// field.write(0.4, array![[1.0, 0.0]].view(), &mut (), score.view_mut())?;
    /// assert!((score[[0, 0]] + 1.0).abs() < 1e-14 && (score[[0, 1]] + 0.5).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Mixture<2>, strength: f64) -> Result<Self> {
        Ok(Self { exact: ExactScore::new(data), strength: finite("strength", strength)? })
    }
}

impl ScoreField for Circulating {
    type Workspace = ();

    fn dimension(&self) -> usize {
        2
    }

    fn workspace(&self) {}

    // ANCHOR: circulating
    fn write(&self, t: f64, x: ArrayView2<f64>, (): &mut (), score: ArrayViewMut2<f64>) -> Result<()> {
        let law = Noising::OrnsteinUhlenbeck.law(&self.exact.data, time(t)?)?;
        each_point(x, score, |x| {
            let [s_1, s_2] = law.score(x);
            [s_1 - self.strength * s_2, s_2 + self.strength * s_1]
        })
    }
    // ANCHOR_END: circulating
}

/// Passes `t` on if it is a time of the noising process.
pub(in crate::ch5_diffusion) fn time(t: f64) -> Result<f64> {
    if t.is_finite() && t >= 0.0 {
        Ok(t)
    } else {
        Err(Error::argument("t", t, "a finite number, at least 0"))
    }
}

/// Refuses points of another dimension than `n`.
pub(in crate::ch5_diffusion) fn of_dimension(
    name: &'static str,
    points: &ArrayView2<f64>,
    n: usize,
) -> Result<()> {
    if points.ncols() == n {
        Ok(())
    } else {
        Err(Error::argument(name, format!("{:?}", points.dim()), format!("a matrix of {n} columns")))
    }
}

/// Refuses points of another dimension than `n`, and a place for their scores that is not of their shape.
pub(in crate::ch5_diffusion) fn fitting(
    x: &ArrayView2<f64>,
    score: &ArrayViewMut2<f64>,
    n: usize,
) -> Result<()> {
    of_dimension("x", x, n)?;
    if score.dim() == x.dim() {
        Ok(())
    } else {
        Err(Error::argument("score", format!("{:?}", score.dim()), format!("{:?}, as x", x.dim())))
    }
}

/// `score` ← f(x) row by row, on all cores.
pub(in crate::ch5_diffusion) fn each_point<const D: usize>(
    x: ArrayView2<f64>,
    mut score: ArrayViewMut2<f64>,
    f: impl Fn(&[f64; D]) -> [f64; D] + Sync,
) -> Result<()> {
    fitting(&x, &score, D)?;
    let at = |i: usize| f(&std::array::from_fn(|k| x[[i, k]]));
    let values: Vec<[f64; D]> = (0..x.nrows()).into_par_iter().with_min_len(64).map(at).collect();
    for (mut row, value) in score.outer_iter_mut().zip(values) {
        row.iter_mut().zip(value).for_each(|(place, s)| *place = s);
    }
    Ok(())
}
