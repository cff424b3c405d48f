//! Many paths at once: eight in lockstep on each thread, no allocation per step, and bits that do not depend on the
//! number of threads.
//!
//! Lockstep hides the latency of the recursion: while one path waits for its multiplication, seven others have theirs under
//! way. Their normal variables are drawn together, some steps ahead.

use super::equation::Equation;
use super::increments::{Grid, Increment};
use super::noise::check_noise;
use super::schemes::{Scheme, State, Step};
use super::solve::run;
use crate::error::{finite, some_paths};
use crate::random::{LANES, Stream, Streams};
use crate::statistics::Moments;
use crate::{Error, Result};

/// About so many normal variables are drawn for each path before it is stepped.
const AHEAD: usize = 64;

/// Is told, from whatever thread finished them, how many more paths are done.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck, Watcher}, random::Streams};
/// let done = AtomicU64::new(0);
/// let count = |more: u64| { done.fetch_add(more, Ordering::Relaxed); };
/// let watcher: Watcher = &count;
/// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 1.0)?, Grid::new(0.0, 1.0, 10)?);
/// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 100)?;
/// assert_eq!(paths.watched(watcher).ends()?.len(), 100);
/// assert_eq!(done.load(Ordering::Relaxed), 100);
/// # Ok::<(), sdml::Error>(())
/// ```
pub type Watcher<'a> = &'a (dyn Fn(u64) + Sync);

/// Independent paths of one equation by one scheme, all from the same point. Path number i draws from stream i.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
/// let ou = OrnsteinUhlenbeck::new(-1.0, 1.0)?;
/// let grid = Grid::new(0.0, 1.0, 10)?;
/// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 1000)?;
/// let [x] = paths.moments(|[x]| [x])?;
/// // The scheme's mean is exactly 2 (1 − h)¹⁰.
/// assert!(x.mean()?.z(2.0 * 0.9f64.powi(10)).abs() < 4.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Ensemble<'a, S, E, const D: usize, const M: usize> {
    scheme: S,
    equation: &'a E,
    start: [f64; D],
    grid: Grid,
    streams: Streams,
    paths: u64,
    watcher: Option<Watcher<'a>>,
}

impl<'a, S, E, const D: usize, const M: usize> Ensemble<'a, S, E, D, M>
where
    S: Step<E, D, M>,
    E: Equation<D, M> + Sync,
{
    /// `paths` paths from `start`.
    ///
    /// # Errors
    /// No paths; a start that is not finite; a σ without the structure that the equation declares.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 1.0)?, Grid::new(0.0, 1.0, 2)?);
    /// assert!(Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 1).is_ok());
    /// assert!(Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(
        scheme: S,
        equation: &'a E,
        start: [f64; D],
        grid: Grid,
        streams: Streams,
        paths: u64,
    ) -> Result<Self> {
        for value in start {
            finite("start", value)?;
        }
        check_noise(equation, &start, grid.time(0))?;
        Ok(Self { scheme, equation, start, grid, streams, paths: some_paths(paths)?, watcher: None })
    }

    /// The same ensemble, telling `watcher` whenever some of its paths are done: for progress bars.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 1.0)?, Grid::new(0.0, 1.0, 2)?);
    /// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 20)?;
    /// let done = AtomicU64::new(0);
    /// let count = |more: u64| { done.fetch_add(more, Ordering::Relaxed); };
    /// // Watching changes nothing.
    /// assert_eq!(paths.watched(&count).ends()?, paths.ends()?);
    /// assert_eq!(done.load(Ordering::Relaxed), 20);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[must_use]
    pub fn watched(self, watcher: Watcher<'a>) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// The positions at the end, in the order of the paths.
    ///
    /// # Errors
    /// A path that leaves the finite numbers, with the step at which it does.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// // Without noise all paths are the same: two steps of x ← x − x/2.
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 0.0)?, Grid::new(0.0, 1.0, 2)?);
    /// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 3)?;
    /// assert_eq!(paths.ends()?, [[0.5]; 3]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn ends(&self) -> Result<Vec<[f64; D]>> {
        self.fold(
            self.grid.steps(),
            Vec::new,
            |ends, step, x| {
                if step > 0 {
                    ends.push(x);
                }
            },
            |mut left, right| {
                left.extend(right);
                left
            },
        )
    }

    /// The moments of K functions of the position at the end.
    ///
    /// # Errors
    /// As [`Self::ends`].
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 0.0)?, Grid::new(0.0, 1.0, 2)?);
    /// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 3)?;
    /// let [x, square] = paths.moments(|[x]| [x, x * x])?;
    /// assert_eq!((x.mean()?.mean, square.mean()?.mean), (0.5, 0.25));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn moments<const K: usize>(
        &self,
        measure: impl Fn([f64; D]) -> [f64; K] + Sync,
    ) -> Result<[Moments; K]> {
        let mut all = self.moments_every(self.grid.steps(), measure)?;
        Ok(all.pop().expect("the start and the end were measured"))
    }

    /// The moments of K functions of the position at times t_0, t_every, t_{2·every}, …, t_N.
    ///
    /// # Errors
    /// As [`Self::ends`]; an `every` that does not divide the number of steps.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 0.0)?, Grid::new(0.0, 2.0, 4)?);
    /// let paths = Ensemble::new(EulerMaruyama, &ou, [4.0], grid, Streams::new(1, "doc"), 3)?;
    /// // At the times 0, 1 and 2, that is after 0, 2 and 4 halvings.
    /// let moments = paths.moments_every(2, |[x]| [x])?;
    /// for (moments, exact) in moments.iter().zip([4.0, 1.0, 0.25]) {
    ///     assert_eq!(moments[0].mean()?.mean, exact);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn moments_every<const K: usize>(
        &self,
        every: usize,
        measure: impl Fn([f64; D]) -> [f64; K] + Sync,
    ) -> Result<Vec<[Moments; K]>> {
        let times = self.grid.coarsen(every)?.steps() + 1;
        self.fold(
            every,
            || vec![[Moments::default(); K]; times],
            |moments, step, x| {
                for (moments, value) in moments[step / every].iter_mut().zip(measure(x)) {
                    moments.push(value);
                }
            },
            |left, right| {
                let join = |(left, right): (&[Moments; K], &[Moments; K])| {
                    std::array::from_fn(|k| left[k].merge(right[k]))
                };
                left.iter().zip(&right).map(join).collect()
            },
        )
    }

    /// Shows the positions of all paths at every `every`-th step to accumulators, and merges these in a fixed order.
    ///
    /// # Errors
    /// As [`Self::moments_every`].
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Ensemble, EulerMaruyama, Grid, OrnsteinUhlenbeck}, random::Streams};
    /// let (ou, grid) = (OrnsteinUhlenbeck::new(-1.0, 1.0)?, Grid::new(0.0, 1.0, 10)?);
    /// let paths = Ensemble::new(EulerMaruyama, &ou, [2.0], grid, Streams::new(1, "doc"), 20)?;
    /// // How many positions are shown: of each path eleven, the start among them.
    /// assert_eq!(paths.fold(1, || 0, |count, _step, _x| *count += 1, |left, right| left + right)?, 20 * 11);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn fold<A: Send>(
        &self,
        every: usize,
        new: impl Fn() -> A + Sync,
        visit: impl Fn(&mut A, usize, [f64; D]) + Sync,
        merge: impl Fn(A, A) -> A,
    ) -> Result<A> {
        self.grid.coarsen(every)?;
        let lanes = LANES as u64;
        let block = |(accumulator, normals): &mut (A, Vec<[f64; LANES]>), block: u64, _: &mut Stream| {
            let first = block * lanes;
            let count = lanes.min(self.paths - first);
            self.lockstep(first, count as usize, every, normals, |step, x| visit(accumulator, step, x))?;
            if let Some(watcher) = self.watcher {
                watcher(count);
            }
            Ok(())
        };
        let new = || (new(), vec![[0.0; LANES]; AHEAD.max(normals_per_step::<S>(M))]);
        let merge = |(left, normals), (right, _)| (merge(left, right), normals);
        let (all, _) = self.streams.map_reduce(self.paths.div_ceil(lanes), new, block, merge)?;
        Ok(all)
    }

    /// Steps eight paths together, of which the first `count` are wanted; `normals` is room for what is drawn ahead.
    // ANCHOR: lockstep
    fn lockstep(
        &self,
        first: u64,
        count: usize,
        every: usize,
        normals: &mut [[f64; LANES]],
        mut visit: impl FnMut(usize, [f64; D]),
    ) -> Result<()> {
        let h = self.grid.h();
        let each = normals_per_step::<S>(M);
        let mut lanes = self.streams.lanes(first);
        let mut states = [S::State::at(self.start); LANES];
        for checkpoint in (0..=self.grid.steps()).step_by(every) {
            for (lane, state) in states[..count].iter().enumerate() {
                let x = state.position();
                if x.iter().any(|value| !value.is_finite()) {
                    return Err(self.divergence(first + lane as u64));
                }
                visit(checkpoint, x);
            }
            let end = (checkpoint + every).min(self.grid.steps());
            for ahead in (checkpoint..end).step_by(normals.len() / each) {
                let stop = (ahead + normals.len() / each).min(end);
                let normals = &mut normals[..(stop - ahead) * each];
                lanes.fill_normal(normals);
                for (n, normals) in (ahead..stop).zip(normals.chunks_exact(each)) {
                    let t = self.grid.time(n);
                    for (lane, state) in states.iter_mut().enumerate() {
                        let mut normals = normals.iter().map(|row| row[lane]);
                        let noise = noise::<S, M>(h, || normals.next().expect("as many as the scheme draws"));
                        *state = self.scheme.step(self.equation, *state, t, h, &noise);
                    }
                }
            }
        }
        Ok(())
    }
    // ANCHOR_END: lockstep

    /// Replays the path that left the finite numbers, to find the step at which it did.
    fn divergence(&self, path: u64) -> Error {
        let mut stream = self.streams.stream(path);
        let h = self.grid.h();
        let noise = (0..self.grid.steps()).map(|_| noise::<S, M>(h, || stream.normal()));
        run(self.scheme, self.equation, self.start, &self.grid, noise, |_| ())
            .expect_err("the same stream gives the same path")
    }
}

/// How many normal variables a step takes; one that takes none is given one for nothing.
fn normals_per_step<S: Scheme>(m: usize) -> usize {
    let count = if S::TIME_INTEGRALS { 2 * m } else { m };
    count.max(1)
}

/// The increments that the scheme asks for.
#[inline]
fn noise<S: Scheme, const M: usize>(h: f64, normal: impl FnMut() -> f64) -> Increment<M> {
    if S::TIME_INTEGRALS { Increment::from_normals(h, normal) } else { Increment::db_from_normals(h, normal) }
}
