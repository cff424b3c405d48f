//! Section 4.1: the generalized Langevin equation,
//!
//! dQ/dt = P,  dP/dt = −∇U(Q) − ∫₀ᵗ ζ(s) P(t − s) ds + F(t),  E F(t)F(t') = ζ(t − t')/β,
//!
//! where it comes from, how it is simulated, and what becomes of it when the memory is short. The mass is 1.

mod embedding;
mod memory;
mod oscillators;
mod volterra;

pub use embedding::{Embedding, Particle};
pub use memory::Memory;
pub use oscillators::{Oscillators, Whole};
pub use volterra::velocity_autocorrelation;
