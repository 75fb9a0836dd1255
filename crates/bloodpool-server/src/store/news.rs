//! `News`: wakes the threads that wait for work.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A number that grows with each announcement.
#[derive(Debug, Default)]
pub(crate) struct News {
    number: Mutex<u64>,
    changed: Condvar,
}

impl News {
    pub(crate) fn announce(&self) {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// Waits until there is a later announcement than `seen`, or so long, and tells the last.
    pub(crate) fn wait(&self, seen: u64, longest: Duration) -> u64 {
        let number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(number, longest, |number| *number == seen);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
