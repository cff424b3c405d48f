//! Finding what has to be replaced: formulas, directives, references, citations and code fences, each with its bytes.
//!
//! Markdown itself is parsed by pulldown-cmark, so that a dollar sign in a code span stays a dollar sign; directives
//! and citations are then looked for outside code and formulas.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};

/// Something to replace or to look at, and where it stands.
#[derive(Debug, PartialEq)]
pub struct Spot<'a> {
    /// The bytes it occupies.
    pub range: Range<usize>,
    /// What it is.
    pub mark: Mark<'a>,
}

/// What can stand at a [`Spot`].
#[derive(Debug, PartialEq)]
pub enum Mark<'a> {
    /// `$…$`
    Inline(&'a str),
    /// `$$…$$`, with the label of a following `{#eq:…}`.
    Display(&'a str, Option<&'a str>),
    /// `{{name argument…}}`
    Directive(&'a str, &'a str),
    /// `[](#label)`
    Reference(&'a str),
    /// `[@key; @key]`
    Citation(&'a str),
    /// A dollar sign that belongs to no formula.
    StrayDollar,
    /// A fenced or (`None`) indented block of code, with its info string.
    Code(Option<String>),
}

/// All marks of a Markdown text, in order.
pub fn scan(text: &str) -> Vec<Spot<'_>> {
    let options = Options::ENABLE_MATH
        | Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM;
    let mut spots = Vec::new();
    let mut opaque = Vec::new();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::InlineMath(_) => {
                opaque.push(range.clone());
                let mark = Mark::Inline(text[range.clone()].trim_matches('$'));
                spots.push(Spot { range, mark });
            }
            Event::DisplayMath(_) => {
                opaque.push(range.clone());
                let tex = text[range.clone()].trim_matches('$');
                let (label, end) = label_after(text, range.end);
                spots.push(Spot { range: range.start..end, mark: Mark::Display(tex, label) });
            }
            Event::Code(_) => opaque.push(range),
            Event::Start(Tag::CodeBlock(kind)) => {
                opaque.push(range.clone());
                let info = match kind {
                    CodeBlockKind::Fenced(info) => Some(info.into_string()),
                    CodeBlockKind::Indented => None,
                };
                spots.push(Spot { range, mark: Mark::Code(info) });
            }
            Event::Start(Tag::Link { link_type: LinkType::Inline, .. }) => {
                let source = &text[range.clone()];
                if let Some(label) = source.strip_prefix("[](#").and_then(|rest| rest.strip_suffix(')')) {
                    spots.push(Spot { range, mark: Mark::Reference(label) });
                }
            }
            _ => {}
        }
    }
    bracketed(text, "{{", "}}", &opaque, &mut spots, |inside| {
        let inside = inside.trim();
        let (name, argument) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        Mark::Directive(name, argument.trim())
    });
    for (at, _) in text.match_indices('$') {
        let escaped = text[..at].ends_with('\\');
        if !escaped && !opaque.iter().any(|range| range.contains(&at)) {
            spots.push(Spot { range: at..at + 1, mark: Mark::StrayDollar });
        }
    }
    bracketed(text, "[@", "]", &opaque, &mut spots, Mark::Citation);
    spots.sort_by_key(|spot| (spot.range.start, spot.range.end));
    spots
}

/// The label in `{#label}` right after `from`, and where it ends.
fn label_after(text: &str, from: usize) -> (Option<&str>, usize) {
    let rest = &text[from..];
    let skipped = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    match rest[skipped..].strip_prefix("{#").and_then(|inside| inside.split_once('}')) {
        Some((label, _)) if !label.contains('\n') => (Some(label), from + skipped + label.len() + 3),
        _ => (None, from),
    }
}

fn bracketed<'a>(
    text: &'a str,
    open: &str,
    close: &str,
    opaque: &[Range<usize>],
    spots: &mut Vec<Spot<'a>>,
    mark: impl Fn(&'a str) -> Mark<'a>,
) {
    let mut from = 0;
    while let Some(start) = text[from..].find(open).map(|at| from + at) {
        if let Some(skip) = opaque.iter().find(|range| range.contains(&start)) {
            from = skip.end;
            continue;
        }
        let line = &text[start + open.len()..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let Some(length) = line.find(close) else {
            from = start + open.len();
            continue;
        };
        let end = start + open.len() + length + close.len();
        spots.push(Spot { range: start..end, mark: mark(&line[..length]) });
        from = end;
    }
}

/// The line, counted from 1, on which the byte `at` stands.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Vec<Mark<'_>> {
        scan(text).into_iter().map(|spot| spot.mark).collect()
    }

    #[test]
    fn formulas_are_found_in_prose_tables_and_quotes_but_not_in_code() {
        assert_eq!(marks("a $x_1^*$ b"), [Mark::Inline("x_1^*")]);
        assert_eq!(marks("`$x$` and \\$5"), []);
        assert_eq!(marks("| a |\n|---|\n| $y$ |\n"), [Mark::Inline("y")]);
        assert_eq!(marks("> [!NOTE]\n> $z$\n"), [Mark::Inline("z")]);
        assert_eq!(marks("```text\n$x$ {{end}} [@a]\n```\n"), [Mark::Code(Some("text".into()))]);
    }

    #[test]
    fn a_dollar_without_a_formula_is_noticed() {
        assert_eq!(marks("$\\frac{1$"), [Mark::StrayDollar, Mark::StrayDollar]);
        assert_eq!(marks("`$` costs \\$5"), []);
    }

    #[test]
    fn a_display_takes_the_label_that_follows() {
        assert_eq!(marks("$$ x $$ {#eq:1.5}\n"), [Mark::Display(" x ", Some("eq:1.5"))]);
        assert_eq!(marks("$$\nx\n$$\n"), [Mark::Display("\nx\n", None)]);
    }

    #[test]
    fn directives_references_and_citations_are_found_in_order() {
        assert_eq!(
            marks("{{figure a-b}} see [](#thm:1.5) and [@levy1948; @evans2013] {{ pin m:k }}"),
            [
                Mark::Directive("figure", "a-b"),
                Mark::Reference("thm:1.5"),
                Mark::Citation("levy1948; @evans2013"),
                Mark::Directive("pin", "m:k"),
            ]
        );
    }

    #[test]
    fn an_unclosed_directive_is_text_and_hides_nothing_after_it() {
        assert_eq!(marks("{{figure\n{{end}}"), [Mark::Directive("end", "")]);
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!((line_of("a\nb", 0), line_of("a\nb", 2)), (1, 2));
    }
}
