//! Consistency distilled to one step: a network f_θ(x, t) = (1 − u) x + u F_θ(x, u), u = √((t − t_0)/(T − t_0)), which
//! satisfies f_θ(x, t_0) = x whatever θ, is trained on the times u_n = n/N so that it does not change along the flow,
//!
//! E|f_θ(X_{t_n}, t_n) − f_{θ⁻}(x̂_{n−1}, t_{n−1})|² → min,
//!
//! x̂_{n−1} being a Heun step of the probability flow from X_{t_n}, and θ⁻ = θ but not differentiated (Song, Dhariwal, Chen
//! and Sutskever 2023). Or, as in Luhman and Luhman (2021), it regresses the end points of the flow on its starts.

use ndarray::{Array2, ArrayView2};

use super::consistency::FlowMap;
use crate::ch1_preliminaries::learning::Schedule;
use crate::ch2_control::backprop::{Activation, Evaluation, Mlp, Pass};
use crate::ch5_diffusion::batches::{Batches, Shard};
use crate::ch5_diffusion::mixture::Mixture;
use crate::ch5_diffusion::regression::fits;
use crate::ch5_diffusion::score::{Noising, decay, noise_variance, of_dimension, ordered};
use crate::error::{at_least, finite};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// What the network is trained on.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
/// // For data N(0, 4) the flow scales by √(v(t_0)/v(T)), v = 1 + 3e^{−2t}: an affine network can learn it.
/// let (steps, v) = (300, |t: f64| 1.0 + 3.0 * (-2.0 * t).exp());
/// let recipe = Distillation::new(Mixture::gaussian([0.0], [[4.0]])?, Aim::EndPoints(50), 0);
/// let schedule = Schedule::Cosine { rate: 0.1, steps };
/// let model = Distillation { hidden: vec![], batch: 32, steps, schedule, ..recipe }.train(|_, _| ())?;
/// let end = model.map(3.0, ndarray::array![[1.5]].view())?[[0, 0]];
/// assert!((end - 1.5 * (v(1e-3) / v(3.0)).sqrt()).abs() < 1e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Its own values one step further along the flow, at all N times.
    Consistency,
    /// The ends of the flow from this many starts X(T) ~ N(0, I).
    EndPoints(usize),
}

/// Everything a distillation depends on. The teacher is the exact flow of a mixture.
///
/// ```
/// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
/// // Without nodes there are no neighbours to agree with.
/// let data = Mixture::gaussian([0.0], [[4.0]])?;
/// let recipe = Distillation { nodes: 0, hidden: vec![], ..Distillation::new(data, Aim::Consistency, 0) };
/// assert!(recipe.train(|_, _| ()).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Distillation<const D: usize> {
    /// The law of the data.
    pub data: Mixture<D>,
    /// What is learned.
    pub aim: Aim,
    /// Sizes of the hidden layers, between the D + 1 inputs (x, u) and the D outputs.
    pub hidden: Vec<usize>,
    /// T.
    pub horizon: f64,
    /// t_0.
    pub first: f64,
    /// N.
    pub nodes: usize,
    /// Points in each step.
    pub batch: usize,
    /// Steps of Adam.
    pub steps: usize,
    /// Its rates.
    pub schedule: Schedule,
    /// The seed of parameters and batches.
    pub seed: u64,
}

impl<const D: usize> Distillation<D> {
    /// T = 3, t_0 = 1e-3, N = 24, three hidden layers of 64, 3000 steps on batches of 256, a rate that falls from 3e-3 to 0.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
    /// let recipe = Distillation::new(Mixture::gaussian([0.0], [[4.0]])?, Aim::Consistency, 7);
    /// assert_eq!((recipe.seed, recipe.nodes, recipe.schedule.rate(3000)), (7, 24, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(data: Mixture<D>, aim: Aim, seed: u64) -> Self {
        let steps = 3000;
        Self {
            data,
            aim,
            hidden: vec![64; 3],
            horizon: 3.0,
            first: 1e-3,
            nodes: 24,
            batch: 256,
            steps,
            schedule: Schedule::Cosine { rate: 3e-3, steps },
            seed,
        }
    }

    /// The network.
    ///
    /// # Errors
    /// A hidden layer without units.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
    /// // From (x, u) to a point like x.
    /// let recipe = Distillation::new(Mixture::ring(8, 2.0, 0.2)?, Aim::Consistency, 0);
    /// assert_eq!(recipe.network()?.sizes(), [3, 64, 64, 64, 2]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn network(&self) -> Result<Mlp> {
        let sizes: Vec<usize> = [&[D + 1], &self.hidden[..], &[D]].concat();
        Mlp::new(&sizes, Activation::Silu)
    }

    /// Trains a network; `observe` is told every step and its loss, the mean square of what the network misses.
    ///
    /// # Errors
    /// An empty batch, no steps, no nodes or starts, times out of order, and a loss or parameters that leave the finite
    /// numbers, with the step at which they do.
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
    /// let data = Mixture::isotropic(&[0.5, 0.5], &[[-1.0], [1.0]], 0.4)?;
    /// let recipe = Distillation { hidden: vec![8], batch: 32, steps: 50, ..Distillation::new(data, Aim::Consistency, 0) };
    /// let model = recipe.train(|_, _| ())?;
    /// // Trained or not, it leaves points at t_0 where they are.
    /// assert_eq!(model.map(1e-3, ndarray::array![[0.3]].view())?, ndarray::array![[0.3]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn train(&self, observe: impl FnMut(usize, f64)) -> Result<OneStep> {
        let network = self.network()?;
        let (first, horizon) = (ordered(self.first, self.horizon)?, self.horizon);
        let source = match self.aim {
            Aim::Consistency => Lesson::neighbours(&self.data, [first, horizon], self.nodes)?,
            Aim::EndPoints(starts) => Lesson::ends(&self.data, [first, horizon], starts, self.seed)?,
        };
        let Self { batch, steps, schedule, seed, .. } = *self;
        let lesson = |Shard { mut stream, rows, workspace: part, theta, gradient }: Shard<Part>| {
            part.resize(rows);
            source.fill(&self.data, &mut stream, part);
            part.lesson(&network, theta, 1.0 / batch as f64, gradient)
        };
        let fitted =
            Batches { batch, steps, schedule, seed }.fit(&network, || Part::new(D), lesson, observe)?;
        OneStep::new(network, fitted.theta, [first, horizon], fitted.losses[1])
    }

    /// The rows to be kept of a trained network: its parameters, and its loss at the end.
    ///
    /// # Errors
    /// As [`Self::train`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
    /// let recipe = Distillation::new(Mixture::gaussian([0.0], [[4.0]])?, Aim::Consistency, 0);
    /// let recipe = Distillation { hidden: vec![], batch: 8, steps: 2, ..recipe };
    /// // An affine network from (x, u) to x, and its loss.
    /// assert_eq!(recipe.rows()?.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rows(&self) -> Result<Vec<Vec<f64>>> {
        let OneStep { theta, loss, .. } = self.train(|_, _| ())?;
        Ok(vec![theta, vec![loss]])
    }

    /// The network that [`Self::rows`] has kept.
    ///
    /// # Errors
    /// Rows of another form, as those of a network that has not been trained; and as [`OneStep::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::{beyond::{Aim, Distillation}, mixture::Mixture};
    /// let recipe = Distillation::new(Mixture::gaussian([0.0], [[4.0]])?, Aim::Consistency, 0);
    /// let recipe = Distillation { hidden: vec![], ..recipe };
    /// assert_eq!(recipe.from_rows(&[vec![3.0, 0.0, 0.0], vec![0.25]])?.loss(), 0.25);
    /// assert!(recipe.from_rows(&[vec![3.0, 0.0, 0.0]]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from_rows(&self, rows: &[Vec<f64>]) -> Result<OneStep> {
        match rows {
            [theta, loss] if loss.len() == 1 => {
                OneStep::new(self.network()?, theta.clone(), [self.first, self.horizon], loss[0])
            }
            _ => {
                let allowed = "2: the parameters and the loss of a trained network";
                Err(Error::argument("rows", rows.len(), allowed))
            }
        }
    }
}

/// Where inputs and targets come from.
enum Lesson<const D: usize> {
    /// t_n, and the laws at these times.
    Neighbours(Vec<(f64, Mixture<D>)>),
    /// Starts and ends of the flow, one pair a row.
    Ends([Array2<f64>; 2]),
}

impl<const D: usize> Lesson<D> {
    fn neighbours(data: &Mixture<D>, [first, horizon]: [f64; 2], nodes: usize) -> Result<Self> {
        at_least("nodes", nodes, 1)?;
        let node = |n: usize| {
            let t = first + (horizon - first) * (n as f64 / nodes as f64).powi(2);
            Ok((t, Noising::OrnsteinUhlenbeck.law(data, t)?))
        };
        Ok(Self::Neighbours((0..=nodes).map(node).collect::<Result<_>>()?))
    }

    fn ends(data: &Mixture<D>, [first, horizon]: [f64; 2], starts: usize, seed: u64) -> Result<Self> {
        const TOLERANCE: f64 = 1e-6;
        let mut x = Array2::zeros((at_least("starts", starts, 1)?, D));
        let streams = Streams::new(seed, "starts");
        for (i, mut row) in x.outer_iter_mut().enumerate() {
            let mut stream = streams.stream(i as u64);
            row.iter_mut().for_each(|x| *x = stream.normal());
        }
        let ends = FlowMap::new(data.clone(), TOLERANCE)?.between(horizon, first, x.view())?;
        Ok(Self::Ends([x, ends]))
    }

    // ANCHOR: fill
    fn fill(&self, data: &Mixture<D>, stream: &mut Stream, part: &mut Part) {
        for i in 0..part.input.nrows() {
            match self {
                Self::Neighbours(nodes) => {
                    let count = nodes.len() - 1;
                    let n = 1 + ((stream.uniform() * count as f64) as usize).min(count - 1);
                    let (t, law) = &nodes[n];
                    let (before, law_before) = &nodes[n - 1];
                    let (a, b, d) = (decay(*t), noise_variance(*t).sqrt(), t - before);
                    let x: [f64; D] = data.draw(stream).map(|x| a * x + b * stream.normal());
                    // Heun's step of dx/dt = −x − s, down in time.
                    let slope = law.score(&x);
                    let euler: [f64; D] = std::array::from_fn(|k| x[k] + d * (x[k] + slope[k]));
                    let next = law_before.score(&euler);
                    let step = |k: usize| x[k] + 0.5 * d * (x[k] + slope[k] + euler[k] + next[k]);
                    let u = |n: usize| n as f64 / count as f64;
                    part.set(i, &x, u(n), &std::array::from_fn::<f64, D, _>(step), u(n - 1));
                }
                Self::Ends([starts, ends]) => {
                    let row = ((stream.uniform() * starts.nrows() as f64) as usize).min(starts.nrows() - 1);
                    let of = |points: &Array2<f64>| std::array::from_fn::<f64, D, _>(|k| points[[row, k]]);
                    part.set(i, &of(starts), 1.0, &of(ends), 0.0);
                }
            }
        }
    }
    // ANCHOR_END: fill
}

/// The buffers of one shard.
struct Part {
    /// (x, u), a row for each point.
    input: Array2<f64>,
    /// The same for the points one step further.
    ahead: Array2<f64>,
    cotangent: Array2<f64>,
    pass: Pass,
    target: Pass,
}

impl Part {
    fn new(n: usize) -> Self {
        let [input, ahead] = [(); 2].map(|()| Array2::zeros((0, n + 1)));
        Self { input, ahead, cotangent: Array2::zeros((0, n)), pass: Pass::new(), target: Pass::new() }
    }

    fn resize(&mut self, rows: usize) {
        if self.input.nrows() != rows {
            let n = self.cotangent.ncols();
            self.input = Array2::zeros((rows, n + 1));
            self.ahead = self.input.clone();
            self.cotangent = Array2::zeros((rows, n));
        }
    }

    fn set(&mut self, i: usize, x: &[f64], u: f64, ahead: &[f64], u_ahead: f64) {
        let put = |mut row: ndarray::ArrayViewMut1<f64>, x: &[f64], u: f64| {
            row.iter_mut().zip(x.iter().chain([&u])).for_each(|(place, value)| *place = *value);
        };
        put(self.input.row_mut(i), x, u);
        put(self.ahead.row_mut(i), ahead, u_ahead);
    }

    /// The loss of these points; its derivative is added to `gradient`.
    // ANCHOR: lesson
    fn lesson(&mut self, network: &Mlp, theta: &[f64], scale: f64, gradient: &mut [f64]) -> Result<f64> {
        network.forward(theta, self.ahead.view(), &mut self.target)?;
        network.forward(theta, self.input.view(), &mut self.pass)?;
        let (target, found) = (self.target.output(), self.pass.output());
        let n = self.cotangent.ncols();
        let mut sum = 0.0;
        for i in 0..self.input.nrows() {
            let (input, ahead) = (self.input.row(i), self.ahead.row(i));
            for k in 0..n {
                let wanted = blend(ahead[n], ahead[k], target[[i, k]]);
                let miss = blend(input[n], input[k], found[[i, k]]) - wanted;
                sum += miss * miss;
                // θ⁻ is not differentiated; dF enters f with the factor u.
                self.cotangent[[i, k]] = 2.0 * scale * input[n] * miss;
            }
        }
        network.pull_back(theta, &mut self.pass, self.cotangent.view(), gradient)?;
        Ok(scale * sum)
    }
    // ANCHOR_END: lesson
}

/// (1 − u) x + u F.
fn blend(u: f64, x: f64, network: f64) -> f64 {
    x + u * (network - x)
}

/// A distilled network.
///
/// ```
/// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::beyond::OneStep};
/// // Whatever the network says, nothing moves at t_0.
/// let model = OneStep::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 7.0, 1.0], [1.0, 5.0], 0.1)?;
/// assert_eq!(model.map(1.0, ndarray::array![[0.5]].view())?, ndarray::array![[0.5]]);
/// assert!(model.map(0.9, ndarray::array![[0.5]].view()).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OneStep {
    network: Mlp,
    theta: Vec<f64>,
    times: [f64; 2],
    loss: f64,
}

impl OneStep {
    /// The network with parameters θ for the times [t_0, T], whose loss was `loss` at the end of its training.
    ///
    /// # Errors
    /// A network that does not take (x, u) to a point like x; parameters of another number or not finite; times out of
    /// order; a loss that is not finite.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::beyond::OneStep};
    /// let model = |times, loss| {
    ///     OneStep::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 0.0, 0.0], times, loss)
    /// };
    /// assert!(model([1.0, 5.0], 0.1).is_ok());
    /// assert!(model([5.0, 1.0], 0.1).is_err() && model([1.0, 5.0], f64::NAN).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(network: Mlp, theta: Vec<f64>, times: [f64; 2], loss: f64) -> Result<Self> {
        fits(&network, &theta)?;
        ordered(times[0], times[1])?;
        finite("loss", loss)?;
        Ok(Self { network, theta, times, loss })
    }

    /// The mean loss in the last tenth of the training.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::beyond::OneStep};
    /// let model = OneStep::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 0.0, 0.0], [1.0, 5.0], 0.1)?;
    /// assert_eq!(model.loss(), 0.1);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// f_θ(x, t), row by row: one evaluation of the network.
    ///
    /// # Errors
    /// A time outside [t_0, T]; no points, points of another dimension or not finite.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::beyond::OneStep};
    /// // F_θ = 3x: f = x at t_0, (x + 3x)/2 at the time with u = ½, and 3x at T.
    /// let model = OneStep::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 0.0, 0.0], [1.0, 5.0], 0.1)?;
    /// for (t, end) in [(1.0, 0.5), (2.0, 1.0), (5.0, 1.5)] {
    ///     assert!((model.map(t, ndarray::array![[0.5]].view())?[[0, 0]] - end).abs() < 1e-15);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn map(&self, t: f64, points: ArrayView2<f64>) -> Result<Array2<f64>> {
        let ([first, horizon], n) = (self.times, self.network.outputs());
        if !(first..=horizon).contains(&t) {
            return Err(Error::argument("t", t, format!("between {first} and {horizon}, as in training")));
        }
        at_least("points.nrows()", points.nrows(), 1)?;
        of_dimension("points", &points, n)?;
        for &value in &points {
            finite("points", value)?;
        }
        let u = ((t - first) / (horizon - first)).sqrt();
        let input =
            Array2::from_shape_fn((points.nrows(), n + 1), |(i, k)| if k < n { points[[i, k]] } else { u });
        let mut evaluation = Evaluation::new();
        self.network.evaluate(&self.theta, input.view(), &mut evaluation)?;
        let mut mapped = points.to_owned();
        mapped.zip_mut_with(&evaluation.output(), |x, network| *x = blend(u, *x, *network));
        Ok(mapped)
    }

    /// `count` samples of the model, one a row: f_θ(Z, T) for Z ~ N(0, I). Sample i draws from stream i.
    ///
    /// # Errors
    /// No samples.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::{Activation, Mlp}, ch5_diffusion::beyond::OneStep, random::Streams};
    /// // F_θ = 3x: at T a sample is 3Z.
    /// let model = OneStep::new(Mlp::new(&[2, 1], Activation::Silu)?, vec![3.0, 0.0, 0.0], [1.0, 5.0], 0.1)?;
    /// let streams = Streams::new(1, "doc");
    /// let sample = model.sample(2, &streams)?;
    /// assert!((sample[[1, 0]] - 3.0 * streams.stream(1).normal()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, count: usize, streams: &Streams) -> Result<Array2<f64>> {
        let mut z = Array2::zeros((at_least("count", count, 1)?, self.network.outputs()));
        for (i, mut row) in z.outer_iter_mut().enumerate() {
            let mut stream = streams.stream(i as u64);
            row.iter_mut().for_each(|z| *z = stream.normal());
        }
        self.map(self.times[1], z.view())
    }
}
