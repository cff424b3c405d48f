//! Timings of Chapter 4, by divan: `cargo bench -p benches --bench langevin`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use benches::langevin::{Samples, gauss_mala, gauss_ula, mix8_ula};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10)]
fn w4_mix8_ula() -> Samples {
    mix8_ula(0).expect("no chain escapes")
}

#[divan::bench(sample_count = 3)]
fn w4_gauss_ula() -> Samples {
    gauss_ula(0).expect("no chain escapes")
}

#[divan::bench(sample_count = 3)]
fn w4_gauss_mala() -> Samples {
    gauss_mala(0).expect("no chain escapes")
}
