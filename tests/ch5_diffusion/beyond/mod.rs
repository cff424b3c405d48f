//! Checks of Section 5.3.

mod bad_input;
mod consistency;
mod digits;
mod guidance;
mod memory;
mod protocol;
mod quality;
