//! Sections 3.1 and 3.2.

mod distances;
mod maps;
mod optimal;
