//! The numbers of a figure: named columns.

use std::fmt::Write;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// Named columns of numbers, in the order they were added, possibly of unequal lengths.
///
/// ```
/// # fn main() -> anyhow::Result<()> {
/// let data = book::figures::Data::new().column("t", vec![0.0, 0.5, 1.0]).column("mean", [0.25]);
/// assert_eq!(data.get("t")?, [0.0, 0.5, 1.0]);
/// assert_eq!(data.csv(), "t,mean\n0.0,0.25\n0.5,\n1.0,\n");
/// assert!(data.get("s").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(String, String)>", into = "Vec<(String, String)>")]
pub struct Data {
    columns: Vec<(String, Vec<f64>)>,
}

impl Data {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the column `name`.
    ///
    /// # Panics
    ///
    /// If there is a column of that name: a figure names its own columns.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>, values: impl Into<Vec<f64>>) -> Self {
        let name = name.into();
        assert!(self.columns.iter().all(|(known, _)| *known != name), "two columns are called `{name}`");
        self.columns.push((name, values.into()));
        self
    }

    /// Adds the columns `stem_0`, `stem_1`, …: one for each path of an ensemble.
    #[must_use]
    pub fn columns<V: Into<Vec<f64>>>(self, stem: &str, all: impl IntoIterator<Item = V>) -> Self {
        all.into_iter()
            .enumerate()
            .fold(self, |data, (index, values)| data.column(format!("{stem}_{index}"), values))
    }

    /// The column `name`; fails, listing the names there are, when there is none.
    pub fn get(&self, name: &str) -> Result<&[f64]> {
        match self.columns.iter().find(|(known, _)| known == name) {
            Some((_, values)) => Ok(values),
            None => bail!("no column `{name}`: there are {}", self.names().collect::<Vec<_>>().join(", ")),
        }
    }

    /// The only number of the column `name`.
    pub fn number(&self, name: &str) -> Result<f64> {
        match self.get(name)? {
            [value] => Ok(*value),
            values => bail!("the column `{name}` holds {} numbers, not one", values.len()),
        }
    }

    /// The columns `stem_0`, `stem_1`, …, as [`Data::columns`] added them.
    pub fn family(&self, stem: &str) -> impl Iterator<Item = &[f64]> {
        let ours = move |name: &str| {
            let index = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('_'));
            index.is_some_and(|index| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()))
        };
        self.columns.iter().filter(move |(name, _)| ours(name)).map(|(_, values)| values.as_slice())
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// The columns as comma-separated values, to full precision; short columns end in blank cells.
    pub fn csv(&self) -> String {
        let header: Vec<_> = self.names().map(quoted).collect();
        let mut out = header.join(",") + "\n";
        let rows = self.columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
        for row in 0..rows {
            for (index, (_, values)) in self.columns.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                if let Some(value) = values.get(row) {
                    let _ = write!(out, "{value:?}");
                }
            }
            out.push('\n');
        }
        out
    }

    /// What a pin holds of the data: count, least, greatest and mean value of every column, to four digits.
    ///
    /// Cells that are not numbers are left out and counted on a line of their own.
    pub fn summary(&self) -> String {
        let mut out = String::new();
        for (name, values) in &self.columns {
            let numbers: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            let _ = writeln!(out, "{name}.count = {}", numbers.len());
            if numbers.len() < values.len() {
                let _ = writeln!(out, "{name}.missing = {}", values.len() - numbers.len());
            }
            if numbers.is_empty() {
                continue;
            }
            let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            // A mean that cancels to rounding error has no digits worth pinning.
            let mean = if mean.abs() < 1e-12 * low.abs().max(high.abs()) { 0.0 } else { mean };
            for (key, value) in [("min", low), ("max", high), ("mean", mean)] {
                let _ = writeln!(out, "{name}.{key} = {}", rounded(value));
            }
        }
        out
    }
}

impl From<Vec<(String, String)>> for Data {
    fn from(texts: Vec<(String, String)>) -> Self {
        let parsed = |text: String| text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        Data { columns: texts.into_iter().map(|(name, text)| (name, parsed(text))).collect() }
    }
}

/// JSON has neither NaN nor, as usually read, the last bit of a number: the shortest decimal text has both.
impl From<Data> for Vec<(String, String)> {
    fn from(data: Data) -> Self {
        let written =
            |values: Vec<f64>| values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" ");
        data.columns.into_iter().map(|(name, values)| (name, written(values))).collect()
    }
}

fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// `value` to four significant digits, without a sign on zero.
fn rounded(value: f64) -> String {
    let value: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    let value = if value == 0.0 { 0.0 } else { value };
    if value != 0.0 && !(1e-4..1e7).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_names_and_leaves_short_columns_blank() {
        let data = Data::new().column("a,\"b\"", [1.0 / 3.0, f64::NAN]).column("c", [1e-300]);
        assert_eq!(data.csv(), "\"a,\"\"b\"\"\",c\n0.3333333333333333,1e-300\nNaN,\n");
    }

    #[test]
    fn summary_rounds_to_four_digits() {
        let data = Data::new().column("x", [-1.0, 1.0, 0.123456, f64::NAN]).column("z", [1e-17, -1.0, 1.0]);
        assert_eq!(
            data.summary(),
            "x.count = 3\nx.missing = 1\nx.min = -1\nx.max = 1\nx.mean = 0.04115\n\
             z.count = 3\nz.min = -1\nz.max = 1\nz.mean = 0\n"
        );
        assert_eq!(rounded(123456.0), "123500");
        assert_eq!(rounded(-0.0), "0");
        assert_eq!(rounded(1.23456e-7), "1.235e-7");
    }

    #[test]
    fn json_keeps_every_bit() {
        let data = Data::new().column("x", [0.1 + 0.2, f64::NAN, f64::INFINITY, 5e-324]).column("empty", []);
        let read: Data = serde_json::from_str(&serde_json::to_string(&data).unwrap()).unwrap();
        let bits = |d: &Data| d.get("x").unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&data));
        assert!(read.get("empty").unwrap().is_empty());
    }

    #[test]
    fn a_family_is_found_by_its_stem() {
        let data = Data::new().column("b", [0.0]).columns("b", [[1.0], [2.0]]).column("b_mean", [3.0]);
        assert_eq!(data.family("b").collect::<Vec<_>>(), [[1.0], [2.0]]);
        assert_eq!(data.number("b_mean").unwrap(), 3.0);
    }
}
