//! RealNVP (Dinh, Sohl-Dickstein and Bengio 2017): layers that scale and shift some coordinates by amounts which depend
//! on the others,
//!
//! y⁽¹⁾ = x⁽¹⁾ ⊙ exp(s(x⁽²⁾)) + t(x⁽²⁾),  y⁽²⁾ = x⁽²⁾,  log|det| = Σⱼ sⱼ(x⁽²⁾).

use std::f64::consts::TAU;

use ndarray::{Array2, ArrayView2};

use crate::ch2_control::backprop::{Activation, Mlp, Pass};
use crate::error::{at_least, positive, stays_finite};
use crate::random::{Stream, Streams};
use crate::{Error, Result};

/// The shape of a flow f = f_ℓ ∘ … ∘ f_1 from z ~ N(0, I) to x on Rⁿ. Each layer has a network from the coordinates it
/// keeps to (r, t) for those it moves, with s = c tanh(r/c) so that no scale overflows. θ is the networks' parameters, one
/// after the other.
///
/// ```
/// use sdml::{ch3_flows::coupling::{FlowPass, RealNvp}, random::Streams};
/// let flow = RealNvp::alternating(2, 4, &[16])?;
/// let theta = flow.initial(&Streams::new(1, "doc"));
/// let mut pass = FlowPass::new();
/// let z = ndarray::array![[0.3, -1.2], [2.0, 0.1]];
/// flow.forward(&theta, z.view(), &mut pass)?;
/// let (x, log_det) = (pass.points().to_owned(), pass.log_det().to_vec());
/// flow.inverse(&theta, x.view(), &mut pass)?;
/// assert!((&pass.points() - &z).iter().all(|error| error.abs() < 1e-13));
/// assert!((pass.log_det()[0] + log_det[0]).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RealNvp {
    dimension: usize,
    layers: Vec<Coupling>,
    bound: f64,
    parameters: usize,
}

/// One layer.
#[derive(Debug, Clone, PartialEq)]
struct Coupling {
    /// The coordinates x⁽¹⁾.
    moved: Vec<usize>,
    /// The coordinates x⁽²⁾.
    kept: Vec<usize>,
    network: Mlp,
    /// Where the layer's parameters begin in θ.
    start: usize,
}

/// c, the bound of |s|, unless another is asked for.
const BOUND: f64 = 2.0;

impl RealNvp {
    /// `layers` layers on R^`dimension`; even ones move the coordinates with odd index and odd ones the others. The
    /// networks have `hidden` layers with the activation max(z, 0), and |s| < 2.
    ///
    /// # Errors
    /// Fewer than two dimensions or layers, or a hidden layer without units.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::RealNvp;
    /// // One layer would leave a coordinate where it is.
    /// assert!(RealNvp::alternating(2, 2, &[4]).is_ok() && RealNvp::alternating(2, 1, &[4]).is_err());
    /// ```
    pub fn alternating(dimension: usize, layers: usize, hidden: &[usize]) -> Result<Self> {
        at_least("dimension", dimension, 2)?;
        at_least("layers", layers, 2)?;
        let masks: Vec<Vec<bool>> =
            (0..layers).map(|l| (0..dimension).map(|c| (c + l) % 2 == 1).collect()).collect();
        Self::new(&masks, hidden, Activation::Relu, BOUND)
    }

    /// One layer for each of `masks`, which says of every coordinate whether the layer moves it; |s| < `bound`.
    ///
    /// # Errors
    /// No masks or masks of different lengths; a mask that moves all coordinates, which leaves nothing to depend on, or
    /// none; a coordinate that no mask moves; a bound that is not positive or so large that ℓ layers could overflow.
    ///
    /// ```
    /// use sdml::{ch2_control::backprop::Activation, ch3_flows::coupling::RealNvp};
    /// let twice = [vec![true, false], vec![true, false]];
    /// let error = RealNvp::new(&twice, &[8], Activation::Tanh, 2.0).unwrap_err();
    /// assert!(error.to_string().contains("coordinate 1"));
    /// ```
    pub fn new(masks: &[Vec<bool>], hidden: &[usize], activation: Activation, bound: f64) -> Result<Self> {
        at_least("masks.len()", masks.len(), 1)?;
        let dimension = masks[0].len();
        positive("bound", bound)?;
        let most = 300.0 / masks.len() as f64;
        if bound > most {
            return Err(Error::argument("bound", bound, format!("at most {most}, or scales could overflow")));
        }
        let mut parameters = 0;
        let mut layers = Vec::with_capacity(masks.len());
        for mask in masks {
            if mask.len() != dimension {
                return Err(Error::argument("masks", mask.len(), format!("of {dimension} entries each")));
            }
            let (moved, kept): (Vec<usize>, Vec<usize>) = (0..dimension).partition(|&c| mask[c]);
            if moved.is_empty() || kept.is_empty() {
                let allowed = "a mask that moves some coordinates and keeps others";
                return Err(Error::argument("masks", format!("{mask:?}"), allowed));
            }
            let sizes: Vec<usize> =
                [kept.len()].into_iter().chain(hidden.iter().copied()).chain([2 * moved.len()]).collect();
            let network = Mlp::new(&sizes, activation)?;
            let start = parameters;
            parameters += network.parameters();
            layers.push(Coupling { moved, kept, network, start });
        }
        match (0..dimension).find(|&c| masks.iter().all(|mask| !mask[c])) {
            Some(c) => {
                let allowed = format!("masks that move every coordinate: none moves coordinate {c}");
                Err(Error::argument("masks", format!("{masks:?}"), allowed))
            }
            None => Ok(Self { dimension, layers, bound, parameters }),
        }
    }

    /// n.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::RealNvp;
    /// assert_eq!(RealNvp::alternating(3, 4, &[8])?.dimension(), 3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// ℓ.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::RealNvp;
    /// assert_eq!(RealNvp::alternating(3, 4, &[8])?.layers(), 4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// The length of θ.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::RealNvp;
    /// // In the plane each layer's network goes from one coordinate by 8 units to r and t: 16 + 18.
    /// assert_eq!(RealNvp::alternating(2, 4, &[8])?.parameters(), 4 * 34);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Random parameters, each network's by [`Mlp::initial`].
    ///
    /// ```
    /// use sdml::{ch3_flows::coupling::RealNvp, random::Streams};
    /// let flow = RealNvp::alternating(2, 4, &[8])?;
    /// assert_eq!(flow.initial(&Streams::new(1, "doc")).len(), flow.parameters());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn initial(&self, streams: &Streams) -> Vec<f64> {
        let layers = self.layers.iter().enumerate();
        layers.flat_map(|(l, layer)| layer.network.initial(&mut streams.stream(l as u64))).collect()
    }

    /// x = f(z) for the rows of `z`; leaves x in `pass.points()`, log|det ∇f(z)| in `pass.log_det()` and the points after
    /// every layer in `pass.stages()`.
    ///
    /// # Errors
    /// A θ or z of the wrong shape or not finite, or an x that is not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// // With θ = 0 the flow is the identity.
    /// let (flow, z) = (RealNvp::alternating(2, 4, &[8])?, ndarray::array![[0.5, -1.0]]);
    /// let mut pass = FlowPass::new();
    /// flow.forward(&vec![0.0; flow.parameters()], z.view(), &mut pass)?;
    /// assert_eq!((pass.points(), pass.log_det()), (z.view(), &[0.0][..]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn forward(&self, theta: &[f64], z: ArrayView2<f64>, pass: &mut FlowPass) -> Result<()> {
        self.run(theta, z, Direction::Forward, pass)
    }

    /// z = f⁻¹(x) for the rows of `x`; leaves z in `pass.points()` and log|det ∇f⁻¹(x)| in `pass.log_det()`.
    ///
    /// # Errors
    /// As [`RealNvp::forward`].
    ///
    /// ```
    /// use sdml::{ch3_flows::coupling::{FlowPass, RealNvp}, random::Streams};
    /// let flow = RealNvp::alternating(2, 4, &[8])?;
    /// let (theta, x) = (flow.initial(&Streams::new(1, "doc")), ndarray::array![[0.5, -1.0]]);
    /// let (mut back, mut forth) = (FlowPass::new(), FlowPass::new());
    /// flow.inverse(&theta, x.view(), &mut back)?;
    /// flow.forward(&theta, back.points(), &mut forth)?;
    /// assert!((&forth.points() - &x).iter().all(|error| error.abs() < 1e-13));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn inverse(&self, theta: &[f64], x: ArrayView2<f64>, pass: &mut FlowPass) -> Result<()> {
        self.run(theta, x, Direction::Inverse, pass)
    }

    /// log p_X(x) = log p_Z(f⁻¹(x)) + log|det ∇f⁻¹(x)| (3.6) for the rows of `x`.
    ///
    /// # Errors
    /// As [`RealNvp::inverse`].
    ///
    /// ```
    /// use std::f64::consts::TAU;
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// // With θ = 0: log N(x; 0, I).
    /// let (flow, x) = (RealNvp::alternating(2, 4, &[8])?, ndarray::array![[3.0, 4.0]]);
    /// let log_p = flow.log_density(&vec![0.0; flow.parameters()], x.view(), &mut FlowPass::new())?;
    /// assert!((log_p[0] + 12.5 + TAU.ln()).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: log_density
    pub fn log_density(&self, theta: &[f64], x: ArrayView2<f64>, pass: &mut FlowPass) -> Result<Vec<f64>> {
        self.inverse(theta, x, pass)?;
        let points = pass.points();
        let rows = points.rows().into_iter().zip(pass.log_det());
        Ok(rows.map(|(z, log_det)| log_prior(z.iter().copied()) + log_det).collect())
    }
    // ANCHOR_END: log_density

    /// `count` points x = f(z) with z ~ N(0, I), and log p_X at each, by (3.3).
    ///
    /// # Errors
    /// As [`RealNvp::forward`].
    ///
    /// ```
    /// use sdml::{ch3_flows::coupling::{FlowPass, RealNvp}, random::Streams};
    /// let flow = RealNvp::alternating(2, 4, &[8])?;
    /// let streams = Streams::new(1, "doc");
    /// let theta = flow.initial(&streams);
    /// let (x, log_q) = flow.sample(&theta, 3, &mut streams.stream(9))?;
    /// // What came with the points is found again from the points.
    /// let found = flow.log_density(&theta, x.view(), &mut FlowPass::new())?;
    /// assert!(found.iter().zip(&log_q).all(|(found, log_q)| (found - log_q).abs() < 1e-12));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(
        &self,
        theta: &[f64],
        count: usize,
        stream: &mut Stream,
    ) -> Result<(Array2<f64>, Vec<f64>)> {
        let z = Array2::from_shape_simple_fn((count, self.dimension), || stream.normal());
        let mut pass = FlowPass::new();
        self.forward(theta, z.view(), &mut pass)?;
        let rows = z.rows().into_iter().zip(pass.log_det());
        let log_q = rows.map(|(z, log_det)| log_prior(z.iter().copied()) - log_det).collect();
        Ok((pass.points().to_owned(), log_q))
    }

    fn run(
        &self,
        theta: &[f64],
        input: ArrayView2<f64>,
        direction: Direction,
        pass: &mut FlowPass,
    ) -> Result<()> {
        self.check(theta, input)?;
        pass.prepare(self, input, direction);
        for step in 0..self.layers.len() {
            let l = direction.layer(step, self.layers.len());
            let layer = &self.layers[l];
            let (before, after) = pass.stages.split_at_mut(step + 1);
            let (before, after) = (&before[step], &mut after[0]);
            layer.run(&theta[layer.span()], self.bound, direction, before, after, &mut pass.layers[l])?;
            for (log_det, s) in pass.log_det.iter_mut().zip(pass.layers[l].s.rows()) {
                *log_det += direction.sign() * s.sum();
            }
            stays_finite("a point in the flow", &*after, step)?;
        }
        Ok(())
    }

    /// Goes back through the last pass. With ȳ the cotangent of the points (n × d) and λ̄ that of the log-determinants, it
    /// adds the derivative of ⟨ȳ, points⟩ + ⟨λ̄, log_det⟩ with respect to θ to `gradient`.
    ///
    /// # Errors
    /// Arguments of the wrong shape, or a pass that has not been through a flow of this shape.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// // With θ = 0 the cotangent goes through the identity unchanged.
    /// let (flow, z) = (RealNvp::alternating(2, 2, &[4])?, ndarray::array![[0.5, -1.0]]);
    /// let (theta, mut gradient) = (vec![0.0; flow.parameters()], vec![0.0; flow.parameters()]);
    /// let (mut pass, cotangent) = (FlowPass::new(), ndarray::array![[2.0, 3.0]]);
    /// flow.forward(&theta, z.view(), &mut pass)?;
    /// flow.pull_back(&theta, &mut pass, cotangent.view(), &[0.0], &mut gradient)?;
    /// assert_eq!(pass.input_cotangent(), cotangent);
    /// // The last bias of the second layer's network shifts the first coordinate.
    /// assert_eq!(gradient.last(), Some(&2.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn pull_back(
        &self,
        theta: &[f64],
        pass: &mut FlowPass,
        points: ArrayView2<f64>,
        log_det: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let layers = self.layers.len();
        let moved = self.layers.iter().map(|layer| &layer.moved);
        if pass.stages.len() != layers + 1 || !pass.layers.iter().map(|room| &room.moved).eq(moved) {
            let allowed = format!("one through {layers} layers that move the same coordinates");
            return Err(Error::argument("pass", format!("one through {}", pass.layers.len()), allowed));
        }
        if points.dim() != pass.stages[layers].dim() || log_det.len() != points.nrows() {
            let allowed = format!("of the shape {:?} of the points", pass.stages[layers].dim());
            return Err(Error::argument("points and log_det", format!("{:?}", points.dim()), allowed));
        }
        for (name, length) in [("theta.len()", theta.len()), ("gradient.len()", gradient.len())] {
            if length != self.parameters {
                return Err(Error::argument(name, length, format!("{}", self.parameters)));
            }
        }
        pass.cotangent.assign(&points);
        for step in (0..layers).rev() {
            let l = pass.direction.layer(step, layers);
            let layer = &self.layers[l];
            layer.pull_back(
                &theta[layer.span()],
                self.bound,
                pass.direction,
                [&pass.stages[step], &pass.stages[step + 1]],
                &mut pass.layers[l],
                &mut pass.cotangent,
                log_det,
                &mut gradient[layer.span()],
            )?;
        }
        Ok(())
    }

    fn check(&self, theta: &[f64], input: ArrayView2<f64>) -> Result<()> {
        if theta.len() != self.parameters {
            return Err(Error::argument("theta.len()", theta.len(), format!("{}", self.parameters)));
        }
        if input.ncols() != self.dimension {
            let allowed = format!("{}, the flow's dimension", self.dimension);
            return Err(Error::argument("points.ncols()", input.ncols(), allowed));
        }
        at_least("points.nrows()", input.nrows(), 1).map(drop)
    }
}

/// log of the normal density N(0, I) at z.
pub(in crate::ch3_flows) fn log_prior(z: impl ExactSizeIterator<Item = f64>) -> f64 {
    let dimension = z.len() as f64;
    -0.5 * z.map(|z| z * z).sum::<f64>() - 0.5 * dimension * TAU.ln()
}

/// From the prior to the data, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Direction {
    #[default]
    Forward,
    Inverse,
}

impl Direction {
    /// The layer that acts in this step.
    fn layer(self, step: usize, layers: usize) -> usize {
        match self {
            Self::Forward => step,
            Self::Inverse => layers - 1 - step,
        }
    }

    fn sign(self) -> f64 {
        match self {
            Self::Forward => 1.0,
            Self::Inverse => -1.0,
        }
    }
}

impl Coupling {
    fn span(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.network.parameters()
    }

    // ANCHOR: layer
    fn run(
        &self,
        theta: &[f64],
        bound: f64,
        direction: Direction,
        x: &Array2<f64>,
        y: &mut Array2<f64>,
        room: &mut Room,
    ) -> Result<()> {
        for (c, &from) in self.kept.iter().enumerate() {
            room.kept.column_mut(c).assign(&x.column(from));
        }
        self.network.forward(theta, room.kept.view(), &mut room.pass)?;
        let (output, moved) = (room.pass.output(), self.moved.len());
        y.assign(x);
        for i in 0..x.nrows() {
            for (j, &c) in self.moved.iter().enumerate() {
                let s = bound * (output[[i, j]] / bound).tanh();
                let t = output[[i, moved + j]];
                room.s[[i, j]] = s;
                y[[i, c]] = match direction {
                    Direction::Forward => x[[i, c]] * s.exp() + t,
                    Direction::Inverse => (x[[i, c]] - t) * (-s).exp(),
                };
            }
        }
        Ok(())
    }
    // ANCHOR_END: layer

    /// Turns the cotangent of y into that of x. Forward, ∂y/∂s = x eˢ and ∂y/∂t = 1; backward, with y = (x − t) e^{−s},
    /// ∂y/∂s = −y and ∂y/∂t = −e^{−s}.
    #[expect(clippy::too_many_arguments, reason = "all of a layer's state, once")]
    fn pull_back(
        &self,
        theta: &[f64],
        bound: f64,
        direction: Direction,
        [x, y]: [&Array2<f64>; 2],
        room: &mut Room,
        cotangent: &mut Array2<f64>,
        log_det: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let moved = self.moved.len();
        for (i, log_det) in log_det.iter().enumerate() {
            for (j, &c) in self.moved.iter().enumerate() {
                let (s, bar) = (room.s[[i, j]], cotangent[[i, c]]);
                let scale = (direction.sign() * s).exp();
                let (to_s, to_t) = match direction {
                    Direction::Forward => (x[[i, c]] * scale, 1.0),
                    Direction::Inverse => (-y[[i, c]], -scale),
                };
                let s_bar = bar * to_s + direction.sign() * log_det;
                room.cotangent[[i, j]] = s_bar * (1.0 - (s / bound).powi(2));
                room.cotangent[[i, moved + j]] = bar * to_t;
                cotangent[[i, c]] = bar * scale;
            }
        }
        self.network.pull_back(theta, &mut room.pass, room.cotangent.view(), gradient)?;
        let kept = room.pass.input_cotangent();
        for (column, &c) in self.kept.iter().enumerate() {
            let mut bar = cotangent.column_mut(c);
            bar += &kept.column(column);
        }
        Ok(())
    }
}

/// The buffers of a pass through a flow, reused by the next one.
///
/// ```
/// use ndarray::array;
/// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
/// let flow = RealNvp::alternating(2, 2, &[4])?;
/// // Only the last parameter is not 0: the amount by which the second layer shifts the first coordinate.
/// let mut theta = vec![0.0; flow.parameters()];
/// theta[flow.parameters() - 1] = 1.5;
/// let mut pass = FlowPass::new();
/// flow.forward(&theta, array![[0.5, 2.0]].view(), &mut pass)?;
/// assert_eq!(pass.stages()[1], array![[0.5, 2.0]]);
/// assert_eq!(pass.points(), array![[2.0, 2.0]]);
/// assert_eq!(pass.log_det(), [0.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct FlowPass {
    direction: Direction,
    stages: Vec<Array2<f64>>,
    log_det: Vec<f64>,
    layers: Vec<Room>,
    cotangent: Array2<f64>,
}

/// The buffers of one layer.
#[derive(Debug, Clone, Default)]
struct Room {
    pass: Pass,
    moved: Vec<usize>,
    kept: Array2<f64>,
    s: Array2<f64>,
    cotangent: Array2<f64>,
}

impl FlowPass {
    /// An empty pass; the first use makes room.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::FlowPass;
    /// assert!(FlowPass::new().stages().is_empty() && FlowPass::new().log_det().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the points ended.
    ///
    /// # Panics
    /// Before the first pass.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// let (flow, z) = (RealNvp::alternating(2, 2, &[4])?, ndarray::array![[0.5, -1.0]]);
    /// let mut theta = vec![0.0; flow.parameters()];
    /// // The last bias of the second layer's network shifts the first coordinate.
    /// *theta.last_mut().unwrap() = 3.0;
    /// let mut pass = FlowPass::new();
    /// flow.forward(&theta, z.view(), &mut pass)?;
    /// assert_eq!(pass.points(), ndarray::array![[3.5, -1.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn points(&self) -> ArrayView2<'_, f64> {
        self.stages.last().expect("a pass has been made").view()
    }

    /// log|det| of the map of the last pass at each of its points.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// let (flow, z) = (RealNvp::alternating(2, 2, &[4])?, ndarray::array![[0.5, -1.0]]);
    /// let mut theta = vec![0.0; flow.parameters()];
    /// // The bias before the last is r of the second layer: s = 2 tanh(r/2).
    /// let r = theta.len() - 2;
    /// theta[r] = 1.0;
    /// let mut pass = FlowPass::new();
    /// flow.forward(&theta, z.view(), &mut pass)?;
    /// assert!((pass.log_det()[0] - 2.0 * 0.5f64.tanh()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_det(&self) -> &[f64] {
        &self.log_det
    }

    /// The points before the first layer and after every layer, in the order in which the pass met them.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// let (flow, z) = (RealNvp::alternating(2, 5, &[4])?, ndarray::array![[0.5, -1.0]]);
    /// let mut pass = FlowPass::new();
    /// flow.forward(&vec![0.0; flow.parameters()], z.view(), &mut pass)?;
    /// // Before the first layer and after each of five.
    /// assert_eq!((pass.stages().len(), &pass.stages()[0]), (6, &z));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn stages(&self) -> &[Array2<f64>] {
        &self.stages
    }

    /// The derivative with respect to the input that the last pull-back left, n × d.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{FlowPass, RealNvp};
    /// let (flow, z) = (RealNvp::alternating(2, 2, &[4])?, ndarray::array![[0.5, -1.0]]);
    /// let (mut theta, mut gradient) = (vec![0.0; flow.parameters()], vec![0.0; flow.parameters()]);
    /// // The second layer scales the first coordinate by eˢ, s = 2 tanh ½.
    /// let r = theta.len() - 2;
    /// theta[r] = 1.0;
    /// let mut pass = FlowPass::new();
    /// flow.forward(&theta, z.view(), &mut pass)?;
    /// flow.pull_back(&theta, &mut pass, ndarray::array![[1.0, 1.0]].view(), &[0.0], &mut gradient)?;
    /// assert!((pass.input_cotangent()[[0, 0]] - (2.0 * 0.5f64.tanh()).exp()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn input_cotangent(&self) -> ArrayView2<'_, f64> {
        self.cotangent.view()
    }

    fn prepare(&mut self, flow: &RealNvp, input: ArrayView2<f64>, direction: Direction) {
        let rows = input.nrows();
        self.direction = direction;
        if self.stages.len() != flow.layers.len() + 1 || self.cotangent.dim() != input.dim() {
            self.stages = vec![Array2::zeros(input.raw_dim()); flow.layers.len() + 1];
            self.cotangent = Array2::zeros(input.raw_dim());
        }
        self.layers.resize_with(flow.layers.len(), Room::default);
        for (layer, room) in flow.layers.iter().zip(&mut self.layers) {
            if room.moved != layer.moved || room.kept.dim() != (rows, layer.kept.len()) {
                room.moved.clone_from(&layer.moved);
                room.kept = Array2::zeros((rows, layer.kept.len()));
                room.s = Array2::zeros((rows, layer.moved.len()));
                room.cotangent = Array2::zeros((rows, 2 * layer.moved.len()));
            }
        }
        self.stages[0].assign(&input);
        self.log_det.clear();
        self.log_det.resize(rows, 0.0);
    }
}
