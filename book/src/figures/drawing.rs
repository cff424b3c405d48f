//! Figures computed and drawn, alone or all at once.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use sdml::ch1_preliminaries::learning::Listener;
use serde::{Deserialize, Serialize};

use super::{Cache, Data, Figure, Inline, Palette, Settings, inline, standalone};

/// A figure as it leaves the press.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The id of the figure.
    pub id: String,
    /// Its numbers.
    pub data: Data,
    /// For a page.
    pub inline: Inline,
    /// As a file of its own, in the colours of a light page.
    pub svg: String,
}

/// What an observer of [`draw_all`] is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The computation begins.
    Started,
    /// The figure is there.
    Finished {
        /// How long it took.
        elapsed: Duration,
        /// Whether it was kept from an earlier run.
        kept: bool,
    },
    /// There is no figure.
    Failed {
        /// How long it took.
        elapsed: Duration,
        /// Why; names the figure.
        message: String,
    },
}

/// The figure with the given settings: kept from an earlier run, or computed, drawn and kept.
///
/// A panic inside the figure becomes an error that names it.
pub fn draw(figure: &Figure, settings: &Settings, cache: &Cache) -> Result<Drawing> {
    drawn(figure, settings, cache).map(|(drawing, _)| drawing)
}

fn drawn(figure: &Figure, settings: &Settings, cache: &Cache) -> Result<(Drawing, bool)> {
    if let Some(drawing) = cache.find(figure, settings) {
        return Ok((drawing, true));
    }
    let drawing = catch_unwind(AssertUnwindSafe(|| compute(figure, settings)))
        .unwrap_or_else(|panic| Err(anyhow!("{}", message(&*panic))))
        .with_context(|| format!("the figure `{}`", figure.id))?;
    cache.keep(figure, settings, &drawing)?;
    Ok((drawing, false))
}

fn compute(figure: &Figure, settings: &Settings) -> Result<Drawing> {
    let data = (figure.data)(settings)?;
    let plates = (figure.draw)(&data, settings)?;
    ensure!(!plates.is_empty(), "no panel is drawn");
    let inline = inline(figure, &plates)?;
    let svg = standalone(figure, &plates, Palette::Light)?;
    Ok(Drawing { id: figure.id.to_owned(), data, inline, svg })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// Draws all `jobs`, several at once and outside rayon's pool, and tells `observer`, from whichever thread, what happens to
/// each. A figure that fails takes no other with it. Results are in the order of the jobs. The `listener` of a figure hears
/// of its trainings.
pub fn draw_all<'f>(
    jobs: &[(&'f Figure, Settings)],
    cache: &Cache,
    observer: &(dyn Fn(&'f Figure, Event) + Sync),
    listener: &(dyn Fn(&'f Figure) -> Listener + Sync),
) -> Vec<Result<Drawing>> {
    let one = |(figure, settings): &(&'f Figure, Settings)| {
        observer(figure, Event::Started);
        let clock = Instant::now();
        let result = listener(figure).during(|| drawn(figure, settings, cache));
        let elapsed = clock.elapsed();
        observer(
            figure,
            match &result {
                Ok((_, kept)) => Event::Finished { elapsed, kept: *kept },
                Err(error) => Event::Failed { elapsed, message: format!("{error:#}") },
            },
        );
        result.map(|(drawing, _)| drawing)
    };
    kept::on_threads(jobs, one)
}
