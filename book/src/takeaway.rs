//! Figures to take home: `cargo run -- figures brownian-paths --format pdf --out DIR`.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};

use crate::figures::export::{Format, export};
use crate::figures::{Drawing, Figure, Palette, Plate, Settings, all, find, standalone};
use crate::gallery::{Job, hang};
use crate::preprocess::problem::suggestion;
use crate::progress::Progress;

/// Dots of a PNG per unit: a panel is 440 units wide.
const SCALE: f64 = 3.0;
/// The same for slides, whose panels are 330 units wide.
const SLIDE_SCALE: f64 = 6.0;

/// What to draw, how, and where to put it.
#[derive(Debug, Clone)]
pub struct Order {
    /// Ids of figures, or their numbers in the notes; none means all.
    pub names: Vec<String>,
    /// Kinds of files.
    pub formats: Vec<Format>,
    /// The folder the files go to.
    pub out: PathBuf,
    /// Another seed than the book's.
    pub seed: Option<u64>,
    /// Other values of parameters than the book's.
    pub values: Vec<(String, f64)>,
    /// Whether words and lines should be larger, for the back row of a lecture room.
    pub slides: bool,
}

/// Draws what is ordered and returns the files written.
pub fn fill(order: &Order) -> Result<Vec<PathBuf>> {
    let jobs = jobs(order)?;
    // A folder that cannot be written to should not cost the drawing.
    std::fs::create_dir_all(&order.out)
        .with_context(|| format!("cannot write to `{}`", order.out.display()))?;
    let mut files = Vec::new();
    let drawings = hang(&jobs, &Progress::of(jobs.len()), &|| {})?;
    for ((figure, settings), drawing) in jobs.iter().zip(drawings) {
        let (drawing, scale) = match order.slides {
            true => (for_slides(figure, settings, drawing)?, SLIDE_SCALE),
            false => (drawing, SCALE),
        };
        for &format in &order.formats {
            files.push(export(&drawing, format, scale, &order.out)?);
        }
    }
    Ok(files)
}

/// The same numbers, drawn with larger words and heavier lines.
fn for_slides(figure: &Figure, settings: &Settings, drawing: Drawing) -> Result<Drawing> {
    let plates: Vec<Plate> =
        (figure.draw)(&drawing.data, settings)?.into_iter().map(Plate::for_slides).collect();
    Ok(Drawing { svg: standalone(figure, &plates, Palette::Light)?, ..drawing })
}

/// Every figure: its id, its number in the notes, its title, and the parameters a reader may change.
pub fn list() -> String {
    all().map(describe).collect::<Vec<_>>().join("\n")
}

fn describe(figure: &Figure) -> String {
    let number = figure.number.map_or_else(String::new, |number| format!(" (Figure {number} of the notes)"));
    let parameters: String = figure
        .parameters
        .iter()
        .map(|parameter| {
            format!("\n    --set {}={}: {}", parameter.name, parameter.default, parameter.meaning)
        })
        .collect();
    format!("{}{number}: {}{parameters}", figure.id, figure.title)
}

fn jobs(order: &Order) -> Result<Vec<Job>> {
    let chosen: Vec<&Figure> = if order.names.is_empty() {
        all().collect()
    } else {
        order.names.iter().map(|name| known(name)).collect::<Result<_>>()?
    };
    chosen
        .into_iter()
        .map(|figure| {
            let mut settings = figure.settings();
            settings.seed = order.seed.unwrap_or(settings.seed);
            for (name, value) in &order.values {
                settings.set(name, *value).with_context(|| format!("the figure `{}`", figure.id))?;
            }
            Ok((figure, settings))
        })
        .collect()
}

fn known(name: &str) -> Result<&'static Figure> {
    find(name).ok_or_else(|| {
        anyhow!(
            "unknown figure `{name}`{} (`cargo run -- figures --list` names all)",
            suggestion(name, all().map(|figure| figure.id))
        )
    })
}

/// `name=value` of the command line.
pub fn assignment(text: &str) -> Result<(String, f64)> {
    let Some((name, value)) = text.split_once('=') else {
        bail!("expected `name=value`");
    };
    let number: f64 = value.trim().parse().map_err(|_| anyhow!("`{value}` is not a number"))?;
    if !number.is_finite() {
        bail!("`{value}` is not finite");
    }
    Ok((name.trim().into(), number))
}

#[cfg(test)]
mod tests {
    use super::assignment;

    #[test]
    fn assignments_are_finite_numbers() {
        assert_eq!(assignment("paths = 30").unwrap(), ("paths".into(), 30.0));
        assert!(assignment("paths").is_err());
        assert!(assignment("paths=many").is_err());
        assert!(assignment("paths=NaN").is_err());
    }
}
