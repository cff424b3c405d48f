use crate::entries::breakable;
use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{output name}}`: a pinned snapshot as a block.
pub fn output(page: &mut Page, name: &str) -> Outcome {
    let (key, text) = find(page, name)?;
    let text = text.trim_end();
    // A phone sets the letters as small as the longest line needs. A lone line is a sentence and may break.
    let columns = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let class = if text.lines().count() == 1 { "output message" } else { "output" };
    let file = breakable(&format!("snapshots/{key}.snap"));
    Ok(Replacement::Block(format!(
        "<div class=\"{class}\" style=\"--columns: {columns}\">\n<div class=\"output-caption\">prints, as pinned in <code>{file}</code></div>\n\n\
         ```text\n{text}\n```\n\n</div>"
    )))
}

/// `{{pin name:key}}`: one number of a snapshot, inside a sentence; `{{pin name:key 4}}` rounds it to four digits.
pub fn pin(page: &mut Page, argument: &str) -> Outcome {
    let Some((name, field)) = argument.rsplit_once(':') else {
        return Err(format!("`pin {argument}` must name a snapshot and a key of it: `{{{{pin name:key}}}}`"));
    };
    let (field, digits) = match field.split_once(' ') {
        Some((field, digits)) => (field, Some(digits.trim())),
        None => (field, None),
    };
    let (key, text) = find(page, name)?;
    let pairs = || text.lines().filter_map(|line| line.split_once(" = ")).map(|(k, v)| (k.trim(), v.trim()));
    let Some((_, value)) = pairs().find(|(known, _)| *known == field) else {
        let hint = suggestion(field, pairs().map(|(known, _)| known));
        return Err(format!("the snapshot `{key}` has no key `{field}`{hint}"));
    };
    let value = value.trim_matches(['"', '\'']);
    let shown = digits.map_or_else(|| Ok(value.into()), |digits| rounded(value, digits))?;
    // A number stays on one line; words may break like other words.
    let class = if value.chars().any(char::is_alphabetic) && value.parse::<f64>().is_err() {
        "pin words"
    } else {
        "pin"
    };
    Ok(Replacement::Inline(format!(
        "<span class=\"{class}\" title=\"snapshots/{key}.snap{}\">{}</span>",
        if digits.is_some() { format!(": {value}") } else { String::new() },
        number(&shown)
    )))
}

/// The snapshot called `name` in the page's own section, or in the whole book.
fn find(page: &mut Page, name: &str) -> Result<(String, String), String> {
    let own = format!("{}/{name}", page.chapter.section());
    let snapshots = &page.world.snapshots;
    let Some((key, text)) = snapshots.get_key_value(&own).or_else(|| snapshots.get_key_value(name)) else {
        let hint = suggestion(&own, snapshots.keys().map(String::as_str));
        return Err(format!("there is no snapshot `{own}`{hint}"));
    };
    page.snapshots.insert(key.clone());
    Ok((key.clone(), text.clone()))
}

/// A number to so many significant digits.
fn rounded(value: &str, digits: &str) -> Result<String, String> {
    let Some(count) = digits.parse::<usize>().ok().filter(|count| (1..=15).contains(count)) else {
        return Err(format!("a pin can be rounded to 1 to 15 digits, not to `{digits}`"));
    };
    let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
        return Err(format!("`{value}` is no number that could be rounded to {count} digits"));
    };
    let scientific = format!("{number:.*e}", count - 1);
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    Ok(match exponent {
        // As many decimals as leave `count` digits, zeros at the end among them.
        Some(exponent) if (-4..=count as i32 - 1).contains(&exponent) => {
            format!("{number:.*}", (count as i32 - 1 - exponent) as usize)
        }
        _ => scientific,
    })
}

/// A number as it is printed in a sentence: a true minus, powers of ten instead of `e`.
pub fn number(value: &str) -> String {
    let Ok(parsed) = value.parse::<f64>() else {
        return value.into();
    };
    // TOML writes out the zeros that a reader would have to count.
    let value = if parsed != 0.0 && parsed.abs() < 1e-4 { format!("{parsed:e}") } else { value.into() };
    let minus = |text: &str| text.replace('-', "−");
    match value.split_once('e') {
        Some(("1" | "1.0", exponent)) => format!("10<sup>{}</sup>", minus(exponent)),
        Some((mantissa, exponent)) => {
            format!("{}\u{a0}·\u{a0}10<sup>{}</sup>", minus(mantissa.trim_end_matches(".0")), minus(exponent))
        }
        None => minus(value.strip_suffix(".0").unwrap_or(&value)),
    }
}

#[cfg(test)]
mod tests {
    use super::{number, rounded};

    #[test]
    fn numbers_are_rounded_to_digits() {
        assert_eq!(rounded("-1.33333333333333", "4").unwrap(), "-1.333");
        assert_eq!(rounded("0.09999999", "2").unwrap(), "0.10");
        assert_eq!(rounded("123456.7", "3").unwrap(), "1.23e5");
        assert_eq!(rounded("0.000012345", "2").unwrap(), "1.2e-5");
        assert_eq!(rounded("0", "3").unwrap(), "0.00");
        assert!(rounded("12.5", "0").unwrap_err().contains("1 to 15"));
        assert!(rounded("twelve", "3").unwrap_err().contains("no number"));
    }

    #[test]
    fn numbers_are_set_as_in_print() {
        assert_eq!(number("-0.25"), "−0.25");
        assert_eq!(number("2.0"), "2");
        assert_eq!(number("0.0000000001"), "10<sup>−10</sup>");
        assert_eq!(number("1e-12"), "10<sup>−12</sup>");
        assert_eq!(number("-2.0e3"), "−2\u{a0}·\u{a0}10<sup>3</sup>");
        assert_eq!(number("4 standard errors"), "4 standard errors");
    }
}
