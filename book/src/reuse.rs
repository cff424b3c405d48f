//! Pages that stay: what is made from the same as in the last book is taken from it instead of being rendered again.
//!
//! A book tells what its pages were made from, as hashes: what they share (settings, theme, list of chapters, this
//! program), and for each its text, its name and its neighbors. Where that is missing or damaged, every page is rendered.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use mdbook_driver::config::HtmlConfig;
use mdbook_preprocessor::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::inputs::Inputs;
use crate::preprocess::sources;
use crate::sealed::{seal, unseal};

/// The file of the built book that tells what its pages were made from.
const RECORD: &str = ".pages";
/// The page that mdBook makes of the first chapter besides its own.
const COVER: &str = "index.html";

/// The last preprocessor of a build: leaves nothing to render of the pages that the last book lends.
#[derive(Debug, Clone)]
pub struct Reuse {
    last: Option<PathBuf>,
    outcome: Rc<RefCell<Outcome>>,
}

#[derive(Debug, Default)]
struct Outcome {
    record: Record,
    lent: BTreeSet<String>,
}

impl Reuse {
    /// Takes pages from the book in the folder `last`; without one, every page is rendered.
    pub fn of(last: Option<PathBuf>) -> Self {
        Self { last, outcome: Rc::default() }
    }

    /// Writes into the rendered book `next` what its pages were made from. Gives the files that the last book lends: those in
    /// `next` are empty pages.
    pub fn finish(&self, next: &Path) -> Result<BTreeSet<String>> {
        let Outcome { record, lent } = self.outcome.take();
        record.write(next).context("cannot write what the pages were made from")?;
        Ok(lent)
    }
}

impl Preprocessor for Reuse {
    fn name(&self) -> &str {
        "reuse"
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let record = Record::of(&book, context)?;
        let lent = match &self.last {
            Some(last) => Record::read(last).map(|known| known.lends(&record, last)).unwrap_or_default(),
            None => BTreeSet::new(),
        };
        let first = book.chapters().next().and_then(|chapter| chapter.path.clone());
        book.for_each_chapter_mut(|chapter| {
            let covers = chapter.path == first;
            if lent.contains(&page(chapter)) && (!covers || lent.contains(COVER)) {
                chapter.content.clear();
            }
        });
        self.outcome.replace(Outcome { record, lent });
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// What the pages of a book were made from: pages with equal hashes are equal.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    shared: String,
    pages: BTreeMap<String, String>,
}

impl Record {
    /// What the pages of `book` will be made from, once every directive is replaced.
    fn of(book: &Book, context: &PreprocessorContext) -> Result<Self> {
        let chapters: Vec<&Chapter> = book.chapters().collect();
        let mut pages = BTreeMap::new();
        for (place, chapter) in chapters.iter().copied().enumerate() {
            let called_at = |place: usize| chapters.get(place).copied().map(called);
            let neighbors = [place.checked_sub(1).and_then(called_at), called_at(place + 1)];
            let (own, beside) = (called(chapter), format!("{neighbors:?}"));
            let hash = digest([own.as_str(), beside.as_str(), chapter.content.as_str()]);
            if place == 0 {
                pages.insert(COVER.to_owned(), hash.clone());
            }
            pages.insert(page(chapter), hash);
        }
        Ok(Self { shared: shared(book, context)?, pages })
    }

    /// What the pages of the book in `folder` were made from, if it tells.
    fn read(folder: &Path) -> Option<Self> {
        unseal(&fs::read_to_string(folder.join(RECORD)).ok()?)
    }

    fn write(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join(RECORD), seal(self)?)?;
        Ok(())
    }

    /// The pages of the book in `folder`, which was made from this, that a book made from `next` has too.
    fn lends(&self, next: &Self, folder: &Path) -> BTreeSet<String> {
        if self.shared != next.shared {
            return BTreeSet::new();
        }
        next.pages
            .iter()
            .filter(|(page, hash)| self.pages.get(*page) == Some(*hash) && folder.join(page).is_file())
            .map(|(page, _)| page.clone())
            .collect()
    }
}

/// The hash of what goes into every page.
fn shared(book: &Book, context: &PreprocessorContext) -> Result<String> {
    let mut config = context.config.clone();
    let theme = config.get::<HtmlConfig>("output.html")?.unwrap_or_default().theme_dir(&context.root);
    // Where the book is put and which of its chapters are searched shows on no page.
    config.build = Default::default();
    config.set("output.html.search.chapter", BTreeMap::<String, bool>::new())?;
    let settings = serde_json::to_string(&config)?;
    // The listings of source files are not always among the chapters.
    let listing =
        |chapter: &Chapter| chapter.path.as_ref().is_some_and(|path| path.starts_with(sources::FOLDER));
    let list: Vec<String> = book
        .iter()
        .filter_map(|item| match item {
            BookItem::Chapter(chapter) if listing(chapter) => None,
            BookItem::Chapter(chapter) => Some(format!("{} {}", called(chapter), chapter.sub_items.len())),
            other => Some(format!("{other:?}")),
        })
        .collect();
    let theme = Inputs::below(&context.root, [theme.as_path()]).stamp();
    Ok(digest([settings.as_str(), list.join("\n").as_str(), theme.as_str()]))
}

/// What its own page and those beside it say of a chapter.
fn called(chapter: &Chapter) -> String {
    format!("{:?}", (&chapter.name, &chapter.number, &chapter.path, &chapter.source_path))
}

/// The file of a chapter's page in the book.
fn page(chapter: &Chapter) -> String {
    let path = chapter.path.clone().unwrap_or_default().with_extension("html");
    path.to_string_lossy().into_owned()
}

/// The hash of these texts, each with its length.
fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    format!("{:x}", hash.finalize())
}
