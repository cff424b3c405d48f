//! The same work for many numbers, on whatever threads there are.
//!
//! What meets the thread pool is not generic, so that its machinery is compiled once and not for every closure.

use std::sync::Mutex;

use rayon::prelude::*;

/// Calls `each(k)` for k = 0, …, `count` − 1, in any order.
pub(crate) fn on_all_cores(count: usize, each: &(dyn Fn(usize) + Sync)) {
    (0..count).into_par_iter().for_each(each);
}

/// What `each(k)` returns for k = 0, …, `count` − 1, in this order.
pub(crate) fn in_parallel<T: Send>(count: usize, each: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let places: Vec<_> = (0..count).map(|_| Mutex::new(None)).collect();
    on_all_cores(count, &|k| *places[k].lock().expect("nobody panicked") = Some(each(k)));
    let results = places.into_iter().map(|place| place.into_inner().expect("nobody panicked"));
    results.map(|result| result.expect("every number was called")).collect()
}
