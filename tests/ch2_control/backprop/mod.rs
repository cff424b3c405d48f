//! Checks of Section 2.2.

mod network;
