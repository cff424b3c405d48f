//! Work on all cores outside rayon's pool.
//!
//! Whoever asks for a kept result may have to wait until another has trained it, and no thread of the pool may wait like
//! that. Where such a thread waits inside a parallel section, it takes up other jobs of the pool. If these asked for
//! results, it would wait in the middle of a training for the lock of that very training, further down its own stack,
//! or for one whose holder waits for it in turn. So whoever asks runs on plain threads. These enter the pool from outside
//! with the parallel sections of the mathematics, where they block and take up nothing.

use std::fmt::Display;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What `each` makes of the `items`, in their order, on as many threads as rayon's pool has; none of them belongs to it,
/// so that `each` may ask for kept results. The items are taken up in their order too.
///
/// ```
/// let squares = kept::on_threads(0..100u64, |k| k * k);
/// assert_eq!((squares.len(), squares[99]), (100, 9801));
/// ```
///
/// # Panics
/// With `each`, once nothing runs any more; and on a thread of rayon's pool.
pub fn on_threads<I: IntoIterator<Item: Send>, T: Send>(
    items: I,
    each: impl Fn(I::Item) -> T + Sync,
) -> Vec<T> {
    stay_outside("work that may ask for kept results");
    let items: Vec<_> = items.into_iter().collect();
    let threads = rayon::current_num_threads().min(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut made = Vec::new();
        while let Some((place, item)) = next() {
            made.push((place, each(item)));
        }
        made
    };
    let mut made = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut made = work();
        for other in others {
            match other.join() {
                Ok(theirs) => made.extend(theirs),
                Err(panic) => resume_unwind(panic),
            }
        }
        made
    });
    made.sort_by_key(|(place, _)| *place);
    made.into_iter().map(|(_, made)| made).collect()
}

/// Panics on a thread of a pool of rayon's, where `what` could wait forever.
pub(crate) fn stay_outside(what: impl Display) {
    assert!(
        rayon::current_thread_index().is_none(),
        "{what} on a thread of rayon's pool may wait forever: let plain threads ask, those of `kept::on_threads`"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_item_is_taken_up_once_and_keeps_its_place() {
        let count = 3 * rayon::current_num_threads() + 5;
        let calls = AtomicUsize::new(0);
        let made = on_threads(0..count, |k| {
            assert_eq!(rayon::current_thread_index(), None);
            // The first ones take longest.
            thread::sleep(Duration::from_micros(100 * (count - k) as u64));
            calls.fetch_add(1, Ordering::Relaxed);
            k * k
        });
        assert_eq!(made, (0..count).map(|k| k * k).collect::<Vec<_>>());
        assert_eq!(calls.into_inner(), count);
        assert!(on_threads([0_usize; 0], |k| k).is_empty());
    }

    #[test]
    fn several_run_at_once() {
        if rayon::current_num_threads() > 1 {
            let (sender, receiver) = channel();
            let receiver = Mutex::new(receiver);
            let heard = on_threads([true, false], |waits| match waits {
                true => receiver.lock().unwrap().recv_timeout(Duration::from_secs(60)).is_ok(),
                false => sender.send(()).is_ok(),
            });
            assert_eq!(heard, [true, true]);
        }
    }

    #[test]
    #[should_panic(expected = "not the seventh")]
    fn a_panic_keeps_its_words() {
        on_threads(0..20, |k| assert_ne!(k, 7, "not the seventh"));
    }

    #[test]
    #[should_panic(expected = "on a thread of rayon's pool")]
    fn a_thread_of_the_pool_waits_for_no_others() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| on_threads(0..2, |k| k));
    }
}
