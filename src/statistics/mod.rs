//! What a sample says: estimates with their standard errors, orders of convergence, tests of fit, the normal law.

mod fit;
mod goodness;
mod moments;
pub mod normal;

pub use fit::{Line, Order, fit_line, fit_order};
pub use goodness::{GoodnessOfFit, chi_square, kolmogorov_smirnov};
pub use moments::{Estimate, Moments, ensemble, estimate};
