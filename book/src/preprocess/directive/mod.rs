//! The directives, one file each. Every one takes the page and its argument and gives a replacement or a complaint.

mod code;
mod covers;
mod erratum;
mod exercise;
mod figure;
mod snapshot;
mod solution;
mod statement;

pub use code::code;
pub use covers::covers;
pub use erratum::erratum;
pub use exercise::{exercise, exercises, title};
pub use figure::figure;
pub use snapshot::{number, output, pin};
pub use solution::solution;
pub use statement::statement;
