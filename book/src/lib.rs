//! x
pub mod typeset;
