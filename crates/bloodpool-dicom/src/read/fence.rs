//! A fence round third-party parsing: a panic inside becomes a value, and nothing is printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static FENCED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and gives `None` if it panics. The panic message is not printed; panics elsewhere print as ever.
pub(crate) fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !FENCED.get() {
                before(info);
            }
        }));
    });
    let outer = FENCED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    FENCED.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_the_fence_opens_again() {
        assert_eq!(fenced(|| 1), Some(1));
        let empty: Vec<u8> = Vec::new();
        assert_eq!(fenced(|| empty[std::hint::black_box(3)]), None);
        assert!(!FENCED.get());
    }
}
