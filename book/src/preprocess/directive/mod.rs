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

/// A path that breaks behind its strokes, and its names between words, before it breaks inside a word.
fn breakable(path: &str) -> String {
    path.replace('/', "/<wbr>").replace('_', "_<wbr>")
}
