//! The chains that are moved together: positions, momenta and gradients are matrices with a row for each chain.

use ndarray::{Array2, ArrayView2};

use super::Potential;
use crate::random::Bundle;

/// Some chains, with everything that they carry from step to step. A scheme moves them all.
///
/// ```
/// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
/// # #[derive(Clone, Copy)]
/// struct KickAndDrift;
///
/// impl Scheme for KickAndDrift {
///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
///         chains.kick(potential, 1.0);
///         chains.drift(1.0);
///     }
/// #     fn name(&self) -> &'static str { "kick and drift" }
/// #     fn h(&self) -> f64 { 1.0 }
/// #     fn momentum_deviation(&self) -> f64 { 0.0 }
/// #     fn limit(&self, stiffness: f64) -> f64 { 2.0 / stiffness.sqrt() }
/// }
/// let well = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&well, KickAndDrift, Streams::new(1, "doc"), 1, &[8.0])?;
/// // From (8, 0) to p = 0 − 8 and q = 8 + p.
/// chains.advance(1)?;
/// assert_eq!((chains.positions()[[0, 0]], chains.momenta()[[0, 0]]), (0.0, -8.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batch {
    pub(super) streams: Bundle,
    pub(super) q: Array2<f64>,
    pub(super) p: Array2<f64>,
    gradient: Array2<f64>,
    value: Vec<f64>,
    known: Known,
    noise: Array2<f64>,
    proposal: Array2<f64>,
    proposal_gradient: Array2<f64>,
    proposal_value: Vec<f64>,
    pub(super) accepted: u64,
}

/// What is known at the present positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    Gradient,
    ValueAndGradient,
}

impl Batch {
    /// Chains at the origin.
    pub(super) fn new(streams: Bundle, dimension: usize) -> Self {
        let (n, zeros) = (streams.len(), || Array2::zeros((streams.len(), dimension)));
        Self {
            q: zeros(),
            p: zeros(),
            gradient: zeros(),
            value: vec![0.0; n],
            known: Known::Nothing,
            noise: zeros(),
            proposal: zeros(),
            proposal_gradient: zeros(),
            proposal_value: vec![0.0; n],
            accepted: 0,
            streams,
        }
    }

    /// The positions, one row for each chain.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Looking;
    ///
    /// impl Scheme for Looking {
    ///     fn step<U: Potential>(&self, _potential: &U, chains: &mut Batch) {
    ///         assert_eq!(chains.positions(), ndarray::array![[8.0, 9.0]]);
    ///     }
    /// #     fn name(&self) -> &'static str { "looking" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[1.0, 1.0])?;
    /// Chains::from_point(&well, Looking, Streams::new(1, "doc"), 1, &[8.0, 9.0])?.advance(1)?;
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn positions(&self) -> ArrayView2<'_, f64> {
        self.q.view()
    }

    /// The momenta, one row for each chain.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Looking;
    ///
    /// impl Scheme for Looking {
    ///     fn step<U: Potential>(&self, _potential: &U, chains: &mut Batch) {
    ///         assert_eq!(chains.momenta(), ndarray::array![[3.0]]);
    ///     }
    /// #     fn name(&self) -> &'static str { "looking" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[1.0])?;
    /// let chains = Chains::from_point(&well, Looking, Streams::new(1, "doc"), 1, &[8.0])?;
    /// chains.with_momenta(|_, p| p[0] = 3.0).advance(1)?;
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn momenta(&self) -> ArrayView2<'_, f64> {
        self.p.view()
    }

    /// The gradient of the potential at the positions, computed if it is not known yet.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Looking;
    ///
    /// impl Scheme for Looking {
    ///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
    ///         // κx at x = 8.
    ///         assert_eq!(chains.gradient(potential), ndarray::array![[16.0]]);
    ///     }
    /// #     fn name(&self) -> &'static str { "looking" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[2.0])?;
    /// Chains::from_point(&well, Looking, Streams::new(1, "doc"), 1, &[8.0])?.advance(1)?;
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: gradient
    pub fn gradient<U: Potential>(&mut self, potential: &U) -> ArrayView2<'_, f64> {
        if self.known < Known::Gradient {
            potential.gradients(self.q.view(), self.gradient.view_mut());
            self.known = Known::Gradient;
        }
        self.gradient.view()
    }
    // ANCHOR_END: gradient

    /// Says that the positions have been changed.
    pub(super) fn moved(&mut self) {
        self.known = Known::Nothing;
    }

    /// A fresh matrix of independent standard normal variables, every row from its chain's stream.
    fn draw(&mut self) {
        self.streams.fill_normal(slice_mut(&mut self.noise));
    }

    /// A: q ← q + `time` p.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Flight;
    ///
    /// impl Scheme for Flight {
    ///     fn step<U: Potential>(&self, _potential: &U, chains: &mut Batch) {
    ///         chains.drift(0.5);
    ///     }
    /// #     fn name(&self) -> &'static str { "flight" }
    /// #     fn h(&self) -> f64 { 0.5 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[1.0])?;
    /// let chains = Chains::from_point(&well, Flight, Streams::new(1, "doc"), 1, &[8.0])?;
    /// let mut chains = chains.with_momenta(|_, p| p[0] = 3.0);
    /// chains.advance(1)?;
    /// // q = 8 + ½ · 3, and p stays.
    /// assert_eq!((chains.positions()[[0, 0]], chains.momenta()[[0, 0]]), (9.5, 3.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: letters
    pub fn drift(&mut self, time: f64) {
        each2(&mut self.q, &self.p, |q, p| q + time * p);
        self.moved();
    }

    /// B: p ← p − `time` ∇U(q).
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Force;
    ///
    /// impl Scheme for Force {
    ///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
    ///         chains.kick(potential, 0.25);
    ///     }
    /// #     fn name(&self) -> &'static str { "force" }
    /// #     fn h(&self) -> f64 { 0.25 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[2.0])?;
    /// let chains = Chains::from_point(&well, Force, Streams::new(1, "doc"), 1, &[8.0])?;
    /// let mut chains = chains.with_momenta(|_, p| p[0] = 3.0);
    /// chains.advance(1)?;
    /// // p = 3 − ¼ · 2 · 8, and q stays.
    /// assert_eq!((chains.positions()[[0, 0]], chains.momenta()[[0, 0]]), (8.0, -1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn kick<U: Potential>(&mut self, potential: &U, time: f64) {
        self.gradient(potential);
        each2(&mut self.p, &self.gradient, |p, gradient| p - time * gradient);
    }

    /// O: p ← `kept` p + `deviation` ξ, ξ ~ N(0, I).
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Collision;
    ///
    /// impl Scheme for Collision {
    ///     fn step<U: Potential>(&self, _potential: &U, chains: &mut Batch) {
    ///         chains.scatter(0.5, 2.0);
    ///     }
    /// #     fn name(&self) -> &'static str { "collision" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let (well, streams) = (Harmonic::new(&[1.0])?, Streams::new(1, "doc"));
    /// let chains = Chains::from_point(&well, Collision, streams, 1, &[8.0])?;
    /// let mut chains = chains.with_momenta(|_, p| p[0] = 3.0);
    /// chains.advance(1)?;
    /// // Chain 0 draws ξ from stream 0.
    /// assert_eq!(chains.momenta()[[0, 0]], 0.5 * 3.0 + 2.0 * streams.stream(0).normal());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn scatter(&mut self, kept: f64, deviation: f64) {
        self.draw();
        each2(&mut self.p, &self.noise, |p, xi| kept * p + deviation * xi);
    }
    // ANCHOR_END: letters

    /// (q, p) ← f(q, p, ∇U(q), ξ) in every coordinate.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct SymplecticEuler;
    ///
    /// impl Scheme for SymplecticEuler {
    ///     // p ← p − ∇U(q), then q ← q + p, without noise.
    ///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
    ///         chains.update(potential, |q, p, gradient, _xi| (q + (p - gradient), p - gradient));
    ///     }
    /// #     fn name(&self) -> &'static str { "symplectic Euler" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[0.5])?;
    /// let mut chains = Chains::from_point(&well, SymplecticEuler, Streams::new(1, "doc"), 1, &[8.0])?;
    /// chains.advance(1)?;
    /// assert_eq!((chains.positions()[[0, 0]], chains.momenta()[[0, 0]]), (4.0, -4.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn update<U: Potential>(&mut self, potential: &U, f: impl Fn(f64, f64, f64, f64) -> (f64, f64)) {
        self.gradient(potential);
        self.draw();
        let others = slice(&self.gradient).iter().zip(slice(&self.noise));
        for ((q, p), (gradient, xi)) in
            slice_mut(&mut self.q).iter_mut().zip(slice_mut(&mut self.p)).zip(others)
        {
            (*q, *p) = f(*q, *p, *gradient, *xi);
        }
        self.moved();
    }

    /// q ← f(q, ∇U(q), ξ) in every coordinate; the momenta stay.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Noise;
    ///
    /// impl Scheme for Noise {
    ///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
    ///         chains.update_positions(potential, |x, _gradient, xi| x + 2.0 * xi);
    ///     }
    /// #     fn name(&self) -> &'static str { "noise" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let (well, streams) = (Harmonic::new(&[1.0])?, Streams::new(1, "doc"));
    /// let mut chains = Chains::from_point(&well, Noise, streams, 1, &[8.0])?;
    /// chains.advance(1)?;
    /// // Chain 0 draws from stream 0.
    /// assert_eq!(chains.positions()[[0, 0]], 8.0 + 2.0 * streams.stream(0).normal());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn update_positions<U: Potential>(&mut self, potential: &U, f: impl Fn(f64, f64, f64) -> f64) {
        self.gradient(potential);
        self.draw();
        let others = slice(&self.gradient).iter().zip(slice(&self.noise));
        for (q, (gradient, xi)) in slice_mut(&mut self.q).iter_mut().zip(others) {
            *q = f(*q, *gradient, *xi);
        }
        self.moved();
    }

    /// Proposes y = f(q, ∇U(q), ξ) in every coordinate and accepts it with probability
    /// min(1, exp(ratio(q, y))), or keeps q: the step of Metropolis and Hastings.
    ///
    /// ```
    /// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
    /// # #[derive(Clone, Copy)]
    /// struct Doubling;
    ///
    /// impl Scheme for Doubling {
    ///     // The proposal 2x raises U by 96 and is never accepted.
    ///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
    ///         chains.metropolis(potential, |x, _, _| 2.0 * x, |q, y| q.value - y.value);
    ///     }
    /// #     fn name(&self) -> &'static str { "doubling" }
    /// #     fn h(&self) -> f64 { 1.0 }
    /// #     fn momentum_deviation(&self) -> f64 { 0.0 }
    /// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
    /// }
    /// let well = Harmonic::new(&[1.0])?;
    /// let mut chains = Chains::from_point(&well, Doubling, Streams::new(1, "doc"), 1, &[8.0])?;
    /// chains.advance(3)?;
    /// assert_eq!((chains.positions()[[0, 0]], chains.acceptance()), (8.0, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn metropolis<U: Potential>(
        &mut self,
        potential: &U,
        f: impl Fn(f64, f64, f64) -> f64,
        ratio: impl Fn(Point, Point) -> f64,
    ) {
        if self.known < Known::ValueAndGradient {
            potential.values_and_gradients(self.q.view(), &mut self.value, self.gradient.view_mut());
            self.known = Known::ValueAndGradient;
        }
        self.draw();
        let others = slice(&self.q).iter().zip(slice(&self.gradient)).zip(slice(&self.noise));
        for (y, ((q, gradient), xi)) in slice_mut(&mut self.proposal).iter_mut().zip(others) {
            *y = f(*q, *gradient, *xi);
        }
        potential.values_and_gradients(
            self.proposal.view(),
            &mut self.proposal_value,
            self.proposal_gradient.view_mut(),
        );
        let d = self.q.ncols();
        let rows =
            slice_mut(&mut self.q).chunks_exact_mut(d).zip(slice_mut(&mut self.gradient).chunks_exact_mut(d));
        let proposals =
            slice(&self.proposal).chunks_exact(d).zip(slice(&self.proposal_gradient).chunks_exact(d));
        let chains = rows.zip(&mut self.value).zip(proposals.zip(&self.proposal_value)).enumerate();
        for (row, (((q, gradient), value), ((y, y_gradient), y_value))) in chains {
            // Drawn in any case, so that a chain's later numbers do not depend on what was accepted.
            let uniform = self.streams.with(row, |stream| stream.uniform());
            if *y_value == f64::INFINITY {
                continue;
            }
            let log_ratio = ratio(
                Point { x: q, value: *value, gradient },
                Point { x: y, value: *y_value, gradient: y_gradient },
            );
            if log_ratio.is_nan() {
                q.fill(f64::NAN);
            } else if log_ratio >= 0.0 || uniform < log_ratio.exp() {
                q.copy_from_slice(y);
                gradient.copy_from_slice(y_gradient);
                *value = *y_value;
                self.accepted += 1;
            }
        }
    }

    /// The chain, counted within the batch, and the coordinate that lie farther than `reach` from the origin.
    pub(super) fn outside(&self, reach: f64) -> Option<(usize, usize)> {
        let outside = |q: &f64| (q.abs() > reach) | q.is_nan();
        // Without an early exit the loop vectorizes.
        let any = slice(&self.q).iter().fold(false, |any, q| any | outside(q));
        let place = || slice(&self.q).iter().position(outside).expect("there is one");
        any.then(place).map(|place| (place / self.q.ncols(), place % self.q.ncols()))
    }
}

/// A position with what the potential says there.
///
/// ```
/// use sdml::{ch4_langevin::sampler::{Batch, Chains, Harmonic, Potential, Scheme}, random::Streams};
/// # #[derive(Clone, Copy)]
/// struct Halving;
///
/// impl Scheme for Halving {
///     // The proposal x/2 lowers U and is always accepted.
///     fn step<U: Potential>(&self, potential: &U, chains: &mut Batch) {
///         chains.metropolis(potential, |x, _, _| 0.5 * x, |q, y| q.value - y.value);
///     }
/// #     fn name(&self) -> &'static str { "halving" }
/// #     fn h(&self) -> f64 { 1.0 }
/// #     fn momentum_deviation(&self) -> f64 { 0.0 }
/// #     fn limit(&self, _: f64) -> f64 { f64::INFINITY }
/// }
/// let well = Harmonic::new(&[1.0])?;
/// let mut chains = Chains::from_point(&well, Halving, Streams::new(1, "doc"), 1, &[8.0])?;
/// chains.advance(3)?;
/// assert_eq!((chains.positions()[[0, 0]], chains.acceptance()), (1.0, 1.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Point<'a> {
    /// The position x.
    pub x: &'a [f64],
    /// U(x).
    pub value: f64,
    /// ∇U(x).
    pub gradient: &'a [f64],
}

fn each2(target: &mut Array2<f64>, other: &Array2<f64>, f: impl Fn(f64, f64) -> f64) {
    for (target, other) in slice_mut(target).iter_mut().zip(slice(other)) {
        *target = f(*target, *other);
    }
}

fn slice(matrix: &Array2<f64>) -> &[f64] {
    matrix.as_slice().expect("the matrices of a batch are contiguous")
}

fn slice_mut(matrix: &mut Array2<f64>) -> &mut [f64] {
    matrix.as_slice_mut().expect("the matrices of a batch are contiguous")
}
