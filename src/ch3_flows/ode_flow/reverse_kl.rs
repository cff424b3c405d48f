//! Section 3.4.3: training on a potential alone, min_θ E[J(T) + U(Y(T))] with J(0) = log p_Z(Y(0)), eq. (3.10); this is
//! KL(p_θ ‖ p) − log Z. Its gradient goes through the divergence of F.

use ndarray::{Array2, ArrayView2};

use super::terminal::mean_at_end;
use super::{Augmented, FlowField, OdeFlow};
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::neural_ode::{BatchGradient, Method};
use crate::ch3_flows::coupling::{Potential, Trained, log_prior};
use crate::error::at_least;
use crate::random::Streams;
use crate::{Error, Result};

/// Returns the mean of J(T) + U(Y(T)) over trajectories from the rows of `z` and adds its derivative with respect to θ to
/// `gradient`. `solver` solves along [`OdeFlow::forward`], in `steps` steps.
///
/// # Errors
/// No points, a potential of another dimension, or a trajectory that ceases to be finite.
///
/// ```
/// use sdml::ch2_control::neural_ode::{BatchGradient, Method, Tableau};
/// use sdml::ch3_flows::{coupling::Well, ode_flow::{AffineField, OdeFlow, add_reverse_kl}};
/// // F = Ay + b with θ = (A, b) = 0: the flow is the identity, and U = ½ at both points.
/// let flow = OdeFlow::new(AffineField::new(2)?, 1.0, Tableau::RK4, 4)?;
/// let mut solver = BatchGradient::new(flow.forward(), Method::Through { segment: 1 }, 6, 32)?;
/// let (z, mut gradient) = (ndarray::array![[1.0, 1.0], [-1.0, -1.0]], [0.0; 6]);
/// let (field, well) = (flow.field(), Well::new(1.0)?);
/// let loss = add_reverse_kl(field, &well, &[0.0; 6], z.view(), 4, &mut solver, &mut gradient)?;
/// assert!((loss + 0.5 + std::f64::consts::TAU.ln()).abs() < 1e-14);
/// // (E ∇U(Z) Zᵀ − I, E ∇U(Z)), with ∇U = (0, y) at these points.
/// let exact = [-1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
/// assert!(gradient.iter().zip(exact).all(|(g, exact)| (g - exact).abs() < 1e-12));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: loss
pub fn add_reverse_kl<F: FlowField>(
    field: &Augmented<F>,
    potential: &impl Potential,
    theta: &[f64],
    z: ArrayView2<f64>,
    steps: usize,
    solver: &mut BatchGradient<Augmented<F>>,
    gradient: &mut [f64],
) -> Result<f64> {
    let (n, d) = (at_least("z.nrows()", z.nrows(), 1)?, z.ncols());
    if potential.dimension() != d {
        return Err(Error::argument(
            "potential.dimension()",
            potential.dimension(),
            format!("{d}, that of z"),
        ));
    }
    let start = Array2::from_shape_fn((n, d + 1), |(i, k)| {
        if k < d { z[[i, k]] } else { log_prior(z.row(i).iter().copied()) }
    });
    let loss = mean_at_end(n, steps, |y, mut force| {
        let (y, force) = (y.to_slice(), force.as_slice_mut());
        potential.value(y.expect("rows are contiguous"), force.expect("rows are contiguous"))
    });
    solver.evaluate(field, theta, start.view(), loss, gradient)
}
// ANCHOR_END: loss

/// Everything a training on a potential depends on, besides the flow.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// use sdml::ch2_control::neural_ode::Tableau;
/// use sdml::ch3_flows::{coupling::Well, ode_flow::{AffineField, OdeFlow, OdeReverseKl}};
/// let flow = OdeFlow::new(AffineField::new(2)?, 1.0, Tableau::RK4, 4)?;
/// let recipe = OdeReverseKl {
///     target: Well::new(1.0)?, batch: 32, iterations: 3, schedule: Schedule::Constant(1e-3), seed: 0,
/// };
/// assert!(recipe.train(&flow, vec![0.0; 6], |_, _| ())?.stopped.is_none());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OdeReverseKl<P> {
    /// U.
    pub target: P,
    /// Points per iteration, fresh ones in each.
    pub batch: usize,
    /// Iterations.
    pub iterations: usize,
    /// The learning rates.
    pub schedule: Schedule,
    /// What all points derive from.
    pub seed: u64,
}

/// Rows per block.
const BLOCK: usize = 32;

impl<P: Potential> OdeReverseKl<P> {
    /// Trains a flow from the parameters `theta`; `observe(k, loss)` sees every iteration.
    ///
    /// # Errors
    /// No points, a schedule that is not valid, parameters or a potential that do not fit the flow.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Schedule, ch2_control::neural_ode::Tableau};
    /// use sdml::ch3_flows::{coupling::Potential, ode_flow::{AffineField, OdeFlow, OdeReverseKl}};
    /// /// U(y) = 3y.
    /// # #[derive(Debug)]
    /// struct Slope;
    /// impl Potential for Slope {
    ///     fn dimension(&self) -> usize { 1 }
    ///     fn value(&self, y: &[f64], gradient: &mut [f64]) -> f64 { gradient[0] = 3.0; 3.0 * y[0] }
    /// }
    /// let flow = OdeFlow::new(AffineField::new(1)?, 1.0, Tableau::RK4, 4)?;
    /// let schedule = Schedule::Constant(0.01);
    /// let recipe = OdeReverseKl { target: Slope, batch: 8, iterations: 1, schedule, seed: 0 };
    /// let trained = recipe.train(&flow, vec![0.0; 2], |_, _| ())?;
    /// // F = Ay + b: downhill is b < 0, and Adam's first step is as long as the rate.
    /// assert!((trained.theta[1] + 0.01).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train<F: FlowField>(
        &self,
        flow: &OdeFlow<F>,
        theta: Vec<f64>,
        mut observe: impl FnMut(usize, f64),
    ) -> Result<Trained> {
        at_least("batch", self.batch, 1)?;
        let (field, scheme) = (flow.field(), flow.forward());
        let prior = Streams::new(self.seed, "prior");
        let method = Method::Through { segment: 1 };
        let mut solver = BatchGradient::new(scheme, method, field.0.parameters(), BLOCK)?;
        let mut z = Array2::zeros((self.batch, field.0.dimension()));
        Trained::by_adam(theta, self.schedule, self.iterations, |k, theta, gradient| {
            let mut stream = prior.stream(k as u64);
            z.mapv_inplace(|_| stream.normal());
            let steps = scheme.steps();
            let loss = add_reverse_kl(field, &self.target, theta, z.view(), steps, &mut solver, gradient)?;
            observe(k, loss);
            Ok(loss)
        })
    }
}
