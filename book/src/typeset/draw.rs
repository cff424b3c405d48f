//! From the display list of RaTeX to SVG elements.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_parser::Parser;
use ratex_parser::macro_expander::MacroDefinition;
use ratex_types::{Color, DisplayItem, DisplayList, MathStyle, PathCommand};

use super::glyph::Glyph;
use super::macros::MACROS;
use super::path::Path;
use super::{Problem, Style, Typeset};

/// Width of the few strokes that are not outlines (circles round integrals), 1/1000 em.
const STROKE: i64 = 40;

pub(super) fn draw(tex: &str, style: Style) -> Result<Typeset, Problem> {
    if tex.contains(r"\tag") {
        return Err(Problem::Numbered);
    }
    let list = lay_out(tex, style)?;
    let mut drawing = Drawing { baseline: list.height, ..Drawing::default() };
    for item in &list.items {
        drawing.add(item)?;
    }
    let (body, glyphs) = drawing.finish()?;
    Ok(Typeset { width: list.width, height: list.height, depth: list.depth, body, glyphs })
}

fn lay_out(tex: &str, style: Style) -> Result<DisplayList, Problem> {
    let mut parser = Parser::new(tex);
    for own in MACROS {
        parser.gullet.set_macro(own.name.to_owned(), MacroDefinition::Text(own.body.to_owned()));
    }
    let nodes = parser.parse().map_err(|error| {
        let place = error.loc.map(|place| format!(" at byte {}", place.start)).unwrap_or_default();
        Problem::Syntax(format!("{}{place}", error.message))
    })?;
    let style = match style {
        Style::Inline => MathStyle::Text,
        Style::Display => MathStyle::Display,
    };
    let laid_out = layout(&nodes, &LayoutOptions { style, ..LayoutOptions::default() });
    validate_layout(&laid_out).map_err(|error| Problem::Syntax(error.to_string()))?;
    Ok(to_display_list(&laid_out))
}

/// The elements of one formula. All have one colour, so their order is free: glyphs are grouped by size, and rules
/// share one path.
#[derive(Default)]
struct Drawing {
    baseline: f64,
    /// Size in 1/1000, and what is drawn in that size.
    glyphs: BTreeMap<i64, Vec<(Glyph, i64, i64)>>,
    rules: String,
    paths: String,
}

impl Drawing {
    fn add(&mut self, item: &DisplayItem) -> Result<(), Problem> {
        let color = match item {
            DisplayItem::GlyphPath { color, .. }
            | DisplayItem::Line { color, .. }
            | DisplayItem::Rect { color, .. }
            | DisplayItem::Path { color, .. } => color,
        };
        if *color != Color::BLACK {
            return Err(Problem::Coloured);
        }
        match item {
            DisplayItem::GlyphPath { x, y, scale, font, char_code, .. } => {
                let glyph = Glyph::find(font, *char_code)
                    .map_err(|character| Problem::Character { character, font: font.clone() })?;
                let place = (glyph, units(x / scale), units((y - self.baseline) / scale));
                self.glyphs.entry(units(*scale)).or_default().push(place);
            }
            DisplayItem::Line { x, y, width, thickness, dashed, .. } => {
                let dash = if *dashed { 4.0 * thickness } else { *width };
                let mut from = 0.0;
                while from < *width {
                    self.rule(x + from, y - thickness / 2.0, dash.min(width - from), *thickness);
                    from += 2.0 * dash;
                }
            }
            DisplayItem::Rect { x, y, width, height, .. } => self.rule(*x, *y, *width, *height),
            DisplayItem::Path { x, y, commands, fill, .. } => {
                let outline = outline(*x, y - self.baseline, commands);
                self.paths += &match fill {
                    true => format!(r#"<path d="{outline}"/>"#),
                    false => format!(
                        r#"<path d="{outline}" fill="none" stroke="currentColor" stroke-width="{STROKE}"/>"#
                    ),
                };
            }
        }
        Ok(())
    }

    fn rule(&mut self, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, width) = (units(x), units(y - self.baseline), units(width));
        let height = units(height).max(1);
        let _ = write!(self.rules, "M{x} {y}h{width}v{height}h{}z", -width);
    }

    fn finish(self) -> Result<(String, BTreeSet<Glyph>), Problem> {
        let mut body = String::new();
        let mut used = BTreeSet::new();
        for (size, places) in self.glyphs.into_iter().rev() {
            if size != 1000 {
                let _ = write!(body, r#"<g transform="scale({})">"#, size as f64 / 1000.0);
            }
            for (glyph, x, y) in places {
                let _ = write!(body, r##"<use href="#{}""##, glyph.id());
                for (name, value) in [("x", x), ("y", y)] {
                    if value != 0 {
                        let _ = write!(body, r#" {name}="{value}""#);
                    }
                }
                body += "/>";
                used.insert(glyph);
            }
            if size != 1000 {
                body += "</g>";
            }
        }
        if !self.rules.is_empty() {
            let _ = write!(body, r#"<path d="{}"/>"#, self.rules);
        }
        body += &self.paths;
        if body.is_empty() {
            return Err(Problem::Empty);
        }
        Ok((body, used))
    }
}

/// Em to 1/1000 em.
fn units(em: f64) -> i64 {
    (1000.0 * em).round() as i64
}

fn outline(x: f64, y: f64, commands: &[PathCommand]) -> String {
    let at = |dx: &f64, dy: &f64| (units(x + dx), units(y + dy));
    let mut path = Path::default();
    let mut rest = commands;
    while let [command, after @ ..] = rest {
        rest = after;
        match command {
            PathCommand::MoveTo { x, y } => path.push('m', &[at(x, y)]),
            PathCommand::LineTo { x, y } => {
                let mut corners = vec![at(x, y)];
                while let [PathCommand::LineTo { x, y }, after @ ..] = rest {
                    corners.push(at(x, y));
                    rest = after;
                }
                path.polyline(&corners);
            }
            PathCommand::CubicTo { x1, y1, x2, y2, x, y } => {
                path.push('c', &[at(x1, y1), at(x2, y2), at(x, y)]);
            }
            PathCommand::QuadTo { x1, y1, x, y } => path.push('q', &[at(x1, y1), at(x, y)]),
            PathCommand::Close => path.close(),
        }
    }
    path.data()
}
