//! The streams of the rows of a matrix.

use std::ops::Range;

use super::{LANES, Lanes, Stream, Streams};

/// The streams of neighbouring paths, one for each row of a matrix: eight by eight in [`Lanes`], and a few left over.
///
/// ```
/// use sdml::random::Streams;
/// let streams = Streams::new(7, "pollen");
/// let mut bundle = streams.bundle(20..31);
/// let mut matrix = [0.0; 11 * 2];
/// bundle.fill_normal(&mut matrix);
/// let mut alone = streams.stream(24);
/// assert_eq!(matrix[8..10], [alone.normal(), alone.normal()]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    lanes: Vec<Lanes>,
    rest: Vec<Stream>,
    drawn: Vec<[f64; LANES]>,
}

impl Streams {
    /// The streams of these paths.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(7, "pollen");
    /// // Row 10 belongs to path 30.
    /// assert_eq!(streams.bundle(20..31).with(10, |stream| stream.normal()), streams.stream(30).normal());
    /// ```
    pub fn bundle(&self, paths: Range<u64>) -> Bundle {
        let whole = paths.end.saturating_sub(paths.start) / LANES as u64;
        let lanes = (0..whole).map(|block| self.lanes(paths.start + block * LANES as u64)).collect();
        let rest = (paths.start + whole * LANES as u64..paths.end).map(|path| self.stream(path)).collect();
        Bundle { lanes, rest, drawn: Vec::new() }
    }
}

impl Bundle {
    /// The number of streams.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// assert_eq!(Streams::new(7, "pollen").bundle(20..31).len(), 11);
    /// ```
    pub fn len(&self) -> usize {
        self.lanes.len() * LANES + self.rest.len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(7, "pollen");
    /// assert!(streams.bundle(20..20).is_empty() && !streams.bundle(20..21).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets `draw` use the stream of one row.
    ///
    /// # Panics
    /// A row beyond the last.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(7, "pollen");
    /// let mut bundle = streams.bundle(0..9);
    /// // Each row goes on from where it was, whatever the others do.
    /// let mut alone = streams.stream(8);
    /// assert_eq!(bundle.with(8, |stream| stream.normal()), alone.normal());
    /// bundle.with(3, |stream| stream.normal());
    /// assert_eq!(bundle.with(8, |stream| stream.uniform()), alone.uniform());
    /// ```
    #[inline]
    pub fn with<T>(&mut self, row: usize, draw: impl FnOnce(&mut Stream) -> T) -> T {
        match self.lanes.get_mut(row / LANES) {
            Some(lanes) => lanes.with(row % LANES, draw),
            None => draw(&mut self.rest[row - self.lanes.len() * LANES]),
        }
    }

    /// Fills a row-major matrix with draws from N(0, 1), every row from its own stream.
    ///
    /// # Panics
    /// A length that is no multiple of the number of streams.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(7, "pollen");
    /// let mut matrix = [0.0; 9 * 2];
    /// streams.bundle(0..9).fill_normal(&mut matrix);
    /// let mut last = streams.stream(8);
    /// assert_eq!(matrix[16..], [last.normal(), last.normal()]);
    /// ```
    pub fn fill_normal(&mut self, matrix: &mut [f64]) {
        if self.is_empty() {
            return;
        }
        let columns = matrix.len() / self.len();
        assert_eq!(
            columns * self.len(),
            matrix.len(),
            "a matrix with a row for each of {} streams",
            self.len()
        );
        if columns == 0 {
            return;
        }
        self.drawn.resize(columns, [0.0; LANES]);
        let (whole, rest) = matrix.split_at_mut(self.lanes.len() * LANES * columns);
        for (rows, lanes) in whole.chunks_exact_mut(LANES * columns).zip(&mut self.lanes) {
            lanes.fill_normal(&mut self.drawn);
            for (lane, row) in rows.chunks_exact_mut(columns).enumerate() {
                row.iter_mut().zip(&self.drawn).for_each(|(value, drawn)| *value = drawn[lane]);
            }
        }
        for (row, stream) in rest.chunks_exact_mut(columns).zip(&mut self.rest) {
            stream.fill_normal(row);
        }
    }
}
