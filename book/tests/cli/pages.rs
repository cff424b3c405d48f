//! The built book: every link and every fragment leads somewhere, every id is there once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use book::gallery;
use book::pipeline::{Extent, build};
use book::project::Project;

use crate::edits::{assert_same, files, paths};
use crate::figures::FAULTS;

#[test]
fn every_link_of_the_book_leads_somewhere_and_every_id_is_unique() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project { output: folder.path().join("book"), ..Project::here() };
    LazyLock::force(&FAULTS);
    gallery::complete().unwrap();
    build(&project, Extent::Whole).unwrap();

    let pages = Pages::read(&project.output);
    assert!(pages.0.len() > 5, "the book has pages");
    assert_eq!(pages.problems(), Vec::<String>::new());
    keep_ids(&pages);
    keep_light(&project.output);
    let index = searched(&project.output);
    let rendered = || fs::metadata(project.output.join("glossary.html")).unwrap().modified().unwrap();
    let whole = rendered();
    build(&project, Extent::Chapters).unwrap();
    assert!(
        index.contains("refine") && searched(&project.output) == index,
        "the chapters alone keep the index"
    );
    assert_eq!(rendered(), whole, "the chapters are those of the whole book");
    assert_eq!(Pages::read(&project.output).problems(), Vec::<String>::new());

    let lent = files(&project.output);
    fs::remove_file(project.output.join(".pages")).unwrap();
    build(&project, Extent::Chapters).unwrap();
    assert_ne!(rendered(), whole);
    assert_same(lent, files(&project.output));
}

/// What the pages search.
fn searched(book: &Path) -> String {
    let page = fs::read_to_string(book.join("index.html")).unwrap();
    assert!(page.contains("\"searchindex.js\""), "a page names its index");
    fs::read_to_string(book.join("searchindex.js")).unwrap()
}

/// Whoever links to a statement, an equation or a figure must find it tomorrow: the ids listed in `book/ids.txt` stay, or
/// lead elsewhere by a redirect in `book/book.toml`. New ones are added by `INSTA_UPDATE=always cargo test`.
fn keep_ids(pages: &Pages) {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("ids.txt");
    let known: BTreeSet<String> = fs::read_to_string(&list).unwrap().lines().map(str::to_owned).collect();
    let settings = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("book.toml")).unwrap();
    let present = pages.lasting_ids();
    let lost: Vec<_> =
        known.difference(&present).filter(|id| !settings.contains(&format!("\"/{id}\""))).collect();
    assert!(lost.is_empty(), "ids that others may link to are gone, without a redirect: {lost:?}");
    let new: Vec<_> = present.difference(&known).map(String::as_str).collect();
    if !new.is_empty() && std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        let all: Vec<_> = known.union(&present).map(String::as_str).collect();
        fs::write(&list, all.join("\n") + "\n").unwrap();
        return;
    }
    assert!(
        new.is_empty(),
        "new ids: add them to book/ids.txt with `INSTA_UPDATE=always cargo test`: {new:?}"
    );
}

/// Every page but the one for printing weighs at most 400 kB, compressed.
fn keep_light(folder: &Path) {
    const MOST: usize = 400_000;
    for path in html(folder).filter(|path| !path.ends_with("print.html")) {
        let page = fs::read(folder.join(&path)).unwrap();
        // What is light uncompressed need not be compressed to know it.
        let weight = if page.len() <= MOST { page.len() } else { compressed(&page) };
        assert!(weight <= MOST, "{} weighs {weight} bytes", path.display());
    }
}

/// The pages of a book, by their path in it.
fn html(book: &Path) -> impl Iterator<Item = PathBuf> {
    paths(book).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "html"))
}

fn compressed(page: &[u8]) -> usize {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(page).unwrap();
    packed.finish().unwrap().len()
}

#[test]
fn the_walk_finds_what_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "a.html",
        "<p id=\"x\"><i id='x'><a href=\"b.html#y\"><a href=\"#z\"><a href=\"c.html\"><img src=\"//host/d\">",
    );
    write(
        "b.html",
        "<p id=\"y\"><a href=\"a.html#x\"><a href=\"#%79\"><script>'<a href=\"no\">'</script>{{pin a:b}}",
    );
    assert_eq!(
        Pages::read(folder.path()).problems(),
        [
            "a.html: the id `x` stands twice",
            "a.html: `#z` leads to no such id",
            "a.html: `c.html` leads to no file",
            "a.html: `//host/d` asks another host",
            "b.html: a directive is left over: {{pin a:b}}",
        ]
    );
}

/// The pages of a built book by their path.
struct Pages(BTreeMap<PathBuf, Page>, PathBuf);

#[derive(Default)]
struct Page {
    ids: HashSet<String>,
    /// Those that stand more than once.
    repeated: Vec<String>,
    /// Links a reader follows, and what the browser fetches by itself.
    links: Vec<(Attribute, String)>,
    left_over: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Attribute {
    Href,
    Src,
}

impl Pages {
    fn read(folder: &Path) -> Self {
        let pages = html(folder).map(|path| {
            let page = Page::parse(&fs::read_to_string(folder.join(&path)).unwrap());
            (path, page)
        });
        Self(pages.collect(), folder.to_owned())
    }

    /// `page.html#id` of what others may link to: statements, items, equations, figures, boxes, exercises, and the entries of
    /// the lists.
    fn lasting_ids(&self) -> BTreeSet<String> {
        const LASTING: [&str; 14] = [
            "thm:",
            "def:",
            "lem:",
            "exr:",
            "exa:",
            "eq:",
            "fig:",
            "item-",
            "box-",
            "exercise-",
            "erratum-",
            "cov-",
            "ref-",
            "check-",
        ];
        let mut ids = BTreeSet::new();
        for (path, page) in
            self.0.iter().filter(|(path, _)| *path != Path::new("print.html") && !path.starts_with("source"))
        {
            let path = path.to_string_lossy().replace('\\', "/");
            let lasting = page.ids.iter().filter(|id| LASTING.iter().any(|start| id.starts_with(start)));
            ids.extend(lasting.map(|id| format!("{path}#{id}")));
        }
        ids
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (path, page) in &self.0 {
            let mut complain = |what: String| problems.push(format!("{}: {what}", path.display()));
            // The page for printing holds all others.
            if path != Path::new("print.html") {
                for id in &page.repeated {
                    complain(format!("the id `{id}` stands twice"));
                }
            }
            for (attribute, link) in &page.links {
                if let Some(problem) = self.follow(path, *attribute, link) {
                    complain(format!("`{link}` {problem}"));
                }
            }
            if let Some(directive) = &page.left_over {
                complain(format!("a directive is left over: {directive}"));
            }
        }
        problems
    }

    /// What is wrong with a link on the page at `from`.
    fn follow(&self, from: &Path, attribute: Attribute, link: &str) -> Option<&'static str> {
        let outside = ["http:", "https:", "//"].iter().any(|start| link.starts_with(start));
        if outside {
            // A reader may follow a link of the bibliography; a page fetches nothing by itself.
            return (attribute == Attribute::Src || link.starts_with("//")).then_some("asks another host");
        }
        if ["mailto:", "data:", "javascript:"].iter().any(|start| link.starts_with(start)) {
            return None;
        }
        let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { from.to_owned() } else { resolve(from, &decode(file)) };
        if !self.1.join(&target).is_file() {
            return Some("leads to no file");
        }
        let fragment = decode(fragment);
        let missing = |page: &Page| !fragment.is_empty() && !page.ids.contains(&fragment);
        self.0.get(&target).is_some_and(missing).then_some("leads to no such id")
    }
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Page::default();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            page.notice(&rest[..start]);
            rest = &rest[start..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let end = tag_end(rest);
            let (tag, after) = rest.split_at(end);
            page.take(tag);
            rest = after;
            for raw in ["script", "style", "code"] {
                if tag.starts_with(&format!("<{raw}")) {
                    let close = format!("</{raw}");
                    rest = rest.find(&close).map_or("", |at| &rest[at..]);
                }
            }
        }
        page.notice(rest);
        page
    }

    fn notice(&mut self, prose: &str) {
        if let Some(at) = prose.find("{{") {
            self.left_over.get_or_insert_with(|| prose[at..].lines().next().unwrap_or_default().to_owned());
        }
    }

    fn take(&mut self, tag: &str) {
        for (name, value) in attributes(tag) {
            match name {
                "id" if self.ids.contains(&value) => self.repeated.push(value),
                "id" => drop(self.ids.insert(value)),
                "href" if tag.starts_with("<base") => {}
                "href" if tag.starts_with("<link") => self.links.push((Attribute::Src, value)),
                "href" | "xlink:href" => self.links.push((Attribute::Href, value)),
                "src" => self.links.push((Attribute::Src, value)),
                _ => {}
            }
        }
    }
}

/// Where the tag at the beginning of `text` ends; a `>` in quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at + 1,
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The quoted attributes of a tag.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = tag;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once('=')?;
        let name = before.split_whitespace().last().unwrap_or_default();
        let quote = after.chars().next().filter(|quote| ['"', '\''].contains(quote));
        let (value, next) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once([' ', '>']).unwrap_or((after, "")),
        };
        rest = next;
        Some((name, value.replace("&amp;", "&").replace("&quot;", "\"").replace("&#39;", "'")))
    })
}

/// The path that `link` names on the page at `from`.
fn resolve(from: &Path, link: &str) -> PathBuf {
    let mut path = from.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(part) => path.push(part),
            Component::RootDir => path.clear(),
            _ => {}
        }
    }
    path
}

/// Undoes `%41` in a link.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code =
            after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
