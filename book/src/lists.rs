//! The lists at the end of the book: its figures and its exercises, each with its place.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::entries::{CHAPTERS, Place, words};
use crate::figures;
use crate::preprocess::directive::{exercises, title};
use crate::preprocess::labels::{KINDS, Labels};
use crate::preprocess::problem::Problem;

/// The contents for print, by chapter; then what stands behind the chapters. `pages` are paths and names in their order.
pub fn contents(pages: &[(&str, &str)]) -> String {
    let mut list = String::from(
        "<nav class=\"printed-contents\" aria-label=\"Contents\">\n\n<p class=\"contents-title\">Contents</p>\n",
    );
    let mut part = |title: &str, belongs: &dyn Fn(&str) -> bool| {
        let _ = write!(list, "\n**{title}**\n\n");
        for (path, name) in pages.iter().filter(|(path, _)| belongs(path)) {
            let _ = writeln!(list, "- [{name}]({path})");
        }
    };
    for (folder, chapter) in CHAPTERS.iter().filter(|(folder, _)| folder.starts_with("ch")) {
        part(chapter, &|path| path.starts_with(folder));
    }
    part("At the end", &|path| !path.contains('/') && path != "preface.md");
    list + "\n</nav>\n"
}

/// All figures, by chapter, in the order of the pages.
pub fn figures_page(labels: &Labels) -> String {
    let mut page = String::new();
    for (folder, chapter) in CHAPTERS {
        let mut rows = String::new();
        let own = figures::all().filter(|figure| figure.section.starts_with(folder));
        let mut placed: Vec<_> =
            own.filter_map(|figure| Some((labels.get(&format!("fig:{}", figure.id))?, figure))).collect();
        placed.sort_by_key(|(label, _)| label.rank);
        for (label, figure) in placed {
            let (page, anchor) = (&label.page, &label.anchor);
            let _ =
                writeln!(rows, "- [{}]({page}#{anchor}) {} `{}`", label.text, words(figure.title), figure.id);
        }
        if !rows.is_empty() {
            let _ = write!(page, "\n## {chapter}\n\n{rows}");
        }
    }
    page
}

/// All exercises, by chapter: those of the notes with the place of their statement, and where each can be tried.
/// `tried` maps the names of the exercises to the places of their stubs.
pub fn exercises_page(
    labels: &Labels,
    sources: &BTreeMap<String, String>,
    tried: &BTreeMap<String, Place>,
) -> String {
    let mut page = String::new();
    for (folder, chapter) in CHAPTERS {
        let mut rows = String::new();
        let names = exercises(sources.keys().map(String::as_str)).filter(|name| name.starts_with(folder));
        let mut titled: Vec<_> =
            names.map(|name| (title(&sources[&format!("exercises/{name}.rs")]), name)).collect();
        titled.sort_by_key(|(title, _)| rank(title));
        for (title, name) in titled {
            let Some(Place { page, anchor }) = tried.get(name) else { continue };
            let short = name.rsplit('/').next().unwrap_or(name);
            let statement = statement_of(title).and_then(|name| labels.get(&name));
            let statement = statement.map_or(String::new(), |label| {
                format!(", [stated in the text]({}#{})", label.page, label.anchor)
            });
            let _ = writeln!(rows, "- [{}]({page}#{anchor}){statement}: `{short}`", words(title));
        }
        if !rows.is_empty() {
            let _ = write!(page, "\n## {chapter}\n\n{rows}");
        }
    }
    page
}

/// Where an exercise stands in its chapter: the notes' by their number, then ours by their letter.
fn rank(title: &str) -> (u32, String) {
    let number = title.split(':').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    (number.parse().unwrap_or(u32::MAX), number.to_owned())
}

/// The label of the notes' exercise that a title names: `exr:1.6` for `Exercise 1.6: …`.
fn statement_of(title: &str) -> Option<String> {
    let (short, word) = KINDS.iter().find(|(short, _)| *short == "exr")?;
    let number = title.strip_prefix(word)?.trim_start().split(':').next()?;
    Some(format!("{short}:{number}"))
}

/// Exercises that no page shows.
pub fn unused(sources: &BTreeMap<String, String>, tried: &BTreeMap<String, Place>) -> Vec<Problem> {
    exercises(sources.keys().map(String::as_str))
        .filter(|name| !tried.contains_key(*name))
        .map(|name| Problem {
            file: format!("exercises/{name}.rs"),
            line: 1,
            message: format!("no page shows the exercise `{name}`"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contents_list_pages_below_their_chapter() {
        let pages =
            [("preface.md", "Preface"), ("ch2_control/qubit.md", "Steering a qubit"), ("map.md", "Map")];
        let list = contents(&pages);
        let (_, chapter) = list.split_once("**Chapter 2. Neural dynamics for control**\n\n").unwrap();
        assert!(chapter.starts_with("- [Steering a qubit](ch2_control/qubit.md)\n"), "{list}");
        assert!(
            list.contains("**At the end**\n\n- [Map](map.md)\n") && !list.contains("preface.md"),
            "{list}"
        );
    }

    #[test]
    fn exercises_of_the_notes_are_told_by_their_number() {
        assert_eq!(statement_of("Exercise 1.6: the area").as_deref(), Some("exr:1.6"));
        assert_eq!(statement_of("A game"), None);
    }

    #[test]
    fn exercises_stand_in_the_order_of_their_numbers() {
        let mut titles = ["Exercise 1.b: c", "Exercise 1.14: d", "Exercise 1.a: e", "Exercise 1.6: f"];
        titles.sort_by_key(|title| rank(title));
        assert_eq!(titles, ["Exercise 1.6: f", "Exercise 1.14: d", "Exercise 1.a: e", "Exercise 1.b: c"]);
    }

    #[test]
    fn an_exercise_without_a_page_is_noticed() {
        let sources = BTreeMap::from([
            ("exercises/ch1_preliminaries/bridge.rs".to_owned(), "//! Exercise 1.a: a bridge.\n".to_owned()),
            ("exercises/mod.rs".to_owned(), String::new()),
        ]);
        let problems = unused(&sources, &BTreeMap::new());
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, "no page shows the exercise `ch1_preliminaries/bridge`");
    }
}
