//! The figures of a run: those that earlier runs have kept, and those still to be drawn.

use anyhow::{Result, bail};

use crate::figures::{Cache, Drawing, Event, Figure, Settings, all, draw_all};
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

/// Draws on all cores, or takes what is kept; tells `progress` of each figure and of its trainings, and calls `drawn` after
/// the figure.
///
/// A figure that fails takes no other with it; the error tells of all that failed.
pub fn hang(jobs: &[Job], progress: &Progress, drawn: &(dyn Fn() + Sync)) -> Result<Vec<Drawing>> {
    let cache = Cache::default();
    let tell = |figure: &'static Figure, event: Event| match event {
        Event::Started => progress.started(figure.id),
        Event::Finished { .. } | Event::Failed { .. } => {
            progress.finished(figure.id, matches!(event, Event::Finished { .. }));
            drawn();
        }
    };
    let results = draw_all(jobs, &cache, &tell, &|figure| progress.listener(figure.id));
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
