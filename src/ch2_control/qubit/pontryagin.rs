//! What no control can beat: the extremals of Pontryagin's principle for the transfer between the poles.
//!
//! On the Bloch sphere the state turns about n = (2u, 0, ω), r' = n × r, and so does m = r × p, where p is the costate.
//! The Hamiltonian is n · m = ωm_z + 2um_x, so u = u_max sign m_x. With R = √(ω² + 4u_max²), c = |ω|/R and
//! s = 2u_max/R, one switch at most is needed until the transfer is complete if u_max ≥ |ω|/2 (Boscain and Mason 2006).

use std::f64::consts::PI;

use super::pulse::{Piece, Pulse};
use super::system::{Qubit, fidelity};
use crate::Error;
use crate::Result;
use crate::error::{at_least, finite, positive};

impl Qubit {
    /// R, c and s.
    fn turning(&self) -> [f64; 3] {
        let rate = 2.0 * self.half_splitting().hypot(self.bound());
        [rate, 2.0 * self.half_splitting().abs() / rate, 2.0 * self.bound() / rate]
    }

    fn is_strong(&self) -> bool {
        self.bound() >= self.half_splitting().abs()
    }

    /// The shortest time in which F = 1 can be reached: 2π/R, or π/R if ω = 0.
    ///
    /// # Errors
    /// u_max < |ω|/2: there more switches are needed, and there is no such formula.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// let t = Qubit::new(1.0, 2.0)?.minimum_time()?;
    /// assert_eq!(t, 2.0 * std::f64::consts::PI / 17f64.sqrt());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: minimum_time
    pub fn minimum_time(&self) -> Result<f64> {
        let [rate, c, _] = self.turning();
        if !self.is_strong() {
            let allowed = format!("at least |omega|/2 = {}", self.half_splitting().abs());
            return Err(Error::argument("bound", self.bound(), allowed));
        }
        Ok(if c == 0.0 { PI / rate } else { 2.0 * PI / rate })
    }
    // ANCHOR_END: minimum_time

    /// F of the constant control u at time T: u²/Ω² sin² ΩT with Ω² = ω²/4 + u².
    ///
    /// # Errors
    /// u or T not finite, or an angle ΩT that is not.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// // With u = ω/2 and ΩT = π/2 half of the population arrives.
    /// let time = std::f64::consts::FRAC_PI_2 / 0.5f64.sqrt();
    /// assert!((Qubit::new(1.0, 2.0)?.constant_fidelity(0.5, time)? - 0.5).abs() < 1e-14);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn constant_fidelity(&self, u: f64, horizon: f64) -> Result<f64> {
        finite("u", u)?;
        let frequency = self.half_splitting().hypot(u);
        let angle = finite("Ω · horizon", frequency * finite("horizon", horizon)?)?;
        let reached = (u / frequency * angle.sin()).powi(2);
        Ok(if frequency == 0.0 { 0.0 } else { reached })
    }

    /// The best constant control 0 ≤ u ≤ u_max and its F.
    ///
    /// # Errors
    /// A horizon that is not a finite number greater than 0.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// let [u, fidelity] = Qubit::new(1.0, 2.0)?.best_constant(5.0)?;
    /// assert!((u - 1.5).abs() < 0.1 && (fidelity - 0.9).abs() < 0.01);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn best_constant(&self, horizon: f64) -> Result<[f64; 2]> {
        positive("horizon", horizon)?;
        // F oscillates in u with a period of at least π/(2T).
        let cells = 16.0 * (1.0 + self.bound() * horizon);
        if cells > 1e6 {
            return Err(Error::argument("horizon", horizon, format!("at most {:e}/bound", 6e4)));
        }
        let value = |u: f64| self.constant_fidelity(u, horizon).unwrap_or(0.0);
        Ok(highest(value, 0.0, self.bound(), cells as usize))
    }

    /// The largest F that any control with |u| ≤ u_max reaches in the time T. For u_max ≥ |ω|/2 it is
    /// s² sin²(RT/2) until T = π/R, then 1 − c² sin²(RT/2) until T = 2π/R, and 1 from there.
    ///
    /// # Errors
    /// As [`Qubit::optimal_pulse`].
    ///
    /// ```
    /// use sdml::ch2_control::qubit::Qubit;
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// assert!((qubit.best_fidelity(1.5)? - 0.99986).abs() < 5e-6);
    /// assert_eq!(qubit.best_fidelity(5.0)?, 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: best_fidelity
    pub fn best_fidelity(&self, horizon: f64) -> Result<f64> {
        if !self.is_strong() {
            return Ok(fidelity(&self.end(&self.optimal_pulse(horizon)?)?));
        }
        let [rate, c, s] = self.turning();
        let sine = |angle: f64| (0.5 * angle).sin().powi(2);
        Ok(match rate * positive("horizon", horizon)? {
            angle if angle <= PI => s * s * sine(angle),
            angle if angle <= 2.0 * PI => 1.0 - c * c * sine(angle),
            _ => 1.0,
        })
    }
    // ANCHOR_END: best_fidelity

    /// A control that reaches the best F in the time T.
    ///
    /// # Errors
    /// A horizon that is not a finite number greater than 0, or, if u_max < |ω|/2, one of more than 64 half turns.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, fidelity};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// let pulse = qubit.optimal_pulse(qubit.minimum_time()?)?;
    /// assert_eq!(pulse.pieces().iter().map(|piece| piece.u).collect::<Vec<_>>(), [2.0, -2.0]);
    /// assert!(1.0 - fidelity(&qubit.end(&pulse)?) < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: optimal_pulse
    pub fn optimal_pulse(&self, horizon: f64) -> Result<Pulse> {
        positive("horizon", horizon)?;
        if !self.is_strong() {
            return self.best_extremal(horizon);
        }
        let [rate, c, s] = self.turning();
        let angle = rate * horizon.min(self.minimum_time()?);
        let arcs = if angle <= PI {
            vec![angle]
        } else {
            // The difference of the two arcs that maximizes F for a given sum.
            let difference = 2.0 * (-(c / s).powi(2) * (0.5 * angle).cos()).clamp(-1.0, 1.0).acos();
            vec![0.5 * (angle - difference), 0.5 * (angle + difference)]
        };
        self.bang_bang(&arcs)?.then_wait(horizon)
    }
    // ANCHOR_END: optimal_pulse

    /// The control ±u_max, beginning with +, that turns the state by these angles.
    fn bang_bang(&self, arcs: &[f64]) -> Result<Pulse> {
        let [rate, ..] = self.turning();
        let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let piece = |(k, angle): (usize, &f64)| Piece { u: sign(k) * self.bound(), duration: angle / rate };
        Pulse::new(arcs.iter().enumerate().map(piece).collect())
    }

    /// The extremal that switches `switches` times, each time at the height m_z = `height` of the unit vector m.
    ///
    /// Between two switches it turns by 2π − 2θ, before the first and after the last by π − θ ± β, where
    /// tan θ = √(1 − m_z²)/(s m_z) and tan β = s√(1 − c²m_z²/s²)/(c²m_z); `late` chooses the sign at either end.
    ///
    /// # Errors
    /// No switch, a height outside [0, min(1, s/c)], or ω = 0, where every control of one sign is extremal.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, fidelity};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// // The time-optimal control: m points upwards when it switches.
    /// let pulse = qubit.extremal(1, 1.0, [false, true])?;
    /// assert!((pulse.horizon() - qubit.minimum_time()?).abs() < 1e-15);
    /// assert!(1.0 - fidelity(&qubit.end(&pulse)?) < 1e-15);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: extremal
    pub fn extremal(&self, switches: usize, height: f64, late: [bool; 2]) -> Result<Pulse> {
        at_least("switches", switches, 1)?;
        let [_, c, s] = self.turning();
        if c == 0.0 {
            return Err(Error::argument("omega", self.omega(), "different from 0"));
        }
        let highest = (s / c).min(1.0);
        if !(0.0..=highest).contains(&height) {
            return Err(Error::argument("height", height, format!("within [0, {highest}]")));
        }
        let theta = (1.0 - height * height).sqrt().atan2(s * height);
        let sideways = 1.0 - (c * height / s).powi(2);
        let beta = (s * sideways.max(0.0).sqrt()).atan2(c * c * height);
        let [first, last] = late.map(|late| PI - theta + if late { beta } else { -beta });
        let mut arcs = vec![2.0 * (PI - theta); switches + 1];
        (arcs[0], arcs[switches]) = (first, last);
        self.bang_bang(&arcs)
    }
    // ANCHOR_END: extremal

    /// The best of all extremals that take the time T or less, then waiting.
    fn best_extremal(&self, horizon: f64) -> Result<Pulse> {
        let [rate, c, s] = self.turning();
        let half_turns = rate * horizon / PI;
        if half_turns > 64.0 {
            return Err(Error::argument("horizon", horizon, format!("at most {}", 64.0 * PI / rate)));
        }
        let highest_height = (s / c).min(1.0);
        let mut best = self.bang_bang(&[(rate * horizon).min(PI)])?;
        let mut reached = fidelity(&self.end(&best)?);
        // An arc between two switches is at least half a turn.
        for switches in 1..=(half_turns + 1.0) as usize {
            for late in [[false, false], [false, true], [true, true]] {
                let value = |height: f64| match self.extremal(switches, height, late) {
                    Ok(pulse) if pulse.horizon() <= horizon => self.end(&pulse).map_or(0.0, |z| fidelity(&z)),
                    _ => 0.0,
                };
                let [height, f] = highest(value, 0.0, highest_height, 256);
                if f > reached {
                    (best, reached) = (self.extremal(switches, height, late)?, f);
                }
            }
        }
        best.then_wait(horizon)
    }
}

/// Where f is highest on [low, high], and how high: of `cells` cells all that are no lower than their neighbours, narrowed
/// by golden sections, since the highest peak need not be that of the highest node. A jump of f is approached from its high
/// side.
fn highest(f: impl Fn(f64) -> f64, low: f64, high: f64, cells: usize) -> [f64; 2] {
    let node = |k: usize| low + (high - low) * k as f64 / cells as f64;
    let width = (high - low) / cells as f64;
    let values: Vec<f64> = (0..=cells).map(|k| f(node(k))).collect();
    let mut best = [low, values[0]];
    for (k, &value) in values.iter().enumerate() {
        let [before, after] = [k.saturating_sub(1), (k + 1).min(cells)];
        // Of a plateau its first node is enough.
        if value >= values[after] && (value > values[before] || k == 0) {
            let sides = [(node(k) - width).max(low), (node(k) + width).min(high)];
            let [x, value] = narrowed(&f, [node(k), value], sides);
            if value > best[1] {
                best = [x, value];
            }
        }
    }
    best
}

/// The highest point that golden sections of [left, right] come upon, if it is higher than `best`.
fn narrowed(f: impl Fn(f64) -> f64, mut best: [f64; 2], [mut left, mut right]: [f64; 2]) -> [f64; 2] {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    for _ in 0..80 {
        let span = GOLDEN * (right - left);
        let [a, b] = [right - span, left + span];
        let [value_a, value_b] = [f(a), f(b)];
        for (x, value) in [(a, value_a), (b, value_b)] {
            if value > best[1] {
                best = [x, value];
            }
        }
        if value_a > value_b { right = b } else { left = a }
    }
    best
}
