//! `LiveStudy`: a study that somebody has open, with its history and what was measured last; and the studies that are open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bloodpool_core::{Analysis, AnalysisError, FrameIndex};

use crate::people::account::Person;
use crate::review::history::History;
use crate::review::program::OpenedStudy;

/// Studies that are kept open; one takes 1 to 10 MB.
const MOST_OPEN: usize = 32;
/// How long a person counts as looking at a study after a request for it.
const PRESENT: Duration = Duration::from_secs(45);

/// A study that somebody has open.
pub(super) struct LiveStudy {
    pub(super) opened: OpenedStudy,
    /// Of the program alone; none where no LVEF can be computed.
    pub(super) automatic: Result<Analysis, AnalysisError>,
    review: Mutex<LiveReview>,
    present: Mutex<Vec<(String, Instant)>>,
}

/// The history of an open study.
pub(super) struct LiveReview {
    pub(super) history: History,
    pub(super) revision: i64,
    /// Who made each change.
    pub(super) people: Vec<String>,
    pub(super) changed_by: Option<String>,
    /// What the model gave, as it is recorded with the first step.
    pub(super) segmentation: Vec<u8>,
}

impl LiveStudy {
    pub(super) fn new(opened: OpenedStudy, automatic: Result<Analysis, AnalysisError>, review: LiveReview) -> Self {
        Self { opened, automatic, review: Mutex::new(review), present: Mutex::default() }
    }

    /// The history; locked while a step is made.
    pub(super) fn review(&self) -> MutexGuard<'_, LiveReview> {
        self.review.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = FrameIndex> {
        FrameIndex::all(self.opened.study.frames())
    }

    /// Notes that a person looks at the study, and tells who else does.
    pub(super) fn also_here(&self, person: &Person) -> Vec<String> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.retain(|(name, at)| *name != person.name && at.elapsed() < PRESENT);
        let others = present.iter().map(|(name, _)| name.clone()).collect();
        present.push((person.name.clone(), Instant::now()));
        others
    }
}

/// The studies that are open, by public id.
#[derive(Default)]
pub(super) struct LiveStudies {
    open: Mutex<HashMap<String, (Arc<LiveStudy>, Instant)>>,
}

impl LiveStudies {
    pub(super) fn known(&self, public_id: &str) -> Option<Arc<LiveStudy>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (study, used) = open.get_mut(public_id)?;
        *used = Instant::now();
        Some(Arc::clone(study))
    }

    pub(super) fn keep(&self, public_id: &str, study: Arc<LiveStudy>) -> Arc<LiveStudy> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST_OPEN
            && let Some(oldest) = open.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| id.clone())
        {
            open.remove(&oldest);
        }
        // Somebody else may have opened it meanwhile; there is one history.
        let kept = open.entry(public_id.to_owned()).or_insert_with(|| (study, Instant::now()));
        Arc::clone(&kept.0)
    }

    /// Forgets a study: what is in the database is read again.
    pub(super) fn forget(&self, public_id: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(public_id);
    }

    pub(super) fn count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
