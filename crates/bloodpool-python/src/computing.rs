//! Computes without the interpreter's lock, on no more threads than there are cores, however many Python threads ask for it.
//!
//! All work runs on one pool of rayon with a thread per core (`RAYON_NUM_THREADS` changes that), and as many studies at once as it has
//! threads; further calls wait. Eight Python threads on two cores therefore keep two threads busy, not ten.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::{Raised, raise};

/// The threads of one process, and how many of them have no study.
struct Threads {
    /// A child made by fork has none of the threads of its parent.
    process: u32,
    pool: ThreadPool,
    free: Mutex<usize>,
    freed: Condvar,
}

static THREADS: Mutex<Option<Arc<Threads>>> = Mutex::new(None);

/// A lock is used on after a panic: what it guards is whole at any time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Threads {
    /// Those of this process, which are made when they are first needed.
    fn of_this_process() -> Result<Arc<Self>, String> {
        let mut threads = locked(&THREADS);
        let process = std::process::id();
        if let Some(threads) = threads.as_ref().filter(|threads| threads.process == process) {
            return Ok(Arc::clone(threads));
        }
        let pool = ThreadPoolBuilder::new().thread_name(|number| format!("bloodpool-{number}")).build();
        let pool = pool.map_err(|error| format!("cannot start threads to compute on: {error}"))?;
        let free = Mutex::new(pool.current_num_threads());
        let made = Arc::new(Self { process, pool, free, freed: Condvar::new() });
        // Those of the parent of a fork do not exist here, and cannot be told to end.
        std::mem::forget(threads.replace(Arc::clone(&made)));
        Ok(made)
    }

    /// Waits until a thread has no study.
    fn turn(&self) -> Turn<'_> {
        let mut free = locked(&self.free);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Turn(self)
    }
}

/// The right to compute, given back when it is dropped, also by a panic.
struct Turn<'a>(&'a Threads);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *locked(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

/// Does `work` without the interpreter's lock and gives what it gives. A panic is raised as `bloodpool.Error` with the code `internal`;
/// Ctrl-C before or during it as `KeyboardInterrupt`, when it is done.
pub(crate) fn compute<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.check_signals()?;
    let done = py.detach(|| {
        let threads = Threads::of_this_process()?;
        let _turn = threads.turn();
        catch_unwind(AssertUnwindSafe(|| threads.pool.install(work)))
            .map_err(|panic| format!("a fault in bloodpool: {}; please report it", said(&*panic)))
    });
    py.check_signals()?;
    done.map_err(|message| raise(py, Raised { code: "internal", ..Raised::new(message) }))
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
