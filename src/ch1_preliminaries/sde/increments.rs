//! The time grid and the increments of the Brownian motions on it, which every scheme shares.

use crate::ch1_preliminaries::brownian::BrownianPath;
use crate::error::{at_least, finite};
use crate::random::Stream;
use crate::{Error, Result};

/// The uniform grid t_n = t_0 + n h, n = 0..=N, h = (T − t_0)/N.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Grid;
/// let grid = Grid::new(1.0, 3.0, 4)?;
/// assert_eq!([0, 1, 4].map(|n| grid.time(n)), [1.0, 1.5, 3.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    start: f64,
    end: f64,
    steps: usize,
}

impl Grid {
    /// The grid from `start` to `end` in `steps` steps.
    ///
    /// # Errors
    /// No steps, times that are not finite or whose distance is not, or an end that is not after the start.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// let grid = Grid::new(0.0, 2.0, 4)?;
    /// assert_eq!((grid.h(), grid.time(3)), (0.5, 1.5));
    /// assert_eq!(
    ///     Grid::new(0.0, 1.0, 0).unwrap_err().to_string(),
    ///     "`steps` is 0, but it must be at least 1"
    /// );
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(start: f64, end: f64, steps: usize) -> Result<Self> {
        at_least("steps", steps, 1)?;
        finite("start", start)?;
        finite("end", end)?;
        if end <= start {
            return Err(Error::argument("end", end, format!("later than the start, {start}")));
        }
        finite("end - start", end - start)?;
        Ok(Self { start, end, steps })
    }

    /// The number of steps N.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// // One time more than there are steps.
    /// let grid = Grid::new(0.0, 2.0, 4)?;
    /// assert_eq!((grid.steps(), grid.time(grid.steps())), (4, 2.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The step h.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// assert_eq!(Grid::new(1.0, 3.0, 4)?.h(), 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn h(&self) -> f64 {
        (self.end - self.start) / self.steps as f64
    }

    /// The time t_n.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// // The last time is the end, to the last bit.
    /// let grid = Grid::new(0.0, 0.3, 3)?;
    /// assert_eq!((grid.time(0), grid.time(3)), (0.0, 0.3));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn time(&self, n: usize) -> f64 {
        // Rounding may not carry the last time beyond the end, where a path is no longer defined.
        if n == self.steps {
            self.end
        } else {
            self.start + (self.end - self.start) * n as f64 / self.steps as f64
        }
    }

    /// The grid that keeps every `factor`-th time.
    ///
    /// # Errors
    /// A factor that does not divide the number of steps.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Grid;
    /// let grid = Grid::new(0.0, 3.0, 6)?;
    /// assert_eq!(grid.coarsen(3)?, Grid::new(0.0, 3.0, 2)?);
    /// assert!(grid.coarsen(4).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn coarsen(&self, factor: usize) -> Result<Self> {
        if factor == 0 || !self.steps.is_multiple_of(factor) {
            return Err(Error::argument("factor", factor, format!("a divisor of the {} steps", self.steps)));
        }
        Ok(Self { steps: self.steps / factor, ..*self })
    }
}

/// What M Brownian motions do during one step of length h.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{EulerMaruyama, Increment, OrnsteinUhlenbeck, Step};
/// // dX = 2 dB has the step X + 2ΔB.
/// let noise = Increment { db: [0.25], dz: [0.0] };
/// let motion = OrnsteinUhlenbeck::new(0.0, 2.0)?;
/// assert_eq!(EulerMaruyama.step(&motion, [1.0], 0.0, 0.5, &noise), [1.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Increment<const M: usize> {
    /// ΔB = B(t + h) − B(t), of variance h.
    pub db: [f64; M],
    /// ΔZ = ∫ (B(s) − B(t)) ds over the step: variance h³/3, covariance h²/2 with ΔB.
    pub dz: [f64; M],
}

impl<const M: usize> Increment<M> {
    /// No noise at all.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Increment;
    /// let step = Increment { db: [1.0], dz: [0.25] };
    /// assert_eq!(Increment::ZERO.then(&step, 0.5), step);
    /// ```
    pub const ZERO: Self = Self { db: [0.0; M], dz: [0.0; M] };

    /// Draws ΔB and, given ΔB, ΔZ ~ N(½h ΔB, h³/12).
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Increment, random::Streams};
    /// // For h = 3 and normal variables z, w: ΔB = √3 z and ΔZ = (3/2)(ΔB + w).
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let mut same = stream.clone();
    /// let (z, w) = (same.normal(), same.normal());
    /// let Increment { db: [db], dz: [dz] } = Increment::<1>::draw(3.0, &mut stream);
    /// assert!((db - 3f64.sqrt() * z).abs() < 1e-14 && (dz - 1.5 * (db + w)).abs() < 1e-14);
    /// ```
    pub fn draw(h: f64, stream: &mut Stream) -> Self {
        Self::from_normals(h, || stream.normal())
    }

    /// The same from standard normal variables: M for ΔB, then M for ΔZ.
    // ANCHOR: draw
    #[inline]
    pub(super) fn from_normals(h: f64, mut normal: impl FnMut() -> f64) -> Self {
        let Self { db, .. } = Self::db_from_normals(h, &mut normal);
        let deviation = h * (h / 12.0).sqrt();
        Self { db, dz: db.map(|db| 0.5 * h * db + deviation * normal()) }
    }
    // ANCHOR_END: draw

    /// Draws ΔB alone, for schemes that do not look at ΔZ; ΔZ is left at 0.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Increment, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// assert_eq!(Increment::<1>::draw_db(0.25, &mut stream), Increment { db: [0.5 * z], dz: [0.0] });
    /// ```
    pub fn draw_db(h: f64, stream: &mut Stream) -> Self {
        Self::db_from_normals(h, || stream.normal())
    }

    #[inline]
    pub(super) fn db_from_normals(h: f64, mut normal: impl FnMut() -> f64) -> Self {
        let deviation = h.sqrt();
        Self { db: std::array::from_fn(|_| deviation * normal()), ..Self::ZERO }
    }

    /// The increment over this step and the `next` one, of length `h`, together.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::Increment;
    /// // B(s) = 2s in two steps of ½, each with ΔB = 1 and ΔZ = ¼; over both, ∫ B ds = 1.
    /// let half = Increment { db: [1.0], dz: [0.25] };
    /// assert_eq!(half.then(&half, 0.5), Increment { db: [2.0], dz: [1.0] });
    /// ```
    // ANCHOR: then
    #[inline]
    #[must_use]
    pub fn then(&self, next: &Self, h: f64) -> Self {
        Self {
            db: std::array::from_fn(|j| self.db[j] + next.db[j]),
            dz: std::array::from_fn(|j| self.dz[j] + next.dz[j] + h * self.db[j]),
        }
    }
    // ANCHOR_END: then
}

/// The increments of M Brownian motions on a grid: one outcome ω, for every scheme to use.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::{Grid, Increments}, random::Streams};
/// let mut stream = Streams::new(1, "doc").stream(0);
/// let fine = Increments::<2>::sample(Grid::new(0.0, 1.0, 8)?, &mut stream);
/// let coarse = fine.coarsen(4)?;
/// assert_eq!(coarse.grid().steps(), 2);
/// assert!((coarse.total().db[1] - fine.total().db[1]).abs() < 1e-15);
/// // ∫ B ds does not depend on how finely one looks.
/// assert!((coarse.total().dz[1] - fine.total().dz[1]).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Increments<const M: usize> {
    grid: Grid,
    steps: Vec<Increment<M>>,
}

impl<const M: usize> Increments<M> {
    /// Draws the increments on `grid`, each with its time integral.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Grid, Increment, Increments}, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let mut same = stream.clone();
    /// let noise = Increments::<2>::sample(Grid::new(0.0, 2.0, 4)?, &mut stream);
    /// assert_eq!(noise.steps()[0], Increment::draw(0.5, &mut same));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(grid: Grid, stream: &mut Stream) -> Self {
        let mut increments = Self { grid, steps: vec![Increment::ZERO; grid.steps()] };
        increments.resample(stream);
        increments
    }

    /// Draws new increments into the same memory.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::{Grid, Increments}, random::Streams};
    /// let (grid, streams) = (Grid::new(0.0, 1.0, 4)?, Streams::new(1, "doc"));
    /// let mut noise = Increments::<1>::sample(grid, &mut streams.stream(0));
    /// noise.resample(&mut streams.stream(1));
    /// assert_eq!(noise, Increments::sample(grid, &mut streams.stream(1)));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn resample(&mut self, stream: &mut Stream) {
        let h = self.grid.h();
        self.steps.fill_with(|| Increment::draw(h, stream));
    }

    /// Increments that were made elsewhere.
    ///
    /// # Errors
    /// As many increments as the grid has steps are needed, and all must be finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
    /// let grid = Grid::new(0.0, 1.0, 2)?;
    /// assert!(Increments::of(grid, vec![Increment::<1>::ZERO; 2]).is_ok());
    /// assert!(Increments::of(grid, vec![Increment::<1>::ZERO; 3]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn of(grid: Grid, steps: Vec<Increment<M>>) -> Result<Self> {
        if steps.len() != grid.steps() {
            return Err(Error::argument(
                "increments",
                format!("{} of them", steps.len()),
                format!("as many as the grid has steps, {}", grid.steps()),
            ));
        }
        for value in steps.iter().flat_map(|step| step.db.iter().chain(&step.dz)) {
            finite("increments", *value)?;
        }
        Ok(Self { grid, steps })
    }

    /// The same outcome with `factor` steps joined into one.
    ///
    /// # Errors
    /// A factor that does not divide the number of steps.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
    /// let step = |db: f64| Increment { db: [db], dz: [0.0] };
    /// let noise = Increments::of(Grid::new(0.0, 2.0, 2)?, vec![step(1.0), step(2.0)])?;
    /// // ΔB adds up; ∫ B ds gains what the first step left for the second, of length 1.
    /// assert_eq!(noise.coarsen(2)?.steps(), [Increment { db: [3.0], dz: [1.0] }]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: coarsen
    pub fn coarsen(&self, factor: usize) -> Result<Self> {
        let grid = self.grid.coarsen(factor)?;
        let h = self.grid.h();
        let join =
            |part: &[Increment<M>]| part[1..].iter().fold(part[0], |joined, next| joined.then(next, h));
        Ok(Self { grid, steps: self.steps.chunks_exact(factor).map(join).collect() })
    }
    // ANCHOR_END: coarsen

    /// The increment over the whole grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
    /// let step = |db: f64| Increment { db: [db], dz: [0.0] };
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 2)?, vec![step(0.5), step(-2.0)])?;
    /// assert_eq!(noise.total().db, [-1.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn total(&self) -> Increment<M> {
        let h = self.grid.h();
        self.steps[1..].iter().fold(self.steps[0], |joined, next| joined.then(next, h))
    }

    /// The grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 4)?, vec![Increment::<1>::ZERO; 4])?;
    /// assert_eq!(noise.coarsen(2)?.grid(), &Grid::new(0.0, 1.0, 2)?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// One increment for each step of the grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
    /// let steps = vec![Increment { db: [0.5], dz: [0.0] }, Increment { db: [-1.0], dz: [0.25] }];
    /// assert_eq!(Increments::of(Grid::new(0.0, 1.0, 2)?, steps.clone())?.steps(), steps);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn steps(&self) -> &[Increment<M>] {
        &self.steps
    }
}

impl Increments<1> {
    /// The increments of a path; ΔZ is the integral of the polygon through its values.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::{brownian::BrownianPath, sde::Increments}, random::Streams};
    /// let path = BrownianPath::sample(1.0, 4, &mut Streams::new(1, "doc").stream(0))?;
    /// let noise = Increments::of_path(&path);
    /// // Along a straight line ∫ B ds is half the step times ΔB.
    /// assert_eq!((noise.steps()[0].db[0], noise.steps()[0].dz[0]), (path.values()[1], 0.125 * path.values()[1]));
    /// assert!((noise.total().db[0] - path.end()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn of_path(path: &BrownianPath) -> Self {
        let grid = Grid { start: 0.0, end: path.horizon(), steps: path.steps() };
        let step = |ends: &[f64]| {
            let db = ends[1] - ends[0];
            Increment { db: [db], dz: [0.5 * grid.h() * db] }
        };
        Self { grid, steps: path.values().windows(2).map(step).collect() }
    }
}
