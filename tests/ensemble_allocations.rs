//! An ensemble allocates nothing per step: its memory does not depend on their number. A crate of its own, since it
//! counts the allocations of the whole program.

use std::alloc::System;

use sdml::ch1_preliminaries::sde::{Ensemble, Grid, Milstein, OrnsteinUhlenbeck};
use sdml::random::Streams;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What the moments of an ensemble with so many steps allocate.
fn allocated(steps: usize) -> Stats {
    let ou = OrnsteinUhlenbeck::new(-1.0, 2f64.sqrt()).unwrap();
    let grid = Grid::new(0.0, 1.0, steps).unwrap();
    let paths = Ensemble::new(Milstein, &ou, [1.0], grid, Streams::new(0, "ensemble"), 2000).unwrap();
    let region = Region::new(ALLOCATOR);
    let [x] = paths.moments(|[x]| [x]).unwrap();
    let change = region.change();
    assert_eq!(x.count(), 2000);
    change
}

/// What is allocated with 100 steps and with 1000, inside a pool: handing work to it from outside fills a queue that
/// grows now and then.
fn in_a_pool(threads: usize) -> [Stats; 2] {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        // Every thread has room of its own, made when it first takes part.
        for _ in 0..20 {
            allocated(100);
        }
        [100, 1000].map(allocated)
    })
}

// One test alone: another beside it would be counted too.
#[test]
fn ensembles_allocate_nothing_per_step() {
    let [few, many] = in_a_pool(1);
    assert!(few.allocations > 0, "the accumulators are counted");
    assert_eq!(few, many);
    // Two threads share their queues, which may grow a few times in all; a single allocation in a step of one path would
    // count 900.
    let [few, many] = in_a_pool(2);
    let calls = |stats: Stats| stats.allocations + stats.reallocations;
    assert!(calls(few).abs_diff(calls(many)) < 10, "{few:?} {many:?}");
}
