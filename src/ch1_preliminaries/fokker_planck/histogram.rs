//! The density seen from the other side: how many simulated paths end in which cell.

use super::density::same_grid;
use super::{Density, Grid};
use crate::Result;
use crate::error::{some_paths, stays_finite};
use crate::random::{Stream, Streams};
use crate::statistics::{GoodnessOfFit, chi_square};

/// The number of draws that fell into each cell.
///
/// ```
/// use sdml::{ch1_preliminaries::fokker_planck::{Density, Grid, Histogram}, random::Streams};
/// let grid = Grid::new([-6.0], [6.0], [240])?;
/// let histogram = Histogram::sample(grid, &Streams::new(1, "doc"), 10_000, |stream| [stream.normal()])?;
/// let density = Density::proportional_to(grid, |[x]| (-0.5 * x * x).exp())?;
/// assert!(histogram.compare(&density, 20)?.p_value > 1e-3);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram<const N: usize> {
    grid: Grid<N>,
    counts: Vec<u64>,
}

impl<const N: usize> Histogram<N> {
    /// Draws `paths` times, each from a stream of its own. A draw outside the box counts for the nearest cell, as the
    /// walls of the box would have kept it in.
    ///
    /// # Errors
    /// No path at all, or a draw that is not finite.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::{Grid, Histogram}, random::Streams};
    /// // Draws from [4, 5) are kept by the wall at 3.
    /// let grid = Grid::new([0.0], [3.0], [3])?;
    /// let histogram = Histogram::sample(grid, &Streams::new(1, "doc"), 10, |stream| [4.0 + stream.uniform()])?;
    /// assert_eq!(histogram.counts(), [0, 0, 10]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn sample(
        grid: Grid<N>,
        streams: &Streams,
        paths: u64,
        draw: impl Fn(&mut Stream) -> [f64; N] + Sync,
    ) -> Result<Self> {
        let counts = streams.map_reduce(
            some_paths(paths)?,
            || vec![0u64; grid.cells()],
            |counts, path, stream| {
                let x = draw(stream);
                stays_finite("a draw", x, path as usize)?;
                counts[grid.nearest_cell(x)] += 1;
                Ok(())
            },
            |left, right| left.iter().zip(&right).map(|(left, right)| left + right).collect(),
        )?;
        Ok(Self { grid, counts })
    }

    /// The number of draws in each cell.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::{Grid, Histogram}, random::Streams};
    /// let grid = Grid::new([0.0], [1.0], [4])?;
    /// let histogram = Histogram::sample(grid, &Streams::new(1, "doc"), 100, |stream| [stream.uniform()])?;
    /// assert_eq!(histogram.counts().iter().sum::<u64>(), 100);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The counts as a density.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::{Grid, Histogram}, random::Streams};
    /// // All of 64 draws in a cell of length ½.
    /// let grid = Grid::new([0.0], [2.0], [4])?;
    /// let histogram = Histogram::sample(grid, &Streams::new(1, "doc"), 64, |_| [0.7])?;
    /// assert_eq!(histogram.density().values(), [0.0, 2.0, 0.0, 0.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn density(&self) -> Density<N> {
        let scale = 1.0 / (self.counts.iter().sum::<u64>() as f64 * self.grid.volume());
        Density::trusted(self.grid, self.counts.iter().map(|&count| count as f64 * scale).collect())
    }

    /// The χ² test of the counts against the cell probabilities of `density`.
    ///
    /// Cells are joined in the order of their numbers into about `groups` groups of nearly equal probability.
    ///
    /// # Errors
    /// A density on another grid, fewer than two groups, or groups expected to hold fewer than 5 draws.
    ///
    /// ```
    /// use sdml::{ch1_preliminaries::fokker_planck::{Density, Grid, Histogram}, random::Streams};
    /// // Draws from the density 2x are not uniform.
    /// let grid = Grid::new([0.0], [1.0], [4])?;
    /// let histogram = Histogram::sample(grid, &Streams::new(1, "doc"), 1000, |stream| [stream.uniform().sqrt()])?;
    /// assert!(histogram.compare(&Density::proportional_to(grid, |[x]| x)?, 4)?.p_value > 1e-3);
    /// assert!(histogram.compare(&Density::proportional_to(grid, |_| 1.0)?, 4)?.p_value < 1e-9);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn compare(&self, density: &Density<N>, groups: usize) -> Result<GoodnessOfFit> {
        same_grid("density", density.grid(), &self.grid)?;
        let share = 1.0 / crate::error::at_least("groups", groups, 2)? as f64;
        let (mut counts, mut probabilities) = (Vec::new(), Vec::new());
        let (mut filled, mut count, mut probability) = (0.0, 0, 0.0);
        for (cell_count, cell_probability) in self.counts.iter().zip(density.probabilities()) {
            count += cell_count;
            probability += cell_probability;
            filled += cell_probability;
            if filled >= share * (counts.len() + 1) as f64 && counts.len() + 1 < groups {
                counts.push(count);
                probabilities.push(probability);
                (count, probability) = (0, 0.0);
            }
        }
        // The last cell may have completed a group, with fewer of them than were asked for.
        if probability > 0.0 || count > 0 {
            counts.push(count);
            probabilities.push(probability);
        }
        chi_square(&counts, &probabilities)
    }
}
