//! The workloads that are timed beside other tools: what they compute and how they are told to be right.

pub mod backprop;
pub mod control;
pub mod diffusion;
pub mod flow_matching;
pub mod langevin;
pub mod neural_ode;
pub mod neural_sde;
pub mod ode_flow;
pub mod real_nvp;
pub mod sde;
