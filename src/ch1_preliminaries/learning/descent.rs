//! Section 1.4.3: iterations θ_{k+1} = θ_k − h_k · (something made of gradients), and their step sizes.
//!
//! Two choices are independent of each other: where the gradient comes from (all terms of eq. (1.19), one of them, a
//! few of them: see [`super::Batch`]) and what is done with it (gradient descent, momentum, Adam: this file).

use multiversion::multiversion;

use super::listener::tell;
use super::{Batch, FiniteSum, Sampler};
use crate::error::{at_least, positive, stays_finite};
use crate::random::Stream;
use crate::{Error, Result};

/// The learning rate h_k of step k = 0, 1, ….
///
/// ```
/// use sdml::ch1_preliminaries::learning::Schedule;
/// // Σ h_k² against Σ h_k after 100 steps: what is left of the noise in Theorem 1.22.
/// let ratio = |schedule: Schedule| schedule.sums(100).map(|[sum, squares]| squares / sum);
/// assert!((ratio(Schedule::Constant(0.5))? - 0.5).abs() < 1e-14);
/// assert!(ratio(Schedule::InverseRoot(0.5))? < 0.15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// h_k = h.
    Constant(f64),
    /// h_k = h/(k + 1): the first schedule of Exercise 1.23, which prints h/k.
    Harmonic(f64),
    /// h_k = h/√(k + 1): the second schedule of Exercise 1.23, which prints h/√k.
    InverseRoot(f64),
    /// h_k = h (1 + cos(πk/K))/2: from h down to 0 in K steps (Loshchilov and Hutter 2017).
    Cosine {
        /// h.
        rate: f64,
        /// K.
        steps: usize,
    },
}

impl Schedule {
    /// h_k.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Schedule;
    /// assert_eq!(Schedule::Harmonic(0.6).rate(2), 0.6 / 3.0);
    /// assert_eq!(Schedule::InverseRoot(0.6).rate(3), 0.3);
    /// let cosine = Schedule::Cosine { rate: 0.6, steps: 8 };
    /// assert_eq!([cosine.rate(0), cosine.rate(8)], [0.6, 0.0]);
    /// assert!((cosine.rate(4) - 0.3).abs() < 1e-15);
    /// ```
    // ANCHOR: schedule
    pub fn rate(&self, k: usize) -> f64 {
        let count = (k + 1) as f64;
        match *self {
            Self::Constant(h) => h,
            Self::Harmonic(h) => h / count,
            Self::InverseRoot(h) => h / count.sqrt(),
            Self::Cosine { rate, steps } => {
                let progress = (k as f64 / steps as f64).min(1.0);
                0.5 * rate * (1.0 + (std::f64::consts::PI * progress).cos())
            }
        }
    }
    // ANCHOR_END: schedule

    /// Σ h_k and Σ h_k² over k < K, K = `steps`.
    ///
    /// # Errors
    /// K = 0 or a rate that is not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Schedule;
    /// assert_eq!(Schedule::Harmonic(1.0).sums(2)?, [1.5, 1.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sums(self, steps: usize) -> Result<[f64; 2]> {
        let schedule = self.valid()?;
        // The small terms first.
        let rates = (0..at_least("steps", steps, 1)?).rev().map(|k| schedule.rate(k));
        Ok(rates.fold([0.0; 2], |[sum, squares], h| [sum + h, squares + h * h]))
    }

    /// Passes the schedule on if its rate is a finite number greater than 0 and it has a step.
    ///
    /// # Errors
    /// Otherwise.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Schedule;
    /// assert_eq!(Schedule::Harmonic(0.5).valid()?, Schedule::Harmonic(0.5));
    /// assert!(Schedule::Constant(0.0).valid().is_err());
    /// assert!(Schedule::Cosine { rate: 0.5, steps: 0 }.valid().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn valid(self) -> Result<Self> {
        match self {
            Self::Constant(h) | Self::Harmonic(h) | Self::InverseRoot(h) => positive("rate", h)?,
            Self::Cosine { rate, steps } => {
                at_least("schedule.steps", steps, 1)?;
                positive("rate", rate)?
            }
        };
        Ok(self)
    }
}

/// What is done with a gradient g at learning rate h.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Update;
/// /// θ ← θ − h sign g.
/// struct Sign;
/// impl Update for Sign {
///     fn step(&mut self, theta: &mut [f64], gradient: &[f64], rate: f64) {
///         theta.iter_mut().zip(gradient).for_each(|(theta, g)| *theta -= rate * g.signum());
///     }
/// }
/// let mut theta = [1.0, 1.0];
/// Sign.step(&mut theta, &[1e-3, -1e3], 0.25);
/// assert_eq!(theta, [0.75, 1.25]);
/// ```
pub trait Update {
    /// Moves θ; `theta` and `gradient` have the same length.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Plain, Update};
    /// let mut theta = [1.0, 2.0];
    /// Plain.step(&mut theta, &[4.0, -4.0], 0.25);
    /// assert_eq!(theta, [0.0, 3.0]);
    /// ```
    fn step(&mut self, theta: &mut [f64], gradient: &[f64], rate: f64);
}

/// θ ← θ − h g. With the full gradient this is gradient descent, with the gradient of a random term SGD.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Plain, Update};
/// let mut theta = [1.0];
/// Plain.step(&mut theta, &[4.0], 0.1);
/// assert_eq!(theta, [0.6]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain;

impl Update for Plain {
    fn step(&mut self, theta: &mut [f64], gradient: &[f64], rate: f64) {
        for (theta, g) in theta.iter_mut().zip(gradient) {
            *theta -= rate * g;
        }
    }
}

/// The heavy ball (Polyak 1964): p ← βp − h g, θ ← θ + p, starting from p = 0.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Momentum, Update};
/// // Under a constant gradient the steps grow towards h/(1 − β): ¼, ⅜, 7/16, …
/// let mut ball = Momentum::new(0.5)?;
/// let mut theta = [0.0];
/// (0..3).for_each(|_| ball.step(&mut theta, &[-1.0], 0.25));
/// assert_eq!(theta, [0.25 + 0.375 + 0.4375]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Momentum {
    beta: f64,
    velocity: Vec<f64>,
}

impl Momentum {
    /// A ball with the friction 1 − β.
    ///
    /// # Errors
    /// β outside [0, 1).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Momentum, Update};
    /// let mut update = Momentum::new(0.5)?;
    /// let mut theta = [1.0];
    /// update.step(&mut theta, &[1.0], 0.1);
    /// update.step(&mut theta, &[0.0], 0.1);
    /// assert!((theta[0] - 0.85).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(beta: f64) -> Result<Self> {
        Ok(Self { beta: fraction("beta", beta)?, velocity: Vec::new() })
    }
}

impl Update for Momentum {
    fn step(&mut self, theta: &mut [f64], gradient: &[f64], rate: f64) {
        self.velocity.resize(theta.len(), 0.0);
        for ((theta, g), p) in theta.iter_mut().zip(gradient).zip(&mut self.velocity) {
            *p = self.beta * *p - rate * g;
            *theta += *p;
        }
    }
}

/// Adam (Kingma and Ba 2015): θ ← θ − h m̂/(√ŝ + ε), where m and s are running means of g and g², and the hat divides
/// by 1 − βᵏ, the weight the running mean has gathered so far.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Adam, Update};
/// // Under a constant gradient every step has length h, the first ones too: the hats see to that.
/// let mut adam = Adam::new([0.5, 0.75], 1e-12)?;
/// let mut theta = [0.0];
/// (0..3).for_each(|_| adam.step(&mut theta, &[-4.0], 0.25));
/// assert!((theta[0] - 0.75).abs() < 1e-11);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    beta: [f64; 2],
    epsilon: f64,
    moments: [Vec<f64>; 2],
    powers: [f64; 2],
}

impl Default for Adam {
    /// β = (0.9, 0.999), ε = 1e-8, as its authors propose.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Adam, Update};
    /// let mut theta = [0.0, 0.0];
    /// // The first step has length h in every direction, whatever the size of the gradient.
    /// Adam::default().step(&mut theta, &[1e-3, -1e3], 0.1);
    /// assert!((theta[0] + 0.1).abs() < 1e-5 && (theta[1] - 0.1).abs() < 1e-5);
    /// ```
    fn default() -> Self {
        Self { beta: [0.9, 0.999], epsilon: 1e-8, moments: [Vec::new(), Vec::new()], powers: [1.0; 2] }
    }
}

impl Adam {
    /// Adam with other running means.
    ///
    /// # Errors
    /// β₁ or β₂ outside [0, 1), or ε not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::{Adam, Update};
    /// // Without memory: θ − h g/(|g| + ε).
    /// let mut theta = [1.0];
    /// Adam::new([0.0, 0.0], 1.0)?.step(&mut theta, &[3.0], 0.5);
    /// assert_eq!(theta, [1.0 - 0.5 * 3.0 / 4.0]);
    /// assert!(Adam::new([1.0, 0.999], 1e-8).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(beta: [f64; 2], epsilon: f64) -> Result<Self> {
        fraction("beta[0]", beta[0])?;
        fraction("beta[1]", beta[1])?;
        Ok(Self { beta, epsilon: positive("epsilon", epsilon)?, ..Self::default() })
    }
}

// ANCHOR: adam
impl Update for Adam {
    fn step(&mut self, theta: &mut [f64], gradient: &[f64], rate: f64) {
        let [m, s] = self.moments.each_mut().map(|moment| {
            moment.resize(theta.len(), 0.0);
            &mut moment[..]
        });
        self.powers = [self.powers[0] * self.beta[0], self.powers[1] * self.beta[1]];
        let gathered = self.powers.map(|power| 1.0 - power);
        adapt(theta, gradient, m, s, self.beta, gathered, rate, self.epsilon);
    }
}
// ANCHOR_END: adam

/// The step of Adam in every parameter.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
#[expect(clippy::too_many_arguments, reason = "they are the symbols of the formula")]
// ANCHOR: adapt
fn adapt(
    theta: &mut [f64],
    gradient: &[f64],
    m: &mut [f64],
    s: &mut [f64],
    [beta_1, beta_2]: [f64; 2],
    gathered: [f64; 2],
    rate: f64,
    epsilon: f64,
) {
    for (((theta, g), m), s) in theta.iter_mut().zip(gradient).zip(m).zip(s) {
        *m = beta_1 * *m + (1.0 - beta_1) * g;
        *s = beta_2 * *s + (1.0 - beta_2) * g * g;
        *theta -= rate * (*m / gathered[0]) / ((*s / gathered[1]).sqrt() + epsilon);
    }
}
// ANCHOR_END: adapt

/// Passes `value` on if it lies in [0, 1).
fn fraction(name: &'static str, value: f64) -> Result<f64> {
    if (0.0..1.0).contains(&value) { Ok(value) } else { Err(Error::argument(name, value, "within [0, 1)")) }
}

/// Runs `steps` steps on a finite sum from `theta`, in place: GD, SGD and mini-batches with any [`Update`].
///
/// # Errors
/// As [`Sampler::new`] and [`minimize`].
///
/// ```
/// use sdml::{ch1_preliminaries::learning::{Batch, LogCosh, Plain, Schedule, descend}, random::Streams};
/// let loss = LogCosh::new(&[1.0, 1.0], &[-1.0, 1.0])?;
/// let mut theta = [3.0];
/// let mut stream = Streams::new(1, "doc").stream(0);
/// descend(&loss, Batch::Full, &mut Plain, Schedule::Constant(0.5), 100, &mut theta, &mut stream)?;
/// assert!(theta[0].abs() < 1e-6);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: descend
pub fn descend(
    objective: &impl FiniteSum,
    batch: Batch,
    update: &mut impl Update,
    schedule: Schedule,
    steps: usize,
    theta: &mut [f64],
    stream: &mut Stream,
) -> Result<()> {
    let mut sampler = Sampler::new(objective, batch)?;
    let evaluate = |_k: usize, theta: &[f64], gradient: &mut [f64]| {
        Ok(sampler.add_gradient(objective, theta, stream, gradient))
    };
    minimize(theta, update, schedule, steps, evaluate, |_, _, _| ())
}
// ANCHOR_END: descend

/// Runs `steps` steps from `theta`, in place.
///
/// `evaluate(k, θ, g)` writes an estimate of the gradient into `g`, which comes in as zeros, and returns an estimate
/// of the loss. `observe(k, θ_k, loss)` sees every iterate before it is left. The thread's [`Listener`](super::Listener)
/// hears how far it is.
///
/// # Errors
/// A rate that is not positive, a θ that is not finite, an error of `evaluate`; [`Error::Diverged`] with the iteration
/// and the last finite loss when a loss or a parameter is finite no longer.
///
/// ```
/// use sdml::ch1_preliminaries::learning::{Plain, Schedule, minimize};
/// let mut theta = vec![1.0];
/// let loss = |_k: usize, theta: &[f64], g: &mut [f64]| { g[0] = theta[0]; Ok(0.5 * theta[0].powi(2)) };
/// minimize(&mut theta, &mut Plain, Schedule::Constant(0.5), 3, loss, |_, _, _| ())?;
/// assert_eq!(theta, [0.125]);
/// let error = minimize(&mut theta, &mut Plain, Schedule::Constant(5.0), 3000, loss, |_, _, _| ());
/// assert!(error.unwrap_err().to_string().contains("at iteration 258; the last finite loss was"));
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: minimize
pub fn minimize(
    theta: &mut [f64],
    update: &mut impl Update,
    schedule: Schedule,
    steps: usize,
    mut evaluate: impl FnMut(usize, &[f64], &mut [f64]) -> Result<f64>,
    mut observe: impl FnMut(usize, &[f64], f64),
) -> Result<()> {
    let schedule = schedule.valid()?;
    let mut gradient = vec![0.0; theta.len()];
    let mut last = None;
    stays_finite("theta", &*theta, 0)?;
    for k in 0..steps {
        let mut step = || -> Result<()> {
            gradient.fill(0.0);
            let loss = evaluate(k, theta, &mut gradient)?;
            stays_finite("loss", [loss], k)?;
            tell(k, steps, loss);
            observe(k, theta, loss);
            last = Some(loss);
            update.step(theta, &gradient, schedule.rate(k));
            stays_finite("theta", &*theta, k)
        };
        step().map_err(|error| error.while_training(k, last))?;
    }
    Ok(())
}
// ANCHOR_END: minimize
