//! Straight lines and orders of convergence by least squares, with confidence intervals from Student's t.

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// The line y = `intercept` + `slope` · x fitted by least squares.
///
/// ```
/// use sdml::statistics::{Line, fit_line};
/// // Residuals −1, 2, −1 about y = 1. Student's law with 1 degree of freedom is Cauchy's, with the quartile t = 1.
/// let Line { slope, intercept, half_width } = fit_line(&[0.0, 1.0, 2.0], &[0.0, 3.0, 0.0], 0.5)?;
/// assert!(slope.abs() < 1e-15 && (intercept - 1.0).abs() < 1e-15);
/// assert!((half_width - (6.0f64 / 2.0).sqrt()).abs() < 1e-8);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The slope.
    pub slope: f64,
    /// The value at x = 0.
    pub intercept: f64,
    /// The slope lies within `slope ± half_width` with the confidence asked for.
    pub half_width: f64,
}

/// The order p in error ≈ C hᵖ.
///
/// ```
/// use sdml::statistics::{Order, fit_order};
/// // An exact law 3h² leaves no doubt.
/// let h = [0.1, 0.05, 0.025];
/// let Order { order, constant, half_width } = fit_order(&h, &h.map(|h| 3.0 * h * h), 0.95)?;
/// assert!((order - 2.0).abs() < 1e-12 && (constant - 3.0).abs() < 1e-10 && half_width < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Order {
    /// The fitted order p.
    pub order: f64,
    /// The fitted constant C.
    pub constant: f64,
    /// p lies within `order ± half_width` with the confidence asked for.
    pub half_width: f64,
}

impl Order {
    /// Whether `order` lies in the confidence interval.
    ///
    /// ```
    /// use sdml::statistics::Order;
    /// let fit = Order { order: 0.97, constant: 2.0, half_width: 0.05 };
    /// assert!(fit.contains(1.0) && !fit.contains(0.5));
    /// ```
    pub fn contains(&self, order: f64) -> bool {
        (order - self.order).abs() <= self.half_width
    }
}

/// Fits a line through the points (xᵢ, yᵢ). The interval for the slope is t·√(RSS / ((n − 2) Σ(xᵢ − x̄)²)) with t the
/// quantile of Student's law with n − 2 degrees of freedom; it assumes independent errors of equal size. The quantile is good
/// to six digits for a confidence between 1e-4 and 1 − 1e-6.
///
/// # Errors
/// Fewer than three points, lengths that differ, values that are not finite or whose squares are not, all x equal, or a
/// confidence outside (0, 1).
///
/// ```
/// let line = sdml::statistics::fit_line(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0], 0.95)?;
/// assert!((line.slope - 2.0).abs() < 1e-14 && (line.intercept - 1.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn fit_line(x: &[f64], y: &[f64], confidence: f64) -> Result<Line> {
    let points = at_least("x.len()", x.len(), 3)?;
    if y.len() != points {
        return Err(Error::argument("y.len()", y.len(), format!("x.len() = {points}")));
    }
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::argument("confidence", confidence, "strictly between 0 and 1"));
    }
    for (&x, &y) in x.iter().zip(y) {
        finite("x", x)?;
        finite("y", y)?;
    }
    let n = points as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let s_xx: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
    // The mean of equal numbers may round to another, so that s_xx is not 0.
    if s_xx == 0.0 || x.iter().all(|other| *other == x[0]) {
        return Err(Error::argument("x", format!("{} throughout", x[0]), "at least two different values"));
    }
    let s_xy: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = s_xy / s_xx;
    let intercept = mean_y - slope * mean_x;
    let residuals: f64 = x.iter().zip(y).map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
    finite("the sum of squares of x", s_xx)?;
    finite("the sum of squares of the residuals", residuals)?;
    let freedom = n - 2.0;
    let t = StudentsT::new(0.0, 1.0, freedom)
        .expect("a positive number of degrees of freedom")
        .inverse_cdf(0.5 + 0.5 * confidence);
    Ok(Line { slope, intercept, half_width: t * (residuals / (freedom * s_xx)).sqrt() })
}

/// Fits error ≈ C hᵖ: a line through (log h, log error).
///
/// # Errors
/// As [`fit_line`]; step sizes and errors must be greater than 0.
///
/// ```
/// let h = [0.1, 0.05, 0.025];
/// let fit = sdml::statistics::fit_order(&h, &h.map(|h| 3.0 * h.powi(2)), 0.95)?;
/// assert!((fit.order - 2.0).abs() < 1e-12 && (fit.constant - 3.0).abs() < 1e-10);
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn fit_order(h: &[f64], error: &[f64], confidence: f64) -> Result<Order> {
    let logs = |name, values: &[f64]| -> Result<Vec<f64>> {
        values.iter().map(|&value| Ok(positive(name, value)?.ln())).collect()
    };
    let line = fit_line(&logs("h", h)?, &logs("error", error)?, confidence)?;
    Ok(Order { order: line.slope, constant: line.intercept.exp(), half_width: line.half_width })
}
