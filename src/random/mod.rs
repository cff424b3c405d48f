//! Random streams: one per path, derived from (seed, purpose, path index).
//!
//! The state of a stream is a bijective scrambling of the four words (seed, purpose, index, kind), so that two
//! streams of one seed never start from the same state, whatever they are for. A path can be replayed alone, and an
//! ensemble is summed over a fixed number of shards in a fixed order: its bits do not depend on the number of threads.
//!
//! Generators: xoshiro256++ (Blackman and Vigna 2021) for streams, SplitMix64 (Steele, Lea and Flood 2014) for single
//! values asked for by number. Normals: the ziggurat of `rand_distr`.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::Result;
use crate::parallel::in_parallel;

#[macro_use]
mod words;

mod bundle;
mod generator;
mod lanes;

pub use bundle::Bundle;
pub use lanes::{LANES, Lanes};

/// Into how many parts an ensemble is cut, whatever the number of threads.
///
/// ```
/// use sdml::random::{SHARDS, Streams};
/// // One accumulator for each part, also where there are fewer paths than parts.
/// let parts = Streams::new(1, "doc").map_reduce(10, || 1, |_, _, _| Ok(()), |left: u64, right| left + right)?;
/// assert_eq!(parts, SHARDS);
/// # Ok::<(), sdml::Error>(())
/// ```
pub const SHARDS: u64 = 64;

/// The streams of one purpose under one seed.
///
/// ```
/// use sdml::random::Streams;
/// let streams = Streams::new(7, "pollen");
/// let first: Vec<f64> = (0..3).map(|path| streams.stream(path).normal()).collect();
/// // Any path can be replayed alone; another purpose gives other numbers.
/// assert_eq!(streams.stream(2).normal(), first[2]);
/// assert_ne!(Streams::new(7, "stocks").stream(2).normal(), first[2]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    purpose: u64,
}

impl Streams {
    /// The streams for `purpose` under `seed`; equal arguments give equal streams, for ever.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// assert_eq!(Streams::new(1, "doc"), Streams::new(1, "doc"));
    /// // Another seed, or another purpose: other numbers.
    /// let first = |streams: Streams| streams.stream(0).normal();
    /// assert_ne!(first(Streams::new(1, "doc")), first(Streams::new(2, "doc")));
    /// assert_ne!(first(Streams::new(1, "doc")), first(Streams::new(1, "tests")));
    /// ```
    pub const fn new(seed: u64, purpose: &str) -> Self {
        Self { seed, purpose: fnv1a(purpose) }
    }

    /// The stream of the path with this index.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let streams = Streams::new(1, "doc");
    /// // A path can be replayed alone.
    /// assert_eq!(streams.stream(7).normal(), streams.stream(7).normal());
    /// assert_ne!(streams.stream(7).normal(), streams.stream(8).normal());
    /// ```
    // ANCHOR: stream
    pub fn stream(&self, index: u64) -> Stream {
        Stream(scramble([self.seed, self.purpose, index, SEQUENTIAL]).map(|word| [word]))
    }
    // ANCHOR_END: stream

    /// Numbers for path `index` that are asked for by number rather than one after the other.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let keyed = Streams::new(7, "tree").keyed(0);
    /// assert_eq!(keyed.node(5).normal(), keyed.node(5).normal());
    /// ```
    pub fn keyed(&self, index: u64) -> Keyed {
        Keyed(scramble([self.seed, self.purpose, index, BY_NUMBER])[0])
    }

    /// Runs `each(accumulator, path, stream)` for `paths` paths, in parallel, and merges the accumulators.
    ///
    /// The paths are cut into [`SHARDS`] consecutive parts, each with an accumulator of its own made by `new` (a
    /// place for buffers as well as for sums); the parts are merged from the first to the last. The result is the
    /// same, bit for bit, at any number of threads. The first error, in the order of the paths' parts, is returned.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let sum = Streams::new(1, "doc").map_reduce(
    ///     1000,
    ///     || 0.0,
    ///     |sum: &mut f64, _path, stream| { *sum += stream.normal(); Ok(()) },
    ///     |left, right| left + right,
    /// )?;
    /// assert!(sum.abs() < 4.0 * 1000f64.sqrt());
    /// # Ok::<(), sdml::Error>(())
    /// ```
    // ANCHOR: map_reduce
    pub fn map_reduce<A: Send>(
        &self,
        paths: u64,
        new: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, u64, &mut Stream) -> Result<()> + Sync,
        merge: impl Fn(A, A) -> A,
    ) -> Result<A> {
        let start = |part: u64| (u128::from(paths) * u128::from(part) / u128::from(SHARDS)) as u64;
        let run = |part: usize| {
            let (mut accumulator, part) = (new(), part as u64);
            for path in start(part)..start(part + 1) {
                each(&mut accumulator, path, &mut self.stream(path))?;
            }
            Ok(accumulator)
        };
        let parts = in_parallel(SHARDS as usize, run).into_iter();
        parts.reduce(|left, right| Ok(merge(left?, right?))).expect("there are shards")
    }
    // ANCHOR_END: map_reduce
}

/// The random numbers of one path, one after the other. It is a [`rand::Rng`], so every distribution of
/// `rand_distr` can draw from it.
///
/// ```
/// use sdml::random::Streams;
/// let mut stream = Streams::new(7, "pollen").stream(0);
/// let mut z = [0.0; 2];
/// stream.fill_normal(&mut z);
/// assert!((0.0..1.0).contains(&stream.uniform()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream([[u64; 1]; 4]);

impl Stream {
    #[inline]
    fn word(&mut self) -> u64 {
        let [word] = generator::next(&mut self.0);
        word
    }

    /// A draw from N(0, 1).
    ///
    /// ```
    /// use sdml::{random::Streams, statistics::Estimate};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let squares = Estimate::of((0..1000).map(|_| stream.normal().powi(2)))?;
    /// assert!(squares.z(1.0).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(self)
    }

    /// A draw from the uniform distribution on [0, 1).
    ///
    /// ```
    /// use sdml::{random::Streams, statistics::Estimate};
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let squares = Estimate::of((0..1000).map(|_| stream.uniform().powi(2)))?;
    /// assert!(squares.z(1.0 / 3.0).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        self.random()
    }

    /// Fills `values` with independent draws from N(0, 1).
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let mut stream = Streams::new(1, "doc").stream(0);
    /// let mut same = stream.clone();
    /// let mut values = [0.0; 2];
    /// stream.fill_normal(&mut values);
    /// assert_eq!(values, [same.normal(), same.normal()]);
    /// ```
    pub fn fill_normal(&mut self, values: &mut [f64]) {
        for value in values {
            *value = self.normal();
        }
    }
}

generator_of_words!(Stream);

/// Random numbers by number: what [`Streams::keyed`] returns.
///
/// ```
/// use sdml::random::Streams;
/// let keyed = Streams::new(7, "tree").keyed(0);
/// // They can be asked for in any order.
/// let (late, early) = (keyed.node(9).normal(), keyed.node(2).normal());
/// assert_eq!([2, 9].map(|node| keyed.node(node).normal()), [early, late]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyed(u64);

impl Keyed {
    /// The numbers that belong to `node`.
    ///
    /// ```
    /// use sdml::random::Streams;
    /// let keyed = Streams::new(7, "tree").keyed(0);
    /// assert_eq!(keyed.node(3).normal(), keyed.node(3).normal());
    /// assert_ne!(keyed.node(3).normal(), keyed.node(4).normal());
    /// ```
    #[inline]
    pub fn node(&self, node: u64) -> Node {
        Node { state: self.0.wrapping_add(node.wrapping_mul(GOLDEN)), first: true }
    }
}

/// The numbers that belong to one node of a [`Keyed`] family: also a [`rand::Rng`].
///
/// ```
/// use sdml::random::Streams;
/// let mut node = Streams::new(7, "tree").keyed(0).node(3);
/// let mut replay = node.clone();
/// let [first, second] = [node.normal(), node.normal()];
/// assert_ne!(first, second);
/// assert_eq!([replay.normal(), replay.normal()], [first, second]);
/// ```
#[derive(Debug, Clone)]
pub struct Node {
    state: u64,
    first: bool,
}

impl Node {
    /// The first word is the node's output of SplitMix64; the following ones start a walk of their own from there,
    /// since one more step of the same sequence would be the next node's first word.
    #[inline]
    fn word(&mut self) -> u64 {
        if self.first {
            self.first = false;
            self.state = splitmix(self.state);
            return self.state;
        }
        self.state = self.state.wrapping_add(SILVER);
        splitmix(self.state)
    }

    /// A draw from N(0, 1).
    ///
    /// ```
    /// use sdml::{random::Streams, statistics::Estimate};
    /// let keyed = Streams::new(1, "doc").keyed(0);
    /// // The first draws of neighbouring nodes are independent.
    /// let products = Estimate::of((0..1000).map(|k| keyed.node(2 * k).normal() * keyed.node(2 * k + 1).normal()))?;
    /// assert!(products.z(0.0).abs() < 4.0);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    #[inline]
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(self)
    }
}

generator_of_words!(Node);

const SEQUENTIAL: u64 = 1;
const BY_NUMBER: u64 = 2;
/// The odd number nearest to 2⁶⁴ / φ.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// The odd number nearest to 2⁶⁴ (√2 − 1).
const SILVER: u64 = 0x6a09_e667_f3bc_c909;

/// The finalizer of SplitMix64: a bijection of 64 bits.
#[inline]
fn splitmix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A bijection of 256 bits: eight rounds of BLAKE2b's addition–rotation–exclusive-or step, with a round constant.
fn scramble(words: [u64; 4]) -> [u64; 4] {
    let [mut a, mut b, mut c, mut d] = words;
    for round in 1..=8 {
        a = a.wrapping_add(b).wrapping_add(GOLDEN.wrapping_mul(round));
        d = (d ^ a).rotate_right(32);
        c = c.wrapping_add(d);
        b = (b ^ c).rotate_right(24);
        a = a.wrapping_add(b);
        d = (d ^ a).rotate_right(16);
        c = c.wrapping_add(d);
        b = (b ^ c).rotate_right(63);
    }
    [a, b, c, d]
}

/// The 64-bit hash FNV-1a of a purpose's name.
const fn fnv1a(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}
