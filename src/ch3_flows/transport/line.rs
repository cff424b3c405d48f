//! Example 3.2: on the line the increasing map P_X⁻¹ ∘ P_Z (3.1) carries p_Z to p_X, and no map is cheaper.

use std::f64::consts::PI;

use crate::error::{at_least, finite, positive};
use crate::statistics::normal;
use crate::{Error, Result};

/// A probability, told as the mass on one side of a point. The smaller side is the accurate one: 1 − 10⁻²⁰ is 1 in
/// floating point, 10⁻²⁰ is not 0.
///
/// ```
/// use sdml::ch3_flows::transport::{LineLaw, Tail};
/// let law = LineLaw::Uniform { low: 0.0, high: 1.0 };
/// assert_eq!(law.tail(0.25), Tail::Left(0.25));
/// assert_eq!(law.tail(0.75), Tail::Right(0.25));
/// // Mirrored at the median.
/// assert_eq!(law.quantile(law.tail(0.75).mirrored())?, 0.25);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tail {
    /// P(X ≤ x).
    Left(f64),
    /// P(X > x).
    Right(f64),
}

impl Tail {
    /// The same mass on the other side: what turns an increasing map into a decreasing one.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::Tail;
    /// assert_eq!([Tail::Left(0.2), Tail::Right(0.2)].map(Tail::mirrored), [Tail::Right(0.2), Tail::Left(0.2)]);
    /// ```
    pub fn mirrored(self) -> Self {
        match self {
            Self::Left(p) => Self::Right(p),
            Self::Right(p) => Self::Left(p),
        }
    }
}

/// A law on the line with a continuous distribution function that increases strictly where it is neither 0 nor 1.
///
/// ```
/// use sdml::ch3_flows::transport::LineLaw;
/// // Two halves around 0: as likely on either side.
/// let law = LineLaw::Mixture(vec![(0.5, -2.0, 1.0), (0.5, 2.0, 1.0)]).valid()?;
/// assert!((law.left(0.0) - 0.5).abs() < 1e-15 && law.density(2.0) > law.density(0.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum LineLaw {
    /// N(mean, deviation²).
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
    /// Uniform on (low, high).
    Uniform {
        /// The left end.
        low: f64,
        /// The right end.
        high: f64,
    },
    /// Density rate · e^{−rate x} on x > 0.
    Exponential {
        /// The rate.
        rate: f64,
    },
    /// Distribution function 1/(1 + e^{−(x − centre)/scale}).
    Logistic {
        /// The median.
        centre: f64,
        /// The scale.
        scale: f64,
    },
    /// Σ wᵢ N(mᵢ, sᵢ²), as (wᵢ, mᵢ, sᵢ).
    Mixture(Vec<(f64, f64, f64)>),
}

impl LineLaw {
    /// N(0, 1).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::LineLaw;
    /// assert_eq!(LineLaw::STANDARD.left(0.0), 0.5);
    /// assert!((LineLaw::STANDARD.density(0.0) - std::f64::consts::TAU.sqrt().recip()).abs() < 1e-15);
    /// ```
    pub const STANDARD: Self = Self::Normal { mean: 0.0, deviation: 1.0 };

    /// Passes the law on if its parameters are in order.
    ///
    /// # Errors
    /// Scales or rates that are not positive, an empty interval, weights that are no probabilities, numbers that are
    /// not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::LineLaw;
    /// assert!(LineLaw::Exponential { rate: -1.0 }.valid().is_err());
    /// assert!(LineLaw::Mixture(vec![(0.5, 0.0, 1.0), (0.6, 1.0, 1.0)]).valid().is_err());
    /// ```
    pub fn valid(self) -> Result<Self> {
        match &self {
            Self::Normal { mean, deviation } => {
                finite("mean", *mean)?;
                positive("deviation", *deviation)?;
            }
            Self::Uniform { low, high } => {
                finite("low", *low)?;
                positive("high - low", high - low)?;
            }
            Self::Exponential { rate } => {
                positive("rate", *rate)?;
            }
            Self::Logistic { centre, scale } => {
                finite("centre", *centre)?;
                positive("scale", *scale)?;
            }
            Self::Mixture(parts) => {
                at_least("parts.len()", parts.len(), 1)?;
                for &(weight, mean, deviation) in parts {
                    positive("weight", weight)?;
                    finite("mean", mean)?;
                    positive("deviation", deviation)?;
                }
                let total: f64 = parts.iter().map(|part| part.0).sum();
                if (total - 1.0).abs() > 1e-9 {
                    return Err(Error::argument("weights", total, "numbers with the sum 1"));
                }
            }
        }
        Ok(self)
    }

    /// p(x).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::LineLaw;
    /// let exponential = LineLaw::Exponential { rate: 2.0 };
    /// assert_eq!([-1.0, 0.5].map(|x| exponential.density(x)), [0.0, 2.0 * (-1f64).exp()]);
    /// ```
    pub fn density(&self, x: f64) -> f64 {
        match self {
            Self::Normal { mean, deviation } => normal::density((x - mean) / deviation) / deviation,
            Self::Uniform { low, high } if (*low..*high).contains(&x) => 1.0 / (high - low),
            Self::Exponential { rate } if x > 0.0 => rate * (-rate * x).exp(),
            Self::Uniform { .. } | Self::Exponential { .. } => 0.0,
            Self::Logistic { centre, scale } => {
                let e = (-((x - centre) / scale).abs()).exp();
                e / (scale * (1.0 + e).powi(2))
            }
            Self::Mixture(parts) => parts.iter().map(|(w, m, s)| w * normal::density((x - m) / s) / s).sum(),
        }
    }

    /// P(X ≤ x).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::LineLaw;
    /// let uniform = LineLaw::Uniform { low: 0.0, high: 4.0 };
    /// assert_eq!([-1.0, 1.0, 9.0].map(|x| uniform.left(x)), [0.0, 0.25, 1.0]);
    /// ```
    pub fn left(&self, x: f64) -> f64 {
        match self {
            Self::Normal { mean, deviation } => normal::cdf((x - mean) / deviation),
            Self::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Self::Exponential { rate } => -(-rate * x.max(0.0)).exp_m1(),
            Self::Logistic { centre, scale } => 1.0 / (1.0 + (-(x - centre) / scale).exp()),
            Self::Mixture(parts) => parts.iter().map(|(w, m, s)| w * normal::cdf((x - m) / s)).sum(),
        }
    }

    /// P(X > x), without the cancellation of 1 − P(X ≤ x).
    ///
    /// ```
    /// use sdml::ch3_flows::transport::LineLaw;
    /// // e^{−100}, where 1 − P(X ≤ x) would be 0.
    /// let exponential = LineLaw::Exponential { rate: 2.0 };
    /// assert_eq!(exponential.right(50.0), (-100f64).exp());
    /// assert_eq!(1.0 - exponential.left(50.0), 0.0);
    /// ```
    pub fn right(&self, x: f64) -> f64 {
        match self {
            Self::Normal { mean, deviation } => normal::tail((x - mean) / deviation),
            Self::Uniform { low, high } => ((high - x) / (high - low)).clamp(0.0, 1.0),
            Self::Exponential { rate } => (-rate * x.max(0.0)).exp(),
            Self::Logistic { centre, scale } => 1.0 / (1.0 + ((x - centre) / scale).exp()),
            Self::Mixture(parts) => parts.iter().map(|(w, m, s)| w * normal::tail((x - m) / s)).sum(),
        }
    }

    /// The mass beside x, on its smaller side.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{LineLaw, Tail};
    /// let uniform = LineLaw::Uniform { low: 0.0, high: 4.0 };
    /// assert_eq!([1.0, 2.0, 3.0].map(|x| uniform.tail(x)), [Tail::Left(0.25), Tail::Left(0.5), Tail::Right(0.25)]);
    /// ```
    pub fn tail(&self, x: f64) -> Tail {
        let left = self.left(x);
        if left <= 0.5 { Tail::Left(left) } else { Tail::Right(self.right(x)) }
    }

    /// The point that has so much mass on that side: P⁻¹.
    ///
    /// # Errors
    /// A mass outside (0, 1); a mixture without parts, or with numbers that are not finite.
    ///
    /// ```
    /// use sdml::ch3_flows::transport::{LineLaw, Tail};
    /// let x = LineLaw::Exponential { rate: 2.0 }.quantile(Tail::Right(1e-20))?;
    /// assert!((x - 10.0 * 10f64.ln()).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn quantile(&self, tail: Tail) -> Result<f64> {
        let (Tail::Left(p) | Tail::Right(p)) = tail;
        if !(p > 0.0 && p < 1.0) {
            return Err(Error::argument("tail", p, "strictly between 0 and 1"));
        }
        let sign = if matches!(tail, Tail::Left(_)) { 1.0 } else { -1.0 };
        Ok(match self {
            Self::Normal { mean, deviation } => mean + sign * deviation * normal_quantile(p)?,
            Self::Uniform { low, high } => match tail {
                Tail::Left(p) => low + p * (high - low),
                Tail::Right(p) => high - p * (high - low),
            },
            Self::Exponential { rate } => match tail {
                Tail::Left(p) => -(-p).ln_1p() / rate,
                Tail::Right(p) => -p.ln() / rate,
            },
            Self::Logistic { centre, scale } => centre + sign * scale * (p.ln() - (-p).ln_1p()),
            Self::Mixture(parts) => {
                // The mixture's quantile lies between those of its parts.
                let z = sign * normal_quantile(p)?;
                let ends = parts.iter().map(|(_, m, s)| m + s * z);
                let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), end| {
                    (low.min(end), high.max(end))
                });
                let place = bisect(low, high, |x| match tail {
                    Tail::Left(p) => self.left(x) < p,
                    Tail::Right(p) => self.right(x) > p,
                });
                finite("parts", place)?
            }
        })
    }
}

/// f(z) = P_X⁻¹(P_Z(z)), eq. (3.1).
///
/// # Errors
/// A z where p_Z has no mass on one side: a normal law's ends at about 37 standard deviations in floating point.
///
/// ```
/// use sdml::ch3_flows::transport::{LineLaw, decreasing, monotone};
/// let target = LineLaw::Normal { mean: 1.0, deviation: 0.5 };
/// assert!((monotone(&LineLaw::STANDARD, &target, -6.0)? + 2.0).abs() < 1e-12);
/// // From a symmetric law the decreasing map is the increasing one of −z.
/// assert!((decreasing(&LineLaw::STANDARD, &target, -6.0)? - 4.0).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: monotone
pub fn monotone(source: &LineLaw, target: &LineLaw, z: f64) -> Result<f64> {
    target.quantile(source.tail(z))
}

/// The decreasing map P_X⁻¹(1 − P_Z(z)), which carries p_Z to p_X as well.
///
/// # Errors
/// As [`monotone`].
///
/// ```
/// use sdml::ch3_flows::transport::{LineLaw, decreasing};
/// // From the uniform law on (0, 1) to the exponential one: −log z on both sides of the median.
/// let (uniform, exponential) = (LineLaw::Uniform { low: 0.0, high: 1.0 }, LineLaw::Exponential { rate: 1.0 });
/// for z in [0.25, 0.75] {
///     assert!((decreasing(&uniform, &exponential, z)? + z.ln()).abs() < 1e-15);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
pub fn decreasing(source: &LineLaw, target: &LineLaw, z: f64) -> Result<f64> {
    target.quantile(source.tail(z).mirrored())
}
// ANCHOR_END: monotone

/// Φ⁻¹(p) for p in (0, 1), also where p is tiny: Newton's method on log Φ, which is concave, from the asymptote.
fn normal_quantile(p: f64) -> Result<f64> {
    if p > 1e-10 {
        return normal::quantile(p);
    }
    // Φ(−x) ≈ e^{−x²/2}/(x√(2π)).
    let l = -2.0 * p.ln();
    let mut x = -(l - (2.0 * PI * l).ln()).sqrt();
    for _ in 0..20 {
        let cdf = normal::cdf(x);
        let step = (cdf / p).ln() * cdf / normal::density(x);
        x -= step;
        if step.abs() <= 1e-15 * x.abs() {
            break;
        }
    }
    Ok(x)
}

/// The place in [low, high] where `below` turns from true to false, to the last bit.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = 0.5 * (low + high);
        // Written so that NaN ends it as well.
        if !(low < middle && middle < high) {
            return middle;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}
