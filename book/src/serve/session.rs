//! A session of writing: figures drawn in the background, sources watched, the book rebuilt, the pages reloaded.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Live, listen, router};
use crate::gallery::{Job, hang, missing};
use crate::inputs::Inputs;
use crate::pipeline::{Extent, build, check, is_current, told};
use crate::progress::Progress;
use crate::project::Project;

/// How often the sources are looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long a burst of changes is gathered: an editor saves by several operations.
const GATHER: Duration = Duration::from_millis(30);
/// How long figures are gathered that are finished one after the other: a build takes the cores away from the next.
const GATHER_FIGURES: Duration = Duration::from_secs(2);
/// How long nothing must change before the rest of the book is made too.
const CALM: Duration = Duration::from_secs(2);

/// How to serve.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The port; 0 finds a free one.
    pub port: u16,
    /// Whether to show the book in the reader's browser.
    pub open: bool,
}

/// What happened.
enum News {
    /// Sources changed.
    Changed(Vec<PathBuf>),
    /// A figure was drawn and kept.
    Drawn,
    /// Figures could not be drawn.
    NotDrawn(String),
}

/// Draws, builds, serves and watches until it is interrupted. A book that cannot be built at all is an error.
pub fn serve(project: &Project, options: Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(async {
        let listener = listen(options.port).await?;
        let session = Session::new(project);
        session.open()?;
        let app = router(project, &session.live);
        session.start();

        let address = format!("http://{}", listener.local_addr()?);
        println!("The book is at {address} (stop with Ctrl-C)");
        if options.open
            && let Err(error) = open::that(&address)
        {
            eprintln!("cannot open a browser: {error}");
        }
        tokio::select! {
            ended = axum::serve(listener, app) => ended?,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        Ok(())
    });
    // An open page that still listens must not keep the program from ending.
    runtime.shutdown_background();
    ended
}

struct Session {
    project: Project,
    sources: Inputs,
    missing: Vec<Job>,
    progress: Progress,
    live: Live,
}

impl Session {
    fn new(project: &Project) -> Self {
        let missing = missing();
        Self {
            project: project.clone(),
            sources: Inputs::read(project),
            progress: Progress::of(missing.len()),
            missing,
            live: Live::new(),
        }
    }

    /// Sees to it that there is a book to serve: without the figures that are still missing.
    fn open(&self) -> Result<()> {
        if is_current(&self.project) {
            return Ok(());
        }
        build(&self.project, Extent::Chapters)
    }

    /// Starts the three workers of a session: one draws, one watches, one builds.
    fn start(self) {
        let (sender, news) = channel();
        let session = Arc::new(self);
        let (artist, watcher, builder) = (session.clone(), session.clone(), session);
        let from_artist = sender.clone();
        thread::spawn(move || artist.draw(&from_artist));
        thread::spawn(move || watcher.watch(&sender));
        thread::spawn(move || builder.follow(&news));
    }

    fn draw(&self, sender: &Sender<News>) {
        let announce = || drop(sender.send(News::Drawn));
        if let Err(error) = hang(&self.missing, &self.progress, &announce) {
            let _ = sender.send(News::NotDrawn(told(&error)));
        }
    }

    /// Looks for changed sources until nobody wants to know.
    fn watch(&self, sender: &Sender<News>) {
        let mut known = self.sources.clone();
        loop {
            thread::sleep(POLL);
            let present = Inputs::read(&self.project);
            let changed = known.changed(&present);
            if !changed.is_empty() && sender.send(News::Changed(changed)).is_err() {
                return;
            }
            known = present;
        }
    }

    /// Builds whenever there is news, and the whole book once it is calm.
    fn follow(&self, news: &Receiver<News>) {
        let mut whole = is_current(&self.project);
        if whole {
            // Nothing has been set in this process yet: the first edit should not wait for every formula of the book.
            let _ = check(&self.project);
        }
        let mut undrawn = None;
        loop {
            let patience = if whole { Duration::MAX } else { CALM };
            let first = match news.recv_timeout(patience) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    whole = true;
                    match self.finish(news) {
                        Some(first) => first,
                        None => continue,
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            whole = false;
            self.rebuild(gather(first, news), &mut undrawn);
        }
    }

    /// Builds the rest of the book, in a process of its own that is given up as soon as there is news: an edit does not
    /// wait for it. The chapters stay as they are, so there is nothing to reload or to complain about.
    fn finish(&self, news: &Receiver<News>) -> Option<News> {
        if !missing().is_empty() {
            return None;
        }
        let mut builder = Command::new(std::env::current_exe().ok()?)
            .arg("--root")
            .arg(&self.project.root)
            .arg("build")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        while let Ok(None) = builder.try_wait() {
            if let Ok(first) = news.recv_timeout(GATHER) {
                let _ = builder.kill().and_then(|()| builder.wait());
                return Some(first);
            }
        }
        None
    }

    fn rebuild(&self, all: Vec<News>, undrawn: &mut Option<String>) {
        let mut changed = Vec::new();
        for one in all {
            match one {
                News::Changed(files) => changed.extend(files),
                News::Drawn => {}
                News::NotDrawn(problem) => {
                    self.progress.say(&format!("error: {problem}"));
                    *undrawn = Some(problem);
                }
            }
        }
        changed.sort();
        changed.dedup();
        let start = Instant::now();
        match build(&self.project, Extent::Chapters) {
            Ok(()) => {
                self.live.rebuilt();
                if let Some(problem) = undrawn {
                    self.live.failed(problem);
                }
                self.tell(&changed, start.elapsed());
            }
            Err(error) => {
                let problems = told(&error);
                self.progress.say(&format!("error: {problems}\nthe last good book stays"));
                self.live.failed(&problems);
            }
        }
    }

    fn tell(&self, changed: &[PathBuf], elapsed: Duration) {
        let Some(file) = changed.first() else { return };
        let more = if changed.len() > 1 { format!(" and {} more", changed.len() - 1) } else { String::new() };
        let seconds = elapsed.as_secs_f64();
        self.progress.say(&format!("{}{more} changed: rebuilt in {seconds:.2} s", file.display()));
        if changed.iter().any(|file| file.extension().is_some_and(|kind| kind == "rs")) {
            self.progress.say("code changed: start `cargo run` again to draw its figures, `cargo test` to check its numbers");
        }
    }
}

/// The first piece of news and what follows shortly after it. An edit does not wait for figures.
fn gather(first: News, news: &Receiver<News>) -> Vec<News> {
    let end_after =
        |one: &News| Instant::now() + if matches!(one, News::Drawn) { GATHER_FIGURES } else { GATHER };
    let mut end = end_after(&first);
    let mut all = vec![first];
    while let Ok(next) = news.recv_timeout(end.saturating_duration_since(Instant::now())) {
        end = end.min(end_after(&next));
        all.push(next);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_ends_the_gathering_of_figures() {
        let (sender, news) = channel();
        sender.send(News::Drawn).unwrap();
        sender.send(News::Changed(vec!["chapters/a.md".into()])).unwrap();
        let start = Instant::now();
        let all = gather(News::Drawn, &news);
        assert!(matches!(all[..], [News::Drawn, News::Drawn, News::Changed(_)]));
        assert!(start.elapsed() < GATHER_FIGURES);
    }
}
