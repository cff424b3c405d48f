//! Stand-ins for the preprocessor and the figure kit, with the interface the pipeline needs of them.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

/// Told what happens while the figures are drawn; called from several threads.
pub trait Observer: Sync {
    /// The figure `id` is not in the cache and is now being computed.
    fn started(&self, id: &str);
    /// The figure `id` is in the cache now.
    fn finished(&self, id: &str);
}

/// The ids of the figures that are not in the cache.
pub fn pending(root: &Path) -> Vec<&'static str> {
    ["stand-in"].into_iter().filter(|id| !root.join("target/figures").join(id).exists()).collect()
}

/// Draws every figure that is not in the cache, on all cores.
pub fn draw_all(root: &Path, observer: &dyn Observer) -> Result<()> {
    for id in pending(root) {
        observer.started(id);
        thread::sleep(Duration::from_millis(1500));
        std::fs::create_dir_all(root.join("target/figures"))?;
        std::fs::write(root.join("target/figures").join(id), "")?;
        observer.finished(id);
    }
    Ok(())
}

/// The preprocessor; it shows the figures that are in the cache.
pub struct Sdml {
    root: PathBuf,
}

impl Sdml {
    /// The preprocessor of the project in `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }
}

impl Preprocessor for Sdml {
    fn name(&self) -> &str {
        "sdml"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let drawn = pending(&self.root).is_empty();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item {
                let note = if drawn { "drawn" } else { "pending" };
                chapter.content = chapter.content.replace("{{figure stand-in}}", note);
            }
        });
        Ok(book)
    }
}
