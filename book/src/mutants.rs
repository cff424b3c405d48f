//! Mutants: small faults put into the code on purpose, and how many of them a test caught.

use std::fmt::Write;

use serde::Deserialize;

use crate::entries::{self, CHAPTERS};
use crate::preprocess::problem::Problem;

/// The file of results in the repository.
pub const FILE: &str = "book/mutants.toml";

/// What became of a random sample of mutants.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutants {
    /// The day of the samples.
    date: String,
    /// One row a chapter.
    #[serde(rename = "chapter")]
    chapters: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// The seed that drew the sample.
    seed: u64,
    /// How many mutants the chapter has.
    all: u64,
    /// How many of them were drawn and compiled.
    sampled: u64,
    /// A test failed.
    caught: u64,
    /// Passed the tests as they stood; fails one that was written for it.
    since: u64,
    /// Changes nothing a check could see.
    equivalent: u64,
    /// Of each that is left, what it is and why it was not caught.
    #[serde(default)]
    left: Vec<String>,
}

impl Row {
    /// How many were not caught, if the counts fit together.
    fn not_caught(&self) -> Option<u64> {
        self.sampled.checked_sub(self.caught + self.since + self.equivalent)
    }
}

/// Φ⁻¹(0.975).
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's (1927) interval of 95 % for a probability that came true `hits` times in `trials`.
fn wilson(hits: u64, trials: u64) -> [f64; 2] {
    let (n, p) = (trials as f64, hits as f64 / trials as f64);
    let centre = p + 0.5 * Z * Z / n;
    let reach = Z * (p * (1.0 - p) / n + 0.25 * (Z / n).powi(2)).sqrt();
    [centre - reach, centre + reach].map(|end| end / (1.0 + Z * Z / n))
}

impl Mutants {
    /// Reads the text of [`FILE`].
    ///
    /// # Errors
    /// Text that is no such table, an unknown chapter, or counts that do not fit together.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mutants: Self = entries::parse(FILE, text, "name")?;
        for row in &mutants.chapters {
            let complaint = if CHAPTERS.iter().all(|(folder, _)| *folder != row.name) {
                "there is no such chapter"
            } else if row.sampled == 0 || row.sampled > row.all || row.not_caught().is_none() {
                "the counts do not fit together"
            } else if row.not_caught() != Some(row.left.len() as u64) {
                "`left` says of each mutant that was not caught what it is"
            } else {
                continue;
            };
            let line = entries::line_of(text, "name", &row.name);
            return Err(Problem { file: FILE.into(), line, message: format!("`{}`: {complaint}", row.name) });
        }
        Ok(mutants)
    }

    /// The section of the coverage page.
    pub fn section(&self) -> String {
        let mut text = format!(
            "\n## Mutants\n\nHow much do the tests see? A mutant is the code with one operator, number, method, condition or test of an \
             argument changed: `+` to `-`, 2 to 3, `sin` to `cos`. On {} a random sample of them, drawn with the seed in the table, \
             was run against the checks of its chapter and, if it passed them, against the laws and the examples in the \
             documentation of what it changes; the checks of networks that train for minutes were left out, and so were faults \
             in constants and those that do not compile. A chapter \
             with a later seed was sampled anew after tests had been written for what the samples before it found. The interval is \
             Wilson's, of 95 %, for the share of all mutants that the tests caught as they stood then.\n\n",
            self.date
        );
        text.push_str(
            "<div class=\"cards\" style=\"--2: 'mutants'; --3: 'seed'; --4: 'sampled'; --5: 'caught'; --6: 'share'; --7: 'caught since'; \
             --8: 'change nothing'; --9: 'not caught'\">\n\n\
             | chapter | mutants | seed | sampled | caught | share | caught since | change nothing | not caught |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.chapters {
            let title =
                CHAPTERS.iter().find(|(folder, _)| *folder == row.name).map_or("", |(_, title)| title);
            // "Chapter 3" in one line: with nine columns there is no room for more.
            let title = title.split_once('.').map_or(title, |(number, _)| number).replace(' ', "\u{a0}");
            let [low, high] = wilson(row.caught, row.sampled).map(|end| 100.0 * end);
            let share = 100.0 * row.caught as f64 / row.sampled as f64;
            let left = row.left.len();
            let _ = writeln!(
                text,
                "| {title} | {} | {} | {} | {} | {share:.0}\u{a0}% ({low:.0}–{high:.0}\u{a0}%) | {} | {} | {left} |",
                row.all, row.seed, row.sampled, row.caught, row.since, row.equivalent
            );
        }
        text.push_str(
            "\n</div>\n\nA mutant *caught since* passed, and a test was written that it fails. One that *changes nothing* changes nothing a check \
             could see: the same numbers up to rounding, other numbers of the same law, other room in memory. What is *not \
             caught* may still be seen by the checks that train; what was not decided in the time allowed counts as not caught.\n",
        );
        for left in self.chapters.iter().flat_map(|row| &row.left) {
            let _ = writeln!(text, "\nNot caught: {left}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "date = \"1 May\"\n\n[[chapter]]\nname = \"ch3_flows\"\nseed = 3\nall = 900\nsampled = 50\ncaught = 45\nsince = 2\nequivalent = 1\nleft = [\"a.\", \"b.\"]\n";

    #[test]
    fn wilson_against_its_quadratic() {
        // The ends solve (p̂ − p)² = z² p (1 − p)/n.
        for (hits, trials) in [(45, 50), (0, 7), (9, 9)] {
            for p in wilson(hits, trials) {
                let miss = (hits as f64 / trials as f64 - p).powi(2) - Z * Z * p * (1.0 - p) / trials as f64;
                assert!(miss.abs() < 1e-15 && (-1e-15..=1.0 + 1e-15).contains(&p));
            }
        }
    }

    #[test]
    fn a_row_tells_what_became_of_the_sample() {
        let section = Mutants::parse(ONE).unwrap().section();
        assert!(section.contains("On 1 May a random sample of them"));
        assert!(
            section
                .contains("| Chapter\u{a0}3 | 900 | 3 | 50 | 45 | 90\u{a0}% (79–96\u{a0}%) | 2 | 1 | 2 |\n"),
            "{section}"
        );
        assert!(section.ends_with("\nNot caught: a.\n\nNot caught: b.\n"), "{section}");
    }

    #[test]
    fn counts_must_fit() {
        let message = |text: &str| Mutants::parse(text).unwrap_err().message;
        assert!(message(&ONE.replace("since = 2", "since = 9")).contains("do not fit together"));
        assert!(message(&ONE.replace(", \"b.\"", "")).contains("`left` says of each"));
        assert!(message(&ONE.replace("ch3_flows", "ch9_flows")).contains("no such chapter"));
        assert!(message(&ONE.replace("seed", "sede")).contains("unknown field"));
    }
}
