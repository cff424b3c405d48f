//! A box cut into equal cells: where densities live.

use crate::error::finite;
use crate::{Error, Result};

/// The box [lower₁, upper₁] × … × [lower_N, upper_N], cut into equal cells along every axis.
///
/// Cells are numbered with the first axis running fastest.
///
/// ```
/// use sdml::ch1_preliminaries::fokker_planck::Grid;
/// let grid = Grid::new([0.0, -1.0], [4.0, 1.0], [4, 5])?;
/// assert_eq!(grid.cells(), 20);
/// assert_eq!(grid.center(6), [2.5, -0.4]);
/// assert_eq!(grid.cell_of([2.9, -0.3]), Some(6));
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid<const N: usize> {
    lower: [f64; N],
    upper: [f64; N],
    shape: [usize; N],
}

impl<const N: usize> Grid<N> {
    /// The box between the corners `lower` and `upper` with `shape[k]` cells along axis k.
    ///
    /// # Errors
    /// Corners that are not finite, not in order or at no finite distance, or fewer than three cells along an axis.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// assert!(Grid::new([0.0], [1.0], [3]).is_ok());
    /// assert!(Grid::new([0.0], [1.0], [2]).is_err() && Grid::new([1.0], [0.0], [3]).is_err());
    /// ```
    pub fn new(lower: [f64; N], upper: [f64; N], shape: [usize; N]) -> Result<Self> {
        const { assert!(N > 0, "a grid has at least one axis") };
        for axis in 0..N {
            finite("lower", lower[axis])?;
            finite("upper", upper[axis])?;
            if upper[axis] <= lower[axis] {
                return Err(Error::argument("upper", upper[axis], format!("greater than {}", lower[axis])));
            }
            finite("upper - lower", upper[axis] - lower[axis])?;
            crate::error::at_least("shape", shape[axis], 3)?;
        }
        Ok(Self { lower, upper, shape })
    }

    /// The same box with half as many cells along every axis.
    ///
    /// # Errors
    /// A number of cells that is odd or less than 6.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// let grid = Grid::new([0.0], [1.0], [12])?.coarser()?;
    /// assert_eq!(grid, Grid::new([0.0], [1.0], [6])?);
    /// // Half of 3 is no number of cells.
    /// assert!(grid.coarser()?.coarser().is_err());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn coarser(&self) -> Result<Self> {
        if let Some(cells) = self.shape.into_iter().find(|cells| cells % 2 == 1) {
            return Err(Error::argument("shape", cells, "even"));
        }
        Self::new(self.lower, self.upper, self.shape.map(|cells| cells / 2))
    }

    /// How many cells there are.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// assert_eq!(Grid::new([0.0; 3], [1.0; 3], [4, 5, 6])?.cells(), 120);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn cells(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many cells there are along each axis.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// assert_eq!(Grid::new([0.0, -1.0], [4.0, 1.0], [8, 6])?.coarser()?.shape(), [4, 3]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn shape(&self) -> [usize; N] {
        self.shape
    }

    /// The lower corner.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// // Half a cell before the first center.
    /// let grid = Grid::new([0.0, -1.0], [4.0, 1.0], [4, 4])?;
    /// assert_eq!((grid.lower(), grid.center(0)), ([0.0, -1.0], [0.5, -0.75]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn lower(&self) -> [f64; N] {
        self.lower
    }

    /// The upper corner.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// // Half a cell behind the last center.
    /// let grid = Grid::new([0.0, -1.0], [4.0, 1.0], [4, 4])?;
    /// assert_eq!((grid.upper(), grid.center(15)), ([4.0, 1.0], [3.5, 0.75]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn upper(&self) -> [f64; N] {
        self.upper
    }

    /// The width h of a cell along each axis.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// assert_eq!(Grid::new([0.0, -1.0], [4.0, 1.0], [4, 4])?.spacing(), [1.0, 0.5]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn spacing(&self) -> [f64; N] {
        std::array::from_fn(|axis| (self.upper[axis] - self.lower[axis]) / self.shape[axis] as f64)
    }

    /// The volume of a cell: its length for N = 1, its area for N = 2.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// let grid = Grid::new([0.0, -1.0], [4.0, 1.0], [4, 4])?;
    /// assert_eq!(grid.volume() * grid.cells() as f64, 4.0 * 2.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn volume(&self) -> f64 {
        self.spacing().iter().product()
    }

    /// The center of a cell.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// // The first axis runs fastest: cell 5 is the second in the second row.
    /// assert_eq!(Grid::new([0.0, -1.0], [4.0, 1.0], [4, 4])?.center(5), [1.5, -0.25]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn center(&self, cell: usize) -> [f64; N] {
        let place = self.place(cell);
        std::array::from_fn(|axis| {
            let share = (place[axis] as f64 + 0.5) / self.shape[axis] as f64;
            self.lower[axis] + (self.upper[axis] - self.lower[axis]) * share
        })
    }

    /// The centers of all cells, in the order of their numbers.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// let grid = Grid::new([0.0], [4.0], [4])?;
    /// assert!(grid.centers().eq([[0.5], [1.5], [2.5], [3.5]]));
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn centers(&self) -> impl Iterator<Item = [f64; N]> + '_ {
        (0..self.cells()).map(|cell| self.center(cell))
    }

    /// The number of the cell that holds `point`, if it lies in the box.
    ///
    /// ```
    /// use sdml::ch1_preliminaries::fokker_planck::Grid;
    /// // The upper wall belongs to the last cell.
    /// let grid = Grid::new([0.0], [4.0], [4])?;
    /// assert_eq!([1.2, 4.0, 4.1].map(|x| grid.cell_of([x])), [Some(1), Some(3), None]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn cell_of(&self, point: [f64; N]) -> Option<usize> {
        let inside = (0..N).all(|axis| (self.lower[axis]..=self.upper[axis]).contains(&point[axis]));
        inside.then(|| self.nearest_cell(point))
    }

    /// The number of the cell nearest to `point`, which may lie outside.
    pub(super) fn nearest_cell(&self, point: [f64; N]) -> usize {
        let h = self.spacing();
        (0..N).rev().fold(0, |cell, axis| {
            let place = ((point[axis] - self.lower[axis]) / h[axis]).max(0.0) as usize;
            cell * self.shape[axis] + place.min(self.shape[axis] - 1)
        })
    }

    /// The next cell along `axis`, if there is one.
    pub(super) fn next(&self, cell: usize, axis: usize) -> Option<usize> {
        let stride: usize = self.shape[..axis].iter().product();
        (self.place(cell)[axis] + 1 < self.shape[axis]).then_some(cell + stride)
    }

    fn place(&self, mut cell: usize) -> [usize; N] {
        std::array::from_fn(|axis| {
            let place = cell % self.shape[axis];
            cell /= self.shape[axis];
            place
        })
    }
}
