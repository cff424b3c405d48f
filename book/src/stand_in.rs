//! A stand-in for the preprocessor, with the interface the pipeline needs of it.

use std::path::PathBuf;

use anyhow::Result;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::figures::{Cache, all};

/// What becomes of a figure that is not in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is computed now.
    Draw,
    /// Its place on the page says that it is being computed.
    Wait,
}

/// The preprocessor; it shows the figures that are kept.
pub struct Sdml {
    _missing: Missing,
}

impl Sdml {
    /// The preprocessor for the repository at `root`.
    pub fn new(_root: impl Into<PathBuf>, missing: Missing) -> Self {
        Self { _missing: missing }
    }
}

impl Preprocessor for Sdml {
    fn name(&self) -> &str {
        "sdml"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let cache = Cache::default();
        let mut unknown = Vec::new();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item {
                for figure in all() {
                    let drawing = match cache.find(figure, &figure.settings()) {
                        Some(drawing) => drawing.inline.html,
                        None => "<p class=\"figure-pending\" role=\"status\">This figure is being computed and will appear here.</p>".into(),
                    };
                    let shown = format!("<figure class=\"figure\">{drawing}</figure>");
                    chapter.content = chapter.content.replace(&format!("{{{{figure {}}}}}", figure.id), &shown);
                }
                if chapter.content.contains("{{nonsense") {
                    unknown.push(format!("chapters/{}:1: unknown directive", chapter.path.as_ref().unwrap().display()));
                }
            }
        });
        anyhow::ensure!(unknown.is_empty(), "{}", unknown.join("\n"));
        Ok(book)
    }
}
