//! Section 3.3.3: training on a potential alone, min_θ E[log p_θ(f_θ(Z)) + U(f_θ(Z))] (3.7), which is
//! KL(p_θ ‖ p) − log Z.

use ndarray::{Array2, ArrayView2, Axis};

use super::real_nvp::log_prior;
use super::{FlowPass, Potential, RealNvp, Tempered, Trained};
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::Shards;
use crate::error::{at_least, positive, stays_finite};
use crate::random::Streams;
use crate::{Error, Result};

/// Returns the mean of log p_θ(f_θ(z)) + U(f_θ(z)) over the rows of `z` and adds its derivative with respect to θ to
/// `gradient`. By (3.3), log p_θ(f_θ(z)) = log p_Z(z) − log|det ∇f_θ(z)|: no inverse is needed.
///
/// # Errors
/// No points, a potential of another dimension, a U that is not finite where the flow puts points, or the errors of
/// [`RealNvp::forward`].
///
/// ```
/// use std::f64::consts::TAU;
/// use sdml::ch2_control::backprop::Shards;
/// use sdml::ch3_flows::coupling::{FlowPass, RealNvp, Well, add_reverse_kl};
/// // With θ = 0 the flow is the identity, and U = ½ at both points.
/// let flow = RealNvp::alternating(2, 2, &[4])?;
/// let (theta, mut gradient) = (vec![0.0; flow.parameters()], vec![0.0; flow.parameters()]);
/// let z = ndarray::array![[1.0, 1.0], [-1.0, -1.0]];
/// let mut shards = Shards::new(flow.parameters(), FlowPass::new);
/// let loss = add_reverse_kl(&flow, &Well::new(1.0)?, &theta, z.view(), &mut shards, &mut gradient)?;
/// assert!((loss + 0.5 + TAU.ln()).abs() < 1e-14);
/// // The only entry that is not 0 is that of the scale of x, where no force acts: −log|det| falls by it.
/// assert!((gradient.iter().sum::<f64>() + 1.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: loss
pub fn add_reverse_kl(
    flow: &RealNvp,
    potential: &impl Potential,
    theta: &[f64],
    z: ArrayView2<f64>,
    shards: &mut Shards<FlowPass>,
    gradient: &mut [f64],
) -> Result<f64> {
    let n = at_least("z.nrows()", z.nrows(), 1)? as f64;
    same_dimension(flow, potential)?;
    shards.gradient(z.nrows(), gradient, |range, pass, gradient| {
        let z = z.slice_axis(Axis(0), range.into());
        flow.forward(theta, z, pass)?;
        let mut cotangent = Array2::zeros(z.raw_dim());
        let mut loss = 0.0;
        for (((z, x), log_det), mut bar) in
            z.rows().into_iter().zip(pass.points().rows()).zip(pass.log_det()).zip(cotangent.rows_mut())
        {
            let x = x.to_slice().expect("rows are contiguous");
            let u = potential.value(x, bar.as_slice_mut().expect("rows are contiguous"));
            loss += log_prior(z.iter().copied()) - log_det + u;
            bar /= n;
        }
        stays_finite("loss", [loss], 0)?;
        flow.pull_back(theta, pass, cotangent.view(), &vec![-1.0 / n; z.nrows()], gradient)?;
        Ok(loss / n)
    })
}
// ANCHOR_END: loss

fn same_dimension(flow: &RealNvp, potential: &impl Potential) -> Result<()> {
    if potential.dimension() == flow.dimension() {
        return Ok(());
    }
    let allowed = format!("{}, the flow's", flow.dimension());
    Err(Error::argument("potential.dimension()", potential.dimension(), allowed))
}

/// A path from N(0, width² I) to the target, along which λ of [`Tempered`] rises from 0 to 1.
///
/// ```
/// use sdml::ch3_flows::coupling::{Annealing, ReverseKl, Well};
/// let first = |beta| {
///     let recipe = ReverseKl::new(Well::new(beta)?, 2, 0).annealed(Annealing { width: 2.0, part: 0.5 });
///     Ok::<_, sdml::Error>(recipe.train()?.losses[0])
/// };
/// // λ = 0 in the first step: the target does not count yet.
/// assert_eq!(first(1.0)?, first(3.0)?);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annealing {
    /// The standard deviation of the law at λ = 0.
    pub width: f64,
    /// The part of all steps during which λ rises, from 0 to 1 linearly; it stays at 1 for the rest.
    pub part: f64,
}

impl Annealing {
    /// λ in step k of K.
    fn lambda(self, k: usize, steps: usize) -> f64 {
        (k as f64 / (self.part * steps as f64)).min(1.0)
    }
}

/// Everything a training on a potential depends on.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// use sdml::ch3_flows::coupling::{ReverseKl, Well};
/// let recipe = ReverseKl { batch: 64, schedule: Schedule::Constant(1e-3), ..ReverseKl::new(Well::new(1.0)?, 20, 0) };
/// assert!(recipe.train()?.stopped.is_none());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReverseKl<P> {
    /// U.
    pub target: P,
    /// How to approach it, if not at once.
    pub annealing: Option<Annealing>,
    /// ℓ.
    pub layers: usize,
    /// Units of each of the two hidden layers of the networks.
    pub width: usize,
    /// Points per step.
    pub batch: usize,
    /// Steps.
    pub steps: usize,
    /// The learning rates.
    pub schedule: Schedule,
    /// What the initial parameters and all points derive from.
    pub seed: u64,
}

impl<P: Potential> ReverseKl<P> {
    /// The training that the book shows: 6 layers of width 32, 256 points per step, a rate that falls from 0.005 to 0
    /// along a cosine.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{ReverseKl, Well};
    /// let recipe = ReverseKl::new(Well::new(1.0)?, 200, 7);
    /// assert_eq!([0, 200].map(|k| recipe.schedule.rate(k)), [5e-3, 0.0]);
    /// assert!(recipe.annealing.is_none());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const fn new(target: P, steps: usize, seed: u64) -> Self {
        let schedule = Schedule::Cosine { rate: 5e-3, steps };
        Self { target, annealing: None, layers: 6, width: 32, batch: 256, steps, schedule, seed }
    }

    /// The same on the way along `annealing`.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{Annealing, ReverseKl, Well};
    /// let recipe = ReverseKl::new(Well::new(1.0)?, 20, 0).annealed(Annealing { width: 2.0, part: 0.5 });
    /// assert_eq!(recipe.annealing, Some(Annealing { width: 2.0, part: 0.5 }));
    /// // The way must have a length.
    /// assert!(recipe.annealed(Annealing { width: 2.0, part: 0.0 }).train().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn annealed(self, annealing: Annealing) -> Self {
        Self { annealing: Some(annealing), ..self }
    }

    /// The shape of the flow.
    ///
    /// # Errors
    /// As [`RealNvp::alternating`].
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{ReverseKl, Well};
    /// let recipe = ReverseKl { layers: 4, width: 8, ..ReverseKl::new(Well::new(1.0)?, 20, 0) };
    /// assert_eq!((recipe.flow()?.dimension(), recipe.flow()?.layers()), (2, 4));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn flow(&self) -> Result<RealNvp> {
        RealNvp::alternating(self.target.dimension(), self.layers, &[self.width; 2])
    }

    /// Trains.
    ///
    /// # Errors
    /// No points, a shape, schedule or annealing that is not valid, or a loss that is not finite in the first step.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{ReverseKl, Well};
    /// let recipe = ReverseKl { layers: 2, width: 2, batch: 8, ..ReverseKl::new(Well::new(1.0)?, 2, 0) };
    /// assert_eq!(recipe.train()?.losses.len(), 2);
    /// assert!(ReverseKl { batch: 0, ..recipe }.train().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self) -> Result<Trained> {
        let flow = self.flow()?;
        at_least("batch", self.batch, 1)?;
        if let Some(annealing) = self.annealing {
            positive("annealing.width", annealing.width)?;
            if !(annealing.part > 0.0 && annealing.part <= 1.0) {
                return Err(Error::argument("annealing.part", annealing.part, "within (0, 1]"));
            }
        }
        let theta = flow.initial(&Streams::new(self.seed, "coupling networks"));
        let prior = Streams::new(self.seed, "prior");
        let mut shards = Shards::new(flow.parameters(), FlowPass::new);
        let mut z = Array2::zeros((self.batch, flow.dimension()));
        Trained::by_adam(theta, self.schedule, self.steps, |k, theta, gradient| {
            let mut stream = prior.stream(k as u64);
            z.mapv_inplace(|_| stream.normal());
            let tempered = self.annealing.map(|annealing| Tempered {
                target: &self.target,
                width: annealing.width,
                lambda: annealing.lambda(k, self.steps),
            });
            match tempered {
                Some(potential) => add_reverse_kl(&flow, &potential, theta, z.view(), &mut shards, gradient),
                None => add_reverse_kl(&flow, &self.target, theta, z.view(), &mut shards, gradient),
            }
        })
    }
}
