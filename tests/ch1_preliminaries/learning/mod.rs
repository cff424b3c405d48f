//! Checks of Section 1.4.

mod bad_input;
mod listener;
mod networks;
mod poisson;
mod sgd;
