//! Equation (5.6): X(t) = α(t)X + β(t)Z for 0 ≤ t ≤ T with α(0) = β(T) = 1 and α(T) = β(0) = 0, X ~ p_X and Z ~ N(0, I)
//! independent. A latent term γ(t)W with γ(0) = γ(T) = 0 and W ~ N(0, I) independent of both may be added (Albergo, Boffi
//! and Vanden-Eijnden 2023).

use std::f64::consts::FRAC_PI_2;
use std::fmt;

use crate::error::{finite, positive};
use crate::{Error, Result};

/// t, T ↦ the value at time t of a path of length T, and its derivative in t.
///
/// ```
/// use sdml::ch5_diffusion::interpolant::{Curve, Path};
/// let alpha: Curve = |t, horizon| [(1.0 - t / horizon).powi(2), -2.0 * (1.0 - t / horizon) / horizon];
/// let beta: Curve = |t, horizon| [t / horizon, 1.0 / horizon];
/// let middle = Path::new("square", 2.0, alpha, beta)?.at(1.0)?;
/// assert_eq!([middle.alpha, middle.alpha_dot, middle.beta, middle.beta_dot], [0.25, -0.5, 0.5, 0.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
pub type Curve = fn(f64, f64) -> [f64; 2];

/// α, β and γ, with their derivatives, at one time.
///
/// ```
/// use sdml::ch5_diffusion::interpolant::Path;
/// let c = Path::linear(2.0)?.at(0.5)?;
/// assert_eq!((c.alpha, c.alpha_dot, c.beta, c.beta_dot), (0.75, -0.5, 0.25, 0.5));
/// assert_eq!((c.latent_variance, c.latent_product), (0.0, 0.0));
/// // Velocity and score tell each other.
/// let [score] = c.score(&[2.0], &c.velocity(&[2.0], &[0.5])?)?;
/// assert!((score - 0.5).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    /// α.
    pub alpha: f64,
    /// α̇.
    pub alpha_dot: f64,
    /// β.
    pub beta: f64,
    /// β̇.
    pub beta_dot: f64,
    /// γ².
    pub latent_variance: f64,
    /// γγ̇. The derivative γ̇ itself is infinite at both ends.
    pub latent_product: f64,
}

impl Coefficients {
    /// B with B² = β² + γ²: the law of βZ + γW is that of BZ.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // β² + γ² = ¼ + 3 · ½ · ½ in the middle.
    /// let c = Path::linear(1.0)?.with_latent(3f64.sqrt())?.at(0.5)?;
    /// assert!((c.noise() - 1.0).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn noise(&self) -> f64 {
        (self.beta * self.beta + self.latent_variance).sqrt()
    }

    /// BḂ = ββ̇ + γγ̇.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // Half the slope of B² = t² + 4t(1 − t) at t = ¼.
    /// let c = Path::linear(1.0)?.with_latent(2.0)?.at(0.25)?;
    /// assert_eq!(c.noise_product(), 0.5 * (2.0 * 0.25 + 4.0 * (1.0 - 2.0 * 0.25)));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn noise_product(&self) -> f64 {
        self.beta * self.beta_dot + self.latent_product
    }

    /// κ = α̇B²/α − BḂ, so that the velocity at x is (α̇/α) x + κ ∇ log p.
    fn weight_of_score(&self) -> f64 {
        self.alpha_dot / self.alpha * self.noise().powi(2) - self.noise_product()
    }

    /// The velocity at x if the score there is `score`: v = (α̇/α) x + (α̇B²/α − BḂ) ∇ log p.
    ///
    /// # Errors
    /// α = 0: at time T the score is −x and says nothing.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // The OU path: v = −x − ∇ log p, the probability-flow ODE of Section 5.1.
    /// let [v] = Path::ornstein_uhlenbeck(3.0)?.at(0.7)?.velocity(&[2.0], &[0.5])?;
    /// assert!((v + 2.5).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: velocity
    pub fn velocity<const D: usize>(&self, x: &[f64; D], score: &[f64; D]) -> Result<[f64; D]> {
        self.has_signal()?;
        let (drift, weight) = (self.alpha_dot / self.alpha, self.weight_of_score());
        Ok(std::array::from_fn(|i| drift * x[i] + weight * score[i]))
    }

    /// The score at x if the velocity there is `velocity`.
    ///
    /// # Errors
    /// α = 0; α̇B²/α = BḂ, as where there is no noise: the score does not enter the velocity.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // The trigonometric path leaves the law N(0, 1) as it is: where the velocity is 0 the score is −x.
    /// let [score] = Path::trigonometric(1.0)?.at(0.3)?.score(&[2.0], &[0.0])?;
    /// assert!((score + 2.0).abs() < 1e-14);
    /// // Without noise the velocity says nothing of the score.
    /// assert!(Path::linear(1.0)?.at(0.0)?.score(&[2.0], &[0.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn score<const D: usize>(&self, x: &[f64; D], velocity: &[f64; D]) -> Result<[f64; D]> {
        self.has_signal()?;
        let (drift, weight) = (self.alpha_dot / self.alpha, self.weight_of_score());
        if weight == 0.0 {
            return Err(Error::argument("noise", self.noise(), "greater than 0"));
        }
        Ok(std::array::from_fn(|i| (velocity[i] - drift * x[i]) / weight))
    }
    // ANCHOR_END: velocity

    fn has_signal(&self) -> Result<()> {
        if self.alpha == 0.0 { Err(Error::argument("alpha", self.alpha, "different from 0")) } else { Ok(()) }
    }
}

/// A choice of T, α, β and γ.
///
/// ```
/// use sdml::ch5_diffusion::interpolant::Path;
/// // The trigonometric path keeps the variance of data N(0, 1): α² + β² = 1 at all times.
/// let c = Path::trigonometric(2.0)?.at(0.7)?;
/// assert!((c.alpha * c.alpha + c.beta * c.beta - 1.0).abs() < 1e-15);
/// assert!((c.alpha * c.alpha_dot + c.beta * c.beta_dot).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Path {
    name: &'static str,
    horizon: f64,
    alpha: Curve,
    beta: Curve,
    latent: f64,
}

impl fmt::Debug for Path {
    /// Without the addresses of the curves, which differ from run to run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} path, T = {}, latent {}", self.name, self.horizon, self.latent)
    }
}

/// How far α and β may be from 0 and 1 at the ends.
const END: f64 = 1e-9;

impl Path {
    /// The path with these α and β and no latent term.
    ///
    /// # Errors
    /// A horizon that is not positive; end conditions that do not hold; values that are not finite, and derivatives that
    /// are not those of the values, at any of the times kT/8 in between; noise and signal that vanish together.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// let quadratic = Path::new("quadratic", 2.0, |t, h| [1.0 - (t / h).powi(2), -2.0 * t / (h * h)], |t, h| [t / h, 1.0 / h])?;
    /// assert_eq!(quadratic.at(1.0)?.alpha, 0.75);
    /// // The OU path ends near the noise, not in it.
    /// let ou = Path::new("OU", 3.0, |t, _| [(-t).exp(), -(-t).exp()], |t, h| [t / h, 1.0 / h]);
    /// assert!(ou.unwrap_err().to_string().starts_with("`alpha(T)` is 0.0497"));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: new
    pub fn new(name: &'static str, horizon: f64, alpha: Curve, beta: Curve) -> Result<Self> {
        let path = Self::open(name, horizon, alpha, beta)?;
        let ends = [
            ("alpha(0)", alpha(0.0, horizon)[0], 1.0),
            ("alpha(T)", alpha(horizon, horizon)[0], 0.0),
            ("beta(0)", beta(0.0, horizon)[0], 0.0),
            ("beta(T)", beta(horizon, horizon)[0], 1.0),
        ];
        for (name, value, wanted) in ends {
            if !near(value, wanted, END) {
                return Err(Error::argument(
                    name,
                    value,
                    format!("{wanted}: a path must join data and noise"),
                ));
            }
        }
        Ok(path)
    }
    // ANCHOR_END: new

    /// The path without the end conditions.
    fn open(name: &'static str, horizon: f64, alpha: Curve, beta: Curve) -> Result<Self> {
        positive("horizon", horizon)?;
        let h = 1e-5 * horizon;
        for t in (1..8).map(|k| f64::from(k) * horizon / 8.0) {
            let signal = [alpha(t, horizon)[0], beta(t, horizon)[0]];
            if signal == [0.0; 2] {
                return Err(Error::argument(
                    "beta",
                    0.0,
                    format!("different from 0 where alpha is 0, at t = {t}"),
                ));
            }
            for (name, curve) in [("alpha", alpha), ("beta", beta)] {
                let [value, slope] = curve(t, horizon);
                finite(name, value)?;
                finite(name, slope)?;
                let difference = (curve(t + h, horizon)[0] - curve(t - h, horizon)[0]) / (2.0 * h);
                if !near(difference, slope, 1e-5 * (slope.abs() + 1.0 / horizon)) {
                    let allowed = format!("the derivative of {name}, {difference} at t = {t}");
                    return Err(Error::argument("derivative", slope, allowed));
                }
            }
        }
        Ok(Self { name, horizon, alpha, beta, latent: 0.0 })
    }

    /// α = 1 − t/T, β = t/T.
    ///
    /// # Errors
    /// A horizon that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// let ends = [Path::linear(2.0)?.at(0.0)?, Path::linear(2.0)?.at(2.0)?];
    /// assert_eq!(ends.map(|c| [c.alpha, c.beta]), [[1.0, 0.0], [0.0, 1.0]]);
    /// assert!(Path::linear(0.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: paths
    pub fn linear(horizon: f64) -> Result<Self> {
        Self::new("linear", horizon, |t, h| [1.0 - t / h, -1.0 / h], |t, h| [t / h, 1.0 / h])
    }

    /// α = cos(πt/2T), β = sin(πt/2T).
    ///
    /// # Errors
    /// A horizon that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // A third of the way: 30°. At the end α is 0 to the last bit.
    /// let (c, end) = (Path::trigonometric(3.0)?.at(1.0)?, Path::trigonometric(3.0)?.at(3.0)?);
    /// assert!((c.alpha - 0.75f64.sqrt()).abs() < 1e-15 && (c.beta - 0.5).abs() < 1e-15);
    /// let speed = std::f64::consts::PI / 6.0;
    /// assert!((c.alpha_dot + speed * c.beta).abs() < 1e-15 && (c.beta_dot - speed * c.alpha).abs() < 1e-15);
    /// assert_eq!((end.alpha, end.beta), (0.0, 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn trigonometric(horizon: f64) -> Result<Self> {
        fn sin_cos(t: f64, h: f64) -> (f64, f64) {
            // The cosine of π/2 rounded is not 0, and α(T) must be.
            if t < h { (FRAC_PI_2 * t / h).sin_cos() } else { (1.0, 0.0) }
        }
        let cosine: Curve = |t, h| {
            let (sin, cos) = sin_cos(t, h);
            [cos, -FRAC_PI_2 / h * sin]
        };
        let sine: Curve = |t, h| {
            let (sin, cos) = sin_cos(t, h);
            [sin, FRAC_PI_2 / h * cos]
        };
        Self::new("trigonometric", horizon, cosine, sine)
    }

    /// α = e^{−t}, β² = 1 − e^{−2t}: the process (5.2), which misses the end conditions at T by
    /// e^{−T}. Its β' is infinite at 0.
    ///
    /// # Errors
    /// A horizon that is not positive.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // At log 2: α = ½, β² = ¾ and ββ̇ = e^{−2t} = ¼. At T the data are not forgotten.
    /// let path = Path::ornstein_uhlenbeck(3.0)?;
    /// let c = path.at(2f64.ln())?;
    /// assert!((c.alpha - 0.5).abs() < 1e-15 && (c.alpha_dot + 0.5).abs() < 1e-15);
    /// assert!((c.beta * c.beta - 0.75).abs() < 1e-15 && (c.beta * c.beta_dot - 0.25).abs() < 1e-15);
    /// assert_eq!(path.at(3.0)?.alpha, (-3f64).exp());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn ornstein_uhlenbeck(horizon: f64) -> Result<Self> {
        let decay: Curve = |t, _| [(-t).exp(), -(-t).exp()];
        let noise: Curve = |t, _| {
            let beta = (-(-2.0 * t).exp_m1()).sqrt();
            [beta, (-2.0 * t).exp() / beta]
        };
        Self::open("Ornstein–Uhlenbeck", horizon, decay, noise)
    }
    // ANCHOR_END: paths

    /// The same path with the latent term γ² = `strength`² (t/T)(1 − t/T).
    ///
    /// # Errors
    /// A strength that is not finite or negative.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // 2² · ¼ · ¾ a quarter of the way, nothing at the ends.
    /// let path = Path::linear(1.0)?.with_latent(2.0)?;
    /// assert_eq!((path.at(0.25)?.latent_variance, path.at(1.0)?.latent_variance), (0.75, 0.0));
    /// assert!(path.with_latent(-1.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn with_latent(self, strength: f64) -> Result<Self> {
        if !(strength.is_finite() && strength >= 0.0) {
            return Err(Error::argument("strength", strength, "a finite number, at least 0"));
        }
        Ok(Self { latent: strength, ..self })
    }

    /// T.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// let path = Path::linear(2.0)?;
    /// assert!(path.at(path.horizon()).is_ok() && path.at(2.1).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn horizon(&self) -> f64 {
        self.horizon
    }

    /// The strength of the latent term.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// let path = Path::linear(2.0)?;
    /// assert_eq!((path.latent(), path.with_latent(0.5)?.latent()), (0.0, 0.5));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn latent(&self) -> f64 {
        self.latent
    }

    /// The name of the choice of α and β.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// assert_eq!(Path::trigonometric(1.0)?.name(), "trigonometric");
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The coefficients at time t.
    ///
    /// # Errors
    /// A time outside [0, T], or one at which a derivative is infinite.
    ///
    /// ```
    /// use sdml::ch5_diffusion::interpolant::Path;
    /// // β = √(1 − e^{−2t}) has no derivative at 0.
    /// let path = Path::ornstein_uhlenbeck(3.0)?;
    /// assert!(path.at(0.0).is_err());
    /// assert!((path.at(2f64.ln())?.alpha - 0.5).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at(&self, t: f64) -> Result<Coefficients> {
        let horizon = self.horizon;
        if !(0.0..=horizon).contains(&t) {
            return Err(Error::argument("t", t, format!("between 0 and T = {horizon}")));
        }
        let ([alpha, alpha_dot], [beta, beta_dot]) = ((self.alpha)(t, horizon), (self.beta)(t, horizon));
        if !beta_dot.is_finite() || !alpha_dot.is_finite() {
            return Err(Error::argument("t", t, "a time at which alpha and beta have derivatives"));
        }
        let (s, square) = (t / horizon, self.latent * self.latent);
        Ok(Coefficients {
            alpha,
            alpha_dot,
            beta,
            beta_dot,
            latent_variance: square * s * (1.0 - s),
            latent_product: 0.5 * square * (1.0 - 2.0 * s) / horizon,
        })
    }
}

/// Whether two numbers differ by at most `tolerance`; NaN is near to nothing.
fn near(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance
}
