//! Section 5.2: interpolants X(t) = α(t)X + β(t)Z ([`Path`], (5.6)) between data X and noise Z, the velocity
//! E[Ẋ(t) | X(t) = x] that carries their law ([`ExactVelocity`], (5.7)), its training ([`Recipe`], (5.8)) and the ODE that
//! generates data from noise ([`generate`], (5.9)).

mod coupling;
mod empirical;
mod generate;
mod latent;
mod likelihood;
mod path;
mod training;
mod velocity;

pub use coupling::{Motion, Pairing};
pub use empirical::Empirical;
pub use generate::{generate, trajectories};
pub use latent::diffuse;
pub use path::{Coefficients, Curve, Path};
pub use training::{Flow, Recipe};
pub use velocity::{ExactVelocity, VelocityAt, continuity_residual};
