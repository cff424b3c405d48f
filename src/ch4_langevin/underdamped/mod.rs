//! Section 4.1: underdamped Langevin dynamics (4.1),
//!
//! dQ = P/m dt,  dP = −∇U(Q) dt − γP dt + √(2γm/β) dW,
//!
//! with the notes' m = 1 unless a mass is set. Its stationary law is exp(−β(U(q) + |p|²/2m)) up to a factor.

mod bath;
mod euler_maruyama;
mod harmonic;
mod invariant;
mod linear;
mod phase_space;
mod splitting;
mod strong_friction;

pub use bath::Bath;
pub use euler_maruyama::EulerMaruyama;
pub use harmonic::{Covariance, Oscillator};
pub use invariant::{euler_maruyama_covariance, splitting_covariance};
pub use linear::LinearStep;
pub use phase_space::PhaseSpace;
pub use splitting::{Letter, Splitting, Word};
pub use strong_friction::strong_friction_distance;
