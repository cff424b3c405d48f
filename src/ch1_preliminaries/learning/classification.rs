//! Example 1.19: classification as the minimization of (1/N) Σ φ(g(xᵢ, θ) − yᵢ) for labels yᵢ ∈ {0, 1}.
//!
//! g is the logistic function of a two-layer network, a probability. The data are blobs whose best possible
//! classifier is known, so that "good" means near a number.

use super::{Activation, FiniteSum, Jets, Pass, TwoLayer};
use crate::error::{at_least, positive};
use crate::random::Stream;
use crate::statistics::normal;
use crate::{Error, Result};

/// φ, what a deviation r = g − y costs.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Misfit;
/// // Which of them mind a deviation in either direction alike.
/// let even = |misfit: Misfit| misfit.at(-1.0).0 == misfit.at(1.0).0;
/// assert_eq!([Misfit::Square, Misfit::LogCosh, Misfit::Signed].map(even), [true, true, false]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// r², the mean square error.
    Square,
    /// log cosh r, which grows like |r|.
    LogCosh,
    /// r: monotone, as the notes allow, and useless. It is least where g is least, whatever y is.
    Signed,
}

impl Misfit {
    /// φ(r) and φ'(r).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Misfit;
    /// assert_eq!(Misfit::Square.at(-0.5), (0.25, -1.0));
    /// // Being wrong in one direction is rewarded.
    /// assert!(Misfit::Signed.at(-0.5).0 < Misfit::Signed.at(0.0).0);
    /// ```
    pub fn at(self, r: f64) -> (f64, f64) {
        match self {
            Self::Square => (r * r, 2.0 * r),
            Self::LogCosh => (log_cosh(r), r.tanh()),
            Self::Signed => (r, 1.0),
        }
    }
}

/// log cosh x = |x| + log(1 + e^{−2|x|}) − log 2, which does not overflow.
pub(crate) fn log_cosh(x: f64) -> f64 {
    x.abs() + (-2.0 * x.abs()).exp().ln_1p() - std::f64::consts::LN_2
}

/// Points of the plane with labels 0 or 1.
///
/// ```
/// use sdml::{ch1_preliminaries::learning::{Blobs, Labelled}, random::Streams};
/// // In blobs as narrow as this the label says whether the signs agree.
/// let Labelled { points, labels } = Blobs::new(0.01)?.sample(20, &mut Streams::new(1, "doc").stream(0))?;
/// assert!(points.iter().zip(&labels).all(|([x, y], label)| (x * y > 0.0) == (*label == 1.0)));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labelled {
    /// xᵢ.
    pub points: Vec<[f64; 2]>,
    /// yᵢ.
    pub labels: Vec<f64>,
}

impl Labelled {
    /// The number of points, if there are any and each has a label.
    fn pairs(&self) -> Result<usize> {
        let n = at_least("data.points.len()", self.points.len(), 1)?;
        if self.labels.len() == n {
            Ok(n)
        } else {
            let allowed = format!("data.points.len() = {n}");
            Err(Error::argument("data.labels.len()", self.labels.len(), allowed))
        }
    }
}

/// Four normal blobs of standard deviation s at (±1, ±1); the label is 1 where the signs agree.
///
/// No straight line separates the classes. The best classifier asks for the sign of x₁x₂, since the two densities are
/// in the proportion cosh((x₁ + x₂)/s²) : cosh((x₁ − x₂)/s²).
///
/// ```
/// use sdml::ch1_preliminaries::learning::Blobs;
/// let blobs = Blobs::new(0.5)?;
/// assert!(blobs.posterior(&[1.0, 1.0]) > 0.99 && blobs.posterior(&[1.0, -1.0]) < 0.01);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blobs {
    spread: f64,
}

impl Blobs {
    /// Blobs of standard deviation s = `spread`.
    ///
    /// # Errors
    /// A spread that is not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Blobs;
    /// assert!(Blobs::new(0.1).is_ok() && Blobs::new(0.0).is_err());
    /// ```
    pub fn new(spread: f64) -> Result<Self> {
        Ok(Self { spread: positive("spread", spread)? })
    }

    /// `n` independent points with their labels.
    ///
    /// # Errors
    /// n = 0.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Blobs, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let data = Blobs::new(0.5)?.sample(20, &mut stream)?;
    /// assert_eq!((data.points.len(), data.labels.len()), (20, 20));
    /// assert!(Blobs::new(0.5)?.sample(0, &mut stream).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, n: usize, stream: &mut Stream) -> Result<Labelled> {
        let mut data = Labelled::default();
        for _ in 0..at_least("n", n, 1)? {
            let centre = [stream.uniform(), stream.uniform()].map(|u| if u < 0.5 { -1.0 } else { 1.0 });
            data.points.push(centre.map(|c| c + self.spread * stream.normal()));
            data.labels.push(if centre[0] == centre[1] { 1.0 } else { 0.0 });
        }
        Ok(data)
    }

    /// P(y = 1 | x): what g should be.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Blobs;
    /// assert_eq!(Blobs::new(0.5)?.posterior(&[0.0, 0.3]), 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn posterior(&self, [x, y]: &[f64; 2]) -> f64 {
        let variance = self.spread * self.spread;
        logistic(log_cosh((x + y) / variance) - log_cosh((x - y) / variance))
    }

    /// The probability with which the best classifier is right: both signs are, or both are not, p² + (1 − p)² with
    /// p = Φ(1/s).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Blobs;
    /// assert!((Blobs::new(0.5)?.bayes_accuracy() - 0.95553).abs() < 1e-5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bayes_accuracy(&self) -> f64 {
        let p = normal::cdf(1.0 / self.spread);
        p * p + (1.0 - p) * (1.0 - p)
    }
}

/// 1/(1 + e^{−z}).
///
/// ```
/// use sdml::ch1_preliminaries::learning::logistic;
/// assert_eq!([-1e3, 0.0, 1e3].map(logistic), [0.0, 0.5, 1.0]);
/// assert!((logistic(3f64.ln()) - 0.75).abs() < 1e-15);
/// ```
pub fn logistic(z: f64) -> f64 {
    0.5 * (1.0 + super::tanh(0.5 * z))
}

/// The loss of Example 1.19 as a finite sum with weights 1/N; θ are the parameters of a tanh [`TwoLayer`] network u,
/// and g = 1/(1 + e^{−u}).
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Classification, FiniteSum, Labelled, Misfit};
/// // Labels that contradict each other: g = ½ is best, with the mean square ¼.
/// let data = Labelled { points: vec![[1.0, 0.0]; 4], labels: vec![1.0, 1.0, 0.0, 0.0] };
/// let loss = Classification::new(data, Misfit::Square)?;
/// let mut gradient = [0.0; 5];
/// assert_eq!((loss.add_all(&[1.0, 1.0, 0.0, 0.0, 0.0], &mut gradient), gradient), (0.25, [0.0; 5]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    data: Labelled,
    misfit: Misfit,
    weights: Vec<f64>,
}

impl Classification {
    /// The loss of `misfit` over `data`.
    ///
    /// # Errors
    /// No data, numbers of points and labels that differ, labels other than 0 and 1, or points that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Classification, FiniteSum, Labelled, Misfit};
    /// let data = Labelled { points: vec![[1.0, 2.0], [0.0, 0.0]], labels: vec![1.0, 0.0] };
    /// let loss = Classification::new(data, Misfit::Square)?;
    /// // u = 0 says one half everywhere.
    /// assert_eq!(loss.add_all(&[1.0, 1.0, 0.0, 0.0, 0.0], &mut [0.0; 5]), 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Labelled, misfit: Misfit) -> Result<Self> {
        let n = data.pairs()?;
        if let Some(label) = data.labels.iter().find(|&&y| y != 0.0 && y != 1.0) {
            return Err(Error::argument("data.labels", label, "0 or 1"));
        }
        for &x in data.points.as_flattened() {
            crate::error::finite("data.points", x)?;
        }
        Ok(Self { data, misfit, weights: vec![1.0 / n as f64; n] })
    }
}

impl FiniteSum for Classification {
    fn weights(&self) -> &[f64] {
        &self.weights
    }

    // ANCHOR: term
    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let network =
            TwoLayer::new(Activation::Tanh, theta.to_vec()).expect("θ are the parameters of a network");
        let x = &self.data.points[i..=i];
        let mut pass = Pass::default();
        network.forward(x, &mut pass);
        let g = logistic(pass.jets.value[0]);
        let (phi, slope) = self.misfit.at(g - self.data.labels[i]);
        let mut coefficients = Jets::default();
        coefficients.reset(1);
        coefficients.value[0] = scale * slope * g * (1.0 - g);
        network.pull_back(x, &pass, &coefficients, gradient);
        phi
    }
    // ANCHOR_END: term
}

/// The share of `data` that a network gets right when it answers 1 where u > 0, that is, where g > ½.
///
/// # Errors
/// No data, or numbers of points and labels that differ.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, Labelled, TwoLayer, accuracy};
/// // u(x) = tanh x₁ cuts the plane in halves, and is right about half of the blobs.
/// let network = TwoLayer::<2>::new(Activation::Tanh, vec![1.0, 0.0, 0.0, 1.0, 0.0])?;
/// let points = vec![[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]];
/// let data = Labelled { points, labels: vec![1.0, 1.0, 0.0, 0.0] };
/// assert_eq!(accuracy(&network, &data)?, 0.5);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn accuracy(network: &TwoLayer<2>, data: &Labelled) -> Result<f64> {
    let n = data.pairs()?;
    let mut pass = Pass::default();
    network.forward(&data.points, &mut pass);
    let right = pass.jets.value.iter().zip(&data.labels).filter(|(u, y)| (**u > 0.0) == (**y > 0.5));
    Ok(right.count() as f64 / n as f64)
}
