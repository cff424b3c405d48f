//! Section 4.2: overdamped Langevin dynamics (4.2), dX = −∇U(X) dt + √(2/β) dW, and its schemes.

mod leimkuhler_matthews;
mod mala;
mod scaling;
mod tamed;
mod ula;
mod window;

pub use leimkuhler_matthews::LeimkuhlerMatthews;
pub use mala::Mala;
pub use scaling::{mala_acceptance_gaussian, mala_acceptance_limit};
pub use tamed::Tamed;
pub use ula::Ula;
pub use window::Window;
