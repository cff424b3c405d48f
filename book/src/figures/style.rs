//! The one style of the book: colours, line weights, text sizes.
//!
//! Seven colours that readers with any form of colour vision can tell apart (after Okabe and Ito, 2008), each in a
//! light and a dark variant with a contrast of at least 3 : 1 against the page.

use plotters::style::{RGBAColor, RGBColor, ShapeStyle};

/// The weight of a line, in units of a panel that is 440 units wide.
pub const WEIGHT: f64 = 1.6;
/// The weight of the axes.
pub const AXIS_WEIGHT: f64 = 0.9;
/// The size of words.
pub const TEXT: f64 = 14.0;
/// The size of the numbers at the axes.
pub const NUMBERS: f64 = 13.0;

/// A colour of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub(super) u8);

/// The colour of the text around the figure.
pub const INK: Colour = Colour(0);
/// Blue, the first choice.
pub const BLUE: Colour = Colour(1);
/// Orange, the second: blue and orange are the safest pair.
pub const ORANGE: Colour = Colour(2);
/// Green.
pub const GREEN: Colour = Colour(3);
/// Purple.
pub const PURPLE: Colour = Colour(4);
/// Sky blue.
pub const SKY: Colour = Colour(5);
/// Gold.
pub const GOLD: Colour = Colour(6);
/// Grey, for what stays in the background.
pub const GREY: Colour = Colour(7);
/// The colour of the page, for what hides lines behind it.
pub const PAPER: Colour = Colour(8);

/// The colours for the members of a family, in order.
pub const CYCLE: [Colour; 6] = [BLUE, ORANGE, GREEN, PURPLE, SKY, GOLD];

/// How colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Literal colours for a light page.
    Light,
    /// Literal colours for a dark page.
    Dark,
    /// Variables of the page's style sheet: `currentColor`, `var(--fig-1)`, …
    CssVariables,
}

const LIGHT: [&str; 9] =
    ["#1f2328", "#0067b1", "#c1500a", "#00795c", "#a3408b", "#2b8cc4", "#947000", "#6e7479", "#ffffff"];
const DARK: [&str; 9] =
    ["#d7dbe0", "#55a5e6", "#f08b45", "#2fbb92", "#de8cc6", "#9ad6f7", "#dfbb45", "#989fa6", "#161923"];

impl Palette {
    /// The colour as an SVG attribute holds it.
    pub fn value(self, colour: Colour) -> String {
        match (self, colour.0) {
            (Palette::Light, n) => LIGHT[n as usize].to_owned(),
            (Palette::Dark, n) => DARK[n as usize].to_owned(),
            (Palette::CssVariables, 0) => "currentColor".to_owned(),
            // The themes of the book name the colour of the page.
            (Palette::CssVariables, 8) => "var(--bg)".to_owned(),
            (Palette::CssVariables, n) => format!("var(--fig-{n})"),
        }
    }

    /// The style rule that gives the variables their values in a file that stands alone.
    pub(super) fn rule() -> String {
        let list = |colours: [&str; 9]| -> String {
            let variables: String = (1..8).map(|n| format!("--fig-{n}:{};", colours[n])).collect();
            format!("svg{{color:{};--bg:{};{variables}}}", colours[0], colours[8])
        };
        format!("<style>{}@media (prefers-color-scheme:dark){{{}}}</style>", list(LIGHT), list(DARK))
    }
}

impl Colour {
    /// Red, green and blue of a tone that stands out on light and on dark pages; what is painted into images.
    pub(super) fn pixel(self) -> [u8; 3] {
        let tones = [LIGHT, DARK].map(|palette| channels(palette[self.0 as usize]));
        [0, 1, 2].map(|channel| ((tones[0][channel] as u16 + tones[1][channel] as u16) / 2) as u8)
    }

    /// A pen of half the weight.
    pub fn thin(self) -> Pen {
        Pen::from(self).thin()
    }

    /// A dashed pen.
    pub fn dashed(self) -> Pen {
        Pen::from(self).dashed()
    }

    /// A dotted pen.
    pub fn dotted(self) -> Pen {
        Pen::from(self).dotted()
    }

    /// A pen through which `opacity` of the ink passes, from 0 to 1.
    pub fn opacity(self, opacity: f64) -> Pen {
        Pen::from(self).opacity(opacity)
    }

    /// A pen `weight` units wide.
    pub fn weight(self, weight: f64) -> Pen {
        Pen::from(self).weight(weight)
    }
}

fn channels(hex: &str) -> [u8; 3] {
    [1, 3, 5]
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("the palette is written in hexadecimal"))
}

/// How a line is interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// In dashes.
    Dashed,
    /// In dots.
    Dotted,
}

impl Dash {
    pub(super) const ALL: [Dash; 3] = [Dash::Solid, Dash::Dashed, Dash::Dotted];
}

/// What a line is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pen {
    /// Its colour.
    pub colour: Colour,
    /// Its weight in units.
    pub weight: f64,
    /// From 0, nothing, to 1, full colour.
    pub opacity: f64,
    /// Solid, dashed or dotted.
    pub dash: Dash,
}

impl From<Colour> for Pen {
    fn from(colour: Colour) -> Self {
        Pen { colour, weight: WEIGHT, opacity: 1.0, dash: Dash::Solid }
    }
}

impl Pen {
    /// The same pen at half its weight.
    pub fn thin(self) -> Self {
        self.weight(self.weight / 2.0)
    }

    /// The same pen, dashed.
    pub fn dashed(self) -> Self {
        Pen { dash: Dash::Dashed, ..self }
    }

    /// The same pen, dotted.
    pub fn dotted(self) -> Self {
        Pen { dash: Dash::Dotted, ..self }
    }

    /// The same pen with another opacity.
    pub fn opacity(self, opacity: f64) -> Self {
        Pen { opacity, ..self }
    }

    /// The same pen, `weight` units wide.
    pub fn weight(self, weight: f64) -> Self {
        Pen { weight, ..self }
    }

    /// The pen in plotters' terms: lengths in tenths of a unit, and the colour a sentinel whose blue is the number
    /// of the colour in the palette and whose red is the kind of dash.
    pub(super) fn shape(self) -> ShapeStyle {
        let dash = Dash::ALL.iter().position(|dash| *dash == self.dash).unwrap_or(0) as u8;
        ShapeStyle {
            color: RGBAColor(dash, 0, self.colour.0, self.opacity),
            filled: false,
            stroke_width: (self.weight * 10.0).round() as u32,
        }
    }

    /// The colour of the pen as a surface.
    pub(super) fn fill(self) -> ShapeStyle {
        ShapeStyle { filled: true, ..self.shape() }
    }
}

/// The sentinel of a colour, for text; its green says whether the text has a rim of the page's colour.
pub(super) fn sentinel(colour: Colour, rim: bool) -> RGBColor {
    RGBColor(0, rim as u8, colour.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of the Web Content Accessibility Guidelines, 1 to 21.
    fn contrast(one: &str, other: &str) -> f64 {
        let luminance = |hex| {
            let linear = channels(hex).map(|channel| {
                let c = channel as f64 / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
        };
        let (a, b) = (luminance(one), luminance(other));
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_colour_stands_out_on_every_theme() {
        // Page colours of mdBook's themes: light, rust; coal, navy, ayu.
        for (palette, pages) in
            [(LIGHT, &["#ffffff", "#e1e1db"][..]), (DARK, &["#141617", "#161923", "#0f1419"])]
        {
            for colour in &palette[..8] {
                for page in pages {
                    let ratio = contrast(colour, page);
                    // Rust's beige leaves the two lightest tones a little less.
                    let least = if *page == "#e1e1db" { 2.7 } else { 3.0 };
                    assert!(ratio >= least, "{colour} on {page}: {ratio:.2}");
                }
            }
        }
    }

    #[test]
    fn the_style_sheet_holds_the_palette() {
        let sheet = include_str!("../../theme/figures.css");
        for n in 1..8 {
            assert!(sheet.contains(&format!("--fig-{n}: {};", LIGHT[n])), "light --fig-{n}");
            assert!(sheet.contains(&format!("--fig-{n}: {};", DARK[n])), "dark --fig-{n}");
        }
    }
}
