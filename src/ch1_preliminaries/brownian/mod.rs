//! Section 1.3.1: Brownian motion.
//!
//! B(0) = 0; B(t) − B(s) is independent of the history up to s and has law N(0, t − s); t ↦ B(t) is continuous
//! (Definition 1.4). A path is drawn on a grid and refined there ([`BrownianPath`]), or asked at any time in any order
//! ([`BrownianTree`]).

mod law;
mod path;
mod tree;
mod variation;

pub use law::{
    arcsine_cdf, covariance, maximum_tail, occupation_law, square_root_process, transition_density,
};
pub use path::BrownianPath;
pub use tree::{BrownianTree, Cursor, DEPTH};
pub use variation::{difference_quotient, modulus, positive_steps, quadratic_variation, total_variation};
