//! A Brownian path on a uniform grid: B(s_{k+1}) = B(s_k) + √Δs Z_k, and its refinement by the bridge between
//! neighbours (Lévy 1948, Ciesielski 1961).

use crate::error::{at_least, positive};
use crate::random::Stream;
use crate::{Error, Result};

/// The values of a Brownian path at s_k = kΔs, k = 0..=N, Δs = T/N.
///
/// ```
/// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
/// let mut stream = Streams::new(1, "doc").stream(0);
/// let coarse = BrownianPath::sample(2.0, 8, &mut stream)?;
/// let fine = coarse.refine(&mut stream);
/// assert_eq!((fine.steps(), fine.dt()), (16, 0.125));
/// // Refinement keeps the old values, bit for bit.
/// assert!((0..=8).all(|k| fine.values()[2 * k] == coarse.values()[k]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct BrownianPath {
    horizon: f64,
    values: Vec<f64>,
}

impl BrownianPath {
    /// A path on [0, `horizon`] with `steps` steps.
    ///
    /// # Errors
    /// No steps, or a horizon that is not a finite number greater than 0.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// // A step of length ¼ adds √¼ Z.
    /// assert_eq!(BrownianPath::sample(2.0, 8, &mut stream)?.values()[..2], [0.0, 0.5 * z]);
    /// assert!(BrownianPath::sample(2.0, 0, &mut stream).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(horizon: f64, steps: usize, stream: &mut Stream) -> Result<Self> {
        let mut path = Self::at_rest(horizon, steps)?;
        path.resample(stream);
        Ok(path)
    }

    /// The path that stays at 0: a buffer for [`Self::resample`].
    ///
    /// # Errors
    /// As [`Self::sample`].
    ///
    /// ```
    /// use sdml::ch1_preliminaries::brownian::BrownianPath;
    /// assert_eq!(BrownianPath::at_rest(1.0, 4)?.values(), [0.0; 5]);
    /// assert!(BrownianPath::at_rest(0.0, 4).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at_rest(horizon: f64, steps: usize) -> Result<Self> {
        positive("horizon", horizon)?;
        Ok(Self { horizon, values: vec![0.0; at_least("steps", steps, 1)? + 1] })
    }

    /// Draws a new path into the same memory; with the same stream, the path that [`Self::sample`] draws.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let streams = Streams::new(1, "doc");
    /// let mut path = BrownianPath::at_rest(1.0, 4)?;
    /// path.resample(&mut streams.stream(9));
    /// assert_eq!(path, BrownianPath::sample(1.0, 4, &mut streams.stream(9))?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: sample
    pub fn resample(&mut self, stream: &mut Stream) {
        let root_dt = self.dt().sqrt();
        let mut b = 0.0;
        for value in &mut self.values[1..] {
            b += root_dt * stream.normal();
            *value = b;
        }
    }
    // ANCHOR_END: sample

    /// The same path with twice as many steps: given its neighbours, the value halfway between them is normal with
    /// their average as mean and Δs/4 as variance. Values at old times are kept, bit for bit.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let z = stream.clone().normal();
    /// // Between two zeros a time 4 apart, the middle has mean 0 and variance 4/4.
    /// assert_eq!(BrownianPath::at_rest(4.0, 1)?.refine(&mut stream).values(), [0.0, z, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: refine
    #[must_use]
    pub fn refine(&self, stream: &mut Stream) -> Self {
        let deviation = 0.5 * self.dt().sqrt();
        let mut values = Vec::with_capacity(2 * self.steps() + 1);
        for ends in self.values.windows(2) {
            values.push(ends[0]);
            values.push(0.5 * (ends[0] + ends[1]) + deviation * stream.normal());
        }
        values.push(self.values[self.steps()]);
        Self { horizon: self.horizon, values }
    }
    // ANCHOR_END: refine

    /// Every `stride`-th value: the same path seen on a coarser grid.
    ///
    /// # Errors
    /// A stride that does not divide the number of steps.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let path = BrownianPath::sample(1.0, 4, &mut stream)?;
    /// assert_eq!(path.refine(&mut stream).coarsen(2)?, path);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn coarsen(&self, stride: usize) -> Result<Self> {
        if stride == 0 || !self.steps().is_multiple_of(stride) {
            return Err(Error::argument(
                "stride",
                stride,
                format!("a divisor of the {} steps", self.steps()),
            ));
        }
        Ok(Self { horizon: self.horizon, values: self.values.iter().step_by(stride).copied().collect() })
    }

    /// max B over all of [0, T], not over the grid alone: between neighbours a and b, the maximum of the bridge is
    /// (a + b + √((b − a)² − 2Δs ln U)) / 2 with U uniform, by the reflection principle. Drawn anew at each call.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let path = BrownianPath::sample(1.0, 8, &mut stream)?;
    /// let on_grid = path.values().iter().copied().fold(0.0, f64::max);
    /// assert!(path.maximum(&mut stream) > on_grid);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: maximum
    pub fn maximum(&self, stream: &mut Stream) -> f64 {
        let between =
            |a: f64, b: f64, u: f64| 0.5 * (a + b + ((b - a).powi(2) - 2.0 * self.dt() * u.ln()).sqrt());
        // 1 − U lies in (0, 1], where the logarithm is finite.
        self.values
            .windows(2)
            .map(|ends| between(ends[0], ends[1], 1.0 - stream.uniform()))
            .fold(0.0, f64::max)
    }
    // ANCHOR_END: maximum

    /// The values B(s_0), …, B(s_N).
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let path = BrownianPath::sample(1.0, 4, &mut Streams::new(1, "doc").stream(0))?;
    /// assert_eq!((path.values().len(), path.values()[0]), (5, 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The time s_k = kT/N.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::brownian::BrownianPath;
    /// assert_eq!(BrownianPath::at_rest(3.0, 4)?.time(3), 2.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn time(&self, k: usize) -> f64 {
        self.horizon * k as f64 / self.steps() as f64
    }

    /// The number of steps N.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let path = BrownianPath::at_rest(1.0, 4)?;
    /// assert_eq!((path.steps(), path.refine(&mut Streams::new(1, "doc").stream(0)).steps()), (4, 8));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn steps(&self) -> usize {
        self.values.len() - 1
    }

    /// The step Δs = T/N.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::brownian::BrownianPath;
    /// assert_eq!(BrownianPath::at_rest(3.0, 4)?.dt(), 0.75);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn dt(&self) -> f64 {
        self.horizon / self.steps() as f64
    }

    /// The horizon T.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// // Refining a path does not make it longer.
    /// let path = BrownianPath::at_rest(3.0, 4)?.refine(&mut Streams::new(1, "doc").stream(0));
    /// assert_eq!((path.horizon(), path.dt()), (3.0, 0.375));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn horizon(&self) -> f64 {
        self.horizon
    }

    /// B(T).
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::brownian::BrownianPath, random::Streams};
    /// let path = BrownianPath::sample(1.0, 4, &mut Streams::new(1, "doc").stream(0))?;
    /// // Seen in one step, the path is its end.
    /// assert_eq!(path.coarsen(4)?.values(), [0.0, path.end()]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn end(&self) -> f64 {
        self.values[self.steps()]
    }
}
