//! Section 2.3, Example 2.5: steering a two-level system from one pole of the Bloch sphere to the other.
//!
//! The system and its exact propagation ([`Qubit`], [`Pulse`]), gradients of piecewise constant controls ([`Grape`]),
//! what Pontryagin's principle says about the best control, the principle as an iteration, and the Runge–Kutta
//! discretization with its own gradient ([`RungeKutta`]).

mod grape;
mod msa;
mod network;
mod pontryagin;
mod pulse;
mod runge_kutta;
mod system;

pub use grape::{Grape, Loss, Optimum};
pub use network::{Discretization, NetworkControl, Recipe, Trained};
pub use pulse::{Moment, Piece, Pulse};
pub use runge_kutta::RungeKutta;
pub use system::{Matrix, Qubit, START, State, TARGET, bloch, fidelity};
