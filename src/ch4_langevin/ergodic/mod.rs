//! Section 4.2, ergodic averages (4.5): (1/N) Σₖ f(X̂ₖ) in the place of ∫ f p∞ dx, and how much to believe it.
//!
//! The samples of one chain are correlated. N of them are worth N/τ independent ones, τ = 1 + 2 Σ ρ(k) the integrated
//! autocorrelation time; several chains that started far apart tell whether any of them has arrived.

mod autocorrelation;
mod autoregression;
mod batch_means;
mod diagnosis;
mod traces;

pub use autocorrelation::{autocorrelation, effective_sample_size, integrated_time};
pub use autoregression::{Autoregression, MeanError};
pub use batch_means::{batch_interval, batch_means, naive_error};
pub use diagnosis::{Diagnosis, bulk_size, diagnose, r_hat, rank_normalized, tail_size};
pub use traces::Traces;
