//! From the sources to the built book.
//!
//! The book is rendered into a neighbour of its folder and renamed into place, so that whoever reads the folder finds
//! a whole book: the last good one while a build runs, fails or is killed, the new one afterwards. Only the listings of
//! source files follow an instant later where they are taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_driver::config::Config;

use crate::complaints;
use crate::gallery;
use crate::inputs::Inputs;
use crate::preprocess::Sdml;
use crate::project::{Project, one_line};
use crate::reuse::Reuse;

/// The file of the built book that tells what it was built from.
const STAMP: &str = ".stamp";
/// The index for searching.
const INDEX: &str = "searchindex.js";
/// The page for printing.
const PRINTED: &str = "print.html";

/// How much of the book is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    Whole,
    /// The chapters that are not made from the same as in the last book. The others, the listings of source files, the page
    /// for printing and the index for searching are taken over from it.
    Chapters,
}

/// What is said when files of the last book cannot be used again.
const NOT_TAKEN: &str = "cannot take over the last book";

/// Whether the built book is whole and made from the present sources and figures.
pub fn is_current(project: &Project) -> bool {
    let stamp = fs::read_to_string(project.output.join(STAMP));
    stamp.is_ok_and(|stamp| stamp == Inputs::read(project).stamp()) && gallery::missing().is_empty()
}

/// Renders the book with the figures drawn so far and puts it into place.
pub fn build(project: &Project, extent: Extent) -> Result<()> {
    rendered(project, extent, |next, stamp| {
        if extent == Extent::Chapters {
            take_over(&project.output, next).context(NOT_TAKEN)?;
        }
        if let Some(stamp) = stamp {
            fs::write(next.join(STAMP), stamp).context("cannot write the stamp of the book")?;
        }
        swap(project, next, extent)
    })
}

/// Renders the book and throws it away: finds the mistakes of the text without waiting for the figures.
pub fn check(project: &Project) -> Result<()> {
    rendered(project, Extent::Chapters, |next, _| clear(next))
}

/// Renders into the neighbour of the book, and hands its folder to `finish` with the stamp it deserves.
fn rendered(
    project: &Project,
    extent: Extent,
    finish: impl FnOnce(&Path, Option<String>) -> Result<()>,
) -> Result<()> {
    let config = project.config()?;
    let _lock = lock(project)?;
    let complete = extent == Extent::Whole && gallery::missing().is_empty();
    // Taken before the sources are read: what changes meanwhile belongs to the next build.
    let stamp = complete.then(|| Inputs::read(project).stamp());
    let next = project.beside("next");
    render(project, config, extent, &next)
        .and_then(|()| finish(&next, stamp))
        .or_else(|error| clear(&next).and(Err(error)))
}

fn render(project: &Project, mut config: Config, extent: Extent, to: &Path) -> Result<()> {
    config.build.build_dir = to.into();
    config.build.create_missing = false;
    // A name that changes with what is in the file would change every page.
    config.set("output.html.hash-files", false)?;
    let last = &project.output;
    let mut sdml = Sdml::new(&project.root);
    let mut lender = None;
    let mut kept = BTreeSet::new();
    if extent == Extent::Chapters {
        // A page that leads to the page for printing is the same in every book that has one.
        if !last.join(PRINTED).is_file() {
            config.set("output.html.print.enable", false)?;
        }
        let index = last.join(INDEX).is_file();
        // mdBook refuses settings for chapters that are not there; the empty path is the beginning of every one.
        let searched = BTreeMap::from([("", BTreeMap::from([("enable", !index)]))]);
        config.set("output.html.search.chapter", searched)?;
        sdml = sdml.without_listings();
        // Without its index, the text of every page is needed to make one.
        lender = index.then(|| last.clone());
        kept.extend([INDEX, PRINTED].map(str::to_owned));
    }
    let reuse = Reuse::of(lender);
    let (result, complaints) = complaints::listen(|| {
        let mut book = MDBook::load_with_config(project.book(), config)?;
        book.with_preprocessor(sdml);
        book.with_preprocessor(reuse.clone());
        book.build()
    });
    result?;
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    kept.append(&mut reuse.finish(to)?);
    keep(&kept, last, to).context(NOT_TAKEN)
}

/// Keeps two builds apart. The system lets go of the lock when its holder ends, however it ends.
fn lock(project: &Project) -> Result<File> {
    let unwritable = || format!("cannot write to `{}`", shown(project, &project.output));
    let folder = project.output.parent().expect("the book has a folder");
    fs::create_dir_all(folder).with_context(unwritable)?;
    let lock = File::create(project.beside("lock")).with_context(unwritable)?;
    lock.lock().with_context(unwritable)?;
    let old = project.beside("old");
    if old.exists() && !project.output.exists() {
        fs::rename(&old, &project.output).with_context(unwritable)?;
    }
    clear(&old).with_context(unwritable)?;
    clear(&project.beside("next")).with_context(unwritable)?;
    Ok(lock)
}

/// Puts files of the last book in the place of those of `next`, which are made without their content.
fn keep(files: &BTreeSet<String>, last: &Path, next: &Path) -> std::io::Result<()> {
    for file in files {
        let (full, empty) = (last.join(file), next.join(file));
        if full.is_file() && empty.is_file() {
            fs::remove_file(&empty)?;
            link(&full, &empty)?;
        }
    }
    Ok(())
}

/// One file under two names, or a copy where that cannot be.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

/// Gives `next` every file of the last book it lacks, except the stamp, in the folders it has.
fn take_over(last: &Path, next: &Path) -> std::io::Result<()> {
    let Ok(entries) = fs::read_dir(last) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let copy = next.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if copy.exists() {
                take_over(&entry.path(), &copy)?;
            }
        } else if !copy.exists() && entry.file_name() != STAMP {
            link(&entry.path(), &copy)?;
        }
    }
    Ok(())
}

/// Moves whole folders of the last book, which has made room, to the book that lacks them: the listings of hundreds of files.
/// What cannot be moved is made again with the whole book.
fn inherit(last: &Path, book: &Path) {
    for entry in fs::read_dir(last).into_iter().flatten().flatten() {
        let place = book.join(entry.file_name());
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if place.exists() {
            inherit(&entry.path(), &place);
        } else {
            let _ = fs::rename(entry.path(), place);
        }
    }
}

fn swap(project: &Project, next: &Path, extent: Extent) -> Result<()> {
    let old = project.beside("old");
    if project.output.exists() {
        fs::rename(&project.output, &old).context("cannot move the last book away")?;
    }
    fs::rename(next, &project.output).context("cannot move the new book into place")?;
    if extent == Extent::Chapters {
        inherit(&old, &project.output);
    }
    clear(&old)
}

fn clear(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// A path as the terminal shows it: relative to the project where it lies inside.
pub fn shown(project: &Project, path: &Path) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).display().to_string()
}

/// What went wrong, for the terminal and for the page: every problem on a line of its own.
pub fn told(error: &anyhow::Error) -> String {
    if error.chain().len() == 1 { error.to_string() } else { one_line(error) }
}
