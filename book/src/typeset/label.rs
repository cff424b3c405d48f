//! Labels of figures: upright words with mathematics between dollars.

use super::{Error, Problem, Style, Typeset, typeset};

/// Sets a label: words upright, `$…$` as inline mathematics, `\$` a dollar.
///
/// A hyphen before a digit at the start of a word is a minus sign, elsewhere a hyphen; `--` is a dash.
///
/// # Errors
///
/// Those of [`typeset`], and a dollar without its partner.
///
/// ```
/// use book::typeset::label;
///
/// let axis = label(r"time $t$ (in units of $1/\lambda$)")?;
/// assert!(axis.width > 8.0 && axis.depth > 0.0);
/// assert!(label("cost in $").is_err());
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn label(text: &str) -> Result<Typeset, Error> {
    let pieces = split(text);
    if pieces.len().is_multiple_of(2) {
        let message = r"a `$` has no partner; write `\$` for a dollar".to_owned();
        return Err(Problem::Syntax(message).with(text));
    }
    let set = |(index, piece): (usize, &String)| match index % 2 {
        0 => words(piece),
        _ => format!("{{{piece}}}"),
    };
    let tex: String = pieces.iter().enumerate().map(set).collect();
    typeset(&tex, Style::Inline).map_err(|error| error.problem.with(text))
}

/// Words, mathematics, words, …: split at the dollars that no backslash protects.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '$' => pieces.push(String::new()),
            _ => {
                if let Some(piece) = pieces.last_mut() {
                    piece.push(character);
                    if character == '\\' {
                        piece.extend(characters.next());
                    }
                }
            }
        }
    }
    pieces
}

fn words(piece: &str) -> String {
    let mut tex = String::new();
    let mut before = ' ';
    let characters: Vec<char> = piece.chars().collect();
    for (place, &character) in characters.iter().enumerate() {
        let number_follows = characters.get(place + 1).is_some_and(char::is_ascii_digit);
        match character {
            '\u{2212}' => tex += "$-$",
            '-' if number_follows && matches!(before, ' ' | '(' | '[' | ',' | '=') => tex += "$-$",
            '#' | '%' | '&' | '_' | '{' | '}' => tex.extend(['\\', character]),
            '~' => tex += r"\textasciitilde{}",
            '^' => tex += r"\textasciicircum{}",
            _ => tex.push(character),
        }
        before = character;
    }
    match tex.is_empty() {
        true => tex,
        false => format!("\\text{{{tex}}}"),
    }
}
