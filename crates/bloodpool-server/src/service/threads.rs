//! The threads of a service: what watches folders, and what removes what is not kept any more.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bloodpool_dicom::net::StopToken;

use super::error::ServiceError;
use crate::inbox::Inbox;
use crate::people::kept_head::keep_head;
use crate::retention::{Removed, RetentionPolicy};
use crate::store::Store;
use crate::time::UtcTime;
use crate::watch::WatchFolder;

/// How often a watched folder is looked into.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// How often retention is applied.
const RETAIN_EVERY: Duration = Duration::from_secs(10 * 60);

/// How often it is looked whether a new day (UTC) has begun.
const HEADS_EVERY: Duration = Duration::from_secs(60);

/// How often a pause looks whether to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Threads that are waited for.
#[derive(Default)]
pub(super) struct Threads(Vec<(&'static str, JoinHandle<()>)>);

impl Threads {
    /// Starts one.
    pub(super) fn spawn(
        &mut self,
        name: &'static str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), ServiceError> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        self.0.push((name, builder.spawn(work).map_err(ServiceError::Runtime)?));
        Ok(())
    }

    /// Waits until all have ended.
    pub(super) fn join(self) {
        for (name, thread) in self.0 {
            if thread.join().is_err() {
                tracing::error!(event = "thread_panicked", thread = name);
            }
        }
    }
}

/// Looks into a folder again and again.
pub(super) fn watch(mut folder: WatchFolder, inbox: &Inbox, ends: &StopToken) {
    loop {
        match folder.look(inbox, UtcTime::now()) {
            Ok(looked) => {
                if looked.taken > 0 {
                    tracing::info!(event = "files_taken", files = looked.taken);
                }
                for (_, reason) in &looked.refused {
                    tracing::warn!(event = "file_not_taken", reason);
                }
            }
            Err(error) => tracing::error!(event = "watch_failed", reason = %error),
        }
        if stops_within(ends, WATCH_EVERY) {
            return;
        }
    }
}

/// Applies retention again and again.
pub(super) fn retain(store: &Store, policy: &RetentionPolicy, ends: &StopToken) {
    if *policy == RetentionPolicy::default() {
        return;
    }
    loop {
        match store.apply_retention(policy, UtcTime::now()) {
            Ok(Removed { instances, results, bytes }) if instances + results > 0 => {
                tracing::info!(event = "removed", instances, results, bytes);
            }
            Ok(_) => {}
            Err(error) => tracing::error!(event = "retention_failed", reason = %error),
        }
        if stops_within(ends, RETAIN_EVERY) {
            return;
        }
    }
}

/// Keeps the head of the audit trail: at the start, at the beginning of each day (UTC), and at the end.
pub(super) fn keep_heads(store: &Store, file: &Path, ends: &StopToken) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let mut kept_on = None;
    loop {
        let (now, stops) = (UtcTime::now(), ends.is_stopped());
        let today = now.0.div_euclid(DAY_MS);
        if kept_on != Some(today) || stops {
            match store.reader().and_then(|reader| keep_head(&reader, file, now)) {
                Ok(kept) => {
                    kept_on = Some(today);
                    if let Some(kept) = kept {
                        tracing::info!(event = "audit_head", rows = kept.rows, head = kept.head);
                    }
                }
                // Tried again soon.
                Err(error) => tracing::error!(event = "audit_head_not_kept", reason = %error),
            }
        }
        if stops {
            return;
        }
        stops_within(ends, HEADS_EVERY);
    }
}

/// Whether a stop was asked for within a time.
fn stops_within(ends: &StopToken, time: Duration) -> bool {
    let until = Instant::now() + time;
    while !ends.is_stopped() && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
    ends.is_stopped()
}
