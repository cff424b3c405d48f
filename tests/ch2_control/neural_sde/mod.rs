//! Checks of Section 2.4.

mod adjoint;
mod compile;
mod evolution;
mod input;
mod reversal;
mod training;

use sdml::ch1_preliminaries::brownian::BrownianTree;
use sdml::ch1_preliminaries::sde::{Dual, Number};
use sdml::ch2_control::neural_sde::{Controlled, SmoothPath};
use sdml::random::Streams;

/// Parameters of `OneNeuron` at which nothing is small.
pub const NEURON: [f64; 4] = [0.8, 1.5, 0.4, -1.7];
/// Parameters of `TwoNoises` at which nothing is small.
pub const PLANE: [f64; 4] = [0.7, 1.2, 0.6, -0.8];

/// A tree fine enough for dyadic grids of up to 2¹⁶ steps.
pub fn tree<const M: usize>(purpose: &str, seed: u64, path: u64) -> BrownianTree<M> {
    BrownianTree::new(1.0, 16, &Streams::new(seed, purpose), path).unwrap()
}

/// A smooth path of six modes.
pub fn smooth<const M: usize>(seed: u64) -> SmoothPath<M> {
    SmoothPath::sample(1.0, 6, &mut Streams::new(seed, "smooth").stream(0)).unwrap()
}

/// X(1) and its derivative along (u, v) in (x₀, θ) on a smooth path: the classical Runge–Kutta method in dual numbers, for
/// the ordinary differential equation x' = b + σ B'. Nothing of the section's code is used but the coefficients.
pub fn reference<E, const D: usize, const M: usize, const P: usize>(
    equation: &E,
    (theta, v): ([f64; P], [f64; P]),
    (start, u): ([f64; D], [f64; D]),
    path: &SmoothPath<M>,
) -> [Dual<f64>; D]
where
    E: Controlled<D, M, P>,
{
    let theta: [Dual<f64>; P] = std::array::from_fn(|m| Dual { value: theta[m], slope: v[m] });
    let rate = |x: &[Dual<f64>; D], t: f64| -> [Dual<f64>; D] {
        let (b, sigma) = (equation.drift(x, t, &theta), equation.diffusion(x, t, &theta));
        let speed = path.rate(t.min(1.0)).unwrap();
        std::array::from_fn(|i| (0..M).fold(b[i], |sum, j| sum + sigma[i][j] * speed[j]))
    };
    let along = |x: &[Dual<f64>; D], c: f64, k: &[Dual<f64>; D]| -> [Dual<f64>; D] {
        std::array::from_fn(|i| x[i] + k[i] * c)
    };
    let mut x: [Dual<f64>; D] = std::array::from_fn(|i| Dual { value: start[i], slope: u[i] });
    let steps = 4000;
    let h = 1.0 / f64::from(steps);
    for n in 0..steps {
        let t = f64::from(n) * h;
        let k1 = rate(&x, t);
        let k2 = rate(&along(&x, 0.5 * h, &k1), t + 0.5 * h);
        let k3 = rate(&along(&x, 0.5 * h, &k2), t + 0.5 * h);
        let k4 = rate(&along(&x, h, &k3), t + h);
        x = std::array::from_fn(|i| x[i] + (k1[i] + (k2[i] + k3[i]) * 2.0 + k4[i]) * (h / 6.0));
    }
    x
}

/// The unit vector along axis k.
pub fn axis<const N: usize>(k: usize) -> [f64; N] {
    std::array::from_fn(|i| f64::from(u8::from(i == k)))
}

/// The greatest |a − b|.
pub fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// |a − b|/|b| in the Euclidean norm.
pub fn relative(a: &[f64], b: &[f64]) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(a, b)| a - b)) / norm(&mut b.iter().copied())
}

/// E of a function of dual numbers in place of its gradient: f(θ) with the derivative along axis m.
pub fn derivative<const P: usize>(theta: [f64; P], m: usize, f: impl Fn([Dual<f64>; P]) -> Dual<f64>) -> f64 {
    f(std::array::from_fn(|k| Dual { value: theta[k], slope: axis::<P>(m)[k] })).slope
}

/// xⁿ in any number.
pub fn power<S: Number>(x: S, n: usize) -> S {
    x.powi(n as i32)
}
