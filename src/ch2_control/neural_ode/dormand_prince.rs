//! The pair of Dormand and Prince (1980): order 5, with an embedded solution of order 4 to estimate the error, a
//! proportional–integral control of the step, and a polynomial of degree 4 between the steps (Hairer, Nørsett, Wanner,
//! Solving Ordinary Differential Equations I, II.4–II.6).

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Zip};

use crate::error::{at_least, finite, positive};
use crate::{Error, Result};

const STAGES: usize = 7;

// ANCHOR: tableau
const C: [f64; STAGES] = [0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0];
const A: [&[f64]; STAGES] = [
    &[],
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19_372.0 / 6_561.0, -25_360.0 / 2_187.0, 64_448.0 / 6_561.0, -212.0 / 729.0],
    &[9_017.0 / 3_168.0, -355.0 / 33.0, 46_732.0 / 5_247.0, 49.0 / 176.0, -5_103.0 / 18_656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1_113.0, 125.0 / 192.0, -2_187.0 / 6_784.0, 11.0 / 84.0],
];
/// The difference of the two solutions.
const E: [f64; STAGES] = [
    71.0 / 57_600.0,
    0.0,
    -71.0 / 16_695.0,
    71.0 / 1_920.0,
    -17_253.0 / 339_200.0,
    22.0 / 525.0,
    -1.0 / 40.0,
];
/// The highest coefficient of the polynomial between the steps.
const D: [f64; STAGES] = [
    -12_715_105_075.0 / 11_282_082_432.0,
    0.0,
    87_487_479_700.0 / 32_700_410_799.0,
    -10_690_763_975.0 / 1_880_347_072.0,
    701_980_252_875.0 / 199_316_789_632.0,
    -1_453_857_185.0 / 822_651_844.0,
    69_997_945.0 / 29_380_423.0,
];
// ANCHOR_END: tableau

/// The adaptive solver and what it is asked for.
///
/// ```
/// use ndarray::{ArrayView2, ArrayViewMut2, array};
/// use sdml::ch2_control::neural_ode::DormandPrince;
/// let decay = |_t: f64, z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
///     out[[0, 0]] = -z[[0, 0]];
///     Ok(())
/// };
/// // A hundred times more exact takes about 100^{1/5} ≈ 2.5 times as many steps.
/// let steps = |tolerance| -> sdml::Result<usize> {
///     let solver = DormandPrince::new(tolerance, tolerance)?;
///     Ok(solver.solve(0.0, 10.0, array![[1.0]].view(), decay)?.pieces().len())
/// };
/// assert!((1.5..4.0).contains(&(steps(1e-8)? as f64 / steps(1e-6)? as f64)));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DormandPrince {
    relative: f64,
    absolute: f64,
    most: usize,
}

/// What an adaptive solution cost.
///
/// ```
/// use ndarray::{ArrayView2, ArrayViewMut2, array};
/// use sdml::ch2_control::neural_ode::DormandPrince;
/// let decay = |_t: f64, z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
///     out[[0, 0]] = -z[[0, 0]];
///     Ok(())
/// };
/// let effort = DormandPrince::new(1e-6, 1e-6)?.advance(0.0, 1.0, &mut array![[1.0]], decay, |_| ())?;
/// // Two to find the first step, then six for every step: the last slope of a step is the first of the next.
/// assert_eq!(effort.evaluations, 2 + 6 * (effort.accepted + effort.rejected));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Steps that were accepted.
    pub accepted: usize,
    /// Steps that were tried and rejected.
    pub rejected: usize,
    /// Evaluations of the right-hand side.
    pub evaluations: usize,
}

/// One accepted step from t to t + h with its polynomial.
///
/// ```
/// use ndarray::{ArrayView2, ArrayViewMut2, array};
/// use sdml::ch2_control::neural_ode::DormandPrince;
/// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
///     out.fill(1.0);
///     Ok(())
/// };
/// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(0.0, 2.0, array![[0.0]].view(), one)?;
/// // Each begins where the one before it ends.
/// let pieces = solution.pieces();
/// assert!(pieces.windows(2).all(|pair| pair[0].start() + pair[0].h() == pair[1].start()));
/// assert!((pieces.iter().map(|piece| piece.h()).sum::<f64>() - 2.0).abs() < 1e-14);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Piece {
    t: f64,
    h: f64,
    coefficients: [Array2<f64>; 5],
}

/// A solution that can be asked at any time of its interval.
///
/// ```
/// use ndarray::{Array2, ArrayView2, ArrayViewMut2, array};
/// use sdml::ch2_control::neural_ode::DormandPrince;
/// // ż = 3t² from z(1) = 1, backwards: z = t³, for which scheme and polynomial are exact.
/// let cubic = |t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
///     out.fill(3.0 * t * t);
///     Ok(())
/// };
/// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(1.0, 0.0, array![[1.0]].view(), cubic)?;
/// let mut z = Array2::zeros((1, 1));
/// solution.write(0.5, &mut z)?;
/// assert!((z[[0, 0]] - 0.125f64).abs() < 1e-13 && solution.interval() == [1.0, 0.0]);
/// assert!(solution.at(1.5).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Solution {
    pieces: Vec<Piece>,
    end: f64,
    effort: Effort,
}

impl DormandPrince {
    /// A solver whose steps have an estimated error of at most `absolute` + `relative` · |z| in every entry.
    ///
    /// # Errors
    /// Tolerances that are not positive.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let spring = |_t: f64, z: ndarray::ArrayView2<f64>, mut out: ndarray::ArrayViewMut2<f64>| {
    ///     (out[[0, 0]], out[[0, 1]]) = (z[[0, 1]], -z[[0, 0]]);
    ///     Ok(())
    /// };
    /// let solution = DormandPrince::new(1e-10, 1e-10)?.solve(0.0, 3.0, array![[1.0, 0.0]].view(), spring)?;
    /// // Between the steps as well.
    /// for t in [0.0, 0.7, 1.9, 3.0] {
    ///     assert!((solution.at(t)?[[0, 0]] - t.cos()).abs() < 1e-8);
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(relative: f64, absolute: f64) -> Result<Self> {
        Ok(Self {
            relative: positive("relative", relative)?,
            absolute: positive("absolute", absolute)?,
            most: 1_000_000,
        })
    }

    /// Gives up after so many steps, tried or accepted; a million unless said otherwise.
    ///
    /// # Errors
    /// No steps.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let decay = |_t: f64, z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
    ///     out[[0, 0]] = -z[[0, 0]];
    ///     Ok(())
    /// };
    /// let solver = DormandPrince::new(1e-6, 1e-6)?.at_most(2)?;
    /// let error = solver.advance(0.0, 10.0, &mut array![[1.0]], decay, |_| ()).unwrap_err();
    /// assert!(error.to_string().ends_with("2 steps did not reach 10"));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at_most(self, steps: usize) -> Result<Self> {
        Ok(Self { most: at_least("steps", steps, 1)?, ..self })
    }

    /// The solution with its polynomials. `end` may lie before `start`.
    ///
    /// # Errors
    /// As [`Self::advance`].
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let decay = |_t: f64, z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
    ///     out[[0, 0]] = -z[[0, 0]];
    ///     Ok(())
    /// };
    /// let solution = DormandPrince::new(1e-9, 1e-9)?.solve(0.0, 1.0, array![[2.0]].view(), decay)?;
    /// assert!((solution.at(0.5)?[[0, 0]] - 2.0 * (-0.5f64).exp()).abs() < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn solve(
        &self,
        start: f64,
        end: f64,
        z_0: ArrayView2<f64>,
        slope: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    ) -> Result<Solution> {
        let mut pieces = Vec::new();
        let mut z = z_0.to_owned();
        let effort = self.advance(start, end, &mut z, slope, |piece| pieces.push(piece.clone()))?;
        Ok(Solution { pieces, end, effort })
    }

    /// Replaces z(start) by z(end); `observe` sees every accepted step.
    ///
    /// # Errors
    /// Times that are equal or not finite, a state that is not finite, those of `slope`, or a step that shrinks below what
    /// the clock resolves, as at a singularity, or too many steps ([`Error::Stuck`]).
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// // ż = z² from z(0) = 1 is 1/(1 − t).
    /// let square = |_t: f64, z: ndarray::ArrayView2<f64>, mut out: ndarray::ArrayViewMut2<f64>| {
    ///     out[[0, 0]] = z[[0, 0]].powi(2);
    ///     Ok(())
    /// };
    /// let error = DormandPrince::new(1e-8, 1e-8)?.advance(0.0, 2.0, &mut array![[1.0]], square, |_| ());
    /// assert!(error.unwrap_err().to_string().starts_with("the solver is stuck at t = 1.0000000"));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: advance
    pub fn advance(
        &self,
        start: f64,
        end: f64,
        z: &mut Array2<f64>,
        mut slope: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
        mut observe: impl FnMut(&Piece),
    ) -> Result<Effort> {
        if finite("start", start)? == finite("end", end)? {
            return Err(Error::argument("end", end, format!("different from the start, {start}")));
        }
        if let Some(value) = z.iter().find(|value| !value.is_finite()) {
            return Err(Error::argument("z", value, "made of finite numbers"));
        }
        let direction = (end - start).signum();
        let mut k: [Array2<f64>; STAGES] = std::array::from_fn(|_| Array2::zeros(z.dim()));
        let (mut y, mut next) = (z.clone(), z.clone());
        let mut piece = Piece { t: start, h: 0.0, coefficients: std::array::from_fn(|_| z.clone()) };
        let (mut t, mut effort, mut before, mut grow) = (start, Effort::default(), 1e-4f64, 10.0);
        slope(t, z.view(), k[0].view_mut())?;
        let mut h = direction * self.first_step(t, end, z, &mut k, &mut y, &mut slope)?;
        effort.evaluations = 2;
        loop {
            let tried = effort.accepted + effort.rejected;
            if tried >= self.most {
                return Err(Error::Stuck { t, h, why: format!("{tried} steps did not reach {end}") });
            }
            if h.abs() <= 16.0 * f64::EPSILON * t.abs().max((end - start).abs()) {
                return Err(Error::Stuck { t, h, why: "the step is too small to be added to t".into() });
            }
            // A last step that would leave a sliver is stretched.
            let last = (end - t - h) * direction <= 1e-3 * h.abs();
            if last {
                h = end - t;
            }
            for i in 1..STAGES {
                next.assign(z);
                for (k, &a) in k.iter().zip(A[i]) {
                    if a != 0.0 {
                        next.scaled_add(h * a, k);
                    }
                }
                // Rounding may not carry the last stages beyond the end.
                let time = if last && C[i] == 1.0 { end } else { t + C[i] * h };
                slope(time, next.view(), k[i].view_mut())?;
            }
            effort.evaluations += STAGES - 1;
            y.fill(0.0);
            for (k, e) in k.iter().zip(E) {
                y.scaled_add(h * e, k);
            }
            let error = self.norm(&y, z, &next);
            if error.is_nan() || error > 1.0 {
                effort.rejected += 1;
                h *= if error.is_finite() { (0.9 * error.powf(-0.2)).max(0.2) } else { 0.1 };
                grow = 1.0;
                continue;
            }
            effort.accepted += 1;
            piece.fit(t, h, z, &next, &k);
            observe(&piece);
            z.assign(&next);
            if last {
                return Ok(effort);
            }
            t += h;
            k.swap(0, STAGES - 1);
            let error = error.max(1e-10);
            h *= (0.9 * error.powf(-0.17) * before.powf(0.04)).clamp(0.2, grow);
            (before, grow) = (error.max(1e-4), 10.0);
        }
    }
    // ANCHOR_END: advance

    /// The largest entry of `error` in units of its tolerance; NaN if there is one.
    fn norm(&self, error: &Array2<f64>, old: &Array2<f64>, new: &Array2<f64>) -> f64 {
        Zip::from(error).and(old).and(new).fold(0.0, |largest: f64, error, old, new| {
            let unit = error.abs() / (self.absolute + self.relative * old.abs().max(new.abs()));
            if unit > largest || unit.is_nan() { unit } else { largest }
        })
    }

    /// A first step after Hairer, Nørsett and Wanner, II.4: small against the scale of z over that of its derivatives.
    fn first_step(
        &self,
        t: f64,
        end: f64,
        z: &Array2<f64>,
        k: &mut [Array2<f64>; STAGES],
        y: &mut Array2<f64>,
        slope: &mut impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    ) -> Result<f64> {
        let size = self.norm(z, z, z);
        let speed = self.norm(&k[0], z, z);
        if !speed.is_finite() {
            return Err(Error::NotFinite { quantity: "slope", value: speed, step: 0 });
        }
        let guess = if size < 1e-5 || speed < 1e-5 { 1e-6 } else { 0.01 * size / speed };
        let guess = guess.min((end - t).abs());
        y.assign(z);
        y.scaled_add(guess * (end - t).signum(), &k[0]);
        slope(t + guess * (end - t).signum(), y.view(), k[1].view_mut())?;
        Zip::from(&mut *y).and(&k[0]).and(&k[1]).for_each(|y, a, b| *y = b - a);
        let bend = self.norm(y, z, z) / guess;
        let sharpest = speed.max(bend);
        let second = if sharpest <= 1e-15 { guess.max(1e-6) } else { (0.01 / sharpest).powf(0.2) };
        Ok(second.min(100.0 * guess).min((end - t).abs()))
    }
}

impl Piece {
    /// When the step begins.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(1.0));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(0.5, 2.0, array![[0.0]].view(), one)?;
    /// assert_eq!(solution.pieces()[0].start(), 0.5);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn start(&self) -> f64 {
        self.t
    }

    /// Its length, negative if the solution runs backwards.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// // Backwards in time every step is negative.
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(1.0));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(2.0, 0.5, array![[0.0]].view(), one)?;
    /// assert!(solution.pieces().iter().all(|piece| piece.h() < 0.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn h(&self) -> f64 {
        self.h
    }

    // ANCHOR: dense
    fn fit(&mut self, t: f64, h: f64, old: &Array2<f64>, new: &Array2<f64>, k: &[Array2<f64>; STAGES]) {
        (self.t, self.h) = (t, h);
        let [constant, rise, bend, twist, highest] = &mut self.coefficients;
        constant.assign(old);
        Zip::from(&mut *rise).and(old).and(new).for_each(|rise, old, new| *rise = new - old);
        Zip::from(&mut *bend).and(&*rise).and(&k[0]).for_each(|bend, rise, k| *bend = h * k - rise);
        Zip::from(&mut *twist).and(&*rise).and(&*bend).and(&k[STAGES - 1]).for_each(
            |twist, rise, bend, k| {
                *twist = rise - h * k - bend;
            },
        );
        highest.fill(0.0);
        for (k, d) in k.iter().zip(D) {
            highest.scaled_add(h * d, k);
        }
    }

    /// z(t + sh), s in [0, 1].
    fn at(&self, s: f64, out: &mut Array2<f64>) {
        let [constant, rise, bend, twist, highest] = &self.coefficients;
        let r = 1.0 - s;
        out.assign(constant);
        for (coefficient, factor) in [(rise, s), (bend, s * r), (twist, s * s * r), (highest, s * s * r * r)]
        {
            out.scaled_add(factor, coefficient);
        }
    }
    // ANCHOR_END: dense
}

impl Solution {
    /// z(t), n × d.
    ///
    /// # Errors
    /// A time outside the interval.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// // ż = 2t: z = t², for which scheme and polynomial are exact.
    /// let twice = |t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(2.0 * t));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(0.0, 2.0, array![[0.0]].view(), twice)?;
    /// assert!((solution.at(1.5)?[[0, 0]] - 2.25).abs() < 1e-13);
    /// assert!(solution.at(2.5).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn at(&self, t: f64) -> Result<Array2<f64>> {
        let mut out = Array2::zeros(self.pieces[0].coefficients[0].dim());
        self.write(t, &mut out)?;
        Ok(out)
    }

    /// Writes z(t) into `out`, n × d.
    ///
    /// # Errors
    /// A time outside the interval or another shape.
    ///
    /// ```
    /// use ndarray::{Array2, ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(1.0));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(0.0, 2.0, array![[0.0]].view(), one)?;
    /// let mut z = Array2::zeros((1, 1));
    /// solution.write(0.75, &mut z)?;
    /// assert!((z[[0, 0]] - 0.75).abs() < 1e-14);
    /// assert!(solution.write(0.75, &mut Array2::zeros((1, 2))).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn write(&self, t: f64, out: &mut Array2<f64>) -> Result<()> {
        let [start, end] = self.interval();
        if !(start.min(end)..=start.max(end)).contains(&t) {
            return Err(Error::argument("t", t, format!("between {start} and {end}")));
        }
        if out.dim() != self.pieces[0].coefficients[0].dim() {
            return Err(Error::argument("out", format!("{:?}", out.dim()), "of the shape of the state"));
        }
        let direction = (end - start).signum();
        let after = self.pieces.partition_point(|piece| piece.t * direction <= t * direction);
        let piece = &self.pieces[after.max(1) - 1];
        piece.at(((t - piece.t) / piece.h).min(1.0), out);
        Ok(())
    }

    /// The start and the end.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// // Backwards in time.
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(1.0));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(2.0, 0.5, array![[0.0]].view(), one)?;
    /// assert_eq!(solution.interval(), [2.0, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn interval(&self) -> [f64; 2] {
        [self.pieces[0].t, self.end]
    }

    /// The steps.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| Ok(out.fill(1.0));
    /// let solution = DormandPrince::new(1e-6, 1e-6)?.solve(0.5, 2.0, array![[0.0]].view(), one)?;
    /// // The steps are the accepted ones; the first begins at the start.
    /// assert_eq!((solution.pieces()[0].start(), solution.pieces().len()), (0.5, solution.effort().accepted));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What it cost.
    ///
    /// ```
    /// use ndarray::{ArrayView2, ArrayViewMut2, array};
    /// use sdml::ch2_control::neural_ode::DormandPrince;
    /// let mut calls = 0;
    /// let one = |_t: f64, _z: ArrayView2<f64>, mut out: ArrayViewMut2<f64>| {
    ///     calls += 1;
    ///     Ok(out.fill(1.0))
    /// };
    /// let effort = DormandPrince::new(1e-6, 1e-6)?.solve(0.0, 2.0, array![[0.0]].view(), one)?.effort();
    /// assert_eq!((effort.evaluations, effort.rejected), (calls, 0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn effort(&self) -> Effort {
        self.effort
    }
}
