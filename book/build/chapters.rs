//! Lists every chapter as documentation of an item of its own, so that `cargo test` runs its snippets.

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use crate::sources::gather;

/// Writes one documented item for each Markdown file below `chapters` to `out`.
pub fn list(chapters: &Path, out: &Path) -> io::Result<()> {
    // Every chapter is in the summary, and the text itself is read when the tests are compiled: watching the files too
    // would recompile the press whenever a word changes.
    println!("cargo:rerun-if-changed={}", chapters.join("SUMMARY.md").display());
    let mut files = Vec::new();
    gather(chapters, &mut files)?;
    files.retain(|file| {
        file.extension().is_some_and(|suffix| suffix == "md") && !file.ends_with("SUMMARY.md")
    });
    files.sort();
    let mut list = String::new();
    for (number, file) in files.iter().enumerate() {
        writeln!(list, "#[doc = include_str!({file:?})]\npub struct Chapter{number};")
            .map_err(io::Error::other)?;
    }
    fs::write(out, list)
}
