//! Boltzmann generators (Noé and others 2019): samples of a flow q, weighted by w = e^{−U}/q, are samples of e^{−U}/Z, and
//! the mean weight is Z, whatever the flow has learned.

use ndarray::ArrayView2;

use super::Potential;
use crate::ch3_flows::data::log_sum_exp;
use crate::error::{at_least, finite};
use crate::statistics::Estimate;
use crate::{Error, Result};

/// Weighted samples.
///
/// ```
/// use sdml::ch3_flows::coupling::Reweighting;
/// // Three weights 1 and one 2: (Σw)²/Σw² = 25/7.
/// let weights = Reweighting::new(vec![0.0, 0.0, 0.0, 2f64.ln()])?;
/// assert!((weights.effective_size() - 25.0 / 7.0).abs() < 1e-12);
/// assert!((weights.log_normalizer().mean - 1.25f64.ln()).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Reweighting {
    log_weights: Vec<f64>,
}

impl Reweighting {
    /// From the logarithms of the weights.
    ///
    /// # Errors
    /// No weights, one that is NaN or +∞, or none that is not 0.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Reweighting;
    /// let zero = f64::NEG_INFINITY;
    /// assert!(Reweighting::new(vec![0.0, zero]).is_ok());
    /// assert!(Reweighting::new(vec![zero, zero]).is_err() && Reweighting::new(vec![f64::NAN]).is_err());
    /// ```
    pub fn new(log_weights: Vec<f64>) -> Result<Self> {
        at_least("log_weights.len()", log_weights.len(), 1)?;
        match log_weights.iter().find(|w| w.is_nan() || **w == f64::INFINITY) {
            Some(w) => Err(Error::argument("log_weights", w, "finite, or −∞ for a weight of 0")),
            None if log_weights.iter().all(|w| *w == f64::NEG_INFINITY) => {
                Err(Error::argument("log_weights", "−∞ throughout", "at least one weight that is not 0"))
            }
            None => Ok(Self { log_weights }),
        }
    }

    /// The weights of points `x`, one a row, that were drawn with the log-densities `log_q`.
    ///
    /// # Errors
    /// Lengths or dimensions that do not fit, or as [`Reweighting::new`].
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::{Reweighting, Well};
    /// // U = 0 and U = 9 + 2, drawn with q = 1 and q = e^{−11}: equal weights.
    /// let x = ndarray::array![[1.0, 0.0], [2.0, 2.0]];
    /// let weights = Reweighting::of(&Well::new(1.0)?, x.view(), &[0.0, -11.0])?;
    /// assert!(weights.normalized().iter().all(|w| (w - 0.5).abs() < 1e-15));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: weights
    pub fn of(potential: &impl Potential, x: ArrayView2<f64>, log_q: &[f64]) -> Result<Self> {
        if x.nrows() != log_q.len() || x.ncols() != potential.dimension() {
            let allowed = format!("{} × {}", log_q.len(), potential.dimension());
            return Err(Error::argument("x.dim()", format!("{:?}", x.dim()), allowed));
        }
        let mut gradient = vec![0.0; potential.dimension()];
        let rows = x.rows().into_iter().zip(log_q);
        Self::new(rows.map(|(x, log_q)| -potential.value(&x.to_vec(), &mut gradient) - log_q).collect())
    }
    // ANCHOR_END: weights

    /// The weights, scaled to the sum 1.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Reweighting;
    /// // Weights 1 and 3, however large both are.
    /// let weights = Reweighting::new(vec![1000.0, 1000.0 + 3f64.ln()])?.normalized();
    /// assert!((weights[0] - 0.25).abs() < 1e-12 && (weights[1] - 0.75).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn normalized(&self) -> Vec<f64> {
        let total = log_sum_exp(&self.log_weights);
        self.log_weights.iter().map(|w| (w - total).exp()).collect()
    }

    /// Kish's effective sample size (Σ w)²/Σ w²: how many samples of the target these are worth.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Reweighting;
    /// // Equal weights are worth their number, one that outweighs all others is worth itself.
    /// assert!((Reweighting::new(vec![5.0; 8])?.effective_size() - 8.0).abs() < 1e-12);
    /// assert!((Reweighting::new(vec![900.0, 0.0, 0.0])?.effective_size() - 1.0).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn effective_size(&self) -> f64 {
        1.0 / self.normalized().iter().map(|w| w * w).sum::<f64>()
    }

    /// log Z as the logarithm of the mean weight, with its standard error by the delta method.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Reweighting;
    /// // The weights 1 and 3 have the mean 2 and the relative variance ¼, of which half is left in the mean.
    /// let estimate = Reweighting::new(vec![0.0, 3f64.ln()])?.log_normalizer();
    /// assert!((estimate.mean - 2f64.ln()).abs() < 1e-15);
    /// assert!((estimate.standard_error - 0.125f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_normalizer(&self) -> Estimate {
        let n = self.log_weights.len() as f64;
        let mean = log_sum_exp(&self.log_weights) - n.ln();
        let relative = (n / self.effective_size() - 1.0).max(0.0);
        Estimate { mean, standard_error: (relative / n).sqrt(), count: self.log_weights.len() as u64 }
    }

    /// E g(X) under the target, for the `values` g(xᵢ), with the standard error of a ratio.
    ///
    /// # Errors
    /// Not as many values as weights, or values that are not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::coupling::Reweighting;
    /// let weights = Reweighting::new(vec![0.0, 3f64.ln()])?;
    /// assert!((weights.expectation(&[0.0, 1.0])?.mean - 0.75).abs() < 1e-15);
    /// assert!(weights.expectation(&[0.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: expectation
    pub fn expectation(&self, values: &[f64]) -> Result<Estimate> {
        let w = self.normalized();
        if values.len() != w.len() {
            return Err(Error::argument("values.len()", values.len(), format!("{}", w.len())));
        }
        for &value in values {
            finite("values", value)?;
        }
        let mean: f64 = w.iter().zip(values).map(|(w, g)| w * g).sum();
        let variance: f64 = w.iter().zip(values).map(|(w, g)| (w * (g - mean)).powi(2)).sum();
        Ok(Estimate { mean, standard_error: variance.sqrt(), count: w.len() as u64 })
    }
    // ANCHOR_END: expectation
}
