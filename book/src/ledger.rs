//! The ledger: every item of the notes, whether it is treated, and what its checks measured.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;

use crate::entries::{self, CHAPTERS, Place, words};
use crate::preprocess::directive::number;
use crate::preprocess::labels::KINDS;
use crate::preprocess::problem::{Problem, suggestion};

/// The ledger's file in the repository.
pub const FILE: &str = "book/ledger.toml";

/// Every item of the notes, in their order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The items.
    #[serde(rename = "item")]
    pub items: Vec<Item>,
}

/// One item of the notes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its kind and number: `thm:1.11`, `eq:4.4`, `u:8`.
    pub id: String,
    /// What it is about, in a few words.
    pub title: String,
    /// The section of the notes it stands in.
    pub section: String,
    /// The key of the page that treats it, or will.
    pub page: String,
    /// Whether it is treated.
    pub status: Status,
    /// Whether it claims something that can be measured.
    pub measurable: bool,
    #[serde(skip)]
    line: usize,
}

/// Whether an item is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet written.
    Open,
    /// In the text and, if measurable, checked.
    Done,
}

/// A check as its pin records it.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The section and the name of the check: `ch1_preliminaries/brownian/quadratic_variation`.
    pub key: String,
    /// What it measured.
    pub record: Record,
}

/// What a check measured, and the wrong version it rejected.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The ids of the items it checks.
    pub items: Vec<String>,
    /// The claim, in words.
    pub claim: String,
    /// The reference value.
    pub expected: f64,
    /// The measured value.
    pub measured: f64,
    /// The difference allowed.
    pub tolerance: f64,
    /// The reason for the tolerance.
    pub because: String,
    /// The seed of the measurement.
    pub seed: Option<u64>,
    /// The size of the sample, in words.
    pub samples: Option<String>,
    /// The wrong version, in words.
    pub rejected: String,
    /// What the wrong version gives.
    pub rejected_value: f64,
}

/// Finds the first line of a source file that holds a text, and links to it: `(path, text)` to a link, or nothing.
pub type Link<'a> = dyn Fn(&str, &str) -> Option<String> + 'a;

impl Ledger {
    /// Reads the ledger.
    ///
    /// # Errors
    /// What TOML cannot read, ids that stand twice, ids of no known kind, pages of no chapter.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut ledger: Self = entries::parse(FILE, text, "id").map_err(|problem| vec![problem])?;
        for item in &mut ledger.items {
            item.line = entries::line_of(text, "id", &item.id);
        }
        let twice = entries::repeated(ledger.items.iter().map(|item| item.id.as_str()));
        let problems: Vec<_> = ledger
            .items
            .iter()
            .filter_map(|item| {
                let id = &item.id;
                let message = if twice.contains(id.as_str()) {
                    format!("`{id}` stands more than once")
                } else if !is_item(id) {
                    format!("`{id}` is not an item: write kind and number, as in `thm:1.11`, `eq:4.4`, `u:8`")
                } else {
                    format!("`{id}`: {}", entries::unknown_page(&item.page)?)
                };
                Some(item.problem(message))
            })
            .collect();
        if problems.is_empty() { Ok(ledger) } else { Err(problems) }
    }

    /// Every item's id with the number of checks that name it.
    pub fn checks_per_item(&self, checks: &[Check]) -> BTreeMap<String, usize> {
        self.items.iter().map(|item| (item.id.clone(), item.checks(checks).count())).collect()
    }
}

impl Item {
    /// What the item is called: `Theorem 1.11`, `Equation (4.4)`, `U8`.
    pub fn name(&self) -> String {
        let (kind, number) = self.id.split_once(':').unwrap_or(("", &self.id));
        match kind {
            "eq" => format!("Equation ({number})"),
            "fig" => format!("Figure {number}"),
            _ => match KINDS.iter().find(|(short, _)| *short == kind) {
                Some((_, word)) => format!("{word} {number}"),
                None => format!("{}{number}", kind.to_uppercase()),
            },
        }
    }

    /// The file of its code, if it has code; `exists` tells which files there are.
    pub fn source(&self, exists: &dyn Fn(&str) -> bool) -> Option<String> {
        files("src", &self.page).into_iter().find(|file| exists(file))
    }

    /// Whether it is written and checked.
    pub fn is_done(&self) -> bool {
        self.status == Status::Done
    }

    /// The checks that name it.
    pub fn checks<'a>(&self, checks: &'a [Check]) -> impl Iterator<Item = &'a Check> {
        checks.iter().filter(|check| check.record.items.contains(&self.id))
    }

    fn problem(&self, message: String) -> Problem {
        Problem { file: FILE.into(), line: self.line, message }
    }
}

impl Check {
    /// The anchor of the check on the coverage page.
    pub fn anchor(&self) -> String {
        format!("check-{}", self.key.replace('/', "-"))
    }

    /// The name of the check within its section.
    pub fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }

    /// The name as pages show it.
    pub fn code(&self) -> String {
        entries::code(self.name())
    }

    /// How far the rejected value lies from the expected one, in tolerances.
    pub fn distance(&self) -> f64 {
        (self.record.rejected_value - self.record.expected).abs() / self.record.tolerance
    }

    /// A link to the line of the tests that names the check.
    fn test(&self, link: &Link) -> Option<String> {
        let (section, _) = self.key.rsplit_once('/')?;
        in_section("tests", section, &format!("\"{}\"", self.key), link)
    }

    /// The file of its pin.
    pub fn file(&self) -> String {
        let (section, name) = self.key.rsplit_once('/').unwrap_or(("", &self.key));
        format!("snapshots/{section}/checks/{name}.snap")
    }
}

/// The anchor of an item on the coverage page: `cov-thm-1-5`.
pub fn anchor(id: &str) -> String {
    format!("cov-{}", id.replace([':', '.'], "-"))
}

/// Reads the checks among the `snapshots`, which are given by their path without suffix and their text without header.
/// The checks come sorted by key.
///
/// # Errors
/// Every pinned check that is not a record.
pub fn read_checks(snapshots: &BTreeMap<String, String>) -> Result<Vec<Check>, Vec<Problem>> {
    let mut checks = Vec::new();
    let mut problems = Vec::new();
    for (path, text) in snapshots {
        if let Some((section, name)) = path.rsplit_once("/checks/") {
            match entries::parse(&format!("snapshots/{path}.snap"), text, "claim") {
                Ok(record) => checks.push(Check { key: format!("{section}/{name}"), record }),
                Err(problem) => problems.push(problem),
            }
        }
    }
    checks.sort_by(|a, b| a.key.cmp(&b.key));
    if problems.is_empty() { Ok(checks) } else { Err(problems) }
}

/// Holds the ledger against the text and the checks. `places` maps labels to where they stand; those that are not the
/// notes' own (`eq:transition`) are passed over.
///
/// A done item must stand in the text and, if measurable, be named by a check; checks and places must name items that
/// exist; a pinned check must still have its test.
pub fn verify(
    ledger: &Ledger,
    places: &BTreeMap<String, Place>,
    checks: &[Check],
    link: &Link,
) -> Vec<Problem> {
    let ids: BTreeSet<_> = ledger.items.iter().map(|item| item.id.as_str()).collect();
    let unknown = |id: &str| format!("unknown item `{id}`{}", suggestion(id, ids.iter().copied()));
    let mut problems = Vec::new();
    for item in ledger.items.iter().filter(|item| item.status == Status::Done) {
        if !places.contains_key(&item.id) {
            problems.push(item.problem(format!("`{}` is done, but stands nowhere in the text", item.id)));
        }
        if item.measurable && item.checks(checks).next().is_none() {
            problems.push(item.problem(format!("`{}` is done, but no check names it", item.id)));
        }
    }
    for check in checks {
        let mut complain = |message| problems.push(Problem { file: check.file(), line: 1, message });
        for id in check.record.items.iter().filter(|id| !ids.contains(id.as_str())) {
            complain(format!("the check names the {}", unknown(id)));
        }
        if check.record.items.is_empty() {
            complain("the check names no item".into());
        }
        if check.test(link).is_none() {
            complain(format!("no test measures `{}` any more: remove this pin", check.key));
        }
    }
    for (id, place) in places.iter().filter(|(id, _)| is_item(id) && !ids.contains(id.as_str())) {
        let message = format!("`{}` is the place of the {}", place.anchor, unknown(id));
        problems.push(Problem { file: format!("chapters/{}", place.page), line: 1, message });
    }
    problems
}

/// The coverage page, in Markdown: the totals, then for every chapter its items with their checks.
pub fn coverage_page(
    ledger: &Ledger,
    places: &BTreeMap<String, Place>,
    checks: &[Check],
    link: &Link,
) -> String {
    let mut page = totals(ledger, checks);
    let mut shown = BTreeSet::new();
    for (folder, title) in CHAPTERS {
        let items = ledger.items.iter().filter(|item| in_chapter(&item.page, folder));
        let (written, open): (Vec<_>, Vec<_>) =
            items.partition(|item| item.status == Status::Done || item.checks(checks).next().is_some());
        let _ = write!(page, "\n## {title}\n\n");
        for item in written {
            page.push_str(&card(item, places, checks, link, &mut shown));
        }
        if !open.is_empty() {
            let _ = write!(
                page,
                "<details class=\"coverage-open\"><summary>Not yet written: {}</summary>\n\n",
                open.len()
            );
            for item in open {
                let (id, name, title) = (anchor(&item.id), item.name(), words(&item.title));
                let _ = writeln!(page, "- <span id=\"{id}\"></span>{} {name}. {title}", item.section);
            }
            page.push_str("\n</details>\n\n");
        }
    }
    page
}

fn totals(ledger: &Ledger, checks: &[Check]) -> String {
    let row = |title: &str, folder: &str| {
        let items = || ledger.items.iter().filter(|item| in_chapter(&item.page, folder));
        let done = items().filter(|item| item.status == Status::Done).count();
        let checks = checks.iter().filter(|check| in_chapter(&check.key, folder)).count();
        format!("| {title} | {done} | {} | {checks} |\n", items().count() - done)
    };
    let mut table = String::from("| chapter | done | open | checks |\n|---|--:|--:|--:|\n");
    for (folder, title) in CHAPTERS {
        table.push_str(&row(title, folder));
    }
    table.push_str(&row("All", ""));
    table.push_str(
        "\nItems are called as in the notes. U1, U2, … are claims the notes do not number, R1, R2, … topics they \
         recommend for further reading. An item counts as done when it has its place in the text and, if it claims \
         something measurable, a check that names it.\n",
    );
    table
}

/// Whether the page or check with `key` belongs to the chapter in `folder`; all belong to the empty folder.
fn in_chapter(key: &str, folder: &str) -> bool {
    folder.is_empty() || key.split('/').next() == Some(folder)
}

/// One item with its checks. A check that names several items is printed with the first and linked from the others.
fn card<'a>(
    item: &Item,
    places: &BTreeMap<String, Place>,
    checks: &'a [Check],
    link: &Link,
    shown: &mut BTreeSet<&'a str>,
) -> String {
    let count = match (item.checks(checks).count(), item.measurable) {
        (0, false) => "nothing to measure".into(),
        (1, _) => "1 check".into(),
        (count, _) => format!("{count} checks"),
    };
    let open = if item.status == Status::Open { ", not yet done" } else { "" };
    let mut links = Vec::new();
    if let Some(Place { page, anchor }) = places.get(&item.id) {
        links.push(format!("[In the text]({page}#{anchor})"));
    }
    if let Some(code) = in_section("src", &item.page, "", link) {
        links.push(format!("[code]({code})"));
    }
    let (new, old): (Vec<_>, Vec<_>) =
        item.checks(checks).partition(|check| shown.insert(check.key.as_str()));
    links.extend(old.iter().map(|check| format!("[{}](#{})", check.code(), check.anchor())));
    let mut card = format!(
        "<details class=\"coverage-item\">\n<summary>\n\n**{}** {} <span class=\"coverage-count\">{count}{open}</span>\n\n</summary>\n\n<span id=\"{}\"></span>{}\n\n",
        item.name(),
        words(&item.title),
        anchor(&item.id),
        links.join(" · ")
    );
    for check in new {
        card.push_str(&measurement(check, link));
    }
    card.push_str("</details>\n\n");
    card
}

/// One check: its claim, what it measured, what it rejected.
fn measurement(check: &Check, link: &Link) -> String {
    let record = &check.record;
    let name = match check.test(link) {
        Some(link) => format!("[{}]({link})", check.code()),
        None => check.code(),
    };
    let mut text = format!(
        "<div class=\"coverage-check\" id=\"{}\">\n\n{name}: {}\n\n- expected {}, measured {}; allowed ±\u{a0}{}: {}\n",
        check.anchor(),
        words(&record.claim),
        to_digits(record.expected, 8),
        to_digits(record.measured, 8),
        value(record.tolerance),
        words(&record.because)
    );
    let seed = record.seed.map(|seed| format!("seed {seed}"));
    let samples = record.samples.as_deref().map(words);
    let origin: Vec<_> = seed.into_iter().chain(samples).collect();
    if !origin.is_empty() {
        let _ = writeln!(text, "- {}", origin.join(", "));
    }
    let _ = write!(
        text,
        "- rejected: {}, which gives {}, {} tolerances away\n\n</div>\n\n",
        words(&record.rejected),
        to_digits(record.rejected_value, 8),
        significant(check.distance())
    );
    text
}

/// A number as it is printed in a sentence.
pub(crate) fn value(value: f64) -> String {
    number(&format!("{value:?}"))
}

/// A number to so many digits, without zeros at the end; the snapshots hold all of them.
pub(crate) fn to_digits(number: f64, digits: usize) -> String {
    value(format!("{number:.*e}", digits - 1).parse().unwrap_or(number))
}

/// A ratio to two digits.
fn significant(ratio: f64) -> String {
    match ratio {
        ..10.0 => format!("{ratio:.1}"),
        ..1e4 => format!("{ratio:.0}"),
        _ => number(&format!("{ratio:.0e}")),
    }
}

/// A link to the line with `needle` in the first of the section's files below `root` that has it.
fn in_section(root: &str, section: &str, needle: &str, link: &Link) -> Option<String> {
    files(root, section).iter().find_map(|file| link(file, needle))
}

/// Where the code of a section may stand below `root`: in the file of its name, in the `mod.rs` of its directory, or in
/// that of the directory above.
fn files(root: &str, section: &str) -> Vec<String> {
    let mut files = vec![format!("{root}/{section}.rs"), format!("{root}/{section}/mod.rs")];
    files.extend(section.rsplit_once('/').map(|(above, _)| format!("{root}/{above}/mod.rs")));
    files
}

/// Whether a label is an item of the notes rather than one of the book's own: a known kind and a number.
fn is_item(label: &str) -> bool {
    let Some((kind, number)) = label.split_once(':') else { return false };
    let known = ["eq", "fig", "u", "r"].contains(&kind) || KINDS.iter().any(|(short, _)| *short == kind);
    known && number.split('.').all(|part| part.parse::<u16>().is_ok())
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
