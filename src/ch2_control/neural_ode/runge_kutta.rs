//! Explicit Runge–Kutta schemes with a fixed step, forwards and, by transposition, backwards.
//!
//! With Y_i = z_n + h Σ_{j<i} a_ij k_j and k_i = f(Y_i, t_n + c_i h, θ) a step is z_{n+1} = z_n + h Σ b_i k_i. The derivative
//! of a loss goes the other way, through the same coefficients: from a = ∂L/∂z_{n+1},
//! k̄_i = h (b_i a + Σ_{j>i} a_ji Ȳ_j), Ȳ_i = (∂_z f)ᵀ k̄_i, ∂L/∂z_n = a + Σ Ȳ_i with i from the last stage to the first
//! (Hager 2000). Here (Y_i, t_i) are the stages of the forward step.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use crate::error::{at_least, finite, stays_finite};
use crate::{Error, Result};

/// The coefficients of an explicit scheme.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{Stages, Tableau};
/// // For ż = z a step of length 1 multiplies by the Taylor polynomial of e of degree p, and so does the way back.
/// for (tableau, exact) in Tableau::ALL.into_iter().zip([2.0, 2.5, 65.0 / 24.0]) {
///     let (mut z, mut a, mut stages) = (array![[1.0]], array![[1.0]], Stages::default());
///     tableau.step(0.0, 1.0, &mut z, &mut stages, |_, _, y, mut k| Ok(k.assign(&y)))?;
///     tableau.step_back(1.0, &mut a, &mut stages, |_, k, mut y| Ok(y.assign(&k)))?;
///     assert!((z[[0, 0]] - exact).abs() < 1e-14 && (a[[0, 0]] - exact).abs() < 1e-14, "{}", tableau.name());
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tableau {
    name: &'static str,
    order: u32,
    a: &'static [&'static [f64]],
    b: &'static [f64],
    c: &'static [f64],
}

// ANCHOR: tableaux
impl Tableau {
    /// Euler's scheme, order 1.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // ż = z + t from z(1) = 3: 3 + ½ · 4.
    /// let mut z = array![[3.0]];
    /// Tableau::EULER.step(1.0, 0.5, &mut z, &mut Stages::default(), |_, t, z, mut k| Ok(k.assign(&(&z + t))))?;
    /// assert_eq!(z, array![[5.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const EULER: Self = Self { name: "Euler", order: 1, a: &[&[]], b: &[1.0], c: &[0.0] };

    /// The explicit midpoint rule, order 2.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // ż = z + t from z(1) = 3: 3 + ¼ · 4 = 4 in the middle, and with the slope there 3 + ½ · (4 + 1¼).
    /// let mut z = array![[3.0]];
    /// let work = &mut Stages::default();
    /// Tableau::MIDPOINT.step(1.0, 0.5, &mut z, work, |_, t, z, mut k| Ok(k.assign(&(&z + t))))?;
    /// assert_eq!(z, array![[5.625]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const MIDPOINT: Self =
        Self { name: "midpoint", order: 2, a: &[&[], &[0.5]], b: &[0.0, 1.0], c: &[0.0, 0.5] };

    /// The classical scheme of Runge and Kutta, order 4.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // For ż = z the Taylor polynomial 1 + 1 + ½ + ⅙ + 1/24 = 65/24; for ż = 4t³ Simpson's rule, exact.
    /// let (mut z, mut y, mut stages) = (array![[24.0]], array![[0.0]], Stages::default());
    /// Tableau::RK4.step(0.0, 1.0, &mut z, &mut stages, |_, _, z, mut k| Ok(k.assign(&z)))?;
    /// Tableau::RK4.step(0.0, 2.0, &mut y, &mut stages, |_, t, _, mut k| Ok(k.fill(4.0 * t.powi(3))))?;
    /// assert!((z[[0, 0]] - 65.0).abs() < 1e-13 && (y[[0, 0]] - 16.0).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const RK4: Self = Self {
        name: "RK4",
        order: 4,
        a: &[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
        b: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
        c: &[0.0, 0.5, 0.5, 1.0],
    };

    /// The three.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // ∫₀¹ 2t dt: Euler looks at the left end, where the slope is 0; the others are exact.
    /// for (tableau, exact) in Tableau::ALL.into_iter().zip([0.0, 1.0, 1.0]) {
    ///     let mut z = array![[0.0]];
    ///     tableau.step(0.0, 1.0, &mut z, &mut Stages::default(), |_, t, _, mut k| Ok(k.fill(2.0 * t)))?;
    ///     assert!((z[[0, 0]] - exact).abs() < 1e-15, "{}", tableau.name());
    /// }
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub const ALL: [Self; 3] = [Self::EULER, Self::MIDPOINT, Self::RK4];
}
// ANCHOR_END: tableaux

impl Tableau {
    /// Its name.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Tableau;
    /// assert_eq!(Tableau::ALL.map(|tableau| tableau.name()), ["Euler", "midpoint", "RK4"]);
    /// ```
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The order p of the global error O(hᵖ).
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Tableau;
    /// assert_eq!([Tableau::EULER, Tableau::MIDPOINT, Tableau::RK4].map(|tableau| tableau.order()), [1, 2, 4]);
    /// ```
    pub fn order(&self) -> u32 {
        self.order
    }

    /// The number of stages.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::Tableau;
    /// // Up to order 4, a stage for each order is enough.
    /// assert!(Tableau::ALL.iter().all(|tableau| tableau.stages() == tableau.order() as usize));
    /// ```
    pub fn stages(&self) -> usize {
        self.b.len()
    }

    pub(super) fn weight(&self, i: usize) -> f64 {
        self.b[i]
    }

    pub(super) fn node(&self, i: usize) -> f64 {
        self.c[i]
    }
}

/// N steps from `start` to `end`; an end before the start means backwards in time.
///
/// ```
/// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
/// let solver = FixedStep::new(Tableau::RK4, 0.0, 0.3, 3)?;
/// // The last time is the end, to the last bit.
/// assert_eq!((solver.time(0), solver.time(3)), (0.0, 0.3));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedStep {
    tableau: Tableau,
    start: f64,
    end: f64,
    steps: usize,
}

/// The slopes k_i and one stage Y_i: what a step works in.
///
/// ```
/// use ndarray::array;
/// use sdml::ch2_control::neural_ode::{Stages, Tableau};
/// let (mut z, mut stages) = (array![[1.0, 2.0]], Stages::default());
/// Tableau::RK4.step(0.0, 0.1, &mut z, &mut stages, |_, _, y, mut k| Ok(k.assign(&y)))?;
/// // Four slopes and a stage, two numbers each.
/// assert_eq!(stages.held(), (4 + 1) * 2);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stages {
    k: Vec<Array2<f64>>,
    y: Array2<f64>,
}

impl Stages {
    /// Makes room for the stages of states of this shape.
    pub(super) fn fit(&mut self, tableau: &Tableau, shape: (usize, usize)) {
        if self.k.len() != tableau.stages() || self.y.dim() != shape {
            self.k = vec![Array2::zeros(shape); tableau.stages()];
            self.y = Array2::zeros(shape);
        }
    }

    /// How many numbers it holds.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// let (mut z, mut stages) = (array![[1.0, 2.0]], Stages::default());
    /// assert_eq!(stages.held(), 0);
    /// Tableau::EULER.step(0.0, 0.1, &mut z, &mut stages, |_, _, y, mut k| Ok(k.assign(&y)))?;
    /// assert_eq!(stages.held(), (1 + 1) * 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn held(&self) -> usize {
        self.y.len() * (1 + self.k.len())
    }

    // ANCHOR: stage
    /// Y_i = z + h Σ_{j<i} a_ij k_j, and the place for k_i.
    pub(super) fn stage(
        &mut self,
        tableau: &Tableau,
        i: usize,
        h: f64,
        z: &Array2<f64>,
    ) -> (ArrayView2<'_, f64>, ArrayViewMut2<'_, f64>) {
        self.y.assign(z);
        for (k, &a) in self.k.iter().zip(tableau.a[i]) {
            if a != 0.0 {
                self.y.scaled_add(h * a, k);
            }
        }
        (self.y.view(), self.k[i].view_mut())
    }

    /// z + h Σ b_i k_i.
    pub(super) fn finish(&self, tableau: &Tableau, h: f64, z: &mut Array2<f64>) {
        for (k, &b) in self.k.iter().zip(tableau.b) {
            if b != 0.0 {
                z.scaled_add(h * b, k);
            }
        }
    }
    // ANCHOR_END: stage
}

impl Tableau {
    // ANCHOR: step
    /// Replaces z(t) by z(t + h). `slope(i, t_i, Y_i, k_i)` writes the slope of stage i into k_i.
    ///
    /// # Errors
    /// Those of `slope`.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // On ż = −2z the midpoint rule multiplies by 1 − 2h + 2h². It looks at t and at t + h/2.
    /// let (mut z, mut looks) = (array![[1.0]], Vec::new());
    /// Tableau::MIDPOINT.step(1.0, 0.5, &mut z, &mut Stages::default(), |i, t, z, mut k| {
    ///     looks.push((i, t));
    ///     Ok(k.assign(&(&z * -2.0)))
    /// })?;
    /// assert_eq!((z, looks), (array![[0.5]], vec![(0, 1.0), (1, 1.25)]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn step(
        &self,
        t: f64,
        h: f64,
        z: &mut Array2<f64>,
        work: &mut Stages,
        mut slope: impl FnMut(usize, f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    ) -> Result<()> {
        work.fit(self, z.dim());
        for i in 0..self.stages() {
            let (y, k) = work.stage(self, i, h, z);
            slope(i, t + self.c[i] * h, y, k)?;
        }
        work.finish(self, h, z);
        Ok(())
    }

    /// Replaces a = ∂L/∂z(t + h) by ∂L/∂z(t). `pull(i, k̄_i, Ȳ_i)` writes (∂_z f)ᵀk̄_i at stage i into Ȳ_i.
    ///
    /// # Errors
    /// Those of `pull`.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{Stages, Tableau};
    /// // ż₁ = 2z₂, ż₂ = 2z₂: the midpoint rule with h = ½ takes z₁ to z₁ + (1 + ½)z₂, with the derivative (1, 3/2).
    /// let mut a = array![[1.0, 0.0]];
    /// Tableau::MIDPOINT.step_back(0.5, &mut a, &mut Stages::default(), |_, k, mut y| {
    ///     Ok(y.assign(&array![[0.0, 2.0 * (k[[0, 0]] + k[[0, 1]])]]))
    /// })?;
    /// assert_eq!(a, array![[1.0, 1.5]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn step_back(
        &self,
        h: f64,
        a: &mut Array2<f64>,
        work: &mut Stages,
        mut pull: impl FnMut(usize, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    ) -> Result<()> {
        work.fit(self, a.dim());
        for i in (0..self.stages()).rev() {
            work.y.fill(0.0);
            work.y.scaled_add(h * self.b[i], a);
            for j in i + 1..self.stages() {
                if self.a[j][i] != 0.0 {
                    work.y.scaled_add(h * self.a[j][i], &work.k[j]);
                }
            }
            pull(i, work.y.view(), work.k[i].view_mut())?;
        }
        for y in &work.k {
            *a += y;
        }
        Ok(())
    }
    // ANCHOR_END: step
}

impl FixedStep {
    /// N = `steps` steps of a scheme.
    ///
    /// # Errors
    /// No steps, times that are not finite, or an end that is the start.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
    /// let solver = FixedStep::new(Tableau::RK4, 1.0, 0.0, 4)?;
    /// assert_eq!((solver.h(), solver.time(3)), (-0.25, 0.25));
    /// assert_eq!(
    ///     FixedStep::new(Tableau::RK4, 1.0, 1.0, 4).unwrap_err().to_string(),
    ///     "`end` is 1, but it must be different from the start, 1"
    /// );
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(tableau: Tableau, start: f64, end: f64, steps: usize) -> Result<Self> {
        at_least("steps", steps, 1)?;
        if finite("start", start)? == finite("end", end)? {
            return Err(Error::argument("end", end, format!("different from the start, {start}")));
        }
        Ok(Self { tableau, start, end, steps })
    }

    /// N.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
    /// let solver = FixedStep::new(Tableau::RK4, 0.0, 1.0, 8)?;
    /// assert_eq!((solver.steps(), solver.h()), (8, 0.125));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The step h, negative if the end comes before the start.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
    /// assert_eq!(FixedStep::new(Tableau::RK4, 3.0, 1.0, 8)?.h(), -0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn h(&self) -> f64 {
        (self.end - self.start) / self.steps as f64
    }

    /// t_n.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
    /// let solver = FixedStep::new(Tableau::RK4, 3.0, 1.0, 8)?;
    /// assert_eq!([0, 2, 8].map(|n| solver.time(n)), [3.0, 2.5, 1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn time(&self, n: usize) -> f64 {
        if n == self.steps { self.end } else { self.start + n as f64 * self.h() }
    }

    /// The scheme.
    ///
    /// ```
    /// use sdml::ch2_control::neural_ode::{FixedStep, Tableau};
    /// assert_eq!(FixedStep::new(Tableau::MIDPOINT, 0.0, 1.0, 8)?.tableau().order(), 2);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn tableau(&self) -> &Tableau {
        &self.tableau
    }

    /// Replaces z_n by z_{n+1}. A slope that is refused where a stage has left the finite numbers is the state's failure.
    pub(super) fn advance(
        &self,
        n: usize,
        z: &mut Array2<f64>,
        work: &mut Stages,
        mut slope: impl FnMut(usize, f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
    ) -> Result<()> {
        self.tableau.step(self.time(n), self.h(), z, work, |i, t, y, k| {
            slope(i, t, y, k).or_else(|error| stays_finite("z", y, n).and(Err(error)))
        })?;
        finite_state(z, n)
    }

    /// Replaces z(start) by z(end). `slope(t, z, out)` writes the right-hand side into `out`; `observe(n, t_n, z_n)` sees
    /// every state, the first and the last among them. Nothing is allocated after the first step.
    ///
    /// # Errors
    /// Those of `slope`, or a state, at a step or between two, that is no longer finite.
    ///
    /// ```
    /// use ndarray::array;
    /// use sdml::ch2_control::neural_ode::{FixedStep, Stages, Tableau};
    /// let mut z = array![[1.0, 2.0]];
    /// let decay = |_t: f64, z: ndarray::ArrayView2<f64>, mut out: ndarray::ArrayViewMut2<f64>| {
    ///     out.assign(&z);
    ///     out *= -1.0;
    ///     Ok(())
    /// };
    /// let solver = FixedStep::new(Tableau::RK4, 0.0, 1.0, 20)?;
    /// solver.solve(&mut z, &mut Stages::default(), decay, |_, _, _| ())?;
    /// assert!((z[[0, 1]] - 2.0 * (-1f64).exp()).abs() < 1e-6);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn solve(
        &self,
        z: &mut Array2<f64>,
        work: &mut Stages,
        mut slope: impl FnMut(f64, ArrayView2<f64>, ArrayViewMut2<f64>) -> Result<()>,
        mut observe: impl FnMut(usize, f64, ArrayView2<f64>),
    ) -> Result<()> {
        observe(0, self.start, z.view());
        for n in 0..self.steps {
            self.advance(n, z, work, |_, t, y, k| slope(t, y, k))?;
            observe(n + 1, self.time(n + 1), z.view());
        }
        Ok(())
    }
}

/// Passes if the state after step n is finite.
pub(super) fn finite_state(z: &Array2<f64>, n: usize) -> Result<()> {
    // A sum is finite only if every term is; that it overflows by itself is then looked into.
    if z.sum().is_finite() {
        return Ok(());
    }
    stays_finite("z", z, n)
}
