//! Gradients of a loss of the ends of many paths in the parameters of two networks, through the steps and by adjoints.
//!
//! The noise is never stored: ΔB_n of component j of path r is drawn by number, (r, n, j), as often as it is wanted. What
//! is stored is then all that tells the methods apart: every evaluation of the networks, the states of every step, or nothing.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

use super::network::{NetworkSde, view};
use super::shard::{Shard, Workspace};
use crate::ch1_preliminaries::sde::Grid;
use crate::ch2_control::backprop::Shards;
use crate::error::stays_finite;
use crate::random::Streams;
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
            shard.back(scheme, way, gradient)?;
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
