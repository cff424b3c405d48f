//! Which section needs which, read from the imports of the crate: the map of the book, and the proof that no chapter
//! uses a later one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::entries::CHAPTERS;
use crate::preprocess::problem::Problem;

/// A section of the crate, `ch1_preliminaries/sde`, or a module that belongs to no chapter, `random`.
type Section = String;

/// For every section the sections and shared modules that its files name.
pub type Imports = BTreeMap<Section, BTreeSet<Section>>;

/// The imports of the crate whose files are `sources`.
pub fn imports(sources: &BTreeMap<String, String>) -> Imports {
    let mut map = Imports::new();
    for (file, text) in sources {
        let Some(module) = module(file) else { continue };
        let Some(own) = section(&module) else { continue };
        let used = map.entry(own.clone()).or_default();
        // Examples in the documentation import by the crate's name and prove nothing about the code.
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for path in paths(line, &module) {
                if let Some(other) = section(&path).filter(|other| *other != own) {
                    used.insert(other);
                }
            }
        }
    }
    map
}

/// The module of a file: `src/ch1_preliminaries/sde/noise.rs` is `[ch1_preliminaries, sde, noise]`.
fn module(file: &str) -> Option<Vec<String>> {
    let path = file.strip_prefix("src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    (path != "lib").then(|| path.split('/').map(str::to_owned).collect())
}

/// The section a module path lies in.
fn section(path: &[String]) -> Option<Section> {
    const SHARED: [&str; 2] = ["random", "statistics"];
    match path {
        [chapter, section, ..] if is_chapter(chapter) && section.starts_with(char::is_lowercase) => {
            Some(format!("{chapter}/{section}"))
        }
        [shared, ..] if SHARED.contains(&shared.as_str()) => Some(shared.clone()),
        _ => None,
    }
}

fn is_chapter(name: &str) -> bool {
    CHAPTERS.iter().any(|(folder, _)| *folder == name)
}

/// The module paths that a line of the file of `module` names, beginning at `crate::` or `super::`.
fn paths(line: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find("::") {
        let before = &rest[..at];
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let (first, mut tail) = (&before[start..], &rest[at + 2..]);
        let mut path = match first {
            "crate" => Vec::new(),
            "super" => module[..module.len().saturating_sub(1)].to_vec(),
            _ => {
                rest = tail;
                continue;
            }
        };
        while let Some(after) = tail.strip_prefix("super::") {
            path.pop();
            tail = after;
        }
        while let Some(end) = tail.find("::") {
            if tail[..end].contains(|c: char| !c.is_alphanumeric() && c != '_') {
                break;
            }
            path.push(tail[..end].to_owned());
            tail = &tail[end + 2..];
        }
        match tail.strip_prefix('{') {
            // `crate::ch1_preliminaries::{learning, sde}` names a section in each of its words.
            Some(list) if path.len() == 1 => {
                let list = list.split('}').next().unwrap_or_default();
                for word in list.split(',').map(|word| word.trim().split("::").next().unwrap_or_default()) {
                    found.push([path.clone(), vec![word.to_owned()]].concat());
                }
            }
            _ => {
                let last: String = tail.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                path.push(last);
                found.push(path);
            }
        }
        rest = tail;
    }
    found
}

/// Uses of a later chapter.
pub fn verify(imports: &Imports) -> Vec<Problem> {
    let chapter =
        |section: &str| CHAPTERS.iter().position(|(folder, _)| section.split('/').next() == Some(*folder));
    let mut problems = Vec::new();
    for (own, used) in imports {
        for other in used {
            if chapter(own) < chapter(other) {
                let message =
                    format!("`{own}` uses the later `{other}`: a chapter may only use earlier ones");
                problems.push(Problem { file: format!("src/{own}"), line: 1, message });
            }
        }
    }
    problems
}

/// The map: a section, what it needs of its own chapter, what of earlier ones. `pages` are the paths and the titles of
/// the pages in their order; a section that spreads over several is shown by its first, a module without any by its name.
pub fn map_page(imports: &Imports, pages: &[(&str, &str)]) -> String {
    let place = |section: &str| {
        pages.iter().position(|(path, _)| {
            let rest = path.strip_prefix(section);
            rest.is_some_and(|rest| rest == ".md" || rest.starts_with('/'))
        })
    };
    let shown = |section: &str| match place(section) {
        Some(at) => format!("[{}]({})", pages[at].1, pages[at].0),
        None => format!("`{}`", section.replace('/', "::")),
    };
    let mut text = String::new();
    for (folder, title) in CHAPTERS {
        let prefix = format!("{folder}/");
        let mut rows: Vec<_> = imports.iter().filter(|(own, _)| own.starts_with(&prefix)).collect();
        if rows.is_empty() {
            continue;
        }
        let order = |section: &str| (place(section).unwrap_or(usize::MAX), section.to_owned());
        rows.sort_by_key(|(own, _)| order(own));
        let _ = write!(text, "\n## {title}\n\n");
        for (own, used) in rows {
            let mut needed: Vec<_> = used.iter().filter(|other| other.contains('/')).collect();
            needed.sort_by_key(|other| order(other));
            let needed: Vec<_> = needed.into_iter().map(|other| shown(other)).collect();
            let needed = if needed.is_empty() { "nothing".into() } else { needed.join(", ") };
            let _ = writeln!(text, "- **{}** needs {needed}.", shown(own));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn imports_are_found_however_they_are_written() {
        let text = "use crate::ch1_preliminaries::{learning, sde};\nuse super::super::brownian::Path;\n\
                    use crate::random::Streams;\n/// use crate::ch5_diffusion::score;\nuse super::noise::Noise;\n\
                    fn f() -> crate::ch1_preliminaries::evolution::Rabi {}\n";
        let map = imports(&sources(&[("src/ch1_preliminaries/integral/ito.rs", text)]));
        let used: Vec<_> = map["ch1_preliminaries/integral"].iter().map(String::as_str).collect();
        let chapter = |name: &str| format!("ch1_preliminaries/{name}");
        assert_eq!(
            used,
            [&chapter("brownian"), &chapter("evolution"), &chapter("learning"), &chapter("sde"), "random"]
        );
    }

    #[test]
    fn the_map_links_sections_to_their_first_pages() {
        let files = [
            ("src/ch1_preliminaries/sde/noise.rs", "use crate::ch1_preliminaries::brownian::Path;\n"),
            ("src/ch1_preliminaries/brownian.rs", "use super::super::Streams;\n"),
        ];
        let pages = [
            ("ch1_preliminaries/brownian.md", "1.3.1 Brownian motion"),
            ("ch1_preliminaries/sde/equation.md", "1.3.3 Equations"),
            ("ch1_preliminaries/sde/schemes.md", "Schemes"),
        ];
        let map = map_page(&imports(&sources(&files)), &pages);
        let brownian = "[1.3.1 Brownian motion](ch1_preliminaries/brownian.md)";
        assert!(map.contains(&format!("- **{brownian}** needs nothing.\n")), "{map}");
        let sde = format!("- **[1.3.3 Equations](ch1_preliminaries/sde/equation.md)** needs {brownian}.\n");
        assert!(map.contains(&sde), "{map}");
    }

    #[test]
    fn a_later_chapter_is_noticed() {
        let bad = sources(&[("src/ch2_control/qubit.rs", "use crate::ch3_flows::coupling::Flow;\n")]);
        assert!(verify(&imports(&bad))[0].message.contains("uses the later `ch3_flows/coupling`"));
        let good = sources(&[("src/ch3_flows/coupling.rs", "use crate::ch2_control::backprop::Mlp;\n")]);
        assert!(verify(&imports(&good)).is_empty());
    }
}
