//! Figures kept between runs.
//!
//! A figure is kept under a key made of everything it depends on: its id, seed and parameters, Cargo.lock, and the
//! sources it is compiled from, hashed when the press was compiled (see `build/sources.rs`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::{Drawing, Figure, Settings, whole};
use crate::sealed::{seal, unseal};

/// For every chapter the hash of its sources, of those of earlier chapters, of what they share, and of Cargo.lock.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// A folder of kept figures.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Default for Cache {
    /// The folder of the workspace: `target/sdml-cache/figures`.
    fn default() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        Cache::at(package.parent().unwrap_or(package).join("target/sdml-cache/figures"))
    }
}

impl Cache {
    /// Keeps figures in `folder`.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Cache { folder: folder.into() }
    }

    /// The key of a figure.
    pub fn key(figure: &Figure, settings: &Settings) -> String {
        let sources = sources(figure).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(format!("{}\n{sources}\n{}\n", figure.id, settings.seed));
        for (name, value) in settings.values() {
            hash.update(format!("{name} {:x}\n", value.to_bits()));
        }
        format!("{:x}", hash.finalize())
    }

    /// The kept figure, if there is one and it is whole.
    pub fn find(&self, figure: &Figure, settings: &Settings) -> Option<Drawing> {
        unseal(&std::fs::read_to_string(self.path(figure, settings)).ok()?)
    }

    /// Whether the figure is kept, without reading it.
    pub fn holds(&self, figure: &Figure, settings: &Settings) -> bool {
        self.path(figure, settings).is_file()
    }

    pub(super) fn keep(&self, figure: &Figure, settings: &Settings, drawing: &Drawing) -> Result<()> {
        let path = self.path(figure, settings);
        whole::write(&path, seal(drawing)?.as_bytes())
            .with_context(|| format!("cannot keep the figure `{}` in {}", figure.id, path.display()))
    }

    pub(super) fn path(&self, figure: &Figure, settings: &Settings) -> PathBuf {
        self.folder.join(format!("{}-{}.json", figure.id, &Self::key(figure, settings)[..32]))
    }
}

/// The hash of the sources of the figure's chapter.
pub fn sources(figure: &Figure) -> Option<&'static str> {
    let chapter = figure.section.split('/').next()?;
    SOURCES.iter().find(|(name, _)| *name == chapter).map(|(_, hash)| *hash)
}
