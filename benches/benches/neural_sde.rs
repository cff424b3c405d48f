//! Timings of Section 2.4, by divan: `cargo bench -p benches --bench neural_sde`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use benches::neural_sde::{Job, model};
use sdml::ch2_control::neural_sde::{BatchScheme, WayBack};

fn main() {
    divan::main();
}

#[divan::bench(
    sample_count = 10,
    args = [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun],
    consts = [1, 10],
)]
fn w6_through_the_steps<const D: usize>(bencher: divan::Bencher, scheme: &BatchScheme) {
    timed::<D>(bencher, *scheme, WayBack::Recorded);
}

#[divan::bench(
    sample_count = 10,
    args = [BatchScheme::Heun, BatchScheme::Midpoint, BatchScheme::ReversibleHeun],
    consts = [1, 10],
)]
fn w6_adjoint<const D: usize>(bencher: divan::Bencher, scheme: &BatchScheme) {
    timed::<D>(bencher, *scheme, WayBack::Resolved);
}

fn timed<const D: usize>(bencher: divan::Bencher, scheme: BatchScheme, way: WayBack) {
    let sde = model(D).expect("the sizes are positive");
    let mut job = Job::new(&sde, scheme, way).expect("the grid is sound");
    let mut seed = 0;
    bencher.bench_local(|| {
        seed += 1;
        job.gradient(seed).expect("the paths stay finite")[0]
    });
}
