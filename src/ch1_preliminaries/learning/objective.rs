//! Equation (1.19): the loss L(θ) = Σ ωᵢ fᵢ(θ), and three ways of estimating its gradient.

use crate::error::at_least;
use crate::random::Stream;
use crate::{Error, Result};

/// A weighted finite sum L(θ) = Σ ωᵢ fᵢ(θ) of N terms, which are counted from 0; `theta` and `gradient` have the same
/// length.
///
/// ```
/// use sdml::ch1_preliminaries::learning::FiniteSum;
/// /// ¼ · θ²/2 + ¾ · (θ − 4)²/2.
/// struct Squares;
/// impl FiniteSum for Squares {
///     fn weights(&self) -> &[f64] { &[0.25, 0.75] }
///     fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
///         let r = theta[0] - [0.0, 4.0][i];
///         gradient[0] += scale * r;
///         0.5 * r * r
///     }
/// }
/// let mut gradient = [0.0];
/// assert_eq!(Squares.add_all(&[1.0], &mut gradient), 0.25 * 0.5 + 0.75 * 4.5);
/// assert_eq!(gradient, [-2.0]);
/// // One term, and twice its gradient on top.
/// assert_eq!((Squares.weights()[1], Squares.add_term(1, &[1.0], 2.0, &mut gradient)), (0.75, 4.5));
/// assert_eq!(gradient, [-2.0 - 6.0]);
/// ```
// ANCHOR: finite_sum
pub trait FiniteSum {
    /// ω₁, …, ω_N.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{FiniteSum, Quadratic};
    /// // A mean of four terms.
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [3.0], [0.0], [0.0]])?;
    /// assert_eq!(loss.weights(), [0.25; 4]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn weights(&self) -> &[f64];

    /// Returns fᵢ(θ) and adds `scale` · ∇fᵢ(θ) to `gradient`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{FiniteSum, Quadratic};
    /// // f₂(θ) = ½ · 2(θ − 3)² at 0: 9, without its weight, and 10 ∇f₂ = −60 on top of the 5.
    /// let (loss, mut gradient) = (Quadratic::new([2.0], vec![[-1.0], [3.0]])?, [5.0]);
    /// assert_eq!(loss.add_term(1, &[0.0], 10.0, &mut gradient), 9.0);
    /// assert_eq!(gradient, [5.0 - 60.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64;

    /// Returns L(θ) and adds ∇L(θ) to `gradient`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{FiniteSum, Quadratic};
    /// // At the mean of the centres, 1, it is ½ · 2 times their variance, 4, and no gradient is added.
    /// let (loss, mut gradient) = (Quadratic::new([2.0], vec![[-1.0], [3.0]])?, [7.0]);
    /// assert_eq!((loss.add_all(&[1.0], &mut gradient), gradient), (4.0, [7.0]));
    /// // Away from it L(θ) = 4 + (θ − 1)².
    /// assert_eq!((loss.add_all(&[3.0], &mut gradient), gradient), (8.0, [7.0 + 4.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn add_all(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let terms = self.weights().iter().enumerate();
        terms.map(|(i, &weight)| weight * self.add_term(i, theta, weight, gradient)).sum()
    }
}
// ANCHOR_END: finite_sum

/// Which terms a step looks at.
///
/// ```
/// use sdml::{ch1_preliminaries::learning::{Batch, Quadratic, Sampler}, random::Streams};
/// // ½(θ + 1)² and ½(θ − 3)²: all of them, in one batch or as they come.
/// let loss = Quadratic::new([1.0], vec![[-1.0], [3.0]])?;
/// for batch in [Batch::Full, Batch::Mini(2)] {
///     let (mut gradient, mut stream) = ([0.0], Streams::new(1, "doc").stream(0));
///     assert_eq!(Sampler::new(&loss, batch)?.add_gradient(&loss, &[0.0], &mut stream, &mut gradient), 2.5);
///     assert_eq!(gradient, [-1.0]);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// All of them: gradient descent.
    Full,
    /// One, drawn with probability ωᵢ: SGD. The weights must be probabilities.
    One,
    /// So many, drawn without replacement, each counted with N/size times its weight: mini-batches. `Mini(N)` sees
    /// what `Full` sees.
    Mini(usize),
}

/// Draws batches for one objective, reusing its memory.
///
/// ```
/// use sdml::{ch1_preliminaries::learning::{Batch, FiniteSum, Sampler}, random::Streams};
/// /// fᵢ(θ) = (θ − aᵢ)²/2 with weights that differ.
/// struct Squares;
/// impl FiniteSum for Squares {
///     fn weights(&self) -> &[f64] { &[0.25, 0.75] }
///     fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
///         let r = theta[0] - [1.0, 5.0][i];
///         gradient[0] += scale * r;
///         0.5 * r * r
///     }
/// }
/// let mut stream = Streams::new(1, "doc").stream(0);
/// let mut sampler = Sampler::new(&Squares, Batch::One)?;
/// let mut gradient = [0.0];
/// sampler.add_gradient(&Squares, &[0.0], &mut stream, &mut gradient);
/// assert!(gradient == [-1.0] || gradient == [-5.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    batch: Batch,
    /// ω₁, ω₁ + ω₂, …, for `Batch::One`.
    cumulative: Vec<f64>,
    /// A permutation of the terms, for `Batch::Mini`.
    order: Vec<usize>,
}

impl Sampler {
    /// A sampler of `batch`es of the terms of `objective`.
    ///
    /// # Errors
    /// No terms, a mini-batch of no terms or of more than there are, weights that are not finite, or weights that are
    /// no probabilities where a term is to be drawn with them.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Batch, Quadratic, Sampler};
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [3.0]])?;
    /// assert!(Sampler::new(&loss, Batch::Mini(2)).is_ok() && Sampler::new(&loss, Batch::Mini(3)).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(objective: &impl FiniteSum, batch: Batch) -> Result<Self> {
        let weights = objective.weights();
        let n = at_least("weights.len()", weights.len(), 1)?;
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(Error::argument("weights", weight, "finite numbers"));
        }
        let total: f64 = weights.iter().sum();
        match batch {
            Batch::One if weights.iter().any(|&w| w < 0.0) || (total - 1.0).abs() > 1e-9 => Err(
                Error::argument("weights", format!("{weights:?}"), "probabilities: at least 0, with sum 1"),
            ),
            Batch::Mini(size) if size == 0 || size > n => {
                Err(Error::argument("batch", size, format!("between 1 and {n}, the number of terms")))
            }
            _ => Ok(Self {
                batch,
                cumulative: weights
                    .iter()
                    .scan(0.0, |sum, w| {
                        *sum += w;
                        Some(*sum)
                    })
                    .collect(),
                order: (0..n).collect(),
            }),
        }
    }

    /// Draws a batch, adds its estimate of ∇L(θ) to `gradient` and returns its estimate of L(θ). Both are unbiased.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::{Batch, Quadratic, Sampler}, random::Streams};
    /// let loss = Quadratic::new([1.0], vec![[-1.0], [3.0]])?;
    /// let (mut gradient, mut stream) = ([0.0], Streams::new(1, "doc").stream(0));
    /// // One of ½(θ + 1)² and ½(θ − 3)², whole: not half of it, as its weight is.
    /// let value = Sampler::new(&loss, Batch::One)?.add_gradient(&loss, &[0.0], &mut stream, &mut gradient);
    /// assert!((value, gradient) == (0.5, [1.0]) || (value, gradient) == (4.5, [-3.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: estimate
    pub fn add_gradient(
        &mut self,
        objective: &impl FiniteSum,
        theta: &[f64],
        stream: &mut Stream,
        gradient: &mut [f64],
    ) -> f64 {
        let n = self.order.len();
        match self.batch {
            Batch::Full => objective.add_all(theta, gradient),
            Batch::One => {
                let u = stream.uniform();
                let i = self.cumulative.partition_point(|&sum| sum <= u).min(n - 1);
                objective.add_term(i, theta, 1.0, gradient)
            }
            Batch::Mini(size) => {
                let mut loss = 0.0;
                for place in 0..size {
                    let other = place + (stream.uniform() * (n - place) as f64) as usize;
                    self.order.swap(place, other);
                    let i = self.order[place];
                    let scale = objective.weights()[i] * n as f64 / size as f64;
                    loss += scale * objective.add_term(i, theta, scale, gradient);
                }
                loss
            }
        }
    }
    // ANCHOR_END: estimate
}
