//! What drives an equation: a path B that can be asked at any time, as often as one likes, in any order.
//!
//! Going backwards along a solution needs the noise that it saw on the way. A rough path is a [`BrownianTree`]; a
//! smooth one is a partial sum of its Karhunen–Loève series, on which the equation is an ordinary differential equation:
//!
//! B_K(t) = Σ_{k<K} z_k √(2T) sin(ω_k t)/(ω_k T),  ω_k = (k + ½)π/T.
//!
//! [`BrownianTree`]: crate::ch1_preliminaries::brownian::BrownianTree

use std::f64::consts::PI;

use crate::ch1_preliminaries::brownian::Cursor;
use crate::ch1_preliminaries::sde::{Grid, Increment, Increments};
use crate::error::{at_least, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// A path B(t) ∈ ℝᴹ.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::Grid, ch2_control::neural_sde::Driver};
/// /// B(t) = t².
/// struct Parabola;
/// impl Driver<1> for Parabola {
///     fn at(&mut self, t: f64) -> sdml::Result<[f64; 1]> { Ok([t * t]) }
/// }
/// let increments = Parabola.increments(&Grid::new(0.0, 1.0, 2)?)?;
/// let db: Vec<f64> = increments.steps().iter().map(|step| step.db[0]).collect();
/// assert_eq!(db, [0.25, 0.75]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub trait Driver<const M: usize> {
    /// B(t).
    ///
    /// # Errors
    /// A time at which the path is not defined.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::brownian::BrownianTree;
    /// use sdml::{ch2_control::neural_sde::Driver, random::Streams};
    /// fn total(path: &mut impl Driver<1>) -> sdml::Result<f64> {
    ///     Ok(path.at(1.0)?[0] - path.at(0.0)?[0])
    /// }
    /// // The cursor of a tree is a path.
    /// let tree = BrownianTree::<1>::new(1.0, 10, &Streams::new(1, "doc"), 0)?;
    /// assert_eq!(total(&mut tree.cursor())?, tree.at(1.0)?[0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn at(&mut self, t: f64) -> Result<[f64; M]>;

    /// The increments of the path on `grid`, each with the time integral of the polygon through the path's values.
    ///
    /// # Errors
    /// A time at which the path is not defined.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment};
    /// use sdml::ch2_control::neural_sde::Driver;
    /// /// B(t) = t².
    /// struct Parabola;
    /// impl Driver<1> for Parabola {
    ///     fn at(&mut self, t: f64) -> sdml::Result<[f64; 1]> { Ok([t * t]) }
    /// }
    /// // From ½ to 1 it rises by ¾; the polygon's integral over the step is ½ · ½ · ¾.
    /// let increments = Parabola.increments(&Grid::new(0.0, 1.0, 2)?)?;
    /// assert_eq!(increments.steps()[1], Increment { db: [0.75], dz: [0.1875] });
    /// # Ok::<(), sdml::Error>(())
    /// ```
    fn increments(&mut self, grid: &Grid) -> Result<Increments<M>> {
        let mut last = self.at(grid.time(0))?;
        let mut step = |n| {
            let next = self.at(grid.time(n + 1))?;
            let db = std::array::from_fn(|j| next[j] - last[j]);
            last = next;
            Ok(Increment { db, dz: db.map(|db: f64| 0.5 * grid.h() * db) })
        };
        let steps = (0..grid.steps()).map(&mut step).collect::<Result<Vec<_>>>()?;
        Increments::of(*grid, steps)
    }
}

impl<const M: usize> Driver<M> for Cursor<'_, M> {
    #[inline]
    fn at(&mut self, t: f64) -> Result<[f64; M]> {
        Cursor::at(self, t)
    }
}

/// The first K terms of the Karhunen–Loève series of M Brownian motions on [0, T].
///
/// ```
/// use sdml::ch2_control::neural_sde::{Driver, SmoothPath};
/// use sdml::random::Streams;
/// let mut path = SmoothPath::<2>::sample(1.0, 5, &mut Streams::new(1, "doc").stream(0))?;
/// assert_eq!(path.at(0.0)?, [0.0, 0.0]);
/// // The rate is the derivative.
/// let difference = (path.at(0.3 + 1e-6)?[1] - path.at(0.3 - 1e-6)?[1]) / 2e-6;
/// assert!((path.rate(0.3)?[1] - difference).abs() < 1e-8);
/// assert!(path.at(1.5).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothPath<const M: usize> {
    horizon: f64,
    coefficients: Vec<[f64; M]>,
}

impl<const M: usize> SmoothPath<M> {
    /// A random path: `terms` terms on [0, `horizon`].
    ///
    /// # Errors
    /// A horizon that is not finite and positive, or no terms.
    ///
    /// ```
    /// use sdml::{ch2_control::neural_sde::{Driver, SmoothPath}, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// // One term at t = T: z √(2T) sin(π/2)/(π/2).
    /// let mut path = SmoothPath::<1>::sample(2.0, 1, &mut stream)?;
    /// assert!((path.at(2.0)?[0] - z * 4.0 / std::f64::consts::PI).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(horizon: f64, terms: usize, stream: &mut Stream) -> Result<Self> {
        positive("horizon", horizon)?;
        let mut draw = |_| std::array::from_fn(|_| stream.normal());
        Ok(Self { horizon, coefficients: (0..at_least("terms", terms, 1)?).map(&mut draw).collect() })
    }

    /// Ḃ(t).
    ///
    /// # Errors
    /// A time outside [0, T].
    ///
    /// ```
    /// use sdml::{ch2_control::neural_sde::SmoothPath, random::Streams};
    /// // All the cosines have a node at T.
    /// let path = SmoothPath::<1>::sample(2.0, 5, &mut Streams::new(1, "doc").stream(0))?;
    /// assert!(path.rate(2.0)?[0].abs() < 1e-12 && path.rate(0.0)?[0].abs() > 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn rate(&self, t: f64) -> Result<[f64; M]> {
        self.sum(t, |omega| (2.0 / self.horizon).sqrt() * (omega * t).cos())
    }

    fn sum(&self, t: f64, mode: impl Fn(f64) -> f64) -> Result<[f64; M]> {
        if !(0.0..=self.horizon).contains(&t) {
            return Err(Error::argument("t", t, format!("between 0 and the horizon {}", self.horizon)));
        }
        let mut sum = [0.0; M];
        for (k, z) in self.coefficients.iter().enumerate() {
            let mode = mode((k as f64 + 0.5) * PI / self.horizon);
            for (sum, z) in sum.iter_mut().zip(z) {
                *sum += z * mode;
            }
        }
        Ok(sum)
    }
}

impl<const M: usize> Driver<M> for SmoothPath<M> {
    fn at(&mut self, t: f64) -> Result<[f64; M]> {
        self.sum(t, |omega| (2.0 / self.horizon).sqrt() / omega * (omega * t).sin())
    }
}
