//! Timings of Section 3.3, by divan: `cargo bench -p benches --bench real_nvp`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 3)]
fn w8_real_nvp() -> Vec<f64> {
    benches::real_nvp::train(0).expect("the loss stays finite").theta
}
