//! Figures of Section 3.2.

pub mod maps;
pub mod optimal;
