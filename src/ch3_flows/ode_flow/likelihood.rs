//! Section 3.4.4: maximum likelihood for the laws of [`DataLaw`].
//!
//! Y is given at T, where the data are, and J at 0, where the law is known. Since Y does not depend on J, Y is solved from
//! T to 0 first; ∫ ∇·F along the way completes the log-density: one augmented solve, backwards in time.

use ndarray::{Array2, ArrayView2, Axis, Slice};

use super::terminal::mean_at_end;
use super::{Augmented, FlowField, NetworkFlow, OdeFlow};
use crate::Result;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Mlp};
use crate::ch2_control::neural_ode::{BatchGradient, Method, Tableau};
use crate::ch3_flows::coupling::{Trained, log_prior};
use crate::ch3_flows::data::DataLaw;
use crate::error::at_least;
use crate::random::Streams;

/// Returns the mean of −log p(x, T, θ) over the rows of `x` and adds its derivative with respect to θ to `gradient`.
/// `solver` solves along [`OdeFlow::backward`], in `steps` steps.
///
/// # Errors
/// No points, or a trajectory that ceases to be finite.
///
/// ```
/// use sdml::ch2_control::neural_ode::{BatchGradient, Method, Tableau};
/// use sdml::ch3_flows::ode_flow::{AffineField, OdeFlow, add_negative_log_likelihood};
/// // dY/dt = Y ln 2 doubles Y in the time 1: N(0, 4), the normal law that fits the points ±2 best.
/// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 20)?;
/// let mut solver = BatchGradient::new(flow.backward(), Method::Through { segment: 1 }, 2, 32)?;
/// let (theta, mut gradient) = ([2f64.ln(), 0.0], [0.0; 2]);
/// let x = ndarray::array![[2.0], [-2.0]];
/// let loss = add_negative_log_likelihood(flow.field(), &theta, x.view(), 20, &mut solver, &mut gradient)?;
/// assert!((loss - 0.5 - 2f64.ln() - 0.5 * std::f64::consts::TAU.ln()).abs() < 1e-7);
/// assert!(gradient.iter().all(|g| g.abs() < 1e-6));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: loss
pub fn add_negative_log_likelihood<F: FlowField>(
    field: &Augmented<F>,
    theta: &[f64],
    x: ArrayView2<f64>,
    steps: usize,
    solver: &mut BatchGradient<Augmented<F>>,
    gradient: &mut [f64],
) -> Result<f64> {
    let (n, d) = (at_least("x.nrows()", x.nrows(), 1)?, x.ncols());
    let mut start = Array2::zeros((n, d + 1));
    start.slice_axis_mut(Axis(1), Slice::from(..d)).assign(&x);
    // At time 0 the state is (z, ∫∇·F), and the loss is −log p_Z(z) + ∫∇·F.
    let loss = mean_at_end(n, steps, |z, mut force| {
        force.assign(&z);
        -log_prior(z.iter().copied())
    });
    solver.evaluate(field, theta, start.view(), loss, gradient)
}
// ANCHOR_END: loss

/// Everything a training on data depends on.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// use sdml::ch3_flows::{data::DataLaw, ode_flow::OdeLikelihood};
/// let recipe = OdeLikelihood {
///     law: DataLaw::Eight, width: 8, steps: 4, batch: 32, iterations: 3, schedule: Schedule::Constant(1e-3), seed: 0,
/// };
/// let trained = recipe.train(|_, _| ())?;
/// assert!(trained.losses.len() == 3 && trained.stopped.is_none());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OdeLikelihood {
    /// Where the points come from, fresh ones in every iteration.
    pub law: DataLaw,
    /// Units of each of the two hidden layers of the network.
    pub width: usize,
    /// Steps of the solver, RK4 over [0, 1].
    pub steps: usize,
    /// Points per iteration.
    pub batch: usize,
    /// Iterations.
    pub iterations: usize,
    /// The learning rates.
    pub schedule: Schedule,
    /// What the initial parameters and all points derive from.
    pub seed: u64,
}

/// Rows per block: the tapes of one step of a block stay in the cache.
const BLOCK: usize = 32;

impl OdeLikelihood {
    /// The training this book shows for `law`: the thinner the law, the longer.
    ///
    /// ```
    /// use sdml::ch3_flows::{data::DataLaw, ode_flow::OdeLikelihood};
    /// // The moons are the thinnest.
    /// let iterations = |law| OdeLikelihood::of(law, 0).iterations;
    /// assert!(iterations(DataLaw::Moons) > iterations(DataLaw::Eight));
    /// assert_eq!(OdeLikelihood::of(DataLaw::Eight, 7).seed, 7);
    /// ```
    pub fn of(law: DataLaw, seed: u64) -> Self {
        let (iterations, rate) = match law {
            DataLaw::Eight => (500, 5e-3),
            DataLaw::Moons => (2000, 1e-2),
            DataLaw::Checkerboard => (800, 1e-2),
        };
        Self {
            law,
            width: 64,
            steps: 8,
            batch: 256,
            iterations,
            schedule: Schedule::Cosine { rate, steps: iterations },
            seed,
        }
    }

    /// The flow of the recipe's network, in `steps` steps.
    ///
    /// # Errors
    /// A width of 0, or no steps.
    ///
    /// ```
    /// use sdml::ch3_flows::{data::DataLaw, ode_flow::OdeLikelihood};
    /// // From (y, t) to a velocity, carried from 0 to 1.
    /// let flow = OdeLikelihood::of(DataLaw::Eight, 0).flow(10)?;
    /// assert_eq!(flow.field().0.network().sizes(), [3, 64, 64, 2]);
    /// assert_eq!((flow.forward().steps(), flow.forward().time(10)), (10, 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn flow(&self, steps: usize) -> Result<OdeFlow<NetworkFlow>> {
        let network = Mlp::new(&[3, self.width, self.width, 2], Activation::Tanh)?;
        OdeFlow::new(NetworkFlow::new(network)?, 1.0, Tableau::RK4, steps)
    }

    /// Trains; `observe(k, loss)` sees every iteration.
    ///
    /// # Errors
    /// No points, or a shape or schedule that is not valid.
    ///
    /// ```
    /// use sdml::ch3_flows::{data::DataLaw, ode_flow::OdeLikelihood};
    /// let recipe = OdeLikelihood::of(DataLaw::Eight, 0);
    /// let recipe = OdeLikelihood { width: 2, steps: 2, batch: 8, iterations: 2, ..recipe };
    /// let mut seen = Vec::new();
    /// let trained = recipe.train(|_k, loss| seen.push(loss))?;
    /// assert_eq!(trained.losses, seen);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self, mut observe: impl FnMut(usize, f64)) -> Result<Trained> {
        at_least("batch", self.batch, 1)?;
        let flow = self.flow(self.steps)?;
        let field = flow.field();
        let theta = field.0.network().initial(&mut Streams::new(self.seed, "flow network").stream(0));
        let data = Streams::new(self.seed, "training data");
        let method = Method::Through { segment: 1 };
        let mut solver = BatchGradient::new(flow.backward(), method, theta.len(), BLOCK)?;
        let mut points = vec![[0.0; 2]; self.batch];
        Trained::by_adam(theta, self.schedule, self.iterations, |k, theta, gradient| {
            self.law.fill(&mut points, &mut data.stream(k as u64));
            let x = ArrayView2::from_shape((self.batch, 2), points.as_flattened()).expect("pairs");
            let loss = add_negative_log_likelihood(field, theta, x, self.steps, &mut solver, gradient)?;
            observe(k, loss);
            Ok(loss)
        })
    }
    // ANCHOR_END: train
}
