//! The progress bar: which figures are being drawn, how many are left, how long it took.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::stand_in::Observer;

/// Shows the drawing of figures on stderr: a bar on a terminal, lines elsewhere.
pub struct Progress {
    bar: Option<ProgressBar>,
    count: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Vec<(String, Instant)>,
    finished: usize,
}

impl Progress {
    /// A bar for `count` figures. Nothing is shown if there are none.
    pub fn new(count: usize) -> Self {
        let bar = (count > 0 && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} figures, {elapsed} {wide_msg}");
            let bar = ProgressBar::new(count as u64).with_style(style.expect("the template is well formed"));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar, count, state: Mutex::default() }
    }

    /// Says `line` without disturbing the bar.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) if !bar.is_finished() => bar.suspend(|| eprintln!("{line}")),
            _ => eprintln!("{line}"),
        }
    }
}

impl Observer for Progress {
    fn started(&self, id: &str) {
        let mut state = self.state.lock().expect("no observer panics");
        state.running.push((id.into(), Instant::now()));
        if let Some(bar) = &self.bar {
            bar.set_message(names(&state.running));
        }
    }

    fn finished(&self, id: &str) {
        let mut state = self.state.lock().expect("no observer panics");
        let Some(at) = state.running.iter().position(|(running, _)| running == id) else { return };
        let (_, start) = state.running.remove(at);
        state.finished += 1;
        match &self.bar {
            Some(bar) => {
                bar.set_message(names(&state.running));
                bar.inc(1);
                if state.finished == self.count {
                    bar.finish_and_clear();
                }
            }
            None => eprintln!(
                "figure {}/{}: {id} ({:.1} s)",
                state.finished,
                self.count,
                start.elapsed().as_secs_f64()
            ),
        }
    }
}

fn names(running: &[(String, Instant)]) -> String {
    running.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ")
}
