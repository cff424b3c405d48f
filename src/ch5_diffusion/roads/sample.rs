//! Roads that are told samples and nothing else: a diffusion model and an interpolant in one dimension. Both generate by an
//! ODE, so the law they generate is that of a map z ↦ x(z) of one normal variable, and its second moment is a quadrature.

use std::f64::consts::TAU;
use std::fmt;

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::{Cost, Needs, Road};
use crate::Result;
use crate::ch1_preliminaries::fokker_planck::double_well::potential;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Evaluation, Mlp, Pass, Shards};
use crate::ch2_control::neural_ode::{FixedStep, Stages, Tableau};
use crate::ch3_flows::coupling::Trained;
use crate::ch5_diffusion::score::{
    Denoiser, Method, Recipe, Reverse, Samples, Source, descending_times, of_dimension,
};
use crate::error::{at_least, positive};
use crate::random::{Stream, Streams};
use crate::statistics::Estimate;

/// Independent draws from e^{−βU}/Z, made by rejection from N(0, 1/β): U ≥ x²/2 − 9/16.
///
/// ```
/// use sdml::ch5_diffusion::roads::WellSample;
/// use sdml::ch1_preliminaries::fokker_planck::double_well::Gibbs;
/// let sample = WellSample::new(1.0, 4000, 1)?;
/// assert!(sample.square()?.z(Gibbs::new(1.0)?.moment(2)).abs() < 4.0);
/// assert!(WellSample::new(1.0, 0, 1).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct WellSample {
    beta: f64,
    count: usize,
    seed: u64,
    points: Array2<f64>,
    source: Samples,
}

impl fmt::Debug for WellSample {
    /// What the draws derive from, not the draws.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} draws at beta = {}, seed {}", self.count, self.beta, self.seed)
    }
}

impl WellSample {
    /// `count` draws.
    ///
    /// # Errors
    /// A β that is not positive; no draws.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::WellSample;
    /// assert!(WellSample::new(1.0, 10, 0).is_ok());
    /// assert!(WellSample::new(0.0, 10, 0).is_err() && WellSample::new(1.0, 0, 0).is_err());
    /// ```
    pub fn new(beta: f64, count: usize, seed: u64) -> Result<Self> {
        positive("beta", beta)?;
        let mut stream = Streams::new(seed, "roads, samples").stream(0);
        let points = Array2::from_shape_simple_fn((count, 1), || draw(beta, &mut stream));
        let source = Samples::new(points.view())?;
        Ok(Self { beta, count, seed, points, source })
    }

    /// How many there are.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::WellSample;
    /// assert_eq!(WellSample::new(1.0, 10, 0)?.count(), 10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn count(&self) -> usize {
        self.count
    }

    /// Their mean square: what can be had without a model.
    ///
    /// # Errors
    /// Fewer than two draws.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::double_well::Gibbs, ch5_diffusion::roads::WellSample};
    /// assert!(WellSample::new(2.0, 2000, 0)?.square()?.z(Gibbs::new(2.0)?.moment(2)).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn square(&self) -> Result<Estimate> {
        Estimate::of(self.points.iter().map(|x| x * x))
    }
}

// ANCHOR: draw
fn draw(beta: f64, stream: &mut Stream) -> f64 {
    loop {
        let x = stream.normal() / beta.sqrt();
        if stream.uniform() < (-beta * (potential(x) - 0.5 * x * x + 0.5625)).exp() {
            return x;
        }
    }
}
// ANCHOR_END: draw

impl Source for WellSample {
    fn dimension(&self) -> usize {
        1
    }

    fn draw(&self, stream: &mut Stream, point: &mut [f64]) {
        self.source.draw(stream, point);
    }
}

/// The mean square of x(z), z ~ N(0, 1), from draws, and by the trapezoidal rule on [−7, 7] in steps of 1/32.
// ANCHOR: pushed
fn pushed(
    draws: usize,
    streams: &Streams,
    mut map: impl FnMut(ArrayView2<f64>) -> Result<Array2<f64>>,
) -> Result<(Estimate, f64)> {
    let mut stream = streams.stream(0);
    let z = Array2::from_shape_simple_fn((at_least("draws", draws, 2)?, 1), || stream.normal());
    let square = Estimate::of(map(z.view())?.iter().map(|x| x * x))?;
    let nodes = Array2::from_shape_fn((449, 1), |(i, _)| (i as f64 - 224.0) / 32.0);
    let weighted =
        nodes.iter().zip(&map(nodes.view())?).map(|(z, x)| (-0.5 * z * z).exp() * x * x).sum::<f64>();
    Ok((square, weighted / (32.0 * TAU.sqrt())))
}
// ANCHOR_END: pushed

/// The training of the sixth road: two hidden layers of 32, 2000 steps on 256 points, a rate that falls from 5e-3 to 0.
///
/// ```
/// use sdml::ch5_diffusion::roads::{WellSample, diffusion_recipe};
/// let recipe = diffusion_recipe(WellSample::new(1.0, 10, 0)?, 0);
/// assert_eq!(recipe.network()?.sizes(), [2, 32, 32, 1]);
/// assert_eq!([recipe.schedule.rate(0), recipe.schedule.rate(recipe.steps)], [5e-3, 0.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn diffusion_recipe(data: WellSample, seed: u64) -> Recipe<WellSample> {
    let steps = 2000;
    Recipe {
        hidden: vec![32; 2],
        batch: 256,
        steps,
        schedule: Schedule::Cosine { rate: 5e-3, steps },
        ..Recipe::new(data, seed)
    }
}

/// The sixth road: `draws` draws by the probability-flow ODE of a trained score, in `steps` steps of Heun's method.
///
/// ```
/// use sdml::ch5_diffusion::{roads::{WellSample, diffusion, diffusion_recipe}, score::Recipe};
/// let recipe = Recipe { hidden: vec![8], steps: 100, ..diffusion_recipe(WellSample::new(1.0, 1000, 0)?, 0) };
/// let road = diffusion(&recipe, &recipe.train(|_, _| ())?, 10, 400, 0)?;
/// assert!(road.square.z(road.limit).abs() < 4.0);
/// assert_eq!(road.cost.network, 100 * 256 + 400 * 20);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// No draws or steps; a flow that leaves the finite numbers.
// ANCHOR: diffusion
pub fn diffusion(
    recipe: &Recipe<WellSample>,
    model: &Denoiser,
    steps: usize,
    draws: usize,
    seed: u64,
) -> Result<Road> {
    let times = descending_times(recipe.horizon, recipe.first, steps, 2.0)?;
    let reverse = Reverse::new(model, 0.0, times, Method::Heun)?;
    let streams = Streams::new(seed, "roads, diffusion");
    let (square, limit) = pushed(draws, &streams, |z| reverse.run(z, &streams))?;
    let network = recipe.batch * recipe.steps + draws * reverse.evaluations();
    Ok(Road {
        name: "diffusion model",
        needs: Needs::Samples,
        square,
        limit,
        log_normalizer: None,
        cost: Cost { well: 0, network: network as u64, samples: recipe.data.count() as u64 },
    })
}
// ANCHOR_END: diffusion

/// The training of the seventh road: v_θ(x, t) is fitted to Ẋ = Z − X at X(t) = (1 − t) X + t Z, t uniform on (0, 1), (5.8).
///
/// ```
/// use sdml::ch5_diffusion::roads::{Velocity, WellSample};
/// let recipe = Velocity::new(WellSample::new(1.0, 10, 0)?, 0);
/// assert!(Velocity { batch: 0, ..recipe }.train().is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Velocity {
    /// Where X comes from.
    pub data: WellSample,
    /// Units of each of the two hidden layers.
    pub width: usize,
    /// Pairs in each step.
    pub batch: usize,
    /// Steps of Adam, at a rate that falls from `rate` to 0.
    pub steps: usize,
    /// The first rate.
    pub rate: f64,
    /// The seed of parameters and pairs.
    pub seed: u64,
}

impl Velocity {
    /// Two hidden layers of 32, 2000 steps on 256 pairs.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::{Velocity, WellSample};
    /// let recipe = Velocity::new(WellSample::new(1.0, 10, 0)?, 7);
    /// assert_eq!((recipe.width, recipe.steps, recipe.seed), (32, 2000, 7));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: WellSample, seed: u64) -> Self {
        Self { data, width: 32, batch: 256, steps: 2000, rate: 5e-3, seed }
    }

    /// The network.
    ///
    /// # Errors
    /// A hidden layer without units.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::{Velocity, WellSample};
    /// // From (x, t) to a velocity.
    /// assert_eq!(Velocity::new(WellSample::new(1.0, 10, 0)?, 0).network()?.sizes(), [2, 32, 32, 1]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> Result<Mlp> {
        Mlp::new(&[2, self.width, self.width, 1], Activation::Silu)
    }

    /// Trains.
    ///
    /// # Errors
    /// An empty batch, no steps, a rate that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::roads::{Velocity, WellSample};
    /// let recipe = Velocity { width: 2, batch: 8, steps: 3, ..Velocity::new(WellSample::new(1.0, 10, 0)?, 0) };
    /// let trained = recipe.train()?;
    /// assert!(trained.losses.len() == 3 && trained.stopped.is_none());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: train
    pub fn train(&self) -> Result<Trained> {
        let (network, batch) = (self.network()?, at_least("batch", self.batch, 1)?);
        let theta = network.initial(&mut Streams::new(self.seed, "roads, velocity").stream(0));
        let streams = Streams::new(self.seed, "roads, pairs");
        let mut shards = Shards::new(network.parameters(), Pass::new);
        let schedule = Schedule::Cosine { rate: self.rate, steps: self.steps };
        Trained::by_adam(theta, schedule, self.steps, |k, theta, gradient| {
            shards.gradient(batch, gradient, |range, pass, gradient| {
                let mut stream = streams.stream((k * batch + range.start) as u64);
                let mut input = Array2::zeros((range.len(), 2));
                let mut target = Array2::zeros((range.len(), 1));
                for (mut input, mut target) in input.rows_mut().into_iter().zip(target.rows_mut()) {
                    let mut x = [0.0];
                    self.data.draw(&mut stream, &mut x);
                    let (t, z) = (stream.uniform(), stream.normal());
                    input[0] = (1.0 - t) * x[0] + t * z;
                    input[1] = t;
                    target[0] = z - x[0];
                }
                network.forward(theta, input.view(), pass)?;
                let miss = &pass.output() - &target;
                let cotangent = &miss * (2.0 / batch as f64);
                network.pull_back(theta, pass, cotangent.view(), gradient)?;
                Ok(miss.iter().map(|miss| miss * miss).sum::<f64>() / batch as f64)
            })
        })
    }
    // ANCHOR_END: train

    /// Carries noise to data: dY/dt = v_θ(Y, t) from t = 1 down to 0, in `steps` steps of RK4.
    ///
    /// # Errors
    /// Parameters that do not fit; no steps; points that are not on the line; a state that leaves the finite numbers.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch5_diffusion::roads::{Velocity, WellSample};
    /// let recipe = Velocity { width: 1, ..Velocity::new(WellSample::new(1.0, 10, 0)?, 0) };
    /// // v_θ = −1, by the last bias alone: from t = 1 down to 0 every point rises by 1.
    /// let theta = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0];
    /// let end = recipe.generate(&theta, 4, array![[0.5], [-2.0]].view())?;
    /// assert!((end[[0, 0]] - 1.5).abs() < 1e-14 && (end[[1, 0]] + 1.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn generate(&self, theta: &[f64], steps: usize, z: ArrayView2<f64>) -> Result<Array2<f64>> {
        let (network, mut evaluation) = (self.network()?, Evaluation::new());
        of_dimension("z", &z, 1)?;
        let mut input = Array2::zeros((z.nrows(), 2));
        let mut y = z.to_owned();
        let field = |t: f64, y: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
            input.column_mut(0).assign(&y.column(0));
            input.column_mut(1).fill(t);
            network.evaluate(theta, input.view(), &mut evaluation)?;
            out.assign(&evaluation.output());
            Ok(())
        };
        FixedStep::new(Tableau::RK4, 1.0, 0.0, steps)?.solve(
            &mut y,
            &mut Stages::default(),
            field,
            |_, _, _| (),
        )?;
        Ok(y)
    }
}

/// The seventh road: `draws` draws of a trained interpolant, in `steps` steps of RK4.
///
/// ```
/// use sdml::ch5_diffusion::roads::{Velocity, WellSample, interpolant};
/// let recipe = Velocity { width: 8, steps: 100, ..Velocity::new(WellSample::new(1.0, 1000, 0)?, 0) };
/// let road = interpolant(&recipe, &recipe.train()?.theta, 5, 400, 0)?;
/// assert!(road.square.z(road.limit).abs() < 4.0);
/// assert_eq!(road.cost.network, 100 * 256 + 400 * 20);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// As [`Velocity::generate`]; no draws.
// ANCHOR: interpolant
pub fn interpolant(recipe: &Velocity, theta: &[f64], steps: usize, draws: usize, seed: u64) -> Result<Road> {
    let streams = Streams::new(seed, "roads, interpolant");
    let (square, limit) = pushed(draws, &streams, |z| recipe.generate(theta, steps, z))?;
    let network = recipe.batch * recipe.steps + draws * steps * Tableau::RK4.stages();
    Ok(Road {
        name: "interpolant",
        needs: Needs::Samples,
        square,
        limit,
        log_normalizer: None,
        cost: Cost { well: 0, network: network as u64, samples: recipe.data.count() as u64 },
    })
}
// ANCHOR_END: interpolant
