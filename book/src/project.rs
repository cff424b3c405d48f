//! Where things live.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mdbook_driver::config::{Config, HtmlConfig};

/// A checkout of the project and the folder its book is built into.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder with `chapters/`, `src/`, `book/`, …
    pub root: PathBuf,
    /// The folder of the built book.
    pub output: PathBuf,
}

impl Project {
    /// The checkout this program was compiled from, whatever the current directory.
    pub fn here() -> Self {
        Self::at(Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`book` is a folder of the project"))
    }

    /// The checkout in `root`; its book goes to `target/book`.
    pub fn at(root: &Path) -> Self {
        // A program that is started in another folder finds it too.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.into());
        Self { output: root.join("target/book"), root }
    }

    /// The folder of `book.toml`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// A neighbour of the built book: `book.next` for the suffix `next`.
    pub fn beside(&self, suffix: &str) -> PathBuf {
        self.output.with_extension(suffix)
    }

    /// Reads `book/book.toml`; a mistake in it is told with its line.
    pub fn config(&self) -> Result<Config> {
        let file = self.book().join("book.toml");
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed: Result<Config> = text.parse();
        let config = parsed.map_err(|error| match error.downcast_ref::<toml::de::Error>() {
            Some(cause) => {
                let line = cause.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
                anyhow::anyhow!("book/book.toml:{line}: {}", cause.message().replace('\n', "; "))
            }
            None => error.context("book/book.toml"),
        })?;
        config
            .get::<HtmlConfig>("output.html")
            .map_err(|error| anyhow::anyhow!("book/book.toml: {}", one_line(&error)))?;
        Ok(config)
    }
}

/// An error and its causes in one line.
pub fn one_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
