//! Section 3.3.4: maximum likelihood, max_θ (1/N) Σ log p_Z(f_θ⁻¹(xᵢ)) + log|J_{f_θ⁻¹}(xᵢ)|, for the laws of
//! [`DataLaw`](crate::ch3_flows::data::DataLaw).

use ndarray::{ArrayView2, Axis};

use super::{FlowPass, RealNvp, Trained};
use crate::Result;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::Shards;
use crate::ch3_flows::data::DataLaw;
use crate::error::at_least;
use crate::random::Streams;

/// Returns the mean of −log p_X over the rows of `x` and adds its derivative with respect to θ to `gradient`.
///
/// # Errors
/// No points, or the errors of [`RealNvp::inverse`].
///
/// ```
/// use std::f64::consts::TAU;
/// use sdml::ch2_control::backprop::Shards;
/// use sdml::ch3_flows::coupling::{FlowPass, RealNvp, add_negative_log_likelihood};
/// // With θ = 0 the flow is the identity: N(0, I), which fits points of mean 0 and covariance I best.
/// let flow = RealNvp::alternating(2, 2, &[4])?;
/// let (theta, mut gradient) = (vec![0.0; flow.parameters()], vec![0.0; flow.parameters()]);
/// let x = ndarray::array![[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]];
/// let mut shards = Shards::new(flow.parameters(), FlowPass::new);
/// let loss = add_negative_log_likelihood(&flow, &theta, x.view(), &mut shards, &mut gradient)?;
/// assert!((loss - 1.0 - TAU.ln()).abs() < 1e-14);
/// assert!(gradient.iter().all(|g| g.abs() < 1e-15));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: loss
pub fn add_negative_log_likelihood(
    flow: &RealNvp,
    theta: &[f64],
    x: ArrayView2<f64>,
    shards: &mut Shards<FlowPass>,
    gradient: &mut [f64],
) -> Result<f64> {
    let n = at_least("x.nrows()", x.nrows(), 1)? as f64;
    shards.gradient(x.nrows(), gradient, |range, pass, gradient| {
        let log_p = flow.log_density(theta, x.slice_axis(Axis(0), range.into()), pass)?;
        // ∂(−log p_Z)/∂z = z.
        let z = &pass.points() / n;
        flow.pull_back(theta, pass, z.view(), &vec![-1.0 / n; log_p.len()], gradient)?;
        Ok(-log_p.iter().sum::<f64>() / n)
    })
}
// ANCHOR_END: loss

/// Everything a training on data depends on.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// use sdml::ch3_flows::{coupling::MaximumLikelihood, data::DataLaw};
/// let recipe = MaximumLikelihood {
///     layers: 4, width: 16, steps: 20, schedule: Schedule::Constant(1e-3), ..MaximumLikelihood::new(DataLaw::Eight, 0)
/// };
/// let trained = recipe.train()?;
/// assert!(trained.losses.len() == 20 && trained.stopped.is_none());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaximumLikelihood {
    /// Where the points come from, fresh ones in every step.
    pub law: DataLaw,
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

impl MaximumLikelihood {
    /// The training that the book shows: 8 layers of width 64, 3000 steps of 256 points, a rate that falls from 0.003
    /// to 0 along a cosine.
    ///
    /// ```
    /// use sdml::ch3_flows::{coupling::MaximumLikelihood, data::DataLaw};
    /// let recipe = MaximumLikelihood::new(DataLaw::Moons, 7);
    /// assert_eq!((recipe.law, recipe.seed), (DataLaw::Moons, 7));
    /// assert_eq!([0, 3000].map(|k| recipe.schedule.rate(k)), [3e-3, 0.0]);
    /// ```
    pub const fn new(law: DataLaw, seed: u64) -> Self {
        let steps = 3000;
        let schedule = Schedule::Cosine { rate: 3e-3, steps };
        Self { law, layers: 8, width: 64, batch: 256, steps, schedule, seed }
    }

    /// The shape of the flow.
    ///
    /// # Errors
    /// As [`RealNvp::alternating`].
    ///
    /// ```
    /// use sdml::ch3_flows::{coupling::MaximumLikelihood, data::DataLaw};
    /// // Six networks 1–4–4–2 of 8 + 20 + 10 parameters.
    /// let recipe = MaximumLikelihood { layers: 6, width: 4, ..MaximumLikelihood::new(DataLaw::Eight, 0) };
    /// assert_eq!(recipe.flow()?.parameters(), 6 * 38);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn flow(&self) -> Result<RealNvp> {
        RealNvp::alternating(2, self.layers, &[self.width; 2])
    }

    /// Trains.
    ///
    /// # Errors
    /// No points, or a shape or schedule that is not valid.
    ///
    /// ```
    /// use sdml::ch3_flows::{coupling::MaximumLikelihood, data::DataLaw};
    /// let recipe = MaximumLikelihood::new(DataLaw::Eight, 0);
    /// let recipe = MaximumLikelihood { layers: 2, width: 2, batch: 8, steps: 2, ..recipe };
    /// let trained = recipe.train()?;
    /// assert_eq!((trained.losses.len(), trained.theta.len()), (2, recipe.flow()?.parameters()));
    /// assert!(MaximumLikelihood { batch: 0, ..recipe }.train().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self) -> Result<Trained> {
        let flow = self.flow()?;
        at_least("batch", self.batch, 1)?;
        let theta = flow.initial(&Streams::new(self.seed, "coupling networks"));
        let data = Streams::new(self.seed, "training data");
        let mut shards = Shards::new(flow.parameters(), FlowPass::new);
        let mut points = vec![[0.0; 2]; self.batch];
        Trained::by_adam(theta, self.schedule, self.steps, |k, theta, gradient| {
            self.law.fill(&mut points, &mut data.stream(k as u64));
            let x = ArrayView2::from_shape((self.batch, 2), points.as_flattened()).expect("pairs");
            add_negative_log_likelihood(&flow, theta, x, &mut shards, gradient)
        })
    }
}

impl RealNvp {
    /// The mean of −log p_X over the rows of `x`, in nats: to be compared with the entropy of their law.
    ///
    /// # Errors
    /// As [`RealNvp::inverse`].
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sdml::ch3_flows::coupling::RealNvp;
    /// // With θ = 0 the flow is the identity: −log N(x; 0, I) is 1 + log 2π at (1, 1).
    /// let flow = RealNvp::alternating(2, 2, &[4])?;
    /// let mean = flow.negative_log_likelihood(&vec![0.0; flow.parameters()], ndarray::array![[1.0, 1.0]].view())?;
    /// assert!((mean - 1.0 - TAU.ln()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn negative_log_likelihood(&self, theta: &[f64], x: ArrayView2<f64>) -> Result<f64> {
        let log_p = self.log_density(theta, x, &mut FlowPass::new())?;
        Ok(-log_p.iter().sum::<f64>() / log_p.len() as f64)
    }
}
