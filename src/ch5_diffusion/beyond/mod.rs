//! Section 5.3, beyond the notes: guidance without a classifier ([`Guided`]), consistency along the probability flow
//! ([`FlowMap`], [`Distillation`]), and memorisation of finitely many data ([`EmpiricalScore`]).

mod consistency;
mod distillation;
mod guidance;
mod memory;

pub use consistency::{FlowMap, rearrangement};
pub use distillation::{Aim, Distillation, OneStep};
pub use guidance::{Effect, Guided, GuidedGaussian, effect};
pub use memory::{EmpiricalScore, denoising_loss, nearest_distances};
