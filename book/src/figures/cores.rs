//! Work on several cores that is heard where it was asked for: a thread of the pool does not know whose work it does.

use anyhow::Result;
use rayon::prelude::*;
use sdml::ch1_preliminaries::learning::Listener;

/// What `each` makes of the `items`, in their order, on all cores. Whoever hears the trainings of this thread hears theirs.
///
/// # Errors
/// One of those of `each`.
pub fn on_all_cores<I: IntoParallelIterator, T: Send>(
    items: I,
    each: impl Fn(I::Item) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let listener = Listener::present();
    items.into_par_iter().map(|item| listener.during(|| each(item))).collect()
}

/// The results of two works that may run at once, heard alike.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let listener = Listener::present();
    rayon::join(|| listener.during(one), || listener.during(other))
}
