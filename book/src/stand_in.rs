//! Stand-ins for the preprocessor and the figure kit, with the interface the pipeline needs of them.

use std::path::Path;

use crate::figures::{self, Cache, Event};

use anyhow::Result;

/// Told what happens while the figures are drawn; called from several threads.
pub trait Observer: Sync {
    /// The figure `id` is not in the cache and is now being computed.
    fn started(&self, id: &str);
    /// The figure `id` is in the cache now.
    fn finished(&self, id: &str);
}

/// The ids of the figures that are not in the cache.
pub fn pending(_root: &Path) -> Vec<&'static str> {
    let cache = Cache::default();
    figures::all().filter(|f| cache.find(f, &f.settings()).is_none()).map(|f| f.id).collect()
}

/// Draws every figure that is not in the cache, on all cores.
pub fn draw_all(_root: &Path, observer: &dyn Observer) -> Result<()> {
    let jobs: Vec<_> = figures::all().map(|f| (f, f.settings())).collect();
    for result in figures::draw_all(&jobs, &Cache::default(), &|figure, event| match event {
        Event::Started => observer.started(figure.id),
        _ => observer.finished(figure.id),
    }) {
        result?;
    }
    Ok(())
}
