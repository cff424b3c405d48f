//! Eight streams at once. Each gives the numbers that it would give alone; together they take about two thirds of the time, because
//! the generators advance in one register, and the ziggurat takes its short way in 99 of 100 draws.

use std::sync::LazyLock;

use multiversion::multiversion;
use rand_distr::{Distribution, StandardNormal};

use super::generator::next;
use super::{Stream, Streams};

/// How many streams are drawn from together.
///
/// ```
/// use sdml::random::{LANES, Streams};
/// // A row of draws for eight paths.
/// let mut row = [[0.0; LANES]];
/// Streams::new(7, "pollen").lanes(0).fill_normal(&mut row);
/// assert_eq!(row[0].len(), 8);
/// ```
pub const LANES: usize = 8;

/// The streams of eight paths that are neighbours, to be drawn from in step.
///
/// ```
/// use sdml::random::{LANES, Streams};
/// let streams = Streams::new(7, "pollen");
/// let mut values = [[0.0; LANES]; 3];
/// streams.lanes(16).fill_normal(&mut values);
/// let mut alone = streams.stream(18);
/// assert!(values.iter().all(|row| row[2] == alone.normal()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lanes([[u64; LANES]; 4]);

impl Streams {
    /// The streams of the paths `first`, …, `first` + 7.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(7, "pollen");
    /// // Lane 3 from path 16 on is path 19.
    /// assert_eq!(streams.lanes(16).with(3, |stream| stream.normal()), streams.stream(19).normal());
    /// ```
    pub fn lanes(&self, first: u64) -> Lanes {
        let mut lanes = Lanes([[0; LANES]; 4]);
        for lane in 0..LANES {
            lanes.with(lane, |stream| *stream = self.stream(first.wrapping_add(lane as u64)));
        }
        lanes
    }
}

impl Lanes {
    /// Fills every row with one draw from N(0, 1) by each stream: column l is what stream l draws, one after the other.
    ///
    /// ```
    /// use sdml::random::{LANES, Streams};
    /// let streams = Streams::new(7, "pollen");
    /// let mut values = [[0.0; LANES]; 2];
    /// streams.lanes(0).fill_normal(&mut values);
    /// let mut alone = streams.stream(7);
    /// assert_eq!([values[0][7], values[1][7]], [alone.normal(), alone.normal()]);
    /// ```
    #[inline]
    pub fn fill_normal(&mut self, values: &mut [[f64; LANES]]) {
        fill(&mut self.0, values);
    }

    /// Lets `draw` use the stream of this lane alone.
    ///
    /// # Panics
    /// A lane beyond the last, 7.
    ///
    /// ```
    /// use sdml::random::{LANES, Streams};
    /// let streams = Streams::new(7, "pollen");
    /// let (mut lanes, mut row) = (streams.lanes(0), [[0.0; LANES]]);
    /// lanes.with(2, |stream| stream.normal());
    /// lanes.fill_normal(&mut row);
    /// // Lane 2 is one draw ahead of the others.
    /// let mut alone = streams.stream(2);
    /// alone.normal();
    /// assert_eq!((row[0][1], row[0][2]), (streams.stream(1).normal(), alone.normal()));
    /// ```
    #[inline]
    pub fn with<T>(&mut self, lane: usize, draw: impl FnOnce(&mut Stream) -> T) -> T {
        let mut stream = one_of(&self.0, lane);
        let drawn = draw(&mut stream);
        put_back(&mut self.0, lane, stream);
        drawn
    }
}

/// The stream of one lane.
#[inline]
fn one_of(state: &[[u64; LANES]; 4], lane: usize) -> Stream {
    Stream(state.each_ref().map(|words| [words[lane]]))
}

/// Lets a lane go on from where its stream has come to.
#[inline]
fn put_back(state: &mut [[u64; LANES]; 4], lane: usize, stream: Stream) {
    state.iter_mut().zip(stream.0).for_each(|(words, [word])| words[lane] = word);
}

/// The right edges x_i and x_{i+1} of layer i of the ziggurat and of the one above it; x_256 = 0.
///
/// They are read off the sampler: a word whose last byte is i and whose other bits make u = ½ has it return x_i/2, at once or,
/// in the last layer, when the next word has all bits set.
static EDGES: LazyLock<[[f64; 2]; 256]> = LazyLock::new(|| {
    const HALF: u64 = 0xc000_0000_0000_0000;
    let edge = |layer: usize| {
        let half: f64 = StandardNormal.sample(&mut Dictated(vec![u64::MAX, HALF | layer as u64]));
        if layer < 256 { 2.0 * half } else { 0.0 }
    };
    std::array::from_fn(|layer| [edge(layer), edge(layer + 1)])
});

/// Gives the words it holds, from the last to the first.
struct Dictated(Vec<u64>);

impl Dictated {
    fn word(&mut self) -> u64 {
        self.0.pop().expect("the sampler asks for two words at most")
    }
}

generator_of_words!(Dictated);

/// How many rows are drawn before any is looked at: 64 numbers, one for each bit of a word.
const ROWS: usize = 8;

fn fill(state: &mut [[u64; LANES]; 4], values: &mut [[f64; LANES]]) {
    let edges = &*EDGES;
    let mut words = [[0; LANES]; ROWS];
    let mut layers = [[[0.0; 2]; LANES]; ROWS];
    let mut before = [[0; LANES]; 4];
    for values in values.chunks_mut(ROWS) {
        let rows = values.len();
        advance(&mut before, state, &mut words[..rows]);
        let (words, layers) = (words[..rows].as_flattened(), layers[..rows].as_flattened_mut());
        look_up(words, edges, layers);
        let outside = in_layers(words, layers, values.as_flattened_mut());
        if outside != 0 {
            draw_again(&before, state, outside, values);
        }
    }
}

/// The next words of all lanes; their state as it was is left in `before`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn advance(before: &mut [[u64; LANES]; 4], state: &mut [[u64; LANES]; 4], words: &mut [[u64; LANES]]) {
    // The first apart: a loop that runs at least once keeps its state in registers.
    if let Some((first, rest)) = words.split_first_mut() {
        let mut now = *state;
        *before = now;
        *first = next(&mut now);
        for words in rest {
            *words = next(&mut now);
        }
        *state = now;
    }
}

/// The edges of the layers that the last bytes of the words choose. For no instruction set in particular: sixteen bytes at a
/// time are faster than what newer ones have for gathering.
#[inline(never)]
fn look_up(words: &[u64], edges: &[[f64; 2]; 256], layers: &mut [[f64; 2]]) {
    for (layer, word) in layers.iter_mut().zip(words) {
        *layer = edges[*word as usize & 0xff];
    }
}

/// The points u x_i that the words stand for in layers with the right edges (x_i, x_{i+1}). Bit k of what is returned says that
/// point k is not below the layer above.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw+fma", "x86_64+avx2+fma", "x86_64+sse4.2"))]
fn in_layers(words: &[u64], layers: &[[f64; 2]], values: &mut [f64]) -> u64 {
    let mut outside = 0;
    for (k, ((value, word), [edge, inner])) in (0u64..).zip(values.iter_mut().zip(words).zip(layers)) {
        // The first 52 bits are u in [−1, 1), by way of [2, 4).
        let u = f64::from_bits((word >> 12) | 1 << 62) - 3.0;
        *value = u * edge;
        outside |= u64::from(value.abs() >= *inner) << k;
    }
    outside
}

/// From the first row on that has a lane outside, draws the rest of this lane one by one, by the sampler itself.
#[cold]
fn draw_again(
    before: &[[u64; LANES]; 4],
    after: &mut [[u64; LANES]; 4],
    mut outside: u64,
    values: &mut [[f64; LANES]],
) {
    while outside != 0 {
        let first = outside.trailing_zeros() as usize;
        let (row, lane) = (first / LANES, first % LANES);
        let mut stream = one_of(before, lane);
        for _ in 0..row {
            let _ = next(&mut stream.0);
        }
        values[row..].iter_mut().for_each(|row| row[lane] = stream.normal());
        put_back(after, lane, stream);
        // The lane is done.
        outside &= !(0x0101_0101_0101_0101 << lane);
    }
}
