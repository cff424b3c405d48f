//! An edit: only the pages that it changes are rendered, and the book is what it would be if all were.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use book::pipeline::{Extent, build};
use book::project::Project;

use crate::scratch::Scratch;

#[test]
fn an_edit_gives_the_book_that_a_build_from_nothing_gives() {
    let scratch = Scratch::whole();
    let desk = Desk::of(&scratch);
    assert_eq!(desk.rendered(), NONE);
    scratch.append("chapters/glossary.md", "**An edit.** What this test makes.");
    assert_eq!(desk.rendered(), ["glossary.html"]);
    scratch.append("chapters/preface.md", "An edit of the first page, which stands in the book twice.");
    assert_eq!(desk.rendered(), ["index.html", "preface.html"]);

    let edited = files(&desk.project.output);
    fs::remove_dir_all(&desk.project.output).unwrap();
    desk.build();
    assert_same(edited, files(&desk.project.output));
}

#[test]
fn a_number_that_changes_reaches_the_page_that_quotes_it() {
    const CHAPTER: &str = "chapters/ch1_preliminaries/brownian.md";
    let scratch = Scratch::whole();
    let text = fs::read_to_string(scratch.path(CHAPTER)).unwrap();
    let numbered = "\n$$ a = 1 $$ {#eq:quoted}\n";
    scratch.write(CHAPTER, &format!("{text}{numbered}"));
    scratch.append("chapters/glossary.md", "The number is [](#eq:quoted).");
    let desk = Desk::of(&scratch);
    let quoted = || {
        let page = fs::read_to_string(desk.project.output.join("glossary.html")).unwrap();
        let (_, link) = page.split_once("brownian.html#eq:quoted\">").expect("the equation is quoted");
        link.split('<').next().unwrap().to_owned()
    };
    let before = quoted();
    assert!(before.starts_with("(1.3.1"), "{before}");
    scratch.write(CHAPTER, &format!("{text}\n$$ b = 2 $$ {{#eq:before}}\n{numbered}"));
    assert_eq!(desk.rendered(), ["ch1_preliminaries/brownian.html", "glossary.html"]);
    assert_ne!(quoted(), before);
}

#[test]
fn a_change_of_what_all_pages_share_renders_all() {
    let scratch = Scratch::whole();
    let desk = Desk::of(&scratch);
    let all: Vec<_> = desk.pages().into_keys().collect();
    assert!(all.len() > 50, "the book has pages: {all:?}");

    let record = desk.project.output.join(".pages");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.strip_suffix('}').unwrap()).unwrap();
    assert_eq!(desk.rendered(), all, "a damaged record");
    fs::remove_file(&record).unwrap();
    assert_eq!(desk.rendered(), all, "no record");

    scratch.append("book/theme/sdml.css", "p { color: inherit; }");
    assert_eq!(desk.rendered(), all, "another theme");
    let settings = fs::read_to_string(scratch.path("book/book.toml")).unwrap();
    scratch.write("book/book.toml", &settings.replace("title = \"", "title = \"The other "));
    assert_eq!(desk.rendered(), all, "another title");
    let summary = fs::read_to_string(scratch.path("chapters/SUMMARY.md")).unwrap();
    scratch.write("chapters/SUMMARY.md", &summary.replace("[Preface]", "[Foreword]"));
    assert_eq!(desk.rendered(), all, "another list of chapters");
    assert_eq!(desk.rendered(), NONE);
}

#[test]
fn a_page_that_the_last_book_has_lost_is_rendered() {
    let scratch = Scratch::whole();
    let desk = Desk::of(&scratch);
    let book = files(&desk.project.output);
    for page in ["index.html", "glossary.html"] {
        fs::remove_file(desk.project.output.join(page)).unwrap();
    }
    desk.build();
    assert_same(book, files(&desk.project.output));
}

/// No page.
const NONE: [&str; 0] = [];

/// A project whose chapters are built, to be edited and built again.
struct Desk {
    project: Project,
}

impl Desk {
    fn of(scratch: &Scratch) -> Self {
        let desk = Self { project: Project::at(&scratch.path("")) };
        desk.build();
        desk
    }

    fn build(&self) {
        build(&self.project, Extent::Chapters).unwrap();
    }

    /// Builds the book; gives the pages that are not those of the last book.
    fn rendered(&self) -> Vec<String> {
        let before = self.pages();
        self.build();
        let after = self.pages();
        after
            .into_iter()
            .filter(|(page, time)| before.get(page) != Some(time))
            .map(|(page, _)| page)
            .collect()
    }

    /// The pages of the chapters with the time when each was rendered, which it keeps when it is taken over.
    fn pages(&self) -> BTreeMap<String, SystemTime> {
        let always = ["404.html", "toc.html"];
        paths(&self.project.output)
            .into_iter()
            .map(|path| path.to_str().unwrap().replace('\\', "/"))
            .filter(|path| path.ends_with(".html") && !always.contains(&path.as_str()))
            .map(|path| {
                let time = fs::metadata(self.project.output.join(&path)).unwrap().modified().unwrap();
                (path, time)
            })
            .collect()
    }
}

/// The content of every file of a book, but for the index for searching, which is older than an edit.
pub fn files(book: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in paths(book) {
        if path != Path::new("searchindex.js") {
            let content = fs::read(book.join(&path)).unwrap();
            files.insert(path, content);
        }
    }
    files
}

/// Fails by the names of the files that only one of the books has, or that differ.
pub fn assert_same(one: BTreeMap<PathBuf, Vec<u8>>, other: BTreeMap<PathBuf, Vec<u8>>) {
    let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differ: Vec<_> = names.into_iter().filter(|name| one.get(*name) != other.get(*name)).collect();
    assert!(differ.is_empty(), "{differ:?}");
}

/// Every file of a book, by its path in it.
pub fn paths(book: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![book.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                found.insert(entry.strip_prefix(book).unwrap().to_owned());
            }
        }
    }
    found
}
