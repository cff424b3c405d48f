//! Figures as text: inline for a page, or a file that stands alone.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::ink::number;
use super::layout::{self, Heading, Print};
use super::style::Palette;
use super::{Figure, Plate};
use crate::typeset::{self, Glyph};

/// A figure for the inside of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inline {
    /// One line of HTML: an `<svg>` for each panel. Its letters refer to definitions the page must hold.
    pub html: String,
    /// The glyphs whose definitions the page must hold.
    pub glyphs: BTreeSet<Glyph>,
}

/// What the lines of a drawing have in common.
const MANNER: &str = r#"fill="none" stroke-linejoin="round" stroke-linecap="round""#;

/// The figure for the inside of a page: colours are variables of the page, ids begin with `fig-` and the figure's id.
pub fn inline(figure: &Figure, plates: &[Plate]) -> Result<Inline> {
    let mut html = format!("<div class=\"panels panels-{}\">", plates.len());
    let mut glyphs = BTreeSet::new();
    for (index, print) in prints(figure, plates, Palette::CssVariables)?.into_iter().enumerate() {
        let prefix = prefix(figure, index);
        let Print { width, height, sheet } = print;
        let [width, height] = [width, height].map(number);
        let (title, description) = words(figure, &plates[index], index, plates.len());
        let _ = write!(
            html,
            "<svg role=\"img\" aria-labelledby=\"{prefix}-title {prefix}-desc\" width=\"{width}\" \
             height=\"{height}\" viewBox=\"0 0 {width} {height}\" {MANNER}><title id=\"{prefix}-title\">{title}\
             </title><desc id=\"{prefix}-desc\">{description}</desc>{}</svg>",
            sheet.body
        );
        glyphs.extend(sheet.glyphs);
    }
    html.push_str("</div>");
    Ok(Inline { html: html.replace('\n', " "), glyphs })
}

/// The figure as a file: all panels side by side, with the outlines of its letters.
pub fn standalone(figure: &Figure, plates: &[Plate], palette: Palette) -> Result<String> {
    let gap = 24.0;
    let mut glyphs = BTreeSet::new();
    let (mut body, mut x, mut height): (String, f64, f64) = (String::new(), 0.0, 0.0);
    for print in prints(figure, plates, palette)? {
        let _ = write!(body, "<g transform=\"translate({} 0)\">{}</g>", number(x), print.sheet.body);
        x += print.width + gap;
        height = height.max(print.height);
        glyphs.extend(print.sheet.glyphs);
    }
    let [width, height] = [x - gap, height].map(number);
    let style = if palette == Palette::CssVariables { Palette::rule() } else { String::new() };
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\" {MANNER}><title>{}</title><desc>{}</desc>{style}\
         <defs>{}</defs>{body}</svg>\n",
        escaped(figure.title),
        escaped(figure.alt),
        typeset::definitions(&glyphs)
    ))
}

/// All panels; their axes begin at the same height.
pub(super) fn prints(figure: &Figure, plates: &[Plate], palette: Palette) -> Result<Vec<Print>> {
    let mut headroom: f64 = 0.0;
    for plate in plates {
        headroom =
            headroom.max(Heading::of(plate).with_context(|| format!("the figure `{}`", figure.id))?.end);
    }
    let print = |(index, plate): (usize, &Plate)| {
        layout::print(plate, palette, &prefix(figure, index), headroom)
            .with_context(|| format!("panel {} of the figure `{}`", index + 1, figure.id))
    };
    plates.iter().enumerate().map(print).collect()
}

fn prefix(figure: &Figure, index: usize) -> String {
    format!("fig-{}-{}", figure.id, index + 1)
}

/// Title and description of a panel: the figure's description is heard once, with the first panel.
fn words(figure: &Figure, plate: &Plate, index: usize, panels: usize) -> (String, String) {
    let place = format!("panel {} of {panels}", index + 1);
    let title = match panels {
        1 => figure.title.to_owned(),
        _ if plate.title.is_empty() => format!("{}, {place}", figure.title),
        _ => format!("{}, {place}: {}", figure.title, plate.title.replace('$', "")),
    };
    let description = if index == 0 { figure.alt.to_owned() } else { "Described with panel 1.".to_owned() };
    (escaped(&title), escaped(&description))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
