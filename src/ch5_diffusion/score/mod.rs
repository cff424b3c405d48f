//! Section 5.1: diffusion models. Noise is added to data by an Ornstein–Uhlenbeck process ([`Noising`], (5.2)); the
//! process is reversed with the help of the score ([`Reverse`], (5.3)), which
//! a network learns ([`Recipe`], (5.4)).

mod budget;
mod field;
mod gaussian;
mod likelihood;
mod loss;
mod noising;
mod prior;
mod reverse;
mod source;
mod training;

pub use budget::{Budget, Sources};
pub use field::{Circulating, ExactScore, ScoreField};
pub(in crate::ch5_diffusion) use field::{each_point, fitting, of_dimension, time};
pub(in crate::ch5_diffusion) use gaussian::integral;
pub use gaussian::{GaussianCase, Normal, ScoreError};
pub use likelihood::{DivergentField, Flowed, flow_to_noise};
pub(in crate::ch5_diffusion) use loss::ordered;
pub use loss::{Weight, irreducible, irreducible_at, least_noise_loss};
pub use noising::{Noising, decay, noise_variance};
pub use prior::relative_entropy;
pub(in crate::ch5_diffusion) use reverse::check_grid;
pub use reverse::{Method, Reverse, descending_times};
pub use source::{Samples, Source};
pub(in crate::ch5_diffusion) use training::clock;
pub use training::{Denoiser, Recipe};
