//! Who hears how far a training is: whoever shows it need not be handed through all that lies in between.

use std::cell::RefCell;
use std::sync::Arc;

/// Every so many iterations one is told.
const EVERY: usize = 10;

thread_local! {
    static PRESENT: RefCell<Listener> = const { RefCell::new(Listener(None)) };
}

/// How far a training is.
///
/// ```
/// use sdml::ch1_preliminaries::learning::Iteration;
/// let half = Iteration { k: 100, steps: 200, loss: 0.25 };
/// assert_eq!(half.k as f64 / half.steps as f64, 0.5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Iteration {
    /// The number k of the step, counted from 0.
    pub k: usize,
    /// The number K of all steps.
    pub steps: usize,
    /// The loss at θ_k, as the step estimates it.
    pub loss: f64,
}

/// Hears of every tenth iteration, and of the last, of each training that [`minimize`](super::minimize) runs on a thread
/// while the listener is present there. It changes no result, and where nobody listens nothing is told.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use sdml::ch1_preliminaries::learning::{Batch, Listener, LogCosh, Plain, Schedule, descend};
/// use sdml::random::Streams;
/// let heard = Arc::new(Mutex::new(Vec::new()));
/// let note = Arc::clone(&heard);
/// let listener = Listener::new(move |iteration| note.lock().unwrap().push((iteration.k, iteration.steps)));
/// let train = || {
///     let (loss, mut stream) = (LogCosh::new(&[1.0], &[0.0])?, Streams::new(1, "doc").stream(0));
///     descend(&loss, Batch::Full, &mut Plain, Schedule::Constant(0.5), 25, &mut [3.0], &mut stream)
/// };
/// listener.during(train)?;
/// // Of this one it does not hear.
/// train()?;
/// assert_eq!(*heard.lock().unwrap(), [(0, 25), (10, 25), (20, 25), (24, 25)]);
/// # Ok::<(), sdml::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Listener(Option<Arc<dyn Fn(Iteration) + Send + Sync>>);

impl Listener {
    /// A listener that does `hear` with what it is told.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use sdml::ch1_preliminaries::learning::{Listener, Plain, Schedule, minimize};
    /// // θ²/2 from 4 with steps of ½: 8 at 4, then 2 at 2.
    /// let heard = Arc::new(Mutex::new(Vec::new()));
    /// let note = Arc::clone(&heard);
    /// let listener = Listener::new(move |iteration| note.lock().unwrap().push(iteration.loss));
    /// let half_square = |_: usize, theta: &[f64], gradient: &mut [f64]| {
    ///     gradient[0] = theta[0];
    ///     Ok(0.5 * theta[0] * theta[0])
    /// };
    /// let half = Schedule::Constant(0.5);
    /// listener.during(|| minimize(&mut [4.0], &mut Plain, half, 2, half_square, |_, _, _| ()))?;
    /// assert_eq!(*heard.lock().unwrap(), [8.0, 2.0]);
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn new(hear: impl Fn(Iteration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    /// The listener of this thread, to be taken along to others that train for it; nobody, unless one is present.
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// use sdml::ch1_preliminaries::learning::{Listener, Plain, Schedule, minimize};
    /// let told = Arc::new(AtomicUsize::new(0));
    /// let count = Arc::clone(&told);
    /// let listener = Listener::new(move |_| { count.fetch_add(1, Ordering::Relaxed); });
    /// let train = || minimize(&mut [1.0], &mut Plain, Schedule::Constant(0.5), 1, |_, _, _| Ok(0.0), |_, _, _| ());
    /// listener.during(|| {
    ///     let present = Listener::present();
    ///     std::thread::scope(|threads| {
    ///         threads.spawn(train);
    ///         threads.spawn(move || present.during(train));
    ///     });
    /// });
    /// // Only the second thread took the listener along.
    /// assert_eq!(told.load(Ordering::Relaxed), 1);
    /// ```
    pub fn present() -> Self {
        PRESENT.with_borrow(Self::clone)
    }

    /// Runs `work` in the presence of this listener instead of the thread's. Afterwards the former one is back, even if
    /// `work` panics.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use sdml::ch1_preliminaries::learning::{Listener, Plain, Schedule, minimize};
    /// let heard = Arc::new(Mutex::new(String::new()));
    /// let noting = |name: char| {
    ///     let heard = Arc::clone(&heard);
    ///     Listener::new(move |_| heard.lock().unwrap().push(name))
    /// };
    /// let half = Schedule::Constant(0.5);
    /// let train = || minimize(&mut [1.0], &mut Plain, half, 1, |_, _, _| Ok(0.0), |_, _, _| ());
    /// // The second training is heard by the inner listener alone, the third by the outer one again.
    /// noting('a').during(|| train().and_then(|()| noting('b').during(train)).and_then(|()| train()))?;
    /// assert_eq!(*heard.lock().unwrap(), "aba");
    /// # Ok::<(), sdml::Error>(())
    /// ```
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let _former = Former(PRESENT.replace(self.clone()));
        work()
    }
}

/// Is the thread's listener again when it is dropped.
struct Former(Listener);

impl Drop for Former {
    fn drop(&mut self) {
        PRESENT.with_borrow_mut(|present| std::mem::swap(present, &mut self.0));
    }
}

/// Tells the listener of this thread, if it is time to.
#[inline]
pub(super) fn tell(k: usize, steps: usize, loss: f64) {
    if (k.is_multiple_of(EVERY) || k + 1 == steps)
        && let Listener(Some(hear)) = Listener::present()
    {
        hear(Iteration { k, steps, loss });
    }
}
