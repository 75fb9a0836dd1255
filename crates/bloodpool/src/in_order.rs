//! `in_order`: work on many items on all cores, whose results are taken one after the other in the order of the items.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Results that may wait for an earlier one, per thread: bounds the memory where one item takes long.
const AHEAD: usize = 3;
/// How often a thread that waits looks whether all has ended.
const LOOK: Duration = Duration::from_millis(100);

/// Does `work` on each item, on all cores, and gives its results to `each` in the order of the items, on the thread of the caller. Each
/// thread works on one item at a time and, where there are at least as many items as cores, by itself: that is faster than several threads
/// on one item after the other. Returns how many items were done: less than all of them after `stop` was set.
///
/// # Errors
/// What `each` returns; nothing more is begun then.
pub fn in_order<T: Send, R: Send, E>(
    items: Vec<T>,
    stop: &AtomicBool,
    work: impl Fn(usize, T) -> R + Sync,
    mut each: impl FnMut(usize, R) -> Result<(), E>,
) -> Result<usize, E> {
    let cores = rayon::current_num_threads();
    let (threads, total) = (cores.min(items.len()).max(1), items.len());
    if threads == 1 {
        for (place, item) in items.into_iter().enumerate() {
            if stop.load(Ordering::SeqCst) {
                return Ok(place);
            }
            each(place, work(place, item))?;
        }
        return Ok(total);
    }
    let queue = Queue::new(items, AHEAD * threads);
    let (sender, results) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (queue, sender, work) = (&queue, sender.clone(), &work);
            scope.spawn(move || {
                let _guard = EndOnPanic(queue);
                let pool = rayon::ThreadPoolBuilder::new().num_threads((cores / threads).max(1)).build().ok();
                while let Some((place, item)) = queue.next(stop) {
                    let result = match &pool {
                        Some(pool) => pool.install(|| work(place, item)),
                        None => work(place, item),
                    };
                    if sender.send((place, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut done) = (BTreeMap::new(), 0);
        for (place, result) in results {
            waiting.insert(place, result);
            while let Some(result) = waiting.remove(&done) {
                if let Err(error) = each(done, result) {
                    queue.end();
                    return Err(error);
                }
                done += 1;
                queue.taken(done);
            }
        }
        Ok(done)
    })
}

/// Items, of which only so many are given out that results do not pile up.
struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    ahead: usize,
}

struct State<T> {
    items: std::vec::IntoIter<T>,
    /// The place of the next item.
    next: usize,
    /// Results that were taken.
    taken: usize,
    ended: bool,
}

impl<T> Queue<T> {
    fn new(items: Vec<T>, ahead: usize) -> Self {
        let state = State { items: items.into_iter(), next: 0, taken: 0, ended: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), ahead }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, stop: &AtomicBool) -> Option<(usize, T)> {
        let mut state = self.lock();
        loop {
            if state.ended || stop.load(Ordering::SeqCst) {
                return None;
            }
            if state.next < state.taken + self.ahead {
                let place = state.next;
                state.next += 1;
                return state.items.next().map(|item| (place, item));
            }
            state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn taken(&self, taken: usize) {
        self.lock().taken = taken;
        self.changed.notify_all();
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }
}

/// Lets the other threads end where one panics, so that the panic is seen.
struct EndOnPanic<'a, T>(&'a Queue<T>);

impl<T> Drop for EndOnPanic<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn in_a_pool<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for threads in [1, 2, 5] {
            let mut seen = Vec::new();
            let done = in_a_pool(threads, || {
                let work = |place: usize, item: u64| {
                    // The first ones take longest.
                    std::thread::sleep(Duration::from_millis(20 - item));
                    (place, item * 2)
                };
                let each = |place, result| {
                    seen.push((place, result));
                    Ok::<(), Infallible>(())
                };
                in_order((0..20).collect(), &AtomicBool::new(false), work, each)
            });
            assert_eq!(done, Ok(20));
            assert!(seen.iter().enumerate().all(|(at, &(place, result))| place == at && result == (at, 2 * at as u64)));
        }
    }

    #[test]
    fn a_stop_leaves_no_gap_and_an_error_ends_it() {
        for threads in [1, 3] {
            let (stop, mut seen) = (AtomicBool::new(false), Vec::new());
            let done = in_a_pool(threads, || {
                in_order(
                    (0..1000).collect(),
                    &stop,
                    |_, item: usize| item,
                    |place, _| {
                        seen.push(place);
                        // Those that were begun before the stop still come.
                        stop.store(place >= 10, Ordering::SeqCst);
                        Ok::<(), Infallible>(())
                    },
                )
            });
            assert_eq!(done, Ok(seen.len()));
            assert!(seen.len() > 10 && seen.len() < 1000 && seen.iter().enumerate().all(|(at, &place)| at == place));
            let failed = in_a_pool(threads, || {
                in_order(
                    (0..100).collect(),
                    &AtomicBool::new(false),
                    |_, item: usize| item,
                    |place, _| {
                        if place == 5 { Err("five") } else { Ok(()) }
                    },
                )
            });
            assert_eq!(failed, Err("five"));
        }
    }

    #[test]
    fn a_panic_is_not_lost() {
        let ended = std::panic::catch_unwind(|| {
            in_a_pool(2, || {
                let work = |_, item: usize| assert!(item != 3, "three");
                in_order((0..50).collect(), &AtomicBool::new(false), work, |_, ()| Ok::<(), Infallible>(()))
            })
        });
        assert!(ended.is_err());
    }
}
