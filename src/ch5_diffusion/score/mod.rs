//! Section 5.1: diffusion models. Noise is added to data by an Ornstein–Uhlenbeck process ([`Noising`], (5.2)); the
//! process is reversed with the help of the score ([`Reverse`], (5.3)).

mod field;
mod gaussian;
mod noising;
mod prior;
mod reverse;

pub use field::{Circulating, ExactScore, ScoreField};
pub use gaussian::{GaussianCase, Normal, ScoreError};
pub use noising::{Noising, decay, noise_variance};
pub use prior::relative_entropy;
pub use reverse::{Method, Reverse, descending_times};
