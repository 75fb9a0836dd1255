//! Calls of third-party parsers, in which a panic becomes a value and nothing is printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and gives `None` if it panics. The panic message is not printed; panics elsewhere print as before.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !CAUGHT.get() {
                before(info);
            }
        }));
    });
    let outer = CAUGHT.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_later_panics_print_again() {
        assert_eq!(catch_panic(|| 1), Some(1));
        let empty: Vec<u8> = Vec::new();
        assert_eq!(catch_panic(|| empty[std::hint::black_box(3)]), None);
        assert!(!CAUGHT.get());
    }
}
