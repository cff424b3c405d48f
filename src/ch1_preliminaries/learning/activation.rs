//! Activation functions s = σ(z) and their derivatives, written as functions of s.
//!
//! For tanh, σ' = 1 − s², σ'' = −2sσ', σ''' = σ'(6s² − 2): once s is known, derivatives cost no further exponential.

/// The nonlinearity between the two layers of a network.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Activation;
/// // At s = tanh z = ½: σ′ = ¾, σ″ = −¾, σ‴ = −⅜. The other has no curvature.
/// assert_eq!(Activation::Tanh.derivatives(0.5), [0.75, -0.75, -0.375]);
/// assert_eq!(Activation::Relu.derivatives(0.5), [1.0, 0.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// σ(z) = tanh z.
    Tanh,
    /// σ(z) = max(z, 0).
    Relu,
}

impl Activation {
    /// Replaces every z by σ(z).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Activation;
    /// let mut z = [-1.0, 0.0, 2.0];
    /// Activation::Relu.apply(&mut z);
    /// assert_eq!(z, [0.0, 0.0, 2.0]);
    /// ```
    #[inline]
    pub fn apply(self, z: &mut [f64]) {
        match self {
            Self::Tanh => z.iter_mut().for_each(|z| *z = tanh(*z)),
            Self::Relu => z.iter_mut().for_each(|z| *z = z.max(0.0)),
        }
    }

    /// The derivatives σ'(z), σ''(z), σ'''(z) as functions of s = σ(z).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::learning::Activation;
    /// assert_eq!(Activation::Tanh.derivatives(0.0), [1.0, 0.0, -2.0]);
    /// assert_eq!(Activation::Relu.derivatives(3.0), [1.0, 0.0, 0.0]);
    /// ```
    // ANCHOR: derivatives
    #[inline]
    pub fn derivatives(self, s: f64) -> [f64; 3] {
        match self {
            Self::Tanh => {
                let first = 1.0 - s * s;
                [first, -2.0 * s * first, (6.0 * s * s - 2.0) * first]
            }
            Self::Relu => [if s > 0.0 { 1.0 } else { 0.0 }, 0.0, 0.0],
        }
    }
    // ANCHOR_END: derivatives
}

/// tanh z to about two units in the last place, relative, without a branch, so that a loop over it vectorizes.
///
/// With y = −2|z|: tanh |z| = −m/(2 + m) for m = eʸ − 1 = 2ᵏ(eʳ − 1) + (2ᵏ − 1), see [`exponential`].
///
/// ```
/// use sdml::ch1_preliminaries::learning::tanh;
/// for z in [-25.0, -0.7, 1e-9, 0.3, 5.0] {
///     assert!((tanh(z) / f64::tanh(z) - 1.0).abs() < 1e-15);
/// }
/// assert!(tanh(f64::NAN).is_nan());
/// ```
#[inline(always)]
pub fn tanh(z: f64) -> f64 {
    let y = -2.0 * z.abs();
    // Beyond this tanh rounds to ±1; the comparison is written so that NaN stays.
    let [two_k, rest] = exponential(if y < -40.0 { -40.0 } else { y });
    let m = two_k * rest + (two_k - 1.0);
    (-m / (2.0 + m)).copysign(z)
}

/// eʸ for |y| ≤ 708 as the pair (2ᵏ, eʳ − 1) with y = k ln 2 + r and |r| ≤ ½ ln 2, so that eʸ = 2ᵏ + 2ᵏ(eʳ − 1).
///
/// eʳ − 1 is its Taylor polynomial of degree 13 (remainder below 1e-17); no branch.
///
/// ```
/// use sdml::ch1_preliminaries::learning::exponential;
/// for y in [-700.0, -3.2, 0.0, 1e-9, 41.0] {
///     let [two_k, rest] = exponential(y);
///     assert!(((two_k + two_k * rest) / f64::exp(y) - 1.0).abs() < 1e-15);
/// }
/// ```
#[inline(always)]
pub fn exponential(y: f64) -> [f64; 2] {
    /// Adding and subtracting 1.5 · 2⁵² rounds to an integer, which then sits in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts, the first with enough trailing zeros that k times it is exact.
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let shifted = y * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (y - k * LN2_HIGH) - k * LN2_LOW;
    let two_k = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    let mut tail = 1.0 / 6_227_020_800.0;
    for factorial in
        [479_001_600.0, 39_916_800.0, 3_628_800.0, 362_880.0, 40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0]
    {
        tail = tail * r + 1.0 / factorial;
    }
    [two_k, tail * r * r + r]
}
