//! mdBook's command protocol, for those who build with the plain tool: `mdbook serve book`.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use mdbook_preprocessor::{Preprocessor, parse_input};

use crate::gallery;
use crate::preprocess::{Missing, Sdml};

/// Reads context and book as JSON, draws what is missing, expands every directive, writes the book as JSON.
pub fn preprocess(root: &Path, input: impl Read, mut output: impl Write) -> Result<()> {
    let (context, book) =
        parse_input(input).context("mdBook's context and book are expected on the input")?;
    gallery::complete()?;
    let book = Sdml::new(root, Missing::Wait).run(&context, book)?;
    serde_json::to_writer(&mut output, &book)?;
    output.flush()?;
    Ok(())
}

/// Whether the preprocessor can work for `renderer`.
pub fn supports(renderer: &str) -> bool {
    renderer == "html"
}
