//! Section 4.2, sampling from a density q known up to a factor: U = −β⁻¹ ln q turns (4.2) into a sampler of q.
//!
//! Two posterior laws of Bayesian statistics on published teaching data, both with means known by other means: a straight
//! line through stopping distances of cars, and the hierarchical model of the eight schools, whose funnel defeats a sampler until it is
//! written in other coordinates.

mod cars;
mod eight_schools;

pub use cars::{CARS, StraightLine};
pub use eight_schools::{Coordinates, EIGHT_SCHOOLS, EightSchools, School, SchoolMeans};
