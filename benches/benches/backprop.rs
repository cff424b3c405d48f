//! Timings of Section 2.2, by divan: `cargo bench -p benches --bench backprop`.
//!
//! Each network runs forward, forward and back, and forward and back with the tangents that an exact divergence needs, for 512
//! rows on all cores; the product alone, on the matrices of its widest layer, says what the machine allows.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use benches::backprop::{LARGE, Network, SMALL};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

const SIZES: [&[usize]; 2] = [SMALL, LARGE];

#[divan::bench(args = SIZES, sample_count = 200)]
fn forward(bencher: Bencher, sizes: &[usize]) {
    let mut network = Network::new(sizes, 0);
    let flop = network.flop(1);
    bencher.counter(ItemsCount::new(flop)).bench_local(|| network.forward());
}

#[divan::bench(args = SIZES, sample_count = 200)]
fn gradient(bencher: Bencher, sizes: &[usize]) {
    let mut network = Network::new(sizes, 0);
    let flop = network.flop(3);
    bencher.counter(ItemsCount::new(flop)).bench_local(|| network.gradient());
}

#[divan::bench(args = SIZES, sample_count = 200)]
fn gradient_through_divergence(bencher: Bencher, sizes: &[usize]) {
    let mut network = Network::new(sizes, 2);
    let flop = network.flop(3);
    bencher.counter(ItemsCount::new(flop)).bench_local(|| network.gradient());
}

#[divan::bench(args = SIZES, sample_count = 200)]
fn product_alone(bencher: Bencher, sizes: &[usize]) {
    let mut product = benches::backprop::Product::new(sizes[1]);
    let flop = product.flop();
    bencher.counter(ItemsCount::new(flop)).bench_local(|| product.run());
}
