//! Theorem 2.7 and Exercise 2.8: the gradient of L(X(T, θ)) along one path of the noise, five ways.
//!
//! The adjoint a ∈ ℝᴰ and the running gradient y ∈ ℝᴾ solve, backwards from a(T) = ∇L(X(T)) and y(T) = 0,
//!
//! da = −(∇b)ᵀ a dt − Σⱼ (∇σⱼ)ᵀ a ∘ dBⱼ,   dy = −(∇_θb)ᵀ a dt − Σⱼ (∇_θσⱼ)ᵀ a ∘ dBⱼ,   ∇_θL = y(T₀).

use super::controlled::{Controlled, WithParameters, axis, dot};
use super::driver::Driver;
use super::steps::{Explicit, Record, StepGradient, Vector, finite_state, numbers_in, sum};
use crate::Result;
use crate::ch1_preliminaries::sde::{
    Grid, Heun, Increment, Reversible, ReversibleHeun, State, Step, Stratonovich,
};
use crate::error::{finite, stays_finite};

/// The gradient of the loss on one path.
///
/// ```
/// use sdml::ch1_preliminaries::{brownian::BrownianTree, sde::{Grid, Heun, Stratonovich}};
/// use sdml::{ch2_control::neural_sde::{GeometricFamily, PathGradient}, random::Streams};
/// let (family, grid) = (GeometricFamily(Stratonovich), Grid::new(0.0, 1.0, 8)?);
/// let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(1, "doc"), 0)?;
/// let gradient = PathGradient::new(&family, [0.0, 0.0], [3.0], grid)?
///     .through_steps(Heun, &mut tree.cursor(), |[x]| (x * x, [2.0 * x]))?;
/// // At θ = 0 nothing moves: L = 9, and its derivative in the start is 6.
/// assert_eq!((gradient.loss, gradient.end, gradient.start), (9.0, [3.0], [6.0]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<const D: usize, const P: usize> {
    /// L(X_N).
    pub loss: f64,
    /// X_N, where the forward solution ended.
    pub end: [f64; D],
    /// ∇_θ L.
    pub parameters: [f64; P],
    /// ∇L in the start x₀: the adjoint a(T₀).
    pub start: [f64; D],
    /// How many numbers describing the path were held at once, at most.
    pub held: usize,
}

/// A loss: L(x) and ∇L(x).
///
/// ```
/// use sdml::ch2_control::neural_sde::Loss;
/// fn at<L: Loss<2>>(loss: L) -> (f64, [f64; 2]) {
///     loss(&[3.0, 4.0])
/// }
/// // ½|x|².
/// assert_eq!(at(|[x, y]: &[f64; 2]| (0.5 * (x * x + y * y), [*x, *y])), (12.5, [3.0, 4.0]));
/// ```
pub trait Loss<const D: usize>: Fn(&[f64; D]) -> (f64, [f64; D]) {}

impl<const D: usize, F: Fn(&[f64; D]) -> (f64, [f64; D])> Loss<D> for F {}

/// A Stratonovich equation with parameters, a fixed start and a grid: what a gradient is asked of.
///
/// A family that is read by Itô must be converted first, by
/// [`StratonovichForm`](crate::ch1_preliminaries::sde::StratonovichForm); otherwise it does not compile.
///
/// ```
/// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Stratonovich}};
/// use sdml::ch2_control::neural_sde::{GeometricFamily, PathGradient};
/// use sdml::random::Streams;
/// let (alpha, sigma, family) = (0.3, 0.5, GeometricFamily(Stratonovich));
/// let problem = PathGradient::new(&family, [alpha, sigma], [1.0], Grid::new(0.0, 1.0, 1000)?)?;
/// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
/// let gradient = problem.reversible(&mut tree.cursor(), |[x]| (*x, [1.0]))?;
/// // X(1) = exp(α + σB): the derivatives are X(1) and B(1) X(1).
/// let b = tree.at(1.0)?[0];
/// let x = (alpha + sigma * b).exp();
/// assert!((gradient.parameters[0] - x).abs() < 2e-3 && (gradient.parameters[1] - b * x).abs() < 2e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct PathGradient<'a, E, const D: usize, const M: usize, const P: usize> {
    model: WithParameters<'a, E, P>,
    start: [f64; D],
    grid: Grid,
}

// ANCHOR: stratonovich_only
impl<'a, E, const D: usize, const M: usize, const P: usize> PathGradient<'a, E, D, M, P>
where
    E: Controlled<D, M, P, Calculus = Stratonovich>,
    // ANCHOR_END: stratonovich_only
{
    /// The equation at `theta`, from `start`, on `grid`.
    ///
    /// # Errors
    /// Parameters or a start that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, PathGradient};
    /// let (family, grid) = (GeometricFamily(Stratonovich), Grid::new(0.0, 1.0, 8)?);
    /// assert!(PathGradient::new(&family, [0.3, 0.5], [f64::INFINITY], grid).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(equation: &'a E, theta: [f64; P], start: [f64; D], grid: Grid) -> Result<Self> {
        for value in start {
            finite("start", value)?;
        }
        Ok(Self { model: WithParameters::new(equation, theta)?, start, grid })
    }

    /// Through the steps: every state is stored, then each step is differentiated as it was taken. The exact gradient of
    /// the discrete loss.
    ///
    /// # Errors
    /// A time at which the path is not defined; a solution or a loss that leaves the finite numbers.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Heun, Stratonovich}};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, PathGradient};
    /// use sdml::random::Streams;
    /// let family = GeometricFamily(Stratonovich);
    /// let problem = PathGradient::new(&family, [0.0, 0.0], [3.0], Grid::new(0.0, 1.0, 8)?)?;
    /// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
    /// let gradient = problem.through_steps(Heun, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// // At θ = 0, X(1) = 3, and its derivatives are 3 · 1 and 3B(1).
    /// let exact = [3.0, 3.0 * tree.at(1.0)?[0]];
    /// assert!(gradient.parameters.iter().zip(exact).all(|(found, exact)| (found - exact).abs() < 1e-13));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: through_steps
    pub fn through_steps<S>(
        &self,
        scheme: S,
        path: &mut impl Driver<M>,
        loss: impl Loss<D>,
    ) -> Result<Gradient<D, P>>
    where
        S: StepGradient + Step<WithParameters<'a, E, P>, D, M>,
    {
        let mut record = Record::new(scheme, self.start);
        record.extend(&self.model, &self.grid, path)?;
        let (value, slope) = checked(&loss, &record.end(), self.grid.steps())?;
        let mut gradient = [0.0; P];
        let cotangent = record.pull_back(&self.model, slope, &mut gradient);
        finish(value, record.end(), gradient, cotangent, record.held())
    }
    // ANCHOR_END: through_steps

    /// By forward sensitivities: h = ∂X/∂θ solves the linearized equation (2.13) beside X, and (2.12) is ∇L · h. The
    /// same gradient as [`Self::through_steps`] with the same scheme, at a cost proportional to D + P.
    ///
    /// # Errors
    /// As [`Self::through_steps`].
    ///
    /// ```
    /// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Midpoint}};
    /// use sdml::ch2_control::neural_sde::{OneNeuron, PathGradient};
    /// use sdml::random::Streams;
    /// let problem = PathGradient::new(&OneNeuron, [0.8, 1.5, 0.4, -0.7], [0.2], Grid::new(0.0, 1.0, 8)?)?;
    /// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
    /// let forward = problem.sensitivities(Midpoint, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// let reverse = problem.through_steps(Midpoint, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// let mut pairs = forward.parameters.iter().zip(reverse.parameters);
    /// assert!(pairs.all(|(forward, reverse)| (forward - reverse).abs() < 1e-13));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: sensitivities
    pub fn sensitivities(
        &self,
        scheme: impl Explicit,
        path: &mut impl Driver<M>,
        loss: impl Loss<D>,
    ) -> Result<Gradient<D, P>> {
        let mut z = Tangents { x: self.start, start: std::array::from_fn(axis), parameters: [[0.0; D]; P] };
        self.walk(path, |_, t, h, db| {
            z = scheme.advance(&z, t, h, |z, t| Tangents {
                x: self.model.slope(&z.x, t, h, db),
                start: z.start.map(|u| self.model.push_forward((&z.x, &u), &[0.0; P], t, h, db)),
                parameters: std::array::from_fn(|m| {
                    self.model.push_forward((&z.x, &z.parameters[m]), &axis(m), t, h, db)
                }),
            });
            z.x
        })?;
        let (value, slope) = checked(&loss, &z.x, self.grid.steps())?;
        let along = |h: &[f64; D]| dot(&slope, h);
        let parameters = std::array::from_fn(|m| along(&z.parameters[m]));
        let start = std::array::from_fn(|k| along(&z.start[k]));
        finish(value, z.x, parameters, start, numbers_in::<Tangents<D, P>>())
    }
    // ANCHOR_END: sensitivities

    /// By the adjoint along a stored solution: (2.10) as a trapezoidal sum, a being carried backwards by Heun's scheme.
    ///
    /// # Errors
    /// As [`Self::through_steps`].
    ///
    /// ```
    /// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Stratonovich}};
    /// use sdml::ch2_control::neural_sde::{LinearFamily, PathGradient};
    /// use sdml::random::Streams;
    /// let family = LinearFamily(Stratonovich);
    /// let problem = PathGradient::new(&family, [0.0, 0.5], [3.0], Grid::new(0.0, 1.0, 8)?)?;
    /// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
    /// let gradient = problem.stored(&mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// // Without drift X(1) = 3 + θ₂B(1), and the adjoint of L(x) = x stays 1.
    /// assert!((gradient.parameters[1] - tree.at(1.0)?[0]).abs() < 1e-13);
    /// assert_eq!(gradient.start, [1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: stored
    pub fn stored(&self, path: &mut impl Driver<M>, loss: impl Loss<D>) -> Result<Gradient<D, P>> {
        let mut record = Record::new(Heun, self.start);
        record.extend(&self.model, &self.grid, path)?;
        let (value, mut a) = checked(&loss, &record.end(), self.grid.steps())?;
        let mut gradient = [0.0; P];
        for (n, Increment { db, .. }) in record.noise.iter().enumerate().rev() {
            let (t, h) = (self.grid.time(n), self.grid.h());
            let mut twice = [0.0; P];
            let right = self.model.pull_back(&record.states[n + 1], t + h, h, db, &a, &mut twice);
            let left = self.model.pull_back(&record.states[n], t, h, db, &sum(&a, &right), &mut twice);
            a = std::array::from_fn(|i| a[i] + 0.5 * (left[i] + right[i]));
            gradient.iter_mut().zip(twice).for_each(|(sum, twice)| *sum += 0.5 * twice);
        }
        finish(value, record.end(), gradient, a, record.held())
    }
    // ANCHOR_END: stored

    /// By the backward system (2.11): nothing is stored; (X, a, y) is solved from T to T₀ on the same path of the noise,
    /// which is asked again, on a grid of `back` steps of its own.
    ///
    /// # Errors
    /// As [`Self::through_steps`]; no steps.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Heun, Stratonovich}};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, PathGradient};
    /// use sdml::random::Streams;
    /// let family = GeometricFamily(Stratonovich);
    /// let problem = PathGradient::new(&family, [0.0, 0.0], [3.0], Grid::new(0.0, 1.0, 8)?)?;
    /// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
    /// let gradient = problem.backward(Heun, 16, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// // At θ = 0, X(1) = 3, and its derivative in θ₁ is 3 · 1. Held are X, a and the two entries of y.
    /// assert!((gradient.parameters[0] - 3.0).abs() < 1e-13);
    /// assert_eq!((gradient.end, gradient.start, gradient.held), ([3.0], [1.0], 4));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: backward
    pub fn backward(
        &self,
        scheme: impl Explicit,
        back: usize,
        path: &mut impl Driver<M>,
        loss: impl Loss<D>,
    ) -> Result<Gradient<D, P>> {
        let mut x = self.start;
        self.walk(path, |_, t, h, db| {
            x = scheme.advance(&x, t, h, |x, t| self.model.slope(x, t, h, db));
            x
        })?;
        let (value, a) = checked(&loss, &x, self.grid.steps())?;
        let mut z = Adjoint { x, a, y: [0.0; P] };
        let grid = Grid::new(self.grid.time(0), self.grid.time(self.grid.steps()), back)?;
        let mut late = path.at(grid.time(back))?;
        for n in (0..back).rev() {
            let early = path.at(grid.time(n))?;
            let (h, db) = (-grid.h(), std::array::from_fn(|j| early[j] - late[j]));
            z = scheme.advance(&z, grid.time(n + 1), h, |z, t| {
                let mut y = [0.0; P];
                let a = self.model.pull_back(&z.x, t, h, &db, &z.a, &mut y);
                Adjoint { x: self.model.slope(&z.x, t, h, &db), a: a.map(|a| -a), y: y.map(|y| -y) }
            });
            finite_state(&z.x, n)?;
            late = early;
        }
        finish(value, x, z.y, z.a, numbers_in::<Adjoint<D, P>>())
    }
    // ANCHOR_END: backward

    /// By reversible Heun: the gradient through its steps, whose states are not stored but found again by undoing the
    /// steps. Equal to [`Self::through_steps`] of [`ReversibleHeun`] up to rounding, in constant memory.
    ///
    /// # Errors
    /// As [`Self::through_steps`].
    ///
    /// ```
    /// use sdml::ch1_preliminaries::{brownian::BrownianTree, sde::{Grid, ReversibleHeun, Stratonovich}};
    /// use sdml::{ch2_control::neural_sde::{GeometricFamily, PathGradient}, random::Streams};
    /// let (family, grid) = (GeometricFamily(Stratonovich), Grid::new(0.0, 1.0, 20)?);
    /// let problem = PathGradient::new(&family, [0.3, 0.5], [1.0], grid)?;
    /// let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(1, "doc"), 0)?;
    /// let found = problem.reversible(&mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// let stored = problem.through_steps(ReversibleHeun, &mut tree.cursor(), |[x]| (*x, [1.0]))?;
    /// assert!((found.parameters[1] - stored.parameters[1]).abs() < 1e-12 && found.held < stored.held);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: reversible
    pub fn reversible(&self, path: &mut impl Driver<M>, loss: impl Loss<D>) -> Result<Gradient<D, P>> {
        let mut state = Reversible::at(self.start);
        self.walk(path, |_, t, h, db| {
            state = ReversibleHeun.step(&self.model, state, t, h, &of(*db));
            state.x
        })?;
        let end = state.x;
        let (value, slope) = checked(&loss, &end, self.grid.steps())?;
        let (mut gradient, mut cotangent) = ([0.0; P], Reversible { x: slope, companion: [0.0; D] });
        let h = self.grid.h();
        let mut late = path.at(self.grid.time(self.grid.steps()))?;
        for n in (0..self.grid.steps()).rev() {
            let t = self.grid.time(n);
            let early = path.at(t)?;
            let db: [f64; M] = std::array::from_fn(|j| late[j] - early[j]);
            state = ReversibleHeun.step(&self.model, state, t + h, -h, &of(db.map(|db| -db)));
            cotangent = ReversibleHeun.pull_back(&self.model, &state, (t, h), &db, &cotangent, &mut gradient);
            late = early;
        }
        let held = 2 * numbers_in::<Reversible<D>>() + P;
        finish(value, end, gradient, sum(&cotangent.x, &cotangent.companion), held)
    }
    // ANCHOR_END: reversible

    /// Shows every step's number, time, length and increment to `step`, which returns the new position.
    fn walk(
        &self,
        path: &mut impl Driver<M>,
        mut step: impl FnMut(usize, f64, f64, &[f64; M]) -> [f64; D],
    ) -> Result<()> {
        let h = self.grid.h();
        let mut early = path.at(self.grid.time(0))?;
        for n in 0..self.grid.steps() {
            let late = path.at(self.grid.time(n + 1))?;
            let x = step(n, self.grid.time(n), h, &std::array::from_fn(|j| late[j] - early[j]));
            finite_state(&x, n)?;
            early = late;
        }
        Ok(())
    }
}

/// (X, a, y) of (2.11).
#[derive(Clone, Copy)]
struct Adjoint<const D: usize, const P: usize> {
    x: [f64; D],
    a: [f64; D],
    y: [f64; P],
}

impl<const D: usize, const P: usize> Vector for Adjoint<D, P> {
    fn plus(&self, c: f64, other: &Self) -> Self {
        Self { x: self.x.plus(c, &other.x), a: self.a.plus(c, &other.a), y: self.y.plus(c, &other.y) }
    }
}

/// X, ∂X/∂x₀ and ∂X/∂θ, a row for each direction.
#[derive(Clone, Copy)]
struct Tangents<const D: usize, const P: usize> {
    x: [f64; D],
    start: [[f64; D]; D],
    parameters: [[f64; D]; P],
}

impl<const D: usize, const P: usize> Vector for Tangents<D, P> {
    fn plus(&self, c: f64, other: &Self) -> Self {
        Self {
            x: self.x.plus(c, &other.x),
            start: std::array::from_fn(|k| self.start[k].plus(c, &other.start[k])),
            parameters: std::array::from_fn(|m| self.parameters[m].plus(c, &other.parameters[m])),
        }
    }
}

/// The adjoint a and the sensitivity h of X in its start, along one solution: their products do not change with time.
///
/// The columns are t_n, X_n, h_n and a_n; h(T₀) = (1, …, 1) and a(T) = ∇L(X(T)), each carried by Heun's scheme for its
/// own linear equation along the stored solution.
///
/// # Errors
/// As [`PathGradient::stored`].
///
/// ```
/// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::Grid};
/// use sdml::ch2_control::neural_sde::{OneNeuron, PathGradient, adjoint_and_sensitivity};
/// use sdml::random::Streams;
/// let problem = PathGradient::new(&OneNeuron, [0.8, 1.5, 0.4, -0.7], [0.2], Grid::new(0.0, 1.0, 4000)?)?;
/// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
/// let rows = adjoint_and_sensitivity(&problem, &mut tree.cursor(), |[x]| (x * x, [2.0 * x]))?;
/// let product = |n: usize| rows[n].sensitivity[0] * rows[n].adjoint[0];
/// assert!((product(0) - product(4000)).abs() < 1e-3 * product(0).abs());
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn adjoint_and_sensitivity<E, const D: usize, const M: usize, const P: usize>(
    problem: &PathGradient<'_, E, D, M, P>,
    path: &mut impl Driver<M>,
    loss: impl Loss<D>,
) -> Result<Vec<Instant<D>>>
where
    E: Controlled<D, M, P, Calculus = Stratonovich>,
{
    let PathGradient { model, start, grid } = problem;
    let mut record = Record::new(Heun, *start);
    record.extend(model, grid, path)?;
    let (_, mut a) = checked(&loss, &record.end(), grid.steps())?;
    let mut rows: Vec<_> = (0..=grid.steps())
        .map(|n| Instant { t: grid.time(n), x: record.states[n], sensitivity: [1.0; D], adjoint: a })
        .collect();
    let h = grid.h();
    for (n, Increment { db, .. }) in record.noise.iter().enumerate() {
        let [x, next] = [record.states[n], record.states[n + 1]];
        let u = rows[n].sensitivity;
        let left = model.push_forward((&x, &u), &[0.0; P], grid.time(n), h, db);
        let right = model.push_forward((&next, &sum(&u, &left)), &[0.0; P], grid.time(n + 1), h, db);
        rows[n + 1].sensitivity = u.plus(0.5, &sum(&left, &right));
    }
    for (n, Increment { db, .. }) in record.noise.iter().enumerate().rev() {
        let [x, next] = [record.states[n], record.states[n + 1]];
        let mut unused = [0.0; P];
        let right = model.pull_back(&next, grid.time(n + 1), h, db, &a, &mut unused);
        let left = model.pull_back(&x, grid.time(n), h, db, &sum(&a, &right), &mut unused);
        a = a.plus(0.5, &sum(&left, &right));
        rows[n].adjoint = a;
    }
    for (n, row) in rows.iter().enumerate() {
        finite_state(&row.sensitivity, n)?;
        finite_state(&row.adjoint, n)?;
    }
    Ok(rows)
}

/// One time of [`adjoint_and_sensitivity`].
///
/// ```
/// use sdml::ch1_preliminaries::{brownian::{BrownianTree, DEPTH}, sde::{Grid, Stratonovich}};
/// use sdml::ch2_control::neural_sde::{GeometricFamily, Instant, PathGradient, adjoint_and_sensitivity};
/// use sdml::random::Streams;
/// // At θ = 0 nothing moves, and L = X(1)² has the adjoint 2x₀ at all times.
/// let family = GeometricFamily(Stratonovich);
/// let problem = PathGradient::new(&family, [0.0, 0.0], [3.0], Grid::new(0.0, 1.0, 2)?)?;
/// let tree = BrownianTree::<1>::new(1.0, DEPTH, &Streams::new(1, "doc"), 0)?;
/// let rows = adjoint_and_sensitivity(&problem, &mut tree.cursor(), |[x]| (x * x, [2.0 * x]))?;
/// assert_eq!(rows[1], Instant { t: 0.5, x: [3.0], sensitivity: [1.0], adjoint: [6.0] });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instant<const D: usize> {
    /// t.
    pub t: f64,
    /// X(t).
    pub x: [f64; D],
    /// h(t).
    pub sensitivity: [f64; D],
    /// a(t).
    pub adjoint: [f64; D],
}

fn of<const M: usize>(db: [f64; M]) -> Increment<M> {
    Increment { db, ..Increment::ZERO }
}

/// L and ∇L at the end, if they are finite.
pub(super) fn checked<const D: usize>(
    loss: &impl Loss<D>,
    x: &[f64; D],
    step: usize,
) -> Result<(f64, [f64; D])> {
    let (value, slope) = loss(x);
    stays_finite("L", std::iter::once(&value).chain(&slope), step)?;
    Ok((value, slope))
}

/// Gradients that overflowed on the way back do not leave as results.
pub(super) fn finish<const D: usize, const P: usize>(
    loss: f64,
    end: [f64; D],
    parameters: [f64; P],
    start: [f64; D],
    held: usize,
) -> Result<Gradient<D, P>> {
    stays_finite("gradient", parameters.iter().chain(&start), 0)?;
    Ok(Gradient { loss, end, parameters, start, held })
}
