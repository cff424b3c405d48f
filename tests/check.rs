//! What a check is: a measurement that agrees with a reference, and a wrong version of the statement, run through
//! the same measurement, that does not. The record of both is pinned; the coverage page reads the pins.

use sdml::statistics::Estimate;
use serde::Serialize;

use crate::pins::pin;

/// A check under construction. The key is the section's path and the name of the test function:
/// `ch1_preliminaries/brownian/quadratic_variation`.
pub struct Check {
    key: &'static str,
    items: &'static [&'static str],
    claim: &'static str,
    rejected: &'static str,
    seed: Option<u64>,
    samples: Option<String>,
}

#[derive(Serialize)]
struct Record<'a> {
    items: &'a [&'a str],
    claim: &'a str,
    expected: f64,
    measured: f64,
    tolerance: f64,
    because: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<&'a str>,
    rejected: &'a str,
    rejected_value: f64,
}

/// How far a rejected value must lie from the expected one, in tolerances: with a tolerance of 4 standard errors,
/// 10 standard errors.
const POWER: f64 = 2.5;

impl Check {
    /// A check of the ledger's `items`, stating `claim` and refuting `rejected`, both in words.
    pub fn new(
        key: &'static str,
        items: &'static [&'static str],
        claim: &'static str,
        rejected: &'static str,
    ) -> Self {
        Self { key, items, claim, rejected, seed: None, samples: None }
    }

    /// The seed the measurement started from.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The size of the sample, in words.
    pub fn samples(mut self, samples: impl Into<String>) -> Self {
        self.samples = Some(samples.into());
        self
    }

    /// A Monte Carlo estimate lies within 4 standard errors of the exact finite-step value `expected`;
    /// `wrong`, what the wrong version gives in the same place, lies at least 10 away.
    pub fn statistical(self, measured: Estimate, expected: f64, wrong: f64) {
        let tolerance = 4.0 * measured.standard_error;
        self.within(measured.mean, expected, tolerance, "4 standard errors", wrong);
    }

    /// `measured` lies within `tolerance` of `expected`, for the reason given; `wrong` lies outside by a wide margin.
    pub fn within(self, measured: f64, expected: f64, tolerance: f64, because: &str, wrong: f64) {
        let key = self.key;
        assert!(tolerance > 0.0 && tolerance.is_finite(), "{key}: tolerance {tolerance}");
        assert!(
            (measured - expected).abs() <= tolerance,
            "{key}: measured {measured}, expected {expected} within {tolerance} ({because})"
        );
        assert!(
            (wrong - expected).abs() >= POWER * tolerance,
            "{key}: no power: the wrong version ({}) gives {wrong}, expected {expected} within {tolerance}",
            self.rejected
        );
        let record = Record {
            items: self.items,
            claim: self.claim,
            expected: rounded(expected, tolerance),
            measured: rounded(measured, tolerance),
            tolerance: significant(tolerance, 2),
            because,
            seed: self.seed,
            samples: self.samples.as_deref(),
            rejected: self.rejected,
            rejected_value: significant(rounded(wrong, tolerance), 4),
        };
        let (section, name) = key.rsplit_once('/').expect("a check's key is a section and a name");
        pin(&format!("{section}/checks/{name}"), toml::to_string(&record).expect("a record is plain data"));
    }
}

/// `value` with two digits more than `tolerance` resolves: what lies below is noise of the platform.
fn rounded(value: f64, tolerance: f64) -> f64 {
    let digits = (2.0 - tolerance.log10().floor()).clamp(0.0, 15.0);
    let scale = 10f64.powf(digits);
    let result = (value * scale).round() / scale;
    // A negative zero would print as -0.
    if result == 0.0 { 0.0 } else { result }
}

/// `value` to so many significant digits.
fn significant(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().expect("a formatted number parses")
}
