//! Stochastic dynamics and machine learning: the mathematics behind the notes you can run.
//!
//! One module per chapter of the notes, one file per section, in the notes' order. A chapter may use what an
//! earlier chapter introduced, never the other way round.
//!
//! | section of the notes | module |
//! |---|---|
//! | 1.2 Evolution operators | [`ch1_preliminaries::evolution`] |
//! | 1.3.1 Brownian motion | [`ch1_preliminaries::brownian`] |
//! | 1.3.2 Itô and Stratonovich integrals | [`ch1_preliminaries::integral`] |
//! | 1.3.3 Stochastic differential equations | [`ch1_preliminaries::sde`] |
//! | 1.3.4 The Fokker–Planck equation | [`ch1_preliminaries::fokker_planck`] |
//! | 1.4 Learning | [`ch1_preliminaries::learning`] |
//! | 1.5 Notation | [`ch1_preliminaries::notation`] |
//! | 2.1–2.2 Backpropagation | [`ch2_control::backprop`] |
//! | 2.3 Neural ordinary differential equations | [`ch2_control::neural_ode`], [`ch2_control::qubit`] |
//! | 2.4 Neural stochastic differential equations | [`ch2_control::neural_sde`] |
//! | 3.1–3.2 Transport | [`ch3_flows::transport`] |
//! | 3.3 Coupling flows | [`ch3_flows::coupling`], with laws to learn in [`ch3_flows::data`] |
//! | 3.4 ODE flows | [`ch3_flows::ode_flow`] |
//! | 4.1 Generalized and underdamped Langevin dynamics | [`ch4_langevin::generalized`], [`ch4_langevin::underdamped`] |
//! | 4.1–4.2 What all samplers share | [`ch4_langevin::sampler`] |
//! | 4.2 Overdamped Langevin dynamics | [`ch4_langevin::overdamped`], [`ch4_langevin::relaxation`], [`ch4_langevin::ergodic`], [`ch4_langevin::barriers`], [`ch4_langevin::posterior`] |
//! | 5.1 Diffusion models | [`ch5_diffusion::score`], with Gaussian mixtures in [`ch5_diffusion::mixture`] |
//! | 5.2 Interpolants | [`ch5_diffusion::interpolant`] |
//! | 5.3 Beyond the notes | [`ch5_diffusion::beyond`], [`ch5_diffusion::roads`] |
//!
//! What all chapters share: [`random`] streams that can be replayed, and [`statistics`] with standard errors.

pub mod ch1_preliminaries;
pub mod ch2_control;
pub mod ch3_flows;
pub mod ch4_langevin;
pub mod ch5_diffusion;
mod error;
mod parallel;
pub mod random;
pub mod statistics;

pub use error::{Error, Result};
