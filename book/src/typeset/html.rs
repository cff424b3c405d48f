//! Formulas as HTML: the drawing for the eye, MathML for the ear.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Error, Glyph, Problem, Style, Typeset, mathml, typeset};

/// The widest inline formula in em: what a line of a phone holds.
pub const WIDEST_INLINE: f64 = 19.0;

/// The widest displayed formula in em that fits on a narrow phone without scrolling, its number left out.
const WIDEST_FIXED: f64 = 15.0;

/// Keeps what follows a formula without a space (a hyphen, a dash) on its line.
const JOINER: char = '\u{2060}';

/// Room for an equation number and the gap before it, in em.
const NUMBER: f64 = 3.5;

/// A formula inside a sentence as one line of HTML, and the glyphs to define on the page.
///
/// # Errors
///
/// Those of [`typeset`] and [`mathml`], and a formula wider than [`WIDEST_INLINE`].
///
/// ```
/// let (html, glyphs) = book::typeset::inline_html("y")?;
/// assert!(html.starts_with(r#"<span class="math-inline"><svg "#) && html.contains("<math"));
/// assert_eq!(glyphs.len(), 1);
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn inline_html(tex: &str) -> Result<(String, BTreeSet<Glyph>), Error> {
    let set = typeset(tex, Style::Inline)?;
    if set.width > WIDEST_INLINE {
        return Err(Problem::Wide(set.width).with(tex));
    }
    let html = format!(
        r#"<span class="math-inline">{}{JOINER}{}</span>"#,
        svg(&set),
        hidden(&mathml(tex, Style::Inline)?)
    );
    Ok((html, set.glyphs))
}

/// A displayed formula as one line of HTML, and the glyphs to define on the page.
///
/// `number` is printed as `(number)` flush right. A formula that may be wider than a phone scrolls in its own box, which
/// then takes the keyboard's focus.
///
/// # Errors
///
/// Those of [`typeset`] and [`mathml`].
///
/// ```
/// let (html, _) = book::typeset::display_html(r"x^2 = 2", Some("eq-1.5"), Some("1.5"))?;
/// assert!(html.starts_with(r#"<div class="math-display" id="eq-1.5">"#));
/// assert!(html.ends_with(r#"<span class="math-number">(1.5)</span></div>"#));
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn display_html(
    tex: &str,
    id: Option<&str>,
    number: Option<&str>,
) -> Result<(String, BTreeSet<Glyph>), Error> {
    let set = typeset(tex, Style::Display)?;
    let id = id.map(|id| format!(r#" id="{}""#, escape(id))).unwrap_or_default();
    let room = WIDEST_FIXED - number.map_or(0.0, |_| NUMBER);
    let focus = match number {
        _ if set.width <= room => String::new(),
        Some(number) => {
            format!(r#" tabindex="0" role="group" aria-label="Equation {}, scrollable""#, escape(number))
        }
        None => r#" tabindex="0" role="group" aria-label="Formula, scrollable""#.to_owned(),
    };
    let number = number
        .map(|number| format!(r#"<span class="math-number">({})</span>"#, escape(number)))
        .unwrap_or_default();
    let html = format!(
        r#"<div class="math-display"{id}><div class="math-scroll"{focus}>{}{}</div>{number}</div>"#,
        svg(&set),
        hidden(&mathml(tex, Style::Display)?)
    );
    Ok((html, set.glyphs))
}

/// The drawing as an `<svg>` that sits on the baseline and scales with the text.
fn svg(set: &Typeset) -> String {
    let [width, height, depth] = [set.width, set.height, set.depth].map(|em| (1000.0 * em).ceil() as i64);
    let total = height + depth;
    format!(
        r#"<svg aria-hidden="true" width="{}em" height="{}em" style="vertical-align:{}em" viewBox="0 {} {width} {total}" fill="currentColor">{}</svg>"#,
        em(width),
        em(total),
        em(-depth),
        -height,
        set.body
    )
}

/// MathML that only screen readers see.
///
/// Markdown reads the text between tags: characters that mean something to it become numeric references.
fn hidden(math: &str) -> String {
    let mut html = String::from(r#"<span class="visually-hidden">"#);
    let mut inside_tag = false;
    for character in math.chars() {
        match character {
            '<' | '>' => inside_tag = character == '<',
            _ => {}
        }
        match character {
            '<' | '>' | '&' | ';' | '#' => html.push(character),
            _ if !inside_tag && character.is_ascii_punctuation() => {
                let _ = write!(html, "&#{};", u32::from(character));
            }
            _ => html.push(character),
        }
    }
    html + "</span>"
}

/// 1/1000 em as a number in em: `-250` is `-0.25`.
fn em(units: i64) -> f64 {
    units as f64 / 1000.0
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
