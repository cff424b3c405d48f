//! Gaussian mixtures p(x) = Σ_k w_k N(x; m_k, Σ_k) on ℝᴰ, and what noise makes of them: the law of aX + bZ, with
//! X ~ p and Z ~ N(0, I) independent of it, is the mixture of the N(a m_k, a²Σ_k + b²I) with the same weights.
//!
//! So every path of this chapter has a density, a score, moments and conditional means in closed form when the data
//! are a mixture. Covariances are held by their eigenvectors, which noise does not turn.

use std::f64::consts::PI;

use nalgebra::DMatrix;
use ndarray::Array2;

use crate::error::{at_least, finite, positive};
use crate::random::{Stream, Streams};
use crate::statistics::normal;
use crate::{Error, Result};

/// A mixture of normal laws on ℝᴰ.
///
/// ```
/// use sdml::ch5_diffusion::mixture::Mixture;
/// let data = Mixture::isotropic(&[0.5, 0.5], &[[-2.0], [2.0]], 0.5)?;
/// // Between two equal components the score vanishes; noise keeps it so and lowers the barrier.
/// assert!(data.score(&[0.0])[0].abs() < 1e-15);
/// let noised = data.noised(0.5, 0.8)?;
/// assert!(noised.density(&[0.0]) > data.density(&[0.0]));
/// assert!((noised.covariance()[0][0] - (0.25 * 4.25 + 0.64)).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture<const D: usize> {
    components: Vec<Component<D>>,
}

/// The columns of an orthogonal Q, unless Q is the identity.
type Axes<const D: usize> = Option<Box<[[f64; D]; D]>>;

/// One term w N(m, Σ), Σ = Q diag(variances) Qᵀ.
#[derive(Debug, Clone, PartialEq)]
struct Component<const D: usize> {
    weight: f64,
    mean: [f64; D],
    variances: [f64; D],
    axes: Axes<D>,
    /// log w − ½ Σ log 2πvᵢ.
    log_peak: f64,
}

impl<const D: usize> Component<D> {
    fn new(weight: f64, mean: [f64; D], variances: [f64; D], axes: Axes<D>) -> Self {
        let log_peak = weight.ln() - 0.5 * variances.iter().map(|v| (2.0 * PI * v).ln()).sum::<f64>();
        Self { weight, mean, variances, axes, log_peak }
    }

    /// Q f(Qᵀx): `f` changes the i-th coordinate along the axes of the component.
    #[inline]
    fn along_axes(&self, x: [f64; D], f: impl Fn(usize, f64) -> f64) -> [f64; D] {
        match &self.axes {
            None => std::array::from_fn(|i| f(i, x[i])),
            Some(axes) => {
                let mut out = [0.0; D];
                for (i, axis) in axes.iter().enumerate() {
                    let y = f(i, axis.iter().zip(&x).map(|(q, x)| q * x).sum());
                    out.iter_mut().zip(axis).for_each(|(out, q)| *out += q * y);
                }
                out
            }
        }
    }

    /// log(w N(x; m, Σ)) and its gradient −Σ⁻¹(x − m).
    #[inline]
    fn pull(&self, x: &[f64; D]) -> (f64, [f64; D]) {
        let centred: [f64; D] = std::array::from_fn(|i| x[i] - self.mean[i]);
        let pull = self.along_axes(centred, |i, y| -y / self.variances[i]);
        let square: f64 = centred.iter().zip(&pull).map(|(x, g)| x * g).sum();
        (self.log_peak + 0.5 * square, pull)
    }

    /// Row `i` of Q diag(f(variances)) Qᵀ.
    fn row(&self, i: usize, f: impl Fn(f64) -> f64) -> [f64; D] {
        let unit = std::array::from_fn(|j| f64::from(i == j));
        self.along_axes(unit, |j, y| f(self.variances[j]) * y)
    }
}

impl<const D: usize> Mixture<D> {
    /// The mixture of N(`means[k]`, `deviation`² I).
    ///
    /// # Errors
    /// No component; lists of different lengths; weights that are no probabilities; means that are not finite; a
    /// deviation that is not positive, or whose square is 0 or infinite in floating point.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// assert!(Mixture::isotropic(&[0.5, 0.5], &[[-2.0], [2.0]], 0.5).is_ok());
    /// // No probabilities; not a mean for each.
    /// assert!(Mixture::isotropic(&[0.5, 0.6], &[[-2.0], [2.0]], 0.5).is_err());
    /// assert!(Mixture::isotropic(&[0.5, 0.5], &[[2.0]], 0.5).is_err());
    /// ```
    pub fn isotropic(weights: &[f64], means: &[[f64; D]], deviation: f64) -> Result<Self> {
        let variance = positive("variance", positive("deviation", deviation)?.powi(2))?;
        Self::from_axes(weights, means, |_| Ok(([variance; D], None)))
    }

    /// The mixture of N(`means[k]`, `covariances[k]`).
    ///
    /// # Errors
    /// As [`Self::isotropic`]; a covariance that is not symmetric and positive definite.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let normal = Mixture::new(&[1.0], &[[0.0, 0.0]], &[[[2.0, 1.0], [1.0, 2.0]]])?;
    /// // The score of N(0, Σ) is −Σ⁻¹x, its Hessian −Σ⁻¹.
    /// let score = normal.score(&[3.0, 0.0]);
    /// assert!((score[0] + 2.0).abs() < 1e-14 && (score[1] - 1.0).abs() < 1e-14);
    /// assert!((normal.hessian(&[5.0, 1.0])[0][1] - 1.0 / 3.0).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(weights: &[f64], means: &[[f64; D]], covariances: &[[[f64; D]; D]]) -> Result<Self> {
        if covariances.len() != means.len() {
            let allowed = format!("means.len() = {}", means.len());
            return Err(Error::argument("covariances.len()", covariances.len(), allowed));
        }
        Self::from_axes(weights, means, |k| eigen(&covariances[k]))
    }

    /// N(`mean`, `covariance`).
    ///
    /// # Errors
    /// As [`Self::new`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let law = Mixture::gaussian([1.0, -1.0], [[4.0, 0.0], [0.0, 0.25]])?;
    /// assert_eq!((law.count(), law.mean(), law.covariance()), (1, [1.0, -1.0], [[4.0, 0.0], [0.0, 0.25]]));
    /// assert!(Mixture::gaussian([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gaussian(mean: [f64; D], covariance: [[f64; D]; D]) -> Result<Self> {
        Self::new(&[1.0], &[mean], &[covariance])
    }

    fn from_axes(
        weights: &[f64],
        means: &[[f64; D]],
        covariance: impl Fn(usize) -> Result<([f64; D], Axes<D>)>,
    ) -> Result<Self> {
        at_least("D", D, 1)?;
        let count = at_least("weights.len()", weights.len(), 1)?;
        if means.len() != count {
            return Err(Error::argument("means.len()", means.len(), format!("weights.len() = {count}")));
        }
        let total: f64 = weights.iter().sum();
        let probabilities = weights.iter().all(|&w| w > 0.0) && (total - 1.0).abs() <= 1e-9;
        if !probabilities {
            let allowed = "probabilities: greater than 0, with sum 1";
            return Err(Error::argument("weights", format!("{weights:?}"), allowed));
        }
        for &value in means.iter().flatten() {
            finite("means", value)?;
        }
        let component = |k: usize| {
            let (variances, axes) = covariance(k)?;
            Ok(Component::new(weights[k] / total, means[k], variances, axes))
        };
        Ok(Self { components: (0..count).map(component).collect::<Result<_>>()? })
    }

    /// The law of aX + bZ, Z ~ N(0, I) independent of X.
    ///
    /// # Errors
    /// Numbers that are not finite, or both 0 (the law of 0 has no density); variances that are 0 or infinite in floating point.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // ½ N(4, 4) + ¾ Z: N(2, 1 + 9/16).
    /// let law = Mixture::gaussian([4.0], [[4.0]])?.noised(0.5, 0.75)?;
    /// assert_eq!((law.mean(), law.covariance()), ([2.0], [[1.5625]]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: noised
    pub fn noised(&self, a: f64, b: f64) -> Result<Self> {
        channel(a, b)?;
        let noise = |c: &Component<D>| {
            let variances = c.variances.map(|v| a * a * v + b * b);
            for v in variances {
                positive("variance", v)?;
            }
            Ok(Component::new(c.weight, c.mean.map(|m| a * m), variances, c.axes.clone()))
        };
        Ok(Self { components: self.components.iter().map(noise).collect::<Result<_>>()? })
    }
    // ANCHOR_END: noised

    /// How many components there are.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let ring = Mixture::ring(8, 2.0, 0.2)?;
    /// assert_eq!((ring.count(), ring.only(&[0, 4])?.count()), (8, 2));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn count(&self) -> usize {
        self.components.len()
    }

    /// w_k, k = `component`.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let law = Mixture::isotropic(&[0.25, 0.75], &[[-2.0], [2.0]], 0.5)?;
    /// assert_eq!([0, 1, 2].map(|k| law.weight(k)), [Some(0.25), Some(0.75), None]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn weight(&self, component: usize) -> Option<f64> {
        self.components.get(component).map(|c| c.weight)
    }

    /// The law of X given that it came from one of the listed components: one class of labelled data.
    ///
    /// # Errors
    /// No component; one that does not exist or is listed twice.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let data = Mixture::isotropic(&[0.2, 0.3, 0.5], &[[0.0], [1.0], [5.0]], 0.1)?;
    /// assert!((data.only(&[0, 1])?.mean()[0] - 0.6).abs() < 1e-15);
    /// assert!(data.only(&[3]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn only(&self, components: &[usize]) -> Result<Self> {
        at_least("components.len()", components.len(), 1)?;
        for (place, &k) in components.iter().enumerate() {
            if k >= self.count() || components[..place].contains(&k) {
                let allowed = format!("below {}, each listed once", self.count());
                return Err(Error::argument("components", k, allowed));
            }
        }
        let chosen = || components.iter().map(|&k| &self.components[k]);
        let total: f64 = chosen().map(|c| c.weight).sum();
        let part = |c: &Component<D>| Component::new(c.weight / total, c.mean, c.variances, c.axes.clone());
        Ok(Self { components: chosen().map(part).collect() })
    }

    /// log p(x) and Σ_k r_k(x) f_k, where r_k(x) = w_k N(x; m_k, Σ_k)/p(x) is the probability that x came from
    /// component k; `f` is told k and −Σ_k⁻¹(x − m_k). One pass; terms are scaled by the largest so far, so that nothing overflows or vanishes.
    // ANCHOR: average
    #[inline]
    fn average<const N: usize>(
        &self,
        x: &[f64; D],
        f: impl Fn(usize, &[f64; D]) -> [f64; N],
    ) -> (f64, [f64; N]) {
        let (mut top, mut total, mut sum) = (f64::MIN, 0.0, [0.0; N]);
        for (k, component) in self.components.iter().enumerate() {
            let (log_term, pull) = component.pull(x);
            if log_term > top {
                let shrink = (top - log_term).exp();
                total *= shrink;
                sum = sum.map(|s| s * shrink);
                top = log_term;
            }
            let share = (log_term - top).exp();
            total += share;
            sum.iter_mut().zip(f(k, &pull)).for_each(|(sum, f)| *sum += share * f);
        }
        (top + total.ln(), sum.map(|s| s / total))
    }
    // ANCHOR_END: average

    /// log p(x); −∞ where |x|² is beyond the finite numbers.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // Where the density itself would be 0 in floating point.
    /// let law = Mixture::gaussian([0.0], [[1.0]])?;
    /// assert!((law.log_density(&[100.0]) + 5000.0 + 0.5 * std::f64::consts::TAU.ln()).abs() < 1e-10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn log_density(&self, x: &[f64; D]) -> f64 {
        self.average(x, |_, _| []).0
    }

    /// p(x).
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // The peak of N(0, 4) is half that of N(0, 1).
    /// let peak = |variance: f64| Mixture::gaussian([0.0], [[variance]]).map(|law| law.density(&[0.0]));
    /// assert!((peak(4.0)? / peak(1.0)? - 0.5).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn density(&self, x: &[f64; D]) -> f64 {
        self.log_density(x).exp()
    }

    /// The score ∇ log p(x) = −Σ_k r_k(x) Σ_k⁻¹(x − m_k). Where |x|² is beyond the finite numbers, r_k is unknown, and so is the
    /// score: NaN.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // −(x − 1)/4.
    /// let law = Mixture::gaussian([1.0], [[4.0]])?;
    /// assert_eq!(law.score(&[3.0]), [-0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: score
    pub fn score(&self, x: &[f64; D]) -> [f64; D] {
        self.average(x, |_, pull| *pull).1
    }
    // ANCHOR_END: score

    /// The Hessian of log p at x: Σ_k r_k (g_k g_kᵀ − Σ_k⁻¹) − s sᵀ with g_k = −Σ_k⁻¹(x − m_k) and the score s.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let law = Mixture::ring(8, 2.0, 0.2)?;
    /// let (x, d) = ([1.7, 0.4], 1e-5);
    /// let along = (law.score(&[x[0] + d, x[1]])[1] - law.score(&[x[0] - d, x[1]])[1]) / (2.0 * d);
    /// assert!((law.hessian(&x)[0][1] - along).abs() < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn hessian(&self, x: &[f64; D]) -> [[f64; D]; D] {
        let s = self.score(x);
        std::array::from_fn(|i| {
            let (_, row): (_, [f64; D]) = self.average(x, |k, g| {
                let precision = self.components[k].row(i, |v| 1.0 / v);
                std::array::from_fn(|j| g[i] * g[j] - precision[j])
            });
            std::array::from_fn(|j| row[j] - s[i] * s[j])
        })
    }

    /// Δ log p(x), the divergence of the score.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // The trace of the Hessian.
    /// let (law, x) = (Mixture::ring(8, 2.0, 0.2)?, [1.7, 0.4]);
    /// let hessian = law.hessian(&x);
    /// assert!((law.laplacian(&x) - hessian[0][0] - hessian[1][1]).abs() < 1e-10);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn laplacian(&self, x: &[f64; D]) -> f64 {
        let s = self.score(x);
        let (_, [trace]) = self.average(x, |k, g| {
            let square: f64 = g.iter().map(|g| g * g).sum();
            [square - self.components[k].variances.iter().map(|v| 1.0 / v).sum::<f64>()]
        });
        trace - s.iter().map(|s| s * s).sum::<f64>()
    }

    /// r_k(x), the probability that x came from component k = `component`; 0 if there is none of that number.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // Halfway between equal components the weights decide.
    /// let law = Mixture::isotropic(&[0.25, 0.75], &[[-2.0], [2.0]], 0.5)?;
    /// let shares = [0, 1, 2].map(|k| law.responsibility(k, &[0.0]));
    /// assert!((shares[0] - 0.25).abs() < 1e-14 && (shares[1] - 0.75).abs() < 1e-14 && shares[2] == 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn responsibility(&self, component: usize, x: &[f64; D]) -> f64 {
        let log_term = self.components.get(component).map(|c| c.pull(x).0);
        log_term.map_or(0.0, |log_term| (log_term - self.log_density(x)).exp())
    }

    /// E[X | aX + bZ = x] = Σ_k r_k(x) (m_k + aΣ_k (a²Σ_k + b²I)⁻¹(x − a m_k)), with the r_k of the noised law.
    ///
    /// For a ≠ 0 it is (x + b² ∇ log p̂(x))/a with the density p̂ of aX + bZ (Tweedie's formula), but this form loses
    /// no digits when a is small. The mean of the noise is E[Z | x] = −b ∇ log p̂(x).
    ///
    /// # Errors
    /// As [`Self::noised`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// let (a, b, x) = (0.6, 0.8, [1.1, -0.3]);
    /// let (mean, score) = (data.conditional_mean(a, b, &x)?, data.noised(a, b)?.score(&x));
    /// assert!((mean[0] - (x[0] + b * b * score[0]) / a).abs() < 1e-14);
    /// // Noise alone says nothing about X.
    /// assert!(data.conditional_mean(0.0, 1.0, &x)?[0].abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn conditional_mean(&self, a: f64, b: f64, x: &[f64; D]) -> Result<[f64; D]> {
        Ok(self.observed(a, b)?.mean(1.0, 0.0, x))
    }

    /// What aX + bZ tells about X and Z, for many questions at one (a, b).
    ///
    /// # Errors
    /// As [`Self::noised`].
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // N(0, 4) seen through X + Z: E[X | x] = 4x/5.
    /// let data = Mixture::gaussian([0.0], [[4.0]])?;
    /// assert!((data.observed(1.0, 1.0)?.mean(1.0, 0.0, &[3.0])[0] - 2.4).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn observed(&self, a: f64, b: f64) -> Result<Observed<'_, D>> {
        Ok(Observed { data: self, law: self.noised(a, b)?, a })
    }

    /// E X.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// assert_eq!(Mixture::isotropic(&[0.25, 0.75], &[[-2.0], [2.0]], 0.5)?.mean(), [1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mean(&self) -> [f64; D] {
        std::array::from_fn(|i| self.components.iter().map(|c| c.weight * c.mean[i]).sum())
    }

    /// Cov X = Σ_k w_k (Σ_k + m_k m_kᵀ) − E X (E X)ᵀ.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // Within the components ¼, between them ¼ · 3² + ¾ · 1².
    /// assert_eq!(Mixture::isotropic(&[0.25, 0.75], &[[-2.0], [2.0]], 0.5)?.covariance(), [[3.25]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn covariance(&self) -> [[f64; D]; D] {
        let mean = self.mean();
        std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let within = |c: &Component<D>| c.row(i, |v| v)[j];
                let between = |c: &Component<D>| (c.mean[i] - mean[i]) * (c.mean[j] - mean[j]);
                self.components.iter().map(|c| c.weight * (within(c) + between(c))).sum()
            })
        })
    }

    /// E f(X), by the trapezoidal rule on a grid with a fifth of the least standard deviation between its points, out to
    /// nine of the greatest around every component. For densities this smooth its error falls faster than any power of
    /// the step; the cost is that of a grid in D dimensions.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let law = Mixture::ring(8, 2.0, 0.2)?;
    /// assert!((law.expectation(|_| 1.0) - 1.0).abs() < 1e-12);
    /// assert!((law.expectation(|x| x[0] * x[0]) - law.covariance()[0][0]).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn expectation(&self, f: impl Fn(&[f64; D]) -> f64) -> f64 {
        let variances = self.components.iter().flat_map(|c| c.variances);
        let (least, greatest) =
            variances.fold((f64::INFINITY, 0.0f64), |(least, greatest), v| (least.min(v), greatest.max(v)));
        let (h, reach) = (0.2 * least.sqrt(), 9.0 * greatest.sqrt());
        let low: [f64; D] = std::array::from_fn(|i| {
            self.components.iter().fold(f64::INFINITY, |low, c| low.min(c.mean[i])) - reach
        });
        let counts: [usize; D] = std::array::from_fn(|i| {
            let high = self.components.iter().fold(f64::NEG_INFINITY, |high, c| high.max(c.mean[i])) + reach;
            ((high - low[i]) / h).ceil() as usize + 1
        });
        let point = |mut number: usize| {
            std::array::from_fn(|i| {
                let place = number % counts[i];
                number /= counts[i];
                low[i] + h * place as f64
            })
        };
        let points = (0..counts.iter().product()).map(point);
        points.map(|x| self.density(&x) * f(&x)).sum::<f64>() * h.powi(D as i32)
    }

    /// E|∇ log p(X)|², the Fisher information of translations, by [`Self::expectation`]. Between components some seven deviations
    /// apart the score has poles near the real points, and the relative error reaches 4e-8; it is less if they are nearer or farther.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // 1/v for N(m, v).
    /// assert!((Mixture::gaussian([1.0], [[4.0]])?.fisher_information() - 0.25).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn fisher_information(&self) -> f64 {
        self.expectation(|x| self.score(x).iter().map(|s| s * s).sum())
    }

    /// A draw: the number of its component, and the point.
    ///
    /// ```
    /// use sdml::{ch5_diffusion::mixture::Mixture, random::Streams};
    /// // In components as far apart as these the point tells its label.
    /// let law = Mixture::isotropic(&[0.5, 0.5], &[[-2.0], [2.0]], 0.1)?;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// for (label, [x]) in (0..20).map(|_| law.draw_labelled(&mut stream)) {
    ///     assert_eq!(label, usize::from(x > 0.0));
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: draw
    pub fn draw_labelled(&self, stream: &mut Stream) -> (usize, [f64; D]) {
        let mut left = stream.uniform();
        let chosen = self.components.iter().position(|c| {
            left -= c.weight;
            left < 0.0
        });
        // The weights may add up to a little less than 1.
        let k = chosen.unwrap_or(self.components.len() - 1);
        let c = &self.components[k];
        let z: [f64; D] = std::array::from_fn(|_| stream.normal());
        let spread: [f64; D] = match &c.axes {
            None => std::array::from_fn(|i| c.variances[i].sqrt() * z[i]),
            Some(axes) => std::array::from_fn(|i| {
                axes.iter().zip(&c.variances).zip(&z).map(|((axis, v), z)| axis[i] * v.sqrt() * z).sum()
            }),
        };
        (k, std::array::from_fn(|i| c.mean[i] + spread[i]))
    }
    // ANCHOR_END: draw

    /// A draw.
    ///
    /// ```
    /// use sdml::{ch5_diffusion::mixture::Mixture, random::Streams};
    /// let law = Mixture::ring(8, 2.0, 0.2)?;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let labelled = law.draw_labelled(&mut stream.clone());
    /// assert_eq!(law.draw(&mut stream), labelled.1);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn draw(&self, stream: &mut Stream) -> [f64; D] {
        self.draw_labelled(stream).1
    }

    /// `points` draws, an n × D matrix; point i draws from stream i.
    ///
    /// ```
    /// use sdml::{ch5_diffusion::mixture::Mixture, random::Streams};
    /// let (law, streams) = (Mixture::ring(8, 2.0, 0.2)?, Streams::new(1, "doc"));
    /// assert_eq!(law.sample(10, &streams).row(7).to_vec(), law.draw(&mut streams.stream(7)));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(&self, points: usize, streams: &Streams) -> Array2<f64> {
        let mut sample = Array2::zeros((points, D));
        for (i, mut row) in sample.outer_iter_mut().enumerate() {
            let x = self.draw(&mut streams.stream(i as u64));
            row.iter_mut().zip(x).for_each(|(place, x)| *place = x);
        }
        sample
    }
}

/// A mixture seen through aX + bZ.
///
/// ```
/// use sdml::ch5_diffusion::mixture::Mixture;
/// // E[Z | X + Z = x] for X ~ N(0, 4): the fifth that is noise, with q = bd = 1.
/// let data = Mixture::gaussian([0.0], [[4.0]])?;
/// let seen = data.observed(1.0, 1.0)?;
/// assert!((seen.mean(0.0, 1.0, &[3.0])[0] - 0.6).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Observed<'a, const D: usize> {
    data: &'a Mixture<D>,
    law: Mixture<D>,
    a: f64,
}

impl<const D: usize> Observed<'_, D> {
    /// The law of aX + bZ.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// assert_eq!(data.observed(0.6, 0.8)?.law(), &data.noised(0.6, 0.8)?);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn law(&self) -> &Mixture<D> {
        &self.law
    }

    /// E[cX + dZ | aX + bZ = x] with q = bd: Σ_k r_k(x) (c m_k − (caΣ_k + qI) g_k), g_k = −(a²Σ_k + b²I)⁻¹(x − a m_k).
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let data = Mixture::ring(8, 2.0, 0.2)?;
    /// let (a, b, x) = (0.6, 0.8, [1.1, -0.3]);
    /// // What is seen is seen: E[aX + bZ | x] = x.
    /// let seen = data.observed(a, b)?.mean(a, b * b, &x);
    /// assert!((seen[0] - x[0]).abs() < 1e-14 && (seen[1] - x[1]).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: observed
    pub fn mean(&self, c: f64, q: f64, x: &[f64; D]) -> [f64; D] {
        // To get Σ_k back from a²Σ_k + b²I would cancel.
        let (_, mean) = self.law.average(x, |k, pull| {
            let data = &self.data.components[k];
            let shift = data.along_axes(*pull, |i, g| -(c * self.a * data.variances[i] + q) * g);
            std::array::from_fn(|i| c * data.mean[i] + shift[i])
        });
        mean
    }
    // ANCHOR_END: observed
}

impl Mixture<1> {
    /// Mean and standard deviation of every component.
    pub(super) fn parts(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.components.iter().map(|c| (c.mean[0], c.variances[0].sqrt()))
    }

    /// P(X ≤ x).
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // Left of the middle lies the left component, and half of nothing else.
    /// let law = Mixture::isotropic(&[0.25, 0.75], &[[-2.0], [2.0]], 0.1)?;
    /// assert!((law.cdf(0.0) - 0.25).abs() < 1e-15 && (law.cdf(2.0) - 0.625).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn cdf(&self, x: f64) -> f64 {
        let part = |c: &Component<1>| c.weight * normal::cdf((x - c.mean[0]) / c.variances[0].sqrt());
        self.components.iter().map(part).sum()
    }

    /// The x with P(X ≤ x) = `probability`, by bisection to rounding.
    ///
    /// # Errors
    /// A probability outside (0, 1).
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// let law = Mixture::isotropic(&[0.3, 0.7], &[[-1.0], [2.0]], 0.5)?;
    /// assert!((law.cdf(law.quantile(0.2)?) - 0.2).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<f64> {
        // The quantile of a mixture lies between the least and the greatest of its components' quantiles.
        let z = normal::quantile(probability)?;
        let ends = self.components.iter().map(|c| c.mean[0] + c.variances[0].sqrt() * z);
        let (mut low, mut high) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return Ok(middle);
            }
            if self.cdf(middle) < probability { low = middle } else { high = middle }
        }
    }
}

impl Mixture<2> {
    /// `count` equal components N(m_k, `deviation`² I) at m_k = `radius` (cos 2πk/count, sin 2πk/count).
    ///
    /// # Errors
    /// As [`Self::isotropic`]; a radius that is not finite.
    ///
    /// ```
    /// use sdml::ch5_diffusion::mixture::Mixture;
    /// // By symmetry the mean is 0 and the covariance (r²/2 + σ²) I.
    /// let ring = Mixture::ring(8, 2.0, 0.5)?;
    /// assert!(ring.mean().iter().all(|m| m.abs() < 1e-15));
    /// assert!((ring.covariance()[0][0] - 2.25).abs() < 1e-14 && ring.covariance()[0][1].abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn ring(count: usize, radius: f64, deviation: f64) -> Result<Self> {
        at_least("count", count, 1)?;
        finite("radius", radius)?;
        let angle = |k: usize| 2.0 * PI * k as f64 / count as f64;
        let means: Vec<_> = (0..count).map(|k| [radius * angle(k).cos(), radius * angle(k).sin()]).collect();
        Self::isotropic(&vec![1.0 / count as f64; count], &means, deviation)
    }
}

/// Checks the numbers of aX + bZ.
fn channel(a: f64, b: f64) -> Result<()> {
    finite("a", a)?;
    finite("b", b)?;
    if a == 0.0 && b == 0.0 {
        return Err(Error::argument("a", a, "different from 0 when b is 0"));
    }
    Ok(())
}

/// The eigenvalues of a covariance and its eigenvectors, one a row.
fn eigen<const D: usize>(covariance: &[[f64; D]; D]) -> Result<([f64; D], Axes<D>)> {
    let refused = || {
        Error::argument("covariances", format!("{covariance:?}"), "symmetric, finite and positive definite")
    };
    let scale = covariance.iter().flatten().fold(0.0f64, |scale, entry| scale.max(entry.abs()));
    let symmetric =
        (0..D).all(|i| (0..i).all(|j| (covariance[i][j] - covariance[j][i]).abs() <= 1e-12 * scale));
    if !symmetric || covariance.iter().flatten().any(|entry| !entry.is_finite()) {
        return Err(refused());
    }
    let diagonal = (0..D).all(|i| (0..D).all(|j| i == j || covariance[i][j] == 0.0));
    let (variances, axes) = if diagonal {
        (std::array::from_fn(|i| covariance[i][i]), None)
    } else {
        let eigen = DMatrix::from_fn(D, D, |i, j| covariance[i][j]).symmetric_eigen();
        let axes = std::array::from_fn(|k| std::array::from_fn(|i| eigen.eigenvectors[(i, k)]));
        (std::array::from_fn(|k| eigen.eigenvalues[k]), Some(Box::new(axes)))
    };
    if variances.iter().all(|&v| v > 1e-14 * scale) { Ok((variances, axes)) } else { Err(refused()) }
}
