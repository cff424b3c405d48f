//! dX = b(X, t, θ) dt + σ(X, t, θ) ∘ dB, X(T₀) = x₀ fixed (2.3), (2.9): an equation with parameters θ ∈ ℝᴾ.
//!
//! Both coefficients are written for any [`Number`], so that they can be differentiated in x and in θ. Over a step of
//! length h with increment ΔB all methods need one vector and its derivatives only, F(x, t, θ) = b h + σ ΔB.

use crate::Result;
use crate::ch1_preliminaries::sde::{
    Additive, Calculus, Dual, Equation, General, Ito, Noise, Number, Scalar, Stratonovich, StratonovichForm,
};
use crate::error::finite;

/// A stochastic differential equation for X(t) ∈ ℝᴰ, driven by M Brownian motions and steered by P parameters.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Number, Scalar, Stratonovich};
/// use sdml::ch2_control::neural_sde::{Controlled, WithParameters};
///
/// /// dX = −θ₁X dt + θ₂ cos X ∘ dB.
/// struct Damped;
///
/// impl Controlled<1, 1, 2> for Damped {
///     type Calculus = Stratonovich;
///     type Noise = Scalar;
///     fn drift<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [S; 1] {
///         [-theta[0] * x[0]]
///     }
///     fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [[S; 1]; 1] {
///         [[theta[1] * x[0].cos()]]
///     }
/// }
/// let model = WithParameters::new(&Damped, [2.0, 1.0])?;
/// assert_eq!(model.slope(&[0.5], 0.0, 0.1, &[0.0]), [-0.1]);
/// # Ok::<(), sdml::Error>(())
/// ```
// ANCHOR: controlled
pub trait Controlled<const D: usize, const M: usize, const P: usize> {
    /// How σ dB is read.
    type Calculus: Calculus;
    /// What is known about the structure of σ.
    type Noise: Noise<D, M>;

    /// b(x, t, θ).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Dual, Ito};
    /// use sdml::ch2_control::neural_sde::{Controlled, LinearFamily};
    /// // θ₁x, and its derivative in θ₁: x.
    /// let (x, rate, noise) = (Dual::from(3.0), Dual { value: -2.0, slope: 1.0 }, Dual::from(0.5));
    /// let [drift] = LinearFamily(Ito).drift(&[x], 0.0, &[rate, noise]);
    /// assert_eq!((drift.value, drift.slope), (-6.0, 3.0));
    /// ```
    fn drift<S: Number>(&self, x: &[S; D], t: f64, theta: &[S; P]) -> [S; D];

    /// σ(x, t, θ), of D rows and M columns.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::{Controlled, TwoNoises};
    /// // The first component has θ₃x₂ from the second noise, the second θ₄x₁ from the first.
    /// let sigma = |x: [f64; 2]| TwoNoises.diffusion(&x, 0.0, &[1.0, 1.0, 3.0, 5.0]);
    /// assert_eq!(sigma([0.0, 0.0]), [[0.5, 0.0], [0.0, 0.0]]);
    /// assert_eq!((sigma([0.0, 2.0])[0][1], sigma([2.0, 0.0])[1][0]), (6.0, 10.0));
    /// ```
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64, theta: &[S; P]) -> [[S; M]; D];
}
// ANCHOR_END: controlled

/// One member of a family: the equation at a given θ, an [`Equation`] of Chapter 1.
///
/// ```
/// use sdml::{ch1_preliminaries::sde::{Equation, Ito}, ch2_control::neural_sde::{LinearFamily, WithParameters}};
/// // dX = −2X dt + dB/2, to be solved like any other equation.
/// let model = WithParameters::new(&LinearFamily(Ito), [-2.0, 0.5])?;
/// assert_eq!((model.drift(&[3.0], 0.0), model.diffusion(&[3.0], 0.0)), ([-6.0], [[0.5]]));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WithParameters<'a, E, const P: usize> {
    equation: &'a E,
    theta: [f64; P],
}

impl<'a, E, const P: usize> WithParameters<'a, E, P> {
    /// The equation at `theta`.
    ///
    /// # Errors
    /// Parameters that are not finite.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Ito, ch2_control::neural_sde::{LinearFamily, WithParameters}};
    /// assert!(WithParameters::new(&LinearFamily(Ito), [-2.0, f64::NAN]).is_err());
    /// ```
    pub fn new(equation: &'a E, theta: [f64; P]) -> Result<Self> {
        for value in theta {
            finite("theta", value)?;
        }
        Ok(Self { equation, theta })
    }

    /// θ.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Ito, ch2_control::neural_sde::{LinearFamily, WithParameters}};
    /// assert_eq!(WithParameters::new(&LinearFamily(Ito), [-2.0, 0.5])?.theta(), &[-2.0, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn theta(&self) -> &[f64; P] {
        &self.theta
    }

    /// F(x, t) = b h + σ ΔB.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Stratonovich, ch2_control::neural_sde::{GeometricFamily, WithParameters}};
    /// // (θ₁h + θ₂ΔB)x.
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [1.0, 2.0])?;
    /// assert_eq!(model.slope(&[4.0], 0.0, 0.25, &[0.5]), [5.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn slope<const D: usize, const M: usize>(
        &self,
        x: &[f64; D],
        t: f64,
        h: f64,
        db: &[f64; M],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P>,
    {
        slope(self.equation, x, t, &self.theta, h, db)
    }

    /// ∇ₓF u + ∇_θF v: the derivative of F along u ∈ ℝᴰ and v ∈ ℝᴾ.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::sde::Stratonovich, ch2_control::neural_sde::{GeometricFamily, WithParameters}};
    /// // F = (θ₁h + θ₂ΔB)x along x: θ₁h + θ₂ΔB; along θ₂: ΔBx.
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [1.0, 2.0])?;
    /// let along = |u: f64, v: [f64; 2]| model.push_forward((&[4.0], &[u]), &v, 0.0, 0.25, &[0.5]);
    /// assert_eq!([along(1.0, [0.0; 2]), along(0.0, [0.0, 1.0])], [[1.25], [2.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn push_forward<const D: usize, const M: usize>(
        &self,
        (x, u): (&[f64; D], &[f64; D]),
        v: &[f64; P],
        t: f64,
        h: f64,
        db: &[f64; M],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P>,
    {
        let x = std::array::from_fn(|i| Dual { value: x[i], slope: u[i] });
        let theta = std::array::from_fn(|m| Dual { value: self.theta[m], slope: v[m] });
        slope(self.equation, &x, t, &theta, h, db).map(|entry| entry.slope)
    }

    /// (∇ₓF)ᵀ a, and adds (∇_θF)ᵀ a to `gradient`: D + P derivatives along the axes.
    ///
    /// ```
    /// use sdml::ch2_control::neural_sde::{OneNeuron, WithParameters};
    /// let model = WithParameters::new(&OneNeuron, [0.8, 1.5, 0.4, -0.7])?;
    /// let (x, t, h, db, a) = ([0.3], 0.0, 0.1, [0.2], [2.0]);
    /// let mut gradient = [0.0; 4];
    /// let pulled = model.pull_back(&x, t, h, &db, &a, &mut gradient);
    /// // ⟨(∇F)ᵀ a, u⟩ = ⟨a, ∇F u⟩.
    /// let pushed = model.push_forward((&x, &[1.0]), &[0.0; 4], t, h, &db);
    /// assert_eq!(pulled[0], 2.0 * pushed[0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn pull_back<const D: usize, const M: usize>(
        &self,
        x: &[f64; D],
        t: f64,
        h: f64,
        db: &[f64; M],
        a: &[f64; D],
        gradient: &mut [f64; P],
    ) -> [f64; D]
    where
        E: Controlled<D, M, P>,
    {
        let along = |u: &[f64; D], v: &[f64; P]| dot(a, &self.push_forward((x, u), v, t, h, db));
        for (m, gradient) in gradient.iter_mut().enumerate() {
            *gradient += along(&[0.0; D], &axis(m));
        }
        std::array::from_fn(|k| along(&axis(k), &[0.0; P]))
    }
}

/// F = b h + σ ΔB in any number.
#[inline]
fn slope<E, S: Number, const D: usize, const M: usize, const P: usize>(
    equation: &E,
    x: &[S; D],
    t: f64,
    theta: &[S; P],
    h: f64,
    db: &[f64; M],
) -> [S; D]
where
    E: Controlled<D, M, P>,
{
    let (b, sigma) = (equation.drift(x, t, theta), equation.diffusion(x, t, theta));
    std::array::from_fn(|i| (0..M).fold(b[i] * h, |sum, j| sum + sigma[i][j] * db[j]))
}

/// The unit vector along axis k.
#[inline]
pub(super) fn axis<const N: usize>(k: usize) -> [f64; N] {
    std::array::from_fn(|i| f64::from(u8::from(i == k)))
}

/// Σ aᵢ bᵢ.
#[inline]
pub(super) fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl<E, const D: usize, const M: usize, const P: usize> Equation<D, M> for WithParameters<'_, E, P>
where
    E: Controlled<D, M, P>,
{
    type Calculus = E::Calculus;
    type Noise = E::Noise;

    #[inline]
    fn drift(&self, x: &[f64; D], t: f64) -> [f64; D] {
        self.equation.drift(x, t, &self.theta)
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; D], t: f64) -> [[S; M]; D] {
        self.equation.diffusion(x, t, &self.theta.map(S::from))
    }
}

/// The Stratonovich form of a family read by Itô: drift b − ½ Σⱼ (∇σⱼ) σⱼ, *for every number*, so that its gradient in θ
/// contains the derivative of σσ′/2.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Ito, StratonovichForm};
/// use sdml::ch2_control::neural_sde::{Controlled, GeometricFamily};
/// let family = StratonovichForm(GeometricFamily(Ito));
/// assert_eq!(family.drift(&[2.0], 0.0, &[0.5, 0.4]), [(0.5 - 0.5 * 0.4 * 0.4) * 2.0]);
/// ```
// ANCHOR: stratonovich_form
impl<E, const D: usize, const M: usize, const P: usize> Controlled<D, M, P> for StratonovichForm<E>
where
    E: Controlled<D, M, P, Calculus = Ito>,
{
    type Calculus = Stratonovich;
    type Noise = E::Noise;

    fn drift<S: Number>(&self, x: &[S; D], t: f64, theta: &[S; P]) -> [S; D] {
        let mut drift = self.0.drift(x, t, theta);
        let sigma = self.0.diffusion(x, t, theta);
        let theta = theta.map(|value| Dual { value, slope: S::from(0.0) });
        for j in 0..M {
            let along = std::array::from_fn(|k| Dual { value: x[k], slope: sigma[k][j] });
            let moved = self.0.diffusion(&along, t, &theta);
            for (b, row) in drift.iter_mut().zip(moved) {
                *b = *b - row[j].slope * 0.5;
            }
        }
        drift
    }

    fn diffusion<S: Number>(&self, x: &[S; D], t: f64, theta: &[S; P]) -> [[S; M]; D] {
        self.0.diffusion(x, t, theta)
    }
}
// ANCHOR_END: stratonovich_form

/// dX = θ₁X dt + θ₂ dB: the Ornstein–Uhlenbeck processes. Both readings agree.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Ito;
/// use sdml::ch2_control::neural_sde::{LinearFamily, WithParameters};
/// let model = WithParameters::new(&LinearFamily(Ito), [-2.0, 0.5])?;
/// // −2xh + ΔB/2.
/// assert_eq!(model.slope(&[1.0], 0.0, 0.25, &[2.0]), [0.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinearFamily<C>(pub C);

impl<C: Calculus> Controlled<1, 1, 2> for LinearFamily<C> {
    type Calculus = C;
    type Noise = Additive;

    #[inline]
    fn drift<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [S; 1] {
        [theta[0] * x[0]]
    }

    #[inline]
    fn diffusion<S: Number>(&self, _x: &[S; 1], _t: f64, theta: &[S; 2]) -> [[S; 1]; 1] {
        [[theta[1]]]
    }
}

/// dX = θ₁X dt + θ₂X dB, read as its type says: the geometric Brownian motions.
///
/// ```
/// use sdml::ch1_preliminaries::sde::Stratonovich;
/// use sdml::ch2_control::neural_sde::{GeometricFamily, WithParameters};
/// let model = WithParameters::new(&GeometricFamily(Stratonovich), [0.5, 2.0])?;
/// let mut gradient = [0.0; 2];
/// // F = (θ₁h + θ₂ΔB)x: its derivative in x is 9/8, those in θ are xh and xΔB.
/// assert_eq!(model.pull_back(&[4.0], 0.0, 0.25, &[0.5], &[1.0], &mut gradient), [1.125]);
/// assert_eq!(gradient, [1.0, 2.0]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeometricFamily<C>(pub C);

impl<C: Calculus> Controlled<1, 1, 2> for GeometricFamily<C> {
    type Calculus = C;
    type Noise = Scalar;

    #[inline]
    fn drift<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [S; 1] {
        [theta[0] * x[0]]
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 2]) -> [[S; 1]; 1] {
        [[theta[1] * x[0]]]
    }
}

/// dX = θ₁ tanh(θ₂X) dt + (½ + θ₃ tanh(θ₄X)) ∘ dB: one neuron for the drift, one for the noise.
///
/// ```
/// use sdml::ch2_control::neural_sde::{OneNeuron, WithParameters};
/// let model = WithParameters::new(&OneNeuron, [2.0, 3.0, 0.5, 4.0])?;
/// let (h, db) = (0.25, [0.5]);
/// // At 0: F = ΔB/2 and ∂ₓF = θ₁θ₂h + θ₃θ₄ΔB.
/// assert_eq!(model.slope(&[0.0], 0.0, h, &db), [0.25]);
/// assert_eq!(model.push_forward((&[0.0], &[1.0]), &[0.0; 4], 0.0, h, &db), [2.5]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneNeuron;

// ANCHOR: one_neuron
impl Controlled<1, 1, 4> for OneNeuron {
    type Calculus = Stratonovich;
    type Noise = Scalar;

    #[inline]
    fn drift<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 4]) -> [S; 1] {
        [theta[0] * (theta[1] * x[0]).tanh()]
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; 1], _t: f64, theta: &[S; 4]) -> [[S; 1]; 1] {
        [[theta[2] * (theta[3] * x[0]).tanh() + 0.5]]
    }
}
// ANCHOR_END: one_neuron

/// A plane equation with two noises whose columns do not commute, and whose linearizations do not either:
///
/// dX₁ = (−θ₁X₁ + θ₂ tanh X₂) dt + ½ cos X₂ ∘ dB₁ + θ₃X₂ ∘ dB₂,
/// dX₂ = (−θ₂X₁ − X₂/2 + cos t) dt + θ₄X₁ ∘ dB₁ + ½ sin X₁ ∘ dB₂.
///
/// ```
/// use sdml::ch2_control::neural_sde::{TwoNoises, WithParameters};
/// let model = WithParameters::new(&TwoNoises, [1.0; 4])?;
/// let origin = [0.0; 2];
/// // At 0 the columns are (½, 0) and (0, 0), and the drift is (0, 1).
/// assert_eq!(model.slope(&origin, 0.0, 0.25, &[2.0, 3.0]), [1.0, 0.25]);
/// // They do not commute: there (∇σ₂)σ₁ = (0, ¼), while (∇σ₁)σ₂ = 0.
/// let along = |u: [f64; 2], db: [f64; 2]| model.push_forward((&origin, &u), &[0.0; 4], 0.0, 0.0, &db);
/// assert_eq!([along([0.5, 0.0], [0.0, 1.0]), along([0.0; 2], [1.0, 0.0])], [[0.0, 0.25], [0.0, 0.0]]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoNoises;

impl Controlled<2, 2, 4> for TwoNoises {
    type Calculus = Stratonovich;
    type Noise = General;

    #[inline]
    fn drift<S: Number>(&self, x: &[S; 2], t: f64, theta: &[S; 4]) -> [S; 2] {
        [theta[1] * x[1].tanh() - theta[0] * x[0], -theta[1] * x[0] - x[1] * 0.5 + t.cos()]
    }

    #[inline]
    fn diffusion<S: Number>(&self, x: &[S; 2], _t: f64, theta: &[S; 4]) -> [[S; 2]; 2] {
        [[x[1].cos() * 0.5, theta[2] * x[1]], [theta[3] * x[0], x[0].sin() * 0.5]]
    }
}
