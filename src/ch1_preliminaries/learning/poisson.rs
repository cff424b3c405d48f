//! The model problem of Examples 1.20 and 1.21: −u'' = φ on (0, 1) with u(0) = u(1) = 0 and φ(x) = A sin(nπx).
//!
//! The notes' notebook takes n = 2, A = 1; n = 1, A = π² has the solution sin πx. Everything a trained network is
//! compared with is known in closed form, the optimum of the *penalized* energy included.

use std::f64::consts::PI;

use crate::Result;
use crate::error::{at_least, positive};

/// −u'' = A sin(nπx) on (0, 1), u(0) = u(1) = 0.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Poisson;
/// // −u'' = π² sin πx is solved by sin πx.
/// let problem = Poisson::new(1, std::f64::consts::PI.powi(2))?;
/// assert!((problem.solution(0.5) - 1.0).abs() < 1e-15 && problem.solution(1.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Poisson {
    frequency: f64,
    amplitude: f64,
}

/// The minimizer u(x) + a + bx of the penalized energy, for u the solution of the problem itself.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Poisson;
/// let (problem, lambda) = (Poisson::new(2, 1.0)?, 5.0);
/// let least = problem.penalized(lambda)?;
/// // ∂ₙu + 2λu = 0 at the left end; the solution itself has u = 0 there.
/// assert!((2.0 * lambda * least.value(0.0) - least.derivative(0.0)).abs() < 1e-15);
/// assert!((least.value(0.0) - problem.solution(0.0)).abs() > 1e-2);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalized {
    problem: Poisson,
    /// a.
    pub constant: f64,
    /// b.
    pub slope: f64,
}

impl Poisson {
    /// The problem with the load A sin(nπx), n = `waves`.
    ///
    /// # Errors
    /// n = 0 or an amplitude that is not a positive number.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// use std::f64::consts::PI;
    /// let problem = Poisson::new(2, 1.0)?;
    /// assert!((problem.solution(0.25) - 1.0 / (4.0 * PI * PI)).abs() < 1e-17);
    /// // The bias of the penalty at λ = 5 is as large as half the solution.
    /// assert!((problem.penalized(5.0)?.value(0.0) - 1.0 / (24.0 * PI)).abs() < 1e-17);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(waves: usize, amplitude: f64) -> Result<Self> {
        let frequency = PI * at_least("waves", waves, 1)? as f64;
        Ok(Self { frequency, amplitude: positive("amplitude", amplitude)? })
    }

    /// The load φ(x).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// assert_eq!(Poisson::new(2, 3.0)?.load(0.25), 3.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn load(&self, x: f64) -> f64 {
        self.amplitude * (self.frequency * x).sin()
    }

    /// The solution u(x) = A sin(nπx)/(nπ)².
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// // 8/(2π)² at the top of the wave.
    /// let problem = Poisson::new(2, 8.0)?;
    /// assert!((problem.solution(0.25) - 2.0 / std::f64::consts::PI.powi(2)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn solution(&self, x: f64) -> f64 {
        self.load(x) / self.frequency.powi(2)
    }

    /// u'(x).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// let problem = Poisson::new(2, 8.0)?;
    /// assert!((problem.slope(0.0) - 4.0 / std::f64::consts::PI).abs() < 1e-15);
    /// assert!(problem.slope(0.25).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn slope(&self, x: f64) -> f64 {
        self.amplitude * (self.frequency * x).cos() / self.frequency
    }

    /// The least energy ½∫u'² − ∫uφ = −½∫uφ over functions that vanish at the ends: −A²/(4(nπ)²).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// // With u = sin πx: −½ ∫ π² sin² πx = −π²/4.
    /// let pi_squared = std::f64::consts::PI.powi(2);
    /// assert!((Poisson::new(1, pi_squared)?.energy() + pi_squared / 4.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn energy(&self) -> f64 {
        -(self.amplitude / self.frequency).powi(2) / 4.0
    }

    /// The minimizer of ½∫u'² − ∫uφ + λ(u(0)² + u(1)²) over all functions.
    ///
    /// It solves −u'' = φ with ∂ₙu + 2λu = 0 at the ends, where ∂ₙ is the outward derivative. Put u + a + bx there:
    /// 2λa − b = u'(0) and 2λ(a + b) + b = −u'(1).
    ///
    /// # Errors
    /// λ not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// let problem = Poisson::new(2, 1.0)?;
    /// // The bias goes like 1/λ.
    /// let bias = |lambda| problem.penalized(lambda).map(|least| least.value(0.0));
    /// assert!((bias(100.0)? / bias(200.0)? - 2.0).abs() < 0.02);
    /// assert!(bias(0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: penalized
    pub fn penalized(&self, lambda: f64) -> Result<Penalized> {
        positive("lambda", lambda)?;
        let (left, right) = (self.slope(0.0), self.slope(1.0));
        let slope = -(left + right) / (2.0 + 2.0 * lambda);
        // (u'(0) + b)/(2λ), where a small λ would leave nothing of the sum but rounding.
        let constant = ((left - right) / (2.0 * lambda) + left) / (2.0 + 2.0 * lambda);
        Ok(Penalized { problem: *self, constant, slope })
    }
    // ANCHOR_END: penalized
}

impl Penalized {
    /// The minimizer in x.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// let problem = Poisson::new(2, 1.0)?;
    /// let least = problem.penalized(5.0)?;
    /// assert_eq!(least.value(0.5), problem.solution(0.5) + least.constant + 0.5 * least.slope);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn value(&self, x: f64) -> f64 {
        self.problem.solution(x) + self.constant + self.slope * x
    }

    /// Its derivative in x.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// // At the right end the condition is u' + 2λu = 0.
    /// let least = Poisson::new(2, 1.0)?.penalized(5.0)?;
    /// assert!((least.derivative(1.0) + 10.0 * least.value(1.0)).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn derivative(&self, x: f64) -> f64 {
        self.problem.slope(x) + self.slope
    }

    /// The least penalized energy, again −½∫uφ: what a trained network can reach and not pass.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Poisson;
    /// use std::f64::consts::PI;
    /// let lambda = 500.0;
    /// let energy = Poisson::new(1, PI * PI)?.penalized(lambda)?.energy();
    /// assert!((energy + PI * PI / 4.0 + PI * PI / (2.0 * lambda)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn energy(&self) -> f64 {
        let Poisson { frequency, amplitude } = self.problem;
        // ∫φ and ∫xφ.
        let mass = amplitude * (1.0 - frequency.cos()) / frequency;
        let moment = -amplitude * frequency.cos() / frequency;
        self.problem.energy() - 0.5 * (self.constant * mass + self.slope * moment)
    }
}
