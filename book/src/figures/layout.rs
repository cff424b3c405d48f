//! From the description of a panel to ink: margins, ticks, marks, names.

use anyhow::{Context, Result, bail};
use base64::Engine;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBColor, ShapeStyle, TextStyle};

use super::axis::Axis;
use super::geometry::{self, Point, Window};
use super::ink::{DOTS, Ink, Picture, Sheet};
use super::plate::{At, Corner, Plate, Shade, Shape, Side, Swatch};
use super::style::{AXIS_WEIGHT, Colour, INK, NUMBERS, Palette, Pen, TEXT, sentinel};
use crate::typeset;

/// Half the height of a digit in em: what a baseline is below the middle of a line of text.
pub(super) const MIDDLE: f64 = 0.32;

/// How far a line may be moved by leaving out points, in units.
const TOLERANCE: f64 = 0.2;
const TICK: f64 = 4.0;
const EDGE: f64 = 2.0;
const SCALE_GAP: f64 = 14.0;
const SCALE_WIDTH: f64 = 10.0;

/// A panel with ink on it.
pub(super) struct Print {
    pub width: f64,
    pub height: f64,
    pub sheet: Sheet,
}

/// Prints a panel. `prefix` begins the ids inside it; `headroom` is the least room above the axes, so that panels side
/// by side begin at the same height.
pub(super) fn print(plate: &Plate, palette: Palette, prefix: &str, headroom: f64) -> Result<Print> {
    for (axis, name) in [(&plate.x, "horizontal"), (&plate.y, "vertical")] {
        if let Some(fault) = axis.fault() {
            bail!("the {name} axis: {fault}");
        }
    }
    if let Some(fault) = &plate.fault {
        bail!("{fault}");
    }
    let frame = Frame::around(plate, Heading::of(plate)?.lowered(headroom))?;
    let mut sheet = Sheet::default();
    let size = [plate.width, frame.panel_height].map(|length| (length * DOTS).round() as u32);
    let area = Ink { sheet: &mut sheet, size: (size[0], size[1]), palette }.into_drawing_area();
    let press = Press { area: &area, frame: &frame, prefix };
    press.all(plate)?;
    area.present().context("the panel")?;
    drop(area);
    Ok(Print { width: plate.width, height: frame.panel_height, sheet })
}

/// Width, height and depth of words, in units.
fn measure(text: &str, size: f64) -> Result<[f64; 3]> {
    let set = typeset::label(text).with_context(|| format!("the label `{text}`"))?;
    Ok([set.width, set.height, set.depth].map(|em| em * size))
}

/// The axes in their place on the panel.
struct Frame<'a> {
    window: Window,
    x: &'a Axis,
    y: &'a Axis,
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
    scale: Option<(Shade, Axis)>,
    heading: Heading,
    /// The baseline of the horizontal axis's words.
    x_line: f64,
    panel_height: f64,
}

/// The words above the axes: their baselines, and where they end.
pub(super) struct Heading {
    title_line: f64,
    y_line: f64,
    pub end: f64,
}

impl Heading {
    pub fn of(plate: &Plate) -> Result<Self> {
        let mut heading = Heading { title_line: 0.0, y_line: 0.0, end: 0.0 };
        if !plate.title.is_empty() {
            let [_, height, depth] = measure(&bold(&plate.title), TEXT)?;
            heading.title_line = EDGE + height.max(0.75 * TEXT);
            heading.end = heading.title_line + depth.max(0.3 * TEXT) + 2.0;
        }
        if !plate.y.label.is_empty() {
            let [_, height, depth] = measure(&plate.y.label, TEXT)?;
            heading.y_line = heading.end + EDGE + height.max(0.75 * TEXT);
            heading.end = heading.y_line + depth.max(0.2 * TEXT);
        }
        Ok(heading)
    }

    fn lowered(self, end: f64) -> Self {
        let by = (end - self.end).max(0.0);
        Heading { title_line: self.title_line + by, y_line: self.y_line + by, end: self.end + by }
    }
}

/// A title with its words in bold type.
fn bold(title: &str) -> String {
    let piece = |(index, piece): (usize, &str)| match index % 2 {
        _ if piece.is_empty() => String::new(),
        0 => format!(r"$\textbf{{{piece}}}$"),
        _ => format!("${piece}$"),
    };
    if title.contains(r"\$") { title.to_owned() } else { title.split('$').enumerate().map(piece).collect() }
}

impl<'a> Frame<'a> {
    fn around(plate: &'a Plate, heading: Heading) -> Result<Self> {
        // Room for half of the topmost number.
        let top = heading.end + if plate.axes { 8.0 } else { 0.0 };
        let mut bottom = if plate.axes { 2.0 } else { 0.0 };
        let wanted = |axis: &Axis, length: f64, each: f64| axis.ticks(((length / each) as usize).max(2));
        let visible = |axis: &Axis, ticks: Vec<(f64, String)>| -> Vec<(f64, String)> {
            ticks
                .into_iter()
                .filter(|(value, _)| (-1e-9..=1.0 + 1e-9).contains(&axis.position(*value)))
                .collect()
        };
        let x_ticks = visible(&plate.x, wanted(&plate.x, plate.width - 60.0, 76.0));
        let y_ticks = visible(&plate.y, wanted(&plate.y, plate.height - top - 45.0, 48.0));
        if !x_ticks.is_empty() {
            bottom = TICK + 4.0 + 0.85 * NUMBERS + 0.25 * NUMBERS;
        }
        let mut x_line = 0.0;
        if !plate.x.label.is_empty() {
            let [_, height, depth] = measure(&plate.x.label, TEXT)?;
            x_line = bottom + height.max(0.7 * TEXT) + 3.0;
            bottom = x_line + depth.max(0.25 * TEXT);
        }
        let mut left: f64 = if plate.axes { 4.0 } else { 0.0 };
        for (_, name) in &y_ticks {
            left = left.max(measure(name, NUMBERS)?[0] + TICK + 5.0);
        }
        let mut right: f64 = if plate.axes { 6.0 } else { 0.0 };
        for (at, name, _) in &plate.ends {
            if matches!(at, At::Data(x, _) if plate.x.position(*x) > 0.99) {
                right = right.max(measure(name, TEXT)?[0] + 9.0);
            }
        }
        let mut scale = None;
        if let Some(shade) = plate.scale {
            let axis = Axis::linear(shade.range(), "");
            if let Some(fault) = axis.fault() {
                bail!("the scale of colours: {fault}");
            }
            if right > 6.0 {
                bail!("names at the ends of lines stand where the scale of colours stands");
            }
            for (_, name) in axis.ticks(4) {
                right = right.max(SCALE_GAP + SCALE_WIDTH + TICK + 3.0 + measure(&name, NUMBERS)?[0]);
            }
            scale = Some((shade, axis));
        }
        let half = |tick: Option<&(f64, String)>| -> Result<f64> {
            Ok(tick
                .map(|(_, name)| measure(name, NUMBERS))
                .transpose()?
                .map_or(0.0, |[width, ..]| width / 2.0 + 1.0))
        };
        if x_ticks.first().is_some_and(|(value, _)| plate.x.position(*value) < 0.02) {
            left = left.max(half(x_ticks.first())?);
        }
        if x_ticks.last().is_some_and(|(value, _)| plate.x.position(*value) > 0.98) {
            right = right.max(half(x_ticks.last())?);
        }
        let mut panel_height = plate.height;
        if plate.equal {
            let [dx, dy] = [&plate.x, &plate.y].map(|axis| axis.high() - axis.low());
            panel_height = top + (plate.width - left - right) * dy / dx + bottom;
        }
        let window = Window { left, top, right: plate.width - right, bottom: panel_height - bottom };
        if window.right - window.left < 20.0 || window.bottom - window.top < 20.0 {
            bail!("the words around the axes leave no room for them");
        }
        let x_line = window.bottom + x_line;
        Ok(Frame { window, x: &plate.x, y: &plate.y, x_ticks, y_ticks, scale, heading, x_line, panel_height })
    }

    fn x(&self, fraction: f64) -> f64 {
        self.window.left + fraction * (self.window.right - self.window.left)
    }

    fn y(&self, fraction: f64) -> f64 {
        self.window.bottom - fraction * (self.window.bottom - self.window.top)
    }

    fn place(&self, at: At) -> Point {
        match at {
            At::Data(x, y) => [self.x(self.x.position(x)), self.y(self.y.position(y))],
            At::Unit(x, y) => [self.x(x), self.y(y)],
        }
    }

    /// Like `place`, but what a logarithmic axis cannot show is far below it instead of nowhere: surfaces reach down.
    fn reach(&self, at: At) -> Point {
        let far = |value: f64, axis: &Axis| {
            let position = axis.position(value);
            if axis.is_logarithmic() && value <= 0.0 { -1e3 } else { position.clamp(-1e6, 1e6) }
        };
        match at {
            At::Data(x, y) => [self.x(far(x, self.x)), self.y(far(y, self.y))],
            unit => self.place(unit),
        }
    }
}

/// The drawing area with the axes found for it.
struct Press<'a, 'ink> {
    area: &'a DrawingArea<Ink<'ink>, Shift>,
    frame: &'a Frame<'a>,
    prefix: &'a str,
}

fn dots([x, y]: Point) -> (i32, i32) {
    ((x * DOTS).round() as i32, (y * DOTS).round() as i32)
}

impl Press<'_, '_> {
    fn all(&self, plate: &Plate) -> Result<()> {
        if plate.axes {
            self.rules(plate)?;
        }
        let (words, marks): (Vec<_>, Vec<_>) =
            plate.shapes.iter().enumerate().partition(|(_, shape)| matches!(shape, Shape::Words { .. }));
        for (index, shape) in marks {
            self.shape(index, shape)?;
        }
        if plate.axes {
            self.axes(plate)?;
        }
        for (index, shape) in words {
            self.shape(index, shape)?;
        }
        if !plate.title.is_empty() {
            let start = [EDGE, self.frame.heading.title_line];
            self.words(&bold(&plate.title), start, TEXT, (HPos::Left, VPos::Bottom), INK)?;
        }
        self.scale()?;
        self.ends(plate)?;
        self.legend(plate)
    }

    fn stroke(&self, points: &[Point], style: ShapeStyle) -> Result<()> {
        let path: Vec<_> = points.iter().map(|point| dots(*point)).collect();
        Ok(self.area.draw(&PathElement::new(path, style))?)
    }

    fn fill(&self, points: &[Point], pen: Pen) -> Result<()> {
        let corners: Vec<_> = points.iter().map(|point| dots(*point)).collect();
        Ok(self.area.draw(&Polygon::new(corners, pen.fill()))?)
    }

    fn ball(&self, centre: Point, radius: f64, style: ShapeStyle) -> Result<()> {
        Ok(self.area.draw(&Circle::new(dots(centre), (radius * DOTS).round() as u32, style))?)
    }

    fn words(&self, text: &str, at: Point, size: f64, anchor: (HPos, VPos), colour: Colour) -> Result<()> {
        self.print(text, at, size, anchor, sentinel(colour, false))
    }

    /// Words among marks: a rim of the page's colour keeps them legible.
    fn rimmed(&self, text: &str, at: Point, anchor: (HPos, VPos), colour: Colour) -> Result<()> {
        self.print(text, at, TEXT, anchor, sentinel(colour, true))
    }

    fn print(&self, text: &str, at: Point, size: f64, anchor: (HPos, VPos), ink: RGBColor) -> Result<()> {
        let style = TextStyle::from(("", size * DOTS)).color(&ink).pos(Pos::new(anchor.0, anchor.1));
        Ok(self.area.draw(&Text::new(text, dots(at), style))?)
    }

    fn rules(&self, plate: &Plate) -> Result<()> {
        let window = self.frame.window;
        let pen = INK.weight(0.8).opacity(0.13);
        for (value, _) in self.frame.y_ticks.iter().filter(|_| plate.rules) {
            let y = self.frame.y(self.frame.y.position(*value));
            if (y - window.bottom).abs() > 0.5 {
                self.stroke(&[[window.left, y], [window.right, y]], pen.shape())?;
            }
        }
        Ok(())
    }

    fn axes(&self, plate: &Plate) -> Result<()> {
        let Window { left, top, right, bottom } = self.frame.window;
        let pen = INK.weight(AXIS_WEIGHT).opacity(0.75);
        self.stroke(&[[left, top], [left, bottom], [right, bottom]], pen.shape())?;
        for (value, _) in &self.frame.x_ticks {
            let x = self.frame.x(self.frame.x.position(*value));
            self.stroke(&[[x, bottom], [x, bottom + TICK]], pen.shape())?;
        }
        for (value, _) in &self.frame.y_ticks {
            let y = self.frame.y(self.frame.y.position(*value));
            self.stroke(&[[left - TICK, y], [left, y]], pen.shape())?;
        }
        let numbers = bottom + TICK + 4.0 + 0.7 * NUMBERS;
        for (value, name) in &self.frame.x_ticks {
            let x = self.frame.x(self.frame.x.position(*value));
            self.words(name, [x, numbers + 0.15 * NUMBERS], NUMBERS, (HPos::Center, VPos::Bottom), INK)?;
        }
        for (value, name) in &self.frame.y_ticks {
            let y = self.frame.y(self.frame.y.position(*value));
            self.words(name, [left - TICK - 3.0, y], NUMBERS, (HPos::Right, VPos::Center), INK)?;
        }
        if !plate.y.label.is_empty() {
            let start = [EDGE, self.frame.heading.y_line];
            self.words(&plate.y.label, start, TEXT, (HPos::Left, VPos::Bottom), INK)?;
        }
        if !plate.x.label.is_empty() {
            let middle = [(left + right) / 2.0, self.frame.x_line];
            self.words(&plate.x.label, middle, TEXT, (HPos::Center, VPos::Bottom), INK)?;
        }
        Ok(())
    }

    fn shape(&self, index: usize, shape: &Shape) -> Result<()> {
        let (frame, window) = (self.frame, self.frame.window);
        match shape {
            Shape::Line { points, pen } => {
                let points: Vec<Point> = points.iter().map(|at| frame.place(*at)).collect();
                for piece in window.line(&points) {
                    self.stroke(&geometry::thinned(&piece, TOLERANCE), pen.shape())?;
                }
            }
            Shape::Surface { corners, pen } => {
                let corners: Vec<Point> = corners.iter().map(|at| frame.reach(*at)).collect();
                let cut = geometry::thinned(&window.polygon(&corners), TOLERANCE);
                if cut.len() > 2 {
                    self.fill(&cut, *pen)?;
                }
            }
            Shape::Dots { points, radius, pen } => {
                for point in points.iter().map(|at| frame.place(*at)).filter(|point| window.holds(*point)) {
                    self.ball(point, *radius, pen.fill())?;
                }
            }
            Shape::Ring { centre, radius, pen } => {
                let centre = frame.place(*centre);
                if window.holds(centre) {
                    self.ball(centre, *radius, pen.shape())?;
                }
            }
            Shape::Whiskers { bars, pen } => {
                for [x, low, high] in bars {
                    let ([x, low], high) =
                        (frame.reach(At::Data(*x, *low)), frame.reach(At::Data(*x, *high))[1]);
                    let cap = 3.0;
                    for line in [
                        [[x, low], [x, high]],
                        [[x - cap, low], [x + cap, low]],
                        [[x - cap, high], [x + cap, high]],
                    ] {
                        for piece in window.line(&line) {
                            self.stroke(&piece, pen.shape())?;
                        }
                    }
                }
            }
            Shape::Arrow { from, to, pen } => self.arrow(frame.place(*from), frame.place(*to), *pen)?,
            Shape::Picture { x, y, columns, pixels } => {
                let corner = frame.place(At::Data(*x.start(), *y.end()));
                let opposite = frame.place(At::Data(*x.end(), *y.start()));
                let bounds =
                    Window { left: corner[0], top: corner[1], right: opposite[0], bottom: opposite[1] };
                let inside = window.holds(corner) && window.holds(opposite);
                let clip = (!inside).then(|| (format!("{}-clip-{index}", self.prefix), window));
                self.area.draw(&Picture { address: address(*columns, pixels)?, bounds, clip })?;
            }
            Shape::Words { at, text, side, colour } => {
                let place = frame.place(*at);
                if !place.iter().all(|coordinate| coordinate.is_finite()) {
                    bail!("the label `{text}` stands at {at:?}, which is nowhere on the axes");
                }
                self.beside(place, text, *side, *colour)?;
            }
        }
        Ok(())
    }

    /// The shaft ends inside the head, so that its tip is sharp; the head shrinks with short arrows.
    fn arrow(&self, from: Point, to: Point, pen: Pen) -> Result<()> {
        let window = self.frame.window;
        if !window.holds(from) || !window.holds(to) {
            return Ok(());
        }
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy);
        if length < 0.5 {
            return Ok(());
        }
        let head = (3.0 + 2.4 * pen.weight).min(0.6 * length);
        let (ux, uy) = (dx / length, dy / length);
        let back =
            |along: f64, aside: f64| [to[0] - along * ux - aside * uy, to[1] - along * uy + aside * ux];
        self.stroke(&[from, back(0.7 * head, 0.0)], pen.shape())?;
        let half = 0.38 * head;
        self.fill(&[to, back(head, half), back(0.75 * head, 0.0), back(head, -half)], pen)
    }

    fn beside(&self, [x, y]: Point, text: &str, side: Side, colour: Colour) -> Result<()> {
        use Side::*;
        let gap = 6.0;
        let [_, _, depth] = measure(text, TEXT)?;
        let (dx, h) = match side {
            Centre | Above | Below => (0.0, HPos::Center),
            Right => (gap, HPos::Left),
            AboveRight | BelowRight => (0.6 * gap, HPos::Left),
            Left => (-gap, HPos::Right),
            AboveLeft | BelowLeft => (-0.6 * gap, HPos::Right),
        };
        let (dy, v) = match side {
            Centre | Right | Left => (0.0, VPos::Center),
            Above | AboveRight | AboveLeft => (-0.7 * gap - depth, VPos::Bottom),
            Below | BelowRight | BelowLeft => (0.8 * gap, VPos::Top),
        };
        let place = [x + dx, y + dy];
        // A name at the centre of something stands on it, not among lines.
        if side == Centre {
            self.words(text, place, TEXT, (h, v), colour)
        } else {
            self.rimmed(text, place, (h, v), colour)
        }
    }

    /// The names at the right ends of lines: those at the edge share the margin and make room for each other.
    fn ends(&self, plate: &Plate) -> Result<()> {
        let window = self.frame.window;
        let (mut margin, inside): (Vec<_>, Vec<_>) = plate
            .ends
            .iter()
            .map(|(at, text, colour)| (self.frame.place(*at), text, *colour))
            .partition(|(point, ..)| point[0] > window.left + 0.99 * (window.right - window.left));
        for (point, text, colour) in inside {
            self.beside(point, text, Side::Right, colour)?;
        }
        margin.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
        let mut gap: f64 = 1.1 * TEXT;
        for (_, text, _) in &margin {
            let [_, height, depth] = measure(text, TEXT)?;
            gap = gap.max(height + depth + 1.0);
        }
        let wanted: Vec<f64> = margin.iter().map(|(point, ..)| point[1]).collect();
        let places = geometry::spread(&wanted, gap, window.top, window.bottom - MIDDLE * TEXT);
        for ((_, text, colour), y) in margin.into_iter().zip(places) {
            self.words(text, [window.right + 7.0, y], TEXT, (HPos::Left, VPos::Center), colour)?;
        }
        Ok(())
    }

    /// The colours of a heat map beside their numbers.
    fn scale(&self) -> Result<()> {
        let Some((shade, axis)) = &self.frame.scale else { return Ok(()) };
        let Window { top, right, bottom, .. } = self.frame.window;
        let (left, right) = (right + SCALE_GAP, right + SCALE_GAP + SCALE_WIDTH);
        let steps = 128;
        let number =
            |step: usize| axis.low() + (axis.high() - axis.low()) * (step as f64 + 0.5) / steps as f64;
        let pixels: Vec<_> = (0..steps).rev().map(|step| shade.pixel(number(step))).collect();
        let bounds = Window { left, top, right, bottom };
        self.area.draw(&Picture { address: address(1, &pixels)?, bounds, clip: None })?;
        let pen = INK.weight(AXIS_WEIGHT).opacity(0.75);
        self.stroke(&[[left, top], [right, top], [right, bottom], [left, bottom], [left, top]], pen.shape())?;
        for (value, name) in axis.ticks(4) {
            let y = self.frame.y(axis.position(value));
            self.stroke(&[[right, y], [right + TICK, y]], pen.shape())?;
            self.words(&name, [right + TICK + 3.0, y], NUMBERS, (HPos::Left, VPos::Center), INK)?;
        }
        Ok(())
    }

    /// How much is drawn where a legend might stand: lengths of lines, and a little for surfaces.
    fn crowd(&self, plate: &Plate, stand: Window) -> f64 {
        let air = 6.0;
        let stand = Window {
            left: stand.left - air,
            top: stand.top - air,
            right: stand.right + air,
            bottom: stand.bottom + air,
        };
        let length = |line: &[Point]| {
            line.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])).sum::<f64>()
        };
        let lines = |points: &[Point]| stand.line(points).iter().map(|piece| length(piece)).sum::<f64>();
        let places = |points: &[At]| points.iter().map(|at| self.frame.place(*at)).collect::<Vec<_>>();
        let one = |shape: &Shape| match shape {
            Shape::Line { points, .. } => lines(&places(points)),
            Shape::Arrow { from, to, .. } => lines(&places(&[*from, *to])),
            Shape::Surface { corners, .. } => {
                let corners: Vec<Point> = corners.iter().map(|at| self.frame.reach(*at)).collect();
                0.2 * length(&stand.polygon(&corners))
            }
            Shape::Dots { points, .. } => {
                10.0 * places(points).into_iter().filter(|point| stand.holds(*point)).count() as f64
            }
            Shape::Whiskers { bars, .. } => bars
                .iter()
                .map(|[x, low, high]| lines(&places(&[At::Data(*x, *low), At::Data(*x, *high)])))
                .sum(),
            Shape::Words { at, .. } => {
                if stand.holds(self.frame.place(*at)) {
                    50.0
                } else {
                    0.0
                }
            }
            Shape::Ring { .. } | Shape::Picture { .. } => 0.0,
        };
        plate.shapes.iter().map(one).sum()
    }

    fn legend(&self, plate: &Plate) -> Result<()> {
        let window = self.frame.window;
        let (inset, swatch, gap) = (8.0, 20.0, 7.0);
        let mut widest: f64 = 0.0;
        let mut pitch: f64 = 1.35 * TEXT;
        for (_, text) in &plate.legend {
            let [width, height, depth] = measure(text, TEXT)?;
            widest = widest.max(width);
            pitch = pitch.max(height + depth + 4.0);
        }
        let rows = plate.legend.len() as f64;
        let (width, height) = (swatch + gap + widest, pitch * rows);
        let stand = |corner: Corner| {
            let left = match corner {
                Corner::TopLeft | Corner::BottomLeft => window.left + inset + 4.0,
                Corner::TopRight | Corner::BottomRight => window.right - inset - width,
            };
            let top = match corner {
                Corner::TopLeft | Corner::TopRight => window.top + inset - 0.5 * TEXT,
                Corner::BottomLeft | Corner::BottomRight => window.bottom - inset - height + 0.3 * TEXT,
            };
            Window { left, top, right: left + width, bottom: top + height }
        };
        let stands = [Corner::TopRight, Corner::TopLeft, Corner::BottomRight, Corner::BottomLeft];
        let corner = plate.corner.or_else(|| {
            stands
                .into_iter()
                .min_by(|a, b| self.crowd(plate, stand(*a)).total_cmp(&self.crowd(plate, stand(*b))))
        });
        let Window { left, top, .. } = stand(corner.unwrap_or(Corner::TopRight));
        let first = top + 0.5 * TEXT;
        for (row, (mark, text)) in plate.legend.iter().enumerate() {
            let y = first + pitch * row as f64;
            let (start, end) = ([left, y], [left + swatch, y]);
            match mark {
                Swatch::Stroke(pen) => {
                    self.stroke(&[start, end], pen.opacity(pen.opacity.max(0.7)).shape())?
                }
                Swatch::Patch(pen) => {
                    let (half, right) = (4.5, left + swatch);
                    self.fill(
                        &[[left, y - half], [right, y - half], [right, y + half], [left, y + half]],
                        *pen,
                    )?;
                }
                Swatch::Dot(pen) => {
                    self.ball([left + swatch / 2.0, y], 3.0, pen.opacity(pen.opacity.max(0.7)).fill())?
                }
            }
            self.rimmed(text, [left + swatch + gap, y], (HPos::Left, VPos::Center), INK)?;
        }
        Ok(())
    }
}

/// A PNG as an address that holds the whole file.
fn address(columns: usize, pixels: &[[u8; 4]]) -> Result<String> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, columns as u32, (pixels.len() / columns) as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::Best);
    encoder.write_header()?.write_image_data(pixels.as_flattened())?;
    Ok(format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(file)))
}
