//! Controls that are constant on pieces, and the states they lead to, without an error of discretization.

use super::system::{Qubit, START, State, finite_state};
use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

/// The control has the value `u` for the time `duration`.
///
/// ```
/// use sdml::ch2_control::qubit::{Piece, Pulse, Qubit, fidelity};
/// let pulse = Pulse::new(vec![Piece { u: 2.0, duration: 0.5 }, Piece { u: -1.0, duration: 1.5 }])?;
/// assert_eq!(pulse.horizon(), 2.0);
/// // Without splitting only ∫ u dt = −½ counts: F = sin² ½.
/// let end = Qubit::new(0.0, 2.0)?.end(&pulse)?;
/// assert!((fidelity(&end) - 0.5f64.sin().powi(2)).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// The value.
    pub u: f64,
    /// For how long.
    pub duration: f64,
}

/// A control that is constant on pieces.
///
/// ```
/// use sdml::ch2_control::qubit::{Pulse, Qubit, fidelity};
/// // Without splitting ∫ u dt = π/2 takes the state all the way.
/// let pulse = Pulse::equal(2.0, &[0.25 * std::f64::consts::PI; 4])?;
/// assert!((fidelity(&Qubit::new(0.0, 2.0)?.end(&pulse)?) - 1.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pulse(Vec<Piece>);

/// One moment of a trajectory.
///
/// ```
/// use sdml::ch2_control::qubit::{Pulse, Qubit, fidelity};
/// // Without splitting and with constant control F(t) = sin²(ut).
/// let moments = Qubit::new(0.0, 2.0)?.trajectory(&Pulse::equal(1.0, &[0.7, 0.7])?, 8)?;
/// assert!(moments.iter().all(|at| (fidelity(&at.z) - (at.u * at.t).sin().powi(2)).abs() < 1e-14));
/// assert_eq!((moments.len(), moments[4].t), (9, 0.5));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The time.
    pub t: f64,
    /// The control just before it.
    pub u: f64,
    /// The state.
    pub z: State,
}

impl Pulse {
    /// The pieces, one after the other.
    ///
    /// # Errors
    /// Values or durations that are not finite, a duration below 0, or a total that is not greater than 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Piece, Pulse};
    /// assert!(Pulse::new(vec![Piece { u: 1.0, duration: 0.5 }]).is_ok());
    /// assert!(Pulse::new(vec![Piece { u: 1.0, duration: -0.5 }]).is_err() && Pulse::new(vec![]).is_err());
    /// ```
    pub fn new(pieces: Vec<Piece>) -> Result<Self> {
        at_least("pieces.len()", pieces.len(), 1)?;
        for piece in &pieces {
            finite("u", piece.u)?;
            if !(piece.duration >= 0.0 && piece.duration.is_finite()) {
                return Err(Error::argument("duration", piece.duration, "a finite number, at least 0"));
            }
        }
        let pulse = Self(pieces);
        positive("horizon", pulse.horizon())?;
        Ok(pulse)
    }

    /// Pieces of equal length that fill the time `horizon`.
    ///
    /// # Errors
    /// No values, values that are not finite, or a horizon that is not a finite number greater than 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Pulse, Qubit, fidelity};
    /// // Nothing but the phases moves without control.
    /// let end = Qubit::new(1.0, 2.0)?.end(&Pulse::equal(5.0, &[0.0; 3])?)?;
    /// assert_eq!(fidelity(&end), 0.0);
    /// assert!(Pulse::equal(-1.0, &[0.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn equal(horizon: f64, values: &[f64]) -> Result<Self> {
        let duration = positive("horizon", horizon)? / at_least("values.len()", values.len(), 1)? as f64;
        Self::new(values.iter().map(|&u| Piece { u, duration }).collect())
    }

    /// The pieces.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Piece, Pulse};
    /// let pulse = Pulse::equal(1.0, &[0.5, -0.5])?;
    /// assert_eq!(pulse.pieces(), [Piece { u: 0.5, duration: 0.5 }, Piece { u: -0.5, duration: 0.5 }]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// T, the sum of the durations.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Pulse;
    /// assert_eq!(Pulse::equal(1.0, &[0.5; 4])?.then_wait(3.0)?.horizon(), 3.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn horizon(&self) -> f64 {
        self.0.iter().map(|piece| piece.duration).sum()
    }

    /// The same pieces, then no control until the time `horizon`.
    ///
    /// # Errors
    /// A horizon before the end of the pulse.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Piece, Pulse};
    /// let pulse = Pulse::equal(1.0, &[0.5])?;
    /// assert_eq!(pulse.clone().then_wait(3.0)?.pieces()[1], Piece { u: 0.0, duration: 2.0 });
    /// assert!(pulse.then_wait(0.5).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn then_wait(mut self, horizon: f64) -> Result<Self> {
        let rest = finite("horizon", horizon)? - self.horizon();
        // The sum of the durations may miss the horizon they were made for by rounding.
        let rounding = 1e-14 * horizon.abs();
        if rest < -rounding {
            let allowed = format!("at least the pulse's own {}", self.horizon());
            return Err(Error::argument("horizon", horizon, allowed));
        }
        if rest > rounding {
            self.0.push(Piece { u: 0.0, duration: rest });
        }
        Ok(self)
    }
}

impl Qubit {
    /// The states z(0), z(t_1), …, z(T) at the ends of the pieces.
    ///
    /// # Errors
    /// A control beyond the bound, or a piece so long that its angle is not finite.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Pulse, Qubit};
    /// let states = Qubit::new(1.0, 2.0)?.states(&Pulse::equal(5.0, &[2.0, -1.0, 0.5])?)?;
    /// let norm = |z: &[nalgebra::Complex<f64>; 2]| z[0].norm_sqr() + z[1].norm_sqr();
    /// assert!(states.iter().all(|z| (norm(z) - 1.0).abs() < 1e-15) && states.len() == 4);
    /// assert!(Qubit::new(1.0, 1.0)?.states(&Pulse::equal(5.0, &[2.0])?).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: states
    pub fn states(&self, pulse: &Pulse) -> Result<Vec<State>> {
        self.admits(pulse)?;
        let mut states = vec![START];
        for (k, piece) in pulse.pieces().iter().enumerate() {
            states.push(self.step(piece.u, piece.duration).apply(&states[k]));
            finite_state(&states[k + 1], k)?;
        }
        Ok(states)
    }
    // ANCHOR_END: states

    /// z(T).
    ///
    /// # Errors
    /// As [`Qubit::states`].
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Pulse, Qubit};
    /// let (qubit, pulse) = (Qubit::new(1.0, 2.0)?, Pulse::equal(5.0, &[2.0, -1.0, 0.5])?);
    /// assert_eq!(qubit.end(&pulse)?, qubit.states(&pulse)?[3]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn end(&self, pulse: &Pulse) -> Result<State> {
        self.admits(pulse)?;
        let end = pulse.pieces().iter().fold(START, |z, piece| self.step(piece.u, piece.duration).apply(&z));
        finite_state(&end, pulse.pieces().len() - 1)?;
        Ok(end)
    }

    /// The trajectory at `intervals` + 1 times that divide [0, T] equally.
    ///
    /// # Errors
    /// As [`Qubit::states`], or no interval.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Pulse, Qubit};
    /// let (qubit, pulse) = (Qubit::new(1.0, 2.0)?, Pulse::equal(4.0, &[2.0, -1.0])?);
    /// let moments = qubit.trajectory(&pulse, 8)?;
    /// assert_eq!((moments.len(), moments[3].t, moments[3].u), (9, 1.5, 2.0));
    /// assert!((moments[8].z[0] - qubit.end(&pulse)?[0]).norm() < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn trajectory(&self, pulse: &Pulse, intervals: usize) -> Result<Vec<Moment>> {
        let states = self.states(pulse)?;
        let horizon = pulse.horizon();
        let (mut at, mut begun) = (0, 0.0);
        let times = (0..=at_least("intervals", intervals, 1)?).map(|k| horizon * k as f64 / intervals as f64);
        Ok(times
            .map(|t| {
                let pieces = pulse.pieces();
                while at + 1 < pieces.len() && begun + pieces[at].duration < t {
                    begun += pieces[at].duration;
                    at += 1;
                }
                let u = pieces[at].u;
                Moment { t, u, z: self.step(u, t - begun).apply(&states[at]) }
            })
            .collect())
    }

    /// Refuses a control beyond the bound, rounding aside.
    fn admits(&self, pulse: &Pulse) -> Result<()> {
        let limit = self.bound() * (1.0 + 1e-12);
        match pulse.pieces().iter().find(|piece| piece.u.abs() > limit) {
            Some(piece) => Err(Error::argument("u", piece.u, format!("within ±{}", self.bound()))),
            None => Ok(()),
        }
    }
}
