//! A network as the control, u_θ(t) = u_max tanh(MLP_θ(t)), trained on 1 − F.
//!
//! The network only changes coordinates: it is asked for the control at all times of a discretization at once, the
//! discretization returns ∂L/∂u at those times, and one pull-back turns that into ∂L/∂θ.

use ndarray::{Array2, ArrayView2};

use super::{Grape, Pulse, Qubit, RungeKutta, State};
use crate::Result;
use crate::ch1_preliminaries::learning::{Adam, Schedule, minimize, tanh};
use crate::ch2_control::backprop::{Activation, Mlp, Pass};
use crate::error::at_least;
use crate::random::Streams;

/// A discretization of the problem: when it wants the control, and what a control costs.
///
/// ```
/// use sdml::ch2_control::qubit::{Discretization, Grape, Qubit};
/// // Two pieces, asked for in their middles.
/// let grape = Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 2)?;
/// assert_eq!((grape.times(), grape.bound()), (vec![0.25, 0.75], 2.0));
/// // Without splitting 1 − F = cos²((u_1 + u_2)/2).
/// let mut work = Vec::new();
/// let loss = grape.loss(&[0.3, 0.5], &mut [0.0; 2], &mut work)?;
/// assert!((loss - 0.4f64.cos().powi(2)).abs() < 1e-14);
/// // What it leaves behind: the states at the ends of the pieces.
/// assert_eq!(work.len(), 3);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Discretization {
    /// Room for the states along the way; it is reused, so that later calls allocate nothing.
    type Work: Default + Send;

    /// The times at which the control is asked for.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Discretization, Grape, Qubit, RungeKutta};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// // In the middle of every piece; at both ends and in the middle of every step.
    /// assert_eq!(Discretization::times(&Grape::new(qubit, 1.0, 2)?), [0.25, 0.75]);
    /// assert_eq!(Discretization::times(&RungeKutta::new(qubit, 1.0, 1)?), [0.0, 0.5, 1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn times(&self) -> Vec<f64>;

    /// u_max.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Discretization, Grape, Qubit};
    /// assert_eq!(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 20)?.bound(), 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn bound(&self) -> f64;

    /// The loss of the samples `u`; its derivatives go into `gradient`.
    ///
    /// # Errors
    /// Slices that are not as long as there are times.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Discretization, Grape, Qubit, RungeKutta};
    /// let qubit = Qubit::new(0.0, 2.0)?;
    /// // Without splitting 1 − F = cos² ∫ u: exactly, and by 50 steps of RK4.
    /// let exact = Grape::new(qubit, 1.0, 2)?.loss(&[0.8; 2], &mut [0.0; 2], &mut Vec::new())?;
    /// let steps = RungeKutta::new(qubit, 1.0, 50)?.loss(&[0.8; 101], &mut [0.0; 101], &mut Vec::new())?;
    /// assert!((exact - 0.8f64.cos().powi(2)).abs() < 1e-14 && (steps - exact).abs() < 1e-8);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn loss(&self, u: &[f64], gradient: &mut [f64], work: &mut Self::Work) -> Result<f64>;
}

/// The pieces take the value of the control in their middle: the propagation is exact for such a control, and of
/// second order in the length of the pieces for a smooth one.
impl Discretization for Grape {
    type Work = Vec<State>;

    fn times(&self) -> Vec<f64> {
        let tau = self.horizon() / self.pieces() as f64;
        (0..self.pieces()).map(|k| (k as f64 + 0.5) * tau).collect()
    }

    fn bound(&self) -> f64 {
        self.qubit().bound()
    }

    fn loss(&self, u: &[f64], gradient: &mut [f64], work: &mut Self::Work) -> Result<f64> {
        self.gradient_in(u, gradient, work)
    }
}

impl Discretization for RungeKutta {
    type Work = Vec<[State; 4]>;

    fn times(&self) -> Vec<f64> {
        self.times().collect()
    }

    fn bound(&self) -> f64 {
        self.qubit().bound()
    }

    fn loss(&self, u: &[f64], gradient: &mut [f64], work: &mut Self::Work) -> Result<f64> {
        self.gradient_in(u, gradient, work)
    }
}

/// A network in front of a discretization.
///
/// ```
/// use sdml::ch2_control::qubit::{Grape, NetworkControl, Qubit};
/// let mut control = NetworkControl::new(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 3)?, 4)?;
/// // Only the last bias is not 0: u = 2 tanh ½ at all times.
/// let mut theta = vec![0.0; control.network().parameters()];
/// *theta.last_mut().unwrap() = 0.5;
/// assert!(control.control(&theta)?.iter().all(|u| (u - 2.0 * 0.5f64.tanh()).abs() < 1e-15));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkControl<D: Discretization> {
    problem: D,
    work: D::Work,
    network: Mlp,
    times: Array2<f64>,
    pass: Pass,
    u: Vec<f64>,
    cotangent: Vec<f64>,
}

impl<D: Discretization> NetworkControl<D> {
    /// The control u_max tanh(MLP(t)), with two hidden layers of `width` tanh units.
    ///
    /// # Errors
    /// A width of 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, NetworkControl, Qubit};
    /// let mut control = NetworkControl::new(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 200)?, 32)?;
    /// // With all weights zero there is no control, and the state stays.
    /// let theta = vec![0.0; control.network().parameters()];
    /// assert!((control.gradient(&theta, &mut theta.clone())? - 1.0).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(problem: D, width: usize) -> Result<Self> {
        let network = Mlp::new(&[1, width, width, 1], Activation::Tanh)?;
        let times = problem.times();
        let samples = times.len();
        let times = Array2::from_shape_vec((samples, 1), times).expect("one column");
        Ok(Self {
            problem,
            work: D::Work::default(),
            network,
            times,
            pass: Pass::new(),
            u: vec![0.0; samples],
            cotangent: vec![0.0; samples],
        })
    }

    /// The network.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, NetworkControl, Qubit};
    /// // From the time to the control.
    /// let control = NetworkControl::new(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 3)?, 4)?;
    /// assert_eq!(control.network().sizes(), [1, 4, 4, 1]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> &Mlp {
        &self.network
    }

    /// The samples of the control.
    ///
    /// # Errors
    /// Parameters that are not finite, or not as many as the network has.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, NetworkControl, Qubit};
    /// let mut control = NetworkControl::new(Grape::new(Qubit::new(1.0, 2.0)?, 5.0, 3)?, 4)?;
    /// // However large the network's output, the bound is kept.
    /// let mut theta = vec![0.0; control.network().parameters()];
    /// *theta.last_mut().unwrap() = 1e6;
    /// assert_eq!(control.control(&theta)?, [2.0; 3]);
    /// assert!(control.control(&theta[1..]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: control
    pub fn control(&mut self, theta: &[f64]) -> Result<&[f64]> {
        self.network.forward(theta, self.times.view(), &mut self.pass)?;
        for (u, y) in self.u.iter_mut().zip(self.pass.output()) {
            *u = self.problem.bound() * tanh(*y);
        }
        Ok(&self.u)
    }
    // ANCHOR_END: control

    /// The loss at θ; its gradient is added to `gradient`.
    ///
    /// # Errors
    /// As [`NetworkControl::control`].
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Grape, NetworkControl, Qubit};
    /// // Without splitting L = cos² u, and with the last bias b alone u = 2 tanh b: dL/db = −2 sin 2u (1 − tanh² b).
    /// let mut control = NetworkControl::new(Grape::new(Qubit::new(0.0, 2.0)?, 1.0, 1)?, 4)?;
    /// let mut theta = vec![0.0; control.network().parameters()];
    /// *theta.last_mut().unwrap() = 0.25;
    /// let (mut gradient, tanh) = (vec![0.0; theta.len()], 0.25f64.tanh());
    /// assert!((control.gradient(&theta, &mut gradient)? - (2.0 * tanh).cos().powi(2)).abs() < 1e-14);
    /// let exact = -2.0 * (4.0 * tanh).sin() * (1.0 - tanh * tanh);
    /// assert!((gradient[theta.len() - 1] - exact).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: gradient
    pub fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.control(theta)?;
        let loss = self.problem.loss(&self.u, &mut self.cotangent, &mut self.work)?;
        let bound = self.problem.bound();
        for (slope, u) in self.cotangent.iter_mut().zip(&self.u) {
            // d(u_max tanh y)/dy: the gradient dies where the control nears its bound.
            *slope *= bound * (1.0 - (u / bound).powi(2));
        }
        let cotangent = ArrayView2::from_shape((self.u.len(), 1), &self.cotangent).expect("one column");
        self.network.pull_back(theta, &mut self.pass, cotangent, gradient)?;
        Ok(loss)
    }
    // ANCHOR_END: gradient
}

/// Everything a training run depends on.
///
/// ```
/// use sdml::ch2_control::qubit::Recipe;
/// // The same seed, the same run.
/// let recipe = Recipe { pieces: 4, width: 2, ..Recipe::new(5.0, 2, 7)? };
/// assert_eq!(recipe.train()?, recipe.train()?);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// The system.
    pub qubit: Qubit,
    /// T.
    pub horizon: f64,
    /// How many samples of the control the exact propagation takes.
    pub pieces: usize,
    /// Units in each of the two hidden layers.
    pub width: usize,
    /// The learning rates of Adam.
    pub schedule: Schedule,
    /// Steps of Adam.
    pub iterations: usize,
    /// The seed of the first parameters.
    pub seed: u64,
}

/// What training leaves behind.
///
/// ```
/// use sdml::ch2_control::qubit::{Recipe, fidelity};
/// let recipe = Recipe { pieces: 4, width: 2, ..Recipe::new(5.0, 3, 0)? };
/// let trained = recipe.train()?;
/// let reached = fidelity(&recipe.qubit.end(&trained.pulse)?);
/// assert!((trained.infidelity - (1.0 - reached)).abs() < 1e-14);
/// // Four pieces, three steps, one number.
/// assert_eq!(trained.rows().iter().map(Vec::len).collect::<Vec<_>>(), [4, 3, 1]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The control on the pieces.
    pub pulse: Pulse,
    /// 1 − F at its end.
    pub infidelity: f64,
    /// 1 − F before every step.
    pub curve: Vec<f64>,
}

impl Trained {
    /// The run as rows of numbers: the control on the pieces, the curve, 1 − F at the end.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Recipe;
    /// let trained = Recipe { pieces: 4, width: 2, ..Recipe::new(5.0, 3, 0)? }.train()?;
    /// let rows = trained.rows();
    /// assert_eq!((rows[0][3], rows[2][0]), (trained.pulse.pieces()[3].u, trained.infidelity));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(&self) -> Vec<Vec<f64>> {
        let control = self.pulse.pieces().iter().map(|piece| piece.u).collect();
        vec![control, self.curve.clone(), vec![self.infidelity]]
    }
}

impl Recipe {
    /// The notes' qubit, ω = 1 and u_max = 2, until `horizon`: 200 samples, 32 units, `iterations` steps of Adam with
    /// a rate that falls from 0.003 to 0 along a cosine.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Recipe;
    /// let recipe = Recipe::new(5.0, 100, 0)?;
    /// assert_eq!((recipe.qubit.omega(), recipe.qubit.bound()), (1.0, 2.0));
    /// assert_eq!([0, 100].map(|k| recipe.schedule.rate(k)), [3e-3, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(horizon: f64, iterations: usize, seed: u64) -> Result<Self> {
        let (qubit, schedule) = (Qubit::new(1.0, 2.0)?, Schedule::Cosine { rate: 3e-3, steps: iterations });
        Ok(Self { qubit, horizon, pieces: 200, width: 32, schedule, iterations, seed })
    }

    /// Trains.
    ///
    /// # Errors
    /// A number of the recipe that is out of its range, or a loss that leaves the finite numbers.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Recipe;
    /// let trained = Recipe::new(5.0, 20, 0)?.train()?;
    /// assert_eq!((trained.curve.len(), trained.pulse.pieces().len()), (20, 200));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self) -> Result<Trained> {
        at_least("iterations", self.iterations, 1)?;
        let grape = Grape::new(self.qubit, self.horizon, self.pieces)?;
        let mut control = NetworkControl::new(grape, self.width)?;
        let mut theta = control.network().initial(&mut Streams::new(self.seed, "control").stream(0));
        let mut curve = Vec::with_capacity(self.iterations);
        minimize(
            &mut theta,
            &mut Adam::default(),
            self.schedule,
            self.iterations,
            |_, theta, gradient| control.gradient(theta, gradient),
            |_, _, loss| curve.push(loss),
        )?;
        let pulse = Pulse::equal(self.horizon, control.control(&theta)?)?;
        let infidelity = control.gradient(&theta, &mut vec![0.0; theta.len()])?;
        Ok(Trained { pulse, infidelity, curve })
    }
    // ANCHOR_END: train
}
