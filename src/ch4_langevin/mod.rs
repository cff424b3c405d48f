//! Chapter 4: Langevin dynamics and sampling.
//!
//! [`sampler`] is the one interface behind the chapter: a [`sampler::Potential`] is sampled by [`sampler::Chains`] under
//! any [`sampler::Scheme`]. The schemes of (4.1) are in [`underdamped`], those of (4.2) in [`overdamped`].

pub mod barriers;
pub mod ergodic;
pub mod overdamped;
pub mod posterior;
pub mod relaxation;
pub mod sampler;
pub mod underdamped;
