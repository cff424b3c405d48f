//! Implicit time steps on a line: each solves a tridiagonal system, and long times cost no more than short ones.

use super::finite_volume::start;
use super::{Density, FokkerPlanck};
use crate::{Error, Result};

/// How to take a time step τ of p′ = A p.
///
/// No linear one-step method that is positive for every τ has an order above 1 (Bolley and Crouzeix 1978): hence two.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Scheme};
/// let grid = Grid::new([-7.0], [7.0], [100])?;
/// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
/// let start = Density::proportional_to(grid, |[x]| (-0.5 * (x - 2.0).powi(2)).exp())?;
/// // A step τ = 1 of backward Euler divides the mode of rate λ by 1 + λτ, where the equation has e^{−λτ}.
/// let mode = &equation.modes(2)?[1];
/// let mean = |p: &Density<1>| p.probabilities().iter().zip(&mode.function).map(|(p, f)| p * f).sum::<f64>();
/// let step = equation.integrate(&start, 1.0, 1, Scheme::BackwardEuler)?;
/// assert!((mean(&step) * (1.0 + mode.rate) - mean(&start)).abs() < 1e-9);
/// // The other scheme is not positive at so long a step.
/// assert!(equation.integrate(&start, 1.0, 1, Scheme::TrBdf2).is_err());
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// (I − τA) pₙ₊₁ = pₙ: order 1, positive for every τ.
    BackwardEuler,
    /// A trapezoidal step to (2 − √2) τ, then the second backward difference formula (Bank et al. 1985): order 2, damps
    /// fast modes, positive for small τ only.
    TrBdf2,
}

impl Scheme {
    /// The order of convergence in τ.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Scheme;
    /// assert_eq!([Scheme::BackwardEuler, Scheme::TrBdf2].map(Scheme::order), [1, 2]);
    /// ```
    pub fn order(self) -> u32 {
        match self {
            Self::BackwardEuler => 1,
            Self::TrBdf2 => 2,
        }
    }
}

impl FokkerPlanck<1> {
    /// The density after `steps` equal steps to time `time`.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Scheme};
    /// let grid = Grid::new([-8.0], [8.0], [200])?;
    /// let equation = FokkerPlanck::new(grid, |[x]| [-x], |_| [1.0])?;
    /// let start = Density::proportional_to(grid, |[x]| (-0.5 * (x - 2.0).powi(2)).exp())?;
    /// let (exact, stepped) = (equation.evolve(&start, 0.5)?, equation.integrate(&start, 0.5, 50, Scheme::TrBdf2)?);
    /// assert!(exact.distance(&stepped)? < 1e-4);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// A density on another grid, a time that is not finite and positive, no step at all, or so few steps that
    /// [`Scheme::TrBdf2`] makes the density negative.
    pub fn integrate(
        &self,
        initial: &Density<1>,
        time: f64,
        steps: usize,
        scheme: Scheme,
    ) -> Result<Density<1>> {
        start(self.grid(), initial, time)?;
        crate::error::at_least("steps", steps, 1)?;
        let tau = time / steps as f64;
        let mut p = initial.values().to_vec();
        match scheme {
            Scheme::BackwardEuler => {
                let system = Implicit::new(self, tau);
                (0..steps).for_each(|_| system.solve(&mut p));
            }
            Scheme::TrBdf2 => {
                let system = Implicit::new(self, (1.0 - 0.5f64.sqrt()) * tau);
                for _ in 0..steps {
                    p = self.tr_bdf2(&system, p);
                    if let Some(value) = p.iter().find(|value| **value < 0.0) {
                        let allowed = format!("more: a step of {tau} made the density {value:.2e}");
                        return Err(Error::argument("steps", steps, allowed));
                    }
                }
            }
        }
        Ok(Density::trusted(*self.grid(), p))
    }

    /// Both stages have the same matrix I − cA with c = (1 − √½) τ.
    fn tr_bdf2(&self, system: &Implicit, p: Vec<f64>) -> Vec<f64> {
        let slope = self.apply(&p);
        let mut stage: Vec<f64> = p.iter().zip(slope).map(|(p, slope)| p + system.c * slope).collect();
        system.solve(&mut stage);
        let root = 0.5f64.sqrt();
        let mut next: Vec<f64> =
            stage.iter().zip(&p).map(|(stage, p)| stage + (0.5 - root) * (p - stage)).collect();
        system.solve(&mut next);
        next
    }
}

/// The matrix I − cA, factored without a single subtraction (Grassmann, Taksar and Heyman 1985): every pivot is
/// 1 + (rate to the right) + (what is left of the rate to the left), so positive data give a positive solution in
/// floating point too.
struct Implicit {
    c: f64,
    /// c times the rate from cell i to cell i + 1.
    right: Vec<f64>,
    /// c times the rate from cell i + 1 to cell i.
    left: Vec<f64>,
    pivots: Vec<f64>,
}

impl Implicit {
    // ANCHOR: factor
    fn new(equation: &FokkerPlanck<1>, c: f64) -> Self {
        let faces = equation.faces();
        let right: Vec<_> = faces.iter().map(|face| c * face.forward).collect();
        let left: Vec<_> = faces.iter().map(|face| c * face.backward).collect();
        let mut pivots = Vec::with_capacity(right.len() + 1);
        let mut leftover = 0.0;
        for i in 0..right.len() {
            pivots.push(1.0 + right[i] + leftover);
            leftover = left[i] * (1.0 + leftover) / pivots[i];
        }
        pivots.push(1.0 + leftover);
        Self { c, right, left, pivots }
    }
    // ANCHOR_END: factor

    /// The last two lines give back the mass that rounding took, about 1e-16 a step, before it adds up.
    // ANCHOR: solve
    fn solve(&self, p: &mut [f64]) {
        let n = p.len();
        let before: f64 = p.iter().sum();
        for i in 1..n {
            p[i] += self.right[i - 1] / self.pivots[i - 1] * p[i - 1];
        }
        p[n - 1] /= self.pivots[n - 1];
        for i in (0..n - 1).rev() {
            p[i] = (p[i] + self.left[i] * p[i + 1]) / self.pivots[i];
        }
        let after: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p *= before / after);
    }
    // ANCHOR_END: solve
}
