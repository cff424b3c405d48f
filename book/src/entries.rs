//! What the files of entries (`ledger.toml`, `errata.toml`, `bibliography.toml`) have in common: reading them with the
//! file and the entry named in every complaint, the chapters they are grouped by, and plain words as Markdown.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use crate::preprocess::problem::{Problem, suggestion};

/// The folder of each chapter's pages, and its title. Last comes what belongs to no chapter.
pub const CHAPTERS: [(&str, &str); 6] = [
    ("ch1_preliminaries", "Chapter 1. Introduction and preliminaries"),
    ("ch2_control", "Chapter 2. Neural dynamics for control"),
    ("ch3_flows", "Chapter 3. Normalizing flows"),
    ("ch4_langevin", "Chapter 4. Langevin sampling"),
    ("ch5_diffusion", "Chapter 5. Diffusion models"),
    ("errata", "The notes as a whole"),
];

/// Where something stands in the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The page, relative to the book: `ch1_preliminaries/brownian.md`.
    pub page: String,
    /// The `id` on that page.
    pub anchor: String,
}

/// The chapter, as an index into [`CHAPTERS`], of the page with the key `page`.
fn chapter(page: &str) -> Option<usize> {
    let folder = page.split('/').next().unwrap_or(page);
    CHAPTERS.iter().position(|(known, _)| *known == folder)
}

/// What is wrong with the page of an entry, if no chapter has it.
pub fn unknown_page(page: &str) -> Option<String> {
    if chapter(page).is_some() {
        return None;
    }
    let folder = page.split('/').next().unwrap_or(page);
    let hint = suggestion(folder, CHAPTERS.iter().map(|(known, _)| *known));
    Some(format!("the page `{page}` is in no chapter{hint}"))
}

/// Reads the TOML `text` of `file`; a complaint names the line and the entry, whose name stands in the field `name`.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str, name: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let entry = entry_at(text, at, name).map_or(String::new(), |entry| format!("`{entry}`: "));
        let message = format!("{entry}{}", error.message().trim_end());
        Problem { file: file.into(), line: text[..at].matches('\n').count() + 1, message }
    })
}

/// The line, counted from 1, of the entry whose field `name` is `value`.
pub fn line_of(text: &str, name: &str, value: &str) -> usize {
    let field = format!("{name} = \"{value}\"");
    1 + text.lines().position(|line| line == field).unwrap_or(0)
}

/// The names that stand more than once.
pub fn repeated<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| !seen.insert(*name)).collect()
}

/// What Markdown reads as markup.
const MARKUP: [char; 10] = ['\\', '*', '_', '[', ']', '<', '>', '~', '$', '`'];

/// A name, a path or an address that breaks behind its strokes and double colons and between its words before it breaks
/// inside a word.
pub fn breakable(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        result.push(character);
        let breaks = ['/', '_'].contains(&character) || result.ends_with("::");
        if breaks && characters.peek().is_some_and(|next| *next != character) {
            result.push_str("<wbr>");
        }
    }
    result
}

/// The same as code, in Markdown.
pub fn code(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if MARKUP.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    format!("<code>{}</code>", breakable(&escaped))
}

/// Plain words as Markdown: outside formulas and code, nothing in them is read as markup but raised and lowered letters.
pub fn words(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut verbatim = None;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let before = &text[..text.len() - rest.len()];
        if verbatim.is_none()
            && let Some((tag, inner, after)) = script(before, rest)
        {
            result += &format!("<{tag}>{}</{tag}>", words(inner));
            rest = after;
            continue;
        }
        match verbatim {
            Some(end) if character == end => verbatim = None,
            None if matches!(character, '$' | '`') => verbatim = Some(character),
            None if MARKUP.contains(&character) => result.push('\\'),
            _ => {}
        }
        result.push(if character == '\n' { ' ' } else { character });
        rest = &rest[character.len_utf8()..];
    }
    result.trim().to_owned()
}

/// `^{…}` and `_{…}`, or `^2` and `_max` behind a single letter, which `u_max` has and the name `free_energy` has not: the
/// element, what is raised or lowered, and what follows.
fn script<'a>(before: &str, text: &'a str) -> Option<(&'static str, &'a str, &'a str)> {
    let tag = match text.chars().next()? {
        '^' => "sup",
        '_' => "sub",
        _ => return None,
    };
    if let Some(braced) = text[1..].strip_prefix('{') {
        let mut depth = 1;
        let end = braced.find(|character| {
            depth += i32::from(character == '{') - i32::from(character == '}');
            depth == 0
        })?;
        return Some((tag, &braced[..end], &braced[end + 1..]));
    }
    let mut bases = before.chars().rev();
    let (base, earlier) = (bases.next()?, bases.next());
    let named = base.is_ascii_alphanumeric() && earlier.is_some_and(|letter| letter.is_ascii_alphabetic());
    let inner = &text[1..];
    let sign = inner.chars().next().filter(|sign| tag == "sup" && *sign == '−').map_or(0, char::len_utf8);
    let ends = |character: char| !(character.is_alphabetic() || character.is_ascii_digit());
    let end = sign + inner[sign..].find(ends).unwrap_or(inner.len() - sign);
    let short = (1..=3).contains(&inner[sign..end].chars().count()) && !inner[end..].starts_with(['_', '.']);
    (!base.is_whitespace() && !named && short).then(|| (tag, &inner[..end], &inner[end..]))
}

fn entry_at<'a>(text: &'a str, at: usize, name: &str) -> Option<&'a str> {
    const HEADER: &str = "[[";
    let start = text[..text.floor_char_boundary(at + HEADER.len())].rfind(HEADER)?;
    let entry = text[start..].lines().skip(1).take_while(|line| !line.starts_with(HEADER));
    entry
        .filter_map(|line| line.split_once(" = "))
        .find(|(field, _)| *field == name)
        .map(|(_, value)| value.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Entries = BTreeMap<String, Vec<BTreeMap<String, u8>>>;

    #[test]
    fn a_complaint_names_file_line_and_entry() {
        let text = "[[item]]\nid = 1\n\n[[item]]\nid = 2\nsize = \"é\"\n";
        let problem = parse::<Entries>("a.toml", text, "id").unwrap_err();
        assert_eq!((problem.file.as_str(), problem.line), ("a.toml", 6));
        assert!(problem.message.starts_with("`2`: "), "{}", problem.message);
        assert_eq!(parse::<Entries>("a.toml", "[[item]\n", "id").unwrap_err().line, 1);
    }

    #[test]
    fn chapters_are_found_by_the_folder_of_a_page() {
        assert_eq!(chapter("ch3_flows/coupling"), Some(2));
        assert_eq!(chapter("errata"), Some(5));
        assert_eq!(chapter("ch3"), None);
    }

    #[test]
    fn words_are_escaped_outside_formulas_and_code() {
        assert_eq!(
            words("E[X]_1 * 2 < $a_1 * [b]$ `x_1`\nend"),
            "E\\[X\\]<sub>1</sub> \\* 2 \\< $a_1 * [b]$ `x_1` end"
        );
    }

    #[test]
    fn code_breaks_between_words_and_is_not_read_as_markup() {
        assert_eq!(code("refined_path"), "<code>refined\\_<wbr>path</code>");
        assert_eq!(code("a::b:c"), "<code>a::<wbr>b:c</code>");
        assert_eq!(code("https://a.b/~c/d_e/"), "<code>https://<wbr>a.b/<wbr>\\~c/<wbr>d\\_<wbr>e/</code>");
    }

    #[test]
    fn letters_are_raised_and_lowered() {
        assert_eq!(words("e^{ΔtA/2} and B(s_{k+1})"), "e<sup>ΔtA/2</sup> and B(s<sub>k+1</sub>)");
        assert_eq!(words("2u_max, ΔB_k, S_ij²"), "2u<sub>max</sub>, ΔB<sub>k</sub>, S<sub>ij</sub>²");
        assert_eq!(words("e^{−λ_{k}t}"), "e<sup>−λ<sub>k</sub>t</sup>");
        assert_eq!(words("∫_0^t, λ₁^400"), "∫<sub>0</sub><sup>t</sup>, λ₁<sup>400</sup>");
        assert_eq!(words("free_energy, `a_b`, a^{b"), "free\\_energy, `a_b`, a^{b");
    }

    #[test]
    fn every_formula_of_the_ledger_and_the_errata_can_be_typeset() {
        for text in [include_str!("../ledger.toml"), include_str!("../errata.toml")] {
            for line in text.lines() {
                let pieces: Vec<_> = line.split('$').collect();
                assert!(pieces.len() % 2 == 1, "a stray dollar sign: {line}");
                for formula in pieces.iter().skip(1).step_by(2) {
                    let tight = !formula.starts_with(' ') && !formula.ends_with(' ');
                    assert!(tight, "not a formula to Markdown: {line}");
                    assert!(crate::typeset::inline_html(formula).is_ok(), "{formula} in: {line}");
                }
            }
        }
    }

    #[test]
    fn repetitions_are_found_once() {
        assert_eq!(repeated(["a", "b", "a", "a"]), BTreeSet::from(["a"]));
    }

    #[test]
    fn entries_are_found_by_whole_lines() {
        assert_eq!(line_of("id = \"a:11\"\nid = \"a:1\"\n", "id", "a:1"), 2);
    }
}
