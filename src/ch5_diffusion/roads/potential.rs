//! Roads that are told U and train a map without data: the flows of Chapter 3, whose draws are weighted by e^{−βU}/q. The
//! target is the double well beside a spring, βU(x) + y²/2, whose log Z exceeds that of the double well by ½ log 2π.

use std::f64::consts::TAU;

use ndarray::{Array2, ArrayView2};

use super::{Cost, Needs, Road};
use crate::Result;
use crate::ch1_preliminaries::fokker_planck::double_well::Gibbs;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Mlp};
use crate::ch2_control::neural_ode::Tableau;
use crate::ch3_flows::coupling::{Potential, RealNvp, ReverseKl, Reweighting, Trained, Well};
use crate::ch3_flows::ode_flow::{NetworkFlow, OdeFlow, OdeReverseKl};
use crate::error::at_least;
use crate::random::Streams;
use crate::statistics::Estimate;

/// The training of the fourth road: six coupling layers, 1200 steps on 256 points.
///
/// # Errors
/// A β that is not positive.
///
/// ```
/// use sdml::ch5_diffusion::roads::real_nvp_recipe;
/// let recipe = real_nvp_recipe(1.0, 0)?;
/// // Six networks, from one coordinate through 16 and 16 units to the scale and the shift of the other.
/// assert_eq!(recipe.flow()?.parameters(), 6 * (2 * 16 + 17 * 16 + 17 * 2));
/// assert!(real_nvp_recipe(0.0, 0).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn real_nvp_recipe(beta: f64, seed: u64) -> Result<ReverseKl<Well>> {
    let steps = 1200;
    Ok(ReverseKl {
        target: Well::new(beta)?,
        annealing: None,
        layers: 6,
        width: 16,
        batch: 256,
        steps,
        schedule: Schedule::Cosine { rate: 5e-3, steps },
        seed,
    })
}

/// E X² and log Z of the double well from weighted draws (x, y).
// ANCHOR: weighted
fn weighted(x: ArrayView2<f64>, log_q: &[f64], target: &Well) -> Result<[Estimate; 2]> {
    let weights = Reweighting::new(log_weights(x, log_q, target))?;
    let squares: Vec<f64> = x.column(0).iter().map(|x| x * x).collect();
    let mut log_z = weights.log_normalizer();
    log_z.mean -= 0.5 * TAU.ln();
    Ok([weights.expectation(&squares)?, log_z])
}
// ANCHOR_END: weighted

fn log_weights(x: ArrayView2<f64>, log_q: &[f64], target: &Well) -> Vec<f64> {
    let rows = x.rows().into_iter().zip(log_q);
    rows.map(|(x, log_q)| -target.value(&[x[0], x[1]], &mut [0.0; 2]) - log_q).collect()
}

/// The fourth road: `draws` draws of a trained RealNVP, reweighted. The weights know q exactly, so the limit is the exact
/// value whatever the training has reached.
///
/// ```
/// use sdml::ch3_flows::coupling::ReverseKl;
/// use sdml::ch5_diffusion::roads::{real_nvp, real_nvp_recipe};
/// let recipe = ReverseKl { layers: 2, width: 4, batch: 32, steps: 20, ..real_nvp_recipe(1.0, 0)? };
/// let road = real_nvp(&recipe, &recipe.train()?.theta, 500, 0)?;
/// assert_eq!([road.cost.well, road.cost.network], [20 * 32 + 500, 2 * (20 * 32 + 500)]);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Parameters that do not fit the recipe; no draws.
// ANCHOR: real_nvp
pub fn real_nvp(recipe: &ReverseKl<Well>, theta: &[f64], draws: usize, seed: u64) -> Result<Road> {
    // At x = 0 the target is βU(0) = β.
    let beta = recipe.target.value(&[0.0; 2], &mut [0.0; 2]);
    let flow: RealNvp = recipe.flow()?;
    let mut stream = Streams::new(seed, "roads, RealNVP").stream(0);
    let (x, log_q) = flow.sample(theta, at_least("draws", draws, 2)?, &mut stream)?;
    let [square, log_z] = weighted(x.view(), &log_q, &recipe.target)?;
    let points = (recipe.batch * recipe.steps + draws) as u64;
    Ok(Road {
        name: "RealNVP, reweighted",
        needs: Needs::Potential,
        square,
        limit: Gibbs::new(beta)?.moment(2),
        log_normalizer: Some(log_z),
        cost: Cost { well: points, network: points * recipe.layers as u64, samples: 0 },
    })
}
// ANCHOR_END: real_nvp

/// The fifth road's flow and its training.
///
/// ```
/// use sdml::ch5_diffusion::roads::OdeWell;
/// let well = OdeWell::new(1.0, 0)?;
/// assert_eq!(well.flow.field().0.network().sizes(), [3, 16, 16, 2]);
/// assert_eq!((well.flow.forward().steps(), well.steps), (6, 6));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OdeWell {
    /// The flow.
    pub flow: OdeFlow<NetworkFlow>,
    /// The training.
    pub training: OdeReverseKl<Well>,
    /// RK4's steps.
    pub steps: usize,
}

impl OdeWell {
    /// Two hidden layers of 16 and six steps of RK4 over unit time; 500 iterations on 128 points.
    ///
    /// # Errors
    /// A β that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::OdeWell;
    /// assert!(OdeWell::new(1.0, 0).is_ok() && OdeWell::new(0.0, 0).is_err());
    /// ```
    pub fn new(beta: f64, seed: u64) -> Result<Self> {
        let (steps, iterations) = (6, 500);
        let field = NetworkFlow::new(Mlp::new(&[3, 16, 16, 2], Activation::Tanh)?)?;
        Ok(Self {
            flow: OdeFlow::new(field, 1.0, Tableau::RK4, steps)?,
            training: OdeReverseKl {
                target: Well::new(beta)?,
                batch: 128,
                iterations,
                schedule: Schedule::Cosine { rate: 1e-2, steps: iterations },
                seed,
            },
            steps,
        })
    }

    /// Trains from random parameters.
    ///
    /// # Errors
    /// As [`OdeReverseKl::train`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::OdeWell;
    /// let mut well = OdeWell::new(1.0, 0)?;
    /// (well.training.batch, well.training.iterations) = (8, 2);
    /// let trained = well.train()?;
    /// assert_eq!((trained.losses.len(), trained.theta.len()), (2, 4 * 16 + 17 * 16 + 17 * 2));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self) -> Result<Trained> {
        let network = self.flow.field().0.network();
        let theta = network.initial(&mut Streams::new(self.training.seed, "roads, field").stream(0));
        self.training.train(&self.flow, theta, |_, _| ())
    }

    /// Points sent through the network for one point of the flow.
    fn stages(&self) -> usize {
        self.steps * Tableau::RK4.stages()
    }
}

/// The fifth road: the same with an ODE flow. Here RK4 makes the density q that of the exact flow only up to its own error,
/// so the limit is computed: ∫ φ w x² over ∫ φ w by the trapezoidal rule over the noise.
///
/// ```
/// use sdml::ch5_diffusion::roads::{OdeWell, ode_flow};
/// let mut flow = OdeWell::new(1.0, 0)?;
/// flow.training.iterations = 5;
/// let road = ode_flow(&flow, &flow.train()?.theta, 500, 0)?;
/// assert_eq!([road.cost.well, road.cost.network], [5 * 128 + 500, 24 * (5 * 128 + 500)]);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// Parameters that do not fit the flow; no draws.
// ANCHOR: ode_flow
pub fn ode_flow(recipe: &OdeWell, theta: &[f64], draws: usize, seed: u64) -> Result<Road> {
    let (flow, target) = (&recipe.flow, &recipe.training.target);
    let mut stream = Streams::new(seed, "roads, ODE flow").stream(0);
    let z = Array2::from_shape_simple_fn((at_least("draws", draws, 2)?, 2), || stream.normal());
    let image = flow.push(theta, z.view())?;
    let log_q: Vec<f64> = image.log_density.to_vec();
    let [square, log_z] = weighted(image.points.view(), &log_q, target)?;
    let points = recipe.training.batch * recipe.training.iterations + draws;
    Ok(Road {
        name: "ODE flow, reweighted",
        needs: Needs::Potential,
        square,
        limit: recipe.limits(theta)?[0],
        log_normalizer: Some(log_z),
        cost: Cost { well: points as u64, network: (points * recipe.stages()) as u64, samples: 0 },
    })
}
// ANCHOR_END: ode_flow

impl OdeWell {
    /// What E X² and log Z tend to with more and more draws: quadrature over z ∈ [−7, 7]² in steps of 1/8.
    ///
    /// # Errors
    /// Parameters that do not fit the flow.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::double_well::Gibbs, ch5_diffusion::roads::OdeWell};
    /// use sdml::{ch2_control::neural_ode::Tableau, ch3_flows::ode_flow::OdeFlow};
    /// let (mut well, exact) = (OdeWell::new(1.0, 0)?, Gibbs::new(1.0)?);
    /// well.flow = OdeFlow::new(well.flow.field().0.clone(), 1.0, Tableau::RK4, 1)?;
    /// // With θ = 0 nothing moves, and q = N(0, I) is exact: what is missing is the mass of y beyond 7, 3e-12.
    /// let [square, log_z] = well.limits(&[0.0; 4 * 16 + 17 * 16 + 17 * 2])?;
    /// assert!((square - exact.moment(2)).abs() < 1e-12);
    /// assert!((log_z - exact.normalizing_constant().ln()).abs() < 1e-11);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn limits(&self, theta: &[f64]) -> Result<[f64; 2]> {
        const H: f64 = 0.125;
        let side = 113;
        let z = Array2::from_shape_fn((side * side, 2), |(i, k)| {
            H * ((if k == 0 { i / side } else { i % side }) as f64) - 7.0
        });
        let image = self.flow.push(theta, z.view())?;
        let target = &self.training.target;
        let log_w = log_weights(image.points.view(), &image.log_density.to_vec(), target);
        let [mut total, mut squares] = [0.0; 2];
        for ((z, x), log_w) in z.rows().into_iter().zip(image.points.rows()).zip(log_w) {
            let weight = (log_w - 0.5 * (z[0] * z[0] + z[1] * z[1])).exp();
            total += weight;
            squares += weight * x[0] * x[0];
        }
        Ok([squares / total, (total * H * H / TAU).ln() - 0.5 * TAU.ln()])
    }
}
