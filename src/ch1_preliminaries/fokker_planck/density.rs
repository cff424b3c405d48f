//! A probability density, known by its values at the centers of a grid's cells.

use super::Grid;
use crate::{Error, Result};

/// A probability density p ≥ 0 with Σ p V = 1, V the volume of a cell.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
/// let grid = Grid::new([-8.0], [8.0], [400])?;
/// let gauss = Density::proportional_to(grid, |[x]| (-0.5 * x * x).exp())?;
/// assert!((gauss.expectation(|[x]| x * x) - 1.0).abs() < 1e-12);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Density<const N: usize> {
    grid: Grid<N>,
    values: Vec<f64>,
}

/// How far the mass of what a caller hands in may be from 1.
const MASS: f64 = 1e-9;

impl<const N: usize> Density<N> {
    /// The density with these values at the centers of the cells.
    ///
    /// # Errors
    /// Not one value for each cell, a value that is negative or not finite, or a mass other than 1 (by more than 1e-9).
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let grid = Grid::new([0.0], [4.0], [4])?;
    /// assert!(Density::new(grid, vec![0.25; 4]).is_ok());
    /// // Of mass 2; not one value for each cell.
    /// assert!(Density::new(grid, vec![0.5; 4]).is_err() && Density::new(grid, vec![0.5; 2]).is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(grid: Grid<N>, values: Vec<f64>) -> Result<Self> {
        if values.len() != grid.cells() {
            return Err(Error::argument(
                "values.len()",
                values.len(),
                format!("grid.cells() = {}", grid.cells()),
            ));
        }
        nonnegative("values", &values)?;
        let density = Self { grid, values };
        let mass = density.mass();
        if (mass - 1.0).abs() > MASS {
            return Err(Error::argument("values", format!("a density of mass {mass}"), "of mass 1"));
        }
        Ok(density)
    }

    /// The density whose values at the centers are those of `weight`, up to the factor that makes its mass 1.
    ///
    /// # Errors
    /// A weight that is negative or not finite, or that vanishes at every center.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let density = Density::proportional_to(Grid::new([0.0], [4.0], [4])?, |[x]| x)?;
    /// assert_eq!(density.values(), [0.5, 1.5, 2.5, 3.5].map(|x| x / 8.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn proportional_to(grid: Grid<N>, weight: impl Fn([f64; N]) -> f64) -> Result<Self> {
        let mut values: Vec<f64> = grid.centers().map(weight).collect();
        nonnegative("weight", &values)?;
        let mass = values.iter().sum::<f64>() * grid.volume();
        crate::error::positive("weight", mass)?;
        values.iter_mut().for_each(|value| *value /= mass);
        Ok(Self { grid, values })
    }

    /// For the solvers, whose arithmetic keeps sign and mass.
    pub(super) fn trusted(grid: Grid<N>, values: Vec<f64>) -> Self {
        Self { grid, values }
    }

    /// The grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let grid = Grid::new([0.0], [2.0], [4])?;
    /// assert_eq!(Density::proportional_to(grid, |_| 1.0)?.grid(), &grid);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn grid(&self) -> &Grid<N> {
        &self.grid
    }

    /// The values at the centers.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// // Densities, not probabilities: uniform on [0, 2] is ½ everywhere.
    /// let uniform = Density::proportional_to(Grid::new([0.0], [2.0], [4])?, |_| 3.0)?;
    /// assert_eq!(uniform.values(), [0.5; 4]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Σ p V.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let density = Density::proportional_to(Grid::new([0.0], [2.0], [4])?, |[x]| x)?;
    /// assert_eq!(density.mass(), 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn mass(&self) -> f64 {
        self.values.iter().sum::<f64>() * self.grid.volume()
    }

    /// The probabilities p V of the cells.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let density = Density::proportional_to(Grid::new([0.0], [2.0], [4])?, |[x]| x)?;
    /// assert_eq!(density.probabilities(), [1.0, 3.0, 5.0, 7.0].map(|share| share / 16.0));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn probabilities(&self) -> Vec<f64> {
        self.values.iter().map(|p| p * self.grid.volume()).collect()
    }

    /// E g(X) = Σ g(xᵢ) pᵢ V.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let uniform = Density::proportional_to(Grid::new([0.0], [2.0], [4])?, |_| 1.0)?;
    /// assert_eq!(uniform.expectation(|[x]| x), 1.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn expectation(&self, g: impl Fn([f64; N]) -> f64) -> f64 {
        self.grid.centers().zip(&self.values).map(|(x, p)| g(x) * p).sum::<f64>() * self.grid.volume()
    }

    /// The total variation distance ½ Σ |p − q| V from another density.
    ///
    /// # Errors
    /// A density on another grid.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::{Density, Grid};
    /// let grid = Grid::new([0.0], [2.0], [4])?;
    /// let (uniform, ramp) = (Density::proportional_to(grid, |_| 1.0)?, Density::proportional_to(grid, |[x]| x)?);
    /// // ½ (3/8 + 1/8 + 1/8 + 3/8) · ½
    /// assert_eq!(uniform.distance(&ramp)?, 0.25);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn distance(&self, other: &Self) -> Result<f64> {
        same_grid("other", &other.grid, &self.grid)?;
        let sum: f64 = self.values.iter().zip(&other.values).map(|(p, q)| (p - q).abs()).sum();
        Ok(0.5 * sum * self.grid.volume())
    }
}

fn nonnegative(name: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().find(|value| !value.is_finite() || **value < 0.0) {
        Some(value) => Err(Error::argument(name, value, "finite and at least 0 in every cell")),
        None => Ok(()),
    }
}

/// Passes if `grid` is the grid `expected`.
pub(super) fn same_grid<const N: usize>(
    name: &'static str,
    grid: &Grid<N>,
    expected: &Grid<N>,
) -> Result<()> {
    if grid == expected {
        Ok(())
    } else {
        Err(Error::argument(name, format!("a density on {grid:?}"), format!("a density on {expected:?}")))
    }
}
