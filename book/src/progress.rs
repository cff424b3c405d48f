//! The progress bar: which figures are being drawn, how many are left, how long it took, how far their trainings are.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use sdml::ch1_preliminaries::learning::{Iteration, Listener};

/// A training is told of once it has lasted so long: there are thousands that take no time.
const LONG: Duration = Duration::from_secs(1);
/// The words of the bar change no more often than that, however fast the iterations are.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows the drawing of figures on stderr: a bar on a terminal, lines elsewhere.
pub struct Progress {
    display: Display,
    count: usize,
    state: Arc<Mutex<State>>,
}

enum Display {
    Bar(ProgressBar),
    Lines,
    Nothing,
}

#[derive(Default)]
struct State {
    running: Vec<Running>,
    finished: usize,
    told: Option<Instant>,
}

/// A figure that is being drawn.
struct Running {
    id: String,
    start: Instant,
    training: Option<Training>,
}

/// A training of a figure, as it was heard of last; of several at once, any.
struct Training {
    start: Instant,
    last: Iteration,
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
        Self { display, count, state: Arc::default() }
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
        let (mut state, now) = (self.state.lock().expect("no observer panics"), Instant::now());
        state.running.push(Running { id: id.into(), start: now, training: None });
        if let Display::Bar(bar) = &self.display {
            bar.set_message(state.text(now));
        }
    }

    /// Hears the trainings of the figure `id`, to show beside it how far they are. Where there is no bar nobody hears them.
    pub fn listener(&self, id: &str) -> Listener {
        let Display::Bar(bar) = &self.display else { return Listener::default() };
        let (bar, state, id) = (bar.clone(), Arc::clone(&self.state), id.to_owned());
        Listener::new(move |iteration| {
            let (mut state, now) = (state.lock().expect("no observer panics"), Instant::now());
            if state.hear(&id, iteration, now) {
                bar.set_message(state.text(now));
            }
        })
    }

    /// The figure `id` is drawn, or cannot be.
    pub fn finished(&self, id: &str, drawn: bool) {
        let mut state = self.state.lock().expect("no observer panics");
        let Some(at) = state.running.iter().position(|running| running.id == id) else { return };
        let Running { start, .. } = state.running.remove(at);
        state.finished += 1;
        match &self.display {
            Display::Bar(bar) => {
                bar.set_message(state.text(Instant::now()));
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

impl State {
    /// The figure `id` trains and is at `iteration`. Returns whether it is time to show it.
    fn hear(&mut self, id: &str, iteration: Iteration, now: Instant) -> bool {
        let Some(running) = self.running.iter_mut().find(|running| running.id == id) else { return false };
        let start = match &running.training {
            Some(training) if iteration.k > 0 => training.start,
            _ => now,
        };
        let ended = iteration.k + 1 == iteration.steps;
        running.training = (!ended).then_some(Training { start, last: iteration });
        let due = self.told.is_none_or(|told| now.duration_since(told) >= PAUSE);
        if due {
            self.told = Some(now);
        }
        due
    }

    /// The figures that are being drawn.
    fn text(&self, now: Instant) -> String {
        self.running.iter().map(|running| running.text(now)).collect::<Vec<_>>().join(", ")
    }
}

impl Running {
    fn text(&self, now: Instant) -> String {
        match &self.training {
            Some(Training { start, last }) if now.duration_since(*start) >= LONG => {
                let Iteration { k, steps, loss } = last;
                format!("{} (iteration {k} of {steps}, loss {loss:.2e})", self.id)
            }
            _ => self.id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sdml::ch1_preliminaries::learning::{Plain, Schedule, minimize};

    fn at(k: usize) -> Iteration {
        Iteration { k, steps: 300, loss: 1.0 / (k + 3) as f64 }
    }

    fn drawing(ids: &[&str], now: Instant) -> State {
        let running = ids.iter().map(|id| Running { id: (*id).into(), start: now, training: None });
        State { running: running.collect(), ..State::default() }
    }

    #[test]
    fn a_long_training_stands_beside_the_name_of_its_figure() {
        let start = Instant::now();
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut state = drawing(&["moons", "qubit"], start);
        state.hear("qubit", at(0), after(5.0));
        state.hear("qubit", at(10), after(5.9));
        assert_eq!(state.text(after(5.9)), "moons, qubit", "it may be over soon");
        state.hear("qubit", at(120), after(6.5));
        assert_eq!(state.text(after(6.5)), "moons, qubit (iteration 120 of 300, loss 8.13e-3)");
        // The last iteration ends it, and the next training has a time of its own.
        state.hear("qubit", at(299), after(7.0));
        assert_eq!(state.text(after(9.0)), "moons, qubit");
        state.hear("qubit", at(0), after(9.0));
        state.hear("qubit", at(10), after(9.5));
        assert_eq!(state.text(after(9.9)), "moons, qubit");
        state.hear("qubit", at(20), after(10.5));
        assert_eq!(state.text(after(10.5)), "moons, qubit (iteration 20 of 300, loss 4.35e-2)");
        // One that failed before its last iteration is forgotten when another begins.
        state.hear("qubit", at(0), after(11.0));
        assert_eq!(state.text(after(11.5)), "moons, qubit");
        assert!(!state.hear("drawn long ago", at(0), after(12.0)));
    }

    #[test]
    fn the_words_change_ten_times_a_second_at_most() {
        let start = Instant::now();
        let mut state = drawing(&["moons"], start);
        let mut changes = 0;
        for k in (0..290).step_by(10) {
            changes += usize::from(state.hear("moons", at(k), start + Duration::from_millis(k as u64)));
        }
        // At 0, 100 and 200 milliseconds.
        assert_eq!(changes, 3);
    }

    fn on(display: Display) -> Progress {
        Progress { display, count: 2, state: Arc::default() }
    }

    /// θ²/2 for twenty steps of no time.
    fn train() {
        let square = |_: usize, theta: &[f64], gradient: &mut [f64]| {
            gradient[0] = theta[0];
            Ok(0.5 * theta[0] * theta[0])
        };
        minimize(&mut [1.0], &mut Plain, Schedule::Constant(0.1), 20, square, |_, _, _| ()).unwrap();
    }

    #[test]
    fn the_bar_names_what_is_drawn_and_hears_its_trainings() {
        let bar = ProgressBar::hidden();
        let progress = on(Display::Bar(bar.clone()));
        progress.started("moons");
        progress.started("qubit");
        assert_eq!(bar.message(), "moons, qubit");
        let listener = progress.listener("moons");
        assert!(progress.state.lock().unwrap().told.is_none());
        listener.during(train);
        assert!(progress.state.lock().unwrap().told.is_some());
        assert_eq!(bar.message(), "moons, qubit", "it took no time");
        progress.finished("moons", true);
        assert_eq!((&*bar.message(), bar.position()), ("qubit", 1));
        progress.finished("qubit", true);
        assert!(bar.is_finished());
    }

    #[test]
    fn without_a_bar_nobody_hears() {
        for display in [Display::Lines, Display::Nothing] {
            let progress = on(display);
            progress.started("moons");
            progress.listener("moons").during(train);
            assert!(progress.state.lock().unwrap().told.is_none());
        }
    }
}
