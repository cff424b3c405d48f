//! Section 4.1: underdamped Langevin dynamics (4.1),
//!
//! dQ = P/m dt,  dP = −∇U(Q) dt − γP dt + √(2γm/β) dW,
//!
//! with the notes' m = 1 unless a mass is set. Its stationary law is exp(−β(U(q) + |p|²/2m)) up to a factor.

mod bath;
mod euler_maruyama;
mod splitting;

pub use bath::Bath;
pub use euler_maruyama::EulerMaruyama;
pub use splitting::{Letter, Splitting};
