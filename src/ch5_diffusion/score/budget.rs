//! Where the error of a diffusion model comes from: the prior is not p_T, the score is not exact, steps are finite, and so
//! is the number of points. In the Gaussian case each source can be switched off, and each of the sixteen errors is known.

use super::gaussian::{GaussianCase, Normal, ScoreError};
use super::reverse::{Method, check_grid};
use crate::Result;
use crate::error::at_least;

/// The sources of error that are there.
///
/// ```
/// use sdml::ch5_diffusion::score::{Budget, GaussianCase, Method, Normal, ScoreError, Sources};
/// // Data N(0, 1), h = 0 and a score that is ε too high: dY = ε dt moves the law by εT.
/// let case = GaussianCase::new(Normal::STANDARD, ScoreError { offset: 0.1, ..ScoreError::NONE })?;
/// let budget = Budget { case, h: 0.0, times: vec![2.0, 1.0, 0.0], method: Method::Euler, points: 100 };
/// let score = Sources { score: true, ..Sources::NONE };
/// assert!((budget.squared_error(score)? - 0.2f64.powi(2)).abs() < 1e-12);
/// assert_eq!(Sources::alone()[1], score);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sources {
    /// Y(0) ~ N(0, 1) and not p_T.
    pub prior: bool,
    /// The score has its error.
    pub score: bool,
    /// The equation is solved in steps and not exactly.
    pub steps: bool,
    /// The law is known from N points and not exactly.
    pub points: bool,
}

impl Sources {
    /// All of them.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Sources;
    /// assert_eq!(Sources::ALL, Sources { points: true, ..Sources::all_but_one()[3] });
    /// ```
    pub const ALL: Self = Self { prior: true, score: true, steps: true, points: true };
    /// None.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Sources;
    /// assert_eq!(Sources::NONE, Sources { points: false, ..Sources::alone()[3] });
    /// ```
    pub const NONE: Self = Self { prior: false, score: false, steps: false, points: false };

    /// Each of them alone.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Sources;
    /// let count = |s: Sources| [s.prior, s.score, s.steps, s.points].into_iter().filter(|there| *there).count();
    /// assert_eq!(Sources::alone().map(count), [1; 4]);
    /// ```
    pub fn alone() -> [Self; 4] {
        [
            Self { prior: true, ..Self::NONE },
            Self { score: true, ..Self::NONE },
            Self { steps: true, ..Self::NONE },
            Self { points: true, ..Self::NONE },
        ]
    }

    /// All but one, in the same order.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::Sources;
    /// // Each with the one that is alone makes all.
    /// let [prior, ..] = Sources::all_but_one();
    /// assert_eq!(Sources { prior: true, ..prior }, Sources::ALL);
    /// assert!(!prior.prior && prior.score);
    /// ```
    pub fn all_but_one() -> [Self; 4] {
        [
            Self { prior: false, ..Self::ALL },
            Self { score: false, ..Self::ALL },
            Self { steps: false, ..Self::ALL },
            Self { points: false, ..Self::ALL },
        ]
    }
}

/// A diffusion model of normal data.
///
/// ```
/// use sdml::ch5_diffusion::score::{Budget, GaussianCase, Method, Normal, ScoreError, Sources, descending_times};
/// let case = GaussianCase::new(Normal::new(1.0, 0.25)?, ScoreError { offset: 0.1, ..ScoreError::NONE })?;
/// let times = descending_times(2.0, 0.0, 50, 2.0)?;
/// let budget = Budget { case, h: 1.0, times, method: Method::Euler, points: 1000 };
/// assert!(budget.squared_error(Sources::NONE)?.abs() < 1e-12);
/// assert!(budget.squared_error(Sources::ALL)? > 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Data and score.
    pub case: GaussianCase,
    /// The noise h of the reverse equation.
    pub h: f64,
    /// Its falling times, from T to 0.
    pub times: Vec<f64>,
    /// How its steps are made.
    pub method: Method,
    /// N.
    pub points: usize,
}

impl Budget {
    /// The law of the model's points when only some sources of error are there.
    ///
    /// # Errors
    /// As [`GaussianCase::stepped`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{Budget, GaussianCase, Method, Normal, ScoreError, Sources};
    /// // Without any error the model's law is that of the data.
    /// let case = GaussianCase::new(Normal::new(1.0, 0.25)?, ScoreError::NONE)?;
    /// let budget = Budget { case, h: 1.0, times: vec![2.0, 1.0, 0.0], method: Method::Euler, points: 100 };
    /// let law = budget.law(Sources::NONE)?;
    /// assert!((law.mean - 1.0).abs() < 1e-12 && (law.variance - 0.25).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: law
    pub fn law(&self, sources: Sources) -> Result<Normal> {
        // Whatever the sources, the same is refused.
        check_grid(self.h, &self.times)?;
        self.method.check(self.h)?;
        let case =
            if sources.score { self.case } else { GaussianCase::new(self.case.data(), ScoreError::NONE)? };
        let horizon = self.times[0];
        let start = if sources.prior { Normal::STANDARD } else { case.law(horizon) };
        if sources.steps {
            case.stepped(self.method, self.h, &self.times, start)
        } else {
            case.reversed(self.h, horizon, start)
        }
    }
    // ANCHOR_END: law

    /// E W₂²(N(x̄, s²), data) for the mean x̄ and the standard deviation s of N points of the law N(μ̂, v̂), or of the law
    /// itself: (μ̂ − m)² + (√v̂ − √v_0)² and, from the points, v̂/N + 2 √(v̂ v_0) (1 − c₄(N)), where E s = c₄(N) √v̂.
    ///
    /// # Errors
    /// As [`Self::law`]; fewer than two points.
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{Budget, GaussianCase, Method, Normal, ScoreError, Sources};
    /// // Two points of N(0, 1): 1/2 + 2 (1 − c₄) with c₄(2) = √(2/π).
    /// let case = GaussianCase::new(Normal::STANDARD, ScoreError::NONE)?;
    /// let budget = Budget { case, h: 0.0, times: vec![2.0, 1.0, 0.0], method: Method::Euler, points: 2 };
    /// let error = budget.squared_error(Sources { points: true, ..Sources::NONE })?;
    /// assert!((error - 0.5 - 2.0 * (1.0 - (2.0 / std::f64::consts::PI).sqrt())).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: squared_error
    pub fn squared_error(&self, sources: Sources) -> Result<f64> {
        let (law, data) = (self.law(sources)?, self.case.data());
        let deterministic = law.distance(&data).powi(2);
        if !sources.points {
            return Ok(deterministic);
        }
        let n = at_least("points", self.points, 2)? as f64;
        let bias = -log_c4(n).exp_m1();
        Ok(deterministic + law.variance / n + 2.0 * (law.variance * data.variance).sqrt() * bias)
    }
    // ANCHOR_END: squared_error

    /// What is left of the total when the errors of the four sources, each alone, are taken away.
    ///
    /// # Errors
    /// As [`Self::squared_error`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::score::{Budget, GaussianCase, Method, Normal, ScoreError};
    /// // For data N(0, 1) prior, score and steps are exact, and the points have nothing to meet.
    /// let case = GaussianCase::new(Normal::STANDARD, ScoreError::NONE)?;
    /// let budget = Budget { case, h: 0.0, times: vec![2.0, 1.0, 0.0], method: Method::Euler, points: 100 };
    /// assert!(budget.interaction()?.abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn interaction(&self) -> Result<f64> {
        let alone = Sources::alone().map(|sources| self.squared_error(sources));
        alone.into_iter().try_fold(self.squared_error(Sources::ALL)?, |rest, part| Ok(rest - part?))
    }
}

/// log c₄(n), c₄ = √(2/(n − 1)) Γ(n/2)/Γ((n − 1)/2), for large n by its asymptotic series: the logarithms of Γ, which grow
/// like n log n, would leave nothing of a difference like 1/(4n).
fn log_c4(n: f64) -> f64 {
    if n > 60.0 {
        let r = 1.0 / (n - 1.0);
        return r * (-1.0 / 4.0 + r * r * (1.0 / 24.0 + r * r * (-1.0 / 20.0 + r * r * (17.0 / 112.0))));
    }
    0.5 * (2.0 / (n - 1.0)).ln() + libm::lgamma(0.5 * n) - libm::lgamma(0.5 * (n - 1.0))
}
