//! Stand-ins for the preprocessor and the figure kit, with the interface the pipeline needs of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

#[allow(missing_docs)]
pub struct Figure {
    pub id: &'static str,
    pub number: Option<&'static str>,
    pub seed: u64,
}

#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub seed: u64,
}

#[allow(missing_docs)]
impl Figure {
    pub fn settings(&self) -> Settings {
        Settings { seed: self.seed }
    }
}

#[allow(missing_docs)]
impl Settings {
    pub fn set(&mut self, name: &str, _: f64) -> Result<()> {
        anyhow::bail!("no parameter `{name}`: this figure has none")
    }
}

#[allow(missing_docs)]
pub static ALL: [Figure; 2] = [
    Figure { id: "brownian-paths", number: Some("1.1"), seed: 1 },
    Figure { id: "isometry", number: None, seed: 1 },
];

#[allow(missing_docs)]
pub fn all() -> impl Iterator<Item = &'static Figure> {
    ALL.iter()
}

#[allow(missing_docs)]
pub fn find(name: &str) -> Option<&'static Figure> {
    all().find(|figure| figure.id == name).or_else(|| all().find(|figure| figure.number == Some(name)))
}

#[allow(missing_docs)]
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub id: String,
}

#[allow(missing_docs)]
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Default for Cache {
    fn default() -> Self {
        Cache::at(Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sdml-cache/figures"))
    }
}

#[allow(missing_docs)]
impl Cache {
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: folder.into() }
    }

    /// Whether a figure is kept, without reading it.
    pub fn holds(&self, figure: &Figure, _: &Settings) -> bool {
        self.folder.join(figure.id).exists()
    }
}

#[allow(missing_docs)]
pub fn draw(figure: &Figure, settings: &Settings, cache: &Cache) -> Result<Drawing> {
    if !cache.holds(figure, settings) {
        thread::sleep(Duration::from_millis(1500));
        std::fs::create_dir_all(&cache.folder)?;
        std::fs::write(cache.folder.join(figure.id), "")?;
    }
    Ok(Drawing { id: figure.id.into() })
}

#[allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Svg,
    Png,
    Pdf,
    Csv,
}

#[allow(missing_docs)]
impl Format {
    pub const ALL: [Format; 4] = [Format::Svg, Format::Png, Format::Pdf, Format::Csv];

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

#[allow(missing_docs)]
pub fn export(drawing: &Drawing, format: Format, _scale: f64, folder: &Path) -> Result<PathBuf> {
    use anyhow::Context;
    let path = folder.join(format!("{}.{}", drawing.id, format.extension()));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, "stand-in"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The preprocessor; it shows the figures it is given.
pub struct Sdml {
    drawings: BTreeMap<&'static str, Arc<Drawing>>,
}

impl Sdml {
    /// The preprocessor of the project in `root`, with the figures drawn so far.
    pub fn new(_root: &Path, drawings: BTreeMap<&'static str, Arc<Drawing>>) -> Self {
        Self { drawings }
    }
}

impl Preprocessor for Sdml {
    fn name(&self) -> &str {
        "sdml"
    }

    fn run(&self, _: &PreprocessorContext, mut book: Book) -> Result<Book> {
        let mut unknown = Vec::new();
        book.for_each_mut(|item| {
            if let BookItem::Chapter(chapter) = item {
                for figure in all() {
                    let drawing = match self.drawings.contains_key(figure.id) {
                        true => "<svg role=\"img\" viewBox=\"0 0 9 9\"><title>Stand-in</title><path d=\"M0 0l9 9\" stroke=\"var(--fig-1, currentColor)\"/></svg>",
                        false => "<p class=\"figure-pending\" role=\"status\">This figure is being computed and will appear here.</p>",
                    };
                    let shown = format!("<figure class=\"figure\">{drawing}</figure>");
                    chapter.content = chapter.content.replace(&format!("{{{{figure {}}}}}", figure.id), &shown);
                }
                if chapter.content.contains("{{") {
                    unknown.push(format!("chapters/{}:1: unknown directive", chapter.path.as_ref().unwrap().display()));
                }
            }
        });
        anyhow::ensure!(unknown.is_empty(), "{}", unknown.join("\n"));
        Ok(book)
    }
}
