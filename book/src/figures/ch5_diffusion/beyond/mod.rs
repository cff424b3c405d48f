//! Figures of Section 5.3.

pub mod consistency;
pub mod digits;
pub mod guidance;
pub mod memory;
pub mod quality;
