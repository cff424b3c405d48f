//! Laws that hold whatever the numbers: each is put to inputs drawn at random, where a check looks at a few chosen ones.
//! A law that fails reports the smallest input it found.

use proptest::test_runner::{Config, RngSeed};

mod ch1_preliminaries;
mod ch2_control;
mod ch3_flows;
mod ch4_langevin;
mod ch5_diffusion;
mod smallest;

/// The same cases in every run, and no file of failures.
fn cases(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(0), failure_persistence: None, ..Config::default() }
}

/// The largest distance between two rows of numbers.
fn distance<'a>(a: impl IntoIterator<Item = &'a f64>, b: impl IntoIterator<Item = &'a f64>) -> f64 {
    a.into_iter().zip(b).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
}
