//! Section 2.1: one problem, three dynamics. A parameter θ steers a state from a given start, and the end is judged:
//! min_θ L(end), eq. (2.1).
//!
//! Each of the three here is simple enough that its best θ is known, for the very steps that are taken.

use super::Map;
use crate::ch1_preliminaries::sde::{Grid, Number};
use crate::error::{finite, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// What carries a state from its start to its end under the parameters θ.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Number;
/// use sdml::ch2_control::backprop::{Dynamics, Problem, gradient};
/// /// z' = θ on [0, 1], from 0.
/// struct Drift;
/// impl Dynamics for Drift {
///     fn parameters(&self) -> usize { 1 }
///     fn end<S: Number>(&self, theta: &[S]) -> Vec<S> { vec![theta[0]] }
/// }
/// // ½(θ − 2)² + ½θ² is least, and 1, at θ = 1.
/// assert_eq!(gradient(&Problem::new(Drift, 2.0, 1.0, 1.0)?, &[1.0])?, (1.0, vec![0.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Dynamics {
    /// The number of parameters.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Grid, ch2_control::backprop::{Chain, Dynamics, Relaxation}};
    /// // A weight for each layer, a control for each step.
    /// assert_eq!(Chain { start: 1.0, depth: 3 }.parameters(), 3);
    /// assert_eq!(Relaxation { start: 1.0, grid: Grid::new(0.0, 1.0, 20)? }.parameters(), 20);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn parameters(&self) -> usize;
    /// The states at the end: one, or one for each random path.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Dual, ch2_control::backprop::{Chain, Dynamics}};
    /// // y = 2θ₁θ₂ and, from a dual in the place of θ₁, ∂y/∂θ₁.
    /// let theta = [Dual { value: 3.0, slope: 1.0 }, Dual::from(5.0)];
    /// assert_eq!(Chain { start: 2.0, depth: 2 }.end(&theta), [Dual { value: 30.0, slope: 10.0 }]);
    /// ```
    fn end<S: Number>(&self, theta: &[S]) -> Vec<S>;
}

/// A network of scalar linear layers: y_k = θ_k y_{k−1}, from y_0 = x.
///
/// ```
/// use sdml::ch2_control::backprop::{Chain, Dynamics};
/// assert_eq!(Chain { start: 2.0, depth: 3 }.end(&[0.5, 3.0, -1.0]), [-3.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chain {
    /// x.
    pub start: f64,
    /// ℓ.
    pub depth: usize,
}

impl Dynamics for Chain {
    fn parameters(&self) -> usize {
        self.depth
    }

    fn end<S: Number>(&self, theta: &[S]) -> Vec<S> {
        vec![theta.iter().fold(S::from(self.start), |y, &weight| weight * y)]
    }
}

/// Eq. (2.2) for z' = −z + u(t), u = θ_k in step k of Euler's method.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::Grid, ch2_control::backprop::{Dynamics, Relaxation}};
/// // Two steps of ½: z(0)/4 + u₀/4 + u₁/2.
/// let relaxation = Relaxation { start: 1.0, grid: Grid::new(0.0, 1.0, 2)? };
/// assert_eq!(relaxation.end(&[2.0, 1.0]), [1.25]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relaxation {
    /// z(0).
    pub start: f64,
    /// The steps.
    pub grid: Grid,
}

impl Relaxation {
    fn path<S: Number>(&self, theta: &[S], kicks: &[f64]) -> S {
        let h = self.grid.h();
        theta
            .iter()
            .enumerate()
            .fold(S::from(self.start), |z, (k, &u)| z + (u - z) * h + kicks.get(k).copied().unwrap_or(0.0))
    }
}

impl Dynamics for Relaxation {
    fn parameters(&self) -> usize {
        self.grid.steps()
    }

    fn end<S: Number>(&self, theta: &[S]) -> Vec<S> {
        vec![self.path(theta, &[])]
    }
}

/// Eq. (2.3) for dX = (−X + u(t)) dt + σ dB on given paths. The noise is additive, so ∘ and the Itô reading agree.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::Grid, ch2_control::backprop::{Dynamics, NoisyRelaxation, Relaxation}};
/// use sdml::random::Streams;
/// let drift = Relaxation { start: 1.0, grid: Grid::new(0.0, 1.0, 2)? };
/// let noisy = NoisyRelaxation::new(drift, 0.3, 5, &mut Streams::new(1, "doc").stream(0))?;
/// // On every path the control adds u₀/4 + u₁/2, whatever the noise.
/// let [still, driven] = [noisy.end(&[0.0f64, 0.0]), noisy.end(&[2.0, 1.0])];
/// assert!(still.len() == 5 && still.iter().zip(&driven).all(|(z, moved)| (moved - z - 1.0).abs() < 1e-14));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NoisyRelaxation {
    drift: Relaxation,
    /// σ ΔB of each path and step.
    kicks: Vec<Vec<f64>>,
}

impl NoisyRelaxation {
    /// `paths` paths with noise of strength σ.
    ///
    /// # Errors
    /// No paths, or a σ that is not finite.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Grid, ch2_control::backprop::{Dynamics, NoisyRelaxation, Relaxation}};
    /// use sdml::random::Streams;
    /// let (drift, mut stream) =
    ///     (Relaxation { start: 1.0, grid: Grid::new(0.0, 1.0, 2)? }, Streams::new(1, "doc").stream(0));
    /// // Without noise every path is the same one.
    /// assert_eq!(NoisyRelaxation::new(drift, 0.0, 3, &mut stream)?.end(&[0.0, 0.0]), [0.25; 3]);
    /// assert!(NoisyRelaxation::new(drift, 0.0, 0, &mut stream).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(drift: Relaxation, sigma: f64, paths: usize, stream: &mut Stream) -> Result<Self> {
        crate::error::at_least("paths", paths, 1)?;
        let scale = finite("sigma", sigma)? * drift.grid.h().sqrt();
        let path = |_| (0..drift.grid.steps()).map(|_| scale * stream.normal()).collect();
        Ok(Self { drift, kicks: (0..paths).map(path).collect() })
    }
}

impl Dynamics for NoisyRelaxation {
    fn parameters(&self) -> usize {
        self.drift.parameters()
    }

    fn end<S: Number>(&self, theta: &[S]) -> Vec<S> {
        self.kicks.iter().map(|kicks| self.drift.path(theta, kicks)).collect()
    }
}

/// L(θ) = ½γ · mean over the ends y of (y − y*)² + ½λ|θ|²: reach a target, and do not spend too much on it.
///
/// It is a [`Map`] from ℝᴾ to ℝ, whatever the dynamics: one way to differentiate serves all.
///
/// ```
/// use sdml::ch2_control::backprop::{Chain, Map, Problem, gradient};
/// let problem = Problem::new(Chain { start: 2.0, depth: 2 }, 1.0, 1.0, 0.0)?;
/// let (loss, slope) = gradient(&problem, &[1.0, 1.0])?;
/// assert_eq!((loss, slope), (0.5, vec![2.0, 2.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem<D> {
    /// The dynamics.
    pub dynamics: D,
    target: f64,
    weight: f64,
    price: f64,
}

impl<D: Dynamics> Problem<D> {
    /// The target y*, its weight γ and the price λ.
    ///
    /// # Errors
    /// A target that is not finite, a weight that is not positive, a negative price.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Chain, Map, Problem};
    /// let chain = Chain { start: 1.0, depth: 1 };
    /// // ½ · 4(θ − 2)² + ½ · 6θ² at θ = 1.
    /// assert_eq!(Problem::new(chain, 2.0, 4.0, 6.0)?.apply(&[1.0]), [5.0]);
    /// assert!(Problem::new(chain, 2.0, 0.0, 6.0).is_err() && Problem::new(chain, 2.0, 4.0, -6.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(dynamics: D, target: f64, weight: f64, price: f64) -> Result<Self> {
        if !(price.is_finite() && price >= 0.0) {
            return Err(Error::argument("price", price, "finite and not negative"));
        }
        let (target, weight) = (finite("target", target)?, positive("weight", weight)?);
        Ok(Self { dynamics, target, weight, price })
    }
}

impl<D: Dynamics> Map for Problem<D> {
    fn inputs(&self) -> usize {
        self.dynamics.parameters()
    }

    fn outputs(&self) -> usize {
        1
    }

    // ANCHOR: loss
    fn apply<S: Number>(&self, theta: &[S]) -> Vec<S> {
        let ends = self.dynamics.end(theta);
        let share = 0.5 * self.weight / ends.len() as f64;
        let zero = S::from(0.0);
        let miss = ends.iter().fold(zero, |sum, &y| sum + (y - self.target) * (y - self.target));
        let spent = theta.iter().fold(zero, |sum, &theta| sum + theta * theta);
        vec![miss * share + spent * (0.5 * self.price)]
    }
    // ANCHOR_END: loss
}
