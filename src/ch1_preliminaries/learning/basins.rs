//! Section 1.4.3: gradient descent ends in the basin it starts in; SGD may leave it.
//!
//! L(θ) = (θ² − 1)² + tθ is the double well, tilted by t > 0, as the mean of two terms f_±(θ) = (θ² − 1)² + (t ± s)θ.
//! The deeper minimum is the left one. A step of SGD is a step of gradient descent plus a kick ∓hs.

use super::{FiniteSum, Schedule};
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// The tilted double well, split into two terms.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{FiniteSum, TiltedWell};
/// // f_± = L ± 2θ: what the two terms say at θ = 1, where L = L' = ½.
/// let well = TiltedWell::new(0.5, 2.0)?;
/// let mut gradient = [0.0];
/// assert_eq!([0, 1].map(|i| well.add_term(i, &[1.0], 1.0, &mut gradient)), [2.5, -1.5]);
/// assert_eq!(gradient, [2.5 - 1.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TiltedWell {
    tilt: f64,
    kick: f64,
}

impl TiltedWell {
    /// The well with tilt t and kicks s.
    ///
    /// # Errors
    /// A tilt that is not positive or leaves no second minimum, t ≥ 8/√27, or a kick that is not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::TiltedWell;
    /// // 8/√27 = 1.5396…
    /// assert!(TiltedWell::new(1.53, 1.0).is_ok() && TiltedWell::new(1.54, 1.0).is_err());
    /// ```
    pub fn new(tilt: f64, kick: f64) -> Result<Self> {
        positive("tilt", tilt)?;
        if tilt >= 8.0 / 27f64.sqrt() {
            return Err(Error::argument("tilt", tilt, "less than 8/√27, or there is one minimum only"));
        }
        Ok(Self { tilt, kick: positive("kick", kick)? })
    }

    /// L(θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::TiltedWell;
    /// let well = TiltedWell::new(0.5, 1.0)?;
    /// assert_eq!([-1.0, 0.0, 1.0].map(|theta| well.loss(theta)), [-0.5, 1.0, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn loss(&self, theta: f64) -> f64 {
        (theta * theta - 1.0).powi(2) + self.tilt * theta
    }

    /// L'(θ) = 4θ³ − 4θ + t.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::TiltedWell;
    /// let well = TiltedWell::new(0.5, 1.0)?;
    /// assert_eq!([1.0, 0.5].map(|theta| well.slope(theta)), [0.5, -1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn slope(&self, theta: f64) -> f64 {
        4.0 * theta * (theta * theta - 1.0) + self.tilt
    }

    /// The three zeros of L', by the trigonometric form of the cubic's roots: deep minimum, barrier, shallow minimum.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::TiltedWell;
    /// let well = TiltedWell::new(0.5, 1.0)?;
    /// let [deep, barrier, shallow] = well.critical_points();
    /// assert!(deep < barrier && barrier < shallow && well.loss(deep) < well.loss(shallow));
    /// assert!(well.slope(barrier).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn critical_points(&self) -> [f64; 3] {
        let angle = (-self.tilt * 27f64.sqrt() / 8.0).acos() / 3.0;
        [2.0, 1.0, 0.0].map(|k| {
            let third = std::f64::consts::TAU / 3.0;
            // cos(angle − 2π/3) belongs to the middle root, cos(angle − 4π/3) to the left one.
            2.0 / 3f64.sqrt() * (angle - third * k).cos()
        })
    }

    /// The probability that SGD started in each node of a grid lies left of the barrier after `steps` steps.
    ///
    /// Backwards from u_K = 1 left of the barrier and 0 right of it, u_k(θ) = ½ Σ_± u_{k+1}(θ − h_k f_±'(θ)), by linear
    /// interpolation between the nodes. At the node nearest to the barrier u_K is the part of the node's cell on its left.
    ///
    /// # Errors
    /// Fewer than two nodes, an empty interval, or a bad schedule.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Schedule, TiltedWell};
    /// // Kicks of 0.05 · 0.1 never carry anyone out of a well.
    /// let well = TiltedWell::new(0.5, 0.1)?;
    /// let u = well.deep_probability(Schedule::Constant(0.05), 10, [-2.0, 2.0], 401)?;
    /// assert_eq!((u[100], u[300]), ((-1.0, 1.0), (1.0, 0.0)));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: probability
    pub fn deep_probability(
        &self,
        schedule: Schedule,
        steps: usize,
        [low, high]: [f64; 2],
        nodes: usize,
    ) -> Result<Vec<(f64, f64)>> {
        at_least("nodes", nodes, 2)?;
        let schedule = schedule.valid()?;
        let spacing = positive("high - low", finite("high", high)? - low)? / (nodes - 1) as f64;
        let grid: Vec<f64> = (0..nodes).map(|i| low + spacing * i as f64).collect();
        let barrier = self.critical_points()[1];
        let mut u: Vec<f64> = grid.iter().map(|&x| ((barrier - x) / spacing + 0.5).clamp(0.0, 1.0)).collect();
        for k in (0..steps).rev() {
            let h = schedule.rate(k);
            let at = |x: f64| {
                let place = ((x - low) / spacing).clamp(0.0, (nodes - 1) as f64);
                let left = (place as usize).min(nodes - 2);
                u[left] + (place - left as f64) * (u[left + 1] - u[left])
            };
            u = grid
                .iter()
                .map(|&x| {
                    let mean = x - h * self.slope(x);
                    0.5 * (at(mean - h * self.kick) + at(mean + h * self.kick))
                })
                .collect();
        }
        Ok(grid.into_iter().zip(u).collect())
    }
    // ANCHOR_END: probability
}

impl FiniteSum for TiltedWell {
    fn weights(&self) -> &[f64] {
        &[0.5, 0.5]
    }

    fn add_term(&self, i: usize, theta: &[f64], scale: f64, gradient: &mut [f64]) -> f64 {
        let push = if i == 0 { self.kick } else { -self.kick };
        gradient[0] += scale * (self.slope(theta[0]) + push);
        self.loss(theta[0]) + push * theta[0]
    }
}
