//! The backend of plotters that writes the book's SVG.
//!
//! Its canvas has ten dots per unit, so that plotters' whole numbers are sub-pixel positions, printed with one
//! decimal. Nothing is painted behind. The colours plotters hands over are sentinels (see `Pen::shape`).

use std::collections::BTreeSet;
use std::fmt::Write;

use plotters::element::{Drawable, PointCollection};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use super::geometry::Window;
use super::style::{Colour, Dash, PAPER, Palette};
use crate::typeset::{self, Glyph};

/// Dots of the canvas in a unit.
pub(super) const DOTS: f64 = 10.0;

/// The width of the line that rims a letter, half of it outside, in units.
const RIM: f64 = 4.0;

/// What has been drawn.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub body: String,
    pub glyphs: BTreeSet<Glyph>,
    /// The boxes of the labels, in units, to see whether any overlap.
    pub words: Vec<(String, Window)>,
    group: String,
}

impl Sheet {
    /// Continues the group of elements that share `attributes`, or begins it.
    fn group(&mut self, attributes: String) {
        if self.group != attributes {
            self.close();
            let _ = write!(self.body, "<g {attributes}>");
            self.group = attributes;
        }
    }

    pub fn close(&mut self) {
        if !self.group.is_empty() {
            self.body.push_str("</g>");
            self.group.clear();
        }
    }
}

/// The backend: writes on a sheet of a given size.
pub(super) struct Ink<'a> {
    pub sheet: &'a mut Sheet,
    /// In dots.
    pub size: (u32, u32),
    pub palette: Palette,
}

#[derive(Debug, thiserror::Error)]
#[error("the label `{0}`: {1}")]
pub(super) struct Unreadable(String, String);

type Outcome = Result<(), DrawingErrorKind<Unreadable>>;

impl Ink<'_> {
    fn colour(&self, color: BackendColor) -> String {
        self.palette.value(Colour(color.rgb.2))
    }

    fn stroked<S: BackendStyle>(&mut self, style: &S) {
        let color = style.color();
        let mut attributes = format!("stroke=\"{}\"", self.colour(color));
        let weight = style.stroke_width() as f64 / DOTS;
        let _ = write!(attributes, " stroke-width=\"{}\"", number(weight));
        if color.alpha < 1.0 {
            let _ = write!(attributes, " stroke-opacity=\"{}\"", number(color.alpha));
        }
        match Dash::ALL[color.rgb.0 as usize] {
            Dash::Solid => {}
            Dash::Dashed => attributes.push_str(" stroke-dasharray=\"6 4\" stroke-linecap=\"butt\""),
            Dash::Dotted => {
                let _ = write!(attributes, " stroke-dasharray=\"0 {}\"", number(weight + 2.4));
            }
        }
        self.sheet.group(attributes);
    }

    fn filled<S: BackendStyle>(&mut self, style: &S) {
        let color = style.color();
        let mut attributes = format!("fill=\"{}\"", self.colour(color));
        if color.alpha < 1.0 {
            let _ = write!(attributes, " fill-opacity=\"{}\"", number(color.alpha));
        }
        self.sheet.group(attributes);
    }

    /// A path with relative steps; no difference is lost because dots are whole numbers.
    fn path(&mut self, points: impl IntoIterator<Item = BackendCoord>, close: bool) {
        let mut points = points.into_iter();
        let Some(mut last) = points.next() else { return };
        let body = &mut self.sheet.body;
        body.push_str("<path d=\"M");
        coordinates(body, last);
        let mut letter = "l";
        for point in points {
            let step = (point.0 - last.0, point.1 - last.1);
            if step != (0, 0) {
                body.push_str(letter);
                let start = body.len();
                coordinates(body, step);
                if letter.is_empty() && !body[start..].starts_with('-') {
                    body.insert(start, ' ');
                }
                letter = "";
            }
            last = point;
        }
        if letter == "l" {
            body.push_str("h0");
        }
        body.push_str(if close { "z\"/>" } else { "\"/>" });
    }
}

impl DrawingBackend for Ink<'_> {
    type ErrorType = Unreadable;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Outcome {
        Ok(())
    }

    fn present(&mut self) -> Outcome {
        self.sheet.close();
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Outcome {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Outcome {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Outcome {
        if fill {
            self.filled(style)
        } else {
            self.stroked(style)
        }
        self.path([(left, top), (right, top), (right, bottom), (left, bottom)], true);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Outcome {
        self.stroked(style);
        self.path(path, false);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Outcome {
        if fill {
            self.filled(style)
        } else {
            self.stroked(style)
        }
        let [x, y, r] = [x, y, radius as i32].map(|dots| number(dots as f64 / DOTS));
        let _ = write!(self.sheet.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Outcome {
        self.filled(style);
        self.path(corners, true);
        Ok(())
    }

    /// Words with `$…$`; the anchor's vertical centre puts a digit's middle there, its top the baseline's.
    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, pos: BackendCoord) -> Outcome {
        let set = typeset::label(text).map_err(|error| {
            DrawingErrorKind::DrawingError(Unreadable(text.to_owned(), error.to_string()))
        })?;
        let size = style.size() / DOTS;
        let (x, y) = (pos.0 as f64 / DOTS, pos.1 as f64 / DOTS);
        let along = size
            * match style.anchor().h_pos {
                HPos::Left => 0.0,
                HPos::Center => -set.width / 2.0,
                HPos::Right => -set.width,
            };
        let down = size
            * match style.anchor().v_pos {
                VPos::Bottom => 0.0,
                VPos::Center => super::layout::MIDDLE,
                VPos::Top => set.height,
            };
        let upright = !matches!(style.transform(), FontTransform::Rotate270);
        let (x, y, turn) =
            if upright { (x + along, y + down, "") } else { (x + down, y - along, "rotate(-90)") };
        let (width, height, depth) = (size * set.width, size * set.height, size * set.depth);
        let bounds = if upright {
            Window { left: x, right: x + width, top: y - height, bottom: y + depth }
        } else {
            Window { left: x - height, right: x + depth, top: y - width, bottom: y }
        };
        self.sheet.words.push((text.to_owned(), bounds));
        self.filled(&style.color());
        let rim = match style.color().rgb.1 {
            0 => String::new(),
            // Under all letters: the rim of one must not cut into the next.
            _ => format!(
                "<g stroke=\"{}\" stroke-width=\"{}\" stroke-opacity=\".85\">{}</g>",
                self.palette.value(PAPER),
                number(RIM / size * 1e3),
                set.body
            ),
        };
        let _ = write!(
            self.sheet.body,
            "<g transform=\"translate({} {}){turn}scale({})\">{rim}{}</g>",
            number(x),
            number(y),
            precise(size / 1e3),
            set.body
        );
        self.sheet.glyphs.extend(set.glyphs);
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let set = typeset::label(text).map_err(|error| {
            DrawingErrorKind::DrawingError(Unreadable(text.to_owned(), error.to_string()))
        })?;
        let dots = |em: f64| (em * style.size()).ceil() as u32;
        Ok((dots(set.width), dots(set.height + set.depth)))
    }
}

/// An image stretched over a rectangle of the panel and cut at the edge of the axes.
///
/// Plotters paints images dot for dot and without transparency; this element hands the file itself to the sheet.
pub(super) struct Picture {
    /// The image as the address of a PNG.
    pub address: String,
    pub bounds: Window,
    pub clip: Option<(String, Window)>,
}

impl<'p> PointCollection<'p, BackendCoord> for &'p Picture {
    type Point = BackendCoord;
    type IntoIter = [BackendCoord; 0];

    fn point_iter(self) -> Self::IntoIter {
        []
    }
}

impl Drawable<Ink<'_>> for Picture {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, _: I, ink: &mut Ink<'_>, _: (u32, u32)) -> Outcome {
        ink.sheet.close();
        let rectangle = |window: &Window| {
            let [x, y, width, height] =
                [window.left, window.top, window.right - window.left, window.bottom - window.top].map(number);
            format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
        };
        let body = &mut ink.sheet.body;
        let mut reference = String::new();
        if let Some((id, window)) = &self.clip {
            let _ = write!(body, "<clipPath id=\"{id}\"><rect {}/></clipPath>", rectangle(window));
            reference = format!(" clip-path=\"url(#{id})\"");
        }
        let _ = write!(
            body,
            "<g{reference}><image {} preserveAspectRatio=\"none\" href=\"{}\"/></g>",
            rectangle(&self.bounds),
            self.address
        );
        Ok(())
    }
}

/// A number with at most two decimals and no idle characters.
pub(super) fn number(value: f64) -> String {
    shortened(format!("{value:.2}"))
}

fn precise(value: f64) -> String {
    shortened(format!("{value:.6}"))
}

fn shortened(text: String) -> String {
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        _ if text.starts_with("0.") => text[1..].to_owned(),
        _ if text.starts_with("-0.") => format!("-{}", &text[2..]),
        _ => text.to_owned(),
    }
}

/// Two coordinates in dots, written in units.
fn coordinates(out: &mut String, (x, y): BackendCoord) {
    tenths(out, x);
    if y >= 0 {
        out.push(' ');
    }
    tenths(out, y);
}

fn tenths(out: &mut String, dots: i32) {
    if dots < 0 {
        out.push('-');
    }
    let (whole, rest) = (dots.unsigned_abs() / 10, dots.unsigned_abs() % 10);
    let _ = match (whole, rest) {
        (_, 0) => write!(out, "{whole}"),
        (0, _) => write!(out, ".{rest}"),
        _ => write!(out, "{whole}.{rest}"),
    };
}

#[cfg(test)]
mod tests {
    use plotters::drawing::{DrawingArea, IntoDrawingArea};
    use plotters::element::{Circle, PathElement};

    use super::super::style::{BLUE, INK};
    use super::*;

    fn drawn(palette: Palette, draw: impl Fn(&DrawingArea<Ink, plotters::coord::Shift>)) -> String {
        let mut sheet = Sheet::default();
        let area = Ink { sheet: &mut sheet, size: (4400, 3000), palette }.into_drawing_area();
        draw(&area);
        area.present().unwrap();
        drop(area);
        sheet.body
    }

    #[test]
    fn paths_are_relative_and_sub_pixel() {
        let body = drawn(Palette::CssVariables, |area| {
            let path = |points: &[(i32, i32)]| PathElement::new(points.to_vec(), BLUE.opacity(0.5).shape());
            area.draw(&path(&[(105, 7), (108, 2), (118, 12), (118, 12)])).unwrap();
            area.draw(&path(&[(0, 0), (10, 0)])).unwrap();
            area.draw(&Circle::new((15, 20), 23, INK.weight(1.0).fill())).unwrap();
        });
        assert_eq!(
            body,
            "<g stroke=\"var(--fig-1)\" stroke-width=\"1.6\" stroke-opacity=\".5\">\
             <path d=\"M10.5 .7l.3-.5 1 1\"/><path d=\"M0 0l1 0\"/></g>\
             <g fill=\"currentColor\"><circle cx=\"1.5\" cy=\"2\" r=\"2.3\"/></g>"
        );
    }

    #[test]
    fn dashes_and_literal_colours() {
        let body = drawn(Palette::Light, |area| {
            area.draw(&PathElement::new(vec![(0, 0), (10, 10)], BLUE.dashed().shape())).unwrap();
        });
        assert!(body.contains("stroke=\"#0067b1\"") && body.contains("stroke-dasharray=\"6 4\""), "{body}");
    }

    #[test]
    fn numbers_carry_no_idle_characters() {
        assert_eq!(
            [0.0, -0.001, 0.5, -0.25, 12.0, 1.339].map(number),
            ["0", "0", ".5", "-.25", "12", "1.34"]
        );
    }
}
