//! A vector field learnt from trajectories: a 2-32-32-2 tanh network is fitted to observations of a damped pendulum, and
//! judged by trajectories it has not seen, twice as long as those it has.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::field::VectorField;
use super::gradient::{Gradient, Method};
use super::network::NetworkField;
use super::pointwise::{Pendulum, Pointwise};
use super::runge_kutta::{FixedStep, Stages, Tableau};
use crate::Result;
use crate::ch1_preliminaries::learning::{Adam, Schedule, minimize};
use crate::ch2_control::backprop::{Activation, Mlp};
use crate::error::at_least;
use crate::random::{Stream, Streams};

/// The pendulum that is observed: stiffness 1, damping 0.2.
///
/// ```
/// use sdml::ch2_control::neural_ode::{ClosedForm, PENDULUM, Pendulum};
/// // Passing the lowest point with speed 1 it feels nothing but the damping.
/// assert_eq!(Pendulum.f(&[0.0, 1.0], 0.0, &PENDULUM), [1.0, -0.2]);
/// ```
pub const PENDULUM: [f64; 2] = [1.0, 0.2];

/// Everything a training run depends on.
///
/// ```
/// use sdml::ch2_control::neural_ode::{FieldRecipe, VectorField};
/// let recipe = FieldRecipe { width: 8, ..FieldRecipe::new(0) };
/// assert_eq!(recipe.field()?.parameters(), 3 * 8 + 9 * 8 + 9 * 2);
/// // The observations reach to time 5, half as far as the test.
/// assert_eq!(recipe.lag * recipe.observations as f64, 5.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldRecipe {
    /// Units in each of the two hidden layers.
    pub width: usize,
    /// Trajectories observed.
    pub trajectories: usize,
    /// Observations on each after its start.
    pub observations: usize,
    /// The time between two observations.
    pub lag: f64,
    /// Steps of RK4 between two observations.
    pub steps_per_lag: usize,
    /// Pieces of trajectories in a minibatch.
    pub batch: usize,
    /// Observations in a piece, after its start.
    pub piece: usize,
    /// Steps of Adam.
    pub iterations: usize,
    /// The first learning rate, which falls to zero like a cosine.
    pub rate: f64,
    /// The seed of data, initial parameters and minibatches.
    pub seed: u64,
}

/// How far the training has come.
///
/// ```
/// use sdml::ch2_control::neural_ode::FieldRecipe;
/// let recipe = FieldRecipe { width: 2, trajectories: 2, batch: 2, iterations: 2, ..FieldRecipe::new(0) };
/// let mut iterations = Vec::new();
/// recipe.train(|progress| iterations.push(progress.iteration))?;
/// // Before the first step and after the last.
/// assert_eq!(iterations, [0, 2]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub iteration: usize,
    /// The mean squared distance from the observations of the minibatch.
    pub loss: f64,
    /// [`FieldRecipe::held_out_error`].
    pub held_out: f64,
}

/// What training leaves.
///
/// ```
/// use sdml::ch2_control::neural_ode::FieldRecipe;
/// let recipe = FieldRecipe { width: 2, trajectories: 2, batch: 2, iterations: 1, ..FieldRecipe::new(0) };
/// let learned = recipe.train(|_| ())?;
/// // Three layers of two units, each with two weights and a bias.
/// assert_eq!(learned.theta.len(), 3 * 2 * 3);
/// assert_eq!(learned.history[1].held_out, recipe.held_out_error(&learned.theta)?);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedField {
    /// The network's parameters.
    pub theta: Vec<f64>,
    /// The reports along the way.
    pub history: Vec<Progress>,
}

impl FieldRecipe {
    /// The recipe of the book.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::FieldRecipe;
    /// assert_ne!(FieldRecipe::new(0), FieldRecipe::new(1));
    /// assert_eq!(FieldRecipe { seed: 0, ..FieldRecipe::new(1) }, FieldRecipe::new(0));
    /// ```
    pub fn new(seed: u64) -> Self {
        Self {
            width: 32,
            trajectories: 256,
            observations: 20,
            lag: 0.25,
            steps_per_lag: 2,
            batch: 64,
            piece: 4,
            iterations: 4000,
            rate: 0.01,
            seed,
        }
    }

    /// The field of the network.
    ///
    /// # Errors
    /// A width of 0.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::FieldRecipe;
    /// assert_eq!(FieldRecipe::new(0).field()?.network().sizes(), [2, 32, 32, 2]);
    /// assert!(FieldRecipe { width: 0, ..FieldRecipe::new(0) }.field().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn field(&self) -> Result<NetworkField> {
        NetworkField::new(Mlp::new(&[2, self.width, self.width, 2], Activation::Tanh)?)
    }

    /// Starts uniform on [−1.5, 1.5] × [−1, 1], well away from the upper rest, next to which the flow itself multiplies errors.
    fn starts(count: usize, stream: &mut Stream) -> Array2<f64> {
        Array2::from_shape_fn((count, 2), |(_, i)| [1.5, 1.0][i] * (2.0 * stream.uniform() - 1.0))
    }

    /// Trains the network; `progress` hears of every 50th step and the last.
    ///
    /// # Errors
    /// Counts of 0, a lag or a rate that is not positive, or a loss or parameters that cease to be finite: the error says
    /// at which step.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::FieldRecipe;
    /// let mut reports = 0;
    /// let recipe = FieldRecipe { width: 8, trajectories: 8, iterations: 60, ..FieldRecipe::new(0) };
    /// let learned = recipe.train(|_| reports += 1)?;
    /// assert_eq!((reports, learned.history.len()), (3, 3));
    /// assert!(learned.history[2].loss < learned.history[0].loss);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self, mut progress: impl FnMut(Progress)) -> Result<LearnedField> {
        let piece = at_least("piece", self.piece, 1)?.min(at_least("observations", self.observations, 1)?);
        let batch = at_least("batch", self.batch, 1)?;
        let streams = Streams::new(self.seed, "pendulum");
        let starts = Self::starts(at_least("trajectories", self.trajectories, 1)?, &mut streams.stream(0));
        let observed = trajectory(&Pointwise(Pendulum), &PENDULUM, starts, self.lag, self.observations, 25)?;
        let field = self.field()?;
        let mut theta = field.network().initial(&mut streams.stream(1));
        let per_lag = self.steps_per_lag;
        let scheme = FixedStep::new(Tableau::RK4, 0.0, piece as f64 * self.lag, piece * per_lag)?;
        let mut gradient_of = Gradient::new(scheme, Method::recorded(scheme.steps()))?;
        let mut draws = streams.stream(2);
        let mut pieces = vec![(0, 0); batch];
        let mut z_0 = Array2::zeros((batch, 2));
        let evaluate = |_k: usize, theta: &[f64], gradient: &mut [f64]| {
            for (row, (trajectory, first)) in pieces.iter_mut().enumerate() {
                *trajectory = draw(&mut draws, self.trajectories);
                *first = draw(&mut draws, self.observations - piece + 1);
                z_0.row_mut(row).assign(&observed[*first].row(*trajectory));
            }
            let share = 1.0 / (batch * piece) as f64;
            let mut loss = |n: usize, z: ArrayView2<f64>, mut a: ArrayViewMut2<f64>| {
                if n == 0 || !n.is_multiple_of(per_lag) {
                    return 0.0;
                }
                let mut sum = 0.0;
                for (row, (trajectory, first)) in pieces.iter().enumerate() {
                    for i in 0..2 {
                        let miss = z[[row, i]] - observed[first + n / per_lag][[*trajectory, i]];
                        a[[row, i]] += 2.0 * share * miss;
                        sum += share * miss * miss;
                    }
                }
                sum
            };
            gradient_of.evaluate(&field, theta, z_0.view(), &mut loss, gradient)
        };
        let mut history = Vec::new();
        let mut last = f64::NAN;
        let mut report = |iteration: usize, theta: &[f64], loss: f64| {
            let held_out = self.held_out_error(theta).unwrap_or(f64::INFINITY);
            history.push(Progress { iteration, loss, held_out });
            progress(Progress { iteration, loss, held_out });
        };
        let schedule = Schedule::Cosine { rate: self.rate, steps: self.iterations };
        minimize(&mut theta, &mut Adam::default(), schedule, self.iterations, evaluate, |k, theta, loss| {
            last = loss;
            if k.is_multiple_of(50) {
                report(k, theta, loss);
            }
        })?;
        report(self.iterations, &theta, last);
        Ok(LearnedField { theta, history })
    }
    // ANCHOR_END: train

    /// The root of the mean squared distance between the network's trajectories and the pendulum's, over 64 fresh starts
    /// and 40 times up to 10.
    ///
    /// # Errors
    /// Parameters that do not fit, or a trajectory that leaves the finite numbers.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FieldRecipe, VectorField};
    /// let recipe = FieldRecipe { width: 2, ..FieldRecipe::new(0) };
    /// // A network that says 0 leaves every point where it is: as far from the pendulum as the pendulum goes.
    /// let still = vec![0.0; recipe.field()?.parameters()];
    /// assert!(recipe.held_out_error(&still)? > 0.5);
    /// assert!(recipe.held_out_error(&still[1..]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn held_out_error(&self, theta: &[f64]) -> Result<f64> {
        let starts = Self::starts(64, &mut Streams::new(self.seed, "held out").stream(0));
        let exact = trajectory(&Pointwise(Pendulum), &PENDULUM, starts.clone(), 0.25, 40, 25)?;
        let found = trajectory(&self.field()?, theta, starts, 0.25, 40, 2)?;
        let squares = exact.iter().zip(&found).skip(1).map(|(exact, found)| {
            exact.iter().zip(found).map(|(exact, found)| (exact - found).powi(2)).sum::<f64>()
        });
        Ok((squares.sum::<f64>() / (40 * 64) as f64).sqrt())
    }
}

/// A number in 0, …, count − 1.
fn draw(stream: &mut Stream, count: usize) -> usize {
    ((stream.uniform() * count as f64) as usize).min(count - 1)
}

/// The states at times 0, lag, 2 lag, …, by `steps_per_lag` steps of RK4 between them.
///
/// # Errors
/// Counts of 0, a lag that is not a positive number, or a state that ceases to be finite.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{Pointwise, Relaxation, trajectory};
/// // ż = −2z from 3: z(k/2) = 3e^{−k}.
/// let states = trajectory(&Pointwise(Relaxation), &[2.0, 0.0], array![[3.0]], 0.5, 4, 25)?;
/// assert_eq!(states.len(), 5);
/// assert!((0..5).all(|k| (states[k][[0, 0]] - 3.0 * (-(k as f64)).exp()).abs() < 1e-7));
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn trajectory<F: VectorField>(
    field: &F,
    theta: &[f64],
    mut z: Array2<f64>,
    lag: f64,
    lags: usize,
    steps_per_lag: usize,
) -> Result<Vec<Array2<f64>>> {
    at_least("steps_per_lag", steps_per_lag, 1)?;
    crate::error::positive("lag", lag)?;
    let scheme = FixedStep::new(Tableau::RK4, 0.0, lag * lags as f64, lags * steps_per_lag)?;
    let mut tape = F::Tape::default();
    let mut states = Vec::with_capacity(lags + 1);
    let slope =
        |t: f64, z: ArrayView2<f64>, out: ArrayViewMut2<f64>| field.value(z, t, theta, &mut tape, out);
    scheme.solve(&mut z, &mut Stages::default(), slope, |n, _, z| {
        if n.is_multiple_of(steps_per_lag) {
            states.push(z.to_owned());
        }
    })?;
    Ok(states)
}
