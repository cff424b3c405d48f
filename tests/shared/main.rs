//! Tests of what belongs to no chapter: random streams and statistics.

#[path = "../quadrature.rs"]
mod quadrature;
mod random;
mod statistics;
