//! The progress bar: which figures are being drawn, how many are left, how long it took.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Shows the drawing of figures on stderr: a bar on a terminal, lines elsewhere.
pub struct Progress {
    display: Display,
    count: usize,
    state: Mutex<State>,
}

enum Display {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

#[derive(Default)]
struct State {
    running: Vec<(String, Instant)>,
    finished: usize,
}

impl Progress {
    /// The progress of `count` figures.
    pub fn of(count: usize) -> Self {
        let display = if count == 0 {
            Display::Nothing
        } else if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} figures, {elapsed} {wide_msg}");
            let bar = ProgressBar::new(count as u64).with_style(style.expect("the template is well formed"));
            bar.enable_steady_tick(Duration::from_millis(200));
            Display::Bar(bar)
        } else {
            Display::Lines
        };
        Self { display, count, state: Mutex::default() }
    }

    /// For figures that are there at once.
    pub fn hidden() -> Self {
        Self::of(0)
    }

    /// Says `line` without disturbing the bar.
    pub fn say(&self, line: &str) {
        match &self.display {
            Display::Bar(bar) if !bar.is_finished() => bar.suspend(|| eprintln!("{line}")),
            _ => eprintln!("{line}"),
        }
    }

    /// The figure `id` is being drawn from now on.
    pub fn started(&self, id: &str) {
        let mut state = self.state.lock().expect("no observer panics");
        state.running.push((id.into(), Instant::now()));
        if let Display::Bar(bar) = &self.display {
            bar.set_message(names(&state.running));
        }
    }

    /// The figure `id` is drawn, or cannot be.
    pub fn finished(&self, id: &str, drawn: bool) {
        let mut state = self.state.lock().expect("no observer panics");
        let Some(at) = state.running.iter().position(|(running, _)| running == id) else { return };
        let (_, start) = state.running.remove(at);
        state.finished += 1;
        match &self.display {
            Display::Bar(bar) => {
                bar.set_message(names(&state.running));
                bar.inc(1);
                if state.finished == self.count {
                    bar.finish_and_clear();
                }
            }
            Display::Lines => {
                let (finished, count, seconds) = (state.finished, self.count, start.elapsed().as_secs_f64());
                let failed = if drawn { "" } else { " failed" };
                eprintln!("figure {finished}/{count}: {id}{failed} ({seconds:.1} s)");
            }
            Display::Nothing => {}
        }
    }
}

fn names(running: &[(String, Instant)]) -> String {
    running.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
}
