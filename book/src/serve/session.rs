//! A session of writing: figures drawn in the background, sources watched, the book rebuilt, the pages reloaded.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Live, listen, router};
use crate::inputs::Inputs;
use crate::pipeline::{Extent, build, is_current, told};
use crate::progress::Progress;
use crate::project::Project;
use crate::stand_in::{Observer, draw_all, pending};

/// How often the sources are looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long a burst of changes is gathered: an editor saves by several operations.
const GATHER: Duration = Duration::from_millis(30);
/// How long figures are gathered that are finished one after the other.
const GATHER_FIGURES: Duration = Duration::from_millis(500);
/// How long nothing must change before the page for printing is made too.
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
    /// A figure is in the cache now.
    Drawn,
    /// A figure could not be drawn.
    NotDrawn(String),
}

/// Draws, builds, serves and watches until it is interrupted. A book that cannot be built at all is an error.
pub fn serve(project: &Project, options: Options) -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(async {
        let listener = listen(options.port).await?;
        let sources = Inputs::read(project);
        if !is_current(project) {
            build(project, Extent::WithoutPrintPage)?;
        }
        let live = Live::new();
        start(project, sources, &live);

        let address = format!("http://{}", listener.local_addr()?);
        println!("The book is at {address} (stop with Ctrl-C)");
        if options.open && let Err(error) = open::that(&address) {
            eprintln!("cannot open a browser: {error}");
        }
        tokio::select! {
            ended = axum::serve(listener, router(project, &live)) => ended?,
            interrupted = tokio::signal::ctrl_c() => interrupted?,
        }
        Ok(())
    })
}

/// Starts the three workers of a session: one draws, one watches, one builds.
fn start(project: &Project, sources: Inputs, live: &Live) {
    let (sender, news) = channel();
    let missing = pending(&project.root).len();
    let progress = Arc::new(Progress::new(missing));
    if missing > 0 {
        let (root, progress, sender) = (project.root.clone(), progress.clone(), sender.clone());
        thread::spawn(move || {
            let observer = Announcer { progress: &progress, sender: sender.clone() };
            if let Err(error) = draw_all(&root, &observer) {
                let _ = sender.send(News::NotDrawn(told(&error)));
            }
        });
    }
    let watched = project.clone();
    thread::spawn(move || watch(&watched, sources, &sender));
    let (project, live) = (project.clone(), live.clone());
    thread::spawn(move || follow(&project, &news, &live, &progress));
}

struct Announcer<'a> {
    progress: &'a Progress,
    sender: Sender<News>,
}

impl Observer for Announcer<'_> {
    fn started(&self, id: &str) {
        self.progress.started(id);
    }

    fn finished(&self, id: &str) {
        self.progress.finished(id);
        let _ = self.sender.send(News::Drawn);
    }
}

/// Looks for changed sources until nobody wants to know.
fn watch(project: &Project, mut known: Inputs, sender: &Sender<News>) {
    loop {
        thread::sleep(POLL);
        let present = Inputs::read(project);
        let changed = known.changed(&present);
        if !changed.is_empty() && sender.send(News::Changed(changed)).is_err() {
            return;
        }
        known = present;
    }
}

/// Builds whenever there is news, and the whole book once it is calm.
fn follow(project: &Project, news: &Receiver<News>, live: &Live, progress: &Progress) {
    let mut whole = is_current(project);
    loop {
        let first = if whole {
            match news.recv() {
                Ok(first) => first,
                Err(_) => return,
            }
        } else {
            match news.recv_timeout(CALM) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    // Same pages, so nothing to reload; a mistake was told when it was made.
                    let _ = build(project, Extent::Whole);
                    whole = true;
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        whole = false;
        rebuild(project, first, news, live, progress);
    }
}

fn rebuild(project: &Project, first: News, news: &Receiver<News>, live: &Live, progress: &Progress) {
    let wait = match &first {
        News::Drawn => GATHER_FIGURES,
        _ => GATHER,
    };
    let end = Instant::now() + wait;
    let mut all = vec![first];
    while let Ok(next) = news.recv_timeout(end.saturating_duration_since(Instant::now())) {
        all.push(next);
    }
    let mut changed = Vec::new();
    for one in all {
        match one {
            News::Changed(files) => changed.extend(files),
            News::Drawn => {}
            News::NotDrawn(problem) => {
                progress.say(&format!("error: {problem}"));
                live.failed(&problem);
                return;
            }
        }
    }
    let start = Instant::now();
    match build(project, Extent::WithoutPrintPage) {
        Ok(()) => {
            live.rebuilt();
            if let Some(file) = changed.first() {
                let more = if changed.len() > 1 { format!(" and {} more", changed.len() - 1) } else { String::new() };
                let seconds = start.elapsed().as_secs_f64();
                progress.say(&format!("{}{more} changed: rebuilt in {seconds:.2} s", file.display()));
            }
            if changed.iter().any(|file| file.extension().is_some_and(|kind| kind == "rs")) {
                progress.say("code changed: numbers and figures follow when `cargo test` and `cargo run` are started again");
            }
        }
        Err(error) => {
            let problems = told(&error);
            progress.say(&format!("error: {problems}\nthe last good book stays"));
            live.failed(&problems);
        }
    }
}
