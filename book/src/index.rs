//! `index.json`, beside the pages: every item of the notes with its place, its source, its checks and what they measured.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::entries::Place;
use crate::ledger::{Check, Ledger};

#[derive(Serialize)]
struct Index<'a> {
    title: &'a str,
    items: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: String,
    title: &'a str,
    section: &'a str,
    done: bool,
    page: Option<String>,
    source: Option<String>,
    checks: Vec<Measured<'a>>,
}

#[derive(Serialize)]
struct Measured<'a> {
    key: &'a str,
    pin: String,
    coverage: String,
    claim: &'a str,
    expected: f64,
    measured: f64,
    tolerance: f64,
    because: &'a str,
    seed: Option<u64>,
    samples: Option<&'a str>,
    rejected: &'a str,
    rejected_value: f64,
}

/// The index as JSON. `exists` tells which files the repository has.
pub fn index(
    ledger: &Ledger,
    places: &BTreeMap<String, Place>,
    checks: &[Check],
    exists: &dyn Fn(&str) -> bool,
) -> String {
    let items = ledger.items.iter().map(|item| Entry {
        id: &item.id,
        name: item.name(),
        title: &item.title,
        section: &item.section,
        done: item.is_done(),
        page: places
            .get(&item.id)
            .map(|Place { page, anchor }| format!("{}#{anchor}", page.replace(".md", ".html"))),
        source: item.source(exists),
        checks: item.checks(checks).map(measured).collect(),
    });
    let index = Index {
        title: "Stochastic Dynamics and Machine Learning: the notes you can run",
        items: items.collect(),
    };
    serde_json::to_string_pretty(&index).expect("an index is plain data") + "\n"
}

fn measured(check: &Check) -> Measured<'_> {
    let record = &check.record;
    Measured {
        key: &check.key,
        pin: check.file(),
        coverage: format!("coverage.html#{}", check.anchor()),
        claim: &record.claim,
        expected: record.expected,
        measured: record.measured,
        tolerance: record.tolerance,
        because: &record.because,
        seed: record.seed,
        samples: record.samples.as_deref(),
        rejected: &record.rejected,
        rejected_value: record.rejected_value,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_source_is_a_file_and_every_done_item_of_a_chapter_has_one() {
        let ledger = Ledger::parse(include_str!("../ledger.toml")).unwrap();
        let exists = |file: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file).is_file();
        let text = index(&ledger, &BTreeMap::new(), &[], &exists);
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let entries = parsed["items"].as_array().unwrap();
        assert_eq!(entries.len(), ledger.items.len());
        for (entry, item) in entries.iter().zip(&ledger.items) {
            match entry["source"].as_str() {
                Some(source) => assert!(exists(source), "`{}`: there is no file {source}", item.id),
                None => {
                    assert!(!item.is_done() || !item.page.starts_with("ch"), "`{}` has no source", item.id);
                }
            }
        }
        let text = index(&ledger, &BTreeMap::new(), &[], &|_| false);
        assert_eq!(text.matches("\"source\": null").count(), ledger.items.len());
    }
}
