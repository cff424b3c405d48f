//! Exercise 2.8: the adjoint in general dimension, on a rotation by a random angle.

use crate::exercises::close;

/// The answer: a derivative for each θ, start, and increments of B.
pub type Answer = fn(theta: f64, start: [f64; 2], increments: &[f64]) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// d/dθ of L(X(T)) = X₁(T) for dX = θ (−X₂, X₁) ∘ dB, given the increments of B.
    pub fn gradient(theta: f64, start: [f64; 2], increments: &[f64]) -> f64 {
        let _ = (theta, start, increments);
        f64::NAN
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// With J the rotation by a right angle: X turns by θΔB, and so does a, since
    /// da = −θJᵀa ∘ dB = θJa ∘ dB. Then a · JX does not change along the path,
    /// and the gradient is ∫ a · JX ∘ dB = (a(T) · JX(T)) B(T).
    pub fn gradient(theta: f64, [x, y]: [f64; 2], increments: &[f64]) -> f64 {
        let b: f64 = increments.iter().sum();
        let (sine, cosine) = (theta * b).sin_cos();
        let end = [cosine * x - sine * y, sine * x + cosine * y];
        // a(T) = ∇L = (1, 0), and JX = (−X₂, X₁).
        -end[1] * b
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the difference quotient of the flow, each step an exact rotation.
pub fn examine(answer: Answer) {
    let increments = [0.3, -0.1, 0.45, 0.2, -0.6, 0.15];
    let loss = |theta: f64| {
        let turn = |[x, y]: [f64; 2], db: &f64| {
            let (sine, cosine) = (theta * db).sin_cos();
            [cosine * x - sine * y, sine * x + cosine * y]
        };
        increments.iter().fold([0.8, -0.5], turn)[0]
    };
    for theta in [-1.0, 0.4, 2.5] {
        let expected = (loss(theta + 1e-5) - loss(theta - 1e-5)) / 2e-5;
        close("the gradient", answer(theta, [0.8, -0.5], &increments), expected, 1e-9);
    }
}
// ANCHOR_END: test
