use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ndarray::array;
use sdml::ch4_langevin::overdamped::{LeimkuhlerMatthews, Mala, Tamed, Ula};
use sdml::ch4_langevin::sampler::{Chains, DoubleWell, Gaussian, Harmonic, Mixture, Potential};
use sdml::ch4_langevin::underdamped::{Bath, EulerMaruyama, Oscillator, PhaseSpace, Splitting, Word};
use sdml::random::Streams;
use sdml::{Error, Result};

fn says<T>(result: Result<T>, message: &str) {
    assert_eq!(result.map(drop).unwrap_err().to_string(), message);
}

const POSITIVE: &str = "but it must be a finite number greater than 0";

#[test]
fn numbers_out_of_range() {
    says(Bath::new(0.0, 1.0), &format!("`friction` is 0, {POSITIVE}"));
    says(Bath::new(1.0, -2.0), &format!("`beta` is -2, {POSITIVE}"));
    says(Bath::new(1.0, 1.0).unwrap().with_mass(0.0), &format!("`mass` is 0, {POSITIVE}"));
    let bath = Bath::new(1.0, 1.0).unwrap();
    says(Splitting::new(Word::Baoab, bath, 0.0), &format!("`h` is 0, {POSITIVE}"));
    says(EulerMaruyama::new(bath, f64::INFINITY), &format!("`h` is inf, {POSITIVE}"));
    says(Oscillator::new(bath, f64::NAN), &format!("`stiffness` is NaN, {POSITIVE}"));
    says(Ula::new(1.0, 0.0), &format!("`h` is 0, {POSITIVE}"));
    says(Ula::new(0.0, 0.1), &format!("`beta` is 0, {POSITIVE}"));
    says(Mala::new(1.0, -0.1), &format!("`h` is -0.1, {POSITIVE}"));
    says(Tamed::new(f64::INFINITY, 0.1), &format!("`beta` is inf, {POSITIVE}"));
    says(LeimkuhlerMatthews::new(1.0, f64::NAN), &format!("`h` is NaN, {POSITIVE}"));
}

#[test]
fn potentials() {
    says(Harmonic::new(&[]), "`stiffnesses.len()` is 0, but it must be at least 1");
    says(Harmonic::new(&[1.0, 0.0]), &format!("`stiffnesses` is 0, {POSITIVE}"));
    says(DoubleWell::new(0), "`dimension` is 0, but it must be at least 1");
    says(Mixture::new(2, vec![1.0, 2.0, 3.0], 1.0), "`means.len()` is 3, but it must be a multiple of 2");
    says(Mixture::new(1, vec![1.0], 0.0), &format!("`deviation` is 0, {POSITIVE}"));
    says(Gaussian::new(array![[1.0, 0.0]]), "`precision.ncols()` is 2, but it must be as many as rows, 1");
    says(
        Gaussian::new(array![[1.0, 0.5], [0.0, 1.0]]),
        "`precision` is asymmetric by 0.5, but it must be symmetric",
    );
    says(
        Gaussian::new(array![[1.0, 0.0], [0.0, -2.0]]),
        "`precision` is a matrix with eigenvalue -2, but it must be positive definite",
    );
}

/// The gradient is the derivative of the value, row by row and all rows at once.
fn consistent<U: Potential>(potential: &U) {
    let d = potential.dimension();
    let mut stream = Streams::new(1, "consistent").stream(0);
    let x = ndarray::Array2::from_shape_fn((21, d), |_| stream.normal());
    let mut all = ndarray::Array2::zeros((21, d));
    let mut values = vec![0.0; 21];
    potential.values_and_gradients(x.view(), &mut values, all.view_mut());
    let mut again = ndarray::Array2::zeros((21, d));
    potential.gradients(x.view(), again.view_mut());
    assert_eq!(all, again);
    for (row, value) in values.iter().enumerate() {
        let x = x.row(row).to_vec();
        let mut gradient = vec![0.0; d];
        potential.gradient(&x, &mut gradient);
        assert!((potential.value(&x) - value).abs() < 1e-12 * (1.0 + value.abs()));
        for i in 0..d {
            let at = |by: f64| {
                let mut moved = x.clone();
                moved[i] += by;
                potential.value(&moved)
            };
            let h = 1e-5;
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((slope - gradient[i]).abs() < 1e-7 * (1.0 + slope.abs()), "{slope} {}", gradient[i]);
            assert!((all[[row, i]] - gradient[i]).abs() < 1e-12 * (1.0 + slope.abs()));
        }
    }
}

#[test]
fn gradients() {
    consistent(&Harmonic::new(&[2.0]).unwrap());
    consistent(&Harmonic::new(&[2.0, 0.5, 3.0]).unwrap());
    consistent(&DoubleWell::new(3).unwrap());
    consistent(&Gaussian::new(array![[2.0, 0.3, 0.0], [0.3, 1.0, 0.1], [0.0, 0.1, 4.0]]).unwrap());
    consistent(&Mixture::new(2, vec![1.0, 0.0, -1.0, 0.5, 0.0, -2.0], 0.7).unwrap());
    consistent(&Mixture::new(3, vec![1.0, 0.0, -1.0, 0.5, 0.0, -2.0], 0.7).unwrap());
}

#[test]
fn steps_beyond_stability() {
    let well = Harmonic::new(&[4.0, 1.0]).unwrap();
    let streams = Streams::new(1, "beyond");
    says(
        Chains::from_point(&well, Ula::new(1.0, 0.5).unwrap(), streams, 3, &[0.0, 0.0]),
        "`h` is 0.5, but it must be less than 0.5, the limit of stability of ULA for curvature 4, unless instability is \
         asked for",
    );
    let baoab = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0).unwrap(), 1.2).unwrap();
    says(
        Chains::from_point(&well, baoab, streams, 3, &[0.0, 0.0]),
        "`h` is 1.2, but it must be less than 1, the limit of stability of BAOAB for curvature 4, unless instability is \
         asked for",
    );
    let obabo = Splitting::new(Word::Obabo, Bath::new(1.0, 1.0).unwrap(), 1.2).unwrap();
    says(
        Chains::from_point(&well, obabo, streams, 3, &[0.0, 0.0]),
        "`h` is 1.2, but it must be less than 1, the limit of stability of OBABO for curvature 4, unless instability is \
         asked for",
    );
    // γ/k, below leapfrog's limit.
    let euler = EulerMaruyama::new(Bath::new(1.0, 1.0).unwrap(), 0.3).unwrap();
    says(
        Chains::from_point(&well, euler, streams, 3, &[0.0, 0.0]),
        "`h` is 0.3, but it must be less than 0.25, the limit of stability of Euler–Maruyama for curvature 4, unless \
         instability is asked for",
    );
    says(
        Chains::from_point(&well, LeimkuhlerMatthews::new(1.0, 0.6).unwrap(), streams, 3, &[0.0, 0.0]),
        "`h` is 0.6, but it must be less than 0.5, the limit of stability of Leimkuhler–Matthews for curvature 4, unless \
         instability is asked for",
    );
    let mut chains =
        Chains::beyond_stability(&well, Ula::new(1.0, 0.7).unwrap(), streams, 3, |_, _, q| q.fill(1.0))
            .unwrap();
    assert!(matches!(chains.advance(1000), Err(Error::Escaped { coordinate: 0, .. })));
}

#[test]
fn starts() {
    let well = Harmonic::new(&[1.0]).unwrap();
    let (ula, streams) = (Ula::new(1.0, 0.1).unwrap(), Streams::new(1, "starts"));
    says(Chains::from_point(&well, ula, streams, 0, &[0.0]), "`count` is 0, but it must be at least 1");
    says(
        Chains::from_point(&well, ula, streams, 1, &[0.0, 0.0]),
        "`point.len()` is 2, but it must be the dimension of the potential, 1",
    );
    says(
        Chains::from_point(&well, ula, streams, 1, &[f64::NAN]),
        "`start` is NaN, but it must be a finite number",
    );
    let mut chains = Chains::from_point(&well, ula, streams, 5, &[0.0]).unwrap();
    says(chains.set_position(5, &[0.0]), "`chain` is 5, but it must be less than the number of chains, 5");
    says(chains.set_position(0, &[f64::INFINITY]), "`position` is inf, but it must be a finite number");
    says(chains.averages(3, 4, |_| [0.0]), "`steps / every` is 0, but it must be at least 1");
    says(chains.record(3, 0, |_| 0.0), "`every` is 0, but it must be at least 1");
    says(chains.within(0.0), "`reach` is 0, but it must be greater than 0");
    chains_move(&well, ula, streams);
}

fn chains_move(well: &Harmonic, ula: Ula, streams: Streams) {
    let mut chains = Chains::from_point(well, ula, streams, 5, &[0.0]).unwrap();
    chains.set_position(4, &[3.0]).unwrap();
    assert_eq!(chains.positions().column(0).to_vec(), [0.0, 0.0, 0.0, 0.0, 3.0]);
}

/// Not a number from 2 on.
struct Broken;

impl Potential for Broken {
    fn dimension(&self) -> usize {
        1
    }
    fn value(&self, x: &[f64]) -> f64 {
        if x[0] < 2.0 { -x[0] } else { f64::NAN }
    }
    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        gradient[0] = if x[0] < 2.0 { -1.0 } else { f64::NAN };
    }
}

#[test]
fn potentials_that_return_nan() {
    let streams = Streams::new(2, "nan");
    says(
        Chains::from_point(&Broken, Ula::new(1.0, 0.1).unwrap(), streams, 1, &[3.0]),
        "`potential` is a function with gradient NaN at the start, but it must be differentiable there, with a finite gradient",
    );
    // Later it is found at the very step, and at the place before it.
    let cold = 1e12;
    let mut chains = Chains::from_point(&Broken, Ula::new(cold, 0.125).unwrap(), streams, 3, &[0.0]).unwrap();
    let Err(Error::Escaped { chain: 0, coordinate: 0, step, from, to }) = chains.advance(1000) else {
        panic!()
    };
    assert!(to.is_nan() && (from - 2.0).abs() < 0.13 && (16..=17).contains(&step), "{from} {step}");
    let mut chains =
        Chains::from_point(&Broken, Mala::new(cold, 0.125).unwrap(), streams, 3, &[0.0]).unwrap();
    assert!(matches!(chains.advance(1000), Err(Error::Escaped { to, .. }) if to.is_nan()));
}

#[test]
fn escapes_are_found_at_their_step() {
    let well = DoubleWell::new(1).unwrap();
    let make = || {
        Chains::new(&well, Ula::new(1.0, 0.25).unwrap(), Streams::new(3, "escape"), 40, |_, stream, q| {
            q[0] = stream.normal();
        })
        .unwrap()
    };
    let Err(Error::Escaped { chain, step, from, to, .. }) = make().advance(10_000) else { panic!() };
    // Replayed one by one, the chain is where the report says.
    let mut chains = make();
    let mut last = 0.0;
    for _ in 0..step {
        chains.advance(1).unwrap();
        last = chains.positions()[[chain, 0]];
    }
    assert_eq!(last, from);
    assert!(to.abs() > 1e10);
    let text = chains.advance(1).unwrap_err().to_string();
    assert_eq!(
        text,
        format!("chain {chain} escaped at step {step}: its coordinate 0 went from {from} to {to}")
    );
}

#[test]
fn any_reach_is_allowed() {
    // A cold chain is pulled from 0.3 to 0, a tenth of the way each step: it never leaves ±0.5, and begins outside ±0.2.
    let well = Harmonic::new(&[1.0]).unwrap();
    let cold = Ula::new(1e12, 0.1).unwrap();
    let chains = || Chains::from_point(&well, cold, Streams::new(4, "reach"), 2, &[0.3]).unwrap();
    assert!(chains().within(0.5).unwrap().advance(50).is_ok());
    assert!(matches!(chains().within(0.2).unwrap().advance(1), Err(Error::Escaped { .. })));
}

/// A spring that counts how often its force is asked for.
#[derive(Default)]
struct Asked(AtomicUsize);

impl Potential for Asked {
    fn dimension(&self) -> usize {
        1
    }
    fn value(&self, x: &[f64]) -> f64 {
        0.5 * x[0] * x[0]
    }
    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        self.0.fetch_add(1, Relaxed);
        gradient[0] = x[0];
    }
}

#[test]
fn one_force_a_step() {
    // The last force of a BAOAB step is the first of the next.
    let well = Asked::default();
    let scheme = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0).unwrap(), 0.2).unwrap();
    let mut chains = Chains::from_point(&well, scheme, Streams::new(5, "forces"), 7, &[0.5]).unwrap();
    chains.advance(1).unwrap();
    let before = well.0.load(Relaxed);
    chains.advance(20).unwrap();
    assert_eq!(well.0.load(Relaxed) - before, 7 * 20);
}

#[test]
fn bits_do_not_depend_on_threads() {
    let means = vec![1.0, 0.0, -1.0, 0.5, 0.0, -2.0];
    let mixture = Mixture::new(2, means, 0.7).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut chains = Chains::from_point(
                &mixture,
                Mala::new(1.0, 0.1).unwrap(),
                Streams::new(4, "threads"),
                37,
                &[0.1, 0.2],
            )
            .unwrap();
            let record = chains.record(150, 7, |x| x[0]).unwrap();
            let [mean] = chains.averages(100, 3, |x| [x[1]]).unwrap();
            (record, mean, chains.positions(), chains.acceptance())
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(7));
    assert_eq!(one.0.dim(), (37, 21));
}

#[test]
fn a_chain_replays_alone() {
    let well = DoubleWell::new(2).unwrap();
    let scheme = Splitting::new(Word::Aboba, Bath::new(1.0, 1.0).unwrap(), 0.1).unwrap();
    let streams = Streams::new(5, "alone");
    let mut many = Chains::from_point(&well, scheme, streams, 300, &[0.1, 0.2]).unwrap();
    let mut one = Chains::from_point(&well, scheme, streams, 1, &[0.1, 0.2]).unwrap();
    many.advance(200).unwrap();
    one.advance(200).unwrap();
    assert_eq!(many.positions().row(0), one.positions().row(0));
}

#[test]
fn phase_space() {
    says(PhaseSpace::new(0.0, 1.0, 10), &format!("`reach` is 0, {POSITIVE}"));
    says(PhaseSpace::new(1.0, 1.0, 3), "`n` is 3, but it must be at least 8");
    let scheme = Splitting::new(Word::Baoab, Bath::new(1.0, 1.0).unwrap(), 0.1).unwrap();
    says(
        PhaseSpace::new(3.0, 6.0, 10).unwrap().invariant(&scheme, &DoubleWell::new(2).unwrap()),
        "`potential.dimension()` is 2, but it must be 1",
    );
}

/// Wherever the mixture lies: the same forces row by row and all at once.
#[test]
fn forces_far_from_the_origin() {
    for far in [0.0, 1e3, 1e6, 1e8] {
        let line = Mixture::new(1, vec![far, far + 1.0], 0.5).unwrap();
        let plane = Mixture::new(2, vec![far, 0.0, far + 1.0, 1.0], 0.5).unwrap();
        let x = ndarray::Array2::from_shape_fn((40, 2), |(i, j)| [far, 0.0][j] + 0.03 * i as f64);
        let mut at_once = ndarray::Array2::zeros((40, 2));
        plane.gradients(x.view(), at_once.view_mut());
        for (x, at_once) in x.rows().into_iter().zip(at_once.rows()) {
            let mut alone = [0.0; 2];
            plane.gradient(&x.to_vec(), &mut alone);
            assert!((alone[0] - at_once[0]).abs() < 1e-12 && (alone[1] - at_once[1]).abs() < 1e-12, "{far}");
        }
        let x = x.select(ndarray::Axis(1), &[0]);
        let mut at_once = ndarray::Array2::zeros((40, 1));
        line.gradients(x.view(), at_once.view_mut());
        for (x, at_once) in x.iter().zip(&at_once) {
            let mut alone = [0.0];
            line.gradient(&[*x], &mut alone);
            assert!((alone[0] - at_once).abs() < 1e-12, "{far}");
        }
    }
}
