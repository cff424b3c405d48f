//! Section 3.2: maps that carry one law to another, and those that do it at the least cost.

mod assignment;
mod box_muller;
mod diffeomorphism;
mod discrete;
mod distance;
mod gaussian;
mod geodesic;
mod line;
mod sinkhorn;

pub use assignment::{Assignment, optimal_assignment, squared_distances};
pub use box_muller::BoxMuller;
pub use diffeomorphism::{Affine, Diffeomorphism, log_density_by_inverse, log_density_of_source};
pub use discrete::{Atoms, wasserstein_1};
pub use distance::{mmd_squared, sliced_wasserstein_2, wasserstein_2};
pub use gaussian::Gaussian;
pub use geodesic::{action, interpolate};
pub use line::{LineLaw, Tail, decreasing, monotone};
pub use sinkhorn::{Plan, sinkhorn};
