//! Checks of Section 5.1.

mod bad_input;
mod mixture;
