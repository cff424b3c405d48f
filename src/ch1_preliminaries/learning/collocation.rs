//! Training a network on an integral: Examples 1.20 and 1.21 share everything but the integrand.
//!
//! ∫₀¹ f(x, u, u', u'') dx + κ(u(0)² + u(1)²) becomes the finite sum (1.19) over N points xᵢ of the interval, with
//! weights 1/N, and the two end points, with weights κ. The points are drawn anew for every step.

use std::ops::Range;

use super::{Activation, FiniteSum, Jets, Pass, Schedule, TwoLayer, Update, minimize};
use crate::error::at_least;
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// An integrand and the weight of the boundary term.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, Collocation, FiniteSum, Integrand};
/// /// ∫(u − 1)² dx + 2(u(0)² + u(1)²).
/// struct NearOne;
/// impl Integrand for NearOne {
///     const ORDER: usize = 0;
///     fn interior(&self, _x: f64, [u, _, _]: [f64; 3]) -> (f64, [f64; 3]) {
///         ((u - 1.0) * (u - 1.0), [2.0 * (u - 1.0), 0.0, 0.0])
///     }
///     fn boundary_weight(&self) -> f64 { 2.0 }
/// }
/// // The network u = 3.
/// let sum = Collocation::new(NearOne, Activation::Tanh, &[0.25, 0.75])?;
/// assert_eq!(sum.add_all(&[1.0, 0.0, 0.0, 3.0], &mut [0.0; 4]), 4.0 + 2.0 * (9.0 + 9.0));
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Integrand {
    /// The highest derivative of u the integrand contains.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{DeepRitz, Integrand, Pinn};
    /// // The energy contains u', the residual u''.
    /// assert_eq!((DeepRitz::ORDER, Pinn::ORDER), (1, 2));
    /// ```
    const ORDER: usize;

    /// f(x, u, u', u'') and its derivatives with respect to u, u' and u''.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{DeepRitz, Integrand, Poisson};
    /// // ½u'² − uφ with φ(¼) = 1, at u = 0 and u' = 2.
    /// let energy = DeepRitz::new(Poisson::new(2, 1.0)?, 500.0)?;
    /// assert_eq!(energy.interior(0.25, [0.0, 2.0, 7.0]), (2.0, [-1.0, 2.0, 0.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn interior(&self, x: f64, jet: [f64; 3]) -> (f64, [f64; 3]);

    /// κ, the weight of u² at each of the two end points.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{DeepRitz, Integrand, Pinn, Poisson};
    /// // λ of the energy stands before the sum of both squares, λ of the residual before their mean.
    /// let problem = Poisson::new(2, 1.0)?;
    /// let weights = (DeepRitz::new(problem, 8.0)?.boundary_weight(), Pinn::new(problem, 8.0)?.boundary_weight());
    /// assert_eq!(weights, (8.0, 4.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn boundary_weight(&self) -> f64;
}

/// Where the points of a step lie.
///
/// ```
/// use sdml::{ch1_preliminaries::learning::Points, random::Streams};
/// let mut points = [[0.0]; 2];
/// Points::Stratified.place(&mut points, &mut Streams::new(0, "doc").stream(0));
/// assert!((0.0..0.5).contains(&points[0][0]) && (0.5..1.0).contains(&points[1][0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    /// New ones for every step, independent and uniform: the mean over them has a variance of order 1/N.
    Independent,
    /// New ones for every step, one uniform in each of N equal cells: also unbiased, with a variance of order 1/N³ for
    /// a smooth integrand.
    Stratified,
    /// The mid-points of N equal cells, the same for every step: a quadrature rule that the network can outwit.
    Fixed,
}

impl Points {
    /// Moves points in [0, 1] to where those of the next step lie.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Points, random::Streams};
    /// let mut points = [[0.0]; 2];
    /// Points::Fixed.place(&mut points, &mut Streams::new(0, "doc").stream(0));
    /// assert_eq!(points, [[0.25], [0.75]]);
    /// ```
    // ANCHOR: place
    pub fn place(self, points: &mut [[f64; 1]], stream: &mut Stream) {
        let cell = 1.0 / points.len() as f64;
        for (i, [x]) in points.iter_mut().enumerate() {
            *x = match self {
                Self::Independent => stream.uniform(),
                Self::Stratified => (i as f64 + stream.uniform()) * cell,
                Self::Fixed => (i as f64 + 0.5) * cell,
            };
        }
    }
    // ANCHOR_END: place
}

/// The finite sum (1.19) of an integrand in given points; θ are the parameters of a [`TwoLayer`] network.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Activation, Collocation, DeepRitz, FiniteSum, Poisson};
/// let energy = DeepRitz::new(Poisson::new(2, 1.0)?, 500.0)?;
/// let sum = Collocation::new(energy, Activation::Tanh, &[0.25, 0.75])?;
/// assert_eq!(sum.weights(), [0.5, 0.5, 500.0, 500.0]);
/// // The network u = 0 has the energy 0.
/// assert_eq!(sum.add_all(&[1.0, 0.0, 0.0, 0.0], &mut [0.0; 4]), 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Collocation<I> {
    integrand: I,
    activation: Activation,
    /// The points of the interval, then its two ends.
    points: Vec<[f64; 1]>,
    weights: Vec<f64>,
}

/// What one pass leaves behind, to be reused by the next.
#[derive(Debug, Clone, Default)]
struct Buffers {
    pass: Pass<1>,
    coefficients: Jets<1>,
}

impl<I: Integrand> Collocation<I> {
    /// The sum over `points` of (0, 1) and the two ends.
    ///
    /// # Errors
    /// No points, points outside [0, 1], or an activation with fewer derivatives than the integrand asks for.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, Collocation, Pinn, Poisson};
    /// let residual = Pinn::new(Poisson::new(2, 1.0)?, 500.0)?;
    /// assert!(Collocation::new(residual, Activation::Tanh, &[0.5]).is_ok());
    /// assert!(Collocation::new(residual, Activation::Tanh, &[1.5]).is_err());
    /// assert!(Collocation::new(residual, Activation::Relu, &[0.5]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(integrand: I, activation: Activation, points: &[f64]) -> Result<Self> {
        let n = at_least("points.len()", points.len(), 1)?;
        if let Some(x) = points.iter().find(|x| !(0.0..=1.0).contains(*x)) {
            return Err(Error::argument("points", x, "within [0, 1]"));
        }
        if activation == Activation::Relu && I::ORDER >= 2 {
            return Err(Error::argument(
                "activation",
                "Relu",
                "twice differentiable: the second derivative of a ReLU network is 0 wherever it exists, so the \
                 residual does not depend on the parameters",
            ));
        }
        let mut weights = vec![1.0 / n as f64; n];
        weights.extend([integrand.boundary_weight(); 2]);
        let points = points.iter().map(|&x| [x]).chain([[0.0], [1.0]]).collect();
        Ok(Self { integrand, activation, points, weights })
    }

    /// fᵢ and its derivatives with respect to u, u' and u''.
    // ANCHOR: term
    fn term(&self, i: usize, jet: [f64; 3]) -> (f64, [f64; 3]) {
        if i < self.points.len() - 2 {
            self.integrand.interior(self.points[i][0], jet)
        } else {
            (jet[0] * jet[0], [2.0 * jet[0], 0.0, 0.0])
        }
    }
    // ANCHOR_END: term

    /// Returns Σ scaleᵢ fᵢ over the terms in `range`, and adds its gradient to `gradient`.
    // ANCHOR: accumulate
    fn accumulate(
        &self,
        network: &TwoLayer<1>,
        range: Range<usize>,
        scale: &[f64],
        buffers: &mut Buffers,
        gradient: &mut [f64],
    ) -> f64 {
        let points = &self.points[range.clone()];
        let Buffers { pass, coefficients } = buffers;
        network.forward(points, pass);
        coefficients.reset(points.len());
        let mut sum = 0.0;
        for (n, (i, scale)) in range.zip(scale).enumerate() {
            let jet = [pass.jets.value[n], pass.jets.gradient[n][0], pass.jets.laplacian[n]];
            let (f, [du, du_x, du_xx]) = self.term(i, jet);
            sum += scale * f;
            coefficients.value[n] = scale * du;
            coefficients.gradient[n][0] = scale * du_x;
            coefficients.laplacian[n] = scale * du_xx;
        }
        network.pull_back(points, pass, coefficients, gradient);
        sum
    }
    // ANCHOR_END: accumulate

    fn network(&self, theta: &[f64]) -> TwoLayer<1> {
        TwoLayer::new(self.activation, theta.to_vec()).expect("θ are the parameters of a network")
    }
}

impl<I: Integrand> FiniteSum for Collocation<I> {
    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let mut buffers = Buffers::default();
        self.accumulate(&self.network(theta), i..i + 1, &[scale], &mut buffers, gradient);
        // Not the scaled sum over its scale, which may be 0.
        let Jets { value, gradient, laplacian } = &buffers.pass.jets;
        self.term(i, [value[0], gradient[0][0], laplacian[0]]).0
    }

    fn add_all(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let all = 0..self.points.len();
        self.accumulate(&self.network(theta), all, &self.weights, &mut Buffers::default(), gradient)
    }
}

/// How a network is trained on an [`Integrand`].
///
/// ```
/// use sdml::ch1_preliminaries::learning::{DeepRitz, Plain, Poisson, Training};
/// let energy = DeepRitz::new(Poisson::new(2, 1.0)?, 500.0)?;
/// let short = Training { width: 3, points: 5, ..Training::new(2, 0) };
/// let mut seen = Vec::new();
/// let network = short.run(energy, &mut Plain, |k, _theta, _loss| seen.push(k))?;
/// assert_eq!((network.width(), seen), (3, vec![0, 1]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// The nonlinearity.
    pub activation: Activation,
    /// Hidden units.
    pub width: usize,
    /// Points of the interval per step.
    pub points: usize,
    /// Where they lie.
    pub places: Points,
    /// Steps.
    pub steps: usize,
    /// The learning rate of each step.
    pub schedule: Schedule,
    /// What the initial network and all points derive from.
    pub seed: u64,
}

impl Training {
    /// The setting of the notes' notebook: a tanh network of width 30 and 100 fresh points per step. The points are
    /// stratified, and the rate falls from 0.02 to 0 along a cosine in `steps` steps.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Training;
    /// let training = Training::new(200, 0);
    /// assert_eq!((training.width, training.points), (30, 100));
    /// assert_eq!([0, 200].map(|k| training.schedule.rate(k)), [0.02, 0.0]);
    /// ```
    pub fn new(steps: usize, seed: u64) -> Self {
        Self {
            activation: Activation::Tanh,
            width: 30,
            points: 100,
            places: Points::Stratified,
            steps,
            schedule: Schedule::Cosine { rate: 0.02, steps },
            seed,
        }
    }

    /// Trains a network. `observe(k, θ_k, loss)` sees every step.
    ///
    /// # Errors
    /// Sizes of 0, a bad schedule, an activation with fewer derivatives than the integrand asks for, or a loss that is
    /// no longer finite (with the step at which it happened).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Activation, Adam, Pinn, Poisson, Training};
    /// let residual = Pinn::new(Poisson::new(2, 1.0)?, 500.0)?;
    /// let mut losses = Vec::new();
    /// let network = Training::new(200, 0).run(residual, &mut Adam::default(), |_, _, loss| losses.push(loss))?;
    /// assert!(losses[199] < 1e-2 * losses[0]);
    /// // A network of straight pieces has no second derivative to train.
    /// let relu = Training { activation: Activation::Relu, ..Training::new(200, 0) };
    /// assert!(relu.run(residual, &mut Adam::default(), |_, _, _| ()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn run<I: Integrand>(
        &self,
        integrand: I,
        update: &mut impl Update,
        observe: impl FnMut(usize, &[f64], f64),
    ) -> Result<TwoLayer<1>> {
        let streams = Streams::new(self.seed, "collocation");
        let mut stream = streams.stream(1);
        let mut sum = Collocation::new(integrand, self.activation, &vec![0.5; self.points])?;
        let mut network = TwoLayer::random(self.activation, self.width, [0.0, 1.0], &mut streams.stream(0))?;
        let mut theta = network.parameters().to_vec();
        let mut buffers = Buffers::default();
        let evaluate = |_k: usize, theta: &[f64], gradient: &mut [f64]| {
            network.parameters_mut().copy_from_slice(theta);
            self.places.place(&mut sum.points[..self.points], &mut stream);
            Ok(sum.accumulate(&network, 0..self.points + 2, &sum.weights, &mut buffers, gradient))
        };
        minimize(&mut theta, update, self.schedule, self.steps, evaluate, observe)?;
        TwoLayer::new(self.activation, theta)
    }
    // ANCHOR_END: train
}
