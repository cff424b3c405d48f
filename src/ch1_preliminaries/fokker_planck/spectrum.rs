//! How fast the density forgets: the eigenvalues of the Fokker–Planck operator on a line.
//!
//! With rates r to the right and l to the left, the operator A has the stationary density π with πᵢ rᵢ = πᵢ₊₁ lᵢ₊₁, so that
//! π^{−1/2} A π^{1/2} is symmetric and tridiagonal with diagonal −(rᵢ + lᵢ) and off-diagonal √(rᵢ lᵢ₊₁). Its eigenvalues are
//! 0 = −λ₀ > −λ₁ > …, all simple, and
//!
//! p(x, t) = π(x) (1 + Σ e^{−λₖ t} cₖ fₖ(x)),  cₖ = ∫ fₖ p(x, 0) dx,
//!
//! where the fₖ are the eigenfunctions of the generator, of mean square 1 under π. The rates are found by Sturm's count and
//! bisection, the fₖ by a factorization from both ends (Fernando 1997).

use super::{Density, FokkerPlanck, Grid};
use crate::{Error, Result};

/// A way in which the density decays: E fₖ(X(t)) = e^{−λₖ t} E fₖ(X(0)).
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid, Mode};
/// let grid = Grid::new([-7.0], [7.0], [140])?;
/// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
/// let start = Density::proportional_to(grid, |[x]| (-0.5 * (x - 2.0).powi(2)).exp())?;
/// let Mode { rate, function } = &equation.modes(2)?[1];
/// let mean = |p: &Density<1>| p.probabilities().iter().zip(function).map(|(p, f)| p * f).sum::<f64>();
/// assert!((mean(&equation.evolve(&start, 1.0)?) - (-rate).exp() * mean(&start)).abs() < 1e-9);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mode {
    /// The rate λₖ.
    pub rate: f64,
    /// The eigenfunction fₖ at the centers, with Σ fₖ² π V = 1, positive at the right end.
    pub function: Vec<f64>,
}

impl FokkerPlanck<1> {
    /// The `count` smallest rates λ₀ = 0 < λ₁ < …; the second is the spectral gap.
    ///
    /// Each is found to about the rounding error of the largest entry of the matrix, 4D/h².
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid};
    /// // The rates of the Ornstein–Uhlenbeck process dX = −X dt + √2 dB are 0, 1, 2, 3, …
    /// let equation = FokkerPlanck::gradient(Grid::new([-7.0], [7.0], [700])?, |[x]| 0.5 * x * x, 1.0)?;
    /// let rates = equation.rates(4)?;
    /// assert!((0..4).all(|k| (rates[k] - k as f64).abs() < 1e-3));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// No rate asked for, or more than there are cells.
    pub fn rates(&self, count: usize) -> Result<Vec<f64>> {
        if !(1..=self.grid().cells()).contains(&count) {
            let allowed = format!("between 1 and the number of cells, {}", self.grid().cells());
            return Err(Error::argument("count", count, allowed));
        }
        let matrix = Tridiagonal::of(self);
        Ok((0..count).map(|k| matrix.eigenvalue(k)).collect())
    }

    /// The `count` slowest modes, the first of which is λ₀ = 0 with f₀ = 1.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid};
    /// // f₁ = x for dX = −X dt + √2 dB: the mean decays like e^{−t}.
    /// let grid = Grid::new([-7.0], [7.0], [700])?;
    /// let mode = &FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?.modes(2)?[1];
    /// let at = grid.cell_of([1.5]).unwrap();
    /// assert!((mode.function[at] - grid.center(at)[0]).abs() < 1e-3);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`rates`](Self::rates) and [`equilibrium`](Self::equilibrium).
    pub fn modes(&self, count: usize) -> Result<Vec<Mode>> {
        let equilibrium = self.equilibrium()?.probabilities();
        let mode = |rate: f64| {
            let mut function = self.eigenfunction(rate);
            let square: f64 = function.iter().zip(&equilibrium).map(|(f, pi)| f * f * pi).sum();
            let scale = square.sqrt().copysign(*function.last().expect("a grid has cells"));
            function.iter_mut().for_each(|f| *f /= scale);
            Mode { rate, function }
        };
        Ok(self.rates(count)?.into_iter().map(mode).collect())
    }

    /// Solves (A* + λ) f = 0 from both ends and joins the halves where they fit best.
    fn eigenfunction(&self, rate: f64) -> Vec<f64> {
        let (faces, n) = (self.faces(), self.grid().cells());
        let diagonal: Vec<f64> = self.exit_rates().iter().map(|exit| exit - rate).collect();
        let (mut down, mut up) = (diagonal.clone(), diagonal.clone());
        for i in 1..n {
            down[i] -= faces[i - 1].forward * faces[i - 1].backward / nonzero(down[i - 1]);
        }
        for i in (0..n - 1).rev() {
            up[i] -= faces[i].forward * faces[i].backward / nonzero(up[i + 1]);
        }
        let misfit = |i: &usize| (down[*i] + up[*i] - diagonal[*i]).abs();
        let joint = (0..n).min_by(|i, j| misfit(i).total_cmp(&misfit(j))).expect("a grid has cells");
        let mut f = vec![1.0; n];
        for i in (0..joint).rev() {
            f[i] = faces[i].forward / nonzero(down[i]) * f[i + 1];
        }
        for i in joint + 1..n {
            f[i] = faces[i - 1].backward / nonzero(up[i]) * f[i - 1];
        }
        f
    }

    /// The density Σ cₖ e^{−λₖ t} fₖ π built from `modes` alone; what the modes left out would add decays faster.
    ///
    /// # Errors
    /// A density on another grid, a time that is not finite and positive, or as [`equilibrium`](Self::equilibrium).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([-3.0], [3.0], [60])?;
    /// let equation = FokkerPlanck::gradient(grid, |[x]| 0.5 * x * x, 1.0)?;
    /// let start = Density::proportional_to(grid, |[x]| (-(x - 1.0).powi(2)).exp())?;
    /// // The first mode alone is the equilibrium.
    /// let p = equation.expand(&equation.modes(1)?, &start, 0.5)?;
    /// assert!(p.iter().zip(equation.equilibrium()?.values()).all(|(p, pi)| (p - pi).abs() < 1e-9));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn expand(&self, modes: &[Mode], initial: &Density<1>, time: f64) -> Result<Vec<f64>> {
        super::finite_volume::start(self.grid(), initial, time)?;
        let start = initial.probabilities();
        let mut p = vec![0.0; start.len()];
        for Mode { rate, function } in modes {
            let c: f64 = function.iter().zip(&start).map(|(f, p)| f * p).sum();
            p.iter_mut().zip(function).for_each(|(p, f)| *p += c * (-rate * time).exp() * f);
        }
        p.iter_mut().zip(self.equilibrium()?.values()).for_each(|(p, pi)| *p *= pi);
        Ok(p)
    }
}

/// The `count` smallest rates without the leading error h² of the grid: (4 λ(h) − λ(2h))/3 (Richardson 1911).
///
/// `equation` is asked for the equation on `grid` and on the grid with half as many cells.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid, double_well, extrapolated_rates};
/// let grid = Grid::new([-3.0], [3.0], [2000])?;
/// let rates = extrapolated_rates(grid, 2, |grid| FokkerPlanck::gradient(grid, |[x]| double_well::potential(x), 1.0))?;
/// assert!((rates[1] - 0.748_681_67).abs() < 1e-8);
/// # Ok::<(), sdml::Error>(())
/// ```
///
/// # Errors
/// A number of cells that is odd or less than 6, and what `equation` and [`rates`](FokkerPlanck::rates) refuse.
// ANCHOR: extrapolated_rates
pub fn extrapolated_rates(
    grid: Grid<1>,
    count: usize,
    equation: impl Fn(Grid<1>) -> Result<FokkerPlanck<1>>,
) -> Result<Vec<f64>> {
    let fine = equation(grid)?.rates(count)?;
    let coarse = equation(grid.coarser()?)?.rates(count)?;
    Ok((0..count).map(|k| (4.0 * fine[k] - coarse[k]) / 3.0).collect())
}
// ANCHOR_END: extrapolated_rates

/// The symmetric matrix −π^{−1/2} A π^{1/2}: its diagonal, and the squares of its off-diagonal.
struct Tridiagonal {
    diagonal: Vec<f64>,
    squares: Vec<f64>,
}

impl Tridiagonal {
    fn of(equation: &FokkerPlanck<1>) -> Self {
        let squares = equation.faces().iter().map(|face| face.forward * face.backward).collect();
        Self { diagonal: equation.exit_rates(), squares }
    }

    /// How many eigenvalues lie below `x`: as many as there are negative pivots in the factorization of the matrix less x.
    // ANCHOR: sturm
    fn below(&self, x: f64) -> usize {
        let mut pivot = self.diagonal[0] - x;
        let mut count = usize::from(pivot < 0.0);
        for (i, square) in self.squares.iter().enumerate() {
            pivot = self.diagonal[i + 1] - x - square / nonzero(pivot);
            count += usize::from(pivot < 0.0);
        }
        count
    }
    // ANCHOR_END: sturm

    /// The eigenvalue with `k` others below it, by bisection. All lie between 0 and twice the largest diagonal entry.
    fn eigenvalue(&self, k: usize) -> f64 {
        let top = 2.0 * self.diagonal.iter().copied().fold(0.0, f64::max);
        let resolution = 0.25 * f64::EPSILON * top;
        let (mut low, mut high) = (-resolution, top);
        // First the order of magnitude: the small ones are the ones that are asked for.
        while high > 1.0 && self.below(0.25 * high) > k {
            high *= 0.25;
        }
        while high - low > resolution {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.below(middle) > k { high = middle } else { low = middle }
        }
        (0.5 * (low + high)).max(0.0)
    }
}

/// `pivot`, or in the place of zero a number so small that no rate notices and so large that it can be divided by.
fn nonzero(pivot: f64) -> f64 {
    if pivot == 0.0 { 1e-150 } else { pivot }
}
