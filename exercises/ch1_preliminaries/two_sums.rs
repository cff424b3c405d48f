//! Exercise 1.7: the left sum and the trapezoidal sum of ∫₀¹ X dG for smooth X and G.

use sdml::ch1_preliminaries::integral::{left_sum, trapezoid_sum};

use crate::exercises::close;

/// A smooth function.
pub type Function = fn(f64) -> f64;
/// The answer: a limit for each pair of functions, given by their derivatives.
pub type Answer = fn(x_prime: Function, g_prime: Function) -> f64;

pub mod stub {
    use super::Function;

    // ANCHOR: stub
    /// The limit of N (trapezoidal sum − left sum) of ∫₀¹ X dG as N → ∞, from the
    /// derivatives X′ and G′.
    pub fn limit_of_the_difference(x_prime: Function, g_prime: Function) -> f64 {
        let _ = (x_prime, g_prime);
        f64::NAN
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use super::Function;

    // ANCHOR: solution
    /// The difference is ½ Σ ΔX_k ΔG_k ≈ ½ Σ X′ G′ /N², a Riemann sum of ½ ∫ X′G′ ds
    /// over N.
    pub fn limit_of_the_difference(x_prime: Function, g_prime: Function) -> f64 {
        let n = 1000;
        let product = |k: usize| {
            let s = (k as f64 + 0.5) / n as f64;
            x_prime(s) * g_prime(s)
        };
        0.5 * (0..n).map(product).sum::<f64>() / n as f64
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the sums themselves, at N = 4000.
pub fn examine(answer: Answer) {
    let first: [Function; 4] = [f64::sin, f64::cos, |s| s * s, |s| 2.0 * s];
    let second: [Function; 4] = [f64::exp, f64::exp, f64::cos, |s| -s.sin()];
    for [x, x_prime, g, g_prime] in [first, second] {
        let n = 4000;
        let time = |k: usize| k as f64 / n as f64;
        let at = |f: Function| (0..=n).map(|k| f(time(k))).collect::<Vec<_>>();
        let (x, g) = (at(x), at(g));
        let difference = trapezoid_sum(&x, &g).unwrap() - left_sum(&x, &g).unwrap();
        let expected = n as f64 * difference;
        close("N times the difference", answer(x_prime, g_prime), expected, 1e-3);
    }
}
// ANCHOR_END: test
