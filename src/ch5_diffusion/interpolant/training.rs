//! Training on (5.8): a network v_θ(x, t) is fitted to Ẋ = α̇X + β̇Z at X(t) = αX + βZ, t uniform on (0, T).

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

use super::coupling::Pairing;
use super::generate::generate;
use super::path::Path;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Evaluation, Mlp};
use crate::ch2_control::neural_ode::Tableau;
use crate::ch5_diffusion::batches::{Batches, Shard};
use crate::ch5_diffusion::regression::{Part, beside_time, has_learned};
use crate::ch5_diffusion::score::Source;
use crate::error::{at_least, positive};
use crate::random::{Stream, Streams};
use crate::statistics::Estimate;
use crate::{Error, Result};

/// Everything a training run depends on.
///
/// ```
/// use sdml::ch5_diffusion::{interpolant::{Path, Recipe}, mixture::Mixture};
/// // With a latent term (5.8) is infinite, and nothing is trained.
/// let (data, path) = (Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?.with_latent(1.0)?);
/// assert!(Recipe { hidden: vec![], ..Recipe::new(data, path, 0) }.train(|_, _| ()).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Recipe<D> {
    /// Where data come from.
    pub data: D,
    /// α, β and T; no latent term.
    pub path: Path,
    /// How noise is paired with data. `Optimal` pairs within each of the eight parts of a batch.
    pub pairing: Pairing,
    /// Sizes of the hidden layers, between the n + 1 inputs (x, t/T) and the n outputs.
    pub hidden: Vec<usize>,
    /// Fresh pairs in each step.
    pub batch: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Its rates.
    pub schedule: Schedule,
    /// The seed of parameters and batches.
    pub seed: u64,
}

impl<D: Source> Recipe<D> {
    /// Independent pairs, three hidden layers of 64, 4000 steps on batches of 256, a rate that falls from 2e-3 to 0.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{Pairing, Path, Recipe}, mixture::Mixture};
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?, 7);
    /// assert_eq!((recipe.seed, recipe.pairing, recipe.schedule.rate(4000)), (7, Pairing::Independent, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: D, path: Path, seed: u64) -> Self {
        let steps = 4000;
        Self {
            data,
            path,
            pairing: Pairing::Independent,
            hidden: vec![64; 3],
            batch: 256,
            steps,
            schedule: Schedule::Cosine { rate: 2e-3, steps },
            seed,
        }
    }

    /// The network.
    ///
    /// # Errors
    /// A hidden layer without units.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, ch5_diffusion::interpolant::{Path, Recipe}};
    /// // From (x, t/T) to a vector like x.
    /// assert_eq!(Recipe::new(DataLaw::Moons, Path::linear(1.0)?, 0).network()?.sizes(), [3, 64, 64, 64, 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> Result<Mlp> {
        let n = at_least("data.dimension()", self.data.dimension(), 1)?;
        let sizes: Vec<usize> = [&[n + 1], &self.hidden[..], &[n]].concat();
        Mlp::new(&sizes, Activation::Silu)
    }

    /// `rows` pairs (X, Z): row i of one matrix belongs to row i of the other.
    fn pairs(&self, stream: &mut Stream, rows: usize) -> Result<[Array2<f64>; 2]> {
        let n = self.data.dimension();
        let (mut x, mut z) = (vec![0.0; rows * n], vec![0.0; rows * n]);
        for (x, z) in x.chunks_exact_mut(n).zip(z.chunks_exact_mut(n)) {
            self.data.draw(stream, x);
            stream.fill_normal(z);
        }
        let [x, z] = [x, z].map(|sample| Array2::from_shape_vec((rows, n), sample).expect("rows of n"));
        let partners = self.pairing.partners(x.view(), z.view())?;
        let z = z.select(Axis(0), &partners);
        Ok([x, z])
    }

    /// Trains a network; `observe` is told every step and its loss, T times the mean of |v_θ − Ẋ|² over the batch.
    ///
    /// # Errors
    /// An empty batch, no steps, a path with a latent term, and a loss or parameters that leave the finite numbers, with the
    /// step at which they do; a loss at the end not below the first.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{Path, Recipe}, mixture::Mixture};
    /// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.3)?;
    /// let recipe = Recipe { hidden: vec![8], batch: 64, steps: 1000, ..Recipe::new(data, Path::linear(1.0)?, 0) };
    /// let model = recipe.train(|_, _| ())?;
    /// assert!(model.loss() < 1.9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self, observe: impl FnMut(usize, f64)) -> Result<Flow> {
        self.fit(|stream, rows| self.pairs(stream, rows), observe)
    }

    /// Trains a network on the pairs (Z, Y(T)) that `first` makes of `pairs` points of noise by RK4 with `steps` steps.
    ///
    /// # Errors
    /// As [`Self::train`]; no pairs or steps.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::learning::Schedule, ch2_control::backprop::{Activation, Mlp}};
    /// use sdml::ch5_diffusion::{interpolant::{Flow, Path, Recipe}, mixture::Mixture};
    /// // A flow that leaves the noise where it is makes the pairs (Z, Z), and the velocity between them is 0.
    /// let still = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![0.0; 3], 1.0, [2.0, 1.0])?;
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?, 0);
    /// let schedule = Schedule::Cosine { rate: 0.1, steps: 200 };
    /// let recipe = Recipe { hidden: vec![], batch: 32, steps: 200, schedule, ..recipe };
    /// assert!(recipe.reflow(&still, 100, 1, |_, _| ())?.loss() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: reflow
    pub fn reflow(
        &self,
        first: &Flow,
        pairs: usize,
        steps: usize,
        observe: impl FnMut(usize, f64),
    ) -> Result<Flow> {
        let n = self.data.dimension();
        let mut stream = Streams::new(self.seed, "noise of the pairs").stream(0);
        let z = Array2::from_shape_simple_fn((at_least("pairs", pairs, 1)?, n), || stream.normal());
        let mut field = first.clone();
        let x = generate(Tableau::RK4, first.horizon, steps, z.view(), |t, x, v| field.write(t, x, v))?;
        let pick = |stream: &mut Stream, rows: usize| {
            let drawn: Vec<usize> = (0..rows).map(|_| (stream.uniform() * pairs as f64) as usize).collect();
            Ok([&x, &z].map(|sample| sample.select(Axis(0), &drawn)))
        };
        self.fit(pick, observe)
    }
    // ANCHOR_END: reflow

    // ANCHOR: fit
    fn fit(
        &self,
        pairs: impl Fn(&mut Stream, usize) -> Result<[Array2<f64>; 2]> + Sync,
        observe: impl FnMut(usize, f64),
    ) -> Result<Flow> {
        let network = self.network()?;
        self.without_latent()?;
        let Self { batch, steps, schedule, seed, .. } = *self;
        let scale = self.path.horizon() / batch as f64;
        let lesson = |Shard { mut stream, rows, workspace: part, theta, gradient }: Shard<Part>| {
            let drawn = pairs(&mut stream, rows)?;
            self.place(&mut stream, &drawn, part)?;
            part.regress(&network, theta, scale, gradient)
        };
        let part = || Part::new(self.data.dimension());
        let fitted = Batches { batch, steps, schedule, seed }.fit(&network, part, lesson, observe)?;
        Flow::new(network, fitted.theta, self.path.horizon(), fitted.losses)
    }
    // ANCHOR_END: fit

    /// Puts (X(t), t/T) and Ẋ(t) into the rows of `part`, each t drawn from the stream.
    // ANCHOR: place
    fn place(&self, stream: &mut Stream, [x, z]: &[Array2<f64>; 2], part: &mut Part) -> Result<()> {
        let mut pairs = x.outer_iter().zip(z.outer_iter());
        let mut result = Ok(());
        part.fill(x.nrows(), |point, u, velocity| {
            *u = stream.uniform();
            let (x, z) = pairs.next().expect("as many pairs as rows");
            match self.path.at(*u * self.path.horizon()) {
                Ok(c) => {
                    for i in 0..point.len() {
                        point[i] = c.alpha * x[i] + c.beta * z[i];
                        velocity[i] = c.alpha_dot * x[i] + c.beta_dot * z[i];
                    }
                }
                Err(error) => result = Err(error),
            }
        });
        result
    }
    // ANCHOR_END: place

    fn without_latent(&self) -> Result<()> {
        if self.path.latent() > 0.0 {
            return Err(Error::argument(
                "latent",
                self.path.latent(),
                "0: with a latent term the loss is infinite",
            ));
        }
        Ok(())
    }

    /// The rows to be kept of a trained network: its parameters, and its first and last loss.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::{Activation, Mlp};
    /// use sdml::ch5_diffusion::{interpolant::{Flow, Recipe}, mixture::Mixture};
    /// let model = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 0.0, 1.0], 1.0, [2.0, 1.5])?;
    /// assert_eq!(Recipe::<Mixture<1>>::rows(model), [vec![3.0, 0.0, 1.0], vec![2.0, 1.5]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(model: Flow) -> Vec<Vec<f64>> {
        vec![model.theta, model.losses.to_vec()]
    }

    /// The network of which [`Self::rows`] has been kept.
    ///
    /// # Errors
    /// Rows of another form; and as [`Flow::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{Path, Recipe}, mixture::Mixture};
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, Path::linear(1.0)?, 0);
    /// let recipe = Recipe { hidden: vec![], ..recipe };
    /// assert_eq!(recipe.from_rows(&[vec![3.0, 0.0, 1.0], vec![2.0, 1.5]])?.loss(), 1.5);
    /// assert!(recipe.from_rows(&[vec![3.0, 0.0, 1.0]]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_rows(&self, rows: &[Vec<f64>]) -> Result<Flow> {
        match rows {
            [theta, losses] if losses.len() == 2 => {
                Flow::new(self.network()?, theta.clone(), self.path.horizon(), [losses[0], losses[1]])
            }
            _ => Err(Error::argument(
                "rows",
                rows.len(),
                "2: the parameters and the losses of a trained network",
            )),
        }
    }

    /// (5.8) for a given field, estimated from `points` fresh pairs.
    ///
    /// # Errors
    /// Fewer than two points, a latent term, and those of `velocity`, which is asked for v(xᵢ, tᵢ) at points (x, t).
    ///
    /// ```
    /// use sdml::ch5_diffusion::{interpolant::{Path, Recipe}, mixture::Mixture};
    /// // Data N(0, 1) on the trigonometric path: E|Ẋ|² = (π/2)², and v = 0 is the best there is.
    /// let recipe = Recipe::new(Mixture::gaussian([0.0], [[1.0]])?, Path::trigonometric(1.0)?, 0);
    /// let loss = recipe.loss(1000, 1, |_x, _t, v| {
    ///     v.fill(0.0);
    ///     Ok(())
    /// })?;
    /// assert!(loss.z((0.5 * std::f64::consts::PI).powi(2)).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(
        &self,
        points: usize,
        seed: u64,
        mut velocity: impl FnMut(&[f64], f64, &mut [f64]) -> Result<()>,
    ) -> Result<Estimate> {
        self.without_latent()?;
        let mut stream = Streams::new(seed, "loss").stream(0);
        let n = self.data.dimension();
        let mut part = Part::new(n);
        let drawn = self.pairs(&mut stream, at_least("points", points, 2)?)?;
        self.place(&mut stream, &drawn, &mut part)?;
        let (horizon, mut v) = (self.path.horizon(), vec![0.0; n]);
        let mut misses = Vec::with_capacity(points);
        for (input, target) in part.input.outer_iter().zip(part.target.outer_iter()) {
            let input = input.as_slice().expect("a row");
            velocity(&input[..n], input[n] * horizon, &mut v)?;
            misses.push(horizon * target.iter().zip(&v).map(|(y, v)| (y - v).powi(2)).sum::<f64>());
        }
        Estimate::of(misses)
    }
}

/// A trained velocity.
///
/// ```
/// use ndarray::array;
/// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::interpolant::Flow};
/// // v_θ = 2x + 4t/T with T = 2.
/// let mut flow = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![2.0, 4.0, 0.0], 2.0, [2.0, 1.0])?;
/// let mut v = array![[0.0]];
/// flow.write(0.5, array![[3.0]].view(), v.view_mut())?;
/// assert_eq!(v, array![[7.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Flow {
    pub(super) network: Mlp,
    pub(super) theta: Vec<f64>,
    pub(super) horizon: f64,
    losses: [f64; 2],
    input: Array2<f64>,
    evaluation: Evaluation,
}

impl Flow {
    /// The network with parameters θ for the times [0, T], whose loss was `losses[0]` before and `losses[1]` after training.
    ///
    /// # Errors
    /// A network that does not take (x, t) to a vector like x; parameters of another number or not finite; a horizon that is
    /// not positive; a last loss that is not finite or not below the first.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::interpolant::Flow};
    /// let network = Mlp::new(&[2, 1], Activation::Silu)?;
    /// let model = |losses| Flow::new(network.clone(), vec![2.0, 4.0, 0.0], 1.0, losses);
    /// // A loss that has not fallen is that of a network that has learned nothing.
    /// assert!(model([2.0, 1.0]).is_ok() && model([2.0, 2.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp, theta: Vec<f64>, horizon: f64, losses: [f64; 2]) -> Result<Self> {
        has_learned(&network, &theta, losses[1], losses[0])?;
        positive("horizon", horizon)?;
        let (input, evaluation) = (Array2::zeros((0, network.inputs())), Evaluation::new());
        Ok(Self { network, theta, horizon, losses, input, evaluation })
    }

    /// The mean loss in the last tenth of the training.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::interpolant::Flow};
    /// let flow = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![2.0, 4.0, 0.0], 1.0, [2.0, 1.0])?;
    /// assert_eq!(flow.loss(), 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self) -> f64 {
        self.losses[1]
    }

    /// T.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::interpolant::Flow};
    /// // v_θ = 2x + 4t/T: at the end 2x + 4, whatever T.
    /// let mut flow = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![2.0, 4.0, 0.0], 8.0, [2.0, 1.0])?;
    /// let mut v = array![[0.0]];
    /// flow.write(flow.horizon(), array![[3.0]].view(), v.view_mut())?;
    /// assert_eq!((flow.horizon(), v[[0, 0]]), (8.0, 10.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn horizon(&self) -> f64 {
        self.horizon
    }

    /// Writes v_θ(xᵢ, t) into row i of `out`; on all cores.
    ///
    /// # Errors
    /// A time outside [0, T]; points of another dimension or not finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::interpolant::Flow};
    /// let mut flow = Flow::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![2.0, 0.0, 1.0], 1.0, [2.0, 1.0])?;
    /// let mut v = array![[0.0], [0.0]];
    /// flow.write(0.5, array![[3.0], [-1.0]].view(), v.view_mut())?;
    /// assert_eq!(v, array![[7.0], [-1.0]]);
    /// assert!(flow.write(1.5, array![[3.0], [-1.0]].view(), v.view_mut()).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn write(&mut self, t: f64, x: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) -> Result<()> {
        let n = self.network.outputs();
        if !(0.0..=self.horizon).contains(&t) {
            return Err(Error::argument("t", t, format!("between 0 and T = {}", self.horizon)));
        }
        if x.ncols() != n || out.dim() != x.dim() {
            return Err(Error::argument("x", format!("{:?}", x.dim()), format!("a matrix of {n} columns")));
        }
        beside_time(x, t / self.horizon, &mut self.input);
        self.network.evaluate(&self.theta, self.input.view(), &mut self.evaluation)?;
        out.assign(&self.evaluation.output());
        Ok(())
    }
}
