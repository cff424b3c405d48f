//! Section 4.2, the Fokker–Planck equation of overdamped Langevin dynamics (4.3),
//!
//! ∂ₜp = ∇·(∇U p) + β⁻¹Δp,
//!
//! and how fast its solutions approach p∞ ∝ e^{−βU}: relative entropy and its decay at the spectral gap, drifts that do
//! better without changing p∞, and temperatures that change on the way.

mod annealed;
mod entropy;
mod linear;
mod rotating;

pub use annealed::{Stage, anneal, cooling};
pub use entropy::{entropy_production, relative_entropy};
pub use linear::LinearDiffusion;
pub use rotating::{decay_rate, rotating};
