//! Stand-ins from formulas, until the section has its own.

use crate::figures::Figure;

/// The figures of this section.
pub const FIGURES: &[Figure] = &[];
