//! Work on several cores that is heard where it was asked for: another thread does not know whose work it does. Like the
//! figures themselves it stays outside rayon's pool, so that it may ask for kept results.

use std::panic::resume_unwind;
use std::thread;

use anyhow::Result;
use sdml::ch1_preliminaries::learning::Listener;

/// What `each` makes of the `items`, in their order, on all cores. Whoever hears the trainings of this thread hears theirs.
///
/// # Errors
/// The first of those of `each`, in the order of the items.
pub fn on_all_cores<I: IntoIterator<Item: Send>, T: Send>(
    items: I,
    each: impl Fn(I::Item) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let listener = Listener::present();
    kept::on_threads(items, |item| listener.during(|| each(item))).into_iter().collect()
}

/// The results of two works that run at once, heard alike.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    let listener = Listener::present();
    thread::scope(|scope| {
        let other = scope.spawn(|| listener.during(other));
        let one = one();
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => resume_unwind(panic),
        }
    })
}
