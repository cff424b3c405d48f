//! Exercise 3.b: the distance between two normal laws.

use sdml::statistics::normal;

use crate::exercises::close;

/// The answer: a distance for two means and two standard deviations.
pub type Answer = fn(means: [f64; 2], deviations: [f64; 2]) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The 2-Wasserstein distance of N(m_0, s_0²) and N(m_1, s_1²) on the line.
    pub fn wasserstein(means: [f64; 2], deviations: [f64; 2]) -> f64 {
        let _ = deviations;
        (means[1] - means[0]).abs()
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// The map is x ↦ m_1 + (x − m_0) s_1/s_0; its mean squared displacement
    /// is (m_1 − m_0)² + (s_1 − s_0)².
    pub fn wasserstein(means: [f64; 2], deviations: [f64; 2]) -> f64 {
        (means[1] - means[0]).hypot(deviations[1] - deviations[0])
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Compares with the integral of the squared difference of the quantile functions.
pub fn examine(answer: Answer) {
    let n = 20_000;
    let means = [[0.0, 1.0], [0.3, 0.3], [-1.0, 2.0]];
    let deviations = [[1.0, 1.0], [0.5, 2.0], [1.5, 0.2]];
    for (means, deviations) in means.into_iter().zip(deviations) {
        let square = |k: usize| {
            let z = normal::quantile((k as f64 + 0.5) / n as f64).unwrap();
            (means[1] - means[0] + (deviations[1] - deviations[0]) * z).powi(2)
        };
        let expected = ((0..n).map(square).sum::<f64>() / n as f64).sqrt();
        close("the distance", answer(means, deviations), expected, 1e-3);
    }
}
// ANCHOR_END: test
