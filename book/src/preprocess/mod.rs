//! The preprocessor: chapters in, pages out.
//!
//! One pass collects the labels of all chapters, a second replaces every directive, formula and reference. Then come
//! the pages made from data (coverage, errata, bibliography) and the source files. Everything wrong is told at once.

pub(crate) mod directive;
mod figures;
pub(crate) mod labels;
mod load;
mod page;
#[cfg(test)]
mod page_tests;
pub mod problem;
mod scan;
pub(crate) mod sources;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

use crate::bibliography::{self, Bibliography};
use crate::entries::Place;
use crate::errata::{self, Errata};
use crate::figures::whole;
use crate::imports::{self, Imports};
use crate::index;
use crate::ledger::{self, Check, Ledger};
use crate::lists;
use crate::mutants::{self, Mutants};
use labels::Labels;
use page::{Chapter, Page};
use problem::Problem;
pub use problem::suggestion;
use world::World;

/// The preprocessor `sdml` of mdBook.
pub struct Sdml {
    root: PathBuf,
    listings: bool,
}

impl Sdml {
    /// The preprocessor for the repository at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), listings: true }
    }

    /// Leaves the listings of the source files out: they are most of the pages, and an edit to a chapter changes none.
    pub fn without_listings(self) -> Self {
        Self { listings: false, ..self }
    }
}

impl Preprocessor for Sdml {
    fn name(&self) -> &str {
        "sdml"
    }

    fn run(&self, _context: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let desk = Desk::load(&self.root)?;
        let problems = desk.press(&mut book, &self.root)?;
        if !problems.is_empty() {
            return Err(told(problems));
        }
        if self.listings {
            book.push_item(sources::chapter(&desk.world));
        }
        Ok(book)
    }

    fn supports_renderer(&self, renderer: &str) -> Result<bool> {
        Ok(renderer == "html")
    }
}

/// Everything a build works with.
struct Desk {
    world: World,
    ledger: Ledger,
    errata: Errata,
    bibliography: Bibliography,
    checks: Vec<Check>,
    mutants: Mutants,
    imports: Imports,
}

/// The pages made from data: the directive that stands for their content.
const CONTENTS: &str = "{{contents}}";
const MAP: &str = "{{map}}";
const FIGURES: &str = "{{figures}}";
const EXERCISES: &str = "{{exercises}}";
const COVERAGE: &str = "{{coverage}}";
const ERRATA: &str = "{{errata}}";
const BIBLIOGRAPHY: &str = "{{bibliography}}";
const GENERATED: [&str; 7] = [CONTENTS, MAP, FIGURES, EXERCISES, COVERAGE, ERRATA, BIBLIOGRAPHY];

/// Where the index of all items is written, below the root: what is no Markdown there is copied beside the pages.
const INDEX: &str = "chapters/index.json";

impl Desk {
    fn load(root: &Path) -> Result<Self> {
        let read = |file: &str| {
            std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))
        };
        let ledger = Ledger::parse(&read(ledger::FILE)?).map_err(told)?;
        let errata = Errata::parse(&read(errata::FILE)?).map_err(told)?;
        let bibliography = Bibliography::parse(&read(bibliography::FILE)?).map_err(told)?;
        let mutants = Mutants::parse(&read(mutants::FILE)?).map_err(|problem| told(vec![problem]))?;
        let snapshots = load::snapshots(root)?;
        let checks = ledger::read_checks(&snapshots).map_err(told)?;
        let world = World {
            sources: load::sources(root)?,
            snapshots,
            figures: figures::on_pages(root)?,
            citations: bibliography.labels(),
            items: ledger.checks_per_item(&checks),
            errata: errata.entries.iter().map(|entry| entry.id.clone()).collect(),
        };
        let imports = imports::imports(&world.sources);
        Ok(Self { world, ledger, errata, bibliography, checks, mutants, imports })
    }

    /// Replaces the text of every chapter by its page; gives what is wrong, in the order of files and lines.
    fn press(&self, book: &mut Book, root: &Path) -> Result<Vec<Problem>> {
        let mut problems = Vec::new();
        let texts = texts(book);
        let chapters: Vec<Chapter> = texts
            .iter()
            .map(|(path, name, text)| Chapter { file: format!("chapters/{path}"), path, name, text })
            .collect();
        let labels = Labels::collect(&chapters, &self.world, &mut problems);
        let mut done = Done::default();
        let generated = |chapter: &Chapter| GENERATED.into_iter().find(|name| chapter.text.contains(name));
        let (made, written): (Vec<_>, Vec<_>) = chapters
            .iter()
            .map(|chapter| (generated(chapter), chapter))
            .partition(|(content, _)| content.is_some());
        // The text of every page is there already, so they need not wait for each other.
        for (page, text) in
            kept::on_threads(written, |(_, chapter)| rendered(Page::new(chapter, &self.world, &labels)))
        {
            done.add(page, text);
        }
        for name in GENERATED {
            for (_, chapter) in made.iter().filter(|(content, _)| *content == Some(name)) {
                let content = self.generated(name, &chapters, &labels, &done);
                let text = chapter.text.replacen(name, &content, 1);
                let chapter = Chapter { file: chapter.file.clone(), text: &text, ..**chapter };
                let (page, text) = rendered(Page::new(&chapter, &self.world, &labels));
                done.add(page, text);
            }
        }
        problems.append(&mut done.problems);
        problems.extend(ledger::verify(&self.ledger, &places(&labels), &self.checks, &|file, needle| {
            self.line(file, needle)
        }));
        problems.extend(errata::verify(&self.errata, &done.errata, &self.checks));
        problems.extend(self.bibliography.uncited(&done.cited));
        problems.extend(imports::verify(&self.imports));
        problems.extend(lists::unused(&self.world.sources, &done.exercises));
        problems.extend(self.unused(&labels, &done));
        let index = index::index(&self.ledger, &places(&labels), &self.checks, &|file| {
            self.world.sources.contains_key(file)
        });
        whole::write_if_changed(&root.join(INDEX), index.as_bytes()).context("cannot write the index")?;
        book.for_each_chapter_mut(|chapter| {
            if let Some(page) = chapter.path.as_deref().and_then(|path| done.pages.remove(&slashed(path))) {
                chapter.content = page;
            }
        });
        problems.sort();
        Ok(problems)
    }

    fn generated(&self, name: &str, chapters: &[Chapter], labels: &Labels, done: &Done) -> String {
        let pages: Vec<_> = chapters.iter().map(|chapter| (chapter.path, chapter.name)).collect();
        match name {
            CONTENTS => lists::contents(&pages),
            MAP => imports::map_page(&self.imports, &pages),
            FIGURES => lists::figures_page(labels),
            EXERCISES => lists::exercises_page(labels, &self.world.sources, &done.exercises),
            COVERAGE => {
                let link = |file: &str, needle: &str| self.line(file, needle);
                let items = ledger::coverage_page(&self.ledger, &places(labels), &self.checks, &link);
                items + &self.mutants.section()
            }
            ERRATA => errata::errata_page(&self.errata, &done.errata, &self.checks),
            _ => self.bibliography.page(),
        }
    }

    /// The page and line of the source `file` on which `needle` stands; of the file itself if the needle is empty.
    fn line(&self, file: &str, needle: &str) -> Option<String> {
        let text = self.world.sources.get(file)?;
        Some(format!("source/{file}.html#L{}", scan::line_of(text, text.find(needle)?)))
    }

    /// Snapshots and figures that nothing shows.
    fn unused(&self, labels: &Labels, done: &Done) -> Vec<Problem> {
        let mut problems = Vec::new();
        let checks: BTreeSet<_> = self.checks.iter().map(|check| check.key.as_str()).collect();
        for key in self.world.snapshots.keys() {
            let of_a_check = checks.contains(key.replace("/checks/", "/").as_str());
            let figure = key.split_once("/figures/").map(|(_, id)| id);
            let of_a_figure = figure.is_some_and(|id| self.world.figures.contains_key(id));
            if !of_a_check && !of_a_figure && !done.snapshots.contains(key) {
                let message = "no page, figure or check refers to this snapshot: remove it".into();
                problems.push(Problem { file: format!("snapshots/{key}.snap"), line: 1, message });
            }
        }
        for (id, figure) in &self.world.figures {
            if labels.get(&format!("fig:{id}")).is_none() {
                let message = format!("no page shows the figure `{id}`");
                problems.push(Problem { file: figure.file.clone(), line: 1, message });
            }
        }
        problems
    }
}

/// The pages that are done and what they used.
#[derive(Default)]
struct Done {
    pages: BTreeMap<String, String>,
    problems: Vec<Problem>,
    snapshots: BTreeSet<String>,
    cited: BTreeSet<String>,
    errata: BTreeMap<String, Place>,
    exercises: BTreeMap<String, Place>,
}

impl Done {
    /// Takes in a page that has been rendered as `text`.
    fn add(&mut self, mut page: Page, text: String) {
        let path = page.chapter.path;
        self.pages.insert(path.to_owned(), text);
        self.problems.append(&mut page.problems);
        self.snapshots.append(&mut page.snapshots);
        self.cited.append(&mut page.cited);
        for (id, anchor) in page.errata {
            self.errata.insert(id, Place { page: path.to_owned(), anchor });
        }
        for (name, anchor) in page.exercises {
            self.exercises.insert(name, Place { page: path.to_owned(), anchor });
        }
    }
}

/// The page, which knows what it used, and what it is rendered as.
fn rendered(mut page: Page) -> (Page, String) {
    let text = page.render();
    (page, text)
}

/// Path, name and text of every chapter that has a file.
fn texts(book: &Book) -> Vec<(String, String, String)> {
    book.iter()
        .filter_map(|item| match item {
            BookItem::Chapter(chapter) => Some((chapter, chapter.path.as_deref()?)),
            _ => None,
        })
        .map(|(chapter, path)| (slashed(path), chapter.name.clone(), chapter.content.clone()))
        .collect()
}

fn places(labels: &Labels) -> BTreeMap<String, Place> {
    let place = |label: &labels::Label| Place { page: label.page.clone(), anchor: label.anchor.clone() };
    labels.iter().map(|(name, label)| (name.to_owned(), place(label))).collect()
}

/// A path as links write it, on every system.
fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// All problems in one error, one to a line.
fn told(problems: Vec<Problem>) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow!("{}", lines.join("\n"))
}
