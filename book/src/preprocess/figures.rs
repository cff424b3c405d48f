//! The figures as pages show them: from the cache, with a placeholder for those still being computed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::world::FigureOnPage;
use crate::figures::{self, Cache, Drawing, Figure};

/// What becomes of a figure that is not in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is computed now.
    Draw,
    /// Its place on the page says that it is being computed.
    Wait,
}

/// Every figure of the book; the drawn ones are also written to `chapters/figures` as SVG and CSV for downloading.
pub fn on_pages(root: &Path, missing: Missing) -> Result<BTreeMap<String, FigureOnPage>> {
    let cache = Cache::default();
    let drawings: Vec<Option<Drawing>> = match missing {
        Missing::Wait => figures::all().map(|figure| cache.find(figure, &figure.settings())).collect(),
        Missing::Draw => {
            let jobs: Vec<_> = figures::all().map(|figure| (figure, figure.settings())).collect();
            let drawn = figures::draw_all(&jobs, &cache, &|_, _| ());
            drawn.into_iter().map(|drawing| drawing.map(Some)).collect::<Result<_>>()?
        }
    };
    let mut shown = BTreeMap::new();
    for (figure, drawing) in figures::all().zip(drawings) {
        if let Some(drawing) = &drawing {
            let stem = root.join("chapters/figures").join(figure.id);
            figures::whole::write_if_changed(&stem.with_extension("svg"), drawing.svg.as_bytes())?;
            figures::whole::write_if_changed(&stem.with_extension("csv"), drawing.data.csv().as_bytes())?;
        }
        let drawing = drawing.map(|drawing| (drawing.inline.html, drawing.inline.glyphs));
        shown.insert(figure.id.to_owned(), on_page(root, figure, drawing));
    }
    Ok(shown)
}

fn on_page(
    root: &Path,
    figure: &Figure,
    drawing: Option<(String, std::collections::BTreeSet<crate::typeset::Glyph>)>,
) -> FigureOnPage {
    let stem = format!("book/src/figures/{}", figure.section);
    let file =
        [format!("{stem}.rs"), format!("{stem}/mod.rs")].into_iter().find(|file| root.join(file).is_file());
    FigureOnPage {
        number: figure.number.map(str::to_owned),
        file: file.unwrap_or_else(|| "book/src/figures/mod.rs".into()),
        caption: figure.caption.to_owned(),
        alt: figure.alt.to_owned(),
        seed: figure.seed,
        parameters: figure
            .parameters
            .iter()
            .map(|parameter| (parameter.name.to_owned(), parameter.default, parameter.meaning.to_owned()))
            .collect(),
        drawing,
    }
}
