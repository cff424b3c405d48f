//! Section 5.3, beyond the notes: guidance without a classifier ([`Guided`]), consistency along the probability flow
//! ([`FlowMap`], [`Distillation`]), memorization of finitely many data ([`EmpiricalScore`]), what a generator's points
//! are worth ([`Protocol`]), and images of digits ([`digits`]).

mod consistency;
pub mod digits;
mod distillation;
mod guidance;
mod memory;
mod quality;

pub use consistency::{FlowMap, rearrangement};
pub use distillation::{Aim, Distillation, OneStep};
pub use guidance::{Effect, Guided, GuidedGaussian, effect};
pub use memory::{EmpiricalScore, denoising_loss, nearest_distances};
pub use quality::{Distances, Protocol, Quality, half_width};
