//! Timings of Example 2.5, by divan: `cargo bench -p benches --bench control`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

fn main() {
    divan::main();
}

#[divan::bench(args = [5.0, 8.0], sample_count = 20)]
fn w7_control(horizon: f64) -> f64 {
    benches::control::train(horizon, 0).expect("the recipe is sound").1
}
