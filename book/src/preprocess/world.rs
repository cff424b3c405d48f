//! Everything a page can refer to: sources, snapshots, figures, citations, ledger items and errata.

use std::collections::{BTreeMap, BTreeSet};

use crate::typeset::Glyph;

/// What the directives of a page draw on. Loaded from disk for a build, written by hand in tests.
#[derive(Default)]
pub struct World {
    /// Source files by their path in the repository.
    pub sources: BTreeMap<String, String>,
    /// Snapshots by their path below `snapshots/`, without the suffix and without insta's header.
    pub snapshots: BTreeMap<String, String>,
    /// Figures by their id.
    pub figures: BTreeMap<String, FigureOnPage>,
    /// Labels of the bibliography's entries by key: `evans2013` → `Evans 2013`.
    pub citations: BTreeMap<String, String>,
    /// The ledger's items by id, each with the number of its checks.
    pub items: BTreeMap<String, usize>,
    /// The ids of the errata.
    pub errata: BTreeSet<String>,
}

/// A figure as a page shows it.
#[derive(Clone)]
pub struct FigureOnPage {
    /// The number it has in the notes.
    pub number: Option<String>,
    /// The source file of the figure, where its caption stands.
    pub file: String,
    /// The caption, in Markdown.
    pub caption: String,
    /// What a reader who cannot see it should know.
    pub alt: String,
    /// The seed it was drawn with.
    pub seed: u64,
    /// Name, value and meaning of each parameter.
    pub parameters: Vec<(String, f64, String)>,
    /// The drawing and the glyphs it uses, or nothing while it is still being computed.
    pub drawing: Option<(String, BTreeSet<Glyph>)>,
}
