//! The bibliography: the works the notes list, and those this book adds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;

use crate::entries::{self, code, words};
use crate::preprocess::problem::{Problem, suggestion};

/// The file of the bibliography in the repository.
pub const FILE: &str = "book/bibliography.toml";

/// All works.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bibliography {
    /// The works, in any order.
    #[serde(rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What a citation calls it: `evans2013`.
    pub key: String,
    /// The authors, each as `Family, Given`.
    pub authors: Vec<String>,
    /// The title.
    pub title: String,
    /// Where it appeared.
    pub venue: String,
    /// When it appeared.
    pub year: u16,
    /// Its digital object identifier.
    pub doi: Option<String>,
    /// Another address.
    pub url: Option<String>,
    /// Its number in the notes' list of references.
    pub notes: Option<u8>,
    #[serde(skip)]
    line: usize,
}

impl Bibliography {
    /// Reads the bibliography.
    ///
    /// # Errors
    /// What TOML cannot read, keys that stand twice, works without authors.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let mut bibliography: Self = entries::parse(FILE, text, "key").map_err(|problem| vec![problem])?;
        for entry in &mut bibliography.entries {
            entry.line = entries::line_of(text, "key", &entry.key);
        }
        bibliography.entries.sort_by_cached_key(|entry| {
            (entry.authors.iter().map(|author| plain(author)).collect::<Vec<_>>(), entry.year)
        });
        let twice = entries::repeated(bibliography.entries.iter().map(|entry| entry.key.as_str()));
        let problems: Vec<_> = bibliography
            .entries
            .iter()
            .filter_map(|entry| {
                let message = if twice.contains(entry.key.as_str()) {
                    format!("`{}` stands more than once", entry.key)
                } else if entry.authors.is_empty() {
                    format!("`{}` has no authors", entry.key)
                } else {
                    return None;
                };
                Some(entry.problem(message))
            })
            .collect();
        if problems.is_empty() { Ok(bibliography) } else { Err(problems) }
    }

    /// What a citation of `key` shows: `Evans 2013`, `Li et al. 2020`.
    ///
    /// # Errors
    /// An unknown key, with the nearest known one.
    pub fn label(&self, key: &str) -> Result<String, String> {
        self.entries.iter().find(|entry| entry.key == key).map(Entry::label).ok_or_else(|| {
            let known = self.entries.iter().map(|entry| entry.key.as_str());
            format!("unknown citation `{key}`{}", suggestion(key, known))
        })
    }

    /// The label of every work by its key.
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.label())).collect()
    }

    /// Works that no page cites.
    pub fn uncited(&self, cited: &BTreeSet<String>) -> Vec<Problem> {
        self.entries
            .iter()
            .filter(|entry| !cited.contains(&entry.key))
            .map(|entry| entry.problem(format!("no page cites `{}`: cite it or remove it", entry.key)))
            .collect()
    }

    /// The bibliography page, in Markdown: the works, sorted by their authors.
    pub fn page(&self) -> String {
        let mut page = String::from("A number in brackets is the work's number in the notes.\n\n");
        page.extend(self.entries.iter().map(Entry::item));
        page
    }
}

impl Entry {
    fn label(&self) -> String {
        let family = |n: usize| self.authors[n].split(',').next().unwrap_or_default();
        let who = match self.authors.len() {
            1 => family(0).to_owned(),
            2 => format!("{} and {}", family(0), family(1)),
            _ => format!("{} et al.", family(0)),
        };
        format!("{who} {}", self.year)
    }

    fn problem(&self, message: String) -> Problem {
        Problem { file: FILE.into(), line: self.line, message }
    }

    /// The entry as one item of a list.
    fn item(&self) -> String {
        let authors: Vec<_> = self
            .authors
            .iter()
            .map(|author| match author.split_once(", ") {
                Some((family, given)) => format!("{given} {family}"),
                None => author.clone(),
            })
            .collect();
        let authors = match authors.as_slice() {
            [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
            _ => authors.concat(),
        };
        let mut line = format!(
            "- <span id=\"ref-{}\"></span>{}. *{}*. {}, {}.",
            self.key,
            words(&authors),
            words(&self.title),
            words(&self.venue),
            self.year
        );
        if let Some(doi) = &self.doi {
            let _ = write!(line, " [{}](<https://doi.org/{doi}>)", code(&format!("doi:{doi}")));
        }
        if let Some(url) = &self.url {
            let _ = write!(line, " [{}](<{url}>)", code(url));
        }
        if let Some(number) = self.notes {
            let _ = write!(line, " \\[{number}\\]");
        }
        line.push('\n');
        line
    }
}

/// A name as it is sorted: in small letters, without accents.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ä' => plain.push('a'),
            'è' | 'é' => plain.push('e'),
            'ö' | 'ø' => plain.push('o'),
            'ß' => plain.push_str("ss"),
            'ü' => plain.push('u'),
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: &str = include_str!("../bibliography.toml");

    const SMALL: &str = r#"
[[entry]]
key = "li2020"
authors = ["Li, Xuechen", "Wong, Ting-Kam Leonard", "Chen, Ricky T. Q."]
title = "Scalable gradients"
venue = "AISTATS"
year = 2020
doi = "10.1/a_b"
notes = 17

[[entry]]
key = "evans2013"
authors = ["Evans, Lawrence C."]
title = "An introduction"
venue = "AMS"
year = 2013

[[entry]]
key = "e2018"
authors = ["E, Weinan", "Yu, Bing"]
title = "Deep Ritz"
venue = "CMS"
year = 2018
notes = 9
"#;

    fn cited(keys: &[&str]) -> BTreeSet<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_whole_list_of_the_notes_is_there_and_labels_are_distinct() {
        let works = Bibliography::parse(WORKS).unwrap();
        let mut numbers: Vec<_> = works.entries.iter().filter_map(|entry| entry.notes).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=34).collect::<Vec<_>>());
        let labels = works.labels();
        assert_eq!(labels.values().collect::<BTreeSet<_>>().len(), labels.len());
        assert!(works.entries.iter().all(|entry| entry.key.ends_with(char::is_alphanumeric)));
        assert!(works.entries.iter().all(|entry| entry.key.contains(&entry.year.to_string())));
        assert!(works.entries.iter().flat_map(|entry| &entry.authors).all(|author| author.contains(", ")));
    }

    #[test]
    fn labels_name_one_two_or_more_authors() {
        let works = Bibliography::parse(SMALL).unwrap();
        let labels = works.labels();
        assert_eq!(labels["evans2013"], "Evans 2013");
        assert_eq!(labels["e2018"], "E and Yu 2018");
        assert_eq!(works.label("li2020").unwrap(), "Li et al. 2020");
        assert_eq!(
            works.label("evens2013").unwrap_err(),
            "unknown citation `evens2013`; did you mean `evans2013`?"
        );
    }

    #[test]
    fn a_work_that_no_page_cites_is_a_problem() {
        let works = Bibliography::parse(SMALL).unwrap();
        assert_eq!(works.uncited(&cited(&["li2020", "e2018", "evans2013"])), []);
        let messages: Vec<_> = works.uncited(&cited(&["li2020"])).iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "book/bibliography.toml:19: no page cites `e2018`: cite it or remove it",
                "book/bibliography.toml:12: no page cites `evans2013`: cite it or remove it",
            ]
        );
    }

    #[test]
    fn the_page_lists_the_works_by_their_authors() {
        assert_eq!(
            Bibliography::parse(SMALL).unwrap().page(),
            "A number in brackets is the work's number in the notes.\n\n\
             - <span id=\"ref-e2018\"></span>Weinan E and Bing Yu. *Deep Ritz*. CMS, 2018. \\[9\\]\n\
             - <span id=\"ref-evans2013\"></span>Lawrence C. Evans. *An introduction*. AMS, 2013.\n\
             - <span id=\"ref-li2020\"></span>Xuechen Li, Ting-Kam Leonard Wong and Ricky T. Q. Chen. *Scalable gradients*. AISTATS, 2020. [<code>doi:10.1/<wbr>a\\_<wbr>b</code>](<https://doi.org/10.1/a_b>) \\[17\\]\n"
        );
    }

    #[test]
    fn accents_do_not_change_the_order() {
        let works = Bibliography::parse(WORKS).unwrap();
        let place = |family: &str| {
            works.entries.iter().position(|entry| entry.authors[0].starts_with(family)).expect(family)
        };
        let families =
            ["Leimkuhler", "Lévy", "Li", "Luhman", "Roberts", "Rößler", "Rubin", "Ruder", "Rümelin"];
        assert!(families.map(place).is_sorted());
        let mut authors = works.entries.iter().flat_map(|entry| &entry.authors);
        assert!(authors.all(|author| plain(author).is_ascii()), "`plain` does not know every letter");
    }

    #[test]
    fn broken_entries_are_named() {
        let twice = SMALL.replace("e2018", "li2020");
        let problems = Bibliography::parse(&twice).unwrap_err();
        assert_eq!(problems[0].to_string(), "book/bibliography.toml:3: `li2020` stands more than once");
        let nobody = SMALL.replace("[\"Evans, Lawrence C.\"]", "[]");
        assert_eq!(Bibliography::parse(&nobody).unwrap_err()[0].message, "`evans2013` has no authors");
        let untitled = SMALL.replace("title = \"Deep Ritz\"\n", "");
        assert_eq!(Bibliography::parse(&untitled).unwrap_err()[0].message, "`e2018`: missing field `title`");
    }
}
