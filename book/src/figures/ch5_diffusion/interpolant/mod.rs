//! Figures of Section 5.2.

pub mod matching;
pub mod velocity;

use sdml::ch5_diffusion::interpolant::Path;

/// The paths of the page and their names, T = 1.
fn paths() -> sdml::Result<[(&'static str, Path); 2]> {
    Ok([("linear", Path::linear(1.0)?), ("trigonometric", Path::trigonometric(1.0)?)])
}
