//! The errata: what is wrong, missing or misprinted in the notes, with the correction and the check that measures it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::entries::{self, CHAPTERS, Place, words};
use crate::ledger::{Check, to_digits};
use crate::preprocess::problem::{Problem, suggestion};

/// The file of the errata in the repository.
pub const FILE: &str = "book/errata.toml";

/// The errata, and what was suspected and found correct.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errata {
    /// The errata, in the order of their ids.
    #[serde(rename = "erratum")]
    pub entries: Vec<Erratum>,
    /// What was examined and is correct.
    pub correct: Vec<Correct>,
}

/// One erratum.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erratum {
    /// Its severity and number: `A1`.
    pub id: String,
    /// Where it stands in the notes.
    pub place: String,
    /// How it came about.
    pub origin: Origin,
    /// The key of the page that treats it, or will.
    pub page: String,
    /// What is wrong.
    pub problem: String,
    /// What it should be.
    pub correction: String,
    /// The keys of the checks that demonstrate it.
    #[serde(default)]
    pub checks: Vec<String>,
    #[serde(skip)]
    line: usize,
}

/// How an erratum came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It stands in the notes.
    Notes,
    /// Extracting the text from the printed notes made it.
    Extraction,
    /// The text alone does not tell which.
    Unclear,
}

/// Something that was suspected, examined and found correct.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correct {
    /// Where it stands in the notes.
    pub place: String,
    /// What was examined.
    pub remark: String,
}

/// The letter of each severity, and what it means.
const SEVERITIES: [(char, &str); 4] = [
    ('A', "False as printed"),
    ('B', "Missing hypotheses and gaps"),
    ('C', "Misprints and notation"),
    ('D', "Facts, references, language"),
];

impl Errata {
    /// Reads the errata.
    ///
    /// # Errors
    /// What TOML cannot read, ids that stand twice or have no severity, pages of no chapter.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut errata: Self = entries::parse(FILE, text, "id").map_err(|problem| vec![problem])?;
        for entry in &mut errata.entries {
            entry.line = entries::line_of(text, "id", &entry.id);
        }
        let twice = entries::repeated(errata.entries.iter().map(|entry| entry.id.as_str()));
        let problems: Vec<_> = errata
            .entries
            .iter()
            .filter_map(|entry| {
                let id = &entry.id;
                let message = if twice.contains(id.as_str()) {
                    format!("`{id}` stands more than once")
                } else if !is_id(id) {
                    format!("`{id}` is not an erratum: write its severity, A to D, and a number")
                } else {
                    format!("`{id}`: {}", entries::unknown_page(&entry.page)?)
                };
                Some(entry.problem(message))
            })
            .collect();
        if problems.is_empty() { Ok(errata) } else { Err(problems) }
    }
}

impl Erratum {
    fn problem(&self, message: String) -> Problem {
        Problem { file: FILE.into(), line: self.line, message }
    }
}

/// Holds the errata against the text and the checks. `treated` maps the ids of those boxed in the text to their boxes.
///
/// A check that an erratum names must exist, and a treated erratum of severity A or B must name one.
pub fn verify(errata: &Errata, treated: &BTreeMap<String, Place>, checks: &[Check]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in &errata.entries {
        for key in entry.checks.iter().filter(|key| !checks.iter().any(|check| check.key == **key)) {
            let hint = suggestion(key, checks.iter().map(|check| check.key.as_str()));
            problems.push(entry.problem(format!("`{}` names the unknown check `{key}`{hint}", entry.id)));
        }
        let grave = entry.id.starts_with(['A', 'B']);
        if grave && entry.checks.is_empty() && treated.contains_key(&entry.id) {
            problems.push(entry.problem(format!("`{}` is treated, but no check demonstrates it", entry.id)));
        }
    }
    problems
}

/// The errata page, in Markdown: grouped by severity and chapter, then what was found correct.
pub fn errata_page(errata: &Errata, treated: &BTreeMap<String, Place>, checks: &[Check]) -> String {
    let mut page = String::from(
        "The text of the notes that was at hand had been extracted from a PDF file, so each entry says where its mistake \
         comes from: it stands *in the notes*; or it was *made by text extraction*, almost surely, and the printed notes are \
         right; or the text alone *cannot tell*.\n",
    );
    for (severity, meaning) in SEVERITIES {
        let of_severity = || errata.entries.iter().filter(|entry| entry.id.starts_with(severity));
        let _ = write!(page, "\n## {severity}. {meaning} ({})\n\n", of_severity().count());
        for (folder, title) in CHAPTERS {
            let mut entries =
                of_severity().filter(|entry| entry.page.split('/').next() == Some(folder)).peekable();
            if entries.peek().is_some() {
                let _ = write!(page, "### {title}\n\n");
            }
            for entry in entries {
                page.push_str(&card(entry, treated, checks));
            }
        }
    }
    page.push_str("## Examined and correct\n\nThese were suspected, examined, and found to be right.\n\n");
    for Correct { place, remark } in &errata.correct {
        let _ = writeln!(page, "- **{}**: {}", words(place), words(remark));
    }
    page
}

/// A number to six digits; the coverage page shows more of them.
fn six_digits(number: f64) -> String {
    to_digits(number, 6)
}

fn card(entry: &Erratum, treated: &BTreeMap<String, Place>, checks: &[Check]) -> String {
    let origin = match entry.origin {
        Origin::Notes => "in the notes",
        Origin::Extraction => "made by text extraction",
        Origin::Unclear => "cannot tell",
    };
    let id = &entry.id;
    let mut card = format!(
        "<div class=\"erratum-entry\" id=\"erratum-{id}\">\n\n**{id}** {} <span class=\"erratum-origin\">{origin}</span>\n\n{}\n\n*Correction.* {}\n\n",
        words(&entry.place),
        words(&entry.problem),
        words(&entry.correction)
    );
    for check in checks.iter().filter(|check| entry.checks.contains(&check.key)) {
        let record = &check.record;
        let _ = write!(
            card,
            "The check [{}](coverage.md#{}) expects {}, measures {}, and rejects {}: {}.\n\n",
            check.code(),
            check.anchor(),
            six_digits(record.expected),
            six_digits(record.measured),
            six_digits(record.rejected_value),
            words(&record.rejected)
        );
    }
    match treated.get(id) {
        Some(Place { page, anchor }) => {
            let _ = write!(card, "[Where the text treats it]({page}#{anchor})\n\n");
        }
        None if entry.page.contains('/') => card.push_str("Not yet treated in the text.\n\n"),
        None => {}
    }
    card.push_str("</div>\n\n");
    card
}

fn is_id(id: &str) -> bool {
    let mut rest = id.chars();
    let letter = rest.next();
    SEVERITIES.iter().any(|(severity, _)| letter == Some(*severity)) && rest.as_str().parse::<u8>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Record;

    const ERRATA: &str = include_str!("../errata.toml");

    const SMALL: &str = r#"
[[erratum]]
id = "A1"
place = "1.3.2, first display"
origin = "notes"
page = "ch1_preliminaries/integral"
problem = "a prefactor"
correction = '$T/N$'
checks = ["ch1_preliminaries/integral/prefactor"]

[[erratum]]
id = "B3"
place = "Lemma 1.9"
origin = "unclear"
page = "ch1_preliminaries/integral"
problem = "a hypothesis"
correction = "add it"

[[erratum]]
id = "D5"
place = "throughout"
origin = "extraction"
page = "errata"
problem = "a letter"
correction = "another"

[[correct]]
place = "(1.1)"
remark = "both signs"
"#;

    fn check() -> Check {
        let record = Record {
            items: vec!["u:8".into()],
            claim: "a claim".into(),
            expected: 2.0,
            measured: 2.01,
            tolerance: 0.1,
            because: "4 standard errors".into(),
            seed: None,
            samples: None,
            rejected: "1/N for T/N".into(),
            rejected_value: 0.5,
        };
        Check { key: "ch1_preliminaries/integral/prefactor".into(), record }
    }

    fn treated(ids: &[&str]) -> BTreeMap<String, Place> {
        let place = Place { page: "ch1_preliminaries/integral.md".into(), anchor: "box-A1".into() };
        ids.iter().map(|id| (id.to_string(), place.clone())).collect()
    }

    #[test]
    fn every_erratum_of_the_notes_is_there_in_order() {
        let errata = Errata::parse(ERRATA).unwrap();
        let ids: Vec<_> = errata.entries.iter().map(|entry| entry.id.as_str()).collect();
        let mut expected = Vec::new();
        for (letter, count) in [('A', 15), ('B', 24), ('C', 36), ('D', 6)] {
            expected.extend((1..=count).map(|n| format!("{letter}{n}")));
        }
        assert_eq!(ids, expected);
        let words =
            |entry: &Erratum| [&entry.place, &entry.problem, &entry.correction].map(|text| text.len());
        assert!(errata.entries.iter().all(|entry| words(entry).iter().all(|length| *length >= 3)));
        assert!(!errata.correct.is_empty());
    }

    #[test]
    fn unknown_ids_pages_and_origins_are_named() {
        let broken = SMALL.replace("\"B3\"", "\"E3\"").replace("page = \"errata\"", "page = \"erata\"");
        let messages: Vec<_> = Errata::parse(&broken).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "book/errata.toml:12: `E3` is not an erratum: write its severity, A to D, and a number",
                "book/errata.toml:20: `D5`: the page `erata` is in no chapter; did you mean `errata`?",
            ]
        );
        let twice = SMALL.replace("\"B3\"", "\"A1\"");
        assert_eq!(Errata::parse(&twice).unwrap_err()[0].message, "`A1` stands more than once");
        let origin = SMALL.replace("\"unclear\"", "\"uncler\"");
        assert!(Errata::parse(&origin).unwrap_err()[0].message.starts_with("`B3`: unknown variant `uncler`"));
    }

    #[test]
    fn a_treated_erratum_needs_its_check_and_a_named_check_must_exist() {
        let errata = Errata::parse(SMALL).unwrap();
        assert_eq!(verify(&errata, &treated(&["A1"]), &[check()]), []);
        let mut renamed = check();
        renamed.key.push_str("es");
        let messages: Vec<_> = verify(&errata, &treated(&["A1", "B3", "D5"]), &[renamed])
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            messages,
            [
                "book/errata.toml:3: `A1` names the unknown check `ch1_preliminaries/integral/prefactor`; did you mean `ch1_preliminaries/integral/prefactores`?",
                "book/errata.toml:12: `B3` is treated, but no check demonstrates it",
            ]
        );
    }

    #[test]
    fn numbers_are_shown_to_six_digits() {
        assert_eq!(six_digits(std::f64::consts::FRAC_PI_4), "0.785398");
        assert_eq!(six_digits(2.0), "2");
    }

    #[test]
    fn the_page_shows_origin_correction_check_and_place() {
        let page = errata_page(&Errata::parse(SMALL).unwrap(), &treated(&["A1"]), &[check()]);
        for expected in [
            "## A. False as printed (1)\n\n### Chapter 1. Introduction and preliminaries\n\n<div class=\"erratum-entry\" id=\"erratum-A1\">\n\n**A1** 1.3.2, first display <span class=\"erratum-origin\">in the notes</span>\n\na prefactor\n\n*Correction.* $T/N$\n\n",
            "[<code>prefactor</code>](coverage.md#check-ch1_preliminaries-integral-prefactor) expects 2, measures 2.01, and rejects 0.5: 1/N for T/N.",
            "[Where the text treats it](ch1_preliminaries/integral.md#box-A1)",
            "### The notes as a whole\n\n<div class=\"erratum-entry\" id=\"erratum-D5\">",
            "- **(1.1)**: both signs\n",
        ] {
            assert!(page.contains(expected), "{expected}\nis missing in\n{page}");
        }
        assert_eq!(page.matches("Not yet treated in the text.").count(), 1);
    }
}
