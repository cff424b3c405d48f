//! A two-level system in a rotating field (Rabi, 1937): i dψ/dt = H(t) ψ with
//! H(t) = (ω/2) σ_Z + g (cos νt σ_X + sin νt σ_Y), so L(t) = −iH(t), which is anti-Hermitian.
//!
//! In the frame that turns with the field H is constant, K = ((ω − ν)/2) σ_Z + g σ_X, and
//! U(t, s) = R(t) e^{−iK(t−s)} R(s)⁻¹ with R(t) = e^{−iνtσ_Z/2}.

use nalgebra::{Complex, DMatrix};

use crate::Result;
use crate::error::finite;

/// The three angular frequencies of the system.
///
/// ```
/// use sdml::ch1_preliminaries::evolution::Rabi;
/// // Without a field only the phases turn, here by ωt/2 = π.
/// let u = Rabi::new(2.0, 0.0, 1.0)?.propagator(std::f64::consts::PI, 0.0)?;
/// assert!((u[(0, 0)] + 1.0).norm() < 1e-14 && u[(1, 0)].norm() == 0.0);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rabi {
    omega: f64,
    g: f64,
    nu: f64,
}

impl Rabi {
    /// A system of splitting ω in a field of strength g that turns at ν.
    ///
    /// # Errors
    /// Values that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Rabi;
    /// // In resonance the population goes over completely after π/(2g).
    /// let rabi = Rabi::new(3.0, 0.5, 3.0)?;
    /// let u = rabi.propagator(std::f64::consts::PI, 0.0)?;
    /// assert!((u[(1, 0)].norm() - 1.0).abs() < 1e-14 && u[(0, 0)].norm() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(omega: f64, g: f64, nu: f64) -> Result<Self> {
        Ok(Self { omega: finite("omega", omega)?, g: finite("g", g)?, nu: finite("nu", nu)? })
    }

    /// −i (ω/2) σ_Z.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::{Complex, Rabi};
    /// let free = Rabi::new(3.0, 0.5, 2.0)?.free();
    /// assert_eq!([free[(0, 0)], free[(1, 1)]], [Complex::new(0.0, -1.5), Complex::new(0.0, 1.5)]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn free(&self) -> DMatrix<Complex<f64>> {
        minus_i_times(0.5 * self.omega, Complex::new(0.0, 0.0))
    }

    /// −i g (cos νt σ_X + sin νt σ_Y); its spectral norm is |g| at all times.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::{Complex, Rabi};
    /// let rabi = Rabi::new(3.0, 0.5, 2.0)?;
    /// // −igσ_X at the start, −igσ_Y a quarter of a turn later.
    /// assert_eq!(rabi.drive(0.0)[(1, 0)], Complex::new(0.0, -0.5));
    /// assert!((rabi.drive(0.25 * std::f64::consts::PI)[(1, 0)] - 0.5).norm() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn drive(&self, t: f64) -> DMatrix<Complex<f64>> {
        minus_i_times(0.0, Complex::from_polar(self.g, self.nu * t))
    }

    /// L(t) = −iH(t), the sum of both.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Rabi;
    /// // Anti-Hermitian, so that U is unitary.
    /// let l = Rabi::new(3.0, 0.5, 2.0)?.generator(0.7);
    /// assert!((l.adjoint() + l).norm() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn generator(&self, t: f64) -> DMatrix<Complex<f64>> {
        self.free() + self.drive(t)
    }

    /// U(t, s) in closed form.
    ///
    /// # Errors
    /// Times that are not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::evolution::Rabi;
    /// let rabi = Rabi::new(3.0, 0.5, 2.0)?;
    /// let halves = rabi.propagator(2.0, 1.0)? * rabi.propagator(1.0, 0.0)?;
    /// assert!((rabi.propagator(2.0, 0.0)? - halves).norm() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn propagator(&self, t: f64, s: f64) -> Result<DMatrix<Complex<f64>>> {
        let (t, s) = (finite("t", t)?, finite("s", s)?);
        let detuning = 0.5 * (self.omega - self.nu);
        let frequency = detuning.hypot(self.g);
        let angle = frequency * (t - s);
        // sin(Ωτ)/Ω, with its limit τ at Ω = 0.
        let sine = if frequency == 0.0 { t - s } else { angle.sin() / frequency };
        let turned = DMatrix::identity(2, 2) * Complex::from(angle.cos())
            + minus_i_times(detuning, self.g.into()) * Complex::from(sine);
        let frame = |time: f64| {
            let half = Complex::from_polar(1.0, -0.5 * self.nu * time);
            DMatrix::from_diagonal(&vec![half, half.conj()].into())
        };
        Ok(frame(t) * turned * frame(-s))
    }
}

/// −i [[z, conj(w)], [w, −z]].
fn minus_i_times(z: f64, w: Complex<f64>) -> DMatrix<Complex<f64>> {
    DMatrix::from_row_slice(2, 2, &[z.into(), w.conj(), w, (-z).into()]) * -Complex::i()
}
