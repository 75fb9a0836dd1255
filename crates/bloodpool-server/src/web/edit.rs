//! Edits: previews while a person drags, steps of the history, undo and redo.

use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bloodpool_core::FrameIndex;
use bloodpool_report::Language;
use serde::{Deserialize, Serialize};

use super::app::{App, count};
use super::live::{LiveReview, LiveStudy};
use super::refusal::{Refusal, from_json, json};
use super::study_data::{HistoryFields, MeasuredFields, OutlineFields, history_fields, measured_fields, outlines};
use super::study_request::{AskedStudy, StudyRequest};
use crate::UtcTime;
use crate::people::account::PersonRole;
use crate::review::act::ReviewAct;
use crate::review::recorded::{HistoryStep, Recorded};
use crate::review::state::{Change, ReviewState};

/// An act on the study as its history stands at a revision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActRequest {
    revision: i64,
    act: ReviewAct,
}

/// Undo or redo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRequest {
    revision: i64,
}

#[derive(Serialize)]
struct EditedFields<'a> {
    /// The frame concerned.
    frame: FrameIndex,
    outlines: Vec<OutlineFields>,
    measured: MeasuredFields,
    set_end_diastole: Option<FrameIndex>,
    set_end_systole: Option<FrameIndex>,
    set_background: bool,
    /// Empty in a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryFields<'a>>,
}

fn measure(app: &App, live: &LiveStudy, state: &ReviewState, language: Language, one_pixel: bool) -> MeasuredFields {
    let start = Instant::now();
    let analysis = live.opened.measured(state, &*app.program);
    let fields = measured_fields(live, state, &analysis, language, one_pixel);
    if !one_pixel {
        let mut spent = app.counters.measurement_ms.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        spent.0 += 1;
        spent.1 += start.elapsed().as_secs_f64() * 1000.0;
    }
    fields
}

fn frames_of(change: &Change) -> Vec<FrameIndex> {
    change.outlines.iter().map(|outline| outline.frame).collect()
}

fn conflict(by: Option<&str>) -> Refusal {
    let by = by.unwrap_or("somebody");
    Refusal::because(StatusCode::CONFLICT, "changed_since", format!("the study was changed by {by} meanwhile"))
}

fn expect(review: &LiveReview, revision: i64) -> Result<(), Refusal> {
    if review.revision == revision { Ok(()) } else { Err(conflict(review.changed_by.as_deref())) }
}

/// `POST /api/study/{id}/preview`: what an act would give. Nothing is kept.
pub(super) async fn preview(request: StudyRequest, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_edit)?;
    let asked_for: ActRequest = from_json(&headers, body).await?;
    let preview = request.open(move |asked, live| {
        let (change, state) = {
            let review = live.review();
            expect(&review, asked_for.revision)?;
            let state = review.history.state();
            let change = asked_for.act.change(&live.opened.study, &live.opened.segmentation, state)?;
            let mut state = state.clone();
            state.apply(&change);
            (change, state)
        };
        Ok(json(&EditedFields {
            frame: change.frame,
            outlines: outlines(live, &state, frames_of(&change).into_iter()),
            measured: measure(asked.app, live, &state, asked.language, false),
            set_end_diastole: state.end_diastole,
            set_end_systole: state.end_systole,
            set_background: state.background.is_some(),
            history: None,
        }))
    });
    preview.await
}

/// `POST /api/study/{id}/edit`: the act becomes a step of the history.
pub(super) async fn edit(request: StudyRequest, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_edit)?;
    let asked_for: ActRequest = from_json(&headers, body).await?;
    let edit = request.open(move |asked, live| {
        let mut review = live.review();
        expect(&review, asked_for.revision)?;
        let state = review.history.state();
        let change = asked_for.act.change(&live.opened.study, &live.opened.segmentation, state)?;
        let at = review.history.position();
        record(asked, &mut review, &HistoryStep::Push(&change, at))?;
        let frames = frames_of(&change);
        review.people.truncate(at);
        review.people.push(asked.person.name.clone());
        review.history.push(change.clone());
        count(&asked.app.counters.edits);
        Ok(reply(asked, live, &review, change.frame, frames))
    });
    edit.await
}

/// `POST /api/study/{id}/undo`.
pub(super) async fn undo(request: StudyRequest, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    step(request, headers, body, false).await
}

/// `POST /api/study/{id}/redo`.
pub(super) async fn redo(request: StudyRequest, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    step(request, headers, body, true).await
}

async fn step(request: StudyRequest, headers: HeaderMap, body: Body, forward: bool) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_edit)?;
    let asked_for: StepRequest = from_json(&headers, body).await?;
    let step = request.open(move |asked, live| {
        let mut review = live.review();
        expect(&review, asked_for.revision)?;
        let mut history = review.history.clone();
        let moved = if forward { history.redo() } else { history.undo() };
        let Some(change) = moved.cloned() else {
            let code = if forward { "nothing_to_redo" } else { "nothing_to_undo" };
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, code));
        };
        record(asked, &mut review, &HistoryStep::Move(history.position()))?;
        review.history = history;
        Ok(reply(asked, live, &review, change.frame, frames_of(&change)))
    });
    step.await
}

/// Writes a step down; only then it holds.
fn record(asked: &AskedStudy<'_>, review: &mut LiveReview, step: &HistoryStep<'_>) -> Result<(), Refusal> {
    let AskedStudy { app, person, ref study, .. } = *asked;
    let segmentation = &review.segmentation;
    match app.store.record_step(study, person, review.revision, step, segmentation, UtcTime::now())? {
        Recorded::Done(revision) => {
            review.revision = revision;
            review.changed_by = Some(person.name.clone());
            Ok(())
        }
        Recorded::ChangedSince(by) => {
            app.live.forget(&study.public_id);
            Err(conflict(by.as_deref()))
        }
    }
}

fn reply(
    asked: &AskedStudy<'_>,
    live: &LiveStudy,
    review: &LiveReview,
    frame: FrameIndex,
    frames: Vec<FrameIndex>,
) -> Response {
    let state = review.history.state();
    json(&EditedFields {
        frame,
        outlines: outlines(live, state, frames.into_iter()),
        measured: measure(asked.app, live, state, asked.language, true),
        set_end_diastole: state.end_diastole,
        set_end_systole: state.end_systole,
        set_background: state.background.is_some(),
        history: Some(history_fields(review)),
    })
}
