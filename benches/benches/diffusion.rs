//! Timings of Section 5.1, by divan: `cargo bench -p benches --bench diffusion`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use benches::diffusion::{recipe, sample};
use sdml::ch3_flows::data::DataLaw;
use sdml::ch5_diffusion::score::{Denoiser, Recipe};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 3)]
fn w10_train() -> Denoiser {
    recipe(DataLaw::Eight, 0).train(|_, _| ()).expect("the training converges")
}

#[divan::bench(sample_count = 5, args = [(1.0, 200), (0.0, 100)])]
fn w10_sample(bencher: divan::Bencher, (h, steps): (f64, usize)) {
    let briefly = Recipe { steps: 500, ..recipe(DataLaw::Eight, 0) };
    let model = briefly.train(|_, _| ()).expect("the training converges");
    bencher.bench(|| sample(&model, h, steps, 0));
}
