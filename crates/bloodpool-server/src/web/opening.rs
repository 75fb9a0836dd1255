//! How a study of the list is opened: read, segmented unless a review has recorded it, measured, and kept open with its history.

use std::sync::Arc;

use axum::http::StatusCode;

use super::app::App;
use super::live::{LiveReview, LiveStudy};
use super::refusal::Refusal;
use crate::review::listed::ListedStudy;
use crate::review::program::OpenedStudy;
use crate::review::recorded_segmentation::{decoded, encoded};
use crate::review::state::ReviewState;

impl App {
    /// The study of a public id.
    pub(super) fn listed(&self, public_id: &str) -> Result<ListedStudy, Refusal> {
        self.reader.study(public_id)?.ok_or_else(Refusal::not_found)
    }

    /// A study, opened if it is not open yet.
    pub(super) fn open(&self, study: &ListedStudy) -> Result<Arc<LiveStudy>, Refusal> {
        if let Some(known) = self.live.known(&study.public_id) {
            return Ok(known);
        }
        let recorded = self.reader.review(study.id, 0)?.segmentation;
        let recorded = match recorded {
            None => None,
            Some(bytes) => Some((decoded(&bytes).ok_or_else(damaged)?, bytes)),
        };
        let (given, bytes) = recorded.map_or((None, None), |(given, bytes)| (Some(given), Some(bytes)));
        let opened = OpenedStudy::open(&study.paths(&self.store), &*self.program, given)?;
        let review = self.reader.review(study.id, opened.study.frames())?;
        let segmentation = match bytes {
            Some(bytes) => bytes,
            None => encoded(&opened.segmentation, &opened.model).map_err(|_| damaged())?,
        };
        let untouched = ReviewState::untouched(opened.study.frames());
        let automatic = opened.measured(&untouched, &*self.program);
        let review = LiveReview {
            history: review.history,
            revision: review.revision,
            people: review.people,
            changed_by: review.changed_by,
            segmentation,
        };
        let live = LiveStudy::new(opened, automatic, review);
        Ok(self.live.keep(&study.public_id, Arc::new(live)))
    }
}

fn damaged() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "review_damaged")
}
