//! The laws in the plane that flows and diffusions learn from. Each has an exact sampler, an exact density and a known
//! entropy H(p) = −∫ p log p: the least mean of −log q(X) that any density q can reach on data X ~ p.

mod arcs;

use std::f64::consts::{FRAC_PI_4, PI};

use ndarray::{Array2, ArrayView2};

use crate::error::at_least;
use crate::random::Stream;
use crate::{Error, Result};

/// A law of points in the plane.
///
/// ```
/// use sdml::{ch3_flows::data::DataLaw, random::Streams};
/// let points = DataLaw::Eight.points(10_000, &mut Streams::new(1, "doc").stream(0));
/// let floor = DataLaw::Eight.entropy();
/// let mean: f64 = points.rows().into_iter().map(|x| -DataLaw::Eight.log_density([x[0], x[1]])).sum::<f64>() / 1e4;
/// assert!((mean - floor).abs() < 0.05);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataLaw {
    /// Eight normal laws N(c_k, 0.2² I) with equal weights, c_k = 2 (cos kπ/4, sin kπ/4).
    Eight,
    /// Two half circles with equal weights, (cos θ, sin θ) and (1 − cos θ, ½ − sin θ) with θ uniform on (0, π), plus
    /// N(0, 0.05² I).
    Moons,
    /// Uniform on the eight unit squares of [−2, 2]² for which ⌊x⌋ + ⌊y⌋ is even.
    Checkerboard,
}

/// The standard deviation within a mode of [`DataLaw::Eight`].
const SPREAD: f64 = 0.2;
/// The distance of the modes of [`DataLaw::Eight`] from the origin.
const RADIUS: f64 = 2.0;
/// The standard deviation about the arcs of [`DataLaw::Moons`].
const NOISE: f64 = 0.05;

impl DataLaw {
    /// All of them.
    ///
    /// ```
    /// use sdml::ch3_flows::data::DataLaw;
    /// // The thinner the law, the smaller its entropy.
    /// let [eight, moons, checkerboard] = DataLaw::ALL.map(DataLaw::entropy);
    /// assert!(moons < eight && eight < checkerboard);
    /// ```
    pub const ALL: [Self; 3] = [Self::Eight, Self::Moons, Self::Checkerboard];

    /// The name, in words.
    ///
    /// ```
    /// use sdml::ch3_flows::data::DataLaw;
    /// assert_eq!(DataLaw::Moons.name(), "two moons");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Eight => "eight Gaussians",
            Self::Moons => "two moons",
            Self::Checkerboard => "checkerboard",
        }
    }

    /// The name, as a key.
    ///
    /// ```
    /// use sdml::ch3_flows::data::DataLaw;
    /// // A key is one word.
    /// assert_eq!(DataLaw::ALL.map(DataLaw::key), ["eight", "moons", "checkerboard"]);
    /// ```
    pub fn key(self) -> &'static str {
        match self {
            Self::Eight => "eight",
            Self::Moons => "moons",
            Self::Checkerboard => "checkerboard",
        }
    }

    /// One point.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, random::Streams};
    /// let [x, y] = DataLaw::Checkerboard.sample(&mut Streams::new(1, "doc").stream(0));
    /// assert_eq!((x.floor() + y.floor()).rem_euclid(2.0), 0.0);
    /// ```
    // ANCHOR: sample
    #[inline]
    pub fn sample(self, stream: &mut Stream) -> [f64; 2] {
        match self {
            Self::Eight => {
                let [x, y] = centre((8.0 * stream.uniform()) as u8);
                [x + SPREAD * stream.normal(), y + SPREAD * stream.normal()]
            }
            Self::Moons => {
                let upper = stream.uniform() < 0.5;
                let (sin, cos) = (PI * stream.uniform()).sin_cos();
                let [x, y] = if upper { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
                [x + NOISE * stream.normal(), y + NOISE * stream.normal()]
            }
            Self::Checkerboard => {
                let x = 4.0 * stream.uniform() - 2.0;
                let row = 2.0 * (2.0 * stream.uniform()).floor() - 2.0 + x.floor().rem_euclid(2.0);
                [x, row + stream.uniform()]
            }
        }
    }
    // ANCHOR_END: sample

    /// `n` independent points, one a row.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, random::Streams};
    /// let streams = Streams::new(1, "doc");
    /// let points = DataLaw::Moons.points(5, &mut streams.stream(0));
    /// assert_eq!(points.dim(), (5, 2));
    /// assert_eq!(points.row(0).to_vec(), DataLaw::Moons.sample(&mut streams.stream(0)));
    /// ```
    pub fn points(self, n: usize, stream: &mut Stream) -> Array2<f64> {
        let mut points = Vec::with_capacity(2 * n);
        points.extend((0..n).flat_map(|_| self.sample(stream)));
        Array2::from_shape_vec((n, 2), points).expect("n points of two coordinates")
    }

    /// Overwrites `points` with independent points: fresh data for a training step.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, random::Streams};
    /// let streams = Streams::new(1, "doc");
    /// let mut points = [[9.0; 2]; 5];
    /// DataLaw::Eight.fill(&mut points, &mut streams.stream(0));
    /// // The points that `points` makes, in memory that is there.
    /// assert_eq!(points.as_flattened(), DataLaw::Eight.points(5, &mut streams.stream(0)).as_slice().unwrap());
    /// ```
    pub fn fill(self, points: &mut [[f64; 2]], stream: &mut Stream) {
        points.fill_with(|| self.sample(stream));
    }

    /// log p(x); −∞ where the density vanishes.
    ///
    /// For the moons, p is the mean over both arcs of (1/π) ∫_0^π N(x; arc(θ), 0.05² I) dθ, by Gauss–Legendre
    /// quadrature to a relative error below 1e-12.
    ///
    /// ```
    /// use sdml::ch3_flows::data::DataLaw;
    /// assert_eq!(DataLaw::Checkerboard.log_density([0.5, 0.5]), -(8f64.ln()));
    /// assert_eq!(DataLaw::Checkerboard.log_density([0.5, 1.5]), f64::NEG_INFINITY);
    /// // The moons are symmetric about (½, ¼).
    /// let [a, b] = [[0.1, 1.02], [0.9, -0.52]].map(|x| DataLaw::Moons.log_density(x));
    /// assert!((a - b).abs() < 1e-12);
    /// ```
    pub fn log_density(self, [x, y]: [f64; 2]) -> f64 {
        match self {
            Self::Eight => {
                let variance = SPREAD * SPREAD;
                let terms: [f64; 8] = std::array::from_fn(|k| {
                    let [a, b] = centre(k as u8);
                    -((x - a).powi(2) + (y - b).powi(2)) / (2.0 * variance)
                });
                log_sum_exp(&terms) - (8.0 * 2.0 * PI * variance).ln()
            }
            Self::Moons => {
                let arcs = [[x, y], [1.0 - x, 0.5 - y]].map(|point| arcs::log_density(point, NOISE));
                log_sum_exp(&arcs) - 2f64.ln()
            }
            Self::Checkerboard => {
                let inside = (-2.0..2.0).contains(&x) && (-2.0..2.0).contains(&y);
                if inside && (x.floor() + y.floor()).rem_euclid(2.0) == 0.0 {
                    -(8f64.ln())
                } else {
                    f64::NEG_INFINITY
                }
            }
        }
    }

    /// The entropy −∫ p log p in nats: log 8 for the checkerboard; for the smooth laws the trapezoidal rule, whose error
    /// is below 1e-8 at these steps.
    ///
    /// ```
    /// use sdml::ch3_flows::data::DataLaw;
    /// // Modes 7.7 standard deviations apart hardly overlap: log 8 plus the entropy of one of them.
    /// let apart = 8f64.ln() + 1.0 + (2.0 * std::f64::consts::PI * 0.04).ln();
    /// let lost = apart - DataLaw::Eight.entropy();
    /// assert!(lost > 0.0 && lost < 1e-3);
    /// ```
    pub fn entropy(self) -> f64 {
        match self {
            Self::Eight => self.quadrature([0.0, 0.0], [3.6, 3.6], 0.025),
            Self::Moons => self.quadrature([0.5, 0.25], [1.9, 1.15], 1.0 / 64.0),
            Self::Checkerboard => 8f64.ln(),
        }
    }

    /// −∫ p log p over the box of half widths `reach` about `centre`, about which p is symmetric.
    fn quadrature(self, centre: [f64; 2], reach: [f64; 2], h: f64) -> f64 {
        let [columns, rows] = reach.map(|reach| (reach / h).ceil() as i32);
        let mut sum = 0.0;
        for row in 0..=rows {
            for column in -columns..=columns {
                let log_p =
                    self.log_density([centre[0] + f64::from(column) * h, centre[1] + f64::from(row) * h]);
                // Rows above the centre stand for their images as well.
                let count = if row == 0 { 1.0 } else { 2.0 };
                sum -= count * log_p.exp() * log_p;
            }
        }
        sum * h * h
    }

    /// The centre and half the width of a square that holds practically all points.
    ///
    /// ```
    /// use sdml::{ch3_flows::data::DataLaw, random::Streams};
    /// let ([x, y], half) = DataLaw::Moons.window();
    /// let points = DataLaw::Moons.points(1000, &mut Streams::new(1, "doc").stream(0));
    /// assert!(points.rows().into_iter().all(|p| (p[0] - x).abs() < half && (p[1] - y).abs() < half));
    /// ```
    pub fn window(self) -> ([f64; 2], f64) {
        match self {
            Self::Eight => ([0.0, 0.0], 3.0),
            Self::Moons => ([0.5, 0.25], 1.8),
            Self::Checkerboard => ([0.0, 0.0], 2.4),
        }
    }
}

/// The mean of −log q over points, one a row, in nats: what is compared with the entropy.
///
/// # Errors
/// No points, points that are not in the plane, or a density of which a logarithm is NaN or +∞. A point where q vanishes
/// makes the mean +∞, which is right and no error.
///
/// ```
/// use sdml::{ch3_flows::data::{DataLaw, negative_log_likelihood}, random::Streams};
/// let points = DataLaw::Checkerboard.points(100, &mut Streams::new(1, "doc").stream(0));
/// let exact = negative_log_likelihood(points.view(), |x| DataLaw::Checkerboard.log_density(x))?;
/// assert!((exact - 8f64.ln()).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn negative_log_likelihood(points: ArrayView2<f64>, log_q: impl Fn([f64; 2]) -> f64) -> Result<f64> {
    let n = at_least("points.nrows()", points.nrows(), 1)?;
    if points.ncols() != 2 {
        return Err(Error::argument("points.ncols()", points.ncols(), "2: points of the plane"));
    }
    let mut sum = 0.0;
    for (step, point) in points.rows().into_iter().enumerate() {
        let value = log_q([point[0], point[1]]);
        if value.is_nan() || value == f64::INFINITY {
            return Err(Error::NotFinite { quantity: "a log-density", value, step });
        }
        sum -= value;
    }
    Ok(sum / n as f64)
}

/// c_k = 2 (cos kπ/4, sin kπ/4).
fn centre(k: u8) -> [f64; 2] {
    let (sin, cos) = (f64::from(k) * FRAC_PI_4).sin_cos();
    [RADIUS * cos, RADIUS * sin]
}

/// log Σ exp(terms), without overflow.
pub(crate) fn log_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        // All of them vanish, or are not numbers.
        return largest + terms.iter().sum::<f64>();
    }
    largest + terms.iter().map(|term| (term - largest).exp()).sum::<f64>().ln()
}
