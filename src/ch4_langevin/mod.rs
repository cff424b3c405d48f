//! Chapter 4: Langevin dynamics and sampling.
//!
//! [`sampler`] is the one interface behind the chapter: a [`sampler::Potential`] is sampled by [`sampler::Chains`] under
//! any [`sampler::Scheme`]. Section 4.1 is in [`generalized`] (memory) and [`underdamped`] (4.1), Section 4.2 in [`overdamped`].

pub mod barriers;
pub mod ergodic;
pub mod generalized;
pub mod overdamped;
pub mod posterior;
pub mod relaxation;
pub mod sampler;
pub mod underdamped;
