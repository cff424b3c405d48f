//! The figures of a run: those that earlier runs have kept, and those still to be drawn.

use anyhow::{Result, bail};
use rayon::prelude::*;

use crate::figures::{Cache, Drawing, Figure, Settings, all, draw};
use crate::progress::Progress;

/// A figure and the settings to draw it with.
pub type Job = (&'static Figure, Settings);

/// The figures of the book, with the settings of the book, that no earlier run has kept.
pub fn missing() -> Vec<Job> {
    let cache = Cache::default();
    all()
        .map(|figure| (figure, figure.settings()))
        .filter(|(figure, settings)| !cache.holds(figure, settings))
        .collect()
}

/// Draws on all cores, or takes what is kept; tells `progress` of each figure and calls `drawn` after it.
///
/// A figure that fails takes no other with it; the error tells of all that failed.
pub fn hang(jobs: &[Job], progress: &Progress, drawn: &(dyn Fn() + Sync)) -> Result<Vec<Drawing>> {
    let cache = Cache::default();
    let one = |(figure, settings): &Job| {
        progress.started(figure.id);
        let result = draw(figure, settings, &cache);
        progress.finished(figure.id, result.is_ok());
        drawn();
        result
    };
    let results: Vec<_> = jobs.par_iter().with_max_len(1).map(one).collect();
    let (drawings, failures): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    if !failures.is_empty() {
        let messages: Vec<_> =
            failures.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
        bail!("{}", messages.join("\n"));
    }
    drawings.into_iter().collect()
}

/// Draws every figure of the book that is missing, and shows how far it is.
pub fn complete() -> Result<()> {
    let missing = missing();
    hang(&missing, &Progress::of(missing.len()), &|| {}).map(drop)
}
