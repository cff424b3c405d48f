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
    source: String,
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

/// The index as JSON.
pub fn index(ledger: &Ledger, places: &BTreeMap<String, Place>, checks: &[Check]) -> String {
    let items = ledger.items.iter().map(|item| Entry {
        id: &item.id,
        name: item.name(),
        title: &item.title,
        section: &item.section,
        done: item.is_done(),
        page: places
            .get(&item.id)
            .map(|Place { page, anchor }| format!("{}#{anchor}", page.replace(".md", ".html"))),
        source: format!("src/{}", item.page),
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
