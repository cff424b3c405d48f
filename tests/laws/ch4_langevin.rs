use proptest::collection::vec;
use proptest::prelude::*;
use sdml::ch4_langevin::overdamped::Mala;
use sdml::ch4_langevin::sampler::{Harmonic, Point, Potential};
use sdml::ch4_langevin::underdamped::{Letter, Word};

use crate::{cases, distance};

/// U(x) = Σ (x_i⁴/4 + sin x_i x_{i+1}), whose forces mix the coordinates.
struct Chain(usize);

impl Potential for Chain {
    fn dimension(&self) -> usize {
        self.0
    }
    fn value(&self, x: &[f64]) -> f64 {
        let quartic: f64 = x.iter().map(|x| 0.25 * x.powi(4)).sum();
        quartic + x.windows(2).map(|x| (x[0] * x[1]).sin()).sum::<f64>()
    }
    fn gradient(&self, x: &[f64], gradient: &mut [f64]) {
        for (g, x) in gradient.iter_mut().zip(x) {
            *g = x.powi(3);
        }
        for i in 1..x.len() {
            let c = (x[i - 1] * x[i]).cos();
            gradient[i - 1] += c * x[i];
            gradient[i] += c * x[i - 1];
        }
    }
}

proptest! {
    #![proptest_config(cases(128))]

    /// Detailed balance of MALA: the logarithm of its ratio is that of π(y) q(x | y) / (π(x) q(y | x)), so that
    /// π(x) q(y | x) min(1, e^r) is symmetric in x and y; in any dimension.
    #[test]
    fn detailed_balance(
        (x, y) in (1..30usize).prop_flat_map(|d| (vec(-1.5..1.5f64, d), vec(-1.5..1.5f64, d))),
        h in 0.05..1.0f64,
        beta in 0.3..3.0f64,
    ) {
        let potential = Chain(x.len());
        let gradient = |x: &[f64]| { let mut g = vec![0.0; x.len()]; potential.gradient(x, &mut g); g };
        let (gx, gy) = (gradient(&x), gradient(&y));
        let point = |x, gradient| Point { x, value: potential.value(x), gradient };
        let mala = Mala::new(beta, h).unwrap();
        let ratio = mala.log_ratio(point(&x, &gx), point(&y, &gy));
        let back = mala.log_ratio(point(&y, &gy), point(&x, &gx));
        let log_q = |to: &[f64], from: &[f64], g: &[f64]| -> f64 {
            let misses = to.iter().zip(from).zip(g).map(|((to, from), g)| to - from + h * g);
            -beta * misses.map(|miss| miss * miss).sum::<f64>() / (4.0 * h)
        };
        let flow = |from: &[f64], g: &[f64], to: &[f64]| -beta * potential.value(from) + log_q(to, from, g);
        let exact = flow(&y, &gy, &x) - flow(&x, &gx, &y);
        let size = 1e-9 * (1.0 + beta * x.len() as f64 / h);
        prop_assert!((ratio - exact).abs() < size && (ratio + back).abs() < size);
        let there = flow(&x, &gx, &y) + ratio.min(0.0);
        let here = flow(&y, &gy, &x) + back.min(0.0);
        prop_assert!((there - here).abs() < size);
    }

    /// Without the bath a word is the same from either end: with the velocities turned round it retraces its steps. Every
    /// letter takes one step in all.
    #[test]
    fn words_retrace(
        q in vec(-1.0..1.0f64, 3),
        p in vec(-1.0..1.0f64, 3),
        h in 0.01..0.2f64,
        steps in 1..10usize,
    ) {
        let potential = Chain(3);
        for word in Word::ALL {
            let (mut x, mut v) = (q.clone(), p.clone());
            let walk = |x: &mut [f64], v: &mut [f64]| {
                let mut force = vec![0.0; 3];
                for &(letter, fraction) in word.letters() {
                    match letter {
                        Letter::A => x.iter_mut().zip(&*v).for_each(|(x, v)| *x += fraction * h * v),
                        Letter::B => {
                            potential.gradient(x, &mut force);
                            v.iter_mut().zip(&force).for_each(|(v, g)| *v -= fraction * h * g);
                        }
                        Letter::O => (),
                    }
                }
            };
            for _ in 0..steps {
                walk(&mut x, &mut v);
            }
            v.iter_mut().for_each(|v| *v = -*v);
            for _ in 0..steps {
                walk(&mut x, &mut v);
            }
            v.iter_mut().for_each(|v| *v = -*v);
            prop_assert!(distance(&x, &q) < 1e-11 && distance(&v, &p) < 1e-11, "{word:?}");
            for letter in [Letter::A, Letter::B, Letter::O] {
                let shares = word.letters().iter().filter(|(other, _)| *other == letter);
                let total: f64 = shares.map(|(_, share)| share).sum();
                prop_assert!((total - 1.0).abs() < 1e-15);
            }
        }
    }

    /// The force is minus the slope of the potential, for the potentials of the book.
    #[test]
    fn gradients_are_slopes(
        stiffness in vec(0.1..4.0f64, 1..6),
        x in vec(-2.0..2.0f64, 6),
        direction in vec(-1.0..1.0f64, 6),
    ) {
        let well = Harmonic::new(&stiffness).unwrap();
        let d = stiffness.len();
        let mut gradient = vec![0.0; d];
        well.gradient(&x[..d], &mut gradient);
        let at = |h: f64| {
            let x: Vec<f64> = x[..d].iter().zip(&direction).map(|(x, v)| x + h * v).collect();
            well.value(&x)
        };
        let slope: f64 = gradient.iter().zip(&direction).map(|(g, v)| g * v).sum();
        prop_assert!(((at(1e-4) - at(-1e-4)) / 2e-4 - slope).abs() < 1e-8);
    }
}
