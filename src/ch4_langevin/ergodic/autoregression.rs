//! The chain about which everything is known: Xₖ₊₁ = a Xₖ + s ξₖ, ξₖ ~ N(0, 1).
//!
//! It is what (4.4) does in a harmonic well U = κx²/2, with a = 1 − κh and s² = 2h/β, and what the Ornstein–Uhlenbeck
//! process does at multiples of h, with a = e^{−κh} and s² = (1 − a²)/(βκ).

use crate::Result;
use crate::error::{finite, positive};
use crate::random::Stream;
use crate::{Error, random};

/// Xₖ₊₁ = a Xₖ + s ξₖ with |a| < 1.
///
/// ```
/// use sdml::ch4_langevin::ergodic::Autoregression;
/// // A chain that remembers more spreads more, and tells less.
/// let [short, long] = [Autoregression::new(0.0, 1.0)?, Autoregression::new(0.5, 1.0)?];
/// assert_eq!((short.variance(), short.integrated_time()), (1.0, 1.0));
/// assert_eq!((long.variance(), long.integrated_time()), (1.0 / 0.75, 3.0));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Autoregression {
    a: f64,
    s: f64,
}

/// Bias and variance of a sample mean about the true mean 0.
///
/// ```
/// use sdml::ch4_langevin::ergodic::{Autoregression, MeanError};
/// // X₁ = ½ · 2 + ξ alone.
/// let error = Autoregression::new(0.5, 1.0)?.mean_from(2.0, 0, 1)?;
/// assert_eq!(error, MeanError { bias: 1.0, variance: 1.0 });
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanError {
    /// E X̄.
    pub bias: f64,
    /// Var X̄.
    pub variance: f64,
}

impl MeanError {
    /// The mean square error of the average of `chains` independent such means: bias² + variance/chains.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::MeanError;
    /// assert_eq!(MeanError { bias: 0.5, variance: 1.0 }.mean_square(4), 0.5);
    /// ```
    pub fn mean_square(&self, chains: usize) -> f64 {
        self.bias * self.bias + self.variance / chains as f64
    }
}

impl Autoregression {
    /// The chain with memory `a` and noise `s`.
    ///
    /// # Errors
    /// An `a` not strictly between −1 and 1, or an `s` that is not positive.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// assert!(Autoregression::new(-0.9, 1.0).is_ok() && Autoregression::new(1.0, 1.0).is_err());
    /// ```
    pub fn new(a: f64, s: f64) -> Result<Self> {
        if finite("a", a)?.abs() >= 1.0 {
            return Err(Error::argument("a", a, "strictly between -1 and 1"));
        }
        Ok(Self { a, s: positive("s", s)? })
    }

    /// (4.4) in the well U = κx²/2: a = 1 − κh, s² = 2h/β.
    ///
    /// # Errors
    /// Numbers that are not positive, or a step `h` beyond the limit 2/κ of stability.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// // κ = 1, β = 1, h = ½: a = ½ and s² = 1, the variance being 1/(1 − h/2).
    /// let chain = Autoregression::langevin(1.0, 1.0, 0.5)?;
    /// assert_eq!((chain.autocorrelation(1), chain.variance()), (0.5, 1.0 / 0.75));
    /// assert!(Autoregression::langevin(1.0, 1.0, 2.0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn langevin(kappa: f64, beta: f64, h: f64) -> Result<Self> {
        positive("kappa", kappa)?;
        let s = (2.0 * positive("h", h)? / positive("beta", beta)?).sqrt();
        if kappa * h >= 2.0 {
            return Err(Error::argument("h", h, format!("below the limit of stability, {}", 2.0 / kappa)));
        }
        Self::new(1.0 - kappa * h, s)
    }

    /// The stationary variance s²/(1 − a²).
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// // v = a²v + s².
    /// let chain = Autoregression::new(0.5, 3.0)?;
    /// assert!((chain.variance() - (0.25 * chain.variance() + 9.0)).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn variance(&self) -> f64 {
        self.s * self.s / ((1.0 - self.a) * (1.0 + self.a))
    }

    /// ρ(k) = aᵏ.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// let chain = Autoregression::new(-0.5, 1.0)?;
    /// assert_eq!([0, 1, 2].map(|lag| chain.autocorrelation(lag)), [1.0, -0.5, 0.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn autocorrelation(&self, lag: usize) -> f64 {
        self.a.powf(lag as f64)
    }

    /// τ = (1 + a)/(1 − a).
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// // 1 + 2 Σ ρ(k); below 1 for a chain that swings to and fro.
    /// let chain = Autoregression::new(0.5, 1.0)?;
    /// let sum: f64 = (1..60).map(|lag| chain.autocorrelation(lag)).sum();
    /// assert!((chain.integrated_time() - (1.0 + 2.0 * sum)).abs() < 1e-14);
    /// assert_eq!(Autoregression::new(-0.5, 1.0)?.integrated_time(), 0.5 / 1.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn integrated_time(&self) -> f64 {
        (1.0 + self.a) / (1.0 - self.a)
    }

    /// The variance of the mean of `n` successive values in equilibrium, exactly, and not a number for n = 0:
    ///
    /// (v/n) ((1 + a)/(1 − a) − 2a(1 − aⁿ)/(n(1 − a)²)).
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// let chain = Autoregression::new(0.5, 1.0)?;
    /// // Two values: (v/2)(1 + a).
    /// assert!((chain.variance_of_mean(2) - 0.5 * chain.variance() * 1.5).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: variance_of_mean
    pub fn variance_of_mean(&self, n: usize) -> f64 {
        let [share, noise] = self.sums(n);
        self.variance() * share * share + noise
    }

    /// What X_0 contributes to the mean of X_1, …, X_n, (a + … + aⁿ)/n, and the variance of what
    /// the noise does. With g_j = 1 + a + … + a^{j−1} these are a g_n/n and (s/n)² Σ g_j².
    /// In closed form they would lose their digits where a is near 1.
    fn sums(&self, n: usize) -> [f64; 2] {
        let (mut g, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            g = 1.0 + self.a * g;
            squares += g * g;
        }
        [self.a * g / n as f64, (self.s / n as f64).powi(2) * squares]
    }
    // ANCHOR_END: variance_of_mean

    /// Bias and variance of the mean of X_{b+1}, …, X_{b+n} for a chain that starts at `start` and whose first
    /// b = `discarded` steps are thrown away.
    ///
    /// ```
    /// use sdml::ch4_langevin::ergodic::Autoregression;
    /// let mean = Autoregression::new(0.5, 1.0)?.mean_from(8.0, 1, 2)?;
    /// // X₂ and X₃ have means 2 and 1.
    /// assert!((mean.bias - 1.5).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// A start that is not finite, or no value to average.
    // ANCHOR: mean_from
    pub fn mean_from(&self, start: f64, discarded: usize, n: usize) -> Result<MeanError> {
        let [share, noise] = self.sums(crate::error::at_least("n", n, 1)?);
        let before = self.a.powf(discarded as f64);
        // 1 − a^{2b}, without cancellation where |a| is near 1.
        let log = 2.0 * discarded as f64 * (self.a.abs() - 1.0).ln_1p();
        let forgotten = if discarded == 0 { 0.0 } else { -log.exp_m1() };
        Ok(MeanError {
            bias: finite("start", start)? * before * share,
            variance: self.variance() * forgotten * share * share + noise,
        })
    }
    // ANCHOR_END: mean_from

    /// One step.
    ///
    /// ```
    /// use sdml::{ch4_langevin::ergodic::Autoregression, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let xi = stream.clone().normal();
    /// assert_eq!(Autoregression::new(0.5, 2.0)?.step(8.0, &mut stream), 4.0 + 2.0 * xi);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn step(&self, x: f64, stream: &mut random::Stream) -> f64 {
        self.a * x + self.s * stream.normal()
    }

    /// `n` successive values in equilibrium.
    ///
    /// ```
    /// use sdml::{ch4_langevin::ergodic::Autoregression, random::Streams, statistics::Estimate};
    /// // Already the first value has the stationary variance.
    /// let (chain, streams) = (Autoregression::new(0.5, 1.0)?, Streams::new(1, "doc"));
    /// let squares = (0..1000).map(|path| chain.stationary(1, &mut streams.stream(path))[0].powi(2));
    /// assert!(Estimate::of(squares)?.z(chain.variance()).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn stationary(&self, n: usize, stream: &mut Stream) -> Vec<f64> {
        let start = self.variance().sqrt() * stream.normal();
        self.from(start, n, stream)
    }

    /// The `n` values that follow `start`.
    ///
    /// ```
    /// use sdml::{ch4_langevin::ergodic::Autoregression, random::Streams};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let mut same = stream.clone();
    /// // The start itself is not among them.
    /// let chain = Autoregression::new(0.5, 1.0)?;
    /// let values = chain.from(8.0, 2, &mut stream);
    /// let first = chain.step(8.0, &mut same);
    /// assert_eq!(values, [first, chain.step(first, &mut same)]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn from(&self, start: f64, n: usize, stream: &mut Stream) -> Vec<f64> {
        let mut x = start;
        let next = || {
            x = self.step(x, stream);
            x
        };
        std::iter::repeat_with(next).take(n).collect()
    }
}
