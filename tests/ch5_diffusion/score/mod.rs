//! Checks of Section 5.1.

mod bad_input;
mod budget;
mod mixture;
mod path;
mod reverse;
mod sampling;
pub mod training;

use sdml::ch5_diffusion::score::Method;

/// Every method of the sampler with every h, of 0 and 1, that it admits.
const METHODS: [(Method, f64); 6] = [
    (Method::Euler, 0.0),
    (Method::Euler, 1.0),
    (Method::Exponential, 0.0),
    (Method::Exponential, 1.0),
    (Method::Heun, 0.0),
    (Method::PredictorCorrector { ratio: 0.2 }, 1.0),
];
