//! The eight schools (Rubin 1981): a hierarchical model whose posterior has the shape of a funnel.
//!
//! School j reports the effect yⱼ of coaching with a known standard error σⱼ. The true effects θⱼ differ from school to school:
//!
//! yⱼ ~ N(θⱼ, σⱼ²),  θⱼ ~ N(μ, τ²),  μ ~ N(0, 5²),  τ ~ Cauchy(0, 5) on τ > 0.
//!
//! In the *centered* coordinates (μ/5, ln τ, θ/5) the θⱼ are confined to a strip of width τ about μ, which narrows to nothing as
//! τ → 0. In the *non-centered* ones (μ/5, ln τ, z) with θⱼ = μ + τ zⱼ the zⱼ are standard normal whatever τ is, and the data
//! only nudge them (Papaspiliopoulos, Roberts and Sköld 2007).

use crate::Result;
use crate::ch4_langevin::sampler::Potential;
use crate::error::{at_least, finite, positive};

/// An effect of coaching on a test score, and its standard error.
///
/// ```
/// use sdml::ch4_langevin::posterior::{Coordinates, EightSchools, School};
/// // Schools without an effect: by symmetry E μ = E θⱼ = 0.
/// let schools = [School { effect: 0.0, error: 10.0 }; 8];
/// let means = EightSchools::new(schools, Coordinates::Centered)?.means(200)?;
/// assert_eq!((means.mu, means.theta), (0.0, [0.0; 8]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct School {
    /// y, in points.
    pub effect: f64,
    /// σ, in points.
    pub error: f64,
}

const fn school(effect: f64, error: f64) -> School {
    School { effect, error }
}

/// The schools A to H.
///
/// Source: D. B. Rubin, *Estimation in parallel randomized experiments*, Journal of Educational Statistics 6 (1981), 377–401.
///
/// ```
/// use sdml::ch4_langevin::posterior::EIGHT_SCHOOLS;
/// // If all had the same effect, the estimate would be 7.7 with the standard error 4.1.
/// let weights = EIGHT_SCHOOLS.map(|school| school.error.powi(-2));
/// let total: f64 = weights.iter().sum();
/// let mean = EIGHT_SCHOOLS.iter().zip(weights).map(|(school, w)| w * school.effect).sum::<f64>() / total;
/// assert!((mean - 7.7).abs() < 0.05 && (1.0 / total.sqrt() - 4.1).abs() < 0.05);
/// ```
pub const EIGHT_SCHOOLS: [School; 8] = [
    school(28.0, 15.0),
    school(8.0, 10.0),
    school(-3.0, 16.0),
    school(7.0, 11.0),
    school(-1.0, 9.0),
    school(1.0, 11.0),
    school(18.0, 10.0),
    school(12.0, 18.0),
];

/// The prior scale of μ and of τ, in points; also the unit of the coordinates.
const SCALE: f64 = 5.0;

/// In which coordinates the posterior is written.
///
/// ```
/// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
/// // μ = 5 and τ = 1; the other coordinates are 2.
/// let mut x = [2.0; 10];
/// x[..2].copy_from_slice(&[1.0, 0.0]);
/// let model = |coordinates| EightSchools::new(EIGHT_SCHOOLS, coordinates);
/// assert_eq!(model(Coordinates::Centered)?.effects(&x), [5.0 * 2.0; 8]);
/// assert_eq!(model(Coordinates::NonCentered)?.effects(&x), [5.0 + 2.0; 8]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinates {
    /// (μ/5, ln τ, θ/5).
    Centered,
    /// (μ/5, ln τ, z), θ = μ + τz.
    NonCentered,
}

/// The posterior of the model, a density in ten coordinates known up to a factor.
///
/// ```
/// use sdml::ch4_langevin::{posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools}, sampler::Potential};
/// let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::NonCentered)?;
/// // The gradient against a central difference in ln τ.
/// let (x, mut gradient) = ([0.3; 10], [0.0; 10]);
/// model.gradient(&x, &mut gradient);
/// let at = |shift: f64| {
///     let mut x = x;
///     x[1] += shift;
///     model.value(&x)
/// };
/// assert!(((at(1e-5) - at(-1e-5)) / 2e-5 - gradient[1]).abs() < 1e-7);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EightSchools {
    schools: [School; 8],
    coordinates: Coordinates,
}

/// Posterior means, in points; ln τ is τ's logarithm with τ in points.
///
/// ```
/// use sdml::ch4_langevin::posterior::{Coordinates, EightSchools, School};
/// // Where the reports are almost exact, the effects are what they say; those of opposite sign leave E μ = 0.
/// let effects = [-10.0, 10.0, -10.0, 10.0, -10.0, 10.0, -10.0, 10.0];
/// let schools = effects.map(|effect| School { effect, error: 0.01 });
/// let means = EightSchools::new(schools, Coordinates::Centered)?.means(200)?;
/// assert!(means.theta.iter().zip(schools).all(|(theta, school)| (theta - school.effect).abs() < 1e-3));
/// assert!(means.mu.abs() < 1e-9 && means.log_tau < means.tau.ln());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SchoolMeans {
    /// E μ.
    pub mu: f64,
    /// E τ.
    pub tau: f64,
    /// E ln τ.
    pub log_tau: f64,
    /// E θⱼ.
    pub theta: [f64; 8],
}

impl EightSchools {
    /// The posterior given eight schools.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
    /// use sdml::ch4_langevin::sampler::Potential;
    /// let [centered, other] = [Coordinates::Centered, Coordinates::NonCentered]
    ///     .map(|coordinates| EightSchools::new(EIGHT_SCHOOLS, coordinates).unwrap());
    /// // μ = 0 and τ = 1: the same θ in either coordinates, and a density that differs by a constant factor.
    /// let differ = |theta: f64| {
    ///     let (mut x, mut z) = ([0.0; 10], [0.0; 10]);
    ///     x[2..].fill(theta / 5.0);
    ///     z[2..].fill(theta);
    ///     centered.value(&x) - other.value(&z)
    /// };
    /// assert!((differ(1.0) - differ(3.0)).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// Effects that are not finite or standard errors that are not positive.
    pub fn new(schools: [School; 8], coordinates: Coordinates) -> Result<Self> {
        for school in schools {
            finite("effect", school.effect)?;
            positive("error", school.error)?;
        }
        Ok(Self { schools, coordinates })
    }

    /// The effects θ, in points.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
    /// // Non-centered with ln τ = ln 2: θ = 5x₀ + 2xⱼ. Centered: θ = 5xⱼ.
    /// let mut x = [1.0; 10];
    /// x[1] = 2f64.ln();
    /// let effects = |coordinates| EightSchools::new(EIGHT_SCHOOLS, coordinates).map(|model| model.effects(&x));
    /// assert!(effects(Coordinates::NonCentered)?.iter().all(|theta| (theta - 7.0).abs() < 1e-14));
    /// assert_eq!(effects(Coordinates::Centered)?, [5.0; 8]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn effects(&self, x: &[f64]) -> [f64; 8] {
        std::array::from_fn(|j| match self.coordinates {
            Coordinates::Centered => SCALE * x[2 + j],
            Coordinates::NonCentered => SCALE * x[0] + x[1].exp() * x[2 + j],
        })
    }

    /// (μ, τ, ln τ), in points.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
    /// let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::Centered)?;
    /// let mut x = [0.0; 10];
    /// x[0] = 2.0;
    /// // μ is counted in units of 5 points, τ by its logarithm.
    /// assert_eq!(model.hyperparameters(&x), [10.0, 1.0, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn hyperparameters(&self, x: &[f64]) -> [f64; 3] {
        [SCALE * x[0], x[1].exp(), x[1]]
    }

    /// The logarithm of the posterior density of ln τ up to a constant, and the means of μ and the θⱼ given τ: with τ known all laws
    /// are normal.
    fn given(&self, log_tau: f64) -> (f64, f64, [f64; 8]) {
        let tau = log_tau.exp();
        let spreads = self.schools.map(|school| school.error.hypot(tau));
        // Weights over the largest there can be, and squares about μ: nothing overflows, and nothing large cancels.
        let least = spreads.iter().copied().fold(SCALE, f64::min);
        let weights = spreads.map(|spread| (least / spread).powi(2));
        let total = (least / SCALE).powi(2) + weights.iter().sum::<f64>();
        let weighted = |(school, weight): (&School, &f64)| school.effect * weight;
        let mu = self.schools.iter().zip(&weights).map(weighted).sum::<f64>() / total;
        let mut log_density = log_tau - 2.0 * (tau / SCALE).hypot(1.0).ln();
        log_density -= 0.5 * ((mu / SCALE).powi(2) + total.ln()) - least.ln();
        for (School { effect, .. }, spread) in self.schools.iter().zip(spreads) {
            log_density -= spread.ln() + 0.5 * ((effect - mu) / spread).powi(2);
        }
        let theta = std::array::from_fn(|j| mu + (self.schools[j].effect - mu) * (tau / spreads[j]).powi(2));
        (log_density, mu, theta)
    }

    /// Where ln τ is looked for: e^{ln τ} to the left of every error and τ⁻⁹ to the right of every number leave nothing outside.
    fn window(&self) -> (f64, f64) {
        let least = self.schools.iter().map(|school| school.error).fold(1.0, f64::min);
        let most =
            self.schools.iter().map(|school| school.error.max(school.effect.abs())).fold(30.0, f64::max);
        (least.ln() - 37.0, (most / 30.0).ln() + 13.0)
    }

    /// The posterior means by quadrature over ln τ, in `nodes` nodes of the trapezoidal rule; everything else is integrated
    /// by hand.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
    /// let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::NonCentered)?;
    /// let (coarse, fine) = (model.means(200)?, model.means(400)?);
    /// assert!((coarse.tau - fine.tau).abs() < 1e-9 && (coarse.theta[0] - fine.theta[0]).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fewer than 100 nodes.
    // ANCHOR: means
    pub fn means(&self, nodes: usize) -> Result<SchoolMeans> {
        at_least("nodes", nodes, 100)?;
        let (low, high) = self.window();
        let node = |k| low + (high - low) * k as f64 / nodes as f64;
        let largest = (0..=nodes).map(|k| self.given(node(k)).0).fold(f64::NEG_INFINITY, f64::max);
        let mut sum = [0.0; 12];
        for log_tau in (0..=nodes).map(node) {
            let (log_density, mu, theta) = self.given(log_tau);
            let density = (log_density - largest).exp();
            let values = [1.0, mu, log_tau.exp(), log_tau].into_iter().chain(theta);
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += density * value);
        }
        let [_, mu, tau, log_tau, theta @ ..] = sum.map(|value| value / sum[0]);
        Ok(SchoolMeans { mu, tau, log_tau, theta })
    }
    // ANCHOR_END: means

    /// The posterior density of ln τ at the given points, normalized by the same rule.
    ///
    /// # Errors
    /// Points that are not finite.
    ///
    /// ```
    /// use sdml::ch4_langevin::posterior::{Coordinates, EIGHT_SCHOOLS, EightSchools};
    /// let model = EightSchools::new(EIGHT_SCHOOLS, Coordinates::Centered)?;
    /// // Normalized, and with the mean that `means` finds.
    /// let at: Vec<f64> = (0..=1000).map(|k| -37.0 + 0.05 * f64::from(k)).collect();
    /// let density = model.log_tau_density(&at)?;
    /// let mean: f64 = at.iter().zip(&density).map(|(log_tau, p)| 0.05 * log_tau * p).sum();
    /// assert!((0.05 * density.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    /// assert!((mean - model.means(1000)?.log_tau).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_tau_density(&self, at: &[f64]) -> Result<Vec<f64>> {
        let ((low, high), nodes) = (self.window(), 1000);
        let h = (high - low) / f64::from(nodes);
        let logs: Vec<f64> = (0..=nodes).map(|k| self.given(low + h * f64::from(k)).0).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mass = logs.iter().map(|log| (log - largest).exp()).sum::<f64>() * h;
        at.iter().map(|log_tau| Ok((self.given(finite("at", *log_tau)?).0 - largest).exp() / mass)).collect()
    }
}

/// U = −ln q at the ten coordinates.
impl Potential for EightSchools {
    fn dimension(&self) -> usize {
        10
    }

    // ANCHOR: potential
    fn value(&self, x: &[f64]) -> f64 {
        let [mu, tau, log_tau] = self.hyperparameters(x);
        let theta = self.effects(x);
        let priors = 0.5 * (mu / SCALE).powi(2) + (tau / SCALE).powi(2).ln_1p() - log_tau;
        (0..8).fold(priors, |sum, j| {
            let School { effect, error } = self.schools[j];
            let data = 0.5 * ((effect - theta[j]) / error).powi(2);
            let among = match self.coordinates {
                Coordinates::Centered => 0.5 * ((theta[j] - mu) / tau).powi(2) + log_tau,
                Coordinates::NonCentered => 0.5 * x[2 + j] * x[2 + j],
            };
            sum + data + among
        })
    }
    // ANCHOR_END: potential

    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        let [mu, tau, _] = self.hyperparameters(x);
        let theta = self.effects(x);
        let share = (tau / SCALE).powi(2);
        gradient[0] = mu / SCALE;
        gradient[1] = 2.0 * share / (1.0 + share) - 1.0;
        for j in 0..8 {
            let School { effect, error } = self.schools[j];
            let misfit = (theta[j] - effect) / (error * error);
            match self.coordinates {
                Coordinates::Centered => {
                    let pull = (theta[j] - mu) / (tau * tau);
                    gradient[0] -= SCALE * pull;
                    gradient[1] += 1.0 - pull * (theta[j] - mu);
                    gradient[2 + j] = SCALE * (misfit + pull);
                }
                Coordinates::NonCentered => {
                    gradient[0] += SCALE * misfit;
                    gradient[1] += misfit * tau * x[2 + j];
                    gradient[2 + j] = misfit * tau + x[2 + j];
                }
            }
        }
    }
}
