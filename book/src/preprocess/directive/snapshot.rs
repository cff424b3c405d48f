use crate::preprocess::page::{Outcome, Page, Replacement};
use crate::preprocess::problem::suggestion;

/// `{{output name}}`: a pinned snapshot as a block.
pub fn output(page: &mut Page, name: &str) -> Outcome {
    let (key, text) = find(page, name)?;
    Ok(Replacement::Block(format!(
        "<div class=\"output-caption\">prints, as pinned in <code>snapshots/{key}.snap</code></div>\n\n```text\n{}\n```",
        text.trim_end()
    )))
}

/// `{{pin name:key}}`: one number of a snapshot, inside a sentence.
pub fn pin(page: &mut Page, argument: &str) -> Outcome {
    let Some((name, field)) = argument.rsplit_once(':') else {
        return Err(format!("`pin {argument}` must name a snapshot and a key of it: `{{{{pin name:key}}}}`"));
    };
    let (key, text) = find(page, name)?;
    let pairs = || text.lines().filter_map(|line| line.split_once(" = ")).map(|(k, v)| (k.trim(), v.trim()));
    let Some((_, value)) = pairs().find(|(known, _)| *known == field) else {
        let hint = suggestion(field, pairs().map(|(known, _)| known));
        return Err(format!("the snapshot `{key}` has no key `{field}`{hint}"));
    };
    let value = value.trim_matches(['"', '\'']);
    // A number stays on one line; words may break like other words.
    let class = if value.chars().any(char::is_alphabetic) && value.parse::<f64>().is_err() {
        "pin words"
    } else {
        "pin"
    };
    Ok(Replacement::Inline(format!(
        "<span class=\"{class}\" title=\"snapshots/{key}.snap\">{}</span>",
        number(value)
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
            format!("{} · 10<sup>{}</sup>", minus(mantissa.trim_end_matches(".0")), minus(exponent))
        }
        None => minus(value.strip_suffix(".0").unwrap_or(&value)),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_set_as_in_print() {
        assert_eq!(number("-0.25"), "−0.25");
        assert_eq!(number("2.0"), "2");
        assert_eq!(number("0.0000000001"), "10<sup>−10</sup>");
        assert_eq!(number("1e-12"), "10<sup>−12</sup>");
        assert_eq!(number("-2.0e3"), "−2 · 10<sup>3</sup>");
        assert_eq!(number("4 standard errors"), "4 standard errors");
    }
}
