//! TeX to SVG at build time: formulas of the pages and labels of the figures, from crates alone.
//!
//! RaTeX lays a formula out with the metrics of the KaTeX fonts; this module draws the layout itself. A glyph is not
//! text: its outline is defined once per page ([`definitions`]) and formulas refer to it with `<use>`. A page needs no
//! fonts, and the same elements serve a figure, which resvg can turn into PNG and PDF. Everything is drawn in
//! `currentColor`. Beside each formula stands the same formula in MathML ([`mathml`]) for screen readers and copying.

mod draw;
mod glyph;
mod html;
mod label;
mod macros;
mod mathml;
mod path;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

pub use glyph::{Glyph, definitions, sheet};
pub use html::{WIDEST_INLINE, display_html, inline_html};
pub use label::label;
pub use mathml::mathml;

/// The two styles TeX sets a formula in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// Inside a sentence: limits beside the sign, small fractions.
    Inline,
    /// On a line of its own.
    Display,
}

/// A formula laid out on a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Typeset {
    /// Advance width in em.
    pub width: f64,
    /// Extent above the baseline in em.
    pub height: f64,
    /// Extent below the baseline in em.
    pub depth: f64,
    /// SVG elements in units of 1/1000 em: x from 0 to the right, y downwards, the baseline at y = 0.
    pub body: String,
    /// The glyphs the body refers to, for [`definitions`].
    pub glyphs: BTreeSet<Glyph>,
}

/// A text that could not be typeset, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{tex}` {problem}")]
pub struct Error {
    /// The formula or label as it was given.
    pub tex: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a formula or a label.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Nothing would be drawn.
    #[error("draws nothing")]
    Empty,
    /// It does not parse, or a command is unknown.
    #[error("does not parse: {0}")]
    Syntax(String),
    /// The converter to MathML does not know a command that the layout knows.
    #[error("has no MathML: {0}; a command for it belongs in book/src/typeset/macros.rs")]
    NoMathml(String),
    /// It numbers itself.
    #[error("has a \\tag; a number belongs after the formula: `$$ … $$ {{#eq:1.5}}`")]
    Numbered,
    /// A colour is set inside.
    #[error("sets a colour; formulas take the colour of the text around them")]
    Coloured,
    /// A character that the fonts do not have.
    #[error("needs the character {character:?}, which the font {font} lacks")]
    Character {
        /// The character.
        character: char,
        /// The font, for example `Main-Regular`.
        font: String,
    },
    /// An inline formula that would not fit on a phone.
    #[error("is {0:.1} em wide; an inline formula has at most {WIDEST_INLINE} em: display it")]
    Wide(f64),
}

impl Problem {
    fn with(self, tex: &str) -> Error {
        Error { tex: tex.to_owned(), problem: self }
    }
}

/// Sets a formula (without its dollars).
///
/// # Errors
///
/// An empty formula, one that does not parse or has an unknown command, a colour, a character without outline.
///
/// ```
/// use book::typeset::{Style, typeset};
///
/// let x = typeset("x", Style::Inline)?;
/// assert_eq!(x.depth, 0.0);
/// assert_eq!(x.glyphs.len(), 1);
/// assert!(typeset(r"\sqr 2", Style::Inline).unwrap_err().to_string().contains(r"\sqr"));
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn typeset(tex: &str, style: Style) -> Result<Typeset, Error> {
    static SET: Memory<Typeset> = Mutex::new(BTreeMap::new());
    remember(&SET, tex, style, || draw::draw(tex, style)).map_err(|problem| problem.with(tex))
}

/// What is known of each formula. A server that rebuilds a page asks for the same formulas again and again.
type Memory<T> = Mutex<BTreeMap<(String, Style), T>>;

fn remember<T: Clone, E>(
    memory: &Memory<T>,
    tex: &str,
    style: Style,
    find: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let key = (tex.to_owned(), style);
    if let Some(known) = memory.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(known.clone());
    }
    let found = find()?;
    memory.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found.clone());
    Ok(found)
}

#[cfg(test)]
mod tests;
