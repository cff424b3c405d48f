//! A figure taken home: SVG, PNG, PDF, and its numbers as CSV.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use resvg::{tiny_skia, usvg};

use super::{Drawing, whole};

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Vectors for the web and for editing.
    Svg,
    /// Dots, on white.
    Png,
    /// Vectors for print.
    Pdf,
    /// The numbers.
    Csv,
}

impl Format {
    /// All kinds.
    pub const ALL: [Format; 4] = [Format::Svg, Format::Png, Format::Pdf, Format::Csv];

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
            Format::Pdf => "pdf",
            Format::Csv => "csv",
        }
    }
}

impl FromStr for Format {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = || Format::ALL.map(Format::extension).join(", ");
        Format::ALL
            .into_iter()
            .find(|format| format.extension() == name)
            .ok_or_else(|| anyhow!("no format `{name}`: there are {}", known()))
    }
}

/// The content of the file. `scale` is the number of dots per unit of a PNG: at 2, a panel is 880 dots wide.
pub fn content(drawing: &Drawing, format: Format, scale: f64) -> Result<Vec<u8>> {
    match format {
        Format::Svg => Ok(drawing.svg.clone().into_bytes()),
        Format::Csv => Ok(drawing.data.csv().into_bytes()),
        Format::Png => png(&drawing.svg, scale),
        Format::Pdf => pdf(&drawing.svg),
    }
}

/// Writes `<folder>/<id>.<extension>` whole or not at all, and returns its path.
pub fn export(drawing: &Drawing, format: Format, scale: f64, folder: &Path) -> Result<PathBuf> {
    let path = folder.join(format!("{}.{}", drawing.id, format.extension()));
    let content = content(drawing, format, scale).with_context(|| format!("the figure `{}`", drawing.id))?;
    whole::write(&path, &content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn png(svg: &str, scale: f64) -> Result<Vec<u8>> {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default())?;
    let [width, height] =
        [tree.size().width(), tree.size().height()].map(|units| (units as f64 * scale).ceil());
    let most = 20_000.0;
    if !(scale > 0.0 && width >= 1.0 && height >= 1.0 && width <= most && height <= most) {
        bail!(
            "scale = {scale} makes a picture of {width} by {height} dots; sides from 1 to {most} are allowed"
        );
    }
    let mut dots = tiny_skia::Pixmap::new(width as u32, height as u32).context("no room for the picture")?;
    dots.fill(tiny_skia::Color::WHITE);
    let scale = scale as f32;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut dots.as_mut());
    Ok(dots.encode_png()?)
}

fn pdf(svg: &str) -> Result<Vec<u8>> {
    use svg2pdf::{ConversionOptions, PageOptions, to_pdf};
    let tree = svg2pdf::usvg::Tree::from_str(svg, &svg2pdf::usvg::Options::default())?;
    to_pdf(&tree, ConversionOptions::default(), PageOptions::default()).map_err(|error| anyhow!("{error}"))
}
