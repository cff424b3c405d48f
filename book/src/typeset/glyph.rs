//! Glyphs: their names on a page and their outlines.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ratex_font::{FontId, katex_ttf_glyph_char};
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};
use ttf_parser::{Face, OutlineBuilder};

use super::path::{Path, Point};

/// A character in one of the KaTeX fonts.
///
/// Ordered and printed the same way on every page, so that pages joined into one share their definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glyph {
    font: &'static str,
    character: char,
}

impl Serialize for Glyph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.font, self.character).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Glyph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (font, character) = <(String, char)>::deserialize(deserializer)?;
        FontId::parse(&font)
            .map(|font| Glyph { font: font.as_str(), character })
            .filter(|glyph| glyph.outline().is_some())
            .ok_or_else(|| D::Error::custom(format!("the font `{font}` has no `{character}`")))
    }
}

impl Glyph {
    /// The glyph of a font by its RaTeX name, or the character that the font lacks.
    pub(super) fn find(font: &str, code: u32) -> Result<Self, char> {
        let unknown = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        let font = FontId::parse(font).ok_or(unknown)?;
        let glyph = Self { font: font.as_str(), character: katex_ttf_glyph_char(font, code) };
        glyph.outline().map(|_| glyph).ok_or(unknown)
    }

    /// The id of its definition: `g-`, the font shortened, the code point in hexadecimal; `g-MathI-78` is an italic x.
    ///
    /// ```
    /// use book::typeset::{Style, typeset};
    ///
    /// let x = typeset("x", Style::Inline)?;
    /// assert_eq!(x.glyphs.first().map(|glyph| glyph.id()), Some("g-MathI-78".to_owned()));
    /// # Ok::<(), book::typeset::Error>(())
    /// ```
    pub fn id(self) -> String {
        let (family, face) = self.font.split_once('-').unwrap_or((self.font, ""));
        let face: String = face.chars().filter(char::is_ascii_uppercase).collect();
        let face = face.trim_start_matches('R');
        format!("g-{family}{face}-{:x}", u32::from(self.character))
    }

    /// Path data in units of 1/1000 em, y downwards; `None` if the font lacks the character.
    fn outline(self) -> Option<String> {
        static OUTLINES: Mutex<BTreeMap<Glyph, Option<String>>> = Mutex::new(BTreeMap::new());
        let mut outlines = OUTLINES.lock().unwrap_or_else(PoisonError::into_inner);
        outlines.entry(self).or_insert_with(|| self.read_outline()).clone()
    }

    fn read_outline(self) -> Option<String> {
        let face = Face::parse(font_file(self.font)?, 0).ok()?;
        let index = face.glyph_index(self.character)?;
        let mut outline = Outline { path: Path::default(), scale: 1000.0 / f32::from(face.units_per_em()) };
        face.outline_glyph(index, &mut outline);
        Some(outline.path.data())
    }
}

/// The bytes of a font, read once.
fn font_file(font: &'static str) -> Option<&'static [u8]> {
    static FILES: Mutex<BTreeMap<&str, &[u8]>> = Mutex::new(BTreeMap::new());
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = files.get(font) {
        return Some(bytes);
    }
    let bytes = match ratex_katex_fonts::ttf_bytes(&format!("KaTeX_{font}.ttf"))? {
        Cow::Borrowed(bytes) => bytes,
        Cow::Owned(bytes) => Box::leak(bytes.into_boxed_slice()),
    };
    files.insert(font, bytes);
    Some(bytes)
}

/// The outlines of `glyphs` as `<path id="…" d="…"/>` elements, for the `<defs>` of one SVG per page or figure.
///
/// ```
/// use book::typeset::{Style, definitions, typeset};
///
/// let set = typeset("x", Style::Inline)?;
/// let svg = format!(
///     r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -500 600 700"><defs>{}</defs>{}</svg>"#,
///     definitions(&set.glyphs),
///     set.body
/// );
/// assert!(svg.contains(r##"<use href="#g-MathI-78"/>"##));
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn definitions(glyphs: &BTreeSet<Glyph>) -> String {
    let define =
        |glyph: &Glyph| format!(r#"<path id="{}" d="{}"/>"#, glyph.id(), glyph.outline().unwrap_or_default());
    glyphs.iter().map(define).collect()
}

/// The invisible SVG that holds the [`definitions`] of a page, on one line.
///
/// ```
/// let (formula, glyphs) = book::typeset::inline_html("x")?;
/// let page = format!("<p>{formula}</p>{}", book::typeset::sheet(&glyphs));
/// assert!(page.contains(r##"href="#g-MathI-78""##) && page.contains(r#"<path id="g-MathI-78""#));
/// # Ok::<(), book::typeset::Error>(())
/// ```
pub fn sheet(glyphs: &BTreeSet<Glyph>) -> String {
    format!(
        r#"<svg class="math-glyphs" aria-hidden="true" width="0" height="0"><defs>{}</defs></svg>"#,
        definitions(glyphs)
    )
}

/// Collects an outline given in font units, y upwards.
struct Outline {
    path: Path,
    scale: f32,
}

impl Outline {
    fn point(&self, x: f32, y: f32) -> Point {
        ((x * self.scale).round() as i64, (-y * self.scale).round() as i64)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.push('m', &[self.point(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.push('l', &[self.point(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.push('q', &[self.point(x1, y1), self.point(x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.push('c', &[self.point(x1, y1), self.point(x2, y2), self.point(x, y)]);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
