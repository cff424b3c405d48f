//! Checks of Section 5.2.

mod bad_input;
mod matching;
mod velocity;

use ndarray::Array2;
use sdml::ch5_diffusion::interpolant::Path;
use sdml::ch5_diffusion::mixture::Mixture;
use sdml::statistics::normal;

/// Two unequal components on the line.
fn line() -> Mixture<1> {
    Mixture::new(&[0.4, 0.6], &[[-1.0], [1.25]], &[[[0.25]], [[0.16]]]).unwrap()
}

/// Both paths of the page, T = 1.
fn paths() -> [Path; 2] {
    [Path::linear(1.0).unwrap(), Path::trigonometric(1.0).unwrap()]
}

/// Φ⁻¹((i + ½)/n): noise on the line, evenly spread.
fn even_noise(n: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 1), |(i, _)| normal::quantile((i as f64 + 0.5) / n as f64).unwrap())
}
