//! Timings of Section 2.3, by divan: `cargo bench -p benches --bench neural_ode`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use benches::neural_ode::{NodeGradient, VARIANTS};

fn main() {
    divan::main();
}

#[divan::bench(args = ["backprop", "adjoint", "backprop, states kept", "adjoint, states kept"], sample_count = 10)]
fn w5_node_grad(bencher: divan::Bencher, name: &str) {
    let variant = VARIANTS.into_iter().find(|variant| variant.name == name).expect("a variant of this name");
    let mut job = NodeGradient::new(variant).expect("a valid variant");
    bencher.bench_local(|| job.run().expect("the solution stays finite"));
}
