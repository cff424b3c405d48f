//! An axis: the range it shows, on a linear or a logarithmic scale, and its ticks.

use std::ops::RangeInclusive;

/// A range of numbers, how they are spread over the length of the axis, and the words beside it.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    pub label: String,
    pub ticks: Option<Vec<(f64, String)>>,
}

impl Axis {
    /// An axis without words and ticks.
    pub fn bare(range: RangeInclusive<f64>) -> Self {
        let (low, high) = range.into_inner();
        Axis { low, high, logarithmic: false, label: String::new(), ticks: Some(Vec::new()) }
    }

    pub fn linear(range: RangeInclusive<f64>, label: &str) -> Self {
        Axis { label: label.to_owned(), ticks: None, ..Axis::bare(range) }
    }

    pub fn logarithmic(range: RangeInclusive<f64>, label: &str) -> Self {
        Axis { logarithmic: true, ..Axis::linear(range, label) }
    }

    /// What is wrong with the range, if something is.
    pub fn fault(&self) -> Option<String> {
        let sound = self.low.is_finite() && self.high.is_finite() && self.low < self.high;
        if !sound {
            return Some(format!("the axis runs from {} to {}, which is no interval", self.low, self.high));
        }
        let positive = !self.logarithmic || self.low > 0.0;
        (!positive).then(|| format!("a logarithmic axis starts at {}, which is not positive", self.low))
    }

    /// Where `value` stands: 0 at the start of the axis, 1 at its end. Not finite where the axis has no place for it.
    pub fn position(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.logarithmic { v.ln() } else { v };
        (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
    }

    pub fn low(&self) -> f64 {
        self.low
    }

    pub fn high(&self) -> f64 {
        self.high
    }

    /// Where bars stand and shaded areas begin: zero, or the nearest the axis has.
    pub fn ground(&self) -> f64 {
        0.0_f64.clamp(self.low, self.high)
    }

    pub fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// About `wanted` round numbers with their names.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        match &self.ticks {
            Some(given) => given.clone(),
            None if self.logarithmic => self.powers(wanted),
            None => self.multiples(wanted),
        }
    }

    fn multiples(&self, wanted: usize) -> Vec<(f64, String)> {
        let raw = (self.high - self.low) / wanted as f64;
        let magnitude = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * magnitude)
            .min_by(|a, b| (a / raw).ln().abs().total_cmp(&(b / raw).ln().abs()))
            .expect("there are four steps");
        let slack = 1e-9;
        let first = (self.low / step - slack).ceil() as i64;
        let last = (self.high / step + slack).floor() as i64;
        let largest = self.low.abs().max(self.high.abs());
        let exponent = if (1e-3..1e5).contains(&largest) { 0 } else { largest.log10().floor() as i32 };
        let unit = 10f64.powi(exponent);
        let decimals = (-(step / unit).log10() - slack).ceil().max(0.0) as usize;
        let name = |value: f64| match (value, exponent) {
            (0.0, _) => "$0$".to_owned(),
            (_, 0) => format!("${value:.decimals$}$"),
            _ => format!(r"${:.decimals$} \cdot 10^{{{exponent}}}$", value / unit),
        };
        (first..=last).map(|k| k as f64 * step).map(|value| (value, name(value))).collect()
    }

    fn powers(&self, wanted: usize) -> Vec<(f64, String)> {
        let slack = 1e-9;
        let (low, high) = (self.low.log10() - slack, self.high.log10() + slack);
        let (first, last) = (low.ceil() as i32, high.floor() as i32);
        let stride = ((last - first) as usize).div_ceil(wanted).max(1);
        if last - first >= 1 {
            let exponents = (first..=last).filter(|k| k.rem_euclid(stride as i32) == 0 || stride == 1);
            return exponents.map(|k| (10f64.powi(k), format!("$10^{{{k}}}$"))).collect();
        }
        // Less than a decade between powers: their multiples by 1, 2 and 5.
        (low.floor() as i32..=high.floor() as i32)
            .flat_map(|k| [1, 2, 5].map(|factor| (factor, k)))
            .map(|(factor, k)| (factor as f64 * 10f64.powi(k), factor, k))
            .filter(|(value, ..)| (low..=high).contains(&value.log10()))
            .map(|(value, factor, k)| match k {
                -2..=3 => (value, format!("${value:.*}$", (-k).max(0) as usize)),
                _ if factor == 1 => (value, format!("$10^{{{k}}}$")),
                _ => (value, format!(r"${factor} \cdot 10^{{{k}}}$")),
            })
            .collect()
    }
}

/// The range of all numbers given, widened by a twentieth at both ends.
pub fn span<'a>(columns: impl IntoIterator<Item = &'a [f64]>) -> RangeInclusive<f64> {
    let (low, high) = columns
        .into_iter()
        .flatten()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let margin = if low < high { 0.05 * (high - low) } else { 0.5 };
    if low <= high { low - margin..=high + margin } else { 0.0..=1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: Axis, wanted: usize) -> Vec<String> {
        axis.ticks(wanted).into_iter().map(|(_, name)| name.replace('$', "")).collect()
    }

    #[test]
    fn ticks_are_few_and_round() {
        assert_eq!(names(Axis::linear(0.0..=1.0, ""), 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(names(Axis::linear(-3.0..=3.0, ""), 4), ["-2", "0", "2"]);
        assert_eq!(names(Axis::linear(0.0..=40000.0, ""), 4), ["0", "10000", "20000", "30000", "40000"]);
        assert_eq!(names(Axis::linear(0.0..=2e-5, ""), 2), ["0", r"1 \cdot 10^{-5}", r"2 \cdot 10^{-5}"]);
        assert_eq!(
            names(Axis::logarithmic(1.0..=1e4, ""), 5),
            ["10^{0}", "10^{1}", "10^{2}", "10^{3}", "10^{4}"]
        );
        assert_eq!(
            names(Axis::logarithmic(1e-9..=1.0, ""), 5),
            ["10^{-8}", "10^{-6}", "10^{-4}", "10^{-2}", "10^{0}"]
        );
        assert_eq!(names(Axis::logarithmic(0.15..=0.9, ""), 5), ["0.2", "0.5"]);
    }

    #[test]
    fn positions_run_from_zero_to_one() {
        let axis = Axis::logarithmic(1.0..=100.0, "");
        assert!((axis.position(10.0) - 0.5).abs() < 1e-12);
        assert!(!axis.position(0.0).is_finite() && axis.position(-1.0).is_nan());
        assert_eq!(Axis::linear(-1.0..=3.0, "").position(1.0), 0.5);
    }

    #[test]
    fn ranges_that_are_none_are_faults() {
        assert!(Axis::linear(1.0..=1.0, "").fault().is_some());
        assert!(Axis::linear(0.0..=f64::NAN, "").fault().is_some());
        assert!(Axis::logarithmic(0.0..=1.0, "").fault().is_some());
        assert!(Axis::logarithmic(0.1..=1.0, "").fault().is_none());
    }

    #[test]
    fn span_ignores_what_is_not_finite() {
        assert_eq!(span([&[0.0, f64::NAN][..], &[10.0]]), -0.5..=10.5);
        assert_eq!(span([&[][..]]), 0.0..=1.0);
    }
}
