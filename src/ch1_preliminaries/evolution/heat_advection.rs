//! ∂_t ρ = κ ∂_x² ρ − ∂_x(c(x) ρ) on the circle [0, 2π): heat and advection, two operators that do not commute unless c is
//! constant.
//!
//! ρ is held at n equidistant points and differentiated exactly as a trigonometric polynomial of n modes.

use std::f64::consts::{PI, TAU};

use nalgebra::{DMatrix, DVector};

use crate::error::{at_least, finite, positive, stays_finite};
use crate::{Error, Result};

/// The two generators on a grid.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::HeatAdvection;
/// let flow = HeatAdvection::new(8, 0.1, |x| 2.0 + x.sin())?;
/// // Neither changes ∫ρ: the columns add to 0.
/// for generator in [flow.heat(), flow.advection()] {
///     assert!(generator.column_iter().all(|column| column.sum().abs() < 1e-12));
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HeatAdvection {
    heat: DMatrix<f64>,
    advection: DMatrix<f64>,
}

impl HeatAdvection {
    /// Diffusivity κ > 0 and velocity c(x) on `points` points, an even number.
    ///
    /// # Errors
    /// Fewer than 4 points or an odd number of them, a diffusivity that is not greater than 0, a velocity that is not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::HeatAdvection;
    /// let flow = HeatAdvection::new(16, 0.1, |_| 2.0)?;
    /// let wave = flow.sample(f64::sin);
    /// let slope = flow.advection() * &wave;
    /// assert!((slope + 2.0 * flow.sample(f64::cos)).norm() < 1e-13);
    /// assert!((flow.heat() * &wave + 0.1 * wave).norm() < 1e-13);
    /// assert!(HeatAdvection::new(15, 0.1, |_| 2.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(points: usize, diffusivity: f64, velocity: impl Fn(f64) -> f64) -> Result<Self> {
        let kappa = positive("diffusivity", diffusivity)?;
        if !at_least("points", points, 4)?.is_multiple_of(2) {
            return Err(Error::argument("points", points, "even"));
        }
        let mut speeds = vec![0.0; points];
        for (speed, x) in speeds.iter_mut().zip(grid(points)) {
            *speed = finite("velocity", velocity(x))?;
        }
        let heat = differentiation(points, second_derivative) * kappa;
        let advection = -differentiation(points, first_derivative) * DMatrix::from_diagonal(&speeds.into());
        Ok(Self { heat, advection })
    }

    /// κ ∂_x², n × n.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::HeatAdvection;
    /// let flow = HeatAdvection::new(16, 0.1, |_| 2.0)?;
    /// let wave = flow.sample(|x| (3.0 * x).cos());
    /// // κ ∂_x² cos 3x = −9κ cos 3x.
    /// assert!((flow.heat() * &wave + 0.9 * wave).norm() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn heat(&self) -> &DMatrix<f64> {
        &self.heat
    }

    /// ρ ↦ −∂_x(cρ), n × n.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::HeatAdvection;
    /// // −∂_x(cos x · 1) = sin x.
    /// let flow = HeatAdvection::new(16, 0.1, f64::cos)?;
    /// assert!((flow.advection() * flow.sample(|_| 1.0) - flow.sample(f64::sin)).norm() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn advection(&self) -> &DMatrix<f64> {
        &self.advection
    }

    /// The points 2πj/n, j = 0, …, n − 1.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::HeatAdvection;
    /// use std::f64::consts::PI;
    /// assert_eq!(HeatAdvection::new(4, 0.1, |_| 2.0)?.grid()[..3], [0.0, 0.5 * PI, PI]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn grid(&self) -> Vec<f64> {
        grid(self.heat.nrows()).collect()
    }

    /// A function at the points.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::HeatAdvection;
    /// // The mean over the points is that over the circle: ½ for cos².
    /// let square = HeatAdvection::new(8, 0.1, |_| 2.0)?.sample(|x| x.cos().powi(2));
    /// assert!((square.sum() / 8.0 - 0.5).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, f: impl Fn(f64) -> f64) -> DVector<f64> {
        DVector::from_iterator(self.heat.nrows(), grid(self.heat.nrows()).map(f))
    }
}

/// What heat run backward for a time t does to the wave e^{ikx}: the factor e^{κk²t}. It grows faster in k than anything a
/// norm of ρ could bound, so U(s, t) with s < t exists on a grid only.
///
/// # Errors
/// A diffusivity that is not greater than 0, a time that is not finite, or a factor that overflows.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::backward_growth;
/// assert!(backward_growth(1.0, 15, 0.1)? > 5e9);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn backward_growth(diffusivity: f64, mode: u32, time: f64) -> Result<f64> {
    let growth =
        (positive("diffusivity", diffusivity)? * f64::from(mode).powi(2) * finite("time", time)?).exp();
    stays_finite("growth", [growth], 0)?;
    Ok(growth)
}

fn grid(points: usize) -> impl Iterator<Item = f64> {
    (0..points).map(move |j| TAU * j as f64 / points as f64)
}

/// The circulant matrix whose entry (j, k) is `entry(j − k, points)`.
fn differentiation(points: usize, entry: fn(i32, usize) -> f64) -> DMatrix<f64> {
    DMatrix::from_fn(points, points, |j, k| entry(j as i32 - k as i32, points))
}

/// ½ (−1)^m cot(πm/n), and 0 for m = 0: the derivative of the interpolating polynomial of a unit spike.
// ANCHOR: derivatives
fn first_derivative(m: i32, points: usize) -> f64 {
    let half_angle = PI * f64::from(m) / points as f64;
    if m == 0 { 0.0 } else { 0.5 * sign(m) / half_angle.tan() }
}

/// −½ (−1)^m / sin²(πm/n), and −(n² + 2)/12 for m = 0: its second derivative.
fn second_derivative(m: i32, points: usize) -> f64 {
    let half_angle = PI * f64::from(m) / points as f64;
    if m == 0 { -((points * points + 2) as f64) / 12.0 } else { -0.5 * sign(m) / half_angle.sin().powi(2) }
}
// ANCHOR_END: derivatives

fn sign(m: i32) -> f64 {
    if m % 2 == 0 { 1.0 } else { -1.0 }
}
