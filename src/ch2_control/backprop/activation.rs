//! Activation functions σ with three derivatives, as formulas without a branch, so that loops over them vectorize.

use crate::ch1_preliminaries::learning::{exponential, tanh};

/// The nonlinearity of the hidden layers.
///
/// ```
/// use sdml::ch2_control::backprop::Activation;
/// // Far out, softplus is ReLU with a round corner.
/// let [soft, sharp] = [Activation::Softplus, Activation::Relu].map(|sigma| sigma.derivatives(40.0)[0]);
/// assert!((soft - sharp).abs() < 1e-15);
/// assert!((Activation::Softplus.derivatives(0.0)[0] - 2f64.ln()).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// σ(z) = tanh z.
    Tanh,
    /// σ(z) = z/(1 + e^{−z}), also called swish.
    Silu,
    /// σ(z) = log(1 + eᶻ).
    Softplus,
    /// σ(z) = max(z, 0), with σ'(0) = 0.
    Relu,
    /// σ(z) = sin z.
    Sine,
}

impl Activation {
    /// All of them.
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Activation;
    /// // Their slopes at 0.
    /// assert_eq!(Activation::ALL.map(|sigma| sigma.derivatives(0.0)[1]), [1.0, 0.5, 0.5, 0.0, 1.0]);
    /// ```
    pub const ALL: [Self; 5] = [Self::Tanh, Self::Silu, Self::Softplus, Self::Relu, Self::Sine];

    /// σ(z), σ'(z), σ''(z), σ'''(z): σ to a few units in the last place, the derivatives to a few times 1e-16, which is less
    /// than all digits where they nearly vanish (tanh' = 1 − tanh² far out).
    ///
    /// ```
    /// use sdml::ch2_control::backprop::Activation;
    /// assert_eq!(Activation::Tanh.derivatives(0.0), [0.0, 1.0, 0.0, -2.0]);
    /// assert_eq!(Activation::Silu.derivatives(0.0), [0.0, 0.5, 0.5, 0.0]);
    /// assert_eq!(Activation::Relu.derivatives(3.0), [3.0, 1.0, 0.0, 0.0]);
    /// let [s, first, second, third] = Activation::Sine.derivatives(0.7);
    /// assert!((s - 0.7f64.sin()).abs() < 1e-15 && (first - 0.7f64.cos()).abs() < 1e-15);
    /// assert_eq!([second, third], [-s, -first]);
    /// assert!((Activation::Softplus.derivatives(-30.0)[0] / (-30f64).exp().ln_1p() - 1.0).abs() < 1e-15);
    /// ```
    pub fn derivatives(self, z: f64) -> [f64; 4] {
        match self {
            Self::Tanh => of_tanh(z),
            Self::Silu => of_silu(z),
            Self::Softplus => of_softplus(z),
            Self::Relu => of_relu(z),
            Self::Sine if z.abs() > REDUCED => of_large_sine(z),
            Self::Sine => of_sine(z),
        }
    }
}

// ANCHOR: derivatives
/// s = tanh z: σ' = 1 − s², σ'' = −2sσ', σ''' = (6s² − 2)σ'.
#[inline(always)]
pub(super) fn of_tanh(z: f64) -> [f64; 4] {
    let s = tanh(z);
    let first = 1.0 - s * s;
    [s, first, -2.0 * s * first, (6.0 * s * s - 2.0) * first]
}

/// With p = 1/(1 + e^{−z}) and q = 1 − p, p' = pq: σ = zp and its derivatives by the product rule.
#[inline(always)]
fn by_product_rule(z: f64, [p, q]: [f64; 2]) -> [f64; 4] {
    let (pq, d) = (p * q, q - p);
    [z * p, p + z * pq, pq * (2.0 + z * d), pq * (3.0 * d + z * (d * d - 2.0 * pq))]
}

/// For any z.
pub(super) fn of_silu(z: f64) -> [f64; 4] {
    let [p, q] = logistic(z, decay(z));
    // Against pq no z counts beyond this, where ∞ times 0 would not be a number.
    let w = if z.abs() > f64::MAX { f64::MAX.copysign(z) } else { z };
    let [_, first, second, third] = by_product_rule(w, [p, q]);
    [if p == 0.0 { p } else { z * p }, first, second, third]
}

/// As [`of_silu`], for |z| ≤ [`NEAR`].
#[inline(always)]
pub(super) fn of_near_silu(z: f64) -> [f64; 4] {
    by_product_rule(z, logistic(z, near_decay(z)))
}

/// σ' = p, σ'' = pq, σ''' = pq(q − p).
#[inline(always)]
pub(super) fn of_softplus(z: f64) -> [f64; 4] {
    let [p, q] = logistic(z, decay(z));
    [softplus(z), p, p * q, p * q * (q - p)]
}

/// σ' is a step; it has no further derivative here.
#[inline(always)]
pub(super) fn of_relu(z: f64) -> [f64; 4] {
    // Written so that NaN stays.
    [if z < 0.0 { 0.0 } else { z }, if z > 0.0 { 1.0 } else { 0.0 }, 0.0, 0.0]
}

/// The derivatives go round: cos, −sin, −cos. For |z| ≤ [`REDUCED`].
#[inline(always)]
pub(super) fn of_sine(z: f64) -> [f64; 4] {
    let [sine, cosine] = sine_and_cosine(z);
    [sine, cosine, -sine, -cosine]
}

/// As [`of_sine`], for any z.
pub(super) fn of_large_sine(z: f64) -> [f64; 4] {
    let (sine, cosine) = z.sin_cos();
    [sine, cosine, -sine, -cosine]
}
// ANCHOR_END: derivatives

/// Up to this size of z, e^{−|z|} has all its digits.
pub(super) const NEAR: f64 = 708.0;

/// e^{−|z|} for |z| ≤ [`NEAR`].
#[inline(always)]
fn near_decay(z: f64) -> f64 {
    let [two_k, rest] = exponential(-z.abs());
    two_k + two_k * rest
}

/// e^{−|z|}; beyond [`NEAR`] as the square of its root, which may underflow.
#[inline(always)]
fn decay(z: f64) -> f64 {
    let far = z.abs() > NEAR;
    let half = if z.abs() > 1400.0 { 700.0 } else { 0.5 * z };
    let e = near_decay(if far { half } else { z });
    if far { e * e } else { e }
}

/// p = 1/(1 + e^{−z}) and 1 − p, neither by subtraction, from e = e^{−|z|}.
#[inline(always)]
fn logistic(z: f64, e: f64) -> [f64; 2] {
    // The numerators are chosen, not the quotients: who asks for p alone pays for one division.
    let [above, below] = if z < 0.0 { [e, 1.0] } else { [1.0, e] };
    [above / (1.0 + e), below / (1.0 + e)]
}

/// max(z, 0) + log(1 + e), e = e^{−|z|}, where log(1 + e) = 2 artanh w, w = e/(2 + e) ≤ 1/3, is its power series.
#[inline(always)]
fn softplus(z: f64) -> f64 {
    let e = decay(z);
    let w = e / (2.0 + e);
    let square = w * w;
    let mut sum = 0.0;
    for k in (0..17).rev() {
        sum = sum * square + 1.0 / (2 * k + 1) as f64;
    }
    of_relu(z)[0] + 2.0 * w * sum
}

/// Up to this size of z the subtraction of multiples of π/2 keeps its 53 digits.
pub(super) const REDUCED: f64 = 1e5;

/// sin z and cos z: z = kπ/2 + r with |r| ≤ π/4, Taylor polynomials of degree 17 and 16 in r, turned by k quarters.
#[inline(always)]
fn sine_and_cosine(z: f64) -> [f64; 2] {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// π/2 in three parts; the first two have 33 digits each, so that k times them is exact.
    const QUARTER: [f64; 3] =
        [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_7e-21];
    let shifted = z * std::f64::consts::FRAC_2_PI + ROUND;
    let k = shifted - ROUND;
    let turns = shifted.to_bits();
    let r = ((z - k * QUARTER[0]) - k * QUARTER[1]) - k * QUARTER[2];
    let square = r * r;
    let (mut sine, mut cosine) = (0.0, 0.0);
    for n in (1..9).rev() {
        let n = n as f64;
        sine = (sine + 1.0) * (-square / (2.0 * n * (2.0 * n + 1.0)));
        cosine = (cosine + 1.0) * (-square / (2.0 * n * (2.0 * n - 1.0)));
    }
    let (sine, cosine) = (r + r * sine, 1.0 + cosine);
    let [sine, cosine] = if turns & 1 == 0 { [sine, cosine] } else { [cosine, -sine] };
    if turns & 2 == 0 { [sine, cosine] } else { [-sine, -cosine] }
}
