//! One page: every mark of its text replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::directive;
use super::labels::Labels;
use super::problem::{Problem, suggestion};
use super::scan::{Mark, line_of, scan};
use super::sources;
use super::world::World;
use crate::typeset::{self, Glyph};

/// A chapter as mdBook hands it over.
pub struct Chapter<'a> {
    /// The file in the repository: `chapters/ch1_preliminaries/brownian.md`.
    pub file: String,
    /// The page in the book: `ch1_preliminaries/brownian.md`.
    pub path: &'a str,
    /// Its name in the summary: `1.3.1 Brownian motion`.
    pub name: &'a str,
    /// Its Markdown.
    pub text: &'a str,
}

impl Chapter<'_> {
    /// The key of the section: `ch1_preliminaries/brownian`.
    pub fn section(&self) -> &str {
        self.path.trim_end_matches(".md")
    }

    /// The number of its section, the 1.3.1 of `1.3.1 Brownian motion`; nothing for a chapter without one.
    pub fn number(&self) -> &str {
        let first = self.name.split_whitespace().next().unwrap_or_default();
        if first.starts_with(|character: char| character.is_ascii_digit()) { first } else { "" }
    }

    /// What leads from this page to the root of the book.
    pub fn to_root(&self) -> String {
        "../".repeat(self.path.matches('/').count())
    }

    /// A link from this page to `anchor` on `page`.
    pub fn link(&self, page: &str, anchor: &str) -> String {
        if page == self.path { format!("#{anchor}") } else { format!("{}{page}#{anchor}", self.to_root()) }
    }
}

/// A page under the press.
pub struct Page<'a> {
    /// The chapter it comes from.
    pub chapter: &'a Chapter<'a>,
    /// What it can refer to.
    pub world: &'a World,
    /// Where things stand.
    pub labels: &'a Labels,
    /// What turned out to be wrong.
    pub problems: Vec<Problem>,
    /// The glyphs its formulas and figures use.
    pub glyphs: BTreeSet<Glyph>,
    /// The snapshots it shows.
    pub snapshots: BTreeSet<String>,
    /// The works it cites.
    pub cited: BTreeSet<String>,
    /// The errata it treats, and where they are boxed.
    pub errata: BTreeMap<String, String>,
    /// The exercises it offers, and where.
    pub exercises: BTreeMap<String, String>,
}

/// What stands in the place of a mark.
pub enum Replacement {
    /// Text within a line.
    Inline(String),
    /// A block of its own: blank lines are put around it, inside whatever quote or list it stands in.
    Block(String),
}

/// The outcome of a directive: its replacement, or what is wrong.
pub type Outcome = Result<Replacement, String>;

const DIRECTIVES: [&str; 10] =
    ["code", "output", "pin", "figure", "statement", "solution", "erratum", "exercise", "covers", "end"];

impl<'a> Page<'a> {
    /// An empty page for `chapter`.
    pub fn new(chapter: &'a Chapter<'a>, world: &'a World, labels: &'a Labels) -> Self {
        Self {
            chapter,
            world,
            labels,
            problems: Vec::new(),
            glyphs: BTreeSet::new(),
            snapshots: BTreeSet::new(),
            cited: BTreeSet::new(),
            errata: BTreeMap::new(),
            exercises: BTreeMap::new(),
        }
    }

    /// The page's Markdown with every mark replaced, and the outlines of its glyphs at the end.
    pub fn render(&mut self) -> String {
        let chapter = self.chapter;
        let mut text = self.expand(chapter.text, &chapter.file);
        text.push_str(&format!(
            "\n\n<p class=\"page-source\"><a href=\"{}source/{}.html\">The source of this page</a></p>\n",
            chapter.to_root(),
            sources::name(&chapter.file)
        ));
        if !self.glyphs.is_empty() {
            text.push_str(&format!(
                "\n\n<div class=\"glyph-definitions\" aria-hidden=\"true\"><svg width=\"0\" height=\"0\"><defs>{}</defs></svg></div>\n",
                typeset::definitions(&self.glyphs)
            ));
        }
        text
    }

    /// Replaces every mark of `text`, which stands in `file`.
    pub fn expand(&mut self, text: &str, file: &str) -> String {
        let mut result = String::with_capacity(2 * text.len());
        let mut open: Vec<(&str, usize, &str)> = Vec::new();
        let mut done = 0;
        for spot in scan(text) {
            if spot.range.start < done {
                continue;
            }
            let start = spot.range.start;
            let line = || line_of(text, start);
            let outcome = match spot.mark {
                Mark::Code(info) => {
                    if let Some(message) = untested(info.as_deref()) {
                        self.problems.push(Problem { file: file.into(), line: line(), message });
                    }
                    continue;
                }
                Mark::StrayDollar => {
                    Err("this `$` belongs to no formula: escape it, balance the braces, or write `\\vert` in a table".into())
                }
                Mark::Inline(tex) => self.formula(typeset::inline_html(tex)).map(Replacement::Inline),
                Mark::Display(tex, label) => {
                    let number = label.and_then(|name| self.labels.get(name)).map(|label| label.text.clone());
                    let number = number.as_deref().map(|text| text.trim_matches(['(', ')']));
                    self.formula(typeset::display_html(tex, label, number)).map(Replacement::Block)
                }
                Mark::Reference(label) => self.reference(label),
                Mark::Citation(keys) => self.citation(keys),
                Mark::Directive("end", _) => match open.pop() {
                    Some((_, _, close)) => Ok(Replacement::Block(close.into())),
                    None => Err("`{{end}}` closes nothing".into()),
                },
                Mark::Directive(name, argument) => {
                    let close = match name {
                        "statement" | "erratum" => Some("</div>"),
                        "solution" => Some("</details>"),
                        _ => None,
                    };
                    if let Some(close) = close {
                        open.push((name, line(), close));
                    }
                    self.directive(name, argument)
                }
            };
            match outcome {
                Ok(replacement) => {
                    result.push_str(&text[done..spot.range.start]);
                    place(&mut result, text, spot.range.clone(), replacement);
                    done = spot.range.end;
                }
                Err(message) => self.problems.push(Problem { file: file.into(), line: line(), message }),
            }
        }
        for (name, line, _) in open {
            let message = format!("`{{{{{name}}}}}` is never closed by `{{{{end}}}}`");
            self.problems.push(Problem { file: file.into(), line, message });
        }
        result.push_str(&text[done..]);
        result
    }

    fn directive(&mut self, name: &str, argument: &str) -> Outcome {
        match name {
            "code" => directive::code(self, argument),
            "output" => directive::output(self, argument),
            "pin" => directive::pin(self, argument),
            "figure" => directive::figure(self, argument),
            "statement" => directive::statement(self, argument),
            "solution" => directive::solution(argument),
            "erratum" => directive::erratum(self, argument),
            "exercise" => directive::exercise(self, argument),
            "covers" => directive::covers(self, argument),
            _ => Err(format!("unknown directive `{name}`{}", suggestion(name, DIRECTIVES))),
        }
    }

    fn formula(
        &mut self,
        typeset: Result<(String, BTreeSet<Glyph>), typeset::Error>,
    ) -> Result<String, String> {
        let (html, glyphs) = typeset.map_err(|error| error.to_string())?;
        self.glyphs.extend(glyphs);
        Ok(shield(&html))
    }

    fn reference(&mut self, name: &str) -> Outcome {
        let Some(label) = self.labels.get(name) else {
            return Err(format!("unknown label `{name}`{}", self.labels.suggestion(name)));
        };
        let link = self.chapter.link(&label.page, &label.anchor);
        Ok(Replacement::Inline(format!("[{}]({link})", label.text)))
    }

    fn citation(&mut self, keys: &str) -> Outcome {
        let mut links = Vec::new();
        for key in keys.split(';').map(|key| key.trim().trim_start_matches('@')) {
            let Some(label) = self.world.citations.get(key) else {
                let known = self.world.citations.keys().map(String::as_str);
                return Err(format!("unknown citation `{key}`{}", suggestion(key, known)));
            };
            let link = self.chapter.link("bibliography.md", &format!("ref-{key}"));
            links.push(format!("[{label}]({link})"));
            self.cited.insert(key.into());
        }
        Ok(Replacement::Inline(format!("({})", links.join("; "))))
    }
}

/// Why a block of code would not be tested, if so.
fn untested(info: Option<&str>) -> Option<String> {
    let Some(info) = info else {
        return Some("code is indented: fence it and name its language".into());
    };
    if info.is_empty() {
        return Some("a fence names no language: rustdoc would take it for Rust".into());
    }
    info.split([',', ' '])
        .find(|word| ["ignore", "no_run"].contains(word))
        .map(|word| format!("`{word}` would leave this code untested"))
}

/// Puts `replacement` where `range` of `text` stood. A block in a quote or a list stays inside it.
fn place(result: &mut String, text: &str, range: Range<usize>, replacement: Replacement) {
    let block = match replacement {
        Replacement::Inline(inline) => return result.push_str(&inline),
        Replacement::Block(block) => block,
    };
    let line = &text[text[..range.start].rfind('\n').map_or(0, |at| at + 1)..range.start];
    let content = line.trim_start_matches([' ', '>', '-', '*']);
    let container = &line[..line.len() - content.len()];
    let prefix = container.replace(['-', '*'], " ");
    if !content.is_empty() {
        result.push_str(&format!("\n{prefix}\n{prefix}"));
    } else if prefix == container {
        result.push_str(&format!("\n{prefix}"));
    }
    result.push_str(&block.replace('\n', &format!("\n{prefix}")));
    result.push_str(&format!("\n{prefix}\n{prefix}"));
}

/// Keeps Markdown from reading the text between the tags of a piece of HTML.
fn shield(html: &str) -> String {
    let mut result = String::with_capacity(html.len());
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        if !in_tag && character.is_ascii_punctuation() && !matches!(character, '>' | '&' | '#' | ';') {
            result.push_str(&format!("&#{};", u32::from(character)));
        } else if character == '|' {
            result.push_str("&#124;");
        } else {
            result.push(character);
        }
    }
    result
}
