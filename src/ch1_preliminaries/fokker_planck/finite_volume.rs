//! The Fokker–Planck equation (1.18) in finite volumes.
//!
//! ∂ₜp = −∇·J with the flux Jₖ = bₖ p − ∂ₖ(Dₖ p). Between neighbouring centers, a distance h apart along axis k, the flux
//! is taken constant and the ordinary differential equation bₖ/Dₖ q − ∂ₖq = Jₖ for q = Dₖ p is solved exactly
//! (Scharfetter and Gummel 1969; Chang and Cooper 1970):
//!
//! J = (B(−w) qᵢ − B(w) qⱼ)/h,  w = ∫ bₖ/Dₖ dxₖ from xᵢ to xⱼ,  B(w) = w/(eʷ − 1).
//!
//! What leaves one cell enters its neighbour, so mass is kept; both coefficients are positive, so the cells exchange mass
//! like the states of a Markov chain and no density turns negative; and a density with Dₖ p ∝ exp(∫ bₖ/Dₖ), for which every
//! flux vanishes, is stationary exactly. The walls of the box let nothing through.

use super::density::same_grid;
use super::{Density, Grid};
use crate::Result;
use crate::error::{finite, positive};

/// The right side of (1.18) on a grid, for coefficients that do not depend on time and a diagonal D.
///
/// A full matrix D needs another stencil to stay positive and is not offered.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
/// // dX = −X dt + √2 dB has b = −x, D = 1; its density tends to N(0, 1).
/// let grid = Grid::new([-8.0], [8.0], [160])?;
/// let equation = FokkerPlanck::new(grid, |[x]| [-x], |_| [1.0])?;
/// let start = Density::proportional_to(grid, |[x]| (-2.0 * (x - 2.0).powi(2)).exp())?;
/// let density = equation.evolve(&start, 1.0)?;
/// assert!((density.mass() - 1.0).abs() < 1e-13);
/// assert!((density.expectation(|[x]| x) - 2.0 * (-1f64).exp()).abs() < 2e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FokkerPlanck<const N: usize> {
    grid: Grid<N>,
    faces: Vec<Face>,
}

/// A face between two cells, and the rates at which mass crosses it: from `i` to `j` at rate `forward`, from `j` to `i`
/// at rate `backward`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    pub i: usize,
    pub j: usize,
    pub axis: usize,
    pub forward: f64,
    pub backward: f64,
}

impl<const N: usize> FokkerPlanck<N> {
    /// The equation of dX = b(X) dt + σ(X) dB with drift b and `diffusion` the diagonal of D = σσᵀ/2.
    ///
    /// The integrals w are taken by Gauss's rule with three points, exact for b/D a polynomial of degree 5.
    ///
    /// # Errors
    /// A drift that is not finite or a diffusion that is not finite and positive, at a center or between two.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([-2.0], [2.0], [40])?;
    /// // Without drift, and with the same D everywhere, the uniform density stays.
    /// let equation = FokkerPlanck::new(grid, |_| [0.0], |_| [0.5])?;
    /// let change = equation.rate_of_change(&Density::proportional_to(grid, |_| 1.0)?)?;
    /// assert_eq!(change, [0.0; 40]);
    /// assert!(FokkerPlanck::new(grid, |_| [0.0], |_| [0.0]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(
        grid: Grid<N>,
        drift: impl Fn([f64; N]) -> [f64; N],
        diffusion: impl Fn([f64; N]) -> [f64; N],
    ) -> Result<Self> {
        let spacing = grid.spacing();
        let exponent = |i: usize, _j: usize, axis: usize| {
            let mut sum = 0.0;
            for (node, weight) in GAUSS {
                let mut x = grid.center(i);
                x[axis] += node * spacing[axis];
                let (b, d) = (finite("drift", drift(x)[axis])?, positive("diffusion", diffusion(x)[axis])?);
                sum += weight * b / d;
            }
            finite("drift / diffusion", sum * spacing[axis])
        };
        Self::assemble(grid, |cell, axis| positive("diffusion", diffusion(grid.center(cell))[axis]), exponent)
    }

    /// The equation of dX = −∇U(X) dt + √(2T) dB: the overdamped Langevin dynamics of Exercise 1.18 at temperature T.
    ///
    /// Here w = −(U(xⱼ) − U(xᵢ))/T without any quadrature, and exp(−U/T) at the centers is stationary to rounding.
    ///
    /// # Errors
    /// A potential that is not finite at a center, or a temperature that is not positive.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([-2.0], [2.0], [40])?;
    /// let equation = FokkerPlanck::gradient(grid, |[x]| x.powi(4), 0.5)?;
    /// let gibbs = Density::proportional_to(grid, |[x]| (-x.powi(4) / 0.5).exp())?;
    /// assert!(equation.rate_of_change(&gibbs)?.iter().all(|change| change.abs() < 1e-12));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn gradient(grid: Grid<N>, potential: impl Fn([f64; N]) -> f64, temperature: f64) -> Result<Self> {
        positive("temperature", temperature)?;
        let u = grid.centers().map(|x| finite("potential", potential(x))).collect::<Result<Vec<_>>>()?;
        Self::assemble(grid, |_, _| Ok(temperature), |i, j, _| Ok((u[i] - u[j]) / temperature))
    }

    fn assemble(
        grid: Grid<N>,
        diffusion: impl Fn(usize, usize) -> Result<f64>,
        exponent: impl Fn(usize, usize, usize) -> Result<f64>,
    ) -> Result<Self> {
        let mut faces = Vec::with_capacity(N * grid.cells());
        for (axis, h) in grid.spacing().into_iter().enumerate() {
            for i in 0..grid.cells() {
                let Some(j) = grid.next(i, axis) else { continue };
                // ANCHOR: rates
                let w = exponent(i, j, axis)?;
                let forward = bernoulli(-w) * diffusion(i, axis)? / (h * h);
                let backward = bernoulli(w) * diffusion(j, axis)? / (h * h);
                // ANCHOR_END: rates
                finite("drift", forward)?;
                finite("drift", backward)?;
                faces.push(Face { i, j, axis, forward, backward });
            }
        }
        Ok(Self { grid, faces })
    }

    /// The grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid};
    /// let grid = Grid::new([-2.0], [2.0], [40])?;
    /// assert_eq!(FokkerPlanck::gradient(grid, |[x]| x * x, 1.0)?.grid(), &grid);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn grid(&self) -> &Grid<N> {
        &self.grid
    }

    /// ∂ₜp: what the right side of (1.18) is for this density.
    ///
    /// # Errors
    /// A density on another grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([0.0], [3.0], [3])?;
    /// let heat = FokkerPlanck::new(grid, |_| [0.0], |_| [1.0])?;
    /// // All mass in the first cell: it leaves for the second at rate D/h².
    /// assert_eq!(heat.rate_of_change(&Density::new(grid, vec![1.0, 0.0, 0.0])?)?, [-1.0, 1.0, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: rate_of_change
    pub fn rate_of_change(&self, density: &Density<N>) -> Result<Vec<f64>> {
        same_grid("density", density.grid(), &self.grid)?;
        Ok(self.apply(density.values()))
    }

    pub(super) fn apply(&self, p: &[f64]) -> Vec<f64> {
        let mut change = vec![0.0; p.len()];
        for face in &self.faces {
            let flow = face.forward * p[face.i] - face.backward * p[face.j];
            change[face.i] -= flow;
            change[face.j] += flow;
        }
        change
    }
    // ANCHOR_END: rate_of_change

    /// The flux J at the centers: along every axis the mean of the fluxes through the two faces, none through a wall.
    ///
    /// # Errors
    /// A density on another grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, FokkerPlanck, Grid};
    /// let grid = Grid::new([0.0], [3.0], [3])?;
    /// let heat = FokkerPlanck::new(grid, |_| [0.0], |_| [1.0])?;
    /// // J = 1 through the face between the first two cells, 0 through the others and the walls.
    /// assert_eq!(heat.flux(&Density::new(grid, vec![1.0, 0.0, 0.0])?)?, [[0.5], [0.5], [0.0]]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn flux(&self, density: &Density<N>) -> Result<Vec<[f64; N]>> {
        same_grid("density", density.grid(), &self.grid)?;
        let (p, h) = (density.values(), self.grid.spacing());
        let mut flux = vec![[0.0; N]; p.len()];
        for face in &self.faces {
            let through = (face.forward * p[face.i] - face.backward * p[face.j]) * h[face.axis];
            flux[face.i][face.axis] += 0.5 * through;
            flux[face.j][face.axis] += 0.5 * through;
        }
        Ok(flux)
    }

    pub(super) fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// The rate at which mass leaves each cell.
    pub(super) fn exit_rates(&self) -> Vec<f64> {
        let mut exit = vec![0.0; self.grid.cells()];
        for face in &self.faces {
            exit[face.i] += face.forward;
            exit[face.j] += face.backward;
        }
        exit
    }
}

impl FokkerPlanck<1> {
    /// The stationary density: on a line, the one without flux.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid};
    /// let grid = Grid::new([-8.0], [8.0], [400])?;
    /// let equation = FokkerPlanck::new(grid, |[x]| [-2.0 * x], |_| [1.0])?;
    /// assert!((equation.equilibrium()?.expectation(|[x]| x * x) - 0.5).abs() < 1e-12);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    ///
    /// # Errors
    /// Two neighbouring cells between which mass flows one way only, to the last bit.
    pub fn equilibrium(&self) -> Result<Density<1>> {
        let n = self.grid.cells();
        let mut log_p = vec![0.0; n];
        for face in &self.faces {
            log_p[face.j] = log_p[face.i] + finite("drift", (face.forward / face.backward).ln())?;
        }
        let top = (0..n).max_by(|i, j| log_p[*i].total_cmp(&log_p[*j])).expect("a grid has cells");
        // From the largest value outwards: ratios of neighbours then keep every bit, and the tails may underflow.
        let mut p = vec![1.0; n];
        for i in top + 1..n {
            p[i] = p[i - 1] * (self.faces[i - 1].forward / self.faces[i - 1].backward);
        }
        for i in (0..top).rev() {
            p[i] = p[i + 1] * (self.faces[i].backward / self.faces[i].forward);
        }
        Density::proportional_to(self.grid, |x| p[self.grid.nearest_cell(x)])
    }
}

/// The Bernoulli function B(w) = w/(eʷ − 1), with B(0) = 1: what the flux between two cells makes of the step w of the
/// potential over the temperature (Scharfetter and Gummel 1969).
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::bernoulli;
/// assert_eq!([bernoulli(0.0), bernoulli(1e4), bernoulli(-1e4)], [1.0, 0.0, 1e4]);
/// // The two directions balance in equilibrium: B(−w) = eʷ B(w).
/// assert!((bernoulli(-0.7) - 0.7f64.exp() * bernoulli(0.7)).abs() < 1e-15);
/// ```
// ANCHOR: bernoulli
pub fn bernoulli(w: f64) -> f64 {
    if w == 0.0 { 1.0 } else { w / w.exp_m1() }
}
// ANCHOR_END: bernoulli

/// Gauss's rule on [0, 1]: (½ ± √(3/20), 5/18) and (½, 4/9).
const GAUSS: [(f64, f64); 3] =
    [(0.112_701_665_379_258_3, 5.0 / 18.0), (0.5, 4.0 / 9.0), (0.887_298_334_620_741_7, 5.0 / 18.0)];

/// Passes `time` on if it is finite and greater than zero, and `initial` lives on `grid`.
pub(super) fn start<const N: usize>(grid: &Grid<N>, initial: &Density<N>, time: f64) -> Result<f64> {
    same_grid("initial", initial.grid(), grid)?;
    positive("time", time)
}
