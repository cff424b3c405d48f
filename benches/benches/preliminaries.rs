//! Timings of Sections 1.3.4 and 1.4, by divan: `cargo bench -p benches --bench preliminaries`.
#![allow(missing_docs, reason = "a benchmark's name says what it times")]

use sdml::ch1_preliminaries::fokker_planck::double_well::potential;
use sdml::ch1_preliminaries::fokker_planck::{FokkerPlanck, Grid};
use sdml::ch1_preliminaries::learning::{Adam, DeepRitz, Pinn, Poisson, Training, TwoLayer};

fn main() {
    divan::main();
}

/// The five slowest rates of the double well.
#[divan::bench(args = [2000], sample_count = 20)]
fn spectrum(bencher: divan::Bencher, cells: usize) {
    let grid = Grid::new([-3.0], [3.0], [cells]).expect("a valid grid");
    let equation = FokkerPlanck::gradient(grid, |[x]| potential(x), 1.0).expect("a finite potential");
    bencher.bench_local(|| equation.rates(5).expect("fewer rates than cells"));
}

/// The notebook's problem; its penalty is 500.
fn notebook() -> Poisson {
    Poisson::new(2, 1.0).expect("a valid problem")
}

#[divan::bench(sample_count = 3)]
fn deep_ritz() -> TwoLayer<1> {
    let energy = DeepRitz::new(notebook(), 500.0).expect("a valid penalty");
    Training::new(30_000, 0).run(energy, &mut Adam::default(), |_, _, _| ()).expect("the loss stays finite")
}

#[divan::bench(sample_count = 3)]
fn pinn() -> TwoLayer<1> {
    let residual = Pinn::new(notebook(), 500.0).expect("a valid penalty");
    Training::new(6000, 0).run(residual, &mut Adam::default(), |_, _, _| ()).expect("the loss stays finite")
}
