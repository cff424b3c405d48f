//! Section 2.3: the neural ODE ż = f(z, t, θ) (2.2), solvers for it, and the gradient of a loss of its solution.
//!
//! A batch is an n × d matrix. Solvers: explicit schemes with a fixed step ([`FixedStep`]) and an adaptive pair with dense
//! output ([`DormandPrince`]). Gradients: [`Gradient`] by any [`Method`], and at a tolerance [`RunningAdjoint`].

mod adjoint;
mod batch;
mod cost;
mod dormand_prince;
mod field;
mod gradient;
mod learned;
mod network;
mod peer;
mod pointwise;
mod runge_kutta;
mod running;
mod sensitivity;
mod through;

pub use batch::BatchGradient;
pub use cost::{Activated, Counted, DenseLayer};
pub use dormand_prince::{DormandPrince, Effort, Piece, Solution};
pub use field::VectorField;
pub(crate) use field::{check_jet, check_shape};
pub use gradient::{Gradient, Loss, Method, terminal};
pub use learned::{FieldRecipe, LearnedField, PENDULUM, Progress, trajectory};
pub use network::{NetworkField, NetworkTape};
pub use peer::PeerProblem;
pub use pointwise::{ClosedForm, Pendulum, Pointwise, Relaxation, SlowFast, Visited};
pub use runge_kutta::{FixedStep, Stages, Tableau};
pub use running::RunningAdjoint;
