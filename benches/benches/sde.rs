//! Timings of Section 1.3.3, by divan: `cargo bench -p benches --bench sde`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use sdml::random::LANES;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 20)]
fn w2_em_ou() -> Vec<[f64; 1]> {
    benches::sde::em_ou(0).expect("the paths stay finite")
}

#[divan::bench(sample_count = 20)]
fn w2_normals_alone() -> Vec<[f64; LANES]> {
    benches::sde::normals(0)
}

#[divan::bench(sample_count = 20)]
fn w3_gbm_strong() -> [[f64; 7]; 3] {
    benches::sde::gbm_strong(0).expect("the paths stay finite")
}
