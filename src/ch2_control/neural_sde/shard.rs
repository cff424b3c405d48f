//! The paths of one shard of a batch: step by step forwards, and back.

use std::ops::Range;

use ndarray::ArrayView2;

use super::batch::{BatchScheme, WayBack};
use super::network::{NetworkSde, Node};
use crate::Result;
use crate::ch1_preliminaries::sde::Grid;
use crate::error::stays_finite;
use crate::random::{Keyed, Streams};

/// A shard's buffers, rows of d numbers one after the other.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The evaluations of the step under way, or of every step if they are kept.
    nodes: Vec<[Node; 2]>,
    kept: bool,
    noise: Vec<Keyed>,
    db: Vec<f64>,
    pub(super) x: Vec<f64>,
    companion: Vec<f64>,
    point: Vec<f64>,
    slopes: [Vec<f64>; 2],
    pub(super) a: Vec<f64>,
    of_companion: Vec<f64>,
    states: Vec<f64>,
    unused: Vec<f64>,
    step: usize,
}

impl Workspace {
    /// The vectors of n·d numbers besides the stored states and the nodes: increments, x, companion, point, two slopes, two
    /// adjoints.
    pub(super) const VECTORS: usize = 8;
    /// Those of a node: σ, its steepness and three cotangents.
    pub(super) const OF_NODE: usize = 5;

    /// Puts the paths `rows` at their start, with room for the evaluations of the first `kept` steps and of the next.
    pub(super) fn prepare(
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
pub(super) struct Shard<'s> {
    pub(super) sde: &'s NetworkSde,
    pub(super) theta: &'s [f64],
    pub(super) grid: &'s Grid,
    pub(super) w: &'s mut Workspace,
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

    /// From the start to the end; the workspace keeps what the way back asks for.
    pub(super) fn forward(&mut self, scheme: BatchScheme, way: WayBack) -> Result<()> {
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

    /// From the derivative of the loss in the ends, back to the start; that in θ is added to `gradient`.
    pub(super) fn back(&mut self, scheme: BatchScheme, way: WayBack, gradient: &mut [f64]) -> Result<()> {
        match (scheme, way) {
            (BatchScheme::Heun, WayBack::Resolved) => self.heun_adjoint(gradient),
            (BatchScheme::Heun, _) => self.heun_back(gradient),
            (BatchScheme::Midpoint, WayBack::Resolved) => self.midpoint_adjoint(gradient),
            (BatchScheme::Midpoint, _) => self.midpoint_back(gradient),
            (BatchScheme::ReversibleHeun, _) => self.reversible_back(way, gradient),
        }
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
