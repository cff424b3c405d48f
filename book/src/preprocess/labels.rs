//! Labels: where every statement, equation, figure and erratum of the book stands, and how it is called.

use std::collections::BTreeMap;

use super::page::Chapter;
use super::problem::{Problem, suggestion};
use super::scan::{Mark, line_of, scan};
use super::world::World;

/// One label.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The page, relative to the book: `ch1_preliminaries/brownian.md`.
    pub page: String,
    /// The `id` on that page.
    pub anchor: String,
    /// What a reference shows: `Theorem 1.5`, `(1.5)`, `Figure 1.3.1a`.
    pub text: String,
    /// How many labels stand before it in the book.
    pub rank: usize,
    file: String,
    line: usize,
}

/// All labels of the book.
#[derive(Debug, Default)]
pub struct Labels {
    by_name: BTreeMap<String, Label>,
}

/// The kinds of numbered statements of the notes.
pub const KINDS: [(&str, &str); 5] =
    [("thm", "Theorem"), ("def", "Definition"), ("lem", "Lemma"), ("exr", "Exercise"), ("exa", "Example")];

impl Labels {
    /// Collects the labels of all chapters; a label that stands twice is a problem.
    pub fn collect(chapters: &[Chapter], world: &World, problems: &mut Vec<Problem>) -> Self {
        let mut labels = Self::default();
        let (mut equations, mut figures) = (Letters::default(), Letters::default());
        for chapter in chapters {
            equations.enter(chapter.number());
            figures.enter(chapter.number());
            for spot in scan(chapter.text) {
                let start = spot.range.start;
                let mut add = |name: String, anchor: String, text: String| {
                    let label = Label {
                        page: chapter.path.to_owned(),
                        anchor,
                        text,
                        rank: labels.by_name.len(),
                        file: chapter.file.clone(),
                        line: line_of(chapter.text, start),
                    };
                    labels.insert(name, label, problems);
                };
                match spot.mark {
                    Mark::Display(_, Some(name)) => {
                        let number = match name.strip_prefix("eq:") {
                            Some(number) if is_number(number) => number.to_owned(),
                            _ => equations.next(),
                        };
                        add(name.into(), name.into(), format!("({number})"));
                    }
                    Mark::Directive("statement", argument) => {
                        let mut words = argument.split_whitespace();
                        if let (Some(kind), Some(number)) = (words.next(), words.next())
                            && let Some((_, word)) = KINDS.iter().find(|(short, _)| *short == kind)
                        {
                            let name = format!("{kind}:{number}");
                            add(name.clone(), name, format!("{word} {number}"));
                        }
                    }
                    Mark::Directive("figure", id) => {
                        if let Some(figure) = world.figures.get(id) {
                            let anchor = format!("fig:{id}");
                            let number = figure.number.clone().unwrap_or_else(|| figures.next());
                            let text = format!("Figure {number}");
                            if let Some(number) = &figure.number {
                                add(format!("fig:{number}"), anchor.clone(), text.clone());
                            }
                            add(anchor.clone(), anchor, text);
                        }
                    }
                    Mark::Directive("covers", ids) => {
                        for id in ids.split_whitespace() {
                            add(id.into(), format!("item-{id}"), format!("item {id}"));
                        }
                    }
                    _ => {}
                }
            }
        }
        labels
    }

    /// The label called `name`.
    pub fn get(&self, name: &str) -> Option<&Label> {
        self.by_name.get(name)
    }

    /// `; did you mean …?` for an unknown label.
    pub fn suggestion(&self, name: &str) -> String {
        suggestion(name, self.by_name.keys().map(String::as_str))
    }

    /// Every label with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Label)> {
        self.by_name.iter().map(|(name, label)| (name.as_str(), label))
    }

    fn insert(&mut self, name: String, label: Label, problems: &mut Vec<Problem>) {
        if let Some(first) = self.by_name.get(&name) {
            problems.push(Problem {
                message: format!("the label `{name}` stands already at {}:{}", first.file, first.line),
                file: label.file,
                line: label.line,
            });
        } else {
            self.by_name.insert(name, label);
        }
    }
}

/// Whether a label is one of the notes' own numbers, such as `1.11`.
fn is_number(label: &str) -> bool {
    label.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Numbers for what the notes do not number: `1.3.1a`, `1.3.1b`, … They go on over the pages of one section.
#[derive(Default)]
struct Letters {
    section: String,
    used: u8,
}

impl Letters {
    /// Comes to a page; one without a number belongs to the section before it, one of two sections to the later.
    fn enter(&mut self, number: &str) {
        let number = number.rsplit('–').next().unwrap_or_default();
        if !number.is_empty() && number != self.section {
            *self = Self { section: number.to_owned(), used: 0 };
        }
    }

    fn next(&mut self) -> String {
        let letter = char::from(b'a' + self.used % 26);
        let lap = if self.used < 26 { String::new() } else { (self.used / 26).to_string() };
        self.used += 1;
        format!("{}{letter}{lap}", self.section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_over_the_pages_of_a_section() {
        let mut letters = Letters::default();
        letters.enter("2.1–2.2");
        assert_eq!([letters.next(), letters.next()], ["2.2a", "2.2b"]);
        letters.enter("");
        assert_eq!(letters.next(), "2.2c");
        letters.enter("2.3");
        assert_eq!(letters.next(), "2.3a");
    }
}
