//! Section 3.3: flows made of coupling layers, trained from a potential or from data.

mod autoregressive;
mod likelihood;
mod potential;
mod real_nvp;
mod reverse_kl;
mod reweighting;
mod training;

pub use autoregressive::TriangularAffine;
pub use likelihood::{MaximumLikelihood, add_negative_log_likelihood};
pub use potential::{Potential, Tempered, TwoModes, Well};
pub(super) use real_nvp::log_prior;
pub use real_nvp::{FlowPass, RealNvp};
pub use reverse_kl::{Annealing, ReverseKl, add_reverse_kl};
pub use reweighting::Reweighting;
pub use training::Trained;
