//! Gradients of a loss of the ends of many paths in the parameters of two networks, through the steps and by adjoints.
//!
//! The noise is never stored: ΔB_n of component j of path r is drawn by number, (r, n, j), as often as it is wanted. What
//! is stored is then all that tells the methods apart: every evaluation of the networks, the states of every step, or nothing.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::network::{NetworkSde, Node, view};
use crate::ch1_preliminaries::sde::Grid;
use crate::ch2_control::backprop::Shards;
use crate::error::stays_finite;
use crate::random::{Keyed, Streams};
use crate::{Error, Result};

/// The scheme that steps the batch.
///
/// ```
/// use ndarray::array;
/// use sdml::ch1_preliminaries::sde::Grid;
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
/// use sdml::random::Streams;
/// // b(x) = x without noise: the first step, of length 1, multiplies by 1 + 1 + ½.
/// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
/// let sde = NetworkSde::new(linear.clone(), linear, 0.0, 0.0)?;
/// for scheme in [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun] {
///     let batch = Batch::new(&sde, scheme, WayBack::Stored, Grid::new(0.0, 1.0, 1)?);
///     let ends = batch.ends(&[1.0, 0.0, 0.0, 0.0], array![[2.0]].view(), &Streams::new(1, "doc"))?;
///     assert!((ends[0] - 5.0).abs() < 1e-14);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchScheme {
    /// Heun.
    Heun,
    /// The explicit midpoint rule.
    Midpoint,
    /// Reversible Heun: one evaluation a step.
    ReversibleHeun,
}

/// How the way back finds the states.
///
/// ```
/// use ndarray::array;
/// use sdml::ch1_preliminaries::sde::Grid;
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
/// use sdml::random::Streams;
/// // dX = (θ₁X + θ₂) dt without noise: to first order in θ, X(1) = 2 + 2θ₁ + θ₂.
/// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
/// let sde = NetworkSde::new(linear.clone(), linear, 0.0, 0.0)?;
/// for way in [WayBack::Recorded, WayBack::Stored, WayBack::Resolved] {
///     let mut batch = Batch::new(&sde, BatchScheme::Heun, way, Grid::new(0.0, 1.0, 4)?);
///     let (start, noise, mut gradient) = (array![[2.0]], Streams::new(1, "doc"), [0.0; 4]);
///     batch.gradient(&[0.0; 4], start.view(), &noise, 1, &mut gradient, |_, x, mut of_x| {
///         of_x.fill(1.0);
///         Ok(x.sum())
///     })?;
///     assert!(gradient.iter().zip([2.0, 1.0, 0.0, 0.0]).all(|(found, exact)| (found - exact).abs() < 1e-14));
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayBack {
    /// They are stored with all that the networks left there: the gradient of [`Self::Stored`], bit by bit, without a second
    /// evaluation, for some hundred times the memory.
    Recorded,
    /// They are stored, and the networks are evaluated there again: the exact gradient of the discrete loss.
    Stored,
    /// They are solved for again, backwards: the system (2.11) for Heun and the midpoint rule, exact inversion of the
    /// steps for reversible Heun.
    Resolved,
}

/// A batch of paths of a neural SDE and what its gradients need. Buffers are made once and used for every gradient.
///
/// ```
/// use ndarray::Array2;
/// use sdml::ch1_preliminaries::sde::Grid;
/// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
/// use sdml::random::Streams;
/// let network = Mlp::new(&[2, 8, 2], Activation::Tanh)?;
/// let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5)?;
/// let theta = sde.initial(&mut Streams::new(0, "doc").stream(0));
/// let start = Array2::ones((32, 2));
/// let mut gradients = [WayBack::Stored, WayBack::Resolved].map(|way| {
///     let mut batch = Batch::new(&sde, BatchScheme::ReversibleHeun, way, Grid::new(0.0, 1.0, 50).unwrap());
///     let mut gradient = vec![0.0; sde.parameters()];
///     batch.gradient(&theta, start.view(), &Streams::new(1, "noise"), 1, &mut gradient, |_, x, mut of_x| {
///         of_x.assign(&(&x * (2.0 / 32.0)));
///         Ok(x.iter().map(|x| x * x).sum::<f64>() / 32.0)
///     }).unwrap();
///     gradient
/// });
/// assert!(gradients[0].iter().zip(&gradients[1]).all(|(stored, found)| (stored - found).abs() < 1e-12));
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct Batch<'a> {
    sde: &'a NetworkSde,
    scheme: BatchScheme,
    way: WayBack,
    grid: Grid,
    shards: Shards<Workspace>,
}

/// A shard's buffers, rows of d numbers one after the other.
#[derive(Debug, Default)]
struct Workspace {
    /// The evaluations of the step under way, or of every step if they are kept.
    nodes: Vec<[Node; 2]>,
    kept: bool,
    noise: Vec<Keyed>,
    db: Vec<f64>,
    x: Vec<f64>,
    companion: Vec<f64>,
    point: Vec<f64>,
    slopes: [Vec<f64>; 2],
    a: Vec<f64>,
    of_companion: Vec<f64>,
    states: Vec<f64>,
    unused: Vec<f64>,
    step: usize,
}

impl<'a> Batch<'a> {
    /// A batch on `grid`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
    /// use sdml::random::Streams;
    /// // dX = dt with σ = 0, from 1 and from 2.
    /// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
    /// let sde = NetworkSde::new(linear.clone(), linear, 0.0, 0.0)?;
    /// let batch = Batch::new(&sde, BatchScheme::Midpoint, WayBack::Recorded, Grid::new(0.0, 1.0, 4)?);
    /// let start = ndarray::array![[1.0], [2.0]];
    /// assert_eq!(batch.ends(&[0.0, 1.0, 0.0, 0.0], start.view(), &Streams::new(1, "noise"))?, [2.0, 3.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(sde: &'a NetworkSde, scheme: BatchScheme, way: WayBack, grid: Grid) -> Self {
        Self { sde, scheme, way, grid, shards: Shards::new(sde.parameters(), Workspace::default) }
    }

    /// Adds the gradient of the loss in θ to `gradient` and returns the loss.
    ///
    /// Path r starts in row r of `start` and is driven by numbers of the keyed family r of `streams`. `loss(rows, x, of_x)`
    /// is called once for every shard: it returns the part of the loss that belongs to the paths `rows`, which end in the
    /// rows of `x`, and writes its derivative into `of_x`. The cuts between shards fall between groups of `group` paths.
    ///
    /// # Errors
    /// A θ, start or gradient of the wrong shape or with entries that are not finite; a number of paths that is not a
    /// multiple of `group`; a path, a loss or a derivative that leaves the finite numbers.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
    /// use sdml::random::Streams;
    /// // dX = (θ₁X + θ₂) dt at θ = (0, 1): the ends x + 1 have the derivatives x + ½ and 1.
    /// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
    /// let sde = NetworkSde::new(linear.clone(), linear, 0.0, 0.0)?;
    /// let mut batch = Batch::new(&sde, BatchScheme::Heun, WayBack::Recorded, Grid::new(0.0, 1.0, 4)?);
    /// let (start, streams, mut gradient) = (ndarray::array![[1.0], [2.0]], Streams::new(1, "noise"), [0.0; 4]);
    /// let theta = [0.0, 1.0, 0.0, 0.0];
    /// let sum = batch.gradient(&theta, start.view(), &streams, 1, &mut gradient, |_rows, x, mut of_x| {
    ///     of_x.fill(1.0);
    ///     Ok(x.sum())
    /// })?;
    /// assert!((sum - 5.0).abs() < 1e-14);
    /// assert!((gradient[0] - 4.0).abs() < 1e-14 && (gradient[1] - 2.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(
        &mut self,
        theta: &[f64],
        start: ArrayView2<f64>,
        streams: &Streams,
        group: usize,
        gradient: &mut [f64],
        loss: impl Fn(Range<usize>, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<f64> + Sync,
    ) -> Result<f64> {
        let Self { sde, scheme, way, grid, shards } = self;
        check(sde, theta, start, group)?;
        let (scheme, way, d) = (*scheme, *way, sde.dimension());
        shards.gradient(start.nrows() / group, gradient, |groups, workspace, gradient| {
            let rows = groups.start * group..groups.end * group;
            let kept = if way == WayBack::Recorded { grid.steps() } else { 0 };
            workspace.prepare(start, streams, rows.clone(), sde.parameters(), kept);
            let mut shard = Shard { sde, theta, grid, w: workspace };
            shard.forward(scheme, way)?;
            let Workspace { x, a, .. } = &mut *shard.w;
            let of_x = ArrayViewMut2::from_shape((rows.len(), d), a).expect("whole rows");
            let value = loss(rows, view(x, d), of_x)?;
            if !value.is_finite() {
                return Err(Error::NotFinite { quantity: "loss", value, step: grid.steps() });
            }
            match (scheme, way) {
                (BatchScheme::Heun, WayBack::Resolved) => shard.heun_adjoint(gradient)?,
                (BatchScheme::Heun, _) => shard.heun_back(gradient)?,
                (BatchScheme::Midpoint, WayBack::Resolved) => shard.midpoint_adjoint(gradient)?,
                (BatchScheme::Midpoint, _) => shard.midpoint_back(gradient)?,
                (BatchScheme::ReversibleHeun, _) => shard.reversible_back(way, gradient)?,
            }
            stays_finite("gradient", &*gradient, 0)?;
            Ok(value)
        })
    }

    /// The ends of the paths, row-major: the forward half of [`Self::gradient`], with the same noise.
    ///
    /// # Errors
    /// As [`Self::gradient`].
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
    /// use sdml::random::Streams;
    /// // dX = ½ dB: whatever the scheme, the path is the noise.
    /// let linear = Mlp::new(&[1, 1], Activation::Tanh)?;
    /// let sde = NetworkSde::new(linear.clone(), linear, 0.5, 0.5)?;
    /// let (start, streams, grid) = (ndarray::array![[1.0]], Streams::new(1, "noise"), Grid::new(0.0, 1.0, 4)?);
    /// let end = |scheme| Batch::new(&sde, scheme, WayBack::Recorded, grid).ends(&[0.0; 4], start.view(), &streams);
    /// let [heun, midpoint] = [end(BatchScheme::Heun)?[0], end(BatchScheme::Midpoint)?[0]];
    /// assert!((heun - midpoint).abs() < 1e-14 && heun != 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn ends(&self, theta: &[f64], start: ArrayView2<f64>, streams: &Streams) -> Result<Vec<f64>> {
        check(self.sde, theta, start, 1)?;
        let mut workspace = Workspace::default();
        workspace.prepare(start, streams, 0..start.nrows(), 0, 0);
        let mut shard = Shard { sde: self.sde, theta, grid: &self.grid, w: &mut workspace };
        shard.forward(self.scheme, WayBack::Resolved)?;
        Ok(workspace.x)
    }

    /// How many numbers describing the paths one way back holds for `paths` paths: states, companions, adjoints, increments
    /// and slopes. The networks' own buffers come on top: those of two evaluations, or of every one if they are recorded.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// use sdml::ch2_control::{backprop::{Activation, Mlp}, neural_sde::{Batch, BatchScheme, NetworkSde, WayBack}};
    /// let network = Mlp::new(&[1, 8, 1], Activation::Tanh)?;
    /// let sde = NetworkSde::new(network.clone(), network, 0.1, 0.5)?;
    /// let held = |way, steps| {
    ///     Ok::<_, sdml::Error>(Batch::new(&sde, BatchScheme::Heun, way, Grid::new(0.0, 1.0, steps)?).held(10))
    /// };
    /// assert_eq!(held(WayBack::Resolved, 100)?, held(WayBack::Resolved, 100_000)?);
    /// assert_eq!(held(WayBack::Stored, 101)? - held(WayBack::Stored, 100)?, 10);
    /// assert_eq!(held(WayBack::Recorded, 101)? - held(WayBack::Recorded, 100)?, 2 * 5 * 10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn held(&self, paths: usize) -> usize {
        let steps = self.grid.steps();
        let kept = match self.way {
            WayBack::Recorded if self.scheme == BatchScheme::ReversibleHeun => {
                Workspace::OF_NODE * (steps + 1)
            }
            WayBack::Recorded => Workspace::OF_NODE * 2 * steps,
            WayBack::Stored => Workspace::OF_NODE * 2 + steps,
            WayBack::Resolved => Workspace::OF_NODE * 2,
        };
        (Workspace::VECTORS + kept) * paths * self.sde.dimension()
    }
}

fn check(sde: &NetworkSde, theta: &[f64], start: ArrayView2<f64>, group: usize) -> Result<()> {
    sde.check(theta)?;
    if start.ncols() != sde.dimension() {
        return Err(Error::argument(
            "start.ncols()",
            start.ncols(),
            format!("{}, the dimension", sde.dimension()),
        ));
    }
    if let Some(value) = start.iter().find(|value| !value.is_finite()) {
        return Err(Error::argument("start", value, "finite"));
    }
    if group == 0 || start.nrows() == 0 || !start.nrows().is_multiple_of(group) {
        let allowed = format!("a positive multiple of the group, {group}");
        return Err(Error::argument("start.nrows()", start.nrows(), allowed));
    }
    Ok(())
}

impl Workspace {
    /// The vectors of n·d numbers besides the stored states and the nodes: increments, x, companion, point, two slopes, two
    /// adjoints.
    const VECTORS: usize = 8;
    /// Those of a node: σ, its steepness and three cotangents.
    const OF_NODE: usize = 5;

    /// Puts the paths `rows` at their start, with room for the evaluations of the first `kept` steps and of the next.
    fn prepare(
        &mut self,
        start: ArrayView2<f64>,
        streams: &Streams,
        rows: Range<usize>,
        parameters: usize,
        kept: usize,
    ) {
        self.kept = kept > 0;
        self.nodes.resize_with(kept + 1, Default::default);
        self.noise.clear();
        self.noise.extend(rows.clone().map(|row| streams.keyed(row as u64)));
        self.x.clear();
        for row in rows {
            self.x.extend(start.row(row));
        }
        self.companion.clone_from(&self.x);
        let length = self.x.len();
        for buffer in [&mut self.db, &mut self.point, &mut self.a, &mut self.of_companion] {
            buffer.clear();
            buffer.resize(length, 0.0);
        }
        self.slopes.iter_mut().for_each(|slope| slope.resize(length, 0.0));
        self.unused.resize(parameters, 0.0);
        self.states.clear();
    }

    /// Where the evaluations of step n are.
    fn place(&self, n: usize) -> usize {
        if self.kept { n } else { 0 }
    }

    /// The increments of step n, again.
    // ANCHOR: increments
    fn draw(&mut self, n: usize, h: f64) {
        self.step = n;
        let (deviation, d) = (h.sqrt(), self.db.len() / self.noise.len());
        for (row, noise) in self.db.chunks_exact_mut(d).zip(&self.noise) {
            let mut normals = noise.node(n as u64);
            row.iter_mut().for_each(|db| *db = deviation * normals.normal());
        }
    }
    // ANCHOR_END: increments
}

/// The paths of one shard under way.
struct Shard<'s> {
    sde: &'s NetworkSde,
    theta: &'s [f64],
    grid: &'s Grid,
    w: &'s mut Workspace,
}

impl Shard<'_> {
    /// Evaluates the coefficients: `node` 0 or 1 of step n.
    fn evaluate(&mut self, n: usize, node: usize, at: fn(&Workspace) -> &Vec<f64>) -> Result<()> {
        stays_finite("X", at(self.w), self.w.step)?;
        let place = self.w.place(n);
        // Taken out while it reads the point from the workspace it belongs to.
        let mut here = std::mem::take(&mut self.w.nodes[place][node]);
        let outcome = here.evaluate(self.sde, self.theta, at(self.w));
        self.w.nodes[place][node] = here;
        outcome
    }

    /// Fails if x has left the finite numbers.
    fn finite(&self, n: usize) -> Result<()> {
        stays_finite("X", &self.w.x, n)
    }

    fn forward(&mut self, scheme: BatchScheme, way: WayBack) -> Result<()> {
        let h = self.grid.h();
        if scheme == BatchScheme::ReversibleHeun {
            self.evaluate(0, 0, |w| &w.companion)?;
        }
        for n in 0..self.grid.steps() {
            if way == WayBack::Stored {
                let Workspace { states, x, companion, .. } = &mut *self.w;
                states.extend_from_slice(if scheme == BatchScheme::ReversibleHeun { companion } else { x });
            }
            self.w.draw(n, h);
            match scheme {
                BatchScheme::Heun => self.heun_step(n, h)?,
                BatchScheme::Midpoint => self.midpoint_step(n, h)?,
                BatchScheme::ReversibleHeun => self.reversible_step(n, h)?,
            }
            self.finite(n)?;
        }
        Ok(())
    }

    /// Both evaluations of Heun's step: the slopes, with the nodes ready for the way back.
    fn heun_slopes(&mut self, n: usize, h: f64) -> Result<()> {
        self.two_slopes(n, h, 1.0)
    }

    /// The slopes at x and at x plus `share` of the first one.
    fn two_slopes(&mut self, n: usize, h: f64, share: f64) -> Result<()> {
        let place = self.w.place(n);
        self.evaluate(n, 0, |w| &w.x)?;
        let Workspace { nodes, db, x, point, slopes, .. } = &mut *self.w;
        nodes[place][0].slope(h, db, &mut slopes[0]);
        combine(point, x, share, &slopes[0]);
        self.evaluate(n, 1, |w| &w.point)?;
        let Workspace { nodes, db, slopes, .. } = &mut *self.w;
        nodes[place][1].slope(h, db, &mut slopes[1]);
        Ok(())
    }

    fn heun_step(&mut self, n: usize, h: f64) -> Result<()> {
        self.heun_slopes(n, h)?;
        let Workspace { x, slopes: [left, right], .. } = &mut *self.w;
        average(x, 1.0, left, right);
        Ok(())
    }

    /// Both evaluations of the midpoint rule's step.
    fn midpoint_slopes(&mut self, n: usize, h: f64) -> Result<()> {
        self.two_slopes(n, h, 0.5)
    }

    fn midpoint_step(&mut self, n: usize, h: f64) -> Result<()> {
        self.midpoint_slopes(n, h)?;
        let Workspace { x, slopes, .. } = &mut *self.w;
        add(x, 1.0, &slopes[1]);
        Ok(())
    }

    /// Reversible Heun; the first node of a step stands at the companion, that of the next step after it.
    fn reversible_step(&mut self, n: usize, h: f64) -> Result<()> {
        let (here, there) = (self.w.place(n), self.w.place(n + 1));
        let Workspace { nodes, db, x, companion, slopes: [left, _], .. } = &mut *self.w;
        nodes[here][0].slope(h, db, left);
        for ((companion, x), left) in companion.iter_mut().zip(&*x).zip(&*left) {
            *companion = 2.0 * x - *companion + left;
        }
        self.evaluate(n + 1, 0, |w| &w.companion)?;
        let Workspace { nodes, db, x, slopes: [left, right], .. } = &mut *self.w;
        nodes[there][0].slope(h, db, right);
        average(x, 1.0, left, right);
        Ok(())
    }

    /// x ← the stored state n.
    fn recall(&mut self, n: usize) {
        let Workspace { x, states, .. } = &mut *self.w;
        let length = x.len();
        x.copy_from_slice(&states[n * length..(n + 1) * length]);
    }

    /// Through Heun's steps. What was evaluated in them is there, or is found again from the state.
    // ANCHOR: heun_back
    fn heun_back(&mut self, gradient: &mut [f64]) -> Result<()> {
        let h = self.grid.h();
        for n in (0..self.grid.steps()).rev() {
            self.w.draw(n, h);
            if !self.w.kept {
                self.recall(n);
                self.heun_slopes(n, h)?;
            }
            let place = self.w.place(n);
            let Workspace { nodes, db, a, point, .. } = &mut *self.w;
            let [left, right] = &mut nodes[place];
            right.set_cotangents(h, db, 0.5, a);
            right.pull_back(self.sde, self.theta, gradient)?;
            combine(point, &right.of_point, 0.5, a);
            left.set_cotangents(h, db, 1.0, point);
            left.pull_back(self.sde, self.theta, gradient)?;
            add(a, 1.0, &right.of_point);
            add(a, 1.0, &left.of_point);
        }
        Ok(())
    }
    // ANCHOR_END: heun_back

    /// (X, a, y) of (2.11) backwards by Heun's scheme.
    // ANCHOR: heun_adjoint
    fn heun_adjoint(&mut self, gradient: &mut [f64]) -> Result<()> {
        let h = self.grid.h();
        for n in (0..self.grid.steps()).rev() {
            self.w.draw(n, h);
            self.evaluate(n, 0, |w| &w.x)?;
            let Workspace { nodes, db, x, point, a, of_companion, slopes, .. } = &mut *self.w;
            let [late, _] = &mut nodes[0];
            late.slope(h, db, &mut slopes[0]);
            late.set_cotangents(h, db, 0.5, a);
            late.pull_back(self.sde, self.theta, gradient)?;
            combine(point, x, -1.0, &slopes[0]);
            combine(of_companion, a, 2.0, &late.of_point);
            self.evaluate(n, 1, |w| &w.point)?;
            let Workspace { nodes, db, x, a, of_companion, slopes: [first, second], .. } = &mut *self.w;
            let [late, early] = &mut nodes[0];
            early.slope(h, db, second);
            early.set_cotangents(h, db, 0.5, of_companion);
            early.pull_back(self.sde, self.theta, gradient)?;
            average(x, -1.0, first, second);
            add(a, 1.0, &late.of_point);
            add(a, 1.0, &early.of_point);
            self.finite(n)?;
        }
        Ok(())
    }
    // ANCHOR_END: heun_adjoint

    /// Through the midpoint rule's steps.
    fn midpoint_back(&mut self, gradient: &mut [f64]) -> Result<()> {
        let h = self.grid.h();
        for n in (0..self.grid.steps()).rev() {
            self.w.draw(n, h);
            if !self.w.kept {
                self.recall(n);
                self.midpoint_slopes(n, h)?;
            }
            let place = self.w.place(n);
            let Workspace { nodes, db, a, .. } = &mut *self.w;
            let [left, middle] = &mut nodes[place];
            middle.set_cotangents(h, db, 1.0, a);
            middle.pull_back(self.sde, self.theta, gradient)?;
            left.set_cotangents(h, db, 0.5, &middle.of_point);
            left.pull_back(self.sde, self.theta, gradient)?;
            add(a, 1.0, &middle.of_point);
            add(a, 1.0, &left.of_point);
        }
        Ok(())
    }

    /// (X, a, y) of (2.11) backwards by the midpoint rule.
    fn midpoint_adjoint(&mut self, gradient: &mut [f64]) -> Result<()> {
        let h = self.grid.h();
        for n in (0..self.grid.steps()).rev() {
            self.w.draw(n, h);
            self.evaluate(n, 0, |w| &w.x)?;
            let Workspace { nodes, db, x, point, a, of_companion, slopes, unused, .. } = &mut *self.w;
            let [late, _] = &mut nodes[0];
            late.slope(h, db, &mut slopes[0]);
            late.set_cotangents(h, db, 0.5, a);
            late.pull_back(self.sde, self.theta, unused)?;
            combine(point, x, -0.5, &slopes[0]);
            combine(of_companion, a, 1.0, &late.of_point);
            self.evaluate(n, 1, |w| &w.point)?;
            let Workspace { nodes, db, x, a, of_companion, slopes, .. } = &mut *self.w;
            let [_, middle] = &mut nodes[0];
            middle.slope(h, db, &mut slopes[1]);
            middle.set_cotangents(h, db, 1.0, of_companion);
            middle.pull_back(self.sde, self.theta, gradient)?;
            add(x, -1.0, &slopes[1]);
            add(a, 1.0, &middle.of_point);
            self.finite(n)?;
        }
        Ok(())
    }

    /// Through the steps of reversible Heun, one evaluation and one pull-back for each: the node at X̂_{n+1} serves as the
    /// right end of step n and as the left end of step n + 1. Its position comes from memory or from undoing the step.
    // ANCHOR: reversible_back
    fn reversible_back(&mut self, way: WayBack, gradient: &mut [f64]) -> Result<()> {
        let h = self.grid.h();
        let end = self.w.place(self.grid.steps());
        self.w.nodes[end][0].of_drift.fill(0.0);
        self.w.nodes[end][0].of_sigma.fill(0.0);
        for n in (0..self.grid.steps()).rev() {
            self.w.draw(n, h);
            let (here, next) = (self.w.place(n), self.w.place(n + 1));
            let Workspace { nodes, db, x, companion, a, of_companion, slopes, states, .. } = &mut *self.w;
            let [node, _] = &mut nodes[next];
            node.slope(h, db, &mut slopes[1]);
            node.add_cotangents(h, db, 0.5, a);
            node.pull_back(self.sde, self.theta, gradient)?;
            add(of_companion, 1.0, &node.of_point);
            match way {
                WayBack::Recorded => {}
                WayBack::Stored => companion.copy_from_slice(&states[n * x.len()..(n + 1) * x.len()]),
                WayBack::Resolved => {
                    for ((companion, x), slope) in companion.iter_mut().zip(&*x).zip(&slopes[1]) {
                        *companion = 2.0 * x - *companion - slope;
                    }
                }
            }
            if !self.w.kept {
                self.evaluate(n, 0, |w| &w.companion)?;
            }
            let Workspace { nodes, db, x, point, a, of_companion, slopes: [left, right], .. } = &mut *self.w;
            let [node, _] = &mut nodes[here];
            node.slope(h, db, left);
            average(x, -1.0, left, right);
            combine(point, of_companion, 0.5, a);
            node.set_cotangents(h, db, 1.0, point);
            add(a, 2.0, of_companion);
            of_companion.iter_mut().for_each(|c| *c = -*c);
        }
        self.w.nodes[0][0].pull_back(self.sde, self.theta, gradient)
    }
    // ANCHOR_END: reversible_back
}

/// to ← x + c y.
fn combine(to: &mut [f64], x: &[f64], c: f64, y: &[f64]) {
    for ((to, x), y) in to.iter_mut().zip(x).zip(y) {
        *to = x + c * y;
    }
}

/// x ← x + c y.
fn add(x: &mut [f64], c: f64, y: &[f64]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += c * y;
    }
}

/// x ← x + c (left + right)/2.
fn average(x: &mut [f64], c: f64, left: &[f64], right: &[f64]) {
    for ((x, left), right) in x.iter_mut().zip(left).zip(right) {
        *x += c * 0.5 * (left + right);
    }
}
