//! Section 1.3.4: the Fokker–Planck equation (1.18),
//!
//! ∂ₜp = −∇·(b p) + ∇²:(D p),  D = σσᵀ/2,
//!
//! for the density p of dX = b(X) dt + σ(X) dB.

mod density;
pub mod double_well;
mod finite_volume;
mod grid;
mod histogram;
mod implicit;
mod spectrum;
mod uniformization;

pub use density::Density;
pub use finite_volume::{FokkerPlanck, bernoulli};
pub use grid::Grid;
pub use histogram::Histogram;
pub use implicit::Scheme;
pub use spectrum::{Mode, extrapolated_rates};
pub use uniformization::poisson_weights;
