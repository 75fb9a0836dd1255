//! Ctrl-C: the first one stops the work after the current file, the second one at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::Context;

/// Whether Ctrl-C (or a request to terminate) has been seen.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts to watch for Ctrl-C, and says when it was seen. A verb that runs others watches for all of them.
    pub(crate) fn watch() -> anyhow::Result<Self> {
        Self::watching("\nstopping after the current step; Ctrl-C again stops at once\n")
    }

    /// The same for a service, whose log alone says so.
    pub(crate) fn watch_silently() -> anyhow::Result<Self> {
        Self::watching("")
    }

    fn watching(said: &'static str) -> anyhow::Result<Self> {
        static WATCHING: OnceLock<Arc<AtomicBool>> = OnceLock::new();
        if let Some(seen) = WATCHING.get() {
            return Ok(Self(Arc::clone(seen)));
        }
        let seen = Arc::clone(WATCHING.get_or_init(Arc::default));
        let in_handler = Arc::clone(&seen);
        ctrlc::set_handler(move || {
            if in_handler.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
            eprint!("{said}");
        })
        .context("cannot watch for Ctrl-C")?;
        Ok(Self(seen))
    }

    /// The flag itself, for work that looks at it on its own.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Whether to stop.
    pub(crate) fn seen(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
