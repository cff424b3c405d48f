//! Exercise 2.2: what a gradient by finite differences costs.

/// The answer: a count for each width N_d and depth ℓ.
pub type Answer = fn(width: u64, depth: u64) -> u64;

pub mod stub {
    // ANCHOR: stub
    /// Multiplications for the gradient of a network without biases, ℓ square layers of
    /// width N_d, by central differences.
    pub fn multiplications(width: u64, depth: u64) -> u64 {
        // This is one forward pass.
        depth * width * width
    }
    // ANCHOR_END: stub
}

pub mod solution {
    // ANCHOR: solution
    /// P = ℓN_d² parameters, two forward passes of P multiplications for each of them.
    pub fn multiplications(width: u64, depth: u64) -> u64 {
        let parameters = depth * width * width;
        2 * parameters * parameters
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Runs the passes and counts.
pub fn examine(answer: Answer) {
    for (width, depth) in [(1, 1), (2, 3), (3, 2)] {
        let mut count = 0;
        let mut pass = |weights: &[f64]| {
            let mut y = vec![1.0; width];
            for layer in weights.chunks(width * width) {
                y = layer
                    .chunks(width)
                    .map(|row| {
                        count += width as u64;
                        row.iter().zip(&y).map(|(w, y)| w * y).sum::<f64>().tanh()
                    })
                    .collect();
            }
        };
        let mut weights = vec![0.1; depth * width * width];
        for i in 0..weights.len() {
            for step in [1e-5, -1e-5] {
                weights[i] += step;
                pass(&weights);
                weights[i] -= step;
            }
        }
        let yours = answer(width as u64, depth as u64);
        let counted = format!("yours is {yours}, counted were {count}");
        assert_eq!(yours, count, "width {width}, depth {depth}: {counted}");
    }
}
// ANCHOR_END: test
