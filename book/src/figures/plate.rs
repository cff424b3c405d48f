//! A panel of a figure, described with a small vocabulary: axes, lines, bands, bars, points, arrows, words.
//!
//! A [`Plate`] only collects; positions are found when it is printed, because margins depend on the words around the
//! axes. Everything drawn is cut at the edge of the axes, never moved onto it.

use std::ops::RangeInclusive;

use super::axis::Axis;
use super::contour;
use super::style::{Colour, GREY, INK, PAPER, Pen};

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// In the numbers of the axes.
    Data(f64, f64),
    /// In fractions of the axes, from (0, 0) at the lower left to (1, 1) at the upper right.
    Unit(f64, f64),
}

impl From<(f64, f64)> for At {
    fn from((x, y): (f64, f64)) -> Self {
        At::Data(x, y)
    }
}

/// A place in fractions of the axes: `unit(0.5, 1.0)` is the middle of the upper edge.
pub fn unit(x: f64, y: f64) -> At {
    At::Unit(x, y)
}

/// On which side of its point a label stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On the point itself.
    Centre,
    /// To the right of it.
    Right,
    /// To the left of it.
    Left,
    /// Centred above it.
    Above,
    /// Centred below it.
    Below,
    /// Beginning above it.
    AboveRight,
    /// Ending above it.
    AboveLeft,
    /// Beginning below it.
    BelowRight,
    /// Ending below it.
    BelowLeft,
}

/// A corner of the axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    /// The upper left.
    TopLeft,
    /// The upper right.
    TopRight,
    /// The lower left.
    BottomLeft,
    /// The lower right.
    BottomRight,
}

/// How the numbers of a heat map become colour. Colours fade to nothing, so that the page shows through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shade {
    /// Nothing at `low`, the full colour at `high`.
    Sequential {
        /// The colour.
        colour: Colour,
        /// The number that is left blank.
        low: f64,
        /// The number that is painted in full.
        high: f64,
    },
    /// Nothing at zero, one colour at −`bound`, the other at `bound`.
    Diverging {
        /// The colour of negative numbers.
        negative: Colour,
        /// The colour of positive numbers.
        positive: Colour,
        /// The size of a number that is painted in full.
        bound: f64,
    },
}

impl Shade {
    /// Red, green, blue and opacity for a number; nothing for NaN.
    pub(super) fn pixel(self, value: f64) -> [u8; 4] {
        let (colour, part) = match self {
            Shade::Sequential { colour, low, high } => (colour, (value - low) / (high - low)),
            Shade::Diverging { negative, positive, bound } => {
                (if value < 0.0 { negative } else { positive }, value.abs() / bound)
            }
        };
        let [r, g, b] = colour.pixel();
        [r, g, b, if part.is_nan() { 0 } else { (255.0 * part.clamp(0.0, 1.0)).round() as u8 }]
    }

    /// The numbers that differ in colour.
    pub(super) fn range(self) -> RangeInclusive<f64> {
        match self {
            Shade::Sequential { low, high, .. } => low..=high,
            Shade::Diverging { bound, .. } => -bound..=bound,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Line { points: Vec<At>, pen: Pen },
    Surface { corners: Vec<At>, pen: Pen },
    Dots { points: Vec<At>, radius: f64, pen: Pen },
    Ring { centre: At, radius: f64, pen: Pen },
    Whiskers { bars: Vec<[f64; 3]>, pen: Pen },
    Arrow { from: At, to: At, pen: Pen },
    Picture { x: RangeInclusive<f64>, y: RangeInclusive<f64>, columns: usize, pixels: Vec<[u8; 4]> },
    Words { at: At, text: String, side: Side, colour: Colour },
}

/// What stands for a mark in the legend.
#[derive(Debug, Clone, Copy)]
pub(super) enum Swatch {
    Stroke(Pen),
    Patch(Pen),
    Dot(Pen),
}

/// One panel.
///
/// ```
/// use book::figures::{BLUE, ORANGE, Plate};
///
/// let t: Vec<f64> = (0..=100).map(|k| k as f64 / 100.0).collect();
/// let decay: Vec<f64> = t.iter().map(|t| (-3.0 * t).exp()).collect();
/// let mut plate = Plate::new().x(0.0..=1.0, "$t$").y(0.0..=1.0, "mean of $X_t$");
/// plate.line(&t, &decay, BLUE).named("$m_t$");
/// plate.horizontal(0.0, ORANGE.dashed());
/// ```
#[derive(Debug, Clone)]
pub struct Plate {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) title: String,
    pub(super) axes: bool,
    pub(super) rules: bool,
    pub(super) equal: bool,
    pub(super) corner: Option<Corner>,
    pub(super) scale: Option<Shade>,
    pub(super) shapes: Vec<Shape>,
    pub(super) ends: Vec<(At, String, Colour)>,
    pub(super) legend: Vec<(Swatch, String)>,
    pub(super) fault: Option<String>,
}

impl Default for Plate {
    fn default() -> Self {
        Plate::new()
    }
}

/// What has just been drawn, to be given a name.
pub struct Mark<'a> {
    plate: &'a mut Plate,
    swatch: Swatch,
    colour: Colour,
    line: Vec<At>,
}

impl Mark<'_> {
    /// Writes `text` in the mark's colour at its right end, moved up or down where neighbours would collide.
    pub fn named(self, text: &str) -> Self {
        let finite =
            |at: &&At| matches!(at, At::Data(x, y) | At::Unit(x, y) if x.is_finite() && y.is_finite());
        let visible = |at: &&At| match at {
            At::Data(x, y) => [self.plate.x.position(*x), self.plate.y.position(*y)]
                .iter()
                .all(|place| (-1e-9..=1.0 + 1e-9).contains(place)),
            At::Unit(..) => true,
        };
        match self.line.iter().filter(finite).rfind(visible) {
            Some(end) => self.plate.ends.push((*end, text.to_owned(), self.colour)),
            None => self.plate.wrong(format!("`{text}` names a line that cannot be seen")),
        }
        self
    }

    /// Writes `text` in the mark's colour beside the line at abscissa `x`.
    pub fn named_at(self, x: f64, side: Side, text: &str) -> Self {
        let crossing = self.line.windows(2).find_map(|pair| match pair {
            [At::Data(a, p), At::Data(b, q)] if (a.min(*b)..=a.max(*b)).contains(&x) && a != b => {
                Some(p + (x - a) / (b - a) * (q - p))
            }
            _ => None,
        });
        match crossing {
            Some(y) => self.plate.label((x, y), text, side, self.colour),
            None => self.plate.wrong(format!("`{text}` stands at {x}, where its line does not pass")),
        }
        self
    }

    /// Adds a row to the legend.
    pub fn keyed(self, text: &str) -> Self {
        self.plate.legend.push((self.swatch, text.to_owned()));
        self
    }
}

/// The size, the axes and the words around them.
impl Plate {
    /// The usual panel: 440 by 300 units.
    pub fn new() -> Self {
        Plate::sized(440.0, 300.0)
    }

    /// A panel of another size. Text stays legible on a phone up to a width of 440.
    pub fn sized(width: f64, height: f64) -> Self {
        Plate {
            width,
            height,
            x: Axis::linear(0.0..=1.0, ""),
            y: Axis::linear(0.0..=1.0, ""),
            title: String::new(),
            axes: true,
            rules: true,
            equal: false,
            corner: None,
            scale: None,
            shapes: Vec::new(),
            ends: Vec::new(),
            legend: Vec::new(),
            fault: None,
        }
    }

    /// The panel on less room: words and lines keep their size, and so look larger once it fills a slide.
    pub(crate) fn for_slides(self) -> Self {
        const LESS: f64 = 0.75;
        Plate { width: LESS * self.width, height: LESS * self.height, ..self }
    }

    /// A panel without axes, for diagrams: `width` by `height` units, which are its coordinates too, y upwards.
    pub fn diagram(width: f64, height: f64) -> Self {
        Plate {
            x: Axis::bare(0.0..=width),
            y: Axis::bare(0.0..=height),
            axes: false,
            rules: false,
            ..Plate::sized(width, height)
        }
    }

    /// The horizontal axis: its range and its words.
    #[must_use]
    pub fn x(self, range: RangeInclusive<f64>, label: &str) -> Self {
        Plate { x: Axis::linear(range, label), ..self }
    }

    /// The vertical axis: its range and its words, which stand above it.
    #[must_use]
    pub fn y(self, range: RangeInclusive<f64>, label: &str) -> Self {
        Plate { y: Axis::linear(range, label), ..self }
    }

    /// A logarithmic horizontal axis.
    #[must_use]
    pub fn log_x(self, range: RangeInclusive<f64>, label: &str) -> Self {
        Plate { x: Axis::logarithmic(range, label), ..self }
    }

    /// A logarithmic vertical axis.
    #[must_use]
    pub fn log_y(self, range: RangeInclusive<f64>, label: &str) -> Self {
        Plate { y: Axis::logarithmic(range, label), ..self }
    }

    /// The ticks of the horizontal axis and their words; call it after the axis is set. An empty list leaves none.
    #[must_use]
    pub fn x_ticks(mut self, ticks: &[(f64, &str)]) -> Self {
        self.x.ticks = Some(ticks.iter().map(|(value, name)| (*value, (*name).to_owned())).collect());
        self
    }

    /// The ticks of the vertical axis and their words; call it after the axis is set. An empty list leaves none.
    #[must_use]
    pub fn y_ticks(mut self, ticks: &[(f64, &str)]) -> Self {
        self.y.ticks = Some(ticks.iter().map(|(value, name)| (*value, (*name).to_owned())).collect());
        self
    }

    /// A heading above the panel, to tell panels apart.
    #[must_use]
    pub fn title(self, title: &str) -> Self {
        Plate { title: title.to_owned(), ..self }
    }

    /// Leaves out the light horizontal rules.
    #[must_use]
    pub fn without_rules(self) -> Self {
        Plate { rules: false, ..self }
    }

    /// Makes a unit as long on the vertical as on the horizontal axis; the height of the panel follows.
    #[must_use]
    pub fn equal(self) -> Self {
        Plate { equal: true, ..self }
    }

    /// Where the legend of [`Mark::keyed`] stands: in the emptiest corner unless said otherwise.
    #[must_use]
    pub fn legend(self, corner: Corner) -> Self {
        Plate { corner: Some(corner), ..self }
    }

    /// A scale at the right that tells which colour of a heat map stands for which number.
    #[must_use]
    pub fn scale(self, shade: Shade) -> Self {
        Plate { scale: Some(shade), ..self }
    }

    fn wrong(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }

    fn same(&mut self, what: &str, lengths: &[usize]) {
        if lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            self.wrong(format!("the columns of a {what} have {lengths:?} numbers; they must be as many"));
        }
    }
}

/// The marks.
impl Plate {
    fn mark(&mut self, swatch: Swatch, pen: Pen, line: Vec<At>) -> Mark<'_> {
        Mark { plate: self, swatch, colour: pen.colour, line }
    }

    /// A line through the points (`xs`, `ys`); a number that is not finite interrupts it.
    pub fn line(&mut self, xs: &[f64], ys: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        self.same("line", &[xs.len(), ys.len()]);
        self.polyline(xs.iter().zip(ys).map(|(x, y)| (*x, *y)), pen)
    }

    /// A line through points given one by one, in the numbers of the axes or in fractions of them ([`unit`]).
    pub fn polyline<P: Into<At>>(
        &mut self,
        points: impl IntoIterator<Item = P>,
        pen: impl Into<Pen>,
    ) -> Mark<'_> {
        let (points, pen): (Vec<At>, Pen) = (points.into_iter().map(Into::into).collect(), pen.into());
        self.shapes.push(Shape::Line { points: points.clone(), pen });
        self.mark(Swatch::Stroke(pen), pen, points)
    }

    /// A staircase that keeps the height `ys[k]` from `xs[k]` to `xs[k + 1]`.
    pub fn steps(&mut self, xs: &[f64], ys: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        self.same("staircase", &[xs.len(), ys.len()]);
        let mut points = Vec::with_capacity(2 * xs.len());
        for (x, y) in xs.iter().zip(ys) {
            if let Some((_, before)) = points.last() {
                points.push((*x, *before));
            }
            points.push((*x, *y));
        }
        self.polyline(points, pen)
    }

    /// The surface between two curves over the same abscissae, at a fifth of the ink unless the pen says otherwise.
    pub fn band(&mut self, xs: &[f64], low: &[f64], high: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        self.same("band", &[xs.len(), low.len(), high.len()]);
        let pen = faint(pen.into());
        let sound: Vec<bool> = (0..xs.len().min(low.len()).min(high.len()))
            .map(|k| !(xs[k] + low[k] + high[k]).is_nan())
            .collect();
        let mut start = 0;
        while let Some(first) = (start..sound.len()).find(|k| sound[*k]) {
            let last = (first..sound.len()).find(|k| !sound[*k]).unwrap_or(sound.len());
            let there = (first..last).map(|k| At::Data(xs[k], low[k]));
            let back = (first..last).rev().map(|k| At::Data(xs[k], high[k]));
            self.shapes.push(Shape::Surface { corners: there.chain(back).collect(), pen });
            start = last;
        }
        let upper = xs.iter().zip(high).map(|(x, y)| At::Data(*x, *y)).collect();
        self.mark(Swatch::Patch(pen), pen, upper)
    }

    /// The surface between a curve and zero: the tail of a density.
    pub fn area(&mut self, xs: &[f64], ys: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        let ground = vec![self.y.ground(); ys.len()];
        self.band(xs, &ground, ys, pen)
    }

    /// Bars from zero to `heights[k]` between `edges[k]` and `edges[k + 1]`: a histogram.
    pub fn bars(&mut self, edges: &[f64], heights: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        if edges.len() != heights.len() + 1 {
            self.wrong(format!(
                "{} bars need {} edges, not {}",
                heights.len(),
                heights.len() + 1,
                edges.len()
            ));
        }
        let pen = pen.into();
        let pen = if pen.opacity == 1.0 { pen.opacity(0.4) } else { pen };
        let ground = self.y.ground();
        // A hair of the page between neighbours keeps them countable.
        for (edge, height) in edges.windows(2).zip(heights).filter(|(_, height)| height.is_finite()) {
            let gap = 0.04 * (edge[1] - edge[0]);
            let (left, right) =
                if self.x.is_logarithmic() { (edge[0], edge[1]) } else { (edge[0] + gap, edge[1] - gap) };
            let corners = [(left, ground), (left, *height), (right, *height), (right, ground)];
            self.shapes.push(Shape::Surface { corners: corners.map(At::from).to_vec(), pen });
        }
        self.mark(Swatch::Patch(pen), pen, Vec::new())
    }

    /// A dot at every point (`xs`, `ys`), 2.6 units in radius; those outside the axes are left out.
    pub fn points(&mut self, xs: &[f64], ys: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        self.dots(xs, ys, 2.6, pen)
    }

    /// Dots of another radius, in units.
    pub fn dots(&mut self, xs: &[f64], ys: &[f64], radius: f64, pen: impl Into<Pen>) -> Mark<'_> {
        self.same("cloud of points", &[xs.len(), ys.len()]);
        let pen = pen.into();
        let points: Vec<At> = xs.iter().zip(ys).map(|(x, y)| At::Data(*x, *y)).collect();
        self.shapes.push(Shape::Dots { points: points.clone(), radius, pen });
        self.mark(Swatch::Dot(pen), pen, points)
    }

    /// Dots with error bars from `ys[k]` − `errors[k]` to `ys[k]` + `errors[k]`.
    pub fn estimates(&mut self, xs: &[f64], ys: &[f64], errors: &[f64], pen: impl Into<Pen>) -> Mark<'_> {
        self.same("row of estimates", &[xs.len(), ys.len(), errors.len()]);
        let pen = pen.into();
        let bars = xs.iter().zip(ys).zip(errors).map(|((x, y), e)| [*x, y - e, y + e]).collect();
        self.shapes.push(Shape::Whiskers { bars, pen: pen.weight(1.2) });
        self.points(xs, ys, pen)
    }

    /// A line across the axes at height `y`.
    pub fn horizontal(&mut self, y: f64, pen: impl Into<Pen>) -> Mark<'_> {
        self.polyline([(self.x.low(), y), (self.x.high(), y)], pen)
    }

    /// A line across the axes at abscissa `x`.
    pub fn vertical(&mut self, x: f64, pen: impl Into<Pen>) -> Mark<'_> {
        self.polyline([(x, self.y.low()), (x, self.y.high())], pen)
    }

    /// A reference line y ∝ x^`order` through `start` up to the abscissa `end`; straight on logarithmic axes.
    pub fn power(&mut self, order: f64, start: (f64, f64), end: f64, pen: impl Into<Pen>) -> Mark<'_> {
        let (x, y) = start;
        let steps = 64;
        let points = (0..=steps).map(|k| {
            let ratio = (end / x).powf(k as f64 / steps as f64);
            (x * ratio, y * ratio.powf(order))
        });
        self.polyline(points, pen)
    }

    /// A slope triangle on logarithmic axes, below the line of slope `order` from `start` to the abscissa `end` > its
    /// own, with `text` at the upright side.
    pub fn slope(&mut self, order: f64, start: (f64, f64), end: f64, text: &str) {
        let (x, y) = start;
        let last = y * (end / x).powf(order);
        let (foot, side) = if order < 0.0 { ((x, last), Side::Left) } else { ((end, y), Side::Right) };
        self.polyline([start, (end, last), foot, start, (end, last)], GREY.weight(1.0));
        self.label((foot.0, (y * last).sqrt()), text, side, GREY);
    }

    /// A heat map: `values[row * columns + column]`, rows from below, in equal cells over the ranges `x` and `y`.
    pub fn heatmap(
        &mut self,
        x: RangeInclusive<f64>,
        y: RangeInclusive<f64>,
        values: &[f64],
        columns: usize,
        shade: Shade,
    ) {
        if columns == 0 || values.is_empty() || !values.len().is_multiple_of(columns) {
            self.wrong(format!("{} values do not fill rows of {columns}", values.len()));
            return;
        }
        if self.x.is_logarithmic() || self.y.is_logarithmic() {
            self.wrong("a heat map needs linear axes".to_owned());
        }
        let pixels = values.chunks(columns).rev().flatten().map(|value| shade.pixel(*value)).collect();
        self.shapes.push(Shape::Picture { x, y, columns, pixels });
    }

    /// The lines on which a function on a grid has the value `level`: `values[row * xs.len() + column]` at
    /// (`xs[column]`, `ys[row]`).
    pub fn contour(
        &mut self,
        xs: &[f64],
        ys: &[f64],
        values: &[f64],
        level: f64,
        pen: impl Into<Pen>,
    ) -> Mark<'_> {
        self.same("grid", &[xs.len() * ys.len(), values.len()]);
        let pen = pen.into();
        let lines =
            if self.fault.is_none() { contour::level_line(values, xs.len(), level) } else { Vec::new() };
        let between = |nodes: &[f64], place: f64| {
            let cell = (place as usize).min(nodes.len().saturating_sub(2));
            nodes[cell] + (place - cell as f64) * (nodes[cell + 1] - nodes[cell])
        };
        let mut longest = Vec::new();
        for line in lines {
            let points: Vec<At> =
                line.iter().map(|[c, r]| At::Data(between(xs, *c), between(ys, *r))).collect();
            if points.len() > longest.len() {
                longest.clone_from(&points);
            }
            self.shapes.push(Shape::Line { points, pen });
        }
        self.mark(Swatch::Stroke(pen), pen, longest)
    }

    /// Contours at several levels.
    pub fn contours(&mut self, xs: &[f64], ys: &[f64], values: &[f64], levels: &[f64], pen: impl Into<Pen>) {
        let pen = pen.into();
        for level in levels {
            self.contour(xs, ys, values, *level, pen);
        }
    }

    /// A field of arrows from (`xs`, `ys`) along (`us`, `vs`), all in the numbers of the axes.
    pub fn arrows(&mut self, xs: &[f64], ys: &[f64], us: &[f64], vs: &[f64], pen: impl Into<Pen>) {
        self.same("field of arrows", &[xs.len(), ys.len(), us.len(), vs.len()]);
        let pen = pen.into();
        for (((x, y), u), v) in xs.iter().zip(ys).zip(us).zip(vs) {
            self.arrow((*x, *y), (x + u, y + v), pen);
        }
    }

    /// An arrow; left out when it does not begin and end inside the axes.
    pub fn arrow(&mut self, from: impl Into<At>, to: impl Into<At>, pen: impl Into<Pen>) {
        self.shapes.push(Shape::Arrow { from: from.into(), to: to.into(), pen: pen.into() });
    }

    /// A straight line between two places.
    pub fn segment(&mut self, from: impl Into<At>, to: impl Into<At>, pen: impl Into<Pen>) -> Mark<'_> {
        self.polyline([from.into(), to.into()], pen)
    }

    /// A circle, its radius in units of the panel.
    pub fn circle(&mut self, centre: impl Into<At>, radius: f64, pen: impl Into<Pen>) {
        self.shapes.push(Shape::Ring { centre: centre.into(), radius, pen: pen.into() });
    }

    /// A filled circle, its radius in units of the panel.
    pub fn disc(&mut self, centre: impl Into<At>, radius: f64, pen: impl Into<Pen>) {
        self.shapes.push(Shape::Dots { points: vec![centre.into()], radius, pen: pen.into() });
    }

    /// A node of a diagram: a circle that hides the lines behind it, with words at its centre.
    pub fn node(&mut self, centre: impl Into<At>, radius: f64, text: &str, pen: impl Into<Pen>) {
        let (centre, pen) = (centre.into(), pen.into());
        self.disc(centre, radius, PAPER);
        self.disc(centre, radius, pen.opacity(0.18));
        self.circle(centre, radius, pen);
        if !text.is_empty() {
            self.label(centre, text, Side::Centre, INK);
        }
    }

    /// A filled polygon.
    pub fn polygon<P: Into<At>>(&mut self, corners: impl IntoIterator<Item = P>, pen: impl Into<Pen>) {
        let corners = corners.into_iter().map(Into::into).collect();
        self.shapes.push(Shape::Surface { corners, pen: pen.into() });
    }

    /// Words with `$…$` beside a point.
    pub fn label(&mut self, at: impl Into<At>, text: &str, side: Side, colour: Colour) {
        self.shapes.push(Shape::Words { at: at.into(), text: text.to_owned(), side, colour });
    }
}

/// A pen of full opacity, faint enough for a surface under lines.
fn faint(pen: Pen) -> Pen {
    if pen.opacity == 1.0 { pen.opacity(0.2) } else { pen }
}
