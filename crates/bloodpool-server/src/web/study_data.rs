//! What the page shows of a study, as JSON: outlines, what was measured, history and statements.

use std::collections::BTreeMap;

use axum::response::Response;
use bloodpool_core::outline::FrameOutline;
use bloodpool_core::{Analysis, AnalysisError, FrameIndex};
use bloodpool_report::Language;
use serde::Serialize;

use super::live::{LiveReview, LiveStudy};
use super::refusal::{Refusal, json};
use super::study_request::{AskedStudy, StudyRequest};
use crate::people::account::PersonRole;
use crate::review::recorded::Statement;
use crate::review::state::ReviewState;

/// The outline of one frame.
#[derive(Debug, Serialize)]
pub(super) struct OutlineFields {
    frame: FrameIndex,
    /// `[x, y]` in pixels of the study.
    polygon: Vec<[f64; 2]>,
    /// Of a spline.
    vertices: Option<Vec<[f64; 2]>>,
    /// Whether a person set it.
    edited: bool,
}

/// What was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct MeasuredFields {
    /// `None`: withheld, or none can be computed.
    lvef_percent: Option<f64>,
    low_percent: Option<f64>,
    high_percent: Option<f64>,
    end_diastole: Option<FrameIndex>,
    end_systole: Option<FrameIndex>,
    net_counts: Vec<f64>,
    fitted_counts: Option<Vec<f64>>,
    by_protocol: BTreeMap<String, Option<f64>>,
    findings: Vec<FindingFields>,
    /// LVEF with outlines of ED and ES one pixel smaller and larger.
    one_pixel_percent: Option<[f64; 2]>,
    /// The background region, in pixels of the study.
    background: Option<Vec<[f64; 2]>>,
    background_frame: Option<FrameIndex>,
    /// Name of the protocol that this was measured by.
    protocol: String,
    /// Why there is no LVEF.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct FindingFields {
    rank: &'static str,
    rank_in_words: String,
    code: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
struct ChangeFields<'a> {
    frame: FrameIndex,
    action: &'a str,
    person: &'a str,
    frames: usize,
}

#[derive(Debug, Serialize)]
struct StatementFields {
    version: i64,
    status: &'static str,
    person: String,
    at_ms: i64,
    lvef_percent: Option<f64>,
    automatic_lvef_percent: Option<f64>,
    sha256: String,
    /// Whether the study was changed since.
    superseded: bool,
}

/// Where the history stands.
#[derive(Debug, Serialize)]
pub(super) struct HistoryFields<'a> {
    pub(super) revision: i64,
    position: usize,
    changes: Vec<ChangeFields<'a>>,
}

#[derive(Serialize)]
struct StudyFields<'a> {
    frames: usize,
    rows: usize,
    columns: usize,
    spacing_mm: [f64; 2],
    spacing_recorded: bool,
    frame_time_ms: Option<f64>,
    has_probability: bool,
    model: &'a str,
    protocol: &'a str,
    outlines: Vec<OutlineFields>,
    measured: MeasuredFields,
    automatic: MeasuredFields,
    set_end_diastole: Option<FrameIndex>,
    set_end_systole: Option<FrameIndex>,
    /// Whether the background region was drawn by hand.
    set_background: bool,
    history: HistoryFields<'a>,
    statements: Vec<StatementFields>,
    also_here: Vec<String>,
    may_edit: bool,
    may_sign: bool,
}

pub(super) fn outline_fields(frame: FrameIndex, outline: &FrameOutline, edited: bool) -> OutlineFields {
    let vertices = match outline {
        FrameOutline::Spline(spline) => Some(spline.vertices().to_vec()),
        FrameOutline::Mask(_) => None,
    };
    OutlineFields { frame, polygon: rounded(outline.polygon().0), vertices, edited }
}

/// Thousandths of a pixel are enough to draw with.
pub(super) fn rounded(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.into_iter().map(|point| point.map(|value| (value * 1000.0).round() / 1000.0)).collect()
}

/// Outlines of these frames.
pub(super) fn outlines(
    live: &LiveStudy,
    state: &ReviewState,
    frames: impl Iterator<Item = FrameIndex>,
) -> Vec<OutlineFields> {
    let fields = frames.filter_map(|frame| {
        if let Some(Some(outline)) = state.outlines.get(frame.index()) {
            return Some(outline_fields(frame, outline, true));
        }
        // The program's outline is shown as it is: along its pixels.
        let mask = live.opened.segmentation.masks.get(frame.index())?;
        Some(OutlineFields { frame, polygon: mask.contour().0, vertices: None, edited: false })
    });
    fields.collect()
}

pub(super) fn measured_fields(
    live: &LiveStudy,
    state: &ReviewState,
    analysis: &Result<Analysis, AnalysisError>,
    language: Language,
    one_pixel: bool,
) -> MeasuredFields {
    let analysis = match analysis {
        Ok(analysis) => analysis,
        Err(error) => return MeasuredFields { error: Some(error.to_string()), ..MeasuredFields::default() },
    };
    let usable = analysis.usable_lvef_percent();
    let interval = analysis.interval.as_ref().filter(|_| usable.is_some());
    let findings = analysis.validity.reasons().iter().map(|reason| FindingFields {
        rank: match reason.rank {
            bloodpool_core::Rank::Note => "note",
            bloodpool_core::Rank::Look => "look",
            bloodpool_core::Rank::DoNotUse => "do_not_use",
            bloodpool_core::Rank::Refused => "refused",
        },
        rank_in_words: language.rank(reason.rank).to_owned(),
        code: reason.code,
        message: language.finding(reason),
    });
    let background = analysis.background.as_ref();
    MeasuredFields {
        lvef_percent: usable,
        low_percent: interval.map(|interval| interval.low),
        high_percent: interval.map(|interval| interval.high),
        end_diastole: Some(analysis.end_diastole.frame),
        end_systole: Some(analysis.end_systole.frame),
        net_counts: analysis.curve.net_counts.clone(),
        fitted_counts: analysis.curve.fitted_counts.clone(),
        by_protocol: analysis
            .results
            .iter()
            .map(|result| (result.key.to_owned(), result.lvef_percent.filter(|_| usable.is_some())))
            .collect(),
        findings: findings.collect(),
        one_pixel_percent: if one_pixel { live.opened.one_pixel(state, analysis) } else { None },
        background: background.map(|found| {
            let scale = live.opened.study.columns() as f64 / found.grid as f64;
            let place = |[x, y]: [f64; 2]| [(x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5];
            found.region.contour().0.into_iter().map(place).collect()
        }),
        background_frame: background.map(|found| found.frame),
        protocol: analysis.protocol.name.clone(),
        error: None,
    }
}

pub(super) fn history_fields(review: &LiveReview) -> HistoryFields<'_> {
    let changes = review.history.changes().iter().enumerate().map(|(index, change)| ChangeFields {
        frame: change.frame,
        action: &change.action,
        person: review.people.get(index).map_or("", String::as_str),
        frames: change.outlines.len(),
    });
    HistoryFields { revision: review.revision, position: review.history.position(), changes: changes.collect() }
}

fn statement_fields(statement: Statement, revision: i64) -> StatementFields {
    StatementFields {
        version: statement.version,
        status: statement.status.name(),
        superseded: statement.revision != revision,
        person: statement.person,
        at_ms: statement.at.0,
        lvef_percent: statement.lvef_percent,
        automatic_lvef_percent: statement.automatic_lvef_percent,
        sha256: statement.document_sha256,
    }
}

/// All that the page shows of a study.
fn whole(asked: &AskedStudy<'_>, live: &LiveStudy) -> Result<Response, Refusal> {
    let AskedStudy { app, person, language, ref study } = *asked;
    let statements = app.reader.statements(study.id)?;
    let review = live.review();
    let state = review.history.state();
    let analysis = if state.is_untouched() { None } else { Some(live.opened.measured(state, &*app.program)) };
    let untouched = ReviewState::untouched(live.opened.study.frames());
    let recorded = live.opened.study.pixel_spacing_mm();
    Ok(json(&StudyFields {
        frames: live.opened.study.frames(),
        rows: live.opened.study.rows(),
        columns: live.opened.study.columns(),
        spacing_mm: live.opened.spacing_mm(),
        spacing_recorded: recorded.is_some(),
        frame_time_ms: live.opened.study.gating.frame_time_ms,
        has_probability: live.opened.segmentation.lv_probability.is_some(),
        model: &live.opened.model.name,
        protocol: &live.opened.protocol.name,
        outlines: outlines(live, state, live.frames()),
        measured: measured_fields(live, state, analysis.as_ref().unwrap_or(&live.automatic), language, true),
        automatic: measured_fields(live, &untouched, &live.automatic, language, false),
        set_end_diastole: state.end_diastole,
        set_end_systole: state.end_systole,
        set_background: state.background.is_some(),
        history: history_fields(&review),
        statements: statements.into_iter().map(|found| statement_fields(found, review.revision)).collect(),
        also_here: live.also_here(person),
        may_edit: person.role.may_edit(),
        may_sign: person.role.may_sign(),
    }))
}

/// `GET /api/study/{id}`.
pub(super) async fn study(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    request
        .open(|asked, live| {
            asked.app.store.record_opened(&asked.study, asked.person, crate::UtcTime::now())?;
            whole(asked, live)
        })
        .await
}

#[derive(Serialize)]
struct RevisionFields {
    revision: i64,
    changed_by: Option<String>,
    also_here: Vec<String>,
}

/// `GET /api/study/{id}/revision`: whether somebody else changed the study.
pub(super) async fn revision(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    request
        .open(|asked, live| {
            let also_here = live.also_here(asked.person);
            let review = live.review();
            let (revision, changed_by) = (review.revision, review.changed_by.clone());
            Ok(json(&RevisionFields { revision, changed_by, also_here }))
        })
        .await
}
