//! A straight line through the stopping distances of cars: a posterior law known in closed form.
//!
//! vᵢ = a + b uᵢ + σ εᵢ, εᵢ ~ N(0, 1), with the prior density constant in (a, b, ln σ), which is not a probability density. Up to a factor
//! the posterior of (a, b, ℓ = ln σ) is
//!
//! q = e^{−nℓ} exp(−½ e^{−2ℓ} Σ (vᵢ − a − b uᵢ)²).

use crate::ch4_langevin::sampler::Potential;
use crate::error::{at_least, finite};
use crate::{Error, Result};

/// Speed in miles per hour and stopping distance in feet of 50 cars, recorded in the 1920s.
///
/// Source: M. Ezekiel, *Methods of Correlation Analysis*, Wiley, 1930; the data set `cars` of the language R.
///
/// ```
/// use sdml::ch4_langevin::posterior::CARS;
/// // The published means: 15.4 miles per hour and 42.98 feet.
/// assert_eq!(CARS.iter().map(|car| car.0).sum::<f64>() / 50.0, 15.4);
/// assert_eq!(CARS.iter().map(|car| car.1).sum::<f64>() / 50.0, 42.98);
/// ```
pub const CARS: [(f64, f64); 50] = [
    (4.0, 2.0),
    (4.0, 10.0),
    (7.0, 4.0),
    (7.0, 22.0),
    (8.0, 16.0),
    (9.0, 10.0),
    (10.0, 18.0),
    (10.0, 26.0),
    (10.0, 34.0),
    (11.0, 17.0),
    (11.0, 28.0),
    (12.0, 14.0),
    (12.0, 20.0),
    (12.0, 24.0),
    (12.0, 28.0),
    (13.0, 26.0),
    (13.0, 34.0),
    (13.0, 34.0),
    (13.0, 46.0),
    (14.0, 26.0),
    (14.0, 36.0),
    (14.0, 60.0),
    (14.0, 80.0),
    (15.0, 20.0),
    (15.0, 26.0),
    (15.0, 54.0),
    (16.0, 32.0),
    (16.0, 40.0),
    (17.0, 32.0),
    (17.0, 40.0),
    (17.0, 50.0),
    (18.0, 42.0),
    (18.0, 56.0),
    (18.0, 76.0),
    (18.0, 84.0),
    (19.0, 36.0),
    (19.0, 46.0),
    (19.0, 68.0),
    (20.0, 32.0),
    (20.0, 48.0),
    (20.0, 52.0),
    (20.0, 56.0),
    (20.0, 64.0),
    (22.0, 66.0),
    (23.0, 54.0),
    (24.0, 70.0),
    (24.0, 92.0),
    (24.0, 93.0),
    (24.0, 120.0),
    (25.0, 85.0),
];

/// The posterior of a straight line, in standardized units: u and v have mean 0 and variance 1, so that the three
/// parameters are spread alike and one step size suits them all.
///
/// ```
/// use sdml::ch4_langevin::{posterior::{CARS, StraightLine}, sampler::Potential};
/// // At the line of least squares neither intercept nor slope pulls.
/// let line = StraightLine::new(&CARS)?;
/// let mut gradient = [1.0; 3];
/// line.gradient(&[0.0, line.correlation(), 0.0], &mut gradient);
/// assert!(gradient[0].abs() < 1e-11 && gradient[1].abs() < 1e-11);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StraightLine {
    data: Vec<(f64, f64)>,
    middle: [f64; 2],
    scale: [f64; 2],
}

impl StraightLine {
    /// The posterior given points (x, y).
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{CARS, StraightLine};
    /// let line = StraightLine::new(&CARS)?;
    /// // Least squares, as published: y = −17.58 + 3.93 x.
    /// let [a, b, _] = line.means();
    /// assert!((a + 17.579).abs() < 1e-3 && (b - 3.932).abs() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than five points (the mean of σ² is infinite), numbers that are not finite, all x or all y equal, or points exactly on a
    /// line: q has no finite integral then.
    pub fn new(points: &[(f64, f64)]) -> Result<Self> {
        let n = at_least("points.len()", points.len(), 5)? as f64;
        let standard = |name, values: Vec<f64>| -> Result<[f64; 2]> {
            for &value in &values {
                finite(name, value)?;
            }
            let middle = values.iter().sum::<f64>() / n;
            let scale = (values.iter().map(|x| (x - middle).powi(2)).sum::<f64>() / n).sqrt();
            // Equal values may have a mean that is not one of them, and then a scale.
            if scale > 0.0 && values.iter().any(|value| *value != values[0]) {
                Ok([middle, scale])
            } else {
                Err(Error::argument(name, "constant", "at least two different values"))
            }
        };
        let [x, y] = [
            standard("points.x", points.iter().map(|point| point.0).collect())?,
            standard("points.y", points.iter().map(|point| point.1).collect())?,
        ];
        let data = points.iter().map(|point| ((point.0 - x[0]) / x[1], (point.1 - y[0]) / y[1])).collect();
        let line = Self { data, middle: [x[0], y[0]], scale: [x[1], y[1]] };
        let correlation = line.correlation();
        if 1.0 - correlation * correlation < 1e-12 {
            let allowed = "not all on one line: σ = 0 would have infinite posterior weight";
            return Err(Error::argument("points", format!("of correlation {correlation}"), allowed));
        }
        Ok(line)
    }

    /// (a, b, ℓ) in standardized units as intercept, slope and σ² in the units of the points.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::StraightLine;
    /// // Standardized, the line of slope 1 through 0. In the points' units it goes through their middle (0, 1), and
    /// // its slope is the ratio of their deviations √(14/5) and √2.
    /// let line = StraightLine::new(&[(-2.0, -1.0), (-1.0, 0.0), (0.0, 3.0), (1.0, 0.0), (2.0, 3.0)])?;
    /// let [intercept, slope, variance] = line.in_units([0.0, 1.0, 0.0]);
    /// assert!((intercept - 1.0).abs() < 1e-14 && (slope - (14.0f64 / 5.0).sqrt() / 2f64.sqrt()).abs() < 1e-14);
    /// assert!((variance - 14.0 / 5.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn in_units(&self, [a, b, l]: [f64; 3]) -> [f64; 3] {
        let slope = b * self.scale[1] / self.scale[0];
        let intercept = self.middle[1] + self.scale[1] * a - slope * self.middle[0];
        [intercept, slope, (self.scale[1] * l.exp()).powi(2)]
    }

    /// The posterior means of intercept, slope and σ², in closed form: the line of least squares, and RSS/(n − 4).
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::StraightLine;
    /// // About x the y are 1 + 4x/5 with the residuals −2/5, −1/5, 2, −9/5, 2/5: RSS = 7.6, over n − 4 = 1.
    /// let line = StraightLine::new(&[(-2.0, -1.0), (-1.0, 0.0), (0.0, 3.0), (1.0, 0.0), (2.0, 3.0)])?;
    /// let [intercept, slope, variance] = line.means();
    /// assert!((intercept - 1.0).abs() < 1e-13 && (slope - 0.8).abs() < 1e-13 && (variance - 7.6).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: means
    pub fn means(&self) -> [f64; 3] {
        let (n, r) = (self.data.len() as f64, self.correlation());
        let variance = n * (1.0 - r * r) / (n - 4.0);
        self.in_units([0.0, r, 0.5 * variance.ln()])
    }
    // ANCHOR_END: means

    /// The coefficient of correlation.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::StraightLine;
    /// // Σ xy = 8, Σ x² = 10, Σ (y − 1)² = 14.
    /// let line = StraightLine::new(&[(-2.0, -1.0), (-1.0, 0.0), (0.0, 3.0), (1.0, 0.0), (2.0, 3.0)])?;
    /// assert!((line.correlation() - 8.0 / 140f64.sqrt()).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn correlation(&self) -> f64 {
        self.data.iter().map(|(u, v)| u * v).sum::<f64>() / self.data.len() as f64
    }
}

/// U = −ln q at (a, b, ℓ), in standardized units.
impl Potential for StraightLine {
    fn dimension(&self) -> usize {
        3
    }

    // ANCHOR: potential
    fn value(&self, x: &[f64]) -> f64 {
        let [a, b, l] = [x[0], x[1], x[2]];
        let squares: f64 = self.data.iter().map(|(u, v)| (v - a - b * u).powi(2)).sum();
        self.data.len() as f64 * l + 0.5 * (-2.0 * l).exp() * squares
    }
    // ANCHOR_END: potential

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let [a, b, l] = [x[0], x[1], x[2]];
        let precision = (-2.0 * l).exp();
        gradient.copy_from_slice(&[0.0, 0.0, self.data.len() as f64]);
        for (u, v) in &self.data {
            let residual = v - a - b * u;
            gradient[0] -= precision * residual;
            gradient[1] -= precision * residual * u;
            gradient[2] -= precision * residual * residual;
        }
    }
}
