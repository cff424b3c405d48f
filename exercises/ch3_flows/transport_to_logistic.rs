//! Exercise 3.a: a map from the normal to the logistic distribution.

use sdml::random::Streams;
use sdml::statistics::kolmogorov_smirnov;

use crate::exercises::close;

/// The answer: an image for each point.
pub type Answer = fn(z: f64) -> f64;

pub mod stub {
    // ANCHOR: stub
    /// The increasing map that takes N(0, 1) to the logistic law with distribution
    /// function 1/(1 + e^{−x}).
    pub fn map(z: f64) -> f64 {
        z
    }
    // ANCHOR_END: stub
}

pub mod solution {
    use sdml::statistics::normal;

    // ANCHOR: solution
    /// F⁻¹(u) = log u − log(1 − u) at u = Φ(z), with the tail for 1 − u.
    pub fn map(z: f64) -> f64 {
        normal::cdf(z).ln() - normal::tail(z).ln()
    }
    // ANCHOR_END: solution
}

// ANCHOR: test
/// Odd, right in both tails, and with images of normal variables that a
/// Kolmogorov–Smirnov test cannot tell from logistic ones.
pub fn examine(answer: Answer) {
    close("the map at 0", answer(0.0), 0.0, 1e-14);
    close("symmetry", answer(1.3) + answer(-1.3), 0.0, 1e-12);
    close("the right tail", answer(9.0), 43.628_149_113_3, 1e-9);
    close("the left tail", answer(-9.0), -43.628_149_113_3, 1e-9);
    let mut stream = Streams::new(1, "logistic").stream(0);
    let images: Vec<f64> = (0..20_000).map(|_| answer(stream.normal())).collect();
    let fit = kolmogorov_smirnov(&images, |x| 1.0 / (1.0 + (-x).exp())).unwrap();
    let p = fit.p_value;
    assert!(p > 1e-3, "the images are not logistic: the test gives p = {p}");
}
// ANCHOR_END: test
