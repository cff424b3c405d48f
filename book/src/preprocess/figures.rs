//! The figures as pages show them: from the cache, with a placeholder for those still being computed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use super::world::FigureOnPage;
use crate::figures::{self, Cache, Figure, whole};
use crate::typeset::Glyph;

/// Every figure of the book; the drawn ones are also written to `chapters/figures` as SVG and CSV for downloading.
pub fn on_pages(root: &Path) -> Result<BTreeMap<String, FigureOnPage>> {
    // What is drawn stays as it is while the program runs: the next build need not read and write it again.
    static DRAWN: Mutex<BTreeMap<PathBuf, FigureOnPage>> = Mutex::new(BTreeMap::new());
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = Cache::default();
    let mut shown = BTreeMap::new();
    for figure in figures::all() {
        let stem = root.join("chapters/figures").join(figure.id);
        let known = drawn.get(&stem).cloned();
        let on_page = match known {
            Some(known) => known,
            None => {
                let drawing = cache.find(figure, &figure.settings());
                if let Some(drawing) = &drawing {
                    whole::write_if_changed(&stem.with_extension("svg"), drawing.svg.as_bytes())?;
                    whole::write_if_changed(&stem.with_extension("csv"), drawing.data.csv().as_bytes())?;
                }
                let drawing = drawing.map(|drawing| (drawing.inline.html, drawing.inline.glyphs));
                let new = on_page(root, figure, drawing);
                if new.drawing.is_some() {
                    drawn.insert(stem, new.clone());
                }
                new
            }
        };
        shown.insert(figure.id.to_owned(), on_page);
    }
    Ok(shown)
}

fn on_page(root: &Path, figure: &Figure, drawing: Option<(String, BTreeSet<Glyph>)>) -> FigureOnPage {
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
