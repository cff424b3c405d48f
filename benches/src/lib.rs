//! The workloads that are timed beside other tools: what they compute and how they are told to be right.

pub mod backprop;
<<<<<<< HEAD
pub mod diffusion;
=======
pub mod control;
pub mod langevin;
>>>>>>> main
pub mod neural_ode;
pub mod neural_sde;
pub mod sde;
