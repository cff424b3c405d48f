//! Example 2.5: a two-level system with one control, dz/dt = −iH(u)z with H(u) = (ω/2)σ_Z + uσ_X and |u| ≤ u_max.
//!
//! While u is constant the solution is an exponential of a 2 × 2 matrix, and with Ω = √(ω²/4 + u²)
//! e^{−iHτ} = cos Ωτ − i (sin Ωτ/Ω) H, because H² = Ω².

use nalgebra::Complex;

use crate::Result;
use crate::error::{finite, positive, stays_finite};

/// The amplitudes (z_1, z_2) of the two levels.
///
/// ```
/// use sdml::ch2_control::qubit::{START, State, TARGET, bloch, fidelity};
/// // Both levels alike: on the equator of the Bloch sphere.
/// let half: State = [START[0] * 0.5f64.sqrt(), TARGET[1] * 0.5f64.sqrt()];
/// assert!((fidelity(&half) - 0.5).abs() < 1e-15);
/// assert!(bloch(&half).iter().zip([1.0, 0.0, 0.0]).all(|(found, exact)| (found - exact).abs() < 1e-15));
/// ```
pub type State = [Complex<f64>; 2];

const ZERO: Complex<f64> = Complex { re: 0.0, im: 0.0 };
const ONE: Complex<f64> = Complex { re: 1.0, im: 0.0 };

/// Where the system starts: (1, 0).
///
/// ```
/// use sdml::ch2_control::qubit::{START, fidelity};
/// assert_eq!((fidelity(&START), START[0].norm_sqr()), (0.0, 1.0));
/// ```
pub const START: State = [ONE, ZERO];
/// Where it is to go: (0, 1).
///
/// ```
/// use sdml::ch2_control::qubit::{TARGET, fidelity};
/// assert_eq!((fidelity(&TARGET), TARGET[0].norm_sqr()), (1.0, 0.0));
/// ```
pub const TARGET: State = [ZERO, ONE];

/// F = |z_2|², the part of the population that has arrived; a phase of the state does not change it.
///
/// ```
/// use sdml::ch2_control::qubit::{START, TARGET, fidelity};
/// assert_eq!([fidelity(&START), fidelity(&TARGET)], [0.0, 1.0]);
/// assert_eq!(fidelity(&TARGET.map(|z| -z)), 1.0);
/// ```
pub fn fidelity(z: &State) -> f64 {
    z[1].norm_sqr()
}

/// The point of the Bloch sphere, (2 Re z̄_1z_2, 2 Im z̄_1z_2, |z_1|² − |z_2|²): the state without its phase.
///
/// ```
/// use sdml::ch2_control::qubit::{START, TARGET, bloch};
/// assert_eq!([bloch(&START), bloch(&TARGET)], [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]);
/// ```
// ANCHOR: bloch
pub fn bloch(z: &State) -> [f64; 3] {
    let cross = z[0].conj() * z[1];
    [2.0 * cross.re, 2.0 * cross.im, z[0].norm_sqr() - z[1].norm_sqr()]
}
// ANCHOR_END: bloch

/// Passes if the state after step n is finite.
pub(super) fn finite_state(z: &State, n: usize) -> Result<()> {
    stays_finite("z", z.iter().flat_map(|z| [z.re, z.im]), n)
}

/// Re⟨a, b⟩ = Re(ā_1b_1 + ā_2b_2): the scalar product of ℝ⁴, written for complex pairs.
pub(super) fn inner(a: &State, b: &State) -> f64 {
    (a[0].conj() * b[0] + a[1].conj() * b[1]).re
}

/// −iz.
#[inline]
pub(super) fn minus_i(z: Complex<f64>) -> Complex<f64> {
    Complex { re: z.im, im: -z.re }
}

/// The system: the two energies without control, and the bound of the control.
///
/// ```
/// use sdml::ch2_control::qubit::{Qubit, START, bloch};
/// // Without control the levels keep their populations.
/// let z = Qubit::new(1.0, 2.0)?.step(0.0, 3.0).apply(&START);
/// assert!((bloch(&z)[2] - 1.0).abs() < 1e-15);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Qubit {
    /// E = ω/2, half the splitting of the levels.
    half_splitting: f64,
    /// The mean of the two energies: it turns the phase of both levels alike.
    offset: f64,
    bound: f64,
}

/// A 2 × 2 matrix, by rows.
///
/// ```
/// use sdml::ch2_control::qubit::{Qubit, START};
/// // e^{−iHτ} is unitary: its conjugate transpose undoes it.
/// let step = Qubit::new(1.0, 2.0)?.step(0.7, 1.3);
/// let back = step.apply_adjoint(&step.apply(&START));
/// assert!((0..2).all(|i| (back[i] - START[i]).norm() < 1e-14));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matrix(pub [[Complex<f64>; 2]; 2]);

impl Matrix {
    /// The matrix times z.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Matrix, START, TARGET};
    /// // The columns are the images of the two levels.
    /// let swap = Matrix([TARGET, START]);
    /// assert_eq!((swap.apply(&START), swap.apply(&TARGET)), (TARGET, START));
    /// ```
    #[inline]
    pub fn apply(&self, z: &State) -> State {
        let [a, b] = self.0;
        [a[0] * z[0] + a[1] * z[1], b[0] * z[0] + b[1] * z[1]]
    }

    /// Its conjugate transpose times z.
    ///
    /// ```
    /// use nalgebra::Complex;
    /// use sdml::ch2_control::qubit::{Matrix, START};
    /// // Multiplication by i; its adjoint multiplies by −i.
    /// let [zero, i] = [Complex::new(0.0, 0.0), Complex::new(0.0, 1.0)];
    /// let matrix = Matrix([[i, zero], [zero, i]]);
    /// assert_eq!((matrix.apply(&START)[0], matrix.apply_adjoint(&START)[0]), (i, -i));
    /// ```
    #[inline]
    pub fn apply_adjoint(&self, z: &State) -> State {
        let [a, b] = self.0;
        [a[0].conj() * z[0] + b[0].conj() * z[1], a[1].conj() * z[0] + b[1].conj() * z[1]]
    }
}

impl Qubit {
    /// H(u) = (ω/2)σ_Z + uσ_X with |u| ≤ `bound`.
    ///
    /// # Errors
    /// ω not finite, or a bound that is not a finite number greater than 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// assert!(Qubit::new(1.0, 2.0).is_ok());
    /// let error = Qubit::new(1.0, 0.0).unwrap_err().to_string();
    /// assert_eq!(error, "`bound` is 0, but it must be a finite number greater than 0");
    /// ```
    pub fn new(omega: f64, bound: f64) -> Result<Self> {
        let e = 0.5 * finite("omega", omega)?;
        Self::with_energies([e, -e], bound)
    }

    /// H(u) = diag(e_1, e_2) + uσ_X with |u| ≤ `bound`.
    ///
    /// # Errors
    /// Energies that are not finite, or a bound that is not a finite number greater than 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// // The matrix as the notes print it has no splitting.
    /// assert_eq!(Qubit::with_energies([0.5, 0.5], 2.0)?.omega(), 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn with_energies(energies: [f64; 2], bound: f64) -> Result<Self> {
        let [first, second] = [finite("energies[0]", energies[0])?, finite("energies[1]", energies[1])?];
        Ok(Self {
            half_splitting: finite("energies[0] - energies[1]", 0.5 * (first - second))?,
            offset: finite("energies[0] + energies[1]", 0.5 * (first + second))?,
            bound: positive("bound", bound)?,
        })
    }

    /// ω, the difference of the energies.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// assert_eq!(Qubit::with_energies([3.0, 1.0], 2.0)?.omega(), 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn omega(&self) -> f64 {
        2.0 * self.half_splitting
    }

    /// u_max.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Pulse, Qubit};
    /// // A control beyond it is refused.
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// assert!(qubit.end(&Pulse::equal(5.0, &[qubit.bound()])?).is_ok());
    /// assert!(qubit.end(&Pulse::equal(5.0, &[1.1 * qubit.bound()])?).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// E = ω/2.
    pub(super) fn half_splitting(&self) -> f64 {
        self.half_splitting
    }

    /// −iH(u)z without the common phase: (−i(Ez_1 + uz_2), −i(uz_1 − Ez_2)).
    #[inline]
    pub(super) fn slope(&self, u: f64, z: &State) -> State {
        let e = self.half_splitting;
        [minus_i(z[0] * e + z[1] * u), minus_i(z[0] * u - z[1] * e)]
    }

    /// e^{−iH(u)τ}.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, START, fidelity};
    /// // Without splitting the control alone turns the state: F = sin²(uτ).
    /// let z = Qubit::new(0.0, 2.0)?.step(0.7, 1.3).apply(&START);
    /// assert!((fidelity(&z) - (0.7f64 * 1.3).sin().powi(2)).abs() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: step
    pub fn step(&self, u: f64, tau: f64) -> Matrix {
        let (e, frequency) = (self.half_splitting, self.half_splitting.hypot(u));
        let (sine, cosine) = (frequency * tau).sin_cos();
        let sine = if frequency == 0.0 { tau } else { sine / frequency };
        let phase = Complex::from_polar(1.0, -self.offset * tau);
        let off_diagonal = phase * Complex::new(0.0, -u * sine);
        Matrix([
            [phase * Complex::new(cosine, -e * sine), off_diagonal],
            [off_diagonal, phase * Complex::new(cosine, e * sine)],
        ])
    }
    // ANCHOR_END: step

    /// ∂_u e^{−iH(u)τ}, as long as τ³ neither vanishes nor overflows.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// let [up, down] = [qubit.step(0.7 + 1e-6, 1.3), qubit.step(0.7 - 1e-6, 1.3)];
    /// let difference = (up.0[1][0] - down.0[1][0]) / 2e-6;
    /// assert!((difference - qubit.step_derivative(0.7, 1.3).0[1][0]).norm() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: step_derivative
    pub fn step_derivative(&self, u: f64, tau: f64) -> Matrix {
        let (e, frequency) = (self.half_splitting, self.half_splitting.hypot(u));
        let angle = frequency * tau;
        let sine = if frequency == 0.0 { tau } else { angle.sin() / frequency };
        // ∂_u cos Ωτ = −τu sin Ωτ/Ω, and ∂_u(sin Ωτ/Ω) = u τ³ (cos x − sin x/x)/x² at x = Ωτ.
        let cosine_slope = -tau * u * sine;
        let sine_slope = u * tau.powi(3) * curvature(angle);
        let phase = Complex::from_polar(1.0, -self.offset * tau);
        let off_diagonal = phase * Complex::new(0.0, -(sine + u * sine_slope));
        Matrix([
            [phase * Complex::new(cosine_slope, -e * sine_slope), off_diagonal],
            [off_diagonal, phase * Complex::new(cosine_slope, e * sine_slope)],
        ])
    }
    // ANCHOR_END: step_derivative
}

/// (cos x − sin x/x)/x², by its power series where the difference would cancel.
fn curvature(x: f64) -> f64 {
    let square = x * x;
    if x.abs() > 0.1 {
        return (x.cos() - x.sin() / x) / square;
    }
    [-1.0 / 3_991_680.0, 1.0 / 45_360.0, -1.0 / 840.0, 1.0 / 30.0, -1.0 / 3.0]
        .into_iter()
        .fold(0.0, |sum, coefficient| sum * square + coefficient)
}
