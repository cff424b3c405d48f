//! Lemmas 2.9 and 2.10: the evolution operator U(s_f, s_i) of the linearized equation
//!
//! dh = ∇b(X, t) h dt + Σⱼ ∇σⱼ(X, t) h ∘ dBⱼ
//!
//! along a solution X. In one dimension it is the exponential of a Stratonovich integral (2.14); in several it is a
//! *time-ordered* exponential, and (2.14) holds only where the matrices commute.

use super::controlled::{Controlled, WithParameters, axis};
use crate::ch1_preliminaries::evolution::{DMatrix, exponential};
use crate::ch1_preliminaries::sde::{Increment, Increments};
use crate::error::finite;
use crate::{Error, Result};

/// Where the integrand of a sum stands in each step.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments};
/// use sdml::ch2_control::neural_sde::{Linearized, OneNeuron, Rule, WithParameters};
/// // dX = tanh X dt, one step of length 1 between the states 0 and 2: ∇b = 1/cosh² X.
/// let model = WithParameters::new(&OneNeuron, [1.0, 1.0, 0.0, 0.0])?;
/// let noise = Increments::of(Grid::new(0.0, 1.0, 1)?, vec![Increment::ZERO])?;
/// let states = [[0.0], [2.0]];
/// let linearized = Linearized::new(&model, &states, &noise)?;
/// for (rule, exact) in [(Rule::Left, 1.0), (Rule::Trapezoid, 0.5 + 0.5 / 2f64.cosh().powi(2))] {
///     assert!((linearized.exponential(rule)?[(0, 0)].ln() - exact).abs() < 1e-13);
/// }
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Both ends, averaged: Stratonovich's integral.
    Trapezoid,
    /// The left end: Itô's integral.
    Left,
}

/// J = ∇b h + Σⱼ ∇σⱼ ΔBⱼ at (x, t).
// ANCHOR: linearization
fn linearization<E, const D: usize, const M: usize, const P: usize>(
    model: &WithParameters<'_, E, P>,
    (x, t): (&[f64; D], f64),
    h: f64,
    db: &[f64; M],
) -> DMatrix<f64>
where
    E: Controlled<D, M, P>,
{
    let columns: [[f64; D]; D] =
        std::array::from_fn(|k| model.push_forward((x, &axis(k)), &[0.0; P], t, h, db));
    DMatrix::from_fn(D, D, |i, k| columns[k][i])
}
// ANCHOR_END: linearization

/// A solution with the noise that drove it, and the linearized equation along it.
///
/// ```
/// use sdml::ch1_preliminaries::sde::{Grid, Heun, Increments, Stratonovich, solve};
/// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, Rule, WithParameters};
/// use sdml::random::Streams;
/// let model = WithParameters::new(&GeometricFamily(Stratonovich), [0.3, 0.5])?;
/// let noise = Increments::sample(Grid::new(0.0, 1.0, 100)?, &mut Streams::new(1, "doc").stream(0));
/// let states = solve(Heun, &model, [1.0], &noise)?;
/// let linearized = Linearized::new(&model, &states, &noise)?;
/// // With constant coefficients (2.14) is Exercise 1.15: exp(αT + σB(T)).
/// let exact = (0.3 + 0.5 * noise.total().db[0]).exp();
/// assert!((linearized.exponential(Rule::Trapezoid)?[(0, 0)] / exact - 1.0).abs() < 1e-13);
/// # Ok::<(), sdml::Error>(())
/// ```
pub struct Linearized<'a, E, const D: usize, const M: usize, const P: usize> {
    model: &'a WithParameters<'a, E, P>,
    states: &'a [[f64; D]],
    noise: &'a Increments<M>,
}

impl<'a, E, const D: usize, const M: usize, const P: usize> Linearized<'a, E, D, M, P>
where
    E: Controlled<D, M, P>,
{
    /// The linearization along `states`, the values at the times of the grid of `noise`.
    ///
    /// # Errors
    /// As many states as the grid has times are needed, and all must be finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, WithParameters};
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [1.0, 0.0])?;
    /// let noise = Increments::<1>::of(Grid::new(0.0, 1.0, 2)?, vec![Increment::ZERO; 2])?;
    /// // Two steps have three states.
    /// assert!(Linearized::new(&model, &[[1.0]; 3], &noise).is_ok());
    /// assert!(Linearized::new(&model, &[[1.0]; 2], &noise).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(
        model: &'a WithParameters<'a, E, P>,
        states: &'a [[f64; D]],
        noise: &'a Increments<M>,
    ) -> Result<Self> {
        let times = noise.steps().len() + 1;
        if states.len() != times {
            return Err(Error::argument(
                "states",
                format!("{} of them", states.len()),
                format!("one for each of the grid's {times} times"),
            ));
        }
        states.as_flattened().iter().try_for_each(|&value| finite("states", value).map(drop))?;
        Ok(Self { model, states, noise })
    }

    /// J over step n with the matrices taken at its left (0) or right (1) end.
    fn at_end(&self, n: usize, end: usize) -> DMatrix<f64> {
        let Increment { db, .. } = &self.noise.steps()[n];
        let grid = self.noise.grid();
        linearization(self.model, (&self.states[n + end], grid.time(n + end)), grid.h(), db)
    }

    /// exp(∫ ∇b dt + Σⱼ ∇σⱼ ∘ dBⱼ) over the whole grid, the right side of (2.14), with the integral as a sum.
    ///
    /// # Errors
    /// An exponent or an exponential that is not finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, Rule, WithParameters};
    /// // exp(θ₁T + θ₂B(T)) = exp(1 + 2 · ¼).
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [1.0, 2.0])?;
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 1)?, vec![Increment { db: [0.25], dz: [0.0] }])?;
    /// let u = Linearized::new(&model, &[[1.0], [4.0]], &noise)?.exponential(Rule::Trapezoid)?;
    /// assert!((u[(0, 0)] - 1.5f64.exp()).abs() < 1e-13);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: exponential
    pub fn exponential(&self, rule: Rule) -> Result<DMatrix<f64>> {
        let mut exponent = DMatrix::zeros(D, D);
        for n in 0..self.noise.steps().len() {
            exponent += match rule {
                Rule::Trapezoid => 0.5 * (self.at_end(n, 0) + self.at_end(n, 1)),
                Rule::Left => self.at_end(n, 0),
            };
        }
        exponential(&exponent)
    }
    // ANCHOR_END: exponential

    /// U(t_n, T₀) for n = 0, …, N: the linear equation solved by Heun's scheme, from the identity.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, WithParameters};
    /// // dX = X dt: a step of ½ multiplies by 1 + ½ + ⅛ = 13/8.
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [1.0, 0.0])?;
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 2)?, vec![Increment::ZERO; 2])?;
    /// let states = [[1.0], [1.625], [1.625 * 1.625]];
    /// let linearized = Linearized::new(&model, &states, &noise)?;
    /// let first = |all: Vec<nalgebra::DMatrix<f64>>| all.iter().map(|u| u[(0, 0)]).collect::<Vec<_>>();
    /// assert_eq!(first(linearized.forward()), [1.0, 1.625, 2.640625]);
    /// // From the other end, U(T, t_n).
    /// assert_eq!(first(linearized.backward()), [2.640625, 1.625, 1.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: forward
    pub fn forward(&self) -> Vec<DMatrix<f64>> {
        let mut u = DMatrix::identity(D, D);
        let mut all = vec![u.clone()];
        for n in 0..self.noise.steps().len() {
            let left = self.at_end(n, 0) * &u;
            let right = self.at_end(n, 1) * (&u + &left);
            u += 0.5 * (left + right);
            all.push(u.clone());
        }
        all
    }
    // ANCHOR_END: forward

    /// U(T, t_n) for n = 0, …, N: Lemma 2.10 in the earlier time, dU = −U ∇b dt − Σⱼ U ∇σⱼ ∘ dBⱼ, solved by Heun's
    /// scheme backwards from U(T, T) = 1.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, WithParameters};
    /// // dX = X ∘ dB over one step ΔB = ½: U(T, T₀) = 1 + ½ + ⅛, and U(T, T) = 1.
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [0.0, 1.0])?;
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 1)?, vec![Increment { db: [0.5], dz: [0.0] }])?;
    /// let u = Linearized::new(&model, &[[1.0], [1.625]], &noise)?.backward();
    /// assert_eq!((u[0][(0, 0)], u[1][(0, 0)]), (1.625, 1.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: backward
    pub fn backward(&self) -> Vec<DMatrix<f64>> {
        let mut u = DMatrix::identity(D, D);
        let mut all = vec![u.clone()];
        for n in (0..self.noise.steps().len()).rev() {
            let right = &u * self.at_end(n, 1);
            let left = (&u + &right) * self.at_end(n, 0);
            u += 0.5 * (left + right);
            all.push(u.clone());
        }
        all.reverse();
        all
    }
    // ANCHOR_END: backward

    /// Σ ½(U J + U′J′) with U = U(T, t_n) at the two ends of each step: what Lemma 2.10 says U(T, T₀) − 1 is. `factor`
    /// multiplies the noise, step by step: 1, or the stray dt of the printed formula.
    ///
    /// # Errors
    /// None, for increments that are finite.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::sde::{Grid, Increment, Increments, Stratonovich};
    /// use sdml::ch2_control::neural_sde::{GeometricFamily, Linearized, WithParameters};
    /// // dX = X ∘ dB over one step ΔB = ½: ½ (13/8 + 1) ΔB.
    /// let model = WithParameters::new(&GeometricFamily(Stratonovich), [0.0, 1.0])?;
    /// let noise = Increments::of(Grid::new(0.0, 1.0, 1)?, vec![Increment { db: [0.5], dz: [0.0] }])?;
    /// let states = [[1.0], [1.625]];
    /// let linearized = Linearized::new(&model, &states, &noise)?;
    /// assert_eq!(linearized.change_in_earlier_time(1.0)?[(0, 0)], 0.65625);
    /// // Without the noise there is nothing left.
    /// assert_eq!(linearized.change_in_earlier_time(0.0)?[(0, 0)], 0.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn change_in_earlier_time(&self, factor: f64) -> Result<DMatrix<f64>> {
        let scale = |step: &Increment<M>| Increment { db: step.db.map(|db| factor * db), ..*step };
        let noise = Increments::of(*self.noise.grid(), self.noise.steps().iter().map(scale).collect())?;
        let scaled = Linearized { model: self.model, states: self.states, noise: &noise };
        let u = self.backward();
        let mut sum = DMatrix::zeros(D, D);
        for n in 0..self.noise.steps().len() {
            sum += 0.5 * (&u[n] * scaled.at_end(n, 0) + &u[n + 1] * scaled.at_end(n, 1));
        }
        Ok(sum)
    }
}
