//! The figures of a run: those drawn so far, and those still to be drawn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::{Result, bail};
use rayon::prelude::*;

use crate::progress::Progress;
use crate::stand_in::{Cache, Drawing, Figure, Settings, all, draw};

/// A figure and the settings to draw it with.
pub type Job = (&'static Figure, Settings);
/// The figures drawn so far, by id. Held in memory, so that a rebuild reads none of them again.
pub type Drawings = BTreeMap<&'static str, Arc<Drawing>>;

/// Figures and where they are kept between runs: with the program that draws them, whatever project it works on.
#[derive(Default)]
pub struct Gallery {
    cache: Cache,
    drawings: Mutex<Drawings>,
}

impl Gallery {
    /// All figures of the book as it shows them: those that earlier runs have kept, and those that are missing.
    pub fn jobs(&self) -> (Vec<Job>, Vec<Job>) {
        all()
            .map(|figure| (figure, figure.settings()))
            .partition(|(figure, settings)| self.cache.holds(figure, settings))
    }

    /// Hangs every figure of the book: fetches what is kept, draws what is missing, shows how far it is.
    pub fn fill(&self) -> Result<()> {
        let (kept, missing) = self.jobs();
        self.draw(&kept, &Progress::hidden(), &|| {})?;
        self.draw(&missing, &Progress::of(missing.len()), &|| {})
    }

    /// Draws on all cores; tells `progress` of each figure and calls `drawn` after it.
    ///
    /// One that fails takes no other with it; the error tells of all that failed.
    pub fn draw(&self, jobs: &[Job], progress: &Progress, drawn: &(dyn Fn() + Sync)) -> Result<()> {
        let one = |(figure, settings): &Job| {
            progress.started(figure.id);
            let result = draw(figure, settings, &self.cache);
            progress.finished(figure.id, result.is_ok());
            match result {
                Ok(drawing) => {
                    self.drawings.lock().expect("no holder panics").insert(figure.id, Arc::new(drawing));
                    drawn();
                    None
                }
                Err(error) => Some(format!("{error:#}")),
            }
        };
        let failures: Vec<String> = jobs.par_iter().with_max_len(1).filter_map(one).collect();
        if !failures.is_empty() {
            bail!("{}", failures.join("\n"));
        }
        Ok(())
    }

    /// The figures drawn so far.
    pub fn drawings(&self) -> Drawings {
        self.drawings.lock().expect("no holder panics").clone()
    }
}
