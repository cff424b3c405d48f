//! What mdBook complains about while it renders: an unclosed tag, a missing include. It only logs; here it counts.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Runs `work` and gives its result and every warning and error that was logged meanwhile on this thread.
pub fn listen<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let ear = Ear::default();
    let heard = ear.heard.clone();
    let result = tracing::subscriber::with_default(ear, work);
    let heard = std::mem::take(&mut *heard.lock().expect("no listener panics"));
    (result, heard)
}

#[derive(Default)]
struct Ear {
    heard: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.heard.lock().expect("no listener panics").push(message.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::listen;

    #[test]
    fn warnings_are_heard_and_information_is_not() {
        let (result, heard) = listen(|| {
            tracing::info!("rendering");
            tracing::warn!("unclosed tag `{}`", "b");
            7
        });
        assert_eq!((result, heard), (7, vec!["unclosed tag `b`".to_owned()]));
    }
}
