//! Figures of Section 3.3.

use anyhow::Result;
use ndarray::Array2;

use crate::figures::Data;

pub mod flow;
pub mod likelihood;
pub mod potential;

/// Cells of a heat map in each direction.
const CELLS: usize = 120;

/// The middles of the cells of a square.
fn cells(([x, y], half): ([f64; 2], f64)) -> Array2<f64> {
    let at = |k: usize| (2.0 * (k as f64 + 0.5) / CELLS as f64 - 1.0) * half;
    Array2::from_shape_fn(
        (CELLS * CELLS, 2),
        |(i, c)| if c == 0 { x + at(i % CELLS) } else { y + at(i / CELLS) },
    )
}

/// `data` with the two columns of `points`.
fn with_points(data: Data, name: &str, points: &Array2<f64>) -> Data {
    data.column(format!("{name} x"), points.column(0).to_vec())
        .column(format!("{name} y"), points.column(1).to_vec())
}

/// The parameters and losses of a kept training.
fn split(rows: Vec<Vec<f64>>) -> Result<[Vec<f64>; 2]> {
    <[Vec<f64>; 2]>::try_from(rows).map_err(|rows| anyhow::anyhow!("{} rows instead of 2", rows.len()))
}
