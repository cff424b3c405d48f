//! The same problem by the classical Runge–Kutta method: 2N + 1 samples of the control, N steps, and the exact gradient
//! of the discrete result (workload W7).
//!
//! The generator −iH is skew, so a costate is carried back through a stage by the same operator with the opposite sign.

use super::system::{Qubit, START, State, fidelity, finite_state, inner, minus_i};
use crate::error::{at_least, finite, positive, stays_finite};
use crate::{Error, Result};

/// N steps of length h = T/N; the control is asked for at 0, h/2, h, …, T. The phase that both levels share is left out.
///
/// ```
/// use sdml::ch2_control::qubit::{Qubit, RungeKutta, fidelity};
/// // Twice as many steps: 2⁴ times less of an error.
/// let qubit = Qubit::new(0.0, 2.0)?;
/// let error = |steps: usize| -> sdml::Result<f64> {
///     let end = RungeKutta::new(qubit, 1.0, steps)?.end(&vec![0.8; 2 * steps + 1])?;
///     Ok((fidelity(&end) - 0.8f64.sin().powi(2)).abs())
/// };
/// assert!((12.0..20.0).contains(&(error(10)? / error(20)?)));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RungeKutta {
    qubit: Qubit,
    step: f64,
    steps: usize,
}

impl RungeKutta {
    /// `steps` steps over [0, `horizon`].
    ///
    /// # Errors
    /// A horizon that is not a finite number greater than 0, or no steps.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, RungeKutta};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// assert!(RungeKutta::new(qubit, 5.0, 20).is_ok() && RungeKutta::new(qubit, 5.0, 0).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(qubit: Qubit, horizon: f64, steps: usize) -> Result<Self> {
        let step = positive("horizon", horizon)? / at_least("steps", steps, 1)? as f64;
        Ok(Self { qubit, step, steps })
    }

    /// The qubit.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, RungeKutta};
    /// let qubit = Qubit::new(1.0, 2.0)?;
    /// assert_eq!(RungeKutta::new(qubit, 5.0, 20)?.qubit(), &qubit);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn qubit(&self) -> &Qubit {
        &self.qubit
    }

    /// The times at which the control is asked for.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, RungeKutta};
    /// let runge_kutta = RungeKutta::new(Qubit::new(1.0, 2.0)?, 1.0, 2)?;
    /// assert!(runge_kutta.times().eq([0.0, 0.25, 0.5, 0.75, 1.0]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn times(&self) -> impl ExactSizeIterator<Item = f64> {
        let half = 0.5 * self.step;
        (0..2 * self.steps + 1).map(move |k| half * k as f64)
    }

    /// The state at the end for the samples `u` of the control.
    ///
    /// # Errors
    /// Not 2N + 1 samples, samples that are not finite, or steps so long that the state ceases to be finite.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, RungeKutta, fidelity};
    /// let end = RungeKutta::new(Qubit::new(0.0, 2.0)?, 1.0, 50)?.end(&[0.8; 101])?;
    /// assert!((fidelity(&end) - 0.8f64.sin().powi(2)).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn end(&self, u: &[f64]) -> Result<State> {
        self.forward(u, |_| ())
    }

    /// The state at the end; `keep` is shown the four points of every step at which the slope is taken.
    // ANCHOR: forward
    fn forward(&self, u: &[f64], mut keep: impl FnMut([State; 4])) -> Result<State> {
        self.sampled(u)?;
        let h = self.step;
        let mut z = START;
        for n in 0..self.steps {
            let [u_0, u_1, u_2] = [u[2 * n], u[2 * n + 1], u[2 * n + 2]];
            let k_1 = self.qubit.slope(u_0, &z);
            let y_2 = along(&z, 0.5 * h, &k_1);
            let k_2 = self.qubit.slope(u_1, &y_2);
            let y_3 = along(&z, 0.5 * h, &k_2);
            let k_3 = self.qubit.slope(u_1, &y_3);
            let y_4 = along(&z, h, &k_3);
            let k_4 = self.qubit.slope(u_2, &y_4);
            keep([z, y_2, y_3, y_4]);
            for i in 0..2 {
                z[i] += (k_1[i] + k_4[i] + (k_2[i] + k_3[i]) * 2.0) * (h / 6.0);
            }
            finite_state(&z, n)?;
        }
        Ok(z)
    }
    // ANCHOR_END: forward

    /// 1 − F for the samples `u`; its derivatives go into `gradient`.
    ///
    /// # Errors
    /// As [`RungeKutta::end`], for the derivatives as well.
    ///
    /// ```
    /// use sdml::ch2_control::qubit::{Qubit, RungeKutta};
    /// let rk = RungeKutta::new(Qubit::new(1.0, 2.0)?, 1.0, 4)?;
    /// let (mut u, mut gradient, mut unused) = ([0.3; 9], [0.0; 9], [0.0; 9]);
    /// rk.gradient(&u, &mut gradient)?;
    /// u[3] += 1e-5;
    /// let up = rk.gradient(&u, &mut unused)?;
    /// u[3] -= 2e-5;
    /// let down = rk.gradient(&u, &mut unused)?;
    /// assert!((gradient[3] - (up - down) / 2e-5).abs() < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(&self, u: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.gradient_in(u, gradient, &mut Vec::new())
    }

    /// [`RungeKutta::gradient`] with room for the points at which the slope is taken.
    // ANCHOR: backward
    pub(super) fn gradient_in(
        &self,
        u: &[f64],
        gradient: &mut [f64],
        stages: &mut Vec<[State; 4]>,
    ) -> Result<f64> {
        if gradient.len() != u.len() {
            return Err(Error::argument("gradient.len()", gradient.len(), format!("u.len() = {}", u.len())));
        }
        stages.clear();
        let end = self.forward(u, |points| stages.push(points))?;
        let h = self.step;
        gradient.fill(0.0);
        let mut lambda = [START[1], end[1] * -2.0];
        for (n, [y_1, y_2, y_3, y_4]) in stages.iter().enumerate().rev() {
            // What u does to the slope at y, and what y does to it: A†k̄ = −Ak̄.
            let mut pull = |at: usize, y: &State, slope_bar: &State| {
                gradient[at] += inner(slope_bar, &[minus_i(y[1]), minus_i(y[0])]);
                self.qubit.slope(u[at], slope_bar).map(|part| -part)
            };
            let sixth = lambda.map(|part| part * (h / 6.0));
            let third = sixth.map(|part| part * 2.0);
            let bar_4 = pull(2 * n + 2, y_4, &sixth);
            let bar_3 = pull(2 * n + 1, y_3, &along(&third, h, &bar_4));
            let bar_2 = pull(2 * n + 1, y_2, &along(&third, 0.5 * h, &bar_3));
            let bar_1 = pull(2 * n, y_1, &along(&sixth, 0.5 * h, &bar_2));
            for i in 0..2 {
                lambda[i] += bar_1[i] + bar_2[i] + bar_3[i] + bar_4[i];
            }
        }
        let loss = 1.0 - fidelity(&end);
        stays_finite("loss", std::iter::once(&loss).chain(&*gradient), self.steps)?;
        Ok(loss)
    }
    // ANCHOR_END: backward

    fn sampled(&self, u: &[f64]) -> Result<()> {
        let needed = 2 * self.steps + 1;
        if u.len() != needed {
            return Err(Error::argument("u.len()", u.len(), format!("{needed}")));
        }
        u.iter().try_for_each(|&u| finite("u", u).map(drop))
    }
}

/// z + h k.
#[inline]
fn along(z: &State, h: f64, k: &State) -> State {
    [z[0] + k[0] * h, z[1] + k[1] * h]
}
